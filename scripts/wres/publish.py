"""Publish: check what was built, keep it as a release, and put it in front of readers in one move."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from wres.dictionary import ALWAYS, DICTIONARY, RELEASE, SCHEMA, Table, described, dictionary, published_tables
from wres.expectations import Finding, check_tables
from wres.home import Home, WresError
from wres.issues import message
from wres.made_from import made_from_last
from wres.releases import (
    PARQUET,
    Release,
    ReleasedTable,
    code_revision,
    commit_release,
    incoming,
    list_releases,
    literal,
    quoted,
    released_files,
    save,
    write_csv,
    write_parquet,
)
from wres.warehouse import Show, run_dbt

# Storage that every DuckDB 1.x opens: BI drivers carry any of them, and none opens a file newer than itself.
STORAGE_VERSION = "v1.0.0"
ROWS_SHOWN = 20
RECORDED = "snapshots.recorded_release"
CURRENT_SUBMISSIONS = "conformed.submission_version"


class RefusedReleaseError(WresError):
    """What was built is not fit to publish; nothing has changed."""


@dataclass(frozen=True)
class PublishedRelease:
    """What ``publish`` has done: ``release`` is what readers now see, new or not.

    ``queries`` holds what the rules ask somebody to look at, and ``data_docs`` the index of their pages.
    """

    home: Home
    release: Release
    is_new: bool
    queries: list[str]
    data_docs: Path

    @property
    def folder(self) -> Path:
        """The folder in which the release is kept."""
        return self.home.releases / self.release.release_id

    @property
    def database(self) -> Path:
        """The database that readers open."""
        return self.home.published_database


def publish(home: Home, release_date: date, force: bool = False, show: Show = lambda line: None) -> PublishedRelease:
    """Check the built tables, keep them as a release, and swap in the database that readers open.

    ``release_date`` labels the release and nothing else. Where nothing differs from the last release no new
    one is made, unless ``force`` is given; one that was committed but never reached readers is finished. The
    caller holds the home's lock.

    Raises ``RefusedReleaseError`` where a table breaks a rule, or the date is before that of the last
    release; readers then keep what they had.
    """
    made = made_from_last(home)
    tables = described_tables(home)
    releases = list_releases(home)
    last = releases[-1] if releases else None
    with opened(home) as connection, incoming(home.published) as folder:
        show("Writing the tables")
        written = write_tables(connection, tables, folder)
        show("Checking them")
        asks, data_docs = _check(home, folder, {name: table for name, table in tables.items() if not table.is_history})
        submissions = _submissions(connection)
        day = release_date.isoformat()
        release = Release(
            date=day,
            sequence=last.sequence + 1 if last is not None and last.date == day else 1,
            is_synthetic=any(row.get("is_synthetic") for row in submissions),
            tables=written,
            files=released_files(folder),
            submissions=submissions,
            code_revision=code_revision(),
            made_from=made,
        )
        is_new = force or not release.says_the_same_as(last)
        if is_new:
            if last is not None and release.date < last.date:
                raise RefusedReleaseError(
                    f"The last release is of {last.date}: one of {release.date} would come before it. "
                    f"Give a date from {last.date} on."
                )
            show(f"Keeping release {release.release_id}")
            write_csv(folder)
            release = replace(release, files=released_files(folder))
            commit_release(home, folder, release)
            releases.append(release)
    if is_new or not _reached_readers(home, releases):
        _record(home, releases, show)
        _swap_in(home, releases, tables)
    return PublishedRelease(home, releases[-1], is_new, asks, data_docs)


def write_tables(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], folder: Path
) -> dict[str, ReleasedTable]:
    """Write what was built and the dictionary as Parquet files, and return each table that was written."""
    queries = {
        name: _query(f"warehouse.{SCHEMA}.{name}", table) for name, table in tables.items() if not table.is_history
    }
    connection.register("dictionary_rows", dictionary(tables))
    queries["dictionary"] = _query(_typed("dictionary_rows", DICTIONARY), DICTIONARY)
    return {name: ReleasedTable(rows) for name, rows in write_parquet(connection, queries, folder).items()}


def described_tables(home: Home) -> dict[str, Table]:
    """Return the published tables as the manifest has them; a new one where it is not that of the build.

    Raises ``WresError`` where the models and what was built from them are not the same columns.
    """
    with opened(home) as connection:
        rows = connection.execute(
            "select table_name, list(column_name) from duckdb_columns() "
            "where database_name = 'warehouse' and schema_name = ? group by table_name",
            [SCHEMA],
        ).fetchall()
    built = {name: set(columns) for name, columns in rows}

    def is_described(tables: Mapping[str, Table]) -> bool:
        now = [name for name, table in tables.items() if not table.is_history]
        return bool(now) and all(built.get(name) == set(tables[name].columns) for name in now)

    tables = published_tables(home)
    if not is_described(tables):  # dbt was run on its own, and wrote its manifest somewhere else
        run_dbt(home, ["parse"])
        tables = published_tables(home)
    if not is_described(tables):
        raise WresError("The warehouse was not built from these models. Run `wres build`, then publish.")
    return tables


@contextmanager
def opened(home: Home, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open dbt's database under the name ``warehouse``.

    Raises ``WresError`` where it was not built, or another program is writing to it.
    """
    if not home.database.exists():
        raise WresError("The warehouse has not been built yet. Run `wres build`, then publish.")
    with duckdb.connect() as connection:
        try:
            mode = " (read_only)" if read_only else ""
            connection.execute(f"attach {literal(home.database)} as warehouse{mode}")
        except duckdb.IOException as error:
            raise WresError(
                f"{home.shown(home.database)} cannot be opened: {error}\n"
                "Close the program that has it open, then publish again."
            ) from None
        try:
            yield connection
        except duckdb.CatalogException as error:
            raise WresError(f"The warehouse is not whole: {error}\nRun `wres build`, then publish.") from None


