"""The attacker of a release: what somebody could work out about a count from everything that is known.

The attacker knows sums of the finest counts (each figure that was released is one), that counts are not
negative, and inequalities between them (who was appointed was shortlisted). For a target, which is itself a
sum or a difference of finest counts, the least and the greatest value that fit all of it are two linear
programmes; as integers, two mixed ones. Solved with HiGHS.

Method: Fischetti and Salazar (2001), Solving the cell suppression problem on tabular data with linear
constraints; the sliding protection level is theirs.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

TOLERANCE = 1e-6
WHOLE_NODES = 200  # a limit of time would give another pattern on a slower machine
FEASIBLE = 2  # HiGHS's status of a solution that meets all that is asked


@dataclass(frozen=True)
class Knowledge:
    """What is true and what could be known of it, over ``n`` finest counts.

    ``value`` has the finest counts. Each row of ``sums`` adds some of them up; ``is_known`` says which sums the
    attacker has. Each row of ``at_least`` is an inequality ``row · y >= floor`` that the attacker relies on, and
    which holds for ``value``. No count is above ``big``, which the attacker may be told.
    """

    value: np.ndarray
    sums: sparse.csr_matrix
    is_known: np.ndarray
    at_least: sparse.csr_matrix
    floor: np.ndarray
    big: float

    @cached_property
    def single(self) -> np.ndarray:
        """For each finest count the known sum that is this count alone, or -1."""
        alone = np.flatnonzero(self.is_known & (np.diff(self.sums.indptr) == 1))
        of = np.full(len(self.value), -1)
        of[self.sums.indices[self.sums.indptr[alone]]] = alone
        return of


def is_whole(counts: dict[int, float]) -> bool:
    """Tell whether counts, as differences from the truth, are integers but for the solver's tolerance."""
    return all(abs(change - round(change)) < TOLERANCE for change in counts.values())


@dataclass(frozen=True)
class Bound:
    """One end of the range of a target, and why the attacker can go no further.

    ``change`` is the difference from the truth; ``counts`` the finest counts (as differences from the truth) that
    reach it. ``needs`` maps known sums to what hiding one of them alone could add to the change.
    """

    change: float
    counts: dict[int, float]
    needs: dict[int, float]

    @property
    def is_whole(self) -> bool:
        """Tell whether the counts that reach the bound are integers, so that no integer attack is narrower."""
        return is_whole(self.counts)


