"""The correction pack as one page that needs nothing beside itself."""

from functools import cache
from pathlib import Path

import jinja2

from wres.pack_content import COLUMNS, MARKED, SEVERITIES, Pack, counted, percent

MOST_CHANGES = 25  # on the page; the workbook has them all
BAR = 420  # width of a whole bar of a chart


def write_page(path: Path, pack: Pack) -> Path:
    """Write the page and return its path."""
    shown = [name for name in COLUMNS if name not in ("rule", "severity", "reply", "who")]
    sections = [
        {
            "severity": severity,
            "heading": {"info": "What we repaired, and what is told for information"}.get(
                severity, SEVERITIES[severity]
            ),
            "findings": pack.of(severity),
            "columns": [name for name in shown if name != "answered" or severity == "query"],
        }
        for severity in SEVERITIES
    ]
    comparisons = [
        {
            "with_what": comparison.with_what,
            "number": len(comparison.changes),
            "same": comparison.compared - len(comparison.changes),
            "changes": sorted(comparison.changes, key=lambda one: -abs(one.difference or 0))[:MOST_CHANGES],
        }
        for comparison in pack.comparisons
    ]
    text = _template().render(
        pack=pack,
        labels=COLUMNS,
        kinds=SEVERITIES,
        sections=sections,
        comparisons=comparisons,
        charts=_charts(pack),
        most_changes=MOST_CHANGES,
        marked=MARKED,
        passed=[one for one in pack.outcomes if one.outcome == "passed"],
        not_run=[one for one in pack.outcomes if one.outcome == "not run"],
    )
    path.write_text(text, encoding="utf-8")
    return path


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.globals |= {"counted": counted, "percent": percent}
    return environment.from_string(Path(__file__).with_name("pack_page.html").read_text(encoding="utf-8"))


def _charts(pack: Pack) -> list[dict]:
    """Return, for each indicator, the lengths of its bars: each group's rate as part of the greatest one."""
    charts: dict[str, list[dict]] = {}
    for rate in pack.rates:
        charts.setdefault(rate.indicator, []).append(
            {"group": rate.group, "numerator": rate.numerator, "denominator": rate.denominator, "rate": rate.rate}
        )
    for bars in charts.values():
        greatest = max(bar["rate"] for bar in bars) or 1
        for bar in bars:
            bar["width"] = round(BAR * bar["rate"] / greatest, 1)
    return [{"indicator": indicator, "bars": bars} for indicator, bars in charts.items()]
