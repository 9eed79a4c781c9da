"""What readers see, as dbt's manifest describes it: exposures, their tables, and the published dictionary."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from wres.home import Home, WresError
from wres.reference import read_seed

SCHEMA = "published"
PUBLISHED = "published_database"
RELEASE_TAG = "release"
COLUMNS = ["table_name", "kind", "name", "position", "data_type", "unit", "description"]


@dataclass(frozen=True)
class Column:
    """A column that readers see; ``unit`` is empty where the column has none.

    ``symbol`` names the column that says why a value of this one is hidden, ``values`` lists the only values that it
    may have, where the model does.
    """

    data_type: str
    description: str
    unit: str | None = None
    symbol: str | None = None
    is_required: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table that readers see; ``key`` names the columns that tell its rows apart, and may be empty.

    ``foreign_keys`` gives, for a column, the table and column that hold its values. The counts of a table that
    ``is_republished`` are another publisher's, as it published them.
    """

    description: str
    key: list[str]
    columns: Mapping[str, Column] = field(default_factory=dict)
    is_history: bool = False
    foreign_keys: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    is_republished: bool = False


@dataclass(frozen=True)
class Exposure:
    """What the project says of something that readers see, and the tables that it is made of, in its order."""

    title: str
    description: str
    owner: str
    tables: tuple[str, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)


def published_tables(home: Home) -> dict[str, Table]:
    """Return the tables of the published database by name, from the manifest of the last build.

    Empty where there is no manifest.
    """
    return exposed_tables(home, PUBLISHED)


def exposed_tables(home: Home, name: str) -> dict[str, Table]:
    """Return the tables that an exposure depends on, in its order, from the manifest of the last build.

    A model's key is its ``config.meta.grain``. Empty where there is no manifest, or no such exposure in it.
    """
    manifest = _manifest(home)
    nodes = {manifest["nodes"][node]["alias"]: manifest["nodes"][node] for node in _depends_on(manifest, name)}
    tests = [node for node in manifest.get("nodes", {}).values() if "test_metadata" in node]
    return {
        alias: _table(node, [test for test in tests if _is_of(test, node)], manifest) for alias, node in nodes.items()
    }


def exposure(home: Home, name: str) -> Exposure:
    """Return an exposure, from the manifest of the last build.

    Raises ``WresError`` where the manifest has none of that name.
    """
    manifest = _manifest(home)
    found = _exposures(manifest).get(name)
    if found is None:
        raise WresError(f"The project's exposures have no {name} in the last build. Run `wres build`, then try again.")
    return Exposure(
        title=found["label"],
        description=" ".join(found["description"].split()),
        owner=found["owner"]["name"],
        tables=tuple(manifest["nodes"][node]["alias"] for node in _depends_on(manifest, name)),
        meta=found["config"]["meta"],
    )


