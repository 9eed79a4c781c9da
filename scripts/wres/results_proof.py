"""Which comparators an organisation may be shown: those that give no count of another organisation away.

An organisation knows its own counts and every comparator in its pack. For each small count of another organisation
there must be another value, of the threshold or more, that fits all of it; and no count of an organisation that did
not consent to publication may be known exactly. Where there is no such value the comparators that the finding rests on
are hidden, those that are told of the fewest organisations first, until there is.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing import get_context

import duckdb
import numpy as np
import pandas as pd
from scipy import sparse

from wres.attacker import TOLERANCE, Attack, Bound, Knowledge, is_whole
from wres.home import WresError
from wres.organisations import COLLECTION
from wres.reference import read_seed, setting

COMPARATOR_KEY = (
    "collection",
    "collection_year",
    "organisation_code",
    "service",
    "indicator_code",
    "breakdown",
    "comparison_group",
    "reference_group",
    "comparator",
)
NOT_PROTECTED = "not_protected"
LOSS = {"statistical neighbours": 1.0, "similar size": 1.5, "region": 3.0, "england": 5.0}  # of hiding one
PLACES = ("numerator", "denominator", "reference_numerator", "reference_denominator")
OPEN, TOLD = -1, -2
ABOUT_COUNT = (
    "organisation_code",
    "service",
    "measure",
    "ethnic_group",
    "people",
    "is_consent_given",
    "count_id",
    "submission_id",
)
LEAST_FOR_POOL, MOST_PROCESSES = 8, 4

# What each service of each organisation has put into the comparators of a year; a count that several indicators share
# is one count.
FINEST = """
    with figures as (
        select
            counts.*,
            definitions.numerator_measure || '/' || case
                when definitions.numerator_breakdown = '*' then definitions.headline_breakdown
                else definitions.numerator_breakdown
            end as event,
            definitions.denominator_measure || '/' || definitions.denominator_breakdown as base,
            coalesce(participation.is_consent_given, false) as is_consent_given,
            participation.submission_id
        from int_organisation_counts as counts
        inner join indicator_definition as definitions using (collection, indicator_code, definition_version)
        inner join participation using (collection, collection_year, organisation_code, service)
        where
            counts.collection = $collection
            and counts.collection_year = $year
            and counts.breakdown = 'all'
            and counts.comparison_group = 'minority_ethnic'
            and counts.reference_group = 'white'
    ),

    placed as (
        unpivot figures
        on numerator, denominator, reference_numerator, reference_denominator
        into name place value people
    )

    select
        organisation_code,
        service,
        indicator_code,
        place,
        case when place like '%numerator' then event else base end as measure,
        case when place like 'reference%' then reference_group else comparison_group end as ethnic_group,
        people,
        is_consent_given,
        submission_id,
        concat_ws('|', organisation_code, service, measure, ethnic_group, people) as count_id
    from placed
"""
# Which of them each comparator adds up: those of its set, itself left out. In a total of services one of similar size
# is in it with all of its own.
PARTS = """
    select
        comparators.organisation_code,
        comparators.service,
        comparators.indicator_code,
        comparators.comparator,
        finest.place,
        finest.count_id
    from comparators
    inner join int_comparator_set as sets
        on
            comparators.collection = sets.collection
            and comparators.collection_year = sets.collection_year
            and comparators.organisation_code = sets.organisation_code
            and comparators.service = sets.service
            and comparators.comparator = sets.comparator
    inner join int_comparator_set_member as members
        on
            sets.collection = members.collection
            and sets.collection_year = members.collection_year
            and sets.service = members.service
            and sets.comparator = members.comparator
            and sets.set_code = members.set_code
            and sets.organisation_code != members.member_code
    inner join int_organisation_counts as counts
        on
            members.collection = counts.collection
            and members.collection_year = counts.collection_year
            and members.member_code = counts.organisation_code
            and members.member_service = counts.service
            and comparators.indicator_code = counts.indicator_code
            and comparators.breakdown = counts.breakdown
            and comparators.comparison_group = counts.comparison_group
            and comparators.reference_group = counts.reference_group
    inner join finest
        on
            members.member_code = finest.organisation_code
            and (members.member_service = finest.service or members.member_service = 'all')
            and comparators.indicator_code = finest.indicator_code
    where comparators.hidden_note is null
