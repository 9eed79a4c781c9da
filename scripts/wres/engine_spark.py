"""Apache Spark: in dbt's own process, or on a cluster through Spark Connect, where SPARK_REMOTE says so."""

import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from wres.engine import EngineError, engine_folder
from wres.home import Home

TITLE = "Apache Spark"
DEFAULT_PORT = 15002  # of a Spark Connect server
# What Spark, or gRPC in front of it, says where a process is gone and not the statement wrong.
LOST = (
    "Connection refused",
    "Connection reset",
    "StatusCode.UNAVAILABLE",
    "INVALID_HANDLE",  # a server that was started again knows nothing of the build
    "Java gateway process exited",
    "Answer from Java side is empty",
    "ExecutorLostFailure",
    "SparkContext was shut down",
    "No space left on device",
    "OutOfMemoryError",
)


def load(home: Home) -> None:
    """See that Spark can be reached, and clear the tables that a build in this process left.

    The tables of the source ``landed`` are made over the committed batches' files when dbt starts (the macro
    ``landed_tables``): tables of a Spark in process last as long as it. On a cluster the batches' folder must be where
    the server and its workers see it by the same path.
    """
    if remote := os.environ.get("SPARK_REMOTE"):
        _check_server(remote)
        return
    if not _java():
        raise EngineError(
            "Apache Spark needs Java 17 or later, and no java was found. Install it (on Debian: apt install "
            "openjdk-17-jre-headless) or name its folder in JAVA_HOME, then run this command again."
        )
    shutil.rmtree(_tables(home), ignore_errors=True)


def environment(home: Home) -> Mapping[str, str]:
    """Return where the batches and tables are, in full: Spark resolves a path against a folder of its own.

    The first error ends a build on a cluster: the rest would only say that the server is gone.
    """
    found = {"WRES_HOME": str(home.root.resolve())}
    return found | {"DBT_FAIL_FAST": "true"} if os.environ.get("SPARK_REMOTE") else found


def where(home: Home) -> str:
    """Return the server, or the folder of the tables' Parquet files."""
    remote = os.environ.get("SPARK_REMOTE")
    return _shown(remote) if remote else f"{home.shown(_tables(home))} (Parquet, a folder for each table)"


def lost(home: Home) -> str:
    """Return what to do where a process of Spark was lost."""
    remote = os.environ.get("SPARK_REMOTE")
    what = f"The Spark Connect server {_shown(remote)}, or one of its workers," if remote else "Spark"
    return (
        f"{what} stopped in the middle. The batches, and what DuckDB has built and published, are as they were. See "
        "that it has memory and disk space, and on a cluster that the server and its workers run, then run this "
        "command again: it makes every table anew."
    )


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin") if home else None)


def _tables(home: Home) -> Path:
    return engine_folder(home, "spark") / "tables"


def _shown(remote: str) -> str:
    """Return the address of a server without what may follow it: its token, among others."""
    return remote.partition("/;")[0]


def _check_server(remote: str) -> None:
    address = urlsplit(remote)
    try:
        with socket.create_connection((address.hostname, address.port or DEFAULT_PORT), timeout=10):
            return
    except (OSError, ValueError) as error:
        raise EngineError(
            f"The Spark Connect server {_shown(remote)} (SPARK_REMOTE) does not answer: {error}. Nothing was changed. "
            "See that it runs, and that SPARK_REMOTE reads sc://HOST:PORT; without it Spark runs in process."
        ) from None
