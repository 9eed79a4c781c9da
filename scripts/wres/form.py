"""The form of a collection year, derived from the form's seeds, and the writer of its workbook.

Layout. The cover has a title, two lines of guidance and a table of label, answer and guidance. Each count
sheet has its title in row 1, what is counted in row 2, guidance in row 3, headings in row 4 with the ethnic
group in column A, one row for each group of the scheme, and a total by formula that readers leave out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from math import ceil
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from wres.organisations import COLLECTION, organisations_on
from wres.reference import read_seed

COVER_SHEET = "Cover"
GROUP_HEADING = "Ethnic group"
TOTAL_LABEL = "Total"
DEFAULT_SCHEME = "census_2021_19"

HEADING_ROW = 3  # from 0, on every sheet
ACCENT = "#1F5A66"
TINT = "#EEF5F6"
RULE = "#9FB6BB"
MUTED = "#4A5A5E"
FONT = "Arial"
GROUP_WIDTH = 66
COUNT_WIDTH = 18
COVER_WIDTHS = (46, 40, 84)
RECORD_WIDTH = 28
RECORD_LINES = 30
LINE_HEIGHT = 15

COVER_HEADINGS = ("This return", "Your answer", "Guidance")

Entry = int | str | None
Values = Mapping[tuple[str, str], Sequence[Entry]]
Records = Mapping[str, Sequence[Mapping[str, "Entry | date"]]]


@dataclass(frozen=True)
class CoverField:
    """One line of the cover: its label, the kind of answer and, for a choice, the answers allowed."""

    field: str
    label: str
    kind: str
    is_required: bool
    choices: str
    guidance: str


@dataclass(frozen=True)
class Column:
    """One column of counts: the measure and breakdown that it holds."""

    label: str
    measure: str
    breakdown: str
    guidance: str


@dataclass(frozen=True)
class RecordField:
    """One column of a sheet with a record a line; a choice has its answers in ``choices``."""

    label: str
    field: str
    kind: str
    is_required: bool
    choices: str
    guidance: str


@dataclass(frozen=True)
class Sheet:
    """One sheet: of counts by ethnic group (``columns``), of records (``fields``), or the cover."""

    name: str
    title: str
    kind: str
    counted: str
    guidance: str
    topic: str
    columns: tuple[Column, ...]
    fields: tuple[RecordField, ...]


@dataclass(frozen=True)
class Form:
    """The form of one collection year."""

    year: int
    cover: tuple[CoverField, ...]
    sheets: tuple[Sheet, ...]

    @property
    def count_sheets(self) -> tuple[Sheet, ...]:
        """Sheets that hold a table of counts by ethnic group."""
        return tuple(sheet for sheet in self.sheets if sheet.kind == "counts")

    @property
    def record_sheets(self) -> tuple[Sheet, ...]:
        """Sheets on which one line is one record."""
        return tuple(sheet for sheet in self.sheets if sheet.kind == "records")


@cache
def form_years() -> tuple[int, ...]:
    """Return the collection years that have a form."""
    return tuple(sorted(_rounds()))


def round_of(year: int) -> tuple[date, date]:
    """Return the days on which the collection of a year opens and closes.

    Raises ``ValueError`` when there is no collection in that year.
    """
    if year not in _rounds():
        allowed = ", ".join(str(known) for known in form_years())
        raise ValueError(f"There is no form for {year}. Years with a form: {allowed}.")
    return _rounds()[year]


@cache
def form_for(year: int) -> Form:
    """Return the form of a collection year.

    Raises ``ValueError`` when there is no collection in that year.
    """
    round_of(year)
    columns, fields = _in_force("form_column", year), _in_force("form_record", year)
    cover = tuple(
        CoverField(
            field=row["field"],
            label=row["label"],
            kind=row["kind"],
            is_required=row["is_required"] == "true",
            choices=row["choices"],
            guidance=row["guidance"],
        )
        for row in _in_force("form_cover", year)
    )
    sheets = tuple(
        Sheet(
            name=row["sheet"],
            title=row["title"],
            kind=row["kind"],
            counted=row["counted"],
            guidance=row["guidance"],
            topic=row["topic"],
            columns=tuple(
                Column(column["column_label"], column["measure"], column["breakdown"], column["guidance"])
                for column in columns
                if column["sheet"] == row["sheet"]
            ),
            fields=tuple(
                RecordField(
                    label=field["column_label"],
                    field=field["field"],
                    kind=field["kind"],
                    is_required=field["is_required"] == "true",
                    choices=field["choices"],
                    guidance=field["guidance"],
                )
                for field in fields
                if field["sheet"] == row["sheet"]
            ),
        )
        for row in _in_force("form_sheet", year)
    )
    return Form(year, cover, sheets)


@cache
def form_schemes() -> tuple[str, ...]:
    """Return the ethnic schemes that a form can have."""
    return tuple(read_seed("ethnic_scheme").query("is_for_returns == 'true'")["scheme"])


@cache
def group_rows(scheme: str) -> tuple[str, ...]:
    """Return the row labels of an ethnic scheme in their order, 'Not known' included.

    Raises ``ValueError`` when the form has no such scheme.
    """
    if scheme not in form_schemes():
        raise ValueError(f"The form has no ethnic scheme '{scheme}'. Schemes: {', '.join(form_schemes())}.")
    rows = read_seed("ethnic_group_mapping").query("scheme == @scheme")
    return tuple(rows.sort_values("sort_order", key=lambda order: order.astype(int))["value"])


@cache
def blank_entries() -> tuple[str, ...]:
    """Return the words that a cell may hold in place of a count."""
    return tuple(read_seed("form_blank")["entry"])


def write_form(  # noqa: PLR0913 - each is an option of the form that stands alone
    path: Path,
    year: int,
    organisation_code: str | None = None,
    service: str | None = None,
    scheme: str = DEFAULT_SCHEME,
    *,
    values: Values | None = None,
    records: Records | None = None,
    cover: Mapping[str, Entry | date] | None = None,
    version: int | None = None,
    synthetic: bool = False,
) -> Path:
    """Write one workbook, always the same bytes for the same arguments, and return its path.

    ``values`` holds, by measure and breakdown, one entry for each row of the scheme (``group_rows``); what it
    lacks stays empty. ``records`` holds, by a sheet's topic, one mapping of field to entry for each line.
    ``cover`` holds answers by field, beyond those that the other arguments give. With ``synthetic`` every sheet
    says so. Raises ``ValueError``, naming what is allowed, for a year, organisation or scheme that the form does
    not have, and for a service that the organisation does not run.
    """
    form = form_for(year)
    groups = group_rows(scheme)
    answers = _answers(form, organisation_code, service, scheme, version) | dict(cover or {})
    book = xlsxwriter.Workbook(path, {"in_memory": True})
    mark = "Synthetic: " if synthetic else ""
    book.set_properties(
        {
            "title": f"{mark}SC-WRES return for {year}",
            "subject": "Social Care Workforce Race Equality Standard",
            "author": "SC-WRES",
            "comments": "Synthetic: made-up figures of no real organisation." if synthetic else "",
            # The library would stamp the present moment, and no two workbooks would be the same.
            "created": datetime(year, 1, 1),
        }
    )
    formats = _formats(book)
    for sheet in form.sheets:
        page = _Page(book.add_worksheet(sheet.name), formats)
        if sheet.kind == "cover":
            title = f"{mark}Social Care Workforce Race Equality Standard, return for {year}"
            _write_cover(page, form, sheet, title, answers)
        elif sheet.kind == "records":
            _write_records(page, sheet, f"{mark}{sheet.title}", (records or {}).get(sheet.topic, ()))
        else:
            _write_counts(page, sheet, f"{mark}{sheet.title}", groups, values or {})
        page.worksheet.set_footer(f"&L&8{mark}SC-WRES {year}&C&8&A&R&8&P of &N")
    book.close()
    return Path(path)


@dataclass(frozen=True)
class _Page:
    """A worksheet being written, with the formats of its workbook."""

    worksheet: xlsxwriter.worksheet.Worksheet
    formats: Mapping[str, xlsxwriter.format.Format]

    def text(self, row: int, column: int, text: str, style: str) -> None:
        """Write a text as it is, never as a number or a formula."""
        self.worksheet.write_string(row, column, text, self.formats[style])

    def entry(self, row: int, column: int, entry: Entry | date, style: str) -> None:
        """Write a count, a word, a date or an empty cell that can be filled in."""
        look = self.formats[style]
        if entry is None:
            self.worksheet.write_blank(row, column, None, look)
        elif isinstance(entry, date):
            self.worksheet.write_datetime(row, column, entry, look)
        elif isinstance(entry, str):
            self.worksheet.write_string(row, column, entry, look)
        else:
            self.worksheet.write_number(row, column, int(entry), look)


@cache
def _rounds() -> dict[int, tuple[date, date]]:
    """Return the opening and closing day of each collection year."""
    rows = read_seed("collection_round").to_dict("records")
    return {
        int(row["collection_year"]): (
            date.fromisoformat(row["opens_on"]),
            date.fromisoformat(row["closes_on"]),
        )
        for row in rows
        if row["collection"] == COLLECTION
    }


def _in_force(seed: str, year: int) -> list[dict[str, str]]:
    """Return a form seed's rows of a collection year, in the order of the form."""
    rows = [
        row
        for row in read_seed(seed).to_dict("records")
        if int(row["first_year"]) <= year and (not row["last_year"] or year <= int(row["last_year"]))
    ]
    return sorted(rows, key=lambda row: int(row["position"]))


