"""What the sections of the national report are made of: charts and tables of rows of a release."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from wres import report_charts as drawn
from wres import report_words as words
from wres.reference import read_seed, setting
from wres.report_charts import NOT_ENOUGH
from wres.report_content import (
    Block,
    Chart,
    Row,
    Sentence,
    Table,
    Text,
    said,
)
from wres.report_release import NATIONAL, Release, Where
from wres.report_release import Row as Figures

HOME, TAKING_PART, PAY, METHODS = "index.html", "taking-part.html", "pay.html", "methods.html"
WHOLE = "all"
CLEAR = "clear"
NUMBERS = frozenset(range(1, 12))
LIKELIHOOD_KEY = (
    ("clear", "Filled: a clear difference"),
    ("unclear", "Hollow: no clear difference"),
    ("none", "Dashed: not enough numbers to say"),
    ("band", "Shaded: the range from 0.8 to 1.25"),
)
CHANGE_KEY = (
    ("before", "Square: the year before"),
    ("clear", "Circle: this year"),
    ("none", "Dashed: not enough numbers to say"),
    ("band", "Shaded: the range from 0.8 to 1.25"),
)
IN_WORDS = ("Service", "In words", "Who is counted", "Out of whom", "What the relative likelihood could be")
Key = tuple[tuple[str, str], ...]  # marks of a chart, and what each means
NO_CAUSE = "A change is not proof of what brought it about: other things change too, and small numbers move by chance."


@dataclass(frozen=True)
class Picked:
    """Rows of a table that a chart is of, and the selection that gives them."""

    table: str
    where: Where
    rows: Sequence[Figures] = ()


@dataclass(frozen=True)
class Named:
    """What the rows of a chart are called: the heading of their names, and the name of one."""

    heading: str
    of: Callable[[Figures], str]


SERVICE = Named("Service", lambda row: row["service_name"])
INDICATOR = Named("Indicator", lambda row: f"{row['indicator_code']} {row['indicator_name']}")
ROLE = Named("Role", lambda row: "Senior manager" if row["breakdown"] == WHOLE else row["breakdown"])
BAND = Named("Pay band", lambda row: row["event"].removeprefix("to be paid ").removeprefix("to be in the pay band "))
GROUP = Named("Ethnic group", lambda row: row["group_name"])
PANEL = Named("Service and organisations", lambda row: f"{row['service_name']}, {words.PANELS[row['panel']]}")


@dataclass(frozen=True)
class Parts:
    """What every page asks of a release, and the charts that several pages have."""

    release: Release

    @cached_property
    def year(self) -> int | None:
        """The latest round of the release."""
        return self.release.latest()

    @cached_property
    def headline(self) -> dict[str, object]:
        """What the headline of every indicator is of: the pair of groups, and no breakdown."""
        return {
            "time_period": self.year,
            "breakdown": WHOLE,
            "comparison_group": setting("open_comparison_groups")[0],
            "reference_group": setting("open_reference_group"),
        }

    def likelihoods(self, name: str, title: Sentence, picked: Picked, named: Named) -> Chart:
        """Return the chart of some relative likelihoods with their intervals."""
        table, rows = picked.table, picked.rows
        classes = [words.say(self.release, "class", table, row).text for row in rows]
        lines = [
            interval(named.of(row), row, is_clear=kind.startswith(CLEAR))
            for row, kind in zip(rows, classes, strict=True)
        ]
        cells = [
            (row, (line.label, *figures(row), kind.capitalize()))
            for row, line, kind in zip(rows, lines, classes, strict=True)
        ]
        headings = (
            named.heading,
            "Relative likelihood",
            "95% interval",
            "Rate of the group",
            f"Rate of {rows[0]['reference_name']} people",
            "In words",
        )
        made = self.table(title.text, headings, table, cells)
        return self.chart(name, title, drawn.intervals(lines), made, picked, key=LIKELIHOOD_KEY)

    def changes(self, name: str, title: Sentence, picked: Picked, named: Named) -> Chart:
        """Return the chart of some changes: both years, and what the change is called."""
        table, rows = picked.table, picked.rows
        kinds = [words.say(self.release, "change_class", table, row).text for row in rows]
        pairs = [
            drawn.Pair(
                named.of(row), _change_text(row, kind), row["previous_relative_likelihood"], row["relative_likelihood"]
            )
            for row, kind in zip(rows, kinds, strict=True)
        ]
        years = (str(rows[0]["previous_time_period"]), str(rows[0]["time_period"]))
        cells = [
            (
                row,
                (
                    pair.label,
                    words.figure(row["previous_relative_likelihood"]),
                    words.figure(row["relative_likelihood"]),
                    words.figure(row["ratio_of_ratios"]),
                    words.interval(row),
                    kind.capitalize(),
                ),
            )
            for row, pair, kind in zip(rows, pairs, kinds, strict=True)
        ]
        headings = (named.heading, *years, "One divided by the other", "95% interval", "In words")
        made = self.table(title.text, headings, table, cells)
        return self.chart(name, title, drawn.dumbbells(pairs), made, picked, key=CHANGE_KEY)

    def by_region(self, name: str, table: str, where: Where, service: str) -> tuple[Block, ...]:
        """Return the chart of every region, with a title about one service."""
        rows = words.rows_of(self.release, table, where, ("class",))
        if not rows:
            return (self.nothing(),)
        if service not in {row["service"] for row in rows}:
            service = rows[0]["service"]
        of = {**where, "service": service}
        counted = self._tally([row for row in rows if row["service"] == service], "regions", table)
        title = words.tally(self.release, "regions_title", table, of, counted)
        classes = {id(row): words.say(self.release, "class", table, row).text for row in rows}
        regions = sorted({row["region_name"] for row in rows})
        every = [
            (
                region,
                [
                    interval(
                        row["service"].capitalize(), row, is_clear=classes[id(row)].startswith(CLEAR), is_short=True
                    )
                    for row in rows
                    if row["region_name"] == region
                ],
            )
            for region in regions
        ]
        cells = [
            (row, (row["region_name"], row["service_name"], *figures(row)[:2], classes[id(row)].capitalize()))
            for region in regions
            for row in rows
            if row["region_name"] == region
        ]
        headings = ("Region", "Service", "Relative likelihood", "95% interval", "In words")
        made = self.table(title.text, headings, table, cells)
        return (self.chart(name, title, drawn.panels(every), made, Picked(table, where), key=LIKELIHOOD_KEY),)

    def by_group(self, name: str, table: str, where: Where) -> tuple[Block, ...]:
        """Return the chart of the ethnic groups that there are, or what is said where there is one alone."""
        order = list(read_seed("ethnic_group_register")["ethnic_group"])
        rows = words.rows_of(self.release, table, where, ("class", "likelihood"))
        rows.sort(key=lambda row: order.index(row["comparison_group"]))
        if not rows:
            return (self.nothing(),)
        only = Text(said("Single ethnic groups are not in this release: every further group makes more counts hidden."))
        names = ", ".join(dict.fromkeys(row["group_name"] for row in rows))
        if len(rows) == 1:
            return (Text((words.say(self.release, "likelihood", table, rows[0]),)), only)
        counted = self._tally(rows, "groups", table) | {"group_names": names, "event": rows[0]["event"]}
        title = words.tally(self.release, "groups_title", table, where, counted)
        return (self.likelihoods(name, title, Picked(table, where, rows), GROUP),)

    def chart(  # noqa: PLR0913 - what a chart is made of
        self,
        name: str,
        title: Sentence,
        drawing: drawn.Spec,
        table: Table,
        picked: Picked,
        *,
        key: Key = (),
        alternative: str = "",
    ) -> Chart:
        """Return a chart with its text alternative, made of its table where none is given, and its download."""
        said_so = alternative or f"{title.text}. " + "; ".join(_spoken(table, row) for row in table.rows) + "."
        svg = drawn.draw(drawing, name, title.text, said_so)
        download = self.release.download(f"{name}.csv", picked.table, picked.where)
        return Chart(name, title, said_so, svg, table, key, download)

    def table(
        self,
        caption: str,
        headings: tuple[str, ...],
        table: str,
        rows: Sequence[tuple[Figures, tuple[str, ...]]],
    ) -> Table:
        """Return a table of rows of the release; all columns but the first and what is in words are of figures."""
        made = tuple(Row(cells, self.release.source(table, row)) for row, cells in rows)
        words_in = {0, *(place for place, heading in enumerate(headings) if heading in IN_WORDS)}
        return Table(caption, headings, made, frozenset(range(len(headings))) - words_in)

    def national(self) -> dict[str, object]:
        """Return the selection of England's headlines."""
        return self.headline | {"geographic_level": NATIONAL}

    def main(self, where: Where, table: str = "indicator") -> str:
        """Return the service that stands for the whole: all of them, or the only one that there is."""
        rows = words.rows_of(self.release, table, {key: value for key, value in where.items() if key != "service"})
        services = [row["service"] for row in rows]
        return WHOLE if WHOLE in services or not services else services[0]

    def in_order(self, rows: Iterable[Figures]) -> list[Figures]:
        """Return rows in the order of the indicators."""
        return sorted(rows, key=lambda row: code_order(row["indicator_code"]))

    def _tally(self, rows: Sequence[Figures], what: str, table: str = "indicator") -> dict[str, int]:
        classes = [words.say(self.release, "class", table, row).text for row in rows]
        return {
            what: len(rows),
            "clear": sum(kind.startswith(CLEAR) for kind in classes),
            "not_enough": sum(kind.startswith(NOT_ENOUGH) for kind in classes),
        }

    def kinds(self, rows: Sequence[Figures], things: str) -> dict[str, object]:
        """Return how many changes there are of each kind; ``things`` is what they are of."""
        kinds = [row["change"] for row in rows]
        return {
            "things": things,
            "counted": len(rows),
            "narrowed": kinds.count("narrowed"),
            "widened": kinds.count("widened"),
            "crossed": kinds.count("crossed parity"),
            "not_enough": sum(kind in (None, "cannot say") for kind in kinds),
        }

    def absent(self, table: str) -> Text:
        """Return what is said of a table that an older release does not have."""
        name = table.replace("_", " ")
        return Text(said(f"This release was made before there was a table of this ({name}): nothing can be shown."))

    def nothing(self) -> Text:
        """Return what is said where a table has no rows of a kind."""
        return Text(said("This release has no figures of this."))

    def one_year(self) -> Text:
        """Return what is said where there is no year to compare with."""
        return Text(said("This release has one year only: there is none to compare it with."))


