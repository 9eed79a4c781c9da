"""The results of one organisation as a workbook: one table a sheet, and charts that stay with the figures."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range_formula
from xlsxwriter.worksheet import Worksheet

from wres import results_content as words
from wres.form_page import ACCENT, FONT, INK, LINE_HEIGHT, MUTED
from wres.reference import setting
from wres.results_content import Results, Row

SYNTHETIC = "Synthetic: made-up figures of no real organisation."
OTHER = "#5A4300"
AXIS_FROM, AXIS_TO = 0.125, 8.0
NUMBERS = {"count": "#,##0", "rate": "0.0%", "ratio": "0.00", "points": "+0.0;-0.0;0.0", "p": "0.000", "year": "0"}
INTERVALS, YEARS = 29, 46  # rows in which the tables under the charts begin
Format = xlsxwriter.format.Format
Measured = tuple[str, Row, Row]  # name of an indicator, its figure, and that of the others in England


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its heading, what it takes from a row, and how a number of it is shown."""

    heading: str
    value: Callable[[Row], Any]
    kind: str = "text"
    width: float = 14


@dataclass(frozen=True)
class Sheet:
    """A table on a sheet of its own."""

    name: str
    title: str
    note: str
    columns: Sequence[Column]
    rows: Sequence[Row]


def write_workbook(path: Path, results: Results) -> Path:
    """Write the workbook, always the same bytes for the same results, and return its path."""
    # Every text is written as a text: what an organisation typed never becomes a formula or a link.
    book = xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    mark = "Synthetic: " if results.is_synthetic else ""
    book.set_properties(
        {
            "title": f"{mark}{results.title}",
            "subject": "Social Care Workforce Race Equality Standard: results of one organisation",
            "author": "SC-WRES",
            "created": datetime.combine(results.release["released_on"], time()),
        }
    )
    looks = _formats(book)
    sheets = [sheet for sheet in _sheets(results) if sheet.rows]
    cover = book.add_worksheet("Cover")
    drawn = book.add_worksheet("Charts")
    for number, sheet in enumerate(sheets, 1):
        _table(book.add_worksheet(sheet.name), looks, sheet, number, results)
    _notes(book.add_worksheet("Notes"), looks, results)
    _cover(cover, looks, results, sheets)
    _charts(book, drawn, looks, results)
    for page in book.worksheets():
        page.set_footer(f"&L&8{(mark + results.title).replace('&', '&&')}&R&8&P of &N")
    book.close()
    return path


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    base = {"font_name": FONT, "font_size": 10, "valign": "top", "font_color": INK}
    looks = {
        "title": base | {"font_size": 16, "bold": True, "font_color": ACCENT, "valign": "vcenter"},
        "section": base | {"font_size": 12, "bold": True, "font_color": ACCENT},
        "text": base | {"text_wrap": True},
        "plain": base,
        "muted": base | {"font_color": MUTED},
        "link": base | {"font_color": "#0B5CAD", "underline": 1},
        "synthetic": base | {"bold": True, "bg_color": "#FFF4D6"},
        "heading": base
        | {"bold": True, "text_wrap": True, "font_color": "#FFFFFF", "bg_color": ACCENT, "valign": "vcenter"},
        "number_heading": base
        | {
            "bold": True,
            "text_wrap": True,
            "font_color": "#FFFFFF",
            "bg_color": ACCENT,
            "valign": "vcenter",
            "align": "right",
        },
        "date": base | {"num_format": "d mmmm yyyy", "align": "left"},
    }
    looks |= {kind: base | {"num_format": shown, "align": "right"} for kind, shown in NUMBERS.items()}
    return {name: book.add_format(properties) for name, properties in looks.items()}


# ---------------------------------------------------------------------------------------------------------- the tables


def _of(name: str) -> Callable[[Row], Any]:
    return lambda row: row.get(name)


def _service(row: Row) -> str:
    return words.service_names()[row["service"]]


def _group(row: Row) -> str:
    return words.group_names().get(row["comparison_group"], row["comparison_group"].capitalize())


def _why(name: str = "value_note") -> Callable[[Row], str]:
    return lambda row: words.value_note(row.get(name))


