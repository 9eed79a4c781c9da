"""Measure the queries that dashboards ask of the published database; `make bench-dashboard` prints the figures.

Each query is asked many times with other choices in its filters, as people click: on a connection that stays open, and
on one opened for each query, as a tool does that keeps none.
"""

import os
import random
import statistics
import sys
import time
from itertools import chain
from pathlib import Path

import duckdb

from wres.headline import HEADLINE
from wres.home import open_home

ROUNDS = 100
FRESH_ROUNDS = 20
MOST_MILLISECONDS = 20
OF_ONE_YEAR = "collection = $collection and collection_year = $collection_year and service = $service"
# What each query is of, and its SQL; the names behind $ are drawn anew each time from what is published.
QUERIES = {
    "year_on_year: filter of years": """
        select distinct collection_year from year_on_year where collection = $collection order by 1
    """,
    "year_on_year: filter of areas": """
        select distinct area_code, area_name from year_on_year
        where collection = $collection and area_level = $area_level order by 2
    """,
    "year_on_year: England, each indicator": f"""
        select indicator_code, indicator_name, previous_relative_likelihood, relative_likelihood,
            ratio_of_ratios, lower_95, upper_95, change
        from year_on_year
        where {OF_ONE_YEAR} and area_level = 'national' and panel = $panel and {HEADLINE} order by 1
    """,
    "year_on_year: one area over the years": f"""
        select collection_year, panel, ratio_of_ratios, lower_95, upper_95, change from year_on_year
        where collection = $collection and area_code = $area_code and service = $service
            and indicator_code = $indicator_code and {HEADLINE} order by 1, 2
    """,
    "year_on_year: one area, 1,000 rows": """
        select * from year_on_year
        where collection = $collection and collection_year = $collection_year and area_code = $area_code limit 1000
    """,
    "year_on_year: regions compared": f"""
        select area_name, ratio_of_ratios, lower_95, upper_95, change from year_on_year
        where {OF_ONE_YEAR} and area_level = 'region' and indicator_code = $indicator_code
            and panel = $panel and {HEADLINE} order by ratio_of_ratios
    """,
    "year_on_year: organisations ranked": f"""
        select area_name, max(ratio_of_ratios) as ratio from year_on_year
        where {OF_ONE_YEAR} and area_level = 'organisation' and indicator_code = $indicator_code
            and panel = 'matched' and {HEADLINE} group by 1 order by 2 desc limit 50
    """,
    "year_on_year: heat map of changes": f"""
        select indicator_code, change, count(*) from year_on_year
        where {OF_ONE_YEAR} and area_level = 'organisation' and panel = 'matched' and {HEADLINE} group by 1, 2
    """,
    "year_on_year: each ethnic group": """
        select collection_year, comparison_group, ratio_of_ratios, lower_95, upper_95 from year_on_year
        where collection = $collection and area_level = 'national' and service = $service
            and indicator_code = $indicator_code and breakdown = 'all' and definition = 'as_collected'
            and reference_group = 'white' and panel = $panel order by collection_year
    """,
    "year_on_year: first 1,000 rows": "select * from year_on_year limit 1000",
    "indicator: one area beside England": f"""
        select area_level, indicator_code, relative_likelihood, lower_95, upper_95, size, evidence from indicator
        where {OF_ONE_YEAR} and area_code in ($area_code, 'E92000001') and {HEADLINE}
    """,
    "indicator: England over the years": f"""
        select collection_year, relative_likelihood, lower_95, upper_95 from indicator
        where collection = $collection and area_level = 'national' and service = $service
            and indicator_code = $indicator_code and {HEADLINE} order by 1
    """,
}
CHOICES = """
    select collection, collection_year, area_level, area_code, service, indicator_code, panel from year_on_year
    using sample reservoir(5000 rows) repeatable (1)
"""


def choices(database: Path) -> list[dict[str, object]]:
    """Return what filters may be set to: combinations that the table has."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(CHOICES)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in sorted(found.fetchall())]


def asked(sql: str, chosen: dict[str, object]) -> dict[str, object]:
    """Return the values of the filters that a query has."""
    return {name: value for name, value in chosen.items() if f"${name}" in sql}


def milliseconds(connection: duckdb.DuckDBPyConnection, sql: str, values: dict[str, object]) -> float:
    """Return how long a query takes, its rows fetched."""
    start = time.perf_counter()
    connection.execute(sql, values).fetchall()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Print how long each query takes; end with code 1 where the 95th percentile is above what is held to."""
    database = open_home().published_database
    if not database.exists():
        raise SystemExit(f"{database} is not there yet. Run `make build`, then this again.")
    rng = random.Random(1)
    drawn = choices(database)
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute("select (select count(*) from year_on_year), (select count(*) from indicator)")
        print("{:,} rows of year_on_year, {:,} of indicator. Milliseconds:".format(*rows.fetchone()))
        print(f"{'':40} {'connection kept open':>24} {'opened for each query':>24}")
        print(f"{'query':40} {'p50':>8}{'p95':>8}{'p99':>8} {'p50':>8}{'p95':>8}{'p99':>8}")
        kept = {}
        for name, sql in QUERIES.items():
            kept[name] = [milliseconds(connection, sql, asked(sql, rng.choice(drawn))) for _ in range(ROUNDS)]
    fresh = {}
    for name, sql in QUERIES.items():
        fresh[name] = []
        for _ in range(FRESH_ROUNDS):
            start = time.perf_counter()
            with duckdb.connect(str(database), read_only=True) as connection:
                milliseconds(connection, sql, asked(sql, rng.choice(drawn)))
            fresh[name].append(1000 * (time.perf_counter() - start))
    for name in QUERIES:
        print(f"{name:40} {_shown(kept[name])} {_shown(fresh[name])}")
    print(f"{'all of them':40} {_shown([*chain(*kept.values())])} {_shown([*chain(*fresh.values())])}")
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    if load > processors:
        print(f"The machine has other work (load {load:.1f} on {processors} processors): the figures are too high.")
    slow = [name for name in QUERIES if _percentiles(kept[name])[1] >= MOST_MILLISECONDS]
    print(f"Held to: each under {MOST_MILLISECONDS} ms at the 95th percentile, connection kept open.")
    if slow:
        sys.exit("Slower than that: " + "; ".join(slow))


def _percentiles(times: list[float]) -> tuple[float, float, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]


def _shown(times: list[float]) -> str:
    return "".join(f"{value:8.1f}" for value in _percentiles(times))


if __name__ == "__main__":
    main()
