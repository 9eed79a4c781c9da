"""The pages of the national report on what organisations do: action plans, good practice, and what staff told."""

from collections.abc import Sequence
from typing import Any

from wres import report_charts as drawn
from wres import report_words as words
from wres.reference import read_seed
from wres.report_charts import NOT_ENOUGH
from wres.report_content import (
    Block,
    Chart,
    Inset,
    Page,
    Row,
    Section,
    Sentence,
    Table,
    Template,
    Text,
    said,
)
from wres.report_release import NATIONAL, REGIONAL, Release, Where
from wres.report_release import Row as Figures

PLANS, LIBRARY, EXPERIENCE = "action-plans.html", "good-practice.html", "experience.html"
SCRIPT = "report_library.js"
ALL = "all"
# What actions are counted by, with what a reader calls it and where its values have their names and order.
PARTS = (
    ("indicator", "By indicator", "Indicator"),
    ("theme", "By theme", "Theme"),
    ("time_scale", "By time scale", "Time scale"),
    ("progress", "By progress", "Progress"),
)
NOT_CAUSE = (
    "What followed an action need not have come from it. Other things change too, organisations act where figures are "
    "worst, and figures that were far out one year tend to come back by chance alone."
)
NO_TABLE = "This release was made before there was a table of this, so nothing can be shown."


def plans_and_practice(release: Release) -> tuple[Page, ...]:
    """Return the pages on plans, practice and experience; where a release has nothing of one, its page says so."""
    return (plans(release), library(release), experience(release))


def plans(release: Release) -> Page:
    """Return the page of action plans: what they are about, how far they are, and what followed."""
    lead = said(
        "What organisations that agreed to be named plan to do: which indicators and themes that is about, "
        "how far it has come, and what the figures did after."
    )
    year = release.latest("action")
    if year is None:
        nothing = "No organisation that agreed to be named has sent an action plan."
        sections = (Section("plans", "Action plans", (Text(said(_why_none(release, "action", nothing))),)),)
        return Page(PLANS, "Action plans", lead, sections)
    where = {"time_period": year, "geographic_level": NATIONAL, "service": ALL}
    told = words.tell(release, "plans", "action_count", where | {"part": ALL})
    sections = (
        Section(
            "about", "What the plans are about", (Text(told), *(_counted(release, where, *part) for part in PARTS))
        ),
        Section("regions", "By region", (_regions(release, year),)),
        Section("followed", "What followed", _followed(release)),
        Section("actions", f"The actions of {year}", _actions(release, year)),
    )
    return Page(PLANS, "Action plans", lead, sections)


def library(release: Release) -> Page:
    """Return the library of good practice: a plain list, and with a script a form that searches it."""
    lead = said(
        "What organisations tell others to try. Each practice is in its organisation's own words, which agreed to "
        "share it and to be named; a moderator has read and approved it. It tells what was done there, not what would "
        "work elsewhere."
    )
    rows = release.rows("good_practice", order="time_period desc, la_name, service, practice_id")
    if not rows:
        nothing = "No practice has been shared and approved yet."
        block: Block = Text(said(_why_none(release, "good_practice", nothing)))
        return Page(LIBRARY, "Good practice", lead, (Section("practice", "Practice", (block,)),))
    names = _indicator_names()
    items = [_practice(row, names) for row in rows]
    count = words.tally(release, "practice", "good_practice", {}, {"practices": len(items)})
    values: dict[str, Any] = {
        "items": items,
        "facets": [
            ("indicator", "Indicator", _facet([pair for item in items for pair in item["indicators"]])),
            ("theme", "Theme", _facet([item["theme"] for item in items])),
            ("service", "Service", _facet([item["service"] for item in items])),
            ("kind", "Kind of organisation", _facet([item["kind"] for item in items])),
        ],
        "printed": [{"title": item["title"], "facts": _practice_facts(item)} for item in items],
    }
    blocks = (Text((count,)), Template("report_library.html", values))
    return Page(LIBRARY, "Good practice", lead, (Section("practice", "Practice", blocks),), scripts=(SCRIPT,))


