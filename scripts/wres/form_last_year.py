"""An earlier return carried into a form: its counts beside this year's cells, and what is left of its plan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from wres.form_definition import (
    MOST_LISTED,
    TOTAL_LABEL,
    Column,
    Entry,
    Form,
    Sheet,
    form_for,
    form_schemes,
    form_years,
    group_codes,
    group_rows,
    in_force,
    scheme_name,
    words,
)
from wres.reference import read_seed

PLAN, PLAN_SHEET = "action_plan", "Action plan"
OVER = {"done", "stopped"}  # what has come so far does not go on


@dataclass(frozen=True)
class LastYear:
    """The counts of one earlier return, by measure and breakdown, then by ethnic value.

    ``plan`` has its actions that are neither done nor stopped, by field; how far they are now is not known.
    """

    year: int
    organisation_code: str
    service: str
    scheme: str
    is_synthetic: bool
    counts: Mapping[tuple[str, str], Mapping[str, Entry]]
    plan: tuple[Mapping[str, Entry | date], ...] = ()


def from_workbook(path: Path) -> LastYear:
    """Return the counts of a return's workbook, as the reader of returns reads it.

    Raises ``ValueError``, saying why, when the workbook is not a return that can be read.
    """
    from wres.issues import Refused, message
    from wres.read_return import read_cells, read_returns

    try:
        reading, refusals = read_returns(read_cells(path, str(path)))
    except Refused as refused:
        raise ValueError(message(refused.rule_code, file=path.name, path=path, **refused.values)) from None
    if len(refusals):
        raise ValueError(f"{path.name}: {refusals['message'].iloc[0]}")
    [facts] = reading.facts.to_dict("records")
    cells = reading.observations.dropna(subset="ethnic_value")
    entries = zip(cells["measure"], cells["breakdown"], cells["ethnic_value"], cells["value_text"], strict=True)
    lines = reading.observations.query("measure == @PLAN")
    plan = lines.pivot_table(index="row_number", columns="breakdown", values="value_text", aggfunc="first")
    last = _last_year(facts, [(*place, _entry(text)) for *place, text in entries])
    return replace(last, plan=_left_of(plan.to_dict("records"), last.year))


def carry_over(last: LastYear, year: int, organisation_code: str | None, service: str | None) -> LastYear:
    """Return an earlier return that may stand on a form for a year, organisation and service.

    Raises ``ValueError`` when it is of the same or a later year, or of another organisation or service.
    """
    if last.year >= year:
        raise ValueError(
            f"The return to carry over is of {last.year}; for a form of {year} it must be of an earlier year."
        )
    for asked, given in ((organisation_code, last.organisation_code), (service, last.service)):
        if asked not in (None, given):
            raise ValueError(f"The return to carry over is of {given}, and the form is for {asked}.")
    return last


def from_home(home: Any, year: int, organisation_code: str, service: str) -> LastYear:
    """Return the counts of an organisation's current return of the round before ``year``, from what was received.

    Raises ``ValueError`` when there is no such return.
    """
    from wres.models import Models

    before = previous_round(year)
    with Models(home.batches) as models:
        versions = models.table("submission_version").to_pandas()
        is_it = versions["collection_year"].eq(before) & versions["organisation_code"].eq(organisation_code)
        is_it &= versions["service"].eq(service) & versions["version_rank"].eq(1)
        found = versions[is_it & versions["dataset"].eq("sc_wres_return")].to_dict("records")
        if not found:
            raise ValueError(
                f"No return of {organisation_code} for {service} in {before} has been received. "
                "Give its workbook: --prefill FILE."
            )
        counts = models.table("headcount").to_pandas().query("submission_id == @found[0]['submission_id']")
        plan = models.table("plan_action").to_pandas().query("submission_id == @found[0]['submission_id']")
    reasons = read_seed("form_blank").set_index("value_note")["entry"]
    numbers = counts["value"].astype(object).where(counts["value"].notna(), counts["value_note"].map(reasons))
    entries = zip(counts["measure"], counts["breakdown"], counts["ethnic_value"], numbers, strict=True)
    last = _last_year(found[0], [(*place, _entry(number)) for *place, number in entries])
    return replace(last, plan=_left_of(plan.sort_values("line").to_dict("records"), before))


def _left_of(plan: Iterable[Mapping[str, Any]], year: int) -> tuple[Mapping[str, Entry | date], ...]:
    """Return the actions of a plan that go on, with what stays the same of them."""
    fields = {field["field"]: field["kind"] for field in in_force("form_record", year) if field["sheet"] == PLAN_SHEET}
    themes = read_seed("theme").set_index("theme")["theme_name"]
    left = []
    for action in plan:
        if action.get("progress") in OVER:
            continue
        line: dict[str, Entry | date] = {}
        for field in fields.keys() - {"progress"}:
            value = action.get(field)
            if pd.isna(value):
                continue
            if fields[field] == "date":
                line[field] = date.fromisoformat(str(value)[:10])
            else:
                line[field] = themes.get(value, value) if field == "theme" else value
        left.append(line)
    return tuple(left)


def _last_year(facts: Mapping[str, Any], cells: list[tuple[str, str, str, Entry]]) -> LastYear:
    counts: dict[tuple[str, str], dict[str, Entry]] = {}
    for measure, breakdown, ethnic_value, entry in cells:
        if ethnic_value != TOTAL_LABEL:
            counts.setdefault((measure, breakdown), {})[ethnic_value] = entry
    return LastYear(
        year=int(facts["collection_year"]),
        organisation_code=facts["organisation_code"],
        service=facts["service"],
        scheme=facts["ethnic_scheme"],
        is_synthetic=bool(facts["is_synthetic"]),
        counts=counts,
    )


def _entry(value: object) -> Entry:
    """Return a count as a number where it is one; what is neither a count nor a word of the form is left out."""
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        known = {entry.casefold(): entry for entry in read_seed("form_blank")["entry"]}
        return known.get(text.casefold())
    return int(number) if number.is_integer() else None


def previous_round(year: int) -> int:
    """Return the collection year before another.

    Raises ``ValueError`` when there is none.
    """
    earlier = [known for known in form_years() if known < year]
    if not earlier:
        raise ValueError(f"There was no round before {year}, so that there are no figures to carry over.")
    return earlier[-1]


def shared_columns(sheet: Sheet, before: int) -> tuple[Column, ...]:
    """Return the columns of a count sheet that an earlier year's form has too."""
    asked = {(column.measure, column.breakdown) for column in form_for(before).columns}
    return tuple(column for column in sheet.columns if (column.measure, column.breakdown) in asked)


