"""What an analyst would write instead: the indicator and year-on-year tables from the same batches, without dbt.

    python scripts/bench_analyst.py KIND HOME OUT [MOST]

KIND is `statsmodels` (pandas, with statsmodels called for each row), `pandas` (the same, vectorised) or `polars`. It
computes, of the pairs against white that a headline has, every organisation and England, as collected: four counts,
relative likelihood, Miettinen and Nurminen's limits, the p-value and Wilson's limits of both rates; and from year to
year the ratio with MOVER limits and its p-value, and Newcombe's limits of the change of both rates, for everybody and,
in England, for those in both years. MOST bounds how many rows of each table statsmodels is called for: the rest is then
left empty, and the time of those rows stands for all. An organisation's change is there once, as it is in our table.
Prints what it took, as JSON.
"""

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from wres.reference import read_seed

Z = 1.959963984540054
ALL = "all"
KEY = ["area_level", "area_code", "service", "indicator_code", "breakdown", "comparison_group"]
COUNTS = ["x1", "n1", "x2", "n2"]
MEASURES = ["relative_likelihood", "lower_95", "upper_95", "p_value"]
RATES = [f"{group}rate_{limit}" for group in ("", "reference_") for limit in ("lower", "upper")]
RATIO = ["ratio", "ratio_lower", "ratio_upper", "ratio_p_value"]
RATE_CHANGES = [name.replace("rate_", "rate_change_") for name in RATES]
PAIRED = {f"{name}{suffix}" for name in [*COUNTS, *MEASURES] for suffix in ("", "_before")}
GROUPS_FROM = ("headline_group", "major_group")
NUMERATOR = "numerator_measure"
STEPS = 60  # halvings: the limits are then exact to the last digits


def main() -> None:
    """Compute, write the two tables into a folder, and print what it took."""
    kind, home, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    most = int(sys.argv[4]) if len(sys.argv) > 4 else None
    clock, share = _Clock(), 1.0
    if kind == "polars":
        indicator, changes = _polars(home)
    elif kind == "pandas":
        indicator = _vectorised(_pandas_counts(home))
        changes = _pandas_changes(indicator)
        changes = changes.assign(**_rate_changes({name: changes[name].to_numpy(float) for name in PAIRED}))
    else:
        counts = _pandas_counts(home)
        indicator, share = _row_by_row(counts, _measure, [*MEASURES, *RATES], most, clock)
        changes = _pandas_changes(indicator)
        changes, _ = _row_by_row(changes, _rate_change, RATE_CHANGES, most, clock)
    clock.lap()
    out.mkdir(parents=True, exist_ok=True)
    indicator.to_parquet(out / "indicator.parquet")
    changes.to_parquet(out / "year_on_year.parquet")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    rows = len(indicator) + len(changes)
    print(json.dumps({"wall": clock.wall, "cpu": clock.cpu, "memory": memory, "rows": rows, "share": share}))


