"""The writer of the form's workbook; what the form of a year is, it takes from ``form_definition``.

Layout. Every sheet has one table, with its headings in row 4; what stands above it is in column A: where you are,
what is counted (or the state of the return), and guidance. The cover's table has label, answer and guidance. A table
of counts has the ethnic group in column A, one row for each group of the scheme, the columns to fill, a column that
says what is left in the row, last year's figures where they are carried over, and a total by formula that readers
leave out. Beside it, past an empty column, stands the guidance: texts that readers know by ``own_words``.

A cell for a count refuses what is neither a whole number nor one of the words, by a rule of the kind 'custom': the
same in Excel and LibreOffice. A list would show the words to choose from, but it either refuses every number or, as a
mere warning, lets anything through; so the words stand in the message of the cell and in the guidance.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from itertools import chain
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from wres.form_checks import (
    FIRST_ROW,
    RECORD_LINES,
    Places,
    checks_of,
    overall_state,
    record_formula,
    row_formula,
    write_checks,
)
from wres.form_definition import (
    COVER_HEADINGS,
    COVER_SHEET,
    DEFAULT_SCHEME,
    GROUP_HEADING,
    HEADING_ROW,
    SYNTHETIC_MARK,
    TOTAL_LABEL,
    Column,
    CoverField,
    Entry,
    Form,
    RecordField,
    Records,
    Sheet,
    Values,
    above_table,
    blank_entries,
    form_for,
    form_schemes,
    form_years,
    group_rows,
    guidance_lines,
    lists_sheet,
    round_of,
    scheme_name,
    words,
)
from wres.form_figures import write_figures
from wres.form_last_year import PLAN, LastYear, beside, last_heading, last_lines, shared_columns
from wres.form_own import own_words
from wres.form_page import (
    CHECK_WIDTH,
    COUNT_WIDTH,
    GROUP_WIDTH,
    GUIDANCE_WIDTH,
    LINE_HEIGHT,
    Page,
    PlainWorksheet,
    cell_on,
    height,
    make_formats,
    range_on,
)
from wres.organisations import organisations_on
from wres.reference import read_seed

__all__ = [
    "COVER_HEADINGS",
    "COVER_SHEET",
    "DEFAULT_SCHEME",
    "GROUP_HEADING",
    "HEADING_ROW",
    "TOTAL_LABEL",
    "Column",
    "Entry",
    "Form",
    "LastYear",
    "Records",
    "Values",
    "blank_entries",
    "form_for",
    "form_schemes",
    "form_years",
    "group_rows",
    "own_words",
    "round_of",
    "write_form",
]

COVER_WIDTHS = (46, 44, 92)
RECORD_WIDTHS = {"text": 30, "choice": 22, "date": 18, "indicators": 18}
LONGEST_MESSAGE, LONGEST_TITLE = 255, 32  # Excel drops the whole rule when its message is longer


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
    last_year: LastYear | None = None,
    synthetic: bool = False,
) -> Path:
    """Write one workbook, always the same bytes for the same arguments, and return its path.

    ``values`` holds, by measure and breakdown, one entry for each row of the scheme (``group_rows``); what it
    lacks stays empty. ``records`` holds, by a sheet's topic, one mapping of field to entry for each line.
    ``cover`` holds answers by field, beyond those that the other arguments give. ``last_year`` is an earlier return
    whose counts stand beside this year's cells, and whose plan goes on where ``records`` has none. With ``synthetic``
    every sheet says so. Raises ``ValueError``, naming what is allowed, for a year, organisation or scheme that the form
    does not have, and for a service that the organisation does not run.
    """
    form = form_for(year)
    places = Places(form, scheme)
    given = {PLAN: last_year.plan if last_year else ()} | dict(records or {})
    answers = _answers(form, organisation_code, service, scheme, version) | dict(cover or {})
    mark = SYNTHETIC_MARK if synthetic else ""
    book = _book(path, year, mark)
    formats = make_formats(book)
    for sheet in form.sheets:
        page = Page(sheet.name, book.add_worksheet(sheet.name, PlainWorksheet), formats)
        title, *rest = above_table(year, sheet.name)
        lines = [f"{mark}{title}", *rest]
        if sheet.kind == "cover":
            _write_cover(page, form, lines, answers)
        elif sheet.kind == "records":
            _write_records(page, form, sheet, lines, given.get(sheet.topic, ()))
        elif sheet.kind == "checks":
            write_checks(page, sheet, lines, checks_of(places))
        elif sheet.kind == "charts":
            write_figures(book, page, sheet, lines, places)
        else:
            page.opening(lines)
            _write_counts(page, sheet, places, values or {}, last_year)
        page.worksheet.set_footer(f"&L&8{mark}SC-WRES {year}&C&8&A&R&8&P of &N")
    if organisation_code is None:
        _write_lists(book, form, mark)
    _name_places(book, form, places)
    book.close()
    return Path(path)


def _book(path: Path, year: int, mark: str) -> xlsxwriter.Workbook:
    book = xlsxwriter.Workbook(path, {"in_memory": True})
    book.set_properties(
        {
            "title": f"{mark}SC-WRES return for {year}",
            "subject": "Social Care Workforce Race Equality Standard",
            "author": "SC-WRES",
            "keywords": f"SC-WRES, return, {year}",
            "comments": "Synthetic: made-up figures of no real organisation." if mark else "",
            # The library would stamp the present moment, and no two workbooks would be the same.
            "created": datetime(year, 1, 1),
        }
    )
    return book


def _answers(
    form: Form, organisation_code: str | None, service: str | None, scheme: str, version: int | None
) -> dict[str, Entry | date]:
    """Return the cover's answers that are known when the form is made."""
    answers = {"collection_year": form.year, "ethnic_detail": scheme_name(scheme), "return_version": version}
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


