"""Relative likelihoods, their limits and their tests: the dbt macros' SQL against independent values."""

import itertools
import math
import re
import warnings

import independent_values as independent
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep
from tables_of_counts import COUNTS, FULL, assert_same, counts_frame

Z_SQUARED = stats.norm.ppf(0.975) ** 2
NULL = math.nan

# Tables small enough to work by hand: (x1, n1, x2, n2) and what is said of them.
HAND_WORKED = {
    # The lady tasting tea: 1 + 16 + 36 + 16 + 1 tables of 70; Pearson 8 * (12 - 4)^2 / 4^4.
    "3 of 4 against 1 of 4": (
        (3, 4, 1, 4),
        {"rr": 3, "fisher_p": 34 / 70, "midp": 18 / 70, "pearson_chi2": 2, "n1_chi2": 1.75},
    ),
    "the same rate": (
        (5, 10, 5, 10),
        {"rr": 1, "n1_chi2": 0, "n1_p": 1, "pearson_p": 1, "fisher_p": 1, "minimum_expected": 5},
    ),
    # No events to compare: any ratio would do.
    "none in either group": (
        (0, 5, 0, 7),
        {"rr": NULL, "mn_lo": 0, "mn_hi": NULL, "n1_chi2": NULL, "n1_p": NULL, "fisher_p": NULL},
    ),
    # The lower limit is n / (n + k), k = z^2 * 10 / 9, and the upper one over it.
    "everyone in both groups": (
        (5, 5, 5, 5),
        {
            "rr": 1,
            "mn_lo": 5 / (5 + Z_SQUARED * 10 / 9),
            "mn_hi": (5 + Z_SQUARED * 10 / 9) / 5,
            "n1_chi2": NULL,
            "fisher_p": NULL,
            "katz_variance": 0,
            "walter_variance": 0,
            "walter_log_ratio": 0,
        },
    ),
    "one of one in both groups": (
        (1, 1, 1, 1),
        {"rr": 1, "mn_lo": 1 / (1 + 2 * Z_SQUARED), "mn_hi": 1 + 2 * Z_SQUARED, "n1_p": NULL},
    ),
    # 32 / (4 * (4 + k) - 16) = 1.82, k = z^2 * 8 / 7; 2.00 would be the answer to 'no events' asked first.
    "everyone against none": (
        (4, 4, 0, 4),
        {"rr": NULL, "mn_lo": 32 / (4 * (4 + Z_SQUARED * 8 / 7) - 16), "mn_hi": NULL, "n1_chi2": 7},
    ),
    "none against everyone": (
        (0, 4, 4, 4),
        {"rr": 0, "mn_lo": 0, "mn_hi": (4 * (4 + Z_SQUARED * 8 / 7) - 16) / 32, "fisher_p": 2 / 70},
    ),
    # Both tables of these margins are as likely: Irwin's rule takes both, mid-p half of both.
    "one against none": ((1, 1, 0, 1), {"rr": NULL, "fisher_p": 1, "midp": 0.5, "minimum_expected": 0.5}),
    "none of a few": (
        (0, 3, 2, 10),
        {"rr": 0, "mn_lo": 0, "katz_variance": NULL, "walter_log_ratio": math.log(0.5 / 3.5 * 10.5 / 2.5)},
    ),
    # k = 4.390239, w = 0.638608, 1/w = 1.565905: (0.434095 / 2.434095) * (5.565905 / 1.565905).
    "no events in the reference group": (
        (2, 4, 0, 4),
        {"rr": NULL, "mn_lo": 0.633895, "mn_hi": NULL, "katz_variance": NULL, "fisher_p": 12 / 28},
    ),
    "everyone in a small group": ((1, 1, 30, 60), {"rr": 2, "katz_variance": 1 / 60}),
    "exactly on the lower threshold": ((8, 100, 10, 100), {"rr": 0.8}),
    "exactly on the upper threshold": ((50, 1000, 40, 1000), {"rr": 1.25}),
    "no base": ((0, 0, 3, 10), {"rr": NULL, "mn_lo": NULL, "mn_hi": NULL, "walter_variance": NULL}),
    "no reference base": ((3, 10, 0, 0), {"rr": NULL, "mn_lo": NULL, "mn_hi": NULL, "fisher_p": NULL}),
    "national counts": ((480, 19_600, 1_350, 72_000), {"rr": 480 * 72_000 / (1_350 * 19_600)}),
}


