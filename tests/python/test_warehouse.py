"""The warehouse as a whole: what was received, built by dbt, says what the files say, whatever their order."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest
from questions_page import questions
from receive_files import (
    KENT,
    NEIGHBOUR_FILE,
    RESIDENT_FILE,
    WORKFORCE_FILE,
    batches_of,
    file_header,
    neighbour_row,
    put,
    read_book,
    resident_rows,
    role_row,
    write_book,
    write_return,
    write_table,
)
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from wres import open_release as open_release_module
from wres import receive as receive_module
from wres.form import round_of
from wres.home import Home, WresError, open_home
from wres.made_from import last_build
from wres.models import Models
from wres.open_release import OpenedRelease, check_shown, release_open
from wres.organisations import organisations_on
from wres.publish import publish
from wres.receive import receive
from wres.reference import PROJECT, read_seed, setting
from wres.sample import write_sample
from wres.saved_parse import saved_parse
from wres.warehouse import build, run_dbt

FULL = os.environ.get("WRES_TEST_FULL") == "1"
# For tables that are then compared with tables whose data tests have passed.
TABLES_ALONE = ["build", "--exclude-resource-type", "test", "unit_test"]
REFERENCE = PROJECT / os.environ.get("WRES_REFERENCE_DATA", "../shared/data")
MEDWAY = "E06000035"
# One row for each figure: the other reference groups and definitions have rows of their own.
AGAINST_WHITE = "reference_group = 'white' and definition = 'as_collected'"
ENGLAND, LONDON, PARTS_OF_LONDON = "E92000001", "E12000007", ["E13000001", "E13000002"]
ROLE_CSV, WORKFORCE_CSV = "csww_role_by_ethnicity_2019_to_2024.csv", "csww_workforce_2017_to_2024.csv"
RESIDENT_CSV, NEIGHBOUR_CSV = "census2021_residents_by_ethnic_group.csv", "childrens_statistical_neighbours_2025.csv"
GROUPS = {
    "asian": ["Asian / Asian British"],
    "black": ["Black / African / Caribbean / Black British"],
    "mixed": ["Mixed / Multiple ethnic groups"],
    "other": ["Other ethnic group"],
}
GROUPS |= {"minority_ethnic": [value for values in GROUPS.values() for value in values]}
AREA_TABLES = {"comparator", "representation", "rule_outcome"}
COUNTS = ["numerator", "denominator", "reference_numerator", "reference_denominator"]
KEY = ["collection_year", "area_code", "breakdown", "comparison_group"]


def reference_file(name: str) -> Path:
    """Return a file of the real published data, or skip with the reason."""
    if not (REFERENCE / name).exists():
        pytest.skip(f"the reference data is not at {REFERENCE} (set WRES_REFERENCE_DATA)")
    return REFERENCE / name


def new_home(root: Path) -> Home:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WRES_HOME", str(root))
        return open_home()


def query(home: Home, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(home.database), read_only=True) as connection:
        return connection.sql(sql).df()


def published_tables(home: Home) -> dict[str, str]:
    """Return a fingerprint of the rows of every published table, in an order that all columns give."""
    with duckdb.connect(str(home.database), read_only=True) as connection:
        query = "select table_name from information_schema.tables where table_schema = 'published'"
        names = connection.sql(query).fetchall()
        return {
            name: connection.sql(
                f"select count(*) || ' ' || md5(string_agg(line, chr(10) order by line)) "
                f"from (select cast(t as varchar) as line from published.{name} as t)"
            ).fetchone()[0]
            for (name,) in names
        }


def run(command: Iterable[str], home: Home, cwd: Path = PROJECT) -> subprocess.Popen:
    environment = os.environ | {"WRES_HOME": str(home.root)}
    return subprocess.Popen(
        [Path(sys.executable).with_name(next(iter(command))), *list(command)[1:]],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module", autouse=True)
def no_packs() -> Iterator[None]:
    """Leave the correction packs out: they have tests of their own, and nothing here reads them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receive_module, "write_packs", lambda *_: [])
        yield


# ----------------------------------------------------------------------------------------- what is received


def corrected_returns(folder: Path) -> list[Path]:
    """Return files that try the choice of a version: two versions, one twice; a refused file; and queries."""
    folder.mkdir()
    first = write_return(folder / "kent-v1.xlsx", values={("leavers", "all"): [9] * 6})
    second = write_return(folder / "kent-v2.xlsx", version=2, values={("leavers", "all"): [4, 1, 2, 3, 1, 1]})
    again = write_return(
        folder / "kent-v2-other.xlsx",
        version=2,
        values={("leavers", "all"): [8] * 6},
        cover={"signed_off_on": date(2024, 9, 10)},
    )
    refused = write_return(folder / "refused.xlsx", cover={"organisation_code": "E99999999"})
    book = read_book(write_return(folder / "queries.xlsx", organisation_code=MEDWAY))
    put(book, "Leavers", "D6", "two moved")
    put(book, "Leavers", "B5", -1)
    put(book, "Leavers", "B6", 99_999)
    return [first, second, again, refused, write_book(folder / "queries.xlsx", book)]


