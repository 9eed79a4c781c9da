"""A build after one more return keeps the years that it does not touch, and has what a build of everything has.

So has a build of everything that makes one year after another.
"""

import os
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from wres import receive as receive_module
from wres import warehouse
from wres.changed_years import changed_years
from wres.home import Home, WresError, open_home
from wres.issues import ISSUE_COLUMNS
from wres.made_from import RECORD, UNFINISHED, MadeFrom, last_build, made_from, record_build, recorded_build
from wres.open_release import release_open
from wres.publish import publish
from wres.receive import receive
from wres.reference import PROJECT, read_seed
from wres.sample import write_sample
from wres.saved_parse import NAME
from wres.warehouse import CORE, NO_UNIT_TESTS, DbtError, build, run_dbt

FULL = os.environ.get("WRES_TEST_FULL") == "1"
# In full every table with its data tests; else what stands behind the figures and their changes.
SELECTED = ("--select", "+indicator", "+year_on_year", "+comparator", "+pay_progression", "+int_return_change")
LEFT_OUT = NO_UNIT_TESTS if FULL else (*NO_UNIT_TESTS, "test")
BUILD = ["build", *LEFT_OUT, *(() if FULL else SELECTED)]
YEARS = [2021, 2023, 2024, 2025] if FULL else [2023, 2024, 2025]
# Hold tables of counts that no figure has any more; nothing reads them.
GROW = {"marts.int_relative_likelihood", "marts.int_laboratory_likelihood"}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Home, list[int]]:
    """Return a home built in two steps, one with the same batches built at once, and the years of the second step.

    What is built at once is built year by year, the first of the two steps all years together.
    """
    folder = tmp_path_factory.mktemp("kept")
    files = write_sample(folder / "sample", organisations=12 if FULL else 5, years=YEARS)
    late = [next(file for file in reversed(files) if "2023" in file.name)]
    with pytest.MonkeyPatch.context() as patch:
        # What answers organisations takes time, and nothing here reads it.
        patch.setattr(receive_module, "check_batch", lambda *_: ([], None))
        patch.setattr(receive_module, "_answer", lambda *_: (pd.DataFrame(columns=ISSUE_COLUMNS, dtype=object), []))
        patch.setenv("WRES_HOME", str(folder / "steps"))
        steps = open_home()
        receive(steps, [file for file in files if file not in late])
        run_dbt(steps, BUILD)
        record_build(steps, made_from(steps))
        receive(steps, late)
    years = changed_years(steps, recorded_build(steps), made_from(steps))
    run_dbt(steps, BUILD, {"WRES_YEARS": " ".join(map(str, years))})
    once = Home(folder / "once")
    shutil.copytree(steps.batches, once.batches)
    run_dbt(once, [*BUILD, "--vars", "{observations_at_once: 1}"])
    return steps, once, years


def test_a_late_return_touches_its_year_and_the_next(homes):
    assert homes[2] == [2023, 2024]


def tables_of(home: Home) -> set[str]:
    with duckdb.connect(str(home.database), read_only=True) as connection:
        found = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('conformed', 'marts')"
        ).fetchall()
    return {name for (name,) in found}


def unlike(steps: Home, once: Home) -> dict[str, int]:
    """Return the tables of which the homes have other rows, of those that both have, and how many such rows."""
    with duckdb.connect() as connection:
        for name, home in (("steps", steps), ("once", once)):
            connection.execute(f"attach '{home.database}' as {name} (read_only)")

        def more(name: str, here: str, there: str) -> int:
            query = f"select count(*) from (from {here}.{name} except all from {there}.{name})"
            return connection.execute(query).fetchone()[0]

        found = {
            name: more(name, "once", "steps") + (0 if name in GROW else more(name, "steps", "once"))
            for name in tables_of(steps) & tables_of(once)
        }
    return {name: rows for name, rows in found.items() if rows}


def test_every_table_is_that_of_a_build_of_everything(homes):
    steps, once, _ = homes
    assert tables_of(steps) == tables_of(once)
    assert {"marts.fct_indicator", "marts.fct_year_on_year", "marts.int_relative_likelihood"} <= tables_of(once)
    assert unlike(steps, once) == {}


def test_what_was_parsed_with_other_variables_is_not_handed_on(homes):
    _, once, _ = homes
    assert (once.target / NAME).read_bytes() != (PROJECT / "target" / NAME).read_bytes()


def test_years_made_one_after_another_are_not_sorted(homes):
    """DuckDB 1.5.6 shows none of 122,880 rows or more, where a sorted insert of no rows went before them."""
    steps, once, _ = homes
    sort = "order by collection_year"
    for home, inserts, sorts in ((once, len(YEARS), 0), (steps, 1, 0)):
        [run] = (home.warehouse / "target" / "run").rglob("fct_year_on_year.sql")
        sql = run.read_text(encoding="utf-8")
        assert (sql.count("insert into"), sql.count(sort)) == (inserts, sorts)


