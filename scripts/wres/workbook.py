"""Read a workbook's filled cells as texts, those too that hold an error or a formula without a result."""

import posixpath
import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook

from wres.issues import Refused

WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

Cells = dict[tuple[int, int], str]


def filled_cells(path: Path) -> dict[str, Cells]:
    """Return the texts of each sheet's filled cells, by row and column (both from 1).

    Raises ``Refused`` when the file is not a workbook that can be read.
    """
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            cells = {name: _sheet_cells(workbook, name) for name in workbook.sheet_names}
        for name, unread in _cells_without_value(path).items():
            cells[name] = unread | cells.get(name, {})
    except (CalamineError, OSError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise Refused("unreadable_workbook", found=str(error)) from None
    return cells


def _sheet_cells(workbook: CalamineWorkbook, name: str) -> Cells:
    rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return {
        (row, column): text
        for row, values in enumerate(rows, 1)
        for column, value in enumerate(values, 1)
        if (text := _text(value))
    }


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(value).strip()


def _cells_without_value(path: Path) -> dict[str, Cells]:
    """Return each sheet's cells with an error (#REF!) or a formula never worked out: calamine shows them blank."""
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as parts:
        names = set(parts.namelist())
        if not {WORKBOOK, RELATIONS} <= names:
            return {}
        relations = ElementTree.fromstring(parts.read(RELATIONS))
        targets = {one.get("Id"): posixpath.join("/xl", one.get("Target", "")) for one in relations}
        sheets = ElementTree.fromstring(parts.read(WORKBOOK)).findall("{*}sheets/{*}sheet")
        found = {sheet.get("name", ""): targets.get(sheet.get(RELATION_ID), "").lstrip("/") for sheet in sheets}
        return {name: _unread(parts.read(part)) for name, part in found.items() if part in names}


def _unread(sheet: bytes) -> Cells:
    cells: Cells = {}
    for cell in ElementTree.fromstring(sheet).findall(".//{*}c"):
        formula, value = cell.findtext("{*}f"), cell.findtext("{*}v")
        is_error = cell.get("t") == "e"
        is_not_worked_out = formula is not None and not value and cell.get("t") != "str"
        place = re.fullmatch(r"([A-Z]+)(\d+)", cell.get("r", ""))
        if place and (is_error or is_not_worked_out):
            text = value if is_error and value else f"={formula}"
            cells[int(place[2]), _column_number(place[1])] = text
    return cells


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
