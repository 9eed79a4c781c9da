"""Read official statistics (CSV) into observations. What each file looks like is in the seeds `statistics_*`."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

from wres.issues import Refused, issue_frame
from wres.reading import Reading, column_letters
from wres.reference import read_seed

KEYS = ["collection_year", "area_level", "area_code", "area_name", "region_code", "ethnic_scheme", "ethnic_value", "breakdown"]


def read_statistics(path: Path, submission_id: str) -> Reading:
    """Return the observations of one statistics file: one row per filled measure cell.

    Raises ``Refused`` when the file is not one that the seed ``statistics_column`` describes.
    """
    text = _text(path)
    dataset = _recognise(text)
    try:
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_filter=False)
    except pd.errors.ParserError as error:
        raise Refused("broken_table", found=str(error).split("error: ")[-1].strip()) from None
    if table.empty:
        raise Refused("no_rows")
    if any(values.isna().any() for _, values in table.items()):
        table = table.fillna("")
    table = table.apply(lambda values: values.str.strip())

    columns = read_seed("statistics_column").query("dataset == @dataset")
    keys, key_issues = _keys(table, columns, submission_id)
    letters = {name: column_letters(position) for position, name in enumerate(table.columns)}
    rows = np.arange(2, len(table) + 2)

    observations, issues = [], [key_issues]
    for column, measure in columns.query("kind == 'measure'")[["column_name", "name"]].itertuples(index=False):
        cells = keys.assign(
            submission_id=submission_id,
            sheet="",
            cell=letters[column] + pd.Series(rows).astype(str),
            row_number=rows,
            measure=measure,
            value_text=table[column],
        )
        observations.append(cells[cells["value_text"] != ""])
    extra = [name for name in table.columns if name not in set(columns["column_name"])]
    for name in extra:
        filled = table[name] != ""
        cells = pd.DataFrame({"cell": [f"{letters[name]}1"], "value_text": [name], "cells": [int(filled.sum())]})
        issues.append(issue_frame(submission_id, "unknown_column", cells))
    years = pd.to_numeric(keys["collection_year"], errors="coerce")
    dataset_row = read_seed("statistics_dataset").set_index("dataset").loc[dataset]
    facts = pd.DataFrame(
        {
            "submission_id": [submission_id],
            "dataset": [dataset],
            "collection": [dataset_row["collection"]],
            "service": [dataset_row["service"]],
            "latest_year": [int(years.max()) if years.notna().any() else None],
        }
    )
    return Reading(facts, pd.concat(observations, ignore_index=True), pd.concat(issues, ignore_index=True))


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("not_utf8", found=f"byte {error.start}") from None


def _recognise(text: str) -> str:
    """Return the dataset whose columns are all in the header line."""
    header_line = text.split("\n", 1)[0].rstrip("\r")
    columns = read_seed("statistics_column")
    wanted = columns.groupby("dataset")["column_name"].agg(set)
    header = set(next(csv.reader([header_line]), []))
    for dataset, names in wanted.items():
        if names <= header:
            return str(dataset)
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if any(names <= set(next(csv.reader([header_line], delimiter=delimiter), [])) for names in wanted):
            raise Refused("wrong_delimiter", found=name)
    nearest = max(wanted.index, key=lambda dataset: len(wanted[dataset] & header))
    missing = sorted(wanted[nearest] - header)
    if len(missing) * 2 < len(wanted[nearest]):
        raise Refused("missing_columns", found=", ".join(missing), expected=nearest)
    raise Refused("unknown_header", found=header_line[:120], expected=", ".join(wanted.index))


def _keys(table: pd.DataFrame, columns: pd.DataFrame, submission_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the key columns under our names, codes translated, and one issue per value that is not known."""
    keys, issues = pd.DataFrame(index=table.index, columns=KEYS, dtype=object), []
    listed = columns.query("kind == 'key'").sort_values("precedence")
    for name, group in listed.groupby("name"):
        values = pd.Series("", index=table.index)
        for column in group["column_name"]:
            values = values.where(values != "", table[column])
        keys[name] = values.where(values != "", None)
    known = read_seed("statistics_value")
    for name, mapping in known.groupby("name"):
        if name not in set(listed["name"]):
            continue
        mapped = keys[name].map(dict(zip(mapping["value"], mapping["mapped_value"], strict=True)))
        unknown = mapped.isna() & keys[name].notna()
        if unknown.any():
            column = listed.loc[listed["name"] == name, "column_name"].iloc[0]
            letters = column_letters(list(table.columns).index(column))
            first = keys.index[unknown].to_series().groupby(keys.loc[unknown, name]).agg(["min", "size"])
            cells = pd.DataFrame(
                {
                    "cell": letters + (first["min"] + 2).astype(str),
                    "value_text": first.index,
                    "column": column,
                    "cells": first["size"].to_numpy(),
                    "expected": ", ".join(mapping["value"]),
                }
            )
            issues.append(issue_frame(submission_id, "unknown_category", cells))
        keys[name] = mapped.where(mapped.notna(), keys[name])
    return keys, pd.concat(issues, ignore_index=True) if issues else issue_frame(submission_id, "unknown_category", None)