def code_order(code: str) -> tuple[int, str]:
    """Return the place of an indicator: 7a and 7b come before 7, which joins them."""
    return int(code.rstrip("ab")), code[-1] if code[-1] in "ab" else "z"


def names(seed: str, code: str, name: str) -> dict[str, str]:
    """Return the codes of a seed with their names, in its order."""
    return dict(read_seed(seed)[[code, name]].itertuples(index=False))


def times(factor: float | None) -> str:
    """Return what a factor is in a cell."""
    return NOT_ENOUGH if factor is None else f"\u00d7 {words.figure(factor)}"


def shown_with(figure: float | None, count: int | None) -> str:
    """Return a count, which never stands beside a figure that is not shown."""
    return NOT_ENOUGH if figure is None else words.figure(count, "organisations")


def interval(  # noqa: PLR0913 - which figures, and how they are shown
    label: str,
    row: Figures,
    value: str = "relative_likelihood",
    limits: str = "",
    *,
    is_clear: bool = False,
    is_short: bool = False,
) -> drawn.Interval:
    """Return a figure of a row for a chart; ``limits`` begins the names of its limits, where these are others."""
    prefix = limits or ("" if value == "relative_likelihood" else value)
    lower, upper = (row["_".join(filter(None, (prefix, end)))] for end in ("lower_95", "upper_95"))
    if row[value] is None or lower is None:
        return drawn.Interval(label, "not enough" if is_short else NOT_ENOUGH)
    text = words.figure(row[value])
    if not is_short:
        text = f"{text} ({words.interval({'lower_95': lower, 'upper_95': upper})})"
    return drawn.Interval(label, text, row[value], lower, upper, is_clear)


