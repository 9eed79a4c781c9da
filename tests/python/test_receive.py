"""Receiving files: what is read, what is refused and why, and that nothing that was sent is lost."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from receive_files import (
    KENT,
    NEIGHBOUR_FILE,
    RESIDENT_FILE,
    ROLE_FILE,
    SCHEME,
    YEAR,
    Formula,
    batches_of,
    complete_values,
    file_header,
    filled_cells,
    neighbour_row,
    own_words,
    put,
    read_book,
    resident_rows,
    role_row,
    stored,
    write_book,
    write_return,
    write_table,
)

from wres import batch as batch_module
from wres import read_cover
from wres.batch import ISSUES, OBSERVATIONS, SUBMISSIONS
from wres.cli import main
from wres.form import HEADING_ROW, TOTAL_LABEL, blank_entries, form_for, form_schemes, form_years, group_rows
from wres.home import Home, HomeBusyError, open_home
from wres.issues import rules
from wres.receive import Receipt, receive
from wres.reference import read_seed

FIRST_ROW = HEADING_ROW + 2  # of the groups, counted from 1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("WRES_HOME", str(tmp_path / "home"))
    return open_home()


def receive_with_command(*paths: Path) -> SimpleNamespace:
    result = CliRunner().invoke(main, ["receive", *map(str, paths)])
    return SimpleNamespace(code=result.exit_code, output=result.output, exception=result.exception)


def issues_by_cell(receipt: Receipt) -> dict[tuple[str, str], str]:
    return {(row.sheet, row.cell): row.rule_code for row in found_on_reading(receipt).itertuples() if row.cell}


def found_on_reading(receipt: Receipt) -> pd.DataFrame:
    """Return what the reader and the expectations found: what comparing counts finds is tested with its models."""
    return receipt.issues[receipt.issues["rule_code"].map(rules()["checked_by"]) != "warehouse"]


def values_by_cell(home: Home) -> dict[tuple[str, str], dict]:
    return {(row["sheet"], row["cell"]): row for row in stored(home, "observations")}


# ------------------------------------------------------------------------------------------ what is refused

SEMICOLON, TAB = ";", "\t"


def write_bad_files(folder: Path) -> dict[str, Path]:
    """Write one file of every kind that cannot be received."""
    folder.mkdir()
    good = write_return(folder / "good.xlsx")
    rows = [role_row("White", 10), role_row("Total", 12)]
    text = write_table(folder / "good.csv", rows).read_text(encoding="utf-8")
    bad = {
        "unknown_header.csv": "name,people\nKent,5\n",
        "header_only.csv": text.splitlines()[0] + "\n",
        "columns_missing.csv": text.replace("inpost_headcount,", "headcount,"),
        "column_twice.csv": text.replace("inpost_FTE,", "inpost_FTE,inpost_FTE,", 1),
        "short_line.csv": text.rstrip("\r\n").rsplit(",", 2)[0],
        "long_lines.csv": "\n".join([text.splitlines()[0], *(f"{line}," for line in text.splitlines()[1:])]),
        "open_quote.csv": text.replace("Kent", '"Kent', 1),
        "one_endless_word.csv": "x" * 200_000,
        "empty.csv": "",
        "blank.csv": " \n\n",
    }
    paths = {name: folder / name for name in bad}
    for name, content in bad.items():
        paths[name].write_text(content, encoding="utf-8")
    paths["semicolons.csv"] = write_table(folder / "semicolons.csv", rows, delimiter=SEMICOLON)
    paths["tabs.csv"] = write_table(folder / "tabs.csv", rows, delimiter=TAB)
    paths["latin.csv"] = folder / "latin.csv"
    paths["latin.csv"].write_bytes(text.replace("Kent", "Ynys Môn").encode("cp1252"))
    paths["old_excel.xls"] = folder / "old_excel.xls"
    paths["old_excel.xls"].write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    paths["truncated.xlsx"] = folder / "truncated.xlsx"
    paths["truncated.xlsx"].write_bytes(good.read_bytes()[:4000])
    paths["zeros.xlsx"] = folder / "zeros.xlsx"
    paths["zeros.xlsx"].write_bytes(bytes(5000))
    paths["other.xlsx"] = write_book(folder / "other.xlsx", {"Budget": [["Item", "Cost"], ["Chairs", 12]]})
    paths["other_cover.xlsx"] = write_book(folder / "other_cover.xlsx", {"Cover": [["Our report"]]})
    paths["nothing.xlsx"] = write_book(folder / "nothing.xlsx", {"Sheet1": []})
    for name, answers in {
        "unknown_organisation.xlsx": {"organisation_code": "E99999999"},
        "unknown_year.xlsx": {"collection_year": 2022},
        "unknown_service.xlsx": {"service": "both"},
        "no_service.xlsx": {"service": None},
        "unknown_groups.xlsx": {"ethnic_detail": "Our own groups"},
        "groups_of_the_census.xlsx": {"ethnic_detail": "csww_major"},
        "nothing_right.xlsx": {"organisation_code": "Kent", "collection_year": "last", "service": "all"},
    }.items():
        paths[name] = write_return(folder / name, cover=answers)
    paths["a_folder"] = folder / "a_folder"
    paths["a_folder"].mkdir()
    paths["not_there.xlsx"] = folder / "not_there.xlsx"
    return {"good.xlsx": good, "good.csv": folder / "good.csv"} | paths


# The words that each refusal has to hold: what is wrong, and what was expected.
REFUSALS = {
    "unknown_header.csv": ("name,people", ROLE_FILE),
    "header_only.csv": ("header and no rows",),
    "columns_missing.csv": ("lacks these columns: inpost_headcount",),
    "column_twice.csv": ("more than one column is named inpost_FTE",),
    "short_line.csv": ("row 3 has 15 values and the header 17",),
    "long_lines.csv": ("row 2 has 18 values and the header 17",),
    "open_quote.csv": ("cannot be read as a table",),
    "one_endless_word.csv": ("not the header of a file that the warehouse knows", ROLE_FILE),
    "empty.csv": ("is empty", "a return (xlsx) or a statistics file (csv) was expected"),
    "blank.csv": ("is empty",),
    "semicolons.csv": ("parted by semicolons", "commas were expected"),
    "tabs.csv": ("parted by tabs", "commas were expected"),
    "latin.csv": ("UTF-8",),
    "old_excel.xls": ("not a workbook that can be read",),
    "truncated.xlsx": ("not a workbook that can be read", "cut off"),
    "zeros.xlsx": ("not a workbook that can be read",),
    "other.xlsx": ("a sheet named Cover", "Budget"),
    "other_cover.xlsx": ("the lines of the form",),
    "nothing.xlsx": ("a sheet named Cover", "Sheet1"),
    "unknown_organisation.xlsx": ("Cover B6", "E99999999", "the code that the organisation was given"),
    "unknown_year.xlsx": ("Cover B5", "2022", "one of 2021, 2023, 2024, 2025"),
    "unknown_service.xlsx": ("Cover B8", "both", "one of adults, children"),
    "no_service.xlsx": ("Cover B8", "one of adults, children"),
    "unknown_groups.xlsx": ("Our own groups", "one of the choices offered"),
    "groups_of_the_census.xlsx": ("csww_major",),
    "nothing_right.xlsx": ("'Kent'", "'last'", "'all'"),
    "a_folder": ("is a folder; files were expected",),
    "not_there.xlsx": ("There is no file",),
}
NOT_KEPT = {"a_folder", "not_there.xlsx", "empty.csv", "blank.csv"}


@pytest.fixture(scope="class")
def received(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Every kind of bad file between two good ones, sent twice."""
    folder = tmp_path_factory.mktemp("refusals")
    paths = write_bad_files(folder / "sent")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WRES_HOME", str(folder / "home"))
        home = open_home()
        files = [paths["good.xlsx"], *(paths[name] for name in REFUSALS), paths["good.csv"]]
        receipt = receive(home, files)
        before = batches_of(home)
        again = receive(home, files)
    return SimpleNamespace(paths=paths, home=home, receipt=receipt, again=again, before=before)


