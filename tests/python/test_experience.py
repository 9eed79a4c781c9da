"""Accounts of experience: their words stay apart, and only moderated numbers go further."""

import stat
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from receive_files import KENT, YEAR, filled_cells, read_book, stored, write_return

from wres import receive as receive_module
from wres.cli import main
from wres.experience import decide, keep, waiting
from wres.home import Home, WresError, open_home
from wres.models import Models
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
    decide(home, names[: least - 1], [], date(2026, 3, 1))
    assert told(home) == [(YEAR, "culture", "6", None, "c"), (YEAR, "culture", "7a", None, "c")]
    decide(home, [names[least - 1], names[-1]], [names[least]], date(2026, 3, 2))
    assert told(home) == [
        (YEAR, "culture", "6", least, None),
        (YEAR, "culture", "7a", least, None),
        (YEAR, "culture", "9", None, "c"),
    ]
    assert waiting(home).empty


def test_a_later_version_of_the_return_replaces_its_accounts(home, tmp_path):
    receive_accounts(home, tmp_path, [account()])
    decide(home, list(waiting(home)["name"]), [], date(2026, 3, 1))
    assert told(home) == [(YEAR, "culture", "6", None, "c"), (YEAR, "culture", "7a", None, "c")]
    receive_accounts(home, tmp_path, [], version=2)
    assert told(home) == []


def test_what_was_decided_holds_for_the_same_words_in_a_later_version(home, tmp_path):
    other = account(account="Somebody else's story, told at length.")
    receive_accounts(home, tmp_path, [account(), other])
    left = waiting(home).set_index("account")["name"]
    decide(home, [left[WORDS]], [], date(2026, 3, 1))
    receive_accounts(home, tmp_path, [account(), other], version=2)
    # The undecided one is asked about once, for the version that counts.
    assert list(waiting(home)["account"]) == [other["account"]]
    assert told(home) == [(YEAR, "culture", "6", None, "c"), (YEAR, "culture", "7a", None, "c")]


def test_a_withdrawal_erases_the_accounts(home, tmp_path):
    receive_accounts(home, tmp_path, [account()])
    withdraw(home, KENT, YEAR, None, "Director of Adult Social Services")
    assert list(home.experience.iterdir()) == []


def test_decisions_name_accounts_that_wait_and_only_one_of_the_two(home, tmp_path):
    receive_accounts(home, tmp_path, [account()])
    [name] = waiting(home)["name"]
    with pytest.raises(WresError, match="No account waits"):
        decide(home, ["00000000:5"], [], date(2026, 3, 1))
    with pytest.raises(WresError, match="both"):
        decide(home, [name], [name], date(2026, 3, 1))
    assert len(waiting(home)) == 1


def test_the_command_lists_and_decides(home, tmp_path):
    keep(home, pd.DataFrame(columns=["submission_id", "row_number", "theme", "indicators", "account"]))
    assert "0 accounts wait" in CliRunner().invoke(main, ["moderate"]).output
    receive_accounts(home, tmp_path, [account(), account()])
    listed = CliRunner().invoke(main, ["moderate"])
    assert listed.output.count(WORDS) == 2
    assert "2 accounts wait." in listed.output
    name = waiting(home)["name"][0]
    decided = CliRunner().invoke(main, ["moderate", "--refuse", name, "--date", "2026-03-01"])
    assert decided.exit_code == 0
    assert "1 account waits." in decided.output
