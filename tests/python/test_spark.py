"""The main job on Apache Spark, in process: every published table has DuckDB's figures."""

import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from engine_tables import differences, read_parquet

from wres import engine_spark
from wres import receive as receive_module
from wres.engine import EngineError, build_on, line_of_loss
from wres.home import Home, open_home
from wres.issues import ISSUE_COLUMNS
from wres.receive import receive
from wres.sample import write_sample
from wres.warehouse import DbtError, run_dbt

FULL = os.environ.get("WRES_TEST_FULL") == "1"
HERE = find_spec("pyspark") is not None and find_spec("dbt.adapters.spark") is not None and shutil.which("java")
WHY = "needs Java and the packages of requirements-spark.in (make .venv/spark)"
# What stands behind the two tables that every other one is read beside; in full, everything with its tests.
SELECTED = () if FULL else ("--select", "+indicator", "+year_on_year")
OPTIONS = () if FULL else ("--exclude-resource-type", "test", "unit_test", *SELECTED)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with a few returns of two years, built by DuckDB and by Spark."""
    if not HERE:
        pytest.skip(WHY)
    home = received(tmp_path_factory.mktemp("spark"))
    run_dbt(home, ["build", "--exclude-resource-type", "test", "unit_test", *SELECTED])
    build_on("spark", home, lambda line: None, OPTIONS)
    return home


def received(folder: Path) -> Home:
    """Return a home that received synthetic returns of two years."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WRES_HOME", str(folder / "home"))
        home = open_home()
        # What answers organisations takes time, and nothing here reads it.
        patch.setattr(receive_module, "check_batch", lambda *_: ([], None))
        nothing = pd.DataFrame(columns=ISSUE_COLUMNS, dtype=object)
        patch.setattr(receive_module, "_answer", lambda *_: (nothing, []))
        receive(home, write_sample(folder / "sample", organisations=6, years=[2023, 2024]))
    return home


def test_published_tables_are_those_of_duckdb(built):
    found = differences(built, read_parquet(built.warehouse / "spark" / "tables" / "published.db"))
    assert {"indicator", "year_on_year"} <= found.keys()
    assert {name: said for name, said in found.items() if said} == {}
    [run] = pq.read_table(built.timings / "run").to_pylist()
    assert (run["engine"], run["is_successful"]) == ("spark", True)


@pytest.mark.skipif(not (HERE and FULL), reason=f"{WHY}; part of make test-all, for each starts a Spark of its own")
@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        ("select 1 as code, 'a' as name", ""),
        ("select 1 as code, cast(null as string) as name", "1 rows: name is null"),
        ("select explode(array(-1, -2)) as code, 'a' as name", "2 rows: not (code > 0)"),
        ("select explode(array(1, 1)) as code, 'a' as name", "1 rows: code is not unique"),
    ],
    ids=["kept", "not null", "check", "primary key"],
)
def test_a_broken_constraint_stops_the_build(tmp_path, rows, broken):
    """Spark keeps no constraints of a Parquet table; the build asks for them."""
    contract = {
        "config": {"contract": {"enforced": True}},
        "columns": {
            "code": {"name": "code", "constraints": [{"type": "check", "expression": "code > 0"}]},
            "name": {"name": "name", "constraints": [{"type": "not_null"}]},
        },
        "constraints": [{"type": "primary_key", "columns": ["code"]}],
    }
    text = f'{{% do run_query("create table one using parquet as {rows}") %}}'
    text += f"{{{{ spark__persist_constraints('one', {contract}) }}}}select 1"
    home = Home(tmp_path)
    command = ["compile", "--target", "spark", "--no-populate-cache", "--inline", text]
    if broken:
        with pytest.raises(DbtError, match=re.escape(f"A constraint of one does not hold in {broken}")):
            run_dbt(home, command)
    else:
        run_dbt(home, command)


def test_without_java_the_command_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "none"))
    with pytest.raises(EngineError, match="Java 17"):
        engine_spark.load(Home(tmp_path))


def test_a_server_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARK_REMOTE", "sc://127.0.0.1:1")
    with pytest.raises(EngineError, match=re.escape("sc://127.0.0.1:1 (SPARK_REMOTE) does not answer")):
        engine_spark.load(Home(tmp_path))


def test_a_wrong_statement_is_not_taken_for_a_lost_server():
    said = "Unhandled error\n  status = StatusCode.UNAVAILABLE\n  details = Connection refused"
    assert line_of_loss(engine_spark, said) == "details = Connection refused"
    assert line_of_loss(engine_spark, "[TABLE_OR_VIEW_NOT_FOUND] The table or view `marts`.`none` is not there.") == ""


@pytest.mark.skipif(not HERE, reason=WHY)
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
def test_a_server_that_is_away_is_waited_for_once(monkeypatch):
    """Not by each statement anew: a build of hundreds of nodes would wait for hours."""
    import grpc

    from wres import dbt_on_cluster

    class Away(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode.UNAVAILABLE

    clock = [0.0]
    monkeypatch.setattr(dbt_on_cluster.time, "monotonic", lambda: clock[0])
    policy = dbt_on_cluster.OneOutage()

    def asks_again(at: float) -> bool:
        clock[0] = at
        return policy.can_retry(Away())

    assert all(asks_again(second) for second in range(0, 20, 5)), "a short outage"
    assert all(asks_again(second) for second in range(1000, 1030, 5)), "another, which does not end"
    assert not asks_again(1031)
    assert not asks_again(5000), "what still wants the server when dbt ends does not wait"