class _Clock:
    """Wall and processor seconds; a lap may stand for more rows than it was of."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self._last = self._now()

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    def lap(self, share: float = 1.0) -> None:
        """Count what was done since the last lap; with ``share``, as that part of what is to be counted."""
        now = self._now()
        self.wall += (now[0] - self._last[0]) / share
        self.cpu += (now[1] - self._last[1]) / share
        self._last = now


def _groups() -> pd.DataFrame:
    """Return which values of a scheme make up each compared group, and how many there are."""
    register = read_seed("ethnic_group_register").set_index("ethnic_group")
    mapping = read_seed("ethnic_group_mapping")[["scheme", "value", "ethnic_group"]]
    parts = [mapping.assign(comparison_group=mapping["ethnic_group"].map(register[kind])) for kind in GROUPS_FROM]
    found = pd.concat(parts).drop_duplicates(["scheme", "value", "comparison_group"])
    found = found[found["comparison_group"].isin([*_compared(), "white"])]
    return found.assign(members=found.groupby(["scheme", "comparison_group"])["value"].transform("count"))


def _compared() -> list[str]:
    pairs = read_seed("comparison_pair").query("reference_group == 'white' and is_detail == 'false'")
    return list(pairs["comparison_group"])


def _definitions(years: list[int]) -> pd.DataFrame:
    """Return each indicator as it is counted in each year."""
    register = read_seed("indicator_register").query("collection == 'sc-wres'")
    ends = register["last_year"].replace("", "9999").astype(int)
    rows = [register[(register["first_year"].astype(int) <= y) & (ends >= y)].assign(collection_year=y) for y in years]
    columns = ["collection_year", "indicator_code", "numerator_measure", "numerator_breakdown"]
    return pd.concat(rows)[[*columns, "headline_breakdown", "denominator_measure"]]


def _not_bands() -> list[str]:
    bands = read_seed("pay_band_register")
    return list(bands[(bands["scheme"] == "national") & (bands["lower_limit"] == "")]["pay_band"])


def _own_bands() -> list[str]:
    return list(read_seed("pay_band_register").query("scheme == 'own'")["pay_band"])


def _pandas_counts(home: Path) -> pd.DataFrame:
    """Return the four counts of every organisation and of England."""
    columns = ["submission_id", "area_code", "collection_year", "ethnic_scheme", "ethnic_value"]
    columns += ["measure", "breakdown", "value"]
    files = sorted(home.glob("batches/*/observations.parquet"))
    observed = pd.concat(pd.read_parquet(file, columns=columns) for file in files)
    sent = pd.concat(
        pd.read_parquet(file, columns=["submission_id", "service"])
        for file in sorted(home.glob("batches/*/submissions.parquet"))
    )
    observed = observed.dropna(subset=["ethnic_value"]).merge(sent, on="submission_id")
    groups = _groups()
    observed = observed.merge(groups, left_on=["ethnic_scheme", "ethnic_value"], right_on=["scheme", "value"])
    by = ["collection_year", "area_code", "service", "measure", "breakdown", "comparison_group"]
    people = observed.groupby(by).agg(
        people=("value_x", "sum"), given=("value_x", "count"), members=("members", "first")
    )
    people = people[people["given"] == people["members"]].reset_index()[[*by, "people"]]
    definitions = _definitions(sorted(people["collection_year"].unique()))
    top = people.merge(definitions, left_on=["collection_year", "measure"], right_on=["collection_year", NUMERATOR])
    is_star = top["numerator_breakdown"] == "*"
    top = top[(top["breakdown"] == top["numerator_breakdown"]) | (is_star & (top["breakdown"] != ALL))]
    top = top[~top["breakdown"].isin(_not_bands())]
    base = people[people["breakdown"] == ALL].drop(columns="breakdown")
    keys = ["collection_year", "area_code", "service", "comparison_group"]
    pair = top.merge(base, left_on=[*keys, "denominator_measure"], right_on=[*keys, "measure"], suffixes=("", "_base"))
    pair["breakdown"] = pair["breakdown"].where(pair["breakdown"] != pair["headline_breakdown"], ALL)
    figure = ["collection_year", "area_code", "service", "indicator_code", "breakdown"]
    pair = pair[[*figure, "comparison_group", "people", "people_base"]]
    white = pair[pair["comparison_group"] == "white"].drop(columns="comparison_group")
    counts = pair[pair["comparison_group"] != "white"].merge(white, on=figure)
    counts.columns = [*figure, "comparison_group", "x1", "n1", "x2", "n2"]
    counts = counts[(counts["x1"] <= counts["n1"]) & (counts["x2"] <= counts["n2"])]
    england = _summed(counts[~counts["breakdown"].isin(_own_bands())], ["collection_year"], COUNTS)
    return pd.concat([counts.assign(area_level="organisation"), england]).reset_index(drop=True)


def _summed(counts: pd.DataFrame, years: list[str], columns: list[str]) -> pd.DataFrame:
    """Return England's sums, by service and for all."""
    both = pd.concat([counts, counts.assign(service=ALL)])
    by = [*years, "service", "indicator_code", "breakdown", "comparison_group"]
    return both.groupby(by)[columns].sum().reset_index().assign(area_level="national", area_code="England")


