"""Pooling, spread, shrinkage, funnels and ranks: the dbt macros' SQL against published and independent values."""

import csv
import math
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import independent_values as independent
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.meta_analysis import combine_effects
from tables_of_counts import COUNTS, FULL, assert_same

NULL = math.nan
Z = stats.norm.ppf(0.975)
TABLE = ", ".join(f"'{count}'" for count in COUNTS)

# Each part is a select over relations that the tests make: strata (pool, id and the counts), t_quantiles, values.
PARTS = {
    "pools": f"""
with valued as (
    select
        *,
        {{{{ walter_log_ratio({TABLE}) }}}} as y,
        {{{{ walter_variance({TABLE}) }}}} as v
    from strata
),

pooled as (
    select
        pool,
        {{{{ mantel_haenszel_ratio({TABLE}) }}}} as mh,
        {{{{ mantel_haenszel_log_variance({TABLE}) }}}} as mh_variance
    from strata
    group by pool
),

compared as (
    select valued.*, {{{{ natural_log('pooled.mh') }}}} as centre
    from valued
    inner join pooled on valued.pool = pooled.pool
    where valued.x1 + valued.x2 between 1 and valued.n1 + valued.n2 - 1
),

spread as (
    {{{{ random_effects('compared', 'pool') }}}}
),

funnels as (
    {{{{ funnel_overdispersion('compared', 'pool') }}}}
),

quantiles as (
    select
        spread.*,
        coalesce(t_quantiles.quantile, {{{{ student_t_quantile('spread.k - 2') }}}}) as t
    from spread
    left join t_quantiles on spread.k - 2 = t_quantiles.degrees_of_freedom
)

select
    pooled.*,
    {{{{ natural_log('pooled.mh') }}}} as theta,
    quantiles.* exclude (pool),
    {{{{ prediction_limit('random_mean', 'random_error', 'tau_squared', 't', 'lower') }}}} as pi_lo,
    {{{{ prediction_limit('random_mean', 'random_error', 'tau_squared', 't', 'upper') }}}} as pi_hi,
    funnels.phi,
    funnels.funnel_tau_squared
from pooled
left join quantiles on pooled.pool = quantiles.pool
left join funnels on pooled.pool = funnels.pool
order by pooled.pool
""",
    "members": f"""
with valued as (
    select
        strata.pool,
        strata.id,
        {{{{ walter_log_ratio({TABLE}) }}}} as y,
        {{{{ walter_variance({TABLE}) }}}} as v,
        pools.random_mean as mean,
        pools.random_error as error,
        pools.tau_squared,
        pools.theta,
        pools.funnel_tau_squared,
        {{{{ joint_quantile('pools.k') }}}} as joint_z,
        strata.x1,
        strata.n1,
        strata.x2,
        strata.n2,
        {{{{ relative_likelihood({TABLE}) }}}} as rr
    from strata
    inner join pools on strata.pool = pools.pool
    where strata.x1 + strata.x2 between 1 and strata.n1 + strata.n2 - 1
),

shrunk as (
    select
        *,
        {{{{ shrinkage_weight('v', 'tau_squared') }}}} as weight,
        {{{{ shrunk_log_ratio('y', 'v', 'mean', 'tau_squared') }}}} as log_shrunk,
        {{{{ shrunk_log_variance('v', 'tau_squared', 'error') }}}} as shrunk_variance,
        {{{{ funnel_ratio_limit('theta', 'v', 'funnel_tau_squared', double(var('z_95')), 'lower') }}}} as funnel_lower,
        {{{{ funnel_ratio_limit('theta', 'v', 'funnel_tau_squared', double(var('z_95')), 'upper') }}}} as funnel_upper,
        (y - theta) / sqrt(v + funnel_tau_squared) as distance,
        {{{{ miettinen_nurminen_lower({TABLE}, z="1.96") }}}} as lower_95,
        {{{{ miettinen_nurminen_upper({TABLE}, z="1.96") }}}} as upper_95,
        {{{{ miettinen_nurminen_lower({TABLE}, z="3.09") }}}} as lower_998,
        {{{{ miettinen_nurminen_upper({TABLE}, z="3.09") }}}} as upper_998,
        {{{{ miettinen_nurminen_lower({TABLE}, z='joint_z') }}}} as lower,
        {{{{ miettinen_nurminen_upper({TABLE}, z='joint_z') }}}} as upper
    from valued
),

ranked as (
    {{{{ rank_interval('shrunk', 'pool', 'id') }}}}
)

select
    shrunk.*,
    {{{{ funnel_position('distance', 'theta', {{
        'lower_95': 'lower_95', 'upper_95': 'upper_95', 'lower_998': 'lower_998', 'upper_998': 'upper_998',
    }}) }}}} as position,
    ranked.rank_lower,
    ranked.rank_upper
from shrunk
inner join ranked on shrunk.pool = ranked.pool and shrunk.id = ranked.id
order by shrunk.id
""",
    "values": """
select
    id,
    {{ normal_quantile('p') }} as z,
    {{ student_t_quantile('n') }} as t,
    {% for name, z in [('95', 'z_95'), ('998', 'z_998')] %}
    {{ funnel_proportion_limit('p', 'n', double(var(z)), 'lower') }} as lo{{ name }},
    {{ funnel_proportion_limit('p', 'n', double(var(z)), 'upper') }} as hi{{ name }},
    {% endfor %}
    {{ joint_quantile('n') }} as joint_z
from points
order by id
""",
}


