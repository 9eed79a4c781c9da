"""Random draws with fixed totals, from which the synthetic counts are made."""

import numpy as np

Counts = np.ndarray
"""Whole numbers by return (rows) and detailed ethnic group (columns)."""

# Nobody's chance of an event goes beyond this, however uneven the weights.
HIGHEST_CHANCE = 0.97


def round_rows(rng: np.random.Generator, expected: np.ndarray) -> Counts:
    """Return whole numbers near ``expected`` whose rows add up to the rows' sums, which must be whole.

    One random start for each row (systematic rounding), so that no cell is off by one or more.
    """
    ends = np.cumsum(expected, axis=1)
    ends[:, -1] = np.rint(ends[:, -1])
    starts = rng.random((len(expected), 1))
    steps = np.floor(ends + starts)
    return np.diff(steps, axis=1, prepend=0).astype(np.int64)


def whole_sum(sizes: np.ndarray) -> np.ndarray:
    """Return whole numbers within one of ``sizes`` whose sum is the sum of ``sizes``, rounded."""
    return np.diff(np.rint(np.cumsum(sizes)), prepend=0).astype(np.int64)


def allocate(rng: np.random.Generator, total: int, capacity: Counts, weight: np.ndarray) -> Counts:
    """Return how ``total`` events fall on the people of each cell, each person having one at most.

    The chance of a cell's people is proportional to ``weight``. Cells vary as independent binomials do; the
    few events that are then too many or too few are taken from, or given to, people at random.
    """
    shape, cells, weights = capacity.shape, capacity.ravel(), weight.ravel()
    total = int(min(total, cells.sum()))
    if total <= 0:
        return np.zeros(shape, dtype=np.int64)
    events = rng.binomial(cells, _chances(total, cells, weights))
    missing = total - int(events.sum())
    if missing > 0:
        events += rng.multivariate_hypergeometric(cells - events, missing, method="marginals")
    elif missing < 0:
        events -= rng.multivariate_hypergeometric(events, -missing, method="marginals")
    return events.reshape(shape)


def totals_near(rate: float, ratio: float, base: int, reference_base: int) -> tuple[int, int]:
    """Return events of the comparison and reference group, whose rates' ratio is as near ``ratio`` as can be.

    The reference group's rate stays within 8 in 100 of ``rate``, or within two events.
    """
    wanted = rate * reference_base
    if base == 0 or wanted < 0.5:
        return round(ratio * rate * base), round(wanted)
    slack = max(2, round(0.08 * wanted))
    lowest, highest = max(1, round(wanted) - slack), min(reference_base, round(wanted) + slack)

    def miss(reference_events: int) -> tuple[float, float]:
        exact = ratio * reference_events * base / reference_base
        return round(abs(round(exact) / exact - 1), 4), abs(reference_events - wanted)

    best = min(range(lowest, highest + 1), key=miss)
    return min(base, round(ratio * best * base / reference_base)), best


def _chances(total: int, cells: Counts, weights: np.ndarray) -> np.ndarray:
    """Return each cell's chance, proportional to its weight up to a limit, so that ``total`` is expected."""
    low, high = 0.0, 1.0
    while (cells * np.minimum(HIGHEST_CHANCE, high * weights)).sum() < total and high < 1e6:
        high *= 2
    for _ in range(50):
        middle = (low + high) / 2
        if (cells * np.minimum(HIGHEST_CHANCE, middle * weights)).sum() < total:
            low = middle
        else:
            high = middle
    return np.minimum(HIGHEST_CHANCE, high * weights)
