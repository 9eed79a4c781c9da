"""The form of each collection year, and the workbook that is written from it."""

import os
import re
import shutil
import subprocess
import zipfile
from datetime import date
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook
from receive_files import KENT, YEAR, complete_values, write_return

from wres.cli import main
from wres.form import (
    COVER_SHEET,
    GROUP_HEADING,
    HEADING_ROW,
    TOTAL_LABEL,
    blank_entries,
    form_for,
    form_schemes,
    form_years,
    group_rows,
    own_words,
    write_form,
)
from wres.form_definition import group_label, guidance_lines, headline_rows, in_force, words
from wres.form_last_year import LastYear, from_workbook
from wres.form_page import GUIDANCE_WIDTH, STATES, looks
from wres.home import open_home
from wres.read_return import read_cells, read_returns
from wres.receive import receive
from wres.reference import read_seed

FULL = os.environ.get("WRES_TEST_FULL") == "1"
FIRST_ROW = HEADING_ROW + 2  # of every table, counted from 1
REFERENCE = re.compile(r"(?:'([^']+)'|\b([A-Z][a-z]+))!\$([A-Z]+)\$(\d+)(?::\$([A-Z]+)\$(\d+))?")


@pytest.fixture(params=form_years(), scope="module")
def form_book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Workbook]:
    """Return each year's form with the year."""
    folder = tmp_path_factory.mktemp("forms")
    return request.param, load_workbook(write_form(folder / "form.xlsx", request.param, KENT, "adults"))


def references(formula: str) -> list[tuple[str, str, int, int]]:
    """Return the ranges on named sheets that a formula reads: sheet, column, first and last row."""
    found = REFERENCE.findall(formula)
    return [(quoted or plain, column, int(top), int(bottom or top)) for quoted, plain, column, top, _, bottom in found]


def table_of(sheet: Worksheet) -> tuple[int, int]:
    """Return the last row and column of a sheet's table, counted from 1."""
    [table] = sheet.tables.values()
    left, top, right, bottom = range_boundaries(table.ref)
    assert (left, top) == (1, HEADING_ROW + 1), sheet.title
    return bottom, right


def heading(sheet: Worksheet, column: str) -> str:
    return sheet[f"{column}{HEADING_ROW + 1}"].value


def measures(year: int) -> set[str]:
    return {column.measure for sheet in form_for(year).count_sheets for column in sheet.columns}


def bands(year: int) -> list[str]:
    return [
        column.breakdown
        for sheet in form_for(year).count_sheets
        for column in sheet.columns
        if column.measure == "staff"
    ]


def cells(path: Path, sheet: str) -> list[list]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def cover_of(path: Path) -> dict:
    return {row[0]: row[1] for row in cells(path, COVER_SHEET)[HEADING_ROW + 1 :]}


def test_every_year_counts_what_the_nine_indicators_need():
    definitions = read_seed("indicator_register").query("collection == 'sc-wres'")
    for year in form_years():
        in_force = definitions[
            (definitions["first_year"].astype(int) <= year)
            & (definitions["last_year"].replace("", "9999").astype(int) >= year)
        ]
        needed = {*in_force["numerator_measure"], *in_force["denominator_measure"]}
        assert needed == measures(year), year
        assert {code[0] for code in in_force["indicator_code"]} == set("123456789"), year


def test_an_indicator_has_one_definition_a_year():
    definitions = read_seed("indicator_register")
    for _, versions in definitions.groupby(["collection", "indicator_code"]):
        ordered = versions.sort_values("definition_version", key=lambda version: version.astype(int))
        last = ordered["last_year"].replace("", "9999").astype(int).tolist()
        first = ordered["first_year"].astype(int).tolist()
        assert all(end < start for end, start in zip(last[:-1], first[1:], strict=True))
        assert ordered["breaks_with_previous"].iloc[0] == "false"


def test_seeds_of_the_form_agree_with_each_other():
    columns = read_seed("form_column")
    assert set(columns["sheet"]) <= set(read_seed("form_sheet")["sheet"])
    assert set(columns["measure"]) <= set(read_seed("measure")["measure"])
    assert set(columns["breakdown"]) - {"all"} == set(read_seed("pay_band_register")["pay_band"])
    within = set(read_seed("measure")["within_measure"]) - {""}
    assert within <= set(read_seed("measure")["measure"])


@pytest.mark.parametrize(
    ("measure", "years"),
    [
        ("fitness_to_practise_entered", {2021, 2023}),
        ("fitness_to_practise_referred", {2024, 2025}),
        ("harassed_by_colleagues_or_managers", {2025}),
        ("harassed_by_colleagues", {2021, 2023, 2024, 2025}),
    ],
)
def test_a_measure_is_on_the_forms_of_its_years(measure, years):
    assert {year for year in (2021, 2023, 2024, 2025) if measure in measures(year)} == years


def test_pay_bands_follow_the_year():
    assert bands(2023) == ["all", *(f"Own pay band {number}" for number in range(1, 9))]
    assert bands(2024) == [
        "all",
        "Under £30,000",
        "£30,000 to £69,999",
        "£70,000 and over",
        "Pay band not known",
    ]
    assert "own_pay_band_1_from" in {field.field for field in form_for(2021).cover}
    assert "own_pay_band_1_from" not in {field.field for field in form_for(2024).cover}


def test_rows_are_the_groups_of_the_scheme_and_not_known():
    sizes = {scheme: len(group_rows(scheme)) - 1 for scheme in form_schemes()}
    stated = read_seed("ethnic_scheme").set_index("scheme")["groups"].astype(int)
    assert sizes == {scheme: stated[scheme] for scheme in form_schemes()}
    assert sorted(sizes.values()) == [2, 5, 16, 18, 19]
    assert all(group_rows(scheme)[-1] == "Not known" for scheme in form_schemes())


def test_same_arguments_give_the_same_bytes(tmp_path):
    first = write_form(tmp_path / "a.xlsx", 2025, "E10000016", "adults")
    second = write_form(tmp_path / "b.xlsx", 2025, "E10000016", "adults")
    other = write_form(tmp_path / "c.xlsx", 2025, "E10000016", "children")
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_a_form_for_an_organisation_names_it(tmp_path):
    path = write_form(tmp_path / "form.xlsx", 2025, "E10000016", "adults")
    cover = cover_of(path)
    assert cover["Organisation code"] == "E10000016"
    assert cover["Organisation name"] == "Kent"
    assert cover["Service"] == "adults"
    assert cover["Collection year"] == 2025
    assert cover["Ethnic groups used in this form"] == "Census 2021, 19 groups"
    assert cover["Snapshot date"] == ""


