"""Reading what organisations really send: labels, numbers, dates, tables (csv), records, and that no cell is lost."""

import csv
import io
import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from receive_files import COVER, KENT, SCHEME, YEAR, Formula, put, read_book, write_book, write_return
from test_hostile_files import write_ods

from wres import read_return
from wres.entries import (
    AMBIGUOUS,
    PLAIN,
    REPAIRED,
    UNKNOWN,
    Missing,
    read_choice,
    read_date,
    read_indicators,
    read_number,
)
from wres.entries import spoken as in_words
from wres.form import (
    COVER_HEADINGS,
    COVER_SHEET,
    GROUP_HEADING,
    TOTAL_LABEL,
    form_for,
    form_schemes,
    form_years,
    group_rows,
)
from wres.issues import rules
from wres.labels import known_labels, reduced
from wres.read_return import read_cells, read_returns
from wres.reading import EXPERIENCE_COLUMNS, Reading
from wres.reference import read_seed
from wres.sent_return import is_return

COUNTS = ["cells_used", "cells_recognised", "cells_in_issues"]


def read(path: Path) -> Reading:
    reading, refused = read_returns(read_cells(path, "a"))
    assert list(refused["message"]) == []
    assert (reading.facts["cells_filled"] == reading.facts[COUNTS].sum(axis="columns")).all()
    return reading


def figures(reading: Reading) -> dict[tuple[str, str, str], float]:
    rows = reading.observations[reading.observations["ethnic_value"].notna()]
    keys = zip(rows["measure"], rows["breakdown"], rows["ethnic_value"], strict=True)
    return dict(zip(keys, rows["value"], strict=True))


def rules_by_cell(reading: Reading) -> dict[tuple[str, str], str]:
    return {(row.sheet, row.cell): row.rule_code for row in reading.issues.itertuples()}


def altered(folder: Path, cells: dict[tuple[str, str], object], **options) -> Reading:
    """Read a sound return with some of its cells changed."""
    book = read_book(write_return(folder / "sound.xlsx", **options))
    for (sheet, cell), value in cells.items():
        put(book, sheet, cell, value)
    return read(write_book(folder / "altered.xlsx", book))


# ------------------------------------------------------------------------------------------------ numbers

NUMBERS = {
    "12": (12, PLAIN),
    "0": (0, PLAIN),
    "-3": (-3, PLAIN),
    "2.5": (2.5, PLAIN),
    " 12 ": (12, REPAIRED),
    "\u00a012": (12, REPAIRED),
    "12\u200b": (12, REPAIRED),
    "12.0": (12, REPAIRED),
    "1,234": (1234, REPAIRED),
    "1,234,567": (1234567, REPAIRED),
    "+12": (12, REPAIRED),
    "007": (7, REPAIRED),
    "\u22125": (-5, REPAIRED),
    "nil": (0, REPAIRED),
    "Zero": (0, REPAIRED),
}
REASONS = {"not collected": "not_collected", "Withheld": "withheld", "c": "withheld", "*": "withheld"}
REASONS |= {"..": "not_collected", ":": "not_collected", "z": "not_applicable", " not applicable": "not_applicable"}
AMBIGUOUS_NUMBERS = [
    "-0",
    "<5",
    "< 5",
    "under 5",
    "5%",
    "5 per cent",
    "1.234",
    "12.000",
    "1,23",
    "12,34",
    "1 234",
    "1\u00a0234",
]
AMBIGUOUS_NUMBERS += [
    "5-10",
    "5 to 10",
    "(3)",
    "12*",
    "12\u00b9",
    "1e3",
    "£12",
    "2k",
    "n/a",
    "-",
    "\u2013",
    "none",
    "x",
    "tbc",
    "?",
]
NO_NUMBERS = [
    "about 12",
    "twelve",
    "inf",
    "nan",
    "#REF!",
    "0x1A",
    "1_000",
    "\u0661\u0662",
    "\u00bd",
    "9" * 400,
    "--5",
    "+-5",
]


@pytest.mark.parametrize(("text", "read_as"), NUMBERS.items())
def test_a_number_is_read(text, read_as):
    entry = read_number(text)
    assert (entry.value, entry.outcome) == read_as


@pytest.mark.parametrize(("text", "note"), REASONS.items())
def test_a_reason_is_read(text, note):
    entry = read_number(text)
    assert isinstance(entry.value, Missing)
    assert entry.value.note == note


@pytest.mark.parametrize("text", AMBIGUOUS_NUMBERS)
def test_what_may_mean_several_things_is_never_guessed(text):
    entry = read_number(text)
    assert (entry.value, entry.outcome) == (None, AMBIGUOUS)
    assert len(entry.reason) > 10


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_none(text):
    assert read_number(text).value is None


