"""The sentences of reports, by the rules of the seed ``report_sentence``: the first rule of a topic that holds says it.

A rule's condition is SQL over a row of a release and the words beside it; its sentence names the columns that it says.
Nothing else writes a sentence with a figure, so what a report may say can be read in that seed.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from wres.reference import read_seed, setting
from wres.releases import literal, quoted
from wres.report_charts import NOT_ENOUGH
from wres.report_content import Sentence
from wres.report_release import Release, Row, Where, selection

COUNTED = {"people", "organisations", "rows", "actions", "accounts"}
# Words for codes that no seed names.
PANELS = {"all": "all organisations", "matched": "the same organisations in both years"}
PARTS = {
    "left": "Organisations no longer in",
    "joined": "Organisations new this time",
    "weight": "People moving between organisations in both",
    "within": "Rates within organisations in both",
    "total": "The whole change",
}


def tell(release: Release, topic: str, table: str, where: Where, more: str = "") -> tuple[Sentence, ...]:
    """Return a sentence on each row of a selection, in the order of the services and the table's key."""
    return tuple(say(release, topic, table, row) for row in rows_of(release, table, where, (topic,), more))


def say(release: Release, topic: str, table: str, row: Row) -> Sentence:
    """Return the sentence on one row."""
    source = release.source(table, row)
    return _filled(release, topic, row, source, texts(release, table, row))


def tally(  # noqa: PLR0913 - what is said, of what, and how its figures are written
    release: Release,
    topic: str,
    table: str,
    where: Where,
    row: Mapping[str, Any],
    *,
    written: Mapping[str, str] | None = None,
) -> Sentence:
    """Return the sentence on what was counted over the rows of a selection; ``written`` holds figures in words."""
    numbers = {name: figure(value, "rows" if isinstance(value, int) else None) for name, value in row.items()}
    return _filled(release, topic, dict(row), selection(table, where), {**numbers, **(written or {})})


def every(release: Release, topic: str, table: str, row: Row) -> tuple[Sentence, ...]:
    """Return the sentence of every rule that holds of a row, not of the first alone."""
    told = texts(release, table, row)
    columns = ", ".join(f"{_literal(value)} as {quoted(name)}" for name, value in row.items())
    rules = _rules(topic)
    tests = ", ".join(condition for _, condition, _ in rules)
    [holds] = release.connection.execute(f"select {tests} from (select {columns})").fetchall()
    return tuple(
        Sentence(sentence.format_map(told), release.source(table, row), f"{topic} {number}")
        for (number, _, sentence), is_so in zip(rules, holds, strict=True)
        if is_so
    )


def rows_of(release: Release, table: str, where: Where, topics: Sequence[str] = (), more: str = "") -> list[Row]:
    """Return the rows of a selection, services in the order of their seed, with the rule that holds of each topic."""
    order = list(read_seed("service")["service"])
    rows = release.rows(table, where, more=more, adds={_column(topic): _cases(topic) for topic in topics})
    return sorted(rows, key=lambda row: order.index(row["service"]) if row.get("service") in order else len(order))


def texts(release: Release, table: str, row: Row) -> dict[str, str]:
    """Return every column of a row as a report writes it, and words made of several."""
    found = {name: figure(value, release.unit(table, name)) for name, value in row.items()}
    if "lower_95" in row:
        found["interval"] = interval(row)
    if "panel" in row:
        found["panel_words"] = PANELS.get(row["panel"], row["panel"])
    if "part" in row:
        found["part_words"] = PARTS.get(row["part"], row["part"])
    if row.get("rate") is not None and row.get("reference_rate") is not None:
        of = people_of(row)
        found |= {f"{name}_in": f"{number_in(row[name], of):,} in {of:,}" for name in ("rate", "reference_rate")}
    return found


def figure(value: object, unit: str | None = None) -> str:
    """Return a value as a report writes it: ratios to two decimals, shares in per cent to one, counts in thousands."""
    if value is None:
        return NOT_ENOUGH
    if unit == "share":
        return f"{100 * float(value):.1f}%"  # type: ignore[arg-type]
    if isinstance(value, float):
        return f"{value:.2f}"
    if unit in COUNTED and isinstance(value, int):
        return f"{value:,}"
    return str(value)


def interval(row: Mapping[str, Any], lower: str = "lower_95", upper: str = "upper_95") -> str:
    """Return an interval in words; one without an upper limit says so."""
    if row[lower] is None:
        return NOT_ENOUGH
    if row[upper] is None:
        return f"{figure(row[lower])} or more"
    return f"{figure(row[lower])} to {figure(row[upper])}"


def people_of(row: Mapping[str, Any]) -> int:
    """Return of how many people both rates of a row are told: as few as tell them from none."""
    return 100 if min(row["rate"], row["reference_rate"]) >= setting("report_icons_share") else 1000


def number_in(rate: float, of: int) -> int:
    """Return how many in so many a rate is."""
    return round(rate * of)


def _filled(release: Release, topic: str, row: Row, source: str, words: Mapping[str, str]) -> Sentence:
    rule, template = chosen(release, topic, row)
    limits = {f"within_{end}": f"{setting(f'size_within_{end}'):.2f}" for end in ("from", "to")}
    return Sentence(template.format_map({**limits, **words}), source, f"{topic} {rule}")


def chosen(release: Release, topic: str, row: Row) -> tuple[str, str]:
    """Return the first rule of a topic whose condition holds of a row: its number and its sentence."""
    rules = _rules(topic)
    if _column(topic) in row:
        number = row[_column(topic)]
    else:
        columns = ", ".join(f"{_literal(value)} as {quoted(name)}" for name, value in row.items())
        [[number]] = release.connection.execute(f"select {_cases(topic)} from (select {columns})").fetchall()
    if number is None:
        raise ValueError(f"No rule of the topic {topic} in report_sentence holds of this row: {row}.")
    place, _, sentence = rules[number]
    return place, sentence


def _column(topic: str) -> str:
    return f"rule of {topic}"


@cache
def _cases(topic: str) -> str:
    """Return the SQL that gives the first rule of a topic that holds."""
    return f"case {' '.join(f'when {condition} then {n}' for n, (_, condition, _) in enumerate(_rules(topic)))} end"


@cache
def _rules(topic: str) -> Sequence[tuple[str, str, str]]:
    seed = read_seed("report_sentence").query("topic == @topic")
    if seed.empty:
        raise ValueError(f"The seed report_sentence has no topic {topic}.")
    return list(seed[["sort_order", "condition", "sentence"]].itertuples(index=False, name=None))


def _literal(value: object) -> str:
    if value is None:
        return "cast(null as varchar)"
    if isinstance(value, bool | int | float):
        return f"cast({value!r} as double)" if isinstance(value, float) else str(value).lower()
    return literal(value)