def last_heading(year: int, before: int, column: Column) -> str:
    """Return the heading of a column of an earlier return."""
    return words("last_year" if before == year - 1 else "last_round", year=before, column=column.label)


def last_headings(year: int) -> set[str]:
    """Return every heading that a year's form may have over figures of an earlier return."""
    return {
        last_heading(year, before, column)
        for before in form_years()
        if before < year
        for sheet in form_for(year).count_sheets
        for column in shared_columns(sheet, before)
    }


def last_lines(form: Form, sheet: Sheet, before: int, scheme: str | None, is_synthetic: bool) -> list[str]:
    """Return what a sheet says of the earlier figures that it shows; ``scheme`` is given where theirs is another."""
    shown = shared_columns(sheet, before)
    hidden = [column.label for column in sheet.columns if column not in shown]
    lines = []
    if is_synthetic and shown:
        lines.append(words("last_synthetic"))
    if scheme and shown:
        lines.append(words("last_scheme", scheme=scheme_name(scheme)))
    if hidden and shown:
        labels = "; ".join(hidden) if len(hidden) < MOST_LISTED else f"{hidden[0]} to {hidden[-1]}"
        lines.append(words("last_columns", year=before, columns=labels))
    if not shown:
        lines.append(words("last_none", year=before))
    return lines


@cache
def last_words(year: int) -> frozenset[str]:
    """Return every text that a year's form may say of earlier figures."""
    form = form_for(year)
    earlier = [before for before in form_years() if before < year]
    lines = {
        line
        for before in earlier
        for sheet in form.count_sheets
        for scheme in (None, *form_schemes())
        for line in last_lines(form, sheet, before, scheme, is_synthetic=True)
    }
    return frozenset(lines | {words("last_heading", year=before) for before in earlier})


def beside(last: LastYear, column: Column, scheme: str) -> list[Entry]:
    """Return an earlier return's entries for the rows of a scheme; None where they cannot be told.

    A row is the earlier row of the same ethnic group or, where that return has more detail, the sum of the rows that
    make it up.
    """
    counts = last.counts.get((column.measure, column.breakdown), {})
    return [_told(counts, rows) for rows in _rows_before(scheme, last.scheme)]


def _told(counts: Mapping[str, Entry], rows: tuple[str, ...]) -> Entry:
    entries = [counts.get(row) for row in rows]
    if len(entries) == 1:
        return entries[0]
    numbers = [entry for entry in entries if isinstance(entry, int)]
    return sum(numbers) if numbers and len(numbers) == len(entries) else None


@cache
def _rows_before(scheme: str, before: str) -> tuple[tuple[str, ...], ...]:
    """Return, for each row of a scheme, the rows of another that make it up; none where they cannot be told."""
    register = read_seed("ethnic_group_register").set_index("ethnic_group")
    labels = dict(zip(group_codes(before), group_rows(before), strict=True))

    def rows(code: str) -> tuple[str, ...]:
        if code in labels:
            return (labels[code],)
        level = {"major": "major_group", "headline": "headline_group"}.get(register.at[code, "level"])
        return tuple(label for other, label in labels.items() if level and register.at[other, level] == code)

    return tuple(rows(code) for code in group_codes(scheme))
