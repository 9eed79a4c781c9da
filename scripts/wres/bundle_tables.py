"""The tables of an open release as files: Parquet with typed values, and CSV in the DfE's open-data conventions."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

from wres.dictionary import Column, Table
from wres.home import WresError
from wres.reference import setting
from wres.releases import literal, quoted

CSV, PARQUET = "data", "parquet"
ABOUT = ("data_dictionary", "change_log")  # tables that the bundle adds, about the others
SYMBOLS = "symbol"  # the table that says what each symbol means, and its column
NOT_APPLICABLE = "z"  # a figure that its row has no need of, such as a p-value where there is nothing to test
ROUNDS_TO_ZERO = "low"
WHOLE_NUMBERS = {"integer", "bigint", "smallint"}
NUMBERS = {"double", "float"}


def is_count(name: str, column: Column) -> bool:
    """Tell whether a column is a count, which has a symbol of its own and may be hidden by itself."""
    return column.data_type in WHOLE_NUMBERS and column.symbol == f"{name}_symbol"


def is_number(column: Column) -> bool:
    """Tell whether a column holds numbers of any kind."""
    return column.data_type in WHOLE_NUMBERS | NUMBERS


def csv_columns(table: Table) -> dict[str, Column]:
    """Return the columns of the CSV file: a symbol stands in the cell that it explains, and has none of its own."""
    symbols = {column.symbol for column in table.columns.values()}
    return {name: column for name, column in table.columns.items() if name not in symbols}


def decimals() -> int:
    """Return to how many decimals derived figures are rounded."""
    return int(setting("open_decimals"))


def write_tables(tables: Path, folder: Path, described: Mapping[str, Table]) -> None:
    """Write every table as CSV and as Parquet, its rows in the order of its key.

    Raises ``WresError`` where a file is not there, or its columns are not those that are described.
    """
    for part in (CSV, PARQUET):
        (folder / part).mkdir()
    with duckdb.connect() as connection:
        for name, table in described.items():
            source = tables / f"{name}.parquet"
            _check_columns(connection, source, table)
            relation = f"(select {', '.join(_rounded(*each) for each in table.columns.items())} from {_read(source)})"
            order = ", ".join(map(quoted, table.key)) or "all"
            _copy(
                connection, f"from {relation} order by {order}", folder / PARQUET / f"{name}.parquet", "format parquet"
            )
            _copy(connection, f"{as_csv(source, table)} order by {order}", csv_file(folder, name), "header")


def write_frame(folder: Path, name: str, table: Table, frame: pd.DataFrame) -> None:
    """Write a table that the bundle adds, as CSV and as Parquet, in the order that it has."""
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        columns = ", ".join(
            f"cast({quoted(name)} as {c.data_type}) as {quoted(name)}" for name, c in table.columns.items()
        )
        query = f"select {columns} from frame"
        _copy(connection, query, folder / PARQUET / f"{name}.parquet", "format parquet")
        _copy(connection, query, csv_file(folder, name), "header")


def csv_file(folder: Path, name: str) -> Path:
    """Return where a bundle has the CSV file of a table."""
    return folder / CSV / f"{name}.csv"


def as_csv(source: Path, table: Table) -> str:
    """Return the SQL of the cells of the CSV file that a Parquet file of a table gives."""
    return f"select {', '.join(_cell(column, table) for column in csv_columns(table))} from {_read(source)}"


def read_csv(path: Path) -> pd.DataFrame:
    """Return the cells of a CSV file as they are written; an empty cell is an empty text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def read_symbols(folder: Path) -> dict[str, str]:
    """Return what each symbol of a bundle means."""
    frame = read_csv(csv_file(folder, SYMBOLS))
    return dict(zip(frame[SYMBOLS], frame["meaning"], strict=True))


def _check_columns(connection: duckdb.DuckDBPyConnection, source: Path, table: Table) -> None:
    if not source.exists():
        raise WresError(f"The release has no table {source.stem}, which its exposure lists. Build it, then try again.")
    there = {row[0] for row in connection.execute(f"describe from {_read(source)}").fetchall()}
    if there != set(table.columns):
        different = ", ".join(sorted(there ^ set(table.columns)))
        raise WresError(
            f"The table {source.stem} and its description differ in the columns {different}. "
            "Run `wres build`, so that both come from the same models."
        )


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> None:
    options += ", compression zstd" if path.suffix == ".parquet" else ", delimiter ',', nullstr ''"
    connection.execute(f"copy ({query}) to {literal(path)} ({options})")


def _read(source: Path) -> str:
    return f"read_parquet({literal(source)})"


def _rounded(name: str, column: Column) -> str:
    """Return the SQL of a value of the Parquet file: a figure is that of the CSV file, to the last digit."""
    value = f"cast({_as_text(name)} as double)" if column.data_type in NUMBERS else quoted(name)
    return f"{value} as {quoted(name)}"


def _cell(name: str, table: Table) -> str:
    """Return the SQL of a cell of the CSV file: the value, or the symbol that stands for it."""
    column = table.columns[name]
    text = f"cast({quoted(name)} as varchar)"
    if column.data_type in NUMBERS:
        text = _as_text(name)
        text = f"case when {text} in ('0', '-0') and {quoted(name)} <> 0 then '{ROUNDS_TO_ZERO}' else {text} end"
    texts = [text]
    if column.symbol:
        texts.append(quoted(column.symbol))
        # A reason that is shared is of the whole row: where there is none, the row has no need of this figure.
        texts += [] if is_count(name, column) else [f"'{NOT_APPLICABLE}'"]
    return f"nullif(coalesce({', '.join(texts)}), '') as {quoted(name)}"


def _as_text(name: str) -> str:
    """Return the SQL of a figure as text, rounded, without needless zeros and without an exponent."""
    text = f"format('{{:.{decimals()}f}}', {quoted(name)})"
    return f"rtrim(rtrim({text}, '0'), '.')"