def test_the_workbook_holds_the_values_given(tmp_path):
    groups = group_rows("major_5")
    staff = [100, 20, 30, 0, 5, 7]
    leavers = ["not collected"] * len(groups)
    path = write_form(
        tmp_path / "form.xlsx",
        2025,
        scheme="major_5",
        values={("staff", "all"): staff, ("leavers", "all"): leavers},
        cover={"snapshot_date": date(2025, 3, 31), "consent_to_publish": "no"},
        version=2,
    )
    workforce = cells(path, "Workforce")
    assert workforce[HEADING_ROW][:2] == [GROUP_HEADING, "Total staff"]
    body = workforce[HEADING_ROW + 1 :][: len(groups) + 1]
    assert [row[0] for row in body] == [*groups, TOTAL_LABEL]
    assert [row[1] for row in body] == [*staff, sum(staff)]
    assert [row[2] for row in body] == [""] * (len(groups) + 1)
    assert [row[1] for row in cells(path, "Leavers")[HEADING_ROW + 1 :]][: len(groups) + 1] == [*leavers, ""], (
        "no number, no sum"
    )
    cover = cover_of(path)
    assert cover["Snapshot date"] == date(2025, 3, 31)
    assert cover["Version of this return"] == 2
    assert cover["May figures that name the organisation be published?"] == "no"


def test_every_column_is_on_its_sheet_in_order(form_book):
    year, book = form_book
    assert book.sheetnames == [sheet.name for sheet in form_for(year).sheets]
    for sheet in form_for(year).count_sheets:
        page = book[sheet.name]
        _, last = table_of(page)
        headings = [page.cell(HEADING_ROW + 1, column).value for column in range(1, last + 1)]
        assert headings == [GROUP_HEADING, *(column.label for column in sheet.columns), words("check_column")]
        assert all(page.cell(row, column).value is None for row in range(1, 4) for column in range(2, last + 1))


def test_guidance_on_the_cover_is_the_seed_s(tmp_path):
    path = write_form(tmp_path / "form.xlsx", 2021)
    guidance = [row[2] for row in cells(path, COVER_SHEET)[HEADING_ROW + 1 :]]
    assert guidance == [field.guidance for field in form_for(2021).cover]


def test_synthetic_is_on_every_sheet_and_in_the_properties(tmp_path):
    path = write_form(tmp_path / "form.xlsx", 2024, synthetic=True)
    names = CalamineWorkbook.from_path(path).sheet_names
    assert all(cells(path, name)[0][0].startswith("Synthetic") for name in names)
    with zipfile.ZipFile(path) as parts:
        assert "Synthetic" in parts.read("docProps/core.xml").decode()
    plain = write_form(tmp_path / "plain.xlsx", 2024)
    with zipfile.ZipFile(plain) as parts:
        assert not any(b"ynthetic" in parts.read(name) for name in parts.namelist())


# ------------------------------------------------------------------------------------------------ what can be filled


def expected_entries(year: int, book: Workbook) -> dict[str, set[str]]:
    """Return, by sheet, the cells that are there to be filled in."""
    form, rows = form_for(year), len(group_rows("census_2021_19"))
    made_for = {"collection_year", "ethnic_detail", "organisation_code", "organisation_name", "service"}
    found = {COVER_SHEET: {f"B{row}" for row, one in enumerate(form.cover, FIRST_ROW) if one.field not in made_for}}
    for sheet in form.sheets:
        if sheet.kind == "counts":
            width, last = len(sheet.columns), FIRST_ROW + rows - 1
            letters = [book[sheet.name].cell(1, column).column_letter for column in range(2, 2 + width)]
        elif sheet.kind == "records":
            last = table_of(book[sheet.name])[0]
            letters = [book[sheet.name].cell(1, column).column_letter for column in range(1, 1 + len(sheet.fields))]
        else:
            continue
        found[sheet.name] = {f"{letter}{row}" for letter, row in product(letters, range(FIRST_ROW, last + 1))}
    return found


def test_only_what_is_to_be_filled_in_can_be_changed(form_book):
    year, book = form_book
    expected = expected_entries(year, book)
    for page in book:
        unlocked = {cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked}
        assert unlocked == expected.get(page.title, set()), page.title
        assert page.protection.sheet
        assert not page.protection.password, "no password: the form is the organisation's own"


def test_every_entry_is_checked_as_it_is_typed(form_book):
    year, book = form_book
    for sheet in form_for(year).count_sheets:
        page = book[sheet.name]
        rules = {str(rule.sqref): rule for rule in page.data_validations.dataValidation}
        covered = {cell for place in rules for row in page[place] for (cell) in [row[0].coordinate, row[-1].coordinate]}
        assert len(rules) == len(sheet.columns)
        for (place, rule), column in zip(rules.items(), sheet.columns, strict=True):
            first = place.split(":")[0]
            assert heading(page, first.rstrip("0123456789")) == column.label
            assert (rule.type, rule.errorStyle or "stop") == ("custom", "stop")
            assert set(re.findall(r"\b[A-Z]+\d+\b", rule.formula1)) == {first}, "written for its topmost cell"
            assert all(f'{first}="{word}"' in rule.formula1 for word in blank_entries())
            assert column.guidance in rule.prompt
            assert all(word in rule.prompt and word in rule.error for word in blank_entries())
        assert covered <= expected_entries(year, book)[sheet.name]


def test_choices_and_dates_are_offered_and_checked(form_book):
    year, book = form_book
    form = form_for(year)
    cover = {str(rule.sqref): rule for rule in book[COVER_SHEET].data_validations.dataValidation}
    for row, field in enumerate(form.cover, FIRST_ROW):
        rule = cover.get(f"B{row}")
        if field.kind == "date":
            assert rule.type == "date"
        elif "|" in field.choices:
            assert (rule.type, rule.formula1) == ("list", f'"{field.choices.replace("|", ",")}"')
    themes = ",".join(read_seed("theme")["theme_name"])
    for sheet in form.record_sheets:
        rules = book[sheet.name].data_validations.dataValidation
        kinds = {"choice": "list", "date": "date"}
        for rule, field in zip(rules, sheet.fields, strict=True):
            assert (rule.type or "none") == kinds.get(field.kind, "none"), field.label
            assert field.guidance in rule.prompt
            if field.choices == "theme":
                assert rule.formula1 == f'"{themes}"'


