"""What the results of one organisation say, as plain data for its page and its workbook.

Every figure is read from what was published; nothing is computed here but the words and the order they come in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from wres.pack_content import counted
from wres.reference import read_seed, setting

Row = dict[str, Any]

ALL = "all"
PROTECTED, PLAIN_REASONS = "protected", ("fewer_than_three_organisations", "no_base")
NO_PROOF = (
    "What followed is not proof of what the action did: other things change too, and small numbers move by chance."
)


@dataclass(frozen=True)
class Comparator:
    """The others that an organisation is compared with by one indicator; ``row`` is empty where they are not shown."""

    service: str
    comparator: str
    label: str
    organisations: int
    row: Row = field(default_factory=dict)
    hidden: str = ""

    @property
    def is_shown(self) -> bool:
        """Tell whether its figures are shown."""
        return not self.hidden


@dataclass(frozen=True)
class Indicator:
    """One indicator: the organisation's own figures by service, and what they are compared with."""

    code: str
    name: str
    definition: Row
    headlines: tuple[Row, ...]
    groups: tuple[Row, ...]
    years: tuple[Row, ...]
    changes: tuple[Row, ...]
    trends: tuple[Row, ...]
    comparators: tuple[Comparator, ...]

    @property
    def measured(self) -> tuple[Row, ...]:
        """The headlines that have a relative likelihood."""
        return tuple(row for row in self.headlines if row["relative_likelihood"] is not None)

    @property
    def has_counts(self) -> bool:
        """Tell whether any service has counts."""
        return any(row["numerator"] is not None for row in self.headlines)

    @property
    def major_groups(self) -> tuple[Row, ...]:
        """The rows of the headline and the major groups; finer ones are in the workbook alone."""
        return tuple(row for row in self.groups if group_levels()[row["comparison_group"]] in ("headline", "major"))

    @property
    def collection_years(self) -> tuple[int, ...]:
        """The rounds in which there are counts."""
        return tuple(sorted({row["collection_year"] for row in self.years if row["numerator"] is not None}))

    def services(self, rows: Iterable[Row]) -> list[tuple[str, tuple[Row, ...]]]:
        """Return the rows service by service, in their order."""
        rows = tuple(rows)
        return [(service, self.of(rows, service)) for service in dict.fromkeys(row["service"] for row in rows)]

    def in_year(self, service: str, year: int) -> Row | None:
        """Return the figure of a service in one round."""
        return next((row for row in self.of(self.years, service) if row["collection_year"] == year), None)

    def of(self, rows: Iterable[Row], service: str) -> tuple[Row, ...]:
        """Return the rows of one service."""
        return tuple(row for row in rows if row["service"] == service)

    def change(self, service: str) -> Row | None:
        """Return the change of one service since the round before."""
        return next(iter(self.of(self.changes, service)), None)

    def trend(self, service: str) -> Row | None:
        """Return the trend of one service, where it has enough rounds."""
        return next(iter(self.of(self.trends, service)), None)

    def england(self, service: str) -> Row:
        """Return the figure of all others in England for one service; nothing in it where it is not shown."""
        return next((one.row for one in self.compared(service) if one.comparator == "england"), {})

    def compared(self, service: str) -> tuple[Comparator, ...]:
        """Return the comparators of one service."""
        return tuple(one for one in self.comparators if one.service == service)


@dataclass(frozen=True)
class Summary:
    """One page in plain words."""

    stands_out: tuple[str, ...]
    changed: tuple[str, ...]
    cannot_say: tuple[str, ...]