@dataclass
class Component:
    """Finest counts that are tied together by what is known, and nothing else."""

    knowledge: Knowledge
    members: np.ndarray
    rows: np.ndarray
    inequalities: np.ndarray

    @cached_property
    def place(self) -> dict[int, int]:
        """Where each member stands in the programme."""
        return {int(member): place for place, member in enumerate(self.members)}

    @cached_property
    def _matrix(self) -> sparse.csr_matrix:
        known = self.knowledge.sums[self.rows][:, self.members]
        return sparse.vstack([known, self.knowledge.at_least[self.inequalities][:, self.members]]).tocsr()

    @cached_property
    def _limits(self) -> tuple[np.ndarray, np.ndarray]:
        value = self.knowledge.value[self.members]
        return -value, np.maximum(self.knowledge.big - value, 0)

    @cached_property
    def _row_limits(self) -> tuple[np.ndarray, np.ndarray]:
        slack = self.knowledge.at_least[self.inequalities] @ self.knowledge.value
        slack = slack - self.knowledge.floor[self.inequalities]
        equal = np.zeros(len(self.rows))
        return np.concatenate([equal, -slack]), np.concatenate([equal, np.full(len(slack), highspy.kHighsInf)])

    @cached_property
    def _solver(self) -> highspy.Highs:
        return programme(np.zeros(len(self.members)), self._limits, self._row_limits, self._matrix)

    @cached_property
    def _near(self) -> highspy.Highs:
        """People who come and people who go apart, the fewest; the last row is left for the target."""
        matrix = sparse.hstack([self._matrix, -self._matrix])
        matrix = sparse.vstack([matrix, sparse.csr_matrix((1, matrix.shape[1]))]).tocsr()
        lower, upper = self._row_limits
        return programme(
            np.ones(matrix.shape[1]),
            (np.zeros(matrix.shape[1]), self._most_moved),
            (np.append(lower, -highspy.kHighsInf), np.append(upper, highspy.kHighsInf)),
            matrix,
        )

    @cached_property
    def _most_moved(self) -> np.ndarray:
        lower, upper = self._limits
        return np.concatenate([upper, -lower])

    def reach(self, target: dict[int, float], upwards: bool, own: Collection[int] = (), whole: bool = False) -> Bound:
        """Return how far the target can be above (``upwards``) or below the truth.

        ``target`` has the weight of each finest count, all of them members. ``own`` are counts that the attacker
        knows besides, as an insider. ``whole`` asks for integers, and gives no ``needs``.
        """
        sign = -1.0 if upwards else 1.0
        solver = self._solver
        places = np.asarray([self.place[count] for count in target], dtype=np.int32)
        weights = np.fromiter(target.values(), dtype=float, count=len(target))
        held = np.asarray([self.place[count] for count in own if count in self.place], dtype=np.int32)
        every = np.arange(len(self.members), dtype=np.int32)
        lower, upper = self._limits
        solver.changeColsCost(len(places), places, sign * weights)
        solver.changeColsBounds(len(held), held, np.zeros(len(held)), np.zeros(len(held)))
        if whole:
            solver.changeColsIntegrality(len(every), every, np.full(len(every), highspy.HighsVarType.kInteger))
        solver.run()
        status = solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"The attacker's programme ended as {status}; the truth is a solution, so none should")
        solution = solver.getSolution()
        counts = np.asarray(solution.col_value)
        moved = np.flatnonzero(np.abs(counts) > TOLERANCE)
        needs = {} if whole else self._needs(dict(zip(target, sign * weights, strict=True)), solution, own)
        if whole:
            solver.changeColsIntegrality(len(every), every, np.full(len(every), highspy.HighsVarType.kContinuous))
        solver.changeColsBounds(len(held), held, lower[held], upper[held])
        solver.changeColsCost(len(places), places, np.zeros(len(places)))
        return Bound(
            change=float(counts[places] @ weights),
            counts={int(self.members[place]): float(counts[place]) for place in moved},
            needs=needs,
        )

    def near(self, target: dict[int, float], amount: float, own: Collection[int] = ()) -> dict[int, float] | None:
        """Return counts that fit what is known, put the target this far from the truth and move least people.

        A negative ``amount`` is below the truth; nothing where no counts do it. Counts that move few organisations
        also prove that an insider who is none of them cannot tell.
        """
        solver = self._near
        members, row = len(self.members), self._matrix.shape[0]
        sign = 1.0 if amount > 0 else -1.0
        places = [self.place[count] for count in target]
        held = np.asarray([self.place[count] for count in own if count in self.place], dtype=np.int32)
        both = np.concatenate([held, held + members]).astype(np.int32)
        for place, weight in zip(places, target.values(), strict=True):
            solver.changeCoeff(row, place, sign * weight)
            solver.changeCoeff(row, place + members, -sign * weight)
        solver.changeRowBounds(row, abs(amount), highspy.kHighsInf)
        solver.changeColsBounds(len(both), both, np.zeros(len(both)), np.zeros(len(both)))
        solver.run()
        found = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        counts = np.asarray(solver.getSolution().col_value) if found else np.zeros(2 * members)
        if np.abs(counts - counts.round()).max(initial=0) > TOLERANCE:
            counts = self._near_whole(counts)
        for place in places:
            solver.changeCoeff(row, place, 0.0)
            solver.changeCoeff(row, place + members, 0.0)
        solver.changeColsBounds(len(both), both, np.zeros(len(both)), self._most_moved[both])
        change = counts[:members] - counts[members:]
        moved = np.flatnonzero(np.abs(change) > TOLERANCE)
        return {int(self.members[place]): float(change[place]) for place in moved} if found else None

    def _near_whole(self, counts: np.ndarray) -> np.ndarray:
        """Return whole numbers that do the same, the first that are found; ``counts`` where none are soon."""
        solver = self._near
        every = np.arange(len(counts), dtype=np.int32)
        solver.changeColsIntegrality(len(every), every, np.full(len(every), highspy.HighsVarType.kInteger))
        solver.setOptionValue("mip_max_improving_sols", 1)
        solver.setOptionValue("mip_max_nodes", WHOLE_NODES)
        solver.run()
        solution = solver.getSolution()
        if solver.getInfo().primal_solution_status == FEASIBLE:
            counts = np.asarray(solution.col_value).round()
        solver.changeColsIntegrality(len(every), every, np.full(len(every), highspy.HighsVarType.kContinuous))
        return counts

    @cached_property
    def _around(self) -> sparse.csc_matrix:
        """What is known of the component, over all counts: also those that are known by themselves."""
        return sparse.vstack([self.knowledge.sums[self.rows], self.knowledge.at_least[self.inequalities]]).T.tocsr()

    @cached_property
    def _true(self) -> np.ndarray:
        return self.knowledge.sums[self.rows] @ self.knowledge.value

    def _needs(self, cost: dict[int, float], solution: highspy.HighsSolution, own: Collection[int]) -> dict[int, float]:
        """Return the known sums that the proof of the bound rests on, from the dual values."""
        knowledge = self.knowledge
        dual = np.asarray(solution.row_dual)
        dual = np.where(np.abs(dual) > TOLERANCE, dual, 0)
        needs = {}
        for place in np.flatnonzero(dual[: len(self.rows)]):
            needs[int(self.rows[place])] = np.inf if dual[place] < 0 else dual[place] * self._true[place]
        # Counts that are known by themselves: what each would be worth if it were not.
        reduced = -(self._around @ dual)
        for count, weight in cost.items():
            reduced[count] += weight
        for count in np.flatnonzero((np.abs(reduced) > TOLERANCE) & (knowledge.single >= 0)):
            if int(count) in own:
                continue
            alone = int(knowledge.single[count])
            worth = np.inf if reduced[count] < 0 else reduced[count] * knowledge.value[count]
            if worth > TOLERANCE:
                needs[alone] = needs.get(alone, 0.0) + worth
        return needs


