"""What every reader returns, and how a cell becomes a value."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from wres.issues import note_codes
from wres.reference import read_seed

EXPERIENCE_COLUMNS = ["submission_id", "row_number", "theme", "indicators", "account", "has_agreed"]
READ_BY_READER = ["value", "value_note"]


@dataclass(frozen=True)
class Reading:
    """What files say: ``observations`` and ``issues`` in the columns of the batch, ``facts`` one row per file.

    ``experiences`` holds the accounts whose persons agreed, one row an account; no other frame holds their texts.
    """

    facts: pd.DataFrame
    observations: pd.DataFrame
    issues: pd.DataFrame
    experiences: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=EXPERIENCE_COLUMNS, dtype=object))


def column_letters(position: int) -> str:
    """Return a spreadsheet's letters for a column position counted from 0: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, remainder = divmod(position - 1, 26)
        letters = chr(65 + remainder) + letters
    return letters


def holds_words(measures: pd.Series) -> pd.Series:
    """Tell which cells hold words and no figure: answers on a cover, records, and what is counted in words."""
    counted = read_seed("measure").query("counted == 'words'")["measure"]
    return measures.isin(["cover", *record_topics(), *counted])


def record_topics() -> tuple[str, ...]:
    """Return the topics of the sheets on which one line is one record: the measures of their cells."""
    return tuple(read_seed("form_sheet").query("kind == 'records'")["topic"])


def read_values(cells: pd.DataFrame) -> pd.DataFrame:
    """Add ``value`` and ``value_note`` to cells read as ``value_text``.

    A cell is a number, or a typed reason why there is none (seed ``value_note``); anything else is 'invalid', but
    where words are asked for. What its reader has read already stands.
    """
    is_read = cells.reindex(columns=READ_BY_READER).notna().any(axis="columns")
    return (
        pd.concat([cells[is_read], _read_values(cells[~is_read])]).sort_index()
        if is_read.any()
        else _read_values(cells)
    )


def _read_values(cells: pd.DataFrame) -> pd.DataFrame:
    text = cells["value_text"].str.strip()
    value = pd.to_numeric(text, errors="coerce")
    value = value.where(np.isfinite(value))
    note = text.str.casefold().map(note_codes())
    note = note.where(value.isna(), None)
    is_words = holds_words(cells["measure"])
    note = note.where(value.notna() | note.notna() | is_words, "invalid")
    return cells.assign(value=value, value_note=note.where(~is_words, None))
