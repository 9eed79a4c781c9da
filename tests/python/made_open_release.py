"""Open releases made up for the tests of reports, in the shape of the open tables and by the writers of the bundle.

All figures are synthetic. What is hidden is taken out before anything is written, as in a real release.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from wres.bundle import OpenRelease
from wres.bundle_metadata import write_package
from wres.bundle_tables import read_symbols, write_tables
from wres.dictionary import Column, Exposure, Table
from wres.reference import read_seed

YEAR, BEFORE = 2025, 2024
COUNTS = ("numerator", "denominator", "reference_numerator", "reference_denominator")
REGIONS = {"E12000001": "North East", "E12000005": "West Midlands", "E12000007": "London"}
SERVICES = ("adults", "children", "all")
UNITS = {
    **dict.fromkeys(("rate", "reference_rate", "unknown_share", "share_of_band", "cumulative_share"), "share"),
    "i_squared": "share",
    "p_value": "probability",
    "actions": "actions",
    "accounts_told": "accounts",
    **dict.fromkeys((*COUNTS, *(f"previous_{name}" for name in COUNTS), "staff"), "people"),
}
RATIOS = {"relative_likelihood", "previous_relative_likelihood", "ratio_of_ratios", "lower_95", "upper_95", "factor"}
RATIOS |= {"representation_ratio", "unknowns_lower", "unknowns_upper", "random_mean", "mantel_haenszel"}
RATIOS |= {
    f"{name}_{end}_95" for name in ("random_mean", "mantel_haenszel", "prediction") for end in ("lower", "upper")
}
PLACE = ["time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code"]
KEYS = ["time_period", "geographic_level", "region_code", "new_la_code", "service", "indicator_code", "breakdown"]
KEYS += ["comparison_group", "reference_group", "panel", "part", "status", "pay_band", "collection"]
KEYS += ["definition_version", "symbol", "plan_time_period", "line", "part_value", "practice_id", "quotation_id"]
WITHOUT_INDICATORS = {"participation", "pay_band"}


def tables(seed: int = 1) -> dict[str, pd.DataFrame]:
    """Return the tables of a release with everything in it."""
    draw = np.random.default_rng(seed)
    register = read_seed("indicator_register").query("collection == 'sc-wres'")
    codes = register.query("last_year == ''").drop_duplicates("indicator_code")
    codes = codes[["indicator_code", "indicator_name"]]
    now = _likelihoods(draw, _rows(codes, YEAR))
    census = pd.DataFrame({"indicator_code": ["9"], "indicator_name": ["Senior management"]})
    years = []
    for year in (BEFORE - 1, BEFORE):
        rows = pd.concat(
            _rows(census, year, role, group, authorities=25)
            for role in ("all", "Middle manager", "Case holder")
            for group in ("minority_ethnic", "black")
        )
        years.append(_likelihoods(draw, rows[rows["service"] == "children"]))
    changed = _changes(draw, now, BEFORE)
    national = changed[changed["panel"] == "all"].drop(columns=["panel"])
    kept = ["collection", "indicator_code", "definition_version", "first_year", "last_year", "indicator_name"]
    kept += ["numerator_wording", "denominator_wording", "adverse_when", "break_note", "source"]
    definitions = read_seed("indicator_register")[kept]
    for column in ("definition_version", "first_year", "last_year"):
        definitions = definitions.assign(**{column: pd.to_numeric(definitions[column]).astype("Int64")})
    definitions = definitions.replace({"break_note": {"": None}})
    return {
        "indicator": now,
        "year_on_year": changed,
        "census_indicator": pd.concat(years),
        "census_year_on_year": _changes(draw, years[1][years[1]["new_la_code"].isna()], BEFORE - 1),
        "indicator_definition": definitions,
        "symbol": read_seed("open_symbol_register"),
        "participation": _participation(draw),
        "between_organisations": _between(draw, now),
        "decomposition": _parts(draw, national),
        "unknown_ethnicity": _unknown(draw, now),
        "pay_band": _bands(draw),
    }


def hide(frame: pd.DataFrame, which: pd.Series, symbol: str = "c") -> pd.DataFrame:
    """Return the rows with every figure of some of them taken out, and the symbol in its place."""
    frame = frame.copy()
    symbols = [name for name in frame if name.endswith("_symbol")]
    kept = {*KEYS, *PLACE, "region_name", "la_name", "indicator_name", "previous_time_period", "pay_band_order"}
    kept |= {*symbols, "organisations", "previous_organisations"}
    for name in frame.columns.difference(list(kept)):
        frame[name] = frame[name].astype(object).mask(which, None)
    frame[symbols] = frame[symbols].astype(object).mask(which, symbol)
    return frame


def write_release(folder: Path, made: Mapping[str, pd.DataFrame]) -> Path:
    """Write a release's folder, tables and description, and return it."""
    described = {name: _described(name, frame) for name, frame in made.items()}
    source = folder.with_name(f"{folder.name}-tables")
    source.mkdir(parents=True)
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for name, frame in made.items():
            connection.register("frame", frame.convert_dtypes())
            columns = ", ".join(
                f'cast("{c}" as {column.data_type}) as "{c}"' for c, column in described[name].columns.items()
            )
            connection.execute(f"copy (select {columns} from frame) to '{source / name}.parquet'")
    write_tables(source, folder, described)
    about = Exposure(
        title="SC-WRES open data",
        description="Race equality in the social care workforce of England.",
        owner="SC-WRES programme",
        tables=tuple(described),
        meta={
            "sources": [],
            "licence": {
                "name": "OGL-UK-3.0",
                "title": "Open Government Licence v3.0",
                "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
            },
        },
    )
    release = OpenRelease(
        release_id="2026-03-31-1",
        date=date(2026, 3, 31),
        is_synthetic=True,
        label="Contains synthetic returns",
        threshold=10,
        scope="The latest round and its change.",
        left_out=("Single ethnic groups.",),
        gate_summary="",
        code_revision=None,
        inputs_sha256="",
        exposure=about,
    )
    write_package(folder, release, described, read_symbols(folder))
    return folder