SERVICE = Column("Service", _service, width=22)
INDICATOR = Column("Indicator", _of("indicator_code"), width=10)
NAME = Column("Indicator name", _of("indicator_name"), width=36)
GROUP = Column("Group", _group, width=40)
REASON = Column("Why there is no figure", _why(), width=52)
COUNTS = (
    Column("Events, group", _of("numerator"), "count", 10),
    Column("Base, group", _of("denominator"), "count", 10),
    Column("Events, white", _of("reference_numerator"), "count", 10),
    Column("Base, white", _of("reference_denominator"), "count", 10),
)
LIKELIHOOD = (
    Column("Relative likelihood", _of("relative_likelihood"), "ratio", 11),
    Column("Lower 95%", _of("lower_95"), "ratio", 9),
    Column("Upper 95%", _of("upper_95"), "ratio", 9),
)


def _sheets(results: Results) -> list[Sheet]:
    headlines = [row for one in results.indicators for row in one.headlines]
    fitness = Column("Fitness", _of("fitness"), width=14)
    because = Column("Fitness, why", lambda row: words.fitness_reason(row["fitness_reason"]), width=40)
    return [
        Sheet(
            "Indicators",
            f"The nine indicators in {results.year}: minority ethnic against white",
            "One row for each indicator and service. p is of the test that the column before it names.",
            (
                INDICATOR,
                NAME,
                SERVICE,
                *COUNTS,
                Column("Rate, group", _of("rate"), "rate", 9),
                Column("Rate, white", _of("reference_rate"), "rate", 9),
                *LIKELIHOOD,
                Column(
                    "Disadvantage is", lambda row: f"{row['adverse_when']} 1" if row["adverse_when"] else "", width=13
                ),
                Column("Size", words.size, width=13),
                Column("Evidence", _of("evidence"), width=11),
                Column("Stands out", lambda row: _yes(row["stands_out"]), width=10),
                Column("Test", _of("test"), width=16),
                Column("p", _of("p_value"), "p", 8),
                Column("Smallest that would show", _of("minimum_detectable"), "ratio", 12),
                Column("Unknown ethnicity", _of("unknown_share"), "rate", 10),
                Column("Least, whoever the unknown are", _of("unknowns_lower"), "ratio", 13),
                Column("Greatest, whoever the unknown are", _of("unknowns_upper"), "ratio", 13),
                Column("Unknowns could turn it", lambda row: _yes(row["depends_on_unknowns"]), width=12),
                Column("Response to the survey", _of("response_rate"), "rate", 11),
                fitness,
                because,
                REASON,
            ),
            headlines,
        ),
        Sheet(
            "Ethnic groups",
            f"Every ethnic group in {results.year}, against white",
            "Small counts are in full, for you alone: do not publish them as they are.",
            (
                INDICATOR,
                NAME,
                SERVICE,
                GROUP,
                *COUNTS,
                Column("Rate, group", _of("rate"), "rate", 9),
                Column("Rate lower 95%", _of("rate_lower_95"), "rate", 9),
                Column("Rate upper 95%", _of("rate_upper_95"), "rate", 9),
                *LIKELIHOOD,
                Column("Size", words.size, width=13),
                Column("Evidence", _of("evidence"), width=11),
                fitness,
                because,
                REASON,
            ),
            [row for one in results.indicators for row in one.groups],
        ),
        Sheet(
            "Comparators",
            f"Others in {results.year}, without {results.organisation_name}",
            "Sums of the counts of other organisations, which are not named. What is not shown says why.",
            (
                INDICATOR,
                NAME,
                SERVICE,
                Column("Comparator", _of("label"), width=30),
                Column("Organisations", _of("organisations"), "count", 13),
                Column("Events, minority ethnic", _of("comparator_numerator"), "count", 11),
                Column("Base, minority ethnic", _of("comparator_denominator"), "count", 11),
                Column("Events, white", _of("comparator_reference_numerator"), "count", 11),
                Column("Base, white", _of("comparator_reference_denominator"), "count", 11),
                Column("Their relative likelihood", _of("comparator_relative_likelihood"), "ratio", 11),
                Column("Lower 95%", _of("comparator_lower_95"), "ratio", 9),
                Column("Upper 95%", _of("comparator_upper_95"), "ratio", 9),
                Column("Yours over theirs", _of("ratio_to_comparator"), "ratio", 11),
                Column("Lower 95% of that", _of("ratio_lower_95"), "ratio", 10),
                Column("Upper 95% of that", _of("ratio_upper_95"), "ratio", 10),
                Column("Yours is", _of("comparison"), width=18),
                Column("Why not shown, or no figure", _of("why"), width=62),
            ),
            [
                {key: value for key, value in other.row.items() if key != "organisation_name"}
                | {
                    "indicator_code": one.code,
                    "indicator_name": one.name,
                    "service": other.service,
                    "label": other.label,
                    "organisations": other.organisations,
                    "why": words.value_note(other.hidden or other.row.get("comparator_note")),
                }
                for one in results.indicators
                for other in one.comparators
            ],
        ),
        Sheet(
            "Change",
            f"Change from {results.previous_year} to {results.year}",
            "The ratio of the two years has an interval of its own. Years that do not compare have no ratio.",
            (
                INDICATOR,
                NAME,
                SERVICE,
                Column("Before", _of("previous_relative_likelihood"), "ratio", 10),
                Column("Now", _of("relative_likelihood"), "ratio", 10),
                Column("Ratio", _of("ratio_of_ratios"), "ratio", 10),
                Column("Lower 95%", _of("lower_95"), "ratio", 9),
                Column("Upper 95%", _of("upper_95"), "ratio", 9),
                Column("p", _of("p_value"), "p", 8),
                Column("Change", _of("change"), width=18),
                Column("Change of the rate, points", _of("rate_change"), "points", 12),
                Column("Change of the white rate, points", _of("reference_rate_change"), "points", 12),
                Column("Why it does not compare", lambda row: words.note(row["comparability_note"]), width=62),
            ),
            [row for one in results.indicators for row in one.changes],
        ),
        Sheet(
            "Years",
            "Every round: minority ethnic against white",
            "Lines in the charts join only years that compare with today's definition.",
            (
                INDICATOR,
                NAME,
                SERVICE,
                Column("Year", _of("collection_year"), "year", 8),
                *COUNTS,
                *LIKELIHOOD,
                Column("Compares with today's", lambda row: _yes(row["is_todays_definition"]), width=13),
                REASON,
            ),
            [row for one in results.indicators for row in one.years],
        ),
        Sheet(
            "Trend",
            f"Trend over {setting('trend_years')} rounds or more",
            "Factor by which the relative likelihood changes in a year.",
            (
                INDICATOR,
                NAME,
                SERVICE,
                Column("First year", _of("first_year"), "year", 9),
                Column("Last year", _of("last_year"), "year", 9),
                Column("Rounds", _of("years"), "count", 8),
                Column("Factor a year", _of("annual_ratio"), "ratio", 10),
                Column("Lower 95%", _of("lower_95"), "ratio", 9),
                Column("Upper 95%", _of("upper_95"), "ratio", 9),
                Column("p", _of("p_value"), "p", 8),
                Column("Direction", _of("direction"), width=20),
            ),
            [row for one in results.indicators for row in one.trends],
        ),
        Sheet(
            "Pay bands",
            f"Staff by pay band in {results.year}",
            "Relative likelihood of being in the band, against white staff.",
            (
                SERVICE,
                Column("Pay band", _of("pay_band"), width=26),
                GROUP,
                Column("Staff", _of("staff"), "count", 9),
                Column("Share of the band", _of("share_of_band"), "rate", 10),
                Column("Share of the group", _of("share_of_group"), "rate", 10),
                Column("In this band or higher", _of("cumulative_share"), "rate", 11),
                Column("Relative likelihood", _of("representation_ratio"), "ratio", 11),
                Column("Lower 95%", _of("lower_95"), "ratio", 9),
                Column("Upper 95%", _of("upper_95"), "ratio", 9),
                Column("Why there is no figure", lambda row: _why()(row) or _why("ratio_note")(row), width=52),
            ),
            results.bands,
        ),
        Sheet(
            "Pay measures",
            f"Along the pay bands in {results.year}: minority ethnic against white",
            "What each measure means is on the sheet Notes.",
            (
                SERVICE,
                Column("Measure", _of("measure"), width=32),
                Column("Step", _of("step"), width=24),
                Column("Unit", _of("unit"), width=12),
                Column("Value", _of("value"), "p", 10),
                Column("Lower 95%", _of("lower_95"), "p", 10),
                Column("Upper 95%", _of("upper_95"), "p", 10),
                Column("Parity", _of("parity"), "ratio", 9),
                Column("p", _of("p_value"), "p", 8),
                Column("Note", _why(), width=52),
            ),
            results.progression,
        ),
        Sheet(
            "Representation",
            f"Shares of roles, the workforce and residents in {results.year}",
            "Differences in percentage points. Residents: Census 2021, Office for National Statistics.",
            (
                INDICATOR,
                SERVICE,
                GROUP,
                Column("Of the role", _of("share_of_role"), "rate", 10),
                Column("Of the workforce", _of("share_of_workforce"), "rate", 10),
                Column("Difference", _of("difference_from_workforce"), "points", 10),
                Column("Lower 95%", _of("difference_from_workforce_lower_95"), "points", 9),
                Column("Upper 95%", _of("difference_from_workforce_upper_95"), "points", 9),
                Column("Of residents", _of("share_of_residents"), "rate", 10),
                Column("Difference from residents", _of("difference_from_residents"), "points", 10),
                Column("Lower 95% of that", _of("difference_from_residents_lower_95"), "points", 10),
                Column("Upper 95% of that", _of("difference_from_residents_upper_95"), "points", 10),
                Column("Note", lambda row: _why()(row) or _why("residents_note")(row), width=52),
            ),
            results.representation,
        ),
        Sheet(
            "Action plan",
            f"The action plan of {results.year}",
            "As it was returned.",
            (
                SERVICE,
                Column("Indicators", _of("indicators"), width=11),
                Column("Objective", _of("objective"), width=32),
                Column("Action", _of("action"), width=48),
                Column("Led by", _of("lead_role"), width=24),
                Column("Success is", _of("success_measure"), width=36),
                Column("Due on", _of("due_on"), "date", 16),
                Column("Progress", _of("progress"), width=14),
                Column("Progress before", _of("previous_progress"), width=14),
            ),
            results.actions,
        ),
        Sheet(
            "What followed",
            "Indicators that earlier plans aimed at, since",
            words.NO_PROOF,
            (
                Column("Plan of", _of("plan_year"), "year", 8),
                SERVICE,
                Column("Action", _of("aim"), width=48),
                INDICATOR,
                NAME,
                Column("Progress", _of("progress"), width=14),
                Column("Before", _of("previous_relative_likelihood"), "ratio", 10),
                Column("Now", _of("relative_likelihood"), "ratio", 10),
                Column("Ratio", _of("ratio_of_ratios"), "ratio", 10),
                Column("Lower 95%", _of("lower_95"), "ratio", 9),
                Column("Upper 95%", _of("upper_95"), "ratio", 9),
                Column("Change", _of("change"), width=18),
                Column("Why it does not compare", lambda row: words.note(row["comparability_note"]), width=62),
            ),
            results.outcomes,
        ),
    ]


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _prepare(page: Worksheet, widths: Iterable[float]) -> None:
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    page.set_row(0, 28)


