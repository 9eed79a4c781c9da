"""The open release's bundle: what is written, that it is always the same, and that its checks see what is spoiled.

All figures here are synthetic and made in the test, in the shape of the models of the open release.
"""

import csv
import hashlib
import json
import re
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import openpyxl
import pandas as pd
import pytest

from wres.bundle import OpenRelease, check_bundle, write_bundle
from wres.bundle_metadata import write_checksums, write_csvw, write_package
from wres.bundle_tables import read_symbols
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
    | figures(
        {"previous_relative_likelihood": "ratio", "relative_likelihood": "ratio", "ratio_of_ratios": "ratio"},
        "change_symbol",
    )
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
        {"geographic_level": text("Level."), "code": text("Code of the area."), "name": text("Name of the area.")},
    ),
    "indicator_definition": Table(
        "What each indicator counts.",
        ["indicator_code"],
        {"indicator_code": text("Number."), "indicator_name": text("Name.")},
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


def hide(frame: pd.DataFrame, names: tuple[str, ...], symbol: str) -> pd.DataFrame:
    """Hide the counts of the smallest organisation, and the figures of every row that has a hidden count."""
    frame = frame.copy()
    is_small = frame["new_la_code"].eq("E06000001")
    for name in names:
        frame[f"{name}_symbol"] = None
        if name.endswith("numerator"):
            frame.loc[is_small, f"{name}_symbol"] = "c"
            frame[name] = frame[name].astype("Int64").mask(is_small)
    frame[symbol] = None
    frame.loc[is_small, symbol] = "c"
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
    census = now[(now["service"] == "children") & (now["indicator_code"] == "9")]
    area = [("Local authority", code, name) for code, name, _ in ORGANISATIONS]
    area += [("Regional", code, name) for code, name in REGIONS.items()] + [("National", "E92000001", "England")]
    return {
        "indicator": hide(now, COUNTS, "likelihood_symbol"),
        "year_on_year": hide(change, (*COUNTS, *PREVIOUS), "change_symbol"),
        "census_indicator": hide(census, COUNTS, "likelihood_symbol"),
        "area": pd.DataFrame(area, columns=["geographic_level", "code", "name"]),
        "indicator_definition": pd.DataFrame(INDICATORS.items(), columns=["indicator_code", "indicator_name"]),
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
        gate_summary="## Outcome\n\nEvery hidden count is protected.\n\n| Cells | Passed |\n| --- | --- |\n| 12 | 12 |\n",
        code_revision="0123456",
        inputs_sha256="a" * 64,
        exposure=Exposure(
            title="SC-WRES open data",
            description="Race equality in the social care workforce of England.",
            owner="SC-WRES programme",
            tables=tuple(TABLES),
            meta={
                "licence": {
                    "name": "OGL-UK-3.0",
                    "title": "Open Government Licence v3.0",
                    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
                }
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


def test_a_sound_bundle_passes(bundle: Path) -> None:
    check_bundle(bundle, TABLES)