def _query(relation: str, table: Table) -> str:
    """Return the SQL of a table in the order of its key, and of everything where it has none."""
    return f"select * from {relation} order by {', '.join(map(quoted, table.key)) or 'all'}"


def _typed(relation: str, table: Table) -> str:
    """Return the SQL of a relation with the types that its description gives."""
    columns = ", ".join(f"cast({quoted(name)} as {c.data_type}) as {quoted(name)}" for name, c in table.columns.items())
    return f"(select {columns} from {relation})"


def _check(home: Home, folder: Path, tables: Mapping[str, Table]) -> tuple[list[str], Path]:
    """Check the files of a release; return what the rules ask about and the page that lists them.

    Raises ``RefusedReleaseError`` where a rule is broken.
    """
    with duckdb.connect() as connection:
        frames = {name: connection.read_parquet(str(folder / f"{name}{PARQUET}")).df() for name in sorted(tables)}
    keys = {name: tables[name].key for name in frames}
    findings, data_docs = check_tables(frames, keys, home.data_docs)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        lines = [line for finding in errors for line in _wording(finding, frames, keys)]
        more = f"\n… and {len(lines) - ROWS_SHOWN} more" if len(lines) > ROWS_SHOWN else ""
        raise RefusedReleaseError(
            "Nothing was published; readers keep the last release. What is wrong:\n"
            + "\n".join(lines[:ROWS_SHOWN])
            + f"{more}\nAll of it is in {home.shown(data_docs)}."
        )
    asks = [f for f in findings if f.severity == "query"]
    return [line for finding in asks for line in _wording(finding, frames, keys)], data_docs


def _wording(finding: Finding, frames: Mapping[str, pd.DataFrame], keys: Mapping[str, list[str]]) -> list[str]:
    """Return one line per row of a finding: table, row, column and why."""
    table = finding.table
    if table not in frames or not finding.rows:
        found = ", ".join(map(str, finding.rows))
        return [f"{table}: {message(finding.rule_code, table=table, collection_year=found)}"]
    lines = []
    for row in frames[table].loc[finding.rows].to_dict("records"):
        place = ", ".join(f"{column} {row[column]}" for column in keys[table])
        value = row.get(finding.column)
        why = message(finding.rule_code, **{**row, "table": table, "column": finding.column, "value": value})
        lines.append(f"{table}, row ({place}), column {finding.column}: {why}")
    return lines


def _submissions(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """Return the returns and files that speak for some year, as far as the warehouse names them."""
    columns = [
        "submission_id",
        "collection",
        "organisation_code",
        "service",
        "return_version",
        "is_synthetic",
    ]
    rows = connection.execute(
        f"select distinct {', '.join(columns)} from warehouse.{CURRENT_SUBMISSIONS} where version_rank = 1 order by all"
    ).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


# ------------------------------------------------------------------------------------------------- history


def _record(home: Home, releases: list[Release], show: Show) -> None:
    """Bring the snapshots and ``revision`` up to the last release, each release in its order.

    What was recorded is written down in the same database, so that deleting it forgets both, and the releases
    are then recorded again.
    """
    names = [release.release_id for release in releases]
    recorded = _recorded(home)
    if recorded != names[: len(recorded)]:  # of another home, or of releases that are no longer there
        with opened(home, read_only=False) as connection:
            connection.execute("drop schema if exists warehouse.snapshots cascade")
        recorded = []
    # The last release is taken up even where it was recorded: `revision` may not have been.
    for release in releases[len(recorded) :] or releases[-1:]:
        name = release.release_id
        _take_back(home, release)
        show(f"Recording release {name} in the history")
        arguments = ["snapshot", "--select", "tag:release", "--no-write-json"]
        if name == names[-1]:
            arguments = ["build", *arguments[1:], "--exclude-resource-type", "unit_test"]
        run_dbt(home, arguments, {"WRES_RELEASE": name})
        with opened(home, read_only=False) as connection:
            connection.execute(f"create table if not exists warehouse.{RECORDED} (release_id varchar primary key)")
            connection.execute(f"insert or ignore into warehouse.{RECORDED} values (?)", [name])


def _take_back(home: Home, release: Release) -> None:
    """Take out of the snapshots what a release has brought, all of it or what an interrupted run had come to.

    dbt writes a snapshot in more steps than one: on top of half of them it would record rows twice.
    """
    with opened(home, read_only=False) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_columns() "
            "where database_name = 'warehouse' and schema_name = ? and column_name = 'dbt_valid_from'",
            [RECORDED.split(".", maxsplit=1)[0]],
        ).fetchall()
        connection.execute("begin")
        for (table,) in tables:
            since = [release.released_at]
            connection.execute(f"delete from warehouse.{table} where dbt_valid_from >= ?", since)
            connection.execute(f"update warehouse.{table} set dbt_valid_to = null where dbt_valid_to >= ?", since)
        connection.execute("commit")


