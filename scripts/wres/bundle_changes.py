"""What changed since the last open release. It is written from what both show, and says less where one hides more."""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from wres.bundle_metadata import PACKAGE
from wres.bundle_tables import ABOUT, csv_file, read_csv
from wres.dictionary import Column, Table

WHOLE = "all"
# A row that is gone may be that of an organisation which took its consent back: only these are named.
LISTED_LEVELS = ("National", "Regional")
CHANGE_LOG = Table(
    "What changed since the last open release: the numbers of rows, and each row or value that may be named. A row of "
    "an organisation that is withdrawn is counted and not named, and a value that is hidden now is not repeated.",
    ["table_name", "change", "row_key", "column_name"],
    {
        "table_name": Column("varchar", "Table that changed.", is_required=True),
        "change": Column(
            "varchar",
            "What changed: a table, column or row added or withdrawn, or a value revised; in the plural, how many.",
            is_required=True,
        ),
        "row_key": Column("varchar", "Row that changed, by its key, or 'all'.", is_required=True),
        "column_name": Column("varchar", "Column that changed, or 'all'.", is_required=True),
        "rows": Column("integer", "Rows that changed so.", "rows", is_required=True),
        "previous_value": Column("varchar", "Cell of the last release; empty where the value is hidden now."),
        "current_value": Column("varchar", "Cell of this release."),
    },
)


def changes(folder: Path, last: Path | None, tables: Mapping[str, Table], symbols: set[str]) -> pd.DataFrame:
    """Return the change log of a bundle's tables against those of the last one; empty where there was none."""
    if last is None:
        return _frame([])
    columns_before = _columns(last)
    frames = [
        _frame([[name, "table added", len(read_csv(csv_file(folder, name)))]])
        for name in tables.keys() - columns_before
    ]
    frames += [_frame([[name, "table withdrawn", 0]]) for name in columns_before.keys() - tables.keys()]
    for name in tables.keys() & columns_before.keys():
        then, now = read_csv(csv_file(last, name)), read_csv(csv_file(folder, name))
        frames.append(_changed_columns(name, then, now))
        if set(tables[name].key) <= set(then):
            frames.append(_changed_rows(name, tables[name], then, now, symbols))
    frame = pd.concat(frames, ignore_index=True)
    return frame.sort_values(list(CHANGE_LOG.key), kind="stable", ignore_index=True)


def _columns(bundle: Path) -> dict[str, list[str]]:
    """Return the tables of a bundle and their columns, but those that only describe it."""
    package = json.loads((bundle / PACKAGE).read_text(encoding="utf-8"))
    return {
        resource["name"]: [field["name"] for field in resource["schema"]["fields"]]
        for resource in package["resources"]
        if resource["type"] == "table" and resource["name"] not in ABOUT
    }


def _changed_columns(name: str, then: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    added = [[name, "column added", len(now), WHOLE, column] for column in now if column not in then]
    return _frame(
        added + [[name, "column withdrawn", len(then), WHOLE, column] for column in then if column not in now]
    )


def _changed_rows(name: str, table: Table, then: pd.DataFrame, now: pd.DataFrame, symbols: set[str]) -> pd.DataFrame:
    then, now = (frame.set_index(_keys(table, frame)) for frame in (then, now))
    added, withdrawn = now[~now.index.isin(then.index)], then[~then.index.isin(now.index)]
    both = now.index[now.index.isin(then.index)]
    shared = [column for column in now if column in then]
    values = pd.DataFrame(
        {"previous_value": then.loc[both, shared].stack(), "current_value": now.loc[both, shared].stack()}
    )
    revised = values[values["previous_value"] != values["current_value"]]
    revised = revised.rename_axis(["row_key", "column_name"]).reset_index()
    can_be_hidden = [column for column in shared if table.columns[column].symbol]
    is_hidden = revised["current_value"].isin(symbols) & revised["column_name"].isin(can_be_hidden)
    revised.loc[is_hidden, "previous_value"] = ""
    listed = withdrawn
    if "geographic_level" in withdrawn:
        listed = withdrawn[withdrawn["geographic_level"].isin(LISTED_LEVELS)]
    counted = {"rows added": len(added), "rows withdrawn": len(withdrawn), "rows revised": revised["row_key"].nunique()}
    return pd.concat(
        [
            _frame([[name, change, rows] for change, rows in counted.items()]),
            _frame([[name, "row added", 1, key] for key in added.index]),
            _frame([[name, "row withdrawn", 1, key] for key in listed.index]),
            revised.assign(table_name=name, change="value revised", rows=1)[list(CHANGE_LOG.columns)],
        ],
        ignore_index=True,
    )


def _keys(table: Table, frame: pd.DataFrame) -> pd.Series:
    """Return the key of each row in words; a row without a key is its own."""
    first, *others = [f"{column}=" + frame[column] for column in table.key or frame]
    return first.str.cat(others, sep="; ") if others else first


def _frame(rows: list[list[object]]) -> pd.DataFrame:
    """Return rows of the change log that were given as table, change and number, and a key and a column or none."""
    whole = [[*row[:3], *row[3:], *[WHOLE, WHOLE][len(row) - 3 :]] for row in rows]
    frame = pd.DataFrame(whole, columns=["table_name", "change", "rows", "row_key", "column_name"])
    return frame.assign(previous_value="", current_value="")[list(CHANGE_LOG.columns)]