@dataclass(frozen=True)
class Results:
    """Everything that one organisation is told of its figures for one year."""

    organisation_code: str
    organisation_name: str
    region_name: str
    year: int
    previous_year: int | None
    services: tuple[str, ...]
    release: Row
    is_synthetic: bool
    group_label: str
    returns: tuple[Row, ...]
    indicators: tuple[Indicator, ...]
    bands: tuple[Row, ...]
    progression: tuple[Row, ...]
    representation: tuple[Row, ...]
    actions: tuple[Row, ...]
    outcomes: tuple[Row, ...]
    plans: tuple[Row, ...]
    issues: tuple[Row, ...]
    summary: Summary

    @property
    def title(self) -> str:
        """What the pack is called."""
        return f"{self.organisation_name}: race equality results {self.year}"

    @property
    def plan_before(self) -> tuple[tuple[Row, Row | None], ...]:
        """The actions of the round before, each with every change of this year that answers to it, or with none."""
        found = []
        for action in self.plans:
            if action["collection_year"] == self.previous_year:
                key = (action["service"], action["line"])
                later = [row for row in self.outcomes if row["plan_year"] == self.previous_year]
                found += [(action, row) for row in later if (row["service"], row["line"]) == key] or [(action, None)]
        return tuple(found)

    @property
    def main_service(self) -> str:
        """The service whose figures stand for the organisation: all of them where it has a total."""
        return ALL if ALL in self.services else self.services[0]

    @property
    def submission_ids(self) -> tuple[str, ...]:
        """The returns that the figures come from."""
        return tuple(row["submission_id"] for row in self.returns)


def results_of(about: Row, rows: Mapping[str, list[Row]], release: Row) -> Results:
    """Return what one organisation is told; ``rows`` are its rows of each query of ``wres.results``."""
    years = sorted(rows["years"], key=_by_service)
    year = about["collection_year"]
    headlines = [row for row in years if row["collection_year"] == year]
    services = tuple(name for name in service_names() if any(row["service"] == name for row in headlines))
    others = sorted(rows["comparators"], key=_by_service)
    definitions = {row["indicator_code"]: row for row in rows["definitions"]}
    indicators = tuple(
        Indicator(
            code=code,
            name=definitions[code]["indicator_name"],
            definition=definitions[code],
            headlines=_of(headlines, code),
            groups=_of(sorted(rows["groups"], key=_by_service), code),
            years=_of(years, code),
            changes=_of(rows["changes"], code),
            trends=_of(rows["trends"], code),
            comparators=tuple(_comparator(row, about["region_name"]) for row in _of(others, code)),
        )
        for code in dict.fromkeys(row["indicator_code"] for row in headlines)
    )
    previous = {row["previous_year"] for row in rows["changes"]} or {None}
    labels = {row["group_label"] for row in headlines if row["group_label"]}
    return Results(
        organisation_code=about["organisation_code"],
        organisation_name=about["organisation_name"],
        region_name=about["region_name"] or "",
        year=year,
        previous_year=max(previous),
        services=services,
        release=release,
        is_synthetic=any(row["is_synthetic"] for row in rows["returns"]),
        group_label=next(iter(labels), ""),
        returns=tuple(rows["returns"]),
        indicators=indicators,
        bands=tuple(sorted(rows["bands"], key=_by_service)),
        progression=tuple(sorted(rows["progression"], key=_by_service)),
        representation=tuple(sorted(rows["representation"], key=_by_service)),
        actions=tuple(rows["actions"]),
        outcomes=tuple(rows["outcomes"]),
        plans=tuple(rows["plans"]),
        issues=tuple(rows["issues"]),
        summary=_summary(indicators, services, max(previous)),
    )


def _by_service(row: Row) -> int:
    """Return the place of a row's service; other orders stay as they are, as sorting is stable."""
    return list(service_names()).index(row["service"])


def _of(rows: list[Row], code: str) -> tuple[Row, ...]:
    return tuple(row for row in rows if row["indicator_code"] == code)


def _comparator(row: Row, region_name: str | None) -> Comparator:
    name = row["comparator"]
    label = {
        "region": f"Others in {region_name}",
        "england": "Others in England",
        "similar size": "Others of similar size",
        "statistical neighbours": "Statistical neighbours",
    }[name]
    shown = row if row["hidden_note"] is None else {}
    # Why it is hidden would be information too: one reason stands for all that are not plain to see.
    hidden = row["hidden_note"] if row["hidden_note"] in PLAIN_REASONS else row["hidden_note"] and PROTECTED
    return Comparator(row["service"], name, label, row["comparator_organisations"], shown, hidden or "")


# ---------------------------------------------------------------------------------------------------- one page of words


def _summary(indicators: tuple[Indicator, ...], services: tuple[str, ...], previous: int | None) -> Summary:
    return Summary(
        tuple(_stands_out(indicators, services)),
        tuple(_changed(indicators, services, previous)),
        tuple(_cannot_say(indicators, services)),
    )