def _recorded(home: Home) -> list[str]:
    """Return the releases that the snapshots hold, the earliest first."""
    schema, table = RECORDED.split(".")
    with opened(home) as connection:
        is_there = connection.execute(
            "from duckdb_tables() where database_name = 'warehouse' and schema_name = ? and table_name = ?",
            [schema, table],
        ).fetchone()
        rows = connection.execute(f"from warehouse.{RECORDED} order by rowid").fetchall() if is_there else []
    return [row[0] for row in rows]


# ------------------------------------------------------------------------------------------------ database


def _reached_readers(home: Home, releases: list[Release]) -> bool:
    """Tell whether readers and the history have every release."""
    names = [release.release_id for release in releases]
    if not home.published_database.exists() or _recorded(home) != names:
        return False
    try:
        with duckdb.connect(str(home.published_database), read_only=True) as connection:
            rows = connection.execute("select release_id from release order by released_on, sequence")
            return [row[0] for row in rows.fetchall()] == names
    except duckdb.Error:
        return False


def _swap_in(home: Home, releases: list[Release], tables: Mapping[str, Table]) -> None:
    """Make the database of the last release beside the one that readers have open, then in its place."""
    with opened(home) as connection:
        history = {
            name: _query(f"warehouse.{SCHEMA}.{name}", table) for name, table in tables.items() if table.is_history
        }
        queries = _kept(home, releases[-1]) | history
        _put_in_place(connection, home.published_database, queries, tables, releases)


def write_database(home: Home, release: Release, path: Path) -> None:
    """Write the database of a release as readers had it, ``revision`` apart: that is made from all releases.

    A file that is there is replaced in one move.
    """
    releases = list_releases(home)
    until = releases[: releases.index(release) + 1]
    with duckdb.connect() as connection:
        file = home.releases / release.release_id / f"dictionary{PARQUET}"
        rows = connection.read_parquet(str(file)).order("table_name, position").df()
        path.parent.mkdir(parents=True, exist_ok=True)
        _put_in_place(connection, path, _kept(home, release), described(rows), until)


def _kept(home: Home, release: Release) -> dict[str, str]:
    """Return the SQL of each table of a release, its rows in the order in which they are kept: that of the key."""
    folder = home.releases / release.release_id
    return {name: f"from read_parquet({literal(folder / f'{name}{PARQUET}')})" for name in release.tables}


def _put_in_place(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    queries: Mapping[str, str],
    tables: Mapping[str, Table],
    releases: list[Release],
) -> None:
    """Write queries of the last release as a database, which stands under its name whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    for left_over in (new, new.with_name(f"{new.name}.wal")):
        left_over.unlink(missing_ok=True)
    connection.register("release_rows", _release_rows(releases))
    queries = {**queries, "release": _query(_typed("release_rows", RELEASE), RELEASE)}
    connection.execute(f"attach {literal(new)} as readers (storage_version {literal(STORAGE_VERSION)})")
    for name, query in sorted(queries.items()):
        connection.execute(f"create table readers.main.{quoted(name)} as {query}")
        _describe(connection, name, ALWAYS.get(name) or tables.get(name, Table("", [])), releases[-1])
    connection.execute("checkpoint readers")
    connection.execute("detach readers")
    save(new)
    new.replace(path)
    save(path.parent)


def _describe(connection: duckdb.DuckDBPyConnection, name: str, table: Table, release: Release) -> None:
    """Write the descriptions where database tools look for them; a table also says of which release it is."""
    relation = f"readers.main.{quoted(name)}"
    comment = literal(f"{table.description} Release {release.release_id}.")
    connection.execute(f"comment on table {relation} is {comment}")
    present = {row[0] for row in connection.execute(f"describe {relation}").fetchall()}
    for column in table.columns.keys() & present:
        text = literal(table.columns[column].description)
        connection.execute(f"comment on column {relation}.{quoted(column)} is {text}")


def _release_rows(releases: list[Release]) -> pd.DataFrame:
    """Return the table ``release``: one row per release, in the columns that the dictionary describes."""
    rows = [
        [
            release.release_id,
            date.fromisoformat(release.date),
            release.sequence,
            release is releases[-1],
            release.is_synthetic,
            release.label,
            release.organisations,
            len(release.submissions),
            len(release.tables),
            sum(table.rows for table in release.tables.values()),
            release.code_revision,
            release.made_from.definitions_sha256,
            release.made_from.inputs_sha256,
        ]
        for release in releases
    ]
    return pd.DataFrame(rows, columns=list(RELEASE.columns))