@given(st.integers(-(10**12), 10**12))
def test_any_whole_number_is_read_however_it_is_grouped(number):
    assert read_number(str(number)).value == number
    assert read_number(f"{number:,}").value == number
    assert read_number(f" {number}.0 ").value == number


@given(st.text(max_size=30))
def test_no_text_is_read_as_another_number(text):
    """What comes out of a text is its figures as they stand, or a word that the seeds know."""
    entry = read_number(text)
    if isinstance(entry.value, float) and not re.fullmatch(r"[a-z]+", text.strip().casefold()):
        bare = re.sub(r"[,+\s\u200b\u200e\u200f\u2060\ufeff]", "", text).replace("\u2212", "-")
        assert entry.value == float(bare)


# ------------------------------------------------------------------------------------------------ dates

DAY = date(2025, 3, 31)
DAYS = ["31/03/2025", "31.3.25", "31-3-2025", "31/3/25", "31 March 2025", "31st March 2025", "31 Mar 25", "31-Mar-2025"]
DAYS += [
    "March 31, 2025",
    "2025/03/31",
    "31/03/2025 00:00",
    "Monday 31 March 2025",
    " 31 . 3 . 2025 ",
    "2025-03-31 00:00:00",
]


@pytest.mark.parametrize("text", DAYS)
def test_a_day_is_read_day_first(text):
    entry = read_date(text, 2025)
    assert (entry.value, entry.outcome) == (DAY, REPAIRED)


def test_the_form_s_own_way_of_a_day_needs_no_repair():
    assert read_date("2025-03-31", 2025).outcome == PLAIN


def test_both_figures_below_13_are_day_first():
    assert read_date("12/03/2025", 2025).value == date(2025, 3, 12)
    assert read_date("12/03/25", 2025).value == date(2025, 3, 12)


@pytest.mark.parametrize("text", ["24/03/25", "03/31/2025", "25.3.24"])
def test_a_day_that_may_be_another_is_never_guessed(text):
    entry = read_date(text, 2025)
    assert (entry.value, entry.outcome) == (None, AMBIGUOUS)


@pytest.mark.parametrize(
    "text", ["March 2025", "2025", "45747", "31/02/2025", "soon", "32.1.2025", "31/13/2025", "", "1/2/3/2025"]
)
def test_what_is_no_day_is_none(text):
    assert read_date(text, 2025).value is None


@given(st.dates(date(2022, 1, 1), date(2026, 12, 31)), st.sampled_from(["/", ".", "-"]))
def test_any_day_is_read_in_every_british_way(day, mark):
    for text in (f"{day:%d}{mark}{day:%m}{mark}{day:%Y}", in_words(day), f"{day:%d %b %Y}", day.isoformat()):
        assert read_date(text, 2025).value == day
    short = read_date(f"{day:%d}{mark}{day:%m}{mark}{day:%y}", 2025)
    assert short.value == day or short.outcome == AMBIGUOUS


@given(st.text(max_size=20))
def test_no_text_breaks_the_reader_of_days(text):
    assert isinstance(read_date(text, 2025).value, date | None)


# --------------------------------------------------------------------------------- choices and indicators


def test_choices_are_read_under_their_other_names():
    services = {"adults": "adults", "children": "children"}
    assert read_choice(" Adults", services).outcome == PLAIN
    assert read_choice("Adult Social Care", services).value == "adults"
    assert read_choice("Children\u2019s services", services).value == "children"
    assert read_choice("both", services).outcome == UNKNOWN


@pytest.mark.parametrize("text", ["2; 9", "2,9", "2 & 9", "2 and 9", "Indicators 2, 9", "2;9;2"])
def test_indicator_codes_are_read(text):
    assert read_indicators(text, {"2", "9", "7a"}).value == "2; 9"


@pytest.mark.parametrize("text", ["10", "2-9", "all", "", "7c"])
def test_indicator_codes_that_are_none_are_not_read(text):
    assert read_indicators(text, {"2", "9", "7a"}).value is None


# ------------------------------------------------------------------------------------------------ synonyms


def test_no_words_mean_two_things_on_one_form():
    columns = read_seed("form_column")
    for _, sheet in columns.groupby("sheet"):
        for year in form_years():
            held = sheet[
                sheet["first_year"].astype(int).le(year) & sheet["last_year"].replace("", "9999").astype(int).ge(year)
            ]
            assert known_labels(held["column_label"], "column")["key"].is_unique
    for _, sheet in read_seed("form_record").groupby("sheet"):
        assert known_labels(sheet["column_label"].drop_duplicates(), "column")["key"].is_unique
    for scheme in form_schemes():
        assert known_labels(pd.Series([*group_rows(scheme), TOTAL_LABEL]), "row")["key"].is_unique
    assert known_labels(read_seed("form_cover")["label"], "cover_label")["key"].is_unique
    assert known_labels(read_seed("form_sheet")["sheet"].drop_duplicates(), "sheet")["key"].is_unique


