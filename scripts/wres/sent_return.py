"""A return as it was sent, workbook or table (csv), as one list of filled cells.

A table has one line for each filled cell of the form: the columns sheet, row, column and value hold the sheet's name,
the label of the row (the line's number on a sheet of records), the label of the column and what stands there.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from wres.container import file_bytes, is_workbook
from wres.form import COVER_SHEET
from wres.issues import Refused
from wres.labels import plain, reduced, sheet_names
from wres.limits import limit
from wres.personal import masked
from wres.reading import column_letters
from wres.reference import read_seed
from wres.sheet_cells import NUMBER, TEXT
from wres.workbook import read_workbook

TABLE_COLUMNS = ("sheet", "row", "column", "value")
DELIMITERS = (",", ";", "\t", "|")
SHEET_NAME = "sheet name"  # kind of a cell that holds nothing but the name of a sheet, in a table
BYTE_ORDERS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class SentReturn:
    """What one file holds: its filled cells, and what is to be said of the file as a whole.

    A cell is its sheet, row and column (from 1), text, kind, whether a formula gave it, its address, and how many
    filled cells of the file it stands for: in a table a label is repeated on each of its lines. ``merged`` gives the
    last cell of those merged into one, by sheet and place of the first.
    """

    submission_id: str
    cells: list[tuple[str, int, int, str, str, bool, str, int]]
    own_cells: int = 0
    notes: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    is_table: bool = False
    sheets: tuple[str, ...] = ()
    merged: Mapping[tuple[str, int, int], tuple[int, int]] = field(default_factory=dict)

    @property
    def filled(self) -> int:
        """How many filled cells the file has."""
        return self.own_cells + sum(cell[-1] for cell in self.cells)


def is_return(path: Path) -> bool:
    """Tell whether a file's content is a workbook, or a table with the header of a return."""
    data = file_bytes(path)
    return is_workbook(data) or _table_delimiter(_decoded(data)[0]) is not None


def read_sent(path: Path, submission_id: str) -> SentReturn:
    """Return the filled cells of a workbook or of a table.

    Raises ``Refused`` when the file cannot be read, or is not the form.
    """
    data = file_bytes(path)
    sent = _from_workbook(path, submission_id) if is_workbook(data) else _from_table(data, submission_id)
    covers = {sheet for sheet in sent.sheets if sheet_names().get(reduced(sheet)) == COVER_SHEET}
    if not any(cell[0] in covers and plain(cell[3]) in _cover_labels() for cell in sent.cells):
        sheets = [masked(sheet) for sheet in sent.sheets]
        raise Refused("unknown_workbook", found=", ".join(sheets)[:200])
    return sent


def _is_hidden_by_the_form(sheet: str) -> bool:
    """Tell whether a sheet is one of the form's own in which nothing is filled in."""
    own = read_seed("form_sheet").query("kind not in ('cover', 'counts', 'records')")["sheet"]
    return sheet_names().get(reduced(sheet)) in set(own)


@cache
def _cover_labels() -> frozenset[str]:
    others = read_seed("form_synonym").query("kind == 'cover_label'")
    return frozenset(plain(label) for label in [*read_seed("form_cover")["label"], *others["label"]])


def _from_workbook(path: Path, submission_id: str) -> SentReturn:
    book = read_workbook(path)
    most = max((column for cells in book.sheets.values() for _, column in cells), default=0)
    letters = [column_letters(number) for number in range(most)]
    cells = []
    for sheet, texts in book.sheets.items():
        formulas = book.formulas.get(sheet, frozenset())
        cells.extend(
            (sheet, row, column, text, kind, (row, column) in formulas, f"{letters[column - 1]}{row}", 1)
            for (row, column), (text, kind) in texts.items()
        )
    notes: list[tuple[str, dict[str, object]]] = [
        ("hidden_sheet_read", {"sheet": masked(sheet)})
        for sheet in book.hidden
        if book.sheets.get(sheet) and not _is_hidden_by_the_form(sheet)
    ]
    notes += [("macros_ignored", {})] if book.has_macros else []
    notes += [("external_links_ignored", {})] if book.has_external_links else []
    merged = {(sheet, *first): last for sheet, ranges in book.merged.items() for first, last in ranges.items()}
    return SentReturn(submission_id, cells, notes=notes, sheets=tuple(book.sheets), merged=merged)


def _decoded(data: bytes) -> tuple[str, str]:
    """Return the text of a table, and the name of its characters where they are not those of today."""
    for mark, name in BYTE_ORDERS.items():
        if data.startswith(mark):
            return data.decode(name, errors="replace"), "" if name == "utf-8-sig" else "UTF-16"
    if data[1:2] == b"\x00" or data[:1] == b"\x00":
        name = "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
        return data.decode(name, errors="replace"), "UTF-16"
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "Windows-1252"


