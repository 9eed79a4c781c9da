"""The form's checks of itself: formulas in each row of a sheet and on the sheet of checks, from the seeds.

They use only functions that every version of Excel and LibreOffice has, and no cell that is computed from text.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from xlsxwriter.utility import quote_sheetname, xl_col_to_name, xl_range, xl_rowcol_to_cell

from wres.form_definition import (
    HEADING_ROW,
    Column,
    CoverField,
    Form,
    Sheet,
    blank_entries,
    group_rows,
    in_force,
    whole_of,
    word_of,
    words,
)
from wres.form_page import Page, cell_on, height, quoted, range_on
from wres.reference import read_seed

FIRST_ROW = HEADING_ROW + 1
RECORD_LINES = 30
CHECKS_WIDTHS = (84, 18, 14, 14, 30)
HEADINGS = ("checks_check", "checks_state", "checks_waiting", "checks_wrong", "checks_link")
OVERALL_ROW = 1
NOTHING = "0"


@dataclass(frozen=True)
class Check:
    """One line of the sheet of checks; the formulas count what is still empty and what does not fit."""

    sentence: str
    waiting: str
    wrong: str
    sheet: str
    cell: str


@dataclass(frozen=True)
class Part:
    """A column whose counts cannot be above another's, or above two others' together; the whole may be elsewhere."""

    sheet: Sheet
    column: Column
    whole_sheet: Sheet
    whole: Column
    other: Column | None = None


class Places:
    """Where the form's cells are, for formulas: every count sheet has the same rows."""

    def __init__(self, form: Form, scheme: str):
        """Find the columns of a form with the rows of an ethnic scheme."""
        self.form, self.scheme, self.groups = form, scheme, group_rows(scheme)
        self.last_row = HEADING_ROW + len(self.groups)
        self._places = {
            (column.measure, column.breakdown): (sheet, number)
            for sheet in form.count_sheets
            for number, column in enumerate(sheet.columns, 1)
        }
        self._answers = {field.field: row for row, field in enumerate(form.cover, FIRST_ROW)}

    def column(self, column: Column) -> int:
        """Return the number of a column on its sheet, from 0."""
        return self._places[column.measure, column.breakdown][1]

    def whole(self, column: Column) -> tuple[Sheet, Column] | None:
        """Return the column that a column is part of, if the form asks for it, with its sheet."""
        return self.asked(whole_of(column.measure))

    def asked(self, measure: str) -> tuple[Sheet, Column] | None:
        """Return the column that counts a measure as a whole, if the form asks for it, with its sheet."""
        found = self._places.get((measure, "all"))
        return (found[0], found[0].columns[found[1] - 1]) if found else None

    def counts(self, sheet: Sheet, column: Column, rows: Sequence[int] | None = None) -> str:
        """Return the range of a column's counts, or of neighbouring rows of it."""
        first, last = (rows[0], rows[-1]) if rows else (0, self.last_row - FIRST_ROW)
        number = self.column(column)
        return range_on(sheet.name, FIRST_ROW + first, number, FIRST_ROW + last, number)

    def entries(self, sheet: Sheet) -> str:
        """Return the range of all cells to fill on a count sheet."""
        return range_on(sheet.name, FIRST_ROW, 1, self.last_row, len(sheet.columns))

    def checked(self, sheet: Sheet) -> str:
        """Return the range of the cells that say what is left in a row of a sheet."""
        number = len(sheet.columns or sheet.fields) + (1 if sheet.columns else 0)
        last = self.last_row if sheet.columns else HEADING_ROW + RECORD_LINES
        return range_on(sheet.name, FIRST_ROW, number, last, number)

    def answer(self, field: str) -> str:
        """Return the cell of an answer on the cover."""
        return cell_on(self.form.sheet_of_kind("cover").name, self._answers[field], 1)

    def answers(self, fields: Sequence[CoverField]) -> list[str]:
        """Return the ranges that hold the answers of fields, neighbours together."""
        cover = self.form.sheet_of_kind("cover").name
        rows = sorted(self._answers[field.field] for field in fields)
        return [range_on(cover, run[0], 1, run[-1], 1) for run in runs(rows)]


