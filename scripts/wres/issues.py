"""Issues: what is wrong with a file or a cell, worded by the seed `rule`."""

from collections.abc import Mapping
from functools import cache

import pandas as pd

from wres.reference import read_seed

ISSUE_COLUMNS = ["submission_id", "sheet", "cell", "rule_code", "subject", "value_text", "message"]


class Refused(Exception):  # noqa: N818 - it is an outcome of reading a file, not a fault of the program
    """A file cannot be read at all; ``rule_code`` says why and ``found``/``expected`` fill its message."""

    def __init__(self, rule_code: str, **values: object):
        """Refuse a file by one of the rules."""
        super().__init__(rule_code)
        self.rule_code = rule_code
        self.values = values


@cache
def rules() -> pd.DataFrame:
    """Return the rules, indexed by their code."""
    return read_seed("rule").set_index("rule_code")


@cache
def note_codes() -> dict[str, str]:
    """Return what a cell may say instead of a number, in lower case, and the note that it becomes."""
    printed = read_seed("value_note").query("is_from_publisher == 'true'")["value_note"]
    entered = read_seed("form_blank")
    return {note: note for note in printed} | dict(zip(entered["entry"], entered["value_note"], strict=True))


def message(rule_code: str, /, **values: object) -> str:
    """Return a rule's message with its placeholders filled."""
    return filled(rules().at[rule_code, "message"], values)


def filled(template: str, values: Mapping[str, object]) -> str:
    """Return a text with its placeholders filled; one that has no value is left out."""
    return template.format_map(_Blank(values))


def issue_frame(submission_id: str | pd.Series, rule_code: str, cells: pd.DataFrame | None) -> pd.DataFrame:
    """Return one issue per row of ``cells``; its columns fill the message's placeholders."""
    if cells is None or cells.empty:
        return pd.DataFrame(columns=ISSUE_COLUMNS, dtype=object)
    template = rules().at[rule_code, "message"]
    messages = [filled(template, row) for row in cells.to_dict("records")]
    issues = cells.reindex(columns=["sheet", "cell", "value_text"]).assign(rule_code=rule_code, message=messages)
    issues["subject"] = _subjects(cells)
    issues[["sheet", "cell"]] = issues[["sheet", "cell"]].astype(object).fillna("")
    issues["submission_id"] = submission_id if isinstance(submission_id, str) else submission_id.to_numpy()
    return issues[ISSUE_COLUMNS]


def _subjects(cells: pd.DataFrame) -> pd.Series:
    """Return what each cell counts or answers, in words that stay the same wherever the cell stands."""
    parts = cells.reindex(columns=["measure", "breakdown", "ethnic_value"]).astype(object)
    subject = parts["measure"].fillna("")
    for column in ("breakdown", "ethnic_value"):
        subject = subject.where(parts[column].isna(), subject + " | " + parts[column].fillna("").astype(str))
    return subject


class _Blank(dict):
    """Fill a placeholder that has no value with nothing."""

    def __missing__(self, key: str) -> str:
        return ""
