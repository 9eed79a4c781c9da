"""The correction pack of each return: what must be mended, what is asked, what changed, in files for its people.

What the packs say comes from dbt's models, run on what has been received; nothing is computed here.
"""

import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd

from wres.form import round_of
from wres.home import PRIVATE, Home, WresError
from wres.issues import filled, rules
from wres.models import Models
from wres.pack_content import (
    SEVERITIES,
    Change,
    Comparison,
    Finding,
    Outcome,
    Pack,
    Rate,
    RuleWords,
    Together,
    counted,
    shortened,
)
from wres.pack_files import write_files
from wres.reference import read_seed

LEAST_FOR_POOL = 24  # with fewer packs, starting processes costs more than it saves
MOST_PROCESSES = 4
CHUNK = 64  # packs whose rows are held at a time
NO_DAY = date(2021, 1, 1)

CHANGES = """
    select * from int_return_change
    where submission_id in (select unnest($wanted))
    order by submission_id, compared_with, sheet_order, column_order, sort_order, ethnic_value
"""
OUTCOMES = """
    select * from fct_rule_outcome
    where submission_id in (select unnest($wanted))
    order by submission_id, rule_code
"""
# An indicator is of the version that counts; a version that was replaced has no charts.
RATES = """
    select submissions.submission_id, rates.*
    from int_return_rate as rates
    inner join fct_submission as submissions
        on
            rates.collection_year = submissions.collection_year
            and rates.organisation_code = submissions.organisation_code
            and rates.service = submissions.service
    where
        submissions.submission_id in (select unnest($wanted))
        and submissions.status not in ('replaced', 'rejected')
    order by submissions.submission_id, rates.indicator_code, rates.sort_order
"""

Row = dict[str, Any]
OnPack = Callable[[Path], None]


def write_packs(
    home: Home, submission_ids: Iterable[str], on_pack: OnPack = lambda folder: None, models: Models | None = None
) -> list[Path]:
    """Write the correction pack of each of these submissions, and return their folders in the order given.

    ``models`` are those of the home where they are open already. Where many are written at once only a return
    with something to mend gets a marked copy; ``wres pack`` of one organisation writes it for queries too. A
    submission that is no return, was never received or was withdrawn has no pack.
    """
    if models is None:
        with Models(home.batches) as opened:
            return write_packs(home, submission_ids, on_pack, opened)
    home.reports.mkdir(mode=PRIVATE, exist_ok=True)
    source = _Source(home, models)
    known = [key for key in dict.fromkeys(submission_ids) if key in source.folders]
    folders: list[Path] = []
    if len(known) < LEAST_FOR_POOL:
        for pack in source.packs(known):
            folders.append(write_files(pack))
            on_pack(folders[-1])
        return folders
    # A new process, not a copy of this one: the database's threads would not come along.
    processes = min(MOST_PROCESSES, os.cpu_count() or 1)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        writing: deque[Future[Path]] = deque()
        for start in range(0, len(known), CHUNK):
            for pack in source.packs(known[start : start + CHUNK]):
                # A copy costs four times the rest: of many at once only those with something to mend get one.
                writing.append(pool.submit(write_files, pack if pack.of("error") else replace(pack, source=None)))
                if len(writing) > CHUNK:
                    folders.append(writing.popleft().result())
                    on_pack(folders[-1])
        while writing:
            folders.append(writing.popleft().result())
            on_pack(folders[-1])
    return folders


def current_returns(
    home: Home, year: int | None = None, organisation: str | None = None, service: str | None = None
) -> list[str]:
    """Return the current version of each return received, of one year, organisation and service where given.

    Raises ``WresError`` when there is none.
    """
    with Models(home.batches) as models:
        found = models.table("fct_submission").to_pandas()
    found = found[~found["status"].isin(["replaced", "rejected", "withdrawn"])]
    for column, wanted in (("collection_year", year), ("organisation_code", organisation), ("service", service)):
        if wanted is not None:
            found = found[found[column] == wanted]
    if found.empty:
        asked = ", ".join(str(part) for part in (year, organisation, service) if part is not None)
        raise WresError(
            f"No return{f' for {asked}' if asked else ''} has been received. "
            "`wres status` shows what has come; `wres receive FILE` receives a return."
        )
    return list(found.sort_values(["collection_year", "organisation_code", "service"])["submission_id"])


