"""What stays and what goes: withdrawn returns, files in quarantine, killed commands, and two at once."""

import json
import os
import stat
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from receive_files import KENT, YEAR, stored, write_return

from wres import retention
from wres.cli import main
from wres.home import Home, WresError, open_home
from wres.models import Models
from wres.publish import publish
from wres.receive import receive
from wres.reference import setting
from wres.retention import tidy, withdraw
from wres.warehouse import build

FULL = bool(os.environ.get("WRES_TEST_FULL"))
SURREY = "E10000030"
ROLE = "Director of Adult Social Services"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("WRES_HOME", str(tmp_path / "home"))
    return open_home()


def two_returns(home: Home, folder: Path) -> dict[str, Path]:
    """Receive a return of each of two organisations in one batch, and return the files."""
    paths = {code: write_return(folder / f"{code}.xlsx", organisation_code=code) for code in (KENT, SURREY)}
    receive(home, list(paths.values()))
    return paths


# ------------------------------------------------------------------------------------------------- withdrawal


def test_a_withdrawn_return_leaves_a_tombstone_and_no_figure(home, tmp_path, unchecked):
    two_returns(home, tmp_path)
    of = {row["organisation_code"]: row["submission_id"] for row in stored(home, "submissions")}
    withdraw(home, KENT, YEAR, "adults", ROLE)

    assert {row["submission_id"] for row in stored(home, "observations")} == {of[SURREY]}
    assert [path.name.partition(".")[0] for path in home.landing.iterdir()] == [of[SURREY]]
    left = [row for row in stored(home, "submissions") if row["submission_id"] == of[KENT]]
    assert [(row["status"], row["organisation_code"], row["file_name"]) for row in left] == [("withdrawn", KENT, None)]
    [said] = [row for row in stored(home, "issues") if row["submission_id"] == of[KENT]]
    assert ROLE in said["message"]
    assert f"{date.today():%Y}" in said["message"]


def test_other_returns_keep_every_figure(home, tmp_path, unchecked):
    two_returns(home, tmp_path)
    of_surrey = [row for row in stored(home, "observations") if row["area_code"] == SURREY]
    withdraw(home, KENT, None, None, ROLE)
    assert stored(home, "observations") == of_surrey


def test_no_model_sees_a_withdrawn_return_even_before_it_is_erased(home, tmp_path, unchecked, monkeypatch):
    two_returns(home, tmp_path)
    monkeypatch.setattr(retention, "_erase_withdrawn", lambda home: None)
    withdraw(home, KENT, YEAR, "adults", ROLE)
    with Models(home.batches) as models:
        assert set(models.table("submission_version").to_pandas()["organisation_code"]) == {SURREY}
        assert KENT not in set(models.table("headcount").to_pandas()["area_code"])


