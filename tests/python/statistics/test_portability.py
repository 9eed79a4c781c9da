"""The formulas in other engines' SQL: every statistical macro, as the methods' pages use it, must read there too."""

import re

import pytest
import sqlglot
from methods_pages import PAGES, examples
from sqlfluff.core import FluffConfig, Linter
from sqlglot import ErrorLevel, exp
from tables_of_counts import FULL

MACROS = PAGES.parents[1] / "macros"
DIALECTS = {"postgres": "postgres", "spark": "sparksql"}  # sqlglot's name, sqlfluff's name
# sqlfluff takes seconds for the longest: they are a few expressions, written out again and again.
LONGEST = 1_000_000 if FULL else 3_000

# What DuckDB, PostgreSQL 15 and Spark 4 all have under one name and with one meaning.
ALLOWED = {
    "abs": "SQL:2003",
    "acos": "SQL:2016; outside -1 to 1 an error or NaN, so its argument is always held",
    "cast": "SQL-92",
    "coalesce": "SQL-92",
    "cos": "SQL:2016",
    "count": "SQL-92",
    "exp": "SQL:2003; its argument is held where an engine raises on overflow or underflow",
    "floor": "SQL:2003",
    "greatest": "all three leave NULL out",
    "least": "all three leave NULL out",
    "ln": "SQL:2003; its argument is held above 0",
    "max": "SQL-92",
    "min": "SQL-92",
    "nullif": "SQL-92; guards divisions",
    "pi": "SQL:2016 in effect; all three have it",
    "percentile_cont": "SQL:2003 ordered set, PostgreSQL 9.4, Spark 3.3",
    "power": "SQL:2003",
    "sign": "SQL:2016 in effect; all three return -1, 0 or 1",
    "sqrt": "SQL:2003",
    "sum": "SQL-92",
}
# Words before a bracket that are no functions.
WORDS = {
    *("all", "and", "as", "between", "by", "case", "distinct", "else", "exists", "filter", "from", "group", "in"),
    *("join", "materialized", "not", "on", "or", "over", "select", "then", "union", "values", "when", "where", "with"),
}
# DuckDB's own way of writing what others write differently.
NOT_STANDARD = {
    "a cast by two colons": r"::",
    "division of whole numbers": r"//",
    "a list": r"\[",
    "group by all": r"\bgroup by all\b",
    "order by all": r"\border by all\b",
    "qualify": r"\bqualify\b",
    "columns left out or replaced": r"\b(exclude|replace)\s*\(",
    "a lambda": r"->",
}


def plain(sql: str) -> str:
    """Return SQL in lower case without its comments, texts and names of columns in an alias."""
    sql = re.sub(r"--[^\n]*|'[^']*'", "''", sql.lower())
    return re.sub(r"\bas \w+\s*\(\s*\w+(?:\s*,\s*\w+)*\s*\)", "as alias", sql)


def functions(sql: str) -> set[str]:
    """Return the names that stand before a bracket and are no words of SQL."""
    return set(re.findall(r"\b([a-z_]\w*)\s*\(", plain(sql))) - WORDS


def of_engines() -> set[str]:
    """Return the functions that the macros of macros/engines write for DuckDB; another engine has its own there."""
    found: set[str] = set()
    for path in (MACROS / "engines").glob("*.sql"):
        for body in re.findall(r"{% macro duckdb__.*?-%}(.*?){%- endmacro %}", path.read_text(), re.DOTALL):
            found |= functions(re.sub(r"{#-.*?-#}|{{.*?}}", "x", body, flags=re.DOTALL))
    return found


NAMES = [example.name for example in examples()]


@pytest.mark.parametrize("name", NAMES)
def test_a_formula_uses_only_what_every_engine_has(compiled_examples: dict[str, str], name: str) -> None:
    sql = compiled_examples[name]
    assert functions(sql) - set(ALLOWED) - of_engines() == set()
    assert [what for what, pattern in NOT_STANDARD.items() if re.search(pattern, plain(sql))] == []


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_formula_reads_in_another_engine(compiled_examples: dict[str, str], name: str, dialect: str) -> None:
    [tree] = [tree for tree in sqlglot.parse(compiled_examples[name], read="duckdb") if tree]
    assert list(tree.find_all(exp.Command)) == []
    there = tree.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE)
    if dialect == "spark":
        # What the macro `materialized` writes there.
        there = there.replace(" AS MATERIALIZED (", " AS (")
    assert isinstance(sqlglot.parse_one(there, read=dialect), exp.Query)
    if len(there) <= LONGEST:
        options = {
            "dialect": DIALECTS[dialect],
            "templater": "raw",
            "max_parse_depth": 5000,
            "large_file_skip_byte_limit": 0,
        }
        linter = Linter(config=FluffConfig(overrides=options, ignore_local_config=True))
        assert [str(fault) for fault in linter.parse_string(there).violations] == []


def test_no_formula_writes_what_belongs_in_the_engines_folder() -> None:
    """What differs between engines is asked of a macro: its name stands in no formula."""
    own = of_engines()
    assert own
    for path in (MACROS / "statistics").glob("*.sql"):
        text = re.sub(r"{#-.*?-#}|{%.*?%}", "", path.read_text(), flags=re.DOTALL)
        assert functions(text) & (own - set(ALLOWED)) == set(), path.name


@pytest.mark.parametrize(
    "sql",
    [
        "select list_sum(x) from t",
        "select x::double from t",
        "select x // 2 from t",
        "select a, sum(b) from t group by all",
        "select * exclude (a) from t",
        "select erf(x) from t",
    ],
)
def test_what_only_one_engine_has_is_seen(sql: str) -> None:
    """The check itself finds faults."""
    other = functions(sql) - set(ALLOWED) - of_engines()
    assert other or any(re.search(pattern, plain(sql)) for pattern in NOT_STANDARD.values())


def test_every_allowed_function_is_used_and_explained(compiled_examples: dict[str, str]) -> None:
    """A list that nobody prunes soon allows everything."""
    assert all(ALLOWED.values())
    assert set(ALLOWED) - set().union(*map(functions, compiled_examples.values())) == set()