"""


def no_cells() -> pd.DataFrame:
    """Return a table of cells with none in it."""
    return pd.DataFrame(columns=["cell_id", *ABOUT_COUNT])


@dataclass(frozen=True)
class KnownBefore:
    """What is known whatever a pack shows: the open release, and what earlier packs have told (``whose``).

    Each has a row for each count that a cell adds up: cell_id, organisation_code, service, measure (with its
    breakdown), ethnic_group, people, is_consent_given, count_id and the submission_id that it comes from.
    """

    open_cells: pd.DataFrame = field(default_factory=no_cells)
    told: pd.DataFrame = field(default_factory=lambda: no_cells().assign(whose=None))

    @cached_property
    def counts(self) -> pd.DataFrame:
        """The counts behind both."""
        return pd.concat([self.open_cells, self.told], ignore_index=True)


@dataclass(frozen=True)
class Proof:
    """What was proved: each comparator with ``hidden_note`` where it may not be shown, and what is told by the others.

    ``told`` has the columns of ``KnownBefore.told``: a row for each count that a comparator which may be shown adds up.
    """

    comparators: pd.DataFrame
    told: pd.DataFrame


@dataclass(frozen=True)
class Target:
    """A count, or what is left of a base, of another organisation: ``least`` is what it must be able to reach.

    ``alike`` says how many organisations and services the attacker cannot tell from it; their counts are then one, and
    ``stands_for`` numbers the targets of each.
    """

    weights: Mapping[int, float]
    value: float
    least: float
    alike: int = 1
    stands_for: tuple[int, ...] = ()

    @property
    def missing(self) -> float:
        """How far above the truth another answer must be, that is high enough."""
        return max(self.least, 1) - self.value if self.alike > 1 else max(self.least - self.value, 1.0)

    def is_met(self, bound: Bound | None = None) -> bool:
        """Tell whether these counts (the true ones where there is no bound) are another answer, and high enough.

        Of several that are alike each may have all that they have together, or nothing.
        """
        change = sum(weight * bound.counts.get(count, 0.0) for count, weight in self.weights.items()) if bound else 0
        if self.alike > 1:
            return self.value + change >= max(self.least, 1) - TOLERANCE
        return abs(change) > TOLERANCE and self.value + change >= self.least - TOLERANCE


@dataclass(frozen=True)
class Year:
    """The counts of a year that comparators add up, and what an attacker knows of counts without having seen them."""

    counts: pd.DataFrame
    at_least: sparse.csr_matrix
    floor: np.ndarray
    targets: list[Target]
    threshold: int


@dataclass(frozen=True)
class Shown:
    """What one organisation would be shown: the comparators' names, and the sums as rows over the year's counts.

    ``of`` says which comparator each sum is of; those of the open release (``OPEN``) and those that the organisation
    was told before (``TOLD``) are known whatever is hidden.
    """

    organisation_code: str
    names: list[tuple[str, str, str]]
    sums: sparse.csr_matrix
    of: np.ndarray

    @cached_property
    def alike(self) -> list[list[int]]:
        """For each sum all that add up the same counts, itself among them."""
        found: dict[bytes, list[int]] = {}
        rows = [np.sort(self.sums[row].indices).tobytes() for row in range(self.sums.shape[0])]
        for number, key in enumerate(rows):
            found.setdefault(key, []).append(number)
        return [found[key] for key in rows]


def proved_comparators(
    connection: duckdb.DuckDBPyConnection,
    year: int,
    organisations: list[str],
    on_done: Callable[[int], None] = lambda done: None,
    known: KnownBefore | None = None,
) -> Proof:
    """Return which comparators each of these organisations may be shown.

    Raises ``WresError`` where the members of a comparator do not add up to it, so that nothing could be proved, and
    where what is open to all gives a count away without any comparator.
    """
    known = known or KnownBefore()
    values = {"collection": COLLECTION, "year": year}
    comparators = connection.execute(
        "select * from int_result_comparator where collection = $collection and collection_year = $year "
        "and organisation_code in (select unnest($organisations))",
        values | {"organisations": organisations},
    ).df()
    finest = connection.execute(FINEST, values).df()
    connection.register("comparators", comparators)
    connection.register("finest", finest)
    parts = connection.execute(PARTS).df()
    _check_sums(comparators, finest, parts)
    counts = year_of(finest, known)
    hidden: set[tuple[str, str, str, str]] = set()
    for done, (code, names) in enumerate(_attacked(counts, list(shown_of(counts, parts, organisations, known))), 1):
        hidden |= {(code, *name) for name in names}
        on_done(done)
    is_hidden = _is_in(comparators, hidden)
    note = comparators["hidden_note"].where(~is_hidden, NOT_PROTECTED)
    told = _told(parts[~_is_in(parts, hidden)], counts)
    return Proof(comparators.assign(hidden_note=note, may_be_shown=note.isna()), told)


def _is_in(frame: pd.DataFrame, names: set[tuple[str, str, str, str]]) -> np.ndarray:
    keys = frame[["organisation_code", "service", "indicator_code", "comparator"]].itertuples(index=False, name=None)
    return np.array([key in names for key in keys], dtype=bool)


def _told(parts: pd.DataFrame, known: Year) -> pd.DataFrame:
    """Return what these comparators tell whom, each count as it is now."""
    cell = parts[["service", "indicator_code", "comparator", "place"]].agg("|".join, axis=1)
    told = pd.DataFrame({"whose": parts["organisation_code"], "cell": cell, "count_id": parts["count_id"]})
    told = told.merge(known.counts, on="count_id")
    # A sum that was told again with other counts is another sum.
    total = told.groupby(["whose", "cell"])["people"].transform("sum")
    return told.assign(cell_id=told["cell"] + "|" + total.astype(str)).drop(columns="cell")


def year_of(finest: pd.DataFrame, known: KnownBefore | None = None) -> Year:
    """Return a year's counts, the inequalities that hold between them, and what must not be worked out."""
    threshold = int(setting("disclosure_threshold"))
    every = pd.concat([finest, known.counts], ignore_index=True) if known and len(known.counts) else finest
    counts = (
        every.reindex(columns=list(ABOUT_COUNT))
        .drop_duplicates("count_id")
        .sort_values("count_id")
        .reset_index(drop=True)
    )
    place = pd.Series(counts.index, index=counts["count_id"])
    people = counts["people"].to_numpy(float)
    key = ["organisation_code", "service", "indicator_code", "ethnic_group"]
    is_base = finest["place"].str.endswith("denominator")
    pairs = finest[~is_base].merge(finest[is_base], on=key, suffixes=("", "_base"))
    events, bases = place[pairs["count_id"]].to_numpy(), place[pairs["count_id_base"]].to_numpy()
    within = {(int(base), int(event)) for base, event in zip(bases, events, strict=True)} | _within(counts)
    within = sorted(pair for pair in within if people[pair[0]] >= people[pair[1]])
    rows = np.repeat(np.arange(len(within)), 2)
    matrix = sparse.csr_matrix(
        (np.tile([1.0, -1.0], len(within)), (rows, np.array(within, dtype=int).ravel())),
        shape=(len(within), len(counts)),
    )
    targets: dict[tuple, Target] = {}
    for count in np.flatnonzero((people > 0) & (people < threshold)):
        targets[(int(count),)] = Target({int(count): 1.0}, people[count], threshold)
    for base, event in zip(bases, events, strict=True):
        rest = people[base] - people[event]
        if people[event] > 0 and rest < threshold:
            targets[int(base), int(event)] = Target({int(base): 1.0, int(event): -1.0}, rest, threshold)
    for count in np.flatnonzero(~counts["is_consent_given"].to_numpy(bool)):
        targets.setdefault((int(count),), Target({int(count): 1.0}, people[count], 0))
    return Year(counts, matrix, np.zeros(len(within)), list(targets.values()), threshold)