class _Source:
    """What the models say of returns, cut up by submission when it is asked for."""

    def __init__(self, home: Home, models: Models):
        self.home = home
        self.models = models
        self.submissions = models.table("fct_submission").to_pandas().set_index("submission_id", drop=False)
        self.submissions.index.name = None
        for name in ("fct_data_issue", "fct_rule_outcome", "int_return_change", "int_return_rate"):
            models.table(name)
        self.folders = _folders(home.reports, self.submissions)
        self.statuses = read_seed("return_status").set_index("status")
        self.services = read_seed("service").set_index("service")["service_name"]
        replies = read_seed("form_sheet").query("topic == 'reply'")["sheet"]
        self.reply_sheet = replies.iloc[0]
        self.reply_words = tuple(read_seed("form_record").query("sheet == @self.reply_sheet")["column_label"])
        self.version_label = read_seed("form_cover").set_index("field").at["return_version", "label"]
        self.sheet_orders = {row["sheet"]: int(row["position"]) for row in read_seed("form_sheet").to_dict("records")}

    def packs(self, submission_ids: list[str]) -> Iterator[Pack]:
        """Give the packs of some submissions, in their order."""
        issues = self._rows(
            "select * from fct_data_issue where submission_id in (select unnest($wanted))", submission_ids
        )
        changes = self._rows(CHANGES, submission_ids)
        outcomes = self._rows(OUTCOMES, submission_ids)
        rates = self._rows(RATES, submission_ids)
        for key in submission_ids:
            found = (rows.get(key, []) for rows in (issues, changes, outcomes, rates))
            yield self._pack(key, *found)

    def _rows(self, query: str, submission_ids: list[str]) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.models.connection.execute(query, {"wanted": submission_ids}).to_arrow_table().to_pylist():
            found.setdefault(row["submission_id"], []).append(row)
        return found

    def _pack(
        self,
        key: str,
        issues: list[Row],
        changes: list[Row],
        outcomes: list[Row],
        rates: list[Row],
    ) -> Pack:
        about = self.submissions.loc[key].to_dict()
        status = self.statuses.loc[about["status"]]
        findings = self._findings(issues)
        judged = _outcomes(outcomes)
        numbers = {name: int(about[name]) for name in ("errors", "open_queries", "answered_queries", "notes")}
        numbers |= {
            "passed": sum(one.outcome == "passed" for one in judged),
            "not_run": sum(one.outcome == "not run" for one in judged),
        }
        words = {
            "errors": counted(numbers["errors"], "figure or answer", "figures or answers"),
            "queries": counted(numbers["open_queries"], "query", "queries"),
        }
        return Pack(
            submission_id=key,
            folder=self.folders[key],
            title=self._title(about),
            subtitle="Social Care Workforce Race Equality Standard: what the check found in your return",
            status=about["status"],
            headline=status["headline"].format_map(words),
            next_step=status["next_step"],
            meaning=status["meaning"],
            who_acts=about["next_to_act"],
            facts=self._facts(about),
            made_on=_day(about["signed_off_on"]) or _day(about["snapshot_date"]) or NO_DAY,
            is_synthetic=bool(about["is_synthetic"]),
            findings=findings,
            together=_together(findings),
            comparisons=_comparisons(changes),
            outcomes=judged,
            rates=_rates(rates),
            guide=_guide(outcomes, findings),
            source=self._sent(key, about),
            reply_words=self.reply_words,
            reply_sheet=self.reply_sheet,
            version_label=self.version_label,
            numbers=numbers,
        )

    def _title(self, about: dict) -> str:
        if pd.isna(about["service"]):
            return f"The file {shortened(about['file_name'])}"
        service = self.services[about["service"]].lower()
        version = f", version {int(about['return_version'])}" if pd.notna(about["return_version"]) else ""
        return f"{about['organisation_name']}, {service}: return for {int(about['collection_year'])}{version}"

    def _facts(self, about: dict) -> tuple[tuple[str, str], ...]:
        who = {"organisation": "Your organisation", "programme": "The programme", "nobody": "Nobody"}
        facts = [("Status", about["status"].capitalize()), ("Who acts next", who[about["next_to_act"]])]
        if pd.notna(about["service"]):
            _, closes_on = round_of(int(about["collection_year"]))
            facts += [
                ("Organisation", f"{about['organisation_name']} ({about['organisation_code']})"),
                ("Service", self.services[about["service"]]),
                ("Round closes on", _written(closes_on)),
            ]
        facts += [
            (label, _written(day))
            for label, day in (
                ("Snapshot date", _day(about["snapshot_date"])),
                ("Signed off on", _day(about["signed_off_on"])),
            )
            if day
        ]
        return (*facts, ("Fingerprint of the file", about["submission_id"][:12]))

    def _findings(self, issues: list[Row]) -> tuple[Finding, ...]:
        found = [
            Finding(
                reference=row["issue_reference"] or "",
                rule=row["rule_code"],
                severity=row["severity"],
                title=row["title"],
                sheet=row["sheet"] or "",
                cell=row["cell"] or "",
                value=shortened(row["value_text"] or ""),
                message=shortened(row["message"]),
                how_to_fix=row["what_to_do"],
                who=row["responsible"],
                reply=shortened(row["reply"] or ""),
                answered="" if row["severity"] != "query" else "yes" if row["is_answered"] else "no",
            )
            for row in issues
        ]
        severities = list(SEVERITIES)
        return tuple(
            sorted(
                found,
                key=lambda one: (
                    severities.index(one.severity),
                    self.sheet_orders.get(one.sheet, 0),
                    one.sheet,
                    _position(one.cell),
                    one.rule,
                    one.message,
                ),
            )
        )

    def _sent(self, key: str, about: dict) -> Path | None:
        """Return the workbook as it was sent, where a copy of it may be made.

        A file that was refused, or that holds personal data, is in quarantine and is copied nowhere.
        """
        if about["status"] == "rejected":
            return None
        folder = self.home.landing
        return next((path for path in sorted(folder.glob(f"{key}.xls[xm]"))), None)


