"""The year-on-year dashboard: its files fit the published tables; and Superset itself shows their figures."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
import yaml

from wres.dictionary import RELEASE
from wres.reference import PROJECT, read_seed

FULL = os.environ.get("WRES_TEST_FULL") == "1"
FOLDER = PROJECT / "dashboards" / "superset"
PUBLISHED = PROJECT / "models" / "published"
HEADLINE = (
    "breakdown = 'all' and definition = 'as_collected' and comparison_group = 'minority_ethnic' "
    "and reference_group = 'white'"
)


def read(kind: str) -> dict[str, dict[str, Any]]:
    """Return the files of one kind by their name."""
    paths = sorted((FOLDER / "assets" / kind).rglob("*.yaml"))
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths}


DATASETS, CHARTS, (DASHBOARD,) = read("datasets"), read("charts"), read("dashboards").values()
BY_UUID = {dataset["uuid"]: dataset for dataset in DATASETS.values()}
FILTERS = {one["name"]: one for one in DASHBOARD["metadata"]["native_filter_configuration"]}


def dataset_of(chart: dict[str, Any]) -> dict[str, Any]:
    return BY_UUID[chart["dataset_uuid"]]


def sql_of(dataset: dict[str, Any]) -> str:
    return dataset["sql"] or f"select * from {dataset['table_name']}"


def tables_of(dataset: dict[str, Any]) -> set[str]:
    """Return the published tables that a dataset reads, without the names that its SQL gives of its own."""
    tree = sqlglot.parse_one(sql_of(dataset), dialect="duckdb")
    named = {cte.alias for cte in tree.find_all(sqlglot.exp.CTE)}
    return {table.name for table in tree.find_all(sqlglot.exp.Table)} - named


def published_columns(table: str) -> dict[str, str]:
    """Return the columns of a published table with their types, as its model declares them."""
    if table == "release":
        return {name: column.data_type for name, column in RELEASE.columns.items()}
    model = yaml.safe_load((PUBLISHED / f"{table}.yml").read_text(encoding="utf-8"))["models"][0]
    return {column["name"]: column["data_type"] for column in model["columns"]}


@pytest.fixture(scope="module")
def empty_tables() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database with every table that the datasets read, empty, as it is published."""
    with duckdb.connect() as connection:
        for table in set().union(*map(tables_of, DATASETS.values())):
            columns = ", ".join(f'"{name}" {data_type}' for name, data_type in published_columns(table).items())
            connection.execute(f'create table "{table}" ({columns})')
        yield connection


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_has_the_columns_of_its_tables(name: str, empty_tables: duckdb.DuckDBPyConnection) -> None:
    """What Superset is told of each column is what the published tables give."""
    dataset = DATASETS[name]
    described = empty_tables.execute(f"describe {sql_of(dataset)}").fetchall()
    there = {column: data_type for column, data_type, *_ in described}
    listed = {column["column_name"]: column["type"] for column in dataset["columns"]}
    assert listed.items() <= there.items()
    if dataset["sql"]:
        assert list(listed) == list(there)


@pytest.mark.parametrize("name", [name for name, dataset in DATASETS.items() if dataset["sql"]])
def test_a_dataset_holds_headlines_alone(name: str) -> None:
    """Breakdowns, definitions and overlapping groups cannot get into one chart: they are in no dataset."""
    where = sqlglot.parse_one(DATASETS[name]["sql"], dialect="duckdb").args["where"]
    assert where.this == sqlglot.parse_one(HEADLINE, dialect="duckdb")


METRICS = [
    pytest.param(sql_of(dataset), metric["expression"], id=f"{name}-{metric['metric_name']}")
    for name, dataset in DATASETS.items()
    for metric in dataset["metrics"]
] + [
    pytest.param(sql_of(dataset_of(chart)), metric["sqlExpression"], id=f"{name}-{metric['label']}")
    for name, chart in CHARTS.items()
    for metric in chart["params"]["metrics"]
    if not isinstance(metric, str)
]