def _answers(
    form: Form, organisation_code: str | None, service: str | None, scheme: str, version: int | None
) -> dict[str, Entry | date]:
    """Return the cover's answers that are known when the form is made."""
    names = read_seed("ethnic_scheme").set_index("scheme")["scheme_name"]
    answers = {"collection_year": form.year, "ethnic_detail": names[scheme], "return_version": version}
    services = next(field.choices for field in form.cover if field.field == "service").split("|")
    if service is not None:
        if service not in services:
            raise ValueError(f"There is no service '{service}'. Services: {', '.join(services)}.")
        answers["service"] = service
    if organisation_code is not None:
        opens_on, _ = round_of(form.year)
        known = organisations_on(opens_on)
        if organisation_code not in known:
            near = get_close_matches(organisation_code, known, n=3, cutoff=0.5)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Codes look like {min(known)}."
            raise ValueError(
                f"No organisation has the code '{organisation_code}' in {form.year}. {hint} "
                "All codes are in seeds/reference/area_register.csv and organisation_register.csv."
            )
        organisation = known[organisation_code]
        if service is not None and service not in organisation.services:
            raise ValueError(
                f"{organisation.name} does not run the service '{service}' in {form.year}. "
                f"It runs: {', '.join(organisation.services)}."
            )
        answers |= {"organisation_code": organisation_code, "organisation_name": organisation.name}
    return answers