def _stands_out(indicators: tuple[Indicator, ...], services: tuple[str, ...]) -> list[str]:
    said = []
    for one in indicators:
        for row in one.headlines:
            if row["stands_out"]:
                side = "to the disadvantage of" if row["is_adverse"] else "in favour of"
                said.append(
                    (
                        not row["is_adverse"],
                        f"{_where(one, row, services)}: a relative likelihood of {interval(row)}, {side} minority "
                        f"ethnic people. {compared_rates(row)}{_care(row)}",
                    )
                )
    lines = [words for _, words in sorted(said, key=lambda pair: pair[0])]
    if not lines:
        lines.append(
            "No indicator lies both outside "
            f"{setting('size_within_from'):.2f} to {setting('size_within_to'):.2f} and beyond what chance would do. "
            "That is not the same as equal: the table below says how great a difference would have to be to show."
        )
    return lines


def _changed(indicators: tuple[Indicator, ...], services: tuple[str, ...], previous: int | None) -> list[str]:
    words = {
        "narrowed": "moved nearer to 1",
        "widened": "moved further from 1",
        "crossed parity": "crossed from one side of 1 to the other",
    }
    lines = [
        f"{_where(one, row, services)} {words[row['change']]}: from {ratio(row['previous_relative_likelihood'])} in "
        f"{row['previous_year']} to {ratio(row['relative_likelihood'])}; the change is a factor of {ratio_change(row)}."
        for one in indicators
        for row in one.changes
        if row["change"] in words
    ]
    rows = [row for one in indicators for row in one.changes]
    given = {row["collection_year"] for one in indicators for row in one.years}
    if previous is not None and previous not in given:
        before = max((year for year in given if year < previous), default=None)
        return [
            f"There is no return of yours for {previous} to compare with."
            + (f" Your figures of {before} are in the charts of the years." if before else "")
        ]
    steady = sum(row["change"] == "no clear change" for row in rows)
    unknown = sum(row["change"] == "cannot say" for row in rows)
    if steady:
        lines.append(
            f"{steady} of {counted(len(rows), 'figure')} did not change clearly since {previous}: what moved could be "
            "chance."
        )
    if unknown:
        lines.append(f"{unknown} of {counted(len(rows), 'figure')} cannot be compared with {previous}; each says why.")
    trends = [
        f"{_where(one, row, services)} has a clear trend over {row['years']} rounds: a factor of "
        f"{ratio(row['annual_ratio'])} a year ({ratio(row['lower_95'])} to {ratio(row['upper_95'])})."
        for one in indicators
        for row in one.trends
        if row["direction"] not in ("no clear trend", "cannot say")
    ]
    return lines + trends


def _cannot_say(indicators: tuple[Indicator, ...], services: tuple[str, ...]) -> list[str]:
    lines = []
    without: dict[str, list[str]] = {}
    careful: dict[str, list[str]] = {}
    for one in indicators:
        for row in one.headlines:
            if row["relative_likelihood"] is None:
                without.setdefault(row["value_note"] or "", []).append(_where(one, row, services))
            elif row["fitness_reason"]:
                careful.setdefault(row["fitness_reason"], []).append(_where(one, row, services))
    for reason, places in without.items():
        lines.append(f"No figure for {_listed(_together(places, services))}. {value_note(reason)}.")
    for reason, places in careful.items():
        lines.append(f"With care, because {fitness_reason(reason)}: {_listed(_together(places, services))}.")
    hidden = [one for indicator in indicators for one in indicator.comparators if not one.is_shown]
    if hidden:
        every = sum(len(indicator.comparators) for indicator in indicators)
        lines.append(
            f"{len(hidden)} of {every} comparisons are not shown, mostly because they would say too much of another "
            "organisation; each one says why."
        )
    return lines


def _where(one: Indicator, row: Row, services: tuple[str, ...]) -> str:
    name = f"{one.code} {one.name}"
    return name if len(services) == 1 else f"{name}, {service_names()[row['service']].lower()}"


def _together(places: list[str], services: tuple[str, ...]) -> list[str]:
    """Return the places, an indicator alone where every service is among them."""
    if len(services) == 1:
        return places
    found: dict[str, list[str]] = {}
    for place in places:
        name, _, service = place.rpartition(", ")
        found.setdefault(name, []).append(service)
    return [name if len(named) == len(services) else f"{name} ({', '.join(named)})" for name, named in found.items()]