def _described(name: str, frame: pd.DataFrame) -> Table:
    whole = {"time_period", "previous_time_period", "definition_version", "first_year", "last_year", "pay_band_order"}
    whole |= {"plan_time_period", "line"}
    columns = {}
    for column in frame:
        unit = UNITS.get(column) or ("organisations" if "organisations" in column else None)
        unit = unit or ("ratio" if column in RATIOS else None)
        is_count = column in whole or unit in ("people", "organisations", "actions", "accounts")
        data_type = "bigint" if is_count and not column.endswith("_symbol") else "double" if unit else "varchar"
        data_type = "boolean" if column == "depends_on_unknowns" else data_type
        columns[column] = Column(data_type, column, unit, _symbol(column, frame))
    return Table(name, [key for key in KEYS if key in frame.columns], columns)


def _symbol(column: str, frame: pd.DataFrame) -> str | None:
    if f"{column}_symbol" in frame:
        return f"{column}_symbol"
    derived = {"relative_likelihood", "lower_95", "upper_95", "rate", "reference_rate", "p_value", "size", "evidence"}
    if "change_symbol" in frame and column in {"ratio_of_ratios", "lower_95", "upper_95", "p_value", "change"}:
        return "change_symbol"
    return "likelihood_symbol" if "likelihood_symbol" in frame and column in derived else None


