"""Read official statistics (CSV) into observations. The seeds `statistics_*` describe each file."""

import csv
import io
from pathlib import Path

import pandas as pd

from wres.entries import PLAIN, REPAIRED, read_date, spoken
from wres.issues import Refused, issue_frame
from wres.reading import Reading, column_letters
from wres.reference import read_seed

KEYS = [
    "collection_year",
    "area_level",
    "area_code",
    "area_name",
    "region_code",
    "ethnic_scheme",
    "ethnic_value",
    "breakdown",
]


def read_statistics(path: Path, submission_id: str) -> Reading:
    """Return the observations of one statistics file: one row per filled measure cell.

    Raises ``Refused`` when the file is not one that the seed ``statistics_column`` describes.
    """
    text = _text(path)
    dataset = _recognise(_lines(text).readline().rstrip("\n"))
    table = _table(text)

    columns = read_seed("statistics_column").query("dataset == @dataset")
    dataset_row = read_seed("statistics_dataset").set_index("dataset").loc[dataset].replace("", None)
    keys, key_issues = _keys(table, columns, dataset_row, submission_id)
    letters = {name: column_letters(position) for position, name in enumerate(table.columns)}

    observations, issues = [], [key_issues]
    words = read_seed("statistics_value").groupby("name")["value"].agg(list)
    measures = columns.query("kind == 'measure'")[["column_name", "name", "breakdown", "holds"]]
    for column, measure, breakdown, holds in measures.itertuples(index=False):
        cells = keys.assign(
            submission_id=submission_id,
            sheet="",
            cell=letters[column] + table.index.astype(str),
            row_number=table.index,
            measure=measure,
            value_text=table[column],
        )
        if breakdown:
            cells["breakdown"] = breakdown
        cells = cells[cells["value_text"] != ""]
        if holds == "date":
            cells, date_issues = _dates(cells, submission_id)
            issues += date_issues
        observations.append(cells)
        if measure in words:
            not_listed = cells.loc[~cells["value_text"].isin(words[measure]), "value_text"]
            issues.append(_not_known(not_listed, table, column, ", ".join(words[measure]), submission_id))
    extra = [name for name in table.columns if name not in set(columns["column_name"])]
    for name in extra:
        filled = table[name] != ""
        cells = pd.DataFrame({"cell": [f"{letters[name]}1"], "value_text": [name], "cells": [int(filled.sum())]})
        issues.append(issue_frame(submission_id, "unknown_column", cells))
    years = pd.to_numeric(keys["collection_year"], errors="coerce")
    if years.isna().all():
        raise Refused("no_year_understood")
    facts = pd.DataFrame(
        {
            "submission_id": [submission_id],
            "dataset": [dataset],
            "collection": [dataset_row["collection"]],
            "service": [dataset_row["service"]],
            "latest_year": [int(years.max())],
        }
    )
    return Reading(facts, pd.concat(observations, ignore_index=True), pd.concat(issues, ignore_index=True))


