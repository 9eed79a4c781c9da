"""The page of pay and progression: the returns, and the roles of the census beside them."""

from dataclasses import dataclass
from functools import cached_property
from math import log

from wres import report_charts as drawn
from wres import report_words as words
from wres.reference import read_seed, setting
from wres.report_content import (
    Block,
    Inset,
    Page,
    Section,
    Text,
    said,
)
from wres.report_parts import BAND, PAY, ROLE, SERVICE, WHOLE, Parts, Picked, names
from wres.report_release import NATIONAL, REGIONAL
from wres.report_release import Row as Figures

NO_STEP = 99


@dataclass(frozen=True)
class Pay(Parts):
    """The page of pay and progression."""

    def page(self) -> Page:
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

    def _bands(self) -> tuple[Block, ...]:
        if not self.release.has("pay_band"):
            return (self.absent("pay_band"), *self._band_likelihoods())
        blocks: list[Block] = []
        where = {
            "time_period": self.year,
            "geographic_level": NATIONAL,
            "comparison_group": self.headline["comparison_group"],
        }
        rows = sorted(self.release.rows("pay_band", where), key=lambda row: _step(row["pay_band"]))
        for service, name in names("service", "service", "service_name").items():
            of = [row for row in rows if row["service"] == service]
            if not of:
                continue
            known = [row for row in of if row["share_of_band"] is not None]
            steps = [row for row in of if _step(row["pay_band"]) != NO_STEP] or of
            ends = {"lowest": steps[0]["share_of_band"], "highest": steps[-1]["share_of_band"]}
            facts = {"shown": len(known), "service_words": of[0]["service_words"], "group": of[0]["group"]}
            title = words.tally(
                self.release, "band_title", "pay_band", where | {"service": service},
                facts | ends, written={key: words.figure(value, "share") for key, value in ends.items()},
            )  # fmt: skip
            bars = [
                drawn.Share(row["pay_band"], words.figure(row["share_of_band"], "share"), row["share_of_band"])
                for row in of
            ]
            table = self.table(
                f"{of[0]['group']} share of each pay band, {name}",
                ("Pay band", "Share of the band", "Beside the workforce", "95% interval"),
                "pay_band",
                [(row, _band(row)) for row in of],
            )  # fmt: skip
            if known:
                blocks.append(
                    self.chart(
                        f"pay-bands-{service}",
                        title,
                        drawn.shares(bars),
                        table,
                        Picked("pay_band", where | {"service": service}),
                    )
                )
            else:
                blocks.append(Text((title,)))
        return (*blocks, *self._band_likelihoods()) if blocks else (self.nothing(), *self._band_likelihoods())

    def _band_likelihoods(self) -> list[Block]:
        where = {key: value for key, value in self.national().items() if key != "breakdown"}
        where |= {"indicator_code": "1", "service": WHOLE}
        rows = words.rows_of(self.release, "indicator", where, ("class", "likelihood", "likelihood_title"))
        rows.sort(key=lambda row: _step(BAND.of(row)))
        if not rows:
            return []
        main = next((row for row in rows if row["breakdown"] == WHOLE), rows[0])
        title = words.say(self.release, "likelihood_title", "indicator", main)
        return [self.likelihoods("pay-likelihoods", title, Picked("indicator", where, rows), BAND)]

    def _senior(self) -> tuple[Block, ...]:
        where = self.national() | {"indicator_code": "9"}
        rows = words.rows_of(self.release, "indicator", where, ("class", "likelihood", "likelihood_title"))
        if not rows:
            return (self.nothing(),)
        main = next((row for row in rows if row["service"] == WHOLE), rows[0])
        title = words.say(self.release, "likelihood_title", "indicator", main)
        return (self.likelihoods("pay-senior", title, Picked("indicator", where, rows), SERVICE),)

    @cached_property
    def _census(self) -> dict[str, object]:
        return self.headline | {"time_period": self.release.latest("census_indicator"), "geographic_level": NATIONAL}

    def _roles(self) -> tuple[Block, ...]:
        if not self.release.has("census_indicator"):
            return (self.absent("census_indicator"),)
        where = {key: value for key, value in self._census.items() if key != "breakdown"}
        rows = words.rows_of(self.release, "census_indicator", where, ("class", "likelihood", "likelihood_title"))
        rows.sort(key=lambda row: _step(ROLE.of(row)))
        if not rows:
            return (self.nothing(),)
        main = next((row for row in rows if row["breakdown"] == WHOLE), rows[0])
        title = words.say(self.release, "likelihood_title", "census_indicator", main)
        real = Inset(said("These are real figures: the Department for Education's census, as it was published."))
        chart = self.likelihoods("census-roles", title, Picked("census_indicator", where, rows), ROLE)
        groups = {key: value for key, value in self._census.items() if key != "comparison_group"}
        return (real, chart, *self.by_group("census-groups", "census_indicator", groups))

    def _census_change(self) -> tuple[Block, ...]:
        where = {key: value for key, value in self._census.items() if key != "breakdown"} | {"panel": "all"}
        where["time_period"] = self.release.latest("census_year_on_year")
        rows = words.rows_of(self.release, "census_year_on_year", where, ("change", "change_class"))
        rows.sort(key=lambda row: _step(ROLE.of(row)))
        if not rows:
            return (self.one_year(),)
        counted = self.kinds(rows, "roles")
        title = words.tally(self.release, "changes_title", "census_year_on_year", where, counted)
        return (self.changes("census-change", title, Picked("census_year_on_year", where, rows), ROLE),)

    def _census_regions(self) -> tuple[Block, ...]:
        where = {**self._census, "geographic_level": REGIONAL}
        service = next(iter(row["service"] for row in self.release.rows("census_indicator", where)), WHOLE)
        return self.by_region("census-regions", "census_indicator", where, service)

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
        title = words.tally(
            self.release, "funnel_title", "census_indicator", where, {"organisations": len(rows), "outside": outside}
        )
        table = self.table(
            "What the funnel is drawn around", ("Figure", "Value", "95% interval"), "census_indicator",
            [(england[0], ("England", words.figure(target), words.interval(england[0])))],
        )  # fmt: skip
        key = (
            ("unclear", "An authority"),
            ("limit", "Limits that chance alone passes 5 in 100 and 2 in 1,000 times"),
            ("band", "Shaded: the range from 0.8 to 1.25"),
        )
        alternative = (
            f"{title.text}. Each authority is a circle: the more exact its figure, the further to the right and the "
            f"nearer the limits. England {words.figure(target)}."
        )
        chart = self.chart(
            "census-funnel",
            title,
            drawn.funnel(points, target, limits),
            table,
            Picked("census_indicator", where),
            key=key,
            alternative=alternative,
        )
        return (
            chart,
            Text(said("No authority is named here. The file holds the census as it was published, which names them.")),
        )


def _step(name: str) -> int:
    """Return the place of a band or role on its ladder; what is no step of one comes last."""
    steps = read_seed("ladder_step").query("breakdown == @name and step_order != ''")
    return int(steps["step_order"].iloc[0]) if len(steps) else NO_STEP


def _band(row: Figures) -> tuple[str, ...]:
    """Return the cells of a pay band; where its ratio is not shown, its limits are not."""
    share = words.figure(row["share_of_band"], "share")
    return row["pay_band"], share, words.figure(row["representation_ratio"]), words.interval(row)