def experience(release: Release) -> Page:
    """Return the page of what staff told: themes with counts where there are enough, and approved quotations."""
    lead = said(
        "Accounts that staff agreed to share, by theme. They say what somebody lived through, not how often it "
        "happens, as nobody was asked who did not come forward."
    )
    year = release.latest("experience")
    if year is None:
        nothing = "No account has been shared and approved yet."
        block: Block = Text(said(_why_none(release, "experience", nothing)))
        return Page(EXPERIENCE, "Experience", lead, (Section("themes", "Themes", (block,)),))
    where = {"time_period": year}
    rows = sorted(release.rows("experience", where), key=lambda row: (-(row["accounts_told"] or 0), row["theme_name"]))
    shown = [row for row in rows if row["accounts_told"] is not None]
    largest = (shown or rows)[0]
    counted = {
        "themes": len(rows),
        "shown": len(shown),
        "not_shown": len(rows) - len(shown),
        "accounts_told": largest["accounts_told"],
        "first": sum(row["accounts_told"] == largest["accounts_told"] for row in shown),
        "others": sum(row["accounts_told"] == largest["accounts_told"] for row in shown) - 1,
    }
    written = {"largest": largest["theme_name"], "time_period": str(year)}
    title = words.tally(release, "experience_title", "experience", where, counted, written=written)
    bars = [drawn.Share(row["theme_name"], _count(row["accounts_told"]), row["accounts_told"]) for row in rows]
    table = Table(
        f"Accounts by theme, {year}",
        ("Theme", "Accounts"),
        tuple(
            Row((row["theme_name"], _count(row["accounts_told"])), release.source("experience", row)) for row in rows
        ),
        frozenset({1}),
    )
    chart = _chart(release, "experience-themes", title, drawn.counts(bars), table, "experience", where)
    hidden = Inset(said("Few accounts of a theme, or accounts of few organisations, are not counted out."))
    quoted = release.rows("quotation", where, order="theme_name, quotation_id")
    values = {
        "items": [{"theme": row["theme_name"], "words": row["quotation"]} for row in quoted],
        "printed": [{"title": row["theme_name"], "facts": [("Quotation", row["quotation"])]} for row in quoted],
    }
    quotations: Block = Text(said("No quotation was approved for this release."))
    if quoted:
        quotations = Template("report_quotations.html", values)
    sections = (
        Section("themes", "Themes", (chart, hidden)),
        Section("quotations", "In the words of staff", (quotations,)),
    )
    return Page(EXPERIENCE, "Experience", lead, sections)


# Action plans


def _counted(release: Release, where: Where, part: str, heading: str, called: str) -> Block:
    names = _part_names(part)
    where = {**where, "part": part}
    rows = {row["part_value"]: row for row in release.rows("action_count", where)}
    ordered = [
        (rows[value], names.get(value, value)) for value in [*names, *sorted(set(rows) - set(names))] if value in rows
    ]
    if not ordered:
        return Text(said(f"No action says its {called.lower()}."))
    largest, name = max(ordered, key=lambda pair: pair[0]["actions"])
    [whole] = release.rows("action_count", {**where, "part": ALL})
    first = sum(row["actions"] == largest["actions"] for row, _ in ordered)
    counted = {"actions": largest["actions"], "actions_all": whole["actions"], "first": first, "others": first - 1}
    title = words.tally(release, "plans_by_title", "action_count", where, counted, written={"largest": name})
    bars = [drawn.Share(label, _count(row["actions"]), row["actions"]) for row, label in ordered]
    table = Table(
        f"Actions {heading[0].lower()}{heading[1:]}, {where['time_period']}",
        (called, "Actions", "Organisations"),
        tuple(
            Row((label, _count(row["actions"]), _count(row["organisations"])), release.source("action_count", row))
            for row, label in ordered
        ),
        frozenset({1, 2}),
    )
    return _chart(release, f"plans-{part.replace('_', '-')}", title, drawn.counts(bars), table, "action_count", where)


def _regions(release: Release, year: int) -> Block:
    where = {"time_period": year, "geographic_level": REGIONAL, "service": ALL, "part": ALL}
    rows = release.rows("action_count", where, order="region_name")
    if not rows:
        return Text(said("No plan is of an organisation in a region."))
    return Table(
        f"Actions by region, {year}",
        ("Region", "Actions", "Organisations"),
        tuple(
            Row(
                (row["region_name"], _count(row["actions"]), _count(row["organisations"])),
                release.source("action_count", row),
            )
            for row in rows
        ),
        frozenset({1, 2}),
    )


def _followed(release: Release) -> tuple[Block, ...]:
    warning = Inset(said(NOT_CAUSE), True)
    rows = words.rows_of(release, "action_outcome", {}, ("change_class",))
    if not rows:
        return (warning, Text(said("No action of an earlier plan has a later figure in this release.")))
    shown = [row for row in rows if row["ratio_of_ratios"] is not None]
    counted = {"outcomes": len(rows), "shown": len(shown), "not_shown": len(rows) - len(shown)}
    told = words.tally(release, "plans_followed", "action_outcome", {}, counted)
    if not shown:
        return (warning, Text((told,)))
    actions = {_action_key(row): row for row in release.rows("action")}
    shown.sort(key=lambda row: (row["indicator_code"], row["la_name"], row["service"], row["plan_time_period"]))
    table = Table(
        "Each action and the indicator that it names, before and after: minority ethnic staff against white staff",
        (
            "Indicator",
            "Organisation",
            "Action",
            "Progress",
            "Before",
            "After",
            "After divided by before",
            "95% interval",
            "In words",
        ),
        tuple(
            Row(
                (
                    f"{row['indicator_code']} {row['indicator_name']}",
                    f"{row['la_name']}, {row['service_words']}",
                    _action_words(actions.get(_action_key(row, "plan_time_period")), row),
                    _said(row["progress"]),
                    f"{words.figure(row['previous_relative_likelihood'])} ({row['previous_time_period']})",
                    f"{words.figure(row['relative_likelihood'])} ({row['time_period']})",
                    words.figure(row["ratio_of_ratios"]),
                    words.interval(row),
                    words.chosen(release, "change_class", row)[1].format_map(row),
                ),
                release.source("action_outcome", row),
            )
            for row in shown
        ),
        frozenset({4, 5, 6, 7}),
    )
    return (warning, Text((told,)), table)