def columns(tables: pd.DataFrame) -> list[np.ndarray]:
    """Return the four counts as arrays of whole numbers."""
    return [tables[count].to_numpy(dtype=np.int64) for count in COUNTS]


def comparable(tables: pd.DataFrame) -> pd.DataFrame:
    """Return the tables with two bases, and events for some people but not for all."""
    some_but_not_all = (tables["x1"] + tables["x2"]).between(1, tables["n1"] + tables["n2"] - 1)
    return tables[(tables[["n1", "n2"]] > 0).all(axis=1) & some_but_not_all]


@pytest.fixture(scope="module")
def hand_worked(formulas) -> pd.DataFrame:
    """Return what the SQL says of the hand-worked tables, by name."""
    tables = counts_frame([counts for counts, _ in HAND_WORKED.values()])
    both = formulas.tables("tables", tables).merge(formulas.tables("exact", tables), on="id")
    return both.set_axis(list(HAND_WORKED))


@pytest.mark.parametrize("name", HAND_WORKED)
def test_hand_worked_table(hand_worked, name):
    said = hand_worked.loc[name]
    for column, expected in HAND_WORKED[name][1].items():
        assert_same([said[column]], [expected], what=f"{name}, {column}")


@pytest.mark.parametrize("name", ["exactly on the lower threshold", "exactly on the upper threshold"])
def test_a_ratio_on_a_threshold_is_the_threshold_to_the_last_bit(hand_worked, name):
    assert hand_worked.loc[name, "rr"] == HAND_WORKED[name][1]["rr"]


def test_published_vectors(formulas, reference_data):
    vectors = pd.read_csv(reference_data / "method_vectors.csv", dtype=str, keep_default_na=False)
    vectors = vectors[vectors["vector"].str.fullmatch(r"R\d+")]
    tables = {
        vector: [int(count) for count in re.findall(r"=(\d+)", inputs)]
        for vector, inputs in zip(vectors["vector"], vectors["inputs"], strict=True)
    }
    frame = counts_frame(list(tables.values()))
    said = formulas.tables("tables", frame).merge(formulas.tables("exact", frame), on="id")
    said = said.set_axis(list(tables))
    covered = vectors[vectors["name"].isin(said.columns)]
    assert set(covered["name"]) == {
        *("rr", "mn_lo", "mn_hi", "n1_chi2", "n1_p"),
        *("pearson_chi2", "pearson_p", "fisher_p", "midp"),
    }
    for vector, name, value in zip(covered["vector"], covered["name"], covered["value"], strict=True):
        # No upper limit is NULL in the warehouse.
        expected = NULL if value in {"NULL", "inf"} else float(value)
        assert_same([said.loc[vector, name]], [expected], what=f"{vector} {name}")


def test_limits_are_the_roots_of_the_score_statistic(many_tables, many_scored):
    lower, upper = independent.score_limits(*columns(many_tables))
    assert_same(many_scored["mn_lo"], lower, 1e-8, "lower limit", relative_only=True)
    assert_same(many_scored["mn_hi"], upper, 1e-8, "upper limit", relative_only=True)


