"""Publish: check what was built, keep it as a release, and put it in front of readers in one move."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from wres.dictionary import DICTIONARY, RELEASE, SCHEMA, Table, dictionary, published_tables
from wres.expectations import Finding, check_tables
from wres.home import Home, WresError
from wres.issues import message
from wres.releases import (
    Release,
    code_revision,
    commit_release,
    fingerprint,
    list_releases,
    literal,
    save,
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
    tables = _described_tables(home)
    releases = list_releases(home)
    last = releases[-1] if releases else None
    show("Checking what is to be published")
    with _opened(home) as connection:
        queries = {
            name: _query(f"warehouse.{SCHEMA}.{name}", table) for name, table in tables.items() if not table.is_history
        }
        asks, data_docs = _check(home, connection, queries, tables)
        connection.register("dictionary_rows", dictionary(tables))
        queries["dictionary"] = _query(_typed("dictionary_rows", DICTIONARY), DICTIONARY)
        release = _next_release(connection, queries, last, release_date)
        is_new = force or not release.says_the_same_as(last)
        if is_new:
            if last is not None and release.date < last.date:
                raise RefusedReleaseError(
                    f"The last release is of {last.date}: one of {release.date} would come before it. "
                    f"Give a date from {last.date} on."
                )
            show(f"Keeping release {release.release_id}")
            commit_release(home, connection, release, queries)
            releases.append(release)
    if is_new or not _reached_readers(home, releases):
        _record(home, releases, show)
        _swap_in(home, releases, tables)
    return PublishedRelease(home, releases[-1], is_new, asks, data_docs)


def _described_tables(home: Home) -> dict[str, Table]:
    """Return the published tables as the manifest has them; a new one where it is not that of the build.

    Raises ``WresError`` where the models and what was built from them are not the same columns.
    """
    with _opened(home) as connection:
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
def _opened(home: Home, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
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
    return f"select * from {relation} order by {', '.join(map(_quoted, table.key)) or 'all'}"


def _typed(relation: str, table: Table) -> str:
    """Return the SQL of a relation with the types that its description gives."""
    columns = ", ".join(
        f"cast({_quoted(name)} as {c.data_type}) as {_quoted(name)}" for name, c in table.columns.items()
    )
    return f"(select {columns} from {relation})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _check(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    queries: Mapping[str, str],
    tables: Mapping[str, Table],
) -> tuple[list[str], Path]:
    """Return what the rules ask about and the page that lists them; raise where a rule is broken."""
    frames = {name: connection.execute(query).df() for name, query in queries.items()}
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


def _next_release(
    connection: duckdb.DuckDBPyConnection,
    queries: Mapping[str, str],
    last: Release | None,
    release_date: date,
) -> Release:
    day = release_date.isoformat()
    submissions = _submissions(connection)
    return Release(
        date=day,
        sequence=last.sequence + 1 if last is not None and last.date == day else 1,
        is_synthetic=any(row.get("is_synthetic") for row in submissions),
        tables={name: fingerprint(connection, query) for name, query in sorted(queries.items())},
        submissions=submissions,
        code_revision=code_revision(),
    )


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
    are then recorded again. A release that was interrupted is recorded again too, which changes nothing.
    """
    names = [release.release_id for release in releases]
    recorded = _recorded(home)
    if recorded != names[: len(recorded)]:  # of another home, or of releases that are no longer there
        with _opened(home, read_only=False) as connection:
            connection.execute("drop schema if exists warehouse.snapshots cascade")
        recorded = []
    # The last release is taken up even where it was recorded: `revision` may not have been.
    for name in names[len(recorded) :] or names[-1:]:
        show(f"Recording release {name} in the history")
        arguments = ["snapshot", "--select", "tag:release", "--no-write-json"]
        if name == names[-1]:
            arguments = ["build", *arguments[1:], "--exclude-resource-type", "unit_test"]
        run_dbt(home, arguments, {"WRES_RELEASE": name})
        with _opened(home, read_only=False) as connection:
            connection.execute(f"create table if not exists warehouse.{RECORDED} (release_id varchar primary key)")
            connection.execute(f"insert or ignore into warehouse.{RECORDED} values (?)", [name])


def _recorded(home: Home) -> list[str]:
    """Return the releases that the snapshots hold, the earliest first."""
    schema, table = RECORDED.split(".")
    with _opened(home) as connection:
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
    new = home.published / f"{home.published_database.name}.new"
    for left_over in (new, new.with_name(f"{new.name}.wal")):
        left_over.unlink(missing_ok=True)
    _write_database(home, new, releases, tables)
    save(new)
    new.replace(home.published_database)
    save(home.published)


def _write_database(home: Home, path: Path, releases: list[Release], tables: Mapping[str, Table]) -> None:
    folder = home.releases / releases[-1].release_id
    described = {**tables, "release": RELEASE, "dictionary": DICTIONARY}
    relations = {name: f"read_parquet({literal(folder / f'{name}.parquet')})" for name in releases[-1].tables}
    relations |= {name: f"warehouse.{SCHEMA}.{name}" for name, table in tables.items() if table.is_history} | {
        "release": _typed("release_rows", RELEASE)
    }
    with _opened(home) as connection:
        connection.register("release_rows", _release_rows(releases))
        connection.execute(f"attach {literal(path)} as readers (storage_version {literal(STORAGE_VERSION)})")
        for name, relation in sorted(relations.items()):
            table = described.get(name, Table("", []))
            connection.execute(f"create table readers.main.{_quoted(name)} as {_query(relation, table)}")
            _describe(connection, name, table)
        connection.execute("checkpoint readers")
        connection.execute("detach readers")


def _describe(connection: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    """Write the descriptions where database tools look for them."""
    relation = f"readers.main.{_quoted(name)}"
    connection.execute(f"comment on table {relation} is {literal(table.description)}")
    present = {row[0] for row in connection.execute(f"describe {relation}").fetchall()}
    for column in table.columns.keys() & present:
        text = literal(table.columns[column].description)
        connection.execute(f"comment on column {relation}.{_quoted(column)} is {text}")


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
        ]
        for release in releases
    ]
    return pd.DataFrame(rows, columns=list(RELEASE.columns))
