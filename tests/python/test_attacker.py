"""The attacker finds what is known to leak, and nothing where nothing leaks."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import sparse
from statsmodels.stats.proportion import confint_proportions_2indep

from wres.attacker import Attack, Knowledge


def knowledge(
    value: Sequence[float],
    sums: Sequence[Sequence[float]],
    known: Sequence[bool],
    at_least: Sequence[tuple[Sequence[float], float]] = (),
) -> Knowledge:
    """Return what is known of a handful of counts."""
    count = len(value)
    rows = np.array([row for row, _ in at_least], float).reshape(-1, count)
    return Knowledge(
        np.array(value, float),
        sparse.csr_matrix(np.array(sums, float).reshape(-1, count)),
        np.array(known, bool),
        sparse.csr_matrix(rows),
        np.array([floor for _, floor in at_least], float),
        2.0 * max(value) + 10,
    )


def span(known: Knowledge, target: dict[int, float], own: Sequence[int] = (), whole: bool = False) -> tuple:
    """Return the least and the greatest value of a target."""
    attack = Attack(known)
    true = sum(weight * known.value[count] for count, weight in target.items())
    return tuple(round(true + attack.reach(target, up, frozenset(own), whole).change, 6) for up in (False, True))


def brute_force(known: Knowledge, target: dict[int, float], own: Sequence[int] = (), most: int = 12) -> tuple:
    """Return the same from every combination of counts up to ``most``."""
    counts = np.stack(np.meshgrid(*[range(most + 1)] * len(known.value), indexing="ij"), axis=-1)
    counts = counts.reshape(-1, len(known.value))
    sums = known.sums.toarray()[known.is_known]
    fits = np.all(np.isclose(counts @ sums.T, sums @ known.value), axis=1)
    fits &= np.all(counts @ known.at_least.toarray().T >= known.floor - 1e-9, axis=1)
    fits &= np.all(counts[:, list(own)] == known.value[list(own)], axis=1)
    found = counts[fits] @ np.array([target.get(place, 0) for place in range(len(known.value))])
    return found.min(), found.max()


def rounded(count: int, of: int, value: float, half: float) -> list[tuple[list[float], float]]:
    """Return that a count was published rounded: within ``half`` of a value."""
    row = [1.0 if place == count else 0.0 for place in range(of)]
    return [(row, value - half), ([-weight for weight in row], -(value + half))]


def test_one_hidden_cell_of_a_sum_is_known():
    known = knowledge([3, 20, 7], [[1, 1, 1], [0, 1, 0], [0, 0, 1], [1, 0, 0]], [True, True, True, False])
    assert span(known, {0: 1}) == (3, 3)


def test_two_hidden_cells_whose_sum_is_small_stay_open():
    """One and one hidden beside a total of two: each is below the threshold whatever it is."""
    known = knowledge([1, 1], [[1, 1], [1, 0], [0, 1]], [True, False, False])
    assert span(known, {0: 1}) == (0, 2)


def test_rounding_to_five_leaves_two_values():
    """Adults 7 hidden, children 12 shown as 10, both together 19 as 20."""
    both = [([1.0, 1.0], 18.0), ([-1.0, -1.0], -22.0)]
    hidden = rounded(0, 2, 4, 3)  # the symbol says 1 to 7
    known = knowledge([7, 12], [], [], [*rounded(1, 2, 10, 2), *both, *hidden])
    assert span(known, {0: 1}, whole=True) == (6, 7)


def test_a_stock_and_a_flow_give_the_other_flow():
    """Staff last year and this year and who joined: who left is the rest."""
    last, joined, left = 40, 6, 4
    known = knowledge([last, joined, left], [[1, 0, 0], [0, 1, 0], [1, 1, -1], [0, 0, 1]], [True, True, True, False])
    assert span(known, {2: 1}) == (4, 4)


@pytest.mark.parametrize(("base", "events", "decimals", "fit"), [(60, 2, 1, 1), (60, 2, 0, 1), (1500, 31, 1, 2)])
def test_a_percentage_and_its_base_give_the_count(base: int, events: int, decimals: int, fit: int):
    percentage, half = round(100 * events / base, decimals), 0.5 * 10**-decimals
    known = knowledge([events], [], [], rounded(0, 1, percentage * base / 100, half * base / 100))
    least, greatest = span(known, {0: 1}, whole=True)
    assert greatest - least + 1 == fit


def test_a_relative_likelihood_and_three_counts_give_the_fourth():
    x1, n1, x2, n2 = 3, 41, 10, 307
    ratio, half = round(x1 / n1 / (x2 / n2), 2), 0.005
    ends = [([n2, -(ratio - half) * n1], 0.0), ([-n2, (ratio + half) * n1], 0.0)]
    known = knowledge([x1, x2], [[0, 1], [1, 0]], [True, False], ends)
    assert span(known, {0: 1}, whole=True) == (3, 3)


@pytest.mark.parametrize("table", [(2, 60, 9, 240), (3, 41, 10, 307)])
def test_a_relative_likelihood_with_its_interval_is_both_counts(table: tuple[int, int, int, int]):
    """With both bases one pair of counts gives the printed value and limits, at one decimal: hide all or nothing."""
    x1, n1, x2, n2 = table

    def printed(a: int, b: int) -> tuple[float, ...]:
        limits = confint_proportions_2indep(a, n1, b, n2, compare="ratio", method="score")
        return tuple(round(value, 1) for value in (a / n1 / (b / n2), *limits))

    ratio = round(x1 / n1 / (x2 / n2), 1)
    near = [
        (a, b)
        for a in range(1, n1 + 1)
        for b in range(1, n2 + 1)
        if abs(a / n1 / (b / n2) - ratio) <= 0.05 and a < n1 and b < n2
    ]
    close = [(a, b) for a, b in near if a <= 3 * x1 and b <= 3 * x2]
    assert len(near) > 50
    assert [pair for pair in close if printed(*pair) == printed(x1, x2)] == [(x1, x2)]


def test_an_insider_knows_more():
    """Of two organisations in a region each knows the other's count; a third makes it safe."""
    two = knowledge([4, 30], [[1, 1], [1, 0], [0, 1]], [True, False, False])
    assert span(two, {0: 1}) == (0, 34)
    assert span(two, {0: 1}, own=[1]) == (4, 4)
    three = knowledge([4, 30, 8], [[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]], [True, False, False, False])
    assert span(three, {0: 1}, own=[1]) == (0, 12)


