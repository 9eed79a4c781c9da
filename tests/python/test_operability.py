"""A build that is watched, and one that the machine stops: what is kept of its time, and what is said and spared."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from wres.batch import ensure_empty_batch
from wres.home import Home
from wres.timings import record_timings, show_in_warehouse, timed
from wres.warehouse import DbtError, run_dbt


def new_home(root: Path) -> Home:
    home = Home(root)
    home.warehouse.mkdir(parents=True)
    home.batches.mkdir()
    ensure_empty_batch(home.batches)
    return home


# ------------------------------------------------------------------------------------------------ what is kept


def ran(unique_id: str, seconds: float, status: str = "success", began: str = "2026-03-02T09:00:00.5Z") -> dict:
    timing = [{"name": "execute", "started_at": began, "completed_at": began}] if began else []
    return {
        "unique_id": unique_id,
        "status": status,
        "execution_time": seconds,
        "message": status,
        "timing": timing,
        "adapter_response": {"rows_affected": 5 if unique_id == "model.wres.headcount" else -1},
    }


def account(home: Home, run_id: str, results: list[dict]) -> Path:
    """Write what dbt leaves of a run: its results, and the manifest that says where each node is from."""
    target = home.target
    target.mkdir(parents=True, exist_ok=True)
    nodes = {
        "seed.wres.service": ("reference", "service", "seeds/reference/service.csv"),
        "model.wres.headcount": ("conformed", "headcount", "models/conformed/headcount.sql"),
        "model.wres.indicator.v1": ("published", "indicator", "models/published/indicator.sql"),
        "test.wres.stages_multiply": ("test", "stages_multiply", "tests/singular/stages_multiply.sql"),
    }
    keys = ("schema", "alias", "original_file_path")
    manifest = {"nodes": {name: dict(zip(keys, values, strict=True)) for name, values in nodes.items()}}
    (target / "manifest.json").write_text(json.dumps(manifest))
    metadata = {"invocation_id": run_id, "dbt_version": "1.11.0"}
    said = {"metadata": metadata, "elapsed_time": 12.5, "args": {"which": "build"}, "results": results}
    (target / "run_results.json").write_text(json.dumps(said))
    return target


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home whose warehouse has two tables; rows were taken out of one, as a build of some years does."""
    home = new_home(tmp_path / "home")
    with duckdb.connect(str(home.database)) as connection:
        connection.execute("create schema conformed; create table conformed.headcount as from range(9)")
        connection.execute("checkpoint; delete from conformed.headcount where range > 6")
        connection.execute("create schema published; create table published.indicator as from range(3)")
    return home


def test_a_stage_says_its_rows_and_seconds_and_each_build_is_kept(home):
    first = [
        ran("seed.wres.service", 0.5),
        ran("model.wres.headcount", 2.0, began="2026-03-02T09:00:01Z"),
        ran("model.wres.indicator.v1", 1.25),
        ran("test.wres.stages_multiply", 0.25, "pass"),
    ]
    timings = record_timings(home, account(home, "one", first))
    assert [line.split() for line in timings.lines()] == [
        ["seeds", "1", "tables", "0.5", "s"],
        ["conformed", "1", "tables", "7", "rows", "2.0", "s"],
        ["published", "1", "tables", "3", "rows", "1.2", "s"],
        ["tests", "1", "tests", "0.2", "s"],
    ]
    # The same account again is not another build; one that failed is one, and is slower.
    assert record_timings(home, home.target) is None
    failed = [ran("model.wres.headcount", 20.0, "error"), ran("model.wres.indicator.v1", 0.0, "skipped", began="")]
    record_timings(home, account(home, "two", failed))
    show_in_warehouse(home)
    with duckdb.connect(str(home.database), read_only=True) as connection:
        runs = connection.execute(
            "select run_id, is_successful, seconds from operations.run order by run_id"
        ).fetchall()
        slow = "select run_id, seconds, message from operations.node where node = 'headcount' order by seconds desc"
        assert connection.execute(slow).fetchall() == [("two", 20.0, "error"), ("one", 2.0, None)]
        began = connection.execute("select started_at from operations.run where run_id = 'one'").fetchone()[0]
    assert runs == [("one", True, 12.5), ("two", False, 12.5)]
    assert began.astimezone(UTC) == datetime(2026, 3, 2, 9, 0, 0, 500_000, UTC)


