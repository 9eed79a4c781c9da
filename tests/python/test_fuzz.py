"""Mutants of a return: none breaks the reader, none changes a figure silently, and no cell goes missing.

Full runs (WRES_TEST_FULL=1) try at least 2,000 mutants of each kind together, other runs 200.
"""

import io
import os
import random
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from receive_files import Book, Formula, read_book, write_return
from test_reading import RECORDS, table_lines, write_csv

from wres.form import TOTAL_LABEL, form_for, form_schemes, group_rows
from wres.labels import form_words, known_labels, own_columns, own_results, plain, reduced, sheet_names
from wres.reading import Reading
from wres.receive import _read
from wres.reference import read_seed
from wres.workbook import read_workbook

MUTANTS = 2400 if os.environ.get("WRES_TEST_FULL") else 210
AT_ONCE = 40
SEED = 20250922
YEAR, SCHEME = 2024, "major_5"


def mutants_of(count: int) -> list[pytest.param]:
    return [pytest.param(start, min(AT_ONCE, count - start), id=str(start)) for start in range(0, count, AT_ONCE)]


def receive_all(paths: dict[str, Path]) -> tuple[dict[str, Reading], set[str]]:
    """Read all files in one go, as a receipt does; return what each says, and which were refused."""
    readings, refusals = _read(paths, lambda _: None)
    assert all(issue["message"] for issue in refusals)
    said = {key: one for one in readings for key in one.facts["submission_id"]}
    refused = {issue["submission_id"] for issue in refusals}
    assert set(said) | refused == set(paths)
    assert not set(said) & refused
    return said, refused


