"""The national report: its pages, their charts and their sentences, from one open release and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from wres import report_charts as drawn
from wres import report_words as words
from wres.reference import read_seed, setting
from wres.report_content import (
    Block,
    Bullets,
    Facts,
    Inset,
    Links,
    Page,
    Report,
    Row,
    Section,
    Table,
    Text,
    said,
)
from wres.report_methods import Methods
from wres.report_pages import Progress
from wres.report_parts import (
    HOME,
    INDICATOR,
    LIKELIHOOD_KEY,
    NO_CAUSE,
    PANEL,
    SERVICE,
    TAKING_PART,
    WHOLE,
    Parts,
    Picked,
    bounds,
    code_order,
    interval,
    limits_of,
    names,
    shown_with,
    times,
)
from wres.report_pay import Pay
from wres.report_release import NATIONAL, REGIONAL, Where
from wres.report_release import Row as Figures


@dataclass(frozen=True)
class National(Parts):
    """The national report of one open release."""

    tell: Progress = lambda done, total, page: None

    @cached_property
    def indicators(self) -> list[tuple[str, str]]:
        """The indicators of the latest round: codes with their names, in the order of the register."""
        names = {row["indicator_code"]: row["indicator_name"] for row in self.release.rows("indicator", self.headline)}
        order = dict.fromkeys(read_seed("indicator_register")["indicator_code"])
        return [(code, names[code]) for code in sorted(order, key=code_order) if code in names]

    def report(self, more: Iterable[Page] = ()) -> Report:
        """Return the report; ``more`` are pages that others make, such as plans and practice."""
        package = self.release.package
        makers = [partial(self.indicator, code, name) for code, name in self.indicators]
        own = list(more)
        for done, maker in enumerate([*makers, self.taking_part, Pay(self.release).page], start=1):
            page = maker()
            own.insert(done - 1, page)
            self.tell(done, len(makers) + 2, page.file)
        methods = Methods(self.release).page(own)
        title = f"Social Care Workforce Race Equality Standard: national report {self.year or ''}".strip()
        licence = package["licenses"][0]
        return Report(
            title=title,
            subtitle=f"Made from the open release {package['version']} of {package['created'][:10]}",
            publisher=package["contributors"][0]["title"],
            pages=(self.headlines([*own, methods]), *own, methods),
            is_synthetic=self.release.is_synthetic,
            notice="Contains synthetic returns: made up to try the warehouse out, and not to be quoted",
            licence=(licence["title"], licence["path"]),
        )

    # Pages

    def headlines(self, others: Sequence[Page]) -> Page:
        """Return the way in: what the figures say in short, and where the rest is."""
        where = self.national()
        lead = said(
            "How staff of minority ethnic groups and White staff fare in social care in England, by the indicators of "
            "the Social Care Workforce Race Equality Standard."
        )
        sections = [
            Section("figures", "What the figures say", tuple(self._headline_blocks(where))),
            Section("change", "What changed", tuple(self._headline_changes())),
            Section("pages", "In this report", (Links(tuple((p.file, p.heading, p.caption) for p in others)),)),
        ]
        return Page(HOME, "Headlines", lead, tuple(sections), caption=f"National report {self.year or ''}".strip())

    def indicator(self, code: str, name: str) -> Page:
        """Return the page of one indicator."""
        where = self.national() | {"indicator_code": code}
        [definition] = self._definition(code)
        main = self.main(where)
        lead = words.tell(self.release, "likelihood", "indicator", where | {"service": main})
        sections = (
            Section("what", "What it is", self._what_it_is(definition)),
            Section("national", "England", self._england(code, where)),
            Section("year-on-year", "Year on year", self._year_on_year(code)),
            Section("moved", "What the change is made of", self._moved(code, main)),
            Section("regions", "By region", self._regions(code, main)),
            Section("spread", "Between organisations", self._spread(code, where)),
            Section("groups", "By ethnic group", self._groups(code, main)),
            Section("unknown", "Where the ethnic group is not known", self._unknown(code)),
            Section("careful", "What to be careful of", self._careful(definition)),
        )
        return Page(f"indicator-{code}.html", name, lead, sections, caption=f"Indicator {code}")

    def taking_part(self) -> Page:
        """Return the page of who took part."""
        lead = said(
            "The standard is voluntary. The figures are of the organisations that sent a return, and no others."
        )
        blocks: list[Block] = []
        where = {"time_period": self.year, "geographic_level": NATIONAL}
        rows = words.rows_of(self.release, "participation", where)
        statuses = list(read_seed("return_status")["status"])
        if not rows:
            blocks.append(self.absent("participation"))
        for service, name in names("service", "service", "service_name").items():
            of = [row for row in rows if row["service"] == service]
            if of:
                picked = Picked("participation", where | {"service": service})
                known = [row["organisations"] for row in of]
                facts = {"organisations": None if None in known else sum(known), "service_name": name}
                sentence = words.tally(self.release, "taking_part_title", picked.table, picked.where, facts)
                shown = [
                    (row, row["status"].capitalize())
                    for row in sorted(of, key=lambda row: statuses.index(row["status"]))
                ]
                bars = [
                    drawn.Share(label, words.figure(row["organisations"], "people"), row["organisations"])
                    for row, label in shown
                ]
                table = self.table(
                    sentence.text, ("Status", "Organisations"), "participation",
                    [(row, (label, words.figure(row["organisations"], "people"))) for row, label in shown],
                )  # fmt: skip
                blocks.append(
                    self.chart(
                        f"taking-part-{service}",
                        sentence,
                        drawn.counts(bars),
                        table,
                        picked,
                    )
                )
        behind = words.rows_of(
            self.release, "indicator", self.national() | {"indicator_code": setting("workforce_indicator")}
        )
        counted = [row for row in behind if row["relative_likelihood"] is not None]
        if counted:
            table = self.table(
                "Organisations behind the England figures of the workforce", ("Service", "Organisations"), "indicator",
                [(row, (row["service_name"], words.figure(row["organisations"], "organisations"))) for row in counted],
            )  # fmt: skip
            blocks.append(table)
        careful = Inset(
            said("Those that take part may differ from those that do not, so the figures are not of all social care.")
        )
        sections = (Section("who", "Organisations and their returns", (*blocks, careful)),)
        return Page(TAKING_PART, "Who took part", lead, sections)

    # Sections of the headlines

    def _headline_blocks(self, where: Where) -> list[Block]:
        if not self.indicators:
            return [Inset(said("This release has no figures of the standard."), True)]
        main = self.main(where)
        where = {**where, "service": main}
        rows = self.in_order(words.rows_of(self.release, "indicator", where, ("class", "likelihood")))
        counted = self._tally(rows, "indicators")
        title = words.tally(self.release, "overview_title", "indicator", where, counted)
        chart = self.likelihoods("headlines", title, Picked("indicator", where, rows), INDICATOR)
        told = tuple(words.say(self.release, "likelihood", "indicator", row) for row in rows)
        links = tuple(
            (f"indicator-{row['indicator_code']}.html", f"Indicator {row['indicator_code']}: {row['indicator_name']}")
            for row in rows
        )
        return [chart, Bullets(told, links)]

    def _headline_changes(self) -> list[Block]:
        where = self.national() | {"panel": "matched"}
        main = self.main(where, "year_on_year")
        where |= {"service": main}
        rows = self.in_order(words.rows_of(self.release, "year_on_year", where, ("change", "change_class")))
        if not rows:
            return [self.one_year()]
        counted = self.kinds(rows, "indicators")
        title = words.tally(self.release, "changes_title", "year_on_year", where, counted)
        chart = self.changes("headlines-change", title, Picked("year_on_year", where, rows), INDICATOR)
        return [chart, Inset(said(NO_CAUSE))]

    # Sections of an indicator

    def _definition(self, code: str) -> list[Figures]:
        return self.release.rows(
            "indicator_definition",
            {"collection": setting("open_collection"), "indicator_code": code},
            more=f"{self.year} between first_year and coalesce(last_year, {self.year})",
        )

    def _what_it_is(self, definition: Figures) -> tuple[Block, ...]:
        better = {
            "above": "Above 1 is the worse for the first group.",
            "below": "Below 1 is the worse for the first group.",
        }
        facts = [
            ("Who is counted", definition["numerator_wording"]),
            ("Out of whom", definition["denominator_wording"]),
            (
                "How it is read",
                f"One group's rate divided by White people's. {better.get(definition['adverse_when'], '')}".strip(),
            ),
            ("Where it is defined", definition["source"]),
        ]
        if definition["break_note"]:
            facts.append(("What changed in the definition", definition["break_note"]))
        return (Facts(tuple(facts)),)

    def _england(self, code: str, where: Where) -> tuple[Block, ...]:
        rows = words.rows_of(self.release, "indicator", where, ("class", "likelihood", "likelihood_title", "rates"))
        if not rows:
            return (self.nothing(),)
        main = next((row for row in rows if row["service"] == WHOLE), rows[0])
        title = words.say(self.release, "likelihood_title", "indicator", main)
        chart = self.likelihoods(f"indicator-{code}-england", title, Picked("indicator", where, rows), SERVICE)
        told = Bullets(tuple(words.say(self.release, "likelihood", "indicator", row) for row in rows))
        return (chart, *self._icons(code, main, where), told)

    def _icons(self, code: str, row: Figures, where: Where) -> list[Block]:
        if row["rate"] is None or row["reference_rate"] is None:
            return []
        title = words.say(self.release, "rates", "indicator", row)
        of = words.people_of(row)
        reference = f"{row['reference_name']} {row['people']}"
        said_in = words.texts(self.release, "indicator", row)
        lines = [
            (f"{said_in['rate_in']} {row['group']} {row['people']}", words.number_in(row["rate"], of)),
            (
                f"{said_in['reference_rate_in']} {row['reference_name']} {row['people']}",
                words.number_in(row["reference_rate"], of),
            ),
        ]
        table = self.table(
            f"Rates, {row['service_words']}", ("Group", "Rate", "Of so many people"), "indicator",
            [
                (row, (f"{row['group']} {row['people']}", said_in["rate"], said_in["rate_in"])),
                (row, (reference, said_in["reference_rate"], said_in["reference_rate_in"])),
            ],
        )  # fmt: skip
        key = (("event", "Large dot: counted by the indicator"), ("nobody", "Small dot: not"))
        return [
            self.chart(
                f"indicator-{code}-rates",
                title,
                drawn.icons(lines, of),
                table,
                Picked("indicator", where | {"service": row["service"]}),
                key=key,
            )
        ]

    def _year_on_year(self, code: str) -> tuple[Block, ...]:
        where = self.national() | {"indicator_code": code}
        rows = words.rows_of(self.release, "year_on_year", where, ("change", "change_title", "change_class"))
        if not rows:
            return (self.one_year(),)
        main = next((row for row in rows if row["service"] == WHOLE and row["panel"] == "matched"), rows[0])
        title = words.say(self.release, "change_title", "year_on_year", main)
        chart = self.changes(f"indicator-{code}-change", title, Picked("year_on_year", where, rows), PANEL)
        told = Bullets(tuple(words.say(self.release, "change", "year_on_year", row) for row in rows))
        return (chart, told, Inset(said(NO_CAUSE)))

    def _moved(self, code: str, service: str) -> tuple[Block, ...]:
        where = self.national() | {"indicator_code": code, "service": service}
        if not self.release.has("decomposition"):
            return (self.absent("decomposition"),)
        rows = {
            row["part"]: row for row in words.rows_of(self.release, "decomposition", where, ("part", "parts_title"))
        }
        years = words.rows_of(self.release, "year_on_year", where | {"panel": "all"})
        if not rows or not years:
            return (Text(said("This release has nothing that says what the change is made of.")),)
        [both] = years
        parts = [rows[part] for part in words.PARTS if part in rows and part != "total"]
        total = rows.get("total", parts[-1])
        title = words.say(self.release, "parts_title", "decomposition", total)
        if all(row["factor"] is None for row in parts):
            return (Text((title,)),)
        ends = [
            (str(both["previous_time_period"]), both["previous_relative_likelihood"]),
            (str(both["time_period"]), both["relative_likelihood"]),
        ]
        start, end = (drawn.Pair(label, words.figure(value), None, value) for label, value in ends)
        steps = [drawn.Step(words.PARTS[row["part"]], times(row["factor"]), row["factor"]) for row in parts]
        made = [
            Row(
                (words.PARTS[row["part"]], times(row["factor"]), shown_with(row["factor"], row["organisations"])),
                self.release.source("decomposition", row),
            )
            for row in [*parts, total]
        ]
        named = self.release.source("year_on_year", both)
        known = [Row((f"Relative likelihood in {one.label}", one.text, ""), named) for one in (start, end)]
        headings = ("Part", "Value, or what it multiplies by", "Organisations")
        caption = f"Parts of the change, {both['service_words']}"
        table = Table(caption, headings, (known[0], *made, known[1]), frozenset({1, 2}))
        key = (
            ("clear", "Filled: more than before"),
            ("before", "Hollow: less than before"),
            ("none", "Dashed: not enough numbers to say"),
            ("band", "Shaded: the range from 0.8 to 1.25"),
        )
        chart = self.chart(
            f"indicator-{code}-parts",
            title,
            drawn.waterfall(start, steps, end),
            table,
            Picked("decomposition", where),
            key=key,
        )
        told = Bullets(tuple(words.say(self.release, "part", "decomposition", row) for row in parts))
        return (chart, told, Inset(said("This is arithmetic: it says where the change is, not why.")))

    def _regions(self, code: str, service: str) -> tuple[Block, ...]:
        where = {**self.headline, "geographic_level": REGIONAL, "indicator_code": code}
        return self.by_region(f"indicator-{code}-regions", "indicator", where, service)

    def _spread(self, code: str, where: Where) -> tuple[Block, ...]:
        if not self.release.has("between_organisations"):
            return (self.absent("between_organisations"),)
        rows = words.rows_of(self.release, "between_organisations", where, ("spread", "spread_title"))
        if not rows:
            return (self.nothing(),)
        blocks: list[Block] = []
        main = next((row for row in rows if row["service"] == WHOLE), rows[0])
        if main["random_mean"] is not None:
            title = words.say(self.release, "spread_title", "between_organisations", main)
            lines = [
                interval("All people counted, organisation by organisation", main, "mantel_haenszel"),
                interval("The average of organisations", main, "random_mean"),
                interval("Where 95 in 100 organisations are expected", main, "random_mean", "prediction"),
            ]
            table = self.table(
                f"Between organisations, {main['service_words']}",
                ("Figure", "Value", "95% limits"),
                "between_organisations",
                [(main, (line.label, words.figure(line.value), limits_of(line))) for line in lines],
            )  # fmt: skip
            blocks.append(
                self.chart(
                    f"indicator-{code}-spread",
                    title,
                    drawn.intervals(lines),
                    table,
                    Picked("between_organisations", where),
                    key=LIKELIHOOD_KEY[1:],
                )
            )
        told = Bullets(tuple(words.say(self.release, "spread", "between_organisations", row) for row in rows))
        return (*blocks, told, Text(said("No organisation is named here.")))

    def _groups(self, code: str, service: str) -> tuple[Block, ...]:
        where = {k: v for k, v in self.national().items() if k != "comparison_group"}
        where |= {"indicator_code": code, "service": service}
        return self.by_group(f"indicator-{code}-groups", "indicator", where)

    def _unknown(self, code: str) -> tuple[Block, ...]:
        if not self.release.has("unknown_ethnicity"):
            return (self.absent("unknown_ethnicity"),)
        where = self.national() | {"indicator_code": code}
        rows = words.rows_of(self.release, "unknown_ethnicity", where, ("unknown",))
        if not rows:
            return (self.nothing(),)
        table = self.table(
            "People whose ethnic group was not known",
            ("Service", "Not known", "What the relative likelihood could be"),
            "unknown_ethnicity",
            [(row, (row["service_name"], words.figure(row["unknown_share"], "share"), bounds(row))) for row in rows],
        )  # fmt: skip
        return (Bullets(tuple(words.say(self.release, "unknown", "unknown_ethnicity", row) for row in rows)), table)

    def _careful(self, definition: Figures) -> tuple[Block, ...]:
        told = said(
            "The standard is voluntary: organisations that sent no return are not in the figures.",
            "A figure hidden to protect people is no sign of how it would have come out.",
            "A difference between groups is not proof of why it is there.",
        )
        return (Bullets((*words.every(self.release, "caution", "indicator_definition", definition), *told)),)
