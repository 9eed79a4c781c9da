"""The command line: help, mistakes of the person who types, and what stands where before anything is there."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from receive_files import put, read_book, write_book, write_return

from wres.cli import MOST_SHOWN, main
from wres.form import form_years

COMMANDS = ("form", "sample", "receive", "build", "publish", "status")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home of the test's own, beside the current folder."""
    monkeypatch.setenv("WRES_HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


def wres(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_commands_stand_in_the_order_of_use():
    context = click.Context(main)
    assert tuple(main.list_commands(context))[: len(COMMANDS)] == COMMANDS
    shown = wres("--help").output
    assert all(f"\n  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("name", list(main.commands))
def test_help_of_each_command_has_an_example(name):
    for flag in ("--help", "-h"):
        result = wres(name, flag)
        assert result.exit_code == 0
        assert re.search(rf"Examples?:\s+wres {name}\b", result.output)
    command = main.commands[name]
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_help_makes_no_home(home):
    wres("--help")
    wres("receive", "--help")
    assert not home.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["recieve"], "No such command 'recieve'"),
        (["receive", "--all", "x"], "No such option '--all'"),
        (["receive"], "Missing argument 'PATHS...'"),
        (["receive", "x.csv", "--published-on", "20.2.25"], "does not match the format '%Y-%m-%d'"),
        (["publish", "--date", "today"], "does not match the format '%Y-%m-%d'"),
        (["form"], "Missing option '--year'"),
        (["form", "--year", "2025", "--service", "all"], "is not one of 'adults', 'children'"),
        (["sample", "--organisations", "0"], "0 is not in the range x>=1"),
        (["build", "extra"], "unexpected extra argument"),
    ],
)
def test_a_slip_is_explained_and_ends_with_2(arguments, words):
    result = wres(*arguments)
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["form", "--year", "1999"], "Years with a form: 2021, 2023, 2024, 2025"),
        (["form", "--year", "2025", "--organisation", "E1000016"], "E10000016"),
        (["form", "--year", "2025", "--groups", "ours"], "census_2021_19"),
        (["sample", "--years", "2024;2025"], "2024,2025"),
        (["sample", "--years", "1999"], "Years with a sample"),
        (["sample", "--organisations", "5000"], "5000"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_ends_with_1(arguments, words):
    result = wres(*arguments)
    assert result.exit_code == 1
    [line] = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert words in line


def test_a_folder_that_cannot_be_written_is_said_plainly(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("WRES_HOME", str(tmp_path / "file" / "home"))
    result = wres("status")
    assert result.exit_code == 1
    assert str(tmp_path / "file") in result.output


def test_no_traceback_reaches_the_screen(tmp_path):
    run = subprocess.run(
        [Path(sys.executable).with_name("wres"), "receive", "not_there.xlsx"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "Refused: not_there.xlsx\n  There is no file not_there.xlsx.\n  What to do:" in run.stderr
    assert "Traceback" not in run.stderr + run.stdout


def test_status_on_an_empty_home_says_how_to_start(home):
    result = wres("status")
    assert result.exit_code == 0
    assert "0 returns" in result.output
    assert "Nothing has been received yet. Start with: wres receive PATH" in result.output
    assert "Published  nothing yet" in result.output
    for folder in ("landing", "batches/empty", "quarantine", "warehouse", "published/releases"):
        assert (home / folder).is_dir()


def test_a_form_is_never_written_over_another():
    year = form_years()[-1]
    first = wres("form", "--year", year, "--out", "forms/kent.xlsx")
    assert first.exit_code == 0
    before = Path("forms/kent.xlsx").read_bytes()
    second = wres("form", "--year", year, "--service", "adults", "--out", "forms/kent.xlsx")
    assert second.exit_code == 1
    assert "forms/kent.xlsx is there already" in second.output
    assert Path("forms/kent.xlsx").read_bytes() == before


def test_a_form_is_named_by_what_it_is_for():
    result = wres("form", "--year", 2025, "--organisation", "E10000016", "--service", "adults")
    assert "sc-wres-2025-E10000016-adults.xlsx" in result.output
    assert Path("sc-wres-2025-E10000016-adults.xlsx").exists()


def test_sample_and_receive_and_status_follow_each_other(home):
    made = wres("sample", "--years", "2024", "--organisations", "2")
    written = sorted((home / "sample").glob("*.xlsx"))
    assert f"{len(written)} synthetic returns written to {home / 'sample'}" in made.output
    received = wres("receive", *written)
    assert received.exit_code == 0
    assert f"Received {len(written)} files with" in received.output
    assert "Next: wres build" in received.output
    assert "decided on" in wres("sample", "--moderate").output
    status = wres("status").output
    assert f"{len(written)} returns ({len(written)} synthetic) and 0 statistics files" in status


def test_many_errors_of_one_kind_are_shown_in_part_and_counted(tmp_path):
    book = read_book(write_return(tmp_path / "kent.xlsx", scheme="census_2021_19"))
    negative = 0
    for column in "BCD":
        for row in range(5, 15):
            put(book, "Workforce", f"{column}{row}", -1)
            negative += 1
    put(book, "Leavers", "B5", "n/k")
    result = wres("receive", write_book(tmp_path / "kent.xlsx", book))
    assert result.exit_code == 1
    assert result.output.count("-1 is below zero") == MOST_SHOWN
    assert f"kent.xlsx: {negative - MOST_SHOWN} more cells with negative_count" in result.output
    assert result.output.count("What to do: Enter the number of people") == 1
    assert "kent.xlsx, sheet 'Leavers' cell B5: 'n/k' cannot be used" in result.output


def test_dates_of_options_are_read_as_days():
    parsed = main.commands["publish"].make_context("publish", ["--date", "2026-03-31"])
    assert parsed.params["release_date"].date() == date(2026, 3, 31)