def _table(page: Worksheet, looks: dict[str, Format], sheet: Sheet, number: int, results: Results) -> None:
    """Write a title, a note and one table, which begins in the fourth row of every sheet."""
    _prepare(page, [column.width for column in sheet.columns])
    page.write_string(0, 0, sheet.title, looks["title"])
    page.write_string(1, 0, sheet.note, looks["muted"])
    page.write_string(2, 0, SYNTHETIC if results.is_synthetic else results.organisation_name, looks["plain"])
    head = 3
    page.add_table(
        head,
        0,
        head + len(sheet.rows),
        len(sheet.columns) - 1,
        {
            "name": f"{sheet.name.replace(' ', '_')}_{number}",
            "style": "Table Style Light 1",
            "columns": [{"header": column.heading, "header_format": looks[_head(column)]} for column in sheet.columns],
        },
    )
    page.set_row(head, LINE_HEIGHT * 3)
    page.freeze_panes(head + 1, 0)
    page.repeat_rows(head)
    for row_number, row in enumerate(sheet.rows, head + 1):
        for column_number, column in enumerate(sheet.columns):
            value = column.value(row)
            if value is None or value == "":
                page.write_blank(row_number, column_number, None, looks["text"])
            elif column.kind == "date":
                page.write_datetime(row_number, column_number, datetime.combine(value, time()), looks["date"])
            elif column.kind == "text":
                page.write_string(row_number, column_number, str(value), looks["text"])
            else:
                page.write_number(row_number, column_number, value, looks[column.kind])


