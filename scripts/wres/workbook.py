"""Read a workbook's filled cells as texts, those too that hold an error or a formula without a result.

A workbook of the usual kind and size (xlsx, xlsm) is read here. Others (xls, xlsb, ods, and those with cells far out,
which would need room for all cells between) are read in a process of their own with limits on time and memory.
"""

import io
import json
import posixpath
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from python_calamine import CalamineError, PasswordError

from wres.container import WORKBOOK, XLSX, Container, file_bytes, open_container
from wres.issues import Refused
from wres.limits import limit
from wres.sheet_cells import OTHER, Cells, Merged, TooManyError, cells_of

RELATIONS = "xl/_rels/workbook.xml.rels"
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# A reference to a cell beyond column Z or row 999: the room between must not be made blindly.
FAR_OUT = re.compile(rb"""\br\s*=\s*["'](?:[A-Za-z]{2,}\d|[A-Za-z]?\d{4})""")
# A formula with its result, as programs commonly write it; what is written in another way is parsed.
ANY_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
COMMON_FORMULA = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"([^>]*)><f(?:\s[^>]*?)?(?:/>|>([^<]*)</f>)(?:<v>([^<]*)</v>|<v/>)?</c>'
)
ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s+ref\s*=\s*["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']""")


@dataclass(frozen=True)
class Workbook:
    """What a workbook holds: the filled cells of each sheet, and what is to be said of the file."""

    sheets: Mapping[str, Cells]
    formulas: Mapping[str, frozenset[tuple[int, int]]] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    has_macros: bool = False
    has_external_links: bool = False
    merged: Mapping[str, Merged] = field(default_factory=dict)


def read_workbook(path: Path) -> Workbook:
    """Return what a workbook holds.

    Raises ``Refused`` when the file is not a workbook that can be read, or is larger than a return can be.
    """
    container = open_container(file_bytes(path))
    try:
        read = _read_here(container) if _is_usual(container) else _read_apart(path)
    except TooManyError as error:
        raise Refused(error.rule_code, found=_counted(error.found), expected=_counted(error.most)) from None
    except PasswordError:
        raise Refused("password_protected") from None
    except (
        CalamineError,
        OSError,
        zipfile.BadZipFile,
        ElementTree.ParseError,
        DefusedXmlException,
        ValueError,
    ) as error:
        raise Refused("unreadable_workbook", found=str(error)) from None
    except BaseException as error:
        # The native reader panics on some damage; its exception is none of Python's ordinary ones.
        if type(error).__name__ != "PanicException":
            raise
        raise Refused("unreadable_workbook", found="damaged") from None
    return replace(read, has_macros=container.has_macros, has_external_links=container.has_external_links)


def _is_usual(container: Container) -> bool:
    return container.kind == XLSX and not any(
        FAR_OUT.search(content) for name, content in container.parts.items() if "sheets/" in name
    )


def _read_here(container: Container) -> Workbook:
    targets = _sheet_parts(container.parts)
    cells, hidden, _ = cells_of(_repacked(container.parts), limit("sheets"), limit("filled_cells"))
    merged: dict[str, Merged] = {}
    formulas: dict[str, frozenset[tuple[int, int]]] = {}
    for name, part in targets.items():
        content = container.parts.get(part)
        if content is None or name not in cells:
            continue
        unread, worked_out = _formulas(content)
        cells[name] = unread | cells[name]
        formulas[name] = worked_out
        merged[name] = _merged(content)
    return Workbook(cells, formulas, hidden, merged=merged)


def _merged(sheet: bytes) -> Merged:
    """Return the first cell of each range of cells merged into one, and the range's last cell."""
    found = MERGED.findall(sheet)
    return {
        (int(row), column_of(letters.decode())): (int(last_row), column_of(last_letters.decode()))
        for letters, row, last_letters, last_row in found
    }