def test_messages_fit_into_a_cell_s_pop_up(form_book):
    # Excel drops the whole rule when its message is longer.
    for page in form_book[1]:
        for rule in page.data_validations.dataValidation:
            assert len(rule.prompt or "") <= 255
            assert len(rule.error or "") <= 225
            assert len(rule.promptTitle or "") <= 32
            assert len(rule.formula1 or "") <= 255


def test_a_form_for_nobody_offers_every_organisation_by_name(tmp_path):
    book = load_workbook(write_form(tmp_path / "open.xlsx", 2025))
    cover = {row[0].value: row[1] for row in book[COVER_SHEET].iter_rows(min_row=FIRST_ROW)}
    [rule] = [
        rule
        for rule in book[COVER_SHEET].data_validations.dataValidation
        if str(rule.sqref) == cover["Organisation name"].coordinate
    ]
    [(sheet, column, first, last)] = references(rule.formula1)
    names = [book[sheet][f"{column}{row}"].value for row in range(first, last + 1)]
    assert {"Kent", "Skills for Care"} <= set(names)
    assert names == sorted(names)
    assert book[sheet].sheet_state == "hidden"
    assert "MATCH" in cover["Organisation code"].value
    assert not cover["Organisation name"].protection.locked
    assert not cover["Service"].protection.locked


# -------------------------------------------------------------------------------------------------------- guidance


def test_all_guidance_of_the_seeds_is_on_the_form(form_book):
    year, book = form_book
    texts = {page.title: {cell.value for row in page.iter_rows() for cell in row} for page in book}
    for row in in_force("form_guidance", year):
        sheets = [row["sheet"]] if row["sheet"] else [sheet.name for sheet in form_for(year).count_sheets]
        if row["kind"] == "blanks":
            reasons = read_seed("form_blank").to_dict("records")
            assert all({row["text"].format_map(reason) for reason in reasons} <= texts[sheet] for sheet in sheets)
        else:
            assert all(row["text"] in texts[sheet] for sheet in sheets), row
    for sheet in form_for(year).record_sheets:
        assert {field.guidance for field in sheet.fields} <= texts[sheet.name]
    everything = " ".join(str(text) for found in texts.values() for text in found)
    assert not re.search(r"\{\w+\}", everything), "a placeholder was left"


def test_guidance_of_every_column_is_beside_its_table(form_book):
    year, _ = form_book
    for sheet in form_for(year).count_sheets:
        lines = " ".join(line.text for line in guidance_lines(year, sheet.name))
        assert all(column.guidance in lines for column in sheet.columns)
        assert {"What counts", "What does not count", "Worked example"} <= {
            line.text for line in guidance_lines(year, sheet.name) if line.kind == "heading"
        }


def test_lines_of_guidance_fit_beside_the_table():
    for year in form_years():
        for sheet in form_for(year).count_sheets:
            for line in guidance_lines(year, sheet.name):
                assert len(line.text) <= GUIDANCE_WIDTH * 1.4, line.text


def examples(year: int) -> dict[str, int]:
    """Return what the worked examples of a year count, by measure or pay band."""
    figures: dict[str, int] = {}
    for row in in_force("form_guidance", year):
        for figure in filter(None, row["figures"].split("|")):
            name, number = figure.split("=")
            assert re.search(rf"\b{number}\b", row["text"]), f"{row['text']} does not say {number}"
            assert figures.setdefault(name, int(number)) == int(number), "examples are of one group of staff"
    return figures


@pytest.mark.parametrize("year", form_years())
def test_worked_examples_fit_together(year):
    figures = examples(year)
    within = dict(zip(read_seed("measure")["measure"], read_seed("measure")["within_measure"], strict=True))
    parts = [(name, within[name]) for name in figures if within.get(name)]
    assert len(parts) >= 8
    assert all(figures[part] <= figures[whole] for part, whole in parts)
    assert sum(figures[band] for band in bands(year)[1:] if band in figures) == figures["staff"]
    asked = {column.measure for column in form_for(year).columns} - {"staff"}
    assert asked == set(figures) & asked, "every column has an example"


def test_the_compared_group_is_named_as_its_year_names_it(form_book):
    year, book = form_book
    page = book["Your figures"]
    assert page["C4"].value == f"{group_label(year)}: people"
    assert group_label(year) in page["A3"].value
    others = {group_label(other) for other in form_years()} - {group_label(year)}
    texts = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert not any(other in text for other in others for text in texts)


# ------------------------------------------------------------------------------------------- reading it with any eyes


def test_every_sheet_has_one_table_and_no_merged_cells(form_book):
    _, book = form_book
    for page in book:
        bottom, right = table_of(page)
        headings = [page.cell(HEADING_ROW + 1, column).value for column in range(1, right + 1)]
        [table] = page.tables.values()
        assert [column.name for column in table.tableColumns] == headings
        assert len({text.casefold() for text in headings}) == len(headings)
        assert not page.merged_cells.ranges
        assert page.freeze_panes is not None
        bordered = {
            (cell.row, cell.column) for row in page.iter_rows() for cell in row if cell.border.left.style is not None
        }
        assert max(column for _, column in bordered) <= right
        assert max(row for row, _ in bordered) <= bottom + 1, "its total is the only line below"


def test_the_first_cell_says_where_you_are(form_book):
    year, book = form_book
    sheets = form_for(year).sheets
    for number, sheet in enumerate(sheets, 1):
        first = book[sheet.name]["A1"].value
        assert str(year) in first
        assert sheet.kind == "cover" or first.startswith(f"{sheet.title} ")
        assert sheet.kind == "cover" or f"sheet {number} of {len(sheets)}" in first