def test_every_synonym_means_something_that_the_form_has():
    words = {
        "sheet": set(read_seed("form_sheet")["sheet"]),
        "column": {
            *read_seed("form_column")["column_label"],
            *read_seed("form_record")["column_label"],
            "Ethnic group",
        },
        "row": {TOTAL_LABEL, *(row for scheme in form_schemes() for row in group_rows(scheme))},
        "cover_label": {*read_seed("form_cover")["label"], "Your answer"},
        "entry": {"", "0", *read_seed("form_blank")["entry"]},
        "entry_shape": {""},
    }
    choices = "|".join([*read_seed("form_cover")["choices"], *read_seed("form_record")["choices"]]).split("|")
    words["cover"] = {*choices, *read_seed("ethnic_scheme")["scheme_name"]}
    seed = read_seed("form_synonym")
    assert set(seed["kind"]) == set(words)
    wrong = seed[[means not in words[kind] for kind, means in zip(seed["kind"], seed["means"], strict=True)]]
    assert wrong.empty
    assert seed.loc[seed["means"].eq(""), "reason"].ne("").all()


@pytest.mark.parametrize(
    ("label", "same"),
    [
        ("£30,000 to £69,999", "30000 TO 69999"),
        ("Asian/Asian British: Indian", "Asian / Asian British - Indian"),
        ("Fitness & practise", "Fitness and practise"),
        ("People\u2019s", "People's"),
        ("a \u2013 b", "a-b"),
    ],
)
def test_labels_are_the_same_whatever_their_marks(label, same):
    assert reduced(label) == reduced(same)


@pytest.mark.parametrize(("label", "other"), [("£70,000", "£70,000+"), ("<£30,000", "£30,000"), ("7a", "7b")])
def test_marks_that_tell_labels_apart_are_kept(label, other):
    assert reduced(label) != reduced(other)


# -------------------------------------------------------------------------------------------- a whole return


@pytest.fixture
def sound(tmp_path: Path) -> Reading:
    return read(write_return(tmp_path / "kent.xlsx"))


def test_repairs_are_said_and_give_the_figure(tmp_path):
    cells = {("Leavers", "B5"): "1,234", ("Leavers", "B6"): " 7 ", ("Leavers", "B7"): "nil", ("Leavers", "B8"): "*"}
    cells |= {("Leavers", "B9"): "<5", ("Leavers", "B10"): "n/a"}
    reading = altered(tmp_path, cells)
    leavers = reading.observations.query("measure == 'leavers'").set_index("cell")
    assert list(leavers.loc[["B5", "B6", "B7"], "value"]) == [1234, 7, 0]
    assert list(leavers.loc[["B8", "B9", "B10"], "value_note"]) == ["withheld", "invalid", "invalid"]
    assert list(leavers.loc[["B5", "B9"], "value_text"]) == ["1,234", "<5"]
    found = {cell: rule for (sheet, cell), rule in rules_by_cell(reading).items() if sheet == "Leavers"}
    assert found == dict.fromkeys(["B5", "B6", "B7", "B8"], "number_repaired") | dict.fromkeys(
        ["B9", "B10"], "ambiguous_number"
    )
    words = reading.issues.set_index("cell")["message"]
    assert words["B5"] == "'1,234' was read as 1234."
    assert "it gives a limit and not the number" in words["B9"]


def test_the_cover_is_repaired_and_said(tmp_path):
    cover = {
        "snapshot_date": "31/03/2024",
        "window_start": "1 April 2023",
        "service": "Adult social care",
        "consent_to_publish": "Y",
    }
    reading = read(write_return(tmp_path / "kent.xlsx", cover=cover | {"return_version": "2.0"}))
    facts = reading.facts.iloc[0]
    assert (facts["snapshot_date"], facts["window_start"]) == (date(2024, 3, 31), date(2023, 4, 1))
    assert (facts["service"], facts["return_version"], facts["is_consent_given"]) == ("adults", 2, True)
    found = rules_by_cell(reading)
    assert found == {
        (COVER_SHEET, "B10"): "date_repaired",
        (COVER_SHEET, "B11"): "date_repaired",
        (COVER_SHEET, "B8"): "choice_repaired",
        (COVER_SHEET, "B15"): "choice_repaired",
        (COVER_SHEET, "B9"): "number_repaired",
    }
    assert "'31/03/2024' was read as 31 March 2024." in set(reading.issues["message"])
    assert set(reading.issues["rule_code"].map(rules()["severity"])) == {"info"}