class TestRefusals:
    def test_every_kind_of_bad_file_is_tried(self, received):
        assert {*REFUSALS, "good.xlsx", "good.csv"} == set(received.paths)

    @pytest.mark.parametrize("name", REFUSALS)
    def test_a_refusal_names_the_file_and_what_was_expected(self, received, name):
        refusals = [refusal for refusal in received.receipt.refused if Path(refusal[0]).name == name]
        text = " ".join(message for _, message, _ in refusals)
        assert refusals
        assert all(words in text for words in REFUSALS[name]), text
        assert all(what_to_do and "{" not in message + what_to_do for _, message, what_to_do in refusals)

    def test_the_other_files_are_received(self, received):
        assert sorted(received.receipt.accepted) == ["good.csv", "good.xlsx"]
        assert not received.receipt.is_clean
        assert len(found_on_reading(received.receipt)) == 0

    @pytest.mark.parametrize("name", sorted(REFUSALS.keys() - NOT_KEPT))
    def test_a_refused_file_is_kept_as_sent_and_recorded(self, received, name):
        sent = received.paths[name].read_bytes()
        submission_id = hashlib.sha256(sent).hexdigest()
        [kept] = received.home.quarantine.glob(f"{submission_id}.*")
        assert kept.read_bytes() == sent
        assert not list(received.home.landing.glob(f"{submission_id}.*"))
        [row] = [r for r in stored(received.home, "submissions") if r["submission_id"] == submission_id]
        assert (row["status"], row["file_name"], row["size_bytes"]) == ("rejected", name, len(sent))
        issues = [r for r in stored(received.home, "issues") if r["submission_id"] == submission_id]
        assert issues
        assert {read_seed("rule").set_index("rule_code").at[r["rule_code"], "severity"] for r in issues} == {"error"}
        assert not [r for r in stored(received.home, "observations") if r["submission_id"] == submission_id]

    def test_a_refused_cover_names_each_of_its_cells(self, received):
        submission_id = hashlib.sha256(received.paths["nothing_right.xlsx"].read_bytes()).hexdigest()
        issues = [r for r in stored(received.home, "issues") if r["submission_id"] == submission_id]
        assert {(r["sheet"], r["cell"], r["value_text"]) for r in issues} == {
            ("Cover", "B5", "last"),
            ("Cover", "B6", "Kent"),
            ("Cover", "B8", "all"),
        }

    def test_accepted_files_are_kept_as_sent(self, received):
        for name in ("good.xlsx", "good.csv"):
            sent = received.paths[name].read_bytes()
            kept = received.home.landing / f"{hashlib.sha256(sent).hexdigest()}{Path(name).suffix}"
            assert kept.read_bytes() == sent

    def test_refused_again_nothing_new_is_recorded(self, received):
        assert received.again.batch is None
        assert batches_of(received.home) == received.before
        assert received.again.refused == received.receipt.refused
        assert not received.again.is_clean

    def test_no_part_is_left_behind(self, received):
        folders = [received.home.root, *(received.home.root / name for name in ("landing", "quarantine", "batches"))]
        left = [path for folder in folders for path in folder.glob(".*") if path.name != ".lock"]
        assert left == []


