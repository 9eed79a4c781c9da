"""Check the written files of an open release: what the public would read, and not the tables behind it."""

import json
import re
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb
import pandas as pd

from wres.bundle_changes import CHANGE_LOG
from wres.bundle_dictionary import DATA_DICTIONARY
from wres.bundle_metadata import CHECKSUMS, CSVW, PACKAGE, files_of
from wres.bundle_tables import (
    ABOUT,
    CSV,
    NUMBERS,
    PARQUET,
    ROUNDS_TO_ZERO,
    as_csv,
    csv_columns,
    csv_file,
    decimals,
    is_count,
    is_number,
    read_csv,
    read_symbols,
)
from wres.dictionary import Table
from wres.expectations import CheckedTable, all_true, check, in_list, table_rules
from wres.home import WresError
from wres.issues import message
from wres.made_from import sha256_of
from wres.personal import personal_data
from wres.reference import read_seed

SHOWN = 10  # of one kind in one file
AREAS = (
    "geographic_level",
    "country_code",
    "country_name",
    "region_code",
    "region_name",
    "new_la_code",
    "la_name",
)
PREVIOUS = "previous_"
OF_ONE_YEAR = ("rate", "reference_rate", "relative_likelihood")
ORGANISATIONS = ["Local authority", "Organisation"]
HASH = re.compile(r"\b[0-9a-f]{32,}\b")  # ten figures in a row of one are nobody's number
TEXTS = (".html", ".json", ".txt", ".sha256")


def check_bundle(folder: Path, described: Mapping[str, Table], docs: Path | None = None) -> None:
    """Check every file of a bundle; the pages of Great Expectations are kept under ``docs`` where it is given.

    Raises ``WresError`` with everything that is wrong, each with file, row and column.
    """
    tables = {**described, **dict(zip(ABOUT, (DATA_DICTIONARY, CHANGE_LOG), strict=True))}
    wrong = [*_checksums(folder)]
    missing = [name for name in tables if not csv_file(folder, name).exists()]
    wrong += [f"{CSV}/{name}.csv: the file is missing." for name in missing]
    if not missing and (folder / PACKAGE).exists():
        wrong += _package(folder)
        wrong += _csvw(folder)
        wrong += _same_in_parquet(folder, tables)
        wrong += _expected(folder, tables, docs)
        wrong += _personal(folder, tables)
    if wrong:
        raise WresError(
            f"The bundle {folder.name} is not fit to release; nothing was released. What is wrong:\n" + "\n".join(wrong)
        )


def _cut(lines: Iterable[str]) -> list[str]:
    """Return the first lines of one kind, and how many more there are."""
    lines = list(lines)
    more = [f"… and {len(lines) - SHOWN:,} more like the last one"] if len(lines) > SHOWN else []
    return lines[:SHOWN] + more


def _checksums(folder: Path) -> Iterator[str]:
    """Tell which files are not those that the checksums were made of."""
    path = folder / CHECKSUMS
    if not path.exists():
        yield f"{CHECKSUMS}: the file is missing."
        return
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    said = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = set(files_of(folder))
    yield from (f"{name}: the file is in {CHECKSUMS} and not in the folder." for name in sorted(said.keys() - there))
    yield from (f"{name}: the file is in the folder and not in {CHECKSUMS}." for name in sorted(there - said.keys()))
    for name in sorted(there & said.keys()):
        if sha256_of(folder / name) != said[name]:
            yield f"{name}: the file is not the one that {CHECKSUMS} was made of."


def _package(folder: Path) -> list[str]:
    """Validate the Data Package as frictionless reads it."""
    import frictionless

    report = frictionless.validate(str(folder / PACKAGE))
    lines = [f"{PACKAGE}: {error.message}" for error in report.errors]
    for task in report.tasks:
        lines += _cut(_place(task.place, error) for error in task.errors)
    return [line.replace(f"{folder}/", "") for line in lines]


def _place(path: str, error: object) -> str:
    row, column = getattr(error, "row_number", None), getattr(error, "field_name", None)
    place = "".join([f", row {row}" if row else "", f", column {column}" if column else ""])
    return f"{path}{place}: {error.message}"


