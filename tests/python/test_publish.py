"""Publishing: one story of releases, told on tables of the published shape that stand in for the models."""

import hashlib
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from made_warehouse import KEY, Warehouse, figure, made_warehouse
from receive_files import KENT, write_return

from wres import publish as publishing
from wres import rebuild as rebuilding
from wres.batch import TABLES
from wres.cli import main
from wres.home import Home, WresError, open_home
from wres.issues import message
from wres.made_from import RECORD, MadeFrom, made_from, record_build
from wres.publish import PublishedRelease, RefusedReleaseError, publish
from wres.rebuild import CannotRebuildError, DifferentReleaseError, rebuild
from wres.receive import receive
from wres.reference import PROJECT, read_seed
from wres.releases import in_force, list_releases, released_files, write_csv, write_parquet
from wres.retention import withdraw
from wres.warehouse import CORE, DbtError, build, run_dbt

FULL = bool(os.environ.get("WRES_TEST_FULL"))
# Of June 2024: the first that promised to read the files of those that follow, and the oldest that tools carry.
OLDER_DUCKDB = "1.0.0"
AS_RELEASED = "as-released.duckdb"
SPRING, SUMMER = date(2026, 3, 31), date(2026, 6, 30)
HISTORY = "select * from warehouse.snapshots.indicator_history order by all"
REVISION = "select * from warehouse.published.revision order by all"


def numerators(rows: list[dict[str, object]]) -> dict[object, object]:
    return {row["area_code"]: row["numerator"] for row in rows}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return made_warehouse(Home(tmp_path_factory.mktemp("home")))


@dataclass
class Reader:
    """Another program that opens the published database, as a BI tool does, and keeps it open."""

    process: subprocess.Popen

    def ask(self) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("ask\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def reader_of() -> Iterator[object]:
    started: list[subprocess.Popen] = []

    def start(database: Path) -> Reader:
        code = (
            "import duckdb, sys\n"
            f"connection = duckdb.connect({str(database)!r}, read_only=True)\n"
            "for _ in sys.stdin:\n"
            "    query = \"select numerator from indicator where area_code = 'E06000001'\"\n"
            "    print(connection.execute(query).fetchone()[0], flush=True)\n"
        )
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True)
        started.append(process)
        return Reader(process)

    yield start
    for process in started:
        process.communicate()


@dataclass
class Story:
    """What was seen at each step; each test looks at one of them."""

    first: PublishedRelease
    again: PublishedRelease
    dictionary: list[dict[str, object]]
    old_reader_saw: tuple[int, int]
    new_reader_saw: int
    refusal: str
    after_refusal: list[dict[str, object]]
    finished: PublishedRelease
    revision: list[dict[str, object]]
    history: list[dict[str, object]]
    history_again: list[dict[str, object]]
    revision_again: list[dict[str, object]]
    unchanged_after_rebuild: PublishedRelease


@contextmanager
def checked_before() -> Iterator[None]:
    """Publish figures of a kind that was checked before without Great Expectations; at full counts with it."""
    with pytest.MonkeyPatch.context() as patch:
        if not FULL:
            patch.setattr(publishing, "_check", lambda home, *_: ([], home.data_docs))
        yield


@pytest.fixture(scope="module")
def story(warehouse: Warehouse, reader_of) -> Story:
    database = warehouse.home.published_database
    warehouse.build([figure(20), figure(10, "E06000002"), figure(None, "E06000003")])
    first = warehouse.publish(SPRING)
    dictionary = warehouse.read("select * from wres.dictionary")
    with checked_before():
        again = warehouse.publish(SUMMER)

    reader = reader_of(database)
    before = reader.ask()
    warehouse.build([figure(24), figure(10, "E06000002"), figure(None, "E06000003")])
    with checked_before():
        warehouse.publish(SPRING)
    old_reader_saw, new_reader_saw = (before, reader.ask()), reader_of(database).ask()

    wrong = figure(24, relative_likelihood=1.3, size="within")
    warehouse.build([figure(10, "E06000002"), wrong, figure(300, "E06000004", rate=1.5)])
    with pytest.raises(RefusedReleaseError) as refused:
        warehouse.publish(SUMMER)
    after_refusal = warehouse.read("select * from wres.indicator")

    warehouse.build([figure(24), figure(None, "E06000003")])
    with checked_before():
        with pytest.MonkeyPatch.context() as patch, pytest.raises(DbtError):
            patch.setattr(publishing, "run_dbt", _fail)
            warehouse.publish(SUMMER)
        finished = warehouse.publish(SUMMER)

    revision, history = warehouse.read("select * from wres.revision"), warehouse.read(HISTORY)

    target = warehouse.home.target.rename(warehouse.home.root / "target")
    shutil.rmtree(warehouse.home.warehouse)
    warehouse.home.warehouse.mkdir()
    target.rename(warehouse.home.target)
    (warehouse.home.target / "manifest.json").unlink()  # as after a `dbt build` without `wres`
    warehouse.build([figure(24), figure(None, "E06000003")])
    with checked_before():
        unchanged_after_rebuild = warehouse.publish(SUMMER)
    shutil.copy(warehouse.home.database, warehouse.home.root / AS_RELEASED)
    return Story(
        first=first,
        again=again,
        dictionary=dictionary,
        old_reader_saw=old_reader_saw,
        new_reader_saw=new_reader_saw,
        refusal=str(refused.value),
        after_refusal=after_refusal,
        finished=finished,
        revision=revision,
        history=history,
        history_again=warehouse.read(HISTORY),
        revision_again=warehouse.read("select * from wres.revision"),
        unchanged_after_rebuild=unchanged_after_rebuild,
    )


