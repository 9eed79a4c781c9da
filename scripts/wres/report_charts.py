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
from typing import TYPE_CHECKING, Any

from wres.reference import setting

if TYPE_CHECKING:
    import altair

WIDTH, PANEL = 350, 160  # of a drawing, and of each of two panels beside one another
ROW, TALL_ROW = 42, 58  # with the figures beside the label, or below it
FONT, SMALL = 13, 12
LETTER = 6.9  # about how wide a letter is
NOT_ENOUGH = "not enough numbers to say"
OWN, OTHER, FAINT, TEXT, QUIET, BAND, AXIS, PAGE = (
    f"var(--{name})" for name in ("own", "other", "faint", "text", "quiet", "band", "axis", "page")
)
TICKS = (0.0625, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16)
SIDE = 4  # an axis of ratios reaches from one in so many to so many
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
    """A share between 0 and 1, and one that it is compared with."""

    label: str
    text: str
    share: float | None
    beside: float | None = None


def intervals(rows: Sequence[Interval]) -> "altair.LayerChart":
    """Return ratios with their intervals on a logarithmic axis, the band of 'within' shaded."""
    return _stack(rows, _ratio_axis([one.value for one in rows]), WIDTH)


def panels(every: Sequence[tuple[str, Sequence[Interval]]]) -> "altair.VConcatChart":
    """Return a small plot of intervals for each title, two beside one another, on one scale."""
    import altair as alt

    axis = _ratio_axis([one.value for _, rows in every for one in rows])
    plots = [
        _stack(rows, axis, PANEL).properties(title=alt.Title(title, anchor="start", frame="group"))
        for title, rows in every
    ]
    pairs = [alt.hconcat(*plots[n : n + 2], spacing=WIDTH - 2 * PANEL) for n in range(0, len(plots), 2)]
    return alt.vconcat(*pairs, spacing=22)


def dumbbells(rows: Sequence[Pair], years: tuple[str, str]) -> "altair.LayerChart":
    """Return two years of each ratio, joined: a hollow square before, a filled circle now."""
    import altair as alt

    axis = _ratio_axis([x for one in rows for x in (one.before, one.now)])
    data = [
        {"y": y, "before": _within(one.before, axis), "now": _within(one.now, axis)}
        for y, one in zip(_places(rows), rows, strict=True)
    ]
    whole = [one for one in data if None not in (one["before"], one["now"])]
    height = _height(rows)
    layers = [
        *_ground(axis, height),
        _layer(whole, alt.X("before:Q"), height).mark_rule(color=TEXT, strokeWidth=2).encode(x2="now:Q"),
        _layer([one for one in data if one["before"] is not None], alt.X("before:Q"), height).mark_point(
            shape="square", size=90, filled=True, fill=PAGE, stroke=OTHER, strokeWidth=2.5, opacity=1
        ),
        _layer([one for one in data if one["now"] is not None], alt.X("now:Q"), height).mark_point(
            shape="circle", size=110, filled=True, fill=OWN, stroke=OWN, opacity=1
        ),
        *_missing([one["y"] for one in data if one["before"] is None and one["now"] is None], axis, height),
        *_labels(rows, WIDTH, height),
    ]
    return _whole(layers, axis, WIDTH, height)


def waterfall(start: Pair, steps: Sequence[Step], end: Pair) -> "altair.LayerChart":
    """Return what leads from one year's ratio to the next one's, factor by factor; a part unknown is drawn as such."""
    import altair as alt

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
    bars = {"cornerRadius": 1, "height": 14, "strokeWidth": 2}
    layers = [
        *_ground(axis, height),
        _layer([one for one in data if one["is_up"]], alt.X("from:Q"), height)
        .mark_bar(fill=OWN, stroke=OWN, **bars)
        .encode(x2="to:Q"),
        _layer([one for one in data if not one["is_up"]], alt.X("from:Q"), height)
        .mark_bar(fill=PAGE, stroke=OTHER, **bars)
        .encode(x2="to:Q"),
        _layer(ends, alt.X("now:Q"), height).mark_point(size=110, filled=True, fill=OWN, stroke=OWN, opacity=1),
        *_missing(unknown, axis, height),
        *_labels(rows, WIDTH, height),
    ]
    return _whole(layers, axis, WIDTH, height)


