"""Which cells of the open release are hidden: those that are too small, and those that would give them away.

Cutting planes: hide what must be hidden, let the attacker try, and where a target can be worked out demand that
something be hidden of what its proof rests on; choose what loses least (a covering problem, solved with HiGHS);
again, until the attacker finds nothing. Then open again, one at a time, each hidden cell that nothing needs.

Source: Fischetti and Salazar (2001); sliding protection after the same.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from types import MappingProxyType

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from wres.attacker import TOLERANCE, Attack, Bound, programme
from wres.disclosure import Asked, Target, Universe

Show = Callable[[str], None]
Cut = tuple[tuple[int, float], ...]  # units and weights: those of what is hidden must reach 1
Task = tuple[int, tuple[int, ...]]  # a target, or -1 less a cell, and the insiders to try; none for outside
LEAST_FOR_PROCESSES = 60
COVER_NODES = 1_000  # a limit of time would give another pattern on a slower machine
COVER_GAP = 0.01
FREE_ROUNDS = 2
OPENED_AT_ONCE = 400


@dataclass(frozen=True)
class Pattern:
    """Which cells are open; ``lost`` are targets that earlier releases alone gave away."""

    is_open: np.ndarray
    rounds: int
    cuts: int
    lost: list[Target]


class Proofs:
    """Counts that fit all that is known and differ from the truth: while they fit, they prove that much is possible."""

    def __init__(self, universe: Universe, targets: list[Target]) -> None:
        """Start with none; ``targets`` are what is to be proved."""
        self.universe = universe
        self.weights = matrix_of([target.weights for target in targets], len(universe.counts))
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
            new = matrix_of(self.found[self._moves.shape[0] :], len(self.universe.counts))
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

    def reached(self) -> tuple[np.ndarray, np.ndarray]:
        """Return how far below and above the truth each target was found to be possible."""
        reached = (self.weights @ self.moves.T).tocsr()
        return _row_most(-reached), _row_most(reached)

    def unproved(self) -> np.ndarray:
        """Return the targets that an outsider might still work out."""
        below, above = self.reached()
        is_safe = (above + below >= self.width - TOLERANCE) & (
            self.is_hidden_only | (above >= self.short_of - TOLERANCE)
        )
        return np.flatnonzero(~is_safe)

    def unproved_inside(self) -> dict[int, list[int]]:
        """Return, for each target, the organisations that as insiders might still work it out."""
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
        pairs: dict[int, list[int]] = {}
        for which, insider in zip(number[target[is_others]].tolist(), organisation[is_others].tolist(), strict=True):
            pairs.setdefault(which, []).append(insider)
        return pairs


def matrix_of(rows: Sequence[Mapping[int, float]], columns: int) -> sparse.csr_matrix:
    """Return rows that map columns to values as a sparse matrix."""
    lengths = np.cumsum([0, *(len(row) for row in rows)])
    indices = np.fromiter((column for row in rows for column in row), dtype=np.int64, count=lengths[-1])
    data = np.fromiter((value for row in rows for value in row.values()), dtype=float, count=lengths[-1])
    return sparse.csr_matrix((data, indices, lengths), shape=(len(rows), columns))


def _row_most(matrix: sparse.csr_matrix) -> np.ndarray:
    """Return the largest value of each row, and 0 where none is above it."""
    if not matrix.shape[1]:
        return np.zeros(matrix.shape[0])
    return np.maximum(matrix.max(axis=1).toarray().ravel(), 0)


class Prober:
    """Somebody who tries, where these cells are open; what is found can be told to another process.

    ``proofs`` are counts that show targets to be safe, ``cuts`` what must be hidden for others, by target; ``lost``
    are targets that what was released before gives away, whatever is hidden now.
    """

    def __init__(self, universe: Universe, is_open: np.ndarray) -> None:
        """Take up a universe and which of its cells are open."""
        self.universe = universe
        self.attack = Attack(universe.knowledge(is_open))
        self.unit = universe.cells["unit"].to_numpy()
        self.is_settled = universe.cells["is_settled"].to_numpy(bool)
        self.owned = by_owner(universe.owner)
        self.proofs: list[dict[int, float]] = []
        self.cuts: list[tuple[int, Cut]] = []
        self.lost: set[int] = set()

    def try_all(self, tasks: Sequence[Task]) -> tuple[list[dict[int, float]], list[tuple[int, Cut]], set[int]]:
        """Try each target, from outside or, where insiders are named, as each of them; return all that was found."""
        for number, insiders in tasks:
            target = self.universe.targets[number] if number >= 0 else self.universe.target_of(-1 - number)
            if not insiders:
                self._try(number, target, frozenset())
                continue
            # First as all of them together: one proof may do for each.
            together = frozenset().union(*(self.owned[insider] for insider in insiders))
            if len(insiders) > 1 and self._is_near(
                target, target.asked(self.universe.threshold, inside=True), together
            ):
                continue
            for insider in insiders:
                self._try(number, target, self.owned[insider])
        return self.proofs, self.cuts, self.lost

    def _try(self, number: int, target: Target, own: frozenset[int]) -> None:
        """Attack a target: keep the proof where it is safe, else what must be hidden."""
        asked = target.asked(self.universe.threshold, inside=bool(own))
        if self._is_near(target, asked, own):
            return
        upper = self.attack.reach(target.weights, upwards=True, own=own)
        if upper.change < asked.above - TOLERANCE:
            self._cut(number, asked.above - upper.change, upper)
            return
        self.proofs.append(upper.counts)
        if upper.change >= asked.width - TOLERANCE:
            return
        lower = self.attack.reach(target.weights, upwards=False, own=own)
        if upper.change - lower.change < asked.width - TOLERANCE:
            self._cut(number, asked.width - upper.change + lower.change, upper, lower)
            return
        self.proofs.append(lower.counts)

    def _is_near(self, target: Target, asked: Asked, own: frozenset[int]) -> bool:
        """Look for a proof among the counts that move fewest people."""
        found = [self.attack.near(target.weights, change, own) for change in target.ends(asked)]
        self.proofs += [proof for proof in found if proof]
        return None not in found

    def _cut(self, number: int, short: float, *bounds: Bound) -> None:
        worth: dict[int, float] = {}
        for bound in bounds:
            for cell, value in bound.needs.items():
                worth[cell] = worth.get(cell, 0.0) + value
        by_unit: dict[int, float] = {}
        for cell, value in worth.items():
            if not self.is_settled[cell]:
                unit = int(self.unit[cell])
                by_unit[unit] = by_unit.get(unit, 0.0) + value
        weights = {unit: min(1.0, value / short) for unit, value in by_unit.items()}
        if sum(weights.values()) < 1 - TOLERANCE:  # what was released before says it, whatever is hidden now
            self.lost.add(number)
            return
        self.cuts.append((number, tuple(sorted((unit, round(weight, 6)) for unit, weight in weights.items()))))


_prober_of: dict[str, Universe] = {}


def _take_up(universe: Universe) -> None:
    """Give a process of its own the universe that it is to work on."""
    _prober_of["universe"] = universe


def _try_apart(is_open: np.ndarray, tasks: Sequence[Task]) -> tuple:
    return Prober(_prober_of["universe"], is_open).try_all(tasks)


class Search:
    """The search for a pattern."""

    def __init__(self, universe: Universe, show: Show = lambda line: None, workers: int | None = None) -> None:
        """Take up a universe: what must be hidden is, and nothing else. ``workers``: how many processes try."""
        self.universe = universe
        self.show = show
        self.unit = universe.cells["unit"].to_numpy()
        self.is_settled = universe.cells["is_settled"].to_numpy(bool)
        self.must_hide = np.zeros(len(universe.cost), bool)
        self.must_hide[self.unit[universe.cells["reason"].notna()]] = True
        self.must_hide = self._with_implied(self.must_hide)
        self.is_hidden = self.must_hide
        self.is_total = np.bincount(self.unit, universe.cells["area_level"] != "organisation") > 0
        self.proofs = Proofs(universe, universe.targets)
        self.lost: set[int] = set()
        self.cuts: dict[Cut, int] = {}  # each with its row of the weights
        self.workers = workers or os.cpu_count() or 1
        self.processes: ProcessPoolExecutor | None = None
        self.rounds = 0
        self.tries: Counter[int] = Counter()
        self.found_needed = np.zeros(len(self.is_hidden), bool)
        self._weights = sparse.csr_matrix((0, len(self.is_hidden)))

    @property
    def is_open(self) -> np.ndarray:
        """For each cell whether it is open."""
        return ~self.is_hidden[self.unit] | self.is_settled

    def _with_implied(self, is_hidden: np.ndarray) -> np.ndarray:
        """Hide, with each hidden base, the events that are counted in it."""
        base, events = self.universe.implied.T
        hidden = is_hidden.copy()
        hidden[events[is_hidden[base]]] = True
        return hidden

    def run(self) -> Pattern:
        """Return a pattern that gives nothing away, in which no hidden cell could be opened.

        First what loses least by the ways that are known, for some rounds; then more is hidden until the attacker
        finds nothing; then, of what is hidden, what loses least is kept.
        """
        if self.workers == 1 or len(self.universe.targets) < LEAST_FOR_PROCESSES:
            return self._run()
        with ProcessPoolExecutor(
            self.workers, mp_context=get_context("spawn"), initializer=_take_up, initargs=(self.universe,)
        ) as self.processes:
            return self._run()

    def _run(self) -> Pattern:
        every = np.ones(len(self.is_hidden), bool)
        for _ in range(FREE_ROUNDS):
            if not self._round("Choosing", kept=~every, allowed=every):
                break
        # What is found again and again is met by more and more, so that an end is in sight.
        while self._round("Hiding more", kept=self.is_hidden, allowed=every, is_pressing=True):
            pass
        while len(batch := self._not_needed()):
            self._open(batch)
        lost = [self.universe.targets[number] for number in sorted(self.lost)]
        return Pattern(self.is_open, self.rounds, len(self.cuts), lost)

    def _not_needed(self) -> np.ndarray:
        """Return some units, those that cost most, that no known way needs hidden, nor a try has found to be needed."""
        needed = self.must_hide | self.found_needed
        weights = self._weights.tocoo()
        without = (self._weights @ self.is_hidden)[weights.row] - weights.data
        needed[weights.col[self.is_hidden[weights.col] & (without < 1 - TOLERANCE)]] = True
        base, events = self.universe.implied.T
        needed[events[self.is_hidden[base] & needed[base]]] = True
        spare = np.flatnonzero(self.is_hidden & ~needed)
        most = max(1, min(OPENED_AT_ONCE, len(spare) // 2))
        return spare[np.argsort(-self.universe.cost[spare], kind="stable")[:most]]

    def _open(self, batch: np.ndarray) -> None:
        """Open these units, and hide again what is then found to be needed."""
        allowed = self.is_hidden
        kept = allowed.copy()
        kept[batch] = False
        self._choose(kept, allowed)
        while self._round("Opening what nothing needs", kept=self.is_hidden, allowed=allowed):
            pass
        if len(batch) == 1:
            self.found_needed[batch] = self.is_hidden[batch]

    def _round(self, doing: str, kept: np.ndarray, allowed: np.ndarray, is_pressing: bool = False) -> bool:
        """Let the attacker try, and choose again; tell whether a way was found."""
        new = self._ways()
        if not new:
            return False
        self.rounds += 1
        fresh = list(dict.fromkeys(cut for _, cut in new if cut not in self.cuts))
        self.cuts |= {cut: len(self.cuts) + place for place, cut in enumerate(fresh)}
        self._weights = sparse.vstack(
            [self._weights, matrix_of([dict(cut) for cut in fresh], len(self.is_hidden))]
        ).tocsr()
        demands = {}
        if is_pressing:
            self.tries.update(number for number, _ in new)
            demands = {cut: float(2 ** (self.tries[number] // 2)) for number, cut in new}
        self._choose(kept, allowed, demands)
        hidden = int((self.is_hidden & ~self.must_hide).sum())
        self.show(f"{doing}, round {self.rounds}: {len(new)} ways to work something out, {hidden} more hidden")
        return True

    def _ways(self) -> list[tuple[int, Cut]]:
        """Return what must be hidden, from the first kind of attack that finds something."""
        outside = [(int(number), ()) for number in self.proofs.unproved()]
        if found := self._try(outside):
            return found
        inside = [(number, tuple(insiders)) for number, insiders in self.proofs.unproved_inside().items()]
        if found := self._try(inside):
            return found
        # Cells that are hidden for the sake of others: none may be known exactly.
        hidden = np.flatnonzero(~self.is_open & self.universe.cells["reason"].isna())
        if not len(hidden):
            return []
        moved = _row_most(abs(self.universe.sums[hidden] @ self.proofs.moves.T).tocsr())
        return self._try([(-1 - int(cell), ()) for cell in hidden[moved < 1 - TOLERANCE]])

    def _try(self, tasks: Sequence[Task]) -> list[tuple[int, Cut]]:
        tasks = [task for task in tasks if task[0] not in self.lost]
        if len(tasks) < LEAST_FOR_PROCESSES or self.processes is None:
            results = [Prober(self.universe, self.is_open).try_all(tasks)] if tasks else []
        else:
            shares = [tasks[start :: self.workers] for start in range(self.workers)]
            results = list(self.processes.map(partial(_try_apart, self.is_open), shares))
        found = []
        for proofs, cuts, lost in results:
            for proof in proofs:
                self.proofs.add(proof)
            found += cuts
            self.lost |= lost
        return found

    # ------------------------------------------------------------------------------------------- choosing

    def _choose(
        self, kept: np.ndarray, allowed: np.ndarray, demands: Mapping[tuple, float] = MappingProxyType({})
    ) -> None:
        """Hide what meets every cut at the least loss: ``kept`` whatever it costs, and nothing but ``allowed``.

        ``demands`` asks more of some cuts than that their weights reach 1, as far as that spares totals.
        """
        asked = np.ones(len(self.cuts))
        asked[[self.cuts[cut] for cut in demands]] = list(demands.values())
        spare = self._weights @ (allowed & ~self.is_total)
        need = np.minimum(np.maximum(1.0, np.minimum(asked, spare)), self._weights @ allowed)
        open_cuts = np.flatnonzero(self._weights @ kept < need - TOLERANCE)
        hidden = kept | self.must_hide
        if len(open_cuts):
            weights = (self._weights[open_cuts] @ sparse.diags_array(allowed.astype(float))).tocsr()
            weights.eliminate_zeros()
            links = (weights != 0).astype(float)
            joined, label = connected_components(links @ links.T, directed=False)
            for block in range(joined):
                rows = np.flatnonzero(label == block)
                hidden[self._cover(weights[rows], need[open_cuts[rows]], kept)] = True
        was_open = self.is_open
        self.is_hidden = self._with_implied(hidden)
        self.proofs.forget(np.flatnonzero(self.is_open & ~was_open))

    def _cover(self, weights: sparse.csr_matrix, need: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """Return the units whose weights reach in each row what it needs, at the least loss."""
        units = np.unique(weights.indices)
        columns = (kept[units].astype(float), np.ones(len(units)))
        rows = (need - TOLERANCE, np.full(len(need), highspy.kHighsInf))
        solver = programme(self.universe.cost[units], columns, rows, weights[:, units], whole=True)
        solver.setOptionValue("presolve", "choose")
        solver.setOptionValue("mip_max_nodes", COVER_NODES)
        solver.setOptionValue("mip_rel_gap", COVER_GAP)
        solver.run()
        return units[np.asarray(solver.getSolution().col_value) > 0.5]


def by_owner(owner: np.ndarray) -> list[frozenset[int]]:
    """Return the finest counts of each organisation."""
    return [frozenset(map(int, np.flatnonzero(owner == number))) for number in range(owner.max(initial=-1) + 1)]
