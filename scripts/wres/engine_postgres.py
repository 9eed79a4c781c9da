"""PostgreSQL: where its server is comes from the variables that libpq reads (PGHOST, PGPORT, PGUSER, ...)."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg2
import pyarrow as pa
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class in lower case

from wres.batch import TABLES
from wres.engine import EngineError, engine_folder, landed_sql, target
from wres.home import Home

TITLE = "PostgreSQL"
SCHEMA = "landed"
TYPES = {
    pa.string(): "text",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.date32(): "date",
    pa.bool_(): "boolean",
    pa.timestamp("us"): "timestamp",
}
# Texts sort by their bytes, as in DuckDB: by the rules of a language, the same data would give other tables.
SORTED_BY_BYTES = ("C", "POSIX", "C.UTF-8", "C.utf8", "ucs_basic")
# A statement of this project is an expression of hundreds of lines: to compile it takes longer than to run it.
SERVER_OPTIONS = "-c jit=off -c work_mem=128MB -c enable_nestloop=off -c enable_mergejoin=off"
LOST = ("connection to server", "server closed the connection", "terminating connection", "could not receive data")


def load(home: Home) -> None:
    """Make the tables of the source ``landed`` from the committed batches, in one transaction.

    Raises ``EngineError`` where the server cannot be reached, or its database sorts texts in another order.
    """
    folder = engine_folder(home, "postgres")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as files, _connected() as connection, connection.cursor() as cursor:
        cursor.execute(f"create schema if not exists {SCHEMA}")
        for name, schema in TABLES.items():
            path = Path(files) / f"{name}.csv"
            with duckdb.connect() as reader:
                reader.execute(f"copy ({landed_sql(home, name)}) to '{path}' (format csv, header false)")
            columns = ", ".join(f'"{field.name}" {TYPES[field.type]}' for field in schema)
            cursor.execute(f"drop table if exists {SCHEMA}.{name} cascade")
            cursor.execute(f"create table {SCHEMA}.{name} ({columns})")
            with path.open(encoding="utf-8") as rows:
                cursor.copy_expert(f"copy {SCHEMA}.{name} from stdin (format csv)", rows)
            cursor.execute(f"analyze {SCHEMA}.{name}")


def environment(home: Home) -> Mapping[str, str]:
    """Return the settings of the server that suit the project, before those that PGOPTIONS has already."""
    return {"PGOPTIONS": f"{SERVER_OPTIONS} {os.environ.get('PGOPTIONS', '')}".strip()}


def where(home: Home) -> str:
    """Return the server and database, as a person would name them."""
    server = target("postgres")
    return f"PostgreSQL database {server['dbname']} on {server['host']}, port {server['port']}"


def advice(message: str) -> str:
    """Return what to do where the connection was lost; empty where something else went wrong."""
    if not any(said in message for said in LOST):
        return ""
    return (
        f"The connection to {where(None)} was lost. The batches, and whatever DuckDB has built and published, are as "
        "they were. See that the server runs and has disk space, then run this command again: it makes every table anew."
    )


@contextmanager
def _connected() -> Iterator[Connection]:
    """Give a connection in one transaction, kept where nothing went wrong."""
    server = target("postgres")
    try:
        connection = psycopg2.connect(
            host=server["host"],
            port=server["port"],
            user=server["user"],
            password=server["password"],
            dbname=server["dbname"],
            options=environment(None)["PGOPTIONS"],
            connect_timeout=10,
        )
    except psycopg2.OperationalError as error:
        raise EngineError(
            f"{where(None)} does not let user {server['user']} in:\n{str(error).strip()}\n"
            "Nothing was changed. Say where the server is, and who you are, with PGHOST, PGPORT, PGUSER, PGPASSWORD and "
            "PGDATABASE; a database is made with: createdb --template template0 --encoding UTF8 --locale C "
            f"{server['dbname']}"
        ) from None
    try:
        with connection:
            _check_order(connection)
            yield connection
    except psycopg2.Error as error:
        raise EngineError(
            f"The batches could not be loaded into {where(None)}:\n{str(error).strip()}\n"
            "Nothing was changed there. See that the server runs and has disk space, then run this command again."
        ) from None
    finally:
        connection.close()


def _check_order(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select datcollate from pg_database where datname = current_database()")
        [(order,)] = cursor.fetchall()
    if order not in SORTED_BY_BYTES:
        raise EngineError(
            f"{where(None)} sorts texts by the rules of {order}; figures that agree with DuckDB's need byte order. "
            "Make a database with: createdb --template template0 --encoding UTF8 --locale C NAME, and name it in PGDATABASE."
        )