class Between:
    """The compiled parts, and an engine with nothing else in it to run them on."""

    def __init__(self, compiled: str, t_quantiles: Path) -> None:
        pieces = re.split(r"-- part (\w+)\n", compiled)[1:]
        self.sql = dict(zip(pieces[::2], pieces[1::2], strict=True))
        self.t_quantiles = pd.read_csv(t_quantiles)

    def pools(self, strata: pd.DataFrame, settings: str = "") -> pd.DataFrame:
        """Return the pooled figures, one row a pool."""
        with duckdb.connect() as engine:
            engine.execute(settings)
            engine.register("given", strata)
            engine.execute(f"create table strata as select pool, id, {', '.join(COUNTS)} from given")
            engine.register("t_quantiles", self.t_quantiles)
            return engine.execute(self.sql["pools"]).df().set_index("pool", drop=False)

    def members(self, strata: pd.DataFrame, settings: str = "") -> pd.DataFrame:
        """Return the figures of each row that says something of a difference."""
        pools = self.pools(strata)
        with duckdb.connect() as engine:
            engine.execute(settings)
            engine.register("given", strata)
            engine.execute(f"create table strata as select pool, id, {', '.join(COUNTS)} from given")
            engine.register("pools", pools)
            return engine.execute(self.sql["members"]).df()

    def points(self, p: Sequence, n: Sequence) -> pd.DataFrame:
        """Return quantiles and funnel limits of probabilities and numbers."""
        with duckdb.connect() as engine:
            engine.register("given", pd.DataFrame({"id": range(len(p)), "p": p, "n": n}, dtype=object))
            columns = "id, cast(p as double) as p, cast(n as bigint) as n"
            engine.execute(f"create table points as select {columns} from given")
            return engine.execute(self.sql["values"]).df()


@pytest.fixture(scope="module")
def between(compile_inline: Callable[[str], str], project_root: Path) -> Between:
    text = "\n".join(f"-- part {name}\n{part}" for name, part in PARTS.items())
    return Between(compile_inline(text), project_root / "seeds/reference/student_t_quantile.csv")


def strata_frame(pools: Sequence[Sequence]) -> pd.DataFrame:
    """Return pools, each a sequence of tables, as one frame with whole counts; a missing count stays missing."""
    rows = [(pool, *table) for pool, tables in enumerate(pools) for table in tables]
    frame = pd.DataFrame(rows, columns=["pool", *COUNTS])
    return frame.astype("Int64").assign(id=range(len(frame)))


def random_pools(number: int, seed: int) -> list[np.ndarray]:
    """Return pools of 2 to 12 organisations, some of 300: bases of all sizes, events from none to everyone."""
    random = np.random.default_rng(seed)
    pools = []
    for _ in range(number):
        k = 300 if random.random() < 0.01 else random.integers(2, 13)
        bases = np.exp(random.uniform(0, np.log(20_000), (k, 2))).astype(int)
        rate = random.choice([0.002, 0.02, 0.14, 0.5, 0.95])
        rates = np.minimum(rate * np.exp(random.normal(0, random.choice([0, 0.3, 0.8]), (k, 2))), 1)
        events = random.binomial(bases, rates)
        pools.append(np.column_stack([events[:, 0], bases[:, 0], events[:, 1], bases[:, 1]]))
    return pools


