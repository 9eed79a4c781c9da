"""Receive files: read, check, and commit them as one batch.

Every filled cell ends as an observation, or as an issue that names it.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

from wres.batch import ISSUES, OBSERVATIONS, SUBMISSIONS, Batch, commit, ledger, table_of
from wres.container import file_bytes
from wres.expectations import check_batch
from wres.experience import keep as keep_accounts
from wres.home import Home
from wres.issues import ISSUE_COLUMNS, Refused, issue_frame, message, rules
from wres.models import Models
from wres.moderation import WORDS, carry_over
from wres.organisations import COLLECTION
from wres.pack import write_packs
from wres.personal import mask, masked, personal_data
from wres.read_return import read_cells, read_returns
from wres.read_statistics import read_statistics
from wres.reading import EXPERIENCE_COLUMNS, Reading, read_values
from wres.reference import read_seed
from wres.retention import WITHDRAWN, tidy
from wres.sent_return import SentReturn, is_return

FILES_AT_ONCE = 40  # workbooks whose cells are in memory together


@dataclass
class Receipt:
    """What one receipt did, for the person who ran it."""

    accepted: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    refused: list[tuple[str, str, str]] = field(default_factory=list)  # file, message, what to do
    issues: pd.DataFrame | None = None  # issues of accepted files, with file_name, severity and what_to_do
    batch: Path | None = None
    packs: list[Path] = field(default_factory=list)  # folders of the correction packs
    observations: int = 0
    data_docs: Path | None = None

    @property
    def is_clean(self) -> bool:
        """Tell whether every file was taken and no cell is in error."""
        has_errors = self.issues is not None and (self.issues["severity"] == "error").any()
        return not self.refused and not has_errors


def receive(
    home: Home,
    paths: list[Path],
    published_on: date | None = None,
    on_file: Callable[[str], None] = lambda name: None,
    on_pack: Callable[[Path], None] = lambda folder: None,
) -> Receipt:
    """Read and check files, keep them in landing, and commit one batch with what they say.

    A file with bytes already accepted is passed over; one that cannot be read is kept in quarantine and
    recorded as rejected. Each return gets its correction pack. ``published_on`` is the stated publication date of
    statistics files. No file stops another.
    """
    receipt = Receipt()
    tidy(home)
    known = _known_submissions(home)
    files = _new_files(paths, known, receipt, on_file)
    readings, refusals = _read(files, on_file)
    rejected = {issue["submission_id"] for issue in refusals}
    for issue in refusals:
        what_to_do = rules().at[issue["rule_code"], "what_to_do"]
        receipt.refused.append((_shown_name(files[issue["submission_id"]]), _placed_message(issue), what_to_do))
    # What was refused before leaves nothing new to record.
    files = {key: path for key, path in files.items() if key not in rejected or known.get(key) != "rejected"}
    owed = home.owed.read_text(encoding="utf-8").split() if home.owed.exists() else []
    if not files:
        _, receipt.packs = _answer(home, [], owed, on_pack)
        return receipt

    facts, observations, issues, accounts = _combine(readings)
    facts = _complete_facts(facts, files, rejected, published_on)
    observations, issues, receipt.data_docs = _check(home, facts, observations, issues)
    recorded = [issue for issue in refusals if issue["submission_id"] in files]
    issues = pd.concat([issues, pd.DataFrame(recorded, columns=ISSUE_COLUMNS, dtype=object)], ignore_index=True)

    # What is sound in a return with personal data is used; the file itself is kept apart, and not for long.
    _keep_files(home, files, rejected | set(facts.loc[facts["has_personal_data"].eq(True), "submission_id"]))
    keep_accounts(home, accounts)
    # Written first: what is committed and not answered yet is known to the next receipt.
    returns = list(facts.loc[facts["collection"].eq(COLLECTION) | facts["status"].eq("rejected"), "submission_id"])
    home.owed.write_text("\n".join([*owed, *returns]), encoding="utf-8")
    batch = Batch(table_of(facts, SUBMISSIONS), table_of(observations, OBSERVATIONS), table_of(issues, ISSUES))
    receipt.batch = commit(batch, home.batches, _batch_id(batch))
    if observations["measure"].isin(WORDS).any():
        carry_over(home)
    receipt.accepted = [_shown_name(path) for key, path in files.items() if key not in rejected]
    receipt.observations = len(observations)
    computed, receipt.packs = _answer(home, returns, owed, on_pack)
    issues = pd.concat([issues[~issues["submission_id"].isin(rejected)], computed])
    receipt.issues = issues.assign(
        file_name=issues["submission_id"].map({key: _shown_name(path) for key, path in files.items()}),
        severity=issues["rule_code"].map(rules()["severity"]),
        what_to_do=issues["rule_code"].map(rules()["what_to_do"]),
    )
    return receipt


def _answer(
    home: Home, returns: list[str], owed: list[str], on_pack: Callable[[Path], None]
) -> tuple[pd.DataFrame, list[Path]]:
    """Write the correction packs of returns, and of those that a receipt which was cut off has left.

    Returns what only shows when the counts of ``returns`` are compared with one another and with all received
    before, and the packs' folders.
    """
    if not returns and not owed:
        home.owed.unlink(missing_ok=True)
        return pd.DataFrame(columns=ISSUE_COLUMNS, dtype=object), []
    with Models(home.batches) as models:
        submissions = models.table("fct_submission").to_pandas()
        # Of one return any version may have changed its status.
        keys = ["collection_year", "organisation_code", "service"]
        received = submissions[submissions["submission_id"].isin([*returns, *owed])].dropna(subset=keys)
        others = submissions.merge(received[keys].drop_duplicates(), on=keys)["submission_id"]
        packs = write_packs(home, [*returns, *owed, *others], on_pack, models)
        found = models.table("fct_data_issue").to_pandas()
    home.owed.unlink()
    is_computed = found["rule_code"].map(rules()["checked_by"]).eq("warehouse") & ~found["is_answered"].astype(bool)
    found = found[is_computed & found["submission_id"].isin(returns)].reindex(columns=ISSUE_COLUMNS)
    return found.assign(sheet=found["sheet"].fillna(""), cell=found["cell"].fillna("")), packs


def _known_submissions(home: Home) -> dict[str, str]:
    """Return the status of every file received before; accepted once is accepted until it is withdrawn."""
    table = ledger(home.batches).select(["submission_id", "status"]).to_pandas()
    order = ["rejected", "accepted", WITHDRAWN]
    return dict(table.sort_values("status", key=lambda status: status.map(order.index)).itertuples(index=False))


def _new_files(
    paths: list[Path], known: dict[str, str], receipt: Receipt, on_file: Callable[[str], None]
) -> dict[str, Path]:
    """Return the files to read, by the hash of their bytes; the receipt says what became of the others."""
    files: dict[str, Path] = {}
    for path in paths:
        try:
            submission_id = _fingerprint(path)
        except Refused as refusal:
            receipt.refused.append((str(path.with_name(_shown_name(path))), *_wording(refusal, path)))
            on_file(path.name)
            continue
        if known.get(submission_id) == WITHDRAWN:
            receipt.refused.append((_shown_name(path), *_wording(Refused("withdrawn_before"), path)))
            on_file(path.name)
        elif known.get(submission_id) == "accepted" or submission_id in files:
            receipt.already.append(_shown_name(path))
            on_file(path.name)
        else:
            files[submission_id] = path
    return files


def _read(files: dict[str, Path], on_file: Callable[[str], None]) -> tuple[list[Reading], list[dict[str, str]]]:
    """Return what the files say, and for each that is refused at least one issue that says why."""
    readings: list[Reading] = []
    refusals: list[dict[str, str]] = []
    for some in _batched(files.items(), FILES_AT_ONCE):
        sent: list[SentReturn] = []
        for submission_id, path in some:
            on_file(path.name)
            try:
                if is_return(path):
                    sent.extend(read_cells(path, submission_id))
                else:
                    readings.append(_compact(read_statistics(path, submission_id)))
            except Refused as refusal:
                text, _ = _wording(refusal, path)
                nowhere = {"sheet": "", "cell": "", "value_text": ""}
                issue = {"submission_id": submission_id, "rule_code": refusal.rule_code, "message": text}
                refusals.append(nowhere | issue)
        if sent:
            reading, not_placed = read_returns(sent)
            readings.append(_compact(reading))
            refusals.extend(not_placed.to_dict("records"))
    return readings, refusals


def _batched(items: Iterable, size: int) -> Iterator[tuple]:
    left = iter(items)
    while some := tuple(islice(left, size)):
        yield some


def _compact(reading: Reading) -> Reading:
    """Return a reading whose observations take a tenth of the memory: texts of Arrow in place of Python's."""
    observations = reading.observations.reindex(columns=OBSERVATIONS.names)
    return replace(reading, observations=table_of(observations, OBSERVATIONS).to_pandas())