def census_of_two_years(folder: Path) -> list[Path]:
    """Return small census files: one of two years, a later one that revises the second, and the workforce."""
    folder.mkdir()

    def rows(years: Iterable[int], people: int) -> list[dict]:
        groups = [*GROUPS["minority_ethnic"], "White"]
        return [
            role_row(value, count, time_period=year, role=role, new_la_code=code, la_name=name)
            for year in years
            for code, name in ((KENT, "Kent"), (MEDWAY, "Medway"))
            for role, size in (("Total", 10 * people), ("Senior manager", people))
            for value, count in [
                *((group, size + number) for number, group in enumerate(groups)),
                ("Not known", 3),
            ]
        ]

    workforce = {"time_period": 2023, "geographic_level": "Local authority", "new_la_code": KENT}
    return [
        write_table(folder / "roles-2023.csv", rows((2022, 2023), 20)),
        write_table(folder / "roles-2024.csv", rows((2023, 2024), 30)),
        write_table(folder / "workforce.csv", [workforce | {"inpost_headcount": 5}], file_header(WORKFORCE_FILE)),
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a warehouse built from synthetic returns, corrected ones, and the census where it is there."""
    folder = tmp_path_factory.mktemp("home")
    files = write_sample(folder / "sample", organisations=6, years=[2023, 2024])
    files += corrected_returns(folder / "corrected")
    real = (ROLE_CSV, WORKFORCE_CSV, RESIDENT_CSV, NEIGHBOUR_CSV)
    files += [REFERENCE / name for name in real if (REFERENCE / name).exists()]
    home = new_home(folder / "home")
    receive(home, files)
    build(home)
    return home


# ------------------------------------------------------------------------------------- order and repetition


class TestOrder:
    @pytest.fixture(scope="class")
    @classmethod
    def files(cls, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
        folder = tmp_path_factory.mktemp("files")
        sample = write_sample(folder / "sample", organisations=6, years=[2023, 2024])
        return [
            *sample,
            *corrected_returns(folder / "corrected"),
            *census_of_two_years(folder / "census"),
        ]

    @pytest.fixture(scope="class")
    @classmethod
    def at_once(cls, files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Home:
        """Return a warehouse built from all files in one batch."""
        home = new_home(tmp_path_factory.mktemp("at_once"))
        receive(home, files)
        if FULL:
            build(home)
        else:
            run_dbt(home, TABLES_ALONE)
        return home

    @pytest.fixture(scope="class")
    @classmethod
    def tables(cls, at_once: Home) -> dict[str, str]:
        return published_tables(at_once)

    def test_there_is_something_in_every_table(self, tables):
        assert {"indicator", "year_on_year", "pay_band", "participation", "data_issue", "area"} <= set(tables)
        # Accounts of experience wait for a moderator.
        assert [name for name, rows in tables.items() if rows is None] == ["experience"]

    def test_the_order_of_files_and_the_number_of_batches_do_not_matter(self, tables, files, tmp_path_factory):
        home = new_home(tmp_path_factory.mktemp("backwards"))
        backwards = files[::-1]
        cuts = [0, 1, 2, 5, 7, len(backwards)]
        for start, end in pairwise(cuts):
            receive(home, backwards[start:end])
        assert len(batches_of(home)) == len(cuts) - 1
        receive(home, files)
        assert len(batches_of(home)) == len(cuts) - 1
        run_dbt(home, TABLES_ALONE)
        assert published_tables(home) == tables

    @pytest.mark.parametrize(
        ("schema", "name"),
        [
            ("conformed", "headcount"),
            ("marts", "fct_data_issue"),
            ("marts", "fct_participation"),
            ("marts", "fct_action"),
        ],
    )
    def test_models_run_in_memory_give_what_dbt_builds(self, at_once, schema, name):
        with Models(at_once.batches) as models:
            in_memory = models.table(name)
            assert in_memory.num_rows
            models.connection.execute(f"attach '{at_once.database}' as built (read_only)")
            built = f"select * from built.{schema}.{name}"
            for one, other in ((f'select * from "{name}"', built), (built, f'select * from "{name}"')):
                assert models.connection.sql(f"{one} except all {other}").fetchall() == []

    @pytest.mark.skipif(not FULL, reason="builds once more what other tests built: only where WRES_TEST_FULL is 1")
    def test_deleting_the_warehouse_and_building_again_gives_the_same_tables(self, at_once, tables):
        """While an analyst has the published database open, and a second build is told to wait."""
        publish(at_once, date(2026, 3, 31))
        with analyst(at_once) as read:
            before = read("select count(*), sum(denominator) from indicator")
            shutil.rmtree(at_once.warehouse)
            first = run(["wres", "build"], at_once)
            line = first.stdout.readline()
            second = run(["wres", "build"], at_once)
            told = second.communicate()[0]
            assert second.returncode == 1
            assert f"`wres build` (process {first.pid}, since " in told
            output = line + first.communicate()[0]
            assert first.returncode == 0, output
            assert "Warehouse built" in output
            assert read("select count(*), sum(denominator) from indicator") == before
        assert published_tables(at_once) == tables

    def test_facts_about_areas_change_no_count(self, at_once, tables, tmp_path_factory):
        """Only what compares organisations with residents or neighbours changes, and rules that look at them."""
        folder = tmp_path_factory.mktemp("areas")
        home = new_home(folder / "home")
        shutil.copytree(at_once.batches, home.batches, dirs_exist_ok=True)
        people = {"White: Irish": 90, "Does not apply": 7}
        people |= {"Other ethnic group: Arab": 10, "Other ethnic group: Any other ethnic group": 5}
        residents = resident_rows(KENT, "Kent", people) + resident_rows(MEDWAY, "Medway", people)
        neighbours = [neighbour_row("886", "Kent", ("887", "Close")), neighbour_row("887", "Medway", ("886", "Close"))]
        sent = [
            write_table(folder / "residents.csv", residents, file_header(RESIDENT_FILE)),
            write_table(folder / "neighbours.csv", neighbours, file_header(NEIGHBOUR_FILE)),
        ]
        assert receive(home, sent).is_clean
        run_dbt(home, TABLES_ALONE)
        found = published_tables(home)
        assert {name for name in tables if found[name] != tables[name]} <= AREA_TABLES
        years = query(home, "select distinct collection, collection_year from conformed.collection_year order by all")
        before = query(
            at_once, "select distinct collection, collection_year from conformed.collection_year order by all"
        )
        pd.testing.assert_frame_equal(years, before)
        counted = query(home, "select count(*) as n from conformed.headcount where measure = 'residents'")
        assert counted["n"].tolist() == [0]
        others = query(home, "select * from conformed.resident_population where comparison_group in ('other', 'white')")
        # White has five groups in the census: with one given, nobody can say how many there are.
        found = others.fillna({"residents": -1}).groupby(["comparison_group", "area_level"])["residents"].sum()
        assert found["other"].to_dict() == {"authority": 30, "national": 30, "organisation": 30, "region": 30}
        assert (found["white"] < 0).all()

    def test_the_version_of_a_return_comes_from_the_return(self, at_once):
        [row] = query(
            at_once,
            "select numerator, reference_numerator from published.indicator "
            f"where area_code = '{KENT}' and collection = 'sc-wres' and collection_year = 2024 "
            "and indicator_code = '8' and service = 'adults' and comparison_group = 'minority_ethnic'",
        ).to_dict("records")
        # White, Mixed, Asian, Black, Other: version 2, and of its two files the one signed off last.
        assert (row["reference_numerator"], row["numerator"]) == (4, 1 + 2 + 3 + 1)
        twice = query(at_once, "select * from published.data_issue where rule_code = 'same_version_twice'")
        assert twice["area_code"].tolist() == [KENT]

    def test_the_later_file_of_statistics_speaks_for_a_year_that_two_have(self, at_once):
        rows = query(
            at_once,
            f"select collection_year, reference_numerator from published.indicator where {AGAINST_WHITE} and "
            "collection = 'csww' "
            f"and area_code = '{KENT}' and breakdown = 'all' and comparison_group = 'asian' order by 1",
        )
        assert rows["collection_year"].tolist() == [2022, 2023, 2024]
        assert rows["reference_numerator"].tolist() == [24, 34, 34]

    def test_every_issue_is_a_row_of_data_issue_with_its_place(self, at_once):
        issues = query(
            at_once,
            "select * from published.data_issue where file_name in ('queries.xlsx', 'refused.xlsx')",
        )
        found = {(row.rule_code, row.sheet, row.cell) for row in issues.itertuples()}
        assert {
            ("cell_not_recognised", "Leavers", "D6"),
            ("negative_count", "Leavers", "B5"),
            ("leavers_above_staff", "Leavers", "B6"),
            ("return_not_placed", "Cover", "B6"),
        } <= found
        assert (issues["what_to_do"].str.len() > 0).all()
        assert not issues["message"].str.contains("[{}]", regex=True).any()


@contextmanager
def analyst(home: Home) -> Iterator[Callable[[str], str]]:
    """Hold the published database open in another process, and ask it questions."""
    code = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
        "for line in sys.stdin:\n"
        "    print(connection.sql(line).fetchall(), flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(home.published_database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def read(sql: str) -> str:
        process.stdin.write(sql + "\n")
        process.stdin.flush()
        return process.stdout.readline()

    try:
        yield read
    finally:
        process.communicate()


# --------------------------------------------------------------------------------------- synthetic returns


@pytest.fixture(scope="module")
def counts(home: Home) -> pd.DataFrame:
    """Return the counts of the returns that count, by headline group, straight from the cells received."""
    cells = query(
        home,
        """
        select s.collection_year, s.organisation_code, s.service, s.return_version, s.signed_off_on,
            o.submission_id, o.ethnic_scheme, o.ethnic_value, o.measure, o.value
        from staging.stg_landed__observations as o
        join staging.stg_landed__submissions as s using (submission_id)
        where s.collection = 'sc-wres' and o.measure != 'cover' and o.breakdown = 'all'
            and o.ethnic_value != 'Total'
        """,
    )
    order = ["return_version", "signed_off_on"]
    current = cells.sort_values(order).groupby(["collection_year", "organisation_code", "service"])
    cells = cells[cells["submission_id"].isin(current["submission_id"].last())]
    mapping = read_seed("ethnic_group_mapping")
    register = read_seed("ethnic_group_register").set_index("ethnic_group")["headline_group"]
    mapping = mapping.assign(headline=mapping["ethnic_group"].map(register))
    cells = cells.merge(mapping, left_on=["ethnic_scheme", "ethnic_value"], right_on=["scheme", "value"])
    size = mapping.groupby(["scheme", "headline"]).size().rename("values_expected").reset_index()
    cells = cells.rename(columns={"value_x": "people"}).merge(size, on=["scheme", "headline"])
    keys = ["collection_year", "organisation_code", "service", "measure", "headline"]
    grouped = cells.groupby(keys).agg(
        people=("people", "sum"), given=("people", "count"), expected=("values_expected", "first")
    )
    return grouped.loc[grouped["given"] == grouped["expected"], "people"].unstack("headline").reset_index()


def indicator_counts(counts: pd.DataFrame, year: int, code: str) -> pd.DataFrame:
    """Return the four counts of an indicator for each organisation and service where all are usable."""
    definitions = read_seed("indicator_register").query("collection == 'sc-wres' and indicator_code == @code")
    [definition] = [
        row for row in definitions.to_dict("records") if int(row["first_year"]) <= year <= int(row["last_year"] or 9999)
    ]
    index = ["organisation_code", "service"]
    of_year = counts[counts["collection_year"] == year].set_index(index)
    numerator = of_year[of_year["measure"] == definition["numerator_measure"]]
    denominator = of_year[of_year["measure"] == definition["denominator_measure"]]
    table = pd.DataFrame(
        {
            "numerator": numerator["minority_ethnic"],
            "denominator": denominator["minority_ethnic"],
            "reference_numerator": numerator["white"],
            "reference_denominator": denominator["white"],
        }
    ).dropna()
    inside = (table["numerator"] <= table["denominator"]) & (
        table["reference_numerator"] <= table["reference_denominator"]
    )
    return table[inside]


@pytest.mark.parametrize("code", ["2", "3", "5", "7a", "8", "9"])
def test_the_matched_panel_is_the_organisations_of_both_years(home, counts, code):
    now, before = (indicator_counts(counts, year, code) for year in (2024, 2023))
    shared = now.index.intersection(before.index)
    expected = pd.concat([now.loc[shared].sum(), before.loc[shared].sum().add_prefix("previous_")])
    adults = [place for place in shared if place[1] == "adults"]
    row = query(
        home,
        f"select * from published.year_on_year where {AGAINST_WHITE} and "
        "collection = 'sc-wres' and collection_year = 2024 "
        f"and panel = 'matched' and area_level = 'national' and indicator_code = '{code}' "
        "and service = 'adults' and comparison_group = 'minority_ethnic' and breakdown = 'all'",
    )
    assert adults
    assert len(row) == 1
    of_adults = pd.concat([now.loc[adults].sum(), before.loc[adults].sum().add_prefix("previous_")])
    assert row[of_adults.index].iloc[0].tolist() == of_adults.tolist()
    assert row["organisations"].iloc[0] == len(adults)
    total = query(
        home,
        f"select * from published.year_on_year where {AGAINST_WHITE} and "
        "collection = 'sc-wres' and collection_year = 2024 "
        f"and panel = 'matched' and area_level = 'national' and indicator_code = '{code}' "
        "and service = 'all' and comparison_group = 'minority_ethnic' and breakdown = 'all'",
    )
    assert total[expected.index].iloc[0].tolist() == expected.tolist()


@pytest.mark.parametrize("code", ["2", "3", "8", "9"])
def test_national_figures_are_the_sums_of_what_was_returned(home, counts, code):
    for year in (2023, 2024):
        table = indicator_counts(counts, year, code)
        rows = query(
            home,
            f"select * from published.indicator where {AGAINST_WHITE} and "
            f"collection = 'sc-wres' and collection_year = {year} "
            f"and area_level = 'national' and indicator_code = '{code}' and breakdown = 'all' "
            "and comparison_group = 'minority_ethnic'",
        ).set_index("service")
        by_service = table.groupby("service").sum()
        for service in by_service.index:
            assert rows.loc[service, COUNTS].tolist() == by_service.loc[service].tolist()
        assert rows.loc["all", COUNTS].tolist() == table.sum().tolist()
        assert rows.loc["all", "organisations_adults"] == len(table.query("service == 'adults'"))
        assert rows.loc["all", "organisations_children"] == len(table.query("service == 'children'"))


def test_all_services_of_an_organisation_need_every_service_that_it_runs(home):
    rows = query(
        home,
        f"select * from published.indicator where {AGAINST_WHITE} and "
        "collection = 'sc-wres' and area_level = 'organisation' "
        "and comparison_group = 'minority_ethnic' and breakdown = 'all' and indicator_code = '8'",
    ).set_index(["collection_year", "area_code", "service"])
    rows = rows.sort_index()
    runs = {year: organisations_on(round_of(year)[0]) for year in (2023, 2024)}
    precedence = read_seed("value_note").set_index("value_note")["precedence"].astype(int).to_dict()
    kinds = set()
    for year, code in rows.index.droplevel("service").unique():
        parts = rows.loc[(year, code)].drop(index="all")
        whole = rows.loc[(year, code, "all")]
        if len(parts) < len(runs[year][code].services):
            kinds.add("not all returned")
            reasons = {"service_not_returned", *parts["value_note"].dropna()}
            assert whole["value_note"] == min(reasons, key=precedence.get)
            assert whole[[*COUNTS, "relative_likelihood"]].isna().all()
        elif parts["value_note"].isna().all():
            kinds.add(f"{len(parts)} returned")
            assert whole[COUNTS].tolist() == parts[COUNTS].sum().tolist()
    assert {"not all returned", "2 returned"} <= kinds


# ------------------------------------------------------------------------------------------- the real census


@pytest.fixture(scope="module")
def role_file() -> pd.DataFrame:
    """Return the headcounts of the real file, one row a cell, with the code that names its area."""
    table = pd.read_csv(reference_file(ROLE_CSV), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    table["collection_year"] = table["time_period"].astype(int)
    code = table["new_la_code"].where(table["new_la_code"] != "", table["region_code"])
    table["area_code"] = code.where(code != "", table["country_code"])
    table["people"] = pd.to_numeric(table["inpost_headcount"], errors="coerce")
    return table


def expected_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the four counts by year, area, role and group, from the lines of the file alone."""
    wide = table.pivot(index=["collection_year", "area_code", "role"], columns="breakdown", values="people")
    wide = wide.astype(float)
    base = wide.xs("Total", level="role")
    parts = []
    for group, values in GROUPS.items():
        frame = pd.DataFrame(
            {
                "numerator": wide[values].sum(axis="columns", skipna=False),
                "reference_numerator": wide["White"],
            }
        ).reset_index()
        frame = frame[frame["role"] != "Total"].join(
            pd.DataFrame(
                {
                    "denominator": base[values].sum(axis="columns", skipna=False),
                    "reference_denominator": base["White"],
                }
            ),
            on=["collection_year", "area_code"],
        )
        parts.append(frame.assign(comparison_group=group))
    expected = pd.concat(parts, ignore_index=True)
    expected["breakdown"] = expected["role"].mask(expected["role"] == "Senior manager", "all")
    return expected.set_index(KEY).sort_index()


@pytest.fixture(scope="module")
def census(home: Home, role_file: pd.DataFrame) -> SimpleNamespace:
    """Return the published census figures beside what the file says."""
    rows = query(home, f"select * from published.indicator where {AGAINST_WHITE} and collection = 'csww'")
    return SimpleNamespace(
        indicator=rows,
        published=rows.set_index(KEY).sort_index(),
        expected=expected_counts(role_file),
        file=role_file,
    )


@pytest.mark.parametrize(
    ("year", "counts_of_england", "relative_likelihood"),
    [(2019, [52, 5897, 417, 20927], 0.4425), (2024, [94, 7754, 536, 21869], 0.4946)],
)
def test_england_s_senior_managers(census, year, counts_of_england, relative_likelihood):
    row = census.published.loc[(year, ENGLAND, "all", "minority_ethnic")]
    assert row[COUNTS].tolist() == counts_of_england
    assert round(row["relative_likelihood"], 4) == relative_likelihood
    assert (row["indicator_code"], row["service"], row["counted_by"]) == ("9", "children", "published")
    assert (row["size"], row["evidence"], row["reference_group"]) == ("below", "clear", "white")


def test_every_figure_is_that_of_the_file_for_every_area_role_and_group(census):
    expected = census.expected[~census.expected.index.isin(PARTS_OF_LONDON, level="area_code")]
    assert census.published.index.is_unique
    assert set(census.published.index) == set(expected.index)
    assert len(expected) > 25_000
    usable = expected[COUNTS].notna().all(axis="columns")
    published = census.published.loc[expected.index, COUNTS].astype(float)
    pd.testing.assert_frame_equal(published[usable], expected.loc[usable, COUNTS], check_index_type=False)


def test_every_authority_of_each_year_is_there_and_no_more(census):
    authorities = census.indicator.query("area_level == 'organisation'")
    published = authorities.groupby("collection_year")["area_code"].agg(set)
    in_file = census.file.query("geographic_level == 'Local authority'")
    assert published.to_dict() == in_file.groupby("collection_year")["area_code"].agg(set).to_dict()
    assert set(published.map(len)) <= set(range(148, 152))
    regions = census.indicator.query("area_level == 'region'")
    assert set(regions.groupby("collection_year")["area_code"].nunique()) == {9}
    england = census.indicator.query("area_level == 'national'")
    assert set(england["area_code"]) == {ENGLAND}
    assert set(england["collection_year"]) == set(range(2019, 2025))


def test_london_counts_once(census):
    regions = census.indicator.query("area_level == 'region'")
    assert not set(PARTS_OF_LONDON) & set(census.indicator["area_code"])
    keys = ["collection_year", "breakdown", "comparison_group"]
    sums = regions.groupby(keys)[COUNTS].sum()
    england = census.indicator.query("area_level == 'national'").set_index(keys)[COUNTS]
    pd.testing.assert_frame_equal(sums.sort_index(), england.sort_index(), check_dtype=False)
    assert LONDON in set(regions["area_code"])
    in_london = census.indicator.query("area_level == 'organisation' and area_code.str.startswith('E09')")
    assert set(in_london["region_code"]) == {LONDON}


def test_what_is_not_available_stays_typed(census):
    headcounts = census.file.pivot(
        index=["collection_year", "area_code", "role"], columns="breakdown", values="inpost_headcount"
    )
    is_x = headcounts[[*GROUPS["minority_ethnic"], "White"]].eq("x").any(axis="columns")
    is_x = is_x[is_x].reset_index()
    is_x = is_x[(is_x["role"] != "Total") & ~is_x["area_code"].isin(PARTS_OF_LONDON)]
    role = is_x["role"].mask(is_x["role"] == "Senior manager", "all")
    marked = set(zip(is_x["collection_year"], is_x["area_code"], role, strict=True))
    rows = census.indicator.query("value_note == 'x'")
    group = rows[rows["comparison_group"] == "minority_ethnic"]
    found = set(zip(group["collection_year"], group["area_code"], group["breakdown"], strict=True))
    assert marked
    assert marked <= found
    assert rows["relative_likelihood"].isna().all()
    missing = census.indicator[census.indicator["relative_likelihood"].isna()]
    assert missing["value_note"].notna().all()


def test_consecutive_years_are_compared_in_both_panels(home, census):
    rows = query(home, f"select * from published.year_on_year where {AGAINST_WHITE} and collection = 'csww'")
    keys = ["collection_year", "area_level", "area_code", "breakdown", "comparison_group", "panel"]
    assert not rows.duplicated(keys).any()
    assert (rows["collection_year"] - rows["previous_year"] == 1).all()
    roles, years = set(census.indicator["breakdown"]), set(range(2020, 2025))
    for level in ("national", "region"):
        of_level = rows[rows["area_level"] == level]
        combinations = of_level.groupby("panel").size()
        areas = of_level["area_code"].nunique()
        assert combinations.to_dict() == {
            panel: len(roles) * len(years) * areas * len(GROUPS) for panel in ("all", "matched")
        }
    organisations = rows.query("area_level == 'organisation' and panel == 'all'")
    expected = census.indicator.query("area_level == 'organisation' and collection_year > 2019")
    assert len(organisations) == len(expected)


def test_the_matched_panel_of_the_census_is_the_authorities_of_both_years(home, census):
    """2024 against 2023, when no authority changed: those with four counts of the key in both years."""
    keys = ["area_code", "breakdown", "comparison_group"]
    authorities = census.file.query("geographic_level == 'Local authority'")["area_code"].unique()
    expected = census.expected[census.expected.index.isin(authorities, level="area_code")].reset_index()
    usable = expected.dropna(subset=COUNTS)
    now, before = (usable[usable["collection_year"] == year].set_index(keys)[COUNTS] for year in (2024, 2023))
    both = now.join(before.add_prefix("previous_"), how="inner")
    sums = both.groupby(["breakdown", "comparison_group"]).sum().sort_index()
    rows = query(
        home,
        f"select * from published.year_on_year where {AGAINST_WHITE} and "
        "collection = 'csww' and panel = 'matched' "
        "and collection_year = 2024 and area_level = 'national'",
    ).set_index(["breakdown", "comparison_group"])
    pd.testing.assert_frame_equal(rows[sums.columns].sort_index().astype(float), sums)


def test_each_difference_from_the_published_england_is_a_row_with_its_explanation(home, census):
    headcounts = census.file[["collection_year", "geographic_level", "role", "breakdown", "people"]]
    keys = ["collection_year", "role", "breakdown"]
    sums = headcounts.query("geographic_level == 'Local authority'").groupby(keys)["people"].sum()
    england = headcounts.query("geographic_level == 'National'").set_index(keys)["people"]
    differs = england[england != sums.reindex(england.index)]
    expected = {
        (year, f"{role}, {group}: the published figure is {people:.0f} and the authorities add up to {total:.0f}.")
        for (year, role, group), people, total in zip(differs.index, differs, sums.reindex(differs.index), strict=True)
    }
    rows = query(
        home,
        f"select * from published.data_issue where rule_code like 'census_difference%' and area_code = '{ENGLAND}'",
    )
    assert set(zip(rows["collection_year"], rows["message"], strict=True)) == expected
    assert len(rows) == len(expected)
    assert rows["collection_year"].value_counts().sort_index().to_dict() == {2019: 42, 2020: 41, 2021: 32, 2022: 31}
    assert rows["explanation"].str.startswith("In force, and without a row of their own: ").all()
    named = rows["explanation"].str.extractall(r"\((E\d+)\)")[0].groupby(level=0).agg(set)
    by_year = {year: set.union(*named[group.index]) for year, group in rows.groupby("collection_year")}
    assert by_year == {
        2019: {"E10000006", "E10000021"},
        2020: {"E10000006", "E10000021"},
        2021: {"E10000006"},
        2022: {"E10000006"},
    }
    assert rows["cell"].str.fullmatch(r"P\d+").all()


def test_the_two_census_files_agree(home, census):
    assert query(home, "select * from published.data_issue where rule_code = 'census_files_disagree'").empty


# ---------------------------------------------------------------------------- pay, progression, representation


@pytest.mark.parametrize(
    ("year", "area", "group"),
    [
        (2024, ENGLAND, "minority_ethnic"),
        (2024, ENGLAND, "black"),
        (2019, LONDON, "asian"),
        (2022, KENT, "minority_ethnic"),
    ],
)
def test_progression_in_the_census_is_that_of_the_file(home, role_file, year, area, group):
    steps = read_seed("ladder_step").query("ladder == 'social work roles' and step_order != ''")
    steps = steps.assign(step_order=steps["step_order"].astype(int)).sort_values("step_order")
    lines = role_file[(role_file["collection_year"] == year) & (role_file["area_code"] == area)]
    people = lines.pivot(index="role", columns="breakdown", values="people").loc[steps["breakdown"]]
    ours, theirs = people[GROUPS[group]].sum(axis="columns").astype(int), people["White"].astype(int)
    said = query(
        home,
        f"select * from published.pay_progression where collection = 'csww' and collection_year = {year} "
        f"and area_code = '{area}' and comparison_group = '{group}'",
    ).set_index(["measure", "step"])
    assert said["staff"].eq(ours.sum()).all() and said["reference_staff"].eq(theirs.sum()).all()
    thirds = [counts.groupby(steps["third"].to_numpy()).sum() for counts in (ours, theirs)]
    for lower, upper in (("lower", "middle"), ("middle", "upper"), ("lower", "upper")):
        ratio = (thirds[1][upper] / thirds[1][lower]) / (thirds[0][upper] / thirds[0][lower])
        assert said.loc[("disparity ratio", f"{lower} to {upper}"), "value"] == pytest.approx(ratio, rel=1e-9)
    for cut in range(1, len(steps)):
        table = [[counts.iloc[cut:].sum(), counts.iloc[:cut].sum()] for counts in (ours, theirs)]
        odds = Table2x2(table)
        row = said.loc[("cumulative odds ratio", steps["breakdown"].iloc[cut])]
        assert row[["value", "lower_95", "upper_95"]].tolist() == pytest.approx(
            [odds.oddsratio, *odds.oddsratio_confint()]
        )
    test = stats.mannwhitneyu(
        np.repeat(np.arange(len(ours)), ours),
        np.repeat(np.arange(len(theirs)), theirs),
        use_continuity=False,
        method="asymptotic",
    )
    row = said.loc[("probability of superiority", "all")]
    assert row["value"] == pytest.approx(test.statistic / ours.sum() / theirs.sum(), rel=1e-12)
    assert row["p_value"] == pytest.approx(test.pvalue, rel=1e-6)
    # Roles have no pay.
    assert not {"median pay gap", "share of quarter"} & set(said.index.get_level_values("measure"))


def test_england_s_senior_managers_in_the_three_forms(home, census, census_residents):
    x1, n1, x2, n2 = 94, 7754, 536, 21869
    row = query(
        home,
        f"select * from published.representation where collection = 'csww' and area_code = '{ENGLAND}' "
        "and collection_year = 2024 and breakdown = 'all' and comparison_group = 'minority_ethnic'",
    ).iloc[0]
    role, workforce = x1 + x2, n1 + n2
    assert row[["known_in_role", "known_in_workforce"]].tolist() == [role, workforce]
    difference = 100 * (x1 / role - n1 / workforce)
    limits = confint_proportions_2indep(x1, role, n1 - x1, workforce - role, method="newcomb", compare="diff")
    expected = [difference, *(100 * (1 - role / workforce) * np.array(limits))]
    form = "difference_from_workforce"
    assert row[[form, f"{form}_lower_95", f"{form}_upper_95"]].tolist() == pytest.approx(expected, rel=1e-9)
    residents = census_residents.groupby("side")["residents"].sum()
    share = residents["minority_ethnic"] / residents.sum()
    expected = 100 * (np.array([x1 / role, *proportion_confint(x1, role, method="wilson")]) - share)
    form = "difference_from_residents"
    assert row[[form, f"{form}_lower_95", f"{form}_upper_95"]].tolist() == pytest.approx(expected, rel=1e-9)
    assert row["relative_likelihood"] == pytest.approx((x1 / n1) / (x2 / n2))


def test_pay_progression_of_england_is_of_the_returns_with_every_band(home):
    bands = query(
        home,
        "select * from published.pay_band where collection_year = 2024 and area_level = 'organisation' "
        "and service != 'all' and pay_band_scheme = 'national' and lower_limit is not null "
        "and comparison_group in ('minority_ethnic', 'white')",
    )
    bands = bands.sort_values("pay_band_order")
    wide = bands.pivot(index=["area_code", "service"], columns=["comparison_group", "pay_band_order"], values="staff")
    counts = wide.dropna().sum()
    (low, _, high), (white_low, _, white_high) = counts["minority_ethnic"], counts["white"]
    said = query(
        home,
        "select * from published.pay_progression where collection_year = 2024 and area_level = 'national' "
        "and ladder = 'national pay bands' and service = 'all' and comparison_group = 'minority_ethnic'",
    ).set_index(["measure", "step"])
    assert said["staff"].eq(counts["minority_ethnic"].sum()).all()
    assert said["organisations"].eq(wide.dropna().index.get_level_values("area_code").nunique()).all()
    ratio = (white_high / white_low) / (high / low)
    assert said.loc[("disparity ratio", "lower to upper"), "value"] == pytest.approx(ratio, rel=1e-9)
    quarters = said.loc["share of quarter", "value"]
    assert quarters.mean() == pytest.approx(counts["minority_ethnic"].sum() / counts.sum(), rel=1e-9)


def test_the_whole_of_two_stages_is_the_indicator_of_all_staff(home):
    rows = query(
        home,
        """
        select stage.numerator, stage.denominator, reported.numerator as events, reported.denominator as base
        from published.stage
        inner join published.indicator as reported
            using (collection, collection_year, area_code, service, comparison_group)
        where stage.chain = 'fitness_to_practise_referred' and stage.stage = 'second' and stage.value_note is null
            and reported.indicator_code = '4' and reported.definition = 'as_collected'
            and reported.reference_group = 'white' and stage.area_level = 'organisation'
        """,
    )
    assert len(rows) > 5
    assert (rows["numerator"] == rows["events"]).all() and (rows["denominator"] == rows["base"]).all()


# -------------------------------------------------------------------------------------- nothing received yet


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Return a home with the empty batch that the repository carries, after a `dbt build` with no wrapper."""
    root = tmp_path_factory.mktemp("bare")
    shutil.copytree(PROJECT / "batches" / "empty", root / "batches" / "empty")
    (root / "warehouse").mkdir()
    home = Home(root)
    folders = {"WRES_HOME": root, "DBT_TARGET_PATH": root / "target", "DBT_LOG_PATH": root / "logs"}
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in folders.items():
            patch.setenv(name, str(folder))
        with saved_parse(root / "target"):
            dbt = run(["dbt", "build"], home)
            output = dbt.communicate()[0]
    return SimpleNamespace(home=home, code=dbt.returncode, output=output)


def test_dbt_build_alone_works_before_anything_is_received(bare):
    assert bare.code == 0, bare.output[-3000:]
    assert bare.output.count("Nothing has been received yet") == 1
    assert "wres receive PATH" in bare.output
    assert "WARN=0 ERROR=0" in bare.output
    assert last_build(bare.home) == (None, None)  # dbt alone made all of it, and knows not what from
    assert query(bare.home, "select distinct collection from published.indicator")["collection"].tolist() == ["csww"]


def test_england_of_the_seed_is_england_of_the_file(bare, home, census):
    columns = "* exclude (counted_by, organisations, organisations_adults, organisations_children)"
    sql = (
        f"select {columns} from published.indicator where {AGAINST_WHITE} and "
        f"collection = 'csww' and area_level = 'national' order by all"
    )
    of_seed, of_file = query(bare.home, sql), query(home, sql)
    assert len(of_seed) == 6 * 6 * len(GROUPS)
    pd.testing.assert_frame_equal(of_seed, of_file)


# ------------------------------------------------------------------------------------------- facts about areas


@pytest.fixture(scope="module")
def census_residents() -> pd.DataFrame:
    """Return the residents as the Office for National Statistics printed them, without ours of the codes."""
    table = pd.read_csv(reference_file(RESIDENT_CSV))
    is_white = table["ethnic_group"].str.startswith("White:")
    return table.assign(side=is_white.map({True: "white", False: "minority_ethnic"}))


def test_residents_are_those_of_the_file(home, census_residents):
    rows = query(
        home, "select * from conformed.resident_population where comparison_group in ('white', 'minority_ethnic')"
    )
    england = rows.query("area_level == 'national'")
    assert england["residents"].sum() == census_residents["residents"].sum()
    assert rows.query("area_level == 'region'")["residents"].sum() == census_residents["residents"].sum()
    minority = england.query("comparison_group == 'minority_ethnic'")["residents"].item()
    assert 0.18 < minority / england["residents"].sum() < 0.20
    printed = census_residents.groupby(["utla23_code", "side"])["residents"].sum()
    ours = rows.query("area_level == 'organisation'").set_index(["area_code", "comparison_group"])["residents"]
    same = printed.index.intersection(ours.index)
    # Richmond's services are all given by joint organisations.
    assert set(printed.index.get_level_values(0)) - set(same.get_level_values(0)) == {"E09000027"}
    assert (ours[same] == printed[same]).all()


@pytest.mark.parametrize(
    ("organisation", "parts"),
    [
        ("E08000038", ["E08000016"]),  # Barnsley's new code
        ("E10000006", ["E06000063", "E06000064"]),  # Cumbria, split
        ("E10000023", ["E06000065"]),  # North Yorkshire, made unitary
        ("E09000021 / E09000027", ["E09000021", "E09000027"]),
        ("WRES-RW", ["E09000027", "E09000032"]),
        ("E10000009", None),  # Dorset, of which a part went to another
        ("WRES-SFC", None),
    ],
)
def test_residents_of_codes_that_the_census_does_not_have(home, census_residents, organisation, parts):
    rows = query(home, f"select * from conformed.resident_population where area_code = '{organisation}'")
    found = dict(rows[["comparison_group", "residents"]].itertuples(index=False))
    of_parts = census_residents[census_residents["utla23_code"].isin(parts or [])].groupby("side")["residents"].sum()
    assert {side: found.get(side) for side in ("white", "minority_ethnic") if side in found} == of_parts.to_dict()


def test_every_authority_has_ten_neighbours_on_any_day(home):
    reference_file(NEIGHBOUR_CSV)
    rows = query(home, "select * from conformed.statistical_neighbour")
    register = read_seed("area_register").query("area_level == 'authority'").set_index("area_code")
    for day in ("2024-09-30", "2026-09-30"):
        there = register[
            (register["valid_from"] <= day) & ((register["valid_to"] >= day) | (register["valid_to"] == ""))
        ]
        starts, ends = (pd.to_datetime(rows[name]) for name in ("valid_from", "valid_to"))
        then = rows[(starts.isna() | (starts <= day)) & (ends.isna() | (ends >= day))]
        assert then.groupby("organisation_code").size().to_dict() == dict.fromkeys(there.index, 10)
        assert (then.groupby("organisation_code")["neighbour_rank"].agg(sorted).map(tuple) == tuple(range(1, 11))).all()
        assert set(then["neighbour_code"]) <= set(there.index)
    printed = pd.read_csv(REFERENCE / NEIGHBOUR_CSV, dtype=str, encoding="utf-8-sig").set_index("la_name")
    kent = rows[(rows["organisation_code"] == KENT) & rows["valid_to"].isna()].sort_values("neighbour_rank")
    codes = register.loc[kent["neighbour_code"], "childrens_services_code"]
    assert codes.tolist() == printed.loc["Kent", [f"SN_{rank}" for rank in range(1, 11)]].tolist()
    words = printed.loc["Kent", [f"SN_{rank}P" for rank in range(1, 11)]].str.strip().str.lower()
    assert kent["closeness"].tolist() == words.tolist()


# -------------------------------------------------------------------------------------------------- questions

# What is out of the ordinary: six organisations may have nothing of the kind.
MAY_BE_EMPTY = {
    "changed_in_the_matched_panel",
    "outlying_organisations",
    "standing_out",
    "statistical_neighbours",
    "unknowns_that_matter",
    "unfit_figures",
}


def test_every_question_has_an_answer(home, census):
    found = {name: answer.df() for name, answer in questions.answers(home.root).items()}
    assert set(found) == {question.name for question in questions.questions()}
    assert {name for name, rows in found.items() if rows.empty} <= MAY_BE_EMPTY
    # Each row answers for one thing: no question joins its way into rows that say the same.
    assert {name for name, rows in found.items() if rows.duplicated().any()} == set()
    for name in ("standing_out", "unknowns_that_matter", "another_definition", "too_small_to_see"):
        latest = found[name].groupby("collection")["collection_year"].nunique()
        assert (latest == 1).all()
    moved = found["what_moved_england"]
    whole = moved[["times_by_within", "times_by_weight", "times_by_joined", "times_by_left"]].prod(axis=1)
    assert (whole - moved["times_by_total"]).abs().max() < 0.01


# --------------------------------------------------------------------------------------------- metrics by name

METRICS = [*COUNTS, "organisations", "rate", "reference_rate", "relative_likelihood", "lower_95", "upper_95"]
HEADLINE_KEY = ["collection", "collection_year", "area_level", "area_code", "service", "indicator_code"]
FIGURE_KEY = [*HEADLINE_KEY, "definition", "breakdown", "comparison_group", "reference_group"]
METRICS_PAGE = (PROJECT / "docs" / "connect" / "metrics.md").read_text(encoding="utf-8")


def ask_metrics(home: Home, arguments: list[str], out: Path) -> pd.DataFrame:
    """Return the answer of `wres metrics query` with every digit."""
    process = run(["wres", "metrics", "query", *arguments, "--csv", str(out)], home)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return pd.read_csv(out, dtype={"figure__indicator_code": str})


def test_metrics_are_the_figures_of_the_tables(home, tmp_path, monkeypatch):
    """Every headline (at full counts every figure) of each level, service, year and collection, with or without a
    value, is what `indicator` says; and nothing was asked of the network.
    """
    key = FIGURE_KEY if FULL else HEADLINE_KEY
    by = {column: "area" if column == "area_code" else f"figure__{column}" for column in key}
    arguments = ["--metrics", ",".join(["figures", *METRICS]), "--group-by", ",".join(by.values())]
    if not FULL:
        arguments += ["--where", "{{ Dimension('figure__is_headline') }}"]
    with socket.create_server(("127.0.0.1", 0)) as outside:
        outside.setblocking(False)
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{outside.getsockname()[1]}")
        asked = ask_metrics(home, arguments, tmp_path / "metrics.csv")
        with pytest.raises(BlockingIOError):
            outside.accept()
    asked = asked.rename(columns={name: column for column, name in by.items()})
    headlines = f"where breakdown = 'all' and comparison_group = 'minority_ethnic' and {AGAINST_WHITE}"
    table = query(home, f"select {', '.join([*key, *METRICS])} from published.indicator {'' if FULL else headlines}")
    assert (asked["figures"] == 1).all()
    assert {"organisation", "region", "national"} <= set(table["area_level"])
    assert table["relative_likelihood"].isna().any()
    types = dict.fromkeys(METRICS, "Float64") | {"collection_year": "int64"}
    both = [frame.astype(types).set_index(key)[METRICS].sort_index() for frame in (asked, table)]
    pd.testing.assert_frame_equal(*both, rtol=1e-12)


def test_metrics_never_add_figures_up(home, tmp_path):
    """A question that leaves several figures together is told how many, and gets no number, whatever it left out."""
    asked = ask_metrics(
        home, ["--metrics", ",".join(["figures", *METRICS]), "--group-by", "figure__area_level"], tmp_path / "all.csv"
    )
    counted = query(home, "select area_level, count(*) as figures from published.indicator group by area_level")
    assert dict(zip(asked["figure__area_level"], asked["figures"], strict=True)) == dict(counted.to_numpy())
    assert asked[METRICS].isna().all(axis=None)


@pytest.mark.skipif(not FULL, reason="MetricFlow takes seconds to start for each: only where WRES_TEST_FULL is 1")
def test_the_examples_of_the_page_of_metrics_have_answers(home, census, tmp_path):
    """Each command of the page has an answer; the one on real figures is the answer that the page prints."""
    examples = re.findall(r"^wres metrics query (.+)$", METRICS_PAGE, re.MULTILINE)
    answers = [ask_metrics(home, shlex.split(example), tmp_path / "example.csv") for example in examples]
    assert answers
    assert all(len(answer) for answer in answers)
    printed = re.findall(r"^ +(\d{4}) +(\d+) +(\d+) +([\d.]+) +([\d.]+)$", METRICS_PAGE, re.MULTILINE)
    told = [list(map(float, row)) for row in printed]
    assert told == answers[0].round(4).astype(float).to_numpy().tolist()


# ------------------------------------------------------------------------------------------ next year's file

NEW_CODE, OLD_CODE, CUMBERLAND = "E10009999", "E10000006", "E06000063"
BRISTOL = "E06000023"


# ------------------------------------------------------------------------------------------ the open release


@pytest.fixture(scope="module")
def opened(home: Home, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Return two open releases of a copy of the home: in the second an organisation has taken its consent back."""
    copy = Home(tmp_path_factory.mktemp("open") / "home")
    shutil.copytree(home.root, copy.root, ignore=shutil.ignore_patterns("sample", "landing"))
    with duckdb.connect(str(copy.database)) as connection:  # most rows, and no part in what is protected
        for table in ("fct_indicator", "fct_year_on_year"):
            connection.execute(f"delete from marts.{table} where collection = 'csww' and area_level = 'organisation'")
    first = release_open(copy, date(2025, 1, 31))
    with duckdb.connect(str(copy.database)) as connection:
        [[withdrawn]] = connection.execute(
            "select min(new_la_code) from open_release.year_on_year where new_la_code is not null"
        ).fetchall()
        connection.execute(
            "update marts.int_participation set is_consent_given = false where organisation_code = ?", [withdrawn]
        )
        names = connection.execute(
            "select organisation_name from conformed.organisation where organisation_code = ?", [withdrawn]
        )
        [[name]] = names.fetchall()
    with pytest.MonkeyPatch.context() as patch:
        if not FULL:
            # The files of the first were read through as a stranger would: that takes as long as all the rest.
            patch.setattr(open_release_module, "check_bundle", lambda *_: None)
        second = release_open(copy, date(2025, 1, 31))
    return SimpleNamespace(home=copy, first=first, second=second, withdrawn=withdrawn, name=name)


def test_the_models_of_the_open_release_pass_their_unit_tests(opened):
    """They need the tables of a release, which `dbt build` on its own does not make."""
    lines: list[str] = []
    tests = [f"tag:{tag},test_type:unit" for tag in ("disclosure", "open")]
    run_dbt(
        opened.home, ["test", "--select", *tests], {"WRES_OPEN_RELEASE": opened.second.release_id}, show=lines.append
    )
    assert sum("PASS" in line for line in lines) >= len(tests)


def table_of(outcome: OpenedRelease, name: str) -> pd.DataFrame:
    return pd.read_csv(outcome.folder / "data" / f"{name}.csv", dtype=str, keep_default_na=False)


COUNT_COLUMNS = ("numerator", "denominator", "reference_numerator", "reference_denominator")


def test_an_open_release_shows_no_small_count(opened):
    threshold = int(setting("disclosure_threshold"))
    shown = 0
    for outcome in (opened.first, opened.second):
        for name, prefixes in (("indicator", ("",)), ("year_on_year", ("", "previous_"))):
            frame = table_of(outcome, name)
            for column in (prefix + count for prefix in prefixes for count in COUNT_COLUMNS):
                numbers = pd.to_numeric(frame.loc[~frame[column].isin(["c", "x"]), column])
                shown += len(numbers)
                assert not numbers.between(1, threshold - 1).any()
            hidden = frame[[*COUNT_COLUMNS]].eq("c").any(axis=1)
            assert hidden.any()
            assert (
                frame.loc[hidden, ["relative_likelihood", "lower_95", "upper_95", "p_value"]].eq("c").all(axis=None)
                or name != "indicator"
            )
    assert shown


FIGURE = (
    "time_period",
    "geographic_level",
    "region_code",
    "service",
    "indicator_code",
    "breakdown",
    "comparison_group",
    "reference_group",
)


def test_what_rests_on_a_hidden_figure_is_hidden(opened):
    """Of unknowns, of differences between organisations and of the parts of a change."""
    for outcome in (opened.first, opened.second):
        figures = table_of(outcome, "indicator")
        changes = table_of(outcome, "year_on_year")
        is_shown = ~figures[[*COUNT_COLUMNS]].isin(["c", "x"]).any(axis=1)
        shown = set(figures.loc[is_shown & figures["new_la_code"].eq(""), list(FIGURE)].itertuples(index=False))
        both_years = [prefix + column for prefix in ("", "previous_") for column in COUNT_COLUMNS]
        changes["is_shown"] = ~changes[both_years].isin(["c", "x"]).any(axis=1)
        panels = changes[changes["new_la_code"].eq("")].groupby(list(FIGURE))["is_shown"].agg(["all", "size"])
        moved = {key for key, of in panels.iterrows() if of["all"] and of["size"] == 2}
        for name, value, may in (
            ("unknown_ethnicity", "unknown_share", shown),
            ("unknown_ethnicity", "unknowns_lower", shown),
            ("between_organisations", "mantel_haenszel", shown),
            ("decomposition", "factor", moved),
        ):
            frame = table_of(outcome, name)
            said = frame[~frame[value].isin(["c", "x", "z"])]
            assert set(map(tuple, said[list(FIGURE)].to_numpy())) <= {tuple(key) for key in may}
            assert len(frame) > len(said)
    assert (~table_of(opened.first, "unknown_ethnicity")["unknown_share"].isin(["c", "x"])).any()


def test_pay_bands_are_the_counts_of_their_indicator(opened):
    bands = table_of(opened.first, "pay_band")
    figures = table_of(opened.first, "indicator").query("indicator_code == '1' and new_la_code == ''")
    [headline] = set(bands["pay_band"]) - set(figures["breakdown"])  # its figure has the breakdown 'all'
    figures["pay_band"] = figures["breakdown"].replace("all", headline)
    place = ["time_period", "geographic_level", "region_code", "service", "pay_band"]
    for group, count in (("minority_ethnic", "numerator"), ("white", "reference_numerator")):
        of_group = bands[bands["comparison_group"].eq(group)]
        joined = of_group.merge(figures, on=place, validate="one_to_one")
        assert len(joined)
        assert joined["staff"].tolist() == joined[count].tolist()


def test_taking_part_is_counted_and_nobody_is_named(opened):
    frame = table_of(opened.first, "participation")
    with duckdb.connect(str(opened.home.database), read_only=True) as connection:
        [[organisations]] = connection.execute(
            "select count(*) from marts.fct_participation where collection = 'sc-wres'"
        ).fetchall()
    national = frame.query("geographic_level == 'National'")["organisations"].astype(int)
    assert national.sum() == organisations
    assert not {"new_la_code", "la_name"} & set(frame)


def test_an_open_release_passes_its_gate(opened):
    for outcome in (opened.first, opened.second):
        assert outcome.audit.is_passed
        assert (table_of(outcome, "protection")["is_protected"].str.lower() == "true").all()


def test_who_took_consent_back_is_in_the_first_release_and_not_in_the_second(opened):
    def standard(outcome: OpenedRelease) -> str:
        return "".join(
            (outcome.folder / "data" / f"{name}.csv").read_text(encoding="utf-8")
            for name in ("indicator", "year_on_year", "protection")
        )

    assert opened.withdrawn in standard(opened.first)
    assert opened.withdrawn not in standard(opened.second)
    assert opened.name not in standard(opened.second)
    national = [
        table_of(outcome, "indicator").query("geographic_level == 'National'")["organisations"].tolist()
        for outcome in (opened.first, opened.second)
    ]
    assert national[0] == national[1]  # it still counts in England


def test_the_true_counts_are_for_the_owner_alone(opened):
    for outcome in (opened.first, opened.second):
        private = opened.home.disclosure / outcome.release_id
        assert {path.name for path in private.iterdir()} == {
            f"{name}.parquet" for name in ("pattern", "gate", "audit", "shown")
        }
        assert private.stat().st_mode & 0o077 == 0
        assert not list(outcome.folder.rglob("audit*"))


def test_a_release_whose_earlier_one_is_not_known_is_refused(opened):
    private = opened.home.disclosure / opened.first.release_id
    private.rename(private.with_name("away"))
    try:
        with pytest.raises(WresError, match="is not known"):
            release_open(opened.home, date(2025, 2, 28))
    finally:
        private.with_name("away").rename(private)
    with pytest.raises(WresError, match="would come before"):
        release_open(opened.home, date(2025, 1, 1))


@pytest.mark.skipif(not FULL, reason="solves the release again: only where WRES_TEST_FULL is 1")
def test_the_same_inputs_give_the_same_open_release(opened):
    """Forget what was released, and release it again."""
    sums = (opened.second.folder / "checksums.sha256").read_bytes()
    shutil.rmtree(opened.second.folder)
    shutil.rmtree(opened.home.disclosure / opened.second.release_id)
    again = release_open(opened.home, date(2025, 1, 31))
    assert again.release_id == opened.second.release_id
    assert (again.folder / "checksums.sha256").read_bytes() == sums


def test_a_file_that_shows_what_is_hidden_is_refused(opened, tmp_path):
    """Put a hidden count, or an organisation without consent, into the written files: they are not released."""
    folder = tmp_path / "bundle"
    shutil.copytree(opened.second.folder, folder)
    path = folder / "parquet" / "indicator.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{opened.home.database}' as warehouse (read_only)")
        check_shown(connection, folder)
        frame = connection.execute(f"from read_parquet('{path}')").df()
        spoiled = frame.copy()
        spoiled.loc[spoiled["numerator_symbol"].eq("c").idxmax(), "numerator"] = 3
        connection.execute(f"copy (from spoiled) to '{path}' (format parquet)")
        with pytest.raises(WresError, match="must not be"):
            check_shown(connection, folder)
        spoiled = frame.copy()
        spoiled.loc[spoiled["new_la_code"].notna().idxmax(), "new_la_code"] = opened.withdrawn
        connection.execute(f"copy (from spoiled) to '{path}' (format parquet)")
        with pytest.raises(WresError, match=opened.withdrawn):
            check_shown(connection, folder)


