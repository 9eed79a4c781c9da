"""What a correction pack says, as plain data that a process can hand to another, and how its texts are put."""

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

SEVERITIES = {"error": "Must be fixed", "query": "Please check", "info": "For information"}
COLUMNS = {
    "reference": "Reference",
    "severity": "Severity",
    "title": "What it is",
    "sheet": "Sheet",
    "cell": "Cell",
    "value": "Value",
    "message": "What was found",
    "how_to_fix": "How to put it right",
    "answered": "Answered",
    "reply": "Your reply",
    "who": "Who acts",
    "rule": "Rule",
}
MARKED = "your-return-marked.xlsx"
LONGEST = 500  # characters of a value that are shown


@dataclass(frozen=True)
class Finding:
    """One row of a pack: one thing found in one place. ``link`` is the place in the marked copy, if there is one."""

    reference: str
    rule: str
    severity: str
    title: str
    sheet: str
    cell: str
    value: str
    message: str
    how_to_fix: str
    who: str
    answered: str
    reply: str = ""
    link: tuple[str, str] | None = None

    def row(self) -> dict[str, str]:
        """Return the row in the columns that every file of the pack has."""
        return {name: getattr(self, name, "") for name in COLUMNS}

    @property
    def is_open(self) -> bool:
        """Tell whether somebody still has to do something about it."""
        return self.severity == "error" or (self.severity == "query" and self.answered != "yes")


@dataclass(frozen=True)
class Together:
    """What a rule found in several cells of one sheet, as one line."""

    severity: str
    rule: str
    sheet: str
    cells: int
    words: str


@dataclass(frozen=True)
class Change:
    """One count that differs from the one before."""

    sheet: str
    group: str
    column: str
    value_before: int | str
    value_now: int | str
    difference: int | None
    percent: float | None


@dataclass(frozen=True)
class Comparison:
    """What differs from an earlier return: ``with_what`` in words, of ``compared`` counts."""

    with_what: str
    compared: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Outcome:
    """What a rule that was not broken came to: passed so many checks, or not run for a reason."""

    rule: str
    title: str
    outcome: str
    checks: int
    reason: str


@dataclass(frozen=True)
class Rate:
    """The rate of one group by one indicator, as the warehouse computes it."""

    indicator: str
    group: str
    numerator: int
    denominator: int
    rate: float


@dataclass(frozen=True)
class RuleWords:
    """A rule as its guide explains it."""

    rule: str
    severity: str
    title: str
    what_to_do: str
    who: str


@dataclass(frozen=True)
class Pack:
    """All that one return is told."""

    submission_id: str
    folder: Path
    title: str
    subtitle: str
    status: str
    headline: str
    next_step: str
    meaning: str
    who_acts: str
    facts: tuple[tuple[str, str], ...]
    made_on: date
    is_synthetic: bool
    findings: tuple[Finding, ...]
    together: tuple[Together, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    rates: tuple[Rate, ...] = ()
    guide: tuple[RuleWords, ...] = ()
    source: Path | None = None
    reply_words: tuple[str, ...] = ()
    reply_sheet: str = ""
    version_label: str = ""
    numbers: dict[str, int] = field(default_factory=dict)

    def of(self, severity: str) -> list[Finding]:
        """Return the findings of one severity, in the order of the form."""
        return [finding for finding in self.findings if finding.severity == severity]

    @property
    def needs_copy(self) -> bool:
        """Tell whether something must be mended or checked in a copy of the workbook."""
        return (
            self.status != "replaced" and self.source is not None and any(finding.is_open for finding in self.findings)
        )


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """Return a number with its noun, such as '1 query' or '2 queries'."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def shortened(text: str) -> str:
    """Return a text no longer than a cell of a report shows well, without control characters."""
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def percent(value: float | None) -> str:
    """Return a change in percent with its sign, or nothing where there is none."""
    return "" if value is None else f"{value:+,.1f}%"
