"""Trends, decompositions and unusual changes: the SQL against independent values."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from selects import answer, joined, parts
from tables_of_counts import COUNTS, FULL, assert_same, random_tables

NULL = math.nan
Z = stats.norm.ppf(0.975)
UNIT = "'x', 'n', 'total', 'x0', 'n0', 'total0'"
SELECTS = {
    "trends": """
with points as (
    select
        series,
        collection_year,
        {{ walter_log_ratio('x1', 'n1', 'x2', 'n2') }} as log_ratio,
        {{ walter_variance('x1', 'n1', 'x2', 'n2') }} as variance
    from tables
),

trends as (
    {{ log_trend('points', 'series') }}
)

select
    *,
    {{ two_sided_p_value('slope / slope_error') }} as p
from trends
order by series
""",
    "classes": """
select {{ trend_class('trends') }} as class from trends order by id
""",
    "units": f"""
select
    *,
    {{{{ kitagawa_weight({UNIT}) }}}} as weight,
    {{{{ kitagawa_within({UNIT}) }}}} as within_unit
from units
order by id
""",
    "means": "select {{ logarithmic_mean('a', 'b') }} as mean from numbers order by id",
    "unusual": """
with unusual as (
    {{ hidiroglou_berthelot('figures', 'id', ['measure', 'service']) }}
)

