"""What leaves the home again: returns that an organisation withdraws, and files whose time in quarantine is over.

A withdrawal is committed as a batch that holds a tombstone: who, what, when, and no figures. From then on no model sees
the return. Erasing what was kept of it follows, and is finished by the next command if it was cut off.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wres.batch import ISSUES, OBSERVATIONS, SUBMISSIONS, TABLES, Batch, commit, ledger, table_of, write_table
from wres.home import Home, WresError
from wres.issues import issue_frame
from wres.moderation import MODERATION
from wres.personal import name_for_role, personal_data
from wres.reference import setting

WITHDRAWN = "withdrawn"
# What a tombstone says of the return that it stands for.
KEPT = (
    "submission_id",
    "dataset",
    "collection",
    "collection_year",
    "organisation_code",
    "organisation_name",
    "service",
)


@dataclass(frozen=True)
class Withdrawal:
    """What was withdrawn: ``returns`` has a row for each submission."""

    returns: pd.DataFrame
    batch: Path


def withdraw(
    home: Home, organisation_code: str, year: int | None, service: str | None, requested_by: str
) -> Withdrawal:
    """Withdraw every version of an organisation's returns, of one year and service or of all, and erase them.

    ``requested_by`` is a role. The caller holds the home's lock. Raises ``WresError`` where nothing was received
    that could be withdrawn.
    """
    if personal_data(requested_by) or name_for_role(requested_by):
        raise WresError(
            "--requested-by takes a role, such as 'Director of Adult Social Services'. It is kept, so no names."
        )
    received = ledger(home.batches).to_pandas()
    gone = set(received.loc[received["status"] == WITHDRAWN, "submission_id"])
    asked = received[
        received["status"].eq("accepted")
        & received["organisation_code"].eq(organisation_code)
        & ~received["submission_id"].isin(gone)
    ]
    if year is not None:
        asked = asked[asked["collection_year"] == year]
    if service is not None:
        asked = asked[asked["service"] == service]
    if asked.empty:
        what = " ".join(str(part) for part in (organisation_code, year, service) if part is not None)
        raise WresError(f"No return of {what} is there to withdraw. `wres status` lists what was received.")
    moment = datetime.now(UTC).replace(tzinfo=None)
    returns = asked.drop_duplicates("submission_id")[list(KEPT)].assign(status=WITHDRAWN, received_at=moment)
    issues = issue_frame(
        returns["submission_id"], WITHDRAWN, returns.assign(requested_by=requested_by, day=f"{moment:%d %B %Y}")
    )
    batch = Batch(table_of(returns, SUBMISSIONS), OBSERVATIONS.empty_table(), table_of(issues, ISSUES))
    folder = commit(batch, home.batches, f"{moment:%Y%m%dT%H%M%S%f}-withdrawn")
    tidy(home)
    return Withdrawal(returns, folder)


def tidy(home: Home, on_erased: Callable[[Path], None] = lambda path: None) -> None:
    """Finish what a withdrawal or an interrupted command left, and delete files whose time in quarantine is over.

    The caller holds the home's lock, so that nothing unfinished is at work.
    """
    for folder in home.root.glob(".incoming-*"):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (home.landing, home.quarantine, home.experience):
        for part in folder.glob(".*.part"):
            part.unlink()
    _erase_withdrawn(home)
    oldest = time.time() - float(setting("quarantine_days")) * 24 * 60 * 60
    for path in home.quarantine.iterdir():
        if not path.name.startswith(".") and path.stat().st_mtime < oldest:
            path.unlink()
            on_erased(path)


def _erase_withdrawn(home: Home) -> None:
    """Take withdrawn returns out of batches, landing, quarantine, the accounts of experience and the reports."""
    received = ledger(home.batches)
    withdrawn = received.filter(pc.equal(received["status"], WITHDRAWN))
    gone = set(withdrawn["submission_id"].to_pylist())
    if not gone:
        return
    for folder in (home.landing, home.quarantine, home.experience):
        for path in folder.iterdir():
            if path.name.partition(".")[0] in gone:
                path.unlink()
    for path in [*home.reports.glob("*/*/submission"), *home.reports.glob("*/*/*/submission")]:
        if gone.intersection(path.read_text(encoding="utf-8").split()):
            shutil.rmtree(path.parent)
    if (home.root / "disclosure").exists():
        from wres.results import forget_told

        forget_told(home, gone)
    _erase_quotations(home, gone)
    # A batch changes in this one case; each file is replaced whole, the list of submissions last.
    for folder in home.batches.iterdir():
        submissions = pq.read_table(folder / "submissions.parquet")
        if not _of(submissions, gone, but=WITHDRAWN):
            continue
        for name in reversed(TABLES):
            path = folder / f"{name}.parquet"
            table = pq.read_table(path)
            write_table(table.filter(pc.invert(pc.is_in(table["submission_id"], pa.array(gone)))), path)


def _erase_quotations(home: Home, gone: set[str]) -> None:
    """Take what was decided about withdrawn returns, and quoted from them, out of the batches of moderators."""
    for folder in home.batches.glob(f"*-{MODERATION}"):
        path = folder / "observations.parquet"
        entries = pq.read_table(path).to_pandas()
        is_theirs = entries["breakdown"].eq("moderated_submission_id") & entries["value_text"].isin(gone)
        decisions = ["submission_id", "row_number"]
        theirs = pd.MultiIndex.from_frame(entries.loc[is_theirs, decisions])
        if len(theirs):
            left = entries[~pd.MultiIndex.from_frame(entries[decisions]).isin(theirs)]
            write_table(table_of(left, OBSERVATIONS), path)


def _of(submissions: pa.Table, gone: set[str], but: str) -> bool:
    mine = pc.is_in(submissions["submission_id"], pa.array(gone))
    return bool(pc.any(pc.and_(mine, pc.not_equal(submissions["status"], but))).as_py())
