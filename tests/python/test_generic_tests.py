"""The project's own generic data tests, each on a small table that breaks it and on one that does not."""

from collections.abc import Callable

import duckdb
import pytest

# Test as dbt calls it; the column names of its table; rows that it passes; rows that it fails with, which are added.
CASES = {
    "unique columns, one column": (
        "test_unique_columns('tested', ['area_code'])",
        "area_code",
        "('E06000001'), ('E06000002')",
        "('E06000001')",
        [("E06000001", 2)],
    ),
    "unique columns, two columns": (
        "test_unique_columns('tested', ['area_code', 'collection_year'])",
        "area_code, collection_year",
        "('E06000001', 2023), ('E06000001', 2024), ('E06000002', 2023)",
        "('E06000002', 2023), ('E06000002', 2023)",
        [("E06000002", 2023, 3)],
    ),
    "unique columns, a key without a value": (
        "test_unique_columns('tested', ['area_code', 'service'])",
        "area_code, service",
        "('E06000001', null), ('E06000001', 'adults')",
        "('E06000001', null)",
        [("E06000001", None, 2)],
    ),
    "filled and unique": (
        "test_filled_and_unique('tested', ['rule_code', 'stage'], [['rule_code'], ['title', 'stage']])",
        "rule_code, title, stage, note",
        "('R1', 'Late', 'reader', null), ('R2', 'Early', 'reader', 'as sent'), ('R3', null, 'checks', null)",
        "('R4', 'Late', null, 'as sent'), ('R2', 'Half', 'reader', null), ('R5', null, 'checks', null)",
        [
            ("R2", "Early", "reader", "as sent", 2, 1),
            ("R2", "Half", "reader", None, 2, 1),
            ("R3", None, "checks", None, 1, 2),
            ("R4", "Late", None, "as sent", 1, 1),
            ("R5", None, "checks", None, 1, 2),
        ],
    ),
    "within a range with two bounds": (
        "test_within_range('tested', 'census_month', at_least=1, at_most=12)",
        "census_month",
        "(1), (12), (null)",
        "(0), (13)",
        [(0,), (13,)],
    ),
    "within a range, no upper bound": (
        "test_within_range('tested', 'people', at_least=0)",
        "people",
        "(0), (1000000), (null)",
        "(-1)",
        [(-1,)],
    ),
    "within a range, no lower bound": (
        "test_within_range('tested', 'share', at_most=1)",
        "share",
        "(-1), (1), (null)",
        "(2)",
        [(2,)],
    ),
    "row condition": (
        "test_row_condition('tested', '(value is null) = (value_note is not null)')",
        "value, value_note",
        "(1, null), (null, 'withheld')",
        "(1, 'withheld'), (null, null)",
        [(1, "withheld"), (None, None)],
    ),
    "row condition that a missing value leaves open": (
        "test_row_condition('tested', 'numerator <= denominator or numerator is null')",
        "numerator, denominator",
        "(1, 2), (2, 2), (null, 2)",
        "(3, 2), (1, null)",
        [(1, None), (3, 2)],
    ),
}


@pytest.fixture(scope="session")
def queries(compile_inline: Callable[[str], str]) -> dict[str, str]:
    """Return the SQL that dbt makes of each case's test, compiled in one go."""
    divider = "---- next ----"
    calls = f"\n{divider}\n".join(f"{{{{ {call} }}}}" for call, *_ in CASES.values())
    return dict(zip(CASES, compile_inline(calls).split(divider), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_passes_what_is_right(case: str, queries: dict[str, str]) -> None:
    """A table in which the test's statement holds, at its edges too, gives no row."""
    _, columns, right, _, _ = CASES[case]
    assert failures(queries[case], columns, right) == []


@pytest.mark.parametrize("case", CASES)
def test_fails_with_what_is_wrong(case: str, queries: dict[str, str]) -> None:
    """Rows that break it among others that do not are given, each once, and no other."""
    _, columns, right, wrong, expected = CASES[case]
    assert failures(queries[case], columns, f"{right}, {wrong}") == expected


def test_a_range_needs_a_bound(compile_inline: Callable[[str], str]) -> None:
    """A range without bounds would pass everything: it does not compile."""
    with pytest.raises(AssertionError, match="within_range needs at_least or at_most, for people"):
        compile_inline("{{ test_within_range('tested', 'people') }}")


def failures(query: str, columns: str, rows: str) -> list[tuple[object, ...]]:
    """Return what a test finds in a table of the given rows, in order, with nothing last."""
    with duckdb.connect() as database:
        database.execute(f"create table tested as select * from (values {rows}) as given ({columns})")
        found = database.execute(query).fetchall()
    return sorted(found, key=lambda row: [(value is None, str(value)) for value in row])
