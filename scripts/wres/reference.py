"""The project's reference data: the same seed files that dbt loads, read as pandas frames."""

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

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


@cache
def settings() -> dict[str, Any]:
    """Return the project's variables: thresholds have one home, which SQL reads too."""
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


def setting(name: str) -> Any:
    """Return one of the project's variables."""
    return settings()[name]