def test_the_core_alone_keeps_years_too_has_the_same_figures_and_is_no_whole_build(homes, tmp_path, monkeypatch):
    _, once, years = homes
    monkeypatch.setattr(warehouse, "NO_UNIT_TESTS", LEFT_OUT)
    core, said = Home(tmp_path / "core"), []
    shutil.copytree(once.batches, core.batches)
    [late] = (
        path.parent
        for path in core.batches.glob("*/submissions.parquet")
        if duckdb.read_parquet(str(path)).count("*").fetchone() == (1,)
    )
    late.rename(tmp_path / "late")
    build(core, core=True)
    (tmp_path / "late").rename(late)
    build(core, core=True, show=said.append)
    assert f"Only returns of {', '.join(map(str, years))} are new: other years are kept" in said
    assert {"marts.fct_indicator", "marts.fct_year_on_year"} <= tables_of(core)
    assert unlike(core, once) == {}
    assert recorded_build(core) is None
    assert recorded_build(core, CORE) == made_from(core)


def test_years_that_nothing_touched_were_not_built(homes, monkeypatch):
    """What a build of some years is told to keep, it keeps even where it is another; told of none, it makes all,
    whatever the environment says.
    """
    steps, _, years = homes
    kept = next(year for year in YEARS if year not in years)
    with duckdb.connect(str(steps.database)) as connection:
        connection.execute(f"update marts.fct_indicator set test = 'kept' where collection_year = {kept}")
        connection.execute(f"update marts.fct_indicator set test = 'built' where collection_year = {years[0]}")
    run_dbt(steps, ["run", "--select", "fct_indicator"], {"WRES_YEARS": str(years[0])})
    with duckdb.connect(str(steps.database), read_only=True) as connection:
        said = connection.execute("select distinct collection_year, test from marts.fct_indicator").fetchall()
    assert (kept, "kept") in said
    assert (years[0], "built") not in said
    monkeypatch.setenv("WRES_YEARS", str(years[0]))
    run_dbt(steps, ["run", "--select", "fct_indicator"])
    with duckdb.connect(str(steps.database), read_only=True) as connection:
        said = connection.execute("select distinct test from marts.fct_indicator").fetchall()
    assert ("kept",) not in said


def test_where_nothing_is_new_nothing_is_built_and_where_little_is_little(built, monkeypatch):
    ran, said = [], []
    monkeypatch.setattr(
        warehouse,
        "run_dbt",
        lambda home, arguments, *_, **__: ran.append(arguments[arguments.index("--selector") + 1]),
    )
    monkeypatch.setattr(warehouse, "show_in_warehouse", lambda *_: None)
    build(built, show=said.append)
    assert (ran, said) == ([], ["Nothing is new since the last build (wres build --anew builds all the same)"])
    build(built, anew=True)
    build(received(built))
    assert ran == ["warehouse", "warehouse_came"]
    build(built, core=True)
    build(received(built), core=True)
    build(built, core=True)
    build(built)
    assert ran[2:] == ["core", "core_came", "warehouse"]


def test_dbt_on_its_own_ends_what_is_known_of_the_last_build(homes):
    steps, *_ = homes
    record_build(steps, made_from(steps))
    assert recorded_build(steps) == made_from(steps)
    run_dbt(steps, ["run", "--select", "collection_year"])
    assert recorded_build(steps) is not None
    run_dbt(steps, ["run", "--select", "fct_fitness", "int_indicator_returned"])
    assert recorded_build(steps) is None


@pytest.mark.parametrize("release", [publish, release_open])
def test_of_a_build_that_did_not_end_well_nothing_is_released(homes, release):
    """A full refresh of some years would leave nothing of the others, and fails before it touches the table."""
    steps, _, years = homes
    record_build(steps, made_from(steps))
    before = rows_of(steps, "marts.int_indicator_returned")
    with pytest.raises(DbtError, match="of some years alone"):
        run_dbt(steps, ["run", "--full-refresh", "--select", "int_indicator_returned"], {"WRES_YEARS": str(years[0])})
    assert rows_of(steps, "marts.int_indicator_returned") == before > 0
    assert last_build(steps) == (UNFINISHED, MadeFrom())
    with pytest.raises(WresError, match=r"did not end well(.|\n)*Run `wres build`"):
        release(steps, date(2026, 3, 31))


def rows_of(home: Home, table: str) -> int:
    with duckdb.connect(str(home.database), read_only=True) as connection:
        return connection.execute(f"select count(*) from {table}").fetchone()[0]


# ------------------------------------------------------------------------------------------ which years


