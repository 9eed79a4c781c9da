"""The floor of a build: every statement that dbt ran, tests included, replayed straight in DuckDB.

    python scripts/bench_floor.py LOGS DATABASE [THREADS [MEMORY]]

reads dbt's debug log (as JSON), runs its statements one after another in a new database and prints, as JSON, what each
node took.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

LEFT_OUT = ("begin", "commit", "rollback")  # one after another, nothing needs a transaction
DBT_SAYS = "/* {"  # the comment that dbt puts before a statement
SEED_ENDS = "\n        ..."  # what dbt's log puts after the statement that loads a seed


def statements(logs: Path) -> Iterator[tuple[str, str]]:
    """Return node and SQL of every statement that dbt ran, in the order in which it did."""
    # The log goes on in a new file when one is full: the highest number is the oldest.
    for path in sorted(logs.glob("dbt.log*"), key=lambda path: -int("0" + path.suffix[1:].strip("log"))):
        with path.open(encoding="utf-8") as file:
            for line in file:
                if '"name": "SQLQuery"' not in line:
                    continue
                said = json.loads(line)["data"]
                sql = said["sql"].partition("*/")[2] if said["sql"].startswith(DBT_SAYS) else said["sql"]
                node = said.get("node_info", {}).get("unique_id") or said["conn_name"]
                sql = sql.removesuffix(SEED_ENDS).strip(" \n;")
                if sql.lower() not in LEFT_OUT:
                    yield node, sql


def processor_seconds() -> float:
    """Return what this process has used of the processors so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def replay(logs: Path, database: Path, threads: int, memory: str) -> dict[str, object]:
    """Return wall and processor seconds, in total and by node, and most memory (bytes)."""
    database.unlink(missing_ok=True)
    nodes: dict[str, list[float]] = {}
    settings = {
        "threads": threads,
        "temp_directory": str(database.with_suffix(".spill")),
        "storage_compatibility_version": "latest",
    }
    if memory:
        settings["memory_limit"] = memory
    known = list(statements(logs))
    start, used = time.perf_counter(), processor_seconds()
    with duckdb.connect(str(database), config=settings) as connection:
        connection.execute("set global block_allocator_memory = '50%'")  # as the build does
        for node, sql in known:
            wall, cpu = time.perf_counter(), processor_seconds()
            try:
                connection.execute(sql).fetchall()
            except duckdb.Error as error:
                raise SystemExit(f"{node}: {error}\n{sql}") from error
            taken = nodes.setdefault(node, [0.0, 0.0])
            taken[0] += time.perf_counter() - wall
            taken[1] += processor_seconds() - cpu
    return {
        "wall": time.perf_counter() - start,
        "cpu": processor_seconds() - used,
        "statements": len(known),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "nodes": nodes,
    }


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    result = replay(Path(given[1]), Path(given[2]), int(given.get(3, os.cpu_count() or 1)), given.get(4, ""))
    print(json.dumps(result))
