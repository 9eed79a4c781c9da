"""The results of an organisation: its figures are those published, and nothing in its files gives another away."""

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from scipy.optimize import Bounds, LinearConstraint, milp

from wres.cli import main
from wres.home import Home, WresError
from wres.reference import PROJECT, setting
from wres.results import abouts, forget_told, gathered, keep_proof, told_before, write_pack
from wres.results_content import interval, results_of, service_names
from wres.results_proof import (
    COMPARATOR_KEY,
    NOT_PROTECTED,
    KnownBefore,
    hidden_of,
    proved_comparators,
    shown_of,
    year_of,
)

FULL = bool(os.environ.get("WRES_TEST_FULL"))
YEAR, OWN = 2025, "T00"
NAMES = {
    "T00": "Homeshire",
    "T01": "Quillborough",
    "T02": "Vexmouth",
    "T03": "Wyndlestow",
    "T04": "Zephyrham",
    "T05": "Oxleyford",
    "T06": "Juniperby",
}
PAIR = {"breakdown": "all", "comparison_group": "minority_ethnic", "reference_group": "white"}
KEY = {"collection": "sc-wres", "collection_year": YEAR, "definition": "as_collected"} | PAIR
PLACES = ("numerator", "denominator", "reference_numerator", "reference_denominator")
DEFINITIONS = {
    "2": ("Appointment from shortlist", "appointed", "shortlisted", "below"),
    "3": ("Formal disciplinary process", "disciplinary_entered", "staff", "above"),
    "6": ("Harassment from the public", "harassed_by_public", "survey_respondents", "above"),
}
VOID = {"meta", "br", "link", "img", "hr", "input"}
# What the table says stands in the files, whatever it is: these are no relative likelihoods of the counts beside them.
FIGURE = {"relative_likelihood": 1.4567, "lower_95": 0.8912, "upper_95": 2.2345, "p_value": 0.1234}


# ------------------------------------------------------------------------------------------------------- a small world


def columns_of(model: str) -> dict[str, str]:
    """Return the columns of a model with their types, as its description declares them."""
    path = next((PROJECT / "models").rglob(f"{model}.yml"))
    [described] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return {column["name"]: column["data_type"] for column in described["columns"]}


def put(connection: duckdb.DuckDBPyConnection, model: str, rows: Iterable[Mapping]) -> None:
    """Make a table with the columns that the model declares, and put rows into it; what a row lacks is NULL."""
    columns = columns_of(model)
    types = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f'create table "{model}" ({types})')
    rows = list(rows)
    unknown = {name for row in rows for name in row} - set(columns)
    assert not unknown, f"{model} has no {unknown}"
    if rows:
        marks = ", ".join("?" for _ in columns)
        values = [[row.get(name) for name in columns] for row in rows]
        connection.executemany(f'insert into "{model}" values ({marks})', values)


def counts_of(number: int, code: str, service: str) -> tuple[int, int, int, int]:
    """Return the four counts of an organisation for an indicator: no two are alike, and none is small."""
    more = (500 if service == "children" else 0) + 1_000 * int(code == "2")
    return 31 + 7 * number + more // 50, 1_211 + 137 * number + more, 61 + 11 * number, 5_013 + 211 * number + more


def own_rows(code: str, service: str, year: int = YEAR) -> dict:
    name, _, _, adverse = DEFINITIONS[code]
    row = KEY | {
        "collection_year": year,
        "area_level": "organisation",
        "area_code": OWN,
        "area_name": NAMES[OWN],
        "service": service,
        "indicator_code": code,
        "indicator_name": name,
        "definition_version": 1,
        "group_label": "Global Majority",
        "adverse_when": adverse,
        "fitness": "fit",
        "is_todays_definition": True,
        "stands_out": False,
    }
    if code == "6":
        return row | {"value_note": "not_collected"}
    counts = dict(zip(PLACES, counts_of(0, code, service), strict=True))
    shown = FIGURE | {"size": "above", "evidence": "not clear", "minimum_detectable": 2.3456, "unknown_share": 0.1357}
    rates = {"rate": 0.2468, "rate_lower_95": 0.2011, "rate_upper_95": 0.2999, "reference_rate": 0.1357}
    rates |= {"reference_rate_lower_95": 0.1212, "reference_rate_upper_95": 0.1515}
    bounds = {"unknowns_lower": 0.3131, "unknowns_upper": 4.5678, "depends_on_unknowns": False}
    return row | counts | shown | rates | bounds


@dataclass
class World:
    """Seven organisations of one region, of which the first is told its results."""

    connection: duckdb.DuckDBPyConnection
    comparators: list[dict] = field(default_factory=list)

    def rows(self, table: str, where: str = "true") -> list[dict]:
        """Return rows of a table."""
        return self.connection.sql(f"select * from {table} where {where}").to_arrow_table().to_pylist()