def funnel(points: Sequence[tuple[float, float]], target: float, limits: Sequence[float]) -> "altair.LayerChart":
    """Return ratios (value, standard error of its logarithm) against how exact each is, within limits of a target.

    ``limits`` are normal quantiles, one pair of curves for each.
    """
    import altair as alt

    widest = ceil(max(error for _, error in points) * 10 + 0.5) / 10
    axis = _ratio_axis([value for value, _ in points])
    scale = alt.Scale(domain=[0, widest], reverse=True, nice=False, zero=False)
    exactness = alt.Axis(
        title="Less exact  →  more exact", labels=False, ticks=False, grid=False, titleColor=QUIET, titlePadding=6
    )
    ratio = alt.Scale(type="log", domain=axis, clamp=True)
    curve = [
        {"error": widest * n / 40, "at": exp(log(target) + side * z * widest * n / 40), "curve": f"{z}{side}"}
        for z in limits
        for side in (-1, 1)
        for n in range(41)
    ]
    points = [{"error": error, "at": min(max(value, axis[0]), axis[1])} for value, error in points]
    x = alt.X("error:Q", scale=scale, axis=exactness)
    y = alt.Y("at:Q", scale=ratio, axis=_axis(axis, "left"))
    layers = [
        _chart([{}])
        .mark_rect(fill=BAND)
        .encode(y=alt.Y(datum=setting("size_within_from"), scale=ratio), y2=alt.datum(setting("size_within_to"))),
        _chart([{}]).mark_rule(color=TEXT).encode(y=alt.Y(datum=target, scale=ratio)),
        _chart([one for one in curve if axis[0] <= one["at"] <= axis[1]])
        .mark_line(color=AXIS, strokeWidth=1.5, clip=True)
        .encode(x=x, y=y, detail="curve:N"),
        _chart(points).mark_point(shape="circle", size=34, filled=False, stroke=OWN, opacity=1).encode(x=x, y=y),
    ]
    return alt.layer(*layers).properties(width=WIDTH - 40, height=300)


def icons(rows: Sequence[tuple[str, int]], of: int) -> "altair.LayerChart":
    """Return for each label how many of so many people: a large dot each who had the event, a small one each who had not."""
    import altair as alt

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
                    places = {"x": (first + 0.5) * step, "x2": (last - 0.5) * step + 0.5}
                    lines.append(places | {"y": y, "is_event": is_event})
            y += step
        y += FONT
    x = alt.Scale(domain=[0, WIDTH], nice=False)
    scale = alt.Scale(domain=[0, y], reverse=True, nice=False)
    down = alt.Y("y:Q", scale=scale, axis=None)
    layers = [
        _chart([one for one in lines if one["is_event"] is is_event])
        .mark_rule(color=color, strokeWidth=size * step, strokeCap="round", strokeDash=[0, step])
        .encode(x=alt.X("x:Q", scale=x, axis=None), x2="x2:Q", y=down)
        for is_event, color, size in ((True, OTHER, 0.8), (False, FAINT, 0.3))
    ]
    words = _chart(labels).mark_text(align="left", color=TEXT, fontSize=FONT).encode(x=alt.value(0), y=down, text="label:N")
    return alt.layer(*layers, words).properties(width=WIDTH, height=y)


def shares(rows: Sequence[Share]) -> "altair.LayerChart":
    """Return shares as bars from 0, each with a line where the share that it is compared with lies."""
    import altair as alt

    known = [x for one in rows for x in (one.share, one.beside) if x is not None]
    top = min(1.0, ceil(max(known, default=0.1) * 10 + 0.01) / 10)
    height = _height(rows)
    ys = _places(rows)
    x = alt.Scale(domain=[0, top], nice=False)
    data = [{"y": y, "share": one.share, "beside": one.beside} for y, one in zip(ys, rows, strict=True)]
    down = _down(height)
    bars = _chart([one for one in data if one["share"] is not None])
    lines = _chart([{**one, "from": one["y"] - 11, "to": one["y"] + 11} for one in data if one["beside"] is not None])
    ticks = alt.Axis(format=".0%", grid=False, tickCount=5, title=None, domainColor=AXIS, tickColor=AXIS, labelColor=QUIET)
    layers = [
        bars.mark_bar(fill=OWN, height=14).encode(x=alt.X("share:Q", scale=x, axis=ticks), x2=alt.datum(0), y=down),
        lines.mark_rule(color=OTHER, strokeWidth=3).encode(
            x=alt.X("beside:Q", scale=x), y=_down(height, "from"), y2="to:Q"
        ),
        *_missing([one["y"] for one in data if one["share"] is None], (0, top), height, x),
        *_labels(rows, WIDTH, height),
    ]
    return alt.layer(*layers).properties(width=WIDTH, height=height)