def _name_places(book: xlsxwriter.Workbook, form: Form, places: Places) -> None:
    """Name the ranges to fill in, and the tables' corners in the way that programs that read aloud know."""
    for number, sheet in enumerate(form.sheets, 1):
        top = range_on(sheet.name, HEADING_ROW, 0, HEADING_ROW, 0).split(":")[0]
        if sheet.kind == "counts":
            book.define_name(f"entries_{sheet.topic}", f"={places.entries(sheet)}")
            last = xl_rowcol_to_cell(places.last_row + 1, len(sheet.columns) + 1)
            book.define_name(f"TitleRegion{number}.A{HEADING_ROW + 1}.{last}.{number}", f"={top}")
        elif sheet.kind == "cover":
            required = [field for field in form.cover if field.is_required]
            book.define_name("answers_cover", f"={places.answers(required)[0]}")
        elif sheet.kind == "checks":
            book.define_name("state_of_return", f"{overall_state(form)}")


# --------------------------------------------------------------------------------------------------------- cover


def _write_cover(page: Page, form: Form, lines: Sequence[str], answers: Mapping[str, Entry | date]) -> None:
    page.prepare(0)
    for column, width in enumerate(COVER_WIDTHS):
        page.worksheet.set_column(column, column, width)
    page.opening(lines)
    page.worksheet.write_url(1, 0, f"internal:{cell_on(form.sheet_of_kind('checks').name, 0, 0).replace('$', '')}")
    page.formula(1, 0, overall_state(form), "counted")
    page.table(HEADING_ROW + len(form.cover), [(heading, "heading") for heading in COVER_HEADINGS], "table_cover")
    rows = {field.field: row for row, field in enumerate(form.cover, FIRST_ROW)}
    is_open = answers.get("organisation_code") is None and answers.get("organisation_name") is None
    for field in form.cover:
        row, answer = rows[field.field], answers.get(field.field)
        page.worksheet.set_row(row, height((field.label, COVER_WIDTHS[0]), (field.guidance, COVER_WIDTHS[2])))
        page.text(row, 0, field.label, "label")
        page.text(row, 2, field.guidance, "note")
        if field.field == "organisation_code" and is_open:
            page.formula(row, 1, _code_of_name(form, rows["organisation_name"]), "text")
        else:
            page.entry(row, 1, answer, _answer_style(field, answers))
        rule = _organisation_rule(form) if field.field == "organisation_name" and is_open else _answer_rule(form, field)
        if rule:
            page.worksheet.data_validation(row, 1, row, 1, rule | {"input_message": field.guidance[:LONGEST_MESSAGE]})
    first_open = next(row for row in rows.values() if _answer_style(form.cover[row - FIRST_ROW], answers) != "fixed")
    page.worksheet.set_selection(first_open, 1, first_open, 1)