def luminance(colour: str) -> float:
    parts = [int(colour.lstrip("#")[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_wcag_aa():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    for name, look in looks().items():
        assert contrast(look["font_color"], look.get("bg_color", "#FFFFFF")) >= 4.5, name
        if look.get("locked") is False:
            assert contrast(look["border_color"], look.get("bg_color", "#FFFFFF")) >= 3, name
    for state, (text, background) in STATES.items():
        assert contrast(text, background) >= 4.5, state


def test_no_meaning_is_in_colour_alone(form_book):
    # A cell takes the look of a state from the words that it says.
    for page in form_book[1]:
        for place in page.conditional_formatting:
            for rule in place.rules:
                assert rule.type == "expression" or rule.text in {words(state) for state in STATES}


def test_charts_have_a_text_for_who_cannot_see_them(tmp_path):
    for year in form_years():
        path = write_form(tmp_path / f"{year}.xlsx", year, scheme="major_5")
        with zipfile.ZipFile(path) as parts:
            drawings = [name for name in parts.namelist() if name.startswith("xl/drawings/drawing")]
            texts = [
                frame.get("descr")
                for name in drawings
                for frame in ElementTree.fromstring(parts.read(name)).findall(".//{*}cNvPr")
            ]
            charts = [name for name in parts.namelist() if name.startswith("xl/charts/chart")]
        assert len(charts) == len(texts) == 2
        assert all(text and group_label(year) in text for text in texts)


def test_the_workbook_has_properties_and_names(tmp_path):
    book = load_workbook(write_form(tmp_path / "form.xlsx", 2025, KENT, "adults"))
    assert book.properties.title == "SC-WRES return for 2025"
    assert book.properties.subject
    names = {name: one.attr_text for name, one in book.defined_names.items()}
    for sheet in form_for(2025).count_sheets:
        [(name, column, first, last)] = references(names[f"entries_{sheet.topic}"])
        assert (name, column, first) == (sheet.name, "B", FIRST_ROW)
        assert last == HEADING_ROW + 1 + len(group_rows("census_2021_19"))


# -------------------------------------------------------------------------------------------------------- formulas


def test_checks_look_at_the_cells_that_their_sentence_names(form_book):
    year, book = form_book
    page, seen = book["Checks"], 0
    last, _ = table_of(page)
    for row in range(FIRST_ROW, last + 1):
        sentence, formulas = page.cell(row, 1).value, [page.cell(row, column).value for column in (3, 4)]
        ranges = [one for formula in formulas for one in references(formula)]
        named = re.findall(r"'([^']+)'", sentence)
        if "is not above" in sentence:
            seen += 1
            assert {heading(book[sheet], column) for sheet, column, *_ in ranges} == set(named), sentence
            assert {sheet for sheet, *_ in ranges} >= {sentence.split(":")[0]}
        covered: dict[tuple[str, str], set[int]] = {}
        for sheet, column, top, bottom in ranges:
            covered.setdefault((sheet, column), set()).update(range(top, bottom + 1))
        for (sheet, _), lines in covered.items():
            everything = set(range(FIRST_ROW, table_of(book[sheet])[0] + 1))
            assert lines == everything or (sheet == COVER_SHEET and lines <= everything), sentence
    asked = {column.measure for column in form_for(year).columns}
    compared = read_seed("rule_comparison")[["part_measure", "whole_measure", "with_measure"]].values.tolist()
    assert seen == sum({*measures} - {""} <= asked for measures in compared)
    within = read_seed("measure").query("within_measure != ''")
    pairs = {(part, whole) for part, whole, other in compared if not other}
    asked_parts = within[within["measure"].isin(asked)]
    assert set(zip(asked_parts["measure"], asked_parts["within_measure"], strict=True)) <= pairs


def test_a_row_looks_at_its_own_cells(form_book):
    year, book = form_book
    for sheet in form_for(year).count_sheets:
        page = book[sheet.name]
        check = len(sheet.columns) + 2
        for row in (FIRST_ROW, FIRST_ROW + 7):
            code = re.sub(r'"[^"]*"', "", page.cell(row, check).value)
            cells_read = re.findall(r"(?<![A-Z])([A-Z])(\d+)", code)
            assert {int(number) for _, number in cells_read} == {row}
            letters = {page.cell(1, column).column_letter for column in range(2, check)}
            assert letters <= {letter for letter, _ in cells_read}


def test_every_sheet_to_fill_in_has_its_checks_with_a_link(form_book):
    year, book = form_book
    page = book["Checks"]
    last, _ = table_of(page)
    for row in range(FIRST_ROW, last + 1):
        sheet, cell = page.cell(row, 5).hyperlink.location.replace("'", "").split("!")
        assert page.cell(row, 5).value == f"Go to {sheet}"
        assert cell in expected_entries(year, book)[sheet] or sheet == COVER_SHEET
        assert page.cell(row, 1).value.startswith(f"{sheet}:") or sheet == COVER_SHEET
    to_fill = [sheet.name for sheet in form_for(year).sheets if sheet.kind in ("cover", "counts", "records")]
    assert {page.cell(row, 5).value for row in range(FIRST_ROW, last + 1)} == {f"Go to {name}" for name in to_fill}


def test_the_state_of_the_return_is_on_the_cover_too(form_book):
    _, book = form_book
    assert references(book[COVER_SHEET]["A2"].value) == [("Checks", "A", 2, 2)]
    assert book[COVER_SHEET]["A2"].hyperlink.location == "Checks!A1"
    assert all(words(f"overall_{state}") in book["Checks"]["A2"].value for state in ("done", "to_do", "check"))


def test_formulas_use_what_every_program_has(form_book):
    older = "IF AND OR NOT SUM COUNT COUNTA COUNTIF COUNTBLANK SUMPRODUCT ISNUMBER N INT EDATE IFERROR INDEX MATCH"
    allowed = set(older.split())
    for page in form_book[1]:
        for row in page.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    code = re.sub(r'"[^"]*"', "", cell.value)
                    assert set(re.findall(r"([A-Z.]+)\(", code)) <= allowed, cell.coordinate
                    assert "#REF" not in code
                    assert len(cell.value) < 8192


def test_figures_add_the_rows_of_each_group(form_book):
    year, book = form_book
    page = book["Your figures"]
    last, _ = table_of(page)
    rows = headline_rows("census_2021_19")
    columns = [column.label for column in form_for(year).columns]
    assert last - HEADING_ROW - 1 == len(columns)
    for row in range(FIRST_ROW, last + 1):
        sheet, label = page.cell(row, 1).value.split(": ", 1)
        for column, headline in zip((3, 4, 5), ("minority_ethnic", "white", "unknown"), strict=True):
            summed = page.cell(row, column).value.split("SUM(")[1]
            found = {(one[0], heading(book[one[0]], one[1])) for one in references(summed)}
            assert found == {(sheet, label)}
            covered = {line for _, _, top, bottom in references(summed) for line in range(top, bottom + 1)}
            assert covered == {FIRST_ROW + place for place in rows[headline]}
        whole = page.cell(row, 2).value
        read = {heading(book[one[0]], one[1]) for one in references(page.cell(row, 6).value)}
        assert read == ({label, whole} if whole else set())


def test_groups_of_every_scheme_are_in_one_headline_group():
    for scheme in form_schemes():
        rows = headline_rows(scheme)
        assert sorted(row for found in rows.values() for row in found) == list(range(len(group_rows(scheme))))
        assert rows["unknown"] == (len(group_rows(scheme)) - 1,)
        labels = [group_rows(scheme)[row] for row in rows["white"]]
        assert all(label.startswith("White") for label in labels)


def test_charts_show_the_figures_beside_them(tmp_path):
    path = write_form(tmp_path / "form.xlsx", 2025, KENT, "adults")
    page = load_workbook(path)["Your figures"]
    with zipfile.ZipFile(path) as parts:
        charts = [ElementTree.fromstring(parts.read(f"xl/charts/chart{number}.xml")) for number in (1, 2)]
    shown = []
    for chart in charts:
        names = [one.text for one in chart.findall(".//{*}ser/{*}tx//{*}f")]
        values = [one.text for one in chart.findall(".//{*}ser/{*}val//{*}f")]
        categories = {one.text for one in chart.findall(".//{*}ser/{*}cat//{*}f")}
        for name, value in zip(names, values, strict=True):
            assert references(name)[0][1] == references(value)[0][1], "a series is named by its own heading"
        [(_, _, first, last)] = [references(text)[0] for text in categories]
        shown.append([page.cell(row, 1).value for row in range(first, last + 1)])
    assert shown[0] == [f"Workforce: {band}" for band in bands(2025)[1:]]
    parts_of_others = [
        page.cell(row, 1).value for row in range(FIRST_ROW, table_of(page)[0] + 1) if page.cell(row, 2).value
    ]
    assert shown[0] + shown[1] == parts_of_others


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ({"year": 1999}, "2021, 2023"),
        ({"year": 2025, "organisation_code": "E1000016"}, "E10000016"),
        ({"year": 2025, "service": "all"}, "adults, children"),
        ({"year": 2025, "organisation_code": "E09000021", "service": "children"}, "It runs: adults"),
        ({"year": 2025, "scheme": "csww_major"}, "census_2021_19"),
    ],
)
def test_what_the_form_does_not_have_is_refused_with_what_it_has(tmp_path, arguments, allowed):
    with pytest.raises(ValueError, match=allowed):
        write_form(tmp_path / "form.xlsx", **arguments)


# ---------------------------------------------------------------------------------------------- what readers make of it


def read(path: Path) -> tuple:
    reading, refusals = read_returns(read_cells(path, "a return"))
    return reading, refusals


@pytest.mark.parametrize(("year", "scheme"), list(product(form_years(), form_schemes())))
def test_a_blank_form_gives_no_count_and_nothing_that_is_not_recognised(tmp_path, year, scheme):
    reading, refusals = read(write_form(tmp_path / "form.xlsx", year, KENT, "adults", scheme))
    assert set(reading.observations["measure"]) == {"cover"}
    assert set(reading.issues["rule_code"]) == {"cover_not_understood"}
    assert len(refusals) == 0


def test_own_words_are_no_labels():
    for year in form_years():
        own = {text.casefold() for text in own_words(year)}
        labels = {column.label for column in form_for(year).columns} | {one.label for one in form_for(year).cover}
        groups = {group for scheme in form_schemes() for group in group_rows(scheme)}
        assert not own & {label.casefold() for label in labels | groups | set(blank_entries())}
        assert not any(text.replace(",", "").isdigit() for text in own)


def test_a_text_of_somebody_s_own_is_no_word_of_the_form(tmp_path):
    path = write_return(tmp_path / "kent.xlsx")
    book = load_workbook(path)
    book["Leavers"]["F7"] = "What counts, in our view"
    book["Leavers"]["B5"] = "What counts"
    book["Leavers"]["C6"] = "two of them retired"
    book["Your figures"]["C40"] = "we make it 12"
    book["Checks"]["A60"] = "done?"
    book.save(path)
    reading, _ = read(path)
    found = reading.issues.query("rule_code == 'cell_not_recognised'")
    assert set(zip(found["sheet"], found["cell"], strict=True)) == {
        ("Leavers", "F7"),
        ("Leavers", "C6"),
        ("Your figures", "C40"),
        ("Checks", "A60"),
    }
    counts = set(zip(reading.observations["sheet"], reading.observations["cell"], strict=True))
    assert ("Leavers", "B5") in counts, "in a cell to fill in it is an entry, whatever it says"


# ------------------------------------------------------------------------------------------------ last year's figures


def last_year(tmp_path: Path, year: int, scheme: str, **options) -> LastYear:
    return from_workbook(write_return(tmp_path / f"{year}.xlsx", year=year, scheme=scheme, **options))


def prefilled(tmp_path: Path, year: int, scheme: str, last: LastYear) -> Workbook:
    return load_workbook(write_form(tmp_path / "form.xlsx", year, KENT, "adults", scheme, last_year=last))


def column_of(page: Worksheet, label: str) -> list:
    [column] = [cell.column for cell in page[HEADING_ROW + 1] if cell.value == label]
    return [page.cell(row, column).value for row in range(FIRST_ROW, table_of(page)[0] + 1)]


def test_last_year_s_figures_stand_beside_this_year_s_cells(tmp_path):
    last = last_year(
        tmp_path, 2024, "major_5", values={("leavers", "all"): [9, 8, "withheld", 0, None, "not collected"]}
    )
    book = prefilled(tmp_path, 2025, "major_5", last)
    assert column_of(book["Leavers"], "Last year (2024): Left the organisation") == [
        *(9, 8, "withheld", 0, None, "not collected")
    ]
    assert (
        column_of(book["Workforce"], "Last year (2024): £70,000 and over")
        == complete_values(2024)["staff", "£70,000 and over"]
    )
    assert column_of(book["Leavers"], "Left the organisation") == [None] * 6
    assert book["Leavers"]["D11"].value is None, "a sum of part of them is not the total"
    assert book["Workforce"]["L11"].value == sum(complete_values(2024)["staff", "Pay band not known"])
    cells = [cell for row in book["Leavers"].iter_rows(min_row=FIRST_ROW, min_col=4) for cell in row]
    assert all(cell.protection.locked for cell in cells)


def test_last_year_s_figures_are_no_counts_of_this_year(tmp_path):
    last = last_year(tmp_path, 2024, "census_2011_18")
    for scheme in ("census_2021_19", "major_5"):
        path = write_form(tmp_path / f"{scheme}.xlsx", 2025, KENT, "adults", scheme, last_year=last)
        reading, _ = read(path)
        assert set(reading.observations["measure"]) == {"cover"}
        assert set(reading.issues["rule_code"]) == {"cover_not_understood"}


def test_only_what_can_be_compared_is_shown_and_the_sheet_says_so(tmp_path):
    book = prefilled(tmp_path, 2024, "major_5", last_year(tmp_path, 2023, "major_5"))
    page = book["Workforce"]
    headings = [cell.value for cell in page[HEADING_ROW + 1]]
    assert [text for text in headings if text and text.startswith("Last year")] == ["Last year (2023): Total staff"]
    texts = {str(cell.value) for row in page.iter_rows() for cell in row}
    assert any("did not ask for the same: Under £30,000" in text for text in texts)
    referred = {str(cell.value) for cell in book["Fitness to practise"][HEADING_ROW + 1]}
    assert "Last year (2023): Registered professionals" in referred
    assert not any("2023" in text and "Referred" in text for text in referred)


def test_finer_groups_of_last_year_are_added_up_and_coarser_ones_left_out(tmp_path):
    groups = group_rows("census_2011_18")
    counts = {("leavers", "all"): list(range(1, len(groups) + 1))}
    by_group = dict(zip(groups, counts["leavers", "all"], strict=True))
    coarse = prefilled(tmp_path, 2025, "major_5", last_year(tmp_path, 2024, "census_2011_18", values=counts))
    found = dict(
        zip(group_rows("major_5"), column_of(coarse["Leavers"], "Last year (2024): Left the organisation"), strict=True)
    )
    assert found["White"] == sum(number for group, number in by_group.items() if group.startswith("White:"))
    assert found["Not known"] == by_group["Not known"]
    assert sum(found.values()) == sum(by_group.values())
    assert any("Census 2011, 18 groups" in str(cell.value) for row in coarse["Leavers"].iter_rows() for cell in row)

    fine = prefilled(tmp_path, 2025, "census_2011_18", last_year(tmp_path, 2024, "major_5"))
    told = column_of(fine["Leavers"], "Last year (2024): Left the organisation")
    assert [number for number in told if number is not None] == [7], "only Not known is the same group"

    withheld = counts["leavers", "all"][:-1]
    withheld[0] = "withheld"
    last = last_year(tmp_path, 2024, "census_2011_18", values={("leavers", "all"): [*withheld, 3]})
    partly = column_of(
        prefilled(tmp_path, 2025, "binary_2", last)["Leavers"], "Last year (2024): Left the organisation"
    )
    assert partly[0] is None, "a sum of part of a group is not the group's"
    assert partly[1] == sum(number for group, number in by_group.items() if ":" in group and "White:" not in group)


def test_a_round_that_was_not_last_year_is_named_by_its_year(tmp_path):
    book = prefilled(tmp_path, 2023, "major_5", last_year(tmp_path, 2021, "major_5"))
    assert column_of(book["Leavers"], "Last round (2021): Left the organisation") == [2, 3, 4, 5, 6, 7]


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WRES_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_form(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["form", *(str(argument) for argument in arguments)])
    return result.exit_code, result.output


def test_a_form_is_prefilled_from_a_workbook_and_from_what_was_received(inbox):
    first = write_return(inbox / "first.xlsx", year=2024, scheme="major_5")
    values = complete_values(2024) | {("leavers", "all"): [5, 5, 5, 5, 5, 5]}
    second = write_return(inbox / "second.xlsx", year=2024, scheme="major_5", values=values, version=2)
    assert run_form("--year", 2025, "--prefill", "first.xlsx", "--out", "a.xlsx")[0] == 0
    heading_text = "Last year (2024): Left the organisation"
    assert column_of(load_workbook("a.xlsx")["Leavers"], heading_text) == [2, 3, 4, 5, 6, 7]
    assert load_workbook("a.xlsx")[COVER_SHEET]["B6"].value == KENT, "and it is for the same organisation"

    receive(open_home(), [second, first])
    code, said = run_form(
        *("--year", 2025, "--organisation", KENT, "--service", "adults", "--prefill"), "--out", "b.xlsx"
    )
    assert (code, "figures of 2024" in said) == (0, True)
    assert column_of(load_workbook("b.xlsx")["Leavers"], heading_text) == [5] * 6, "the current version"


def test_a_plan_goes_on_in_the_next_form_with_what_is_not_over(inbox):
    whole = {"theme": "Culture", "indicators": "6; 7a", "objective": "o", "lead_role": "Head of people"}
    whole |= {"time_scale": "long", "due_on": date(2026, 3, 31)}
    progress = {"A1": "under way", "A2": "done", "A3": "stopped", "A4": "not started"}
    plan = [
        whole | {"action_reference": name, "action": f"Deed {name}", "progress": so} for name, so in progress.items()
    ]
    first = write_return(inbox / "first.xlsx", year=2024, records={"action_plan": plan})
    receive(open_home(), [first])
    given = ("--year", 2025, "--organisation", KENT, "--service", "adults", "--prefill")
    for prefill, out in ((("--year", 2025, "--prefill", "first.xlsx"), "a.xlsx"), (given, "b.xlsx")):
        code, said = run_form(*prefill, "--out", out)
        assert code == 0
        assert "goes on with 2 actions" in said
        rows = list(load_workbook(out)["Action plan"].iter_rows(values_only=True))
        [heading] = [row for row in rows if "Action reference" in row]
        lines = [dict(zip(heading, row, strict=True)) for row in rows[rows.index(heading) + 1 :]]
        begun = [line for line in lines if line["Action reference"] in progress]
        assert [(line["Action reference"], line["Theme"], line["Action"], line["Progress"]) for line in begun] == [
            ("A1", "Culture", "Deed A1", None),
            ("A4", "Culture", "Deed A4", None),
        ]
        assert begun[0]["Due date"].date() == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--year", 2025, "--prefill"), "needs --organisation and --service"),
        (("--year", 2025, "--organisation", KENT, "--service", "adults", "--prefill"), "has been received"),
        (("--year", 2021, "--organisation", KENT, "--service", "adults", "--prefill"), "no round before 2021"),
        (("--year", 2024, "--prefill", "last.xlsx"), "of an earlier year"),
        (("--year", 2025, "--service", "children", "--prefill", "last.xlsx"), "is of adults"),
        (("--year", 2025, "--prefill", "nowhere.xlsx"), "nowhere.xlsx"),
    ],
)
def test_what_cannot_be_carried_over_is_said_plainly(inbox, arguments, said):
    write_return(inbox / "last.xlsx", year=2024, scheme="major_5")
    code, output = run_form(*arguments)
    assert code == 1
    assert said in output
    assert "Traceback" not in output
    assert [path.name for path in inbox.glob("sc-wres*.xlsx")] == []