def runs(numbers: Sequence[int]) -> list[list[int]]:
    """Return numbers that follow each other in lists of neighbours."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return found


def parts_of(places: Places) -> list[Part]:
    """Return what cannot be above what, for the columns that a form asks for, in their order.

    The rules of the warehouse compare the same (seed ``rule_comparison``).
    """
    found = []
    for row in _comparisons():
        part, whole, other = (places.asked(row[name]) for name in ("part_measure", "whole_measure", "with_measure"))
        if part and whole and (other or not row["with_measure"]):
            found.append(Part(*part, *whole, other[1] if other else None))
    sheets = [sheet.name for sheet in places.form.sheets]
    return sorted(found, key=lambda part: (sheets.index(part.sheet.name), places.column(part.column)))


@cache
def _comparisons() -> list[dict[str, str]]:
    return read_seed("rule_comparison").to_dict("records")


def bands_of(sheet: Sheet) -> tuple[Column, ...]:
    """Return the columns of a sheet that divide its staff into pay bands."""
    return tuple(column for column in sheet.columns if column.breakdown != "all")


def part_words(part: Part, places: Places) -> str:
    """Return what a row says where a part is above its whole."""
    letters = {"part": xl_col_to_name(places.column(part.column))}
    if part.other:
        wholes = {
            name: xl_col_to_name(places.column(one)) for name, one in (("whole", part.whole), ("other", part.other))
        }
        return words("row_part_sum", **letters, **wholes)
    is_near = part.sheet == part.whole_sheet
    whole = f"column {xl_col_to_name(places.column(part.whole))}" if is_near else part.whole.label
    return words("row_part", **letters, whole=whole)


def row_formula(sheet: Sheet, places: Places, row: int) -> str:
    """Return the formula that says what is left in a row of a count sheet: the first thing that it finds."""
    cells = [xl_rowcol_to_cell(row, number) for number in range(1, len(sheet.columns) + 1)]
    all_cells = f"{cells[0]}:{cells[-1]}"
    reasons = ",".join(quoted(entry) for entry in blank_entries())
    broken = "".join(f"+(N({cell})<>INT(N({cell})))" for cell in cells)
    known = f'-COUNTIF({all_cells},">=0")-SUMPRODUCT(COUNTIF({all_cells},{{{reasons}}}))'
    steps = [(f"COUNTA({all_cells}){known}{broken}>0", words("row_entry"))]
    for part in parts_of(places):
        if part.sheet == sheet:
            cell, whole = cells[places.column(part.column) - 1], xl_rowcol_to_cell(row, places.column(part.whole))
            if part.whole_sheet != sheet:
                whole = f"{quote_sheetname(part.whole_sheet.name)}!{whole}"
            wholes = [whole] + ([xl_rowcol_to_cell(row, places.column(part.other))] if part.other else [])
            steps.append((_is_above(cell, wholes), part_words(part, places)))
    bands = bands_of(sheet)
    if bands:
        total, numbers = cells[0], [places.column(band) for band in bands]
        band_cells = f"{cells[numbers[0] - 1]}:{cells[numbers[-1] - 1]}"
        # A band that the organisation does not have takes nothing from the sum; any other gap leaves it open.
        absent = f"COUNTIF({band_cells},{quoted(word_of('not_applicable'))})"
        is_whole = f"COUNT({band_cells})+{absent}={len(bands)}"
        steps.append((f"AND(ISNUMBER({total}),{is_whole},SUM({band_cells})<>N({total}))", words("row_bands")))
    steps.append((f"COUNTBLANK({all_cells})>0", words("row_blank")))
    return _first_of(steps, quoted(words("row_done")))


def _is_above(cell: str, wholes: Sequence[str]) -> str:
    """Return the condition that a count is above others together, where all of them are numbers."""
    are_numbers = ",".join(f"ISNUMBER({one})" for one in (cell, *wholes))
    return f"AND({are_numbers},N({cell})>{'+'.join(f'N({one})' for one in wholes)})"


def record_formula(sheet: Sheet, row: int) -> str:
    """Return the formula that says whether a record that was begun lacks something."""
    line = xl_range(row, 0, row, len(sheet.fields) - 1)
    required = [number for number, field in enumerate(sheet.fields) if field.is_required]
    blanks = "+".join(f"COUNTBLANK({xl_range(row, run[0], row, run[-1])})" for run in runs(required))
    steps = [(f"{blanks}>0", words("line_blank"))]
    return f'=IF(COUNTA({line})=0,"",{_first_of(steps, quoted(words("row_done")))[1:]})'


def _first_of(steps: list[tuple[str, str]], otherwise: str) -> str:
    formula = otherwise
    for condition, text in reversed(steps):
        formula = f"IF({condition},{quoted(text)},{formula})"
    return f"={formula}"


def checks_of(places: Places) -> list[Check]:
    """Return the checks of a form, in the order of the seed and, within it, of the form."""
    makers: dict[str, Callable[[Places, str], Iterator[Check]]] = {
        "cover_complete": _cover_complete,
        "cover_choices": _cover_choices,
        "version": _version,
        "window": _window,
        "sign_off": _sign_off,
        "band_limits": _band_limits,
        "entries": _entries,
        "bands": _bands,
        "part": _parts,
        "part_sum": _part_sums,
        "records": _records,
    }
    rows = in_force("form_check", places.form.year)
    return [check for row in rows for check in makers[row["check_code"]](places, row["sentence"])]


def _on_cover(places: Places, field: str, sentence: str, waiting: str, wrong: str) -> Check:
    return Check(sentence, waiting, wrong, places.form.sheet_of_kind("cover").name, places.answer(field).split("!")[1])


def _cover_complete(places: Places, sentence: str) -> Iterator[Check]:
    required = [field for field in places.form.cover if field.is_required]
    waiting = "+".join(f"COUNTBLANK({cells})" for cells in places.answers(required))
    yield _on_cover(places, required[0].field, sentence, waiting, NOTHING)


def _cover_choices(places: Places, sentence: str) -> Iterator[Check]:
    fields = [field for field in places.form.cover if "|" in field.choices]
    cells = [places.answer(field.field) for field in fields]
    one_of = [
        f'IF({cell}="",0,IF(OR({",".join(f"{cell}={quoted(choice)}" for choice in field.choices.split("|"))}),0,1))'
        for cell, field in zip(cells, fields, strict=True)
    ]
    waiting = "+".join(f"COUNTBLANK({cell})" for cell in cells)
    yield _on_cover(places, fields[0].field, sentence, waiting, "+".join(one_of))


def _version(places: Places, sentence: str) -> Iterator[Check]:
    cell = places.answer("return_version")
    is_right = f"AND(ISNUMBER({cell}),N({cell})>=1,N({cell})=INT(N({cell})))"
    yield _on_cover(places, "return_version", sentence, f"COUNTBLANK({cell})", f'IF({cell}="",0,1-{is_right})')


def _window(places: Places, sentence: str) -> Iterator[Check]:
    first, last = places.answer("window_start"), places.answer("snapshot_date")
    # Both count the days of a leap year's February right, whichever way round the month ends.
    is_right = f"OR({first}=EDATE({last}+1,-12),{first}=EDATE({last},-12)+1)"
    yield _dates(places, "window_start", sentence, (first, last), is_right)


def _sign_off(places: Places, sentence: str) -> Iterator[Check]:
    signed, last = places.answer("signed_off_on"), places.answer("snapshot_date")
    yield _dates(places, "signed_off_on", sentence, (signed, last), f"{signed}>={last}")


def _dates(places: Places, field: str, sentence: str, cells: tuple[str, str], is_right: str) -> Check:
    """Return a check of two dates: an empty one is still to come, a text is not a date."""
    waiting = "+".join(f"COUNTBLANK({cell})" for cell in cells)
    are_numbers = ",".join(f"ISNUMBER({cell})" for cell in cells)
    wrong = f"IF({waiting}>0,0,IF(AND({are_numbers}),IF({is_right},0,1),1))"
    return _on_cover(places, field, sentence, waiting, wrong)


def _band_limits(places: Places, sentence: str) -> Iterator[Check]:
    limits = [field for field in places.form.cover if field.field.startswith("own_pay_band_")]
    cells = [places.answer(field.field) for field in limits]
    falls = [f"AND(ISNUMBER({low}),ISNUMBER({high}),N({low})>=N({high}))" for low, high in pairwise(cells)]
    yield _on_cover(places, limits[0].field, sentence, NOTHING, "+".join(falls))


def _entries(places: Places, sentence: str) -> Iterator[Check]:
    for sheet in places.form.count_sheets:
        wrong = _rows_that_say(sheet, places, "row_entry")
        waiting = f"COUNTBLANK({places.entries(sheet)})"
        yield Check(sentence.format(sheet=sheet.name), waiting, wrong, sheet.name, xl_rowcol_to_cell(FIRST_ROW, 1))


def _bands(places: Places, sentence: str) -> Iterator[Check]:
    for sheet in places.form.count_sheets:
        if bands_of(sheet):
            waiting = f"COUNTBLANK({places.entries(sheet)})+{_rows_that_say(sheet, places, 'row_entry')}"
            text = sentence.format(sheet=sheet.name, whole=sheet.columns[0].label)
            wrong = _rows_that_say(sheet, places, "row_bands")
            yield Check(text, waiting, wrong, sheet.name, xl_rowcol_to_cell(FIRST_ROW, 1))


def _rows_that_say(sheet: Sheet, places: Places, text_code: str) -> str:
    return f"COUNTIF({places.checked(sheet)},{quoted(words(text_code))})"


def _parts(places: Places, sentence: str) -> Iterator[Check]:
    yield from (_part(places, part, sentence) for part in parts_of(places) if not part.other)


def _part_sums(places: Places, sentence: str) -> Iterator[Check]:
    yield from (_part(places, part, sentence) for part in parts_of(places) if part.other)


def _part(places: Places, part: Part, sentence: str) -> Check:
    counts = places.counts(part.sheet, part.column)
    wholes = [places.counts(part.whole_sheet, part.whole)]
    if part.other:
        wholes.append(places.counts(part.whole_sheet, part.other))
    names = {"part": part.column.label, "whole": part.whole.label, "other": part.other.label if part.other else ""}
    if part.other:
        # Cells that hold words cannot be added as ranges: a row at a time.
        columns = [places.column(one) for one in (part.column, part.whole, part.other)]
        rows = range(FIRST_ROW, places.last_row + 1)
        lines = ([cell_on(part.sheet.name, row, column) for column in columns] for row in rows)
        wrong = "+".join(_is_above(cell, wholes_of_row) for cell, *wholes_of_row in lines)
    else:
        wrong = f"SUMPRODUCT(ISNUMBER({counts})*ISNUMBER({wholes[0]})*({counts}>{wholes[0]}))"
    return Check(
        sentence.format(sheet=part.sheet.name, **names),
        "+".join(f"COUNTBLANK({cells})" for cells in (counts, *wholes)),
        wrong,
        part.sheet.name,
        xl_rowcol_to_cell(FIRST_ROW, places.column(part.column)),
    )


def _records(places: Places, sentence: str) -> Iterator[Check]:
    for sheet in places.form.record_sheets:
        waiting = _rows_that_say(sheet, places, "line_blank")
        yield Check(sentence.format(sheet=sheet.name), waiting, NOTHING, sheet.name, xl_rowcol_to_cell(FIRST_ROW, 0))


def overall_state(form: Form) -> str:
    """Return the formula that shows the state of the whole return on another sheet than that of the checks."""
    return f"={cell_on(form.sheet_of_kind('checks').name, OVERALL_ROW, 0)}"


def write_checks(page: Page, sheet: Sheet, lines: Sequence[str], checks: Sequence[Check]) -> None:
    """Write the sheet of checks: one line each, its state, what is left, and a link to where it is."""
    page.prepare(1)
    for number, width in enumerate(CHECKS_WIDTHS):
        page.worksheet.set_column(number, number, width)
    last = HEADING_ROW + len(checks)
    waiting, wrong = (xl_range(FIRST_ROW, number, last, number) for number in (2, 3))
    overall = f"=IF(SUM({wrong})>0,{{check}},IF(SUM({waiting})>0,{{to_do}},{{done}}))"
    texts = {state: quoted(words(f"overall_{state}")) for state in ("check", "to_do", "done")}
    page.opening(lines, overall.format_map(texts))
    page.table(last, [(words(code), "heading") for code in HEADINGS], f"table_{sheet.topic}")
    states = [quoted(words(code)) for code in ("state_check", "state_to_do", "state_done")]
    for row, check in enumerate(checks, FIRST_ROW):
        page.worksheet.set_row(row, height((check.sentence, CHECKS_WIDTHS[0])))
        page.text(row, 0, check.sentence, "label")
        empty, unfit = xl_rowcol_to_cell(row, 2), xl_rowcol_to_cell(row, 3)
        page.formula(row, 1, f"=IF({unfit}>0,{states[0]},IF({empty}>0,{states[1]},{states[2]}))", "check")
        page.formula(row, 2, f"={check.waiting}", "people")
        page.formula(row, 3, f"={check.wrong}", "people")
        link = f"internal:{quote_sheetname(check.sheet)}!{check.cell.replace('$', '')}"
        page.worksheet.write_url(row, 4, link, page.formats["link"], words("checks_go", sheet=check.sheet))
    page.show_states((FIRST_ROW, 1, last, 1))
    page.worksheet.set_selection(FIRST_ROW, 4, FIRST_ROW, 4)
