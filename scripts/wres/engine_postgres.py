"""PostgreSQL: where its server is comes from the variables that libpq reads (PGHOST, PGPORT, PGUSER, ...)."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from wres.batch import TABLES
from wres.engine import EngineError, engine_folder, landed_sql, target
from wres.home import Home

TITLE = "PostgreSQL"
SCHEMA = "landed"
CREATE_DATABASE = "createdb --template template0 --encoding UTF8 --locale C"
TYPES = {
    pa.string(): "text",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.date32(): "date",
    pa.bool_(): "boolean",
    pa.timestamp("us"): "timestamp",
}
# A statement of this project is an expression of hundreds of lines: to compile it takes longer than to run it.
SERVER_OPTIONS = "-c jit=off -c work_mem=128MB -c enable_nestloop=off -c enable_mergejoin=off"
LOST = ("connection to server", "server closed the connection", "terminating connection", "could not receive data")


def load(home: Home) -> None:
    """Make the tables of the source ``landed`` from the committed batches, in one transaction.

    Raises ``EngineError`` where the server cannot be reached, or its database sorts or keeps texts in another way.
    """
    folder = engine_folder(home, "postgres")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as files, connected() as connection, connection.cursor() as cursor:
        cursor.execute(f"create schema if not exists {SCHEMA}")
        for name, schema in TABLES.items():
            path = Path(files) / f"{name}.csv"
            with duckdb.connect() as reader:
                reader.sql(landed_sql(home, name)).write_csv(str(path), header=False)
            columns = ", ".join(f'"{field.name}" {TYPES[field.type]}' for field in schema)
            cursor.execute(f"drop table if exists {SCHEMA}.{name} cascade")
            cursor.execute(f"create table {SCHEMA}.{name} ({columns})")
            with path.open(encoding="utf-8", newline="") as rows:  # a text keeps its line ends
                cursor.copy_expert(f"copy {SCHEMA}.{name} from stdin (format csv)", rows)
            cursor.execute(f"analyze {SCHEMA}.{name}")


def environment(home: Home | None = None) -> Mapping[str, str]:
    """Return the settings of the server that suit the project, before those that PGOPTIONS has already."""
    return {"PGOPTIONS": f"{SERVER_OPTIONS} {os.environ.get('PGOPTIONS', '')}".strip()}


def where(home: Home | None = None) -> str:
    """Return the server and database, as a person would name them."""
    server = target("postgres")
    return f"PostgreSQL database {server['dbname']} on {server['host']}, port {server['port']}"


def lost(home: Home | None = None) -> str:
    """Return what to do where the connection was lost."""
    return (
        f"The connection to {where()} was lost. The batches, and what DuckDB has built and published, are as they "
        "were. See that the server runs and has disk space, then run this command again: it makes every table anew."
    )


@contextmanager
def connected() -> Iterator[Any]:
    """Give a connection to a database that sorts as DuckDB does, in one transaction: kept where nothing went wrong.

    Raises ``EngineError`` where the server does not answer, or answers with an error.
    """
    import psycopg2

    server = target("postgres")
    try:
        connection = psycopg2.connect(
            host=server["host"],
            port=server["port"],
            user=server["user"],
            password=server["password"],
            dbname=server["dbname"],
            options=environment()["PGOPTIONS"],
            connect_timeout=10,
        )
    except psycopg2.OperationalError as error:
        raise EngineError(
            f"{where()} does not let user {server['user']} in:\n{str(error).strip()}\n"
            "Nothing was changed. Say where the server is, and who you are, with PGHOST, PGPORT, PGDATABASE, PGUSER "
            f"and PGPASSWORD. A new database is made with: {CREATE_DATABASE} {server['dbname']}"
        ) from None
    try:
        with connection:
            _check_texts(connection)
            yield connection
    except psycopg2.Error as error:
        raise EngineError(
            f"The batches could not be loaded into {where()}:\n{str(error).strip()}\n"
            "Nothing was changed there. See that the server runs and has disk space, then run this command again."
        ) from None
    finally:
        connection.close()


def _check_texts(connection: Any) -> None:
    """Refuse a database that sorts or keeps texts in another way: from the same data it would make other tables."""
    with connection.cursor() as cursor:
        cursor.execute("select 'B' < 'a', current_setting('server_encoding')")
        [(is_by_bytes, encoding)] = cursor.fetchall()
    wrong = []
    if not is_by_bytes:
        wrong.append("sorts texts by the rules of a language, where the figures need the order of their bytes")
    if encoding != "UTF8":
        wrong.append(f"keeps texts as {encoding}, where UTF8 is needed")
    if wrong:
        raise EngineError(
            f"{where()} {', and '.join(wrong)}. "
            f"Nothing was changed. Make another database with: {CREATE_DATABASE} NAME\nand name it in PGDATABASE."
        )