def _dates(cells: pd.DataFrame, submission_id: str) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return cells with their days written year first, and the issues of those that are not plain.

    What is no day, or may be several, stays as it stands.
    """
    texts = cells[["value_text", "collection_year"]].drop_duplicates()
    entries = [
        read_date(text, None if pd.isna(year) else int(year)) for text, year in texts.itertuples(index=False, name=None)
    ]
    texts = texts.assign(
        means=[entry.value for entry in entries],
        outcome=[entry.outcome for entry in entries],
        reason=[entry.reason or "it is not a day that can be read" for entry in entries],
    )
    told = cells.reset_index(names="line").merge(texts, on=["value_text", "collection_year"]).set_index("line")
    repaired, not_read = told[told["outcome"] == REPAIRED], told[~told["outcome"].isin([PLAIN, REPAIRED])]
    repaired = repaired.assign(read_as=[spoken(day) for day in repaired["means"]])
    written = pd.Series([str(day) for day in repaired["means"]], index=repaired.index, dtype=object)
    values = cells["value_text"].astype(object)
    values.update(written)
    return cells.assign(value_text=values), [
        issue_frame(submission_id, "date_repaired", repaired),
        issue_frame(submission_id, "ambiguous_date", not_read),
    ]


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("not_utf8", found=f"byte {error.start}") from None


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline=None)


def _table(text: str) -> pd.DataFrame:
    """Return the lines that are not blank as texts; the index is the row that each has in a spreadsheet.

    Raises ``Refused`` when a line has more or fewer values than the header: it is cut off, or shifted.
    """
    try:
        header, *lines = csv.reader(_lines(text), strict=True)
    except csv.Error as error:
        raise Refused("broken_table", found=str(error)) from None
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise Refused("broken_table", found=f"more than one column is named {', '.join(twice)}")
    filled = {row: line for row, line in enumerate(lines, 2) if any(value.strip() for value in line)}
    for row, line in filled.items():
        if len(line) != len(header):
            raise Refused("broken_table", found=f"row {row} has {len(line)} values and the header {len(header)}")
    if not filled:
        raise Refused("no_rows")
    table = pd.DataFrame(filled.values(), index=[*filled], columns=header)
    return table.apply(lambda values: values.str.strip())


def _recognise(header_line: str) -> str:
    """Return the dataset whose columns are all in the header line."""
    columns = read_seed("statistics_column")
    wanted = columns.groupby("dataset")["column_name"].agg(set)
    header = _names(header_line, ",")
    for dataset, names in wanted.items():
        if names <= header:
            return str(dataset)
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if any(names <= _names(header_line, delimiter) for names in wanted):
            raise Refused("wrong_delimiter", found=name)
    nearest = max(wanted.index, key=lambda dataset: len(wanted[dataset] & header))
    missing = sorted(wanted[nearest] - header)
    if len(missing) * 2 < len(wanted[nearest]):
        raise Refused("missing_columns", found=", ".join(missing), expected=nearest)
    raise Refused("unknown_header", found=header_line[:120], expected=", ".join(wanted.index))


def _names(header_line: str, delimiter: str) -> set[str]:
    try:
        return set(next(csv.reader([header_line], delimiter=delimiter), []))
    except csv.Error:  # one endless word: not a header of ours
        return set()


def _keys(
    table: pd.DataFrame, columns: pd.DataFrame, dataset_row: pd.Series, submission_id: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the key columns under our names, codes translated, and one issue per value that is not known.

    What all lines of a file have in common, and no column says, is in the dataset's own row. A line with a value that
    is not known belongs nowhere: it keeps what it says, but has no year, so that nothing counts it.
    """
    keys, issues = pd.DataFrame(index=table.index, columns=KEYS, dtype=object), []
    listed = columns.query("kind == 'key'").sort_values("precedence")
    for name, group in listed.groupby("name"):
        values = pd.Series("", index=table.index)
        for column in group["column_name"]:
            values = values.where(values != "", table[column])
        keys[name] = values.where(values != "", None)
    for name in dataset_row.index.intersection(KEYS).difference(listed["name"]):
        keys[name] = dataset_row[name]
    is_year = keys["collection_year"].str.fullmatch(r"\d{4}").eq(True)
    not_known = {"collection_year": (~is_year, "the years, in four figures")}
    for name, mapping in read_seed("statistics_value").groupby("name"):
        if name in set(listed["name"]):
            mapped = keys[name].map(dict(zip(mapping["value"], mapping["mapped_value"], strict=True)))
            not_known[name] = (mapped.isna(), ", ".join(mapping["value"]))
            keys[name] = mapped.where(mapped.notna(), keys[name])
    for name, (is_unknown, expected) in not_known.items():
        unknown = keys.loc[is_unknown, name].astype(object).fillna("")
        column = listed.loc[listed["name"] == name, "column_name"]
        issues.append(_not_known(unknown, table, next(iter(column), None), expected, submission_id))
    belongs_nowhere = pd.concat([is_unknown for is_unknown, _ in not_known.values()], axis="columns").any(axis=1)
    keys["collection_year"] = keys["collection_year"].mask(belongs_nowhere, None)
    return keys, pd.concat(issues, ignore_index=True)


def _not_known(unknown: pd.Series, table: pd.DataFrame, column: str, expected: str, submission_id: str) -> pd.DataFrame:
    """Return one issue for each value of a column that is not known, at the first of its rows."""
    if unknown.empty:
        return issue_frame(submission_id, "unknown_category", None)
    letters = column_letters(list(table.columns).index(column))
    rows = unknown.index.to_series().groupby(unknown.to_numpy()).agg(["min", "size"])
    cells = pd.DataFrame(
        {
            "cell": letters + rows["min"].astype(str),
            "value_text": rows.index,
            "column": column,
            "cells": rows["size"].to_numpy(),
            "expected": expected,
        }
    )
    return issue_frame(submission_id, "unknown_category", cells)