def test_no_rule_against_the_round_before_makes_a_figure_not_fit():
    """Such a rule speaks of the next round: were that not fit, a late return would change the round after it too."""
    scopes, effects = read_seed("rule_scope"), read_seed("rule_effect")
    against = scopes.loc[scopes["stage"].isin(["last year", "records"]), "rule_code"]  # plans have a last year too
    assert "action_disappeared" in set(against) and "unusual_change" in set(against)
    not_fit = effects.loc[effects["fitness"] == "not fit", "rule_code"]
    assert not set(against) & set(not_fit)


SUBMISSION = {
    "status": "accepted",
    "dataset": "sc_wres_return",
    "collection": "sc-wres",
    "collection_year": 2024,
    "organisation_code": "E10000016",
    "service": "adults",
}


@pytest.fixture
def built(tmp_path: Path) -> Home:
    """Return a home whose warehouse knows three rounds and one organisation."""
    home = Home(tmp_path / "home")
    home.batches.mkdir(parents=True)
    home.warehouse.mkdir()
    with duckdb.connect(str(home.database)) as connection:
        connection.execute("""
            create schema conformed;
            create schema reference;
            create table conformed.organisation as
            from (values ('E10000016', true), ('new code', false)) as o (organisation_code, is_on_register);
            create table conformed.collection_year as
            from (values ('sc-wres', 2021), ('sc-wres', 2024), ('sc-wres', 2025), ('csww', 2023))
            as y (collection, collection_year);
            create table conformed.submission_version as
            from (values ('sc-wres', 2027, 'E10000016', 'children'), ('sc-wres', 2028, 'E10000016', 'children'))
            as v (collection, collection_year, organisation_code, service);
            create table reference.statistics_dataset as select 'csww_workforce' as dataset;
        """)
    record_build(home, made_from(home))
    return home


def received(home: Home, **changes: object) -> Home:
    """Return the home with one more batch, of one submission."""
    batch = home.batches / f"batch-{len(list(home.batches.iterdir()))}"
    batch.mkdir()
    values = {**SUBMISSION, **changes}
    columns = ", ".join(
        f"cast(${number} as {'integer' if name == 'collection_year' else 'varchar'}) as {name}"
        for number, name in enumerate(values, start=1)
    )
    with duckdb.connect() as connection:
        connection.execute("create table one as select " + columns, list(values.values()))
        connection.execute(f"copy one to '{batch / 'submissions.parquet'}'")
    return home


def years(home: Home) -> list[int] | None:
    return changed_years(home, recorded_build(home), made_from(home))


def test_nothing_new_touches_no_year(built):
    assert years(built) == []


@pytest.mark.parametrize(
    ("year", "touched"), [(2024, [2024, 2025]), (2025, [2025]), (2021, [2021, 2024]), (2022, [2022, 2024])]
)
def test_a_return_touches_its_year_and_the_round_after_it(built, year, touched):
    assert years(received(built, collection_year=year)) == touched


def test_a_return_touches_the_year_of_its_organisation_s_next_return(built):
    assert years(received(built, collection_year=2021, service="children")) == [2021, 2024, 2027]
    assert years(received(built, collection_year=2027, service="children")) == [2021, 2024, 2027, 2028]


def test_returns_of_several_years_touch_all_of_them(built):
    assert years(received(received(built, collection_year=2021), collection_year=2025)) == [2021, 2024, 2025]


def test_a_refused_file_and_a_moderation_touch_no_year(built):
    received(built, status="refused")
    assert years(received(built, dataset="moderation", collection=None, collection_year=None)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "withdrawn"},
        {"dataset": "csww_workforce", "collection": "csww", "collection_year": None},
        {"organisation_code": "new code"},
        {"organisation_code": "nowhere"},
    ],
    ids=["withdrawn", "statistics", "off the register", "unknown"],
)
def test_what_may_touch_any_year_has_all_built(built, changes):
    assert years(received(built, **changes)) is None


def test_without_a_record_everything_is_built(built):
    with duckdb.connect(str(built.database)) as connection:
        connection.execute(f"drop table {RECORD}")
    assert years(built) is None


def test_a_warehouse_that_lost_a_table_is_built_anew(built):
    with duckdb.connect(str(built.database)) as connection:
        connection.execute("drop table reference.statistics_dataset")
    assert years(received(built)) is None


@pytest.mark.parametrize("what", ["definitions", "programs", "inputs"])
def test_another_definition_or_program_or_a_changed_batch_has_all_built(built, what):
    now = made_from(received(built))
    record_build(built, now)
    name = next(iter(getattr(now, what)))
    other = replace(now, **{what: {**getattr(now, what), name: "another"}})
    assert changed_years(built, recorded_build(built), other) is None


def test_what_only_writes_releases_has_nothing_built(built):
    now = made_from(built)
    other = MadeFrom(now.inputs, {**now.definitions, "scripts/wres/publish.py": "another"}, now.programs)
    assert changed_years(built, recorded_build(built), other) == []
