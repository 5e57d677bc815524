"""Best displayed scores over time as steps, with baselines and the ceiling as lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from figures import svg, words
from figures.axes import Scale, bounds, clamped, date_ticks, day, spread, ticks
from figures.svg import drawable

LABELLED = 12
LABEL = 18
LOWEST = 240
AXIS = 46
JOINED = 'stroke-linejoin="round"'
SHORTEST = timedelta(hours=1)  # of the axis


@dataclass(frozen=True)
class Line:
    """A team's best score from each time (with a zone) on; None and NaN are left out."""

    name: str
    points: Sequence[tuple[datetime, float | None]]
    is_highlighted: bool = False


@dataclass(frozen=True)
class Level:
    """A constant score: a baseline or a ceiling. It may have more decimals than the lines.

    The one that is highlighted is what the lines are compared with.
    """

    name: str
    value: float | None
    decimals: int | None = None
    is_highlighted: bool = False


@dataclass(frozen=True)
class _End:
    """The text at the right end of a line."""

    value: float
    name: str
    stroke: str
    decimals: int
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class _Plot:
    x: Scale
    y: Scale
    start: datetime
    end: datetime


def step_chart(
    name: str, title: str, lines: Sequence[Line], *, baselines: Sequence[Level] = (),
    ceiling: Level | None = None, axis: str = "", decimals: int = 3,
    until: datetime | None = None, focus: tuple[float, float] | None = None,
    limits: tuple[float, float] | None = None, width: int = svg.WIDTH,
) -> str:  # fmt: skip
    """Steps of each line up to `until` (default: its last time of all), named at their right end.

    The first twelve lines and the highlighted ones get a name, so lines come best first. `axis`
    names the values. The time axis is an hour or more. The other has the values in `focus`, by
    default all, with an arrow where a line comes from beyond, and never goes past `limits`. Empty
    string if no line has a value.
    """
    drawn = [(line, points) for line in lines if (points := _points(line))]
    if not drawn:
        return ""
    levels = [level for level in baselines if drawable(level.value) is not None]
    top = ceiling if ceiling and drawable(ceiling.value) is not None else None
    ends = _ends(drawn, levels, top, decimals)
    height = max(LOWEST, LABEL * len(ends))
    values = [value for _, points in drawn for _, value in points]
    values += [each.value for each in [*levels, top] if each and each.value is not None]
    within = clamped(bounds(focus or values), limits)
    plot = _plot(drawn, within, until, (width, height))
    body = [*_grid(plot, axis), *_levels(plot, levels, top)]
    quiet_first = sorted(drawn, key=lambda item: item[0].is_highlighted)
    body += [_steps(plot, line, points, decimals) for line, points in quiet_first]
    body += _names(plot, ends, width)
    description = _description(drawn, levels, top, decimals)
    return svg.sheet(name, title, description, (width, height + AXIS + svg.GAP), body)


def _points(line: Line) -> list[tuple[datetime, float]]:
    found = [
        (time.astimezone(UTC), value)
        for time, given in line.points
        if (value := drawable(given)) is not None
    ]
    return sorted(found, key=lambda point: point[0])


def _plot(
    drawn: Sequence[tuple[Line, list[tuple[datetime, float]]]], within: tuple[float, float],
    until: datetime | None, size: tuple[int, int],
) -> _Plot:  # fmt: skip
    width, height = size
    times = [time for _, points in drawn for time, _ in points]
    end = max(until.astimezone(UTC) if until else max(times), min(times))
    start = min(*times, end - SHORTEST)
    low, high = within
    named = min(232.0, width * (0.42 if width < svg.NARROW else 0.36))
    return _Plot(
        Scale(start.timestamp(), end.timestamp(), _left(low, high), width - named),
        Scale(low, high, height + svg.GAP, svg.GAP),
        start,
        end,
    )


def _left(low: float, high: float) -> float:
    values, decimals = ticks(low, high)
    return max(svg.width_of(words.number(value, decimals)) for value in values) + svg.GAP


def _grid(plot: _Plot, axis: str) -> list[str]:
    values, decimals = ticks(plot.y.low, plot.y.high)
    left, right, bottom = plot.x.start, plot.x.end, plot.y.start
    body = []
    for value in values:
        y, text = plot.y(value), words.number(value, decimals)
        body.append(svg.line((left, y), (right, y), stroke=svg.GRID))
        body.append(svg.label(left - 8, y + 4.5, text, anchor="end", fill=svg.QUIET))
    body.append(svg.line((left, bottom), (right, bottom)))
    for time, text in date_ticks(plot.start, plot.end, right - left):
        x = plot.x(time.timestamp())
        body.append(svg.line((x, bottom), (x, bottom + 4)))
        body.append(svg.label(x, bottom + 18, text, anchor="middle", fill=svg.QUIET))
    years = {str(plot.start.year): None, str(plot.end.year): None}
    caption = " · ".join([*([axis] if axis else []), f"times in UTC, {'–'.join(years)}"])
    body.append(svg.label(left, bottom + 40, caption, fill=svg.QUIET))
    return body


