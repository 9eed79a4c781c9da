"""The sheet of the organisation's own figures: numbers and charts by formula, that follow what is typed."""

from collections.abc import Sequence
from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from wres.form_checks import FIRST_ROW, Places, bands_of, runs
from wres.form_definition import HEADING_ROW, HEADLINES, Column, Sheet, group_label, headline_rows, words
from wres.form_page import ACCENT, FONT, INK, PAPER, Page, height

WIDTHS = (62, 26)
NUMBER_WIDTH = 15
CHART_WIDTH = 860
PIXELS = 20  # of a row as high as a program makes it
# Dark, middle and light with a pattern: they differ in print without colours too.
FILLS = ({"color": ACCENT}, {"color": "#9CC3C9"}, {"color": PAPER})
PATTERN = {"pattern": "wide_upward_diagonal", "fg_color": "#7A7A7A", "bg_color": PAPER}


@dataclass(frozen=True)
class Figure:
    """One line of the sheet: a column of counts, and the one that it is part of."""

    sheet: Sheet
    column: Column
    whole_sheet: Sheet | None = None
    whole: Column | None = None


def group_names(year: int) -> tuple[str, ...]:
    """Return what the compared group, the reference group and the not known are called in a year."""
    return group_label(year), words("figures_white"), words("figures_unknown")


def headings(year: int) -> list[tuple[str, str]]:
    """Return the headings of the sheet's table with their looks."""
    names = group_names(year)
    people = [(words("figures_people", group=name), "count_heading") for name in names]
    rates = [(words("figures_rate", group=name), "count_heading") for name in names]
    ratio = (words("figures_ratio", group=names[0]), "count_heading")
    return [(words("figures_figure"), "heading"), (words("figures_whole"), "heading"), *people, *rates, ratio]


def figure_label(figure: Figure) -> str:
    """Return what a line of the sheet is called."""
    return words("figures_row", sheet=figure.sheet.name, column=figure.column.label)


def figures_of(places: Places) -> tuple[list[Figure], list[Figure], list[Figure]]:
    """Return the lines of the sheet: counts that stand alone, pay bands, and counts that are part of others."""
    alone, bands, parts = [], [], []
    for sheet in places.form.count_sheets:
        for column in sheet.columns:
            whole = places.whole(column)
            if column in bands_of(sheet):
                bands.append(Figure(sheet, column, sheet, sheet.columns[0]))
            elif whole:
                parts.append(Figure(sheet, column, *whole))
            else:
                alone.append(Figure(sheet, column))
    return alone, bands, parts


def write_figures(book: xlsxwriter.Workbook, page: Page, sheet: Sheet, lines: Sequence[str], places: Places) -> None:
    """Write the sheet's table and its two charts."""
    year = places.form.year
    page.prepare(1)
    labels = headings(year)
    for number in range(len(labels)):
        page.worksheet.set_column(number, number, WIDTHS[number] if number < len(WIDTHS) else NUMBER_WIDTH)
    page.worksheet.set_row(HEADING_ROW, height(*((label, NUMBER_WIDTH - 3) for label, _ in labels[len(WIDTHS) :])))
    page.opening(lines)
    page.worksheet.fit_to_pages(1, 1)
    alone, bands, parts = figures_of(places)
    figures = [*alone, *bands, *parts]
    page.table(HEADING_ROW + len(figures), labels, f"table_{sheet.topic}")
    rows = headline_rows(places.scheme)
    for row, figure in enumerate(figures, FIRST_ROW):
        page.text(row, 0, figure_label(figure), "label")
        page.text(row, 1, figure.whole.label if figure.whole else "", "label")
        for number, headline in enumerate(HEADLINES):
            people = xl_rowcol_to_cell(row, 2 + number)
            ranges = _ranges(places, figure.sheet, figure.column, rows[headline])
            page.formula(row, 2 + number, f'=IF(COUNT({ranges})=0,"",SUM({ranges}))', "people")
            rate = _rate(places, figure, rows[headline], people) if figure.whole else ""
            page.formula(row, 5 + number, f"={rate}" if rate else '=""', "rate")
        compared, reference = xl_rowcol_to_cell(row, 5), xl_rowcol_to_cell(row, 6)
        ratio = f'=IF(AND(ISNUMBER({compared}),ISNUMBER({reference}),N({reference})>0),{compared}/{reference},"")'
        page.formula(row, 8, ratio, "ratio")
    below = HEADING_ROW + len(figures) + 2
    first = FIRST_ROW + len(alone)
    stacked = _chart(book, page, "percent_stacked", range(first, first + len(bands)), range(2, 5))
    stacked.set_title(_title(words("chart_bands_title")))
    _insert(page, below, stacked, words("chart_bands_text", group=group_label(year)), len(bands))
    first += len(bands)
    rates = _chart(book, page, "clustered", range(first, first + len(parts)), range(5, 7))
    rates.set_title(_title(words("chart_rates_title")))
    below += 2 + (170 + 34 * len(bands)) // PIXELS
    _insert(page, below, rates, words("chart_rates_text", group=group_label(year)), len(parts))