def _within(counts: pd.DataFrame) -> set[tuple[int, int]]:
    """Return wholes and their parts by the rules of the return (seed rule_comparison)."""
    rules = read_seed("rule_comparison").query("with_measure == ''")
    key = ["organisation_code", "service", "ethnic_group"]
    every = counts[counts["measure"].str.endswith("/all")].assign(count=lambda frame: frame.index)
    every["measure"] = every["measure"].str.removesuffix("/all")
    both = every.merge(rules, left_on="measure", right_on="part_measure").merge(
        every, left_on=[*key, "whole_measure"], right_on=[*key, "measure"], suffixes=("", "_whole")
    )
    return {(int(whole), int(part)) for whole, part in both[["count_whole", "count"]].itertuples(index=False)}


def shown_of(
    year: Year, parts: pd.DataFrame, organisations: list[str], known: KnownBefore | None = None
) -> Iterator[Shown]:
    """Give what each organisation would be shown, with what it knows already."""
    known = known or KnownBefore()
    place = pd.Series(year.counts.index, index=year.counts["count_id"])

    def added(frame: pd.DataFrame, names: pd.Series) -> tuple[sparse.csr_matrix, np.ndarray]:
        row, found = pd.factorize(names)
        at = (row, place.reindex(frame["count_id"]).to_numpy(int))
        return sparse.csr_matrix((np.ones(len(frame)), at), shape=(len(found), len(place))), found

    in_the_open, _ = added(known.open_cells, known.open_cells["cell_id"])
    for code in organisations:
        own = parts[parts["organisation_code"] == code]
        name = list(own[["service", "indicator_code", "comparator"]].itertuples(index=False, name=None))
        sums, places = added(own, pd.Series(list(zip(name, own["place"], strict=True)), dtype=object))
        of, names = pd.factorize(pd.Series([comparator for comparator, _ in places], dtype=object))
        before = known.told[known.told["whose"] == code]
        told, _ = added(before, before["cell_id"])
        known_of = [np.full(matrix.shape[0], why) for matrix, why in ((in_the_open, OPEN), (told, TOLD))]
        rows = sparse.vstack([sums, in_the_open, told]).tocsr()
        yield Shown(code, list(names), rows, np.concatenate([of, *known_of]).astype(int))


