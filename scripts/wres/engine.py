"""Engines other than DuckDB: the committed batches are loaded into one, and dbt builds the same models there.

Each engine is a module ``wres.engine_<name>`` with what ``Engine`` describes.
"""

import os
import time
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import yaml
from jinja2 import Environment

from wres.batch import TABLES
from wres.home import Home, WresError
from wres.reference import PROJECT
from wres.timings import timed
from wres.warehouse import NO_UNIT_TESTS, Advance, DbtError, Show, run_dbt


class EngineError(WresError):
    """An engine is not there, or does not answer."""


class Engine(Protocol):
    """What the module of an engine has."""

    TITLE: str
    # What messages say where the engine, and not a model or the data, is the cause; first what says most.
    LOST: tuple[str, ...]

    def load(self, home: Home) -> None:
        """Make the tables of the source ``landed`` from the committed batches, whole or not at all.

        Raises ``EngineError`` where the engine cannot be reached.
        """

    def environment(self, home: Home) -> Mapping[str, str]:
        """Return the variables that dbt, in a process of its own, needs to reach what ``load`` has made."""

    def where(self, home: Home) -> str:
        """Return in words where the tables are."""

    def lost(self, home: Home) -> str:
        """Return what happened, and what to do, where dbt's message has one of ``LOST``."""


def build_on(
    name: str,
    home: Home,
    show: Show,
    options: tuple[str, ...] = NO_UNIT_TESTS,
    advance: Advance | None = None,
) -> str:
    """Load the committed batches into an engine, build and test the warehouse there, and return where it is.

    ``show`` is told of each stage when all is done, and without ``advance`` of each node. DuckDB's own warehouse, and
    what is published from it, stay as they are. Raises ``EngineError`` where the engine is not to be had, and
    ``DbtError`` where a model or a test fails.
    """
    engine = engine_named(name)
    started = time.monotonic()
    engine.load(home)
    show(f"Loaded {', '.join(TABLES)} into {engine.TITLE} in {time.monotonic() - started:.1f} s")
    folder = engine_folder(home, name)
    apart = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
    try:
        with timed(home, folder / "target", name) as lines:
            run_dbt(home, ["build", "--target", name, *options], apart | dict(engine.environment(home)), show, advance)
    except DbtError as error:
        if line := line_of_loss(engine, str(error)):
            log = home.shown(folder / "logs" / "dbt.log")
            raise EngineError(f"{engine.lost(home)}\nWhat was said: {line}\nAll of it: {log}") from None
        raise
    for line in lines:
        show(line)
    return engine.where(home)


def engine_named(name: str) -> Engine:
    """Return the engine of that name. Raises ``EngineError`` where its packages are not installed."""
    if find_spec(f"dbt.adapters.{name}") is None:
        raise EngineError(f"The packages for building on {name} are not installed. Install them: make .venv/{name}")
    return import_module(f"wres.engine_{name}")


def line_of_loss(engine: Engine, message: str) -> str:
    """Return the line of dbt's message that says that the engine was lost; empty where something else went wrong."""
    lines = message.splitlines()
    return next((line.strip() for said in engine.LOST for line in lines if said in line), "")


def engine_folder(home: Home, name: str) -> Path:
    """Return the folder of dbt's artefacts, and of what the engine keeps on this machine."""
    return home.warehouse / name


def target(name: str) -> dict[str, Any]:
    """Return a target of profiles.yml with what the environment says filled in, as dbt reads it."""
    templates = Environment(autoescape=False)
    templates.filters["as_number"] = int
    outputs = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))["wres"]["outputs"]
    filled = {"env_var": lambda variable, default="": os.environ.get(variable, default)}
    return {
        key: templates.from_string(value).render(filled) if isinstance(value, str) else value
        for key, value in outputs[name].items()
    }


def landed_sql(home: Home, table: str) -> str:
    """Return DuckDB's SQL of a table of the committed batches, in the columns of a batch."""
    columns = ", ".join(f'"{column}"' for column in TABLES[table].names)
    files = str(home.batches / "*" / f"{table}.parquet").replace("'", "''")
    return f"select {columns} from read_parquet('{files}', union_by_name = true)"
