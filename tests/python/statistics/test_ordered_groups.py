"""Two groups on a ladder of bands: the dbt macros' SQL against published and independent values."""

import math
import re
from collections.abc import Callable, Sequence

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2
from tables_of_counts import FULL, assert_same

NULL = math.nan
Z = stats.norm.ppf(0.975)
NUMBER = 10_000 if FULL else 500
CELLS = "'above1', 'below1', 'above2', 'below2'"

PARTS = {
    "odds": f"""
with logged as (
    select
        *,
        {{{{ odds_ratio({CELLS}) }}}} as odds_ratio,
        {{{{ odds_ratio_lower({CELLS}) }}}} as lower_95,
        {{{{ odds_ratio_upper({CELLS}) }}}} as upper_95,
        {{{{ odds_ratio_z({CELLS}) }}}} as z
    from cells
)

select *, {{{{ two_sided_p_value('z') }}}} as p_value from logged order by id
""",
    "ordered": "with said as ({{ ordered_groups('steps', 'id') }}) select * from said order by id",
    "median": "with said as ({{ grouped_median('steps', 'id') }}) select * from said order by id",
    "quarters": "with said as ({{ quarter_shares('steps', 'id') }}) select * from said order by id, quarter",
}

# The bands behind the vectors PAY are not printed. The shares of the quarters average 22/117, which is 220 of 1,170,
# and at each cut one pair of counts only has the odds ratio and the interval printed there.
PAY_GROUP, PAY_REFERENCE = [90, 60, 40, 20, 8, 2], [260, 230, 210, 150, 70, 30]
# The printed gap between medians fixes the second band as half as long again as its start; the others do not matter.
PAY_LIMITS = [0, 20_000, 30_000, 40_000, 50_000, 70_000]


class Ladders:
    """The compiled parts, and an engine with nothing else in it to run them on."""

    def __init__(self, compiled: str) -> None:
        """Take the parts apart again where dbt has compiled them in one text."""
        pieces = re.split(r"-- part (\w+)\n", compiled)[1:]
        self.sql = dict(zip(pieces[::2], pieces[1::2], strict=True))

    def odds(self, cells: Sequence) -> pd.DataFrame:
        """Return what the SQL says of the odds of tables (above1, below1, above2, below2)."""
        frame = pd.DataFrame(cells, columns=["above1", "below1", "above2", "below2"]).astype("Int64")
        return self.run("odds", "cells", frame.assign(id=range(len(frame))))

    def steps(self, part: str, ladders: Sequence, shuffled: int | None = None) -> pd.DataFrame:
        """Return what the SQL says of ladders, each a list of columns from the lowest step to the highest."""
        names = ["people", "reference_people", "lower_limit", "next_lower_limit"]
        frames = [
            pd.DataFrame(dict(zip(names, columns, strict=False))).assign(id=number, step_order=range(len(columns[0])))
            for number, columns in enumerate(ladders)
        ]
        steps = pd.concat(frames, ignore_index=True)
        steps["base_people"] = steps["people"] + steps["reference_people"]
        whole = steps.columns.difference(["id"])
        steps[whole] = steps[whole].astype("Int64")
        if shuffled is not None:
            steps = steps.sample(frac=1, random_state=shuffled)
        return self.run(part, "steps", steps)

    def run(self, part: str, relation: str, rows: pd.DataFrame) -> pd.DataFrame:
        """Return a part's select over a relation of these rows."""
        with duckdb.connect() as engine:
            engine.register("given", rows)
            engine.execute(f"create table {relation} as select * from given")
            return engine.execute(self.sql[part]).df()


@pytest.fixture(scope="module")
def ladders(compile_inline: Callable[[str], str]) -> Ladders:
    return Ladders(compile_inline("\n".join(f"-- part {name}\n{text}" for name, text in PARTS.items())))


