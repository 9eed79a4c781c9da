"""The data dictionary of an open release, made from the descriptions of its models."""

from collections.abc import Mapping

import pandas as pd

from wres.bundle_tables import csv_columns
from wres.dictionary import Column, Table
from wres.reference import read_seed

DATA_DICTIONARY = Table(
    "What each table, column, code and symbol of the release means.",
    ["table_name", "kind", "name", "value"],
    {
        "table_name": Column("varchar", "Table that is described, or that has the column.", is_required=True),
        "kind": Column("varchar", "'table', 'column', 'code' of a column, or 'symbol'.", is_required=True),
        "name": Column("varchar", "Name of the table or column.", is_required=True),
        "value": Column("varchar", "The code or symbol; 'all' for a table or a column.", is_required=True),
        "position": Column("integer", "Order of the columns in their table.", is_required=True),
        "data_type": Column("varchar", "Type of the column."),
        "unit": Column("varchar", "What the column counts or measures, where it does."),
        "in_key": Column("boolean", "True where the column is one of those that tell the table's rows apart."),
        "refers_to": Column("varchar", "Table and column that hold the values of this one."),
        "files": Column("varchar", "Kinds of file that have it: csv, parquet or both."),
        "description": Column("varchar", "What it means.", is_required=True),
    },
)
WHOLE = "all"
# Columns whose codes a seed names: the seed, its column and what it calls them.
NAMED = {
    "service": ("service", "service", "service_name"),
    "comparison_group": ("ethnic_group_register", "ethnic_group", "ethnic_group_name"),
    "reference_group": ("ethnic_group_register", "ethnic_group", "ethnic_group_name"),
}


def names(column: str) -> dict[str, str]:
    """Return what people call the codes of a column, where a seed says so."""
    if column not in NAMED:
        return {}
    seed, code, name = NAMED[column]
    return dict(read_seed(seed)[[code, name]].itertuples(index=False))


def data_dictionary(
    tables: Mapping[str, Table], symbols: Mapping[str, str], used: Mapping[str, Mapping[str, set[str]]]
) -> pd.DataFrame:
    """Return the dictionary; ``used`` holds the values of each table's columns, so that only codes in use are told."""
    rows: list[list[object]] = []
    for table_name, table in tables.items():
        rows.append(
            [table_name, "table", table_name, WHOLE, 0, None, None, None, None, "csv, parquet", table.description]
        )
        in_csv = csv_columns(table)
        for position, (name, column) in enumerate(table.columns.items(), start=1):
            refers_to = ".".join(table.foreign_keys[name]) if name in table.foreign_keys else None
            files = "csv, parquet" if name in in_csv else "parquet"
            kind = [column.data_type, column.unit, name in table.key, refers_to, files, column.description]
            rows.append([table_name, "column", name, WHOLE, position, *kind])
            called = {code: text for code, text in names(name).items() if code in used[table_name].get(name, set())}
            rows += [
                [table_name, "code", name, code, position, None, None, None, None, files, text]
                for code, text in called.items()
            ]
            if column.symbol:
                rows += [
                    [table_name, "symbol", name, symbol, position, None, None, None, None, files, meaning]
                    for symbol, meaning in symbols.items()
                    if symbol in used[table_name].get(name, set())
                ]
    return pd.DataFrame(rows, columns=list(DATA_DICTIONARY.columns))