def test_an_erasure_that_was_cut_off_is_finished_by_the_next_command(home, tmp_path, unchecked, monkeypatch):
    two_returns(home, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(retention, "_erase_withdrawn", lambda home: None)
        withdraw(home, KENT, YEAR, "adults", ROLE)
    assert KENT in {row["area_code"] for row in stored(home, "observations")}
    receive(home, [write_return(tmp_path / "v2.xlsx", organisation_code=SURREY, version=2)])
    assert {row["area_code"] for row in stored(home, "observations")} == {SURREY}


def test_the_same_file_is_not_taken_again_and_a_new_version_is(home, tmp_path, unchecked):
    paths = two_returns(home, tmp_path)
    withdraw(home, KENT, YEAR, "adults", ROLE)
    again = receive(home, [paths[KENT]])
    assert again.accepted == []
    [(file, message, what_to_do)] = again.refused
    assert file == paths[KENT].name
    assert "withdrawn" in message
    assert "next version" in what_to_do
    assert receive(home, [write_return(tmp_path / "v2.xlsx", organisation_code=KENT, version=2)]).accepted == [
        "v2.xlsx"
    ]
    with Models(home.batches) as models:
        assert set(models.table("submission_version").to_pandas()["organisation_code"]) == {KENT, SURREY}


def test_what_was_never_received_cannot_be_withdrawn(home, tmp_path, unchecked):
    two_returns(home, tmp_path)
    for arguments in ((KENT, YEAR + 1, None), (KENT, YEAR, "children"), ("E00000000", None, None)):
        with pytest.raises(WresError, match="No return of"):
            withdraw(home, *arguments, ROLE)
    assert {row["status"] for row in stored(home, "submissions")} == {"accepted"}


@pytest.mark.parametrize("somebody", ["jane.smith@example.org", "Jane Smith"])
def test_who_asked_for_it_is_a_role(home, tmp_path, unchecked, somebody):
    two_returns(home, tmp_path)
    with pytest.raises(WresError, match="takes a role"):
        withdraw(home, KENT, YEAR, "adults", somebody)
    assert {row["status"] for row in stored(home, "submissions")} == {"accepted"}


def test_the_command_asks_first_and_says_what_is_next(home, tmp_path, unchecked):
    two_returns(home, tmp_path)
    options = ["withdraw", "--organisation", KENT, "--year", str(YEAR), "--requested-by", ROLE]
    refused = CliRunner().invoke(main, options, input="n\n")
    assert refused.exit_code == 1
    assert {row["status"] for row in stored(home, "submissions")} == {"accepted"}
    done = CliRunner().invoke(main, options, input="y\n")
    assert done.exit_code == 0
    assert "wres build" in done.output


@pytest.mark.skipif(not FULL, reason="builds and publishes twice, which takes a minute: in make test-all")
def test_from_the_next_release_on_a_withdrawn_return_is_gone(home, tmp_path):
    paths = two_returns(home, tmp_path)
    submission_ids = {row["organisation_code"]: row["submission_id"] for row in stored(home, "submissions")}
    build(home)
    publish(home, date(2026, 3, 31))
    before = places_of(home, KENT, submission_ids[KENT])
    assert {"indicator", "participation"} <= before
    withdraw(home, KENT, YEAR, "adults", ROLE)
    build(home)
    publish(home, date(2026, 6, 30))
    # The organisation is on the registers all the same; the tombstone says that its return was withdrawn.
    assert places_of(home, KENT, submission_ids[KENT]) <= {"area", "registration", "submission", "data_issue"}
    assert {"indicator", "participation"} <= places_of(home, SURREY, submission_ids[SURREY])
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        issues = connection.execute("select rule_code from data_issue where area_code = ?", [KENT]).fetchall()
        sent = connection.execute(
            "select status, signed_off_on, cells_filled from submission where organisation_code = ?", [KENT]
        ).fetchall()
        staff = connection.execute(
            "select denominator from indicator where area_level = 'national' and service = 'adults' "
            "and indicator_code = '3' and breakdown = 'all' and comparison_group = 'minority_ethnic' "
            "and reference_group = 'white'"
        ).fetchall()
        of_surrey = connection.execute(
            "select denominator from indicator where area_code = ? and service = 'adults' "
            "and indicator_code = '3' and breakdown = 'all' and comparison_group = 'minority_ethnic' "
            "and reference_group = 'white'",
            [SURREY],
        ).fetchall()
    assert issues == [("withdrawn",)]
    assert sent == [("withdrawn", None, None)]
    assert staff == of_surrey
    assert paths[KENT].exists()


def places_of(home: Home, organisation_code: str, submission_id: str) -> set[str]:
    """Return the published tables in which any text names an organisation or its submission."""
    found = set()
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where data_type = 'VARCHAR' and schema_name = 'main'"
        ).fetchall()
        for table, column in columns:
            [[rows]] = connection.execute(
                f'select count(*) from "{table}" where "{column}" = ? or contains("{column}", ?)',
                [organisation_code, submission_id],
            ).fetchall()
            if rows:
                found.add(table)
    return found - {"release", "dictionary"}


# ------------------------------------------------------------------------------------- private, and for a time


