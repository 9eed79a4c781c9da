"""The expectations at both ends: every rule finds the row that breaks it, and only that one."""

import re
import socket
import time
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from wres import expectations
from wres.batch import OBSERVATIONS, SUBMISSIONS
from wres.expectations import (
    CheckedTable,
    Finding,
    Rule,
    RuleFailedError,
    check,
    check_batch,
    check_tables,
)
from wres.reference import read_seed

FILE, OTHER_FILE = "a" * 64, "b" * 64
RETURN = {
    "submission_id": FILE,
    "status": "accepted",
    "collection": "sc-wres",
    "collection_year": 2024,
    "service": "adults",
    "return_version": 1,
    "window_start": date(2023, 10, 1),
    "snapshot_date": date(2024, 9, 30),
    "signed_off_on": date(2024, 10, 15),
}
CELL = {
    "submission_id": FILE,
    "sheet": "Workforce",
    "cell": "B9",
    "collection_year": 2024,
    "ethnic_scheme": "major_5",
    "ethnic_value": "White",
    "measure": "staff",
    "breakdown": "all",
    "value": 12.0,
}
FIGURE = {
    "collection": "sc-wres",
    "collection_year": 2024,
    "area_level": "organisation",
    "area_code": "E06000001",
    "service": "adults",
    "indicator_code": "3",
    "breakdown": "all",
    "comparison_group": "minority_ethnic",
    "reference_group": "white",
    "numerator": 20,
    "denominator": 200,
    "reference_numerator": 40,
    "reference_denominator": 800,
    "rate": 0.1,
    "reference_rate": 0.05,
    "relative_likelihood": 2.0,
    "lower_95": 1.2,
    "upper_95": 3.3,
    "p_value": 0.01,
    "size": "above",
    "evidence": "clear",
    "unknown_share": 0.1,
    "value_note": None,
}
KEY = list(FIGURE)[:9]


def observations(*cells: dict[str, object]) -> pd.DataFrame:
    """Return cells as the readers do, under an index that is not their position."""
    rows = [CELL | {"cell": f"B{number}", "breakdown": str(number)} | cell for number, cell in enumerate(cells)]
    index = [f"row {number}" for number in range(len(rows))]
    return pd.DataFrame(rows, columns=OBSERVATIONS.names, index=index, dtype=object)


