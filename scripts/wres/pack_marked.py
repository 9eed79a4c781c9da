"""A copy of a return as it was sent, with the cells that must be mended or checked marked, and room for replies."""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from wres.labels import plain
from wres.pack_content import SEVERITIES, Finding, Pack

AUTHOR = "SC-WRES check"
FILLS = {"error": "FFF4B6B6", "query": "FFFFE08A"}
ENTRY = "FFEEF5F6"  # of a cell that the form asks to fill in
REMINDER = "Before you send the workbook again: add 1 to the number in this cell."
LABEL_PARTS = ("showLegendKey", "showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize")
CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def place_of(finding_sheet: str, finding_cell: str, sheets: Iterable[str]) -> tuple[str, str]:
    """Return the sheet and cell of a workbook at which a finding is shown.

    What is wrong with a whole sheet is shown at its title, and what is wrong with the whole return, or on a sheet that
    the workbook lacks, at the title of the first sheet.
    """
    names = list(sheets)
    known = {plain(name): name for name in reversed(names)}
    sheet = finding_sheet if finding_sheet in names else known.get(plain(finding_sheet))
    if sheet is None:
        return names[0], "A1"
    cell = CELL.match(finding_cell.upper())
    return sheet, cell[0] if cell else "A1"


def write_marked(path: Path, pack: Pack) -> dict[int, tuple[str, str]]:
    """Write the marked copy and return where each open finding, by its position in the pack, is shown.

    Figures and texts of the return stay as they are. A cell is marked by its fill and by a comment that says what was
    found; the references of open queries stand on the sheet of replies.
    """
    book = load_workbook(pack.source)
    _unmark(book)
    _keep_charts(book)
    marks: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    places: dict[int, tuple[str, str]] = {}
    pages = [page.title for page in book.worksheets]
    for position, finding in enumerate(pack.findings):
        if finding.is_open:
            sheet, cell = place_of(finding.sheet, finding.cell, pages)
            places[position] = sheet, _anchor(book[sheet], cell)
            marks[places[position]].append(finding)
    for (sheet, cell), findings in marks.items():
        _mark(book[sheet][cell], findings)
    queries = [finding.reference for finding in pack.of("query") if finding.is_open]
    if queries and pack.reply_sheet:
        _prefill(book, pack.reply_sheet, pack.reply_words, queries)
    _remind(book, pack.version_label)
    path.write_bytes(_steady(book, pack.made_on))
    return places


def _anchor(page: Worksheet, cell: str) -> str:
    """Return the cell itself, or the first of the cells that it is merged with."""
    if isinstance(page[cell], MergedCell):
        for merged in page.merged_cells.ranges:
            if cell in merged:
                return merged.start_cell.coordinate
    return cell


def _keep_charts(book: Workbook) -> None:
    """Say of charts what the library leaves out when it writes them, and programs then take to be otherwise."""
    for page in book.worksheets:
        for chart in page._charts:
            for labels in [chart.dLbls, *(series.dLbls for series in chart.series)]:
                for part in LABEL_PARTS if labels else ():
                    setattr(labels, part, bool(getattr(labels, part)))
            for axis in (getattr(chart, "x_axis", None), getattr(chart, "y_axis", None)):
                if axis is not None:
                    axis.delete = bool(axis.delete)


def _unmark(book: Workbook) -> None:
    """Take away what an earlier check has marked: the copy of that time may be what was sent."""
    for page in book.worksheets:
        for row in page.iter_rows():
            for cell in row:
                if not isinstance(cell, MergedCell) and cell.comment and cell.comment.author == AUTHOR:
                    cell.comment = None
                    if cell.fill.start_color.rgb in FILLS.values():
                        cell.fill = PatternFill("solid", start_color=ENTRY, end_color=ENTRY)


def _remind(book: Workbook, label: str) -> None:
    """Say beside the version of the return that the next one has another number."""
    for row in book.worksheets[0].iter_rows(max_row=60, max_col=2):
        if isinstance(row[0].value, str) and plain(row[0].value) == plain(label) and len(row) > 1:
            said = f"{row[1].comment.text}\n\n" if row[1].comment else ""
            row[1].comment = Comment(f"{said}{REMINDER}", AUTHOR, width=340, height=80)
            return


def _mark(cell: Cell, findings: list[Finding]) -> None:
    worst = "error" if any(finding.severity == "error" for finding in findings) else "query"
    cell.fill = PatternFill("solid", start_color=FILLS[worst], end_color=FILLS[worst])
    said = [f"{SEVERITIES[finding.severity]} ({finding.reference}): {finding.message}" for finding in findings]
    text = "\n\n".join([*said[:6], *([f"and {len(said) - 6} more."] if len(said) > 6 else [])])
    lines = sum(len(part) // 46 + 1 for part in text.split("\n"))
    cell.comment = Comment(text, AUTHOR, width=340, height=max(60, 17 * lines + 12))


def _prefill(book: Workbook, sheet: str, labels: tuple[str, ...], references: list[str]) -> None:
    """Put references that are not there yet below the lines of the sheet of replies, which is made where it lacks."""
    found = next((page for page in book.worksheets if plain(page.title) == plain(sheet)), None)
    page = found if found is not None else book.create_sheet(sheet)
    heading = _heading_row(page, labels[0])
    if heading is None:
        heading = page.max_row + 1 if page.max_row > 1 else 4
        for column, label in enumerate(labels, 1):
            page.cell(heading, column, label)
    filled = [row for row in range(heading + 1, page.max_row + 1) if _is_filled(page, row, len(labels))]
    known = {_reference(page.cell(row, 1).value) for row in filled}
    line = max([heading, *filled]) + 1
    for reference in references:
        if _reference(reference) not in known:
            page.cell(line, 1).value = reference
            line += 1


def _heading_row(page: Worksheet, label: str) -> int | None:
    for row in range(1, min(page.max_row, 50) + 1):
        value = page.cell(row, 1).value
        if isinstance(value, str) and plain(value) == plain(label):
            return row
    return None


def _is_filled(page: Worksheet, row: int, columns: int) -> bool:
    return any(page.cell(row, column).value not in (None, "") for column in range(1, columns + 1))


def _reference(value: object) -> str:
    return "".join(str(value or "").upper().split())


def _steady(book: Workbook, made_on: date) -> bytes:
    """Return the workbook's bytes, the same whenever it is written: the library stamps the present moment."""
    fresh, steady = io.BytesIO(), io.BytesIO()
    book.save(fresh)
    moment = datetime.combine(made_on, time()).isoformat().encode() + b"Z"
    with zipfile.ZipFile(fresh) as parts, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in parts.namelist():
            data = parts.read(name)
            if name == "docProps/core.xml":
                data = MODIFIED.sub(rb"\g<1>" + moment + rb"\g<2>", data)
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            copy.writestr(entry, data)
    return steady.getvalue()
