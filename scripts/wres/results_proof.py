"""Which comparators an organisation may be shown: those that give no small count of another organisation away."""

from collections.abc import Callable

import duckdb
import pandas as pd

from wres.organisations import COLLECTION

COMPARATOR_KEY = (
    "collection",
    "collection_year",
    "organisation_code",
    "service",
    "indicator_code",
    "breakdown",
    "comparison_group",
    "reference_group",
    "comparator",
)


def proved_comparators(
    connection: duckdb.DuckDBPyConnection,
    year: int,
    organisations: list[str],
    on_done: Callable[[int], None] = lambda done: None,
) -> pd.DataFrame:
    """Return every comparator of these organisations with ``hidden_note`` where it may not be shown."""
    return connection.execute(
        "select * from int_result_comparator where collection = $collection and collection_year = $year "
        "and organisation_code in (select unnest($organisations))",
        {"collection": COLLECTION, "year": year, "organisations": organisations},
    ).df()