def submissions(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([RETURN | row for row in rows or ({},)], columns=SUBMISSIONS.names, dtype=object)


def told(findings: list[Finding]) -> set[tuple[object, ...]]:
    return {(found.rule_code, found.table, found.column, *found.rows) for found in findings}


def test_sound_cells_pass(tmp_path: Path) -> None:
    cells = observations(
        {},
        {"value": None, "value_note": "withheld"},
        {
            "measure": "cover",
            "ethnic_scheme": None,
            "ethnic_value": None,
            "value": 2024.0,
            "breakdown": "year",
        },
        {"ethnic_value": "Total"},
        {"measure": "fte", "value": 0.5},
        {"measure": "starters_fte", "ethnic_scheme": None, "ethnic_value": None, "value": 1.5},
    )
    findings, docs = check_batch(cells, submissions(), tmp_path)
    assert findings == []
    assert docs == tmp_path / "receive.html"
    links = re.findall(r'href="([^"]+)"', docs.read_text(encoding="utf-8"))
    assert [unquote(link).split("/")[1] for link in links] == ["receive observations", "receive submissions"]
    assert all((tmp_path / unquote(link)).exists() for link in links)


def test_each_cell_rule_names_its_cell(tmp_path: Path) -> None:
    cells = observations(
        {},
        {"value": -1.0},
        {"value": 1.5},
        {"value": None},
        {"value_note": "withheld"},
        {"value": None, "value_note": "lost"},
        {"ethnic_value": "Martian"},
        {"measure": "happiness"},
        {"collection_year": 1999},
        {"collection_year": 2025},
        {"cell": "Z1", "breakdown": "same"},
        {"cell": "Z1", "breakdown": "another"},
        {"breakdown": "same"},
        {"value": 100_001.0},
        {"value": 100_000.0},
        {"value": 100_001.0, "ethnic_scheme": None, "ethnic_value": None},
        {"value": 110_000.0, "measure": "cover", "ethnic_value": None},
    )
    findings, _ = check_batch(cells, submissions(), tmp_path)
    assert told(findings) == {
        ("negative_count", "observations", "value", "row 1"),
        ("not_a_whole_number", "observations", "value", "row 2"),
        ("value_or_note", "observations", "value", "row 3", "row 4"),
        ("unknown_value_note", "observations", "value_note", "row 5"),
        ("unknown_ethnic_value", "observations", "ethnic_value", "row 6"),
        ("unknown_measure", "observations", "measure", "row 7"),
        ("year_not_plausible", "observations", "collection_year", "row 8", "row 9"),
        ("repeated_cell", "observations", "cell", "row 10", "row 11"),
        ("repeated_fact", "observations", "value", "row 10", "row 12"),
        ("count_too_large", "observations", "count_of_return", "row 13"),
    }


def test_a_group_is_known_only_within_its_scheme(tmp_path: Path) -> None:
    cells = observations(
        {"ethnic_scheme": "binary_2", "ethnic_value": "Asian or Asian British"},
        {"ethnic_scheme": "major_5", "ethnic_value": "Asian or Asian British"},
    )
    findings, _ = check_batch(cells, submissions(), tmp_path)
    assert told(findings) == {("unknown_ethnic_value", "observations", "ethnic_value", "row 0")}


def test_statistics_cannot_be_of_a_year_after_their_publication(tmp_path: Path) -> None:
    cells = observations({"collection_year": 2024}, {"collection_year": 2026})
    file = submissions({"signed_off_on": None, "published_on": date(2025, 2, 27)})
    findings, _ = check_batch(cells, file, tmp_path)
    assert told(findings) == {("year_not_plausible", "observations", "collection_year", "row 1")}


def test_an_area_must_be_on_the_register_only_in_a_file_about_areas(tmp_path: Path) -> None:
    areas = [{"area_code": code} for code in ("E10000016", "886", "E10009999", "")]
    for dataset, expected in {
        "census_2021_residents": {("unknown_area", "observations", "area_code", "row 2", "row 3")},
        "csww_role_by_ethnicity": set(),
    }.items():
        findings, _ = check_batch(observations(*areas), submissions({"dataset": dataset}), tmp_path)
        assert told(findings) == expected


def test_each_return_rule_names_its_return(tmp_path: Path) -> None:
    files = submissions(
        {},
        {"submission_id": "c1", "service": "all"},
        {"submission_id": OTHER_FILE, "return_version": 0},
        {"submission_id": OTHER_FILE, "window_start": date(2024, 10, 1)},
        {"submission_id": "c" * 64, "snapshot_date": date(2024, 10, 16), "window_start": date(2023, 10, 17)},
        {"submission_id": "d" * 64, "collection": "nhs-wres", "service": None},
        {"submission_id": "e" * 64, "window_start": date(2023, 10, 2)},
        {"submission_id": "f" * 64, "snapshot_date": date(2023, 10, 31), "window_start": date(2022, 11, 1)},
        {"submission_id": "0" * 64, "snapshot_date": date(2023, 11, 1), "window_start": date(2022, 11, 2)},
        {"submission_id": "1" * 64, "signed_off_on": date(2024, 11, 1), "snapshot_date": date(2024, 11, 1)},
        {"submission_id": "2" * 64, "signed_off_on": date(2024, 8, 31), "snapshot_date": None},
        {"submission_id": "3" * 64, "snapshot_date": date(2024, 2, 29), "window_start": date(2023, 3, 1)},
    )
    findings, _ = check_batch(observations({}), files, tmp_path)
    assert told(findings) == {
        ("not_a_file_hash", "submissions", "submission_id", 1),
        ("unknown_service", "submissions", "service", 1),
        ("version_below_one", "submissions", "return_version", 2),
        ("repeated_submission", "submissions", "submission_id", 2, 3),
        ("window_after_snapshot", "submissions", "window_start", 3),
        ("snapshot_after_sign_off", "submissions", "snapshot_date", 4),
        ("unknown_collection", "submissions", "collection", 5),
        ("window_not_12_months", "submissions", "window_start", 6, 9),
        ("snapshot_outside_year", "submissions", "snapshot_date", 7, 9),
        ("signed_off_after_round", "submissions", "signed_off_on", 9),
        ("signed_off_before_round", "submissions", "signed_off_on", 10),
    }


def check_figures(docs: Path, *changes: dict[str, object]) -> list[Finding]:
    """Return what is found in `indicator` when each row after the first differs from a sound one."""
    rows = [FIGURE | {"area_code": f"E0600000{number}"} | change for number, change in enumerate(({}, *changes))]
    return check_tables({"indicator": pd.DataFrame(rows)}, {"indicator": KEY}, docs)[0]


def test_sound_figures_pass(tmp_path: Path) -> None:
    without = dict.fromkeys(("rate", "relative_likelihood", "lower_95", "upper_95", "p_value", "size", "evidence"))
    sound = [
        {"upper_95": None},
        {**without, "numerator": None, "value_note": "withheld"},
        {"relative_likelihood": 0.8, "lower_95": 0.5, "size": "within"},
        {"relative_likelihood": 1.25, "lower_95": 0.5, "size": "within"},
        {"p_value": 0.05, "evidence": "not clear"},
    ]
    assert check_figures(tmp_path, *sound) == []


def test_each_published_rule_names_its_row(tmp_path: Path) -> None:
    findings = check_figures(
        tmp_path,
        {"area_level": "county"},
        {"service": "transport"},
        {"rate": 1.5},
        {"numerator": 201},
        {"lower_95": 2.1},
        {"upper_95": 1.9},
        {"relative_likelihood": None, "lower_95": None, "upper_95": None, "size": None},
        {"p_value": 1.01, "evidence": "not clear"},
        {"size": "within"},
        {"evidence": "not clear"},
        {"breakdown": None},
        {"area_code": "E06000000"},
    )
    assert told(findings) == {
        ("value_not_in_list", "indicator", "area_level", 1),
        ("value_not_in_list", "indicator", "service", 2),
        ("rate_outside_0_to_1", "indicator", "rate", 3),
        ("numerator_above_denominator", "indicator", "numerator", 4),
        ("limits_do_not_hold_value", "indicator", "lower_95", 5),
        ("limits_do_not_hold_value", "indicator", "relative_likelihood", 6),
        ("missing_without_reason", "indicator", "relative_likelihood", 7),
        ("p_value_outside_0_to_1", "indicator", "p_value", 8),
        ("size_disagrees", "indicator", "size", 9),
        ("evidence_disagrees", "indicator", "evidence", 10),
        ("key_missing", "indicator", "breakdown", 11),
        ("repeated_key", "indicator", ", ".join(KEY), 0, 12),
    }


def test_a_census_year_without_england_is_a_query(tmp_path: Path) -> None:
    census = {"collection": "csww", "service": "children"}
    findings = check_figures(
        tmp_path,
        {**census, "collection_year": 2023},
        {**census, "collection_year": 2024},
        {**census, "collection_year": 2024, "area_level": "national"},
    )
    assert told(findings) == {("census_without_england", "indicator by year", "collection_year", "csww 2023")}
    assert [found.severity for found in findings] == ["query"]


def test_a_table_without_a_row_is_found_as_a_whole(tmp_path: Path) -> None:
    empty = pd.DataFrame([FIGURE]).head(0)
    findings, _ = check_tables({"indicator": empty}, {"indicator": KEY}, tmp_path)
    assert told(findings) == {("nothing_to_publish", "indicator", "")}


def test_a_rule_that_cannot_be_evaluated_is_not_a_pass(tmp_path: Path) -> None:
    rule = Rule("negative_count", "staff", "ExpectColumnValuesToBeBetween", {"min_value": 0})
    table = CheckedTable("indicator", pd.DataFrame({"people": [1]}), (), (rule,))
    with pytest.raises(RuleFailedError, match=r"negative_count could not be evaluated on indicator\.staff"):
        check([table], tmp_path, "publish")


def test_pages_last_and_are_made_again_after_they_were_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expectations, "RUNS_KEPT", 2)
    for _ in range(3):
        check_batch(observations({"value": -1.0}), submissions(), tmp_path / "checks")
    pages = list((tmp_path / "checks" / "validations" / "receive observations").rglob("*.html"))
    assert len(pages) == 2
    last = max(page.parent.name for page in pages)
    assert f"{last}/wres-receive%20observations.html" in (tmp_path / "checks" / "receive.html").read_text("utf-8")
    index = (tmp_path / "checks" / "index.html").read_text(encoding="utf-8")
    assert all(page.parent.name in index for page in pages)
    page = pages[0].read_text(encoding="utf-8")
    assert "Number below zero - value" in page
    assert FILE in page


