"""A home whose built tables are written by the test itself, in the columns and types that the models declare."""

import json
from dataclasses import dataclass, field
from datetime import date

import duckdb

from wres.batch import ensure_empty_batch
from wres.home import Home
from wres.publish import PublishedRelease, publish
from wres.warehouse import run_dbt

KEY = {
    "collection": "sc-wres",
    "collection_year": 2024,
    "area_level": "organisation",
    "area_code": "E06000001",
    "service": "adults",
    "definition": "as_collected",
    "indicator_code": "3",
    "breakdown": "all",
    "comparison_group": "minority_ethnic",
    "reference_group": "white",
}


def figure(numerator: int | None, area_code: str = "E06000001", **changes: object) -> dict[str, object]:
    """Return a row of `indicator` against 40 of 800 white staff, of whom 5% had the event."""
    row = KEY | {"area_code": area_code, "denominator": 200, "reference_numerator": 40}
    row |= {"reference_denominator": 800, "reference_rate": 0.05, "unknown_share": 0.1}
    if numerator is None:
        return row | {"value_note": "withheld"} | changes
    ratio = (numerator / 200) / 0.05
    size = "below" if ratio < 0.8 else "above" if ratio > 1.25 else "within"
    values = {"numerator": numerator, "rate": numerator / 200, "relative_likelihood": ratio, "size": size}
    limits = {"lower_95": ratio / 2, "upper_95": ratio * 2, "p_value": 0.2, "evidence": "not clear"}
    return row | values | limits | changes


BASE = {
    "participation": [
        {"collection": "sc-wres", "collection_year": 2024, "organisation_code": code, "service": "adults"}
        for code in ("E06000001", "E06000002")
    ],
    "area": [{"area_code": "E06000001", "area_name": "Hartlepool", "area_level": "organisation"}],
    "submissions": [
        {
            "submission_id": "a" * 64,
            "collection": "sc-wres",
            "organisation_code": "E06000001",
            "service": "adults",
            "return_version": 1,
            "is_synthetic": True,
            "version_rank": 1,
        }
    ],
}


@dataclass
class Warehouse:
    """A home whose built tables the test writes itself, in the columns and types that the models declare."""

    home: Home
    columns: dict[str, dict[str, str]]
    lines: list[str] = field(default_factory=list)

    def build(
        self,
        figures: list[dict[str, object]],
        withdrawals: list[dict[str, object]] | None = None,
        **others: list[dict[str, object]],
    ) -> None:
        tables = {name: [] for name in self.columns} | BASE | {"indicator": figures} | others
        submissions = tables.pop("submissions")
        with duckdb.connect(str(self.home.database)) as connection:
            connection.execute("create schema if not exists published")
            connection.execute("create schema if not exists conformed")
            connection.execute("create schema if not exists marts")
            for name, rows in tables.items():
                self._create(connection, f"published.{name}", self.columns[name], rows)
            columns = dict.fromkeys(submissions[0], "varchar") | {"is_synthetic": "boolean"}
            self._create(connection, "conformed.submission_version", columns, submissions)
            key = {"collection": "varchar", "collection_year": "integer"}
            key |= {"organisation_code": "varchar", "service": "varchar"}
            self._create(connection, "marts.fct_withdrawal", key, withdrawals or [])

    @staticmethod
    def _create(
        connection: duckdb.DuckDBPyConnection,
        name: str,
        columns: dict[str, str],
        rows: list[dict[str, object]],
    ) -> None:
        declared = ", ".join(f'"{column}" {data_type}' for column, data_type in columns.items())
        connection.execute(f"create or replace table {name} ({declared})")
        for row in rows:
            names = ", ".join(f'"{column}"' for column in row)
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert into {name} ({names}) values ({marks})", list(row.values()))

    def publish(self, on: date, **options: bool) -> PublishedRelease:
        return publish(self.home, on, show=self.lines.append, **options)

    def read(self, query: str) -> list[dict[str, object]]:
        with duckdb.connect() as connection:
            for path, name in ((self.home.published_database, "wres"), (self.home.database, "warehouse")):
                if path.exists():
                    connection.execute(f"attach '{path}' as {name} (read_only)")
            return connection.execute(query).df().astype(object).where(lambda v: v.notna(), None).to_dict("records")


def made_warehouse(home: Home) -> Warehouse:
    """Return a home ready to be built, with dbt's manifest of the models."""
    home.releases.mkdir(parents=True)
    home.warehouse.mkdir()
    home.batches.mkdir()
    ensure_empty_batch(home.batches)
    run_dbt(home, ["parse"])
    return Warehouse(home, published_columns(home))


def published_columns(home: Home) -> dict[str, dict[str, str]]:
    """Return the columns and types of every published table but those made from releases, as dbt parsed them."""
    manifest = json.loads((home.target / "manifest.json").read_text(encoding="utf-8"))
    return {
        node["alias"]: {name: column["data_type"] for name, column in node["columns"].items()}
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "published" and node["name"] != "revision"
    }