def test_limits_are_those_of_statsmodels(many_tables, many_scored):
    x1, n1, x2, n2 = columns(many_tables)
    # Its root finder needs events and non-events in both groups.
    inner = np.flatnonzero((x1 > 0) & (x1 < n1) & (x2 > 0) & (x2 < n2))
    for row in inner[:: max(1, len(inner) // (2_000 if FULL else 150))]:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            counts = [float(count[row]) for count in (x1, n1, x2, n2)]
            limits = confint_proportions_2indep(*counts, method="score", compare="ratio", correction=True)
        # It stops at three to four digits.
        assert_same(many_scored.loc[row, ["mn_lo", "mn_hi"]], limits, 1e-3, f"row {row}", relative_only=True)


def test_statistics_are_their_definitions(many_tables, many_scored):
    x1, n1, x2, n2 = (count.astype(float) for count in columns(many_tables))
    valid = independent.calculable(x1, n1, x2, n2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(valid & (x2 > 0), (x1 / n1) / (x2 / n2), np.nan)
        share = (x1 + x2) / (n1 + n2)
        expected = [n1 * share, n1 * (1 - share), n2 * share, n2 * (1 - share)]
        observed = [x1, n1 - x1, x2, n2 - x2]
        pearson = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))
        pearson = np.where(valid, pearson, np.nan)
        n_minus_1 = pearson * (n1 + n2 - 1) / (n1 + n2)
        katz = np.where(valid & (x1 > 0) & (x2 > 0), 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2, np.nan)
    halves = [count + 0.5 for count in (x1, n1, x2, n2)]
    walter = 1 / halves[0] - 1 / halves[1] + 1 / halves[2] - 1 / halves[3]
    walter_log = np.log(halves[0] / halves[1]) - np.log(halves[2] / halves[3])
    assert_same(many_scored["rr"], ratio, 1e-12, "relative likelihood", relative_only=True)
    assert_same(many_scored["minimum_expected"], np.where(valid, np.min(expected, axis=0), np.nan), 1e-9)
    assert_same(many_scored["pearson_chi2"], pearson, 1e-8, "Pearson")
    assert_same(many_scored["n1_chi2"], n_minus_1, 1e-8, "N-1")
    assert_same(many_scored["pearson_p"], stats.chi2.sf(pearson, 1), 1e-9, "Pearson's p")
    assert_same(many_scored["n1_p"], stats.chi2.sf(n_minus_1, 1), 1e-9, "N-1's p")
    assert_same(many_scored["katz_variance"], katz, 1e-12, "Katz")
    assert_same(many_scored["walter_variance"], np.where(valid, walter, np.nan), 1e-12, "Walter's variance")
    assert_same(many_scored["walter_log_ratio"], np.where(valid, walter_log, np.nan), 1e-12, "Walter's ratio")


def test_fisher_is_used_where_an_expected_count_is_below_1(many_tables, many_scored):
    x1, n1, x2, n2 = columns(many_tables)
    valid = independent.calculable(x1, n1, x2, n2)
    events, total = x1 + x2, n1 + n2
    # In whole numbers, so that an expected count of exactly 1 is not below it.
    below = np.minimum(n1, n2) * np.minimum(events, total - events) < total
    assert many_scored.loc[~valid, "uses_fisher"].isna().all()
    assert (many_scored.loc[valid, "uses_fisher"].astype(bool) == below[valid]).all()
    assert (below & valid).any() and (~below & valid).any()


def test_the_interval_leaves_out_1_exactly_when_the_n_minus_1_test_is_clear(many_scored):
    clear = (many_scored["n1_p"] < 0.05).to_numpy()
    leaves_out_1 = ((many_scored["mn_lo"] > 1) | (many_scored["mn_hi"] < 1)).to_numpy()
    # At p = 0.05 itself the last bit decides.
    settled = (many_scored["n1_p"].fillna(1) - 0.05).abs().to_numpy() > 1e-9
    assert (clear == leaves_out_1)[settled].all()
    assert clear.sum() > 500


@pytest.fixture(scope="module")
def exact_tables(many_tables) -> pd.DataFrame:
    """Return the tables whose margins allow few enough others to enumerate them in a test."""
    x1, n1, x2, n2 = columns(many_tables)
    events = x1 + x2
    steps = np.minimum(events, n1) - np.maximum(0, events - n2)
    return many_tables[steps <= 2_000]


def test_fisher_irwin_is_the_enumeration(formulas, exact_tables):
    said = formulas.tables("exact", exact_tables)
    fisher, mid = independent.fisher_irwin(*columns(exact_tables))
    assert len(exact_tables) > 5_000
    assert_same(said["fisher_p"], fisher, 1e-8, "Fisher-Irwin")
    assert_same(said["midp"], mid, 1e-8, "mid-p")


def test_fisher_irwin_in_whole_numbers_on_every_small_table(formulas, many_tables):
    small = comparable(many_tables[many_tables[["n1", "n2"]].max(axis=1) <= 6])
    said = formulas.tables("exact", small)
    expected = [independent.exact_fisher_irwin(*map(int, row)) for row in small[COUNTS].to_numpy()]
    assert len(small) > 600
    assert_same(said["fisher_p"], [fisher for fisher, _ in expected], 1e-12)
    assert_same(said["midp"], [mid for _, mid in expected], 1e-12)


def test_fisher_irwin_is_scipys(formulas, exact_tables):
    some = comparable(exact_tables.sample(300, random_state=1).sort_values("id"))
    said = formulas.tables("exact", some)
    x1, n1, x2, n2 = columns(some)
    expected = [stats.fisher_exact([[a, b - a], [c, d - c]]).pvalue for a, b, c, d in zip(x1, n1, x2, n2, strict=True)]
    assert_same(said["fisher_p"], expected, 1e-7)


def test_a_very_small_exact_p_value_keeps_its_digits(formulas):
    said = formulas.tables("exact", counts_frame([(100, 1_000, 0, 1_000_000)]))
    assert_same(said["fisher_p"], [stats.hypergeom.pmf(100, 1_001_000, 1_000, 100)], 1e-6, relative_only=True)


def test_exact_p_values_do_not_depend_on_threads_or_order(formulas, exact_tables):
    one = formulas.tables("exact", exact_tables, settings="set threads = 1")
    other = formulas.tables("exact", exact_tables.sample(frac=1, random_state=1), settings="set threads = 4")
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("count_type", ["integer", "double", "decimal(18, 1)"])
@pytest.mark.parametrize("settings", ["", "pragma disable_optimizer"])
def test_no_counts_raise_and_impossible_ones_are_null(formulas, count_type, settings):
    possible = [None, -2, 0, 1, 3, 7]
    tables = counts_frame(list(itertools.product(possible, repeat=4)))
    said = formulas.tables("tables", tables, count_type, settings)
    exact = formulas.tables("exact", tables, count_type, settings)
    known = tables[COUNTS].fillna(-1)
    valid = independent.calculable(*(known[count] for count in COUNTS)).to_numpy()
    figures = said.drop(columns=["id", *COUNTS])
    assert figures[~valid].isna().all(axis=None)
    assert exact.loc[~valid, ["fisher_p", "midp"]].isna().all(axis=None)
    assert list(exact["id"]) == list(tables["id"])
    assert figures.loc[valid, ["mn_lo", "walter_variance", "uses_fisher"]].notna().all(axis=None)


def test_normal_distribution(formulas):
    z = [*np.linspace(-37, 37, 4_001), -40.0, 40.0, -1e6, 1e6, 0.0, None]
    said = formulas.column("points", "z", z, "double")
    known = np.array(z[:-1])
    assert_same(said["cdf"][:-1], stats.norm.cdf(known), 1e-15, "distribution function")
    tail = np.abs(known) <= 37
    two_sided, chi_squared = 2 * stats.norm.sf(np.abs(known[tail])), stats.chi2.sf(known[tail] ** 2, 1)
    assert_same(said["p"][:-1][tail], two_sided, 1e-8, "two-sided p", relative_only=True)
    assert_same(said["chi_p"][:-1][tail], chi_squared, 1e-8, "chi-squared p", relative_only=True)
    assert (said["p"][:-1][~tail] == 0).all()
    assert said.iloc[-1].isna().all()


def test_natural_log_is_null_where_there_is_none(formulas):
    said = formulas.column("points", "z", [-1.0, 0.0, None, 1.0, math.e], "double")["log_z"]
    assert_same(said, [NULL, NULL, NULL, 0, 1], 1e-15)


def test_log_factorial(formulas):
    n = [*range(2_000), 10_000, 10**6, 10**9]
    said = formulas.column("whole", "n", [*n, None, -1], "bigint")["log_factorial"]
    # Below 170! the exact whole number; above it scipy's series.
    expected = [math.log(math.factorial(k)) if k < 170 else math.lgamma(k + 1) for k in n]
    assert_same(said[: len(n)], expected, 1e-12)
    assert said[len(n) :].isna().all()