def _sheet_parts(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Return the part in which each sheet is."""
    if not {WORKBOOK, RELATIONS} <= parts.keys():
        return {}
    sheets = fromstring(parts[WORKBOOK]).findall("{*}sheets/{*}sheet")
    relations = fromstring(parts[RELATIONS])
    targets = {one.get("Id"): posixpath.normpath(posixpath.join("/xl", one.get("Target", ""))) for one in relations}
    return {sheet.get("name", ""): targets.get(sheet.get(RELATION_ID), "").lstrip("/") for sheet in sheets}


def _repacked(parts: Mapping[str, bytes]) -> io.BytesIO:
    """Return an archive of the parts that were unpacked, so that nothing is unpacked again without a limit."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for name, content in parts.items():
            packed.writestr(zipfile.ZipInfo(name), content)
    archive.seek(0)
    return archive


def _formulas(sheet: bytes) -> tuple[Cells, frozenset[tuple[int, int]]]:
    """Return cells with an error (#REF!) or a formula never worked out, which calamine shows blank, and the places of
    all other formulas.
    """
    common = COMMON_FORMULA.findall(sheet)
    if len(common) == len(ANY_FORMULA.findall(sheet)) and not ERROR.search(sheet):
        return _common_formulas(common)
    unread: Cells = {}
    worked_out = []
    row_number = column_number = 0
    for row in fromstring(sheet).iterfind("{*}sheetData/{*}row"):
        row_number, column_number = int(row.get("r") or row_number + 1), 0
        for cell in row.iterfind("{*}c"):
            place = PLACE.fullmatch((cell.get("r") or "").upper())
            row_of_cell, column_number = (
                (int(place[2]), column_of(place[1])) if place else (row_number, column_number + 1)
            )
            formula, value = cell.findtext("{*}f"), cell.findtext("{*}v")
            is_error = cell.get("t") == "e"
            is_not_worked_out = formula is not None and not value and cell.get("t") != "str"
            if is_error or is_not_worked_out:
                unread[row_of_cell, column_number] = (value if is_error and value else f"={formula or ''}", OTHER)
            elif formula is not None:
                worked_out.append((row_of_cell, column_number))
    return unread, frozenset(worked_out)


def _common_formulas(found: list[tuple[bytes, ...]]) -> tuple[Cells, frozenset[tuple[int, int]]]:
    """Return the same from formulas that are written as programs commonly do."""
    unread: Cells = {}
    worked_out = []
    for letters, row, attributes, formula, value in found:
        place = (int(row), column_of(letters.decode()))
        if value or b't="str"' in attributes:
            worked_out.append(place)
        else:
            unread[place] = (f"={unescape(formula.decode(errors='replace'))}", OTHER)
    return unread, frozenset(worked_out)


def column_of(letters: str) -> int:
    """Return the number, from 1, of a column's letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _read_apart(path: Path) -> Workbook:
    """Read a workbook in a process of its own, which ends where it needs more time or memory than any return does."""
    limits = [limit(name) for name in ("seconds", "memory_bytes", "sheets", "filled_cells")]
    command = [sys.executable, "-c", "from wres.sheet_cells import answer; answer()", str(path), *map(str, limits)]
    try:
        run = subprocess.run(command, capture_output=True, timeout=limit("seconds") + 1, check=False)
    except subprocess.TimeoutExpired:
        raise Refused("too_heavy_to_read") from None
    if run.returncode:
        raise Refused("too_heavy_to_read")
    said = json.loads(run.stdout)
    if "refused" in said:
        raise Refused(said["refused"], found=_counted(said.get("found")), expected=_counted(said.get("expected")))
    sheets = {name: {(r, c): (text, kind) for r, c, text, kind in cells} for name, cells in said["sheets"].items()}
    merged = {
        name: {(r, c): (end_r, end_c) for r, c, end_r, end_c in ranges} for name, ranges in said["merged"].items()
    }
    return Workbook(sheets, hidden=tuple(said["hidden"]), merged=merged)


def _counted(found: object) -> str:
    return f"{found:,}" if isinstance(found, int) else str(found)
