"""The gate: what attackers could work out of each count that must not be known.

A target is safe where whole numbers exist that fit all that is known and lie as far apart as is asked: for somebody
from outside the width of the threshold, and reaching it; for each organisation in turn, as an insider that knows
its own counts besides, the threshold or, for larger counts, another value. Such numbers prove it, and whatever an
attacker solves for can only be wider. They are checked here, wherever they come from; where none are at hand they
are solved for, as integers, and where there are none the release fails.
"""

import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import pandas as pd

from wres.attacker import TOLERANCE, Attack, is_whole
from wres.disclosure import Target, Universe
from wres.suppress import Proofs, Show, by_owner, matrix_of

LEAST_FOR_POOL = 500  # targets
# With more targets than this the ends of the ranges are not solved for: that whole numbers are possible as far as the
# standard asks is proof enough, and ten times faster.
MOST_EXACT = 500


@dataclass(frozen=True)
class Audit:
    """What the gate found.

    ``targets`` has a row for each target: kind, cell_id (where it is a cell), value, least and greatest (real numbers;
    where there are no more than ``MOST_EXACT`` targets), least_whole and greatest_whole (the furthest that whole
    numbers were found), insiders, insiders_who_know, is_protected. ``hidden`` has one for each hidden cell
    that figures show: cell_id, attackers, is_protected.
    """

    targets: pd.DataFrame
    hidden: pd.DataFrame

    @property
    def failures(self) -> pd.DataFrame:
        """The targets that an attacker could work out."""
        return self.targets[~self.targets["is_protected"]]

    @property
    def is_passed(self) -> bool:
        """Tell whether nothing can be worked out."""
        return bool(self.targets["is_protected"].all() and self.hidden["is_protected"].all())


def audit(
    universe: Universe,
    is_open: np.ndarray,
    proofs: Iterable[dict[int, float]] = (),
    show: Show = lambda line: None,
    without: Iterable[Target] = (),
) -> Audit:
    """Attack every target where these cells are open.

    ``proofs`` are counts that are said to fit; each is checked before it is used. ``without`` are targets that
    earlier releases alone gave away, and that no pattern can protect any more.
    """
    gone = {id(target) for target in without}
    secondary = np.flatnonzero(~is_open & universe.cells["reason"].isna().to_numpy())
    targets = [target for target in universe.targets if id(target) not in gone]
    targets += [universe.target_of(int(cell)) for cell in secondary]
    known = Proofs(universe, targets)
    for proof in _that_fit(universe, is_open, list(proofs)):
        known.add(proof)
    with _Attackers(universe, is_open) as attackers:
        show(f"Gate: {len(targets):,} hidden counts, attacked from outside")
        found = pd.DataFrame(
            {
                "kind": [target.kind for target in targets],
                "cell_id": [None if of.cell is None else universe.cells["cell_id"].iloc[of.cell] for of in targets],
                "value": [target.value for target in targets],
            }
        )
        is_exact = len(targets) <= MOST_EXACT
        ranges = [target if is_exact else None for target in targets]
        found[["least", "greatest"]] = attackers.each(_range, ranges, (np.nan, np.nan))
        open_questions = [targets[number] for number in known.unproved()]
        for proof in itertools.chain(*attackers.each(_whole_proofs, open_questions, ())):
            known.add(proof)
        below, above = known.reached()
        found["least_whole"], found["greatest_whole"] = found["value"] - below, found["value"] + above
        found["is_protected"] = True
        found.loc[known.unproved(), "is_protected"] = False
        show("Gate: each organisation as an insider")
        asked = known.unproved_inside()
        tasks = [(targets[number], tuple(insiders)) for number, insiders in asked.items()]
        knowing = dict(zip(asked, attackers.each(_insiders_who_know, tasks, 0), strict=True))
    found["insiders"] = _insiders(universe, is_open, targets)
    found["insiders_who_know"] = [knowing.get(number, 0) for number in range(len(targets))]
    found["is_protected"] &= found["insiders_who_know"] == 0
    by_cell = found[found["cell_id"].notna()].groupby("cell_id", as_index=False)
    hidden = by_cell.agg(attackers=("insiders", "max"), is_protected=("is_protected", "all"))
    return Audit(found, hidden.assign(attackers=hidden["attackers"] + 1))


