"""Values over a size that grows by factors: learning curves and sweeps of capacity."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from figures import svg, words
from figures.axes import Scale, bounds, ticks

TALL = 220
AXIS = 46
LEGEND = 20
GAP = 8
WHISKER = 4
MOST_DECADES = 5


@dataclass(frozen=True)
class Curve:
    """Points (size, value) by rising size; `whiskers` are their intervals, one each or none."""

    name: str
    points: Sequence[tuple[int, float]]
    whiskers: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Mark:
    """A size marked by a vertical line with a label."""

    size: int
    name: str


def curve_chart(
    name: str, title: str, main: Curve, other: Curve, *, axes: tuple[str, str],
    mark: Mark | None = None, by_powers: bool = False, decimals: int = 3,
    width: int = svg.WIDTH,
) -> str:  # fmt: skip
    """The main curve with its intervals and another one dashed, over sizes on a logarithmic scale.

    `axes` name the horizontal and the vertical axis. `by_powers`: the values are on a logarithmic
    scale too, set by the main curve; lower values of the other are drawn at the bottom. Empty
    string if the main curve has no point.
    """
    if not main.points:
        return ""
    x, y, steps = _scales(main, other, by_powers, width)
    sizes = [size for size, _ in main.points]
    # The marked size always has its number, even if others have no room.
    first = [mark.size] if mark and mark.size in sizes else []
    body = [*_legend(main, other, width), *_grid(x, y, steps, axes)]
    body += _sizes(x, y, [*first, *reversed(sizes)])
    if mark:
        body += _mark(x, y, mark)
    body += _line(other, x, y, by_powers, is_main=False)
    body += _line(main, x, y, by_powers, is_main=True)
    description = _description(main, other, mark, decimals, by_powers)
    return svg.sheet(name, title, description, (width, y.start + AXIS), body)


def power_text(value: float) -> str:
    """A number of any size in about three figures, as 0.04, 2.21 or 12,300."""
    if value == 0 or not 1e-4 <= abs(value) < 1e6:
        return "0" if value == 0 else f"{value:.0e}".replace("-", "−")
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}".replace("-", "−")


def _scales(
    main: Curve, other: Curve, by_powers: bool, width: int
) -> tuple[Scale, Scale, list[tuple[float, str]]]:
    """The scales of sizes and values, and the ticks of the values with their texts."""
    sizes = [math.log(size) for size, _ in main.points]
    values = [value for _, value in main.points]
    if by_powers:
        logs = [_log(value) for value in values]
        low, high = math.floor(min(logs)), max(math.ceil(max(logs)), math.floor(min(logs)) + 1)
        step = -(-(high - low) // MOST_DECADES)
        steps = [(float(power), _decade(power)) for power in range(low, high + 1, step)]
        within = (float(low), float(high))
    else:
        values += [end for ends in main.whiskers for end in ends]
        within = bounds([*values, *(value for _, value in other.points)])
        found, decimals = ticks(*within)
        steps = [(value, words.number(value, decimals)) for value in found]
    left = max((svg.width_of(text) for _, text in steps), default=0) + 12
    low_x, high_x = min(sizes), max(sizes)
    room = 0.0 if high_x > low_x else 1.0
    margin = 14
    bottom = LEGEND + GAP + TALL
    return (
        Scale(low_x - room, high_x + room, left + margin, width - margin - 6),
        Scale(*within, bottom, LEGEND + GAP),
        steps,
    )


def _log(value: float) -> float:
    return math.log10(max(value, 1e-12))


def _decade(power: int) -> str:
    if 0 <= power < 6:
        return f"{10**power:,}"
    return f"{10.0**power:.{-power}f}" if -4 < power < 0 else power_text(10.0**power)


def _legend(main: Curve, other: Curve, width: int) -> list[str]:
    """Both curves' names above the plot, each after a sample of its line."""
    body, x = [], 0.0
    for curve, is_main in ((main, True), (other, False)):
        if not curve.points:
            continue
        text = svg.cut(curve.name, width / 2 - 34)
        stroke, dash, thick = _style(is_main)
        body.append(svg.line((x, 9), (x + 22, 9), stroke=stroke, width=thick, dash=dash))
        body.append(svg.label(x + 28, 13.5, text, fill=svg.INK if is_main else svg.QUIET))
        x += 28 + svg.width_of(text) + 20
    return body


def _grid(
    x: Scale, y: Scale, steps: Sequence[tuple[float, str]], axes: tuple[str, str]
) -> list[str]:
    left, right = x.start - 14, x.end + 6
    body = []
    for value, text in steps:
        at = y(value)
        body.append(svg.line((left, at), (right, at), stroke=svg.GRID))
        body.append(svg.label(left - 8, at + 4.5, text, anchor="end", fill=svg.QUIET))
    body.append(svg.line((left, y.start), (right, y.start)))
    across, up = axes
    body.append(svg.label(left, y.start + 40, f"across: {across} · up: {up}", fill=svg.QUIET))
    return body


def _sizes(x: Scale, y: Scale, sizes: Sequence[int]) -> list[str]:
    """The numbers of the sizes that have room, earlier ones first."""
    taken: list[tuple[float, float]] = []
    body = []
    for size in sizes:
        at, text = x(math.log(size)), f"{size:,}"
        half = svg.width_of(text) / 2 + 4
        if any(at - half < end and at + half > start for start, end in taken):
            continue
        taken.append((at - half, at + half))
        body.append(svg.line((at, y.start), (at, y.start + 4)))
        body.append(svg.label(at, y.start + 18, text, anchor="middle", fill=svg.QUIET))
    return body


def _mark(x: Scale, y: Scale, mark: Mark) -> list[str]:
    at = x(math.log(mark.size))
    text = svg.cut(mark.name, max(at - x.start, x.end - at))
    is_left = at - x.start > x.end - at
    return [
        svg.line((at, y.start), (at, y.end), dash=svg.DASHED),
        svg.label(
            at + (-6 if is_left else 6), y.end + 12, text,
            anchor="end" if is_left else "start", fill=svg.QUIET,
        ),
    ]  # fmt: skip


def _style(is_main: bool) -> tuple[str, str, float]:
    return (svg.ACCENT, "", 2) if is_main else (svg.QUIET, svg.DOTTED, 1.5)


def _line(curve: Curve, x: Scale, y: Scale, by_powers: bool, *, is_main: bool) -> list[str]:
    if not curve.points:
        return []
    stroke, dash, thick = _style(is_main)
    height = (lambda value: y(_log(value))) if by_powers else y
    at = [(x(math.log(size)), height(value)) for size, value in curve.points]
    body = [
        svg.line(first, second, stroke=stroke, width=thick, dash=dash)
        for first, second in pairwise(at)
    ]
    for (left, _), (low, high) in zip(at, curve.whiskers, strict=False):
        body.append(svg.line((left, height(low)), (left, height(high)), stroke=stroke))
        body += [
            svg.line((left - WHISKER, end), (left + WHISKER, end), stroke=stroke)
            for end in (height(low), height(high))
        ]
    if is_main:
        body += [svg.dot(*each, fill=stroke, radius=3.5) for each in at]
    return body


def _description(
    main: Curve, other: Curve, mark: Mark | None, decimals: int, by_powers: bool
) -> str:
    def text(value: float) -> str:
        return power_text(value) if by_powers else words.number(value, decimals)

    texts = []
    for curve in (main, other):
        points = "; ".join(f"at {size:,} {text(value)}" for size, value in curve.points)
        texts += [f"{curve.name}: {points}."] if points else []
    texts += [f"Line at {mark.size:,}: {mark.name}."] if mark else []
    return " ".join(texts)