def _table_delimiter(text: str) -> str | None:
    """Return what parts the columns of a table that holds a return, or None where the header is another."""
    header = re.split(r"[\r\n]", text.lstrip("\ufeff")[:2000], maxsplit=1)[0]
    for delimiter in DELIMITERS:
        names = [plain(name.strip().strip('"')) for name in header.split(delimiter)]
        if names[: len(TABLE_COLUMNS)] == list(TABLE_COLUMNS) or set(TABLE_COLUMNS) <= set(names):
            return delimiter
    return None


def _from_table(data: bytes, submission_id: str) -> SentReturn:
    text, encoding = _decoded(data)
    delimiter = _table_delimiter(text)
    if delimiter is None:
        raise Refused("unknown_header", found=masked(text[:120]), expected=", ".join(TABLE_COLUMNS))
    if "\ufffd" in text or "\x00" in text:
        raise Refused("not_utf8", found="a character that is none")
    try:
        header, *lines = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise Refused("broken_table", found=str(error)) from None
    names = [plain(name) for name in header]
    twice = {name for name in TABLE_COLUMNS if names.count(name) > 1}
    if twice:
        raise Refused("broken_table", found=f"more than one column is named {', '.join(sorted(twice))}")
    if len(lines) * len(TABLE_COLUMNS) > limit("filled_cells"):
        raise Refused("too_many_cells", found=f"{len(lines) * 4:,}", expected=f"{limit('filled_cells'):,}")
    notes = [("characters_repaired", {"found": encoding})] if encoding else []
    return _Grid(submission_id, names).sent(header, lines, notes)


class _Grid:
    """Places the lines of a table as the cells of sheets, so that both are read by the same labels."""

    def __init__(self, submission_id: str, names: list[str]):
        self.submission_id = submission_id
        self.at = {name: names.index(name) for name in TABLE_COLUMNS}
        self.sheets: dict[str, None] = {}
        self.own = sum(name in TABLE_COLUMNS for name in names)
        self.places: dict[tuple[str, str, str], tuple[int, str]] = {}
        self.times: dict[tuple[str, str, str], int] = {}
        self.taken: dict[tuple[str, str], int] = {}
        self.cells: list[tuple[str, int, int, str, str, bool, str, int]] = []

    def sent(self, header: list[str], lines: list[list[str]], notes: list) -> SentReturn:
        """Return the lines as cells; what stands under no column of the layout is on no sheet."""
        records = set(read_seed("form_sheet").query("kind == 'records'")["sheet"])
        for number, line in enumerate(lines, 2):
            sheet, row, column, value = (
                line[self.at[name]].strip() if self.at[name] < len(line) else "" for name in TABLE_COLUMNS
            )
            is_record = sheet_names().get(reduced(sheet)) in records
            at_row = self._place("row", sheet, row, number)
            at_column = self._place("column", sheet, column, number)
            self._place("sheet", sheet, sheet, number)
            self.sheets[sheet] = None
            if value:
                kind = NUMBER if re.fullmatch(r"\d{1,15}", value) else TEXT
                raw = line[self.at["value"]]
                weight = 2 if is_record and row else 1
                address = self._address("value", number)
                self.cells.append((sheet, at_row, at_column, raw, kind, False, address, weight))
            elif is_record and row:
                self.cells.append((sheet, 0, 0, row, SHEET_NAME, False, self._address("row", number), 1))
            self._extra(number, line)
        self._extra(1, header)
        self._labels(records)
        return SentReturn(self.submission_id, self.cells, self.own, notes, is_table=True, sheets=tuple(self.sheets))

    def _place(self, part: str, sheet: str, label: str, number: int) -> int:
        """Return the row or column of a label: in the order in which labels first appear, from 2."""
        key = (part, sheet, label)
        if key not in self.places:
            self.taken[part, sheet] = self.taken.get((part, sheet), 1) + 1
            self.places[key] = (self.taken[part, sheet], self._address(part, number))
        self.times[key] = self.times.get(key, 0) + 1
        return self.places[key][0]

    def _labels(self, records: set[str]) -> None:
        for (part, sheet, label), (place, address) in self.places.items():
            if not label or (part == "row" and sheet_names().get(reduced(sheet)) in records):
                continue
            row, column = {"row": (place, 1), "column": (1, place), "sheet": (0, 0)}[part]
            kind = SHEET_NAME if part == "sheet" else TEXT
            times = self.times[part, sheet, label]
            self.cells.append((sheet, row, column, label, kind, False, address, times))

    def _extra(self, number: int, line: list[str]) -> None:
        known = set(self.at.values())
        for position, text in enumerate(line):
            is_named = number == 1 and plain(text) in TABLE_COLUMNS
            if text.strip() and not is_named and (position not in known or number == 1):
                self.cells.append(
                    ("", number, position + 1, text, TEXT, False, f"{column_letters(position)}{number}", 1)
                )

    def _address(self, part: str, number: int) -> str:
        return f"{column_letters(self.at[part])}{number}"