def _fail(*arguments: object, **options: object) -> None:
    raise DbtError("interrupted")


def test_unchanged_figures_make_no_second_release(story: Story) -> None:
    assert story.first.is_new
    assert story.first.release.release_id == "2026-03-31-1"
    assert not story.again.is_new
    assert story.again.release.release_id == "2026-03-31-1"


def test_releases_are_kept_one_folder_each(story: Story, warehouse: Warehouse) -> None:
    names = [release.release_id for release in list_releases(warehouse.home)]
    assert names == ["2026-03-31-1", "2026-03-31-2", "2026-06-30-1"]
    assert [path.name for path in warehouse.home.published.iterdir() if path.name.startswith(".")] == []
    told = json.loads((warehouse.home.releases / names[0] / "release.json").read_text(encoding="utf-8"))
    assert told["is_synthetic"]
    assert "synthetic" in told["label"]
    assert told["tables"]["indicator"]["rows"] == 3
    assert [row["submission_id"] for row in told["submissions"]] == ["a" * 64]
    kept = duckdb.read_parquet(str(warehouse.home.releases / names[0] / "indicator.parquet"))
    assert kept.aggregate("sum(numerator)").fetchone() == (30,)


def test_a_reader_keeps_what_it_opened_and_the_next_one_sees_the_new_release(story: Story) -> None:
    assert story.old_reader_saw == (20, 20)
    assert story.new_reader_saw == 24


def test_a_refused_release_names_table_row_column_and_why(story: Story) -> None:
    assert "indicator, row (collection sc-wres, collection_year 2024" in story.refusal
    assert "area_code E06000004" in story.refusal
    assert "column numerator: The numerator is above the denominator" in story.refusal
    assert "column rate: 1.5 is not between 0 and 1" in story.refusal
    assert "column size: within is not the size that the unrounded value has" in story.refusal


def test_a_refused_release_leaves_readers_what_they_had(story: Story) -> None:
    assert numerators(story.after_refusal) == {"E06000001": 24, "E06000002": 10, "E06000003": None}


def test_a_release_that_was_interrupted_is_finished_by_the_next_publish(story: Story) -> None:
    assert not story.finished.is_new
    assert story.finished.release.release_id == "2026-06-30-1"


def test_revision_shows_what_was_said_and_what_replaced_it(story: Story) -> None:
    said = [
        (row["area_code"], row["what_happened"], row["said_in_release"], row["replaced_in_release"])
        for row in story.revision
    ]
    assert said == [
        ("E06000001", "revised", "2026-03-31-1", "2026-03-31-2"),
        ("E06000002", "withdrawn", "2026-03-31-1", "2026-06-30-1"),
    ]
    revised, withdrawn = story.revision
    assert (revised["numerator_before"], revised["numerator_after"]) == (20, 24)
    assert revised["relative_likelihood_before"] == pytest.approx(2.0)
    assert revised["relative_likelihood_after"] == pytest.approx(2.4)
    assert (withdrawn["numerator_before"], withdrawn["numerator_after"]) == (10, None)
    assert (withdrawn["size_before"], withdrawn["size_after"]) == ("within", None)


