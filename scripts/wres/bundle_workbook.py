"""The open release as an accessible workbook, in the way that the Government Analysis Function asks of statistics.

One marked-up table a sheet, in column A under its title; nothing merged, nothing blank, nothing said by colour alone.
Every figure is that of the CSV files: the workbook is written from them.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import cached_property
from math import ceil
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from wres.bundle_dictionary import names
from wres.bundle_metadata import title
from wres.bundle_release import OpenRelease
from wres.bundle_tables import NOT_APPLICABLE, NUMBERS, csv_columns, csv_file, is_number, read_csv
from wres.dictionary import Column, Table

FONT, INK, LINK = "Arial", "#0B0C0C", "#0B5CAD"
LANGUAGE = "en-GB"
WIDTH, LINE_HEIGHT = 110, 15.5  # of a sheet of text, in characters; of a line, in points
# The looks of numbers, by the unit that the models give a column.
UNITS = {"people": "#,##0", "organisations": "#,##0", "share": "0.0%", "ratio": "0.00", "probability": "0.000"}
ROOM = "_)"  # to the right of a number: not every program indents what is aligned to the right
WIDEST = 60  # characters of a column; longer texts wrap
AREA = ("la_name", "region_name", "country_name")  # the smallest area of a row first
LEVELS = ("National", "Regional")  # England and its regions come before organisations
ORDER = [*LEVELS, "Local authority", "Organisation"]
PLACE = Column("varchar", "Name of the area or organisation.")
COUNTS = ("numerator", "denominator", "reference_numerator", "reference_denominator")
KEYS = ("time_period", "geographic_level", "area", "service", "indicator_code", "indicator_name")
GROUPS = ("comparison_group", "reference_group")
FIGURES = ("relative_likelihood", "lower_95", "upper_95")


@dataclass(frozen=True)
class Sheet:
    """A sheet: which columns of which table it shows to readers, and of which areas and years.

    ``columns`` is empty where it shows them all; ``levels`` likewise.
    """

    name: str
    table: str
    title: str
    columns: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    is_headline: bool = False


INDICATOR = (*KEYS, *GROUPS, "organisations", *COUNTS, "rate", "reference_rate", *FIGURES, "size", "evidence")
CHANGE = (
    *KEYS,
    *GROUPS,
    "previous_time_period",
    "panel",
    "organisations",
    "previous_organisations",
    "previous_relative_likelihood",
    "relative_likelihood",
    "ratio_of_ratios",
    "lower_95",
    "upper_95",
    "change",
)
DICTIONARY = ("table_name", "kind", "name", "value", "data_type", "unit", "description")
CENSUS = "children's social work workforce census, Department for Education"
SHEETS = (
    Sheet("England_regions", "indicator", "Indicators for England and its regions", INDICATOR, LEVELS, True),
    Sheet("Organisations", "indicator", "Indicators for organisations", INDICATOR, tuple(ORDER[2:]), True),
    Sheet("Change", "year_on_year", "Year on year: change in each indicator", CHANGE, (), True),
    Sheet("Census", "census_indicator", f"Indicators of the {CENSUS}", INDICATOR, (), True),
    Sheet("Census_change", "census_year_on_year", f"Year on year: {CENSUS}", CHANGE, (), True),
    Sheet("Indicators", "indicator_definition", "What each indicator counts"),
    Sheet("Areas", "area", "Areas and their codes"),
    Sheet("Dictionary", "data_dictionary", "Data dictionary: every table, column, code and symbol", DICTIONARY),
)


@dataclass(frozen=True)
class _Shown:
    """A sheet with the cells that it shows, as they are written in the CSV file."""

    sheet: Sheet
    heading: str
    columns: Mapping[str, Column]
    cells: pd.DataFrame
    left: tuple[str, ...]
    rows_of_table: int
    is_republished: bool

    @cached_property
    def symbols_used(self) -> set[str]:
        """Values of the cells that may be symbols."""
        return {value for name, column in self.columns.items() if column.symbol for value in self.cells[name]}


def write_workbook(
    path: Path, folder: Path, release: OpenRelease, tables: Mapping[str, Table], symbols: Mapping[str, str]
) -> None:
    """Write the workbook from the CSV files of a bundle, always the same bytes for the same files."""
    shown = [_shown(sheet, folder, tables[sheet.table]) for sheet in SHEETS if sheet.table in tables]
    shown = [one for one in shown if len(one.cells)]
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties(
        {
            "title": f"{release.title}, {release.release_id}",
            "subject": release.exposure.description,
            "author": release.exposure.owner,
            "keywords": "race equality, social care, workforce, relative likelihood",
            "created": datetime.combine(release.date, time()),
        }
    )
    looks = _Looks(book, symbols)
    _cover(book.add_worksheet("Cover"), looks, release)
    _contents(book.add_worksheet("Contents"), looks, shown)
    _notes(book.add_worksheet("Notes"), looks, release)
    for number, one in enumerate(shown, 1):
        _table(book.add_worksheet(one.sheet.name), looks, number, one, release)
    book.close()
    path.write_bytes(_with_language(content.getvalue()))


class _Looks:
    """The formats of cells, by name; of numbers, by their format; and the symbols with what they mean."""

    def __init__(self, book: xlsxwriter.Workbook, symbols: Mapping[str, str]):
        self.symbols = symbols
        base = {"font_name": FONT, "font_size": 12, "valign": "top", "font_color": INK}
        self._book, self._base = book, base
        self._numbers: dict[str, xlsxwriter.format.Format] = {}
        self.title = book.add_format(base | {"bold": True, "font_size": 15})
        self.section = book.add_format(base | {"bold": True, "font_size": 13})
        self.text = book.add_format(base | {"text_wrap": True})
        self.line = book.add_format(base)
        self.link = book.add_format(base | {"font_color": LINK, "underline": 1})
        self.heading = book.add_format(base | {"bold": True, "text_wrap": True, "bottom": 1})
        right = {"align": "right", "num_format": f"@{ROOM}"}
        self.number_heading = book.add_format(base | right | {"bold": True, "text_wrap": True, "bottom": 1})
        self.symbol = book.add_format(base | right)

    def number(self, number_format: str) -> xlsxwriter.format.Format:
        """Return the look of a number."""
        if number_format not in self._numbers:
            self._numbers[number_format] = self._book.add_format(
                self._base | {"num_format": f"{number_format}{ROOM}", "align": "right"}
            )
        return self._numbers[number_format]


def _shown(sheet: Sheet, folder: Path, table: Table) -> _Shown:
    cells = read_csv(csv_file(folder, sheet.table))
    whole = len(cells)
    columns = dict(csv_columns(table))
    left = []
    if set(AREA) <= set(cells):
        cells, columns = _with_area(cells), {"area": PLACE, **columns}
    if sheet.is_headline and len(cells):
        latest = cells["time_period"].astype(int).max()
        if (cells["time_period"] != str(latest)).any():
            left.append("earlier years")
        if (cells["breakdown"] != "all").any():
            left.append("single pay bands and roles")
        cells = cells[(cells["time_period"] == str(latest)) & (cells["breakdown"] == "all")]
        heading = f"{sheet.title}, {latest}"
    else:
        heading = sheet.title
    if sheet.levels:
        cells = cells[cells["geographic_level"].isin(sheet.levels)]
    if "geographic_level" in cells:
        rank = {level: place for place, level in enumerate(ORDER)}
        order = cells.assign(rank=cells["geographic_level"].map(rank))
        by = ["rank", *(name for name in ("area", *table.key) if name in cells)]
        if "service" in cells:  # all services before each
            by.insert(by.index("service"), "is_part")
            order["is_part"] = cells["service"] != "all"
        cells = cells.loc[order.sort_values(by, kind="stable").index]
    chosen = [name for name in sheet.columns or columns if name in columns]
    if len(chosen) < len(columns) - 1:
        left.append("some columns")
    for name in chosen:
        called = names(name)
        cells = cells.assign(**{name: cells[name].replace(called)}) if called else cells
    described = {name: columns[name] for name in chosen}
    return _Shown(sheet, heading, described, cells[chosen], tuple(left), whole, table.is_republished)


def _with_area(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with the name of the area that each row is of."""
    area = pd.Series("", index=cells.index)
    for name in AREA:
        area = area.where(area != "", cells[name])
    return cells.assign(area=area)