def random_ladders(number: int, seed: int, largest: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return two groups on 1 to 8 steps: spread alike and not, with empty steps, one person and many."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(number):
        steps = random.integers(1, 9)
        sizes = np.exp(random.uniform(0, np.log(largest), 2)).astype(int)
        shares = random.dirichlet(np.full(steps, random.choice([0.3, 1.0, 5.0])), 2)
        if random.random() < 0.5:
            shares[1] = shares[0]
        found.append((random.multinomial(sizes[0], shares[0]), random.multinomial(sizes[1], shares[1])))
    return found


def placements(group: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """Return the probability of superiority and its DeLong variance from a table of every pair of people."""
    ours, theirs = np.repeat(np.arange(len(group)), group), np.repeat(np.arange(len(reference)), reference)
    wins = (np.sign(ours[:, None] - theirs[None, :]) + 1) / 2
    if min(wins.shape) < 2:
        return wins.mean(), NULL
    return wins.mean(), wins.mean(axis=1).var(ddof=1) / len(ours) + wins.mean(axis=0).var(ddof=1) / len(theirs)


def logit_limits(probability: float, variance: float) -> tuple[float, float]:
    """Return limits on the logit scale; missing where there is no variance."""
    if not 0 < probability < 1 or not variance > 1e-18:
        return NULL, NULL
    error = math.sqrt(variance) / (probability * (1 - probability))
    logit = math.log(probability / (1 - probability))
    return tuple(1 / (1 + math.exp(-logit - side * Z * error)) for side in (-1, 1))


def test_published_vectors(ladders, reference_data):
    vectors = pd.read_csv(reference_data / "method_vectors.csv", dtype=str, keep_default_na=False)
    vectors = vectors[vectors["vector"] == "PAY"]
    group, reference = np.array(PAY_GROUP), np.array(PAY_REFERENCE)
    said = {}
    thirds = {"lower": slice(0, 2), "middle": slice(2, 4), "upper": slice(4, 6)}
    pairs = [("lower", "middle"), ("middle", "upper"), ("lower", "upper")]
    cells = [[counts[thirds[side]].sum() for counts in (reference, group) for side in (b, a)] for a, b in pairs]
    cells += [
        [counts[part].sum() for counts in (group, reference) for part in (slice(k, 6), slice(k))] for k in range(1, 6)
    ]
    names = [f"DR_{a}_{b}" for a, b in pairs] + [f"cum_odds_ratio_ge_band{k}" for k in range(2, 7)]
    for name, row in zip(names, ladders.odds(cells).itertuples(), strict=True):
        said |= {name: row.odds_ratio, f"{name}_lo": row.lower_95, f"{name}_hi": row.upper_95}
    whole = ladders.steps("ordered", [(group, reference)]).loc[0]
    said["prob_superiority_BME_over_white"] = whole["probability_of_superiority"]
    said["prob_superiority_BME_over_white_lo"] = whole["lower_95"]
    said["prob_superiority_BME_over_white_hi"] = whole["upper_95"]
    said["mann_whitney_z"] = whole["mann_whitney_z"]
    said["mann_whitney_p"] = whole["mann_whitney_p"]
    said["generalised_odds_ratio"] = whole["generalised_odds_ratio"]
    said["dissimilarity"] = whole["dissimilarity_index"]
    ends = [*PAY_LIMITS[1:], None]
    medians = ladders.steps("median", [(counts, counts, PAY_LIMITS, ends) for counts in (group, reference)])
    ours, theirs = medians["grouped_median"]
    said["grouped_median_gap_pct"] = 100 * (1 - ours / theirs)
    quarters = ladders.steps("quarters", [(group, reference)])
    said |= {f"share_BME_quarter{row.quarter}": row.share_of_quarter for row in quarters.itertuples()}
    published = dict(zip(vectors["name"], vectors["value"], strict=True))
    for name, value in said.items():
        assert_same([value], [float(published[name])], what=name)
    # Theirs was drawn by lot.
    drawn = float(published["dissimilarity_expected_if_equal(MC)"])
    assert whole["expected_dissimilarity"] == pytest.approx(drawn, rel=0.005)
    # What is left of the vectors: the relative likelihood's own tests hold RR_upper, and no mean is formed from bands.
    left = {re.sub("_(lo|hi)$", "", name) for name, value in published.items() if value != "NULL" and name not in said}
    assert left == {"RR_upper", "band_mean_gap_pct", "dissimilarity_expected_if_equal(MC)"}


def test_published_relative_likelihood_of_the_upper_band(formulas, reference_data):
    vectors = pd.read_csv(reference_data / "method_vectors.csv", dtype=str, keep_default_na=False)
    published = vectors[vectors["vector"] == "PAY"].set_index("name")["value"]
    counts = [sum(PAY_GROUP[4:]), sum(PAY_GROUP), sum(PAY_REFERENCE[4:]), sum(PAY_REFERENCE)]
    said = formulas.tables("tables", pd.DataFrame([[0, *counts]], columns=["id", "x1", "n1", "x2", "n2"])).loc[0]
    for name, column in (("RR_upper", "rr"), ("RR_upper_lo", "mn_lo"), ("RR_upper_hi", "mn_hi")):
        assert_same([said[column]], [float(published[name])], what=name)


def test_odds_worked_by_hand(ladders):
    said = ladders.odds([(3, 1, 1, 3), (2, 4, 0, 5)]).set_index("id")
    # 3/1 over 1/3; variance 1/3 + 1 + 1 + 1/3.
    assert said.loc[0, "odds_ratio"] == pytest.approx(9)
    assert said.loc[0, "lower_95"] == pytest.approx(9 * math.exp(-Z * math.sqrt(8 / 3)))
    assert said.loc[0, "p_value"] == pytest.approx(2 * stats.norm.sf(math.log(9) / math.sqrt(8 / 3)))
    # Half in each: 2.5/4.5 over 0.5/5.5.
    assert said.loc[1, "odds_ratio"] == pytest.approx((2.5 / 4.5) / (0.5 / 5.5))


def test_odds_that_cannot_be_formed_are_null(ladders):
    impossible = [
        (0, 0, 2, 3),
        (2, 3, 0, 0),
        (0, 4, 0, 5),
        (4, 0, 5, 0),
        (None, 1, 2, 3),
        (1, 2, 3, None),
        (-1, 2, 3, 4),
    ]
    said = ladders.odds(impossible)[["odds_ratio", "lower_95", "upper_95", "z", "p_value"]]
    assert said.isna().all(axis=None)


def test_many_odds_against_statsmodels(ladders):
    random = np.random.default_rng(3)
    cells = random.poisson(np.exp(random.uniform(-2, 9, (NUMBER, 4))))
    cells = cells[[min(c[0] + c[1], c[2] + c[3], c[0] + c[2], c[1] + c[3]) > 0 for c in cells]]
    assert len(cells) > NUMBER / 2 and (cells == 0).any(axis=1).sum() > NUMBER / 50
    said = ladders.odds(cells)
    tables = [Table2x2((cell + 0.5 * (min(cell) == 0)).reshape(2, 2), shift_zeros=False) for cell in cells]
    assert_same(said["odds_ratio"], [table.oddsratio for table in tables], what="odds ratio", relative_only=True)
    limits = np.array([table.oddsratio_confint() for table in tables])
    assert_same(said["lower_95"], limits[:, 0], what="lower", relative_only=True)
    assert_same(said["upper_95"], limits[:, 1], what="upper", relative_only=True)
    assert_same(said["p_value"], [table.log_oddsratio_pvalue() for table in tables], what="p")


def test_ladders_worked_by_hand(ladders):
    cases = {
        # 4 pairs: 2 ties, 1 above, 1 below.
        "the same people": ([1, 1], [1, 1]),
        # Each of two above each of three: nothing varies.
        "all above": ([0, 2], [3, 0]),
        "all below": ([2, 0], [0, 3]),
        "one step only": ([4], [6]),
        "all in the top band": ([0, 0, 4], [0, 0, 6]),
        "nobody in the group": ([0, 0], [3, 4]),
        "nobody in the reference group": ([3, 4], [0, 0]),
        "one person": ([1, 0], [1, 3]),
    }
    said = ladders.steps("ordered", list(cases.values())).set_axis(list(cases))
    superiority = [0.5, 1, 0, 0.5, 0.5, NULL, NULL, 0.125]
    assert_same(said["probability_of_superiority"], superiority, 1e-12)
    assert_same(said["generalised_odds_ratio"], [1, NULL, 0, NULL, NULL, NULL, NULL, 0], 1e-12)
    assert_same(said["dissimilarity_index"], [0, 1, 1, 0, 0, NULL, NULL, 0.75], 1e-12)
    # No limits without a variance, and none from one person.
    assert said.drop(index="the same people")[["lower_95", "upper_95"]].isna().all(axis=None)
    assert said.loc["the same people", "lower_95"] < 0.5 < said.loc["the same people", "upper_95"]
    assert_same(said.loc[["one step only", "all in the top band"], "mann_whitney_z"], [NULL, NULL])
    assert said.loc["the same people", "mann_whitney_z"] == 0
    # 3 + 3 people, two steps of 3: sqrt(3 * 3 / (3 * 3 * 5)) twice, over sqrt(2 pi).
    even = ladders.steps("ordered", [([1, 2], [2, 1])]).loc[0]
    assert even["expected_dissimilarity"] == pytest.approx(2 / math.sqrt(5) / math.sqrt(2 * math.pi))


def test_many_ladders_against_every_pair_of_people(ladders):
    given = random_ladders(NUMBER, seed=4, largest=120)
    said = ladders.steps("ordered", given)
    expected = []
    for group, reference in given:
        probability, variance = placements(group, reference)
        steps = np.arange(len(group))
        ours, theirs = np.repeat(steps, group), np.repeat(steps, reference)
        if len(set(ours) | set(theirs)) > 1:
            test = stats.mannwhitneyu(ours, theirs, use_continuity=False, method="asymptotic")
            # scipy gives no sign: the normal value comes back from its p-value and the side that U is on.
            z = math.copysign(stats.norm.isf(test.pvalue / 2), test.statistic - len(ours) * len(theirs) / 2)
            p = test.pvalue
        else:
            z = p = NULL
        above, below = (np.sign(ours[:, None] - theirs[None, :]) == 1).sum(), (ours[:, None] < theirs[None, :]).sum()
        index = np.abs(group / group.sum() - reference / reference.sum()).sum() / 2
        odds = above / below if below else NULL
        expected.append((probability, *logit_limits(probability, variance), z, p, odds, index))
    names = ["probability_of_superiority", "lower_95", "upper_95", "mann_whitney_z", "mann_whitney_p"]
    names += ["generalised_odds_ratio", "dissimilarity_index"]
    for name, values in zip(names, np.array(expected).T, strict=True):
        assert_same(said[name], values, 1e-6, name)


def test_the_index_under_equality_is_near_what_lots_give(ladders):
    random = np.random.default_rng(5)
    given = random_ladders(80, seed=6, largest=4_000)
    given = [pair for pair in given if len(pair[0]) > 1 and min(map(np.sum, pair)) >= 100 and min(sum(pair)) >= 20]
    assert len(given) >= 5
    for (group, reference), said in zip(given, ladders.steps("ordered", given)["expected_dissimilarity"], strict=True):
        everybody = group + reference
        drawn = random.multivariate_hypergeometric(everybody, group.sum(), 4_000)
        apart = np.abs(drawn / group.sum() - (everybody - drawn) / reference.sum()).sum(axis=1) / 2
        assert said == pytest.approx(apart.mean(), rel=0.04)


def test_medians_worked_by_hand(ladders):
    limits = ([0, 10, 30], [10, 30, None])
    cases = {
        # Half of 10 is 5: 1 beyond the 4 below, of 4 in a band of 20.
        "inside a band": ([4, 4, 2], 15),
        # 5 of 10 are below 10: the median is where the band ends.
        "on a limit": ([5, 3, 2], 10),
        "in the open top band": ([1, 1, 8], NULL),
        "on the limit of the open band": ([2, 2, 4], 30),
        "one band only": ([0, 6, 0], 20),
        "all in the top band": ([0, 0, 6], NULL),
        "nobody": ([0, 0, 0], NULL),
    }
    said = ladders.steps("median", [(people, people, *limits) for people, _ in cases.values()])
    assert_same(said["grouped_median"], [median for _, median in cases.values()], 1e-12)
    unknown = ladders.steps("median", [([4, 4, 2], [4, 4, 2], [None, None, None], [None, None, None])])
    assert unknown["grouped_median"].isna().all()


def test_many_medians_against_interpolation(ladders):
    random = np.random.default_rng(7)
    given, expected = [], []
    for people, _ in random_ladders(NUMBER, seed=8, largest=5_000):
        limits = np.cumsum(random.integers(1, 20_000, len(people) + 1))
        given.append((people, people, limits[:-1], [*limits[1:-1], None]))
        there = np.concatenate([[True], people > 0])
        up_to = np.concatenate([[0], np.cumsum(people)])
        # With an empty band at the half, the end of the lower one is the median.
        median = np.interp(people.sum() / 2, up_to[there], limits[there])
        if 2 * up_to[-2] < people.sum():
            median = NULL
        elif (people == 0).any():
            band = np.flatnonzero(2 * up_to[1:] >= people.sum())[0]
            part = (people.sum() / 2 - up_to[band]) / people[band]
            median = limits[band] + part * (limits[band + 1] - limits[band])
        expected.append(median)
    assert_same(ladders.steps("median", given)["grouped_median"], expected, 1e-9)


def test_quarters_worked_by_hand(ladders):
    # 8 people: quarters of 2. The step of 3 + 3 fills the first three quarters, half and half.
    assert_same(ladders.steps("quarters", [([3, 0], [3, 2])])["share_of_quarter"], [0.5, 0.5, 0.5, 0], 1e-12)
    # 4 on the lower step of 6, 1 of 2 on the upper: each quarter is 1.5 people, the third 1 + 0.5.
    shares = ladders.steps("quarters", [([1, 1], [3, 1])])["share_of_quarter"]
    assert_same(shares, [0.25, 0.25, (0.25 * 1 + 0.5 * 0.5) / 1.5, 0.5], 1e-12)
    assert_same(ladders.steps("quarters", [([0, 5], [0, 5])])["share_of_quarter"], [0.5] * 4, 1e-12)
    assert ladders.steps("quarters", [([0, 0], [0, 0])])["share_of_quarter"].isna().all()


def test_many_quarters_against_interpolation(ladders):
    given = random_ladders(NUMBER, seed=9, largest=5_000)
    expected = []
    for group, reference in given:
        base = np.concatenate([[0], np.cumsum(group + reference)])
        ours = np.concatenate([[0], np.cumsum(group)])
        ends = base[-1] * np.arange(5) / 4
        keep = np.concatenate([[True], np.diff(base) > 0])
        expected.extend(np.diff(np.interp(ends, base[keep], ours[keep])) / (base[-1] / 4))
    assert_same(ladders.steps("quarters", given)["share_of_quarter"], expected, 1e-9)


@pytest.mark.parametrize("part", ["ordered", "quarters"])
def test_the_order_of_rows_changes_no_digit(ladders, part):
    given = random_ladders(300, seed=10, largest=50_000)
    pd.testing.assert_frame_equal(ladders.steps(part, given), ladders.steps(part, given, shuffled=1), check_exact=True)


def test_disparity_from_lower_to_upper_is_the_product_of_its_two_steps(ladders):
    random = np.random.default_rng(11)
    counts = random.integers(1, 3_000, (NUMBER, 2, 3))
    steps = [
        ladders.odds([(white[b], white[a], other[b], other[a]) for other, white in counts])["odds_ratio"]
        for a, b in ((0, 1), (1, 2), (0, 2))
    ]
    assert_same(steps[0] * steps[1], steps[2], 1e-12, relative_only=True)
