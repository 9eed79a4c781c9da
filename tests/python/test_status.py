"""Which results `wres status` shows."""

import duckdb
import pandas as pd
import pytest

from wres.status import HIGHLIGHTS

HEADLINE = {
    "collection": "sc-wres",
    "collection_year": 2025,
    "area_level": "national",
    "service": "all",
    "definition": "as_collected",
    "indicator_code": "9",
    "breakdown": "all",
    "comparison_group": "minority_ethnic",
    "reference_group": "white",
    "panel": "matched",
    "previous_year": 2024,
    "relative_likelihood": 0.64,
    "ratio_of_ratios": 1.2,
    "change": "no clear change",
}
# Rows of the same indicator that do not stand for it.
OTHERS = (
    {"definition": "restated"},
    {"reference_group": "everyone_else"},
    {"panel": "all"},
    {"collection_year": 2024, "previous_year": 2023},
    {"collection_year": 2026, "previous_year": 2025, "change": "cannot say"},
    {"collection_year": 2026, "previous_year": 2025, "ratio_of_ratios": None},
    {"service": "children"},
    {"area_level": "region"},
)


def shown(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return what is shown of a published table with these rows, all of synthetic returns."""
    participation = pd.DataFrame([{"collection": "sc-wres", "collection_year": 2025, "is_synthetic": True}])
    with duckdb.connect() as connection:
        connection.register("year_on_year", pd.DataFrame(rows))
        connection.register("participation", participation)
        return connection.sql(HIGHLIGHTS).df()


@pytest.mark.parametrize("is_first", [True, False], ids=["stands first", "stands last"])
@pytest.mark.parametrize("other", OTHERS, ids=" ".join)
def test_one_headline_stands_for_an_indicator_however_rows_lie(other: dict[str, object], is_first: bool) -> None:
    rows = [HEADLINE | {"relative_likelihood": 0.5} | other, HEADLINE]
    [row] = shown(rows[::-1] if is_first else rows)[[*HEADLINE, "has_synthetic"]].to_dict("records")
    assert row == HEADLINE | {"has_synthetic": True}


def test_what_is_furthest_from_parity_is_first_and_no_events_are_furthest() -> None:
    rows = [
        HEADLINE | {"indicator_code": code, "relative_likelihood": likelihood}
        for code, likelihood in {"2": 1.1, "3": 0.0, "5": 0.5, "4": 2.0, "8": 1.0}.items()
    ]
    assert shown(rows)["indicator_code"].tolist() == ["3", "4", "5", "2", "8"]