def test_a_prefilled_form_is_the_same_bytes_again_and_small(tmp_path):
    last = last_year(tmp_path, 2024, "census_2021_19")
    paths = [
        write_form(
            tmp_path / f"{name}.xlsx",
            2025,
            KENT,
            "adults",
            values=complete_values(2025, "census_2021_19"),
            last_year=last,
        )
        for name in "ab"
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].stat().st_size < 120_000
    assert write_form(tmp_path / "open.xlsx", 2021).stat().st_size < 120_000


# ---------------------------------------------------------------------------------------- worked out by a spreadsheet


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory: pytest.TempPathFactory):
    """Return a function that gives workbooks as LibreOffice works them out, or skip with the reason."""
    if not FULL:
        pytest.skip("starts LibreOffice: only where WRES_TEST_FULL is 1")
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    folder = tmp_path_factory.mktemp("office")

    def worked_out(*paths: Path) -> list[Path]:
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [office, "--headless", profile, "--convert-to", "xlsx", "--outdir", folder, *paths]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return [folder / path.name for path in paths]

    return worked_out


def states(path: Path) -> dict[str, tuple[str, int, int]]:
    """Return each check's state, what is still empty, and what does not fit."""
    rows = cells(path, "Checks")[HEADING_ROW + 1 :]
    return {row[0]: (row[1], int(row[2]), int(row[3])) for row in rows if row[0]}


