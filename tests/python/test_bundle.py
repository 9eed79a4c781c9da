"""The open release's bundle: what is written, that it is always the same, and that its checks see what is spoiled.

All figures here are synthetic and made in the test, in the shape of the models of the open release.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest

from wres.bundle import OpenRelease, check_bundle, write_bundle
from wres.dictionary import Column, Exposure, Table
from wres.home import WresError
from wres.issues import rules
from wres.personal import personal_data

THRESHOLD = 10
COUNTS = ("numerator", "denominator", "reference_numerator", "reference_denominator")
KEY = ["time_period", "geographic_level", "region_code", "new_la_code", "service", "indicator_code"]
REGIONS = {"E12000001": "North East", "E12000007": "London"}
# Organisations with the factor by which they are larger than the smallest one.
ORGANISATIONS = {
    ("E06000001", "Hartlepool", "E12000001"): 1,
    ("E06000002", "Middlesbrough", "E12000001"): 3,
    ("E09000002", "Barking and Dagenham", "E12000007"): 5,
    ("E09000003", "Barnet", "E12000007"): 4,
}
LATEST = 2025
FIGURES = {"rate": "share", "reference_rate": "share", "relative_likelihood": "ratio", "p_value": "probability"}


def text(description: str, is_required: bool = True, values: tuple[str, ...] = ()) -> Column:
    return Column("varchar", description, is_required=is_required, values=values)


def hidden_by(name: str, column: Column) -> dict[str, Column]:
    """Return a count with the column that says why it is hidden."""
    own = f"{name}_symbol"
    return {name: replace(column, symbol=own), own: text(f"Why {name} is hidden.", is_required=False)}


def figures(names: dict[str, str], symbol: str) -> dict[str, Column]:
    return {name: Column("double", f"The {name}.", unit, symbol=symbol) for name, unit in names.items()}


PLACES = {
    "time_period": Column("integer", "Year of the collection.", is_required=True),
    "time_identifier": text("What kind of period it is."),
    "geographic_level": text("Level of the area.", values=("National", "Regional", "Local authority", "Organisation")),
    "country_code": text("Code of the country."),
    "country_name": text("Name of the country."),
    "region_code": text("Code of the region.", is_required=False),
    "region_name": text("Name of the region.", is_required=False),
    "new_la_code": text("Code of the organisation.", is_required=False),
    "la_name": text("Name of the organisation.", is_required=False),
    "service": text("Service."),
    "indicator_code": text("Number of the indicator."),
    "indicator_name": text("Name of the indicator."),
    "breakdown": text("Pay band or role, or 'all'."),
    "comparison_group": text("Group that is compared."),
    "reference_group": text("Group that it is compared with."),
}
ORGANISATION_COUNT = {"organisations": Column("bigint", "Organisations behind it.", "organisations", is_required=True)}
INDICATOR = Table(
    "Relative likelihood of each indicator, one row for each year, area, service and indicator.",
    KEY,
    PLACES
    | ORGANISATION_COUNT
    | {k: c for name in COUNTS for k, c in hidden_by(name, Column("bigint", f"The {name}.", "people")).items()}
    | figures(FIGURES, "likelihood_symbol")
    | {"size": Column("varchar", "Size.", symbol="likelihood_symbol")}
    | {"likelihood_symbol": text("Why the likelihood is hidden.", is_required=False)},
    foreign_keys={
        "region_code": ("area", "code"),
        "new_la_code": ("area", "code"),
        "indicator_code": ("indicator_definition", "indicator_code"),
    },
)
PREVIOUS = tuple(f"previous_{name}" for name in COUNTS)
CHANGE = Table(
    "Change of each indicator against the round before.",
    [*KEY, "panel"],
    PLACES
    | {"previous_time_period": Column("integer", "Year before.", is_required=True), "panel": text("Panel.")}
    | {"organisations": Column("bigint", "Organisations now.", "organisations", is_required=True)}
    | {k: c for n in (*COUNTS, *PREVIOUS) for k, c in hidden_by(n, Column("bigint", f"The {n}.", "people")).items()}
    | figures({"previous_relative_likelihood": "ratio"}, "previous_likelihood_symbol")
    | figures({"relative_likelihood": "ratio"}, "likelihood_symbol")
    | figures({"ratio_of_ratios": "ratio"}, "change_symbol")
    | {name: text(f"The {name}.", is_required=False) for name in ("previous_likelihood_symbol", "likelihood_symbol")}
    | {"change": Column("varchar", "Class of the change.", symbol="change_symbol")}
    | {"change_symbol": text("Why the change is hidden.", is_required=False)},
    foreign_keys={"new_la_code": ("area", "code")},
)
TABLES = {
    "indicator": INDICATOR,
    "year_on_year": CHANGE,
    "census_indicator": replace(INDICATOR, description="The census, as published.", is_republished=True),
    "area": Table(
        "Areas of the release.",
        ["code"],
        {
            "geographic_level": PLACES["geographic_level"],
            "code": text("Code of the area."),
            "name": text("Name of the area."),
            "region_code": PLACES["region_code"],
            "region_name": PLACES["region_name"],
        },
    ),
    "indicator_definition": Table(
        "What each indicator counts.",
        ["indicator_code"],
        {
            "indicator_code": text("Number."),
            "indicator_name": text("Name."),
            "last_year": Column("integer", "Last year; empty while it is in force."),
        },
    ),
    "symbol": Table("Symbols.", ["symbol"], {"symbol": text("The symbol."), "meaning": text("What it means.")}),
}
SYMBOLS = {
    "c": "Confidential: hidden to protect people",
    "x": "Not available",
    "z": "Not applicable",
    "low": "Rounds to zero, but is not zero",
    "u": "Low reliability",
}
INDICATORS = {"3": "Formal disciplinary", "9": "Senior management"}


def places() -> pd.DataFrame:
    """Return one row for each area of the release, with its size."""
    rows = [
        {
            "geographic_level": "Local authority",
            "region_code": region,
            "new_la_code": code,
            "la_name": name,
            "times": size,
        }
        for (code, name, region), size in ORGANISATIONS.items()
    ]
    sizes = pd.DataFrame(rows).groupby("region_code")["times"].sum()
    rows += [{"geographic_level": "Regional", "region_code": code, "times": sizes[code]} for code in REGIONS]
    rows += [{"geographic_level": "National", "times": sizes.sum()}]
    frame = pd.DataFrame(rows).assign(country_code="E92000001", country_name="England")
    return frame.assign(region_name=frame["region_code"].map(REGIONS))


def counted(frame: pd.DataFrame, prefix: str = "", more: int = 0) -> pd.DataFrame:
    """Add four counts in proportion to the size of each area; all services are the sum of the two."""
    base = {"numerator": 4 + more, "denominator": 60, "reference_numerator": 16, "reference_denominator": 400}
    services = frame["service"].map({"adults": 3, "children": 2, "all": 5})
    plus = frame["indicator_code"].eq("9").astype(int)
    return frame.assign(
        **{f"{prefix}{name}": (value + plus) * services * frame["times"] for name, value in base.items()}
    )


def hide(frame: pd.DataFrame, names: tuple[str, ...], *symbols: str) -> pd.DataFrame:
    """Hide the counts of the smallest organisation, and the figures of every row that has a hidden count."""
    frame = frame.copy()
    is_small = frame["new_la_code"].eq("E06000001")
    for name in names:
        frame[f"{name}_symbol"] = None
        if name.endswith("numerator"):
            frame.loc[is_small, f"{name}_symbol"] = "c"
            frame[name] = frame[name].astype("Int64").mask(is_small)
    for symbol in symbols:
        frame[symbol] = pd.Series(None, index=frame.index, dtype=object).mask(is_small, "c")
    for name in frame.columns.intersection(
        [*FIGURES, "size", "ratio_of_ratios", "change", "previous_relative_likelihood"]
    ):
        frame[name] = frame[name].astype(object).mask(is_small, None)
    return frame


def likelihood(frame: pd.DataFrame, prefix: str = "") -> pd.Series:
    x1, n1, x2, n2 = (frame[f"{prefix}{name}"] for name in COUNTS)
    return (x1 / n1) / (x2 / n2)


def release_tables(more: int = 0) -> dict[str, pd.DataFrame]:
    """Return the tables of a release; ``more`` moves the numerators, as a later revision does."""
    rows = places().merge(pd.DataFrame({"service": ["adults", "children", "all"]}), how="cross")
    rows = rows.merge(pd.DataFrame(INDICATORS.items(), columns=["indicator_code", "indicator_name"]), how="cross")
    rows = rows.assign(time_identifier="Calendar year", breakdown="all", organisations=rows["times"])
    rows = rows.assign(comparison_group="minority_ethnic", reference_group="white")
    now = counted(rows.assign(time_period=LATEST), more=more)
    ratio = likelihood(now)
    now = now.assign(rate=now["numerator"] / now["denominator"], relative_likelihood=ratio, p_value=1e-9)
    now["reference_rate"] = now["reference_numerator"] / now["reference_denominator"]
    now["size"] = ["below" if value < 0.8 else "above" if value > 1.25 else "within" for value in ratio]
    change = counted(now.assign(previous_time_period=LATEST - 1, panel="all"), "previous_", more=1)
    change["previous_relative_likelihood"] = likelihood(change, "previous_")
    change["ratio_of_ratios"] = ratio / change["previous_relative_likelihood"]
    change["change"] = "no clear change"
    # Counts below the threshold, as their publisher gives them.
    census = now[(now["service"] == "children") & (now["indicator_code"] == "3")]
    census = census.assign(likelihood_symbol=None, **{f"{name}_symbol": None for name in COUNTS})
    change = hide(change, (*COUNTS, *PREVIOUS), "previous_likelihood_symbol", "likelihood_symbol", "change_symbol")
    # Of the year before alone something is hidden: the likelihood of the year stays, and its change does not.
    before = change["new_la_code"].eq("E06000002") & change["service"].eq("adults") & change["indicator_code"].eq("3")
    gone = ["previous_numerator", "previous_relative_likelihood", "ratio_of_ratios", "change"]
    change[gone] = change[gone].mask(before)
    change.loc[before, ["previous_numerator_symbol", "previous_likelihood_symbol", "change_symbol"]] = "c"
    area = [("Local authority", code, name, region, REGIONS[region]) for code, name, region in ORGANISATIONS]
    area += [("Regional", code, name, None, None) for code, name in REGIONS.items()]
    area += [("National", "E92000001", "England", None, None)]
    return {
        "indicator": hide(now, COUNTS, "likelihood_symbol"),
        "year_on_year": change,
        "census_indicator": census,
        "area": pd.DataFrame(area, columns=list(TABLES["area"].columns)),
        "indicator_definition": pd.DataFrame(
            [(*indicator, last) for indicator, last in zip(INDICATORS.items(), (None, 2023), strict=True)],
            columns=list(TABLES["indicator_definition"].columns),
        ),
        "symbol": pd.DataFrame(SYMBOLS.items(), columns=["symbol", "meaning"]),
    }


def write_parquet(folder: Path, tables: dict[str, pd.DataFrame]) -> Path:
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for name, frame in tables.items():
            connection.register("frame", frame.convert_dtypes())
            columns = ", ".join(f'cast("{c}" as {d.data_type}) as "{c}"' for c, d in TABLES[name].columns.items())
            # Rows come in any order.
            connection.execute(f"copy (select {columns} from frame order by hash(frame)) to '{folder / name}.parquet'")
    return folder


def a_release(release_id: str = "2026-03-31-1") -> OpenRelease:
    return OpenRelease(
        release_id=release_id,
        date=date.fromisoformat(release_id[:10]),
        is_synthetic=True,
        label="Contains synthetic returns: made up to try the warehouse out, and not to be quoted",
        threshold=THRESHOLD,
        scope=f"{LATEST} and its change, minority ethnic against white.",
        left_out=("Ethnic groups within minority ethnic: their counts are too small.",),
        gate_summary="## Outcome\n\nEvery hidden count is protected.\n\n| Cells | Passed |\n| --- | --- |\n| 12 | 12 |",
        code_revision="0123456",
        inputs_sha256="a" * 64,
        exposure=Exposure(
            title="SC-WRES open data",
            description="Race equality in the social care workforce of England.",
            owner="SC-WRES programme",
            tables=tuple(TABLES),
            meta={
                "sources": [{"title": "Area codes, Office for National Statistics", "description": "Open."}],
                "licence": {
                    "name": "OGL-UK-3.0",
                    "title": "Open Government Licence v3.0",
                    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
                },
            },
        ),
    )


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parquet(tmp_path_factory.mktemp("inputs") / "tables", release_tables())


@pytest.fixture(scope="module")
def bundle(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open") / "2026-03-31-1"
    write_bundle(inputs, folder, a_release(), None, TABLES)
    return folder


def cells(bundle: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(bundle / "data" / f"{name}.csv", dtype=str, keep_default_na=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def every_text(folder: Path) -> dict[str, str]:
    """Return what can be read in each file: of a workbook, its parts; of Parquet, its bytes."""
    texts = {}
    for name, content in contents(folder).items():
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(folder / name) as book:
                texts |= {f"{name} {part}": book.read(part).decode() for part in book.namelist()}
        else:
            texts[name] = content.decode("utf-8" if not name.endswith(".parquet") else "latin-1")
    return texts


# --------------------------------------------------------------------------------------------- what is written


def test_the_same_inputs_give_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    """Whatever the folder, and the order in which the rows came."""
    tables = {name: frame.sample(frac=1, random_state=1) for name, frame in release_tables().items()}
    again = tmp_path / "elsewhere" / "again"
    write_bundle(write_parquet(tmp_path / "tables", tables), again, a_release(), None, TABLES)
    assert contents(again) == contents(bundle)


def test_csv_files_keep_the_conventions_of_open_data(bundle: Path) -> None:
    frame = cells(bundle, "indicator")
    assert list(frame)[:9] == list(PLACES)[:9]
    assert all(re.fullmatch("[a-z][a-z0-9_]*", column) for column in frame)
    assert not [column for column in frame if column.endswith("_symbol")]
    numbers = frame[[*COUNTS, *FIGURES]].stack()
    written = numbers[~numbers.isin(list(SYMBOLS))]
    assert written.str.fullmatch(r"0|[1-9]\d*|(0|[1-9]\d*)\.\d{0,5}[1-9]").all()
    assert (bundle / "data" / "indicator.csv").read_bytes().decode("utf-8").count("\r") == 0


def test_a_symbol_stands_in_the_cell_of_a_hidden_number(bundle: Path) -> None:
    frame = cells(bundle, "indicator").set_index(["new_la_code", "service", "indicator_code"])
    hidden, shown = frame.loc[("E06000001", "adults", "3")], frame.loc[("E06000002", "adults", "3")]
    assert hidden[[*COUNTS]].tolist() == ["c", "180", "c", "1200"]
    assert set(hidden[[*FIGURES, "size"]]) == {"c"}
    assert shown[[*COUNTS]].tolist() == ["36", "540", "144", "3600"]
    assert shown["relative_likelihood"] == "1.666667"
    assert shown["p_value"] == "low"


def test_a_parquet_file_has_types_and_says_why_a_number_is_missing(bundle: Path) -> None:
    query = f"from '{bundle}/parquet/indicator.parquet' where new_la_code = ? and service = 'adults'"
    with duckdb.connect() as connection:
        types = {row[0]: row[1] for row in connection.execute(f"describe {query}", ["x"]).fetchall()}
        hidden = connection.execute(f"{query} and indicator_code = '3'", ["E06000001"]).df().iloc[0]
        shown = connection.execute(f"{query} and indicator_code = '3'", ["E06000002"]).df().iloc[0]
    assert types["numerator"] == "BIGINT" and types["rate"] == "DOUBLE"
    assert pd.isna(hidden["numerator"]) and hidden["numerator_symbol"] == "c"
    assert pd.isna(hidden["relative_likelihood"]) and hidden["likelihood_symbol"] == "c"
    assert shown["relative_likelihood"] == 1.666667


def test_a_figure_that_a_row_has_no_need_of_is_not_applicable(tmp_path: Path) -> None:
    tables = release_tables()
    tables["indicator"]["p_value"] = None
    write_bundle(write_parquet(tmp_path / "tables", tables), tmp_path / "new", a_release(), None, TABLES)
    frame = cells(tmp_path / "new", "indicator")
    assert set(frame.loc[frame["new_la_code"] != "E06000001", "p_value"]) == {"z"}


def test_both_descriptions_are_those_of_the_models(bundle: Path) -> None:
    package = json.loads((bundle / "datapackage.json").read_text(encoding="utf-8"))
    on_the_web = json.loads((bundle / "data" / "csv-metadata.json").read_text(encoding="utf-8"))
    fields = {r["name"]: r["schema"] for r in package["resources"] if r["type"] == "table"}
    columns = {t["url"].removesuffix(".csv"): t["tableSchema"] for t in on_the_web["tables"]}
    for name, table in TABLES.items():
        described = {c: d.description for c, d in table.columns.items() if not c.endswith("_symbol")}
        assert {field["name"]: field["description"] for field in fields[name]["fields"]} == described
        assert {column["name"]: column["dc:description"] for column in columns[name]["columns"]} == described
        assert fields[name]["primaryKey"] == columns[name]["primaryKey"] == table.key
        assert len(fields[name].get("foreignKeys", [])) == len(table.foreign_keys)
    assert package["version"] == "2026-03-31-1" and package["licenses"][0]["name"] == "OGL-UK-3.0"
    assert {"title": "Area codes, Office for National Statistics", "description": "Open."} in package["sources"]
    sizes = {resource["path"]: (resource["bytes"], resource["hash"]) for resource in package["resources"]}
    there = {n: c for n, c in contents(bundle).items() if n not in ("datapackage.json", "checksums.sha256")}
    assert sizes == {n: (len(c), f"sha256:{hashlib.sha256(c).hexdigest()}") for n, c in there.items()}


def test_the_dictionary_has_every_column_code_and_symbol(bundle: Path) -> None:
    frame = cells(bundle, "data_dictionary").set_index(["table_name", "kind", "name", "value"])["description"]
    for name, table in TABLES.items():
        assert frame[name, "table", name, "all"] == table.description
        for column, described in table.columns.items():
            assert frame[name, "column", column, "all"] == described.description
    assert frame["indicator", "code", "service", "adults"] == "Adults' social care"
    assert frame["indicator", "symbol", "numerator", "c"] == SYMBOLS["c"]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not on this machine")
def test_the_checksums_are_those_that_sha256sum_reads(bundle: Path) -> None:
    command = ["sha256sum", "--check", "--strict", "--quiet", "checksums.sha256"]
    run = subprocess.run(command, cwd=bundle, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert f"# {(bundle / 'index.html').stat().st_size} bytes" in (bundle / "checksums.sha256").read_text()


def test_no_file_names_the_machine_or_the_day_it_was_made(bundle: Path, inputs: Path) -> None:
    today = date.today()
    for name, content in every_text(bundle).items():
        for said in (str(bundle.parent), str(inputs.parent), str(Path.home()), today.isoformat(), f"{today:%d %B %Y}"):
            assert said not in content, f"{name}: {said}"


def test_no_file_has_personal_data(bundle: Path) -> None:
    for name in (path.stem for path in (bundle / "data").glob("*.csv")):
        texts = {text for column in cells(bundle, name).to_numpy().T for text in column}
        assert {text for text in texts if personal_data(text)} == set(), name
    pages = [line for path in bundle.glob("*.html") for line in path.read_text(encoding="utf-8").splitlines()]
    book = openpyxl.load_workbook(bundle / "sc-wres-open-release.xlsx")
    shown = [str(cell) for page in book for row in page.iter_rows(values_only=True) for cell in row]
    assert [text for text in [*pages, *shown] if personal_data(text)] == []


def test_the_pages_say_what_a_reader_must_know(bundle: Path) -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in bundle.glob("*.html")}
    assert set(pages) == {"index.html", "quality.html", "protection.html", "changes.html"}
    assert all("not to be quoted" in page and 'lang="en-GB"' in page for page in pages.values())
    assert "<td>12</td>" in pages["protection.html"]
    assert "This is the first open release" in pages["changes.html"]
    assert (
        "No count of 1 to 9 people" in pages["quality.html"]
        and "of 168 counts 12 (7%) have the symbol c" in pages["quality.html"]
    )
    links = {link for page in pages.values() for link in re.findall('href="([^"#:]+)"', page)}
    assert {link for link in links if not (bundle / link).exists()} == set()
    assert "Open Government Licence" in (bundle / "LICENCE.txt").read_text(encoding="utf-8")


def test_markup_in_a_text_is_not_markup_of_a_page(inputs: Path, tmp_path: Path) -> None:
    release = replace(a_release(), left_out=("<script>alert(1)</script>",), gate_summary="<img src=x>")
    write_bundle(inputs, tmp_path / "new", release, None, TABLES)
    pages = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "new").glob("*.html"))
    assert "<script" not in pages and "<img" not in pages


# ---------------------------------------------------------------------------------------------------- workbook


@pytest.fixture(scope="module")
def book(bundle: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(bundle / "sc-wres-open-release.xlsx")


def test_the_workbook_has_one_marked_up_table_a_sheet(book: openpyxl.Workbook) -> None:
    assert book.sheetnames[:3] == ["Cover", "Contents", "Notes"]
    assert set(book.sheetnames[3:]) >= {"England_regions", "Organisations", "Change", "Census", "Dictionary"}
    for page in book.worksheets[1:]:
        (table,) = page.tables.values()
        first, last = table.ref.split(":")
        assert first.startswith("A") and first[1].isdigit(), page.title
        assert page["A1"].value and "one table" in page["A2"].value, page.title
        area = [cell for row in page[table.ref] for cell in row]
        assert page[last].row == page.max_row and all(cell.value not in (None, "") for cell in area), page.title
    for page in book.worksheets[3:]:
        (table,) = page.tables.values()
        assert page.freeze_panes == f"A{int(table.ref.split(':')[0][1:]) + 1}"
        is_census = page.title.startswith("Census")
        assert ("as their publisher" if is_census else "not to be quoted") in page["A2"].value
    assert not [page.title for page in book if page.merged_cells.ranges]


def test_the_workbook_says_what_it_is_and_in_which_language(book: openpyxl.Workbook) -> None:
    properties = book.properties
    assert properties.title == "Synthetic: SC-WRES open data, 2026-03-31-1" and properties.language == "en-GB"
    assert properties.creator == "SC-WRES programme" and properties.created.date() == date(2026, 3, 31)
    assert [cell.value for cell in book["Areas"][5]][:3] == ["Geographic level", "Code", "Name"]
    linked = {cell.hyperlink.location.split("!")[0].strip("'") for (cell, *_) in book["Contents"] if cell.hyperlink}
    assert linked == set(book.sheetnames[3:])
    used = {str(cell.value) for page in book for row in page.iter_rows() for cell in row}
    assert not [value for value in used if value.startswith("=")]


def test_a_number_of_the_workbook_is_a_number_and_a_symbol_is_in_brackets(book: openpyxl.Workbook) -> None:
    page = book["Organisations"]
    (table,) = page.tables.values()
    rows = [[cell.value for cell in row] for row in page[table.ref]]
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    small = frame["Area"] == "Hartlepool"
    assert set(frame.loc[small, "Numerator"]) == {"[c]"} and set(frame.loc[small, "Relative likelihood"]) == {"[c]"}
    assert all(isinstance(value, int) for value in frame.loc[~small, "Numerator"])
    assert all(isinstance(value, float) for value in frame.loc[~small, "Relative likelihood"])
    assert set(frame["Comparison group"]) == {"Minority ethnic"} and set(frame["Time period"]) == {LATEST}
    assert "[c] Confidential" in page["A3"].value and "some columns" in page["A4"].value


@pytest.mark.skipif("WRES_TEST_FULL" not in os.environ, reason="part of make test-all (WRES_TEST_FULL)")
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not on this machine")
def test_libreoffice_opens_the_workbook(bundle: Path, tmp_path: Path) -> None:
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "ods", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(bundle / "sc-wres-open-release.xlsx")], check=True, capture_output=True, timeout=180)
    sheets = pd.read_excel(tmp_path / "sc-wres-open-release.ods", sheet_name=None, engine="calamine", header=None)
    assert "Organisations" in sheets and "[c]" in set(sheets["Organisations"].to_numpy().ravel())


# --------------------------------------------------------------------------------------------------- change log


@pytest.fixture(scope="module")
def next_bundle(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release after: Barnet took its consent back, one count is hidden that was shown, a column is new."""
    tables = {
        name: frame[frame.get("new_la_code", frame.get("code", pd.Series("", index=frame.index))) != "E09000003"]
        for name, frame in release_tables().items()
    }
    frame = tables["indicator"].copy()
    hidden = frame["new_la_code"].eq("E06000002") & frame["service"].eq("adults") & frame["indicator_code"].eq("3")
    for name in ("numerator", *FIGURES, "size"):
        frame[name] = frame[name].mask(hidden)
    frame.loc[hidden, ["numerator_symbol", "likelihood_symbol"]] = "c"
    revised = frame["new_la_code"].eq("E09000002") & frame["service"].eq("adults") & frame["indicator_code"].eq("9")
    frame.loc[revised, "organisations"] = 7
    tables["indicator"] = frame
    folder = tmp_path_factory.mktemp("next")
    write_bundle(write_parquet(folder / "tables", tables), folder / "new", a_release("2026-06-30-1"), bundle, TABLES)
    return folder / "new"


