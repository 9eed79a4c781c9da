"""A worksheet of the form being written: its looks, its widths, and how an entry becomes a cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

import xlsxwriter
from xlsxwriter.utility import quote_sheetname, xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from wres.form_definition import HEADING_ROW, Entry, words

ACCENT = "#1F5A66"
TINT = "#EEF5F6"
RULE = "#6F8B91"
MUTED = "#4A5A5E"
INK = "#1A1A1A"
PAPER = "#FFFFFF"
FONT = "Arial"
GROUP_WIDTH = 46
COUNT_WIDTH = 16
CHECK_WIDTH = 37
GUIDANCE_WIDTH = 78
LINE_HEIGHT = 15
# Text and background of the words that say how things stand; the words carry the meaning.
STATES = {
    "state_done": ("#0B5B2B", "#E3F4E8"),
    "state_to_do": ("#5C4300", "#FFF9E5"),
    "state_check": ("#8A1223", "#FDE7EA"),
}
INVALID = {"font_color": "#8A1223", "bold": True, "underline": 1}

Format = xlsxwriter.format.Format


class PlainWorksheet(Worksheet):
    """A worksheet whose formulas need no name made longer: every function of the form is older than Excel 2010.

    The library looks for 150 younger functions in each formula, which takes longer than all else.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


def looks() -> dict[str, dict]:
    """Return the properties of every kind of cell, by name."""
    base = {"font_name": FONT, "font_size": 10, "valign": "vcenter", "font_color": INK}
    boxed = base | {"border": 1, "border_color": RULE, "indent": 1}
    heading = boxed | {"bold": True, "font_color": PAPER, "bg_color": ACCENT, "text_wrap": True}
    total = boxed | {"bold": True, "top": 2, "top_color": ACCENT}
    # Room to the right comes from the number format: not every program indents what is aligned to the right.
    number = {"num_format": "#,##0_);-#,##0_);0_);@_)", "align": "right", "indent": 0}
    entry = boxed | {"bg_color": TINT, "locked": False}
    return {
        "title": base | {"font_size": 15, "bold": True, "font_color": ACCENT},
        "counted": base | {"bold": True},
        "guidance": base | {"font_color": MUTED, "valign": "top"},
        "above": base | {"font_color": MUTED, "valign": "bottom", "text_wrap": True, "font_size": 9, "indent": 1},
        "beside": base | {"font_color": INK},
        "beside_heading": base | {"bold": True, "font_color": ACCENT},
        "beside_example": base | {"italic": True, "font_color": INK},
        "note": boxed | {"font_color": MUTED, "text_wrap": True},
        "heading": heading,
        "count_heading": heading | {"align": "right"},
        "last_heading": boxed
        | {"bold": True, "italic": True, "text_wrap": True, "align": "right", "font_color": MUTED},
        "label": boxed | {"text_wrap": True},
        "count": entry | number,
        "last": boxed | number | {"italic": True, "font_color": MUTED},
        "check": boxed | {"text_wrap": True},
        "text": entry | {"align": "left", "text_wrap": True},
        "record": entry | {"align": "left", "text_wrap": True, "valign": "top"},
        "record_date": entry | {"align": "left", "num_format": "d mmmm yyyy", "valign": "top"},
        "integer": entry | {"align": "left", "num_format": "0"},
        "date": entry | {"align": "left", "num_format": "d mmmm yyyy"},
        "fixed": boxed | {"align": "left"},
        "total_label": total,
        "total": total | number,
        "people": boxed | number,
        "rate": boxed | number | {"num_format": "#,##0.0_)"},
        "ratio": boxed | number | {"num_format": "0.00_)"},
        "link": boxed | {"font_color": "#0B4A8F", "underline": 1},
    }


@dataclass(frozen=True)
class Page:
    """A worksheet being written, with the formats of its workbook."""

    name: str
    worksheet: Worksheet
    formats: Mapping[str, Format]

    def text(self, row: int, column: int, text: str, style: str) -> None:
        """Write a text as it is, never as a number or a formula."""
        self.worksheet.write_string(row, column, text, self.formats[style])

    def formula(self, row: int, column: int, formula: str, style: str, value: int | str = "") -> None:
        """Write a formula; without its result, every program works it out when it opens the workbook."""
        self.worksheet.write_formula(row, column, formula, self.formats[style], value)

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

    def opening(self, lines: Sequence[str], formula: str = "") -> None:
        """Write the three lines above the table; a formula takes the place of the second."""
        for row, (text, style) in enumerate(zip(lines, ("title", "counted", "guidance"), strict=True)):
            self.text(row, 0, text, style)
        if formula:
            self.formula(1, 0, formula, "counted")

    def prepare(self, frozen_columns: int) -> None:
        """Set what every sheet has: protection without a password, frozen headings, and how it prints."""
        sheet = self.worksheet
        sheet.hide_gridlines(2)
        sheet.set_row(0, 30)
        sheet.set_row(1, LINE_HEIGHT + 2)
        sheet.set_row(2, LINE_HEIGHT + 9)
        sheet.freeze_panes(HEADING_ROW + 1, frozen_columns)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADING_ROW)
        sheet.protect("", {"format_columns": True, "format_rows": True})
        # A formula that leaves out neighbours, or can be typed over, is meant to.
        everywhere = "A1:AZ200"
        sheet.ignore_errors({"formula_range": everywhere, "formula_unlocked": everywhere})
        sheet.set_selection(HEADING_ROW + 1, 1, HEADING_ROW + 1, 1)

    def table(self, last_row: int, headings: list[tuple[str, str]], name: str) -> None:
        """Make the sheet's one table, from the headings down, so that programs that read aloud know its headings."""
        columns = [{"header": heading, "header_format": self.formats[style]} for heading, style in headings]
        place = (HEADING_ROW, 0, last_row, len(headings) - 1)
        self.worksheet.add_table(*place, {"name": name, "autofilter": False, "style": None, "columns": columns})

    def show_states(self, place: tuple[int, int, int, int]) -> None:
        """Let cells that say how things stand look it, beside saying it."""
        for state in STATES:
            self.worksheet.conditional_format(
                *place,
                {"type": "text", "criteria": "begins with", "value": words(state), "format": self.formats[state]},
            )


def make_formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    """Return the formats of a workbook by name, those of the states included."""
    formats = {name: book.add_format(properties) for name, properties in looks().items()}
    for state, (text, background) in STATES.items():
        formats[state] = book.add_format({"font_color": text, "bg_color": background})
    return formats | {"invalid": book.add_format(INVALID)}


def height(*wrapped: tuple[str, int]) -> float:
    """Return the height in points of a row whose texts wrap in columns of the given widths in characters."""
    lines = max(ceil(len(text) * 0.78 / width) for text, width in wrapped)
    return LINE_HEIGHT * max(lines, 1) + 4


def cell_on(sheet: str, row: int, column: int) -> str:
    """Return the address of a cell for a formula on any sheet."""
    return f"{quote_sheetname(sheet)}!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}"


def range_on(sheet: str, first_row: int, first_column: int, last_row: int, last_column: int) -> str:
    """Return the address of a range for a formula on any sheet."""
    return f"{quote_sheetname(sheet)}!{xl_range_abs(first_row, first_column, last_row, last_column)}"


def quoted(text: str) -> str:
    """Return a text as a formula writes it."""
    return '"' + text.replace('"', '""') + '"'