def test_the_snapshot_is_dated_by_releases_and_not_by_the_clock(story: Story) -> None:
    dates = {str(row[name])[:10] for row in story.history for name in ("dbt_valid_from", "dbt_valid_to")}
    assert dates == {"2026-03-31", "2026-06-30", "None"}


def test_history_is_replayed_from_the_releases_after_the_warehouse_was_deleted(story: Story) -> None:
    assert not story.unchanged_after_rebuild.is_new
    assert story.history_again == story.history
    assert story.revision_again == story.revision
    assert len(story.history) == 4


def test_the_model_of_revisions_passes_its_unit_test(story: Story, warehouse: Warehouse) -> None:
    run_dbt(warehouse.home, ["test", "--select", "revision,test_type:unit"], show=warehouse.lines.append)
    name = "revision_tells_revised_withdrawn_and_restored_apart"
    assert any(name in line and "PASS" in line for line in warehouse.lines)


def test_the_database_says_what_it_is(story: Story, warehouse: Warehouse) -> None:
    tables = warehouse.read("select table_name, comment from duckdb_tables() where database_name = 'wres'")
    assert {row["table_name"] for row in tables} == {*warehouse.columns, "revision", "release", "dictionary"}
    assert all(row["comment"] for row in tables)
    assert warehouse.read("from duckdb_views() where database_name = 'wres' and not internal") == []
    undescribed = warehouse.read("from duckdb_columns() where database_name = 'wres' and comment is null")
    assert undescribed == []
    releases = warehouse.read("select * from wres.release order by released_on, sequence")
    assert [row["is_current"] for row in releases] == [False, False, True]
    assert all("synthetic" in row["label"] for row in releases)
    assert [row["organisations"] for row in releases] == [1, 1, 1]


def test_the_dictionary_describes_every_column_with_its_type(story: Story, warehouse: Warehouse) -> None:
    described = {(row["table_name"], row["name"]): row for row in story.dictionary if row["kind"] == "column"}
    present = warehouse.read(
        "select table_name, column_name, data_type from duckdb_columns() where database_name = 'wres'"
    )
    assert {(row["table_name"], row["column_name"]) for row in present} == set(described)
    assert all(row["description"] for row in described.values())
    for row in present:
        declared = described[row["table_name"], row["column_name"]]["data_type"]
        assert str(declared).upper() in (row["data_type"], "VARCHAR"), row
    codes = {row["name"]: row["description"] for row in story.dictionary if row["kind"] == "code"}
    meanings = read_seed("value_note").set_index("value_note")["meaning"].to_dict()
    assert codes == meanings


def test_every_duckdb_of_version_1_opens_the_database(story: Story, warehouse: Warehouse) -> None:
    header = warehouse.home.published_database.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64


def test_a_date_before_the_last_release_is_refused(story: Story, warehouse: Warehouse) -> None:
    warehouse.build([figure(25)])
    with pytest.raises(RefusedReleaseError, match="Give a date from 2026-06-30 on"):
        warehouse.publish(SPRING)
    assert len(list_releases(warehouse.home)) == 3


def test_an_empty_warehouse_is_not_published(story: Story, warehouse: Warehouse) -> None:
    warehouse.build([])
    with pytest.raises(RefusedReleaseError, match="there is nothing to publish"):
        warehouse.publish(SUMMER)


def test_publishing_before_building_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WresError, match="Run `wres build`"):
        publish(Home(tmp_path), SPRING)


# ------------------------------------------------------------------------------------------ what is kept, and again


def test_a_release_says_size_and_checksum_of_every_file(story: Story, warehouse: Warehouse) -> None:
    folder = warehouse.home.releases / "2026-06-30-1"
    told = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    kept = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "release.json"}
    assert {name: (file["size"], file["sha256"]) for name, file in told["files"].items()} == {
        name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in kept.items()
    }
    assert kept.keys() == {f"{name}{kind}" for name in told["tables"] for kind in (".parquet", ".csv.gz")}


def test_a_release_says_what_it_was_made_from(story: Story, warehouse: Warehouse) -> None:
    told = json.loads((warehouse.home.releases / "2026-06-30-1" / "release.json").read_text(encoding="utf-8"))
    made = told["made_from"]
    seed = "seeds/reference/value_note.csv"
    assert made["definitions"][seed] == hashlib.sha256((PROJECT / seed).read_bytes()).hexdigest()
    assert {"dbt_project.yml", "docs/dbt/terms.md", "models/published/indicator.sql"} <= made["definitions"].keys()
    assert made["inputs"].keys() == {f"batches/empty/{name}.parquet" for name in TABLES}
    assert made["programs"]["duckdb"] == duckdb.__version__
    assert told["submissions"][0]["return_version"] in (1, "1")


