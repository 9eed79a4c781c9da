"""The main job on Apache Spark, in process: every published table has DuckDB's figures."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from engine_tables import differences, read_parquet
from receive_files import KENT, write_return

from wres.engine import EngineError, build_on
from wres.home import Home, open_home
from wres.receive import receive
from wres.warehouse import run_dbt

FULL = os.environ.get("WRES_TEST_FULL") == "1"
MEDWAY = "E06000035"
HERE = find_spec("pyspark") is not None and find_spec("dbt.adapters.spark") is not None and shutil.which("java")
WHY = "needs Java and the packages of requirements-spark.txt (make .venv/spark)"
# What stands behind the two tables that every other one is read beside; the whole of it where there is time.
SELECTED = () if FULL else ("--select", "+indicator", "+year_on_year", "--exclude-resource-type", "test")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with a few returns of two years, built by DuckDB and by Spark."""
    if not HERE:
        pytest.skip(WHY)
    home = received(tmp_path_factory.mktemp("spark"))
    run_dbt(home, ["build", "--exclude-resource-type", "unit_test", *SELECTED])
    build_on("spark", home, lambda line: None, ("--exclude-resource-type", "unit_test", *SELECTED))
    return home


def received(folder: Path) -> Home:
    """Return a home that received two organisations' returns of two years."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WRES_HOME", str(folder / "home"))
        patch.setattr("wres.receive.check_batch", lambda *_: ([], None))
        patch.setattr("wres.receive.write_packs", lambda *_: [])
        home = open_home()
        files = [
            write_return(
                folder / f"{organisation}-{year}.xlsx",
                year=year,
                organisation_code=organisation,
                values={("leavers", "all"): [9 + shift, 4, 1 + shift, 3, 1, 1]},
            )
            for shift, organisation in enumerate((KENT, MEDWAY))
            for year in (2024, 2025)
        ]
        receive(home, files)
    return home


def test_published_tables_are_those_of_duckdb(built):
    found = differences(built, read_parquet(built.warehouse / "spark" / "tables" / "published.db"))
    assert {"indicator", "year_on_year"} <= found.keys()
    assert {name: said for name, said in found.items() if said} == {}


@pytest.mark.skipif(not (HERE and FULL), reason=f"{WHY}; part of make test-all, for it starts a Spark of its own")
@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        ("select 1 as code, 'a' as name", None),
        ("select 1 as code, cast(null as string) as name", "1 rows: name is null"),
        ("select explode(array(-1, -2)) as code, 'a' as name", "2 rows: not (code > 0)"),
        ("select explode(array(1, 1)) as code, 'a' as name", "1 rows: code is not unique"),
    ],
)
def test_a_broken_constraint_stops_the_build(tmp_path, rows, broken):
    """Spark keeps no constraints; the build asks for them."""
    columns = [
        {"name": "code", "constraints": [{"type": "check", "expression": "code > 0"}]},
        {"name": "name", "constraints": [{"type": "not_null"}]},
    ]
    contract = {
        "config": {"contract": {"enforced": True}},
        "columns": {column["name"]: column for column in columns},
        "constraints": [{"type": "primary_key", "columns": ["code"]}],
    }
    text = (
        f"{{% do run_query('create table one using parquet as {rows.replace("'", chr(92) + "'")}') %}}"
        f"{{{{ spark__persist_constraints('one', {contract}) }}}} select 1"
    )
    said = run_dbt_inline(text, Home(tmp_path))
    assert broken in said if broken else "does not hold" not in said


def test_without_java_the_command_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "none"))
    from wres import engine_spark

    with pytest.raises(EngineError, match="Java 17"):
        engine_spark.load(Home(tmp_path))


def test_a_server_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARK_REMOTE", "sc://127.0.0.1:1")
    from wres import engine_spark

    with pytest.raises(EngineError, match="sc://127.0.0.1:1 .*does not answer"):
        engine_spark.load(Home(tmp_path))
