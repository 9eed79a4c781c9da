"""What others may read of the words that organisations and their staff wrote: nothing before a moderator approved it.

Accounts of experience, good practice and actions of plans are moderated alike. A decision is committed as a batch of
its own, with the role that took it and the day, so that whatever is built later says the same.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pandas as pd
import pyarrow.dataset as ds

from wres.batch import ISSUES, OBSERVATIONS, SUBMISSIONS, Batch, commit, ledger, table_of
from wres.experience import kept
from wres.home import Home, WresError
from wres.models import Models
from wres.personal import name_for_role, personal_data

MODERATION = "moderation"
APPROVED, REFUSED = "approved", "refused"
EXPERIENCE, PRACTICE, PLAN = "experience", "good_practice", "action_plan"
# The words of a line that a moderator reads; those of an account are in the store of experience alone.
WORDS = {
    EXPERIENCE: (),
    PRACTICE: ("title", "what_was_done", "what_changed"),
    PLAN: ("objective", "action", "success_measure"),
}
DECIDED = ["submission_id", "topic", "line", "decision", "decided_by_role", "decided_on", "quotation"]
SHORT = 8  # characters of a submission's hash that name it to a person
LEFT_OUT = re.compile(r"…|\.\.\.|\[[^\]]*\]")  # what a quotation may have in place of words


def waiting(home: Home) -> pd.DataFrame:
    """Return the lines that may go further and that no moderator has decided on, with the ``name`` to decide by."""
    lines = _current(home)
    return lines[lines["decision"].isna()].reset_index(drop=True)


def decide(
    home: Home,
    decisions: Mapping[str, str],
    day: date,
    decided_by_role: str,
    quotations: Mapping[str, str] | None = None,
) -> int:
    """Commit what a moderator decided, by the names of lines, and return how many decisions that were.

    An earlier decision can be changed. ``quotations`` are words of accounts that others may read. The caller holds the
    home's lock. Raises ``WresError`` for a name that stands for nothing, a decision that is none, a role that is a
    person's name, and a quotation that is not of its account or says who it is.
    """
    quotations = quotations or {}
    if not decided_by_role or personal_data(decided_by_role) or name_for_role(decided_by_role):
        raise WresError("The moderator is given as a role, such as 'Equality lead'. It is kept, so no names.")
    lines = _current(home).set_index("name")
    unknown = sorted(set(decisions) - set(lines.index))
    if unknown:
        raise WresError(f"Nothing waits under {', '.join(unknown)}. `wres moderate` lists what does.")
    wrong = sorted(set(decisions.values()) - {APPROVED, REFUSED})
    if wrong:
        raise WresError(f"A decision is '{APPROVED}' or '{REFUSED}', not {', '.join(map(repr, wrong))}.")
    for name, quotation in quotations.items():
        _check_quotation(name, quotation, lines, decisions)
    decided = lines.loc[list(decisions), ["submission_id", "topic", "line"]].assign(
        decision=list(decisions.values()),
        decided_by_role=decided_by_role,
        decided_on=day,
        quotation=[quotations.get(name) for name in decisions],
    )
    _commit(home, decided)
    return len(decided)


def carry_over(home: Home) -> int:
    """Decide on words that a later version or year repeats as was decided, and return how many lines that were.

    The decision stays that of its role and day. The caller holds the home's lock.
    """
    if not any(home.batches.glob(f"*-{MODERATION}")):
        return 0
    lines = _lines(home)
    lines = lines[lines["words"] != ""]
    known = lines.dropna(subset="decision").sort_values(["decided_on", "decision"], kind="stable")
    known = known.drop_duplicates(["topic", "words"], keep="last")
    left = lines.loc[lines["decision"].isna(), ["submission_id", "topic", "line", "words"]]
    again = left.merge(known.drop(columns=["submission_id", "line"]), on=["topic", "words"])
    if len(again):
        _commit(home, again[DECIDED])
    return len(again)


def read_decisions(table: pd.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    """Return decisions and quotations by name, from a table with the columns name, decision and perhaps quotation.

    Lines without a decision are passed over. Raises ``WresError`` where a column is missing.
    """
    missing = [column for column in ("name", "decision") if column not in table]
    if missing:
        raise WresError(f"The file of decisions has no column {' or '.join(missing)}. It needs name and decision.")
    table = table.fillna("")
    decided = table[table["decision"].str.strip() != ""]
    decisions = dict(zip(decided["name"], decided["decision"].str.strip(), strict=True))
    quoted = decided[decided["quotation"] != ""] if "quotation" in decided else decided.head(0).assign(quotation="")
    return decisions, dict(zip(quoted["name"], quoted["quotation"], strict=True))


def name_of(submission_id: str, topic: str, line: int) -> str:
    """Return the name by which a moderator decides on a line."""
    return f"{submission_id[:SHORT]}:{topic}:{line}"


def _check_quotation(name: str, quotation: str, lines: pd.DataFrame, decisions: Mapping[str, str]) -> None:
    if decisions.get(name) != APPROVED or lines.at[name, "topic"] != EXPERIENCE:
        raise WresError(f"{name}: only an account of experience that is approved can be quoted.")
    if lines.at[name, "may_be_quoted"] != "yes":
        raise WresError(f"{name}: the person did not agree to be quoted. Approve it without a quotation.")
    account = " ".join(lines.at[name, "words"].split())
    pieces = [" ".join(piece.split()) for piece in LEFT_OUT.split(quotation)]
    if not any(pieces) or not all(piece in account for piece in pieces):
        raise WresError(
            f"{name}: the quotation is not in the account word for word. Put … or [something else] where you leave "
            "words out."
        )
    if personal_data(quotation):
        raise WresError(f"{name}: the quotation looks as if it says who somebody is. Leave that out: put … instead.")


def _current(home: Home) -> pd.DataFrame:
    """Return the lines of current returns that may go further."""
    lines = _lines(home)
    return lines[lines["is_current"] & lines["may_go_further"]]


def _lines(home: Home) -> pd.DataFrame:
    """Return every line of a moderated sheet with its words, and the last decision on it."""
    cells = _observations(home, list(WORDS))
    keys = ["submission_id", "measure", "row_number"]
    lines = cells.pivot_table(index=keys, columns="breakdown", values="value_text", aggfunc="first").reset_index()
    fields = ["theme", "indicators", "may_be_shared", "may_be_quoted", *(name for of in WORDS.values() for name in of)]
    lines = lines.reindex(columns=[*keys, *fields]).astype(object).rename(columns={"measure": "topic"})
    lines = lines.rename(columns={"row_number": "line"})
    accounts = kept(home).assign(topic=EXPERIENCE).rename(columns={"row_number": "line"}).astype(object)
    line = ["submission_id", "topic", "line"]
    lines = lines.merge(accounts[[*line, "account"]], on=line, how="left")
    own = lines[[name for of in WORDS.values() for name in of] + ["account"]].fillna("")
    lines["words"] = [" / ".join(filter(None, texts)) for texts in own.itertuples(index=False)]
    consents = ledger(home.batches).to_pandas().drop_duplicates("submission_id").set_index("submission_id")
    is_open = lines["submission_id"].map(consents["is_consent_given"]).eq(True)
    lines["may_go_further"] = (
        (lines["topic"].eq(EXPERIENCE) & lines["account"].notna())
        | (lines["topic"].eq(PRACTICE) & lines["may_be_shared"].eq("yes"))
        | (lines["topic"].eq(PLAN) & is_open)
    )
    lines[["theme", "indicators"]] = lines[["theme", "indicators"]].fillna("none given")
    names = zip(lines["submission_id"], lines["topic"], lines["line"], strict=True)
    lines["name"] = pd.Series([name_of(*name) for name in names], index=lines.index, dtype=object)
    with Models(home.batches) as models:
        versions = models.table("submission_version").to_pandas()
        decided = _decided(models.table("moderation_decision").to_pandas())
    lines["is_current"] = lines["submission_id"].isin(set(versions.loc[versions["version_rank"] == 1, "submission_id"]))
    return lines.merge(decided, on=["submission_id", "topic", "line"], how="left")


def _decided(decided: pd.DataFrame) -> pd.DataFrame:
    """Return the model of decisions in the columns that are committed."""
    renamed = {
        "moderated_submission_id": "submission_id",
        "moderated_line": "line",
        "moderation_status": "decision",
    }
    return decided.rename(columns=renamed).astype(object)[DECIDED]


def _observations(home: Home, measures: list[str]) -> pd.DataFrame:
    observations = ds.dataset(sorted(map(str, home.batches.glob("*/observations.parquet"))), schema=OBSERVATIONS)
    columns = ["submission_id", "measure", "row_number", "breakdown", "value_text"]
    return observations.to_table(columns=columns, filter=ds.field("measure").isin(measures)).to_pandas()


def _commit(home: Home, decided: pd.DataFrame) -> None:
    """Commit decisions as a batch of their own, those of one day as one submission."""
    moment = datetime.now(UTC).replace(tzinfo=None)
    entries, facts = [], []
    for day, lines in decided.groupby("decided_on"):
        fields = lines.rename(columns={"submission_id": "moderated_submission_id"}).drop(columns="decided_on")
        fields = fields.astype({"line": str}).assign(row_number=range(1, len(fields) + 1))
        cells = fields.melt(id_vars="row_number", var_name="breakdown", value_name="value_text").dropna()
        key = hashlib.sha256(f"{day} {cells.to_csv(index=False)}".encode()).hexdigest()
        entries.append(cells.assign(submission_id=key, measure=MODERATION))
        facts.append(
            {
                "submission_id": key,
                "status": "accepted",
                "dataset": MODERATION,
                "published_on": pd.Timestamp(day).date(),
                "received_at": moment,
            }
        )
    batch = Batch(
        table_of(pd.DataFrame(facts), SUBMISSIONS),
        table_of(pd.concat(entries), OBSERVATIONS),
        ISSUES.empty_table(),
    )
    commit(batch, home.batches, f"{moment:%Y%m%dT%H%M%S%f}-{MODERATION}")
