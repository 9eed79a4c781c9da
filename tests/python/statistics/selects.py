"""Selects that dbt has compiled, run on relations that a test gives."""

import re

import duckdb
import pandas as pd


def parts(compiled: str) -> dict[str, str]:
    """Return the selects of a text in which each is headed by ``-- part <name>``."""
    pieces = re.split(r"-- part (\w+)\n", compiled)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def joined(selects: dict[str, str]) -> str:
    """Return selects as one text for dbt to compile in one go."""
    return "\n".join(f"-- part {name}\n{text}" for name, text in selects.items())


def answer(sql: str, settings: str = "", **relations: pd.DataFrame) -> pd.DataFrame:
    """Return a select's rows, in an engine with nothing else in it than the relations."""
    with duckdb.connect() as engine:
        engine.execute(settings)
        for name, rows in relations.items():
            engine.register(f"given_{name}", rows)
            engine.execute(f"create table {name} as select * from given_{name}")
        return engine.execute(sql).df()