def _folders(reports: Path, submissions: pd.DataFrame) -> dict[str, Path]:
    """Return the folder of each submission's pack.

    Where two returns have one version number the one that counts has the plain folder, and the other its own.
    """
    frame = submissions[submissions["status"] != "withdrawn"]
    frame = frame.assign(is_replaced=frame["status"].isin(["replaced", "rejected"]))
    frame = frame.sort_values(["is_replaced", "submission_id"], kind="stable")
    taken: set[Path] = set()
    folders: dict[str, Path] = {}
    for row in frame.to_dict("records"):
        key = row["submission_id"]
        if pd.isna(row["service"]):
            folder = reports / "not-placed" / key[:12] / "as-sent"
        else:
            version = f"v{int(row['return_version'])}" if pd.notna(row["return_version"]) else "v-unknown"
            place = re.sub(r"[^A-Za-z0-9]+", "-", row["organisation_code"])
            folder = reports / str(int(row["collection_year"])) / f"{place}-{row['service']}" / version
        if folder in taken:
            folder = folder.with_name(f"{folder.name}-{key[:8]}")
        taken.add(folder)
        folders[key] = folder
    return folders


def _together(findings: tuple[Finding, ...]) -> tuple[Together, ...]:
    """Return one line for each rule and sheet, in the rule's words for several where there are several."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for one in findings:
        if one.is_open or one.severity == "info":
            groups.setdefault((one.severity, one.rule, one.sheet), []).append(one)
    lines = []
    for (severity, rule, sheet), found in groups.items():
        many = _rule_words()[rule]["message_many"]
        words = found[0].message
        if len(found) > 1:
            values = {"count": len(found), "cells": len(found), "sheet": sheet or "the whole return"}
            words = filled(many, values) if many else f"{found[0].title}: {counted(len(found), 'finding')}."
        lines.append(Together(severity, rule, sheet, len(found), words))
    return tuple(lines)


def _comparisons(changes: list[Row]) -> tuple[Comparison, ...]:
    found: dict[str, list[Row]] = {}
    for row in changes:
        before = row["compared_with"] == "last submission"
        words = "the version before" if before else f"the return for {row['compared_year']}"
        found.setdefault(words, []).append(row)
    return tuple(
        Comparison(words, rows[0]["values_compared"], tuple(_change(row) for row in rows))
        for words, rows in found.items()
    )


def _change(row: Row) -> Change:
    percent = row["percent_change"]
    return Change(
        row["sheet"],
        row["ethnic_value"],
        row["column_label"],
        _entry(row["value_before"], row["note_before"]),
        _entry(row["value_now"], row["note_now"]),
        row["difference"],
        None if percent is None else round(percent, 1),
    )


def _entry(value: int | None, note: str | None) -> int | str:
    """Return a count, or in words why there is none."""
    if value is not None:
        return value
    return {None: "blank", "invalid": "in error"}.get(note) or note.replace("_", " ")


def _outcomes(outcomes: list[Row]) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(
            row["rule_code"],
            _rule_words()[row["rule_code"]]["title"],
            row["outcome"],
            row["checks"] or 0,
            row["reason"] or "",
        )
        for row in outcomes
        if row["outcome"] != "broken"
    )


def _rates(rates: list[Row]) -> tuple[Rate, ...]:
    return tuple(
        Rate(
            f"Indicator {row['indicator_code']}: {row['indicator_name']}",
            row["ethnic_group_name"],
            int(row["numerator"]),
            int(row["denominator"]),
            row["rate"],
        )
        for row in rates
    )


@cache
def _rule_words() -> dict[str, dict[str, str]]:
    return rules().to_dict("index")


def _guide(outcomes: list[Row], findings: tuple[Finding, ...]) -> tuple[RuleWords, ...]:
    """Return the rules that a return is held to, in the order of the seed."""
    held_to = {one.rule for one in findings} | {row["rule_code"] for row in outcomes}
    return tuple(
        RuleWords(code, row["severity"], row["title"], row["what_to_do"], row["responsible"])
        for code, row in _rule_words().items()
        if code in held_to
    )


def _position(cell: str) -> tuple[int, int, str]:
    """Return the order of a cell on its sheet: by row, then by column."""
    match = re.match(r"([A-Z]{1,3})([0-9]+)", cell)
    return (int(match[2]), len(match[1]), match[1]) if match else (0, 0, cell)


def _day(value: object) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