def hidden_of(year: Year, shown: Shown) -> list[tuple[str, str, str]]:
    """Return the comparators that one organisation may not be shown beside the others.

    What it can work out from earlier packs is known to it, and no reason to hide anything now. Raises ``WresError``
    where what is open to all gives a count away.
    """
    if _unmet_of(year, shown, shown.of == OPEN)[1]:
        raise WresError(
            f"A count of another organisation can be worked out by {shown.organisation_code} from the open release "
            "without any comparator, so that no pack of it may be written. Run the gate of the open release again."
        )
    lost = set()
    if (shown.of == TOLD).any():
        lost = {number for target, _ in _unmet_of(year, shown, shown.of < 0)[1] for number in target.stands_for}
    is_hidden = np.zeros(len(shown.names), dtype=bool)
    while True:
        # The last places stand for what is known already.
        is_open = ~np.append(is_hidden, [False, False])[shown.of]
        attack, unmet = _unmet_of(year, shown, is_open)
        unmet = [(target, bound) for target, bound in unmet if not lost.issuperset(target.stands_for)]
        if not unmet:
            return [name for name, hidden in zip(shown.names, is_hidden, strict=True) if hidden]
        _hide(shown, is_hidden, [_rests_on(attack, target, bound) for target, bound in unmet])


def _unmet_of(year: Year, shown: Shown, is_open: np.ndarray) -> tuple[Attack, list[tuple[Target, Bound]]]:
    """Return the attack where these sums are open, and the targets that it comes too near to."""
    knowledge, targets = _told_apart(year, shown, is_open)
    attack = Attack(knowledge)
    return attack, _unmet(attack, targets)