def test_a_date_that_may_be_another_is_one_error(tmp_path):
    reading = read(write_return(tmp_path / "kent.xlsx", cover={"snapshot_date": "03/31/2024"}))
    assert rules_by_cell(reading) == {(COVER_SHEET, "B10"): "ambiguous_date"}
    assert reading.facts["snapshot_date"].isna().all()


def test_one_date_with_the_month_first_leaves_the_others_in_figures_uncertain(tmp_path):
    american = {"snapshot_date": "03/31/2024", "window_start": "04/01/2023", "signed_off_on": "20 September 2024"}
    reading = read(write_return(tmp_path / "kent.xlsx", cover=american))
    assert rules_by_cell(reading) == {
        (COVER_SHEET, "B10"): "ambiguous_date",
        (COVER_SHEET, "B11"): "ambiguous_date",
        (COVER_SHEET, "B13"): "date_repaired",
    }
    assert reading.facts[["snapshot_date", "window_start"]].isna().all(axis=None)
    # What cannot be otherwise, and another return's dates, stand.
    certain = american | {"window_start": "02/02/2024", "signed_off_on": "20/09/2024"}
    sent = read_cells(write_return(tmp_path / "us.xlsx", cover=certain), "us")
    sent += read_cells(write_return(tmp_path / "uk.xlsx", cover={"window_start": "01/04/2023"}, version=2), "uk")
    facts = read_returns(sent)[0].facts.set_index("submission_id")
    assert facts.at["uk", "window_start"] == date(2023, 4, 1)
    assert (facts.at["us", "window_start"], facts.at["us", "signed_off_on"]) == (date(2024, 2, 2), date(2024, 9, 20))


def moved(book: dict, sheet: str, rows: int, columns: int) -> None:
    book[sheet] = [[]] * rows + [[""] * columns + row for row in book[sheet]]


def test_tables_are_found_wherever_they_stand(tmp_path, sound):
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    for sheet in form_for(YEAR).count_sheets:
        moved(book, sheet.name, 5, 3)
    moved(book, COVER_SHEET, 2, 1)
    reading = read(write_book(tmp_path / "moved.xlsx", book))
    assert figures(reading) == figures(sound)
    assert len(reading.issues) == 0


def test_labels_in_other_words_are_read_and_said(tmp_path, sound):
    cells = {
        ("Workforce", "C4"): "Under £30k",
        ("Workforce", "D4"): "£30,000 \u2013 £69,999",
        ("Workforce", "A4"): "Ethnicity",
        ("Leavers", "B4"): "Number of leavers",
        ("Leavers", "A6"): "Mixed / multiple ethnic groups",
        ("Leavers", "A10"): "Prefer not to say",
        (COVER_SHEET, "A10"): "Date of snapshot",
    }
    reading = altered(tmp_path, cells)
    assert figures(reading) == figures(sound)
    assert set(rules_by_cell(reading).items()) == {(place, "label_repaired") for place in cells}


def test_sheets_in_other_words_are_read_and_said(tmp_path, sound):
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    names = {
        "Fitness to practise": "Fitness to practice",
        "Leavers": "LEAVERS ",
        "Senior management": "Senior managers",
        "Cover": "Front sheet",
    }
    reading = read(write_book(tmp_path / "named.xlsx", {names.get(name, name): rows for name, rows in book.items()}))
    assert figures(reading) == figures(sound)
    assert set(reading.issues["sheet"]) == {"Fitness to practice", "Senior managers", "Front sheet"}
    assert set(reading.issues["rule_code"]) == {"label_repaired"}


def test_two_columns_for_one_measure_are_both_kept_for_the_check(tmp_path):
    reading = altered(tmp_path, {("Leavers", "C4"): "Leavers", ("Leavers", "C5"): 9})
    twice = reading.observations.query("measure == 'leavers' and ethnic_value == 'White'")
    assert list(twice["cell"]) == ["B5", "C5"]


def test_a_table_without_its_first_heading_is_still_read(tmp_path, sound):
    reading = altered(tmp_path, {("Leavers", "A4"): "Group of staff"})
    assert figures(reading) == figures(sound)
    assert rules_by_cell(reading) == {("Leavers", "A4"): "cell_not_recognised"}


def test_guidance_that_was_written_over_is_named(tmp_path):
    reading = altered(tmp_path, {("Leavers", "A2"): "Figures from payroll", ("Leavers", "A3"): "not audited"})
    assert rules_by_cell(reading) == dict.fromkeys([("Leavers", "A2"), ("Leavers", "A3")], "cell_not_recognised")