def _rows(
    indicators: pd.DataFrame, year: int, role: str = "all", group: str = "minority_ethnic", authorities: int = 0
) -> pd.DataFrame:
    places = [("National", None, None, None, None, 40)]
    places += [("Regional", code, name, None, None, 12) for code, name in REGIONS.items()]
    places += [
        ("Local authority", "E12000007", "London", f"E0900{n:04}", f"Made-up borough {n}", 1)
        for n in range(authorities)
    ]
    names = ["geographic_level", "region_code", "region_name", "new_la_code", "la_name", "organisations"]
    rows = pd.DataFrame(places, columns=names).assign(
        time_period=year, time_identifier="Reporting year", country_code="E92000001", country_name="England"
    )
    rows = rows.merge(pd.DataFrame({"service": SERVICES}), how="cross").merge(indicators, how="cross")
    rows = rows.assign(breakdown=role, comparison_group=group, reference_group="white")
    return rows[[*PLACE, *(name for name in rows if name not in PLACE)]].reset_index(drop=True)


def _likelihoods(draw: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """Add counts and what follows of them; every sixth figure is hidden and every eleventh has no reference."""
    rows = rows.reset_index(drop=True)
    size = 60 * rows["organisations"].to_numpy()
    true = np.exp(draw.normal(0, 0.5, len(rows)))
    rate = draw.uniform(0.01, 0.3, len(rows))
    n1, n2 = size * 1, size * 3
    x1 = np.clip((n1 * rate * true).astype(int), 1, n1 - 1)
    x2 = np.clip((n2 * rate).astype(int), 1, n2 - 1)
    ratio = (x1 / n1) / (x2 / n2)
    error = np.sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)
    lower, upper = ratio * np.exp(-1.96 * error), ratio * np.exp(1.96 * error)
    is_clear = (lower > 1) | (upper < 1)
    rows = rows.assign(numerator=x1, denominator=n1, reference_numerator=x2, reference_denominator=n2)
    rows = rows.assign(**dict.fromkeys(f"{name}_symbol" for name in COUNTS))
    rows = rows.assign(
        rate=x1 / n1,
        reference_rate=x2 / n2,
        relative_likelihood=ratio,
        lower_95=lower,
        upper_95=upper,
        p_value=np.where(is_clear, 0.01, 0.4),
        size=np.where(ratio < 0.8, "below", np.where(ratio > 1.25, "above", "within")),
        evidence=np.where(is_clear, "clear", "not clear"),
        likelihood_symbol=None,
    )
    place = pd.Series(np.arange(len(rows)))
    rows = hide(rows, place % 6 == 3)
    return hide(rows, place % 11 == 8, "z")


def _changes(draw: np.random.Generator, now: pd.DataFrame, before: int) -> pd.DataFrame:
    rows = now.merge(pd.DataFrame({"panel": ["all", "matched"]}), how="cross")
    earlier = np.exp(draw.normal(0, 0.5, len(rows)))
    ratio = rows["relative_likelihood"].astype(float) / earlier
    error = draw.uniform(0.05, 0.5, len(rows))
    lower, upper = ratio * np.exp(-1.96 * error), ratio * np.exp(1.96 * error)
    further = np.abs(np.log(rows["relative_likelihood"].astype(float))) > np.abs(np.log(earlier))
    kind = np.where((lower <= 1) & (upper >= 1), "no clear change", np.where(further, "widened", "narrowed"))
    symbol = rows["likelihood_symbol"]
    kept = [c for c in rows if c not in {"rate", "reference_rate", "p_value", "size", "evidence", *COUNTS}]
    rows = rows[[c for c in kept if not c.endswith("_symbol")]].assign(
        previous_time_period=before,
        previous_organisations=rows["organisations"],
        previous_relative_likelihood=earlier,
        previous_likelihood_symbol=None,
        likelihood_symbol=symbol,
        ratio_of_ratios=ratio,
        lower_95=lower,
        upper_95=upper,
        p_value=0.2,
        change=kind,
        change_symbol=None,
    )
    rows = hide(rows, symbol.notna() & (symbol == "c"))
    return hide(rows, symbol.notna() & (symbol == "z"), "x")