def _manifest(home: Home) -> dict[str, Any]:
    path = home.target / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _exposures(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {found["name"]: found for found in manifest.get("exposures", {}).values()}


def _depends_on(manifest: Mapping[str, Any], name: str) -> list[str]:
    return [
        node
        for node in _exposures(manifest).get(name, {"depends_on": {"nodes": []}})["depends_on"]["nodes"]
        if node.startswith("model.")
    ]


def _is_of(test: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    return test.get("attached_node") == node["unique_id"]


def _table(node: Mapping[str, Any], tests: list[dict[str, Any]], manifest: Mapping[str, Any]) -> Table:
    values = {_asked(test, "column_name"): _asked(test, "values") for test in _named(tests, "accepted_values")}
    keys = {}
    for test in _named(tests, "relationships"):
        others = [other for other in test["depends_on"]["nodes"] if other != node["unique_id"]]
        if others:
            keys[_asked(test, "column_name")] = (manifest["nodes"][others[0]]["alias"], _asked(test, "field"))
    columns = {
        name: Column(
            data_type=column.get("data_type") or "",
            description=" ".join((column.get("description") or "").split()),
            unit=_meta(column).get("unit"),
            symbol=_meta(column).get("symbol"),
            is_required=any(rule["type"] in ("not_null", "primary_key") for rule in column.get("constraints") or []),
            values=tuple(map(str, values.get(name, ()))),
        )
        for name, column in node["columns"].items()
    }
    meta = node["config"]["meta"]
    return Table(
        description=" ".join(node["description"].split()),
        key=meta.get("grain", []),
        columns=columns,
        is_history=RELEASE_TAG in node["config"]["tags"],
        foreign_keys=keys,
        is_republished=bool(meta.get("is_republished")),
    )


def _meta(column: Mapping[str, Any]) -> Mapping[str, Any]:
    return column.get("config", {}).get("meta") or column.get("meta") or {}


def _named(tests: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [test for test in tests if test["test_metadata"]["name"] == name]


def _asked(test: Mapping[str, Any], argument: str) -> Any:
    """Return an argument of a generic test, which dbt keeps in one of two places."""
    arguments = test["test_metadata"]["kwargs"]
    return {**arguments, **arguments.get("arguments", {})}[argument]


RELEASE = Table(
    "Every release of this database, one row each. Read the label before quoting a figure.",
    ["release_id"],
    {
        "release_id": Column("varchar", "Name of the release: its date, and its number on that date."),
        "released_on": Column("date", "Date of the release, as it was given. It labels the release only."),
        "sequence": Column("integer", "Number of the release among those of its date."),
        "is_current": Column("boolean", "True for the release whose figures this database holds."),
        "is_synthetic": Column("boolean", "True where any return in it is synthetic."),
        "label": Column("varchar", "What a reader must know before quoting a figure."),
        "organisations": Column("integer", "Organisations whose returns are in it.", "organisations"),
        "submissions": Column("integer", "Returns and statistics files that are in it.", "files"),
        "tables": Column("integer", "Tables in its folder.", "tables"),
        "rows": Column("bigint", "Rows of those tables together.", "rows"),
        "code_revision": Column("varchar", "Commit of the code that made it, where it is known."),
        "definitions_sha256": Column(
            "varchar", "Checksum of the definitions that it was made by: two releases with the same one define alike."
        ),
        "inputs_sha256": Column("varchar", "Checksum of the batches of returns and statistics that it was made from."),
    },
)
DICTIONARY = Table(
    "What each table, column and code of this database means.",
    ["table_name", "kind", "name"],
    {
        "table_name": Column("varchar", "Table that is described, or that has the column."),
        "kind": Column("varchar", "'table', 'column', or 'code' for a value of value_note."),
        "name": Column("varchar", "Name of the table or the column, or the code."),
        "position": Column("integer", "Order of the columns in their table; of the codes, which one wins."),
        "data_type": Column("varchar", "Type of the column."),
        "unit": Column("varchar", "What the column counts or measures, where it does."),
        "description": Column("varchar", "What it means."),
    },
)
# The tables that publishing adds.
ALWAYS = {"release": RELEASE, "dictionary": DICTIONARY}


def dictionary(tables: Mapping[str, Table]) -> pd.DataFrame:
    """Return the dictionary of the published tables, and of the two that publishing adds."""
    rows: list[list[object]] = []
    for table_name, table in sorted({**tables, **ALWAYS}.items()):
        rows.append([table_name, "table", table_name, 0, None, None, table.description])
        rows += [
            [table_name, "column", name, position, column.data_type, column.unit, column.description]
            for position, (name, column) in enumerate(table.columns.items(), start=1)
        ]
        if "value_note" in table.columns:
            rows += [
                [table_name, "code", note, int(precedence), None, None, meaning]
                for note, precedence, meaning in read_seed("value_note")[
                    ["value_note", "precedence", "meaning"]
                ].itertuples(index=False)
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def described(rows: pd.DataFrame) -> dict[str, Table]:
    """Return the tables that a dictionary's rows describe, by name: what ``dictionary`` made them of, keys apart."""
    tables = {}
    for name, of_table in rows.groupby("table_name"):
        columns = {
            row.name: Column(row.data_type, row.description)
            for row in of_table[of_table["kind"] == "column"].itertuples(index=False)
        }
        [description] = of_table.loc[of_table["kind"] == "table", "description"]
        tables[name] = Table(description, [], columns)
    return tables
