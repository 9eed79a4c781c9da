"""The page of methods and quality, with every file to download."""

from collections.abc import Sequence
from dataclasses import dataclass

from wres.reference import setting
from wres.report_content import (
    Block,
    Bullets,
    Facts,
    Links,
    Page,
    Row,
    Section,
    Table,
    Text,
    charts,
    said,
)
from wres.report_parts import INDICATOR, METHODS, NUMBERS, Parts, code_order
from wres.report_release import selection

LIMITS = f"{setting('size_within_from'):.2f} to {setting('size_within_to'):.2f}"
HOW_TO_READ = (
    "A relative likelihood is the rate of one group divided by the rate of the other. At 1 both are equally likely; at "
    "2 one is twice as likely.",
    f"The range from {LIMITS} is shaded in the charts: the four-fifths rule of the NHS standard. It is a convention, "
    "not a test.",
    "The 95% interval says how far chance alone could move a figure of this many people. A difference is called clear "
    "where the test and the interval both say so, and never otherwise.",
    "A change is called narrowed or widened from the interval of the change in distance from no difference. 'The same "
    "organisations in both years' leaves out who came and went.",
    "What a change is made of is arithmetic: the parts multiply to the whole. It says where the change is, not why.",
)


@dataclass(frozen=True)
class Methods(Parts):
    """The page of methods and quality."""

    def page(self, others: Sequence[Page]) -> Page:
        """Return the page of methods and quality, with every file to download."""
        package = self.release.package
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
            Section("how", "How to read the figures", (Bullets(said(*HOW_TO_READ)),)),
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
            counted = ("figures", "shown", "hidden")
            what = "Relative likelihoods" if table == "indicator" else "Changes"
            rows += [
                Row(
                    (f"{what}: {one['geographic_level'].lower()}", *(f"{one[name]:,}" for name in counted)),
                    selection(table, {"geographic_level": one["geographic_level"]}),
                )
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
        rows.sort(key=lambda row: code_order(row["indicator_code"]))
        return self.table(
            "Definitions in force", ("Indicator", "Who is counted", "Out of whom"), "indicator_definition",
            [(row, (INDICATOR.of(row), row["numerator_wording"], row["denominator_wording"])) for row in rows],
        )  # fmt: skip