# Which of the others are in each comparator, and the note of those that the rules hide.
MEMBERS = {
    ("adults", "region"): ("T01", "T02", "T03", "T04"),
    ("adults", "england"): ("T01", "T02", "T03", "T04", "T05", "T06"),
    ("adults", "similar size"): ("T01", "T02"),
    ("children", "england"): ("T01", "T02", "T03"),
    ("children", "statistical neighbours"): ("T02", "T03", "T04"),
}
NOTES = {("adults", "similar size"): "fewer_than_three_organisations", ("children", "england"): "small_counts"}


def comparator_rows() -> Iterator[tuple[dict, str | None]]:
    """Give each comparator with its sums and figures, no two alike, and why the rules hide it."""
    number = 0
    for (service, comparator), members in MEMBERS.items():
        for code in ("2", "3"):
            number += 1
            sums = np.sum([counts_of(int(one[1:]), code, service) for one in members], axis=0)
            note = NOTES.get((service, comparator))
            figures = {
                "relative_likelihood": 1.03071 * number,
                "lower_95": 0.73113 * number,
                "upper_95": 1.31177 * number,
            }
            key = {"organisation_code": OWN, "service": service, "indicator_code": code, "comparator": comparator}
            row = {name: KEY[name] for name in KEY if name != "definition"} | key
            row |= {"comparator_organisations": len(members)}
            row |= {f"comparator_{place}": int(value) for place, value in zip(PLACES, sums, strict=True)}
            row |= {f"comparator_{name}": value for name, value in figures.items()}
            row |= {"ratio_to_comparator": 2.07093 * number, "ratio_lower_95": 1.1 * number, "comparison": "higher"}
            yield row | {"organisation_name": NAMES[OWN], "indicator_name": DEFINITIONS[code][0]}, note


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with duckdb.connect() as connection:
        made = World(connection)
        headlines = [
            own_rows(code, service, year)
            for code in DEFINITIONS
            for service in ("adults", "children")
            for year in (2024, YEAR)
        ]
        groups = [
            own_rows("3", service) | {"comparison_group": group, "numerator": 3 + number, "relative_likelihood": 5.4321}
            for service in ("adults", "children")
            for number, group in enumerate(("asian", "black"))
        ]
        put(connection, "indicator", headlines + groups)
        change = dict(KEY)
        change |= {"area_level": "organisation", "area_code": OWN, "previous_year": 2024, "panel": "matched"}
        put(
            connection,
            "year_on_year",
            [
                change
                | {"service": "adults", "indicator_code": "3", "indicator_name": DEFINITIONS["3"][0]}
                | {"previous_relative_likelihood": 3.3331, "relative_likelihood": FIGURE["relative_likelihood"]}
                | {"ratio_of_ratios": 0.4371, "lower_95": 0.2111, "upper_95": 0.8999, "change": "narrowed"},
                change
                | {"service": "adults", "indicator_code": "6", "indicator_name": DEFINITIONS["6"][0]}
                | {"change": "cannot say", "comparability_note": "Not fit in 2024; the table fitness says why."},
            ],
        )
        put(connection, "trend", [])
        put(
            connection,
            "pay_band",
            [
                {"collection": "sc-wres", "collection_year": YEAR, "area_level": "organisation", "area_code": OWN}
                | {"service": "adults", "pay_band": band, "pay_band_scheme": "national", "pay_band_order": order}
                | {"comparison_group": group, "staff": 411 + order, "share_of_band": 0.1717, "share_of_group": 0.3131}
                for order, band in enumerate(("Under £30,000", "£30,000 to £69,999"), 1)
                for group in ("minority_ethnic", "white", "unknown")
            ],
        )
        put(connection, "pay_progression", [])
        put(connection, "representation", [])
        put(
            connection,
            "action",
            [
                {"collection_year": year, "organisation_code": OWN, "service": "adults", "line": 5, "indicators": "3"}
                | {"objective": "=1+1", "action": action, "progress": "under way"}
                for year, action in ((YEAR, "<b>Fair & open</b>"), (2024, "An earlier deed"))
            ],
        )
        put(
            connection,
            "data_issue",
            [
                {"collection": "sc-wres", "collection_year": YEAR, "area_code": OWN, "service": "adults"}
                | {"severity": severity, "title": title, "what_to_do": "Look again.", "is_current": True}
                | {"is_answered": severity == "warning"}
                for severity, title in (("query", "A count is unlike last year's"), ("warning", "A label was repaired"))
            ],
        )
        put(connection, "action_outcome", [])
        put(
            connection,
            "participation",
            [
                {"collection": "sc-wres", "collection_year": YEAR, "organisation_code": code, "service": service}
                | {"organisation_name": name, "submission_id": f"{code}{service}", "return_version": 1}
                | {"is_synthetic": True, "is_consent_given": True, "snapshot_date": date(2025, 3, 31)}
                for code, name in NAMES.items()
                for service in ("adults", "children")
            ],
        )
        put(
            connection,
            "area",
            [{"area_code": code, "area_name": name, "region_name": "Northmarch"} for code, name in NAMES.items()],
        )
        put(connection, "ethnic_group", [{"ethnic_group": group, "sort_order": n} for n, group in enumerate(GROUPS)])
        put(
            connection,
            "indicator_definition",
            [
                {"collection": "sc-wres", "indicator_code": code, "definition_version": 1, "indicator_name": name}
                | {"numerator_measure": event, "numerator_breakdown": "all", "denominator_measure": base}
                | {"denominator_breakdown": "all", "adverse_when": adverse, "headline_breakdown": "all"}
                | {"numerator_wording": f"Staff of {event}", "denominator_wording": f"Staff of {base}"}
                for code, (name, event, base, adverse) in DEFINITIONS.items()
            ],
        )
        connection.execute(
            "create table release as select '2025-12-01-1' as release_id, date '2025-12-01' as released_on, "
            "true as is_current, true as is_synthetic, 'Synthetic' as label"
        )
        pairs = list(comparator_rows())
        made.comparators = [row | {"hidden_note": note} for row, note in pairs]
        put(connection, "comparator", [row for row, _ in pairs])
        put(
            connection,
            "int_result_comparator",
            [
                {name: row[name] for name in COMPARATOR_KEY}
                | {"definition_version": 1, "comparator_organisations": row["comparator_organisations"]}
                | {place: row[f"comparator_{place}"] for place in PLACES}
                | {"largest_two_share": 0.5, "may_be_shown": note is None, "hidden_note": note}
                for row, note in pairs
            ],
        )
        put(
            connection,
            "int_comparator_set",
            [
                {"collection": "sc-wres", "collection_year": YEAR, "organisation_code": OWN, "service": service}
                | {"comparator": comparator, "set_code": f"those of {comparator}"}
                for service, comparator in MEMBERS
            ],
        )
        put(
            connection,
            "int_comparator_set_member",
            [
                {"collection": "sc-wres", "collection_year": YEAR, "service": service, "comparator": comparator}
                | {"set_code": f"those of {comparator}", "member_code": member, "member_service": service}
                for (service, comparator), members in MEMBERS.items()
                for member in [*members, OWN]
            ],
        )
        put(
            connection,
            "int_organisation_counts",
            [
                {name: value for name, value in KEY.items() if name != "definition"}
                | {"organisation_code": one, "service": service, "indicator_code": code, "definition_version": 1}
                | dict(zip(PLACES, counts_of(int(one[1:]), code, service), strict=True))
                for one in NAMES
                for service in ("adults", "children")
                for code in ("2", "3")
            ],
        )
        yield made