class TestNextYear:
    """A file of 2024 and 2025 without England rows, with a new code, an old one, and what nobody expected."""

    @pytest.fixture(scope="class")
    @classmethod
    def sent(cls) -> pd.DataFrame:
        path = reference_file(ROLE_CSV)
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        last = table[(table["time_period"] == "2024") & (table["geographic_level"] != "National")]
        following = last.assign(time_period="2025")
        following["new_la_code"] = following["new_la_code"].replace({KENT: NEW_CODE, CUMBERLAND: OLD_CODE})
        following["la_name"] = following["la_name"].replace({"Kent": "West Kent", "Cumberland": "Cumbria"})
        more = (following["la_name"] == "Leeds") & following["breakdown"].isin(["White", "Known", "Total"])
        more &= following["role"].isin(["Total", "Case holder"])
        number = pd.to_numeric(following["inpost_headcount"], errors="coerce")
        following.loc[more, "inpost_headcount"] = (number[more] + 10).astype(int).astype(str)
        stray = following.iloc[:3].assign(geographic_level=["Provider", "Local authority", "Regional"])
        stray["time_period"] = ["2025", "2025/26", ""]
        return pd.concat([last, following, stray], ignore_index=True)

    @pytest.fixture(scope="class")
    @classmethod
    def home(cls, sent: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Home:
        folder = tmp_path_factory.mktemp("next_year")
        sent.to_csv(folder / "roles_2024_to_2025.csv", index=False)
        workforce = pd.read_csv(reference_file(WORKFORCE_CSV), dtype=str, keep_default_na=False, encoding="utf-8-sig")
        is_bristol = (workforce["time_period"] == "2024") & (workforce["new_la_code"] == BRISTOL)
        assert is_bristol.sum() == 1
        workforce.loc[is_bristol, "inpost_headcount"] = "7"
        workforce.to_csv(folder / "workforce.csv", index=False)
        home = new_home(folder / "home")
        receipt = receive(home, [folder / "roles_2024_to_2025.csv", folder / "workforce.csv"])
        assert receipt.is_clean
        assert set(receipt.issues["rule_code"]) == {"unknown_category"}
        build(home)
        return home

    @pytest.fixture(scope="class")
    @classmethod
    def issues(cls, home: Home) -> pd.DataFrame:
        return query(home, "select * from published.data_issue")

    def test_england_is_the_sum_of_the_authorities(self, home, sent):
        authorities = sent[(sent["geographic_level"] == "Local authority") & (sent["time_period"] != "2025/26")]
        people = pd.to_numeric(authorities["inpost_headcount"], errors="coerce")
        sums = people.groupby([authorities[name] for name in ("time_period", "role", "breakdown")]).sum()
        minority, white = GROUPS["minority_ethnic"], ["White"]
        for year in (2024, 2025):
            [row] = query(
                home,
                f"select * from published.indicator where {AGAINST_WHITE} and "
                f"collection = 'csww' and collection_year = {year} "
                "and area_level = 'national' and breakdown = 'all' and comparison_group = 'minority_ethnic'",
            ).to_dict("records")
            of_year = sums.loc[str(year)].unstack("breakdown")
            of_authorities = [
                of_year.loc[role, groups].sum() for groups in (minority, white) for role in ("Senior manager", "Total")
            ]
            assert row["counted_by"] == "summed"
            assert row["numerator"] == of_authorities[0]
            assert row["reference_numerator"] == of_authorities[2]
            assert [row["denominator"], row["reference_denominator"]] == [of_authorities[1], of_authorities[3]]

    def test_the_seed_gives_way_a_whole_year_at_a_time(self, home):
        rows = query(
            home,
            "select distinct collection_year, counted_by from published.indicator "
            "where collection = 'csww' and area_level = 'national' order by 1",
        )
        assert dict(rows.itertuples(index=False)) == {
            **dict.fromkeys(range(2019, 2024), "published"),
            2024: "summed",
            2025: "summed",
        }

    def test_the_new_year_is_compared_with_the_one_before(self, home):
        rows = query(
            home,
            "select panel, area_level, min(previous_year) as first, max(previous_year) as last, count(*) as rows "
            f"from published.year_on_year where {AGAINST_WHITE} and "
            "collection = 'csww' and collection_year = 2025 group by all",
        )
        assert set(rows["first"]) == set(rows["last"]) == {2024}
        assert {("all", "national"), ("matched", "national"), ("all", "organisation"), ("matched", "region")} <= set(
            zip(rows["panel"], rows["area_level"], strict=True)
        )

    def test_the_matched_panel_leaves_out_codes_without_a_past(self, home, sent):
        authorities = sent.query("geographic_level == 'Local authority' and breakdown == 'White'")
        usable = authorities[authorities["inpost_headcount"] != "x"]
        of_role = usable[usable["role"].isin(["Senior manager", "Total"])]
        both_roles = of_role.groupby(["time_period", "new_la_code"]).size() == 2
        years = [set(both_roles[year][both_roles[year]].index) for year in ("2024", "2025")]
        [row] = query(
            home,
            f"select * from published.year_on_year where {AGAINST_WHITE} and "
            "collection = 'csww' and collection_year = 2025 and "
            "area_level = 'national' and panel = 'matched' and breakdown = 'all' and comparison_group = 'asian'",
        ).to_dict("records")
        assert row["organisations"] == len(years[0] & years[1])

    def test_what_is_odd_is_asked_about(self, issues):
        of_2025 = issues[issues["collection_year"] == 2025]
        assert NEW_CODE in set(of_2025.query("rule_code == 'organisation_not_on_register'")["area_code"])
        assert OLD_CODE in set(of_2025.query("rule_code == 'organisation_outside_dates'")["area_code"])
        without = issues.query("rule_code == 'census_without_england_row'")
        assert set(without["collection_year"]) == {2024, 2025}
        missing = set(of_2025.query("rule_code == 'authority_without_row'")["area_code"])
        assert {KENT, CUMBERLAND} <= missing
        unknown = issues.query("rule_code == 'unknown_category'")
        assert set(unknown["value_text"].fillna("")) == {"Provider", "2025/26", ""}
        assert "error" not in set(issues["severity"])

    def test_the_new_code_has_figures_and_a_region(self, home):
        area = query(home, f"select * from published.area where area_code = '{NEW_CODE}'")
        assert area["area_name"].tolist() == ["West Kent"]
        rows = query(
            home,
            f"select * from published.indicator where {AGAINST_WHITE} and "
            f"area_code = '{NEW_CODE}' and collection_year = 2025",
        )
        assert set(rows["region_code"]) == {"E12000008"}
        assert rows["relative_likelihood"].notna().any()

    def test_a_changed_total_shows_that_the_files_disagree(self, issues):
        rows = issues.query("rule_code == 'census_files_disagree'")
        assert rows["area_code"].tolist() == [BRISTOL]
        assert rows["message"].str.endswith("people and the workforce file 7.").all()

    def test_lines_of_no_known_level_or_year_count_nowhere(self, home):
        years = query(
            home,
            f"select distinct collection_year from published.indicator where {AGAINST_WHITE} and collection = 'csww'",
        )
        assert set(years["collection_year"]) == set(range(2019, 2026))
        levels = query(home, "select distinct area_level from published.indicator")
        assert set(levels["area_level"]) == {"national", "region", "organisation"}
