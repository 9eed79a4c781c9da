"""dbt's models, run in memory on what has been received: the same SQL gives an organisation its answer at once and the
warehouse its tables, without waiting for dbt to start.

Only models that need ``ref``, ``source``, ``var`` and the project's macros can be run; those of releases cannot.
"""

import tempfile
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa
import yaml

from wres.batch import TABLES, Batch
from wres.reference import PROJECT, setting

ADAPTER = "duckdb"
MOST_MEMORY = "400MB"  # beyond it models spill to disk


class Models:
    """An in-memory database in which a model is made, with all that it refs, when it is first asked for.

    It reads every committed batch, and a receipt that is not committed yet.
    """

    def __init__(self, batches: Path, receipt: Batch | None = None):
        """Open the database on what has landed."""
        self._spill = tempfile.TemporaryDirectory()
        self.connection = duckdb.connect(
            config={"memory_limit": MOST_MEMORY, "temp_directory": self._spill.name, "preserve_insertion_order": False}
        )
        self._made: set[str] = set()
        for name in TABLES:
            files = self.connection.read_parquet(str(batches / "*" / f"{name}.parquet"), union_by_name=True)
            self.connection.register(f"committed_{name}", files)
            landed = f"select * from committed_{name}"
            if receipt is not None:
                self.connection.register(f"receipt_{name}", getattr(receipt, name))
                landed += f" union all by name select * from receipt_{name}"
            self.connection.execute(f"create view landed_{name} as {landed}")

    def table(self, name: str) -> pa.Table:
        """Return the rows of a model or seed.

        Raises ``FileNotFoundError`` when there is none of that name.
        """
        self._make(name)
        return self.connection.sql(f'select * from "{name}"').to_arrow_table()

    def __enter__(self) -> "Models":
        """Use the database in a with statement."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the database."""
        self.connection.close()
        self._spill.cleanup()

    def _make(self, name: str) -> None:
        if name in self._made:
            return
        model = _models().get(name)
        if model is None:
            self._load_seed(name)
        else:
            sql, needed = _render(model)
            for other in needed:
                self._make(other)
            kind = "view" if model.is_relative_to(PROJECT / "models" / "staging") else "table"
            self.connection.execute(f'create {kind} "{name}" as {sql}')
        self._made.add(name)

    def _load_seed(self, name: str) -> None:
        path = next((PROJECT / "seeds").glob(f"*/{name}.csv"), None)
        if path is None:
            raise FileNotFoundError(f"There is no model or seed named {name}.")
        self.connection.execute(
            f'create table "{name}" as select * from read_csv(?, header = true, types = ?)',
            [str(path), _column_types(path)],
        )


@cache
def _models() -> dict[str, Path]:
    return {path.stem: path for path in (PROJECT / "models").rglob("*.sql")}


@cache
def _column_types(seed: Path) -> dict[str, str]:
    # The parser in C, where it is there, is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    [described] = yaml.load(seed.with_suffix(".yml").read_text(encoding="utf-8"), loader)["seeds"]
    return described["config"]["column_types"]


class _Returned(Exception):  # noqa: N818 - it carries a value out of a macro
    """The value of a macro that gives a list, not SQL."""


def _return(value: object) -> None:
    raise _Returned(value)


def _caught(macro: Callable) -> Callable:
    """Return a macro that gives the value that it returns, as in dbt."""

    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return macro(*arguments, **named)
        except _Returned as returned:
            return returned.args[0]

    return call


@cache
def _environment() -> tuple[jinja2.Environment, dict[str, Any], "_References"]:
    """Return Jinja with the project's macros, as dbt would have them on DuckDB."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    references = _References()
    context: dict[str, Any] = {
        "ref": references.ref,
        "source": references.source,
        "var": setting,
        # Nothing was built before, so that nothing is kept.
        "config": lambda **_: "",
        "is_incremental": lambda: False,
        "kept_by_year": lambda rows: f"select * from {rows}",
        "is_year_to_build": lambda year="collection_year": "true",
        "years_read": lambda rounds: f"select collection_year from {rounds} union select previous_year from {rounds}",
        "return": _return,
        "adapter": (dispatch := _Dispatch()),
        "dbt": dispatch.macros,
    }
    files = [*_dbt_utilities(), *(PROJECT / "macros").glob("*.sql")]
    for folder in ("engines", "statistics"):
        files += (PROJECT / "macros" / folder).glob("*.sql")
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    module = environment.from_string(text).make_module(context)
    macros = {name: _caught(macro) for name, macro in vars(module).items() if not name.startswith("_")}
    dispatch.macros.update(macros)
    return environment, context | macros, references


def _dbt_utilities() -> list[Path]:
    """Return dbt's own macros of engines' differences, found without importing dbt."""
    (package,) = find_spec("dbt").submodule_search_locations
    folders = [Path(package) / "include" / name / "macros" / "utils" for name in ("global_project", ADAPTER)]
    return [file for folder in folders for file in sorted(folder.glob("*.sql"))]


class _Dispatch:
    """dbt's adapter, as far as macros use it: the DuckDB form of a macro, else the default one."""

    def __init__(self) -> None:
        self.macros: dict[str, Callable] = {}

    def dispatch(self, name: str, package: str | None = None) -> Callable:
        """Return the macro of that name for this engine."""
        return self.macros.get(f"{ADAPTER}__{name}") or self.macros[f"default__{name}"]


class _References:
    """What ``ref`` and ``source`` are in a model and in the macros that it calls; ``names`` is what was referred to."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def ref(self, name: str) -> str:
        """Return the relation of a model or seed."""
        self.names.append(name)
        return f'"{name}"'

    def source(self, schema: str, name: str) -> str:
        """Return the relation of a source."""
        return f'"{schema}_{name}"'


@cache
def _render(model: Path) -> tuple[str, list[str]]:
    """Return the SQL of a model, and every model and seed that it reads."""
    environment, context, references = _environment()
    references.names = []
    return environment.from_string(model.read_text(encoding="utf-8")).render(context), references.names