BROKEN = {
    "part": (
        {"values": {("appointed", "all"): [99, 3, 4, 5, 6, 99]}},
        "Recruitment: in each ethnic group 'Appointed' is not above 'Shortlisted'.",
        2,
        ("Recruitment", 0, "please check: column C is above column B"),
    ),
    "part of another sheet": (
        {"values": {("leavers", "all"): [999, 3, 4, 5, 6, "withheld"]}},
        "Leavers: in each ethnic group 'Left the organisation' is not above 'Total staff'.",
        1,
        ("Leavers", 0, "please check: column B is above Total staff"),
    ),
    "bands": (
        {"values": {("staff", "all"): [24, 37, 48, 60, 72, 84]}},
        "Workforce: in each ethnic group the pay bands add up to 'Total staff'.",
        1,
        ("Workforce", 1, "please check: the bands do not add up"),
    ),
    "both above the two": (
        {
            "year": 2025,
            "values": {
                ("survey_respondents", "all"): [8] * 6,
                ("harassed_by_colleagues_or_managers", "all"): [5, 6, 4, 5, "withheld", 7],
            },
        },
        "Survey: in each ethnic group 'Harassed by colleagues or managers (each person once)' is not above 'Harassed",
        1,
        ("Survey", 0, "please check: F is above D and E together"),
    ),
    "text": (
        {"values": {("leavers", "all"): ["about 3", 3, "not known", 5, 6, 7]}},
        "Leavers: every cell has a whole number from 0 or one of the words.",
        2,
        ("Leavers", 2, "please check: an entry is no whole number or word"),
    ),
    "window": ({"cover": {"window_start": date(2023, 3, 31)}}, "The first day is that of the 12 months", 1, None),
    "window as text": ({"cover": {"window_start": "1.4.23"}}, "The first day is that of the 12 months", 1, None),
    "sign-off": ({"cover": {"signed_off_on": date(2024, 3, 30)}}, "The return was signed off on or after", 1, None),
    "version": ({"version": 0}, "The version is a whole number", 1, None),
    "choice": ({"cover": {"consent_to_publish": "perhaps"}}, "Lines of the Cover with choices", 1, None),
}