def _write_lines(page: Worksheet, looks: _Looks, lines: list[tuple[str, str]]) -> None:
    """Write a sheet of text, a line or a paragraph a row: how it looks, and what it says."""
    _prepare(page)
    page.set_column(0, 0, WIDTH)
    for row, (look, text) in enumerate(lines):
        if look == "link":
            page.write_url(row, 0, text, looks.link, text)
        else:
            page.write_string(row, 0, text, getattr(looks, look))
            page.set_row(row, LINE_HEIGHT * ceil(max(len(text), 1) / WIDTH) + (12 if look != "text" else 4))


def _prepare(page: Worksheet) -> None:
    """Show no grid, and put a sheet on paper as wide as it is."""
    page.hide_gridlines(2)
    page.set_row(0, 24)
    page.set_landscape()
    page.set_paper(8)
    page.fit_to_pages(1, 0)


def _cover(page: Worksheet, looks: _Looks, release: OpenRelease) -> None:
    lines = [
        ("title", f"{release.title}"),
        ("text", f"Release {release.release_id}, published {_day(release)} by the {release.exposure.owner}."),
        ("text", f"{release.label}."),
        ("text", release.exposure.description),
        ("section", "What is in it"),
        ("text", release.scope),
        ("section", "How people are protected"),
        (
            "text",
            f"No count of 1 to {release.threshold - 1} people in a return is shown, and further counts are hidden so "
            "that none can be worked out from the others. In place of a hidden number stands a symbol in square "
            "brackets, which the sheet Notes explains.",
        ),
        ("section", "Use it"),
        ("text", f"You may use it under the {release.licence['title']}. Please say: {release.attribution}"),
        ("link", release.licence["path"]),
        ("text", "All rows and columns are in the CSV and Parquet files beside this workbook; index.html lists them."),
    ]
    _write_lines(page, looks, lines)


