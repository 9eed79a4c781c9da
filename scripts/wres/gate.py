"""The gate: what attackers could work out of each count that must not be known.

From outside the least and greatest value of each target are solved for, as real numbers and as integers. Each
organisation in turn is an insider that knows its own counts besides: for it a target is safe where counts exist
that fit all it knows and put the target at the threshold or, for larger ones, at another value. Such counts are
checked here, wherever they come from; where none are at hand they are looked for, and where there are none the
release fails.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wres.attacker import TOLERANCE, Attack
from wres.disclosure import Target, Universe
from wres.suppress import Proofs, Show, by_owner, matrix_of


@dataclass(frozen=True)
class Audit:
    """What the gate found.

    ``targets`` has a row for each target: kind, cell_id (where it is a cell), value, least, greatest (real),
    least_whole, greatest_whole, insiders, insiders_who_know, is_protected. ``hidden`` has one for each hidden cell
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
    attack = Attack(universe.knowledge(is_open))
    known = Proofs(universe, targets)
    for proof in _that_fit(universe, is_open, list(proofs)):
        known.add(proof)
    show(f"Gate: {len(targets):,} hidden counts, attacked from outside")
    rows = [_from_outside(universe, attack, target, known) for target in targets]
    found = pd.DataFrame(rows)
    show("Gate: each organisation as an insider")
    know = _from_inside(universe, attack, targets, known)
    found["insiders"] = _insiders(universe, attack, targets)
    found["insiders_who_know"] = [know.get(number, 0) for number in range(len(targets))]
    found["is_protected"] &= found["insiders_who_know"] == 0
    by_cell = found[found["cell_id"].notna()].groupby("cell_id", as_index=False)
    hidden = by_cell.agg(attackers=("insiders", "max"), is_protected=("is_protected", "all"))
    return Audit(found, hidden.assign(attackers=hidden["attackers"] + 1))


def _that_fit(universe: Universe, is_open: np.ndarray, proofs: Iterable[dict[int, float]]) -> list[dict[int, float]]:
    """Return the proofs that are integers and fit all that is known."""
    whole = [
        {count: float(round(change)) for count, change in proof.items()}
        for proof in proofs
        if all(abs(change - round(change)) < TOLERANCE for change in proof.values())
    ]
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


def _from_outside(universe: Universe, attack: Attack, target: Target, known: Proofs) -> dict[str, object]:
    """Return the range of a target for somebody who knows what was released and nothing else."""
    ends, whole_ends = [], []
    for upwards in (False, True):
        bound = attack.reach(target.weights, upwards)
        whole = bound if bound.is_whole else attack.reach(target.weights, upwards, whole=True)
        ends.append(target.value + bound.change)
        whole_ends.append(target.value + whole.change)
        known.add({count: float(round(change)) for count, change in whole.counts.items()})
    least, greatest = whole_ends
    is_wide = greatest - least >= target.width - TOLERANCE
    is_high = target.kind == "hidden" or greatest >= universe.threshold - TOLERANCE
    return {
        "kind": target.kind,
        "cell_id": None if target.cell is None else universe.cells["cell_id"].iloc[target.cell],
        "value": target.value,
        "least": ends[0],
        "greatest": ends[1],
        "least_whole": least,
        "greatest_whole": greatest,
        "is_protected": is_wide and is_high,
    }


def _from_inside(universe: Universe, attack: Attack, targets: list[Target], known: Proofs) -> dict[int, int]:
    """Return for each target how many insiders could work it out; those that could not are left out."""
    owned = by_owner(universe.owner)
    knows: dict[int, int] = {}
    for number, insiders in known.unproved_inside().items():
        target = targets[number]
        together = frozenset().union(*(owned[insider] for insider in insiders))
        if len(insiders) > 1 and _possible(universe, attack, target, together):
            continue
        clever = sum(_possible(universe, attack, target, owned[insider]) is None for insider in insiders)
        if clever:
            knows[number] = clever
    return knows


def _possible(universe: Universe, attack: Attack, target: Target, own: frozenset[int]) -> dict[int, float] | None:
    """Return integers that fit what an insider knows and prove that it cannot tell; nothing where there are none."""
    short = universe.threshold - target.value
    ways = [short] if short > 0 else [1.0, -1.0]
    for amount in ways:
        proof = attack.near(target.weights, amount, own)
        if proof and all(abs(change - round(change)) < TOLERANCE for change in proof.values()):
            return {count: float(round(change)) for count, change in proof.items()}
    for amount in ways:
        bound = attack.reach(target.weights, amount > 0, own, whole=True)
        if abs(bound.change) >= abs(amount) - TOLERANCE:
            return {count: float(round(change)) for count, change in bound.counts.items()}
    return None


def _insiders(universe: Universe, attack: Attack, targets: list[Target]) -> list[int]:
    """Return how many organisations know something that is tied to each target."""
    tied: dict[int, set[int]] = {}
    numbers = []
    for target in targets:
        owners: set[int] = set()
        for part in attack.parts_of(target.weights):
            owners |= tied.setdefault(id(part), set(map(int, universe.owner[part.members])))
        own = set(map(int, universe.owner[list(target.weights)]))
        numbers.append(len(owners - own) if len(own) == 1 else len(owners))
    return numbers