def test_a_total_that_was_typed_over_is_compared(tmp_path):
    reading = altered(tmp_path, {("Leavers", "B11"): 999})
    [total] = reading.observations.query("measure == 'leavers' and ethnic_value == 'Total'")["value"]
    assert total == 999


def merged(folder: Path, ranges: dict[str, str], name: str = "merged.xlsx") -> Path:
    """Write a sound return with cells merged by sheet, as a spreadsheet program does."""
    book = load_workbook(write_return(folder / "sound.xlsx"))
    for sheet, cells in ranges.items():
        book[sheet].merge_cells(cells)
    book.save(folder / name)
    return folder / name


def test_a_count_in_merged_cells_is_no_group_s(tmp_path, sound):
    ranges = {"Recruitment": "B5:B9", "Leavers": "A5:A6", "Survey": "B4:C4", "Development": "A1:F1"}
    reading = read(merged(tmp_path, ranges))
    told = reading.issues.query("rule_code == 'merged_cells'")
    groups = len(group_rows(SCHEME))
    assert {("Recruitment", "B5"), ("Leavers", "B5"), ("Survey", "B5")} <= set(rules_by_cell(reading))
    assert told.groupby("sheet").size().to_dict() == {"Recruitment": 1, "Leavers": 1, "Survey": groups}
    assert "over B5:B9" in told.set_index("sheet").at["Recruitment", "message"]
    held, set_aside = figures(reading), {"shortlisted", "leavers", "survey_respondents"}
    aside = {key for key, value in held.items() if pd.isna(value)}
    assert {measure for measure, *_ in aside} == set_aside
    assert {key: value for key, value in held.items() if key not in aside}.items() <= figures(sound).items()
    notes = reading.observations.query("sheet == 'Recruitment' and cell == 'B5'")["value_note"]
    assert list(notes) == ["invalid"]


def test_many_cells_outside_the_form_are_one_issue_and_none_is_lost(tmp_path, sound):
    cells = {("Working", f"{letter}{row}"): row for letter in "BC" for row in range(2, 32)}
    reading = altered(tmp_path, cells | {("Leavers", "H9"): 3})
    assert rules_by_cell(reading) == {("Working", ""): "cells_not_recognised", ("Leavers", "H9"): "cell_not_recognised"}
    words = reading.issues.set_index("rule_code").at["cells_not_recognised", "message"]
    assert "60 filled cells" in words
    assert "B2 to C31" in words
    assert reading.facts["cells_in_issues"].tolist() == [61]
    assert figures(reading) == figures(sound)


def test_a_copy_of_a_sheet_is_read_and_what_both_give_is_given_twice(tmp_path, sound):
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    alone = {("Workforce (2)" if name == "Workforce" else name): rows for name, rows in book.items()}
    reading = read(write_book(tmp_path / "alone.xlsx", alone))
    assert figures(reading) == figures(sound)
    assert rules_by_cell(reading) == {("Workforce (2)", ""): "label_repaired"}
    both = read(write_book(tmp_path / "both.xlsx", book | {"Leavers (2)": book["Leavers"]}))
    leavers = both.observations.query("measure == 'leavers' and ethnic_value == 'White'")
    assert set(leavers["sheet"]) == {"Leavers", "Leavers (2)"}
    assert ("Leavers (2)", "") in rules_by_cell(both)


def test_half_a_return_is_received_for_its_sound_sheets(tmp_path, sound):
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    book.pop("Leavers")
    book["Survey"] = book["Survey"][:3]
    reading = read(write_book(tmp_path / "half.xlsx", book))
    lacking = reading.issues.query("rule_code == 'columns_not_found'")
    assert set(lacking["sheet"]) == {"Leavers", "Survey"}
    gone = {"leavers", "survey_respondents", "harassed_by_public", "harassed_by_colleagues", "harassed_by_managers"}
    assert figures(reading) == {key: value for key, value in figures(sound).items() if key[0] not in gone}


def test_a_hidden_sheet_is_read_and_said(tmp_path):
    path = tmp_path / "hidden.xlsx"
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    with xlsxwriter.Workbook(path) as workbook:
        for name, rows in (book | {"Working": [["from payroll", 3]]}).items():
            page = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value not in ("", None):
                        page.write_string(number, column, text_of(value))
            if name in {"Working", "Leavers"}:
                page.hide()
    reading = read(path)
    hidden = reading.issues.query("rule_code == 'hidden_sheet_read'")
    assert set(hidden["sheet"]) == {"Working", "Leavers"}
    assert rules_by_cell(reading)["Working", "B1"] == "cell_not_recognised"
    assert reading.observations["measure"].eq("leavers").any()