class TestWorkedOut:
    def test_checks_turn_from_to_do_to_done(self, recalculated, tmp_path):
        blank = write_form(tmp_path / "blank.xlsx", YEAR, KENT, "adults", "major_5")
        whole = write_return(tmp_path / "whole.xlsx", scheme="major_5")
        words_for = {("leavers", "all"): ["withheld", "Not Collected", 0, 2, 3, "not applicable"]}
        no_band = {("staff", "£70,000 and over"): ["not applicable"] * 5 + ["withheld"]}
        no_band |= {("staff", "all"): [18, 27, 36, 45, 54, 80]}
        same_day = {"signed_off_on": date(2024, 3, 31)}
        worded = write_return(tmp_path / "worded.xlsx", scheme="major_5", values=words_for | no_band, cover=same_day)
        gap = write_return(tmp_path / "gap.xlsx", scheme="major_5", values={("leavers", "all"): [1, 2, None, 4, 5, 6]})
        blank, whole, worded, gap = recalculated(blank, whole, worded, gap)
        to_fill = {name: found for name, found in states(blank).items() if "may stay empty" not in name}
        waiting = {name: found[1] for name, found in to_fill.items()}
        assert {found[0] for name, found in to_fill.items()} == {"to do"}
        assert waiting["Leavers: every cell has a whole number from 0 or one of the words."] == 6
        assert waiting["Every line of the Cover that is needed is filled in."] == 6
        assert cells(blank, COVER_SHEET)[1][0] == words("overall_to_do")
        for path in (whole, worded):
            assert set(states(path).values()) == {("done", 0, 0)}
            assert cells(path, COVER_SHEET)[1][0] == cells(path, "Checks")[1][0] == words("overall_done")
        left = {name: found for name, found in states(gap).items() if found[0] != "done"}
        assert {name.split(":")[0] for name in left} == {"Leavers"}
        assert {found[:2] for found in left.values()} == {("to do", 1)}
        assert [row[2] for row in cells(gap, "Leavers")[HEADING_ROW + 1 :]][2] == words("row_blank")

    def test_what_does_not_fit_is_pointed_at(self, recalculated, tmp_path):
        written = [
            write_return(tmp_path / f"{number}.xlsx", scheme="major_5", **options)
            for number, (options, *_) in enumerate(BROKEN.values())
        ]
        for (case, (_, sentence, wrong, row)), path in zip(BROKEN.items(), recalculated(*written), strict=True):
            found = {name: state for name, state in states(path).items() if state[0] != "done"}
            [(name, state)] = [(name, state) for name, state in found.items() if state[0] == "please check"]
            assert name.startswith(sentence), case
            assert state[2] == wrong, case
            assert cells(path, COVER_SHEET)[1][0] == words("overall_check"), case
            if row:
                page = cells(path, row[0])
                check = page[HEADING_ROW].index(words("check_column"))
                assert page[HEADING_ROW + 1 + row[1]][check] == row[2], case

    def test_what_is_pasted_past_the_cells_own_rules_is_found(self, recalculated, tmp_path):
        path = write_return(tmp_path / "kent.xlsx", scheme="major_5")
        book = load_workbook(path)
        for row, entry in enumerate((2.5, -1, "about 3", "2", "withheld ", 0), FIRST_ROW):
            book["Leavers"][f"B{row}"] = entry
        book.save(path)
        [path] = recalculated(path)
        found = [row[2] for row in cells(path, "Leavers")[HEADING_ROW + 1 :]][:6]
        assert found == [words("row_entry")] * 5 + [words("row_done")]
        assert states(path)["Leavers: every cell has a whole number from 0 or one of the words."][2] == 5

    def test_windows_that_end_in_february_are_right(self, recalculated, tmp_path):
        ends = {
            "a": (date(2024, 2, 29), date(2023, 3, 1)),
            "b": (date(2023, 2, 28), date(2022, 3, 1)),
            "c": (date(2024, 2, 28), date(2023, 3, 1)),
            "d": (date(2024, 6, 15), date(2023, 6, 16)),
        }
        written = [
            write_return(
                tmp_path / f"{name}.xlsx", scheme="binary_2", cover={"snapshot_date": last, "window_start": first}
            )
            for name, (last, first) in ends.items()
        ]
        for path in recalculated(*written):
            assert {state[0] for state in states(path).values()} == {"done"}, path.name

    def test_figures_are_those_of_the_counts(self, recalculated, tmp_path):
        values = {
            ("shortlisted", "all"): [200, 10, 20, 20, 0, 7],
            ("appointed", "all"): [50, 1, 2, 2, 0, "withheld"],
            ("leavers", "all"): [1, 1, "withheld", 1, 1, 1],
            ("regulated_professionals", "all"): [4, 3, 3, "not collected", 3, 3],
        }
        [path] = recalculated(write_return(tmp_path / "kent.xlsx", scheme="major_5", values=values))
        figures = {row[0]: row[2:9] for row in cells(path, "Your figures")[HEADING_ROW + 1 :]}
        people, rates, ratio = (figures["Recruitment: Appointed"][place] for place in (slice(3), slice(3, 6), 6))
        assert people == [5, 50, ""]
        assert rates == [10, 25, ""], "no rate where a cell that it rests on has no number"
        assert ratio == pytest.approx(0.4)
        assert figures["Recruitment: Shortlisted"][:3] == [50, 200, 7]
        assert figures["Leavers: Left the organisation"][:1] == [3]
        for part in (
            "Leavers: Left the organisation",
            "Fitness to practise: Referred to the regulator by the employer",
        ):
            assert figures[part][3] == figures[part][6] == ""
            assert figures[part][4] != ""

    def test_records_say_what_they_lack(self, recalculated, tmp_path):
        records = {
            "action_plan": [{"action_reference": "A1"}],
            "reply": [{"issue_reference": "3F9A", "reply": "Right"}],
        }
        [path] = recalculated(write_return(tmp_path / "kent.xlsx", records=records))
        assert [row[12] for row in cells(path, "Action plan")[HEADING_ROW + 1 :]][:2] == [words("line_blank"), ""]
        assert cells(path, "Replies")[HEADING_ROW + 1][2] == words("row_done")
        found = {name: state for name, state in states(path).items() if state[0] != "done"}
        assert [name.split(":")[0] for name in found] == ["Action plan"]

    def test_a_chosen_organisation_brings_its_code(self, recalculated, tmp_path):
        book = load_workbook(write_form(tmp_path / "open.xlsx", 2025))
        book[COVER_SHEET]["B7"] = "Kent"
        book.save(tmp_path / "open.xlsx")
        [path] = recalculated(tmp_path / "open.xlsx")
        assert cover_of(path)["Organisation code"] == KENT

    @pytest.mark.parametrize("year", form_years())
    def test_what_is_worked_out_is_the_form_s_own(self, recalculated, tmp_path, year):
        earlier = [one for one in form_years() if one < year]
        last = last_year(tmp_path, earlier[-1], "census_2001_16") if earlier else None
        records = {"reply": [{"issue_reference": "3F9A", "reply": "Right"}]}
        path = write_return(
            tmp_path / f"kent-{year}.xlsx", year=year, scheme="major_5", last_year=last, records=records
        )
        cover = {"snapshot_date": date(year, 3, 31), "window_start": date(year - 1, 4, 1)}
        path = write_return(path, year=year, scheme="major_5", last_year=last, records=records, cover=cover)
        reading, refusals = read(recalculated(path)[0])
        assert len(refusals) == len(reading.issues) == 0
        given = reading.observations.query("measure not in ('cover', 'reply') and ethnic_value != @TOTAL_LABEL")
        assert len(given) == sum(len(counts) for counts in complete_values(year, "major_5").values())
