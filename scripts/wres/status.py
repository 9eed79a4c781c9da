"""What stands where: received, built, published, and three results that a reader would look for first."""

from math import isnan

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from wres.batch import ledger
from wres.home import Home

# The latest comparable change of each indicator, those furthest from parity first.
HIGHLIGHTS = """
    with latest as (
        select *
        from year_on_year
        where
            area_level = 'national'
            and breakdown = 'all'
            and comparison_group = 'minority_ethnic'
            and service in ('all', 'children')
            and (collection != 'sc-wres' or service = 'all')
            and ratio_of_ratios is not null
            and change != 'cannot say'
        qualify row_number() over (
            partition by collection, indicator_code
            order by collection_year desc, panel = 'matched' desc
        ) = 1
    )
    select
        latest.*,
        (
            select bool_or(participation.is_synthetic)
            from participation
            where
                participation.collection = latest.collection
                and participation.collection_year in (latest.collection_year, latest.previous_year)
        ) as has_synthetic
    from latest
    order by collection, collection_year desc, abs(ln(relative_likelihood)) desc
"""
SHOWN = {"sc-wres": 2, "csww": 1}


def show_status(home: Home) -> None:
    """Print a short account of the home, as tables that fit a terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 140
    received = ledger(home.batches).to_pandas()
    accepted = received[received["status"] == "accepted"]
    synthetic = int(accepted["is_synthetic"].astype(bool).sum())
    returns = int((accepted["collection"] == "sc-wres").sum())
    console.print(
        f"Received   {returns:,} returns ({synthetic:,} synthetic) and {len(accepted) - returns:,} statistics files"
        f" in {home.shown(home.batches)}/"
    )
    if not home.published_database.exists():
        if received.empty:
            console.print("Nothing has been received yet. Start with: wres receive PATH... (or: make build)")
        console.print("Published  nothing yet. Next: wres build, then wres publish")
        return
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        release = connection.sql("select * from release where is_current").df().iloc[0]
        tables = connection.sql(
            "select table_name, estimated_size from duckdb_tables() where schema_name = 'main' order by table_name"
        ).fetchall()
        highlights = connection.sql(HIGHLIGHTS).df()
    console.print(f"Published  {home.shown(home.published_database)}, release {release['release_id']}")
    if release["is_synthetic"]:
        console.print("           Contains synthetic returns: made-up figures of no real organisation.")
    console.print("Tables     " + ", ".join(f"{name} {rows:,}" for name, rows in tables), soft_wrap=True)
    pages = [home.shown(page) for page in sorted(home.data_docs.glob("*.html")) if page.name != "index.html"]
    if pages:
        console.print("Checks     " + ", ".join(pages), soft_wrap=True)
    if len(highlights):
        console.print(_results(highlights))


def _results(highlights: object) -> Table:
    table = Table(
        title="Year on year in England, minority ethnic against white",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1),
    )
    table.add_column("Indicator", no_wrap=True)
    for heading in ("Figures", "Years", "Panel"):
        table.add_column(heading)
    table.add_column("Relative likelihood", justify="right")
    table.add_column("Ratio (95% interval)", justify="right")
    table.add_column("Change")
    for collection, number in SHOWN.items():
        for row in highlights[highlights["collection"] == collection].head(number).to_dict("records"):
            table.add_row(
                f"{row['indicator_code']} {row['indicator_name']}",
                "DfE census" if collection == "csww" else "synthetic" if row["has_synthetic"] else "returns",
                f"{row['previous_year']} to {row['collection_year']}",
                row["panel"],
                f"{row['previous_relative_likelihood']:.2f} to {row['relative_likelihood']:.2f}",
                f"{row['ratio_of_ratios']:.3f} ({row['lower_95']:.3f} to {_limit(row['upper_95'])})",
                row["change"],
            )
    return table


def _limit(upper: float | None) -> str:
    return "no limit" if upper is None or isnan(upper) else f"{upper:.3f}"