def _listed(places: list[str]) -> str:
    return places[0] if len(places) == 1 else f"{'; '.join(places[:-1])}; and {places[-1]}"


def _care(row: Row) -> str:
    return f" Use with care: {fitness_reason(row['fitness_reason'])}." if row["fitness_reason"] else ""


# ------------------------------------------------------------------------------------------------- how figures are put


def compared_rates(row: Row) -> str:
    """Return the two rates of a figure with their counts, as a sentence."""
    return (
        f"{percent(row['rate'])} of minority ethnic people ({count(row['numerator'])} of {count(row['denominator'])}) "
        f"against {percent(row['reference_rate'])} of white people ({count(row['reference_numerator'])} of "
        f"{count(row['reference_denominator'])})."
    )


def count(value: int | None) -> str:
    """Return a count as it is shown; nothing where there is none."""
    return "" if value is None else f"{value:,}"


def percent(value: float | None) -> str:
    """Return a rate as a percentage; nothing where there is none."""
    return "" if value is None else f"{100 * value:.1f}%"


def points(value: float | None) -> str:
    """Return a difference in percentage points, with its sign; nothing where there is none."""
    return "" if value is None else f"{value:+.1f}".replace("-", "\u2212")


def ratio(value: float | None) -> str:
    """Return a ratio; nothing where there is none."""
    return "" if value is None else f"{value:.2f}"


def limits(lower: float | None, upper: float | None) -> str:
    """Return a 95% interval; nothing where there is none."""
    if lower is None:
        return "" if upper is None else f"up to {ratio(upper)}"
    return f"{ratio(lower)} to {ratio(upper)}" if upper is not None else f"{ratio(lower)} or more"


def interval(row: Row, of: str = "relative_likelihood", prefix: str = "") -> str:
    """Return a figure with its 95% interval in brackets; nothing where there is no figure."""
    if row.get(f"{prefix}{of}") is None:
        return ""
    within = limits(row[f"{prefix}lower_95"], row[f"{prefix}upper_95"])
    return f"{ratio(row[f'{prefix}{of}'])} ({within})" if within else ratio(row[f"{prefix}{of}"])


def ratio_change(row: Row) -> str:
    """Return the ratio of two years with its interval; nothing where there is none."""
    return interval(row, "ratio_of_ratios")


def disadvantage(row: Row) -> str:
    """Return on which side of 1 the disadvantage of minority ethnic people lies."""
    return f"{row['adverse_when']} 1" if row["adverse_when"] else ""


def size(row: Row) -> str:
    """Return which side of the band around 1 a figure lies on, with the limits of the band."""
    lower, upper = f"{setting('size_within_from'):.2f}", f"{setting('size_within_to'):.2f}"
    names = {"below": f"below {lower}", "within": f"{lower} to {upper}", "above": f"above {upper}"}
    return names.get(row["size"], "")


def fitness(row: Row) -> str:
    """Return how far a figure may be relied on, and in a word why not further."""
    words = (row["fitness"] or "").capitalize()
    short = dict(read_seed("fitness_reason")[["fitness_reason", "short"]].itertuples(index=False))
    return f"{words}: {short[row['fitness_reason']]}" if row["fitness_reason"] else words


def note(text: str | None) -> str:
    """Return a note without what it says of tables, which the reader of a page does not have."""
    return "" if not text else text.partition(";")[0].rstrip(".") + "."


@cache
def service_names() -> dict[str, str]:
    """Return the services' names, in the order in which they are shown."""
    return dict(read_seed("service")[["service", "service_name"]].itertuples(index=False))


@cache
def _meanings(seed: str) -> dict[str, str]:
    return dict(read_seed(seed)[[seed, "meaning"]].itertuples(index=False))


def value_note(code: str | None) -> str:
    """Return why there is no value, in words."""
    return _meanings("value_note").get(code or "", "")


def fitness_reason(code: str | None) -> str:
    """Return why a figure is not fit or to be used with care, in words."""
    return _meanings("fitness_reason").get(code or "", "")


@cache
def group_levels() -> dict[str, str]:
    """Return whether each ethnic group is the headline, a major group or a finer one."""
    return dict(read_seed("ethnic_group_register")[["ethnic_group", "level"]].itertuples(index=False))


@cache
def group_names() -> dict[str, str]:
    """Return the ethnic groups' names."""
    return dict(read_seed("ethnic_group_register")[["ethnic_group", "ethnic_group_name"]].itertuples(index=False))