def _contents(page: Worksheet, looks: _Looks, shown: list[_Shown]) -> None:
    _prepare(page)
    page.write_string(0, 0, "Contents", looks.title)
    page.write_string(
        1,
        0,
        "This worksheet contains one table, which lists the sheets with figures. Each name leads to its sheet.",
        looks.line,
    )
    rows = [[one.sheet.name, number, one.heading, len(one.cells)] for number, one in enumerate(shown, 1)]
    _add_table(page, looks, (2, len(rows)), "contents", {"Sheet": False, "Table": True, "Title": False, "Rows": True})
    for row, (name, number, heading, count) in enumerate(rows, 3):
        page.write_url(row, 0, f"internal:'{name}'!A1", looks.link, name)
        page.write_number(row, 1, number, looks.number("0"))
        page.write_string(row, 2, heading, looks.line)
        page.write_number(row, 3, count, looks.number("#,##0"))
    for column, width in enumerate((22, 10, 86, 12)):
        page.set_column(column, column, width)


def _notes(page: Worksheet, looks: _Looks, release: OpenRelease) -> None:
    _prepare(page)
    page.write_string(0, 0, "Notes", looks.title)
    page.write_string(
        1, 0, "This worksheet contains one table: symbols in place of numbers, then what is left out.", looks.line
    )
    rows = [(f"[{symbol}]", f"{meaning.rstrip('.')}.") for symbol, meaning in looks.symbols.items()]
    rows += [(f"Note {number}", text) for number, text in enumerate(_remarks(release), 1)]
    _add_table(page, looks, (2, len(rows)), "notes", {"Symbol or note": False, "Meaning": False})
    for row, texts in enumerate(rows, 3):
        for column, text in enumerate(texts):
            page.write_string(row, column, text, looks.text)
        page.set_row(row, LINE_HEIGHT * ceil(len(texts[1]) / WIDTH) + 4)
    page.set_column(0, 0, 20)
    page.set_column(1, 1, WIDTH)


def _remarks(release: OpenRelease) -> list[str]:
    return [
        "A relative likelihood compares two groups: the share of the comparison group to whom something happened, "
        "divided by that share of the reference group. 1 is equal. Its 95% limits are what chance leaves open.",
        "People whose ethnic group is not known are in neither group.",
        *release.left_out,
    ]


