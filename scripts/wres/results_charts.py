"""Where the marks of the charts go: places on a drawing, worked out from figures and from nothing else."""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import log2

from wres.reference import setting
from wres.results_content import Comparator, Indicator, Results, Row, interval, percent, service_names

TICKS = (0.25, 0.5, 1.0, 2.0, 4.0)
ROW, TOP, FOOT = 25, 26, 34  # heights: of a row, of what stands above the first, of what stands below the last
LABELS, AXIS, WIDTH = 290, 270, 830  # widths: of the labels, of the axis, of the whole drawing
TEXTS = (LABELS + AXIS + 18, LABELS + AXIS + 150)  # where the figures stand, and a second column of them
MARKS = {
    "own": "circle",
    "region": "square",
    "england": "diamond",
    "similar size": "up",
    "statistical neighbours": "down",
}
PANEL, PANEL_HEIGHT = 238, 190


@dataclass(frozen=True)
class Line:
    """A row of an interval plot; places are empty where there is nothing to draw."""

    y: float
    label: str
    mark: str
    text: str
    is_clear: bool = False
    text_x: float = TEXTS[0]
    shift: float = 0  # of the mark from the middle of its row
    x: float | None = None
    start: float | None = None
    end: float | None = None
    is_cut_left: bool = False
    is_cut_right: bool = False
    is_beyond: bool = False  # the value itself is off the axis: an arrow is all that can be drawn


@dataclass(frozen=True)
class Plot:
    """An interval plot on a logarithmic axis."""

    title: str
    description: str
    lines: tuple[Line, ...]
    height: float
    ticks: tuple[tuple[float, str], ...]
    band: tuple[float, float]
    headings: tuple[tuple[float, str], ...] = ()

    @property
    def foot(self) -> float:
        """Where the axis lies."""
        return self.height - FOOT


@dataclass(frozen=True)
class Point:
    """One year of a panel."""

    x: float
    y: float
    low: float
    high: float
    year: int
    text: str
    is_comparable: bool
    is_beyond: bool


@dataclass(frozen=True)
class Panel:
    """The years of one service: points, and the lines between those that compare."""

    title: str
    description: str
    points: tuple[Point, ...]
    segments: tuple[tuple[float, float, float, float], ...]
    years: tuple[tuple[float, int], ...]
    ticks: tuple[tuple[float, str], ...]
    band: tuple[float, float]


@dataclass(frozen=True)
class Bar:
    """A bar of a chart of shares."""

    y: float
    label: str
    width: float
    text: str


@dataclass(frozen=True)
class Bars:
    """Shares of bands, with the share of the workforce as a line."""

    title: str
    description: str
    bars: tuple[Bar, ...]
    height: float
    reference: float | None
    reference_text: str


def overview(results: Results) -> Plot:
    """Return the plot of every indicator of the whole organisation, with all others in England beside it."""
    service = results.main_service
    lines: list[Line] = []
    y = TOP + ROW / 2
    said = []
    for one in results.indicators:
        for row in one.of(one.headlines, service):
            lines.append(replace(_own(y, f"{one.code}  {one.name}", row), shift=-4))
            said.append(f"{one.code} {one.name} {lines[-1].text}")
            for other in one.compared(service):
                if other.comparator == "england":
                    drawn = _others(y, other)
                    lines.append(replace(drawn, label="", text_x=TEXTS[1], shift=6))
                    said.append(f"others in England {drawn.text}")
            y += ROW * 1.08
    title = f"Relative likelihood of each indicator, {service_names()[service].lower()}, {results.year}"
    headings = ((TEXTS[0], "Yours"), (TEXTS[1], "Others in England"))
    return _plot(title, f"{title}, with 95% intervals. {'; '.join(said)}.", lines, y - ROW * 0.7, headings)


def intervals(one: Indicator, services: tuple[str, ...]) -> Plot | None:
    """Return the plot of one indicator, each service beside others; none where nothing is measured."""
    if not one.measured:
        return None
    lines: list[Line] = []
    y = TOP + ROW / 2
    said = []
    for service in services:
        for row in one.of(one.headlines, service):
            lines.append(_own(y, service_names()[service], row))
            said.append(f"{service_names()[service]} {lines[-1].text}")
            y += ROW * 0.9
            for other in one.compared(service):
                lines.append(_others(y, other))
                said.append(f"{other.label} {lines[-1].text}")
                y += ROW * 0.8
            y += ROW * 0.35
    title = f"{one.code} {one.name}: relative likelihood beside others"
    return _plot(title, f"{title}, with 95% intervals. {'; '.join(said)}.", lines, y - ROW * 0.7)


