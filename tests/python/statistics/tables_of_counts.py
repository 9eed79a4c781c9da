"""Tables of two groups to try the formulas on, and how their answers are compared."""

import os

import numpy as np
import pandas as pd

COUNTS = ["x1", "n1", "x2", "n2"]
# Many more tables, for a run that has the time.
FULL = os.environ.get("WRES_TEST_FULL") == "1"


def counts_frame(tables: np.ndarray | list) -> pd.DataFrame:
    """Return tables (x1, n1, x2, n2) as a frame with an id; a missing count stays missing."""
    frame = pd.DataFrame(tables, columns=COUNTS).astype("Int64")
    return frame.assign(id=range(len(frame)))


def every_table(largest_base: int) -> np.ndarray:
    """Return every table with both bases up to a size, bases of 0 included."""
    groups = [(events, base) for base in range(largest_base + 1) for events in range(base + 1)]
    return np.array([(*first, *second) for first in groups for second in groups])


def random_tables(number: int, seed: int) -> np.ndarray:
    """Return tables as they come: bases from 1 to 200,000, events rare and common, none and everyone too."""
    random = np.random.default_rng(seed)
    bases = np.exp(random.uniform(0, np.log(200_000), (number, 2))).astype(int)
    rates = random.choice([0.0005, 0.005, 0.02, 0.14, 0.5, 0.9, 0.999], number)[:, None]
    ratios = np.exp(random.normal(0, 0.5, (number, 2)))
    events = random.binomial(bases, np.minimum(rates * ratios, 1))
    return np.column_stack([events[:, 0], bases[:, 0], events[:, 1], bases[:, 1]])


def assert_same(actual, expected, tolerance: float = 1e-6, what: str = "", relative_only: bool = False) -> None:
    """Fail where values differ by more than a tolerance, absolute or relative; missing is only missing."""
    actual, expected = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    assert actual.shape == expected.shape, f"{what}: {actual.shape} values are not {expected.shape}"
    scale = np.abs(expected) if relative_only else np.maximum(1, np.abs(expected))
    apart = np.abs(actual - expected) > tolerance * scale
    wrong = np.flatnonzero(apart | (np.isnan(actual) != np.isnan(expected)))
    if wrong.size:
        row = wrong[0]
        raise AssertionError(f"{what}: {wrong.size} differ; row {row} is {actual[row]}, not {expected[row]}")
