"""Accounts of experience: kept apart from everything, read by a moderator, and known elsewhere only by their number."""

import hashlib
from datetime import UTC, date, datetime

import pandas as pd

from wres.batch import ISSUES, OBSERVATIONS, SUBMISSIONS, Batch, commit, table_of
from wres.home import Home, WresError
from wres.models import Models

COLUMNS = ["submission_id", "row_number", "theme", "indicators", "account"]
MODERATION = "moderation"
SHORT = 8  # characters of a submission's hash that name it to a person


def keep(home: Home, accounts: pd.DataFrame) -> None:
    """Keep accounts, in the columns above, one file for each return, for the owner alone."""
    for submission_id, rows in accounts.groupby("submission_id"):
        path = home.experience / f"{submission_id}.json"
        part = path.with_name(f".{path.name}.part")
        part.touch(mode=0o600)
        rows[COLUMNS].to_json(part, orient="records", force_ascii=False)
        part.rename(path)


def waiting(home: Home) -> pd.DataFrame:
    """Return the accounts of current returns that no moderator has decided on, with the ``name`` to decide by."""
    accounts = _accounts(home)
    with Models(home.batches) as models:
        versions = models.table("submission_version").to_pandas()
    current = set(versions.loc[versions["version_rank"] == 1, "submission_id"])
    is_left = accounts["submission_id"].isin(current) & ~accounts["key"].isin(set(_decided(home)))
    return accounts[is_left].reset_index(drop=True)


def carry_over(home: Home) -> int:
    """Decide on accounts that a later version of a return repeats word for word as was decided, and return how many.

    The caller holds the home's lock.
    """
    decided = _decided(home)
    accounts = _accounts(home)
    accounts["decision"] = accounts["key"].map(decided)
    known = accounts.dropna(subset="decision").drop_duplicates("account").set_index("account")
    again = accounts[accounts["decision"].isna() & accounts["account"].isin(known.index)]
    if len(again):
        _commit(home, list(zip(again["key"], again["account"].map(known["decision"]), strict=True)), date.today())
    return len(again)


def _accounts(home: Home) -> pd.DataFrame:
    """Return every account kept: its ``key`` among observations, and the ``name`` that people know it by."""
    kept = [pd.read_json(path, orient="records", dtype=False) for path in sorted(home.experience.glob("*.json"))]
    accounts = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=COLUMNS, dtype=object)
    accounts[["theme", "indicators"]] = accounts[["theme", "indicators"]].astype(object).fillna("none given")
    line = accounts["row_number"].astype(str)
    submission = accounts["submission_id"].astype(str)
    return accounts.assign(key=submission + ":" + line, name=submission.str[:SHORT] + ":" + line)


def decide(home: Home, accept: list[str], refuse: list[str], day: date) -> int:
    """Commit what a moderator decided about accounts, by their names, and return how many that were.

    Raises ``WresError`` for a name that stands for no account that waits, or for both decisions.
    """
    accounts = waiting(home).set_index("name")["key"]
    decisions = [(name, "accepted") for name in accept] + [(name, "refused") for name in refuse]
    unknown = sorted({name for name, _ in decisions} - set(accounts.index))
    if unknown:
        raise WresError(f"No account waits under {', '.join(unknown)}. `wres moderate` lists those that do.")
    twice = sorted(set(accept) & set(refuse))
    if twice:
        raise WresError(f"{', '.join(twice)} cannot be both accepted and refused.")
    _commit(home, [(accounts[name], decision) for name, decision in decisions], day)
    return len(decisions)


def _commit(home: Home, decisions: list[tuple[str, str]], day: date) -> None:
    """Commit decisions, by the accounts' keys, as a batch of their own."""
    moment = datetime.now(UTC).replace(tzinfo=None)
    lines = pd.DataFrame(
        {
            "measure": MODERATION,
            "breakdown": [decision for _, decision in decisions],
            "value_text": [key for key, _ in decisions],
        }
    )
    submission_id = hashlib.sha256(f"{day} {lines.to_csv(index=False)}".encode()).hexdigest()
    facts = pd.DataFrame(
        [
            {
                "submission_id": submission_id,
                "status": "accepted",
                "dataset": MODERATION,
                "published_on": day,
                "received_at": moment,
            }
        ]
    )
    batch = Batch(
        table_of(facts, SUBMISSIONS),
        table_of(lines.assign(submission_id=submission_id), OBSERVATIONS),
        ISSUES.empty_table(),
    )
    commit(batch, home.batches, f"{moment:%Y%m%dT%H%M%S%f}-{MODERATION}")


def _decided(home: Home) -> dict[str, str]:
    """Return the decision of each account that has one, by its key; the latest commit is last."""
    import pyarrow.dataset as ds

    observations = ds.dataset(sorted(map(str, home.batches.glob("*/observations.parquet"))), schema=OBSERVATIONS)
    decided = observations.to_table(columns=["value_text", "breakdown"], filter=ds.field("measure") == MODERATION)
    return dict(zip(decided["value_text"].to_pylist(), decided["breakdown"].to_pylist(), strict=True))