def test_a_cell_that_the_reader_loses_is_our_error_and_stops_no_other(tmp_path, monkeypatch):
    def forgets(cells: pd.DataFrame, facts: pd.DataFrame) -> object:
        found = real(cells, facts)
        found.observations = found.observations[
            ~(found.observations["cell"].eq("B6") & found.observations["submission_id"].eq("a"))
        ]
        return found

    real = read_return.read_counts
    monkeypatch.setattr(read_return, "read_counts", forgets)
    monkeypatch.setattr(
        read_return,
        "issue_frame",
        lambda ids, rule, cells, real=read_return.issue_frame: real(
            ids, rule, cells[:0] if rule == "cell_not_recognised" else cells
        ),
    )
    paths = [
        write_return(tmp_path / "kent.xlsx"),
        write_return(tmp_path / "medway.xlsx", organisation_code="E06000035"),
    ]
    reading, _ = read_returns([*read_cells(paths[0], "a"), *read_cells(paths[1], "b")])
    [lost] = reading.issues.to_dict("records")
    assert (lost["submission_id"], lost["rule_code"]) == ("a", "reader_lost_cells")
    assert "Workforce B6" in lost["message"]
    assert rules().at["reader_lost_cells", "responsible"] == "programme"


# ----------------------------------------------------------------------------------------- tables (csv)


def table_lines(path: Path) -> list[tuple[str, str, str, str]]:
    """Return a workbook as the lines of a table: sheet, row, column and value of each answer, count and entry."""
    book, lines = read_book(path), []
    for sheet in form_for(YEAR).sheets:
        firsts = {"cover": COVER_HEADINGS[0], "counts": GROUP_HEADING}
        labels = {column.label for column in sheet.columns} | {field.label for field in sheet.fields}
        labels |= {COVER_HEADINGS[1]} if sheet.kind == "cover" else set()
        first = firsts.get(sheet.kind) or (sheet.fields[0].label if sheet.fields else None)
        if first is None:
            continue
        rows = book[sheet.name]
        heading = next(number for number, row in enumerate(rows) if row and row[0] == first)
        for number, row in enumerate(rows[heading + 1 :], 1):
            for label, value in zip(rows[heading], row, strict=False):
                if label in labels and value not in ("", None):
                    line = str(number) if sheet.kind == "records" else row[0]
                    lines.append((sheet.name, line, label, text_of(value)))
    return lines