def _told_apart(known: Year, shown: Shown, is_open: np.ndarray) -> tuple[Knowledge, list[Target]]:
    """Return what an organisation knows of the others, and the targets, with those as one that it cannot tell apart.

    Those whose every count is in the same sums may change places, and one of them may have all that they have
    together: the range of each is that of their sum. The organisation's own counts are known to it, and left out.
    """
    counts = known.counts
    columns = shown.sums.multiply(is_open[:, None]).tocsc()
    columns.eliminate_zeros()
    columns.sort_indices()
    sums_of = [
        columns.indices[start:end].tobytes() for start, end in zip(columns.indptr, columns.indptr[1:], strict=False)
    ]
    is_other = (counts["organisation_code"] != shown.organisation_code).to_numpy()
    frame = counts[is_other].assign(sums=[sums_of[count] for count in np.flatnonzero(is_other)])
    owner = frame["organisation_code"] + "|" + frame["service"]
    kind = frame["measure"] + "|" + frame["ethnic_group"]
    # A count that has changed since it was told is another count.
    kind += "|" + frame.groupby([owner, kind]).cumcount().astype(str)
    pattern = pd.Series(list(zip(kind, frame["sums"], strict=True)), index=frame.index).groupby(owner).agg(sorted)
    pattern = pd.Series(pd.factorize(pattern.map(tuple))[0], index=pattern.index)
    alike = owner.map(pattern)
    sizes = alike.map(pattern.value_counts()).to_numpy()
    group, _ = pd.factorize(alike.astype(str) + "|" + kind)
    to = np.full(len(counts), -1)
    to[frame.index] = group
    gather = sparse.csr_matrix(
        (np.ones(len(frame)), (frame.index, group)), shape=(len(counts), int(group.max(initial=-1)) + 1)
    )
    size = np.zeros(gather.shape[1])
    size[group] = sizes
    value = gather.T @ counts["people"].to_numpy(float)
    sums = (shown.sums @ gather).tocsr()
    sums.data[:] = 1.0
    stand_for: dict[tuple, list[int]] = {}
    for number, target in enumerate(known.targets):
        weights = tuple((int(to[count]), weight) for count, weight in target.weights.items())
        if min(weights)[0] >= 0:
            stand_for.setdefault((weights, target.least), []).append(number)
    targets = [
        Target(
            dict(weights),
            sum(weight * value[count] for count, weight in weights),
            least,
            int(size[weights[0][0]]),
            tuple(numbers),
        )
        for (weights, least), numbers in stand_for.items()
    ]
    limits, floor = _together(known, gather, size)
    big = float(2 * value.max(initial=0) + known.threshold)
    return Knowledge(value, sums, is_open, limits, floor, big), targets