def test_a_build_on_another_engine_is_kept_too(home):
    """Its rows are as many as the engine says that it wrote, not those of DuckDB's table of that name."""
    results = [ran("model.wres.headcount", 2.0), ran("model.wres.indicator.v1", 1.0)]
    timings = record_timings(home, account(home, "elsewhere", results), "postgres")
    assert [line.split() for line in timings.lines()] == [
        ["conformed", "1", "tables", "5", "rows", "2.0", "s"],
        ["published", "1", "tables", "1.0", "s"],
    ]
    record_timings(home, account(home, "here", [ran("model.wres.headcount", 1.0)]))
    show_in_warehouse(home)
    with duckdb.connect(str(home.database), read_only=True) as connection:
        runs = connection.execute("select run_id, engine from operations.run order by run_id").fetchall()
    assert runs == [("elsewhere", "postgres"), ("here", "duckdb")]


def test_timings_outlive_the_warehouse(home):
    record_timings(home, account(home, "one", [ran("model.wres.headcount", 2.0)]))
    home.database.unlink()
    show_in_warehouse(home)
    with duckdb.connect(str(home.database), read_only=True) as connection:
        assert connection.execute("select count(*) from operations.node").fetchone() == (1,)


def test_what_failed_stands_there_at_once_and_what_was_interrupted_did_not_succeed(home):
    account(home, "by hand", [ran("model.wres.headcount", 1.0)])
    # dbt that ends before its first node leaves no account, and that of another run is not taken for its own.
    with pytest.raises(DbtError), timed(home, home.target):
        raise DbtError
    assert not home.timings.exists()
    with pytest.raises(KeyboardInterrupt), timed(home, home.target):
        account(home, "interrupted", [ran("model.wres.headcount", 2.0)])
        raise KeyboardInterrupt
    with duckdb.connect(str(home.database), read_only=True) as connection:
        runs = connection.execute("select run_id, is_successful from operations.run").fetchall()
    assert runs == [("interrupted", False)]


def test_a_full_disk_hides_nothing_of_how_a_build_ended(home, monkeypatch):
    def full(table: object, path: Path, **_: object) -> None:
        path.write_bytes(b"PAR1")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wres.batch.pq.write_table", full)
    with pytest.raises(DbtError, match="what dbt said"), timed(home, home.target):
        account(home, "one", [ran("model.wres.headcount", 2.0, "error")])
        raise DbtError("what dbt said")
    assert [path for path in home.timings.rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    record_timings(home, account(home, "two", [ran("model.wres.headcount", 2.0)]))
    show_in_warehouse(home)


def test_what_left_no_account_leaves_no_timings(home):
    assert record_timings(home, home.target) is None
    assert not home.timings.exists()


# ------------------------------------------------------------------------------------- what the machine stops


def test_a_full_disk_is_said_and_harms_nothing(tmp_path):
    """No file may have more than a hundred kilobytes, as on a disk that is nearly full."""
    home = new_home(tmp_path / "home")
    batch = home.batches / "empty" / "submissions.parquet"
    before = batch.read_bytes()
    seed = ["--no-write-json", "seed", "--select", "service"]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(DbtError) as error:
            run_dbt(home, seed, {"DBT_LOG_LEVEL_FILE": "error"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    said = str(error.value)
    assert "The disk is full" in said
    assert "WRES_SPILL" in said
    assert "Traceback" not in said
    assert batch.read_bytes() == before
    if os.environ.get("WRES_TEST_FULL"):  # with room again, the same command goes through
        run_dbt(home, seed)
        with duckdb.connect(str(home.database), read_only=True) as connection:
            assert connection.execute("select count(*) from reference.service").fetchone() == (3,)


def test_a_build_whose_worker_is_killed_says_so_and_ends_with_1(tmp_path):
    home = new_home(tmp_path / "home")
    build = subprocess.Popen(
        [sys.executable, "-P", "-m", "wres.cli", "build"],
        env=os.environ | {"WRES_HOME": str(home.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    children = Path(f"/proc/{build.pid}/task/{build.pid}/children")
    until = time.monotonic() + 60
    while time.monotonic() < until and not children.read_text().split():
        time.sleep(0.05)
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    said = build.communicate(timeout=60)[0]
    assert build.returncode == 1
    assert "It was stopped from outside (signal 9)" in said
    assert "Nothing that was received or published is touched" in said
    assert "Traceback" not in said
    # The next command finds the home free.
    with home.locked("a test"):
        assert not home.published_database.exists()
