"""One rate, unknown ethnicity, many tests, power and chi-squared tails: the SQL against independent values."""

import itertools
import math
import re

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from selects import answer, joined, parts
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from tables_of_counts import COUNTS, FULL, assert_same, counts_frame, every_table, random_tables

NULL = math.nan
Z = stats.norm.ppf(0.975)
Z_998 = "3.090232306167813"
TABLE = ", ".join(f"'{count}'" for count in COUNTS)
UNKNOWNS = f"{TABLE}, 'e', 'm'"
SELECTS = {
    "rates": f"""
select
    *,
    {{{{ wilson_lower('x1', 'n1') }}}} as wilson_lo,
    {{{{ wilson_upper('x1', 'n1') }}}} as wilson_hi,
    {{{{ wilson_lower('x1', 'n1', '{Z_998}') }}}} as wilson998_lo,
    {{{{ wilson_upper('x1', 'n1', '{Z_998}') }}}} as wilson998_hi,
    {{{{ newcombe_difference_lower({TABLE}) }}}} as newcombe_lo,
    {{{{ newcombe_difference_upper({TABLE}) }}}} as newcombe_hi
from tables
order by id
""",
    "unknowns": f"""
select
    *,
    {{{{ relative_likelihood({TABLE}) }}}} as rr,
    {{{{ unknowns_lower({UNKNOWNS}) }}}} as lo,
    {{{{ unknowns_upper({UNKNOWNS}) }}}} as hi,
    {{{{ proportional_split({UNKNOWNS}) }}}} as prop
from tables
order by id
""",
    "many_tests": """
with numbered as (
    select *, dense_rank() over (order by release, subject) as family from tests
),

q_values as (
    {{ benjamini_hochberg('numbered', 'p', 'family') }}
)

select numbered.id, q_values.*
from numbered
left join q_values
    on numbered.family = q_values.family and numbered.p = q_values.p_value
order by numbered.id
""",
    "detectable": """
with detectable as (
    {{ minimum_detectable('tables', 'id') }}
)

select * from detectable order by id
""",
    "tails": """
with tails as (
    {{ chi_squared_upper_tail('statistics', 'id') }}
)

select * from tails order by id
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


def value(text: str) -> float:
    """Return a vector's value; 'no limit' is NULL in the warehouse."""
    return NULL if text in {"NULL", "inf"} else float(text)


def numbers(text: str) -> list[float]:
    """Return the numbers of a vector's inputs."""
    return [float(number) for number in re.findall(r"-?[\d.]+", text)]


# --- One rate and the difference of two ---


def test_wilson_vectors(sql, vectors):
    some = vectors[vectors["vector"].str.fullmatch(r"W\d+")]
    assert len(some) >= 20
    for (x, n), rows in some.groupby(some["inputs"].map(lambda text: tuple(map(int, re.findall(r"\d+", text))))):
        said = answer(sql["rates"], tables=counts_frame([(x, n, 1, 2)])).loc[0]
        for name, expected in zip(rows["name"], rows["value"], strict=True):
            assert_same([said[name]], [value(expected)], what=f"{x}/{n} {name}")


def test_wilson_worked_by_hand(sql):
    # z^2 / (n + z^2) where nobody has the event; 1/2 -+ z / (2 sqrt(n + z^2)) where half of them have.
    said = answer(sql["rates"], tables=counts_frame([(0, 10, 0, 10), (8, 8, 0, 8), (5, 10, 0, 1)]))
    assert (said.loc[0, "wilson_lo"], said.loc[1, "wilson_hi"]) == (0, 1)
    assert_same([said.loc[0, "wilson_hi"]], [Z**2 / (10 + Z**2)], 1e-14)
    assert_same([said.loc[1, "wilson_lo"]], [8 / (8 + Z**2)], 1e-14)
    assert_same([said.loc[2, "wilson_lo"]], [0.5 - Z / (2 * math.sqrt(10 + Z**2))], 1e-14)
    # Of the difference between everybody and nobody the upper limit is 1, of nobody and nobody -+ one Wilson limit.
    assert said.loc[1, "newcombe_hi"] == 1
    assert_same([said.loc[0, "newcombe_lo"], said.loc[0, "newcombe_hi"]], [-(Z**2) / (10 + Z**2), Z**2 / (10 + Z**2)])


def test_wilson_and_newcombe_are_those_of_statsmodels(sql):
    tables = counts_frame(random_tables(20_000 if FULL else 2_000, seed=3))
    said = answer(sql["rates"], tables=tables)
    x1, n1, x2, n2 = (tables[count].to_numpy(dtype=float) for count in COUNTS)
    for suffix, alpha in (("", 0.05), ("998", 0.002)):
        lower, upper = proportion_confint(x1, n1, alpha, "wilson")
        assert_same(said[f"wilson{suffix}_lo"], lower, 1e-10)
        assert_same(said[f"wilson{suffix}_hi"], upper, 1e-10)
    some = range(0, len(tables), 1 if FULL else 4)
    limits = [confint_proportions_2indep(*table, method="newcomb") for table in zip(x1, n1, x2, n2, strict=True)]
    assert_same(said["newcombe_lo"].iloc[some], [limits[row][0] for row in some], 1e-10)
    assert_same(said["newcombe_hi"].iloc[some], [limits[row][1] for row in some], 1e-10)


def test_a_rate_that_cannot_be_has_no_limits(sql):
    bad = [(None, 5), (2, None), (0, 0), (6, 5), (-1, 5), (0, -1)]
    said = answer(sql["rates"], tables=counts_frame([(*group, 1, 2) for group in bad]))
    assert said.filter(regex="wilson|newcombe").isna().all(axis=None)
    # The other rate's gaps leave the first one's own limits alone.
    said = answer(sql["rates"], tables=counts_frame([(1, 2, *group) for group in bad]))
    assert said.filter(regex="wilson").notna().all(axis=None)
    assert said.filter(regex="newcombe").isna().all(axis=None)


# --- Unknown ethnicity ---


def unknown_frame(rows: list) -> pd.DataFrame:
    """Return tables with unknown events and an unknown base."""
    columns = [*COUNTS, "e", "m"]
    return pd.DataFrame(rows, columns=columns).astype("Int64").assign(id=range(len(rows)))


def bounds(row: list[int]) -> tuple[float, float]:
    """Return the least and the greatest relative likelihood over every allocation of those not known."""
    x1, n1, x2, n2, e, m = row
    ratios = []
    for events, others in itertools.product(range(e + 1), range(m - e + 1)):
        a, b = x1 + events, n1 + events + others
        c, d = x2 + e - events, n2 + m - events - others
        if a or c:
            ratios.append(math.inf if c == 0 else a * d / (c * b))
    least, most = (min(ratios), max(ratios)) if ratios else (math.inf, math.inf)
    return tuple(NULL if bound == math.inf else bound for bound in (least, most))


def test_unknown_vectors(sql, vectors):
    some = vectors[vectors["vector"].str.fullmatch(r"U\d+")]
    assert set(some["name"]) == {"rr", "lo", "hi", "prop"}
    for inputs, rows in some.groupby("inputs"):
        said = answer(sql["unknowns"], tables=unknown_frame([[int(n) for n in numbers(inputs)]])).loc[0]
        for name, expected in zip(rows["name"], rows["value"], strict=True):
            assert_same([said[name]], [value(expected)], what=f"{inputs} {name}")


def test_bounds_are_the_extremes_of_every_allocation(sql):
    tables = [row for row in every_table(7 if FULL else 3).tolist() if row[1] and row[3]]
    rows = [[*table, e, m] for table in tables for m in range(4) for e in range(m + 1)]
    said = answer(sql["unknowns"], tables=unknown_frame(rows))
    expected = [bounds(row) for row in rows]
    assert len(rows) > 500
    assert_same(said["lo"], [least for least, _ in expected], 1e-12)
    assert_same(said["hi"], [most for _, most in expected], 1e-12)


def test_a_split_in_proportion_is_the_ratio_of_the_grown_counts(sql):
    rows = [[12, 240, 30, 940, 3, 60], [3, 10, 7, 40, 5, 9], [0, 4, 2, 9, 1, 2]]
    said = answer(sql["unknowns"], tables=unknown_frame(rows))["prop"]
    expected = []
    for x1, n1, x2, n2, e, m in rows:
        a, c = x1 + e * x1 / (x1 + x2), x2 + e * x2 / (x1 + x2)
        b, d = n1 + m * n1 / (n1 + n2), n2 + m * n2 / (n1 + n2)
        expected.append((a / b) / (c / d))
    assert_same(said, expected, 1e-12)


def test_nobody_unknown_leaves_no_room(sql):
    said = answer(sql["unknowns"], tables=unknown_frame([[12, 240, 30, 940, 0, 0]])).loc[0]
    assert said["lo"] == said["hi"] == said["rr"] == said["prop"]


def test_unknowns_that_cannot_be_are_null(sql):
    rows = [[3, 9, 4, 9, *unknown] for unknown in [(None, 4), (1, None), (5, 4), (-1, 4)]]
    rows += [[None, 9, 4, 9, 1, 4], [3, 0, 4, 9, 1, 4]]
    said = answer(sql["unknowns"], tables=unknown_frame(rows))
    assert said[["lo", "hi", "prop"]].isna().all(axis=None)


# --- Many tests ---


def q_values(sql, rows: list[tuple]) -> pd.DataFrame:
    """Return the q-values of rows of release, subject and p."""
    frame = pd.DataFrame(rows, columns=["release", "subject", "p"]).assign(id=range(len(rows)))
    return answer(sql["many_tests"], tests=frame.astype({"p": float}))


def test_false_discovery_vector(sql, vectors):
    some = vectors[vectors["vector"] == "BH"]
    p_values = numbers(some["inputs"].iloc[0])
    said = q_values(sql, [(1, "a", p) for p in p_values])
    assert_same(said["q_value"], [float(text) for text in some["value"]])
    assert (said["tests_in_family"] == len(p_values)).all()


def test_false_discovery_worked_by_hand(sql):
    # Ranks 1, 3, 3 of three: 0.01 * 3, then 0.04 for each of the two that are equal.
    said = q_values(
        sql, [(1, "a", 0.04), (1, "a", None), (1, "a", 0.01), (1, "a", 0.04), (2, "a", 0.04), (2, "b", None)]
    )
    assert_same(said["q_value"], [0.04, NULL, 0.03, 0.04, 0.04, NULL], 1e-15)
    assert_same(said["tests_in_family"], [3, NULL, 3, 3, 1, NULL])


def test_false_discovery_is_scipys_family_by_family(sql):
    random = np.random.default_rng(4)
    size = 60_000 if FULL else 6_000
    frame = pd.DataFrame(
        {
            "id": range(size),
            "release": random.integers(0, 3, size),
            "subject": random.choice(["a", "b", "c"], size),
            # Rounding makes many ties; 0 and 1 are among them.
            "p": np.round(random.uniform(0, 1, size) ** 3, 3),
        }
    )
    frame.loc[random.uniform(size=size) < 0.2, "p"] = NULL
    said = answer(sql["many_tests"], tests=frame)
    for _, family in frame.dropna().groupby(["release", "subject"]):
        expected = stats.false_discovery_control(family["p"])
        assert_same(said.loc[family.index, "q_value"], expected, 1e-12)
        assert (said.loc[family.index, "tests_in_family"] == len(family)).all()
    assert said.loc[frame["p"].isna(), ["q_value", "tests_in_family"]].isna().all(axis=None)
    assert list(said["id"]) == list(frame["id"])


# --- Power ---


def normal_power(rate: float, base_rate: float, n1: float, n2: float) -> float:
    """Return how often a difference in this direction is found, by the normal approximation."""
    pooled = (n1 * rate + n2 * base_rate) / (n1 + n2)
    null_error = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    true_error = math.sqrt(rate * (1 - rate) / n1 + base_rate * (1 - base_rate) / n2)
    return stats.norm.cdf((abs(rate - base_rate) - Z * null_error) / true_error)


def least_detectable(n1: float, n2: float, x2: float) -> float:
    """Return the least relative likelihood above 1 with 80% power, by a root finder."""
    base_rate = x2 / n2
    if not 0 < base_rate < 1 or normal_power(1, base_rate, n1, n2) < 0.8:
        return NULL
    found = optimize.brentq(lambda rate: normal_power(rate, base_rate, n1, n2) - 0.8, base_rate, 1, xtol=1e-15)
    return found / base_rate


def detectable_frame(rows: list) -> pd.DataFrame:
    """Return rows of n1, n2 and x2."""
    return pd.DataFrame(rows, columns=["n1", "n2", "x2"], dtype="Float64").assign(id=range(len(rows)))


def test_least_detectable_is_the_root(sql):
    tables = random_tables(20_000 if FULL else 1_500, seed=5)[:, [1, 3, 2]]
    said = answer(sql["detectable"], tables=detectable_frame(tables.tolist()))
    expected = [least_detectable(*map(float, row)) for row in tables]
    assert 0.2 < np.isnan(expected).mean() < 0.8
    assert_same(said["minimum_detectable"], expected, 1e-6, relative_only=True)


def test_least_detectable_of_the_largest_bases_and_the_rarest_events(sql):
    rows = [(10_000_000, 10_000_000, 1), (10_000_000, 10_000_000, 5_000_000), (50, 10_000_000, 1), (1, 2, 1)]
    rows += [(10_000_000, 10_000_000, 9_999_999), (10_000_000, 2, 1), (5, 1_000, 20), (3, 1_000, 300)]
    said = answer(sql["detectable"], tables=detectable_frame(rows))
    assert_same(said["minimum_detectable"], [least_detectable(*row) for row in rows], 1e-6, relative_only=True)


def test_nothing_is_detectable_where_there_is_no_base_rate_or_too_few_people(sql):
    rows = [(240, 940, 0), (240, 940, 940), (0, 940, 30), (240, 0, 0), (None, 940, 30), (240, None, 30)]
    # Not even three of three against half would do.
    rows += [(240, 940, None), (240, 940, 941), (240, 940, -1), (3, 1_000, 500)]
    said = answer(sql["detectable"], tables=detectable_frame(rows))
    assert len(said) == len(rows)
    assert said["minimum_detectable"].isna().all()


@pytest.fixture(scope="module")
def likely_tables(formulas):
    """Return a function that gives every table that two true rates make likely, how likely it is, and its figures."""

    def tables(n1: int, n2: int, rate: float, base_rate: float) -> pd.DataFrame:
        ranges = [stats.binom.interval(1 - 1e-13, n, p) for n, p in ((n1, rate), (n2, base_rate))]
        x1, x2 = (np.arange(low, high + 1).astype(int) for low, high in ranges)
        frame = counts_frame([(a, n1, b, n2) for a in x1 for b in x2])
        likely = np.outer(stats.binom.pmf(x1, n1, rate), stats.binom.pmf(x2, n2, base_rate)).ravel()
        return formulas.tables("tables", frame).assign(likely=likely)

    return tables


def test_power_of_an_average_authority_is_the_enumeration(likely_tables, vectors):
    some = vectors[(vectors["vector"] == "PW") & (vectors["name"] == "power_la")]
    assert len(some) == 5
    for inputs, expected in zip(some["inputs"], some["value"], strict=True):
        base_rate, ratio = numbers(inputs)
        said = likely_tables(240, 940, base_rate * ratio, base_rate)
        power = said.loc[said["n1_p"] < 0.05, "likely"].sum()
        assert_same([power], [float(expected)], what=inputs)


def test_least_detectable_agrees_with_the_power_vectors(sql, vectors):
    some = vectors[(vectors["vector"] == "PW") & (vectors["name"] != "power_la")]
    for inputs, rows in some.groupby("inputs"):
        base_rate, ratio = numbers(inputs)
        expected = dict(zip(rows["name"], map(float, rows["value"]), strict=True))
        national = normal_power(base_rate * ratio, base_rate, 19_600, 72_000)
        assert_same([national], [expected["power_nat"]], what=inputs)
        if ratio > 1:
            # With as many minority ethnic staff as the vector asks for the ratio is found, with one fewer it is not.
            sizes = [expected["n_bme"], expected["n_bme"] - 1]
            bases = [(size, 4 * size, 4 * size * base_rate) for size in sizes]
            enough, too_few = answer(sql["detectable"], tables=detectable_frame(bases))["minimum_detectable"]
            assert enough <= ratio < too_few
            (least,) = answer(sql["detectable"], tables=detectable_frame([(19_600, 72_000, 72_000 * base_rate)]))[
                "minimum_detectable"
            ]
            assert (least <= ratio) == (expected["power_nat"] >= 0.8)


@pytest.mark.parametrize(
    ("base_rate", "printed", "apart"), [(0.02, 2.8, 0.02), (0.14, 1.5, 0.01), (0.25, 1.4, 0.01), (0.005, 5.3, 0.06)]
)
def test_least_detectable_is_close_to_the_exact_one(sql, likely_tables, base_rate, printed, apart):
    """For disciplinary, leavers, harassment and fitness to practise in an average authority."""
    n1, n2 = 240, 940
    # One set of tables, wide enough for both ends, weighed anew at each ratio.
    low = likely_tables(n1, n2, base_rate, base_rate)
    high = likely_tables(n1, n2, base_rate * printed * 1.15, base_rate)
    clear = pd.concat([low, high]).drop_duplicates(["x1", "x2"]).query("n1_p < 0.05")
    reference = stats.binom.pmf(clear["x2"], n2, base_rate)

    def power(ratio: float) -> float:
        return (stats.binom.pmf(clear["x1"], n1, base_rate * ratio) * reference).sum()

    exact = optimize.brentq(lambda ratio: power(ratio) - 0.8, printed / 1.15, printed * 1.15)
    assert round(exact, 1) == printed
    (said,) = answer(sql["detectable"], tables=detectable_frame([(n1, n2, n2 * base_rate)]))["minimum_detectable"]
    assert said == pytest.approx(exact, rel=apart)


def test_false_alarms_of_the_four_fifths_rule_and_of_the_test(likely_tables, vectors):
    some = vectors[vectors["vector"] == "FA"]
    assert len(some) == 36
    for inputs, rows in some.groupby("inputs"):
        rate, n1, n2 = (float(part.split("=")[1]) for part in inputs.split(";"))
        said = likely_tables(int(n1), int(n2), rate, rate)
        rule = ~said["rr"].between(0.8, 1.25)
        # The vectors divide rate by rate, which leaves some ratios of exactly 0.8 or 1.25 a bit outside; the project's
        # do not, so theirs are the same but for those.
        rates = (said["x1"] / said["n1"]) / (said["x2"] / said["n2"])
        rule_by_rates = ~rates.between(0.8, 1.25)
        crossed, straight = said["x1"] * int(n2), said["x2"] * int(n1)
        on_a_limit = (5 * crossed == 4 * straight) | (4 * crossed == 5 * straight)
        assert (rule == (rule_by_rates & ~(on_a_limit & (straight > 0)))).all()
        test = said["n1_p"] < 0.05
        shares = {"rule": rule_by_rates, "test": test, "both": rule_by_rates & test}
        for name, expected in zip(rows["name"], rows["value"], strict=True):
            assert_same([said.loc[shares[name], "likely"].sum()], [float(expected)], what=f"{inputs} {name}")


def test_the_exact_test_takes_the_false_alarms_of_small_expected_counts_away(formulas, likely_tables):
    # 60 v 240 at 0.5%: N-1 alone is wrong 9% of the time.
    said = likely_tables(60, 240, 0.005, 0.005)
    exact = formulas.tables("exact", said[["id", *COUNTS]])
    p_value = np.where(said["uses_fisher"].astype("boolean").fillna(False), exact["fisher_p"], said["n1_p"])
    assert said.loc[said["n1_p"] < 0.05, "likely"].sum() > 0.09
    assert said.loc[p_value < 0.05, "likely"].sum() < 0.05


# --- Chi-squared on any degrees of freedom ---


def tails(sql, rows: list) -> pd.Series:
    """Return the p-values of rows of chi-squared and degrees of freedom."""
    frame = pd.DataFrame(rows, columns=["chi_squared", "df"], dtype=float)
    frame = frame.assign(df=frame["df"].astype("Int64"), id=range(len(frame)))
    return answer(sql["tails"], statistics=frame)["p_value"]


def test_chi_squared_tails_worked_by_hand(sql):
    # exp(-x/2) on 2, exp(-x/2) (1 + x/2) on 4; on 1 and 3 the normal tail, with sqrt(2x/pi) exp(-x/2) added on 3.
    said = tails(sql, [(3, 2), (3, 4), (3, 1), (3, 3), (0, 2), (0, 7)])
    normal = 2 * stats.norm.sf(math.sqrt(3))
    expected = [math.exp(-1.5), 2.5 * math.exp(-1.5), normal, normal + math.sqrt(6 / math.pi) * math.exp(-1.5), 1, 1]
    assert_same(said, expected, 1e-12)


def test_chi_squared_tails_are_scipys(sql):
    every_df = range(1, 401)
    shares = [1e-12, 0.05, 0.5, 0.999, *(np.linspace(0.001, 0.999, 25) if FULL else [])]
    rows = [(stats.chi2.isf(share, df), df) for df in every_df for share in shares]
    rows += [(x, df) for df in (1, 2, 3, 9, 50, 399, 400) for x in (0, 1e-300, 1e-6, 0.5, 30, 800, 5_000, 1e9)]
    said = tails(sql, rows)
    assert_same(said, [stats.chi2.sf(x, df) for x, df in rows], 1e-9)
    # Small ones keep their digits as far as anybody would read them.
    small = [row for row, (x, df) in enumerate(rows) if 1e-13 < stats.chi2.sf(x, df) < 1e-3]
    expected = [stats.chi2.sf(*rows[row]) for row in small]
    assert_same(said.iloc[small], expected, 1e-5, relative_only=True)


def test_chi_squared_tails_that_cannot_be_are_null(sql):
    said = tails(sql, [(None, 2), (2, None), (-1, 2), (2, 0), (2, -1)])
    assert said.isna().all()
    assert len(said) == 5