def test_csv_and_parquet_hold_the_same_rows(story: Story, warehouse: Warehouse) -> None:
    folder = warehouse.home.releases / "2026-06-30-1"
    kept = duckdb.read_parquet(str(folder / "indicator.parquet"))
    types = dict(zip(kept.columns, map(str, kept.types), strict=True))
    assert duckdb.read_csv(str(folder / "indicator.csv.gz"), dtype=types).fetchall() == kept.fetchall()


def test_the_same_rows_give_the_same_bytes_however_many_threads(tmp_path: Path) -> None:
    files = []
    for threads in (1, 2, 5):
        folder = tmp_path / str(threads)
        folder.mkdir()
        with duckdb.connect(config={"threads": threads}) as connection:
            connection.execute(
                "create table t as select hash(i) as key, i / 7 as value, i % 3 as part from range(300_000) r(i)"
            )
            write_parquet(connection, {"t": "from t order by key"}, folder)
        write_csv(folder)
        files.append(released_files(folder))
    assert files[0] == files[1] == files[2]
    assert pq.read_metadata(tmp_path / "1" / "t.parquet").num_row_groups == 3


@pytest.fixture
def built_again(story: Story, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let dbt stand still: what it builds is what was built for the last release, after a change in SQL."""
    sql = []

    def build(home: Home, arguments: list[str]) -> None:
        shutil.copytree(warehouse.home.target, home.target)
        shutil.copy(warehouse.home.root / AS_RELEASED, home.database)
        with duckdb.connect(str(home.database)) as connection:
            for statement in sql:
                connection.execute(statement)

    monkeypatch.setattr(rebuilding, "run_dbt", build)
    return sql.append


def test_a_release_is_made_again_to_the_byte(built_again, warehouse: Warehouse, tmp_path: Path) -> None:
    later = warehouse.home.batches / "later"
    shutil.copytree(warehouse.home.batches / "empty", later)
    try:
        release = rebuild(warehouse.home, "2026-06-30-1", tmp_path / "again")
    finally:
        shutil.rmtree(later)
    assert released_files(tmp_path / "again") == release.files


def test_a_release_that_is_not_the_same_is_told_by_its_files(built_again, warehouse: Warehouse) -> None:
    built_again("update published.indicator set numerator = 25 where numerator = 24")
    with pytest.raises(DifferentReleaseError) as refused:
        rebuild(warehouse.home, "2026-06-30-1")
    assert str(refused.value).splitlines()[1:] == ["indicator.csv.gz", "indicator.parquet"]


def test_a_release_is_not_made_again_from_something_else(built_again, warehouse: Warehouse, monkeypatch) -> None:
    now = made_from(warehouse.home)
    batch, seed = "batches/empty/issues.parquet", "seeds/reference/value_note.csv"
    other = MadeFrom(
        {name: value for name, value in now.inputs.items() if name != batch},
        {**now.definitions, seed: "another"},
        {**now.programs, "duckdb": "1.9"},
    )
    monkeypatch.setattr(rebuilding, "made_from", lambda home: other)
    with pytest.raises(CannotRebuildError) as refused:
        rebuild(warehouse.home, "2026-06-30-1")
    said = str(refused.value)
    assert f"{batch} is gone" in said
    assert f"{seed} has changed" in said
    assert f"duckdb: {duckdb.__version__} then, 1.9 now" in said
    assert "code revision" in said


def test_what_came_after_the_build_is_built_before_it_is_published(story: Story, warehouse: Warehouse) -> None:
    record_build(warehouse.home, made_from(warehouse.home))
    later = warehouse.home.batches / "later"
    shutil.copytree(warehouse.home.batches / "empty", later)
    try:
        with pytest.raises(WresError, match=r"batches/later/issues.parquet is new(.|\n)*Run `wres build`"):
            warehouse.publish(SUMMER)
    finally:
        shutil.rmtree(later)
        with duckdb.connect(str(warehouse.home.database)) as connection:
            connection.execute(f"drop table {RECORD}")


def test_after_a_build_of_a_part_nothing_is_published(story: Story, warehouse: Warehouse) -> None:
    """Its tables may know of returns that the others do not."""
    record_build(warehouse.home, made_from(warehouse.home), CORE)
    try:
        with pytest.raises(WresError, match=r"only a part was built(.|\n)*Run `wres build`"):
            warehouse.publish(SUMMER)
    finally:
        with duckdb.connect(str(warehouse.home.database)) as connection:
            connection.execute(f"drop table {RECORD}")


@pytest.mark.skipif(not FULL, reason="builds three times, which takes two minutes: in make test-all")
def test_a_release_of_real_batches_is_made_again_to_the_byte(tmp_path, monkeypatch, unchecked) -> None:
    monkeypatch.setenv("WRES_HOME", str(tmp_path / "home"))
    home = open_home()
    receive(home, [write_return(tmp_path / "kent.xlsx")])
    build(home)
    release = publish(home, SPRING).release
    receive(home, [write_return(tmp_path / "later.xlsx", version=2)])
    assert rebuild(home, release.release_id, tmp_path / "again") == release
    withdraw(home, KENT, None, None, "Director of Adult Social Services")
    with pytest.raises(CannotRebuildError, match="withdrawal"):
        rebuild(home, release.release_id)


# ---------------------------------------------------------------------------------------------- old releases


@pytest.mark.parametrize(
    ("day", "release_id"),
    [
        ("2026-03-30", None),
        ("2026-03-31", "2026-03-31-2"),
        ("2026-06-29", "2026-03-31-2"),
        ("2027-01-01", "2026-06-30-1"),
    ],
)
def test_a_day_has_the_release_that_readers_had(story: Story, warehouse: Warehouse, day: str, release_id: str | None):
    found = in_force(list_releases(warehouse.home), date.fromisoformat(day))
    assert (found and found.release_id) == release_id


def test_an_old_release_is_given_back_as_a_database(story: Story, warehouse: Warehouse, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("WRES_HOME", str(warehouse.home.root))
    said = CliRunner().invoke(main, ["releases", "--as-of", "2026-05-01", "--out", str(tmp_path / "then.duckdb")])
    assert said.exit_code == 0, said.output
    assert "2026-03-31-2" in said.output
    with duckdb.connect(str(tmp_path / "then.duckdb"), read_only=True) as then:
        figures = dict(then.execute("select area_code, numerator from indicator").fetchall())
        assert then.execute("select release_id from release where is_current").fetchall() == [("2026-03-31-2",)]
        assert then.execute("from duckdb_columns() where comment is null and not internal").fetchall() == []
        columns = (
            "select table_name, column_name, data_type, comment from duckdb_columns() where not internal order by all"
        )
        names = set(then.execute(columns).fetchall())
    assert figures == {"E06000001": 24, "E06000002": 10, "E06000003": None}
    with duckdb.connect(str(warehouse.home.published_database), read_only=True) as today:
        assert names == {row for row in today.execute(columns).fetchall() if row[0] != "revision"}


def test_a_release_that_is_not_there_is_told_with_those_that_are(story: Story, warehouse: Warehouse, monkeypatch):
    monkeypatch.setenv("WRES_HOME", str(warehouse.home.root))
    said = CliRunner().invoke(main, ["rebuild", "2026-03-31-9"])
    assert said.exit_code == 1
    assert "Releases: 2026-03-31-1, 2026-03-31-2, 2026-06-30-1" in said.output
    assert CliRunner().invoke(main, ["releases", "--as-of", "2026-01-01"]).exit_code == 1


# ------------------------------------------------------------------------------------------------- the tools


CONNECT = PROJECT / "docs" / "connect"


def code_of(page: str) -> str:
    blocks = re.findall(
        r"^```(?:python|sql)\n(.*?)^```$", (CONNECT / f"{page}.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert blocks
    return "\n".join(blocks)


def test_the_code_of_the_page_on_python_runs(story: Story, warehouse: Warehouse, monkeypatch) -> None:
    monkeypatch.chdir(warehouse.home.root)
    left: dict[str, Any] = {}
    exec(compile(code_of("python"), "python.md", "exec"), left)
    assert left["release_id"] == "2026-06-30-1"
    assert len(left["register"]) == len(left["same"]) == 2
    assert {"indicator", "release"} <= set(left["tables"])


def answers(warehouse: Warehouse, page: str, monkeypatch: pytest.MonkeyPatch) -> list[list[tuple]]:
    """Return the answer to each statement of a page."""
    monkeypatch.chdir(warehouse.home.root)
    with duckdb.connect("published/wres.duckdb", read_only=True) as connection:
        return [connection.execute(one).fetchall() for one in connection.extract_statements(code_of(page))]


def test_the_queries_of_the_page_on_the_command_line_run(story: Story, warehouse: Warehouse, monkeypatch) -> None:
    described, changes = answers(warehouse, "command-line", monkeypatch)
    assert ("year_on_year", "table") in {row[:2] for row in described}
    assert changes == []  # the story has no change of England


def test_the_queries_of_the_page_on_old_releases_run(story: Story, warehouse: Warehouse, monkeypatch) -> None:
    _, england, one_figure, replaced = answers(warehouse, "releases", monkeypatch)
    assert england == []
    assert [(row[0], row[2]) for row in one_figure] == [
        ("2026-03-31-1", 20),
        ("2026-03-31-2", 24),
        ("2026-06-30-1", 24),
    ]
    assert sorted(row[:3] for row in replaced) == [
        ("2026-03-31-1", "2026-03-31-2", "revised"),
        ("2026-03-31-1", "2026-06-30-1", "withdrawn"),
    ]


def test_every_page_is_in_the_index() -> None:
    linked = re.findall(r"\]\(([\w-]+\.md)\)", (CONNECT / "README.md").read_text("utf-8"))
    assert {path.name for path in CONNECT.glob("*.md")} - {"README.md"} <= set(linked)


def test_the_queries_of_dashboards_are_answered(story: Story, warehouse: Warehouse) -> None:
    bench = runpy.run_path(str(PROJECT / "scripts" / "bench_dashboard.py"))
    with duckdb.connect(str(warehouse.home.published_database), read_only=True) as connection:
        for sql in bench["QUERIES"].values():
            values = bench["asked"](sql, KEY | {"panel": "all"})
            assert bench["milliseconds"](connection, sql, values) > 0


@pytest.fixture(scope="module")
def older_duckdb() -> Path:
    """Return a folder with an older DuckDB, kept with the other packages; skip where no index has it."""
    folder = Path(sys.prefix) / f"duckdb-{OLDER_DUCKDB}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=sys.prefix) as new:
            options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check", "--target", new]
            command = [sys.executable, "-m", "pip", "install", *options, f"duckdb=={OLDER_DUCKDB}"]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if run.returncode:
                pytest.skip(f"DuckDB {OLDER_DUCKDB} cannot be installed: {run.stderr.strip().splitlines()[-1]}")
            shutil.copytree(new, folder)
    return folder


def test_an_older_duckdb_reads_every_table(story: Story, warehouse: Warehouse, older_duckdb: Path) -> None:
    code = (
        "import duckdb, json, sys\n"
        "connection = duckdb.connect(sys.argv[1], config={'access_mode': 'read_only'})\n"
        "names = connection.execute('select table_name from duckdb_tables() order by 1').fetchall()\n"
        "rows = {name: connection.execute(f'select * from \"{name}\"').fetchall() for (name,) in names}\n"
        "print(json.dumps([duckdb.__version__, rows], default=str))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, warehouse.home.published_database],
        env=os.environ | {"PYTHONPATH": str(older_duckdb)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    version, rows = json.loads(run.stdout)
    assert version == OLDER_DUCKDB
    with duckdb.connect(str(warehouse.home.published_database), read_only=True) as connection:
        ours = {name: connection.execute(f'select * from "{name}"').fetchall() for name in rows}
    assert rows == json.loads(json.dumps(ours, default=str))
    assert {"indicator", "year_on_year", "release", "revision"} <= rows.keys()


def test_readers_are_never_locked_out_nor_see_half_a_release(warehouse: Warehouse, tmp_path: Path) -> None:
    """Publishes run, every other one is killed; readers query all the while."""
    kills, readers = (100, 20) if FULL else (3, 4)
    script = Path(__file__).with_name("publish_under_fire.py")
    arguments = [tmp_path, warehouse.home.target, kills, readers, 20260331]
    run = subprocess.run(
        [sys.executable, "-W", "ignore", script, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    outcome = json.loads(run.stdout)
    assert outcome["wrong"] == []
    assert outcome["killed"] >= 0.4 * kills
    assert [(reader["failed"], reader["mixed"]) for reader in outcome["readers"]] == [([], [])] * readers
    assert all(reader["rounds"] > kills and len(reader["releases"]) > 1 for reader in outcome["readers"])


def test_a_row_may_have_a_column_of_any_name():
    """Also the name that the function itself uses: the tables of issues have a column rule_code."""
    assert "sheet" in message("key_missing", rule_code="unusual_change", column="sheet")
