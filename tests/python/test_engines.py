"""Other engines than DuckDB: the same batches give the same published tables there, and what goes wrong is said."""

import os
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from engine_tables import differences, read_postgres
from receive_files import KENT, WORKFORCE_FILE, file_header, role_row, write_table

from postgres_server import UNSAFE, NoPostgresError, PostgresServer, postgres_server
from wres import engine, engine_postgres
from wres import receive as receive_module
from wres.cli import main
from wres.engine import EngineError, build_on, engine_named
from wres.home import Home, open_home
from wres.issues import ISSUE_COLUMNS
from wres.receive import receive
from wres.reference import PROJECT
from wres.sample import write_sample
from wres.warehouse import run_dbt

FULL = os.environ.get("WRES_TEST_FULL") == "1"
REFERENCE = PROJECT / os.environ.get("WRES_REFERENCE_DATA", "../shared/data")
# In full every model, data test and unit test is run; else the models behind the figures and their changes.
OPTIONS = () if FULL else ("--exclude-resource-type", "test", "unit_test", "--select", "+indicator", "+year_on_year")
COMPARED = {"indicator", "year_on_year"} | ({"decomposition", "pay_progression", "data_issue"} if FULL else set())
CENSUS_GROUPS = (
    "Asian / Asian British",
    "Black / African / Caribbean / Black British",
    "Mixed / Multiple ethnic groups",
    "Other ethnic group",
    "White",
)


