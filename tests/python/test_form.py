"""The form of each collection year, and the workbook that is written from it."""

import zipfile
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

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
    write_form,
)
from wres.reference import read_seed


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
    body = workforce[HEADING_ROW + 1 :]
    assert [row[0] for row in body] == [*groups, TOTAL_LABEL]
    assert [row[1] for row in body] == [*staff, sum(staff)]
    assert [row[2] for row in body] == [""] * len(groups) + [0]
    assert [row[1] for row in cells(path, "Leavers")[HEADING_ROW + 1 :]] == [*leavers, 0]
    cover = cover_of(path)
    assert cover["Snapshot date"] == date(2025, 3, 31)
    assert cover["Version of this return"] == 2
    assert cover["May figures that name the organisation be published?"] == "no"


def test_every_column_is_on_its_sheet_with_nothing_beside_the_table(tmp_path):
    path = write_form(tmp_path / "form.xlsx", 2024, scheme="binary_2")
    assert CalamineWorkbook.from_path(path).sheet_names == [sheet.name for sheet in form_for(2024).sheets]
    for sheet in form_for(2024).count_sheets:
        page = cells(path, sheet.name)
        assert page[HEADING_ROW] == [GROUP_HEADING, *(column.label for column in sheet.columns)]
        assert all(not any(row[1:]) for row in page[:HEADING_ROW])


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


def test_only_entries_can_be_changed_and_they_are_checked(tmp_path):
    path = write_form(tmp_path / "form.xlsx", 2024)
    with zipfile.ZipFile(path) as parts:
        workforce = parts.read("xl/worksheets/sheet2.xml").decode()
    assert "<sheetProtection" in workforce
    assert 'state="frozen"' in workforce
    assert workforce.count("<dataValidation ") == len(bands(2024))
    assert all(f"=&quot;{word}&quot;" in workforce or f'="{word}"' in workforce for word in blank_entries())
    assert "mergeCell" not in workforce


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


def test_input_messages_fit_into_a_cell_s_pop_up():
    # Excel drops the whole validation when its message is longer.
    words = ", ".join(blank_entries())
    for guidance in read_seed("form_column")["guidance"]:
        assert len(f"{guidance} A whole number from 0, or one of: {words}.") <= 255
