"""What differs between homes and machines, told to dbt-duckdb when it connects.

dbt parses the whole project anew when a value of its profile is another, so what is not the same everywhere is no
part of profiles.yml, which names this plugin instead.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

MOST_THREADS = 4  # each needs its share of the memory


class Plugin(BasePlugin):
    """The database of the home that ``WRES_HOME`` names, with the memory, threads and spill folder that it may use."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Put the profile's path below the home, and add the settings to those that DuckDB is opened with."""
        home = Path(os.environ.get("WRES_HOME", ".")).absolute()
        creds.path = str(home / creds.path)
        Path(creds.path).parent.mkdir(parents=True, exist_ok=True)
        # With more threads than cores many small statements take half as long again.
        config["threads"] = os.environ.get("WRES_THREADS") or str(min(os.cpu_count() or 1, MOST_THREADS))
        config["memory_limit"] = os.environ.get("WRES_MEMORY", "4GB")
        # Large tables are on disk before their transaction ends: to tidy up after each is a tenth of a build.
        config["checkpoint_threshold"] = "1GB"
        # Newer storage takes texts in a third less time. What readers open is written in an older one (wres.publish).
        config["storage_compatibility_version"] = "latest"
        config["temp_directory"] = os.environ.get("WRES_SPILL", str(home / "warehouse" / "spill"))

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Let DuckDB keep half of its memory once it has it: what is asked for anew, the kernel clears each time."""
        # Refused where that is more than the machine has, and then it asks anew.
        with suppress(duckdb.InvalidInputException):
            conn.execute("set global block_allocator_memory = '50%'")