def _formats(book: xlsxwriter.Workbook) -> dict[str, xlsxwriter.format.Format]:
    base = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
    boxed = base | {"border": 1, "border_color": RULE, "indent": 1}
    heading = boxed | {"bold": True, "font_color": "#FFFFFF", "bg_color": ACCENT, "text_wrap": True}
    total = boxed | {"bold": True, "top": 2, "top_color": ACCENT}
    # Room to the right comes from the number format: not every program indents what is aligned to the right.
    number = {"num_format": "#,##0_);-#,##0_);0_);@_)", "align": "right", "indent": 0}
    entry = boxed | {"bg_color": TINT, "locked": False}
    return {
        name: book.add_format(properties)
        for name, properties in {
            "title": base | {"font_size": 15, "bold": True, "font_color": ACCENT},
            "counted": base | {"bold": True},
            "guidance": base | {"font_color": MUTED, "valign": "top"},
            "note": boxed | {"font_color": MUTED, "text_wrap": True},
            "heading": heading,
            "count_heading": heading | {"align": "right"},
            "label": boxed | {"text_wrap": True},
            "count": entry | number,
            "text": entry | {"align": "left", "text_wrap": True},
            "integer": entry | {"align": "left", "num_format": "0"},
            "date": entry | {"align": "left", "num_format": "d mmmm yyyy"},
            "fixed": boxed | {"align": "left"},
            "total_label": total,
            "total": total | number,
        }.items()
    }


def _prepare(worksheet: xlsxwriter.worksheet.Worksheet, frozen_columns: int) -> None:
    worksheet.hide_gridlines(2)
    worksheet.set_row(0, 30)
    worksheet.set_row(1, LINE_HEIGHT + 2)
    worksheet.set_row(2, LINE_HEIGHT + 9)
    worksheet.freeze_panes(HEADING_ROW + 1, frozen_columns)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 1)
    worksheet.protect("", {"format_columns": True, "format_rows": True})
    worksheet.set_selection(HEADING_ROW + 1, 1, HEADING_ROW + 1, 1)


def _height(*wrapped: tuple[str, int]) -> float:
    """Return the height in points of a row whose texts wrap in columns of the given widths in characters."""
    lines = max(ceil(len(text) * 0.84 / width) for text, width in wrapped)
    return LINE_HEIGHT * max(lines, 1) + 4


def _write_cover(page: _Page, form: Form, sheet: Sheet, title: str, answers: Mapping[str, Entry | date]) -> None:
    _prepare(page.worksheet, 0)
    for column, width in enumerate(COVER_WIDTHS):
        page.worksheet.set_column(column, column, width)
    words = ", ".join(blank_entries())
    page.text(0, 0, title, "title")
    page.text(1, 0, sheet.guidance, "counted")
    page.text(2, 0, f"Where a count cannot be given, say why in its cell: {words}.", "guidance")
    for column, heading in enumerate(COVER_HEADINGS):
        page.text(HEADING_ROW, column, heading, "heading")
    for row, field in enumerate(form.cover, HEADING_ROW + 1):
        page.worksheet.set_row(row, _height((field.label, COVER_WIDTHS[0]), (field.guidance, COVER_WIDTHS[2])))
        page.text(row, 0, field.label, "label")
        page.text(row, 2, field.guidance, "note")
        page.entry(row, 1, answers.get(field.field), _answer_style(field))
        rule = _answer_rule(form, field)
        if rule:
            page.worksheet.data_validation(row, 1, row, 1, rule)


