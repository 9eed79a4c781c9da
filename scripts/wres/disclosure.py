"""What the open release would show, as sums of the finest counts, and what must not be worked out from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import duckdb
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from wres.attacker import Knowledge
from wres.reference import read_seed, setting

MARTS = "warehouse.marts"
# Higher levels stay open: what they say, many use, and it cannot be had otherwise.
COST_OF_LEVEL = {"organisation": 1.0, "region": 20.0, "national": 2000.0}


@dataclass(frozen=True)
class Asked:
    """What a safe target must leave open: so far above the truth, and a range so wide."""

    above: float
    width: float


@dataclass(frozen=True)
class Target:
    """A sum or difference of finest counts that nobody may come too near to.

    ``width`` is how wide the range of an outsider must be. ``cell`` is its number among the cells, where it is one.
    """

    kind: str
    weights: Mapping[int, float]
    value: float
    width: float
    cell: int | None = None

    def asked(self, threshold: int, inside: bool = False) -> Asked:
        """Return how far from the truth somebody outside, or an insider, must be able to take it to be."""
        above = threshold - self.value if self.kind != "hidden" else 0.0
        if inside:
            return Asked(above, above) if above > 0 else Asked(0.0, 1.0)
        return Asked(above, self.width)

    def ends(self, asked: Asked) -> tuple[float, float]:
        """Return changes that together leave that open: as far below as may be, the rest above."""
        below = min(self.value, max(asked.width - max(asked.above, 0.0), 0.0))
        return -below, max(asked.above, asked.width - below)


@dataclass(frozen=True)
class Universe:
    """The finest counts, the cells of the release as sums of them, and what is to be protected.

    ``counts`` has a row for each finest count (count_id, organisation_code, people, is_consent_given); ``cells`` one
    for each cell (cell_id, people, area_level, figures, reason, is_settled, unit): cells with a ``reason`` are
    hidden, ``is_settled`` ones were released before and cannot be. Cells of one ``unit`` are hidden together: a
    figure needs the counts of both groups. Where a base is hidden so are the events counted in it: ``implied`` has
    pairs of units. ``sums`` adds counts up to cells.
    """

    counts: pd.DataFrame
    cells: pd.DataFrame
    sums: sparse.csr_matrix
    at_least: sparse.csr_matrix
    floor: np.ndarray
    implied: np.ndarray
    targets: list[Target]
    threshold: int

    @cached_property
    def value(self) -> np.ndarray:
        """The finest counts as numbers."""
        return self.counts["people"].to_numpy(float)

    @cached_property
    def owner(self) -> np.ndarray:
        """The number of the organisation that each finest count is of."""
        return self.counts["organisation_code"].astype("category").cat.codes.to_numpy()

    @cached_property
    def cost(self) -> np.ndarray:
        """What hiding a unit loses: more for each figure that needs it, for larger counts, and for totals."""
        cells = self.cells
        loss = np.log1p(cells["people"].to_numpy(float)) + 1
        loss = loss * cells["figures"].to_numpy(float) * cells["area_level"].map(COST_OF_LEVEL).to_numpy(float)
        return np.bincount(cells["unit"], loss)

    @cached_property
    def big(self) -> float:
        """A limit that helps no attacker: more than twice the largest finest count."""
        return float(2 * self.value.max(initial=0) + self.threshold)

    def knowledge(self, is_open: np.ndarray) -> Knowledge:
        """Return what an attacker knows where these cells are open."""
        return Knowledge(self.value, self.sums, is_open, self.at_least, self.floor, self.big)

    def weights_of(self, cell: int, weight: float = 1.0) -> dict[int, float]:
        """Return the finest counts that a cell adds up, each with a weight."""
        counts = self.sums.indices[self.sums.indptr[cell] : self.sums.indptr[cell + 1]]
        return dict.fromkeys(map(int, counts), weight)

    def target_of(self, cell: int) -> Target:
        """Return a hidden cell as a target: that it must not be known exactly."""
        return Target("hidden", self.weights_of(cell), float(self.cells["people"].iloc[cell]), 1.0, cell)


def read_universe(connection: duckdb.DuckDBPyConnection, earlier: list[pd.DataFrame] | None = None) -> Universe:
    """Return the universe of the built warehouse, attached as ``warehouse``.

    ``earlier`` has what earlier open releases showed: frames of cell_id, count_id, people (of the count).
    """
    threshold = int(setting("disclosure_threshold"))
    counts = connection.execute(f"select * from {MARTS}.int_disclosure_count order by count_id").df()
    cells = connection.execute(
        f"""
        select
            cell_id,
            max(people) as people,
            max(area_level) as area_level,
            count(*) as figures,
            case
                when not bool_or(is_consent_given or area_level != 'organisation') then 'withheld'
                when max(people) between 1 and {threshold - 1} then 'small'
                when not bool_and(is_hidden_among_others) then 'few organisations'
            end as reason
        from {MARTS}.int_disclosure_cell
        group by cell_id
        order by cell_id
        """
    ).df()
    parts = connection.execute(f"select cell_id, count_id from {MARTS}.int_disclosure_part").df()
    bases = connection.execute(_PAIRS).df()
    beside = connection.execute(_BESIDE).df()
    counts, cells, parts = _with_earlier(counts, cells, parts, earlier or [])
    sums = _incidence(cells["cell_id"], counts["count_id"], parts)
    at_least, floor = _inequalities(connection, counts)
    number = pd.Series(range(len(cells)), index=cells["cell_id"])
    cells["unit"] = _units(len(cells), number[beside["cell_id"]], number[beside["beside_cell_id"]])
    unit = cells["unit"].to_numpy()
    implied = np.column_stack([unit[number[bases["base_cell_id"]]], unit[number[bases["cell_id"]]]])
    universe = Universe(counts, cells, sums, at_least, floor, np.unique(implied, axis=0), [], threshold)
    return replace(universe, targets=_targets(universe, bases))


# Each count of events beside its base: what is left of the base must not be worked out either.
_PAIRS = f"""
    select distinct
        events.cell_id,
        bases.cell_id as base_cell_id
    from {MARTS}.int_disclosure_cell as events
    inner join {MARTS}.int_disclosure_cell as bases
        using (
            collection, collection_year, panel, counted_year, area_level, area_code, service, indicator_code,
            breakdown, comparison_group, reference_group
        )
    where
        events.place in ('numerator', 'reference_numerator')
        and bases.place = replace(events.place, 'numerator', 'denominator')
    order by all