def _head(column: Column) -> str:
    return "heading" if column.kind in ("text", "date") else "number_heading"


# ------------------------------------------------------------------------------------------------------ cover and notes


def _lines(page: Worksheet, row: int, texts: Iterable[str], look: Format, width: float) -> int:
    for text in texts:
        page.write_string(row, 0, text, look)
        page.set_row(row, LINE_HEIGHT * max(1, ceil(len(text) / (width * 1.05))) + 2)
        row += 1
    return row


def _cover(page: Worksheet, looks: dict[str, Format], results: Results, sheets: list[Sheet]) -> None:
    width = 92
    _prepare(page, (width,))
    page.set_portrait()
    page.fit_to_pages(1, 1)
    page.write_string(0, 0, results.title, looks["title"])
    page.write_string(1, 0, "Social Care Workforce Race Equality Standard", looks["muted"])
    row = 2
    if results.is_synthetic:
        page.write_string(row, 0, SYNTHETIC, looks["synthetic"])
        row += 1
    facts = [
        f"{words.service_names()[one['service']]}: return version {one['return_version']}, snapshot date "
        f"{one['snapshot_date']:%d %B %Y}"
        for one in results.returns
        if one["snapshot_date"]
    ]
    facts.append(f"Release {results.release['release_id']}. For {results.organisation_name} alone.")
    row = _lines(page, row, facts, looks["text"], width)
    for title, lines in (
        ("What stands out", results.summary.stands_out),
        (f"What changed since {results.previous_year}", results.summary.changed),
        ("What cannot be said, and why", results.summary.cannot_say),
    ):
        page.write_string(row + 1, 0, title, looks["section"])
        row = _lines(page, row + 2, lines or ("Nothing.",), looks["text"], width)
    page.write_string(row + 1, 0, "Sheets", looks["section"])
    row += 2
    contents = [("Charts", "Intervals and years, drawn"), *((one.name, one.title) for one in sheets)]
    for name, title in [*contents, ("Notes", "How to read the figures")]:
        page.write_url(row, 0, f"internal:'{name}'!A1", looks["link"], f"{name}: {title}")
        row += 1


