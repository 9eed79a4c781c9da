"""What stands where: the register of a round, what was received and published, and results to look at first."""

from datetime import date
from math import isnan

import duckdb
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from wres.batch import ledger
from wres.form import form_years, round_of
from wres.headline import HEADLINE
from wres.home import Home
from wres.models import Models
from wres.organisations import COLLECTION
from wres.pack_content import counted
from wres.reference import read_seed

# The latest comparable change of each indicator, those furthest from parity first.
HIGHLIGHTS = f"""
    with latest as (
        select *
        from year_on_year
        where
            area_level = 'national'
            and {HEADLINE}
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
    order by
        collection,
        collection_year desc,
        coalesce(abs(ln(nullif(relative_likelihood, 0))), 'infinity') desc,
        indicator_code
"""
NARROW = 80
FIRST_SHOWN = 6  # of the register, where no round was asked for
SHOWN = {"sc-wres": 2, "csww": 1}


def show_status(home: Home, year: int | None, day: date) -> None:
    """Print the register of a round on a day, and a short account of the home, as tables that fit a terminal.

    Raises ``ValueError`` when there is no round in that year.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 140
    _show_register(console, home, year or _latest_round(day), day, None if year else FIRST_SHOWN)
    received = ledger(home.batches).to_pandas()
    accepted = received[received["status"] == "accepted"]
    synthetic = int(accepted["is_synthetic"].astype(bool).sum())
    returns = int((accepted["collection"] == COLLECTION).sum())
    statistics = int(accepted["dataset"].isin(read_seed("statistics_dataset")["dataset"]).sum())
    console.print(
        f"Received   {returns:,} returns ({synthetic:,} synthetic) and {statistics:,} statistics files"
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


def register(home: Home, year: int, day: date) -> pd.DataFrame:
    """Return the register of a round on a day: one row per organisation and service, those with most to do first.

    What has not come is overdue after the closing day, whatever day the data go up to.
    """
    with Models(home.batches) as models:
        rows = models.table("int_register").to_pandas()
    rows = rows[(rows["collection"] == COLLECTION) & (rows["collection_year"] == year)].copy()
    _, closes_on = round_of(year)
    has_not_come = rows["status"].isin(["not received", "overdue"])
    is_followed = any(round_of(later)[0] <= day for later in form_years() if later > year)
    rows.loc[has_not_come, "status"] = "overdue" if closes_on < day and not is_followed else "not received"
    rows.loc[has_not_come, "next_to_act"] = "nobody" if is_followed else "organisation"
    rows["days_left"] = (closes_on - day).days
    order = read_seed("return_status").set_index("status")["status_order"].astype(int)
    rows["status_order"] = rows["status"].map(order)
    return rows.sort_values(["status_order", "organisation_name", "service"]).reset_index(drop=True)


def _latest_round(day: date) -> int:
    """Return the round that opened last by a day, or the first one."""
    return max((year for year in form_years() if round_of(year)[0] <= day), default=form_years()[0])


def _show_register(console: Console, home: Home, year: int, day: date, most: int | None) -> None:
    rows = register(home, year, day)
    _, closes_on = round_of(year)
    left = (closes_on - day).days
    ends = f"{left} days left" if left > 1 else "1 day left" if left == 1 else "closes today" if left == 0 else "closed"
    console.print(f"Register   {year}, on {day:%d %B %Y}: closing day {closes_on:%d %B %Y}, {ends}")
    if rows.empty:
        console.print("           Nobody has registered for it or sent a return.")
        return
    registered = rows["registration_outcome"].eq("accepted")
    came = rows["versions_received"] > 0
    console.print(
        f"           {counted(len(rows), 'return')} expected of"
        f" {counted(rows['organisation_code'].nunique(), 'organisation')}"
        f" ({registered.sum():,} registered); {came.sum():,} came, {(came & ~registered).sum():,} of them unregistered"
    )
    counts = rows.groupby("status_order").agg(status=("status", "first"), number=("status", "size"))
    console.print(
        "           " + ", ".join(f"{number:,} {status}" for status, number in counts.itertuples(index=False))
    )
    to_do = rows[rows["next_to_act"] != "nobody"]
    if len(to_do):
        shown = to_do.head(most or len(to_do))
        console.print(_to_do(shown, year))
        if len(to_do) > len(shown):
            console.print(f"{len(to_do) - len(shown):,} more: wres status --year {year}\n")


def _to_do(rows: pd.DataFrame, year: int) -> Table:
    """Return the services on which somebody has to act, in a table of 80 columns."""
    table = Table(
        title=f"Who has to act next, {year}",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        width=NARROW,
    )
    table.add_column("Organisation", ratio=1)
    for heading in ("Service", "Status"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Ver.", justify="right")
    table.add_column("Acts next", no_wrap=True)
    table.add_column("Left", justify="right")
    for row in rows.to_dict("records"):
        version = "" if pd.isna(row["return_version"]) else f"{int(row['return_version'])}"
        table.add_row(
            row["organisation_name"] if pd.notna(row["organisation_name"]) else row["organisation_code"],
            row["service"],
            row["status"],
            version,
            row["next_to_act"],
            f"{row['days_left']}",
        )
    return table


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