def _answer_style(field: CoverField, answers: Mapping[str, Entry | date]) -> str:
    # What the form was made for is not the organisation's to change.
    made_for = ("organisation_code", "organisation_name", "service")
    if field.field in ("collection_year", "ethnic_detail") or (field.field in made_for and answers.get(field.field)):
        return "fixed"
    return field.kind if field.kind in ("integer", "date") else "text"


def _answer_rule(form: Form, field: CoverField) -> dict | None:
    """Return the data validation of one answer, or None where any text will do."""
    if field.kind == "date":
        return _date_rule(date(form.year - 2, 1, 1), date(form.year + 1, 12, 31))
    if field.kind == "integer":
        return {"validate": "integer", "criteria": ">=", "value": 0, "error_message": words("number_error")}
    if field.kind == "choice" and "|" in field.choices:
        return _choice_rule(field.choices.split("|"))
    return None


def _date_rule(first: date, last: date) -> dict:
    message = words("date_error", first=f"{first:%d %B %Y}", last=f"{last:%d %B %Y}")
    return {"validate": "date", "criteria": "between", "minimum": first, "maximum": last, "error_message": message}


def _choice_rule(choices: Sequence[str]) -> dict:
    message = words("choice_error", choices=" or ".join(choices))
    return {"validate": "list", "source": list(choices), "error_message": message[:LONGEST_MESSAGE]}


def _organisation_rule(form: Form) -> dict:
    names = _list_range(form, 0)
    return {"validate": "list", "source": f"={names}", "error_message": words("organisation_error")}


def _code_of_name(form: Form, row: int) -> str:
    """Return the formula that finds the code of the organisation that was chosen by its name."""
    name = xl_rowcol_to_cell(row, 1)
    return f'=IFERROR(INDEX({_list_range(form, 1)},MATCH({name},{_list_range(form, 0)},0)),"")'


def _list_range(form: Form, column: int) -> str:
    last = HEADING_ROW + len(organisations_on(round_of(form.year)[0]))
    return range_on(lists_sheet(form.year).name, FIRST_ROW, column, last, column)


def _write_lists(book: xlsxwriter.Workbook, form: Form, mark: str) -> None:
    """Write the hidden sheet with the organisations that can be chosen."""
    sheet = lists_sheet(form.year)
    worksheet = book.add_worksheet(sheet.name)
    worksheet.write_string(0, 0, f"{mark}{sheet.title}")
    worksheet.write_string(1, 0, sheet.counted)
    labels = {field.field: field.label for field in form.cover}
    worksheet.write_row(HEADING_ROW, 0, [labels["organisation_name"], labels["organisation_code"]])
    organisations = sorted(organisations_on(round_of(form.year)[0]).values(), key=lambda one: one.name)
    for row, one in enumerate(organisations, FIRST_ROW):
        worksheet.write_string(row, 0, one.name)
        worksheet.write_string(row, 1, one.code)
    worksheet.protect()
    worksheet.hide()


# -------------------------------------------------------------------------------------------------------- counts