def test_a_difference_of_two_totals_is_what_is_between_them():
    """England over everybody and over the matched panel: the difference is of the one that joined."""
    known = knowledge([50, 60, 3], [[1, 1, 1], [1, 1, 0], [0, 0, 1]], [True, True, False])
    assert span(known, {2: 1}) == (3, 3)


def test_what_is_left_of_a_base_is_a_target_too():
    """All but one were harassed: the base and the count give the rest."""
    known = knowledge([12, 11], [[1, 0], [0, 1]], [True, True], [([1, -1], 0)])
    assert span(known, {0: 1, 1: -1}) == (1, 1)
    hidden = knowledge([12, 11], [[1, 0], [0, 1]], [True, False], [([1, -1], 0)])
    assert span(hidden, {0: 1, 1: -1}) == (0, 12)


def test_integers_can_say_more_than_real_numbers():
    known = knowledge(
        [1, 1, 1], [[1, 1, 0], [0, 1, 1], [1, 0, 1]], [False] * 3, [([2.0, 0, 0], 1.0), ([-2.0, 0, 0], -3.0)]
    )
    assert span(known, {0: 1}) == (0.5, 1.5)
    assert span(known, {0: 1}, whole=True) == (1, 1)


@pytest.mark.parametrize("seed", range(40))
def test_ranges_agree_with_brute_force(seed: int):
    """Random small tables: two services of three organisations with their sums, some of them hidden."""
    random = np.random.default_rng(seed)
    value = random.integers(0, 4, size=4)
    sums = np.vstack([np.eye(4), [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 1, 1]]])
    is_known = random.random(len(sums)) < 0.5
    is_known[-1] = True
    at_least = [([1.0, -1.0, 0, 0], 0.0)] if value[0] >= value[1] else []
    known = knowledge(value, sums, is_known, at_least)
    own = [3] if seed % 2 else []
    for count in range(3):
        assert span(known, {count: 1}, own, whole=True) == brute_force(known, {count: 1}, own)


def test_the_proof_of_a_bound_names_what_it_rests_on():
    """The region and the other organisation give the count away; hiding either is what helps."""
    known = knowledge([4, 30, 9], [[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], [True, False, True, True])
    bound = Attack(known).reach({0: 1.0}, upwards=True)
    assert bound.change == 0
    assert set(bound.needs) == {0, 2}


def test_counts_that_prove_a_target_safe_fit_all_that_is_known():
    known = knowledge([4, 30, 8], [[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]], [True, False, False, False])
    proof = Attack(known).near({0: 1.0}, 6.0, frozenset([1]))
    assert proof == {0: 6.0, 2: -6.0}
    assert Attack(known).near({0: 1.0}, 9.0, frozenset([1])) is None