@dataclass(frozen=True)
class Attack:
    """Everything that can be worked out from what is known."""

    knowledge: Knowledge

    @cached_property
    def _parts(self) -> tuple[list[Component], np.ndarray]:
        return components(self.knowledge)

    def parts_of(self, counts: Collection[int]) -> list[Component]:
        """Return the components that the counts are in."""
        all_parts, part = self._parts
        return [all_parts[number] for number in sorted({int(part[count]) for count in counts} - {-1})]

    def reach(self, target: dict[int, float], upwards: bool, own: Collection[int] = (), whole: bool = False) -> Bound:
        """Return how far a target can be above or below the truth; see ``Component.reach``."""
        knowledge = self.knowledge
        _, part = self._parts
        change, counts, needs = 0.0, {}, {}
        for component in self.parts_of(target):
            bound = component.reach(_inside(target, component), upwards, own, whole)
            change += bound.change
            counts |= bound.counts
            for row, worth in bound.needs.items():
                needs[row] = needs.get(row, 0.0) + worth
        for count, weight in target.items():
            if part[count] < 0 and count not in own:
                worth = np.inf if (weight > 0) == upwards else abs(weight) * knowledge.value[count]
                alone = int(knowledge.single[count])
                needs[alone] = needs.get(alone, 0.0) + worth
        return Bound(change, counts, {row: worth for row, worth in needs.items() if worth > TOLERANCE})

    def near(self, target: dict[int, float], amount: float, own: Collection[int] = ()) -> dict[int, float] | None:
        """Return counts that put a target this far from the truth; see ``Component.near``."""
        if not amount:
            return {}
        parts = self.parts_of(target)
        if len(parts) != 1:  # of several parts the whole way must be one's, or it is left to ``reach``
            tries = (part.near(_inside(target, part), amount, own) for part in parts)
            return next((found for found in tries if found), None)
        return parts[0].near(_inside(target, parts[0]), amount, own)


def _inside(target: Mapping[int, float], part: Component) -> dict[int, float]:
    return {count: weight for count, weight in target.items() if count in part.place}


Limits = tuple[np.ndarray, np.ndarray]


def programme(
    cost: np.ndarray, columns: Limits, rows: Limits, matrix: sparse.csr_matrix, whole: bool = False
) -> highspy.Highs:
    """Return a solver that has taken up: least ``cost``, each column and each row of ``matrix`` within its limits."""
    given = highspy.HighsLp()
    given.num_row_, given.num_col_ = matrix.shape
    given.col_cost_ = cost
    given.col_lower_, given.col_upper_ = columns
    given.row_lower_, given.row_upper_ = rows
    given.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    given.a_matrix_.start_, given.a_matrix_.index_ = matrix.indptr, matrix.indices
    given.a_matrix_.value_ = matrix.data
    if whole:
        given.integrality_ = [highspy.HighsVarType.kInteger] * len(cost)
    solver = _quiet_solver()
    solver.passModel(given)
    return solver


def _quiet_solver() -> highspy.Highs:
    """Return a solver that prints nothing and gives the same answer each time."""
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    # With presolve HiGHS 1.15 calls some programmes in integers infeasible that have the truth as a solution.
    solver.setOptionValue("presolve", "off")
    return solver


def components(knowledge: Knowledge) -> tuple[list[Component], np.ndarray]:
    """Return the parts that what is known falls into, and for each finest count which of them it is in.

    A count that is known by itself is in none (-1).
    """
    is_free = knowledge.single < 0
    sums = knowledge.sums
    touches = np.asarray(abs(sums[:, is_free]).sum(axis=1)).ravel() > 0
    rows = np.flatnonzero(knowledge.is_known & touches)
    limits = np.flatnonzero(np.asarray(abs(knowledge.at_least[:, is_free]).sum(axis=1)).ravel() > 0)
    links = abs(sparse.vstack([sums[rows], knowledge.at_least[limits]])).tocsr()[:, is_free]
    joined, label = connected_components(links.T @ links, directed=False)
    part = np.full(len(is_free), -1)
    part[is_free] = label
    members = _grouped(label, joined, np.flatnonzero(is_free))
    first_of = links.indices[links.indptr[:-1]]
    of_row = _grouped(label[first_of[: len(rows)]], joined, rows)
    of_limit = _grouped(label[first_of[len(rows) :]], joined, limits)
    return [Component(knowledge, members[number], of_row[number], of_limit[number]) for number in range(joined)], part


def _grouped(label: np.ndarray, groups: int, values: np.ndarray) -> Sequence[np.ndarray]:
    order = np.argsort(label, kind="stable")
    return np.split(values[order], np.searchsorted(label[order], np.arange(1, groups)))