def _write_counts(page: Page, sheet: Sheet, places: Places, values: Values, last_year: LastYear | None) -> None:
    page.prepare(1)
    scheme, groups, first, last = places.scheme, places.groups, FIRST_ROW, places.last_row
    check = len(sheet.columns) + 1
    shared = shared_columns(sheet, last_year.year) if last_year else ()
    page.worksheet.set_column(0, 0, GROUP_WIDTH)
    page.worksheet.set_column(1, check - 1, COUNT_WIDTH)
    page.worksheet.set_column(check, check, CHECK_WIDTH)
    headings = [(GROUP_HEADING, "heading")]
    headings += [(column.label, "count_heading") for column in sheet.columns]
    headings.append((words("check_column"), "heading"))
    if last_year:
        headings += [(last_heading(places.form.year, last_year.year, column), "last_heading") for column in shared]
    page.worksheet.set_row(HEADING_ROW, height(*((label, COUNT_WIDTH - 3) for label, _ in headings[1:])))
    page.table(last, headings, f"table_{sheet.topic}")
    for row, group in enumerate(groups, first):
        page.worksheet.set_row(row, height((group, GROUP_WIDTH)))
        page.text(row, 0, group, "label")
        page.formula(row, check, row_formula(sheet, places, row), "check")
    page.show_states((first, check, last, check))
    page.worksheet.set_row(last + 1, LINE_HEIGHT + 5)
    page.text(last + 1, 0, TOTAL_LABEL, "total_label")

    for number, column in enumerate(sheet.columns, 1):
        entries = values.get((column.measure, column.breakdown)) or [None] * len(groups)
        for row, entry in zip(range(first, last + 1), entries, strict=True):
            page.entry(row, number, entry, "count")
        # The cached sum is what a reader that does not calculate shows; where there is no number, there is no sum.
        numbers = [int(entry) for entry in entries if entry is not None and not isinstance(entry, str)]
        cells = xl_range(first, number, last, number)
        formula = f'=IF(COUNT({cells})=0,"",SUM({cells}))'
        page.formula(last + 1, number, formula, "total", sum(numbers) if numbers else "")
        rule = _count_rule(xl_rowcol_to_cell(first, number), column)
        page.worksheet.data_validation(first, number, last, number, rule)
    is_right = _is_count(xl_rowcol_to_cell(first, 1))
    page.worksheet.conditional_format(
        *(first, 1, last, check - 1),
        {
            "type": "formula",
            "criteria": f'=AND({xl_rowcol_to_cell(first, 1)}<>"",NOT({is_right}))',
            "format": page.formats["invalid"],
        },
    )
    if last_year and shared:
        page.worksheet.set_column(check + 1, check + len(shared), COUNT_WIDTH)
        for number, column in enumerate(shared, check + 1):
            for row, entry in enumerate(beside(last_year, column, scheme), first):
                page.entry(row, number, entry, "last")
            numbers = [entry for entry in beside(last_year, column, scheme) if isinstance(entry, int)]
            total = sum(numbers) if len(numbers) == len(groups) else None
            page.entry(last + 1, number, total, "last")
    _write_guidance(page, places.form, sheet, check + len(shared) + 2, _earlier(places.form, sheet, scheme, last_year))


def _earlier(form: Form, sheet: Sheet, scheme: str, last_year: LastYear | None) -> list[str]:
    """Return what a sheet says of the earlier figures beside it."""
    if last_year is None:
        return []
    other = last_year.scheme if last_year.scheme != scheme else None
    lines = last_lines(form, sheet, last_year.year, other, last_year.is_synthetic)
    return [words("last_heading", year=last_year.year), *lines] if lines else []


def _write_guidance(page: Page, form: Form, sheet: Sheet, column: int, earlier: Sequence[str]) -> None:
    """Write what counts and what does not, with an example, a line a row beside the table."""
    page.worksheet.set_column(column - 1, column - 1, 3)
    page.worksheet.set_column(column, column, GUIDANCE_WIDTH)
    page.text(HEADING_ROW, column, words("guidance_heading"), "beside_heading")
    styles = {"heading": "beside_heading", "text": "beside", "example": "beside_example"}
    own = ((line.text, styles[line.kind]) for line in guidance_lines(form.year, sheet.name))
    about = ((text, "beside_heading" if number == 0 else "beside") for number, text in enumerate(earlier))
    for row, (text, style) in enumerate(chain(own, about), FIRST_ROW):
        page.text(row, column, text, style)