def _notes(page: Worksheet, looks: dict[str, Format], results: Results) -> None:
    width = 92
    _prepare(page, (width,))
    page.set_portrait()
    page.write_string(0, 0, "How to read the figures", looks["title"])
    row = _lines(page, 1, [f"{title}. {text}" for title, text in words.reading_notes(results)], looks["text"], width)
    rows = words.measures(results.progression)
    if rows:
        page.write_string(row + 1, 0, "Measures along the pay bands", looks["section"])
        _lines(page, row + 2, [f"{name.capitalize()}. {text}" for name, text in rows], looks["text"], width)


# ----------------------------------------------------------------------------------------------------------- the charts


def _charts(book: xlsxwriter.Workbook, page: Worksheet, looks: dict[str, Format], results: Results) -> None:
    """Draw the interval plot of all indicators and the years of each, beside the figures that they are drawn from."""
    _prepare(page, [38] + [10] * 20)
    service = results.main_service
    page.write_string(0, 0, f"Charts: {words.service_names()[service].lower()}, {results.year}", looks["title"])
    page.write_string(1, 0, "The table below each chart holds what is drawn. Axes are logarithmic.", looks["muted"])
    if results.is_synthetic:
        page.write_string(2, 0, SYNTHETIC, looks["plain"])
    rows = [
        (f"{one.code} {one.name}", row, one.england(service))
        for one in results.indicators
        for row in one.of(one.headlines, service)
        if row["relative_likelihood"]
    ]
    if rows:
        _interval_table(page, looks, rows)
        title = f"Relative likelihood in {results.year}, {words.service_names()[service].lower()}"
        chart = _interval_chart(book, page, title, results.organisation_name, rows)
        description = "; ".join(f"{label} {words.interval(row)}" for label, row, _ in rows)
        page.insert_chart(3, 0, chart, {"description": f"{title}, with 95% intervals. {description}"})
    drawn = [one for one in results.indicators if len(_drawn_years(one, service)) > 1]
    if drawn:
        _year_table(page, looks, drawn, service)
        for number, one in enumerate(drawn):
            said = "; ".join(f"{row['collection_year']} {words.interval(row)}" for row in _drawn_years(one, service))
            place = (YEARS + len(drawn) + 4 + 14 * (number // 2), 0 if number % 2 == 0 else 3)
            description = f"{one.code} {one.name}, relative likelihood year by year: {said}"
            page.insert_chart(
                *place,
                _year_chart(book, page, one, YEARS + 2 + number, len(_all_years(drawn, service))),
                {"description": description, "x_offset": 0 if number % 2 == 0 else 30},
            )


def _interval_table(page: Worksheet, looks: dict[str, Format], rows: list[Measured]) -> None:
    headings = (
        "Indicator",
        "Place",
        "Yours",
        "Down by",
        "Up by",
        "Place",
        "England",
        "Down by",
        "Up by",
        "Name at",
        "Place",
    )
    for column, heading in enumerate(headings):
        page.write_string(INTERVALS, column, heading, looks["heading" if column == 0 else "number_heading"])
    for number, (label, row, england) in enumerate(rows):
        at, place = INTERVALS + 1 + number, len(rows) - number
        page.write_string(at, 0, label, looks["plain"])
        page.write_number(at, 1, place + 0.14, looks["ratio"])
        _spread(page, (at, 2), looks["ratio"], row)
        page.write_number(at, 5, place - 0.16, looks["ratio"])
        if england.get("comparator_relative_likelihood"):
            _spread(page, (at, 6), looks["ratio"], england, "comparator_")
        page.write_number(at, 9, 1.02 * AXIS_FROM, looks["p"])
        page.write_number(at, 10, place + 0.42, looks["ratio"])


def _interval_chart(
    book: xlsxwriter.Workbook, page: Worksheet, title: str, organisation: str, rows: list[Measured]
) -> xlsxwriter.chart.Chart:
    first, last = INTERVALS + 1, INTERVALS + len(rows)
    chart = book.add_chart({"type": "scatter"})
    for name, column, place, marker, colour in (
        (organisation, 2, 1, "circle", ACCENT),
        ("Others in England", 6, 5, "diamond", OTHER),
    ):
        chart.add_series(
            {
                "name": name,
                "categories": [page.name, first, column, last, column],
                "values": [page.name, first, place, last, place],
                "marker": {"type": marker, "size": 8, "fill": {"color": colour}, "border": {"color": colour}},
                "x_error_bars": {
                    "type": "custom",
                    "minus_values": "=" + xl_range_formula(page.name, first, column + 1, last, column + 1),
                    "plus_values": "=" + xl_range_formula(page.name, first, column + 2, last, column + 2),
                    "end_style": 0,
                    "line": {"color": colour, "width": 2 if column == 2 else 1.25},
                },
            }
        )
    # A scatter chart has no names along its side: a series without marks carries them.
    chart.add_series(
        {
            "name": "Labels",
            "categories": [page.name, first, 9, last, 9],
            "values": [page.name, first, 10, last, 10],
            "marker": {"type": "none"},
            "data_labels": {
                "value": True,
                "position": "right",
                "custom": [{"value": label} for label, _, _ in rows],
                "font": {"name": FONT, "size": 9, "color": INK},
            },
        }
    )
    chart.set_title(_chart_title(title))
    chart.set_x_axis(_log_axis("Relative likelihood with 95% interval; 1 is the same for both groups"))
    chart.set_y_axis({"min": 0, "max": len(rows) + 1, "visible": False, "major_gridlines": {"visible": False}})
    chart.set_legend({"position": "bottom", "font": {"name": FONT, "size": 9}, "delete_series": [2]})
    chart.set_size({"width": 860, "height": 500})
    return chart


def _year_table(page: Worksheet, looks: dict[str, Format], drawn: list[words.Indicator], service: str) -> None:
    years = _all_years(drawn, service)
    page.write_string(YEARS, 0, "Year by year, where years compare", looks["section"])
    page.write_string(YEARS + 1, 0, "Indicator", looks["heading"])
    for column, year in enumerate(years, 1):
        page.write_number(YEARS + 1, column, year, looks["number_heading"])
    for at, one in enumerate(drawn, YEARS + 2):
        page.write_string(at, 0, f"{one.code} {one.name}", looks["plain"])
        for row in _drawn_years(one, service):
            page.write_number(at, 1 + years.index(row["collection_year"]), row["relative_likelihood"], looks["ratio"])


def _year_chart(
    book: xlsxwriter.Workbook, page: Worksheet, one: words.Indicator, at: int, years: int
) -> xlsxwriter.chart.Chart:
    chart = book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    chart.add_series(
        {
            "name": [page.name, at, 0],
            "categories": [page.name, YEARS + 1, 1, YEARS + 1, years],
            "values": [page.name, at, 1, at, years],
            "line": {"color": ACCENT, "width": 2},
            "marker": {"type": "circle", "size": 6, "fill": {"color": ACCENT}, "border": {"color": ACCENT}},
        }
    )
    chart.show_blanks_as("span")
    chart.set_title(_chart_title(f"{one.code} {one.name}"))
    chart.set_y_axis(_log_axis(""))
    # Years in their true distance: there was not a round in each.
    chart.set_x_axis(
        {
            "num_font": {"name": FONT, "size": 9},
            "num_format": "0",
            "major_unit": 1,
            "label_position": "low",
            "major_gridlines": {"visible": False},
        }
    )
    chart.set_legend({"none": True})
    chart.set_size({"width": 440, "height": 260})
    return chart


def _all_years(drawn: list[words.Indicator], service: str) -> list[int]:
    return sorted({row["collection_year"] for one in drawn for row in _drawn_years(one, service)})


def _spread(page: Worksheet, place: tuple[int, int], look: Format, row: Row, prefix: str = "") -> None:
    """Write a value and how far its interval goes to either side; beyond the axis it is cut."""
    at, column = place
    value = row[f"{prefix}relative_likelihood"]
    upper = row[f"{prefix}upper_95"] if row[f"{prefix}upper_95"] is not None else AXIS_TO
    page.write_number(at, column, value, look)
    page.write_number(at, column + 1, max(value - max(row[f"{prefix}lower_95"], AXIS_FROM), 0), look)
    page.write_number(at, column + 2, max(min(upper, AXIS_TO) - value, 0), look)


def _drawn_years(one: words.Indicator, service: str) -> list[Row]:
    """Return the years of an indicator that compare with today's, and that a logarithmic axis can show."""
    return [row for row in one.of(one.years, service) if row["is_todays_definition"] and row["relative_likelihood"]]


def _chart_title(text: str) -> dict:
    return {"name": text, "name_font": {"name": FONT, "size": 11, "bold": True, "color": ACCENT}, "overlay": False}


def _log_axis(name: str) -> dict:
    axis = {
        "min": AXIS_FROM,
        "max": AXIS_TO,
        "log_base": 2,
        "major_unit": 2,
        "crossing": AXIS_FROM,
        "num_format": "0.###",
        "num_font": {"name": FONT, "size": 9},
        "major_gridlines": {"visible": True, "line": {"color": "#C5D3D6", "width": 0.75}},
        "label_position": "low",
    }
    return axis | ({"name": name, "name_font": {"name": FONT, "size": 9, "bold": False}} if name else {})