def counts(rows: Sequence[Share]) -> "altair.LayerChart":
    """Return counts as bars from 0."""
    import altair as alt

    height = _height(rows)
    data = [{"y": y, "count": one.share} for y, one in zip(_places(rows), rows, strict=True)]
    ticks = alt.Axis(format=",d", grid=False, tickCount=4, tickMinStep=1, title=None, domainColor=AXIS, tickColor=AXIS, labelColor=QUIET)
    x = alt.X("count:Q", scale=alt.Scale(domainMin=0, zero=True), axis=ticks)
    bars = _chart([one for one in data if one["count"] is not None]).mark_bar(fill=OWN, height=14)
    layers = [bars.encode(x=x, x2=alt.datum(0), y=_down(height)), *_labels(rows, WIDTH, height)]
    return alt.layer(*layers).properties(width=WIDTH, height=height)


def draw(chart: Any, name: str, title: str, alternative: str) -> str:
    """Return a chart as SVG for a page, with its title and text alternative for who does not see it."""
    import vl_convert

    chart = chart.configure(
        background="transparent", font="Arial, Helvetica, sans-serif", aria=False, padding={"left": 2, "right": 8, "top": 4, "bottom": 2}
    ).configure_view(stroke=None).configure_axis(labelFontSize=SMALL, titleFontSize=SMALL, titleFontWeight="normal")
    chart = chart.configure_title(fontSize=FONT, color=TEXT, offset=2).configure_concat(spacing=0)
    svg = vl_convert.vegalite_to_svg(chart.to_dict(validate=False))
    svg = re.sub(r' (?:role|aria-[a-z]+|pointer-events|class|font-family)="[^"]*"', "", svg)
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(?<=\.\d)\d+", "", tag.group()), svg)  # a tenth of a unit is less than anybody sees
    svg = re.sub(r'<path d="[^"]*" display="none"/>|<path d="M0,0h0v0h0Z"/>|<path d="M[^"]*Z"/>(?=<g><g)', "", svg)
    box = re.search(r'viewBox="[^"]*"', svg).group()  # type: ignore[union-attr]
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-labelledby="{name}-title {name}-words">'
    words = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-words">{escape(alternative)}</desc>'
    return re.sub(r"^<svg[^>]*>", lambda _: opening + words, svg)


def _stack(rows: Sequence[Interval], axis: tuple[float, float], width: int) -> "altair.LayerChart":
    import altair as alt

    height = _height(rows, width)
    data = [
        {
            "y": y,
            "value": _within(one.value, axis),
            "lower": _within(one.lower, axis),
            "upper": _within(one.upper if one.upper is not None else axis[1], axis),
            "is_clear": one.is_clear,
            "is_open": one.upper is None or one.upper > axis[1],
            "is_cut": one.lower is not None and one.lower < axis[0],
        }
        for y, one in zip(_places(rows, width), rows, strict=True)
    ]
    known = [one for one in data if one["value"] is not None]
    point = {"size": 100, "filled": True, "stroke": OWN, "strokeWidth": 2.5, "opacity": 1}
    arrows = [(one["y"], axis[1], "triangle-right") for one in known if one["is_open"]]
    arrows += [(one["y"], axis[0], "triangle-left") for one in known if one["is_cut"]]
    layers = [
        *_ground(axis, height),
        _layer(known, alt.X("lower:Q"), height).mark_rule(color=OWN, strokeWidth=2.5).encode(x2="upper:Q"),
        *(
            _layer([{"y": y, "at": at}], alt.X("at:Q"), height).mark_point(
                shape=shape, size=60, filled=True, fill=OWN, stroke=OWN, opacity=1
            )
            for y, at, shape in arrows
        ),
        *(
            _layer([one for one in known if one["is_clear"] is is_clear], alt.X("value:Q"), height).mark_point(
                shape="circle", fill=fill, **point
            )
            for is_clear, fill in ((True, OWN), (False, PAGE))
        ),
        *_missing([one["y"] for one in data if one["value"] is None], axis, height),
        *_labels(rows, width, height),
    ]
    return _whole(layers, axis, width, height)


