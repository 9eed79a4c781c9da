"""The main job on a Spark cluster of two workers, reached through Spark Connect (make test-cluster)."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from engine_tables import differences, read_parquet
from spark_cluster import Cluster, spark_cluster
from test_spark import received

from wres import engine
from wres.cli import main
from wres.engine import build_on
from wres.home import Home
from wres.warehouse import run_dbt

pytestmark = [
    pytest.mark.skipif(os.environ.get("WRES_TEST_CLUSTER") != "1", reason="starts a cluster: run make test-cluster"),
    pytest.mark.skipif(
        not (find_spec("grpc") and find_spec("pyspark") and shutil.which("java")),
        reason="needs Java and the packages of requirements-spark.in (make .venv/spark)",
    ),
]
SOME = ("indicator", "year_on_year")
SELECTED = ("--exclude-resource-type", "test", "unit_test", "--select", *(f"+{name}" for name in SOME))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home that DuckDB has built."""
    home = received(tmp_path_factory.mktemp("returns"))
    run_dbt(home, ["build", "--exclude-resource-type", "test", "unit_test"])
    home.published.mkdir(exist_ok=True)
    shutil.copy(home.database, home.published_database)
    return home


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Give a running cluster of two workers, named in SPARK_REMOTE."""
    with spark_cluster(tmp_path / "cluster") as running:
        monkeypatch.setenv("SPARK_REMOTE", running.remote)
        yield running


def test_the_main_job_gives_duckdb_s_tables(home, cluster):
    assert build_on("spark", home, print) == cluster.remote
    found = differences(home, read_parquet(cluster.folder / "tables" / "published.db"))
    assert {name: said for name, said in found.items() if said} == {}


def test_a_killed_worker_costs_no_figure(home, cluster):
    """The other worker takes over: the build ends, with the same figures."""
    lines: list[str] = []

    def show(line: str) -> None:
        lines.append(line)
        if re.search(r"OK created sql table model conformed\.headcount", line):
            cluster.kill_worker()

    build_on("spark", home, show, SELECTED)
    assert cluster.workers[0].poll() is not None
    found = differences(home, read_parquet(cluster.folder / "tables" / "published.db"), SOME)
    assert found == {name: [] for name in SOME}


def test_a_killed_server_is_one_error_soon_and_no_damage(home, cluster, monkeypatch):
    """The build knows within two minutes that nobody answers; what is not Spark's is as it was."""
    kept = [home.database, home.published_database, *home.batches.rglob("*.parquet")]
    before = {path: path.read_bytes() for path in kept}
    killed_at: list[float] = []

    def run(home: Home, arguments: list[str], environment: dict[str, str], *_: object) -> None:
        def show(line: str) -> None:
            if "OK created sql table model" in line and not killed_at:
                cluster.server.kill()
                killed_at.append(time.monotonic())

        run_dbt(home, arguments, environment, show)

    monkeypatch.setattr(engine, "run_dbt", run)
    monkeypatch.setenv("WRES_HOME", str(home.root))
    result = CliRunner().invoke(main, ["build", "--engine", "spark"])
    assert time.monotonic() - killed_at[0] < 120
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    said = result.output.partition("Error: ")[2]
    assert said.startswith(f"The Spark Connect server {cluster.remote}, or one of its workers, stopped in the middle.")
    assert "run this command again" in said
    assert said.count("\n") == 3, said
    assert {path: path.read_bytes() for path in kept} == before