def test_the_change_log_counts_and_names_what_changed(next_bundle: Path) -> None:
    log = cells(next_bundle, "change_log")
    whole = log[(log["table_name"] == "indicator") & (log["row_key"] == "all")].set_index("change")["rows"]
    assert whole.to_dict() == {"rows added": "0", "rows withdrawn": "6", "rows revised": "2"}
    values = log[(log["table_name"] == "indicator") & (log["change"] == "value revised")].set_index("column_name")
    assert values.at["organisations", "previous_value"] == "5" and values.at["organisations", "current_value"] == "7"
    assert "new_la_code=E09000002; service=adults; indicator_code=9" in values.at["organisations", "row_key"]
    assert "Indicator" not in (page := (next_bundle / "changes.html").read_text(encoding="utf-8"))
    assert "<td>indicator</td>\n<td>rows withdrawn</td>" in page


def test_the_change_log_says_nothing_that_the_release_hides(next_bundle: Path) -> None:
    log = cells(next_bundle, "change_log").query("change == 'value revised'").set_index("column_name")
    assert log.at["numerator", "current_value"] == "c" and log.at["numerator", "previous_value"] == ""
    assert log.at["relative_likelihood", "previous_value"] == ""
    for name, content in every_text(next_bundle).items():
        assert "Barnet" not in content and "E09000003" not in content, name