def panels(one: Indicator, services: tuple[str, ...]) -> tuple[Panel, ...]:
    """Return a panel of years for each service that has two or more; a line joins only years that compare."""
    every = sorted({row["collection_year"] for row in one.years if row["relative_likelihood"] is not None})
    if len(every) < 2:
        return ()
    found = []
    for service in services:
        rows = [row for row in one.of(one.years, service) if row["relative_likelihood"] is not None]
        if len(rows) < 2:
            continue
        points = tuple(_point(row, every) for row in rows)
        segments = tuple(
            (first.x, first.y, second.x, second.y)
            for first, second in pairwise(points)
            if first.is_comparable and second.is_comparable
        )
        title = f"{one.code} {one.name}, {service_names()[service].lower()}, year by year"
        said = "; ".join(f"{point.year}: {point.text}" for point in points)
        ticks = tuple((_height(tick), f"{tick:g}") for tick in TICKS)
        found.append(
            Panel(
                service_names()[service],
                f"{title}. Relative likelihood with 95% interval. {said}.",
                points,
                segments,
                tuple((_across(year, every), year) for year in every),
                ticks,
                (_height(setting("size_within_to")), _height(setting("size_within_from"))),
            )
        )
    return tuple(found)


def band_bars(results: Results, service: str) -> Bars | None:
    """Return the minority ethnic share of each pay band of a service; none where there are no bands."""
    rows = [
        row
        for row in results.bands
        if row["service"] == service
        and row["comparison_group"] == "minority_ethnic"
        and row["share_of_band"] is not None
    ]
    rows = [row for row in rows if row["staff"] is not None and row["share_of_group"] is not None]
    if not rows:
        return None
    of_workforce = next(
        (
            row["share_of_workforce"]
            for row in results.representation
            if row["service"] == service
            and row["comparison_group"] == "minority_ethnic"
            and row["share_of_workforce"] is not None
        ),
        None,
    )
    greatest = max([row["share_of_band"] for row in rows] + [of_workforce or 0]) or 1
    scale = (AXIS + 60) / greatest
    bars = tuple(
        Bar(TOP + n * ROW, row["pay_band"], row["share_of_band"] * scale, percent(row["share_of_band"]))
        for n, row in enumerate(rows)
    )
    title = f"Minority ethnic share of each pay band, {service_names()[service].lower()}"
    said = "; ".join(f"{bar.label} {bar.text}" for bar in bars)
    return Bars(
        title,
        f"{title}, of staff of known ethnic group. {said}. Workforce {percent(of_workforce)}.",
        bars,
        TOP + len(bars) * ROW + 8,
        None if of_workforce is None else of_workforce * scale,
        f"workforce {percent(of_workforce)}",
    )


def _own(y: float, label: str, row: Row) -> Line:
    if row["relative_likelihood"] is None:
        return Line(y, label, "own", "no figure")
    return _line(y, label, "own", row)


def _others(y: float, other: Comparator) -> Line:
    label = f"{other.label} ({other.organisations})"
    if not other.is_shown:
        return Line(y, label, other.comparator, "not shown")
    if other.row["comparator_relative_likelihood"] is None:
        return Line(y, label, other.comparator, "no figure")
    return _line(y, label, other.comparator, other.row, "comparator_")


def _line(y: float, label: str, mark: str, row: Row, prefix: str = "") -> Line:
    value, lower, upper = (row[f"{prefix}{name}"] for name in ("relative_likelihood", "lower_95", "upper_95"))
    return Line(
        y,
        label,
        MARKS[mark],
        interval(row, prefix=prefix),
        row["evidence"] == "clear" if mark == "own" else False,
        x=_place(value),
        start=_place(lower),
        end=_place(upper) if upper is not None else float(LABELS + AXIS),
        is_cut_left=lower < TICKS[0],
        is_cut_right=upper is None or upper > TICKS[-1],
        is_beyond=_is_beyond(value),
    )


def _plot(
    title: str,
    description: str,
    lines: list[Line],
    bottom: float,
    headings: tuple[tuple[float, str], ...] = (),
) -> Plot:
    ticks = tuple((_place(tick), f"{tick:g}") for tick in TICKS)
    band = (_place(setting("size_within_from")), _place(setting("size_within_to")))
    return Plot(title, description, tuple(lines), round(bottom + FOOT, 1), ticks, band, headings)


def _place(value: float | None) -> float:
    """Return where a ratio lies across a plot; what is beyond the axis lies at its end."""
    return round(LABELS + AXIS * _part(value), 1)


def _is_beyond(value: float) -> bool:
    return not TICKS[0] <= value <= TICKS[-1]


def _height(value: float) -> float:
    return round(24 + (PANEL_HEIGHT - 54) * (1 - _part(value)), 1)


def _part(value: float | None) -> float:
    if not value:
        return 0.0
    low, high = log2(TICKS[0]), log2(TICKS[-1])
    return min(max((log2(value) - low) / (high - low), 0.0), 1.0)


def _across(year: int, years: list[int]) -> float:
    return round(48 + (PANEL - 80) * (year - years[0]) / (years[-1] - years[0]), 1)


def _point(row: Row, years: list[int]) -> Point:
    upper = row["upper_95"] if row["upper_95"] is not None else TICKS[-1]
    return Point(
        _across(row["collection_year"], years),
        _height(row["relative_likelihood"]),
        _height(row["lower_95"]),
        _height(upper),
        row["collection_year"],
        interval(row),
        bool(row["is_todays_definition"]),
        _is_beyond(row["relative_likelihood"]),
    )