def _parts(draw: np.random.Generator, changed: pd.DataFrame) -> pd.DataFrame:
    rows = changed[[*PLACE, "region_name", "previous_time_period", "service", "indicator_code", "indicator_name"]]
    rows = rows.assign(breakdown="all", comparison_group="minority_ethnic", reference_group="white")
    every = []
    whole = np.log(changed["ratio_of_ratios"].astype(float).to_numpy())
    draws = draw.dirichlet([2, 2, 2, 2], len(rows)) * whole[:, None]
    for n, part in enumerate(("left", "joined", "weight", "within", "total")):
        factor = np.exp(whole if part == "total" else draws[:, n])
        every.append(rows.assign(part=part, factor=factor, organisations=7 + n, part_symbol=None))
    made = pd.concat(every, ignore_index=True)
    return hide(made, made["factor"].isna())


def _between(draw: np.random.Generator, now: pd.DataFrame) -> pd.DataFrame:
    kept = [*PLACE, "region_name", "service", "indicator_code", "indicator_name", "breakdown", "comparison_group"]
    mean = np.exp(draw.normal(0, 0.3, len(now)))
    rows = now[[*kept, "reference_group"]].assign(
        organisations_compared=40,
        organisations_below=11,
        organisations_within=16,
        organisations_above=13,
        organisations_clearly_different=5,
        mantel_haenszel=mean * 1.03,
        mantel_haenszel_lower_95=mean * 0.91,
        mantel_haenszel_upper_95=mean * 1.19,
        random_mean=mean,
        random_mean_lower_95=mean * 0.8,
        random_mean_upper_95=mean * 1.3,
        prediction_lower_95=mean * 0.4,
        prediction_upper_95=mean * 2.5,
        i_squared=0.4,
        spread_symbol=None,
    )
    return hide(rows, pd.Series(np.arange(len(rows)) % 5 == 2)).assign(organisations_compared=40)


def _unknown(draw: np.random.Generator, now: pd.DataFrame) -> pd.DataFrame:
    low = np.exp(draw.normal(0, 0.3, len(now)))
    pair = ["comparison_group", "reference_group"]
    rows = now[[*PLACE, "region_name", "service", "indicator_code", "indicator_name", "breakdown", *pair]].assign(
        unknown_share=draw.uniform(0.01, 0.3, len(now)),
        unknowns_lower=low,
        unknowns_upper=low * 1.6,
        depends_on_unknowns=(low < 1) & (low * 1.6 > 1),
        unknown_symbol=None,
        bounds_symbol=None,
    )
    return hide(rows, pd.Series(np.arange(len(rows)) % 5 == 1))


def _participation(draw: np.random.Generator) -> pd.DataFrame:
    rows = pd.DataFrame({"service": ["adults", "children"]}).merge(
        pd.DataFrame({"status": ["accepted", "partly accepted", "overdue"]}), how="cross"
    )
    rows = rows.assign(organisations=draw.integers(3, 60, len(rows)), region_code=None, region_name=None)
    return _placed(rows)


def _bands(draw: np.random.Generator) -> pd.DataFrame:
    bands = pd.DataFrame(
        {"pay_band": ["Under £30,000", "£30,000 to £69,999", "£70,000 and over", "Pay band not known"]}
    )
    rows = bands.assign(pay_band_order=[1, 2, 3, 4]).merge(pd.DataFrame({"service": SERVICES}), how="cross")
    rows = rows.assign(comparison_group="minority_ethnic", staff=draw.integers(100, 9000, len(rows)))
    share = draw.uniform(0.05, 0.4, len(rows))
    rows = rows.assign(
        share_of_band=share, cumulative_share=share, representation_ratio=share / 0.2, lower_95=share / 0.3,
        upper_95=share / 0.1, staff_symbol=None, share_symbol=None, ratio_symbol=None,
        region_code=None, region_name=None,
    )  # fmt: skip
    return hide(_placed(rows), pd.Series(np.arange(len(rows)) == 4))


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.assign(time_period=YEAR, time_identifier="Reporting year", geographic_level="National")
    rows = rows.assign(country_code="E92000001", country_name="England")
    return rows[[*PLACE, *(name for name in rows if name not in PLACE)]]
