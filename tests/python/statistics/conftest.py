"""The statistical macros as SQL, compiled once, ready to be run on any counts."""

import re
from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd
import pytest
from tables_of_counts import COUNTS, FULL, counts_frame, every_table, random_tables

TABLE = ", ".join(f"'{count}'" for count in COUNTS)

# Each part is a select over relations that the tests make: tables, pairs, points, whole.
PARTS = {
    "tables": f"""
with scored as (
    select
        *,
        {{{{ relative_likelihood({TABLE}) }}}} as rr,
        {{{{ miettinen_nurminen_lower({TABLE}) }}}} as mn_lo,
        {{{{ miettinen_nurminen_upper({TABLE}) }}}} as mn_hi,
        {{{{ minimum_expected_count({TABLE}) }}}} as minimum_expected,
        {{{{ uses_fisher_irwin({TABLE}) }}}} as uses_fisher,
        {{{{ pearson_chi_squared({TABLE}) }}}} as pearson_chi2,
        {{{{ n_minus_1_chi_squared({TABLE}) }}}} as n1_chi2,
        {{{{ katz_variance({TABLE}) }}}} as katz_variance,
        {{{{ walter_variance({TABLE}) }}}} as walter_variance,
        {{{{ walter_log_ratio({TABLE}) }}}} as walter_log_ratio
    from tables
)

select
    *,
    {{{{ chi_squared_p_value('pearson_chi2') }}}} as pearson_p,
    {{{{ chi_squared_p_value('n1_chi2') }}}} as n1_p
from scored
order by id
""",
    "exact": """
with exact as (
    {{ fisher_irwin('tables', 'id') }}
)

select id, fisher_p, mid_p as midp from exact order by id
""",
    "pairs": """
{% set previous, current = {}, {} %}
{% for prefix, year in [('previous.', previous), ('current.', current)] %}
    {% for column in ['x1', 'n1', 'x2', 'n2', 'rr'] %}
        {% do year.update({column: prefix ~ column}) %}
    {% endfor %}
    {% do year.update({'lower': prefix ~ 'mn_lo', 'upper': prefix ~ 'mn_hi'}) %}
{% endfor %}
with changes as (
    select
        pairs.id,
        {% for method, suffix in [('mover', ''), ('walter', '_w')] %}
        {{ ratio_of_ratios(previous, current, method) }} as ror{{ suffix }},
        {{ ratio_of_ratios_lower(previous, current, method) }} as lo{{ suffix }},
        {{ ratio_of_ratios_upper(previous, current, method) }} as hi{{ suffix }},
        {{ ratio_of_ratios_z(previous, current, method) }} as z{{ suffix }}{{ ',' if not loop.last }}
        {% endfor %}
    from pairs
    inner join scored as previous on pairs.previous_id = previous.id
    inner join scored as current on pairs.current_id = current.id
)

select *, {{ two_sided_p_value('z') }} as p, {{ two_sided_p_value('z_w') }} as p_w from changes order by id
""",
    "points": """
select
    z,
    {{ normal_cdf('z') }} as cdf,
    {{ two_sided_p_value('z') }} as p,
    {{ chi_squared_p_value('z * z') }} as chi_p,
    {{ natural_log('z') }} as log_z
from points
order by id
""",
    "whole": "select {{ log_factorial('n') }} as log_factorial from whole order by id",
}


class Formulas:
    """The compiled parts, and an engine with nothing else in it to run them on."""

    def __init__(self, compiled: str) -> None:
        """Take the parts apart again where dbt has compiled them in one text."""
        pieces = re.split(r"-- part (\w+)\n", compiled)[1:]
        self.sql = dict(zip(pieces[::2], pieces[1::2], strict=True))

    def tables(self, part: str, rows: pd.DataFrame, count_type: str = "integer", settings: str = "") -> pd.DataFrame:
        """Return a part's select over tables of two groups, their counts 32-bit unless told otherwise."""
        with duckdb.connect() as engine:
            engine.execute(settings)
            engine.register("given", rows)
            counts = ", ".join(f"cast({count} as {count_type}) as {count}" for count in COUNTS)
            engine.execute(f"create table tables as select id, {counts} from given")
            return engine.execute(self.sql[part]).df()

    def pairs(self, tables: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
        """Return the changes between pairs of tables, each named by its id."""
        scored = self.tables("tables", tables)
        with duckdb.connect() as engine:
            engine.register("scored", scored)
            engine.register("pairs", pairs)
            return engine.execute(self.sql["pairs"]).df()

    def column(self, part: str, name: str, values: list, value_type: str) -> pd.DataFrame:
        """Return a part's select over one column."""
        with duckdb.connect() as engine:
            engine.register("given", pd.DataFrame({"id": range(len(values)), "value": values}, dtype=object))
            value = f"cast(value as {value_type}) as {name}"
            engine.execute(f"create table {part} as select id, {value} from given")
            return engine.execute(self.sql[part]).df()


@pytest.fixture(scope="session")
def formulas(compile_inline: Callable[[str], str]) -> Formulas:
    """Return the statistical macros as SQL that dbt has compiled."""
    return Formulas(compile_inline("\n".join(f"-- part {name}\n{text}" for name, text in PARTS.items())))


@pytest.fixture(scope="session")
def many_tables() -> pd.DataFrame:
    """Return every small table and 6,000 random ones; several times that where WRES_TEST_FULL is 1."""
    largest, number = (16, 100_000) if FULL else (6, 6_000)
    return counts_frame(np.vstack([every_table(largest), random_tables(number, seed=1)]))


@pytest.fixture(scope="session")
def many_scored(formulas: Formulas, many_tables: pd.DataFrame) -> pd.DataFrame:
    """Return what the SQL says of the many tables."""
    return formulas.tables("tables", many_tables)