def test_the_command_says_what_was_refused_and_ends_with_1(home, tmp_path, unchecked):
    paths = write_bad_files(tmp_path / "sent")
    result = receive_with_command(paths["good.xlsx"], paths["truncated.xlsx"], paths["a_folder"])
    assert result.code == 1
    assert isinstance(result.exception, SystemExit)
    assert "Refused: truncated.xlsx" in result.output
    assert "What to do: Open it in your spreadsheet program" in result.output
    assert f"wres receive {paths['a_folder']}/*" in result.output
    assert "Received 1 file" in result.output
    assert "Traceback" not in result.output


def test_a_clean_receipt_ends_with_0_and_says_what_is_next(home, tmp_path, unchecked):
    path = write_return(tmp_path / "kent.xlsx")
    first = receive_with_command(path)
    assert (first.code, "Next: wres build" in first.output) == (0, True)
    second = receive_with_command(path)
    assert second.code == 0
    assert "Already received: 1 file; nothing changed." in second.output
    assert "Next:" not in second.output


# -------------------------------------------------------------------------------------- the same bytes twice


def test_same_bytes_are_one_submission(home, tmp_path, unchecked):
    path = write_return(tmp_path / "kent.xlsx")
    copy = tmp_path / "kent again.xlsx"
    copy.write_bytes(path.read_bytes())

    first = receive(home, [path, copy, path])
    assert (first.accepted, first.already) == (["kent.xlsx"], ["kent again.xlsx", "kent.xlsx"])
    before = {file: file.read_bytes() for file in home.root.rglob("*") if file.is_file()}
    later = receive(home, [copy])
    assert (later.accepted, later.already, later.batch) == ([], ["kent again.xlsx"], None)
    assert later.is_clean
    assert {file: file.read_bytes() for file in home.root.rglob("*") if file.is_file()} == before
    assert len(stored(home, "submissions")) == 1


def test_a_file_refused_before_is_taken_once_it_can_be_read(home, tmp_path, unchecked, monkeypatch):
    path = write_return(tmp_path / "kent.xlsx")
    with monkeypatch.context() as patch:
        patch.setattr(read_cover, "form_schemes", lambda: ("binary_2",))
        assert receive(home, [path]).accepted == []
    assert receive(home, [path]).accepted == ["kent.xlsx"]
    assert receive(home, [path]).already == ["kent.xlsx"]
    assert Counter(row["status"] for row in stored(home, "submissions")) == {"rejected": 1, "accepted": 1}


# ------------------------------------------------------------------------------------------- nothing is lost


# Cells that hold something, and that a reader of values alone takes for blank.
WITHOUT_VALUE = {("Workforce", "D5"): "#DIV/0!", ("Workforce", "D7"): "=B5+1"}


def altered_return(path: Path) -> Path:
    """Write a return with everything that people put into a form beside what it asks for."""
    book = read_book(write_return(path))
    put(book, "Workforce", "B5", "about 12")
    put(book, "Workforce", "B6", -3)
    put(book, "Workforce", "C5", 2.5)
    put(book, "Workforce", "C6", "")
    put(book, "Workforce", "C7", True)
    put(book, "Workforce", "C8", date(2024, 4, 1))
    put(book, "Workforce", "D5", Formula("=1/0", "#DIV/0!"))
    put(book, "Workforce", "D7", Formula("=B5+1", ""))
    put(book, "Workforce", "D6", "1,234")
    put(book, "Workforce", "H4", "Agency staff")
    put(book, "Workforce", "H5", 7)
    put(book, "Workforce", "C2", "see e-mail")
    put(book, "Leavers", "D6", "two moved to Medway")
    put(book, "Leavers", "A7", "Jedi")
    put(book, "Leavers", "A14", "Signed: HR")
    put(book, "Leavers", "B15", 99)
    for column in "ABCDEF":
        put(book, "Survey", f"{column}4", f"Heading {column}")
    put(book, "Notes", "A1", "We could not count agency staff")
    put(book, "Notes", "C9", 4)
    put(book, "Cover", "A30", "Anything else: no")
    put(book, "Cover", "B31", "hello")
    put(book, "Cover", "B2", "draft")
    put(book, "Cover", "D5", "is this right?")
    return write_book(path, book)