def _answer_style(field: CoverField) -> str:
    # What the form was made for is not the organisation's to change.
    if field.field in ("collection_year", "ethnic_detail"):
        return "fixed"
    return field.kind if field.kind in ("integer", "date") else "text"


def _answer_rule(form: Form, field: CoverField) -> dict | None:
    """Return the data validation of one answer, or None where any text will do."""
    if field.kind == "date":
        first, last = date(form.year - 2, 1, 1), date(form.year + 1, 12, 31)
        return {
            "validate": "date",
            "criteria": "between",
            "minimum": first,
            "maximum": last,
            "error_message": f"Enter a date from {first:%d %B %Y} to {last:%d %B %Y}.",
        }
    if field.kind == "integer":
        return {"validate": "integer", "criteria": ">=", "value": 0, "error_message": "Enter a whole number."}
    if field.kind == "choice" and "|" in field.choices:
        choices = field.choices.split("|")
        return {"validate": "list", "source": choices, "error_message": f"Choose {' or '.join(choices)}."}
    return None


def _write_counts(page: _Page, sheet: Sheet, title: str, groups: Sequence[str], values: Values) -> None:
    _prepare(page.worksheet, 1)
    first, last = HEADING_ROW + 1, HEADING_ROW + len(groups)
    page.worksheet.set_column(0, 0, GROUP_WIDTH)
    page.worksheet.set_column(1, len(sheet.columns), COUNT_WIDTH)
    page.text(0, 0, title, "title")
    page.text(1, 0, sheet.counted, "counted")
    page.text(2, 0, sheet.guidance, "guidance")
    height = _height(*((column.label, COUNT_WIDTH - 3) for column in sheet.columns))
    page.worksheet.set_row(HEADING_ROW, height)
    page.text(HEADING_ROW, 0, GROUP_HEADING, "heading")
    for row, group in enumerate(groups, first):
        page.worksheet.set_row(row, _height((group, GROUP_WIDTH)))
        page.text(row, 0, group, "label")
    page.worksheet.set_row(last + 1, LINE_HEIGHT + 5)
    page.text(last + 1, 0, TOTAL_LABEL, "total_label")

    for number, column in enumerate(sheet.columns, 1):
        entries = values.get((column.measure, column.breakdown)) or [None] * len(groups)
        page.text(HEADING_ROW, number, column.label, "count_heading")
        for row, entry in zip(range(first, last + 1), entries, strict=True):
            page.entry(row, number, entry, "count")
        # The cached sum is what a reader that does not calculate shows.
        total = sum(int(entry) for entry in entries if entry is not None and not isinstance(entry, str))
        formula = f"=SUM({xl_range(first, number, last, number)})"
        page.worksheet.write_formula(last + 1, number, formula, page.formats["total"], total)
        rule = _count_rule(xl_rowcol_to_cell(first, number), column.guidance)
        page.worksheet.data_validation(first, number, last, number, rule)


def _write_records(page: _Page, sheet: Sheet, title: str, records: Sequence[Mapping[str, Entry | date]]) -> None:
    _prepare(page.worksheet, 1)
    page.worksheet.set_column(0, len(sheet.fields) - 1, RECORD_WIDTH)
    page.text(0, 0, title, "title")
    page.text(1, 0, sheet.counted, "counted")
    page.text(2, 0, sheet.guidance, "guidance")
    first, last = HEADING_ROW + 1, HEADING_ROW + max(RECORD_LINES, len(records))
    for number, field in enumerate(sheet.fields):
        page.text(HEADING_ROW, number, field.label, "heading")
        for row in range(first, last + 1):
            line = records[row - first] if row - first < len(records) else {}
            page.entry(row, number, line.get(field.field), "date" if field.kind == "date" else "text")


def _count_rule(cell: str, guidance: str) -> dict:
    """Return the data validation of a column of counts, written for its topmost cell."""
    words = ", ".join(blank_entries())
    allowed = "".join(f',{cell}="{word}"' for word in blank_entries())
    return {
        "validate": "custom",
        "value": f"=OR(IF(ISNUMBER({cell}),AND({cell}>=0,{cell}=INT({cell})),FALSE){allowed})",
        "input_message": f"{guidance} A whole number from 0, or one of: {words}.",
        "error_title": "Not a count",
        "error_message": f"Enter a whole number from 0, or one of: {words}.",
    }