def _placed_message(issue: dict[str, str]) -> str:
    place = " ".join(part for part in (issue["sheet"], issue["cell"]) if part)
    return f"{place}: {issue['message']}" if place else issue["message"]


def _fingerprint(path: Path) -> str:
    data = file_bytes(path)
    if not data.strip():
        raise Refused("empty_file")
    return hashlib.sha256(data).hexdigest()


def _wording(refusal: Refused, path: Path) -> tuple[str, str]:
    shown = path.with_name(_shown_name(path))
    values = {name: masked(str(value)) for name, value in refusal.values.items()}
    text = message(refusal.rule_code, file=shown.name, path=shown, **values)
    return text, rules().at[refusal.rule_code, "what_to_do"].replace("{path}", str(shown))


def _combine(readings: list[Reading]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    def joined(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
        filled = [frame.reindex(columns=columns).astype(object) for frame in frames if len(frame)]
        return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns, dtype=object)

    facts = joined([reading.facts for reading in readings], [*SUBMISSIONS.names, "latest_year", "has_personal_data"])
    filled = [reading.observations for reading in readings if len(reading.observations)]
    observations = pd.concat(filled, ignore_index=True) if filled else OBSERVATIONS.empty_table().to_pandas()
    issues = joined([reading.issues for reading in readings], ISSUE_COLUMNS)
    accounts = joined([reading.experiences for reading in readings], EXPERIENCE_COLUMNS)
    return facts, observations, issues, accounts


def _complete_facts(
    facts: pd.DataFrame,
    files: dict[str, Path],
    rejected: set[str],
    published_on: date | None,
) -> pd.DataFrame:
    """Return one row per file of the receipt, read or not."""
    unread = [key for key in files if key in rejected]
    facts = pd.concat([facts, pd.DataFrame({"submission_id": unread}, dtype=object)], ignore_index=True)
    facts = facts[facts["submission_id"].isin(list(files))].copy()
    is_statistics = facts["dataset"].isin(set(read_seed("statistics_dataset")["dataset"]))
    facts["file_name"] = facts["submission_id"].map(lambda key: _shown_name(files[key]))
    facts["size_bytes"] = facts["submission_id"].map(lambda key: files[key].stat().st_size)
    facts["status"] = facts["submission_id"].map(lambda key: "rejected" if key in rejected else "accepted")
    # A later file covers a later year, so without a stated publication date the latest year orders files.
    facts["published_on"] = [
        (published_on or (date(int(year), 12, 31) if pd.notna(year) else None)) if statistics else None
        for statistics, year in zip(is_statistics, facts["latest_year"], strict=True)
    ]
    says_so = facts["file_name"].str.contains("synthetic", case=False)
    facts["is_synthetic"] = says_so | facts["is_synthetic"].eq(True)
    facts["received_at"] = datetime.now(UTC).replace(tzinfo=None)
    return facts


def _shown_name(path: Path) -> str:
    """Return a file's name, or a mask where it holds personal data."""
    called = personal_data(path.stem)
    return f"{mask(called)}{path.suffix.lower()}" if called else path.name


def _check(
    home: Home, facts: pd.DataFrame, observations: pd.DataFrame, issues: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, Path | None]:
    """Turn texts into values, run the expectations over the whole batch, and set aside what fails them."""
    told = observations["value_note"].notna()  # by the reader, which told why
    observations = read_values(observations)
    invalid = observations[observations["value_note"].eq("invalid") & ~told]
    found = [issues, issue_frame(invalid["submission_id"], "not_a_number", invalid)]
    if observations.empty:
        return observations, pd.concat(found, ignore_index=True), None

    accepted = facts[facts["status"] == "accepted"]
    findings, docs = check_batch(observations, accepted, home.data_docs)
    for finding in findings:
        frame = observations if finding.table == "observations" else accepted
        rows = frame.loc[finding.rows]
        if finding.table == "submissions":
            rows = _on_cover(rows, finding.column, observations)
        found.append(issue_frame(rows["submission_id"], finding.rule_code, rows))
        if finding.table == "observations" and rules().at[finding.rule_code, "severity"] == "error":
            observations.loc[finding.rows, "value"] = None
            observations.loc[finding.rows, "value_note"] = "invalid"
    return observations, pd.concat(found, ignore_index=True), docs


def _on_cover(returns: pd.DataFrame, field: str, observations: pd.DataFrame) -> pd.DataFrame:
    """Return submissions with the cell of their cover that answers a field, where there is one."""
    is_answer = (observations["measure"] == "cover") & (observations["breakdown"] == field)
    places = observations.loc[is_answer, ["submission_id", "sheet", "cell", "measure", "breakdown", "value_text"]]
    return returns.merge(places.drop_duplicates("submission_id"), on="submission_id", how="left")


def _keep_files(home: Home, files: dict[str, Path], apart: set[str]) -> None:
    """Keep each file as it was sent, under the hash of its bytes; in quarantine those that are to be kept apart."""
    for submission_id, path in files.items():
        folder = home.quarantine if submission_id in apart else home.landing
        copy = folder / f"{submission_id}{path.suffix.lower()}"
        part = copy.with_name(f".{copy.name}.part")
        shutil.copyfile(path, part)
        part.chmod(0o600)
        part.rename(copy)


def _batch_id(batch: Batch) -> str:
    """Return the moment of receipt and a fingerprint of the files, which also orders batches in a listing."""
    moment = batch.submissions["received_at"][0].as_py()
    files = sorted(pc.unique(batch.submissions["submission_id"]).to_pylist())
    fingerprint = hashlib.sha256("".join(files).encode()).hexdigest()[:8]
    return f"{moment:%Y%m%dT%H%M%S%f}-{fingerprint}"