"""


# The counts of the two groups in one figure, of events and of bases.
_BESIDE = f"""
    select distinct
        comparisons.cell_id,
        others.cell_id as beside_cell_id
    from {MARTS}.int_disclosure_cell as comparisons
    inner join {MARTS}.int_disclosure_cell as others
        using (
            collection, collection_year, panel, counted_year, area_level, area_code, service, indicator_code,
            breakdown, comparison_group, reference_group
        )
    where others.place = 'reference_' || comparisons.place
    order by all
"""


def _units(cells: int, one: pd.Series, other: pd.Series) -> np.ndarray:
    links = sparse.csr_matrix((np.ones(len(one)), (one.to_numpy(), other.to_numpy())), shape=(cells, cells))
    return connected_components(links, directed=False)[1]


def _incidence(rows: pd.Series, columns: pd.Series, pairs: pd.DataFrame) -> sparse.csr_matrix:
    row = pd.Series(range(len(rows)), index=rows)
    column = pd.Series(range(len(columns)), index=columns)
    at = (row[pairs.iloc[:, 0]].to_numpy(), column[pairs.iloc[:, 1]].to_numpy())
    return sparse.csr_matrix((np.ones(len(pairs)), at), shape=(len(rows), len(columns)))


def _with_earlier(
    counts: pd.DataFrame, cells: pd.DataFrame, parts: pd.DataFrame, earlier: list[pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Add what was released before: a count that has changed since is another count."""
    cells = cells.assign(is_settled=False)
    for shown in earlier:
        now = counts.set_index("count_id")["people"]
        same = shown["count_id"].map(now).eq(shown["people"])
        name = shown["count_id"].where(same, shown["count_id"] + " = " + shown["people"].astype(str))
        new = shown.assign(count_id=name)[~name.isin(counts["count_id"])].drop_duplicates("count_id")
        old = new[["count_id", "organisation_code", "people"]].assign(is_consent_given=True, is_old=True)
        counts = pd.concat([counts, old], ignore_index=True)
        whole = same.groupby(shown["cell_id"]).all()
        settled = cells["cell_id"].map(whole).fillna(False).astype(bool)
        cells.loc[settled, "is_settled"] = True
        rest = shown.assign(count_id=name)[~shown["cell_id"].isin(set(cells.loc[settled, "cell_id"]))]
        rest = rest.assign(
            cell_id="before " + rest["cell_id"] + rest.groupby("cell_id")["people"].transform("sum").astype(str)
        )
        rest = rest[~rest["cell_id"].isin(set(cells["cell_id"]))]
        totals = rest.groupby("cell_id", as_index=False).agg(people=("people", "sum"))
        totals = totals.assign(area_level="national", figures=1, reason=None, is_settled=True)
        cells = pd.concat([cells, totals], ignore_index=True)
        parts = pd.concat([parts, rest[["cell_id", "count_id"]]], ignore_index=True)
    if "is_old" not in counts:
        counts = counts.assign(is_old=False)
    return counts.assign(is_old=counts["is_old"].eq(True)), cells, parts