def census(folder: Path) -> list[Path]:
    """Return files of the real census where it is there and everything is tried, else a small one."""
    if FULL and REFERENCE.is_dir():
        return sorted(REFERENCE.glob("c*.csv"))
    rows = [
        role_row(group, people + number, time_period=year, role=role, new_la_code=KENT, la_name="Kent")
        for year, people in ((2023, 20), (2024, 30))
        for role, people in (("Total", 10 * people), ("Senior manager", people))
        for number, group in enumerate(CENSUS_GROUPS)
    ]
    workforce = {"time_period": 2023, "geographic_level": "Local authority", "new_la_code": KENT}
    return [
        write_table(folder / "roles.csv", rows),
        write_table(folder / "workforce.csv", [workforce | {"inpost_headcount": 5}], file_header(WORKFORCE_FILE)),
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with synthetic returns and a census, built on DuckDB."""
    folder = tmp_path_factory.mktemp("engines")
    files = write_sample(folder / "sample", organisations=12 if FULL else 4, years=[2023, 2024])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WRES_HOME", str(folder / "home"))
        home = open_home()
        # What answers organisations takes time, and nothing here reads it.
        patch.setattr(receive_module, "check_batch", lambda *_: ([], None))
        nothing = pd.DataFrame(columns=ISSUE_COLUMNS, dtype=object)
        patch.setattr(receive_module, "_answer", lambda *_: (nothing, []))
        receive(home, files + census(folder))
    run_dbt(home, ["build", *OPTIONS])
    return home


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """Give a PostgreSQL server that the environment names."""
    pytest.importorskip("dbt.adapters.postgres", reason="dbt-postgres is not installed (make .venv/postgres)")
    try:
        with postgres_server(UNSAFE) as server, pytest.MonkeyPatch.context() as patch:
            for name, value in server.environment.items():
                patch.setenv(name, value)
            yield server
    except NoPostgresError as error:
        pytest.skip(str(error))


def test_a_connection_that_is_lost_in_the_middle_is_told(home, postgres, monkeypatch):
    """The test after this one builds in the same database: nothing stands in the way."""
    few = ("--select", "stg_landed__submissions", "stg_landed__observations", "submission_version")
    models = []

    def run(home: Home, arguments: list[str], environment: dict[str, str], *_: object) -> None:
        def stop_at_first_model(line: str) -> None:
            if "OK created sql view model" in line:
                models.append(line)
                if len(models) == 1:
                    postgres.stop()

        run_dbt(home, [*arguments, *few], environment, stop_at_first_model)

    monkeypatch.setattr(engine, "run_dbt", run)
    monkeypatch.setenv("WRES_HOME", str(home.root))
    before = home.database.read_bytes()
    try:
        result = CliRunner().invoke(main, ["build", "--engine", "postgres"])
    finally:
        postgres.start()
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    said = result.output.partition("Error: ")[2]
    assert re.match(r"The connection to PostgreSQL .* was lost\..* run this command again", said)
    assert said.count("\n") == 3, said
    assert home.database.read_bytes() == before


def test_every_published_table_is_that_of_duckdb(home, postgres):
    told = []
    where = build_on("postgres", home, told.append, OPTIONS)
    assert where == f"PostgreSQL database wres on 127.0.0.1, port {postgres.port}"
    assert told[0].startswith("Loaded submissions, observations, issues into PostgreSQL in ")
    published = next(line for line in told if line.startswith("published "))
    assert re.search(r"\d+ tables +[\d,]+ rows +[\d.,]+ s$", published), published
    runs = pq.read_table(home.timings / "run").sort_by("started_at").to_pylist()
    assert {run["engine"] for run in runs} == {"postgres"}
    assert runs[-1]["is_successful"]
    found = differences(home, read_postgres)
    assert set(found) >= COMPARED
    assert {name: what for name, what in found.items() if what} == {}


COUNTS = (None, 0, 1, 3, 10, 10_000_000)
# The formulas that stand outside of any case, so that an engine works them out whatever the counts are.
FORMULAS = """
select
    id,
    {{ miettinen_nurminen_lower('x1', 'n1', 'x2', 'n2') }} as lower_95,
    {{ miettinen_nurminen_upper('x1', 'n1', 'x2', 'n2') }} as upper_95,
    {{ wilson_lower('x1', 'n1') }} as rate_lower,
    {{ wilson_upper('x1', 'n1') }} as rate_upper,
    {{ newcombe_difference_lower('x1', 'n1', 'x2', 'n2') }} as difference_lower,
    {{ newcombe_difference_upper('x1', 'n1', 'x2', 'n2') }} as difference_upper,
    {{ chi_squared_p_value('x1') }} as chi_squared_p,
    {{ normal_cdf('x1 - n1') }} as cdf,
    {{ log_factorial('x1 - n1') }} as log_factorial
from tables
order by id
"""


def test_counts_that_cannot_be_have_no_limits_and_raise_nothing(compile_inline, postgres):
    """PostgreSQL raises on a division by zero and on overflow, where DuckDB gives NULL or infinity."""
    tables = list(enumerate(product(COUNTS, repeat=4)))
    rows = ", ".join(f"({id_}, {', '.join('null' if n is None else str(n) for n in table)})" for id_, table in tables)
    columns = "id integer, x1 bigint, n1 bigint, x2 bigint, n2 bigint"
    made = f"create temporary table tables ({columns}); insert into tables values {rows}"
    sql = compile_inline(FORMULAS)
    with duckdb.connect() as connection:
        connection.execute(made)
        ours = np.array(connection.execute(sql).fetchall(), dtype=float)
    with engine_postgres.connected() as connection, connection.cursor() as cursor:
        cursor.execute(made)
        cursor.execute(sql.replace(" as double)", " as double precision)"))
        theirs = np.array(cursor.fetchall(), dtype=float)
    np.testing.assert_allclose(theirs, ours, rtol=1e-12)
    possible = np.array(
        [None not in (x1, n1, x2, n2) and x1 <= n1 > 0 and x2 <= n2 > 0 for _, (x1, n1, x2, n2) in tables]
    )
    np.testing.assert_array_equal(np.isfinite(theirs[:, 1]), possible)
    assert np.isnan(theirs[~possible, 1:3]).all()


class TestTrouble:
    """Each is an error with what, why and what to do; and nothing is lost."""

    @pytest.fixture
    def command(self, home, postgres, monkeypatch):
        """Return a function that runs `wres build --engine postgres` and gives what it said, having failed."""
        monkeypatch.setenv("WRES_HOME", str(home.root))

        def run() -> str:
            batches = {path: path.read_bytes() for path in home.batches.rglob("*.parquet")}
            result = CliRunner().invoke(main, ["build", "--engine", "postgres"])
            assert result.exit_code == 1, result.output
            assert isinstance(result.exception, SystemExit)
            assert "Traceback" not in result.output
            assert {path: path.read_bytes() for path in home.batches.rglob("*.parquet")} == batches
            return result.output

        return run

    def test_a_server_that_is_not_there(self, command, monkeypatch):
        monkeypatch.setenv("PGPORT", "1")
        said = command()
        assert "PostgreSQL database wres on 127.0.0.1, port 1 does not let user wres in" in said
        assert "Connection refused" in said
        assert "Nothing was changed. Say where the server is" in said

    def test_a_wrong_password(self, command, monkeypatch):
        monkeypatch.setenv("PGPASSWORD", "another")
        said = command()
        assert 'password authentication failed for user "wres"' in said
        assert "PGPASSWORD" in said

    def test_a_database_that_is_not_there(self, command, monkeypatch):
        monkeypatch.setenv("PGDATABASE", "nowhere")
        said = command()
        assert 'database "nowhere" does not exist' in said
        assert "createdb --template template0 --encoding UTF8 --locale C nowhere" in said

    def test_a_database_that_sorts_by_a_language(self, postgres, command, monkeypatch):
        if not postgres.sorts_by_language:
            pytest.skip("this PostgreSQL was built without the order of any language")
        english = ("--locale-provider", "icu", "--icu-locale", "en-GB", "--encoding", "UTF8")
        postgres.run("createdb", "--template", "template0", *english, "english")
        monkeypatch.setenv("PGDATABASE", "english")
        assert "sorts texts by the rules of a language" in command()

    def test_a_database_that_keeps_bytes(self, postgres, command, monkeypatch):
        postgres.run("createdb", "--template", "template0", "--encoding", "SQL_ASCII", "--locale", "C", "bytes")
        monkeypatch.setenv("PGDATABASE", "bytes")
        assert "keeps texts as SQL_ASCII, where UTF8 is needed. Nothing was changed." in command()

    def test_a_load_that_fails_leaves_the_tables_of_the_last_one(self, home, postgres, monkeypatch):
        engine_postgres.load(home)
        before = landed_rows()
        assert before["observations"] > before["submissions"] > 0
        real = engine_postgres.landed_sql
        monkeypatch.setattr(
            engine_postgres,
            "landed_sql",
            lambda home, name: "select 'too few'" if name == "issues" else f"{real(home, name)} limit 1",
        )
        with pytest.raises(EngineError, match=r"could not be loaded into .*\n(.*\n)+Nothing was changed there"):
            engine_postgres.load(home)
        assert landed_rows() == before

    def test_packages_that_are_not_installed(self):
        with pytest.raises(EngineError, match=r"not installed\. Install them: make \.venv/abacus"):
            engine_named("abacus")


def landed_rows() -> dict[str, int]:
    """Return how many rows each table of the source has in PostgreSQL."""
    with engine_postgres.connected() as connection, connection.cursor() as cursor:
        rows = {}
        for name in ("submissions", "observations", "issues"):
            cursor.execute(f"select count(*) from landed.{name}")
            rows[name] = cursor.fetchone()[0]
        return rows