def _ratio_axis(values: Sequence[float | None]) -> tuple[float, float]:
    """Return the ends of an axis of ratios: the usual ones, or as far as the values themselves reach."""
    known = [value for value in values if value]
    reach = max((max(value, 1 / value) for value in known), default=1.0)
    end = next((side for side in (SIDE, SIDE * 2) if reach <= side), SIDE * 4)
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


def _chart(data: Sequence[dict[str, Any]]) -> "altair.Chart":
    import altair as alt

    return alt.Chart(alt.Data(values=list(data)))


def _down(height: float, column: str = "y") -> "altair.Y":
    """Return the place of a mark down a plot, in its own units."""
    import altair as alt

    return alt.Y(f"{column}:Q", scale=alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False), axis=None)


def _layer(data: Sequence[dict[str, Any]], x: "altair.X", height: float) -> "altair.Chart":
    return _chart(data).encode(x=x, y=_down(height))


def _axis(axis: tuple[float, float], orient: str) -> "altair.Axis":
    import altair as alt

    ticks = [tick for tick in TICKS if axis[0] <= tick <= axis[1]]
    return alt.Axis(
        values=ticks,
        labelExpr=" : ".join(f"datum.value == {tick} ? '{tick:g}'" for tick in ticks) + " : ''",
        orient=orient,
        grid=False,
        title=None,
        domainColor=AXIS,
        tickColor=AXIS,
        labelColor=QUIET,
        labelOverlap=True,
    )


def _ground(axis: tuple[float, float], height: float) -> list["altair.Chart"]:
    """Return what lies below the marks: the band of 'within', and the line where there is no difference."""
    import altair as alt

    scale = alt.Scale(type="log", domain=axis, nice=False)
    band = {"x": alt.X(datum=setting("size_within_from"), scale=scale), "x2": alt.datum(setting("size_within_to"))}
    return [
        _chart([{}]).mark_rect(fill=BAND).encode(**band, y=alt.value(0), y2=alt.value(height)),
        _chart([{}]).mark_rule(color=AXIS).encode(x=alt.X(datum=1, scale=scale), y=alt.value(0), y2=alt.value(height)),
    ]


def _missing(
    ys: Sequence[float], axis: tuple[float, float], height: float, scale: "altair.Scale | None" = None
) -> list["altair.Chart"]:
    """Return the marks of 'not enough numbers to say': a dashed line all the way across, and no point."""
    import altair as alt

    if not ys:
        return []
    x = alt.X("from:Q", scale=scale) if scale is not None else alt.X("from:Q")
    data = [{"y": y, "from": axis[0], "to": axis[1]} for y in ys]
    return [_layer(data, x, height).mark_rule(color=FAINT, strokeDash=[5, 5], strokeWidth=2).encode(x2="to:Q")]


def _labels(rows: Sequence[Any], width: int, height: float) -> list["altair.Chart"]:
    """Return each row's label with its figures: at the right of the label, or below it where both are long."""
    import altair as alt

    is_tall = _is_tall(rows, width)
    data = [
        {"y": y - (30 if is_tall else 15), "below": y - 15, "label": one.label, "text": one.text}
        for y, one in zip(_places(rows, width), rows, strict=True)
    ]
    down = _down(height)
    label = _chart(data).mark_text(align="left", color=TEXT, fontSize=FONT, baseline="middle")
    text = _chart(data).mark_text(
        align="left" if is_tall else "right", color=QUIET if is_tall else TEXT, fontSize=FONT, baseline="middle"
    )
    return [
        label.encode(x=alt.value(0), y=down, text="label:N"),
        text.encode(
            x=alt.value(0 if is_tall else width), y=_down(height, "below"), text="text:N"
        ),
    ]


def _whole(layers: Sequence[Any], axis: tuple[float, float], width: int, height: float) -> "altair.LayerChart":
    """Return the layers as one plot, with the axis below."""
    import altair as alt

    bottom = _chart([{"at": 1}]).mark_point(opacity=0).encode(
        x=alt.X("at:Q", scale=alt.Scale(type="log", domain=axis, nice=False), axis=_axis(axis, "bottom")),
        y=alt.value(height),
    )
    return alt.layer(bottom, *layers).properties(width=width, height=height)