def _ranges(places: Places, sheet: Sheet, column: Column, rows: Sequence[int]) -> str:
    return ",".join(places.counts(sheet, column, run) for run in runs(rows))


def _rate(places: Places, figure: Figure, rows: Sequence[int], people: str) -> str:
    """Return the formula of a rate in each 100, empty until every cell that it rests on holds a number."""
    part = _ranges(places, figure.sheet, figure.column, rows)
    whole = _ranges(places, figure.whole_sheet, figure.whole, rows)
    is_whole = f"AND(COUNT({part})={len(rows)},COUNT({whole})={len(rows)},SUM({whole})>0)"
    return f'IF({is_whole},100*{people}/SUM({whole}),"")'


def _chart(
    book: xlsxwriter.Workbook, page: Page, subtype: str, rows: range, columns: range
) -> xlsxwriter.chart_bar.ChartBar:
    options = {"type": "bar"} if subtype == "clustered" else {"type": "bar", "subtype": subtype}
    chart = book.add_chart(options)
    name = quote_sheetname(page.name)
    for number, column in enumerate(columns):
        series = {
            "name": [page.name, HEADING_ROW, column],
            "categories": [page.name, rows[0], 0, rows[-1], 0],
            "values": f"={name}!{_span(rows, column)}",
            "border": {"color": INK, "width": 0.5},
            "data_labels": {"value": True, "num_format": "#,##0;;" if subtype != "clustered" else "#,##0.0;;"},
            "gap": 40,
        }
        series |= {"pattern": PATTERN} if number == 2 else {"fill": FILLS[number]}
        if subtype != "clustered" and number == 0:
            series["data_labels"] |= {"font": {"color": PAPER, "name": FONT, "size": 9}}
        chart.add_series(series)
    chart.set_y_axis({"reverse": True, "num_font": {"name": FONT, "size": 9}})
    chart.set_x_axis(
        {"num_font": {"name": FONT, "size": 9}, "label_position": "high", "major_gridlines": {"visible": False}}
    )
    chart.set_legend({"position": "bottom", "font": {"name": FONT, "size": 9}})
    return chart


def _span(rows: range, column: int) -> str:
    first = xl_rowcol_to_cell(rows[0], column, row_abs=True, col_abs=True)
    return f"{first}:{xl_rowcol_to_cell(rows[-1], column, row_abs=True, col_abs=True)}"


def _title(text: str) -> dict:
    return {"name": text, "overlay": False, "name_font": {"name": FONT, "size": 12, "bold": True, "color": ACCENT}}


def _insert(page: Page, row: int, chart: xlsxwriter.chart_bar.ChartBar, text: str, categories: int) -> None:
    chart.set_size({"width": CHART_WIDTH, "height": 150 + 34 * categories})
    page.worksheet.insert_chart(row, 0, chart, {"description": text, "object_position": 3, "x_offset": 6})