def text_of(value: object) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def write_csv(path: Path, lines: list[tuple[str, ...]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([("sheet", "row", "column", "value"), *lines])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


RECORDS = {
    "action_plan": [
        {
            "action_reference": "A1",
            "theme": "Culture",
            "indicators": "6 & 7a",
            "objective": "o",
            "action": "a",
            "lead_role": "Head of HR",
            "time_scale": "Short term",
            "due_on": "31/12/2025",
            "progress": "In progress",
        },
        {"action_reference": "A2", "theme": "culture", "objective": "half"},
    ],
    "experience": [
        {"theme": "culture", "indicators": "6", "account": "An account to keep apart", "has_agreed": "yes"},
        {"theme": "culture", "indicators": "6", "account": "An account without a yes"},
        {"theme": "culture", "indicators": "6", "account": "An account with a no", "has_agreed": "no"},
    ],
}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_table_says_what_the_workbook_says(tmp_path, encoding, delimiter):
    book = write_return(tmp_path / "kent.xlsx", records=RECORDS)
    path = write_csv(tmp_path / "kent.csv", table_lines(book), encoding, delimiter)
    assert is_return(path)
    reading, sound = read(path), read(book)
    assert figures(reading) == figures(sound)
    same = ["organisation_code", "service", "snapshot_date", "signed_off_on", "ethnic_scheme", "return_version"]
    assert reading.facts[same].equals(sound.facts[same])
    assert sorted(reading.experiences["account"]) == sorted(sound.experiences["account"])
    is_old = encoding in {"utf-16", "utf-16-le", "cp1252"}
    assert ("characters_repaired" in set(reading.issues["rule_code"])) == is_old


def test_cells_of_a_table_are_named_by_their_line(tmp_path):
    lines = [
        *table_lines(write_return(tmp_path / "kent.xlsx")),
        ("Leavers", "Jedi", "Left the organisation", "4"),
        ("Notes", "", "", "a note"),
    ]
    path = write_csv(tmp_path / "kent.csv", lines)
    reading = read(path)
    last = len(lines) + 1
    assert set(reading.issues["sheet"]) == {""}
    found = {cell: rule for (_, cell), rule in rules_by_cell(reading).items() if rule == "cell_not_recognised"}
    assert {f"D{last - 1}", f"B{last - 1}", f"D{last}", f"A{last}"} == set(found)
    line = 2 + next(number for number, one in enumerate(lines) if one[:2] == ("Leavers", "White"))
    [cell] = reading.observations.query("measure == 'leavers' and ethnic_value == 'White'")["cell"]
    assert cell == f"D{line}"


def test_a_line_twice_is_two_figures_for_the_check(tmp_path):
    lines = table_lines(write_return(tmp_path / "kent.xlsx"))
    twice = next(line for line in lines if line[:2] == ("Leavers", "White"))
    reading = read(write_csv(tmp_path / "kent.csv", [*lines, (*twice[:3], "99")]))
    rows = reading.observations.query("measure == 'leavers' and ethnic_value == 'White'")
    assert len(rows) == 2
    assert rows["cell"].is_unique


# ------------------------------------------------------------------------------------ other kinds of workbook


def ods_cell(value: object) -> str:
    if value in ("", None):
        return "<table:table-cell/>"
    if isinstance(value, date):
        kind = f'office:value-type="date" office:date-value="{value:%Y-%m-%d}"'
    elif isinstance(value, float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    text = str(value).replace("&", "&amp;").replace("<", "&lt;")
    return f"<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>"


def ods_rows(rows: list[list]) -> str:
    cells = ("".join(map(ods_cell, row)) or "<table:table-cell/>" for row in rows)
    return "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)


def test_an_open_document_is_read(tmp_path, sound):
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    path = write_ods(tmp_path / "kent.ods", {name: ods_rows(rows) for name, rows in book.items()})
    reading = read(path)
    assert figures(reading) == figures(sound)
    assert reading.facts["snapshot_date"].tolist() == [COVER["snapshot_date"]]
    assert len(reading.issues) == 0


def test_errors_and_merged_cells_of_an_open_document_are_no_blanks(tmp_path):
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    sheets = {name: ods_rows(rows) for name, rows in book.items()}
    error = '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value="" '
    error += 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
    error += 'calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
    unsaved = '<table:table-cell table:formula="of:=12+3"/>'
    cells = [f"<table:table-row>{ods_cell(group)}{{}}</table:table-row>" for group in ("White", group_rows(SCHEME)[1])]
    head, *_ = sheets["Leavers"].partition(ods_cell("White"))
    sheets["Leavers"] = head.removesuffix("<table:table-row>") + cells[0].format(error) + cells[1].format(unsaved)
    wide = '<table:table-cell table:number-rows-spanned="3" '
    before, row, after = sheets["Recruitment"].partition(ods_cell("White"))
    sheets["Recruitment"] = before + row + after.replace("<table:table-cell ", wide, 1)
    reading = read(write_ods(tmp_path / "kent.ods", sheets))
    found = rules_by_cell(reading)
    assert found["Leavers", "B5"] == "not_a_number"
    assert found["Leavers", "B6"] == "formula_without_result"
    assert found["Recruitment", "B5"] == "merged_cells"
    texts = reading.observations.query("sheet == 'Leavers'").set_index("cell")["value_text"]
    assert dict(texts) == {"B5": "#N/A", "B6": "=12+3"}


@pytest.mark.parametrize("kind", ["xls", "ods", "xlsm"])
def test_a_workbook_saved_by_another_program_is_read(tmp_path, kind):
    if not os.environ.get("WRES_TEST_FULL"):
        pytest.skip("starts LibreOffice, which takes long: full runs only (WRES_TEST_FULL=1)")
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    sound = write_return(tmp_path / "kent.xlsx")
    options = [
        "--headless",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--convert-to",
        kind,
        "--outdir",
        tmp_path / "out",
    ]
    subprocess.run(["soffice", *options, sound], check=True, capture_output=True, timeout=120)
    reading = read(tmp_path / "out" / f"kent.{kind}")
    assert figures(reading) == figures(read(sound))
    assert list(reading.facts["organisation_code"]) == [KENT]


# -------------------------------------------------------------------------------------------------- records


@pytest.fixture
def with_records(tmp_path: Path) -> Reading:
    return read(write_return(tmp_path / "kent.xlsx", records=RECORDS))


def entries_of(reading: Reading, topic: str, row: int) -> dict[str, str]:
    rows = reading.observations.query("measure == @topic and row_number == @row")
    return dict(zip(rows["breakdown"], rows["value_text"], strict=True))


def test_entries_of_records_are_read_in_the_form_s_words(with_records):
    found = entries_of(with_records, "action_plan", 5)
    assert found | {} == {
        "action_reference": "A1",
        "theme": "culture",
        "indicators": "6; 7a",
        "objective": "o",
        "action": "a",
        "lead_role": "Head of HR",
        "time_scale": "short",
        "due_on": "2025-12-31",
        "progress": "under way",
    }
    said = with_records.issues.query("sheet == 'Action plan'").set_index("cell")["message"]
    assert said["C5"] == "'6 & 7a' was read as 6; 7a."
    assert said["K5"] == "'31/12/2025' was read as 31 December 2025."


def test_complete_records_are_read_without_a_word(tmp_path):
    """One sheet at a time too: what is empty on the others must not matter."""
    whole = {
        "action_plan": RECORDS["action_plan"][0] | {"indicators": "6; 7a", "time_scale": "short", "progress": "done"},
        "good_practice": {"title": "t", "theme": "culture", "indicators": "2", "what_was_done": "w"},
        "experience": RECORDS["experience"][0],
        "reply": {"issue_reference": "3F9A-12C7-08", "reply": "We checked the figure."},
    }
    whole["action_plan"]["due_on"] = date(2025, 12, 31)
    whole["good_practice"] |= {"what_changed": "c", "may_be_shared": "yes"}
    for number in range(1 << len(whole)):
        records = {topic: [line] for bit, (topic, line) in enumerate(whole.items()) if number >> bit & 1}
        reading = read(write_return(tmp_path / f"{number}.xlsx", records=records))
        assert len(reading.issues) == 0
        assert len(reading.experiences) == ("experience" in records)


def test_a_record_with_empty_fields_is_said(with_records):
    lacking = with_records.issues.query("rule_code == 'record_incomplete' and sheet == 'Action plan'")
    assert set(lacking["cell"]) == {"C6", "E6", "F6", "J6", "L6"}


def test_accounts_are_kept_apart_and_only_with_agreement(with_records):
    accounts = with_records.experiences
    assert list(accounts.columns) == EXPERIENCE_COLUMNS
    assert accounts.to_dict("records") == [
        {
            "submission_id": "a",
            "row_number": 5,
            "theme": "culture",
            "indicators": "6",
            "account": "An account to keep apart",
            "has_agreed": True,
        }
    ]
    assert entries_of(with_records, "experience", 5) == {"theme": "culture", "indicators": "6", "has_agreed": "yes"}
    refused = with_records.issues.query("rule_code == 'experience_without_agreement'")
    assert set(refused["cell"]) == {"A6", "B6", "C6", "A7", "B7", "C7", "D7"}
    for frame in (with_records.observations, with_records.issues, with_records.facts):
        assert "An account" not in frame.astype(str).to_csv()


def test_no_issue_quotes_a_text_of_a_sheet_of_experiences(tmp_path):
    cells = {
        ("Experience", "F5"): "A story in the wrong column",
        ("Experience", "A9"): "A story in the place of a theme",
    }
    cells |= {("Experience", "D9"): "yes", ("Experience", "C9"): "A story"}
    reading = altered(tmp_path, cells)
    for frame in (reading.observations, reading.issues):
        assert "story" not in frame.astype(str).to_csv().casefold()
    assert {("Experience", "F5"), ("Experience", "A9")} <= set(rules_by_cell(reading))


def test_an_entry_that_is_no_choice_is_not_kept(tmp_path):
    record = {
        "action_reference": "A1",
        "theme": "weather",
        "indicators": "99",
        "due_on": "24/03/25",
        "progress": "done",
    }
    reading = read(write_return(tmp_path / "kent.xlsx", records={"action_plan": [record]}))
    found = rules_by_cell(reading)
    assert (found["Action plan", "B5"], found["Action plan", "C5"]) == (
        "record_not_understood",
        "record_not_understood",
    )
    assert found["Action plan", "K5"] == "ambiguous_date"
    assert set(entries_of(reading, "action_plan", 5)) == {"action_reference", "progress"}


# -------------------------------------------------------------------------------------------- nothing is lost


@pytest.mark.parametrize("year", form_years())
@pytest.mark.parametrize("scheme", form_schemes())
def test_every_cell_of_a_form_is_counted_once(tmp_path, year, scheme):
    reading = read(
        write_return(tmp_path / "kent.xlsx", year=year, scheme=scheme, records=RECORDS if scheme == SCHEME else None)
    )
    facts = reading.facts.iloc[0]
    assert facts["cells_used"] > 20
    assert facts["cells_recognised"] > 50
    assert facts["cells_in_issues"] == 0 or scheme == SCHEME


def test_sums_that_were_not_worked_out_are_recognised(tmp_path):
    reading = altered(tmp_path, {("Leavers", "B11"): Formula("=SUM(B5:B10)", "")})
    assert len(reading.issues) == 0