@pytest.mark.parametrize(("sql", "expression"), METRICS)
def test_a_metric_gives_one_figure_or_nothing(
    sql: str, expression: str, empty_tables: duckdb.DuckDBPyConnection
) -> None:
    """Whatever a filter leaves together, no figures are added up: a metric over two of them is empty."""
    column = next(sqlglot.parse_one(expression, dialect="duckdb").find_all(sqlglot.exp.Column)).name
    row = f"(select 0.5 as {column})"
    assert empty_tables.execute(f"select {expression} from ({sql}) as nothing").fetchone() == (None,)
    assert float(empty_tables.execute(f"select {expression} from {row}").fetchone()[0]) == 0.5
    assert empty_tables.execute(f"select {expression} from ({row} union all {row})").fetchone() == (None,)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_uses_what_its_dataset_has(name: str) -> None:
    chart = CHARTS[name]
    params, dataset = chart["params"], dataset_of(chart)
    columns = {column["column_name"] for column in dataset["columns"]}
    metrics = {metric["metric_name"] for metric in dataset["metrics"]}
    asked = [*params.get("all_columns", []), *params["groupby"], *(params[key] for key in ("x_axis",) if key in params)]
    asked += [one["subject"] for one in params["adhoc_filters"]]
    asked += [json.loads(one)[0] for one in params.get("order_by_cols", [])]
    assert asked
    assert set(asked) <= columns
    assert {metric for metric in params["metrics"] if isinstance(metric, str)} <= metrics


def test_charts_that_hold_returns_say_whether_they_are_synthetic() -> None:
    """A picture of one chart may be taken out of the dashboard: each says by itself what its figures are."""
    says_so = {"figures", "year_label", "label"}
    for name, chart in CHARTS.items():
        params = chart["params"]
        shown = {*params.get("all_columns", []), *params["groupby"], params.get("x_axis")}
        assert shown & says_so, name


def test_the_dashboard_shows_every_chart() -> None:
    placed = {
        part["meta"]["uuid"]
        for part in DASHBOARD["position"].values()
        if isinstance(part, dict) and part["type"] == "CHART"
    }
    assert placed == {chart["uuid"] for chart in CHARTS.values()}


def test_every_filter_starts_from_a_value_that_there_is() -> None:
    """What must be chosen is chosen from the start, from the data or from a value of the reference lists."""
    indicators = read_seed("indicator_register")
    known = {
        "Service": set(read_seed("service")["service"]),
        "Area level": set(read_seed("area_register")["area_level"]) | {"organisation", "national"},
        "Indicator": set(indicators["indicator_code"] + " " + indicators["indicator_name"]),
    }
    for name, one in FILTERS.items():
        (target,) = one["targets"]
        dataset = BY_UUID[target["datasetUuid"]]
        assert target["column"]["name"] in {column["column_name"] for column in dataset["columns"]}
        if one["controlValues"]["enableEmptyFilter"] and not one["requiredFirst"]:
            (start,) = one["defaultDataMask"]["filterState"]["value"]
            assert start in known[name]
    assert {"Figures", "Service", "Year"} <= {
        name for name, one in FILTERS.items() if one["controlValues"]["enableEmptyFilter"]
    }


def test_the_exposure_depends_on_the_tables_of_the_datasets() -> None:
    """dbt's lineage ends at the dashboard: neither a table too many nor one too few."""
    listed = yaml.safe_load((PUBLISHED / "_published__exposures.yml").read_text(encoding="utf-8"))["exposures"]
    (exposure,) = (one for one in listed if one["name"] == "year_on_year_dashboard")
    refs = {re.fullmatch(r"ref\('(\w+)'\)", ref)[1] for ref in exposure["depends_on"]}
    # `release` is written by publish, after dbt.
    assert refs == set().union(*map(tables_of, DATASETS.values())) - {"release"}