def _together(known: Year, gather: sparse.csr_matrix, size: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return the inequalities that hold for each of those that are as one, and so for their sum."""
    limits = (known.at_least @ gather).tocsr()
    limits.sort_indices()
    kept: dict[tuple, list[int]] = {}
    for row in range(limits.shape[0]):
        at = slice(limits.indptr[row], limits.indptr[row + 1])
        if at.stop - at.start == known.at_least.indptr[row + 1] - known.at_least.indptr[row]:
            kept.setdefault((*limits.indices[at], *limits.data[at]), []).append(row)
    rows = [found[0] for key, found in kept.items() if len(found) == size[int(key[0])]]
    return limits[rows], np.zeros(len(rows))


def _unmet(attack: Attack, targets: list[Target]) -> list[tuple[Target, Bound]]:
    """Return the targets that the attacker comes too near to, each with how it is done.

    Many are raised at once, as one answer that fits serves every target that it raises enough; what no such answer
    raises is attacked alone, and in whole numbers where halves would be needed.
    """
    targets = [target for target in targets if not target.is_met()]
    while targets:
        together: dict[int, float] = {}
        for target in targets:
            for count, weight in target.weights.items():
                together[count] = together.get(count, 0.0) + weight
        bound = attack.reach({count: weight for count, weight in together.items() if weight}, upwards=True)
        left = [target for target in targets if not target.is_met(bound)] if bound.is_whole else targets
        if len(left) == len(targets):
            break
        targets = left
    unmet = []
    while targets:
        target = targets[0]
        bound = attack.reach(dict(target.weights), upwards=True)
        if target.is_met(bound) and not bound.is_whole:
            bound = _in_whole_numbers(attack, target, bound, target.missing)
        if not target.is_met(bound) and target.least <= target.value:
            bound = _in_whole_numbers(attack, target, bound, -1.0)
        if not target.is_met(bound):
            unmet.append((target, bound))
        targets = [other for other in targets[1:] if not other.is_met(bound)]
    return unmet


def _in_whole_numbers(attack: Attack, target: Target, bound: Bound, amount: float) -> Bound:
    """Return counts in whole numbers that change the target by the amount, with what the bound in fractions rests on.

    The nearest that do it are soon found; only where there are none is the furthest solved for.
    """
    weights = dict(target.weights)
    counts = attack.near(weights, amount)
    if counts is None or not is_whole(counts):
        counts = attack.reach(weights, upwards=amount > 0, whole=True).counts
    return Bound(sum(weight * counts.get(count, 0.0) for count, weight in weights.items()), counts, bound.needs)


def _rests_on(attack: Attack, target: Target, bound: Bound) -> list[int]:
    """Return the sums that a finding rests on; sums of nobody, which bind for nothing, where there are no others."""
    if bound.needs:
        return list(bound.needs)
    sums = attack.knowledge.sums
    counts = list(target.weights)
    return [int(row) for row in np.flatnonzero(attack.knowledge.is_known & (sums[:, counts].sum(axis=1).A1 > 0))]


def _hide(shown: Shown, is_hidden: np.ndarray, findings: list[list[int]]) -> None:
    """Hide what loses least of what each of these findings rests on, one thing for several where it can be.

    A sum that several indicators show (they share a base) is known until all of them are hidden.
    """
    before = is_hidden.copy()
    for rows in findings:
        rows_left = [row for row in rows if shown.of[row] >= 0 and not before[shown.of[row]]]
        if not rows_left:
            raise WresError(
                f"A count of another organisation can be worked out by {shown.organisation_code} from what is known "
                "without its comparators, so that no pack of it may be written."
            )
        if any(is_hidden[shown.of[row]] for row in rows_left):
            continue
        choices = [
            sorted({int(shown.of[other]) for other in shown.alike[row]} - {OPEN, TOLD, *np.flatnonzero(before)})
            for row in rows_left
        ]
        least = min(choices, key=lambda numbers: (sum(LOSS[shown.names[number][2]] for number in numbers), numbers))
        is_hidden[least] = True


def _attacked(known: Year, shown: list[Shown]) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Give each organisation with the comparators to hide, in order; several at a time where there are many."""
    if len(shown) < LEAST_FOR_POOL:
        yield from ((one.organisation_code, hidden_of(known, one)) for one in shown)
        return
    processes = min(MOST_PROCESSES, os.cpu_count() or 1)
    with ProcessPoolExecutor(processes, get_context("spawn"), _start, (known,)) as pool:
        yield from zip((one.organisation_code for one in shown), pool.map(_hidden_of, shown), strict=True)


_known: list[Year] = []  # of this process


def _start(known: Year) -> None:
    _known[:] = [known]


def _hidden_of(shown: Shown) -> list[tuple[str, str, str]]:
    return hidden_of(_known[0], shown)


def _check_sums(comparators: pd.DataFrame, finest: pd.DataFrame, parts: pd.DataFrame) -> None:
    """Raise ``WresError`` where the members of a comparator that may be shown do not add up to it."""
    people = finest.drop_duplicates("count_id").set_index("count_id")["people"]
    key = ["organisation_code", "service", "indicator_code", "comparator"]
    added = (
        parts.assign(people=parts["count_id"].map(people))
        .pivot_table(index=key, columns="place", values="people", aggfunc="sum")
        .reindex(columns=list(PLACES))
    )
    told = comparators[comparators["hidden_note"].isna()].set_index(key)[list(PLACES)]
    if not told.sort_index().astype(float).equals(added.sort_index().astype(float).rename_axis(columns=None)):
        raise WresError(
            "The members of a comparator do not add up to it, so that nothing can be proved of it. Run `wres build` "
            "and `wres publish`, then this command again."
        )
