"""The cells of a workbook's sheets, and a process that reads them under limits. Nothing slow is imported here."""

import json
import sys
import zipfile
from datetime import date, datetime
from typing import IO
from xml.etree.ElementTree import Element

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

NUMBER, TEXT, DAY, OTHER = "number", "text", "day", "other"

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"

# Row and column from 1, the text, and whether it stands as a number, a text, a day or something else.
Cells = dict[tuple[int, int], tuple[str, str]]
# The first cell of each range of cells merged into one, and the last one.
Merged = dict[tuple[int, int], tuple[int, int]]


class TooManyError(Exception):
    """A workbook has more sheets or cells than is read; the rule that says so, and how many there are."""

    def __init__(self, rule_code: str, found: int, most: int):
        """Say which rule is broken, how many there are and how many there may be."""
        super().__init__(rule_code)
        self.rule_code, self.found, self.most = rule_code, found, most


def cells_of(
    source: IO[bytes] | str, most_sheets: int, most_cells: int
) -> tuple[dict[str, Cells], tuple[str, ...], dict[str, Merged]]:
    """Return each sheet's filled cells, the names of hidden sheets, and each sheet's merged cells.

    Raises ``TooManyError`` where there are more sheets or cells than a return can have.
    """
    with CalamineWorkbook.from_object(source) as workbook:
        names = workbook.sheet_names
        if len(names) > most_sheets:
            raise TooManyError("too_many_sheets", len(names), most_sheets)
        cells: dict[str, Cells] = {}
        merged: dict[str, Merged] = {}
        for name in names:
            sheet = workbook.get_sheet_by_name(name)
            cells[name] = _sheet_cells(sheet)
            merged[name] = {
                (row + 1, column + 1): (last_row + 1, last_column + 1)
                for (row, column), (last_row, last_column) in sheet.merged_cell_ranges or ()
            }
            filled = sum(map(len, cells.values()))
            if filled > most_cells:
                raise TooManyError("too_many_cells", filled, most_cells)
        hidden = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible]
    return cells, tuple(hidden), merged


def _sheet_cells(sheet: CalamineSheet) -> Cells:
    cells: Cells = {}
    if sheet.start is None:
        return cells
    first_row, first_column = sheet.start[0] + 1, sheet.start[1] + 1
    for row, values in enumerate(sheet.to_python(skip_empty_area=True), first_row):
        for column, value in enumerate(values, first_column):
            if value == "" or (text := _text(value)) == "":
                continue
            cells[row, column] = (text, _kind(value))
    return cells


def _text(value: object) -> str:
    if isinstance(value, str):
        return value if value.strip() else ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(value)


def _kind(value: object) -> str:
    if isinstance(value, str):
        return TEXT
    if isinstance(value, bool):
        return OTHER
    if isinstance(value, int | float):
        return NUMBER
    return DAY if isinstance(value, datetime | date) else OTHER


def document_cells(path: str, most_cells: int) -> tuple[dict[str, Cells], dict[str, Merged]]:
    """Return what calamine does not tell of an open document (ods): of each sheet the cells with an error or a formula
    never worked out, and the merged cells.

    Raises ``TooManyError`` where there are more such cells than a return can have.
    """
    from defusedxml.ElementTree import iterparse

    unread: dict[str, Cells] = {}
    merged: dict[str, Merged] = {}
    name, row, rows, column = "", 0, 1, 0
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as content:
        for event, element in iterparse(content, events=("start", "end")):
            kind = element.tag.rpartition("}")[2]
            if event == "start" and kind == "table":
                name, row, rows = element.get(f"{TABLE}name", ""), 0, 1
                unread[name], merged[name] = {}, {}
            elif event == "start" and kind == "table-row":
                row, column = row + 1, 0
                rows = int(element.get(f"{TABLE}number-rows-repeated", 1))
            elif event == "end" and kind == "table-row":
                row += rows - 1
                element.clear()
            elif event == "end" and kind in ("table-cell", "covered-table-cell"):
                columns = int(element.get(f"{TABLE}number-columns-repeated", 1))
                if text := _unread_text(element):
                    if rows * columns > most_cells:
                        raise TooManyError("too_many_cells", rows * columns, most_cells)
                    places = ((row + down, column + 1 + right) for down in range(rows) for right in range(columns))
                    unread[name].update(dict.fromkeys(places, (text, OTHER)))
                wide = int(element.get(f"{TABLE}number-columns-spanned", 1))
                high = int(element.get(f"{TABLE}number-rows-spanned", 1))
                if wide > 1 or high > 1:
                    merged[name][row, column + 1] = (row + high - 1, column + wide)
                column += columns
    return unread, merged


def _unread_text(cell: Element) -> str:
    """Return the error in a cell of an open document, or its formula where that has no result; else nothing."""
    kinds = [value for key, value in cell.attrib.items() if key.endswith("}value-type")]
    if "error" in kinds:
        return cell.findtext("{*}p") or "#ERROR!"
    formula = cell.get(f"{TABLE}formula")
    return f"={formula.partition('=')[2]}" if formula and not kinds else ""


def answer() -> None:
    """Print the cells of the workbook that the command names, under its limits: the other side of reading apart."""
    import resource

    path, (seconds, memory, sheets, cells) = sys.argv[1], map(int, sys.argv[2:])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        found, hidden, merged = cells_of(path, sheets, cells)
        if zipfile.is_zipfile(path) and "content.xml" in zipfile.ZipFile(path).namelist():
            unread, merged = document_cells(path, cells)
            found = {name: unread.get(name, {}) | texts for name, texts in found.items()}
        said: dict[str, object] = {
            "sheets": {name: [[*place, *cell] for place, cell in texts.items()] for name, texts in found.items()},
            "hidden": hidden,
            "merged": {name: [[*first, *last] for first, last in ranges.items()] for name, ranges in merged.items()},
        }
    except PasswordError:
        said = {"refused": "password_protected"}
    except TooManyError as error:
        said = {"refused": error.rule_code, "found": error.found, "expected": error.most}
    except (CalamineError, OSError, ValueError) as error:
        is_too_heavy = "limit exceeded" in str(error)  # calamine's own, of cells in a repeated row or column
        said = {"refused": "too_heavy_to_read" if is_too_heavy else "unreadable_workbook", "found": str(error)}
    print(json.dumps(said))