GROUPS = ("minority_ethnic", "white", "mixed", "asian", "black", "other")


@pytest.fixture(scope="module")
def proved(world: World) -> pd.DataFrame:
    return proved_comparators(world.connection, YEAR, [OWN]).comparators


@pytest.fixture(scope="module")
def pack(world: World, proved: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    [about] = [row for row in abouts(world.connection, YEAR) if row["organisation_code"] == OWN]
    [results] = gathered(world.connection, [about], proved)
    return write_pack(tmp_path_factory.mktemp("reports") / str(YEAR) / OWN, results)


# ------------------------------------------------------------------------------------------------------ reading a page


class Page(HTMLParser):
    """A page as its elements: every tag must be closed by its own end."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.tables: list[list[list[str]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self._is_cell = False
        self.feed(text)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._is_cell = True

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"
        if tag in ("td", "th"):
            self._is_cell = False

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.text.append(data)
        if self._is_cell:
            self.tables[-1][-1][-1] += data

    def having(self, tag: str) -> list[dict]:
        """Return the attributes of every element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(pack: Path) -> Page:
    return Page((pack / "results.html").read_text(encoding="utf-8"))


def everything(pack: Path) -> dict[str, str]:
    """Return every text of the pack: the page, and each part of the workbook."""
    texts = {"results.html": (pack / "results.html").read_text(encoding="utf-8")}
    with zipfile.ZipFile(pack / "results.xlsx") as book:
        return texts | {name: book.read(name).decode("utf-8") for name in book.namelist()}


def sheet_rows(pack: Path, sheet: str) -> list[dict]:
    """Return the rows of a sheet's table, by heading."""
    page = openpyxl.load_workbook(pack / "results.xlsx")[sheet]
    rows = list(page.iter_rows(min_row=4, values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


# ---------------------------------------------------------------------------------------------------- own, and in full


def test_own_figures_on_the_page_are_those_published(world, page):
    cells = [row for table in page.tables for row in table]
    published = world.rows("indicator", f"collection_year = {YEAR} and numerator is not null")
    assert published
    for row in published:
        counts = [f"{row['numerator']:,}", f"{row['denominator']:,}"]
        assert any(counts == line[at : at + 2] and interval(row) in line for line in cells for at in range(len(line)))


def test_own_figures_in_the_workbook_are_those_published_to_the_last_digit(world, pack):
    written = {(row["Indicator"], row["Service"]): row for row in sheet_rows(pack, "Indicators")}
    published = world.rows(
        "indicator", f"collection_year = {YEAR} and comparison_group = 'minority_ethnic' and area_code = '{OWN}'"
    )
    assert len(written) == len(published)
    for row in published:
        found = written[row["indicator_code"], service_names()[row["service"]]]
        assert found["Events, group"] == row["numerator"]
        assert found["Base, white"] == row["reference_denominator"]
        for heading, name in (
            ("Relative likelihood", "relative_likelihood"),
            ("p", "p_value"),
            ("Upper 95%", "upper_95"),
        ):
            assert found[heading] == row[name]
    small = [row for row in sheet_rows(pack, "Ethnic groups") if row["Group"].startswith("Asian")]
    assert [row["Events, group"] for row in small] == [3, 3], "own small counts are not held back"


def test_what_is_missing_says_why(page, pack):
    reason = "The organisation does not hold this by ethnic group"
    assert any(reason in cell for table in page.tables for line in table for cell in line)
    [adults, _] = [row for row in sheet_rows(pack, "Indicators") if row["Indicator"] == "6"]
    assert (adults["Relative likelihood"], adults["Why there is no figure"]) == (None, reason)


def test_the_summary_says_what_changed_and_what_cannot_be_said(page):
    text = " ".join(" ".join(page.text).split())
    assert "3 Formal disciplinary process, adults' social care moved nearer to 1: from 3.33 in 2024 to 1.46" in text
    assert "No figure for 6 Harassment from the public." in text
    assert "No indicator lies both outside 0.80 to 1.25 and beyond what chance would do." in text
    assert "the table fitness" not in text, "the reader has no tables"


def test_what_stands_out_is_said_first_where_it_is_a_disadvantage(world):
    about = {"organisation_code": OWN, "organisation_name": NAMES[OWN], "region_name": "Here", "collection_year": YEAR}
    good = own_rows("2", "adults") | {"stands_out": True, "is_adverse": False, "fitness_reason": None}
    bad = own_rows("3", "adults") | {"stands_out": True, "is_adverse": True, "fitness_reason": "very_small"}
    empty = (
        "groups",
        "changes",
        "trends",
        "bands",
        "progression",
        "representation",
        "actions",
        "outcomes",
        "plans",
        "issues",
        "comparators",
    )
    rows = {name: [] for name in empty} | {
        "years": [good, bad],
        "returns": [{"is_synthetic": False, "submission_id": "a"}],
    }
    rows["definitions"] = world.rows("indicator_definition")
    summary = results_of(about, rows, world.rows("release")[0]).summary
    first, second = summary.stands_out
    assert first.startswith("3 Formal disciplinary process")
    assert "to the disadvantage of minority ethnic people" in first
    assert "Use with care: numbers are very small." in first
    assert second.startswith("2 Appointment from shortlist")


def test_synthetic_figures_are_called_so_wherever_they_are(pack):
    assert "Synthetic: made-up figures of no real organisation." in (pack / "results.html").read_text("utf-8")
    book = openpyxl.load_workbook(pack / "results.xlsx")
    for sheet in book:
        texts = [str(cell.value) for row in sheet.iter_rows(max_row=16) for cell in row if cell.value]
        assert any("ynthetic" in text for text in [*texts, sheet.oddFooter.left.text or ""]), sheet.title


def test_what_an_organisation_typed_is_text(pack):
    html = (pack / "results.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;Fair &amp; open&lt;/b&gt;" in html
    sheet = openpyxl.load_workbook(pack / "results.xlsx")["Action plan"]
    [objective] = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert objective.data_type == "s", "a text that looks like a formula stays one"


def test_last_rounds_plan_stands_beside_this_years_figures_and_what_the_check_left_open_is_said(pack):
    html = (pack / "results.html").read_text(encoding="utf-8")
    plan = html.partition("Last round's plan beside")[2].partition("What the check found")[0]
    assert "An earlier deed" in plan
    assert "No change of these indicators to show." in plan
    check = html.partition("What the check found in your return")[2]
    assert "A count is unlike last year&#39;s" in check
    assert "A label was repaired" not in check


# ---------------------------------------------------------------------------------------- others, and none of them told


def test_a_comparator_that_is_shown_is_the_published_one(world, proved, pack):
    shown = proved[proved["hidden_note"].isna()]
    assert len(shown)
    written = {(row["Indicator"], row["Service"], row["Comparator"]): row for row in sheet_rows(pack, "Comparators")}
    labels = {
        "region": "Others in Northmarch",
        "england": "Others in England",
        "statistical neighbours": "Statistical neighbours",
    }
    for key in shown[["indicator_code", "service", "comparator"]].itertuples(index=False):
        [row] = [one for one in world.comparators if (one["indicator_code"], one["service"], one["comparator"]) == key]
        found = written[key.indicator_code, service_names()[key.service], labels.get(key.comparator, key.comparator)]
        assert found["Base, white"] == row["comparator_reference_denominator"]
        # A workbook holds 16 digits.
        assert found["Their relative likelihood"] == pytest.approx(row["comparator_relative_likelihood"], rel=1e-15)
        assert found["Yours over theirs"] == pytest.approx(row["ratio_to_comparator"], rel=1e-15)


def test_a_hidden_comparator_is_nowhere_in_the_files(world, proved, pack):
    texts = everything(pack)
    hidden = proved[proved["hidden_note"].notna()]
    assert set(hidden["hidden_note"]) >= {"fewer_than_three_organisations", "small_counts"}
    for key in hidden[["indicator_code", "service", "comparator"]].itertuples(index=False):
        [row] = [one for one in world.comparators if (one["indicator_code"], one["service"], one["comparator"]) == key]
        # Bases alone: a number below 1,000 may well be something else.
        bases = [row["comparator_denominator"], row["comparator_reference_denominator"]]
        told = {f"{base:,}" for base in bases} | {str(base) for base in bases}
        told |= {f"{row[name]:.16G}" for name in ("comparator_relative_likelihood", "ratio_to_comparator")}
        for name, text in texts.items():
            numbers = set(re.findall(r"\d[\d.,]*\d", text))
            assert not numbers & told, (key, name)
            assert interval(row, prefix="comparator_") not in text


def test_no_file_names_another_organisation(pack):
    for name, text in everything(pack).items():
        for code, other in NAMES.items():
            if code != OWN:
                assert other not in text, name
                assert not re.search(rf"\b{code}\b", text), name


def test_one_reason_stands_for_all_that_would_be_information(world, page):
    reasons = {cell for table in page.tables for line in table for cell in line if cell.startswith("Not shown.")}
    assert reasons == {
        "Not shown. Fewer than three organisations to compare.",
        "Not shown. It could give a count of another organisation away.",
    }


def test_figures_that_were_published_since_are_not_shown_as_proved(world, proved):
    stale = proved.assign(numerator=proved["numerator"].where(proved["hidden_note"].notna(), proved["numerator"] + 1))
    with pytest.raises(WresError, match="wres publish"):
        list(gathered(world.connection, abouts(world.connection, YEAR)[:1], stale))


def test_members_that_do_not_add_up_prove_nothing(world):
    world.connection.execute("begin")
    world.connection.execute("delete from int_comparator_set_member where member_code = 'T04'")
    try:
        with pytest.raises(WresError, match="do not add up"):
            proved_comparators(world.connection, YEAR, [OWN])
    finally:
        world.connection.execute("rollback")


def test_what_was_proved_and_told_is_kept_for_the_owner(world, tmp_path):
    home = Home(tmp_path)
    proof = proved_comparators(world.connection, YEAR, [OWN])
    folder = keep_proof(home, YEAR, proof)
    keep_proof(home, YEAR, proof)
    kept = pd.read_parquet(folder / "comparators.parquet")
    assert len(kept) == len(proof.comparators)
    assert (kept["may_be_shown"] == kept["hidden_note"].isna()).all()
    assert folder.stat().st_mode & 0o077 == 0
    told = told_before(home, YEAR)
    assert len(told) == len(proof.told), "the same told twice is told once"
    shown = kept[kept["may_be_shown"]]
    sums = told.groupby("cell_id")["people"].sum()
    assert sorted(sums) == sorted(shown[list(PLACES)].to_numpy().ravel())
    forget_told(home, {"T05adults"})
    left = told_before(home, YEAR)
    assert set(left["organisation_code"]) == {"T01", "T02", "T03", "T04"}, (
        "what had T05 in it is gone, and nothing else"
    )


# -------------------------------------------------------------------------------------------------------- the attacker


def finest(counts: Mapping[tuple[str, str], tuple], without_consent: Iterable[str] = ()) -> pd.DataFrame:
    """Return finest counts of adults' services: organisation and indicator with x1, n1, x2 and n2."""
    rows = [
        {
            "organisation_code": code,
            "service": "adults",
            "indicator_code": indicator,
            "place": place,
            "measure": f"{DEFINITIONS[indicator][2 if place.endswith('denominator') else 1]}/all",
            "ethnic_group": "white" if place.startswith("reference") else "minority_ethnic",
            "people": people,
            "is_consent_given": code not in without_consent,
        }
        for (code, indicator), four in counts.items()
        for place, people in zip(PLACES, four, strict=True)
    ]
    frame = pd.DataFrame(rows)
    parts = ["organisation_code", "service", "measure", "ethnic_group", "people"]
    return frame.assign(count_id=frame[parts].astype(str).agg("|".join, axis=1))


def attacked(counts: pd.DataFrame, comparators: Mapping[tuple[str, str], str]) -> list[tuple[str, str, str]]:
    """Return what K may not be shown of comparators, given by indicator and name with their members' letters."""
    return hidden_of(*prepared(counts, comparators))


def prepared(counts: pd.DataFrame, comparators: Mapping[tuple[str, str], str]) -> tuple:
    frames = [
        counts[counts["organisation_code"].isin(list(members)) & counts["indicator_code"].eq(indicator)].assign(
            organisation_code="K", comparator=name
        )
        for (indicator, name), members in comparators.items()
    ]
    known = year_of(counts)
    [shown] = shown_of(known, pd.concat(frames), ["K"])
    return known, shown


LARGE = (40, 400, 80, 900)
FOUR = {(code, "3"): LARGE for code in "ABC"} | {("D", "3"): (3, 100, 50, 600)}


def test_a_difference_of_two_comparators_hides_the_less_general_one():
    """England has D beside the three of the region: their difference would be D's three cases."""
    shown = {("3", "england"): "ABCD", ("3", "region"): "ABC"}
    assert attacked(finest(FOUR), shown) == [("adults", "3", "region")]


def test_the_same_difference_of_large_counts_is_no_secret_where_consent_was_given():
    counts = FOUR | {("D", "3"): (30, 100, 50, 600)}
    shown = {("3", "england"): "ABCD", ("3", "region"): "ABC"}
    assert attacked(finest(counts), shown) == []
    assert attacked(finest(counts, without_consent="D"), shown) == [("adults", "3", "region")]


def test_one_comparator_alone_gives_nobody_away():
    assert attacked(finest(FOUR, without_consent="ABCD"), {("3", "england"): "ABCD"}) == []


def test_a_neighbour_is_hidden_before_a_region():
    shown = {("3", "region"): "ABCD", ("3", "similar size"): "ABC"}
    assert attacked(finest(FOUR), shown) == [("adults", "3", "similar size")]


def test_two_indicators_that_share_a_base_give_it_away_where_one_has_fewer_organisations():
    """E gave no disciplinary counts, so that the two sums of staff differ by its own eight."""
    counts = FOUR | {(code, "3"): (40, 400, 80, 900) for code in "ABCD"}
    counts |= {(code, "2"): (40, 400, 80, 900) for code in "ABCD"} | {("E", "2"): (2, 8, 30, 700)}
    frame = finest(counts)
    frame["measure"] = frame["measure"].replace("shortlisted/all", "staff/all")
    frame["count_id"] = (
        frame[["organisation_code", "service", "measure", "ethnic_group", "people"]].astype(str).agg("|".join, axis=1)
    )
    assert len(attacked(frame, {("2", "england"): "ABCDE", ("3", "england"): "ABCD"})) == 1


def test_everybody_but_a_few_is_as_telling_as_a_few():
    counts = FOUR | {("D", "3"): (97, 100, 50, 600)}
    assert attacked(finest(counts), {("3", "england"): "ABCD", ("3", "region"): "ABC"}) == [("adults", "3", "region")]


def test_what_the_open_release_shows_counts_as_known():
    """The open release shows A, B and C of England: D is the rest."""
    frame = finest(FOUR)
    parts = frame.assign(organisation_code="K", comparator="england")
    known = KnownBefore(open_cells=frame[frame["organisation_code"] != "D"].assign(cell_id=frame["count_id"]))
    year = year_of(frame, known)
    [shown] = shown_of(year, parts, ["K"], known)
    assert hidden_of(year, shown) == [("adults", "3", "england")]
    everything_open = KnownBefore(open_cells=frame.assign(cell_id=frame["count_id"]))
    [shown] = shown_of(year, parts.iloc[:0], ["K"], everything_open)
    with pytest.raises(WresError, match="open release"):
        hidden_of(year, shown)


def test_what_an_earlier_pack_told_counts_as_known():
    """K was told England without D, who sent its return late: England with D would be D."""
    late = finest(FOUR)
    told = late[late["organisation_code"] != "D"].assign(cell_id="england " + late["place"], whose="K")
    known = KnownBefore(told=told)
    year = year_of(late, known)
    parts = late.assign(organisation_code="K", comparator="england")
    [shown] = shown_of(year, parts, ["K"], known)
    assert hidden_of(year, shown) == [("adults", "3", "england")]
    [other] = shown_of(year, parts.assign(organisation_code="L"), ["L"], known)
    assert hidden_of(year, other) == [], "another organisation was told nothing"


def test_a_return_that_was_corrected_since_is_another_count():
    """C corrected its cases from 40 to 45 since K was told: the difference is C's alone, and says no count of it."""
    now = finest(FOUR | {("C", "3"): (45, 400, 80, 900), ("D", "3"): LARGE})
    before = finest(FOUR | {("D", "3"): LARGE}).assign(whose="K")
    known = KnownBefore(told=before.assign(cell_id="england " + before["place"]))
    year = year_of(now, known)
    [shown] = shown_of(year, now.assign(organisation_code="K", comparator="england"), ["K"], known)
    assert hidden_of(year, shown) == []


def test_what_was_told_before_is_no_reason_to_hide_what_adds_nothing():
    frame = finest(FOUR)
    told = [
        frame[frame["organisation_code"].isin(list(members))].assign(members=members) for members in ("ABCD", "ABC")
    ]
    told = pd.concat(told, ignore_index=True)
    known = KnownBefore(told=told.assign(cell_id=told["members"] + told["place"], whose="K").drop(columns="members"))
    year = year_of(frame, known)
    [shown] = shown_of(year, frame.assign(organisation_code="K", comparator="england"), ["K"], known)
    assert hidden_of(year, shown) == []


def test_a_sum_of_nobody_tells_of_those_who_did_not_consent():
    counts = {(code, "3"): (0, 400, 80, 900) for code in "ABCD"}
    assert attacked(finest(counts), {("3", "england"): "ABCD"}) == []
    assert attacked(finest(counts, without_consent="A"), {("3", "england"): "ABCD"}) == [("adults", "3", "england")]


def test_showing_what_was_hidden_is_seen():
    """Each comparator that is hidden is hidden for a reason: shown again, it is hidden again."""
    counts = FOUR | {(code, "2"): (25, 300, 70, 800) for code in "ABCD"}
    shown = {(code, name): members for code in "23" for name, members in (("england", "ABCD"), ("region", "ABC"))}
    hidden = attacked(finest(counts), shown)
    assert hidden
    rest = {key: members for key, members in shown.items() if ("adults", *key) not in hidden}
    assert attacked(finest(counts), rest) == []
    for _, code, name in hidden:
        assert attacked(finest(counts), rest | {(code, name): shown[code, name]})


def reachable(known, shown, target) -> bool:
    """Tell, with all counts apart and another solver, whether a target can be what it must be able to be."""
    people = known.counts["people"].to_numpy(float)
    weights = np.zeros(len(people))
    for count, weight in target.weights.items():
        weights[count] = weight
    limits = [LinearConstraint(known.at_least, known.floor, np.inf)]
    if shown.sums.shape[0]:
        limits.append(LinearConstraint(shown.sums, shown.sums @ people, shown.sums @ people))
    most = 2 * people.max() + known.threshold
    # With presolve HiGHS calls some such programmes infeasible, of which the truth is a solution.
    options = {"options": {"presolve": False}, "integrality": np.ones(len(people)), "bounds": Bounds(0, most)}
    options["constraints"] = limits
    ends = [milp(sign * weights, **options).fun * sign for sign in (1, -1)]
    is_single = abs(ends[1] - ends[0]) < 1e-6
    return not is_single and ends[1] >= target.least - 1e-6


@pytest.mark.parametrize("seed", range(60 if FULL else 6))
def test_taking_those_together_that_cannot_be_told_apart_changes_no_answer(seed):
    """What is left to show is safe with every count apart, and what is hidden was not."""
    draw = np.random.default_rng(seed)
    counts = {}
    for code in "ABCDEF":
        for indicator in "23":
            bases = draw.integers(1, 40, 2)
            counts[code, indicator] = (
                draw.integers(0, bases[0] + 1),
                bases[0],
                draw.integers(0, bases[1] + 1),
                bases[1],
            )
    frame = finest(counts, without_consent=draw.choice(list("ABCDEF"), 1))
    shown = {
        (indicator, name): "".join(draw.choice(list("ABCDEF"), size, replace=False))
        for indicator in "23"
        for name, size in (("england", 6), ("region", draw.integers(3, 6)), ("similar size", draw.integers(3, 6)))
    }
    hidden = attacked(frame, shown)
    left = {key: members for key, members in shown.items() if ("adults", *key) not in hidden}
    everything_known = prepared(frame, shown)
    if not left:
        assert hidden
        return
    known, rest = prepared(frame, left)
    assert all(reachable(known, rest, target) for target in known.targets)
    known, every = everything_known
    assert bool(hidden) == (not all(reachable(known, every, target) for target in known.targets))


# --------------------------------------------------------------------------------------------- one file, and accessible


def test_the_page_needs_nothing_beside_itself(pack, page):
    html = (pack / "results.html").read_text(encoding="utf-8")
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe", "img", "object", "embed", "base"}
    assert not re.search(r"https?://|//www|url\(|@import|\bon\w+\s*=", html)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for attributes in page.having("a"):
        assert attributes["href"].startswith("#")
        assert attributes["href"][1:] in ids
    assert {row["indicator_code"] for row in [own_rows("2", "adults"), own_rows("6", "adults")]} <= {i[1:] for i in ids}


def test_the_page_can_be_used_without_eyes_or_mouse(page):
    [html] = page.having("html")
    assert html["lang"] == "en-GB"
    ids = {attributes["id"]: tag for tag, attributes in page.elements if "id" in attributes}
    drawings = page.having("svg")
    assert drawings
    for drawing in drawings:
        assert drawing["role"] == "img"
        assert [ids[name] for name in drawing["aria-labelledby"].split()] == ["title", "desc"]
    assert all("scope" in attributes for attributes in page.having("th"))
    assert len(page.having("caption")) == len(page.tables)
    for region in page.having("div"):
        if region.get("class") == "scroll":
            assert region["tabindex"] == "0"
            assert region.get("aria-label") or region["aria-labelledby"] in ids
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later <= sooner + 1 for sooner, later in pairwise(levels))


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    digits = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_texts_and_marks_stand_out_from_the_paper(pack):
    style = (pack / "results.html").read_text(encoding="utf-8").partition("<style>")[2].partition("</style>")[0]
    names = dict(re.findall(r"--(\w+): #([0-9a-f]{3,6})", style))
    used = re.findall(r"(?<![-\w])color: (?:#([0-9a-f]{3,6})|var\(--(\w+)\))", style)
    texts = {plain or names[named] for plain, named in used} - {"fff"}
    assert texts
    for colour in texts:
        for paper in ("ffffff", "e4edee"):  # the page, and the band behind the marks
            high, low = luminance(paper), luminance(colour)
            assert (high + 0.05) / (low + 0.05) >= 4.5, colour


@pytest.mark.skipif(not FULL, reason="draws the page in Chromium: only where WRES_TEST_FULL is 1")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_and_nothing_scrolls_sideways_on_a_phone(pack, scheme):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium, in which the page is checked, is not on this machine")
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
        shown.goto((pack / "results.html").as_uri())
        assert shown.evaluate("document.documentElement.scrollWidth") <= 320
        found = Axe().run(shown).response["violations"]
        assert not found, [(fault["id"], fault["nodes"][0]["html"]) for fault in found]
        browser.close()


def test_evidence_is_told_by_shape_and_word_as_well(world, pack, proved):
    [about] = [row for row in abouts(world.connection, YEAR) if row["organisation_code"] == OWN]
    html = (pack / "results.html").read_text(encoding="utf-8")
    assert 'class="own hollow"' in html, "none of the figures is clear"
    world.connection.execute("begin")
    world.connection.execute("update indicator set evidence = 'clear'")
    try:
        [results] = gathered(world.connection, [about], proved)
        from wres.results_page import write_page

        clear = write_page(pack / "clear.html", results).read_text(encoding="utf-8")
    finally:
        world.connection.execute("rollback")
        (pack / "clear.html").unlink(missing_ok=True)
    assert 'class="own hollow"' not in clear


def test_the_workbook_is_one_table_a_sheet_with_a_title_and_a_name(pack):
    book = openpyxl.load_workbook(pack / "results.xlsx")
    assert book.sheetnames[0] == "Cover"
    assert book.sheetnames[-1] == "Notes"
    names = []
    for sheet in book:
        assert sheet["A1"].value, sheet.title
        assert not sheet.merged_cells.ranges
        names += list(sheet.tables)
        if sheet.title not in ("Cover", "Charts", "Notes"):
            assert len(sheet.tables) == 1
    assert len(names) == len(set(names))
    links = [cell.hyperlink.location for row in book["Cover"].iter_rows() for cell in row if cell.hyperlink]
    assert {link.split("!")[0].strip("'") for link in links} == set(book.sheetnames) - {"Cover"}


def test_charts_of_the_workbook_are_native_and_say_what_they_show(pack):
    parts = everything(pack)
    charts = [name for name in parts if name.startswith("xl/charts/chart")]
    assert charts
    drawings = "".join(text for name, text in parts.items() if name.startswith("xl/drawings/drawing"))
    described = re.findall(r'descr="([^"]+)"', drawings)
    assert len(described) == len(charts)
    assert all("elative likelihood" in text for text in described)
    assert all("c:logBase" in parts[name] for name in charts)


def test_the_same_results_give_the_same_bytes(world, proved, pack, tmp_path):
    [about] = [row for row in abouts(world.connection, YEAR) if row["organisation_code"] == OWN]
    [results] = gathered(world.connection, [about], proved)
    again = write_pack(tmp_path / str(YEAR) / OWN, results)
    for name in ("results.html", "results.xlsx"):
        assert (again / name).read_bytes() == (pack / name).read_bytes()


def test_a_withdrawal_finds_the_packs_of_its_returns(pack):
    assert (pack / "submission").read_text(encoding="utf-8").split() == [f"{OWN}adults", f"{OWN}children"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Name one organisation with --organisation, or ask for all that returned with --all."),
        (["--all", "--organisation", "E10000016"], "Name one organisation"),
        (["--organisation", "E10000016"], "is not there yet. Next: wres build"),
    ],
)
def test_the_command_says_what_it_needs(options, said, tmp_path, monkeypatch):
    monkeypatch.setenv("WRES_HOME", str(tmp_path))
    run = CliRunner().invoke(main, ["results", *options])
    assert run.exit_code == 1
    assert said in run.output
    assert "Traceback" not in run.output


@pytest.mark.skipif(not FULL, reason="starts LibreOffice: only where WRES_TEST_FULL is 1")
def test_a_spreadsheet_program_opens_the_workbook(pack, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    subprocess.run(
        [office, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, pack / "results.xlsx"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert (tmp_path / "results.pdf").stat().st_size > 10_000


def test_the_threshold_is_the_setting():
    assert year_of(finest(FOUR)).threshold == setting("disclosure_threshold")
    assert NOT_PROTECTED not in {"small_counts", "two_hold_nearly_all"}