def test_a_check_is_quiet_and_stays_off_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"asked the network for {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    check_batch(observations({"value": -1.0}), submissions(), tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_whole_batch_is_checked_in_seconds(tmp_path: Path) -> None:
    check_batch(observations({}), submissions(), tmp_path)  # imports what is slow to import
    size = 250_000
    cells = pd.DataFrame([CELL | {"value_note": None, "area_level": None, "area_code": None}] * size)
    cells["cell"] = np.arange(size).astype(str)
    cells["breakdown"] = cells["cell"]
    cells["row_number"] = np.arange(size)
    started = time.perf_counter()
    findings, _ = check_batch(cells, submissions(), tmp_path)
    assert findings == []
    assert time.perf_counter() - started < 10


def test_every_rule_is_worded() -> None:
    rules = read_seed("rule").set_index("rule_code")
    cells, files = observations({}), submissions()
    checked = [
        expectations._observations(cells, files),
        expectations._submissions(files),
        expectations.table_rules("indicator", pd.DataFrame([FIGURE]), tuple(KEY)),
        expectations._census_years(pd.DataFrame([FIGURE | {"collection": "csww"}])),
    ]
    used = {rule.rule_code for table in checked for rule in table.rules}
    worded = rules[rules["checked_by"].isin(["expectation", "publish"])]
    assert used == set(worded.index)