select * from unusual order by id
""",
}


@pytest.fixture(scope="module")
def sql(compile_inline) -> dict[str, str]:
    """Return the selects that dbt has compiled."""
    return parts(compile_inline(joined(SELECTS)))


@pytest.fixture(scope="module")
def vectors(reference_data) -> pd.DataFrame:
    """Return the published test vectors."""
    return pd.read_csv(reference_data / "method_vectors.csv", dtype=str, keep_default_na=False)


# --- Trend ---


def series_frame(series: list[list[tuple]]) -> pd.DataFrame:
    """Return series of (year, x1, n1, x2, n2) as one frame."""
    rows = [(name, *point) for name, points in enumerate(series) for point in points]
    return pd.DataFrame(rows, columns=["series", "collection_year", *COUNTS])


def weighted_line(points: list[tuple]) -> dict[str, float]:
    """Return the weighted line of one series by solving the normal equations, with numpy alone."""
    table = np.array(points, dtype=float)
    t, (x1, n1, x2, n2) = table[:, 0] - table[0, 0], table[:, 1:].T + 0.5
    y, v = np.log(x1 / n1) - np.log(x2 / n2), 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2
    design = np.column_stack([np.ones_like(t), t])
    covariance = np.linalg.inv(design.T @ (design / v[:, None]))
    intercept, slope = covariance @ design.T @ (y / v)
    half = np.array([1, t[-1] / 2])
    return {
        "slope": slope,
        "slope_error": math.sqrt(covariance[1, 1]),
        "lack_of_fit_q": ((y - intercept - slope * t) ** 2 / v).sum() if len(t) > 2 else NULL,
        "lack_of_fit_df": len(t) - 2 if len(t) > 2 else NULL,
        "fitted_first": intercept,
        "fitted_last": intercept + slope * t[-1],
        "fitted_middle": intercept + slope * t[-1] / 2,
        "middle_error": math.sqrt(half @ covariance @ half),
        "p": 2 * stats.norm.sf(abs(slope) / math.sqrt(covariance[1, 1])),
    }


def test_trend_vectors(sql, vectors):
    some = vectors[vectors["vector"].str.fullmatch(r"T\d+")]
    assert set(some["name"]) == {"slope", "se", "apr", "lo", "hi", "p", "q_lack", "df"}
    for inputs, rows in some.groupby("inputs"):
        tables = [tuple(map(int, table.split())) for table in re.findall(r"\(([\d ]+)\)", inputs)]
        said = answer(sql["trends"], tables=series_frame([[(year, *table) for year, table in enumerate(tables)]])).loc[
            0
        ]
        found = {
            "slope": said["slope"],
            "se": said["slope_error"],
            "apr": math.exp(said["slope"]),
            "lo": math.exp(said["slope"] - Z * said["slope_error"]),
            "hi": math.exp(said["slope"] + Z * said["slope_error"]),
            "p": said["p"],
            "q_lack": said["lack_of_fit_q"],
            "df": said["lack_of_fit_df"],
        }
        for name, expected in zip(rows["name"], rows["value"], strict=True):
            assert_same([found[name]], [float(expected)], what=name)


def test_trends_are_weighted_least_squares(sql):
    number = 10_000 if FULL else 600
    random = np.random.default_rng(6)
    tables = random_tables(6 * number, seed=7)
    # Where everybody in both groups has the event there is no variance; the models see to that before.
    tables = tables[(tables[:, 0] < tables[:, 1]) | (tables[:, 2] < tables[:, 3])].tolist()
    series = []
    for _ in range(number):
        years = sorted(random.choice(np.arange(2015, 2031), random.integers(2, 7), replace=False).tolist())
        series.append([(year, *tables.pop()) for year in years if tables])
    series = [points for points in series if len(points) > 1]
    said = answer(sql["trends"], tables=series_frame(series))
    expected = pd.DataFrame([weighted_line(points) for points in series])
    assert len(said) == len(series) > number * 0.9
    for name in expected:
        assert_same(said[name], expected[name], 1e-7, name)
    assert said["years"].tolist() == [len(points) for points in series]
    assert said["first_year"].tolist() == [points[0][0] for points in series]
    assert said["last_year"].tolist() == [points[-1][0] for points in series]


def test_the_year_itself_is_used_and_not_its_place_in_the_series(sql):
    # Logs that are a straight line over 2021, 2023 and 2024 leave nothing over.
    points = [(2021, 99.5, 999.5, 99.5, 999.5), (2023, 199.5, 999.5, 49.5, 999.5), (2024, 0, 0, 0, 0)]
    factor = math.exp(math.log(4) / 2)
    points[2] = (2024, 199.5, 999.5, 50 / factor - 0.5, 999.5)
    said = answer(sql["trends"], tables=series_frame([points])).loc[0]
    assert said["slope"] == pytest.approx(math.log(4) / 2)
    assert said["lack_of_fit_q"] == pytest.approx(0, abs=1e-12)
    assert said["fitted_first"] == pytest.approx(0, abs=1e-9)
    assert said["fitted_last"] == pytest.approx(math.log(8))


def test_one_year_has_no_slope(sql):
    said = answer(sql["trends"], tables=series_frame([[(2024, 3, 10, 5, 20)]])).loc[0]
    assert said["years"] == 1
    assert said[["slope", "slope_error", "lack_of_fit_q", "lack_of_fit_df", "p"]].isna().all()


@pytest.mark.parametrize(
    ("line", "slope", "lack_of_fit", "expected"),
    [
        # The line at both ends and its error half-way; the slope and its error; Q and its degrees of freedom.
        ((0.8, 0.2, 0.1), (-0.2, 0.1), (1, 2), "towards parity"),
        ((0.2, 0.8, 0.1), (0.2, 0.1), (1, 2), "away from parity"),
        ((-0.8, -0.2, 0.1), (0.2, 0.1), (1, 2), "towards parity"),
        ((-0.2, -0.8, 0.1), (-0.2, 0.1), (1, 2), "away from parity"),
        ((0.8, 0.2, 0.1), (-0.195, 0.1), (1, 2), "no clear trend"),
        # Q of 8 on 2 doubles the errors: a slope of four of them is clear, one of three is not.
        ((0.8, 0.2, 0.1), (-0.4, 0.1), (8, 2), "towards parity"),
        ((0.8, 0.2, 0.1), (-0.3, 0.1), (8, 2), "no clear trend"),
        # Across parity: one end must be clearly further out. From 0.8 to -0.2 it is 0.3 half-way.
        ((0.8, -0.2, 0.1), (-0.4, 0.1), (1, 2), "towards parity"),
        ((0.8, -0.2, 0.16), (-0.4, 0.1), (1, 2), "no clear trend"),
        ((0.8, -0.2, 0.1), (-0.5, 0.1), (8, 2), "no clear trend"),
        ((0.2, -0.8, 0.1), (-0.4, 0.1), (1, 2), "away from parity"),
        ((0.5, -0.5, 0.1), (-0.4, 0.1), (1, 2), "no clear trend"),
        ((0.8, 0.2, 0.1), (-0.4, 0.1), (None, None), "cannot say"),
        ((None, None, None), (None, None), (None, None), "cannot say"),
    ],
)
def test_trend_class(sql, line, slope, lack_of_fit, expected):
    first, last, middle_error = line
    middle = None if first is None else (first + last) / 2
    names = ["fitted_first", "fitted_last", "fitted_middle", "middle_error", "slope", "slope_error"]
    names += ["lack_of_fit_q", "lack_of_fit_df"]
    row = pd.DataFrame([[first, last, middle, middle_error, *slope, *lack_of_fit]], columns=names, dtype=float)
    assert answer(sql["classes"], trends=row.assign(id=1))["class"].tolist() == [expected]


# --- Decomposition ---


def units_frame(units: list[tuple]) -> pd.DataFrame:
    """Return units of (x, n, x0, n0) with the totals of their bases."""
    frame = pd.DataFrame(units, columns=["x", "n", "x0", "n0"]).assign(id=range(len(units)))
    return frame.assign(total=frame["n"].sum(), total0=frame["n0"].sum())


def test_kitagawa_worked_by_hand(sql):
    # Shares 1/4 and 3/4, then half and half; rates 0.1 and 0.2, then 0.2 and 0.2: 0.175 to 0.2.
    said = answer(sql["units"], units=units_frame([(20, 100, 10, 100), (20, 100, 60, 300)]))
    assert_same(said["weight"], [0.25 * 0.15, -0.25 * 0.2], 1e-15)
    assert_same(said["within_unit"], [0.1 * 0.375, 0], 1e-15)
    assert said[["weight", "within_unit"]].sum().sum() == pytest.approx(0.025)


def test_a_unit_with_nobody_in_one_year_is_weight_alone(sql):
    said = answer(sql["units"], units=units_frame([(5, 50, 0, 0), (0, 0, 8, 20), (30, 150, 16, 80), (0, 0, 0, 0)]))
    assert_same(said["weight"], [0.25 * 0.1, -0.2 * 0.4, (0.75 - 0.8) * 0.2, 0], 1e-15)
    assert_same(said["within_unit"], [0, 0, 0, 0], 1e-15)


def test_the_two_parts_are_the_change_of_the_rate(sql):
    random = np.random.default_rng(8)
    for _ in range(60 if FULL else 30):
        bases = random.integers(0, 400, (random.integers(1, 400 if FULL else 40), 2))
        events = random.binomial(bases, random.uniform(0, 1, bases.shape))
        if (bases.sum(axis=0) == 0).any():
            continue
        units = units_frame(np.column_stack([events[:, 0], bases[:, 0], events[:, 1], bases[:, 1]]).tolist())
        said = answer(sql["units"], units=units)
        change = events[:, 0].sum() / bases[:, 0].sum() - events[:, 1].sum() / bases[:, 1].sum()
        assert said["weight"].sum() + said["within_unit"].sum() == pytest.approx(change, abs=1e-14)
        # Exchanging the years turns every part round.
        names = {"x": "x0", "x0": "x", "n": "n0", "n0": "n", "total": "total0", "total0": "total"}
        back = answer(sql["units"], units=units.rename(columns=names))
        assert_same(back["weight"], -said["weight"], 1e-14)
        assert_same(back["within_unit"], -said["within_unit"], 1e-14)


def test_the_decomposition_vector_adds_up(vectors):
    # Its counts are not given, so that only the identity can be held to it.
    parts_of_gap = vectors[vectors["vector"] == "KIT"].set_index("name")["value"].astype(float)
    assert parts_of_gap["gap"] == parts_of_gap["composition"] + parts_of_gap["within"]


def test_logarithmic_mean(sql):
    pairs = [(1, math.e), (math.e, 1), (0.3, 0.3), (2e-5, 4e-5), (1, 1 + 1e-9), (0.2, 0.2 * (1 + 1e-6))]
    pairs += [(0.2, 0.2 * (1 + 2e-6)), (0, 1), (1, 0), (-1, 2), (None, 1), (1, None)]
    frame = pd.DataFrame(pairs, columns=["a", "b"], dtype=float).assign(id=range(len(pairs)))
    said = answer(sql["means"], numbers=frame)["mean"]
    known = [math.e - 1, math.e - 1, 0.3, 2e-5 / math.log(2), 1 + 5e-10, 0.2 * (1 + 5e-7), 0.2 * (1 + 1e-6)]
    assert_same(said[: len(known)], known, 1e-9, relative_only=True)
    assert said[len(known) :].isna().all()


# --- Unusual changes ---


def figures_frame(pairs: list[tuple], measure: str = "staff") -> pd.DataFrame:
    """Return pairs of a previous and a current value, all of one family."""
    frame = pd.DataFrame(pairs, columns=["previous_value", "current_value"], dtype="Float64")
    return frame.assign(id=range(len(pairs)), measure=measure, service="adults")


def test_unusual_change_vectors(sql, vectors):
    some = vectors[vectors["vector"].str.startswith("HB")]
    single = some[some["name"] == "E"]
    pairs = [tuple(map(int, text.split("->"))) for text in single["inputs"]]
    said = answer(sql["unusual"], figures=figures_frame(pairs))
    assert_same(said["effect"], single["value"].astype(float))
    limits = some[some["vector"] == "HB"].set_index("name")["value"].astype(float)
    assert_same(said["effect_lower"], [limits["lo"]] * len(pairs))
    assert_same(said["effect_upper"], [limits["hi"]] * len(pairs))
    assert_same(said["median_ratio"], [limits["med"]] * len(pairs))


def test_unusual_changes_are_those_of_numpy_family_by_family(sql):
    random = np.random.default_rng(9)
    size = 10_000 if FULL else 1_000
    previous = random.integers(0, 300, size)
    current = np.round(previous * np.exp(random.normal(0, 0.2, size))).astype(int)
    frame = figures_frame(list(zip(previous, current, strict=True)))
    frame["measure"] = random.choice(["staff", "leavers"], size)
    frame["service"] = random.choice(["adults", "children"], size)
    said = answer(sql["unusual"], figures=frame).set_index("id")
    usable = frame[(frame["previous_value"] > 0) & (frame["current_value"] > 0)]
    assert len(usable) < size
    assert set(said.index) == set(usable["id"])
    for _, family in usable.groupby(["measure", "service"]):
        before, now = family["previous_value"].to_numpy(float), family["current_value"].to_numpy(float)
        ratio = now / before
        middle = np.median(ratio)
        distance = np.where(ratio < middle, 1 - middle / ratio, ratio / middle - 1)
        effect = distance * np.sqrt(np.maximum(before, now))
        low, median, high = np.quantile(effect, [0.25, 0.5, 0.75])
        there = said.loc[family["id"]]
        assert_same(there["effect"], effect, 1e-9)
        least = abs(0.05 * median)
        assert_same(there["effect_lower"], [median - 4 * max(median - low, least)] * len(family), 1e-9)
        assert_same(there["effect_upper"], [median + 4 * max(high - median, least)] * len(family), 1e-9)


def test_values_that_did_not_move_are_usual(sql):
    said = answer(sql["unusual"], figures=figures_frame([(10, 10), (500, 500), (3, 3), (7, 7)]))
    assert (said["effect"] == 0).all()
    assert (said[["effect_lower", "effect_upper"]] == 0).all(axis=None)
    assert len(answer(sql["unusual"], figures=figures_frame([(0, 5), (5, 0), (None, 5), (5, None)]))) == 0
