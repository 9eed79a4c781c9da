"""The project's reference data: the same seed files that dbt loads, read as pandas frames."""

from functools import cache
from pathlib import Path

import pandas as pd

PROJECT = Path(__file__).resolve().parents[2]


@cache
def read_seed(name: str) -> pd.DataFrame:
    """Return one seed as text columns; an empty field is an empty string.

    Raises ``FileNotFoundError`` when no seed has that name.
    """
    path = next((PROJECT / "seeds").glob(f"*/{name}.csv"), None)
    if path is None:
        raise FileNotFoundError(f"There is no seed named {name} under {PROJECT / 'seeds'}.")
    return pd.read_csv(path, dtype=str, keep_default_na=False)
