"""The drawings of reports: figures in, SVG out. Places are worked out here, figures and words are given.

Drawings are narrow enough for a phone: labels stand above their marks, and a reader's screen makes the rest larger.
Colours are those of the style sheet, so that a drawing is light or dark with its page; what a colour says, a shape or a
word says too. A figure that is not there is drawn as such.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, exp, log
from typing import Any

from wres.reference import setting

Spec = dict[str, Any]  # in Vega-Lite's own words: altair's objects took most of the time that a report takes

WIDTH, PANEL = 350, 160  # of a drawing, and of each of two panels beside one another
ROW, TALL_ROW = 42, 58  # with the figures beside the label, or below it
FONT, SMALL = 14, 12
LETTER = 7.2  # about how wide a letter is
NOT_ENOUGH = "not enough numbers to say"
OWN, OTHER, FAINT, TEXT, QUIET, BAND, AXIS, PAGE = (
    f"var(--{name})" for name in ("own", "other", "faint", "text", "quiet", "band", "axis", "page")
)
TICKS = (0.0625, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16)
SIDE = 4  # an axis of ratios reaches from one in so many to so many, or twice as far; what lies beyond is an arrow
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # which language this is; nothing is asked of that host
CONFIG = {
    "background": "transparent",
    "font": "Arial, Helvetica, sans-serif",
    "aria": False,
    "padding": {"left": 2, "right": 8, "top": 4, "bottom": 2},
    "view": {"stroke": None},
    "axis": {"labelFontSize": SMALL, "titleFontSize": SMALL, "titleFontWeight": "normal"},
    "title": {"fontSize": FONT, "color": TEXT, "offset": 2, "frame": "group"},
}
ICONS = {100: 20, 1000: 50}  # how many icons stand in a row


@dataclass(frozen=True)
class Interval:
    """A ratio with its interval; without a value there is not enough to say. No upper limit is none."""

    label: str
    text: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    is_clear: bool = False


@dataclass(frozen=True)
class Pair:
    """A ratio in two years."""

    label: str
    text: str
    before: float | None
    now: float | None


@dataclass(frozen=True)
class Step:
    """A part of a change: the factor that it multiplies by, or none where it is not known."""

    label: str
    text: str
    factor: float | None


@dataclass(frozen=True)
class Share:
    """A share between 0 and 1, or a count."""

    label: str
    text: str
    share: float | None


def intervals(rows: Sequence[Interval]) -> Spec:
    """Return ratios with their intervals on a logarithmic axis, the band of 'within' shaded."""
    return _stack(rows, _ratio_axis([one.value for one in rows]), WIDTH)


def panels(every: Sequence[tuple[str, Sequence[Interval]]]) -> Spec:
    """Return a small plot of intervals for each title, two beside one another, on one scale."""
    axis = _ratio_axis([one.value for _, rows in every for one in rows])
    plots = [_stack(rows, axis, PANEL) | {"title": {"text": title, "anchor": "start"}} for title, rows in every]
    spacing = {"row": 55, "column": WIDTH - 2 * PANEL}  # between plots alone: axes and titles lie in it
    return {"concat": plots, "columns": 2, "spacing": spacing, "bounds": "flush"}


def dumbbells(rows: Sequence[Pair]) -> Spec:
    """Return two years of each ratio, joined: a hollow square before, a filled circle now."""
    axis = _ratio_axis([x for one in rows for x in (one.before, one.now)])
    data = [
        {"y": y, "before": _within(one.before, axis), "now": _within(one.now, axis)}
        for y, one in zip(_places(rows), rows, strict=True)
    ]
    height = _height(rows)
    down = _down(height)
    whole = [one for one in data if None not in (one["before"], one["now"])]
    before = [one for one in data if one["before"] is not None]
    now = [one for one in data if one["now"] is not None]
    marks = [
        _layer(whole, {"type": "rule", "color": TEXT, "strokeWidth": 2}, x=_at("before"), x2=_to("now"), y=down),
        _layer(before, _point(OTHER, PAGE, "square", 90), x=_at("before"), y=down),
        _layer(now, _point(OWN, OWN), x=_at("now"), y=down),
        *_missing([one["y"] for one in data if one["before"] is None and one["now"] is None], axis, height),
    ]
    return _whole([*marks, *_labels(rows, WIDTH, height)], axis, WIDTH, height)


def waterfall(start: Pair, steps: Sequence[Step], end: Pair) -> Spec:
    """Return what leads from one year's ratio to the next one's, factor by factor; a part unknown is drawn as such."""
    rows = [start, *steps, end]
    reached = [start.now or 1.0]
    for step in steps:
        reached.append(reached[-1] * (step.factor or 1.0))
    axis = _ratio_axis([*reached, start.now, end.now])
    ys = _places(rows)
    data = [
        {"y": y, "from": a, "to": b, "is_up": b >= a}
        for y, step, a, b in zip(ys[1:-1], steps, reached[:-1], reached[1:], strict=True)
        if step.factor is not None
    ]
    ends = [{"y": y, "now": one.now} for y, one in ((ys[0], start), (ys[-1], end)) if one.now is not None]
    unknown = [y for y, step in zip(ys[1:-1], steps, strict=True) if step.factor is None]
    unknown += [y for y, one in ((ys[0], start), (ys[-1], end)) if one.now is None]
    height = _height(rows)
    down = _down(height)
    bar = {"type": "bar", "height": 14, "strokeWidth": 2}
    marks = [
        _layer(
            [one for one in data if one["is_up"] is is_up],
            bar | {"fill": fill, "stroke": stroke},
            x=_at("from"),
            x2=_to("to"),
            y=down,
        )
        for is_up, fill, stroke in ((True, OWN, OWN), (False, PAGE, OTHER))
    ]
    marks += [_layer(ends, _point(OWN, OWN), x=_at("now"), y=down), *_missing(unknown, axis, height)]
    return _whole([*marks, *_labels(rows, WIDTH, height)], axis, WIDTH, height)


def funnel(points: Sequence[tuple[float, float]], target: float, limits: Sequence[float]) -> Spec:
    """Return ratios (value, standard error of its logarithm) against how exact each is, within limits of a target.

    ``limits`` are normal quantiles, one pair of curves for each.
    """
    widest = ceil(max(error for _, error in points) * 10 + 0.5) / 10
    axis = _ratio_axis([value for value, _ in points])
    ratio = {"type": "log", "domain": list(axis), "nice": False}
    curve = [
        {"error": widest * n / 40, "at": exp(log(target) + side * z * widest * n / 40), "curve": f"{z} {side}"}
        for z in limits
        for side in (-1, 1)
        for n in range(41)
    ]
    x = _at("error") | {
        "scale": {"domain": [0, widest], "reverse": True, "nice": False},
        "axis": {
            "title": "Less exact \u2192 more exact",
            "labels": False,
            "ticks": False,
            "grid": False,
            "titleColor": QUIET,
            "titlePadding": 6,
        },
    }
    y = _at("at") | {"scale": ratio, "axis": _axis(axis, "left")}
    circles = [{"error": error, "at": _within(value, axis)} for value, error in points]
    band = {"y": {"datum": setting("size_within_from"), "scale": ratio}, "y2": {"datum": setting("size_within_to")}}
    marks = [
        _layer([{}], {"type": "rect", "fill": BAND}, **band),
        _layer([{}], {"type": "rule", "color": TEXT}, y={"datum": target, "scale": ratio}),
        _layer(
            [one for one in curve if axis[0] <= one["at"] <= axis[1]],
            {"type": "line", "color": AXIS, "strokeWidth": 1.5},
            x=x,
            y=y,
            detail={"field": "curve"},
        ),
        _layer(circles, {"type": "point", "shape": "circle", "size": 34, "stroke": OWN, "opacity": 1}, x=x, y=y),
    ]
    return {"layer": marks, "width": WIDTH - 40, "height": 300}


def icons(rows: Sequence[tuple[str, int]], of: int) -> Spec:
    """Return for each label how many of so many people had the event: a large dot each; the others are small dots."""
    across = ICONS[of]
    step = WIDTH / across
    lines: list[dict[str, Any]] = []
    labels = []
    y = 0.0
    for label, number in rows:
        labels.append({"y": y + FONT, "label": label})
        y += 2.2 * FONT + step / 2
        for line in range(of // across):
            had = min(max(number - line * across, 0), across)
            for first, last, is_event in ((0, had, True), (had, across, False)):
                if last > first:
                    # A row of dots is one dashed line, a little longer than to its last dot, for that to be drawn.
                    places = {"x": (first + 0.5) * step, "x2": (last - 0.5) * step + 0.5}
                    lines.append(places | {"y": y, "is_event": is_event})
            y += step
        y += FONT
    x = _at("x") | {"scale": {"domain": [0, WIDTH], "nice": False}, "axis": None}
    down = _at("y") | {"scale": {"domain": [0, y], "reverse": True, "nice": False}, "axis": None}
    marks = [
        _layer(
            [one for one in lines if one["is_event"] is is_event],
            {
                "type": "rule",
                "color": color,
                "strokeWidth": size * step,
                "strokeCap": "round",
                "strokeDash": [0, step],
            },
            x=x,
            x2=_to("x2"),
            y=down,
        )
        for is_event, color, size in ((True, OTHER, 0.8), (False, FAINT, 0.3))
    ]
    text = {"type": "text", "align": "left", "color": TEXT, "fontSize": FONT}
    words = _layer(labels, text, x={"value": 0}, y=down, text={"field": "label"})
    return {"layer": [*marks, words], "width": WIDTH, "height": y}


def shares(rows: Sequence[Share]) -> Spec:
    """Return shares as bars from 0."""
    top = min(1.0, ceil(max((one.share for one in rows if one.share is not None), default=0.1) * 10 + 0.01) / 10)
    return _bars(rows, {"domain": [0, top], "nice": False}, {"format": ".0%"}, (0, top))


def counts(rows: Sequence[Share]) -> Spec:
    """Return counts as bars from 0."""
    top = max((one.share for one in rows if one.share is not None), default=1)
    return _bars(rows, {"domain": [0, top], "nice": True}, {"format": ",d", "tickMinStep": 1}, (0, top))


def draw(chart: Spec, name: str, title: str, alternative: str) -> str:
    """Return a chart as SVG for a page, with its title and text alternative for who does not see it."""
    import vl_convert

    svg = vl_convert.vegalite_to_svg({"$schema": SCHEMA, "config": CONFIG, **chart})
    svg = svg.replace('class="mark-group role-axis"', 'data-axis=""')  # its figures are the drawing's own
    svg = re.sub(r' (?:role|aria-[a-z]+|pointer-events|class|font-family)="[^"]*"', "", svg)
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(?<=\.\d)\d+", "", tag.group()), svg)  # nobody sees less than a tenth
    svg = re.sub(r'<path d="[^"]*" display="none"/>|<path d="M0,0h0v0h0Z"/>|<path d="M[^"]*Z"/>(?=<g><g)', "", svg)
    box = re.search(r'viewBox="[^"]*"', svg).group()  # type: ignore[union-attr]
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-labelledby="{name}-title {name}-words">'
    words = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-words">{escape(alternative)}</desc>'
    return re.sub(r"^<svg[^>]*>", lambda _: opening + words, svg)


def _stack(rows: Sequence[Interval], axis: tuple[float, float], width: int) -> Spec:
    height = _height(rows, width)
    down = _down(height)
    data = [
        {
            "y": y,
            "value": _within(one.value, axis),
            "lower": _within(one.lower, axis),
            "upper": _within(one.upper if one.upper is not None else axis[1], axis),
            "is_clear": one.is_clear,
            "is_beyond": one.value is not None and not axis[0] <= one.value <= axis[1],
            "is_open": one.upper is None or one.upper > axis[1],
            "is_cut": one.lower is not None and one.lower < axis[0],
        }
        for y, one in zip(_places(rows, width), rows, strict=True)
    ]
    known = [one for one in data if one["value"] is not None]
    cut = [("upper", "is_open", "triangle-right"), ("lower", "is_cut", "triangle-left")]
    marks = [
        _layer(known, {"type": "rule", "color": OWN, "strokeWidth": 2.5}, x=_at("lower"), x2=_to("upper"), y=down),
        *(
            _layer([one for one in known if one[is_so]], _point(OWN, OWN, shape, 60), x=_at(end), y=down)
            for end, is_so, shape in cut
        ),
        *(
            _layer(
                [one for one in known if one["is_clear"] is is_clear and not one["is_beyond"]],
                _point(OWN, fill),
                x=_at("value"),
                y=down,
            )
            for is_clear, fill in ((True, OWN), (False, PAGE))
        ),
        *_missing([one["y"] for one in data if one["value"] is None], axis, height),
    ]
    return _whole([*marks, *_labels(rows, width, height)], axis, width, height)


def _bars(rows: Sequence[Share], scale: Spec, axis: Spec, ends: tuple[float, float]) -> Spec:
    height = _height(rows)
    down = _down(height)
    look = {"grid": False, "tickCount": 4, "title": None, "domainColor": AXIS, "tickColor": AXIS, "labelColor": QUIET}
    x = _at("share") | {"scale": scale, "axis": look | axis}
    data = [{"y": y, "share": one.share, "none": 0} for y, one in zip(_places(rows), rows, strict=True)]
    bar = {"type": "bar", "fill": OWN, "height": 14}
    marks = [
        _layer([one for one in data if one["share"] is not None], bar, x=x, x2=_to("none"), y=down),
        *_missing([one["y"] for one in data if one["share"] is None], ends, height),
    ]
    return {"layer": [*marks, *_labels(rows, WIDTH, height)], "width": WIDTH, "height": height}


def _ratio_axis(values: Sequence[float | None]) -> tuple[float, float]:
    """Return the ends of an axis of ratios: the usual ones, or as far as the values themselves reach."""
    known = [value for value in values if value]
    reach = max((max(value, 1 / value) for value in known), default=1.0)
    end = SIDE if reach <= SIDE else 2 * SIDE
    return 1 / end, float(end)


def _within(value: float | None, axis: tuple[float, float]) -> float | None:
    return None if value is None else min(max(value, axis[0]), axis[1])


def _is_tall(rows: Sequence[Any], width: int) -> bool:
    return any((len(one.label) + len(one.text)) * LETTER > width for one in rows)


def _row(rows: Sequence[Any], width: int) -> int:
    return TALL_ROW if _is_tall(rows, width) else ROW


def _height(rows: Sequence[Any], width: int = WIDTH) -> int:
    return len(rows) * _row(rows, width)


def _places(rows: Sequence[Any], width: int = WIDTH) -> list[float]:
    """Return how far down the marks of each row lie."""
    row = _row(rows, width)
    return [(n + 1) * row - 12 for n in range(len(rows))]


def _at(column: str) -> Spec:
    return {"field": column, "type": "quantitative"}


def _to(column: str) -> Spec:
    return {"field": column}


def _point(stroke: str, fill: str, shape: str = "circle", size: int = 100) -> Spec:
    look = {"type": "point", "shape": shape, "size": size, "filled": True, "strokeWidth": 2.5, "opacity": 1}
    return look | {"fill": fill, "stroke": stroke}


def _layer(data: Sequence[dict[str, Any]], mark: Spec, **encoding: Spec) -> Spec:
    return {"data": {"values": list(data)}, "mark": mark, "encoding": encoding}


def _down(height: float, column: str = "y") -> Spec:
    """Return the place of a mark down a plot, in its own units."""
    return _at(column) | {"scale": {"domain": [0, height], "range": [0, height], "nice": False}, "axis": None}


def _axis(axis: tuple[float, float], orient: str) -> Spec:
    return {
        "values": [tick for tick in TICKS if axis[0] <= tick <= axis[1]],
        "format": "~g",
        "orient": orient,
        "grid": False,
        "title": None,
        "domainColor": AXIS,
        "tickColor": AXIS,
        "labelColor": QUIET,
        "labelOverlap": True,
    }


def _missing(ys: Sequence[float], ends: tuple[float, float], height: float) -> list[Spec]:
    """Return the marks of 'not enough numbers to say': a dashed line all the way across, and no point."""
    data = [{"y": y, "from": ends[0], "to": ends[1]} for y in ys]
    mark = {"type": "rule", "color": FAINT, "strokeDash": [5, 5], "strokeWidth": 2}
    return [_layer(data, mark, x=_at("from"), x2=_to("to"), y=_down(height))] if ys else []


def _labels(rows: Sequence[Any], width: int, height: float) -> list[Spec]:
    """Return each row's label with its figures: at the right of the label, or below it where both are long."""
    is_tall = _is_tall(rows, width)
    data = [
        {"y": y - (31 if is_tall else 17), "below": y - (15 if is_tall else 17), "label": one.label, "text": one.text}
        for y, one in zip(_places(rows, width), rows, strict=True)
    ]
    look = {"type": "text", "fontSize": FONT, "baseline": "middle"}
    beside = {"align": "left", "color": QUIET} if is_tall else {"align": "right", "color": TEXT}
    return [
        _layer(data, look | {"align": "left", "color": TEXT}, x={"value": 0}, y=_down(height), text={"field": "label"}),
        _layer(
            data, look | beside, x={"value": 0 if is_tall else width}, y=_down(height, "below"), text={"field": "text"}
        ),
    ]


def _whole(layers: Sequence[Spec], axis: tuple[float, float], width: int, height: float) -> Spec:
    """Return marks of ratios as one plot, the band of 'within' and the line of no difference below them."""
    scale = {"type": "log", "domain": list(axis), "nice": False}
    tall = {"y": {"value": 0}, "y2": {"value": height}}
    band = {"x": {"datum": setting("size_within_from"), "scale": scale}, "x2": {"datum": setting("size_within_to")}}
    x = {"datum": 1, "type": "quantitative", "scale": scale, "axis": _axis(axis, "bottom")}
    ground = [
        _layer([{}], {"type": "rect", "fill": BAND}, **band, **tall),
        _layer([{}], {"type": "rule", "color": AXIS}, x=x, **tall),
    ]
    return {"layer": [*ground, *layers], "width": width, "height": height}
