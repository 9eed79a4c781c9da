"""Publishing: one story of releases, told on tables of the published shape that stand in for the models."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from made_warehouse import Warehouse, figure, made_warehouse

from wres import publish as publishing
from wres.home import Home, WresError
from wres.issues import message
from wres.publish import PublishedRelease, RefusedReleaseError, publish
from wres.reference import read_seed
from wres.releases import list_releases
from wres.warehouse import DbtError, run_dbt

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


@pytest.fixture(scope="module")
def story(warehouse: Warehouse, reader_of) -> Story:
    database = warehouse.home.published_database
    warehouse.build([figure(20), figure(10, "E06000002"), figure(None, "E06000003")])
    first = warehouse.publish(SPRING)
    dictionary = warehouse.read("select * from wres.dictionary")
    again = warehouse.publish(SUMMER)

    reader = reader_of(database)
    before = reader.ask()
    warehouse.build([figure(24), figure(10, "E06000002"), figure(None, "E06000003")])
    warehouse.publish(SPRING)
    old_reader_saw, new_reader_saw = (before, reader.ask()), reader_of(database).ask()

    wrong = figure(24, relative_likelihood=1.3, size="within")
    warehouse.build([figure(10, "E06000002"), wrong, figure(300, "E06000004", rate=1.5)])
    with pytest.raises(RefusedReleaseError) as refused:
        warehouse.publish(SUMMER)
    after_refusal = warehouse.read("select * from wres.indicator")

    warehouse.build([figure(24), figure(None, "E06000003")])
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
    unchanged_after_rebuild = warehouse.publish(SUMMER)
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


def test_a_row_may_have_a_column_of_any_name():
    """Also the name that the function itself uses: the tables of issues have a column rule_code."""
    assert "sheet" in message("key_missing", rule_code="unusual_change", column="sheet")