def _row_by_row(
    rows: pd.DataFrame, measure: Callable, names: list[str], most: int | None, clock: _Clock
) -> tuple[pd.DataFrame, float]:
    """Return rows with what statsmodels makes of each, or of ``most`` of them, and the share that those are."""
    import scipy.stats  # noqa: F401
    import statsmodels.stats.proportion  # noqa: F401

    # To import them takes its time once, however many rows there are.
    clock.lap()
    rows = rows.reset_index(drop=True)
    chosen = rows if most is None or most >= len(rows) else rows.sample(most, random_state=1)
    share = len(chosen) / len(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = chosen.apply(measure, axis=1, result_type="expand")
    clock.lap(share)
    measured = chosen.assign(**dict(zip(names, (found[number] for number in range(len(names))), strict=True)))
    return pd.concat([measured, rows.drop(chosen.index)]), share


def _measure(row: pd.Series) -> tuple[float, ...]:
    from scipy.stats import fisher_exact
    from statsmodels.stats.proportion import (
        confint_proportions_2indep,
        proportion_confint,
        test_proportions_2indep,
    )

    x1, n1, x2, n2 = (int(row[name]) for name in COUNTS)
    rates = [
        limit
        for x, n in ((x1, n1), (x2, n2))
        for limit in (proportion_confint(x, n, method="wilson") if n else (np.nan, np.nan))
    ]
    if not n1 or not n2 or not x2:
        return (*(np.nan,) * len(MEASURES), *rates)
    try:
        limits = confint_proportions_2indep(x1, n1, x2, n2, method="score", compare="ratio", correction=True)
    except (ValueError, ZeroDivisionError):
        limits = (np.nan, np.nan)
    if min(x1 + x2, n1 + n2 - x1 - x2) * min(n1, n2) < n1 + n2:
        p_value = fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue
    else:
        p_value = test_proportions_2indep(x1, n1, x2, n2, method="score", compare="diff", correction=True).pvalue
    return (x1 / n1) / (x2 / n2), *limits, p_value, *rates


def _rate_change(row: pd.Series) -> tuple[float, ...]:
    from statsmodels.stats.proportion import confint_proportions_2indep

    limits: list[float] = []
    for x, n in (("x1", "n1"), ("x2", "n2")):
        counts = [int(row[name]) for name in (x, n, f"{x}_before", f"{n}_before")]
        has_bases = counts[1] and counts[3]
        limits += (
            confint_proportions_2indep(*counts, method="newcomb", compare="diff") if has_bases else (np.nan, np.nan)
        )
    return tuple(limits)


def _vectorised(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the counts with the same measures, all rows at once; the exact test alone goes row by row."""
    from scipy.stats import fisher_exact

    return counts.assign(**_measures(*(counts[name].to_numpy(float) for name in COUNTS), fisher_exact))


def _measures(x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray, exact: Callable) -> dict[str, np.ndarray]:
    from scipy.special import erfc

    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (x1 / n1) / (x2 / n2)
        total, events = n1 + n2, x1 + x2
        chi = (total - 1) * (x1 * (n2 - x2) - x2 * (n1 - x1)) ** 2 / (n1 * n2 * events * (total - events))
        p_value = erfc(np.sqrt(chi / 2))
        lower, upper = (_limit(x1, n1, x2, n2, sign) for sign in (1, -1))
        lower = np.where(x1 == 0, 0, lower)
    small = np.flatnonzero((np.minimum(events, total - events) * np.minimum(n1, n2) < total) & (n1 > 0) & (n2 > 0))
    tables = np.column_stack([x1, n1 - x1, x2, n2 - x2])[small].astype(int)
    known, place = np.unique(tables, axis=0, return_inverse=True)
    p_value[small] = np.array([exact(table.reshape(2, 2)).pvalue for table in known])[place.ravel()]
    bad = ~np.isfinite(ratio)
    measures = {
        name: np.where(bad, np.nan, values)
        for name, values in zip(MEASURES, (ratio, lower, upper, p_value), strict=True)
    }
    return measures | dict(zip(RATES, (*_wilson(x1, n1), *_wilson(x2, n2)), strict=True))


def _wilson(x: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both limits of a rate."""
    with np.errstate(divide="ignore", invalid="ignore"):
        middle, width = x + Z * Z / 2, Z * np.sqrt(x * (n - x) / n + Z * Z / 4)
        return (middle - width) / (n + Z * Z), (middle + width) / (n + Z * Z)


def _rate_changes(of: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return Newcombe's limits of the change of both rates."""
    limits: list[np.ndarray] = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for x, n in (("x1", "n1"), ("x2", "n2")):
            now, before = ([of[f"{name}{year}"] for name in (x, n)] for year in ("", "_before"))
            (lower, upper), (lower_before, upper_before) = _wilson(*now), _wilson(*before)
            rate, rate_before = now[0] / now[1], before[0] / before[1]
            limits += [
                rate - rate_before - np.hypot(rate - lower, upper_before - rate_before),
                rate - rate_before + np.hypot(upper - rate, rate_before - lower_before),
            ]
    return dict(zip(RATE_CHANGES, limits, strict=True))


def _limit(x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray, sign: int) -> np.ndarray:
    """Return the ratio at which the score statistic is 1.96 on one side, by halving on the logarithm."""
    start = np.log(np.maximum(x1, 0.5) / n1 / (np.maximum(x2, 0.5) / n2))
    low, high = (start - 12, start + 1) if sign > 0 else (start - 1, start + 12)
    for _ in range(STEPS):
        middle = (low + high) / 2
        is_below = _score(x1, n1, x2, n2, np.exp(middle)) > sign * Z
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return np.exp((low + high) / 2)


def _score(x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    total = n1 + n2
    b = n1 * ratio + x1 + n2 + x2 * ratio
    rate2 = (b - np.sqrt(np.maximum(b * b - 4 * total * ratio * (x1 + x2), 0))) / (2 * total * ratio)
    rate1 = ratio * rate2
    variance = (rate1 * (1 - rate1) / n1 + ratio**2 * rate2 * (1 - rate2) / n2) * total / (total - 1)
    return (x1 / n1 - ratio * x2 / n2) / np.sqrt(np.maximum(variance, 1e-300))


def _pandas_changes(indicator: pd.DataFrame) -> pd.DataFrame:
    """Return each figure beside that of the round before, for everybody and, in England, for those in both."""
    years = sorted(indicator["collection_year"].unique())
    before = dict(zip(years[1:], years, strict=False))
    now = indicator[indicator["collection_year"].isin(before)]
    now = now.assign(previous_year=now["collection_year"].map(before))
    earlier = indicator.rename(columns={"collection_year": "previous_year"})
    both = now.merge(earlier, on=["previous_year", *KEY], suffixes=("", "_before"))
    everybody = both.assign(panel=ALL)
    of_both = both[(both["area_level"] == "organisation") & ~both["breakdown"].isin(_own_bands())]
    pairs = [*COUNTS, *(f"{name}_before" for name in COUNTS)]
    matched = _summed(of_both, ["collection_year", "previous_year"], pairs).assign(panel="matched")
    for suffix in ("", "_before"):
        sums = matched[[f"{name}{suffix}" for name in COUNTS]].set_axis(COUNTS, axis=1)
        measured = _vectorised(sums)[MEASURES]
        matched[[f"{name}{suffix}" for name in MEASURES]] = measured
    found = pd.concat([everybody, matched])
    return found.assign(**_changes({name: found[name].to_numpy(float) for name in found if name in PAIRED}))


def _changes(of: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return ratio, MOVER limits and p-value of a change; with half an event added throughout where one count is 0."""
    from scipy.special import erfc

    with np.errstate(divide="ignore", invalid="ignore"):
        now, before = of["relative_likelihood"], of["relative_likelihood_before"]
        ratio = now / before
        lower = np.exp(-np.hypot(np.log(now / of["lower_95"]), np.log(of["upper_95_before"] / before))) * ratio
        upper = np.exp(np.hypot(np.log(of["upper_95"] / now), np.log(before / of["lower_95_before"]))) * ratio
        p_value = erfc(np.abs(np.log(ratio)) / np.sqrt(2 * (_log_variance(of, "") + _log_variance(of, "_before"))))
        (log_now, variance_now), (log_before, variance_before) = (_walter(of, suffix) for suffix in ("", "_before"))
        log_ratio, error = log_now - log_before, np.sqrt(variance_now + variance_before)
        with_half = {
            "ratio": np.exp(log_ratio),
            "ratio_lower": np.exp(log_ratio - Z * error),
            "ratio_upper": np.exp(log_ratio + Z * error),
            "ratio_p_value": erfc(np.abs(log_ratio) / error / np.sqrt(2)),
        }
    has_zero = np.minimum.reduce([of[f"x{group}{suffix}"] for group in (1, 2) for suffix in ("", "_before")]) == 0
    has_both = np.isfinite(now) & np.isfinite(before)
    plain = {"ratio": ratio, "ratio_lower": lower, "ratio_upper": upper, "ratio_p_value": p_value}
    return {name: np.where(has_both, np.where(has_zero, with_half[name], plain[name]), np.nan) for name in plain}


def _log_variance(of: dict[str, np.ndarray], suffix: str) -> np.ndarray:
    """Return Katz's variance; where everybody in a group has the event, that which the limits imply."""
    x1, n1, x2, n2 = (of[f"{name}{suffix}"] for name in COUNTS)
    implied = (np.log(of[f"upper_95{suffix}"] / of[f"lower_95{suffix}"]) / (2 * Z)) ** 2
    return np.where((x1 == n1) | (x2 == n2), implied, 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)


def _walter(of: dict[str, np.ndarray], suffix: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithm of the relative likelihood and its variance with half an event added throughout."""
    x1, n1, x2, n2 = (of[f"{name}{suffix}"] + 0.5 for name in COUNTS)
    return np.log(x1 / n1) - np.log(x2 / n2), 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2


def _polars(home: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables by way of Polars: its joins and sums, and the vectorised measures."""
    import polars as pl
    from scipy.stats import fisher_exact

    columns = ["submission_id", "area_code", "collection_year", "ethnic_scheme", "ethnic_value"]
    columns += ["measure", "breakdown", "value"]
    groups = pl.from_pandas(_groups()[["scheme", "value", "comparison_group", "members"]]).lazy()
    sent = pl.scan_parquet(str(home / "batches/*/submissions.parquet")).select("submission_id", "service")
    by = ["collection_year", "area_code", "service", "measure", "breakdown", "comparison_group"]
    people = (
        pl.scan_parquet(str(home / "batches/*/observations.parquet"))
        .select(columns)
        .filter(pl.col("ethnic_value").is_not_null())
        .join(sent, on="submission_id")
        .join(groups, left_on=["ethnic_scheme", "ethnic_value"], right_on=["scheme", "value"])
        .group_by(by)
        .agg(people=pl.col("value").sum(), given=pl.col("value").count(), members=pl.col("members").first())
        .filter(pl.col("given") == pl.col("members"))
        .select([*by, "people"])
        .collect()
    )
    years = sorted(people["collection_year"].unique())
    definitions = pl.from_pandas(_definitions(years)).with_columns(pl.col("collection_year").cast(pl.Int32))
    is_star = (pl.col("numerator_breakdown") == "*") & (pl.col("breakdown") != ALL)
    top = (
        people.join(definitions, left_on=["collection_year", "measure"], right_on=["collection_year", NUMERATOR])
        .filter((pl.col("breakdown") == pl.col("numerator_breakdown")) | is_star)
        .filter(~pl.col("breakdown").is_in(_not_bands()))
    )
    base = people.filter(pl.col("breakdown") == ALL).select(
        "collection_year", "area_code", "service", "comparison_group", "measure", pl.col("people").alias("base")
    )
    keys = ["collection_year", "area_code", "service", "comparison_group"]
    figure = ["collection_year", "area_code", "service", "indicator_code", "breakdown"]
    is_headline = pl.col("breakdown") == pl.col("headline_breakdown")
    pair = (
        top.join(base, left_on=[*keys, "denominator_measure"], right_on=[*keys, "measure"])
        .with_columns(breakdown=pl.when(is_headline).then(pl.lit(ALL)).otherwise(pl.col("breakdown")))
        .select([*figure, "comparison_group", pl.col("people").alias("x1"), pl.col("base").alias("n1")])
    )
    white = pair.filter(pl.col("comparison_group") == "white").select(
        [*figure, pl.col("x1").alias("x2"), pl.col("n1").alias("n2")]
    )
    counts = (
        pair.filter(pl.col("comparison_group") != "white")
        .join(white, on=figure)
        .filter((pl.col("x1") <= pl.col("n1")) & (pl.col("x2") <= pl.col("n2")))
        .with_columns(area_level=pl.lit("organisation"))
    )

    def summed(rows: pl.DataFrame, of: list[str], names: list[str]) -> pl.DataFrame:
        both = pl.concat([rows, rows.with_columns(service=pl.lit(ALL))])
        sums = both.group_by([*of, "service", "indicator_code", "breakdown", "comparison_group"]).agg(
            pl.col(names).sum()
        )
        return sums.with_columns(area_level=pl.lit("national"), area_code=pl.lit("England"))

    def measured(rows: pl.DataFrame, suffix: str = "") -> pl.DataFrame:
        found = _measures(*(rows[f"{name}{suffix}"].to_numpy() for name in COUNTS), fisher_exact)
        return rows.with_columns(pl.Series(f"{name}{suffix}", values) for name, values in found.items())

    england = summed(counts.filter(~pl.col("breakdown").is_in(_own_bands())), ["collection_year"], COUNTS)
    indicator = measured(pl.concat([counts, england], how="diagonal"))
    before = pl.DataFrame(
        {"collection_year": years[1:], "previous_year": years[:-1]},
        schema_overrides=dict.fromkeys(("collection_year", "previous_year"), pl.Int32),
    )
    now = indicator.join(before, on="collection_year")
    earlier = indicator.rename({"collection_year": "previous_year"})
    both = now.join(earlier, on=["previous_year", *KEY], suffix="_before")
    of_both = both.filter((pl.col("area_level") == "organisation") & ~pl.col("breakdown").is_in(_own_bands()))
    pairs = [*COUNTS, *(f"{name}_before" for name in COUNTS)]
    matched = measured(measured(summed(of_both, ["collection_year", "previous_year"], pairs)), "_before")
    panels = [(both, ALL), (matched, "matched")]
    found = pl.concat([rows.with_columns(panel=pl.lit(panel)) for rows, panel in panels], how="diagonal")
    of = {name: found[name].to_numpy() for name in PAIRED}
    found = found.with_columns(pl.Series(name, values) for name, values in (_changes(of) | _rate_changes(of)).items())
    return indicator.to_pandas(), found.to_pandas()


if __name__ == "__main__":
    main()
