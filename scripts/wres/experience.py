"""Accounts of experience: kept apart from everything, read by a moderator, and known elsewhere only by their number."""

import hashlib
from datetime import UTC, date, datetime

import pandas as pd

from wres.batch import ISSUES, OBSERVATIONS, SUBMISSIONS, Batch, commit, ledger, table_of
from wres.home import Home, WresError

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
    """Return the accounts of accepted returns that no moderator has decided on, with the ``name`` to decide by."""
    kept = [pd.read_json(path, orient="records", dtype=False) for path in sorted(home.experience.glob("*.json"))]
    accounts = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=COLUMNS)
    received = ledger(home.batches).to_pandas()
    accepted = set(received.loc[received["status"] == "accepted", "submission_id"])
    accounts = accounts[accounts["submission_id"].isin(accepted)]
    accounts["key"] = accounts["submission_id"].astype(str) + ":" + accounts["row_number"].astype(str)
    accounts["name"] = accounts["submission_id"].astype(str).str[:SHORT] + ":" + accounts["row_number"].astype(str)
    return accounts[~accounts["key"].isin(_decided(home))].reset_index(drop=True)


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
    moment = datetime.now(UTC).replace(tzinfo=None)
    lines = pd.DataFrame(
        {
            "measure": MODERATION,
            "breakdown": [decision for _, decision in decisions],
            "value_text": [accounts[name] for name, _ in decisions],
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
    return len(decisions)


def _decided(home: Home) -> set[str]:
    import pyarrow.dataset as ds

    observations = ds.dataset(sorted(map(str, home.batches.glob("*/observations.parquet"))), schema=OBSERVATIONS)
    decided = observations.to_table(columns=["value_text"], filter=ds.field("measure") == MODERATION)
    return set(decided["value_text"].to_pylist())