def test_what_organisations_sent_is_for_the_owner_alone(home, tmp_path, unchecked):
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    receive(home, [write_return(tmp_path / "kent.xlsx"), tmp_path / "bad.xlsx"])
    for folder in (home.landing, home.quarantine, home.experience):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept = [path for folder in (home.landing, home.quarantine) for path in folder.iterdir()]
    assert len(kept) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


def test_files_leave_quarantine_when_their_time_is_over(home, tmp_path, unchecked):
    old, fresh = home.quarantine / "old.xlsx", home.quarantine / "fresh.xlsx"
    for path, days in ((old, setting("quarantine_days") + 1), (fresh, setting("quarantine_days") - 1)):
        path.write_text("refused")
        moment = time.time() - days * 24 * 60 * 60
        os.utime(path, (moment, moment))
    erased: list[Path] = []
    tidy(home, erased.append)
    assert erased == [old]
    assert not old.exists()
    assert fresh.exists()


def test_accepted_files_are_kept_however_old(home, tmp_path, unchecked):
    receive(home, [write_return(tmp_path / "kent.xlsx")])
    [kept] = home.landing.iterdir()
    os.utime(kept, (0, 0))
    tidy(home)
    assert kept.exists()


# ----------------------------------------------------------------------------------------- killed, and at once


def test_a_killed_receive_leaves_no_half_batch_and_the_next_one_finishes(tmp_path):
    codes, times = ((KENT, SURREY), 100) if FULL else ((KENT,), 5)
    files = [write_return(tmp_path / f"{code}.xlsx", organisation_code=code) for code in codes]
    run = subprocess.run(
        [sys.executable, Path(__file__).with_name("kill_receive.py"), tmp_path, str(times), "20260331", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    outcome = json.loads(run.stdout)
    assert outcome["wrong"] == []
    assert outcome["killed"] >= 0.4 * times


RECEIVE = """
import sys
from pathlib import Path
from wres import receive as module
from wres.cli import main
module.check_batch = lambda *_: ([], None)
main(["receive", *sys.argv[1:]])
"""


def test_two_at_once_both_receive_everything(home, tmp_path):
    files = [write_return(tmp_path / f"{code}.xlsx", organisation_code=code) for code in (KENT, SURREY, "E10000003")]
    environment = os.environ | {"WRES_HOME": str(home.root)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RECEIVE, *map(str, some)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for some in (files[:2], files[1:])
    ]
    outputs = [process.communicate() for process in processes]
    assert not any("Traceback" in error for _, error in outputs)
    accepted = [row["file_name"] for row in stored(home, "submissions")]
    assert sorted(accepted) == sorted(path.name for path in files)
    assert len([path for path in home.batches.iterdir() if path.name != "empty"]) == 2
    assert "Already received: 1 file" in outputs[0][0] + outputs[1][0]


def test_what_a_command_started_keeps_the_home_when_the_command_is_killed(home, tmp_path):
    code = """
import subprocess, sys, time
from wres.home import open_home, lock_files
with open_home().locked("wres build"):
    child = subprocess.Popen(["sleep", "3"], pass_fds=lock_files(), stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    time.sleep(60)
"""
    environment = os.environ | {"WRES_HOME": str(home.root)}
    parent = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    parent.stdout.readline()
    parent.kill()
    parent.communicate()
    with pytest.raises(WresError, match="wres build"), home.locked("wres publish"):
        pass
    waited: list[str] = []
    with home.locked("wres receive", on_wait=waited.append):
        assert len(waited) == 1


def test_landed_tables_can_be_read_whole_after_a_withdrawal(home, tmp_path, unchecked):
    two_returns(home, tmp_path)
    withdraw(home, KENT, YEAR, None, ROLE)
    for folder in home.batches.iterdir():
        tables = {name: pq.read_table(folder / f"{name}.parquet") for name in ("submissions", "observations", "issues")}
        known = set(tables["submissions"]["submission_id"].to_pylist())
        assert set(tables["observations"]["submission_id"].to_pylist()) <= known
        assert set(tables["issues"]["submission_id"].to_pylist()) <= known
        assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.parquet" for name in tables)