@pytest.fixture(scope="class")
def altered(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    folder = tmp_path_factory.mktemp("altered")
    path = altered_return(folder / "kent.xlsx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WRES_HOME", str(folder / "home"))
        home = open_home()
        receipt = receive(home, [path])
    words = own_words(folder)
    return SimpleNamespace(path=path, home=home, receipt=receipt, words=words)


class TestNothingIsLost:
    def test_every_filled_cell_is_an_observation_or_an_issue(self, altered):
        sent = filled_cells(read_book(altered.path)) | dict.fromkeys(WITHOUT_VALUE)
        entered = {place for place, value in sent.items() if (place[0], value) not in altered.words}
        observed, issues = set(values_by_cell(altered.home)), set(issues_by_cell(altered.receipt))
        assert len(entered) > 100
        assert entered - observed - issues == set()
        assert (observed | issues) - set(sent) == set()

    def test_an_error_or_a_formula_without_its_result_is_not_a_blank(self, altered):
        cells = values_by_cell(altered.home)
        assert {place: cells[place]["value_text"] for place in WITHOUT_VALUE} == WITHOUT_VALUE

    def test_what_is_stored_is_what_stands_in_the_cell(self, altered):
        sent = filled_cells(read_book(altered.path))
        stored_cells = values_by_cell(altered.home)
        numbers = {place: row for place, row in stored_cells.items() if row["value"] is not None}
        assert numbers
        assert numbers.pop(("Workforce", "D6"))["value"] == 1234
        assert all(float(sent[place]) == row["value"] for place, row in numbers.items())
        assert stored_cells["Workforce", "B5"]["value_text"] == "about 12"
        assert stored_cells["Workforce", "D6"]["value_text"] == "1,234"

    def test_findings_are_mapped_to_sheet_and_cell(self, altered):
        issues = issues_by_cell(altered.receipt)
        found = {place: issues.get(place) for place in issues if place[0] == "Workforce"}
        assert found == {
            ("Workforce", "B5"): "not_a_number",
            ("Workforce", "B6"): "negative_count",
            ("Workforce", "C5"): "not_a_whole_number",
            ("Workforce", "C7"): "not_a_number",
            ("Workforce", "C8"): "personal_data",
            ("Workforce", "D5"): "not_a_number",
            ("Workforce", "D6"): "number_repaired",
            ("Workforce", "D7"): "formula_without_result",
            ("Workforce", "H4"): "cell_not_recognised",
            ("Workforce", "H5"): "cell_not_recognised",
            ("Workforce", "C2"): "cell_not_recognised",
        }
        negative = altered.receipt.issues.query("rule_code == 'negative_count'").iloc[0]
        assert negative["file_name"] == "kent.xlsx"
        assert negative["message"] == "-3 is below zero; a count or a rate cannot be."
        assert not altered.receipt.is_clean

    def test_errors_set_the_value_aside_and_keep_the_text(self, altered):
        cells = values_by_cell(altered.home)
        for cell, text in {"B5": "about 12", "B6": "-3", "C5": "2.5"}.items():
            row = cells["Workforce", cell]
            assert (row["value"], row["value_note"], row["value_text"]) == (None, "invalid", text)
        assert ("Workforce", "C6") not in cells

    def test_a_row_under_an_unknown_label_is_asked_about(self, altered):
        issues = issues_by_cell(altered.receipt)
        assert issues["Leavers", "A7"] == issues["Leavers", "B7"] == "cell_not_recognised"
        assert issues["Leavers", "B15"] == issues["Leavers", "A14"] == "cell_not_recognised"

    def test_a_sheet_without_its_headings_is_asked_about_whole(self, altered):
        sent = filled_cells(read_book(altered.path))
        survey = {
            place for place, value in sent.items() if place[0] == "Survey" and (place[0], value) not in altered.words
        }
        assert len(survey) > 20
        assert survey <= set(issues_by_cell(altered.receipt))
        issues = altered.receipt.issues.query("rule_code == 'columns_not_found'")
        assert list(issues["sheet"]) == ["Survey"]
        assert "Answered the survey, Harassed by people who use services" in issues["message"].iloc[0]
        assert list(issues["severity"]) == ["error"]

    def test_notes_of_the_sender_are_asked_about(self, altered):
        issues = issues_by_cell(altered.receipt)
        places = [
            ("Notes", "A1"),
            ("Notes", "C9"),
            ("Cover", "A30"),
            ("Cover", "B31"),
            ("Cover", "B2"),
            ("Cover", "D5"),
        ]
        assert {issues.get(place) for place in places} == {"cell_not_recognised"}


@pytest.mark.parametrize("year", form_years())
@pytest.mark.parametrize("scheme", form_schemes())
def test_a_complete_form_is_read_whole(home, tmp_path, unchecked, year, scheme):
    path = write_return(tmp_path / "kent.xlsx", year=year, scheme=scheme)
    receipt = receive(home, [path])
    assert len(found_on_reading(receipt)) == 0
    given = {
        (row["measure"], row["breakdown"], row["ethnic_value"]): row["value"]
        for row in stored(home, "observations")
        if row["measure"] != "cover" and row["ethnic_value"] != TOTAL_LABEL
    }
    assert given == {
        (*column, group): value
        for column, counts in complete_values(year, scheme).items()
        for group, value in zip(group_rows(scheme), counts, strict=True)
    }


def test_sums_that_were_not_worked_out_are_the_form_s_own(home, tmp_path, unchecked):
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    put(book, "Leavers", "B11", Formula("=SUM(B5:B10)", ""))
    receipt = receive(home, [write_book(tmp_path / "kent.xlsx", book)])
    assert len(found_on_reading(receipt)) == 0
    assert ("Leavers", "B11") not in values_by_cell(home)


def test_the_cover_is_in_the_ledger(home, tmp_path, unchecked):
    receive(home, [write_return(tmp_path / "kent.xlsx", version=3, cover={"consent_to_publish": "No"})])
    [row] = stored(home, "submissions")
    expected = {
        "collection": "sc-wres",
        "collection_year": YEAR,
        "organisation_code": KENT,
        "organisation_name": "Kent",
        "service": "adults",
        "return_version": 3,
        "signed_off_on": date(2024, 9, 20),
        "snapshot_date": date(2024, 3, 31),
        "window_start": date(2023, 4, 1),
        "ethnic_scheme": SCHEME,
        "is_consent_given": False,
        "is_synthetic": False,
    }
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("field", "answer", "named"),
    [
        ("snapshot_date", "the end of March", ("B10", "a date")),
        ("snapshot_date", None, ("B10", "a date")),
        ("return_version", "1.5", ("B9", "a whole number")),
        ("return_version", "99999999999999999999", ("B9", "a whole number")),
        ("return_version", "inf", ("B9", "a whole number")),
        ("consent_to_publish", "perhaps", ("B15", "one of the choices")),
        ("signed_off_role", None, ("B14", "some text")),
        ("organisation_name", None, ("B7", "some text")),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_an_answer_that_is_not_understood_is_named_by_its_cell(home, tmp_path, field, answer, named):
    receipt = receive(home, [write_return(tmp_path / "kent.xlsx", cover={field: answer})])
    assert receipt.accepted == ["kent.xlsx"]
    [issue] = found_on_reading(receipt).to_dict("records")
    assert (issue["sheet"], issue["cell"], issue["rule_code"]) == ("Cover", named[0], "cover_not_understood")
    assert named[1] in issue["message"]


def test_codes_and_choices_may_be_written_in_either_case(home, tmp_path, unchecked):
    cover = {"organisation_code": "e10000016", "service": "Adults ", "ethnic_detail": "five MAJOR groups"}
    receipt = receive(home, [write_return(tmp_path / "kent.xlsx", cover=cover)])
    assert receipt.accepted == ["kent.xlsx"]
    assert stored(home, "submissions")[0]["organisation_code"] == KENT


def test_two_covers_in_one_workbook_stop_nothing(home, tmp_path, unchecked):
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    write_book(tmp_path / "two.xlsx", book | {"Cover ": book["Cover"]})
    receipt = receive(home, [tmp_path / "two.xlsx"])
    assert receipt.accepted == ["two.xlsx"]
    assert set(found_on_reading(receipt)["sheet"]) == {"Cover "}


def test_synthetic_is_read_from_the_workbook_whatever_its_name(home, tmp_path, unchecked):
    synthetic = write_return(tmp_path / "kent.xlsx", synthetic=True)
    real = write_return(tmp_path / "medway.xlsx", organisation_code="E06000035")
    receive(home, [synthetic, real])
    marks = {row["file_name"]: row["is_synthetic"] for row in stored(home, "submissions")}
    assert marks == {"kent.xlsx": True, "medway.xlsx": False}


def test_typed_reasons_stay_typed(home, tmp_path, unchecked):
    reasons = dict(zip(read_seed("form_blank")["entry"], read_seed("form_blank")["value_note"], strict=True))
    words = [*blank_entries(), "Not Collected", 0, None]
    receive(home, [write_return(tmp_path / "kent.xlsx", values={("leavers", "all"): words})])
    leavers = [row for row in stored(home, "observations") if row["measure"] == "leavers"]
    given = {row["ethnic_value"]: (row["value"], row["value_note"]) for row in leavers}
    expected = [(None, reasons[word.casefold()]) for word in words[:4]] + [(0, None)]
    groups = group_rows(SCHEME)
    assert [given[group] for group in groups[:5]] == expected
    assert groups[5] not in given


def test_rows_and_columns_are_read_by_their_labels(home, tmp_path, unchecked):
    straight = write_return(tmp_path / "straight.xlsx")
    receive(home, [straight])
    told = {
        (row["measure"], row["breakdown"], row["ethnic_value"]): row["value"]
        for row in stored(home, "observations")
        if row["measure"] != "cover"
    }
    book = read_book(straight)
    moved = {}
    for sheet in reversed(form_for(YEAR).sheets):
        head, table = book[sheet.name][:HEADING_ROW], book[sheet.name][HEADING_ROW:]
        if sheet.kind == "counts":
            heading, *rows = [[row[0], *reversed(row[1:])] for row in table]
            table = [[], heading, *reversed(rows)]
            table[1] = [f" {str(label).upper()} " for label in table[1]]
        moved[sheet.name] = [*head, [], *table]
    receipt = receive(home, [write_book(tmp_path / "moved.xlsx", moved)])
    assert len(found_on_reading(receipt)) == 0
    again = [row for row in stored(home, "observations") if row["measure"] != "cover"][len(told) :]
    assert {(r["measure"], r["breakdown"], r["ethnic_value"]): r["value"] for r in again} == told


def test_the_same_figure_twice_is_an_error_at_both_cells(home, tmp_path):
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    put(book, "Leavers", "A6", group_rows(SCHEME)[0])
    receipt = receive(home, [write_book(tmp_path / "kent.xlsx", book)])
    issues = issues_by_cell(receipt)
    assert issues == {("Leavers", "B5"): "repeated_fact", ("Leavers", "B6"): "repeated_fact"}
    cells = values_by_cell(home)
    assert {cells["Leavers", cell]["value_note"] for cell in ("B5", "B6")} == {"invalid"}


# ------------------------------------------------------------------------------------------- statistics files


def test_every_filled_measure_cell_of_a_file_is_an_observation(home, tmp_path, unchecked):
    notes = ["x", "z", "c", "low", "u", "X"]
    rows = [role_row("White", note, inpost_FTE=1.5, role=f"Role {note}") for note in notes]
    rows += [role_row("White", 0), role_row("Total", ""), role_row("Known", "many")]
    path = write_table(tmp_path / "roles.csv", rows)
    receipt = receive(home, [path])
    header = file_header()
    letter = {name: chr(ord("A") + header.index(name)) for name in ("inpost_headcount", "inpost_FTE")}
    cells = values_by_cell(home)
    given = {cell: (row["value"], row["value_note"]) for (_, cell), row in cells.items()}
    count, part = letter["inpost_headcount"], letter["inpost_FTE"]
    assert given == {
        **{f"{count}{row}": (None, note.lower()) for row, note in enumerate(notes, 2)},
        **{f"{part}{row}": (1.5, None) for row in range(2, 8)},
        f"{count}8": (0, None),
        f"{count}10": (None, "invalid"),
    }
    assert issues_by_cell(receipt) == {("", f"{count}10"): "not_a_number"}


def test_cells_are_addressed_by_the_line_of_the_file(home, tmp_path, unchecked):
    rows = [role_row("White", 1, la_name="Kent\nand more"), role_row("Total", 2)]
    path = write_table(tmp_path / "roles.csv", rows)
    text = path.read_text(encoding="utf-8")
    head, body = text.split("\n", 1)
    spaced = f"{head}\n,,,,\n\n{body}\n\n"
    path.write_text(spaced, encoding="utf-8-sig", newline="")
    receive(home, [path])
    assert {row["cell"]: row["value"] for row in stored(home, "observations")} == {"P4": 1, "P5": 2}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(home, tmp_path, unchecked, line_end):
    path = write_table(tmp_path / "roles.csv", [role_row("White", 1)])
    path.write_bytes(path.read_text(encoding="utf-8").replace("\n", line_end).encode())
    assert receive(home, [path]).observations == 1


def test_columns_may_stand_in_any_order(home, tmp_path, unchecked):
    header = file_header()[::-1]
    receive(home, [write_table(tmp_path / "roles.csv", [role_row("White", 7)], header=header)])
    [row] = stored(home, "observations")
    assert (row["cell"], row["value"], row["area_code"], row["area_level"]) == ("B2", 7, KENT, "organisation")
    assert (row["collection_year"], row["ethnic_value"], row["breakdown"]) == (2024, "White", "Total")


def test_unknown_columns_and_categories_are_named(home, tmp_path, unchecked):
    rows = [
        role_row("White", 1, note="a"),
        role_row("Total", 2, geographic_level="Provider", note="b"),
        role_row("Known", 3, breakdown_topic="Sex", note=""),
        role_row("White", 4, time_period="2024/25", role="Case holder"),
        role_row("White", 5, time_period="", role="Senior manager"),
        role_row("White", 6, time_period="202425", role="Team manager"),
    ]
    receipt = receive(home, [write_table(tmp_path / "roles.csv", rows, header=[*file_header(), "note"])])
    named = {(row.cell, row.rule_code, row.value_text) for row in receipt.issues.itertuples()}
    assert named == {
        ("R1", "unknown_column", "note"),
        ("C3", "unknown_category", "Provider"),
        ("L4", "unknown_category", "Sex"),
        ("A5", "unknown_category", "2024/25"),
        ("A6", "unknown_category", ""),
        ("A7", "unknown_category", "202425"),
    }
    assert receipt.observations == 6
    years = {row["value"]: row["collection_year"] for row in stored(home, "observations")}
    assert years == {1: 2024, 2: None, 3: None, 4: None, 5: None, 6: None}
    assert receipt.is_clean
    assert stored(home, "submissions")[0]["published_on"] == date(2024, 12, 31)


def test_a_statistics_file_without_a_year_that_is_understood_is_refused(home, tmp_path, unchecked):
    receipt = receive(home, [write_table(tmp_path / "years.csv", [role_row("White", 4, time_period="2024/25")])])
    assert not receipt.is_clean
    assert "No line of years.csv has a year" in receipt.refused[0][1]


def test_a_stated_publication_date_is_kept(home, tmp_path, unchecked):
    path = write_table(tmp_path / "roles.csv", [role_row("White", 1)])
    receive(home, [path, write_return(tmp_path / "kent.xlsx")], published_on=date(2025, 2, 20))
    dates = {row["collection"]: row["published_on"] for row in stored(home, "submissions")}
    assert dates == {"csww": date(2025, 2, 20), "sc-wres": None}


def test_an_unknown_group_and_a_negative_count_in_a_file_are_found(home, tmp_path):
    rows = [role_row("White", -1), role_row("Martian", 3), role_row("Total", 2.5)]
    receipt = receive(home, [write_table(tmp_path / "roles.csv", rows)])
    assert issues_by_cell(receipt) == {
        ("", "P2"): "negative_count",
        ("", "P3"): "unknown_ethnic_value",
        ("", "P4"): "not_a_whole_number",
    }


def write_residents(folder: Path, **groups: object) -> Path:
    named = {"White: Irish": 12, "Does not apply": 0} | {name.replace("_", " "): n for name, n in groups.items()}
    rows = resident_rows(KENT, "Kent", named)
    return write_table(folder / "residents.csv", rows, file_header(RESIDENT_FILE))


def write_neighbours(folder: Path, *rows: dict[str, object]) -> Path:
    return write_table(folder / "neighbours.csv", rows, file_header(NEIGHBOUR_FILE))


def test_what_a_file_does_not_say_of_itself_is_in_its_datasets_row(home, tmp_path):
    sent = [write_residents(tmp_path), write_neighbours(tmp_path, neighbour_row("886", "Kent", ("881", "Close ")))]
    receipt = receive(home, sent)
    assert receipt.is_clean
    assert len(found_on_reading(receipt)) == 0
    rows = {(row["measure"], row["cell"]): row for row in stored(home, "observations")}
    assert {
        key: (row["area_code"], row["breakdown"], row["value"], row["value_text"]) for key, row in rows.items()
    } == {
        ("residents", "E2"): (KENT, None, 12, "12"),
        ("residents", "E3"): (KENT, None, 0, "0"),
        ("statistical_neighbour", "E2"): ("886", "1", 881, "881"),
        ("closeness", "F2"): ("886", "1", None, "Close"),
    }
    stated = read_seed("statistics_dataset").set_index("dataset")
    assert {row["collection_year"] for key, row in rows.items() if key[0] == "residents"} == {
        int(stated.at[RESIDENT_FILE, "collection_year"])
    }
    assert {row["ethnic_scheme"] for row in rows.values()} == {stated.at[RESIDENT_FILE, "ethnic_scheme"], None}
    assert {row["value_note"] for row in rows.values()} == {None}
    files = {row["dataset"]: row for row in stored(home, "submissions")}
    assert {name: row["collection"] for name, row in files.items()} == {RESIDENT_FILE: None, NEIGHBOUR_FILE: None}
    assert files[RESIDENT_FILE]["published_on"] == date(2021, 12, 31)

    again = receive(home, sent)
    assert sorted(again.already) == ["neighbours.csv", "residents.csv"]
    assert len(batches_of(home)) == 1


def test_what_is_wrong_in_a_file_about_areas_is_found(home, tmp_path):
    residents = write_residents(tmp_path, Martian=4)
    table = resident_rows("W06000001", "Anglesey", {"White: Irish": -3, "White: Roma": 1.5})
    with residents.open("a", encoding="utf-8") as file:
        file.writelines(f"{row['utla23_code']},Anglesey,,{row['ethnic_group']},{row['residents']}\n" for row in table)
    neighbours = write_neighbours(
        tmp_path,
        neighbour_row("886", "Kent", ("881", "Rather close"), (999, "Close"), ("none", "Close"), ("", "")),
        neighbour_row("001", "Nowhere", ("886", "Close")),
    )
    receipt = receive(home, [residents, neighbours])
    found = Counter((row.file_name, row.cell, row.rule_code) for row in receipt.issues.itertuples())
    assert found == Counter(
        {
            ("residents.csv", "E4", "unknown_ethnic_value"): 1,
            ("residents.csv", "E5", "negative_count"): 1,
            ("residents.csv", "E5", "unknown_area"): 1,
            ("residents.csv", "E6", "not_a_whole_number"): 1,
            ("residents.csv", "E6", "unknown_area"): 1,
            ("neighbours.csv", "F2", "unknown_category"): 1,
            ("neighbours.csv", "G2", "unknown_area"): 1,
            ("neighbours.csv", "I2", "not_a_number"): 1,
            ("neighbours.csv", "E3", "unknown_area"): 1,
            ("neighbours.csv", "F3", "unknown_area"): 1,
        }
    )
    assert receipt.observations == 5 + 6 + 2
    [words] = receipt.issues.query("cell == 'F2'")["message"]
    assert "'Rather close' in the column SN_1P is not one of Extremely close, Very close, " in words


PUBLISHED = {
    ROLE_FILE: "csww_role_by_ethnicity_2019_to_2024.csv",
    "csww_workforce": "csww_workforce_2017_to_2024.csv",
    RESIDENT_FILE: "census2021_residents_by_ethnic_group.csv",
    NEIGHBOUR_FILE: "childrens_statistical_neighbours_2025.csv",
}


@pytest.mark.parametrize(("dataset", "name"), PUBLISHED.items())
def test_the_published_files_are_read_whole_and_clean(home, reference_data, unchecked, dataset, name):
    import pandas as pd

    path = reference_data / name
    receipt = receive(home, [path])
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    columns = read_seed("statistics_column")
    measures = columns.query("kind == 'measure' and dataset == @dataset")["column_name"]
    assert receipt.is_clean
    assert len(found_on_reading(receipt)) == 0
    assert receipt.observations == int((table[measures] != "").sum().sum())


# ------------------------------------------------------------------------------------------ whole or not at all


@pytest.mark.parametrize("step", ["write", "rename"])
def test_a_failure_leaves_no_batch_and_the_next_receipt_works(home, tmp_path, unchecked, monkeypatch, step):
    path = write_return(tmp_path / "kent.xlsx")

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        if step == "write":
            real, calls = batch_module.pq.write_table, []

            def second_fails(*arguments, **options):
                calls.append(1)
                return fail() if len(calls) == 2 else real(*arguments, **options)

            patch.setattr(batch_module.pq, "write_table", second_fails)
        else:
            patch.setattr(Path, "rename", fail)
        result = receive_with_command(path)
    assert result.code == 1
    assert result.output.strip().endswith("Error: no space left on device")
    assert batches_of(home) == []
    assert stored(home, "submissions") == []

    assert receive(home, [path]).accepted == ["kent.xlsx"]
    assert len(batches_of(home)) == 1
    assert [path.name for path in home.root.iterdir() if path.name.startswith(".incoming")] == []


def test_the_empty_batch_of_the_repository_has_the_schema_that_is_written(home, project_root):
    carried = project_root / "batches" / "empty"
    for name, schema in {"submissions": SUBMISSIONS, "observations": OBSERVATIONS, "issues": ISSUES}.items():
        for folder in (carried, home.batches / "empty"):
            table = pq.read_table(folder / f"{name}.parquet")
            assert table.schema.equals(schema)
            assert table.num_rows == 0


def test_every_batch_has_the_schema_of_the_empty_one(home, tmp_path, unchecked):
    paths = write_bad_files(tmp_path / "sent")
    for name in ("truncated.xlsx", "good.csv", "good.xlsx"):
        receive(home, [paths[name]])
    assert len(batches_of(home)) == 3
    for folder in home.batches.iterdir():
        assert pq.read_schema(folder / "submissions.parquet").equals(SUBMISSIONS)
        assert pq.read_schema(folder / "observations.parquet").equals(OBSERVATIONS)
        assert pq.read_schema(folder / "issues.parquet").equals(ISSUES)


# ---------------------------------------------------------------------------------------------- one at a time

HOLD = """
import sys, time
from wres.home import open_home
with open_home().locked("wres build"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def hold() -> Callable[[Home], subprocess.Popen]:
    """Return a function that starts another process which holds a home."""
    started: list[subprocess.Popen] = []

    def start(home: Home) -> subprocess.Popen:
        environment = os.environ | {"WRES_HOME": str(home.root)}
        process = subprocess.Popen([sys.executable, "-c", HOLD], env=environment, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_second_command_is_told_who_holds_the_home_and_since_when(home, tmp_path, hold):
    holder = hold(home)
    for command in (["build"], ["publish"]):
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 1
        assert f"`wres build` (process {holder.pid}, since {date.today():%Y-%m-%d}T" in result.output


def test_the_lock_goes_with_its_process(home, hold):
    holder = hold(home)
    with pytest.raises(HomeBusyError), home.locked("wres receive"):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with home.locked("wres receive"):
        pass
    with home.locked("wres receive"):
        pass


def test_reading_needs_no_lock(home, hold):
    hold(home)
    result = CliRunner().invoke(main, ["status"])
    assert result.exit_code == 0


def test_a_home_may_be_opened_by_several_at_once(tmp_path):
    environment = os.environ | {"WRES_HOME": str(tmp_path / "home")}
    code = "from wres.home import open_home\nopen_home()"
    processes = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    errors = [process.communicate()[1] for process in processes]
    assert errors == [""] * 4
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == [
        "batches",
        "experience",
        "landing",
        "published",
        "quarantine",
        "warehouse",
    ]


def test_receiving_is_quick_for_many_returns(home, tmp_path, unchecked):
    paths = []
    organisations = read_seed("area_register").query("area_level == 'authority' and valid_to == ''")["area_code"]
    for code in [code for code in organisations if not code.startswith("E09")][:40]:
        paths.append(
            write_return(tmp_path / f"{code}.xlsx", organisation_code=code, service=None, cover={"service": "adults"})
        )
    start = time.perf_counter()
    receipt = receive(home, paths)
    assert len(receipt.accepted) == 40
    assert time.perf_counter() - start < 10