class _Attackers:
    """Processes that each attack a share of the targets; this one alone where there is little to do."""

    def __init__(self, universe: Universe, is_open: np.ndarray) -> None:
        self.workers = os.cpu_count() or 1
        self.given = (universe, is_open)
        is_large = self.workers > 1 and len(universe.targets) >= LEAST_FOR_POOL
        self.pool = ProcessPoolExecutor(self.workers, get_context("spawn"), _take_up, self.given) if is_large else None

    def __enter__(self) -> "_Attackers":
        if self.pool is None:
            _take_up(*self.given)
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool is not None:
            self.pool.shutdown()
        _at.clear()

    def each(self, attack: Callable, tasks: Sequence, without_task: object) -> list:
        """Return what an attack finds for each task; ``without_task`` where there is none."""
        asked = [task for task in tasks if task is not None]
        if self.pool is None:
            found = iter([attack(task) for task in asked])
        else:
            found = iter(list(self.pool.map(attack, asked, chunksize=max(1, len(asked) // (8 * self.workers)))))
        return [without_task if task is None else next(found) for task in tasks]


_at: list = []  # of this process: the universe, the attack, and the counts of each organisation


def _take_up(universe: Universe, is_open: np.ndarray) -> None:
    _at[:] = [universe, Attack(universe.knowledge(is_open)), by_owner(universe.owner)]


def _range(target: Target) -> tuple[float, float]:
    """Return the least and the greatest value for somebody who knows what was released and nothing else."""
    _, attack, _ = _at
    return tuple(target.value + attack.reach(target.weights, upwards).change for upwards in (False, True))


def _whole_proofs(target: Target) -> list[dict[int, float]]:
    """Return whole numbers that show a target to be safe from outside, or else those that take it furthest."""
    universe, attack, _ = _at
    near = [attack.near(target.weights, change) for change in target.ends(target.asked(universe.threshold))]
    if None not in near and all(map(is_whole, near)):
        return [_rounded(proof) for proof in near]
    return [_rounded(attack.reach(target.weights, upwards, whole=True).counts) for upwards in (False, True)]


def _rounded(proof: dict[int, float]) -> dict[int, float]:
    return {count: float(round(change)) for count, change in proof.items()}


def _insiders_who_know(task: tuple[Target, tuple[int, ...]]) -> int:
    """Return how many of these insiders could work a target out."""
    universe, attack, owned = _at
    target, insiders = task
    together = frozenset().union(*(owned[insider] for insider in insiders))
    if len(insiders) > 1 and _possible(universe, attack, target, together):
        return 0
    return sum(_possible(universe, attack, target, owned[insider]) is None for insider in insiders)


def _that_fit(universe: Universe, is_open: np.ndarray, proofs: Iterable[dict[int, float]]) -> list[dict[int, float]]:
    """Return the proofs that are integers and fit all that is known."""
    whole = [_rounded(proof) for proof in proofs if is_whole(proof)]
    moves = matrix_of(whole, len(universe.value))
    is_broken = np.zeros(len(whole), bool)
    sums = (universe.sums[np.flatnonzero(is_open)] @ moves.T).tocoo()
    is_broken[sums.col[np.abs(sums.data) > TOLERANCE]] = True
    limits = (universe.at_least @ moves.T).tocoo()
    slack = universe.at_least @ universe.value - universe.floor
    is_broken[limits.col[limits.data < -slack[limits.row] - TOLERANCE]] = True
    changed = moves.tocoo()
    after = universe.value[changed.col] + changed.data
    is_broken[changed.row[(after < 0) | (after > universe.big)]] = True
    return [proof for proof, broken in zip(whole, is_broken, strict=True) if not broken]


def _possible(universe: Universe, attack: Attack, target: Target, own: frozenset[int]) -> dict[int, float] | None:
    """Return integers that fit what an insider knows and prove that it cannot tell; nothing where there are none."""
    above = target.asked(universe.threshold, inside=True).above
    ways = [above] if above > 0 else [1.0, -1.0]
    for amount in ways:
        proof = attack.near(target.weights, amount, own)
        if proof and is_whole(proof):
            return _rounded(proof)
    for amount in ways:
        bound = attack.reach(target.weights, amount > 0, own, whole=True)
        if abs(bound.change) >= abs(amount) - TOLERANCE:
            return _rounded(bound.counts)
    return None


def _insiders(universe: Universe, is_open: np.ndarray, targets: list[Target]) -> list[int]:
    """Return how many organisations know something that is tied to each target."""
    attack = Attack(universe.knowledge(is_open))
    tied: dict[int, set[int]] = {}
    numbers = []
    for target in targets:
        owners: set[int] = set()
        for part in attack.parts_of(target.weights):
            owners |= tied.setdefault(id(part), set(map(int, universe.owner[part.members])))
        own = set(map(int, universe.owner[list(target.weights)]))
        numbers.append(len(owners - own) if len(own) == 1 else len(owners))
    return numbers