def test_nothing_changed_is_said_so(bundle: Path, inputs: Path, tmp_path: Path) -> None:
    write_bundle(inputs, tmp_path / "new", a_release("2026-06-30-1"), bundle, TABLES)
    assert set(cells(tmp_path / "new", "change_log")["rows"]) <= {"0"}
    assert "Nothing differs" in (tmp_path / "new" / "changes.html").read_text(encoding="utf-8")


# -------------------------------------------------------------------------------------------------------- checks


def test_a_sound_bundle_passes(bundle: Path, next_bundle: Path) -> None:
    """Frictionless, CSV on the Web and Great Expectations; with small counts in what another publisher published."""
    assert (cells(next_bundle, "census_indicator")["numerator"].astype(int) < THRESHOLD).any()
    check_bundle(next_bundle, TABLES)
    if "WRES_TEST_FULL" in os.environ:
        check_bundle(bundle, TABLES)


# What is written into a cell of a row of indicator.csv (area, service, indicator), and the rule that sees it.
SPOILED = {
    "open_count_below_threshold": (("E06000002", "adults", "3"), {"numerator": "9"}),
    "open_rest_below_threshold": (("E06000002", "children", "9"), {"numerator": "364"}),
    "open_value_missing": (("E06000002", "adults", "9"), {"denominator": ""}),
    "open_figure_beside_hidden_count": (("E06000001", "adults", "3"), {"rate": "0.5"}),
    "open_figure_not_recomputed": (("E09000002", "adults", "9"), {"relative_likelihood": "1.5"}),
    "open_services_do_not_add_up": (("E09000002", "all", "9"), {"denominator": "5000"}),
    "open_part_above_whole": (("", "children", "3"), {"reference_denominator": "999"}),
    "open_personal_data": (("E09000003", "children", "3"), {"la_name": "Jane Smith"}),
    "value_not_in_list": (("E09000003", "children", "9"), {"new_la_code": "E09000099"}),
    "repeated_key": (("E09000003", "adults", "9"), {"indicator_code": "3"}),
}
OF = ["new_la_code", "service", "indicator_code"]