def test_the_database_is_read_only_and_the_path_is_that_of_a_home() -> None:
    (database,) = read("databases").values()
    assert database["extra"]["engine_params"]["connect_args"]["read_only"] is True
    assert database["sqlalchemy_uri"] == "duckdb:///published/wres.duckdb"
    assert not any(database[what] for what in ("allow_dml", "allow_ctas", "allow_cvas", "allow_csv_upload"))


# ------------------------------------------------------------------------------------------------- Superset itself

MADE_UP = "sc-wres (synthetic)"
ONE = f"collection = 'sc-wres' and service = 'all' and {HEADLINE}"
LAST = f"{ONE} and collection_year = (select max(collection_year) from year_on_year where collection = 'sc-wres')"
NAME = "indicator_code || ' ' || indicator_name"
CHOSEN = f"{NAME} = '{FILTERS['Indicator']['defaultDataMask']['filterState']['value'][0]}'"
SAME = ["previous_year", "collection_year", "previous_relative_likelihood", "relative_likelihood", "ratio_of_ratios"]
SAME += ["lower_95", "upper_95", "change", "organisations"]
PLAIN = {column: column for column in SAME}
# What each chart must show: its columns as SQL of a published table, and the rows.
EXPECTED = {
    "release": ({"release_id": "release_id", "label": "label"}, "release where is_current"),
    "england_matched": (
        {
            "indicator": NAME,
            f"before, {MADE_UP}": "previous_relative_likelihood",
            f"now, {MADE_UP}": "relative_likelihood",
        },
        f"year_on_year where {LAST} and area_level = 'national' and panel = 'matched'",
    ),
    "england_panels": (
        {
            "indicator": NAME,
            f"all, {MADE_UP}": "max(case when panel = 'all' then ratio_of_ratios end)",
            f"matched, {MADE_UP}": "max(case when panel = 'matched' then ratio_of_ratios end)",
        },
        f"year_on_year where {LAST} and area_level = 'national' group by all",
    ),
    "england_table": (
        {"figures": f"'{MADE_UP}'", "indicator": NAME, "panel": "panel"} | PLAIN,
        f"year_on_year where {LAST} and area_level = 'national'",
    ),
    "england_years": (
        {
            "year_label": "collection_year || ' (synthetic)'",
            "Relative likelihood": "relative_likelihood",
            "Relative likelihood__yhat": "relative_likelihood",
            "Relative likelihood__yhat_lower": "lower_95",
            "Relative likelihood__yhat_upper": "upper_95",
        },
        f"indicator where {ONE} and {CHOSEN} and area_level = 'national'",
    ),
    "regions": (
        {
            "area_name": "area_name",
            f"before, {MADE_UP}": "previous_relative_likelihood",
            f"now, {MADE_UP}": "relative_likelihood",
        },
        f"year_on_year where {LAST} and {CHOSEN} and area_level = 'region' and panel = 'matched'",
    ),
    "areas": (
        {"figures": f"'{MADE_UP}'", "area_name": "area_name"} | PLAIN,
        f"year_on_year where {LAST} and {CHOSEN} and area_level = 'organisation' and panel = 'all'",
    ),
}


