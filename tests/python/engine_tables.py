"""The published tables of another engine beside DuckDB's: counts and texts exactly, computed values closely."""

import json
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

import duckdb
import pyarrow as pa

from wres.home import Home

RELATIVE = 1e-9
# Below this a difference of two shares that cancel out is the last bits of either.
ABSOLUTE = 1e-12
ReadTable = Callable[[str, dict[str, str]], pa.Table]


def differences(home: Home, read: ReadTable, only: Collection[str] = ()) -> dict[str, list[str]]:
    """Return what differs in each published table that DuckDB has built in this home; empty lists where nothing does.

    ``read`` returns a published table of the other engine, given its name and DuckDB's types of its columns; ``only``
    names the tables that the other engine has, where it has not all.
    """
    manifest = json.loads((home.target / "manifest.json").read_text(encoding="utf-8"))
    models = [node for node in manifest["nodes"].values() if node["schema"] == "published"]
    grains = {node["alias"]: node["config"]["meta"].get("grain", []) for node in models}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.database}' as warehouse (read_only)")
        tables = connection.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = 'warehouse' and table_schema = 'published' order by table_name"
        ).fetchall()
        return {
            name: _differences(connection, name, grains[name], read) for (name,) in tables if not only or name in only
        }


def read_postgres(name: str, types: dict[str, str]) -> pa.Table:
    """Return a published table of the PostgreSQL server that the environment names."""
    from wres.engine_postgres import connected

    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        with connected() as connection, connection.cursor() as cursor:
            cursor.copy_expert(f"copy published.{name} to stdout (format csv)", file)
            cursor.execute(f"select * from published.{name} limit 0")
            columns = {column.name: types.get(column.name, "VARCHAR") for column in cursor.description}
        file.flush()
        form = (
            "auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', allow_quoted_nulls = false"
        )
        return duckdb.sql(f"select * from read_csv('{file.name}', columns = {columns}, {form})").to_arrow_table()


def read_parquet(folder: Path) -> ReadTable:
    """Return how a published table of Spark is read: each is a folder of Parquet files."""
    return lambda name, _: duckdb.sql(f"select * from read_parquet('{folder / name}/*.parquet')").to_arrow_table()


def _differences(connection: duckdb.DuckDBPyConnection, name: str, grain: list[str], read: ReadTable) -> list[str]:
    described = connection.execute(f"describe warehouse.published.{name}").fetchall()
    types = {column: data_type for column, data_type, *_ in described}
    other = read(name, types)
    if other.column_names != list(types):
        return [f"columns {other.column_names}"]
    connection.register("other", other)
    ours, theirs = (
        connection.execute(f"select count(*) from {table}").fetchone()[0]
        for table in (f"warehouse.published.{name}", "other")
    )
    found = [] if ours == theirs else [f"{ours} rows, {theirs} there"]
    if not grain:
        missing = f"select {', '.join(types)} from warehouse.published.{name} except all select * from other"
        return found + [f"no row there as {row}" for row in connection.execute(f"{missing} limit 3").fetchall()]
    key = " and ".join(f"ours.{column} is not distinct from theirs.{column}" for column in grain)
    joined = f"from warehouse.published.{name} as ours inner join other as theirs on {key}"
    both = connection.execute(f"select count(*) {joined}").fetchone()[0]
    if both != ours:
        found.append(f"{ours - both} rows have no row of the same key ({', '.join(grain)})")
    for column, data_type in types.items():
        one, two = f"ours.{column}", f"theirs.{column}"
        differs = f"{one} is distinct from {two}"
        if data_type == "DOUBLE":
            close = f"abs({one} - {two}) <= greatest({RELATIVE} * greatest(abs({one}), abs({two})), {ABSOLUTE})"
            differs = f"{differs} and coalesce(not {close}, true)"
        rows = connection.execute(f"select {one}, {two}, {key_text(grain)} {joined} where {differs} limit 3").fetchall()
        if rows:
            count = connection.execute(f"select count(*) {joined} where {differs}").fetchone()[0]
            found.append(f"{column} differs in {count} rows, such as {rows}")
    connection.unregister("other")
    return found


def key_text(grain: list[str]) -> str:
    """Return SQL of a row's key as one text."""
    return "concat_ws('|', " + ", ".join(f"ours.{column}" for column in grain) + ")"
