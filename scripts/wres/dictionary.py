"""The published database's dictionary, made from dbt's manifest: what each table, column and code means."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from wres.home import Home
from wres.reference import read_seed

SCHEMA = "published"
RELEASE_TAG = "release"
COLUMNS = ["table_name", "kind", "name", "position", "data_type", "unit", "description"]


@dataclass(frozen=True)
class Column:
    """A published column; ``unit`` is empty where the column has none."""

    data_type: str
    description: str
    unit: str | None = None


@dataclass(frozen=True)
class Table:
    """A published table; ``key`` names the columns that tell its rows apart, and may be empty."""

    description: str
    key: list[str]
    columns: Mapping[str, Column] = field(default_factory=dict)
    is_history: bool = False


def published_tables(home: Home) -> dict[str, Table]:
    """Return the tables of dbt's schema ``published`` by name, from the manifest of the last build.

    A model's key is its ``config.meta.grain``. Empty where there is no manifest.
    """
    path = home.target / "manifest.json"
    if not path.exists():
        return {}
    manifest = json.loads(path.read_text(encoding="utf-8"))
    models = [
        node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["schema"] == SCHEMA
    ]
    return {node["alias"]: _table(node) for node in sorted(models, key=lambda node: node["alias"])}


def _table(node: dict) -> Table:
    columns = {
        name: Column(
            data_type=column.get("data_type") or "",
            description=" ".join((column.get("description") or "").split()),
            unit=(column.get("config", {}).get("meta") or column.get("meta") or {}).get("unit"),
        )
        for name, column in node["columns"].items()
    }
    return Table(
        description=" ".join(node["description"].split()),
        key=node["config"]["meta"].get("grain", []),
        columns=columns,
        is_history=RELEASE_TAG in node["config"]["tags"],
    )


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