def _levels(plot: _Plot, baselines: Sequence[Level], ceiling: Level | None) -> list[str]:
    dashes = [(level, svg.DASHED) for level in baselines]
    dashes += [(ceiling, svg.DOTTED)] if ceiling else []
    return [
        svg.line(
            (plot.x.start, plot.y(level.value)), (plot.x.end, plot.y(level.value)),
            stroke=_stroke(level), width=1.5, dash=dash,
        )
        for level, dash in dashes
        if level.value is not None and _is_in(plot, level.value)
    ]  # fmt: skip


def _stroke(level: Level) -> str:
    return svg.REFERENCE if level.is_highlighted else svg.LINE


def _is_in(plot: _Plot, value: float) -> bool:
    return plot.y.low <= value <= plot.y.high


def _steps(
    plot: _Plot, line: Line, points: Sequence[tuple[datetime, float]], decimals: int
) -> str:  # fmt: skip
    """The steps of a line as far as the axis goes, with arrows where it leaves it or enters."""
    xs = plot.x.all([time.timestamp() for time, _ in points])
    ys = plot.y.all([value for _, value in points])
    inside = [_is_in(plot, value) for _, value in points]
    stroke, width = (svg.ACCENT, "2.5") if line.is_highlighted else (svg.QUIET, "1.25")
    drawn, crossings = "", []
    for x, end, y, before, is_in, was_in in zip(
        *(xs, [*xs[1:], plot.x.end], ys, [None, *ys], inside, [False, *inside]), strict=False
    ):
        if not is_in and not was_in:
            continue
        if before is not None and is_in != was_in:
            crossings.append((x, before if is_in else y))
        start = svg.path("V%.1f", y) if was_in else svg.path("M%.1f %.1f", x, before or y)
        rise = svg.path("V%.1f", y) if before is not None and not was_in else ""
        drawn += start + rise + (svg.path("H%.1f", end) if is_in else "")
    crossings = crossings if drawn else [(plot.x.end, ys[-1])]
    arrows = [
        svg.arrow(x, edge, (0, 1 if edge == plot.y.start else -1), stroke=stroke)
        for x, edge in crossings
    ]
    if drawn:
        drawn = f'<path d="{drawn}" stroke="{stroke}" stroke-width="{width}" {JOINED}/>'
    told = f"<title>{escape(_told(line, points, decimals))}</title>"
    return f"<g>{told}{drawn}{''.join(arrows)}</g>"


def _ends(
    drawn: Sequence[tuple[Line, list[tuple[datetime, float]]]],
    baselines: Sequence[Level], ceiling: Level | None, decimals: int,
) -> list[_End]:  # fmt: skip
    ends = [
        _End(points[-1][1], line.name, svg.ACCENT, decimals, bold=True)
        if line.is_highlighted
        else _End(points[-1][1], line.name, svg.INK, decimals)
        for place, (line, points) in enumerate(drawn)
        if place < LABELLED or line.is_highlighted
    ]
    levels = [*baselines, *([ceiling] if ceiling else [])]
    return ends + [
        _End(
            level.value,
            level.name,
            svg.REFERENCE if level.is_highlighted else svg.QUIET,
            _display_decimals(level, decimals),
            italic=True,
        )
        for level in levels
        if level.value is not None
    ]


def _display_decimals(level: Level, decimals: int) -> int:
    return decimals if level.decimals is None else level.decimals


def _names(plot: _Plot, ends: Sequence[_End], width: int) -> list[str]:
    """Value and name of each line next to its end, joined to it by a line if it had to move."""
    at = [plot.y(end.value) for end in ends]
    placed = spread(at, [LABEL] * len(ends), plot.y.end - LABEL / 2, plot.y.start + LABEL / 2)
    x = plot.x.end + 20
    numbers = [words.number(end.value, end.decimals) for end in ends]
    room = max(svg.width_of(text) for text in numbers) + 8
    body = []
    for end, y, text, value in zip(ends, placed, numbers, at, strict=True):
        body.append(svg.line((plot.x.end + 2, value), (x - 4, y), stroke=svg.LINE))
        left = (width - x - room - 6) / (svg.BOLD if end.bold else 1)
        fill, name = end.stroke, svg.cut(end.name, left)
        body.append(svg.label(x, y + 4.5, text, fill=fill, bold=end.bold))
        body.append(svg.label(x + room, y + 4.5, name, fill=fill, bold=end.bold, italic=end.italic))
    return body


def _told(line: Line, points: Sequence[tuple[datetime, float]], decimals: int) -> str:
    (first, was), (last, now) = points[0], points[-1]
    later = f", {words.number(now, decimals)} since {day(last)}" if len(points) > 1 else ""
    return f"{svg.named(line.name)}: {words.number(was, decimals)} on {day(first)}{later}"


def _description(
    drawn: Sequence[tuple[Line, list[tuple[datetime, float]]]],
    baselines: Sequence[Level], ceiling: Level | None, decimals: int,
) -> str:  # fmt: skip
    texts = []
    for line, points in drawn:
        texts.append(_told(line, points, decimals))
    for level, kind in [*((level, "Baseline") for level in baselines), (ceiling, "Ceiling")]:
        if level and level.value is not None:
            value = words.number(level.value, _display_decimals(level, decimals))
            texts.append(f"{kind} {svg.named(level.name)}: {value}")
    return "; ".join(texts) + "."
