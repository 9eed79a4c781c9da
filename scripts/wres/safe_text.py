"""Text for files that a spreadsheet program may open: what looks like a formula must not become one."""

import re

import pandas as pd

# A spreadsheet program takes a cell of a csv file that begins so for a formula, or drops the sign and looks again.
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
GUARD = "'"


def safe_text(text: str) -> str:
    """Return the text for a csv file, with an apostrophe before what a spreadsheet would take for a formula.

    A plain number keeps its sign. In a workbook no guard is needed where the cell is written as a string.
    """
    if NUMBER.fullmatch(text) or not text.lstrip(" \u00a0").startswith(STARTS_FORMULA):
        return text
    return GUARD + text


def safe_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with every text safe, its headings too; other values are left as they are."""
    safe = frame.map(lambda value: safe_text(value) if isinstance(value, str) else value)
    return safe.rename(columns=lambda name: safe_text(str(name)))
