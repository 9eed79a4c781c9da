"""How long builds took: a line a stage when one ends, and two tables of every build, from dbt's own account of it.

They hold clock times, so they are no model: they are kept as files in the home, beside the warehouse that may be
deleted, and stand in its schema ``operations`` for whoever looks into a slow week. No release takes them along.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from wres.batch import write_table
from wres.home import Home

SCHEMA = "operations"
CLOCK = pa.timestamp("us", tz="UTC")
RUN = pa.schema(
    {
        "run_id": pa.string(),  # dbt's invocation
        "started_at": CLOCK,
        "seconds": pa.float64(),  # from the first node to the last
        "node_seconds": pa.float64(),  # of all nodes together; more, as they run beside one another
        "is_successful": pa.bool_(),
        "nodes": pa.int32(),
        "command": pa.string(),
        "engine": pa.string(),  # where it was built: DuckDB, or a target of profiles.yml beside it
        "dbt_version": pa.string(),
        "duckdb_version": pa.string(),
    }
)
NODE = pa.schema(
    {
        "run_id": pa.string(),
        "node": pa.string(),
        "kind": pa.string(),  # seed, model, test
        "stage": pa.string(),
        "status": pa.string(),
        "started_at": CLOCK,
        "seconds": pa.float64(),
        "rows": pa.int64(),
        "message": pa.string(),
    }
)
TABLES = {"run": RUN, "node": NODE}
DUCKDB = "duckdb"
ACCOUNT = "run_results.json"  # of dbt, of its last run
STAGES = ("seeds", "staging", "conformed", "marts", "published", "tests")
SECOND = "{:,.1f} s"


@dataclass(frozen=True)
class Timings:
    """One build's rows of the two tables."""

    run: pa.Table
    node: pa.Table

    def lines(self) -> list[str]:
        """Return a line a stage: nodes, rows and seconds."""
        stages = self.node.group_by("stage").aggregate([("seconds", "sum"), ("rows", "sum"), ("node", "count")])
        found = {row["stage"]: row for row in stages.to_pylist()}
        return [
            f"{stage:10} {row['node_count']:5,} {'tests' if stage == 'tests' else 'tables':6}"
            f" {_rows(row['rows_sum']):>16} {SECOND.format(row['seconds_sum']):>10}"
            for stage, row in ((stage, found[stage]) for stage in STAGES if stage in found)
        ]


@contextmanager
def timed(home: Home, target: Path, engine: str = DUCKDB) -> Iterator[list[str]]:
    """Keep the timings of the dbt command that runs within, however it ends, and give its lines when it ended well.

    Those of a build that failed stand in the warehouse at once. Where nothing can be written, on a full disk, that must
    not hide what the build said of it.
    """
    (target / ACCOUNT).unlink(missing_ok=True)  # of another run, it would be taken for this one's
    lines: list[str] = []
    try:
        yield lines
    except BaseException:
        with suppress(OSError, duckdb.Error):
            record_timings(home, target, engine, ended_well=False)
            if engine == DUCKDB and home.database.exists():
                show_in_warehouse(home)
        raise
    if timings := record_timings(home, target, engine):
        lines += timings.lines()


def record_timings(home: Home, target: Path, engine: str = DUCKDB, *, ended_well: bool = True) -> Timings | None:
    """Keep the timings of the dbt command whose artefacts are in ``target``, and return them.

    Rows are those of the tables, or on another engine as many as it says that it wrote. Nothing is kept where dbt ended
    before it ran a node, or was killed: it has then left no account.
    """
    results = target / ACCOUNT
    manifest = target / "manifest.json"
    if not results.exists() or not manifest.exists():
        return None
    account = json.loads(results.read_text(encoding="utf-8"))
    run_id = account["metadata"]["invocation_id"]
    if (home.timings / "node" / f"{run_id}.parquet").exists():
        return None
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    counts = _row_counts(home) if engine == DUCKDB else None
    timings = _timings(account, nodes, engine, counts, ended_well=ended_well)
    for name in TABLES:
        folder = home.timings / name
        folder.mkdir(parents=True, exist_ok=True)
        write_table(getattr(timings, name), folder / f"{run_id}.parquet")
    return timings


def show_in_warehouse(home: Home) -> None:
    """Make the tables of every build kept, on other engines too, in the warehouse's schema ``operations``."""
    with duckdb.connect(str(home.database)) as connection:
        connection.execute(f"create schema if not exists {SCHEMA}")
        for name in TABLES:
            files = str(home.timings / name / "*.parquet").replace("'", "''")
            kept = f"from read_parquet('{files}', union_by_name = true) order by started_at"
            connection.execute(f"create or replace table {SCHEMA}.{name} as {kept}")


def _timings(
    account: dict, known: dict[str, dict], engine: str, counts: dict[tuple[str, str], int] | None, *, ended_well: bool
) -> Timings:
    run_id = account["metadata"]["invocation_id"]
    nodes = []
    for result in account["results"]:
        kind, _, name = result["unique_id"].split(".")[:3]
        if kind not in ("seed", "model", "test", "snapshot"):
            continue
        of = known.get(result["unique_id"], {})
        nodes.append(
            {
                "run_id": run_id,
                "node": name,
                "kind": kind,
                "stage": _stage(kind, of.get("original_file_path", "")),
                "status": result["status"],
                "started_at": _began(result),
                "seconds": result["execution_time"],
                "rows": _rows_of(result, of, counts) if kind != "test" else None,
                "message": result["message"] if result["status"] not in ("success", "pass") else None,
            }
        )
    began = [node["started_at"] for node in nodes if node["started_at"]]
    run = {
        "run_id": run_id,
        "started_at": min(began, default=None),
        "seconds": account["elapsed_time"],
        "node_seconds": sum(node["seconds"] for node in nodes),
        # What was interrupted gives account of the nodes that it came to.
        "is_successful": ended_well and all(node["status"] in ("success", "pass", "warn") for node in nodes),
        "nodes": len(nodes),
        "command": account["args"].get("which"),
        "engine": engine,
        "dbt_version": account["metadata"]["dbt_version"],
        "duckdb_version": duckdb.__version__,
    }
    return Timings(pa.Table.from_pylist([run], RUN), pa.Table.from_pylist(nodes, NODE))


def _rows_of(result: dict, node: dict, counts: dict[tuple[str, str], int] | None) -> int | None:
    if counts is not None:
        return counts.get((node.get("schema"), node.get("alias")))
    written = result["adapter_response"].get("rows_affected")
    return written if written is not None and written >= 0 else None


def _stage(kind: str, path: str) -> str:
    """Return the layer of a model, from the folder that it lies in."""
    return Path(path).parts[1] if kind == "model" and path else f"{kind}s"


def _began(result: dict) -> datetime | None:
    began = [step["started_at"] for step in result["timing"] if step["started_at"]]
    return min(map(datetime.fromisoformat, began), default=None)


def _row_counts(home: Home) -> dict[tuple[str, str], int]:
    """Return the rows of every table of the warehouse; none where there is no warehouse, or another holds it."""
    if not home.database.exists():
        return {}
    try:
        with duckdb.connect(str(home.database), read_only=True) as connection:
            # DuckDB's own estimate counts rows that were taken out.
            tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            count = 'select count(*) from "{}"."{}"'
            return {table: connection.execute(count.format(*table)).fetchone()[0] for table in tables}
    except duckdb.Error:
        return {}


def _rows(number: int | None) -> str:
    return "" if number is None else f"{number:,} rows"