def _count_rule(cell: str, column: Column) -> dict:
    """Return the data validation of a column of counts, written for its topmost cell."""
    reasons = ", ".join(blank_entries())
    return {
        "validate": "custom",
        "value": f"={_is_count(cell)}",
        "input_title": column.label if len(column.label) <= LONGEST_TITLE else None,
        "input_message": words("count_message", guidance=column.guidance, words=reasons),
        "error_title": words("count_error_title"),
        "error_message": words("count_error", words=reasons),
    }


def _is_count(cell: str) -> str:
    """Return the condition that a cell holds a whole number from 0 or one of the words."""
    allowed = "".join(f',{cell}="{word}"' for word in blank_entries())
    return f"OR(IF(ISNUMBER({cell}),AND({cell}>=0,{cell}=INT({cell})),FALSE){allowed})"


# ------------------------------------------------------------------------------------------------------- records


def _write_records(
    page: Page, form: Form, sheet: Sheet, lines: Sequence[str], records: Sequence[Mapping[str, Entry | date]]
) -> None:
    """Write a sheet with a record a line; the guidance of a column stands above its heading."""
    page.prepare(1)
    page.opening(lines)
    first, last = FIRST_ROW, HEADING_ROW + max(RECORD_LINES, len(records))
    widths = [RECORD_WIDTHS[field.kind] for field in sheet.fields]
    check = len(sheet.fields)
    headings = [(field.label, "heading") for field in sheet.fields] + [(words("check_column"), "heading")]
    page.table(last, headings, f"table_{sheet.topic}")
    above = [(field.guidance, width - 3) for field, width in zip(sheet.fields, widths, strict=True)]
    page.worksheet.set_row(HEADING_ROW - 1, height(*above))
    page.worksheet.set_row(HEADING_ROW, LINE_HEIGHT + 9)
    for number, (field, width) in enumerate(zip(sheet.fields, widths, strict=True)):
        page.worksheet.set_column(number, number, width)
        page.text(HEADING_ROW - 1, number, field.guidance, "above")
        rule = _record_rule(form, field)
        if rule:
            page.worksheet.data_validation(first, number, last, number, rule)
    page.worksheet.set_column(check, check, CHECK_WIDTH)
    for row in range(first, last + 1):
        line = records[row - first] if row - first < len(records) else {}
        for number, field in enumerate(sheet.fields):
            page.entry(row, number, line.get(field.field), "record_date" if field.kind == "date" else "record")
        page.formula(row, check, record_formula(sheet, row), "check")
    page.show_states((first, check, last, check))
    page.worksheet.set_selection(first, 0, first, 0)


def _record_rule(form: Form, field: RecordField) -> dict:
    """Return the data validation of a column of records; free text has only its message."""
    message = field.guidance
    rule: dict = {"validate": "any"}
    if field.kind == "choice":
        rule = _choice_rule(_choices(field))
    elif field.kind == "date":
        rule = _date_rule(date(form.year - 10, 1, 1), date(form.year + 20, 12, 31))
    elif field.kind == "indicators":
        message = words("indicators_message", guidance=field.guidance, codes=_indicator_codes(form.year))
    return rule | {"input_message": message[:LONGEST_MESSAGE]}


@cache
def _choices(field: RecordField) -> tuple[str, ...]:
    """Return the answers that a choice allows: its own, or the names in a seed in their order."""
    if "|" in field.choices:
        return tuple(field.choices.split("|"))
    seed = read_seed(field.choices)
    return tuple(seed.sort_values("sort_order", key=lambda order: order.astype(int))[f"{field.choices}_name"])


@cache
def _indicator_codes(year: int) -> str:
    """Return the codes of the indicators of a year, in words."""
    register = read_seed("indicator_register").query("collection == 'sc-wres'")
    first, last = register["first_year"].astype(int), register["last_year"].replace("", "9999").astype(int)
    return ", ".join(sorted(set(register.loc[(first <= year) & (last >= year), "indicator_code"])))