@pytest.fixture(scope="module")
def many_pools() -> list[np.ndarray]:
    return random_pools(10_000 if FULL else 600, seed=5)


@pytest.fixture(scope="module")
def many_pooled(between, many_pools) -> pd.DataFrame:
    return between.pools(strata_frame(many_pools))


@pytest.fixture(scope="module")
def many_members(between, many_pools) -> pd.DataFrame:
    return between.members(strata_frame(many_pools)).set_index("id", drop=False)


def says_something(tables: np.ndarray) -> np.ndarray:
    """Return the tables in which somebody, and not everybody, has the event."""
    events, people = tables[:, 0] + tables[:, 2], tables[:, 1] + tables[:, 3]
    return tables[(events > 0) & (events < people)]


def walter(tables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithm with half an event added, and its variance, by another way of writing them."""
    x1, n1, x2, n2 = (np.asarray(tables, dtype=float) + 0.5).T
    return np.log(x1 / n1 / (x2 / n2)), 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2


def dersimonian_laird(tables: np.ndarray) -> dict[str, float]:
    """Return the random-effects figures straight from the paper's formulas."""
    y, v = walter(tables)
    w = 1 / v
    fixed = np.average(y, weights=w)
    q, df = np.sum(w * (y - fixed) ** 2), len(y) - 1
    tau2 = max(0, (q - df) / (w.sum() - np.sum(w**2) / w.sum())) if df else NULL
    mean, error = np.average(y, weights=1 / (v + tau2)), np.sum(1 / (v + tau2)) ** -0.5
    i2 = NULL if df == 0 else max(0, (q - df) / q) if q > 0 else 0
    return {
        **{"k": len(y), "fixed_mean": fixed, "q": q, "q_df": df, "i_squared": i2},
        **{"tau_squared": tau2, "random_mean": mean, "random_error": error},
    }


def funnel(tables: np.ndarray, centre: float) -> tuple[float, float]:
    """Return phi and the variance that it adds, from Spiegelhalter's paper."""
    y, v = walter(tables)
    z, w, k = (y - centre) / np.sqrt(v), 1 / v, len(y)
    phi = np.mean(np.clip(z, *np.percentile(z, [10, 90])) ** 2)
    if phi <= 1 or k == 1:
        return phi, 0
    return phi, (k * phi - (k - 1)) / (w.sum() - np.sum(w**2) / w.sum())


def log_variance(tables: np.ndarray) -> float:
    """Return Greenland and Robins's variance of the logarithm of the Mantel-Haenszel ratio."""
    x1, n1, x2, n2 = np.asarray(tables, dtype=float).T
    n = n1 + n2
    product = np.sum(x1 * n2 / n) * np.sum(x2 * n1 / n)
    variance = np.sum((n1 * n2 * (x1 + x2) - x1 * x2 * n) / n**2) / product if product else 0
    return variance if variance > 1e-12 else NULL


def vectors_of(reference_data: Path, ids: str) -> pd.DataFrame:
    vectors = pd.read_csv(reference_data / "method_vectors.csv", dtype=str, keep_default_na=False)
    return vectors[vectors["vector"].str.fullmatch(ids)]


def tables_of(inputs: str) -> list[list[int]]:
    return [[int(count) for count in table.split()] for table in re.findall(r"\(([\d ]+)\)", inputs)]


def test_published_pools(between, reference_data):
    vectors = vectors_of(reference_data, r"P\d+")
    assert len(vectors) >= 45
    names = list(dict.fromkeys(vectors["vector"]))
    inputs = vectors.drop_duplicates("vector")["inputs"]
    said = between.pools(strata_frame([tables_of(tables) for tables in inputs])).set_axis(names)
    limits = {
        "mh_lo": said["mh"] * np.exp(-Z * np.sqrt(said["mh_variance"])),
        "mh_hi": said["mh"] * np.exp(Z * np.sqrt(said["mh_variance"])),
        "fixed": np.exp(said["fixed_mean"]),
        "random": np.exp(said["random_mean"]),
        "lo": np.exp(said["random_mean"] - Z * said["random_error"]),
        "hi": np.exp(said["random_mean"] + Z * said["random_error"]),
    }
    said = said.assign(**limits).rename(
        columns={"q": "Q", "tau_squared": "tau2", "i_squared": "I2", "random_error": "se"}
    )
    # The sum of counts and the tail of chi-squared are tested with the other formulas.
    for vector, name, value in zip(vectors["vector"], vectors["name"], vectors["value"], strict=True):
        if name not in {"crude", "p_Q"}:
            expected = NULL if value == "NULL" else float(value)
            assert_same([said.loc[vector, name]], [expected], what=f"{vector} {name}")


def test_published_shrinkage(between, reference_data):
    vectors = vectors_of(reference_data, r"EB\d+")
    pool = vectors_of(reference_data, "P3")["inputs"].iloc[0]
    said = between.members(strata_frame([tables_of(pool)]))
    error = np.sqrt(said["shrunk_variance"])
    said = said.assign(
        B=said["weight"],
        shrunk=np.exp(said["log_shrunk"]),
        lo=np.exp(said["log_shrunk"] - Z * error),
        hi=np.exp(said["log_shrunk"] + Z * error),
    )
    assert len(vectors) == 36
    for vector, name, value in zip(vectors["vector"], vectors["name"], vectors["value"], strict=True):
        assert_same([said.loc[int(vector[2:]) - 1, name]], [float(value)], what=f"{vector} {name}")


def test_published_funnels(between, reference_data):
    vectors = vectors_of(reference_data, "F[1-9]")
    assert len(vectors) == 12
    for vector, rows in vectors.groupby("vector"):
        given = dict(pair.split("=") for pair in rows["inputs"].iloc[0].split(";"))
        said = between.points([float(given["p0"])], [int(given["n"])]).loc[0]
        for name, value in zip(rows["name"], rows["value"], strict=True):
            assert_same([said[name]], [float(value)], what=f"{vector} {name}")
    pool = vectors_of(reference_data, "P3")["inputs"].iloc[0]
    said = between.pools(strata_frame([tables_of(pool)])).loc[0]
    expected = {name: float(value) for name, value in vectors_of(reference_data, "FN")[["name", "value"]].to_numpy()}
    assert_same(
        [said["theta"], said["phi"], said["funnel_tau_squared"]], [expected[n] for n in ("theta", "phi", "tau2")]
    )


def test_hand_worked_pool_of_two_organisations_at_parity(between):
    # Each at 1.000 by itself: 40 of 200 against 20 of 100, and 5 of 100 against 50 of 1,000; added up 2.357.
    said = between.pools(strata_frame([[(40, 200, 20, 100), (5, 100, 50, 1000)]])).loc[0]
    assert said["mh"] == pytest.approx(1, abs=1e-15)
    share = 40 * 100 / 300 + 5 * 1000 / 1100
    variance = (40 * 200 * 80 + 20 * 100 * 160) / 300**2 + (5 * 100 * 950 + 50 * 1000 * 95) / 1100**2
    assert said["mh_variance"] == pytest.approx(variance / share**2)
    assert (said["k"], said["q_df"], said["tau_squared"], said["i_squared"]) == (2, 1, 0, 0)
    assert math.isnan(said["pi_lo"]) and math.isnan(said["pi_hi"])


def test_identical_organisations_do_not_differ(between):
    said = between.pools(strata_frame([[(12, 240, 30, 940)] * 4])).loc[0]
    y, v = walter(np.array([(12, 240, 30, 940)]))
    assert_same([said["q"], said["tau_squared"], said["i_squared"]], [0, 0, 0], 1e-12)
    assert_same([said["random_mean"], said["random_error"]], [y[0], math.sqrt(v[0] / 4)], 1e-12)


def test_what_says_nothing_has_no_figure(between):
    nothing = [(0, 10, 0, 20), (0, 30, 0, 5)]
    everything = [(10, 10, 20, 20), (3, 3, 4, 4)]
    missing = [(None, 10, 1, 20), (5, 4, 1, 20), (0, 0, 3, 20)]
    one = [(2, 10, 3, 20), (0, 10, 0, 20)]
    said = between.pools(strata_frame([nothing, everything, missing, one]))
    assert said.loc[0, ["mh", "mh_variance", "k", "q", "random_mean", "phi"]].isna().all()
    assert said.loc[1, "mh"] == 1
    assert said.loc[1, ["mh_variance", "k", "q", "random_mean", "phi"]].isna().all()
    assert said.loc[2, ["mh", "mh_variance"]].isna().all()
    assert (said.loc[3, "k"], said.loc[3, "q"], said.loc[3, "q_df"]) == (1, 0, 0)
    assert said.loc[3, ["i_squared", "tau_squared", "random_mean", "random_error", "pi_lo"]].isna().all()


def test_an_organisation_without_events_changes_neither_ratio_nor_spread(between):
    some = [(12, 240, 30, 940), (3, 40, 10, 300)]
    said = between.pools(strata_frame([some, [*some, (0, 15, 0, 200)]])).drop(columns="pool")
    pd.testing.assert_series_equal(said.loc[0], said.loc[1], check_names=False, check_exact=True)


def test_mantel_haenszel_is_statsmodels(many_pools, many_pooled):
    checked = 0
    for pool, tables in enumerate(many_pools):
        x1, _, x2, _ = tables.T
        if not (x1.sum() and x2.sum()):
            continue
        stratified = [np.array([[a, b - a], [c, d - c]]) for a, b, c, d in tables]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = StratifiedTable([table.astype(float) for table in stratified]).riskratio_pooled
        assert_same([many_pooled.loc[pool, "mh"]], [expected], 1e-9, f"pool {pool}")
        checked += 1
    assert checked > 400


def test_mantel_haenszel_variance_is_greenland_and_robins(many_pools, many_pooled):
    expected = [log_variance(tables) for tables in many_pools]
    assert_same(many_pooled["mh_variance"], expected, 1e-9)
    assert np.isfinite(expected).sum() > 400


def test_exchanging_the_groups_inverts_mantel_haenszel(between, many_pools, many_pooled):
    said = between.pools(strata_frame([tables[:, [2, 3, 0, 1]] for tables in many_pools]))
    invertible = (many_pooled["mh"] > 0) & (said["mh"] > 0)
    assert invertible.sum() > 400
    assert_same(said.loc[invertible, "mh"], 1 / many_pooled.loc[invertible, "mh"], 1e-12)
    assert_same(said["mh_variance"], many_pooled["mh_variance"], 1e-12)


def test_spread_is_dersimonian_and_lairds(many_pools, many_pooled):
    names = ["k", "fixed_mean", "q", "q_df", "i_squared", "tau_squared", "random_mean", "random_error"]
    compared = {pool: says_something(tables) for pool, tables in enumerate(many_pools)}
    compared = {pool: tables for pool, tables in compared.items() if len(tables) > 1}
    expected = pd.DataFrame([dersimonian_laird(tables) for tables in compared.values()], index=list(compared))
    assert len(expected) > 450 and (expected["tau_squared"] > 0).sum() > 100
    assert (expected["k"] > 202).any()
    for name in names:
        assert_same(many_pooled.loc[expected.index, name], expected[name], 1e-8, name)
    k, mean, error = expected["k"], expected["random_mean"], expected["random_error"]
    t = np.where(k > 2, stats.t.ppf(0.975, np.maximum(k - 2, 1)), NULL)
    width = t * np.sqrt(expected["tau_squared"] + error**2)
    assert_same(np.log(many_pooled.loc[expected.index, "pi_lo"]), mean - width, 1e-8, "prediction")
    assert_same(np.log(many_pooled.loc[expected.index, "pi_hi"]), mean + width, 1e-8, "prediction")


def test_spread_is_statsmodels(many_pools, many_pooled):
    checked = 0
    for pool, tables in enumerate(many_pools[:600]):
        compared = says_something(tables)
        if len(compared) < 2:
            continue
        y, v = walter(compared)
        with np.errstate(invalid="ignore"):
            found = combine_effects(y, v, method_re="dl")
        said = many_pooled.loc[pool]
        assert_same([said["q"], said["tau_squared"]], [found.q, max(found.tau2, 0)], 1e-7, f"pool {pool}")
        assert_same([said["fixed_mean"]], [found.mean_effect_fe], 1e-8, f"pool {pool}")
        # statsmodels keeps a negative tau squared in its weights; the paper, and the SQL, do not.
        if found.tau2 > 0:
            assert_same([said["random_mean"]], [found.mean_effect_re], 1e-8, f"pool {pool}")
            assert_same([said["random_error"]], [found.sd_eff_w_re], 1e-8, f"pool {pool}")
        checked += 1
    assert checked > 400


def test_overdispersion_is_spiegelhalters(many_pools, many_pooled):
    checked = 0
    for pool, tables in enumerate(many_pools):
        compared, centre = says_something(tables), many_pooled.loc[pool, "theta"]
        if len(compared) and np.isfinite(centre):
            said = many_pooled.loc[pool, ["phi", "funnel_tau_squared"]]
            assert_same(said.astype(float), funnel(compared, centre), 1e-8, f"pool {pool}")
            checked += 1
    assert checked > 400


def test_shrinkage_is_bayes_rule(many_pooled, many_members):
    members = many_members[many_members["tau_squared"].notna()]
    tau2, v, error = members["tau_squared"], members["v"], members["error"]
    assert (tau2 > 0).sum() > 1_000
    # The posterior of a normal value with a normal prior: precisions add up.
    some = tau2 > 0
    precision = 1 / v[some] + 1 / tau2[some]
    posterior = (members["y"][some] / v[some] + members["mean"][some] / tau2[some]) / precision
    assert_same(members["log_shrunk"][some], posterior, 1e-8)
    prior_share = (1 / tau2[some]) / precision
    assert_same(members["shrunk_variance"][some], 1 / precision + (prior_share * error[some]) ** 2, 1e-8)
    assert_same(members["log_shrunk"][~some], members["mean"][~some], 1e-12)
    assert (members["weight"].between(0, 1)).all()
    low = np.minimum(members["y"], members["mean"]) - 1e-12
    high = np.maximum(members["y"], members["mean"]) + 1e-12
    assert members["log_shrunk"].between(low, high).all()


def test_a_place_in_the_funnel_is_by_its_limits_and_the_own_ones(many_members):
    members = many_members[many_members["position"].notna()]
    value, centre = np.exp(members["y"]), np.exp(members["theta"])
    outside = members["position"] != "inside"
    assert not value.between(members["funnel_lower"], members["funnel_upper"])[outside].any()
    distance = (members["y"] - members["theta"]) / np.sqrt(members["v"] + members["funnel_tau_squared"])
    counts = [members[count].to_numpy(dtype=float) for count in COUNTS]
    score = independent.score_statistic(centre.to_numpy(), *counts)
    # The score limits leave out the centre exactly where the score statistic there is beyond the quantile.
    expected = np.full(len(members), "inside", dtype=object)
    for level, quantile in {"95%": Z, "99.8%": stats.norm.ppf(0.999)}.items():
        far = score > quantile**2
        expected[far & (distance > quantile) & (members["rr"].fillna(np.inf) > centre)] = f"above {level}"
        expected[far & (distance < -quantile) & (members["rr"] < centre)] = f"below {level}"
    settled = (np.abs(np.sqrt(score) - Z) > 1e-6) & (np.abs(np.sqrt(score) - 3.0902) > 1e-3)
    assert (members["position"] == expected)[settled].all()
    assert set(expected) == {"inside", "above 95%", "above 99.8%", "below 95%", "below 99.8%"}


def test_one_person_of_one_is_not_outside_a_funnel(between):
    # Half an event added gives the one person no variance at all: the funnel alone would call this far out.
    said = between.members(strata_frame([[(1, 1, 32, 128), *[(60, 240, 235, 940)] * 9]])).loc[0]
    assert said["distance"] > 3.09
    assert said["position"] == "inside"


def test_rank_intervals_count_every_pair(many_members):
    for _, members in many_members.groupby("pool"):
        lower, upper = members["lower"].to_numpy(), members["upper"].fillna(np.inf).to_numpy()
        below = (upper[None, :] < lower[:, None]).sum(axis=1)
        above = (lower[None, :] > upper[:, None]).sum(axis=1)
        assert (members["rank_lower"] == 1 + below).all()
        assert (members["rank_upper"] == len(members) - above).all()
        rank = members["rr"].fillna(np.inf).rank(method="min")
        assert rank.between(members["rank_lower"], members["rank_upper"]).all()
    assert many_members["upper"].isna().any()
    assert (many_members["rank_lower"] > 1).sum() > 100


def test_joint_limits_are_score_limits_at_the_joint_level(many_members):
    # The level of Klein, Wright and Wieczorek, by scipy; the score statistic at each limit is the squared quantile.
    number = many_members.groupby("pool")["id"].transform("size").to_numpy()
    z = stats.norm.ppf((1 + 0.95 ** (1 / number)) / 2)
    assert_same(many_members["joint_z"], z, 1e-12)
    counts = [many_members[count].to_numpy(dtype=float) for count in COUNTS]
    inner = (counts[0] > 0) & (counts[0] < counts[1]) & (counts[2] > 0) & (counts[2] < counts[3])
    for side in ("lower", "upper"):
        limit = many_members[side].to_numpy(dtype=float)[inner]
        found = independent.score_statistic(limit, *(count[inner] for count in counts))
        assert_same(np.sqrt(found), z[inner], 1e-5, side)


def test_pools_do_not_depend_on_threads_or_order(between, many_pools):
    strata = strata_frame(many_pools)
    one = between.pools(strata, settings="set threads = 1")
    other = between.pools(strata.sample(frac=1, random_state=1), settings="set threads = 4")
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    one = between.members(strata, settings="set threads = 1")
    other = between.members(strata.sample(frac=1, random_state=1), settings="set threads = 4")
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_with_rare_events_the_truth_lies_near_the_value_within_organisations(between):
    # A hundred councils of the size of the standard, a true value of 0.5 in each: half an event added moves their mean.
    random = np.random.default_rng(2)
    bases = np.exp(random.normal(np.log([60, 250]), [0.8, 0.6], (40, 100, 2))).astype(int) + 5
    events = random.binomial(bases, [0.01, 0.02])
    tables = np.stack([events[..., 0], bases[..., 0], events[..., 1], bases[..., 1]], axis=-1)
    said = between.pools(strata_frame(tables))
    within = np.abs(np.log(said["mh"]) - np.log(0.5)).mean()
    across = np.abs(said["random_mean"] - np.log(0.5)).mean()
    assert within < 0.15
    assert across > 3 * within


def test_normal_quantile(between):
    near = np.linspace(0, 1, 10_001 if FULL else 2_001)[1:-1]
    tails = np.concatenate([10.0 ** -np.arange(1, 300, 3), 1 - 10.0 ** -np.arange(1, 16)])
    p = np.concatenate([near, tails, [0.075, 0.925, 0.975, 0.999]])
    said = between.points([*p, None, 0.0, 1.0, -1.0, 2.0], [None] * (len(p) + 5))["z"]
    assert_same(said[: len(p)], stats.norm.ppf(p), 1e-13)
    assert said[len(p) :].isna().all()
    assert said[len(p) - 2] == pytest.approx(Z, abs=1e-15)


def test_joint_quantile_of_one_is_the_usual_one(between):
    said = between.points([0.5] * 3, [1, 2, 150])["joint_z"]
    assert_same(
        said, [Z, stats.norm.ppf((1 + math.sqrt(0.95)) / 2), stats.norm.ppf((1 + 0.95 ** (1 / 150)) / 2)], 1e-12
    )


def test_student_t_quantiles(between, project_root):
    with (project_root / "seeds/reference/student_t_quantile.csv").open(encoding="utf-8") as file:
        seed = {int(row["degrees_of_freedom"]): float(row["quantile"]) for row in csv.DictReader(file)}
    assert list(seed) == list(range(1, 201))
    assert_same(list(seed.values()), stats.t.ppf(0.975, list(seed)), 1e-13, "seed", relative_only=True)
    beyond = [*range(200, 1_000), 10**4, 10**6, 10**9]
    said = between.points([None] * (len(beyond) + 2), [*beyond, 199, None])["t"]
    assert_same(said[: len(beyond)], stats.t.ppf(0.975, beyond), 1e-10, "beyond the seed")
    assert said[len(beyond) :].isna().all()
    # Where the one gives way to the other they agree.
    assert said[0] == pytest.approx(seed[200], abs=1e-10)


def test_funnel_of_a_proportion_stays_between_0_and_1(between):
    random = np.random.default_rng(3)
    p, n = random.uniform(0, 1, 1_000), random.integers(1, 5_000, 1_000)
    said = between.points([*p, 0.5, 0.5, 1.5], [*n, 0, None, 10])
    for name, z in {"95": Z, "998": stats.norm.ppf(0.999)}.items():
        width = z * np.sqrt(p * (1 - p) / n)
        assert_same(said[f"lo{name}"][:1_000], np.clip(p - width, 0, 1), 1e-12)
        assert_same(said[f"hi{name}"][:1_000], np.clip(p + width, 0, 1), 1e-12)
    assert said.loc[1_000:, ["lo95", "hi95", "lo998", "hi998"]].isna().all(axis=None)
