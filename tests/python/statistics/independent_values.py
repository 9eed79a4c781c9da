"""The same statistics by other routes than the SQL: a root finder, enumeration, scipy and numpy.

Arrays of counts in, arrays out; NaN is 'not calculable' and 'no upper limit' alike, as NULL is in SQL.
"""

import math
from fractions import Fraction

import numpy as np
from scipy import special, stats

Z = stats.norm.ppf(0.975)


def calculable(x1, n1, x2, n2) -> np.ndarray:
    """Return where the counts are a table of two groups."""
    return (n1 > 0) & (n2 > 0) & (x1 >= 0) & (x1 <= n1) & (x2 >= 0) & (x2 <= n2)


def score_statistic(ratio, x1, n1, x2, n2) -> np.ndarray:
    """Return Miettinen and Nurminen's statistic at a ratio, from their quadratic for constrained rates."""
    total = n1 + n2
    half = n1 * ratio + x1 + n2 + x2 * ratio
    root = np.sqrt(np.maximum(half * half - 4 * total * ratio * (x1 + x2), 0))
    p2 = 2 * (x1 + x2) / (half + root)
    q1 = complement(total, 2 * total - half, root, (n1 - x1) * (1 - ratio))
    q2 = complement(total * ratio, 2 * total * ratio - half, root, (n2 - x2) * (ratio - 1))
    difference = x1 / n1 - ratio * x2 / n2
    variance = (ratio * p2 * q1 / n1 + ratio**2 * p2 * q2 / n2) * total / (total - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(difference == 0, 0, difference**2 / variance)


def complement(a, b, root, c) -> np.ndarray:
    """Return one less a constrained rate, the larger root of a q^2 - b q + c, with all its digits near 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.maximum(np.where(b > 0, (b + root) / (2 * a), 2 * c / (b - root)), 0)


def score_lower(x1, n1, x2, n2) -> np.ndarray:
    """Return the lower score limit by bisection on the logarithm of the ratio; NaN where not calculable."""
    x1, n1, x2, n2 = (np.asarray(count, dtype=float) for count in (x1, n1, x2, n2))
    usable = calculable(x1, n1, x2, n2) & (x1 > 0)
    a1, b1, a2, b2 = (np.where(usable, count, 1.0) for count in (x1, n1, x2, n2))
    low = np.full(a1.shape, -60.0)
    with np.errstate(divide="ignore"):
        high = np.where(a2 > 0, np.log(a1 / b1) - np.log(a2 / b2), 60.0)
    for _ in range(80):
        middle = (low + high) / 2
        outside = score_statistic(np.exp(middle), a1, b1, a2, b2) > Z**2
        low, high = np.where(outside, middle, low), np.where(outside, high, middle)
    found = np.where(x1 == 0, 0.0, np.exp((low + high) / 2))
    return np.where(calculable(x1, n1, x2, n2), found, np.nan)


def score_limits(x1, n1, x2, n2) -> tuple[np.ndarray, np.ndarray]:
    """Return both score limits, the upper one as the lower one of the other group's ratio."""
    exchanged = score_lower(x2, n2, x1, n1)
    upper = np.divide(1, exchanged, out=np.full(exchanged.shape, np.nan), where=exchanged > 0)
    return score_lower(x1, n1, x2, n2), upper


def fisher_irwin(x1, n1, x2, n2) -> tuple[np.ndarray, np.ndarray]:
    """Return the two-sided exact p-value and mid-p of each table, by adding up hypergeometric terms."""
    events, total = x1 + x2, n1 + n2
    fisher, mid = np.full(x1.shape, np.nan), np.full(x1.shape, np.nan)
    for row in np.flatnonzero(calculable(x1, n1, x2, n2) & (events > 0) & (events < total)):
        first = max(0, events[row] - n2[row])
        k = np.arange(first, min(events[row], n1[row]) + 1)
        logs = log_choose(n1[row], k) + log_choose(n2[row], events[row] - k)
        terms = np.exp(logs - log_choose(total[row], events[row]))
        observed = terms[x1[row] - first]
        fisher[row] = terms[terms <= observed * (1 + 1e-7)].sum()
        mid[row] = fisher[row] - terms[np.abs(terms - observed) <= observed * 1e-7].sum() / 2
    return np.minimum(fisher, 1), mid


def log_choose(n, k) -> np.ndarray:
    """Return the logarithm of the number of ways to choose k of n."""
    return -np.log1p(n) - special.betaln(n - k + 1, k + 1)


def exact_fisher_irwin(x1: int, n1: int, x2: int, n2: int) -> tuple[float, float]:
    """Return the two-sided exact p-value and mid-p of a small table in whole-number arithmetic."""
    events = x1 + x2
    possible = range(max(0, events - n2), min(events, n1) + 1)
    ways = {k: math.comb(n1, k) * math.comb(n2, events - k) for k in possible}
    total = sum(ways.values())
    less = sum(way for way in ways.values() if way < ways[x1])
    same = sum(way for way in ways.values() if way == ways[x1])
    return float(Fraction(less + same, total)), float(Fraction(2 * less + same, 2 * total))


def ratio_of_ratios(previous, current, always_walter: bool) -> np.ndarray:
    """Return ratio, lower, upper and z of one pair of tables (x1, n1, x2, n2); NaN where not calculable."""
    if not (calculable(*previous) and calculable(*current)):
        return np.full(4, np.nan)
    if always_walter or 0 in (previous[0], previous[2], current[0], current[2]):
        moved = [np.asarray(table) + 0.5 for table in (previous, current)]
        logs = [math.log(t[0]) - math.log(t[1]) - math.log(t[2]) + math.log(t[3]) for t in moved]
        error = math.sqrt(max(sum(1 / t[0] - 1 / t[1] + 1 / t[2] - 1 / t[3] for t in moved), 0))
        change = logs[1] - logs[0]
        limits = change - Z * error, change + Z * error
    else:
        tables = np.array([previous, current], dtype=float).T
        lower, upper = np.log(score_limits(*tables))
        logs = np.log(tables[0] / tables[1] * tables[3] / tables[2])
        change = logs[1] - logs[0]
        limits = (
            change - math.hypot(logs[1] - lower[1], upper[0] - logs[0]),
            change + math.hypot(upper[1] - logs[1], logs[0] - lower[0]),
        )
        katz = 1 / tables[0] - 1 / tables[1] + 1 / tables[2] - 1 / tables[3]
        everyone = (tables[0] == tables[1]) | (tables[2] == tables[3])
        error = math.sqrt(np.where(everyone, ((upper - lower) / (2 * Z)) ** 2, katz).sum())
    z = change / error if error > 1e-9 else 0.0
    return np.array([*np.exp([change, *limits]), z])
