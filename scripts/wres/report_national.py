"""The national report: its pages, their charts and their sentences, from one open release and nothing else."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from math import log
from typing import Any

from wres import report_charts as drawn
from wres import report_words as words
from wres.reference import read_seed, setting
from wres.report_charts import NOT_ENOUGH
from wres.report_content import (
    Block,
    Bullets,
    Chart,
    Facts,
    Inset,
    Links,
    Page,
    Report,
    Row,
    Section,
    Sentence,
    Table,
    Text,
    charts,
    said,
)
from wres.report_pages import Progress
from wres.report_release import NATIONAL, REGIONAL, Release, Where, selection
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
NO_CAUSE = "A change is not proof of what brought it about: other things change too, and small numbers move by chance."


@dataclass(frozen=True)
class National:
    """The national report of one open release."""

    release: Release
    tell: Progress = lambda done, total, page: None  # noqa: E731 - told how far the making has come

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

    @cached_property
    def indicators(self) -> list[tuple[str, str]]:
        """The indicators of the latest round: codes with their names, in the order of the register."""
        names = {row["indicator_code"]: row["indicator_name"] for row in self.release.rows("indicator", self.headline)}
        order = dict.fromkeys(read_seed("indicator_register")["indicator_code"])
        return [(code, names[code]) for code in sorted(order, key=_code_order) if code in names]

    def report(self, more: Iterable[Page] = ()) -> Report:
        """Return the report; ``more`` are pages that others make, such as plans and practice."""
        package = self.release.package
        makers = [partial(self.indicator, code, name) for code, name in self.indicators]
        own = list(more)
        for done, maker in enumerate([*makers, self.taking_part, self.pay], start=1):
            page = maker()
            own.insert(done - 1, page)
            self.tell(done, len(makers) + 2, page.file)
        methods = self.methods(own)
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
        where = self._national("all")
        lead = said(
            "How staff of minority ethnic groups and White staff fare in social care in England, by the indicators of "
            "the Social Care Workforce Race Equality Standard."
        )
        sections = [
            Section("figures", "What the figures say", tuple(self._headline_blocks(where))),
            Section("change", "What changed", tuple(self._headline_changes())),
            Section("pages", "In this report", (Links(tuple((p.file, p.heading, _about(p)) for p in others)),)),
        ]
        return Page(HOME, "Headlines", lead, tuple(sections), caption=f"National report {self.year or ''}".strip())

    def indicator(self, code: str, name: str) -> Page:
        """Return the page of one indicator."""
        where = self._national() | {"indicator_code": code}
        [definition] = self._definition(code)
        main = self._main(where)
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
            blocks.append(self._absent("participation"))
        for service, name in _names("service", "service", "service_name").items():
            of = [row for row in rows if row["service"] == service]
            if of:
                sentence = Sentence(f"{name}: organisations by how far their return has come", "", "")
                shown = [
                    (row, row["status"].capitalize())
                    for row in sorted(of, key=lambda row: statuses.index(row["status"]))
                ]
                bars = [
                    drawn.Share(label, words.figure(row["organisations"], "people"), row["organisations"])
                    for row, label in shown
                ]
                table = self._table(
                    sentence.text, ("Status", "Organisations"), "participation",
                    [(row, (label, words.figure(row["organisations"], "people"))) for row, label in shown],
                )  # fmt: skip
                blocks.append(
                    self._chart(
                        f"taking-part-{service}",
                        sentence,
                        drawn.counts(bars),
                        table,
                        (),
                        "participation",
                        where | {"service": service},
                    )
                )
        behind = words.rows_of(
            self.release, "indicator", self._national() | {"indicator_code": setting("workforce_indicator")}
        )
        counted = [row for row in behind if row["relative_likelihood"] is not None]
        if counted:
            table = self._table(
                "Organisations behind the England figures of the workforce", ("Service", "Organisations"), "indicator",
                [(row, (row["service_name"], words.figure(row["organisations"], "organisations"))) for row in counted],
            )  # fmt: skip
            blocks.append(table)
        careful = Inset(
            said("Those that take part may differ from those that do not, so the figures are not of all social care.")
        )
        sections = (Section("who", "Organisations and their returns", tuple([*blocks, careful])),)
        return Page(TAKING_PART, "Who took part", lead, sections)

    def pay(self) -> Page:
        """Return the page of pay and progression, with the roles of the census beside the returns."""
        lead = said(
            "Who is in which pay band and role: from the returns, and beside them from the Department for Education's "
            "census of children's social workers, which counts other people in another way."
        )
        sections = (
            Section("bands", "Pay bands", self._bands()),
            Section("senior", "Senior management in the returns", self._senior()),
            Section("roles", "Roles in the census", self._roles()),
            Section("roles-change", "Year on year in the census", self._census_change()),
            Section("roles-regions", "The census by region", self._census_regions()),
            Section("roles-spread", "Between authorities in the census", self._census_funnel()),
        )
        return Page(PAY, "Pay and progression", lead, sections)

    def methods(self, others: Sequence[Page]) -> Page:
        """Return the page of methods and quality, with every file to download."""
        package = self.release.package
        limits = f"{setting('size_within_from'):.2f} to {setting('size_within_to'):.2f}"
        how = Bullets(
            said(
                "A relative likelihood is the rate of one group divided by the rate of the other. At 1 both are equally likely; at 2 one is twice as likely.",
                f"The range from {limits} is shaded in the charts: the four-fifths rule of the NHS standard. It is a convention, not a test.",
                "The 95% interval says how far chance alone could move a figure of this many people. A difference is called clear where the test and the interval both say so, and never otherwise.",
                "A change is called narrowed or widened from the interval of the change in distance from no difference. 'The same organisations in both years' leaves out who came and went.",
                "What a change is made of is arithmetic: the parts multiply to the whole. It says where the change is, not why.",
            )
        )
        facts = (
            ("Release", str(package["version"])),
            ("What is in it", package.get("scope", "")),
            (
                "Smallest count shown",
                f"Counts from 1 to {package['threshold'] - 1}, and what would give them away, are hidden",
            ),
            (
                "Figures",
                "Synthetic in part: not to be quoted" if self.release.is_synthetic else "As they were received",
            ),
        )
        left_out = Bullets(said(*package.get("left_out", ()))) if isinstance(package.get("left_out"), list) else None
        symbols = Table(
            "What stands in place of a figure",
            ("Symbol in the files", "Meaning"),
            tuple(Row(pair) for pair in self.release.symbols.items()),
        )
        sources = Bullets(
            said(*(f"{one['title']}. {one.get('description', '')}".strip() for one in package.get("sources", ())))
        )
        files = [chart.download.file for chart in charts(others) if chart.download]
        downloads = Links(tuple((f"data/{file}", file, "") for file in sorted(files)))
        sections = [
            Section("how", "How to read the figures", (how,)),
            Section("release", "What this report is made from", (Facts(facts), sources)),
            Section("hidden", "What is hidden, and how much", (*self._hidden(), symbols)),
            *([Section("left-out", "What is not shown", (left_out,))] if left_out else []),
            Section("definitions", "What each indicator counts", (self._definitions(),)),
            Section(
                "downloads",
                "Every chart's figures",
                (downloads if files else Text(said("There is no chart in this report.")),),
            ),
        ]
        return Page(METHODS, "Methods and quality", (), tuple(sections))

    # Sections of the headlines

    def _headline_blocks(self, where: Where) -> list[Block]:
        if not self.indicators:
            return [Inset(said("This release has no figures of the standard."), True)]
        main = self._main(where)
        where = {**where, "service": main}
        rows = self._in_order(words.rows_of(self.release, "indicator", where, ("class", "likelihood")))
        counted = self._tally(rows, "indicators")
        title = words.tally(self.release, "overview_title", "indicator", where, counted)
        chart = self._likelihoods(
            "headlines",
            title,
            rows,
            "indicator",
            where,
            lambda row: f"{row['indicator_code']} {row['indicator_name']}",
            "Indicator",
        )
        told = tuple(words.say(self.release, "likelihood", "indicator", row) for row in rows)
        links = tuple(
            (f"indicator-{row['indicator_code']}.html", f"Indicator {row['indicator_code']}: {row['indicator_name']}")
            for row in rows
        )
        return [chart, Bullets(told, links)]

    def _headline_changes(self) -> list[Block]:
        where = self._national() | {"panel": "matched"}
        main = self._main(where, "year_on_year")
        where |= {"service": main}
        rows = self._in_order(words.rows_of(self.release, "year_on_year", where, ("change", "change_class")))
        if not rows:
            return [self._one_year()]
        kinds = [row["change"] for row in rows]
        counted = {
            "indicators": len(rows),
            "narrowed": kinds.count("narrowed"),
            "widened": kinds.count("widened"),
            "crossed": kinds.count("crossed parity"),
            "not_enough": sum(kind in (None, "cannot say") for kind in kinds),
        }
        title = words.tally(self.release, "changes_title", "year_on_year", where, counted)
        chart = self._changes(
            "headlines-change",
            title,
            rows,
            "year_on_year",
            where,
            lambda row: f"{row['indicator_code']} {row['indicator_name']}",
            "Indicator",
        )
        return [chart, Inset(said(NO_CAUSE))]

    # Sections of an indicator

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
                f"The rate of one group divided by the rate of White people. {better.get(definition['adverse_when'], '')}".strip(),
            ),
            ("Where it is defined", definition["source"]),
        ]
        if definition["break_note"]:
            facts.append(("What changed in the definition", definition["break_note"]))
        return (Facts(tuple(facts)),)

    def _england(self, code: str, where: Where) -> tuple[Block, ...]:
        rows = words.rows_of(self.release, "indicator", where, ("class", "likelihood", "likelihood_title", "rates"))
        if not rows:
            return (self._nothing(),)
        main = next((row for row in rows if row["service"] == WHOLE), rows[0])
        title = words.say(self.release, "likelihood_title", "indicator", main)
        chart = self._likelihoods(
            f"indicator-{code}-england", title, rows, "indicator", where, lambda row: row["service_name"], "Service"
        )
        told = Bullets(tuple(words.say(self.release, "likelihood", "indicator", row) for row in rows))
        return (chart, *self._icons(code, main, where), told)

    def _icons(self, code: str, row: Figures, where: Where) -> list[Block]:
        if row["rate"] is None or row["reference_rate"] is None:
            return []
        title = words.say(self.release, "rates", "indicator", row)
        of = words.people_of(row)
        said_in = words.texts(self.release, "indicator", row)
        lines = [
            (f"{said_in['rate_in']} {row['group']} {row['people']}", words.number_in(row["rate"], of)),
            (
                f"{said_in['reference_rate_in']} {row['reference_name']} {row['people']}",
                words.number_in(row["reference_rate"], of),
            ),
        ]
        table = self._table(
            f"Rates, {row['service_words']}", ("Group", "Rate", "Of so many people"), "indicator",
            [
                (row, (f"{row['group']} {row['people']}", said_in["rate"], said_in["rate_in"])),
                (row, (f"{row['reference_name']} {row['people']}", said_in["reference_rate"], said_in["reference_rate_in"])),
            ],
        )  # fmt: skip
        key = (("event", "Large dot: counted by the indicator"), ("nobody", "Small dot: not"))
        return [
            self._chart(
                f"indicator-{code}-rates",
                title,
                drawn.icons(lines, of),
                table,
                key,
                "indicator",
                where | {"service": row["service"]},
            )
        ]

    def _year_on_year(self, code: str) -> tuple[Block, ...]:
        where = self._national() | {"indicator_code": code}
        rows = words.rows_of(self.release, "year_on_year", where, ("change", "change_title", "change_class"))
        if not rows:
            return (self._one_year(),)
        main = next((row for row in rows if row["service"] == WHOLE and row["panel"] == "matched"), rows[0])
        title = words.say(self.release, "change_title", "year_on_year", main)
        chart = self._changes(
            f"indicator-{code}-change", title, rows, "year_on_year", where,
            lambda row: f"{row['service_name']}, {words.PANELS[row['panel']]}", "Service and organisations",
        )  # fmt: skip
        told = Bullets(tuple(words.say(self.release, "change", "year_on_year", row) for row in rows))
        return (chart, told, Inset(said(NO_CAUSE)))

    def _moved(self, code: str, service: str) -> tuple[Block, ...]:
        where = self._national() | {"indicator_code": code, "service": service}
        if not self.release.has("decomposition"):
            return (self._absent("decomposition"),)
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
        steps = [drawn.Step(words.PARTS[row["part"]], _times(row["factor"]), row["factor"]) for row in parts]
        table = self._table(
            f"Parts of the change, {both['service_words']}", ("Part", "Multiplies by", "Organisations"), "decomposition",
            [(row, (words.PARTS[row["part"]], _times(row["factor"]), _if(row["factor"], row["organisations"]))) for row in [*parts, total]],
        )  # fmt: skip
        key = (
            ("clear", "Filled: more than before"),
            ("before", "Hollow: less than before"),
            ("none", "Dashed: not enough numbers to say"),
            ("band", "Shaded: the range from 0.8 to 1.25"),
        )
        chart = self._chart(
            f"indicator-{code}-parts", title, drawn.waterfall(start, steps, end), table, key, "decomposition", where
        )
        told = Bullets(tuple(words.say(self.release, "part", "decomposition", row) for row in parts))
        return (chart, told, Inset(said("This is arithmetic: it says where the change is, not why.")))

    def _regions(self, code: str, service: str) -> tuple[Block, ...]:
        where = {**self.headline, "geographic_level": REGIONAL, "indicator_code": code}
        return self._by_region(f"indicator-{code}-regions", "indicator", where, service)

    def _spread(self, code: str, where: Where) -> tuple[Block, ...]:
        if not self.release.has("between_organisations"):
            return (self._absent("between_organisations"),)
        rows = words.rows_of(self.release, "between_organisations", where, ("spread", "spread_title"))
        if not rows:
            return (self._nothing(),)
        blocks: list[Block] = []
        main = next((row for row in rows if row["service"] == WHOLE), rows[0])
        if main["random_mean"] is not None:
            title = words.say(self.release, "spread_title", "between_organisations", main)
            lines = [
                _interval("All people counted, organisation by organisation", main, "mantel_haenszel"),
                _interval("The average of organisations", main, "random_mean"),
                _interval("Where 95 in 100 organisations are expected", main, "random_mean", "prediction"),
            ]
            table = self._table(
                f"Between organisations, {main['service_words']}", ("Figure", "Value", "95% limits"), "between_organisations",
                [(main, (line.label, words.figure(line.value), _limits(line))) for line in lines],
            )  # fmt: skip
            blocks.append(
                self._chart(
                    f"indicator-{code}-spread",
                    title,
                    drawn.intervals(lines),
                    table,
                    LIKELIHOOD_KEY[1:],
                    "between_organisations",
                    where,
                )
            )
        told = Bullets(tuple(words.say(self.release, "spread", "between_organisations", row) for row in rows))
        return (*blocks, told, Text(said("No organisation is named here.")))

    def _groups(self, code: str, service: str) -> tuple[Block, ...]:
        where = {k: v for k, v in self._national().items() if k != "comparison_group"}
        where |= {"indicator_code": code, "service": service}
        return self._by_group(f"indicator-{code}-groups", "indicator", where)

    def _unknown(self, code: str) -> tuple[Block, ...]:
        if not self.release.has("unknown_ethnicity"):
            return (self._absent("unknown_ethnicity"),)
        where = self._national() | {"indicator_code": code}
        rows = words.rows_of(self.release, "unknown_ethnicity", where, ("unknown",))
        if not rows:
            return (self._nothing(),)
        table = self._table(
            "People whose ethnic group was not known", ("Service", "Not known", "What the relative likelihood could be"), "unknown_ethnicity",
            [(row, (row["service_name"], words.figure(row["unknown_share"], "share"), _bounds(row))) for row in rows],
        )  # fmt: skip
        return (Bullets(tuple(words.say(self.release, "unknown", "unknown_ethnicity", row) for row in rows)), table)

    def _careful(self, definition: Figures) -> tuple[Block, ...]:
        told = said(
            "The standard is voluntary: organisations that sent no return are not in the figures.",
            "A figure hidden to protect people is no sign of how it would have come out.",
            "A difference between groups is not proof of why it is there.",
        )
        return (Bullets((*words.every(self.release, "caution", "indicator_definition", definition), *told)),)

    # Sections of pay and progression

    def _bands(self) -> tuple[Block, ...]:
        if not self.release.has("pay_band"):
            return (self._absent("pay_band"), *self._band_likelihoods())
        blocks: list[Block] = []
        where = {
            "time_period": self.year,
            "geographic_level": NATIONAL,
            "comparison_group": self.headline["comparison_group"],
        }
        rows = self.release.rows("pay_band", where, order="service, pay_band_order")
        for service, name in _names("service", "service", "service_name").items():
            of = [row for row in rows if row["service"] == service]
            if not of:
                continue
            known = [row for row in of if row["share_of_band"] is not None]
            ends = {"lowest": of[0]["share_of_band"], "highest": of[-1]["share_of_band"]}
            facts = {"shown": len(known), "service_words": of[0]["service_words"], "group_name": of[0]["group_name"]}
            title = words.tally(
                self.release, "band_title", "pay_band", where | {"service": service},
                facts | ends, {key: words.figure(value, "share") for key, value in ends.items()},
            )  # fmt: skip
            bars = [
                drawn.Share(row["pay_band"], words.figure(row["share_of_band"], "share"), row["share_of_band"])
                for row in of
            ]
            table = self._table(
                f"{of[0]['group_name']} share of each pay band, {name}", ("Pay band", "Share of the band", "Beside the workforce", "95% interval"), "pay_band",
                [(row, (row["pay_band"], words.figure(row["share_of_band"], "share"), words.figure(row["representation_ratio"]), words.interval(row))) for row in of],
            )  # fmt: skip
            if known:
                blocks.append(
                    self._chart(
                        f"pay-bands-{service}",
                        title,
                        drawn.shares(bars),
                        table,
                        (),
                        "pay_band",
                        where | {"service": service},
                    )
                )
            else:
                blocks.append(Text((title,)))
        return (*blocks, *self._band_likelihoods()) if blocks else (self._nothing(), *self._band_likelihoods())

    def _band_likelihoods(self) -> list[Block]:
        where = {key: value for key, value in self._national().items() if key != "breakdown"}
        where |= {"indicator_code": "1", "service": WHOLE}
        rows = words.rows_of(self.release, "indicator", where, ("class", "likelihood", "likelihood_title"))
        if not rows:
            return []
        main = next((row for row in rows if row["breakdown"] == WHOLE), rows[0])
        title = words.say(self.release, "likelihood_title", "indicator", main)
        label: Callable[[Figures], str] = lambda row: row["event"].removeprefix("to be ").capitalize()  # noqa: E731
        return [self._likelihoods("pay-likelihoods", title, rows, "indicator", where, label, "Pay band")]

    def _senior(self) -> tuple[Block, ...]:
        where = self._national() | {"indicator_code": "9"}
        rows = words.rows_of(self.release, "indicator", where, ("class", "likelihood", "likelihood_title"))
        if not rows:
            return (self._nothing(),)
        main = next((row for row in rows if row["service"] == WHOLE), rows[0])
        title = words.say(self.release, "likelihood_title", "indicator", main)
        return (
            self._likelihoods(
                "pay-senior", title, rows, "indicator", where, lambda row: row["service_name"], "Service"
            ),
        )

    @cached_property
    def _census(self) -> dict[str, object]:
        return self.headline | {"time_period": self.release.latest("census_indicator"), "geographic_level": NATIONAL}

    def _roles(self) -> tuple[Block, ...]:
        if not self.release.has("census_indicator"):
            return (self._absent("census_indicator"),)
        where = {key: value for key, value in self._census.items() if key != "breakdown"}
        rows = words.rows_of(self.release, "census_indicator", where, ("class", "likelihood", "likelihood_title"))
        if not rows:
            return (self._nothing(),)
        main = next((row for row in rows if row["breakdown"] == WHOLE), rows[0])
        title = words.say(self.release, "likelihood_title", "census_indicator", main)
        label: Callable[[Figures], str] = lambda row: (
            "Senior manager" if row["breakdown"] == WHOLE else row["breakdown"]
        )  # noqa: E731
        real = Inset(said("These are real figures: the Department for Education's census, as it was published."))
        chart = self._likelihoods("census-roles", title, rows, "census_indicator", where, label, "Role")
        groups = {key: value for key, value in self._census.items() if key != "comparison_group"}
        return (real, chart, *self._by_group("census-groups", "census_indicator", groups))

    def _census_change(self) -> tuple[Block, ...]:
        where = {key: value for key, value in self._census.items() if key != "breakdown"} | {"panel": "all"}
        where["time_period"] = self.release.latest("census_year_on_year")
        rows = words.rows_of(self.release, "census_year_on_year", where, ("change", "change_title", "change_class"))
        if not rows:
            return (self._one_year(),)
        main = next((row for row in rows if row["breakdown"] == WHOLE), rows[0])
        title = words.say(self.release, "change_title", "census_year_on_year", main)
        label: Callable[[Figures], str] = lambda row: (
            "Senior manager" if row["breakdown"] == WHOLE else row["breakdown"]
        )  # noqa: E731
        return (self._changes("census-change", title, rows, "census_year_on_year", where, label, "Role"),)

    def _census_regions(self) -> tuple[Block, ...]:
        where = {**self._census, "geographic_level": REGIONAL}
        service = next(iter(row["service"] for row in self.release.rows("census_indicator", where)), WHOLE)
        return self._by_region("census-regions", "census_indicator", where, service)

    def _census_funnel(self) -> tuple[Block, ...]:
        where = {**self._census, "geographic_level": "Local authority"}
        rows = self.release.rows(
            "census_indicator", where, more="relative_likelihood > 0 and lower_95 > 0 and upper_95 is not null"
        )
        england = self.release.rows("census_indicator", self._census)
        if (
            len(rows) < setting("report_funnel_organisations")
            or not england
            or england[0]["relative_likelihood"] is None
        ):
            return (Text(said("There are too few authorities with figures to draw them without pointing at one.")),)
        target = england[0]["relative_likelihood"]
        z = float(setting("z_95"))
        limits = (z, float(setting("z_998")))
        points = [(row["relative_likelihood"], (log(row["upper_95"]) - log(row["lower_95"])) / (2 * z)) for row in rows]
        outside = sum(abs(log(value / target)) > limits[1] * error for value, error in points)
        named = selection("census_indicator", where)
        title = words.tally(
            self.release, "funnel_title", "census_indicator", where, {"organisations": len(rows), "outside": outside}
        )
        table = self._table(
            "What the funnel is drawn around", ("Figure", "Value", "95% interval"), "census_indicator",
            [(england[0], ("England", words.figure(target), words.interval(england[0])))],
        )  # fmt: skip
        key = (
            ("unclear", "An authority"),
            ("limit", "Limits that chance alone passes 5 in 100 and 2 in 1,000 times"),
            ("band", "Shaded: the range from 0.8 to 1.25"),
        )
        alternative = f"{title.text}. Each authority is a circle: the more exact its figure, the further to the right and the nearer the limits. England {words.figure(target)}."
        chart = self._chart(
            "census-funnel",
            Sentence(title.text, named, title.rule),
            drawn.funnel(points, target, limits),
            table,
            key,
            "census_indicator",
            where,
            alternative,
        )
        return (
            chart,
            Text(said("No authority is named here. The file holds the census as it was published, which names them.")),
        )

    # Sections of methods

    def _hidden(self) -> list[Block]:
        rows = []
        for table in ("indicator", "year_on_year"):
            column = "likelihood_symbol" if table == "indicator" else "change_symbol"
            if not self.release.has(table):
                continue
            found = self.release.query(
                f"select geographic_level, count(*) as figures, count(*) filter ({column} is null) as shown, "
                f"count(*) filter ({column} = 'c') as hidden from main.{table} group by all order by all"
            )
            what = "Relative likelihoods" if table == "indicator" else "Changes"
            rows += [
                Row((f"{what}: {one['geographic_level'].lower()}", f"{one['figures']:,}", f"{one['shown']:,}", f"{one['hidden']:,}"), selection(table, {"geographic_level": one["geographic_level"]}))
                for one in found
            ]  # fmt: skip
        if not rows:
            return []
        return [
            Table(
                "How many figures are shown and hidden",
                ("Figures", "In all", "Shown", "Hidden to protect people"),
                tuple(rows),
                NUMBERS,
            )
        ]

    def _definitions(self) -> Block:
        where = {"collection": setting("open_collection")}
        rows = self.release.rows("indicator_definition", where, more="last_year is null")
        rows.sort(key=lambda row: _code_order(row["indicator_code"]))
        return self._table(
            "Definitions in force", ("Indicator", "Who is counted", "Out of whom"), "indicator_definition",
            [(row, (f"{row['indicator_code']} {row['indicator_name']}", row["numerator_wording"], row["denominator_wording"])) for row in rows],
            numbers=frozenset(),
        )  # fmt: skip

    # Parts that several sections are made of

    def _likelihoods(
        self, name: str, title: Sentence, rows: Sequence[Figures], table: str, where: Where,
        label: Callable[[Figures], str], heading: str,
    ) -> Chart:  # fmt: skip
        classes = [words.say(self.release, "class", table, row).text for row in rows]
        lines = [
            _interval(label(row), row, is_clear=kind.startswith(CLEAR)) for row, kind in zip(rows, classes, strict=True)
        ]
        cells = [
            (row, (line.label, *_figures(row), kind.capitalize()))
            for row, line, kind in zip(rows, lines, classes, strict=True)
        ]
        headings = (
            heading,
            "Relative likelihood",
            "95% interval",
            "Rate",
            f"{rows[0]['reference_name']} rate",
            "In words",
        )
        made = self._table(_caption(title), headings, table, cells)
        return self._chart(name, title, drawn.intervals(lines), made, LIKELIHOOD_KEY, table, where)

    def _changes(
        self, name: str, title: Sentence, rows: Sequence[Figures], table: str, where: Where,
        label: Callable[[Figures], str], heading: str,
    ) -> Chart:  # fmt: skip
        kinds = [words.say(self.release, "change_class", table, row).text for row in rows]
        pairs = [
            drawn.Pair(
                label(row), _change_text(row, kind), row["previous_relative_likelihood"], row["relative_likelihood"]
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
        headings = (heading, *years, "One divided by the other", "95% interval", "In words")
        made = self._table(_caption(title), headings, table, cells)
        return self._chart(name, title, drawn.dumbbells(pairs), made, CHANGE_KEY, table, where)

    def _by_region(self, name: str, table: str, where: Where, service: str) -> tuple[Block, ...]:
        rows = words.rows_of(self.release, table, where, ("class",))
        of = {**where, "service": service}
        counted = self._tally([row for row in rows if row["service"] == service], "regions", table)
        title = words.tally(self.release, "regions_title", table, of, counted)
        if not rows:
            return (Text((title,)),)
        classes = {id(row): words.say(self.release, "class", table, row).text for row in rows}
        regions = sorted({row["region_name"] for row in rows})
        every = [
            (
                region,
                [
                    _interval(
                        row["service"].capitalize(), row, is_clear=classes[id(row)].startswith(CLEAR), is_short=True
                    )
                    for row in rows
                    if row["region_name"] == region
                ],
            )
            for region in regions
        ]
        cells = [
            (row, (row["region_name"], row["service_name"], *_figures(row)[:2], classes[id(row)].capitalize()))
            for region in regions
            for row in rows
            if row["region_name"] == region
        ]
        headings = ("Region", "Service", "Relative likelihood", "95% interval", "In words")
        made = self._table(_caption(title), headings, table, cells)
        return (self._chart(name, title, drawn.panels(every), made, LIKELIHOOD_KEY, table, where),)

    def _by_group(self, name: str, table: str, where: Where) -> tuple[Block, ...]:
        rows = words.rows_of(self.release, table, where, ("class", "likelihood"))
        if not rows:
            return (self._nothing(),)
        only = Text(said("Single ethnic groups are not in this release: every further group makes more counts hidden."))
        names = ", ".join(dict.fromkeys(row["group_name"] for row in rows))
        if len(rows) == 1:
            return (Text((words.say(self.release, "likelihood", table, rows[0]),)), only)
        counted = self._tally(rows, "groups", table) | {"group_names": names}
        title = words.tally(self.release, "groups_title", table, where, counted)
        return (self._likelihoods(name, title, rows, table, where, lambda row: row["group_name"], "Ethnic group"),)

    def _chart(  # noqa: PLR0913 - what a chart is made of
        self, name: str, title: Sentence, drawing: Any, table: Table, key: tuple[tuple[str, str], ...],
        source: str, where: Where, alternative: str = "",
    ) -> Chart:  # fmt: skip
        said_so = alternative or f"{title.text}. " + "; ".join(_spoken(table, row) for row in table.rows) + "."
        svg = drawn.draw(drawing, name, title.text, said_so)
        download = self.release.download(f"{name}.csv", source, where)
        return Chart(name, title, said_so, svg, table, key, download)

    def _table(
        self, caption: str, headings: tuple[str, ...], table: str, rows: Sequence[tuple[Figures, tuple[str, ...]]],
        numbers: frozenset[int] | None = None,
    ) -> Table:  # fmt: skip
        made = tuple(Row(cells, self.release.source(table, row)) for row, cells in rows)
        ends_in_words = headings[-1] == "In words"
        chosen = frozenset(range(1, len(headings) - ends_in_words)) if numbers is None else numbers
        return Table(caption, headings, made, chosen - {1} if headings[1] == "Service" else chosen)

    def _national(self, service: str | None = None) -> dict[str, object]:
        return self.headline | {"geographic_level": NATIONAL} | ({"service": service} if service else {})

    def _main(self, where: Where, table: str = "indicator") -> str:
        """Return the service that stands for the whole: all of them, or the only one that there is."""
        rows = words.rows_of(self.release, table, {key: value for key, value in where.items() if key != "service"})
        services = [row["service"] for row in rows]
        return WHOLE if WHOLE in services or not services else services[0]

    def _definition(self, code: str) -> list[Figures]:
        return self.release.rows(
            "indicator_definition",
            {"collection": setting("open_collection"), "indicator_code": code},
            more=f"{self.year} between first_year and coalesce(last_year, {self.year})",
        )

    def _in_order(self, rows: Iterable[Figures]) -> list[Figures]:
        return sorted(rows, key=lambda row: _code_order(row["indicator_code"]))

    def _tally(self, rows: Sequence[Figures], what: str, table: str = "indicator") -> dict[str, int]:
        classes = [words.say(self.release, "class", table, row).text for row in rows]
        return {
            what: len(rows),
            "clear": sum(kind.startswith(CLEAR) for kind in classes),
            "not_enough": sum(kind.startswith(NOT_ENOUGH) for kind in classes),
        }

    def _absent(self, table: str) -> Text:
        return Text(
            said(
                f"This release was made before there was a table of this ({table.replace('_', ' ')}), so nothing can be shown."
            )
        )

    def _nothing(self) -> Text:
        return Text(said("This release has no figures of this."))

    def _one_year(self) -> Text:
        return Text(said("This release has one year only: there is none to compare it with."))


def _code_order(code: str) -> tuple[int, str]:
    return int(code.rstrip("ab")), code[-1] if code[-1] in "ab" else "z"


def _names(seed: str, code: str, name: str) -> dict[str, str]:
    return dict(read_seed(seed)[[code, name]].itertuples(index=False))


def _about(page: Page) -> str:
    return page.caption


def _times(factor: float | None) -> str:
    return NOT_ENOUGH if factor is None else f"× {words.figure(factor)}"


def _if(figure: float | None, count: int | None) -> str:
    """Return a count, which never stands beside a figure that is not shown."""
    return NOT_ENOUGH if figure is None else words.figure(count, "organisations")


def _interval(label: str, row: Figures, value: str = "relative_likelihood", limits: str = "", *, is_clear: bool = False, is_short: bool = False) -> drawn.Interval:  # fmt: skip
    prefix = limits or ("" if value == "relative_likelihood" else value)
    lower, upper = (row["_".join(filter(None, (prefix, end)))] for end in ("lower_95", "upper_95"))
    if row[value] is None or lower is None:
        return drawn.Interval(label, "not enough" if is_short else NOT_ENOUGH)
    text = words.figure(row[value])
    if not is_short:
        text = f"{text} ({words.interval({'lower_95': lower, 'upper_95': upper})})"
    return drawn.Interval(label, text, row[value], lower, upper, is_clear)


def _limits(line: drawn.Interval) -> str:
    return words.interval({"lower_95": line.lower, "upper_95": line.upper})


def _bounds(row: Figures) -> str:
    return words.interval(row, "unknowns_lower", "unknowns_upper")


def _figures(row: Figures) -> tuple[str, str, str, str]:
    """Return the figures of a row in cells; where the likelihood is not shown, nothing is."""
    if row["relative_likelihood"] is None or row["lower_95"] is None:
        return (NOT_ENOUGH,) * 4
    rates = (words.figure(row[name], "share") for name in ("rate", "reference_rate"))
    return words.figure(row["relative_likelihood"]), words.interval(row), *rates  # type: ignore[return-value]


def _change_text(row: Figures, kind: str) -> str:
    before, now = row["previous_relative_likelihood"], row["relative_likelihood"]
    if before is None and now is None:
        return kind
    return f"{words.figure(before) if before is not None else '?'} to {words.figure(now) if now is not None else '?'}: {kind}"


def _caption(title: Sentence) -> str:
    return title.text


def _spoken(table: Table, row: Row) -> str:
    """Return a row in words: its name, then each figure under its heading."""
    name, *cells = row.cells
    if all(cell == NOT_ENOUGH for cell in cells[:1]):
        return f"{name}: {cells[-1].lower()}"
    return f"{name}: " + ", ".join(
        f"{heading.lower()} {cell}" for heading, cell in zip(table.headings[1:], cells, strict=True)
    )
