"""Scores with their intervals under each other on one scale: a forest plot."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import svg, words
from figures.axes import Scale, bounds, clamped, ticks
from figures.over_time import Level
from figures.svg import drawable

ROW = 24
GUTTER = 12
# The plot has at least about this many pixels; names are cut for it.
PLOT = 96
# With this many rows the scale is also drawn above them.
LONG = 20


@dataclass(frozen=True)
class Interval:
    """A row: score and interval as they may be shown; None or NaN = unknown.

    `rank` is a text: the rank, or the rank, a blank and its interval.
    """

    name: str
    score: float | None
    low: float | None = None
    high: float | None = None
    is_baseline: bool = False
    rank: str = ""
    is_highlighted: bool = False


@dataclass(frozen=True)
class _Layout:
    """The columns: right end of ranks, start and width of names, the plot."""

    rank: float
    name: float
    room: float
    plot: Scale
    is_narrow: bool


def forest_plot(
    name: str, title: str, rows: Sequence[Interval], *, reference: Level | None = None,
    focus: tuple[float, float] | None = None, limits: tuple[float, float] | None = None,
    decimals: int = 3, width: int = svg.WIDTH,
) -> str:  # fmt: skip
    """Rows in the order given, on one scale; `reference` is a dashed line through all of them.

    The scale has the values in `focus`, by default all, and an arrow points to what is beyond. It
    never goes past `limits`. A row without a score stays in its place and says so. Empty string if
    no row has a score.
    """
    values = [value for row in rows for value in _values(row)]
    if not values:
        return ""
    base = drawable(reference.value) if reference else None
    within = bounds(focus or (values if base is None else [*values, base]))
    within = clamped(within, limits)
    layout = _layout(rows, within, decimals, width)
    is_long = len(rows) >= LONG
    top = 8 + 20 * (base is not None) + 20 * is_long
    bottom = top + ROW * len(rows)
    body = _axis(layout.plot, (top, bottom), is_long)
    descriptions = [_description(row, decimals) for row in rows]
    if reference and base is not None:
        body += _reference(layout.plot, reference.name, base, (top, bottom))
        descriptions.append(
            f"Dashed line: {svg.named(reference.name)}, {words.number(base, decimals)}"
        )
    for place, row in enumerate(rows):
        body += _row(row, layout, top + ROW * (place + 0.5), decimals, width)
    return svg.sheet(name, title, "; ".join(descriptions) + ".", (width, bottom + 28), body)


def _values(row: Interval) -> list[float]:
    if drawable(row.score) is None:
        return []
    given = (row.score, row.low, row.high)
    return [value for item in given if (value := drawable(item)) is not None]


def _layout(
    rows: Sequence[Interval], within: tuple[float, float], decimals: int, width: int
) -> _Layout:
    narrow = width < svg.NARROW
    ranks = min(max(svg.width_of(_split(row.rank)[0]) for row in rows), 64)
    spans = min(max(svg.width_of(_split(row.rank)[1]) for row in rows), 64)
    start = ranks + (0 if narrow or not spans else spans + 4) + (GUTTER if ranks else 0)
    longest = max(svg.width_of(svg.named(row.name)) for row in rows)
    scores = max(svg.width_of(_numbers(row, decimals, narrow)) for row in rows)
    names = max(min(longest, width * 0.3, width - start - scores - 40 - PLOT), 40)
    scale = Scale(*within, start + names + 20, width - scores - 20)
    return _Layout(ranks, start, names, scale, narrow)


def _axis(plot: Scale, between: tuple[float, float], is_long: bool) -> list[str]:
    top, bottom = between
    body = []
    few = max(2, int((plot.end - plot.start) // 44))
    # A single number is not a scale.
    found = (ticks(plot.low, plot.high, most) for most in range(few, 2 * few + 1))
    values, decimals = next((each for each in found if len(each[0]) > 1), ([], 0))
    free = -float("inf")  # where the next text fits
    for value in values:
        x, text = plot(value), words.number(value, decimals)
        body.append(svg.line((x, top), (x, bottom), stroke=svg.GRID))
        half = svg.width_of(text) / 2
        if x - half < free:
            continue
        free = x + half + 6
        body.append(svg.label(x, bottom + 18, text, anchor="middle", fill=svg.QUIET))
        if is_long:
            body.append(svg.label(x, top - 8, text, anchor="middle", fill=svg.QUIET))
    body.append(svg.line((plot.start, bottom), (plot.end, bottom)))
    return body


def _reference(plot: Scale, name: str, value: float, between: tuple[float, float]) -> list[str]:
    x, (top, bottom) = plot(value), between
    text = svg.cut(name, plot.end - plot.start)
    half = svg.width_of(text) / 2
    middle = min(max(x, plot.start + half), plot.end - half)
    return [
        svg.line((x, 20), (x, top), stroke=svg.LINE, dash=svg.DASHED),
        svg.line((x, top), (x, bottom), stroke=svg.LINE, width=1.5, dash=svg.DASHED),
        svg.label(middle, 14, text, anchor="middle", fill=svg.QUIET, italic=True),
    ]


def _row(row: Interval, layout: _Layout, y: float, decimals: int, width: int) -> list[str]:
    fill = svg.QUIET if row.is_baseline else svg.ACCENT if row.is_highlighted else svg.INK
    text = svg.cut(row.name, layout.room)
    numbers = _numbers(row, decimals, layout.is_narrow)
    rank, within = _split(row.rank)
    body = [
        svg.label(layout.rank, y + 4.5, svg.cut(rank, 64), anchor="end", fill=fill),
        svg.label(
            *(layout.name, y + 4.5, text),
            fill=fill,
            italic=row.is_baseline,
            bold=row.is_highlighted,
        ),
        svg.label(width, y + 4.5, numbers, anchor="end", fill=fill),
    ]
    if within and not layout.is_narrow:
        text = svg.cut(within, 64)
        body.append(svg.label(layout.rank + 4, y + 4.5, text, fill=svg.QUIET))
    score, low, high = drawable(row.score), drawable(row.low), drawable(row.high)
    if score is None:
        return body
    if low is not None and high is not None:
        dash = "3 2" if row.is_baseline else ""
        ends = (layout.plot(low), y), (layout.plot(high), y)
        body.append(svg.line(*ends, stroke=fill, width=1.5, dash=dash))
    body += _beyond(row, layout.plot, y, fill)
    if not layout.plot.low <= score <= layout.plot.high:
        return body
    return [*body, svg.dot(layout.plot(score), y, fill=fill, hollow=row.is_baseline)]


def _beyond(row: Interval, plot: Scale, y: float, stroke: str) -> list[str]:
    """Arrows at the ends of the scale toward a score or an end of its interval beyond it."""
    values = _values(row)
    return [
        *([svg.arrow(plot.start, y, (-1, 0), stroke=stroke)] if min(values) < plot.low else []),
        *([svg.arrow(plot.end, y, (1, 0), stroke=stroke)] if max(values) > plot.high else []),
    ]


def _split(rank: str) -> tuple[str, str]:
    """The rank and its interval."""
    place, _, within = svg.named(rank).partition(" ")
    return place, within


def _numbers(row: Interval, decimals: int, is_narrow: bool) -> str:
    score, low, high = drawable(row.score), drawable(row.low), drawable(row.high)
    if score is None:
        return "no score"
    if is_narrow or low is None or high is None:
        return words.number(score, decimals)
    within = f"{words.number(low, decimals)} to {words.number(high, decimals)}"
    return f"{words.number(score, decimals)} ({within})"


def _description(row: Interval, decimals: int) -> str:
    who = f"{svg.named(row.name)}: {_numbers(row, decimals, is_narrow=False)}"
    if row.is_baseline:
        return f"Baseline {who}"
    return f"Rank {svg.named(row.rank)}, {who}" if row.rank else who
