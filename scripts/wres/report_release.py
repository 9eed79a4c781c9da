"""One open release, read for a report: the rows of its tables, and beside each the words that sentences need.

A report is public, so it opens nothing else: no warehouse, no return. A table that an older release does not have is
empty here, and ``has`` says so.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import pandas as pd

from wres.bundle_tables import PARQUET, csv_file
from wres.home import Home, WresError
from wres.reference import read_seed, setting
from wres.releases import literal, quoted
from wres.report_content import Download

PACKAGE = "datapackage.json"
NATIONAL, REGIONAL = "National", "Regional"
Row = dict[str, Any]
Where = Mapping[str, object]
# Which collection a table's rows are of, where it is not the standard's own.
CENSUS = {"census_indicator": "csww", "census_year_on_year": "csww"}
SEEDS = ("collection_round", "ethnic_group_register", "report_indicator", "service")


class Release:
    """The tables of one open release: ``rows`` gives those of a selection, ``download`` them as its CSV has them."""

    def __init__(self, folder: Path):
        """Read the release in a folder."""
        self.folder = folder
        self.package: dict[str, Any] = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
        tables = {part["name"]: part["schema"] for part in self.package["resources"] if "schema" in part}
        self.keys: dict[str, list[str]] = {name: schema.get("primaryKey") or [] for name, schema in tables.items()}
        self.units = {
            (name, field["name"]): field.get("unit") for name, schema in tables.items() for field in schema["fields"]
        }
        self.connection = duckdb.connect()
        for seed in SEEDS:
            self.connection.register(seed, read_seed(seed))
        self.columns: dict[str, list[str]] = {}
        for name in tables:
            self._open(name)
        self.connection.execute("create schema if not exists words")
        for name in self.columns:
            self.connection.execute(f"create table words.{quoted(name)} as {self._words(name)}")

    def has(self, table: str) -> bool:
        """Tell whether the release has a table."""
        return table in self.columns

    def rows(
        self,
        table: str,
        where: Where | None = None,
        order: str = "",
        more: str = "",
        adds: Mapping[str, str] | None = None,
    ) -> list[Row]:
        """Return the rows of a selection, with the words that go with them; none where there is no such table.

        ``where`` holds what columns must be equal to, or one of; ``more`` is a condition besides; ``adds`` holds SQL
        of further columns.
        """
        if not self.has(table):
            return []
        columns = ", ".join(["*", *(f"{sql} as {quoted(name)}" for name, sql in (adds or {}).items())])
        query = f"select {columns} from words.{quoted(table)} where {self._condition(table, where or {}, more)}"
        return self.query(f"{query} order by {order or 'all'}")

    def query(self, sql: str) -> list[Row]:
        """Return the rows of a query; a value that is not there is None."""
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def download(self, file: str, table: str, where: Where, more: str = "") -> Download | None:
        """Return the rows of a selection as the release's own CSV file has them, symbols included."""
        if not self.has(table):
            return None
        condition = self._condition(table, where, more)
        result = self.connection.execute(
            f"select csv.* from cells.{quoted(table)} as csv "
            f"positional join (select {condition} as is_chosen from main.{quoted(table)}) as chosen "
            "where chosen.is_chosen"
        )
        names = [column[0] for column in result.description or []][:]
        rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in result.fetchall())
        return Download(file, tuple(names), rows)

    def source(self, table: str, row: Row) -> str:
        """Return the name of a row: its table, and what tells it apart there."""
        return selection(table, {column: row[column] for column in self.keys[table] if row.get(column) is not None})

    def latest(self, table: str = "indicator") -> int | None:
        """Return the latest round that a table has."""
        if not self.has(table):
            return None
        [found] = self.query(f"select max(time_period) as year from main.{quoted(table)}")
        return found["year"]

    def unit(self, table: str, column: str) -> str | None:
        """Return what a column counts or measures."""
        return self.units.get((table, column))

    @property
    def is_synthetic(self) -> bool:
        """Tell whether any of it is made up."""
        return bool(self.package.get("is_synthetic"))

    @property
    def symbols(self) -> dict[str, str]:
        """Return what each symbol means."""
        return dict(self.package["symbols"])

    def _condition(self, table: str, where: Where, more: str) -> str:
        parts = [more] if more else []
        for column, value in where.items():
            if column not in self.columns[table]:
                continue
            values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
            parts.append(f"{quoted(column)} in ({', '.join(map(literal, values))})")
        return " and ".join(f"({part})" for part in parts) or "true"

    def _open(self, name: str) -> None:
        """Make a table of the release, and one of its cells as the CSV file has them."""
        path = self.folder / PARQUET / f"{name}.parquet"
        if not path.exists() or not csv_file(self.folder, name).exists():
            return
        run = self.connection.execute
        run("create schema if not exists cells")
        cells = pd.read_csv(csv_file(self.folder, name), dtype=str, keep_default_na=False, encoding="utf-8")
        self.connection.register("frame", cells)
        run(f"create table cells.{quoted(name)} as from frame")
        self.connection.unregister("frame")
        run(f"create table main.{quoted(name)} as from read_parquet({literal(path)})")
        self.columns[name] = [row[0] for row in run(f"describe main.{quoted(name)}").fetchall()]

    def _words(self, name: str) -> str:
        """Return the SQL of a table with words beside its rows: groups as they were called in that year, and so on."""
        there = self.columns[name]
        collection = literal(CENSUS.get(name, setting("open_collection")))
        added, joins = [], []
        for column, word in (("comparison_group", "group_name"), ("reference_group", "reference_name")):
            if column in there:
                joins.append(f"left join ethnic_group_register as {word}_of on facts.{column} = {word}_of.ethnic_group")
                added.append(f"{word}_of.ethnic_group_name as {word}")
        if "service" in there:
            joins.append("left join service as served on facts.service = served.service")
            added += ["served.service_name", "lower(served.service_name) as service_words"]
        if "geographic_level" in there and "country_name" in there:
            added.append("coalesce(facts.region_name, facts.country_name) as place")
        if {"time_period", "indicator_code"} <= set(there):
            joins.append(
                f"left join main.indicator_definition as defined on defined.collection = {collection} "
                "and facts.indicator_code = defined.indicator_code and facts.time_period "
                "between defined.first_year and coalesce(defined.last_year, facts.time_period)"
            )
            joins.append(
                "left join report_indicator as worded on defined.collection = worded.collection "
                "and defined.indicator_code = worded.indicator_code "
                "and defined.definition_version = cast(worded.definition_version as integer)"
            )
            event = "replace(worded.event, '[breakdown]', facts.breakdown)" if "breakdown" in there else "worded.event"
            headline = "facts.breakdown = 'all'" if "breakdown" in there else "true"
            added += [
                "worded.people",
                f"coalesce(case when {headline} then nullif(worded.headline_event, '') end, {event}) as event",
                "defined.adverse_when",
            ]
            if "previous_time_period" in there:
                added.append(
                    "case when defined.first_year > facts.previous_time_period then defined.break_note end "
                    "as break_note"
                )
        if "comparison_group" in there and "time_period" in there:
            for column, word in (("time_period", "group"), ("previous_time_period", "previous_group")):
                if column in there:
                    joins.append(
                        f"left join collection_round as {word}_round on {word}_round.collection = {collection} "
                        f"and facts.{column} = cast({word}_round.collection_year as integer) "
                        "and group_name_of.level = 'headline'"
                    )
                    added.append(
                        f"coalesce({word}_round.group_label, group_name_of.ethnic_group_name) as {quoted(word)}"
                    )
        columns = ", ".join(["facts.*", *added])
        return f"select {columns} from main.{quoted(name)} as facts {' '.join(joins)}"


def selection(table: str, where: Where) -> str:
    """Return the name of rows of a table, as a report's sources are written."""
    return f"{table}?{urlencode({column: str(value) for column, value in where.items()})}"


def find_open_release(home: Home, release_id: str | None) -> Path:
    """Return the folder of an open release, the latest where none is named; raise ``WresError`` where there is none."""
    there = home.open_release_ids
    if not there:
        raise WresError(
            f"There is no open release in {home.shown(home.open_releases)}. A report is made from one: "
            "run `wres open` first."
        )
    chosen = release_id or there[-1]
    if chosen not in there:
        raise WresError(f"There is no open release {chosen}. Open releases: {', '.join(there)}.")
    return home.open_releases / chosen