@pytest.fixture(scope="module")
def complaint(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the lines of the error on a bundle that is spoiled in every way at once."""
    spoiled = tmp_path_factory.mktemp("spoiled") / "bundle"
    shutil.copytree(bundle, spoiled)
    frame = cells(spoiled, "indicator")
    for (code, service, indicator), changes in SPOILED.values():
        row = (frame["new_la_code"] == code) & (frame["service"] == service) & (frame["indicator_code"] == indicator)
        row &= frame["geographic_level"].eq("National") | (code != "")
        assert row.sum() == 1
        frame.loc[row, list(changes)] = list(changes.values())
    frame.to_csv(spoiled / "data" / "indicator.csv", index=False)
    area = cells(spoiled, "area")
    area.loc[0, "geographic_level"] = "Parish"
    area.to_csv(spoiled / "data" / "area.csv", index=False)
    change = cells(spoiled, "year_on_year")
    change.loc[3, "previous_denominator"] = "1,200"
    change.to_csv(spoiled / "data" / "year_on_year.csv", index=False)
    (spoiled / "quality.html").unlink()
    path = spoiled / "parquet" / "census_indicator.parquet"
    with duckdb.connect() as connection:  # the CSV file hides a number, and the Parquet file beside it does not
        census = cells(spoiled, "census_indicator")
        census.loc[0, "numerator"] = "c"
        census.to_csv(spoiled / "data" / "census_indicator.csv", index=False)
        hidden = "* replace (case when new_la_code = 'E06000001' then 'c' end as numerator_symbol)"
        connection.execute(f"copy (select {hidden} from '{path}') to '{path}.new' (format parquet)")
    Path(f"{path}.new").replace(path)
    with pytest.raises(WresError) as error:
        check_bundle(spoiled, TABLES)
    return str(error.value).splitlines()


@pytest.mark.parametrize("rule_code", SPOILED)
def test_each_check_sees_the_cell_that_is_spoiled(complaint: list[str], bundle: Path, rule_code: str) -> None:
    """With its file, row and column."""
    (code, service, indicator), _ = SPOILED[rule_code]
    frame = cells(bundle, "indicator")
    row = frame.index[
        (frame[OF] == [code, service, indicator]).all(axis=1)
        & (frame["geographic_level"].eq("National") | (code != ""))
    ]
    words = re.escape(rules().at[rule_code, "message"].rpartition("}")[2])
    place = f"data/indicator.csv, row {row[0] + 2}, column "
    assert [line for line in complaint if line.startswith(place) and re.search(words, line)], "\n".join(complaint)


def test_every_rule_on_bundles_is_shown_failing() -> None:
    own = rules().index[rules()["checked_by"] == "bundle"]
    assert set(own) <= set(SPOILED)


@pytest.mark.parametrize(
    "said",
    [
        r"data/indicator\.csv: the file is not the one that checksums\.sha256 was made of",
        r"quality\.html: the file is in checksums\.sha256 and not in the folder",
        r"data/year_on_year\.csv, row 5, column previous_denominator: .*integer",
        r"data/csv-metadata\.json: .*1,200",
        r"data/area\.csv, row 2, column geographic_level",
        r"parquet/census_indicator\.parquet, row 1, column numerator: it is not what data/census_indicator\.csv says",
        r"parquet/indicator\.parquet, row \d+, column numerator: it is not what data/indicator\.csv says",
    ],
)
def test_what_is_wrong_with_files_is_said_too(complaint: list[str], said: str) -> None:
    assert [line for line in complaint if re.match(said, line)], "\n".join(complaint)


def test_a_table_that_is_missing_or_other_than_described_is_refused(tmp_path: Path) -> None:
    tables = release_tables()
    folder = write_parquet(tmp_path / "tables", tables)
    (folder / "area.parquet").rename(folder / "areas.parquet")
    with pytest.raises(WresError, match="no table area"):
        write_bundle(folder, tmp_path / "one", a_release(), None, TABLES)
    (folder / "areas.parquet").rename(folder / "area.parquet")
    other = TABLES | {"area": replace(TABLES["area"], columns=TABLES["area"].columns | {"more": text("More.")})}
    with pytest.raises(WresError, match=r"area and its description differ in the columns more"):
        write_bundle(folder, tmp_path / "two", a_release(), None, other)