@dataclass
class Superset:
    """A running Superset on a home of its own, and what its page showed."""

    home: Path
    address: str
    picture: Path
    text: str
    answers: dict[str, list[dict[str, Any]]]
    token: str

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return ask(f"{self.address}{path}", body, self.token)

    def release(self) -> str:
        """Return the release that Superset reads now."""
        charts = self.ask("/api/v1/dataset/")["result"]
        (dataset,) = (one["id"] for one in charts if one["table_name"] == "release")
        query = {"columns": ["release_id"], "filters": [{"col": "is_current", "op": "IS TRUE"}]}
        body = {"datasource": {"id": dataset, "type": "table"}, "queries": [query]}
        (row,) = self.ask("/api/v1/chart/data", body)["result"][0]["data"]
        return row["release_id"]

    def published(self, sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.home / "published" / "wres.duckdb"), read_only=True) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def ask(url: str, body: dict[str, Any] | None = None, token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
        return json.load(answer)


def run(command: list[str | Path], environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def wres(environment: dict[str, str], *arguments: str | Path) -> str:
    return run([Path(sys.executable).with_name("wres"), *arguments], environment)


@pytest.fixture(scope="module")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    if not FULL:
        pytest.skip("sets Superset up and draws its charts: only where WRES_TEST_FULL is 1")
    if shutil.which("chromium") is None:
        pytest.skip("Chromium, in which the dashboard is drawn, is not on this machine")
    made = subprocess.run(["make", ".venv-superset/ready"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"Superset could not be installed: {made.stderr[-300:]}")
    home = tmp_path_factory.mktemp("superset_home")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = os.environ | {"WRES_HOME": str(home), "SUPERSET_PORT": port}
    wres(environment, "sample", "--years", "2024,2025", "--organisations", "12")
    wres(environment, "receive", *sorted((home / "sample").glob("*.xlsx")))
    wres(environment, "build")
    wres(environment, "publish", "--date", "2026-03-31")
    try:
        said = run(["make", "--no-print-directory", "superset"], environment)
        assert (home / "superset" / "password").read_text() in said
        python = PROJECT / ".venv-superset" / "bin" / "python"
        picture = home / "superset.png"
        shown = json.loads(run([python, FOLDER / "screenshot.py", picture], environment))
        address = f"http://127.0.0.1:{port}"
        password = (home / "superset" / "password").read_text()
        login = {"username": "analyst", "password": password, "provider": "db"}
        token = ask(f"{address}/api/v1/security/login", login)["access_token"]
        names = {}
        for number in shown["answers"]:
            title = ask(f"{address}/api/v1/chart/{number}", token=token)["result"]["slice_name"]
            (names[number],) = (name for name, chart in CHARTS.items() if chart["slice_name"] == title)
        answers = {names[number]: answer["result"][0]["data"] for number, answer in shown["answers"].items()}
        yield Superset(home, address, picture, shown["text"], answers, token)
    finally:
        run(["make", "--no-print-directory", "superset-stop"], environment)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_shows_the_figures_of_the_published_tables(superset: Superset, name: str) -> None:
    """What Superset gave the page for each chart is what a query of the published database gives."""
    columns, rows = EXPECTED[name]
    selected = ", ".join(f'{sql} as "{column}"' for column, sql in columns.items())
    expected = superset.published(f"select {selected} from {rows}")
    shown = [{column: row.get(column) for column in columns} for row in superset.answers[name]]
    assert shown
    assert in_order(shown) == [pytest.approx(row) for row in in_order(expected)]


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows in the order of their text, without those that have no number, which a chart of bars leaves out."""
    told = [row for row in rows if any(isinstance(value, int | float) for value in row.values())] or rows
    return sorted(told, key=lambda row: [value for value in row.values() if isinstance(value, str)])


def test_the_page_draws_every_chart_and_says_what_is_made_up(superset: Superset) -> None:
    assert all(chart["slice_name"] in superset.text for chart in CHARTS.values())
    assert "Contains synthetic returns" in superset.text
    assert not {"No results were returned", "Unexpected error", "Data error"} & set(superset.text.splitlines())
    assert superset.picture.read_bytes().startswith(b"\x89PNG")


def test_a_new_release_is_seen_without_a_restart(superset: Superset) -> None:
    before = superset.release()
    wres(os.environ | {"WRES_HOME": str(superset.home)}, "publish", "--force", "--date", "2026-06-30")
    assert (before, superset.release()) == ("2026-03-31-1", "2026-06-30-1")


def test_nothing_listens_beyond_this_machine_and_secrets_are_the_owner_s(superset: Superset) -> None:
    port = f"{int(superset.address.rsplit(':', 1)[1]):04X}"
    listening = "0A"
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    assert {line[1] for line in lines if line[1].endswith(f":{port}") and line[3] == listening} == {f"0100007F:{port}"}
    folder = superset.home / "superset"
    assert folder.stat().st_mode & 0o077 == 0
    assert all((folder / name).stat().st_mode & 0o077 == 0 for name in ("secret_key", "password"))