def of(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    return frame[frame["submission_id"] == key]


def assert_all_counted(reading: Reading, key: str) -> None:
    facts = of(reading.facts, key).iloc[0]
    classes = facts[["cells_used", "cells_recognised", "cells_in_issues"]].sum()
    assert facts["cells_filled"] == classes, key
    assert "reader_lost_cells" not in set(of(reading.issues, key)["rule_code"]), key


# -------------------------------------------------------------------------------------------- of structure

ODD = [
    "=1+1",
    "@x",
    "\u202edesrever",
    "a\nb",
    "\u200b",
    " ",
    "0" * 400,
    "NULL",
    "1e9",
    "\U0001f600",
    "x" * 5000,
    "<5",
    "5%",
    "1,234",
    "1.234",
    " 12 ",
    "n/a",
    "*",
    "..",
    "nil",
    "-",
    "12/03/25",
    "31/03/2025",
    "Total",
    "White",
    "Cover",
    "[masked: x]",
    "jane.smith@kent.gov.uk",
    "Synthetic: ",
    "{value_text}",
    "{0}",
    "%s",
    "not collected",
    0.5,
    -4,
    1e15,
    1e300,
    True,
    date(2024, 4, 1),
    Formula("=1/0", "#DIV/0!"),
    Formula("=B5", ""),
    Formula("=2+2", 4),
    Formula('="a"&"b"', "ab"),
]


class Mutant:
    """A return's cells, changed a few times at random."""

    def __init__(self, book: Book, seed: int):
        self.random = random.Random(seed)
        self.book = {name: [list(row) for row in rows] for name, rows in book.items()}
        self.merged: list[tuple[str, int, int, int, int]] = []
        for _ in range(self.random.randint(1, 4)):
            if self.book:
                self.random.choice(self.changes())()

    def changes(self) -> list[Callable[[], None]]:
        return [
            *[self.odd_cell] * 5,
            self.move,
            self.delete_row,
            self.delete_column,
            self.double_row,
            self.double_column,
            self.shuffle_rows,
            self.swap_columns,
            self.blank_cell,
            self.other_label,
            self.as_text,
            self.double_sheet,
            self.rename_sheet,
            self.delete_sheet,
            self.merge,
            self.far_note,
        ]

    def sheet(self) -> str:
        return self.random.choice(list(self.book))

    def rows(self) -> list[list]:
        return self.book[self.sheet()]

    def cell(self) -> tuple[list, int]:
        """Return a row and a place in it, more often filled than not."""
        rows = [row for row in self.rows() if row] or [[]]
        row = self.random.choice(rows)
        if not row:
            row.append("")
        return row, self.random.randrange(len(row))

    def odd_cell(self) -> None:
        row, place = self.cell()
        row[place] = self.random.choice(ODD)

    def blank_cell(self) -> None:
        row, place = self.cell()
        row[place] = ""

    def as_text(self) -> None:
        for row in self.rows():
            row[:] = [f"{value:g}" if isinstance(value, float) else value for value in row]

    def move(self) -> None:
        name, right = self.sheet(), self.random.randint(0, 3)
        down = [[] for _ in range(self.random.randint(0, 4))]
        self.book[name] = down + [[""] * right + row for row in self.book[name]]

    def delete_row(self) -> None:
        rows = self.rows()
        if rows:
            rows.pop(self.random.randrange(len(rows)))

    def delete_column(self) -> None:
        rows = self.rows()
        place = self.random.randrange(max(map(len, rows), default=0) or 1)
        for row in rows:
            del row[place : place + 1]

    def double_row(self) -> None:
        rows = self.rows()
        if rows:
            rows.insert(self.random.randrange(len(rows)), list(self.random.choice(rows)))

    def double_column(self) -> None:
        rows = self.rows()
        place = self.random.randrange(max(map(len, rows), default=0) or 1)
        for row in rows:
            row.insert(place, row[place] if place < len(row) else "")

    def shuffle_rows(self) -> None:
        self.random.shuffle(self.rows())

    def swap_columns(self) -> None:
        rows = self.rows()
        width = max(map(len, rows), default=0)
        if width > 1:
            one, other = self.random.sample(range(width), 2)
            for row in rows:
                row.extend([""] * (width - len(row)))
                row[one], row[other] = row[other], row[one]

    def other_label(self) -> None:
        rows = self.rows()
        texts = [(row, place) for row in rows for place, value in enumerate(row) if isinstance(value, str) and value]
        if texts:
            (row, place), (other, there) = self.random.choice(texts), self.random.choice(texts)
            row[place] = self.random.choice([other[there], row[place].upper(), f" {row[place]} ", f"{row[place]}*"])

    def double_sheet(self) -> None:
        name = self.sheet()
        self.book[f"{name[:20]} (2)"] = [list(row) for row in self.book[name]]

    def rename_sheet(self) -> None:
        name = self.sheet()
        self.book[self.random.choice(["Sheet1", f"{name} ", "Other notes"])] = self.book.pop(name)

    def delete_sheet(self) -> None:
        self.book.pop(self.sheet())

    def merge(self) -> None:
        row, column = self.random.randint(0, 8), self.random.randint(0, 4)
        self.merged.append((self.sheet(), row, column, row + self.random.randint(0, 2), column + 1))

    def far_note(self) -> None:
        rows = self.rows()
        rows.extend([] for _ in range(self.random.randint(1, 60)))
        rows.append([""] * self.random.randint(0, 24) + ["see the note"])

    def write(self, path: Path) -> Path:
        names = set()
        with xlsxwriter.Workbook(path, {"in_memory": True}) as workbook:
            formats = [workbook.add_format({"num_format": form}) for form in ("0.0%", "#,##0", "@", "[Red]0", "0;;")]
            days = workbook.add_format({"num_format": "dd/mm/yy"})
            for name, rows in self.book.items():
                if name.casefold() in names:
                    continue
                names.add(name.casefold())
                page = workbook.add_worksheet(name)
                for row, values in enumerate(rows):
                    for column, value in enumerate(values):
                        self.put(page, row, column, value, days, self.random.choice([None, None, *formats]))
                for sheet, top, left, bottom, right in self.merged:
                    if sheet == name and not any(self.at(sheet, r, c) for r, c in inside(top, left, bottom, right)):
                        try:
                            page.merge_range(top, left, bottom, right, self.at(sheet, top, left) or "")
                        except xlsxwriter.exceptions.OverlappingRange:
                            continue
        self.book = {name: rows for name, rows in self.book.items() if name.casefold() in names}
        return path

    def at(self, sheet: str, row: int, column: int) -> object:
        rows = self.book.get(sheet, [])
        return rows[row][column] if row < len(rows) and column < len(rows[row]) else ""

    @staticmethod
    def put(page: object, row: int, column: int, value: object, days: object, look: object) -> None:  # noqa: PLR0913, PLR0917
        if isinstance(value, date | datetime):
            page.write_datetime(row, column, value, days)
        elif isinstance(value, Formula):
            page.write_formula(row, column, value.formula, None, value.result)
        elif isinstance(value, bool):
            page.write_boolean(row, column, value)
        elif isinstance(value, str):
            if value:
                page.write_string(row, column, value, look)
        elif value is not None:
            page.write_number(row, column, value, look)


def inside(top: int, left: int, bottom: int, right: int) -> list[tuple[int, int]]:
    """Return the cells of a range that are not its first: merging would empty them."""
    return [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]


def filled_cells(book: Book) -> dict[tuple[str, str], object]:
    filled = {}
    for sheet, rows in book.items():
        for row, values in enumerate(rows, 1):
            for column, value in enumerate(values):
                if value not in ("", None) and not (isinstance(value, str) and not value.strip()):
                    filled[sheet, f"{letters(column)}{row}"] = value
    return filled


def letters(column: int) -> str:
    return (chr(64 + column // 26) if column >= 26 else "") + chr(65 + column % 26)


def place_of(cell: str) -> tuple[int, int]:
    name, row = re.fullmatch(r"([A-Z]+)(\d+)", cell).groups()
    column = 0
    for letter in name:
        column = column * 26 + ord(letter) - 64
    return int(row) - 1, column - 1


def number_in(value: object) -> float | None:
    """Return the one number that a person would read in a cell, told apart from how the reader does it."""
    if isinstance(value, Formula):
        value = value.result
    if isinstance(value, bool | date):
        return None
    if isinstance(value, int | float):
        return float(value)
    words = {"nil": 0.0, "zero": 0.0}
    bare = value.strip().replace(",", "")
    return words.get(bare.casefold(), float(bare) if re.fullmatch(r"[-+]?\d+(\.\d+)?", bare) else None)


@pytest.fixture(scope="module")
def meanings() -> dict[str, dict[str, set[str]]]:
    """Return what each label may mean, by kind: written from the seeds, for the check of a figure's labels."""
    columns = known_labels(read_seed("form_column")["column_label"].drop_duplicates(), "column")
    rows = pd.concat([known_labels(pd.Series([*group_rows(scheme), TOTAL_LABEL]), "row") for scheme in form_schemes()])
    return {
        name: known.groupby("key")["means"].agg(set).to_dict() for name, known in (("column", columns), ("row", rows))
    }


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_return(tmp_path_factory.mktemp("fuzz") / "sound.xlsx", year=YEAR, scheme=SCHEME, records=RECORDS)


LABELS = {
    (column.measure, column.breakdown): column.label
    for sheet in form_for(YEAR).count_sheets
    for column in sheet.columns
}


def assert_figures_stand(reading: Reading, key: str, book: Book, meanings: dict[str, dict[str, set[str]]]) -> None:
    """Each figure is the one in the cell that is named, under the labels of what it is said to count."""
    counts = of(reading.observations, key)
    counts = counts[counts["ethnic_value"].notna() & counts["value"].notna()]
    for one in counts.itertuples():
        row, column = place_of(one.cell)
        rows = book[one.sheet]
        assert number_in(rows[row][column]) == one.value, (key, one)
        above = [rows[r][column] for r in range(row) if column < len(rows[r])]
        above = [text for text in above if isinstance(text, str)]
        label = LABELS[one.measure, one.breakdown]
        assert any(label in meanings["column"].get(reduced(text), ()) for text in above), (key, one)
        beside = [text for text in rows[row] if isinstance(text, str)]
        assert any(one.ethnic_value in meanings["row"].get(reduced(text), ()) for text in beside), (key, one)


KINDS = {sheet.name: sheet.kind for sheet in form_for(YEAR).sheets}


def assert_nothing_is_silent(reading: Reading, key: str, book: Book) -> None:
    """Each filled cell is an observation, an issue, an account kept apart, or words of the form."""
    named = {(row.sheet, row.cell) for row in of(reading.observations, key).itertuples()}
    named |= {(row.sheet, row.cell) for row in of(reading.issues, key).itertuples()}
    # Very many stray cells of a sheet are told of once, with their number and where they stand.
    told_whole = set(of(reading.issues, key).query("rule_code == 'cells_not_recognised'")["sheet"])
    filled = filled_cells(book)
    assert of(reading.facts, key)["cells_filled"].item() == len(filled), key
    accounts = set(of(reading.experiences, key)["account"])
    # Below a heading that the form fills in itself a number is taken for its own: last year's figures are numbers too.
    computed = [
        (sheet, *place_of(cell))
        for (sheet, cell), value in filled.items()
        if isinstance(value, str) and (plain(value) in own_columns() or plain(value) in own_results())
    ]
    for (sheet, cell), value in filled.items():
        text = value.result if isinstance(value, Formula) else value
        row, column = place_of(cell)
        is_below = any(one == sheet and top < row and column == left for one, top, left in computed)
        sheet_meant = meant(sheet)
        is_own = isinstance(text, str) and plain(text) in form_words() and sheet_meant is not None
        is_label = isinstance(text, str) and sheet_meant is not None and reduced(text) in own_labels()
        is_sum = isinstance(value, Formula) and value.result == ""
        kind = KINDS.get(sheet_meant)
        is_sum |= isinstance(value, Formula) and kind not in {"cover", "counts", "records", None}
        is_account = (f"{text:.0f}" if isinstance(text, float) else str(text)) in accounts
        is_told = (sheet, cell) in named or sheet in told_whole
        is_own |= is_below and sheet_meant is not None and (not isinstance(text, str) or plain(text) in own_results())
        assert is_told or is_own or is_label or is_sum or is_account, (key, sheet, cell, value)


def meant(sheet: str) -> str | None:
    """Return the sheet of the form that a name means: its own, or that of a copy as programs name it."""
    key = reduced(sheet)
    plainer = re.sub(r"^copy of | copy( \d+)?$| \d+$", "", key)
    return sheet_names().get(key) or sheet_names().get(plainer)


@cache
def own_labels() -> frozenset[str]:
    return frozenset(reduced(word) for word in form_words())


@pytest.mark.parametrize(("start", "count"), mutants_of(MUTANTS * 4 // 7))
def test_a_changed_workbook_keeps_its_figures(tmp_path, sound, meanings, start, count):
    book = read_book(sound)
    mutants = {str(number): Mutant(book, SEED + number) for number in range(start, start + count)}
    mutants = {key: mutant for key, mutant in mutants.items() if mutant.book}
    paths = {key: mutant.write(tmp_path / f"{key}.xlsx") for key, mutant in mutants.items()}
    said, _ = receive_all(paths)
    for key, reading in said.items():
        assert_all_counted(reading, key)
        assert_figures_stand(reading, key, mutants[key].book, meanings)
        assert_nothing_is_silent(reading, key, mutants[key].book)


def test_most_changed_workbooks_are_still_read(tmp_path, sound):
    """The mutants would prove little if most of them were refused."""
    book = read_book(sound)
    mutants = {str(number): Mutant(book, SEED + number) for number in range(60)}
    said, refused = receive_all({key: one.write(tmp_path / f"{key}.xlsx") for key, one in mutants.items() if one.book})
    assert len(said) > 3 * len(refused)
    wrong = {key for key, one in said.items() if len(of(one.issues, key))}
    assert len(wrong) > len(said) // 2


# ------------------------------------------------------------------------------------------------ of bytes


def flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))] if chance.random() < 0.5 else data[chance.randrange(len(data)) :]


def splice(data: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(data)) for _ in range(2))
    at = chance.randrange(len(data))
    return data[:at] + data[start : min(end, start + 400)] + data[at + chance.randint(0, 200) :]


def mutate(data: bytes, chance: random.Random) -> bytes:
    return chance.choice([flip, flip, cut, splice])(data, chance) if data else data


def mutate_part(data: bytes, chance: random.Random) -> bytes:
    """Change one part and pack the archive anew, so that it is whole and its XML is not."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([name for name in parts if name.startswith("xl/")])
    part = parts[name]
    if chance.random() < 0.5:
        parts[name] = mutate(part, chance)
    else:
        values = re.findall(rb"[\w.]+", part)
        parts[name] = part.replace(
            chance.choice(values), chance.choice([*values, b"9" * 20, b"A1048576", b"-1", b""]), 1
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, content in parts.items():
            archive.writestr(other, content)
    return packed.getvalue()


@pytest.mark.parametrize(("start", "count"), mutants_of(MUTANTS * 2 // 7))
def test_a_damaged_workbook_is_refused_or_read_as_it_stands(tmp_path, sound, start, count):
    data = sound.read_bytes()
    paths = {}
    for number in range(start, start + count):
        chance = random.Random(SEED + number)
        paths[str(number)] = tmp_path / f"{number}.xlsx"
        paths[str(number)].write_bytes((mutate if number % 3 == 0 else mutate_part)(data, chance))
    said, _ = receive_all({key: path for key, path in paths.items() if path.stat().st_size})
    for key, reading in said.items():
        assert_all_counted(reading, key)
        sheets = read_workbook(paths[key]).sheets
        counts = of(reading.observations, key)
        for one in counts[counts["ethnic_value"].notna() & counts["value"].notna()].itertuples():
            row, column = place_of(one.cell)
            text, kind = sheets[one.sheet][row + 1, column + 1]
            assert (float(text) if kind == "number" else number_in(text)) == one.value, (key, one)


# ------------------------------------------------------------------------------------------------ of tables


@pytest.mark.parametrize(("start", "count"), mutants_of(MUTANTS // 7))
def test_a_damaged_table_is_refused_or_read_as_it_stands(tmp_path, sound, start, count):
    data = write_csv(tmp_path / "sound.csv", table_lines(sound)).read_bytes()
    paths = {}
    for number in range(start, start + count):
        chance = random.Random(SEED + number)
        # Most changes spare the header and the cover, without which there is nothing to read.
        head = chance.choice([0, 1500, 1500])
        path = paths[str(number)] = tmp_path / f"{number}.csv"
        path.write_bytes(data[:head] + mutate(data[head:], chance) or b"x")
    said, _ = receive_all(paths)
    for key, reading in said.items():
        if "cells_filled" in reading.facts:
            assert_all_counted(reading, key)


def test_a_reader_that_took_a_figure_from_elsewhere_would_be_caught(sound, meanings):
    book = read_book(sound)
    [reading], _ = _read({"a": sound}, lambda _: None)
    assert_figures_stand(reading, "a", book, meanings)
    for row, column, value in ((4, 1, 999.0), (4, 0, "White: Irish"), (3, 1, "Appointed")):
        other = {name: [list(cells) for cells in rows] for name, rows in book.items()}
        other["Leavers"][row][column] = value
        with pytest.raises(AssertionError):
            assert_figures_stand(reading, "a", other, meanings)
