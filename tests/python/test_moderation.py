"""What organisations and their staff wrote: nothing goes further before a moderator approved it."""

import stat
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from receive_files import KENT, YEAR, filled_cells, read_book, stored, write_return

from wres import receive as receive_module
from wres.cli import main
from wres.experience import keep
from wres.home import Home, WresError, open_home
from wres.models import Models
from wres.moderation import APPROVED, REFUSED, carry_over, decide, name_of, waiting
from wres.receive import receive
from wres.reference import setting
from wres.retention import withdraw

WORDS = "A colleague said what should not be said, and nobody answered."


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("WRES_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(receive_module, "check_batch", lambda *_: ([], None))
    return open_home()


def account(**fields: str) -> dict[str, str]:
    return {"theme": "Culture", "indicators": "6; 7a", "account": WORDS, "has_agreed": "yes"} | fields


def receive_accounts(home: Home, folder: Path, accounts: list[dict[str, str]], **options) -> str:
    """Receive a return with accounts, and return its submission."""
    receive(home, [write_return(folder / "kent.xlsx", records={"experience": accounts}, **options)])
    returns = [row for row in stored(home, "submissions") if row["collection"] == "sc-wres"]
    return max(returns, key=lambda row: row["received_at"])["submission_id"]


ROLE = "Equality lead"


def judge(
    home: Home, approve: list[str], refuse: tuple[str, ...] | list[str] = (), day: date = date(2026, 3, 1), **options
) -> int:
    """Decide, by names, as a moderator would."""
    return decide(home, dict.fromkeys(approve, APPROVED) | dict.fromkeys(refuse, REFUSED), day, ROLE, **options)


def told(home: Home) -> list[tuple]:
    """Return what the warehouse tells of experience: year, theme, indicator, number, reason."""
    with Models(home.batches) as models:
        table = models.table("fct_experience").to_pylist()
    columns = ("collection_year", "theme", "indicator_code", "accounts_told", "value_note")
    return sorted(tuple(row[column] for column in columns) for row in table)


def test_the_words_are_nowhere_but_in_the_store_for_the_owner_alone(home, tmp_path):
    receive_accounts(home, tmp_path, [account()])
    [path] = home.experience.iterdir()
    assert WORDS in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for table in ("submissions", "observations", "issues"):
        assert not any(WORDS in str(value) for row in stored(home, table) for value in row.values())
    reports = [path for path in home.reports.rglob("corrections.*") if path.suffix != ".xlsx"]
    assert len(reports) == 3
    assert not any(WORDS in path.read_text(encoding="utf-8") for path in reports)
    for path in home.reports.rglob("corrections.xlsx"):
        assert not any(WORDS in str(value) for value in filled_cells(read_book(path)).values())


def test_an_account_without_agreement_is_not_kept(home, tmp_path):
    receive_accounts(home, tmp_path, [account(has_agreed="no")])
    assert waiting(home).empty
    for path in home.experience.iterdir():
        assert WORDS not in path.read_text(encoding="utf-8")


def test_only_what_a_moderator_accepts_is_counted_and_few_are_not_counted_out(home, tmp_path):
    least = setting("disclosure_threshold")
    receive_accounts(home, tmp_path, [account() for _ in range(least + 1)] + [account(indicators="9")])
    names = list(waiting(home)["name"])
    assert len(names) == least + 2
    assert told(home) == []
    judge(home, names[: least - 1])
    assert told(home) == [(YEAR, "culture", "6", None, "c"), (YEAR, "culture", "7a", None, "c")]
    judge(home, [names[least - 1], names[-1]], [names[least]], date(2026, 3, 2))
    assert told(home) == [
        (YEAR, "culture", "6", least, None),
        (YEAR, "culture", "7a", least, None),
        (YEAR, "culture", "9", None, "c"),
    ]
    assert waiting(home).empty


def test_a_later_version_of_the_return_replaces_its_accounts(home, tmp_path):
    receive_accounts(home, tmp_path, [account()])
    judge(home, list(waiting(home)["name"]))
    assert told(home) == [(YEAR, "culture", "6", None, "c"), (YEAR, "culture", "7a", None, "c")]
    receive_accounts(home, tmp_path, [], version=2)
    assert told(home) == []


def test_what_was_decided_holds_for_the_same_words_in_a_later_version(home, tmp_path):
    other = account(account="Somebody else's story, told at length.")
    receive_accounts(home, tmp_path, [account(), other])
    left = waiting(home).set_index("words")["name"]
    judge(home, [left[WORDS]])
    receive_accounts(home, tmp_path, [account(), other], version=2)
    # The undecided one is asked about once, for the version that counts.
    assert list(waiting(home)["words"]) == [other["account"]]
    assert told(home) == [(YEAR, "culture", "6", None, "c"), (YEAR, "culture", "7a", None, "c")]


def test_a_withdrawal_erases_the_accounts(home, tmp_path):
    receive_accounts(home, tmp_path, [account()])
    withdraw(home, KENT, YEAR, None, "Director of Adult Social Services")
    assert list(home.experience.iterdir()) == []


def test_a_decision_is_one_of_two_on_something_that_is_there_by_a_role(home, tmp_path):
    receive_accounts(home, tmp_path, [account()])
    [name] = waiting(home)["name"]
    with pytest.raises(WresError, match="Nothing waits"):
        judge(home, ["00000000:experience:5"])
    with pytest.raises(WresError, match="'approved' or 'refused'"):
        decide(home, {name: "perhaps"}, date(2026, 3, 1), ROLE)
    with pytest.raises(WresError, match="role"):
        decide(home, {name: APPROVED}, date(2026, 3, 1), "Jane Smith")
    assert len(waiting(home)) == 1


def test_a_quotation_is_of_its_account_agreed_to_and_tells_nothing_of_who(home, tmp_path):
    open_to_it = account(may_be_quoted="yes")
    receive_accounts(home, tmp_path, [open_to_it, account(may_be_quoted="no"), account(account="Not said.")], year=2025)
    yes, no, unsaid = (name_of(waiting(home)["submission_id"][0], "experience", line) for line in (5, 6, 7))
    for name, quotation, reason in (
        (no, "nobody answered", "did not agree"),
        (unsaid, "Not said", "did not agree"),
        (yes, "nobody said anything", "word for word"),
        (yes, "…", "word for word"),
    ):
        with pytest.raises(WresError, match=reason):
            judge(home, [name], quotations={name: quotation})
    with pytest.raises(WresError, match="can be quoted"):
        judge(home, [], [yes], quotations={yes: "nobody answered"})
    judge(home, [yes, no, unsaid], quotations={yes: "A colleague said … and [they] nobody answered."})
    with Models(home.batches) as models:
        accounts = models.table("experience_account").to_pandas()
    assert accounts.set_index("line")["quotation"].fillna("").to_dict() == {
        5: "A colleague said … and [they] nobody answered.",
        6: "",
        7: "",
    }


def test_quotations_are_told_only_beside_enough_accounts_of_enough_organisations(home, tmp_path):
    least = setting("disclosure_threshold")
    organisations = (KENT, "E06000035", "E09000007")
    for number, organisation in enumerate(organisations, 1):
        words = f"{WORDS} {organisation}"  # words that were decided on are not asked about again
        accounts = [account(may_be_quoted="yes", account=words)] * (least // 3 + 1)
        receive_accounts(home, tmp_path, accounts, organisation_code=organisation, year=2025)
        names = list(waiting(home)["name"])
        judge(home, names, quotations={names[0]: "nobody answered"})
        with Models(home.batches) as models:
            [theme] = models.table("fct_experience_theme").to_pylist()
            quoted = models.table("fct_quotation").to_pylist()
        is_enough = number == len(organisations)
        assert theme["accounts_told"] == (number * len(accounts) if is_enough else None)
        assert [row["quotation"] for row in quoted] == (["nobody answered"] if is_enough else [])


PRACTICE = {
    "title": "Panels are mixed",
    "theme": "Recruitment and retention",
    "indicators": "2",
    "what_was_done": "Every panel has two people who were trained for it",
    "what_changed": "More are appointed",
    "may_be_shared": "yes",
}


def test_practice_waits_is_approved_by_a_role_on_a_day_and_may_be_refused_later(home, tmp_path):
    lines = [PRACTICE, PRACTICE | {"title": "Kept to ourselves", "may_be_shared": "no"}]
    receive(home, [write_return(tmp_path / "kent.xlsx", records={"good_practice": lines})])

    def states() -> list[tuple]:
        with Models(home.batches) as models:
            rows = sorted(models.table("fct_good_practice").to_pylist(), key=lambda row: row["line"])
        return [(row["moderation_status"], row["decided_by_role"], row["decided_on"]) for row in rows]

    assert states() == [("waiting", None, None), (None, None, None)]
    [name] = waiting(home)["name"]
    assert name.endswith(":good_practice:5")
    judge(home, [name])
    assert states()[0] == (APPROVED, ROLE, date(2026, 3, 1))
    judge(home, [], [name], date(2026, 3, 1))
    assert states()[0] == (REFUSED, ROLE, date(2026, 3, 1))  # on one day a refusal outweighs
    judge(home, [name], day=date(2026, 3, 2))
    assert states()[0] == (APPROVED, ROLE, date(2026, 3, 2))


def test_words_decided_on_are_not_asked_about_again_and_other_words_are(home, tmp_path):
    receive(home, [write_return(tmp_path / "kent.xlsx", records={"good_practice": [PRACTICE]})])
    judge(home, list(waiting(home)["name"]))
    later = [PRACTICE, PRACTICE | {"what_changed": "Fewer leave"}]
    receive(home, [write_return(tmp_path / "kent.xlsx", records={"good_practice": later}, version=2)])
    assert list(waiting(home)["line"]) == [6]
    with Models(home.batches) as models:
        rows = models.table("fct_good_practice").to_pandas().set_index("line")
    assert rows.at[5, "decided_on"] == date(2026, 3, 1)
    assert carry_over(home) == 0


def test_a_plan_waits_only_where_its_organisation_consented(home, tmp_path):
    action = {"action_reference": "A1", "theme": "Culture", "indicators": "6", "objective": "o", "action": "a"}
    action |= {"lead_role": "Head of people", "time_scale": "short", "progress": "done"}
    for answer, number in (("no", 0), ("yes", 1)):
        cover = {"consent_to_publish": answer}
        version = number + 1
        receive(
            home,
            [write_return(tmp_path / "k.xlsx", records={"action_plan": [action]}, cover=cover, version=version)],
        )
        assert len(waiting(home)) == number


def test_a_withdrawal_erases_what_was_quoted(home, tmp_path):
    receive_accounts(home, tmp_path, [account(may_be_quoted="yes")], year=2025)
    [name] = waiting(home)["name"]
    judge(home, [name], quotations={name: "nobody answered"})
    assert any(row["value_text"] == "nobody answered" for row in stored(home, "observations"))
    withdraw(home, KENT, 2025, None, "Director of Adult Social Services")
    assert not any(row["value_text"] == "nobody answered" for row in stored(home, "observations"))


def test_the_command_lists_and_decides(home, tmp_path):
    keep(home, pd.DataFrame(columns=["submission_id", "row_number", "theme", "indicators", "account"]))
    assert "0 texts wait" in CliRunner().invoke(main, ["moderate"]).output
    receive_accounts(home, tmp_path, [account(), account(), account(account="Something else.")])
    listed = CliRunner().invoke(main, ["moderate"])
    assert listed.output.count(WORDS) == 2
    assert "3 texts wait." in listed.output
    names = list(waiting(home)["name"])
    options = ["--role", ROLE, "--date", "2026-03-01"]
    decided = CliRunner().invoke(main, ["moderate", "--refuse", names[0], *options])
    assert decided.exit_code == 0
    assert "2 texts wait." in decided.output
    (tmp_path / "decisions.csv").write_text(f"name,decision\n{names[1]},approved\n{names[2]},\n", encoding="utf-8")
    decided = CliRunner().invoke(main, ["moderate", "--from", str(tmp_path / "decisions.csv"), *options])
    assert "1 text waits." in decided.output
    both = CliRunner().invoke(main, ["moderate", "--approve", names[2], "--refuse", names[2], *options])
    assert both.exit_code == 1
    assert "both" in both.output