def _csvw(folder: Path) -> list[str]:
    """Validate the CSV files as CSV on the Web describes them; an area that is not one's own may be empty."""
    import csvw

    described = csvw.CSVW(str(folder / CSV / CSVW), validate=True, strict=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if described.is_valid:
                return []
        except ValueError as error:
            warnings.warn(str(error), stacklevel=1)
        # The validator stops at the first table that breaks its key: each is asked for by itself.
        for table in described.tables:
            try:
                list(table.iterdicts(strict=False))
                table.check_primary_key()
            except ValueError as error:
                warnings.warn(str(error), stacklevel=1)
    found = dict.fromkeys(str(one.message) for one in [*caught, *described.warnings])
    return _cut(
        f"{CSV}/{CSVW}: {one.replace(f'{folder}/', '')}" for one in found or ["its validator refuses the files."]
    )


def _same_in_parquet(folder: Path, tables: Mapping[str, Table]) -> Iterator[str]:
    """Tell where a Parquet file says other than the CSV file: a hidden number may be left in the one."""
    with duckdb.connect() as connection:
        for name, table in tables.items():
            path = folder / PARQUET / f"{name}.parquet"
            if not path.exists():
                yield f"{PARQUET}/{name}.parquet: the file is missing."
                continue
            try:
                cells = connection.execute(as_csv(path, table)).df().fillna("")
            except duckdb.Error as error:
                yield f"{PARQUET}/{name}.parquet: {str(error).splitlines()[0]}"
                continue
            written = read_csv(csv_file(folder, name))
            figures = [
                c for c, described in csv_columns(table).items() if c in written and described.data_type in NUMBERS
            ]
            written[figures] = written[figures].replace(ROUNDS_TO_ZERO, "0")
            if list(cells) != list(written) or len(cells) != len(written):
                yield f"{PARQUET}/{name}.parquet: its rows or columns are not those of {CSV}/{name}.csv."
                continue
            different = cells.astype(object) != written.astype(object)
            yield from _cut(
                f"{PARQUET}/{name}.parquet, row {row + 1}, column {column}: it is not what {CSV}/{name}.csv says."
                for column in cells
                for row in different.index[different[column]]
            )


# ------------------------------------------------------------------------------------------- expectations


def _expected(folder: Path, tables: Mapping[str, Table], docs: Path | None) -> list[str]:
    """Hold the CSV files to the rules of an open release with Great Expectations, and return what breaks them."""
    cells = {name: read_csv(csv_file(folder, name)) for name in tables}
    threshold = int(json.loads((folder / PACKAGE).read_text(encoding="utf-8"))["threshold"])
    symbols = set(read_symbols(folder))
    checked = [_checked(name, tables[name], cells, symbols, threshold) for name in tables if len(cells[name])]
    with tempfile.TemporaryDirectory() as own:
        findings, _ = check(checked, docs or Path(own), "open_release")
    lines = []
    for finding in findings:
        frame = cells[finding.table]
        told = []
        for row in finding.rows:
            values = frame.loc[row].to_dict()
            value = values.get(finding.column, "")
            whole = values.get(_base(finding.column), "")
            why = message(
                finding.rule_code,
                **values | {"table": finding.table, "column": finding.column, "value": value, "whole": whole},
            )
            told.append(f"{CSV}/{finding.table}.csv, row {row + 2}, column {finding.column}: {why}")
        lines += _cut(told or [f"{CSV}/{finding.table}.csv: {message(finding.rule_code, table=finding.table)}"])
    return lines


def _checked(
    name: str, table: Table, cells: Mapping[str, pd.DataFrame], symbols: set[str], threshold: int
) -> CheckedTable:
    """Return a CSV file with the rules that it is held to; every cell is the one that was written."""
    text = cells[name]
    frame = _typed(text, table, symbols)
    held: list[tuple[str, str, pd.Series]] = [*_shown(text, frame, table, symbols)]
    if not table.is_republished:
        held += _large_enough(frame, table, threshold)
    held += [*_consistent(text, frame, table)]
    checked = table_rules(name, frame, tuple(table.key))
    # England has no region and no authority: only what the model requires of a key must be there.
    usual = [
        rule for rule in checked.rules if rule.rule_code != "key_missing" or table.columns[rule.column].is_required
    ]
    rules = [
        in_list("value_not_in_list", column, sorted(set(cells[other][field])))
        for column, (other, field) in table.foreign_keys.items()
        if column in text and other in cells
    ]
    made: dict[tuple[str, str], pd.Series] = {}
    for rule_code, column, kept in held:  # what breaks a rule in one way breaks it
        made[rule_code, column] = made.get((rule_code, column), kept).astype(object).mask(kept.eq(False), False)
    rules += [all_true(rule_code, column, of=f"{column}, {rule_code}") for rule_code, column in made]
    made_columns = {f"{column}, {rule_code}": kept for (rule_code, column), kept in made.items()}
    whole = pd.concat([checked.frame, pd.DataFrame(made_columns, index=frame.index)], axis=1)
    return CheckedTable(name, whole, checked.key, (*usual, *rules))


def _typed(text: pd.DataFrame, table: Table, symbols: set[str]) -> pd.DataFrame:
    """Return the cells as numbers and texts; a symbol in place of a value is none."""
    columns = {}
    for column, described in csv_columns(table).items():
        if column in text:
            blank = {*symbols, ""} if described.symbol or is_number(described) else {""}
            columns[column] = text[column].astype(object).mask(text[column].isin(blank), None)
            if is_number(described):
                columns[column] = pd.to_numeric(columns[column], errors="coerce")
    return pd.DataFrame(columns, index=text.index)


def _counts(frame: pd.DataFrame, table: Table) -> list[str]:
    return [column for column in frame if is_count(column, table.columns[column])]


def _figures(frame: pd.DataFrame, table: Table) -> list[str]:
    return [c for c in frame if table.columns[c].symbol and not is_count(c, table.columns[c])]


def _shown(
    text: pd.DataFrame, frame: pd.DataFrame, table: Table, symbols: set[str]
) -> Iterator[tuple[str, str, pd.Series]]:
    """Each count and figure has a value or a symbol, and no figure a value where one of its counts has none."""
    counts, figures = _counts(frame, table), _figures(frame, table)
    for column in [*counts, *figures]:
        yield "open_value_missing", column, text[column] != ""
    for column in figures:
        has_all_counts = frame[_behind(column, counts)].notna().all(axis=1)
        yield "open_figure_beside_hidden_count", column, has_all_counts | text[column].isin(symbols - {ROUNDS_TO_ZERO})


def _behind(figure: str, counts: list[str]) -> list[str]:
    """Return the counts that a figure comes from: those of its year, or of both years for a change."""
    if figure.startswith(PREVIOUS):
        return [count for count in counts if count.startswith(PREVIOUS)]
    if figure in OF_ONE_YEAR:
        return [count for count in counts if not count.startswith(PREVIOUS)]
    return counts


def _large_enough(frame: pd.DataFrame, table: Table, threshold: int) -> Iterator[tuple[str, str, pd.Series]]:
    """No count of people is between 0 and the threshold, and none leaves so few of its base over."""
    counts = _counts(frame, table)
    for column in counts:
        yield "open_count_below_threshold", column, ~frame[column].between(1, threshold - 1)
        if _base(column) in counts:
            rest = frame[_base(column)] - frame[column]
            yield "open_rest_below_threshold", column, ~rest.between(1, threshold - 1)


def _consistent(text: pd.DataFrame, frame: pd.DataFrame, table: Table) -> Iterator[tuple[str, str, pd.Series]]:
    """Figures are what the counts beside them give, and counts add up."""
    for column, expected in _recomputed(frame).items():
        if column in _figures(frame, table):
            value = frame[column].astype(float).mask(text[column] == ROUNDS_TO_ZERO, 0.0)
            kept = (value - expected).abs() <= 0.500001 * 10.0 ** -decimals()
            yield "open_figure_not_recomputed", column, _of(kept, value.notna() & expected.notna())
    for column in _counts(frame, table):
        if "service" in frame:
            yield "open_services_do_not_add_up", column, _services_add_up(frame, table, column)
        if "geographic_level" in frame:
            for level, parts, place in (
                ("National", ["Regional"], []),
                ("National", ORGANISATIONS, []),
                ("Regional", ORGANISATIONS, ["region_code"]),
            ):
                is_whole, is_part = frame["geographic_level"] == level, frame["geographic_level"].isin(parts)
                by = [*(name for name in table.key if name not in AREAS), *place]
                total = _total(frame, by, frame[is_part].groupby(by, dropna=False)[column].sum(min_count=1))
                kept = _of(frame[column] >= total, is_whole & total.notna() & frame[column].notna())
                yield "open_part_above_whole", column, kept


def _base(column: str) -> str:
    """Return the column of the base of a count, and nothing where it is none of some base's people."""
    return column.replace("numerator", "denominator") if column.endswith("numerator") else ""


def _recomputed(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the figures that the published counts of each row give, by the name of their column."""
    result: dict[str, pd.Series] = {}
    for prefix in ("", PREVIOUS):
        counts = [f"{prefix}{of}{part}" for of in ("", "reference_") for part in ("numerator", "denominator")]
        if not set(counts) <= set(frame):
            continue
        x1, n1, x2, n2 = (frame[name].astype(float) for name in counts)
        rate, reference_rate = x1 / n1.where(n1 > 0), x2 / n2.where(n2 > 0)
        result |= {f"{prefix}rate": rate, f"{prefix}reference_rate": reference_rate}
        result[f"{prefix}relative_likelihood"] = rate / reference_rate.where(reference_rate > 0)
    if f"{PREVIOUS}relative_likelihood" in result:
        now, then = result["relative_likelihood"], result[f"{PREVIOUS}relative_likelihood"]
        result["ratio_of_ratios"] = now.where(now > 0) / then.where(then > 0)
    return result


def _services_add_up(frame: pd.DataFrame, table: Table, column: str) -> pd.Series:
    """Return whether each count of all services is the sum of the services; none where one of them is hidden."""
    services = set(read_seed("service")["service"]) - {"all"}
    is_whole = frame["service"] == "all"
    if "panel" in frame:  # who is matched in one service need not be in the other
        is_whole &= frame["panel"] == "all"
    by = [name for name in dict.fromkeys([*table.key, *AREAS]) if name != "service" and name in frame]
    parts = frame[frame["service"].isin(services)].groupby(by, dropna=False)[column].agg(["sum", "count"])
    total = _total(frame, by, parts["sum"].where(parts["count"] == len(services)))
    return _of(frame[column] == total, is_whole & total.notna() & frame[column].notna())


def _total(frame: pd.DataFrame, by: list[str], total: pd.Series) -> pd.Series:
    """Return, for each row, the total of its parts, which are grouped by the given columns."""
    parts = total.rename("total").reset_index()
    for name in by:  # a column that is empty throughout has another type than one that is not
        parts[name] = parts[name].astype("string").fillna("")
    keys = frame[by].astype("string").fillna("")
    return keys.merge(parts, on=by, how="left")["total"].set_axis(frame.index)


def _of(kept: pd.Series, rows: pd.Series) -> pd.Series:
    """Return what was found of some rows, and none for the others."""
    return kept.astype(object).where(rows, None)


def _personal(folder: Path, tables: Mapping[str, Table]) -> Iterator[str]:
    """Tell where a text may hold personal data."""
    for name, table in tables.items():
        cells = read_csv(csv_file(folder, name))
        for column in (column for column, described in csv_columns(table).items() if described.data_type == "varchar"):
            texts = cells[column].drop_duplicates()
            found = {row: kind for row, text in texts.items() if (kind := personal_data(HASH.sub("", text)))}
            yield from _cut(
                f"{CSV}/{name}.csv, row {row + 2}, column {column}: "
                + message("open_personal_data", column=column, value=kind)
                for row, kind in found.items()
            )
    for path in files_of(folder):
        if path.endswith(TEXTS):
            lines = enumerate((folder / path).read_text(encoding="utf-8").splitlines(), 1)
            found = {number: kind for number, text in lines if (kind := personal_data(HASH.sub("", text)))}
            yield from _cut(
                f"{path}, line {number}: " + message("open_personal_data", column="The line", value=kind)
                for number, kind in found.items()
            )
