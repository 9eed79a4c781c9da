"""The benchmark's synthetic returns are returns, and what an analyst would write agrees with itself."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

import bench
import bench_analyst
from bench_data import Size, copy_project, write_batches
from wres.batch import OBSERVATIONS, SUBMISSIONS
from wres.engine import EngineError

SMALL = Size(organisations=4, years=5)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with the returns of four organisations."""
    home = tmp_path_factory.mktemp("bench")
    write_batches(home / "batches", SMALL)
    return home


def read(home: Path, query: str) -> list[tuple]:
    with duckdb.connect() as connection:
        for name in ("submissions", "observations"):
            connection.execute(f"create view {name} as from '{home}/batches/*/{name}.parquet'")
        return connection.execute(query).fetchall()


def test_returns_are_whole_and_in_the_columns_of_a_batch(home):
    for name, schema in (("submissions", SUBMISSIONS), ("observations", OBSERVATIONS)):
        assert all(pq.read_schema(file).equals(schema) for file in home.glob(f"batches/*/{name}.parquet"))
    # Adults' services of all, children's of six in ten; five rounds.
    assert read(home, "select count(*), count(distinct submission_id) from submissions") == [(30, 30)]
    assert read(home, "select bool_and(is_synthetic) from submissions") == [(True,)]
    uneven = """
        select submission_id, ethnic_value from observations where measure = 'staff' group by all
        having sum(value) filter (breakdown = 'all') != sum(value) filter (breakdown != 'all')
    """
    assert read(home, uneven) == []
    beyond = """
        select count(*) from observations as part inner join observations as whole
            using (submission_id, ethnic_value)
        where part.measure = 'leavers' and whole.measure = 'staff' and whole.breakdown = 'all'
            and part.value > whole.value
    """
    assert read(home, beyond) == [(0,)]


def test_the_same_size_gives_the_same_bytes(home, tmp_path):
    write_batches(tmp_path / "batches", SMALL)
    for file in sorted(home.glob("batches/*/*.parquet")):
        assert (tmp_path / file.relative_to(home)).read_bytes() == file.read_bytes()


def test_one_return_can_come_late(home, tmp_path):
    write_batches(tmp_path / "batches", SMALL, but_last=True)
    late = pq.read_table(tmp_path / "late" / "submissions.parquet")["submission_id"].to_pylist()
    assert len(late) == 1
    there = {row[0] for row in read(tmp_path, "select submission_id from submissions")}
    assert there | set(late) == {row[0] for row in read(home, "select submission_id from submissions")}
    assert not there & set(late)


def test_the_core_grain_is_five_groups_and_adults(tmp_path):
    write_batches(tmp_path / "batches", Size(organisations=3, years=1, is_core=True))
    assert read(tmp_path, "select distinct service, ethnic_scheme from submissions") == [("adults", "major_5")]


def test_a_copied_project_knows_the_organisations_and_rounds_to_come(tmp_path):
    size = Size(organisations=3, years=6)
    project = copy_project(tmp_path / "project", size)
    with duckdb.connect() as connection:
        seeds = project / "seeds" / "reference"
        named = connection.execute(
            f"select count(*), count(region_code) from read_csv('{seeds}/organisation_register.csv') "
            "where organisation_name like 'Synthetic%'"
        ).fetchone()
        rounds = connection.execute(f"select collection_year from read_csv('{seeds}/collection_round.csv')").fetchall()
    assert named == (3, 3)
    assert {year for (year,) in rounds} >= set(size.collection_years)


def test_pandas_and_polars_give_the_same_figures(home):
    pandas = bench_analyst._vectorised(bench_analyst._pandas_counts(home))
    tables = (pandas, bench_analyst._pandas_changes(pandas)), bench_analyst._polars(home)
    for one, other, years in zip(*tables, ([], ["panel"]), strict=True):
        keys = ["collection_year", *years, *bench_analyst.KEY]
        left, right = (frame.sort_values(keys, ignore_index=True) for frame in (one, other))
        assert left[keys].astype(str).equals(right[keys].astype(str))
        for name in bench_analyst.COUNTS:
            assert np.array_equal(left[name].to_numpy(float), right[name].to_numpy(float))
        for name in ("relative_likelihood", "lower_95", "upper_95", "p_value"):
            np.testing.assert_allclose(left[name].to_numpy(float), right[name].to_numpy(float), rtol=1e-9)


def test_an_engine_that_is_not_there_is_a_row_that_says_so(tmp_path, monkeypatch):
    def missing(name: str) -> None:
        raise EngineError(f"The packages for {name} are not installed.\nInstall them.")

    monkeypatch.setattr(bench, "engine_named", missing)
    monkeypatch.setattr(bench, "_adopt_orphans", lambda: True)
    cost = bench._engine("spark", SMALL, tmp_path, tmp_path)
    [*_, row] = bench._table({}, {str(SMALL): {"Spark": cost}})
    assert row == "| 4 x 5 | Spark |  |  |  |  | not measured: The packages for spark are not installed. |"


def test_growth_is_of_sizes_of_one_grain_that_measured_the_same():
    def costs(rows: int, **cpu: float) -> dict[str, bench.Cost]:
        return {what: bench.Cost(1, seconds, 2 * seconds, rows) for what, seconds in cpu.items()}

    measured = {
        str(Size(73, 5)): costs(100, build=1, floor=2),
        str(Size(73, 10)): costs(400, build=2, floor=8),
        str(Size(153, 10)): costs(900, build=3),
        str(Size(2000, 5, is_core=True)): costs(1_000, build=5, core=1),
        str(Size(18000, 10, is_core=True)): costs(100_000, core=10),
    }
    [*_, build, floor, core] = bench._growth(measured)
    assert build == "| build | 73 x 5 | 153 x 10 | 0.50 | 0.50 |"
    assert floor == "| floor | 73 x 5 | 73 x 10 | 1.00 | 1.00 |"
    assert core == "| core | 2,000 x 5, core grain | 18,000 x 10, core grain | 0.50 | 0.50 |"
    assert bench._growth({str(Size(73, 5)): costs(100, build=1)}) == []