def measure(row: Row) -> str:
    """Return a measure along the pay bands with its interval, in its unit; nothing where there is none."""
    value = row["value"]
    if value is None:
        return ""
    shown = {"percent": lambda figure: f"{figure:.1f}%", "share": percent}.get(row["unit"], ratio)
    if row["lower_95"] is None:
        return shown(value).replace("-", "\u2212")
    upper = "or more" if row["upper_95"] is None else f"to {shown(row['upper_95'])}"
    return f"{shown(value)} ({shown(row['lower_95'])} {upper})".replace("-", "\u2212")


def parity(row: Row) -> str:
    """Return the value that a measure has where both groups are alike; nothing where there is none."""
    return "" if row["parity"] is None else f"{row['parity']:g}"


def difference(row: Row, other: str) -> str:
    """Return a difference in percentage points with its interval."""
    name = f"difference_from_{other}"
    if row[name] is None:
        return ""
    return f"{points(row[name])} ({points(row[f'{name}_lower_95'])} to {points(row[f'{name}_upper_95'])})"


def measures(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """Return what the measures along the pay bands mean, of those that the rows have."""
    used = {row["measure"] for row in rows}
    seed = read_seed("progression_measure")
    return [pair for pair in seed[["measure", "description"]].itertuples(index=False, name=None) if pair[0] in used]


def reading_notes(results: Results) -> list[tuple[str, str]]:
    """Return how to read the figures, as titles and texts, with the settings that were in force."""
    named = f" In this round the form's words for minority ethnic people are {results.group_label}."
    low, high = f"{setting('size_within_from'):.2f}", f"{setting('size_within_to'):.2f}"
    notes = [
        (
            "Relative likelihood",
            "How many times as likely something is for minority ethnic people as for white people: the rate of the one "
            f"over the rate of the other. 1 is the same for both.{named if results.group_label else ''}",
        ),
        (
            "95% interval",
            "These are full counts, not a sample: the interval says how far chance alone could move the figure in a "
            "workforce of this size (Miettinen and Nurminen 1985). A wide one says that the numbers are small, not "
            "that nothing is the matter.",
        ),
        (
            "Size and evidence",
            f"Two different things. Size says whether the value lies outside {low} to {high} (the four-fifths "
            "convention); evidence says whether chance is an unlikely reason for the difference (p below "
            f"{setting('evidence_level')}). A figure stands out where it is large, and still clear when all the "
            "figures that were tested together are allowed for.",
        ),
        (
            "Smallest that would show",
            "The least relative likelihood above 1 that a workforce of this size would find clear four times in five. "
            "'Not clear' below it is no sign that there is no difference.",
        ),
        (
            "Unknown ethnicity",
            "People of unknown ethnic group are in no rate. The bounds are the least and the greatest relative "
            "likelihood there could be, whoever they are.",
        ),
        (
            "Fitness",
            "Fit, to be used with care, or not fit. What is not fit has no relative likelihood here.",
        ),
        (
            "Change",
            "The ratio of this year's relative likelihood to the one before, with its own interval. 'Narrowed' is "
            "nearer to 1, 'widened' further from it. Two intervals that overlap do not mean that nothing changed. A "
            f"trend needs {setting('trend_years')} rounds.",
        ),
        (
            "Others",
            "Sums over other organisations that returned, never with yours in them: of your region, of England, the "
            f"{setting('similar_size_organisations')} nearest in number of staff, and for children's services the "
            "statistical neighbours of the Department for Education. They are never named. A comparator is shown only "
            f"where there are at least {setting('sum_least_organisations')} of them, the largest two hold no "
            f"more than {100 * setting('sum_largest_two'):.0f}% of the minority ethnic people, none of its "
            f"counts is between 1 and {setting('disclosure_threshold') - 1}, and everything shown to you together "
            "gives no small count of another organisation away.",
        ),
        (
            "Whom this is for",
            f"{results.organisation_name}. It holds your own counts in full, small ones among them: before you publish "
            "any of it, take out what could point to a person.",
        ),
    ]
    if results.is_synthetic:
        notes.append(
            (
                "Synthetic",
                "The figures here are made up, to show what real ones would look like. They describe no real "
                "organisation and must not be quoted.",
            )
        )
    return notes