def _table(page: Worksheet, looks: _Looks, number: int, one: _Shown, release: OpenRelease) -> None:
    _prepare(page)
    used = [symbol for symbol in looks.symbols if symbol in one.symbols_used]
    meaning = "; ".join(f"[{symbol}] {looks.symbols[symbol].rstrip('.')}" for symbol in used)
    said = "Counts as their publisher gives them" if one.is_republished else release.label
    lines = [
        f"This worksheet contains one table, table {number}, of {len(one.cells):,} rows. {said}.",
        f"Symbols in place of numbers: {meaning}." if used else "No number is replaced by a symbol.",
    ]
    if one.left:
        rest = " and ".join(filter(None, [", ".join(one.left[:-1]), one.left[-1]]))
        lines.append(f"Not on this sheet: {rest}. They are in data/{one.sheet.table}.csv ({one.rows_of_table:,} rows).")
    page.write_string(0, 0, f"Table {number}: {one.heading}", looks.title)
    for row, text in enumerate(lines, 1):
        page.write_string(row, 0, text, looks.line)
    page.write_url(len(lines) + 1, 0, "internal:'Contents'!A1", looks.link, "Back to contents")
    head = len(lines) + 2
    headings = {title(name): is_number(column) for name, column in one.columns.items()}
    _add_table(page, looks, (head, len(one.cells)), one.sheet.name, headings)
    lines_of = pd.DataFrame(1, index=range(len(one.cells) + 1), columns=list(one.columns))
    for place, (name, column) in enumerate(one.columns.items()):
        width = max(_write_column(page, looks, (head + 1, place), column, one.cells[name]), _word(title(name)))
        page.set_column(place, place, width)
        texts = pd.Series([title(name), *one.cells[name]])
        lines_of[name] = (texts.str.len() / (width - 1)).apply(ceil)
    for row, number_of_lines in lines_of.max(axis=1).items():
        if number_of_lines > 1:
            page.set_row(head + row, LINE_HEIGHT * number_of_lines + 2)
    page.freeze_panes(head + 1, 0)
    page.repeat_rows(head)


def _write_column(page: Worksheet, looks: _Looks, start: tuple[int, int], column: Column, cells: pd.Series) -> float:
    """Write the cells of a column from a place on, and return the width that it needs."""
    numeric = is_number(column)
    look = looks.number(_number_format(column))
    longest = 0
    for row, text in enumerate(cells, start[0]):
        is_symbol = text in looks.symbols and (bool(column.symbol) or numeric)
        if numeric and not is_symbol and text:
            page.write_number(row, start[1], float(text), look)
            longest = max(longest, 9)
        else:
            shown = f"[{text}]" if is_symbol else text or f"[{NOT_APPLICABLE}]"
            page.write_string(row, start[1], shown, looks.symbol if numeric else looks.text)
            longest = max(longest, len(shown))
    return min(longest * 1.15 + 2, WIDEST)


def _number_format(column: Column) -> str:
    return UNITS.get(column.unit or "", "0.00" if column.data_type in NUMBERS else "0")


def _word(heading: str) -> float:
    """Return the width that a heading needs where its words are put below each other."""
    return max(max(map(len, heading.split())) * 1.3 + 4, len(heading) / 2.2 + 4)


def _add_table(page: Worksheet, looks: _Looks, place: tuple[int, int], name: str, headings: Mapping[str, bool]) -> None:
    """Mark cells up as a table; ``place`` is the row of its headings and how many follow, ``headings`` tell numbers."""
    head, rows = place
    columns = [
        {"header": heading, "header_format": looks.number_heading if numeric else looks.heading}
        for heading, numeric in headings.items()
    ]
    options = {"name": f"table_{name.lower()}", "columns": columns, "style": None, "autofilter": False}
    page.add_table(head, 0, head + rows, len(columns) - 1, options)


def _day(release: OpenRelease) -> str:
    return f"{release.date.day} {release.date:%B %Y}"


def _with_language(content: bytes) -> bytes:
    """Return a workbook that says which language it is in, which the library has no word for."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            text = source.read(part)
            if part.filename == "docProps/core.xml":
                language = f"<dc:language>{escape(LANGUAGE)}</dc:language></cp:coreProperties>"
                text = text.replace(b"</cp:coreProperties>", language.encode())
            target.writestr(part, text)
    return result.getvalue()
