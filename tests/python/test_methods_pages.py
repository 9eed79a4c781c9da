"""The pages under docs/methods: what each prints is what the project's own SQL says."""

import re

import duckdb
import pytest
from methods_pages import EXAMPLE, INDEX, PAGES, Example, examples, pages

PARTS_OF_A_PAGE = ["## Formula", "## Source", "## When to use", "## Example"]
MACROS = PAGES.parents[1] / "macros" / "statistics"


def printed_table(text: str) -> list[list[str]]:
    """Return the header and the lines of a printed table; its columns are parted by two spaces or more."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()]


def as_printed(value: object, printed: str) -> str:
    """Return a value with as many decimal places as the page prints of it."""
    if value is None:
        return "NULL"
    if isinstance(value, float):
        places = len(printed.partition(".")[2]) if re.fullmatch(r"-?\d+\.\d+", printed) else 0
        return f"{value:.{places}f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_an_example_prints_what_its_query_gives(example: Example, compiled_examples: dict[str, str]) -> None:
    header, *lines = printed_table(example.printed)
    assert lines
    with duckdb.connect() as engine:
        found = engine.sql(compiled_examples[example.name])
        assert found.columns == header
        rows = found.fetchall()
    assert len(rows) == len(lines)
    assert [
        [as_printed(value, cell) for value, cell in zip(row, line, strict=True)]
        for row, line in zip(rows, lines, strict=True)
    ] == lines


@pytest.mark.parametrize(("page", "text"), pages().items(), ids=list(pages()))
def test_a_page_has_its_parts_and_an_example_that_is_run(page: str, text: str) -> None:
    places = [text.find(f"\n{part}\n") for part in PARTS_OF_A_PAGE]
    assert -1 not in places
    assert places == sorted(places)
    # Every block is one that is run: a query without its result, or the other way round, would be passed over.
    blocks = re.findall(r"^```(.*)$", text, re.MULTILINE)
    assert blocks == ["sql", "", "result", ""] * len(EXAMPLE.findall(text))
    assert blocks
    assert "{{ " in EXAMPLE.search(text)[1]


def test_the_index_leads_to_every_page_and_nowhere_else() -> None:
    index = (PAGES / f"{INDEX}.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[[^]]+\]\(([\w-]+)\.md\)", index, re.MULTILINE)) == sorted(pages())


def test_every_formula_is_on_a_page() -> None:
    """A macro is shown by itself or is part of one that is."""
    sources = {}
    for path in MACROS.glob("*.sql"):
        for name, body in re.findall(r"{% macro (\w+)\(.*?-%}(.*?){%- endmacro %}", path.read_text(), re.DOTALL):
            sources[name] = re.sub(r"{#-.*?-#}", "", body, flags=re.DOTALL)
    assert sources
    shown, reached = " ".join(example.sql for example in examples()), set()
    found = {name for name in sources if re.search(rf"\b{name}\(", shown)}
    while found:
        reached |= found
        found = {n for n in sources for by in found if re.search(rf"\b{n}\(", sources[by])} - reached
    assert set(sources) - reached == set()


def test_a_page_that_drifted_is_seen() -> None:
    """The comparison itself: a changed digit, and a digit more, are not what the query gives."""
    assert as_printed(1.5666, "1.57") == "1.57"
    assert as_printed(1.5666, "1.567") == "1.567" != as_printed(1.5661, "1.567")
    assert as_printed(None, "0") == "NULL"
    assert as_printed(2, "2.0") == "2"