def limits_of(line: drawn.Interval) -> str:
    """Return the limits of a figure in words."""
    return words.interval({"lower_95": line.lower, "upper_95": line.upper})


def bounds(row: Figures) -> str:
    """Return what the relative likelihood could be if every ethnic group were known."""
    return words.interval(row, "unknowns_lower", "unknowns_upper")


def figures(row: Figures) -> tuple[str, str, str, str]:
    """Return the figures of a row in cells; where the likelihood is not shown, nothing is."""
    if row["relative_likelihood"] is None or row["lower_95"] is None:
        return (NOT_ENOUGH,) * 4
    rates = (words.figure(row[name], "share") for name in ("rate", "reference_rate"))
    return words.figure(row["relative_likelihood"]), words.interval(row), *rates  # type: ignore[return-value]


def _change_text(row: Figures, kind: str) -> str:
    before, now = row["previous_relative_likelihood"], row["relative_likelihood"]
    if before is None or now is None:
        return kind
    return f"{words.figure(before)} to {words.figure(now)}: {kind}"


def _spoken(table: Table, row: Row) -> str:
    """Return a row in words: its name, then each figure under its heading."""
    name, *cells = row.cells
    if all(cell == NOT_ENOUGH for cell in cells[:1]):
        return f"{name}: {cells[-1].lower()}"
    return f"{name}: " + ", ".join(
        f"{heading.lower()} {cell}" for heading, cell in zip(table.headings[1:], cells, strict=True)
    )
