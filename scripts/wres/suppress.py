"""Which cells of the open release are hidden: those that are too small, and those that would give them away.

Cutting planes: hide what must be hidden, let the attacker try, and where a target can be worked out demand that
something be hidden of what its proof rests on; choose what loses least (a covering problem, solved with HiGHS);
again, until the attacker finds nothing. Then open again, one at a time, each hidden cell that nothing needs.

Source: Fischetti and Salazar (2001); sliding protection after the same.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from wres.attacker import TOLERANCE, Attack, Bound, quiet_solver
from wres.disclosure import Target, Universe

Show = Callable[[str], None]
COVER_SECONDS = 20.0
FREE_ROUNDS = 4


@dataclass(frozen=True)
class Pattern:
    """Which cells are open; ``lost`` are targets that earlier releases alone gave away."""

    is_open: np.ndarray
    rounds: int
    cuts: int
    is_least: bool
    lost: list[Target]


class Proofs:
    """Counts that fit all that is known and differ from the truth: while they fit, they prove that much is possible."""

    def __init__(self, universe: Universe, targets: list[Target]) -> None:
        """Start with none; ``targets`` are what is to be proved."""
        self.universe = universe
        self.weights = _matrix([target.weights for target in targets], len(universe.counts))
        self.short_of = np.array([universe.threshold - target.value for target in targets])
        self.width = np.array([target.width for target in targets])
        self.is_hidden_only = np.array([target.kind == "hidden" for target in targets])
        owners = universe.owner
        self.owners = sparse.csr_matrix(
            (np.ones(len(owners)), (np.arange(len(owners)), owners)), shape=(len(owners), owners.max(initial=-1) + 1)
        )
        self.found: list[dict[int, float]] = []
        self._moves = sparse.csr_matrix((0, len(universe.counts)))

    @property
    def moves(self) -> sparse.csr_matrix:
        """The proofs as rows over the finest counts."""
        if self._moves.shape[0] < len(self.found):
            new = _matrix(self.found[self._moves.shape[0] :], len(self.universe.counts))
            self._moves = sparse.vstack([self._moves, new]).tocsr()
        return self._moves

    def add(self, counts: dict[int, float]) -> None:
        """Keep one more."""
        if counts:
            self.found.append(counts)

    def forget(self, opened: np.ndarray) -> None:
        """Drop the proofs that do not fit once these cells are open."""
        if not len(opened):
            return
        broken = abs(self.universe.sums[opened] @ self.moves.T).max(axis=0).toarray().ravel() > TOLERANCE
        self._moves = self.moves[~broken]
        self.found = [proof for proof, is_broken in zip(self.found, broken, strict=True) if not is_broken]

    def unproved(self) -> np.ndarray:
        """Return the targets that an outsider might still work out."""
        reached = (self.weights @ self.moves.T).tocsr()
        above = _row_most(reached)
        below = _row_most(-reached)
        is_safe = (above + below >= self.width - TOLERANCE) & (self.is_hidden_only | (above >= self.short_of - TOLERANCE))
        return np.flatnonzero(~is_safe)

    def unproved_inside(self) -> tuple[np.ndarray, np.ndarray]:
        """Return pairs of target and organisation: as an insider it might still work the target out."""
        reached = (self.weights @ self.moves.T).tocsr()
        reached = reached[~self.is_hidden_only]
        number = np.flatnonzero(~self.is_hidden_only)
        rows = np.repeat(np.arange(reached.shape[0]), np.diff(reached.indptr))
        least = self.short_of[number][rows]
        enough = np.where(least > 0, reached.data >= least - TOLERANCE, abs(reached.data) >= 1 - TOLERANCE)
        proves = sparse.csr_matrix((enough.astype(float), reached.indices, reached.indptr), shape=reached.shape)
        proves.eliminate_zeros()
        moved = (abs(self.moves) @ self.owners).tocsr()
        moved.data[:] = 1
        needed = (proves @ moved).tocoo()
        is_needed = needed.data > np.diff(proves.indptr)[needed.row] - TOLERANCE
        target, organisation = needed.row[is_needed], needed.col[is_needed]
        held = abs(self.weights[number]) @ self.owners
        own = np.asarray(held[target, organisation]).ravel()
        is_others = own < np.asarray(held.sum(axis=1)).ravel()[target] - TOLERANCE
        return number[target[is_others]], organisation[is_others]


def _matrix(rows: Sequence[Mapping[int, float]], columns: int) -> sparse.csr_matrix:
    lengths = np.cumsum([0, *(len(row) for row in rows)])
    indices = np.fromiter((column for row in rows for column in row), dtype=np.int64, count=lengths[-1])
    data = np.fromiter((value for row in rows for value in row.values()), dtype=float, count=lengths[-1])
    return sparse.csr_matrix((data, indices, lengths), shape=(len(rows), columns))


def _row_most(matrix: sparse.csr_matrix) -> np.ndarray:
    """Return the largest value of each row, and 0 where none is above it."""
    if not matrix.shape[1]:
        return np.zeros(matrix.shape[0])
    return np.maximum(matrix.max(axis=1).toarray().ravel(), 0)


class Search:
    """The search for a pattern."""

    def __init__(self, universe: Universe, show: Show = lambda line: None) -> None:
        """Take up a universe: what must be hidden is, and nothing else."""
        self.universe = universe
        self.show = show
        self.is_settled = universe.cells["is_settled"].to_numpy(bool)
        self.must_hide = universe.cells["reason"].notna().to_numpy() & ~self.is_settled
        self.is_open = ~self.must_hide
        self.attack = Attack(universe.knowledge(self.is_open))
        self.targets = list(universe.targets)
        self.proofs = Proofs(universe, self.targets)
        self.lost: set[int] = set()
        self.cuts: dict[tuple[tuple[int, float], ...], None] = {}
        self.rounds = 0
        self.tries: Counter[int] = Counter()
        self.is_least = True

    def run(self) -> Pattern:
        """Return a pattern that gives nothing away, in which no hidden cell could be opened.

        First what loses least by the ways that are known, for some rounds; then more is hidden until the attacker
        finds nothing; then, of what is hidden, what loses least is kept.
        """
        every = np.ones(len(self.is_open), bool)
        for _ in range(FREE_ROUNDS):
            if not self._round("Choosing", kept=~every, allowed=every, gap=0.01):
                break
        # What is found again and again is met by more and more, so that an end is in sight.
        while self._round("Hiding more", kept=~self.is_open, allowed=every, gap=0.01, is_pressing=True):
            pass
        superset = ~self.is_open
        self._choose(kept=~every, allowed=superset, gap=0.0)
        while self._round("Opening what nothing needs", kept=~every, allowed=superset, gap=0.0):
            pass
        lost = [self.targets[number] for number in sorted(self.lost)]
        return Pattern(self.is_open, self.rounds, len(self.cuts), self.is_least, lost)

    def _round(
        self, doing: str, kept: np.ndarray, allowed: np.ndarray, gap: float, is_pressing: bool = False
    ) -> bool:
        """Let the attacker try, and choose again; tell whether a way was found."""
        new = self._outsiders() or self._insiders() or self._exactly_known()
        if not new:
            return False
        self.rounds += 1
        self.cuts |= dict.fromkeys(cut for _, cut in new)
        demands = {}
        if is_pressing:
            self.tries.update(number for number, _ in new)
            demands = {cut: float(2 ** (self.tries[number] // 2)) for number, cut in new}
        self._choose(kept, allowed, gap, demands)
        hidden = int((~self.is_open & ~self.must_hide).sum())
        self.show(f"{doing}, round {self.rounds}: {len(new)} ways to work something out, {hidden} more cells hidden")
        return True

    def _outsiders(self) -> list:
        found = []
        for number in self.proofs.unproved():
            if number not in self.lost:
                found.append((int(number), self._attack(int(number), self.targets[number])))
        return [(number, cut) for number, cut in found if cut]

    def _insiders(self) -> list:
        """Attack as each organisation that knows its own counts; one proof often answers for many of them."""
        found, tried = [], set()
        owned = _by_owner(self.universe.owner)
        while True:
            pairs = [pair for pair in zip(*map(np.ndarray.tolist, self.proofs.unproved_inside()), strict=True)]
            fresh = dict(pair for pair in pairs if pair not in tried and pair[0] not in self.lost)
            if not fresh:
                return [(number, cut) for number, cut in found if cut]
            for number, organisation in fresh.items():
                tried.add((number, organisation))
                found.append((number, self._attack(number, self.targets[number], owned[organisation])))

    def _exactly_known(self) -> list:
        """Attack the cells that are hidden for the sake of others: none may be known exactly."""
        hidden = np.flatnonzero(~self.is_open & ~self.must_hide)
        if not len(hidden):
            return []
        moved = _row_most(abs(self.universe.sums[hidden] @ self.proofs.moves.T).tocsr())
        exactly = hidden[moved < 1 - TOLERANCE]
        found = [(-1 - int(cell), self._attack(-1, self.universe.target_of(cell))) for cell in exactly]
        return [(number, cut) for number, cut in found if cut]

    def _attack(self, number: int, target: Target, own: frozenset[int] = frozenset()) -> tuple | None:
        """Attack a target: keep the proof where it is safe, else return what must be hidden."""
        short_of = self.universe.threshold - target.value if target.kind != "hidden" else 0.0
        width = 1.0 if own else target.width
        if self._is_near(target, short_of, width, own):
            return None
        upper = self.attack.reach(target.weights, upwards=True, own=own)
        if upper.change < short_of - TOLERANCE:
            return self._cut(number, short_of - upper.change, upper)
        lower = self.attack.reach(target.weights, upwards=False, own=own)
        if upper.change - lower.change < width - TOLERANCE:
            return self._cut(number, width - upper.change + lower.change, upper, lower)
        self.proofs.add(upper.counts)
        self.proofs.add(lower.counts)
        return None

    def _is_near(self, target: Target, short_of: float, width: float, own: frozenset[int]) -> bool:
        """Look for a proof among the counts that move fewest people: as far below as may be, the rest above."""
        down = min(target.value, width)
        up = max(short_of, width - down) if not (own and short_of > 0) else short_of
        if own and short_of > 0:
            down = 0.0
        above = self.attack.near(target.weights, up, own)
        if above is None:
            return False
        below = self.attack.near(target.weights, -down, own)
        if below is None:
            return False
        self.proofs.add(above)
        self.proofs.add(below)
        return True

    def _cut(self, number: int, short: float, *bounds: Bound) -> tuple | None:
        worth: dict[int, float] = {}
        for bound in bounds:
            for cell, value in bound.needs.items():
                worth[cell] = worth.get(cell, 0.0) + value
        weights = {cell: min(1.0, value / short) for cell, value in worth.items() if not self.is_settled[cell]}
        if sum(weights.values()) < 1 - TOLERANCE:  # what was released before says it, whatever is hidden now
            self.lost.add(number)
            return None
        return tuple(sorted((cell, round(weight, 6)) for cell, weight in weights.items()))

    # ------------------------------------------------------------------------------------------- choosing

    def _choose(self, kept: np.ndarray, allowed: np.ndarray, gap: float, demands: Mapping[tuple, float] = MappingProxyType({})) -> None:
        """Hide what meets every cut at the least loss: ``kept`` whatever it costs, and nothing but ``allowed``.

        ``demands`` asks more of some cuts than that their weights reach 1.
        """
        cuts = []
        for cut in self.cuts:
            need = min(demands.get(cut, 1.0), sum(weight for cell, weight in cut if allowed[cell]))
            if sum(weight for cell, weight in cut if kept[cell]) < need - TOLERANCE:
                cuts.append((tuple((cell, weight) for cell, weight in cut if allowed[cell]), need))
        hidden = kept & ~self.must_hide
        self.is_least = True
        if cuts:
            links = _matrix([dict(cut) for cut, _ in cuts], len(self.is_open))
            links.data[:] = 1
            joined, label = connected_components(links @ links.T, directed=False)
            blocks: list[list] = [[] for _ in range(joined)]
            for cut, block in zip(cuts, label, strict=True):
                blocks[block].append(cut)
            for block in blocks:
                chosen, is_least = self._cover(block, kept, gap)
                hidden[chosen] = True
                self.is_least &= is_least
        was_open = self.is_open
        self.is_open = ~self.must_hide & ~hidden
        self.proofs.forget(np.flatnonzero(self.is_open & ~was_open))
        self.attack = Attack(self.universe.knowledge(self.is_open))

    def _cover(self, cuts: list, kept: np.ndarray, gap: float) -> tuple[list[int], bool]:
        cells = sorted({cell for cut, _ in cuts for cell, _ in cut})
        place = {cell: number for number, cell in enumerate(cells)}
        matrix = _matrix([{place[cell]: weight for cell, weight in cut} for cut, _ in cuts], len(cells))
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = len(cells), len(cuts)
        programme.col_cost_ = self.universe.cost[cells]
        programme.col_lower_, programme.col_upper_ = kept[cells].astype(float), np.ones(len(cells))
        programme.row_lower_ = np.array([need for _, need in cuts]) - TOLERANCE
        programme.row_upper_ = np.full(len(cuts), highspy.kHighsInf)
        programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        programme.a_matrix_.start_, programme.a_matrix_.index_ = matrix.indptr, matrix.indices
        programme.a_matrix_.value_ = matrix.data
        programme.integrality_ = [highspy.HighsVarType.kInteger] * len(cells)
        solver = quiet_solver()
        solver.setOptionValue("time_limit", COVER_SECONDS)
        solver.setOptionValue("mip_rel_gap", gap)
        solver.passModel(programme)
        solver.run()
        chosen = np.asarray(solver.getSolution().col_value) > 0.5
        is_least = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return [cells[number] for number in np.flatnonzero(chosen)], is_least


def _by_owner(owner: np.ndarray) -> list[frozenset[int]]:
    return [frozenset(map(int, np.flatnonzero(owner == number))) for number in range(owner.max(initial=-1) + 1)]