def _actions(release: Release, year: int) -> tuple[Block, ...]:
    rows = words.rows_of(release, "action", {"time_period": year})
    rows.sort(key=lambda row: (row["la_name"], row["service"], row["line"]))
    table = Table(
        f"Actions of the plans of {year}, in the organisations' own words where a moderator has approved them",
        ("Organisation", "Theme", "Indicators", "Action", "Time scale", "Progress"),
        tuple(
            Row(
                (
                    f"{row['la_name']}, {row['service_words']}",
                    _said(row["theme_name"]),
                    _said(row["indicators"]),
                    _said(row["action"], "not approved yet"),
                    _said(row["time_scale"]),
                    _said(row["progress"]),
                ),
                release.source("action", row),
            )
            for row in rows
        ),
    )
    return (table,)


def _action_key(row: Figures, year: str = "time_period") -> tuple[object, ...]:
    return (row[year], row["new_la_code"], row["service"], row["line"])


def _action_words(action: Figures | None, row: Figures) -> str:
    words_of_it = _said(action["action"] if action else None, "words not approved yet")
    return f"{words_of_it} (plan of {row['plan_time_period']})"


def _part_names(part: str) -> dict[str, str]:
    """Return the values that actions are counted by, in order, with their names."""
    if part == "indicator":
        return {code: f"{code} {name}" for code, name in _indicator_names().items()}
    if part == "theme":
        themes = read_seed("theme").astype({"sort_order": int}).sort_values("sort_order")
        return dict(zip(themes["theme"], themes["theme_name"], strict=True))
    [choices] = read_seed("form_record").query("sheet == 'Action plan' and field == @part")["choices"].unique()
    return {choice: choice.capitalize() for choice in choices.split("|")}


# The library


def _practice(row: Figures, names: dict[str, str]) -> dict[str, Any]:
    codes = [code for code in (row["indicators"] or "").replace(",", ";").replace(" ", "").lower().split(";") if code]
    return {
        "id": row["practice_id"],
        "title": row["title"] or "Without a title",
        "organisation": row["la_name"],
        "region": row["region_name"] or "no region",
        "year": row["time_period"],
        "theme": (row["theme"] or "", row["theme_name"] or "none given"),
        "service": (row["service"], row["service_name"]),
        "kind": (row["organisation_kind"] or "", _said(row["organisation_kind"])),
        "indicators": [(code, f"{code} {names[code]}" if code in names else code) for code in codes],
        "what_was_done": row["what_was_done"] or "not given",
        "what_changed": row["what_changed"] or "not given",
    }


def _practice_facts(item: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("Organisation", f"{item['organisation']} ({item['kind'][1]}, {item['region']}), {item['year']}"),
        ("Service", item["service"][1]),
        ("Theme", item["theme"][1]),
        ("Indicators", "; ".join(name for _, name in item["indicators"]) or "none given"),
        ("What was done", item["what_was_done"]),
        ("What changed", item["what_changed"]),
    ]


def _facet(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted({pair for pair in pairs if pair[0]}, key=lambda pair: pair[1])


# Shared


def _indicator_names() -> dict[str, str]:
    """Return the indicators by code, each by its latest name."""
    register = read_seed("indicator_register").query("collection == 'sc-wres'")
    return dict(zip(register["indicator_code"], register["indicator_name"], strict=True))


def _chart(  # noqa: PLR0913, PLR0917 - what a chart is made of
    release: Release, name: str, title: Sentence, drawing: drawn.Spec, table: Table, source: str, where: Where
) -> Chart:
    cells = "; ".join(", ".join(row.cells) for row in table.rows)
    said_so = f"{title.text}. {table.caption}: {cells}."
    svg = drawn.draw(drawing, name, title.text, said_so)
    return Chart(name, title, said_so, svg, table, (), release.download(f"{name}.csv", source, where))


def _count(number: int | None) -> str:
    return NOT_ENOUGH if number is None else f"{number:,}"


def _said(value: object, otherwise: str = "not given") -> str:
    return otherwise if value in {None, ""} else str(value)


def _why_none(release: Release, table: str, nothing: str) -> str:
    return nothing if release.has(table) else NO_TABLE