def _inequalities(connection: duckdb.DuckDBPyConnection, counts: pd.DataFrame) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return what an attacker knows of counts without having seen them; only what is true of these counts.

    Parts are within their whole (seed rule_comparison), bands within the workforce, who left explains a fall of the
    workforce, and outside figures are a least value (model int_disclosure_known).
    """
    place = pd.Series(range(len(counts)), index=counts["count_id"])
    current = counts[~counts["is_old"]]
    key = ["collection", "counted_year", "organisation_code", "member_service", "ethnic_group"]
    whole_bands = current[current["measure_breakdown"] == "all"]
    by_measure = whole_bands.pivot_table(index=key, columns="measure", values="count_id", aggfunc="first")
    rows: list[tuple[dict[int, float], float]] = []

    def relate(frame: pd.DataFrame, plus: list[str], minus: list[str]) -> None:
        for ids in frame[[*plus, *minus]].dropna().itertuples(index=False):
            weights = dict.fromkeys((int(place[name]) for name in ids[: len(plus)]), 1.0)
            rows.append((weights | dict.fromkeys((int(place[name]) for name in ids[len(plus) :]), -1.0), 0.0))

    for said in read_seed("rule_comparison").itertuples(index=False):
        wholes = [name for name in (said.whole_measure, said.with_measure) if isinstance(name, str) and name]
        if {said.part_measure, *wholes} <= set(by_measure.columns):
            relate(by_measure, wholes, [said.part_measure])
    bands = current[current["measure_breakdown"] != "all"]
    for group, ids in bands.groupby([*key, "measure"])["count_id"]:
        whole = by_measure.get(group[-1], pd.Series(dtype=object)).get(group[:-1])
        if isinstance(whole, str):
            rows.append(({int(place[whole]): 1.0} | {int(place[name]): -1.0 for name in ids}, 0.0))
    stock, flow = setting("open_stock_measure"), setting("open_leavers_measure")
    if {stock, flow} <= set(by_measure.columns):
        later = by_measure.reset_index()
        before = later.assign(counted_year=later["counted_year"] + 1)
        both = later.merge(before, on=key, suffixes=("", "_before"))
        relate(both, [flow, stock], [f"{stock}_before"])
    known = connection.execute(f"select count_id, at_least from {MARTS}.int_disclosure_known order by all").df()
    for count_id, at_least in known[known["count_id"].isin(place.index)].itertuples(index=False):
        rows.append(({int(place[count_id]): 1.0}, float(at_least)))
    value = counts["people"].to_numpy(float)
    true = [
        (weights, floor)
        for weights, floor in rows
        if sum(weight * value[count] for count, weight in weights.items()) >= floor
    ]
    at = [(number, count, weight) for number, (weights, _) in enumerate(true) for count, weight in weights.items()]
    row, column, weight = (np.array(values) for values in zip(*at, strict=True)) if at else (np.zeros(0, int),) * 3
    matrix = sparse.csr_matrix((weight.astype(float), (row, column)), shape=(len(true), len(counts)))
    return matrix, np.array([floor for _, floor in true])


def _targets(universe: Universe, pairs: pd.DataFrame) -> list[Target]:
    """Return what must not be worked out: small cells, small rests of a base, and all that lacks consent."""
    threshold, counts, cells = universe.threshold, universe.counts, universe.cells
    width = float(threshold)
    found: dict[tuple, Target] = {}

    def add(kind: str, weights: dict[int, float], value: float, cell: int | None = None) -> None:
        found.setdefault(tuple(sorted(weights.items())), Target(kind, weights, value, width, cell))

    for cell in np.flatnonzero(cells["reason"].notna()):
        add(cells["reason"].iloc[cell], universe.weights_of(cell), float(cells["people"].iloc[cell]), int(cell))
    number = pd.Series(range(len(cells)), index=cells["cell_id"])
    at, base = number[pairs["cell_id"]].to_numpy(), number[pairs["base_cell_id"]].to_numpy()
    rest = cells["people"].to_numpy(float)[base] - cells["people"].to_numpy(float)[at]
    has_events = cells["people"].to_numpy(float)[at] > 0
    for cell, of, left in zip(at[has_events], base[has_events], rest[has_events], strict=True):
        if 0 <= left < threshold:
            add("rest", universe.weights_of(of) | universe.weights_of(cell, -1.0), float(left))
    current = counts[~counts["is_old"]]
    for count, people in current.loc[current["people"].between(1, threshold - 1), "people"].items():
        add("small", {int(count): 1.0}, float(people))
    withheld = current[~current["is_consent_given"].astype(bool)]
    for count, people in withheld["people"].items():
        add("withheld", {int(count): 1.0}, float(people))
    return list(found.values())
