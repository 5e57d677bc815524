"""The critical-difference diagram of mean ranks (Demšar 2006), best at the left."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from figures import svg
from figures.axes import Scale, ticks
from figures.svg import drawable

ROW = 22
AXIS = 64
BAR = 9
OVER = 5


@dataclass(frozen=True)
class _Sides:
    """Places of the entries from best to worst: the left half outside in, and the right one."""

    left: Sequence[int]
    right: Sequence[int]


def cd_diagram(
    name: str, title: str, names: Sequence[str], mean_ranks: Sequence[float],
    cliques: Sequence[tuple[int, ...]], critical_difference: float, *,
    width: int = svg.WIDTH,
) -> str:  # fmt: skip
    """Mean ranks (1 = best) on an axis, a bar over each clique, and the critical difference.

    `cliques` hold indices of entries that do not differ from each other; those of one entry are not
    drawn. Empty string for fewer than two entries or if a rank or the difference is not a number.
    """
    ranks = [value for rank in mean_ranks if (value := drawable(rank)) is not None]
    difference = drawable(critical_difference)
    if len(names) < 2 or len(ranks) != len(names) or difference is None:
        return ""
    order = sorted(range(len(ranks)), key=lambda place: ranks[place])
    half = (len(order) + 1) // 2
    sides = _Sides(order[:half], order[half:][::-1])
    texts = [f"{rank:.2f}" for rank in ranks]
    numbers = max(svg.width_of(text) for text in texts) + 6
    room = min(max(svg.width_of(svg.named(who)) for who in names), width * 0.28 - numbers)
    axis = _scale(ranks, difference, (room + numbers + 16, width - room - numbers - 16))
    bars = _levels([clique for clique in cliques if len(clique) > 1], ranks, axis)
    first = AXIS + 12 + BAR * (1 + max((level for _, level in bars), default=0)) + 16
    body = _axis(axis, difference)
    labels = [svg.cut(who, room) for who in names]
    body += _side(sides.left, axis, (labels, texts, ranks), first, (0.0, numbers))
    body += _side(sides.right, axis, (labels, texts, ranks), first, (width, -numbers))
    body += _bars(axis, bars, ranks)
    description = _description(order, names, ranks, [clique for clique, _ in bars], difference)
    return svg.sheet(name, title, description, (width, first + ROW * half), body)


def _scale(ranks: Sequence[float], difference: float, pixels: tuple[float, float]) -> Scale:
    low = math.floor(min(ranks))
    high = max(math.ceil(max(ranks)), low + 1, low + difference)
    return Scale(low, high, *pixels)


def _levels(
    cliques: Sequence[tuple[int, ...]], ranks: Sequence[float], axis: Scale
) -> list[tuple[tuple[int, ...], int]]:
    """Each clique, best first, with the topmost level on which its bar touches no other."""
    ends: list[float] = []
    found = []
    for clique in sorted(cliques, key=lambda clique: min(ranks[place] for place in clique)):
        low, high = (axis(pick(ranks[place] for place in clique)) for pick in (min, max))
        level = next((at for at, end in enumerate(ends) if end + 4 * OVER < low), len(ends))
        ends[level : level + 1] = [high]
        found.append((clique, level))
    return found


def _axis(axis: Scale, difference: float) -> list[str]:
    start, end = axis(axis.low), axis(axis.low + difference)
    body = [
        svg.label(start, 14, f"critical difference {difference:.2f}", fill=svg.QUIET),
        svg.line((start, 24), (end, 24), stroke=svg.INK, width=1.5),
        *(svg.line((x, 20), (x, 28), stroke=svg.INK, width=1.5) for x in (start, end)),
        svg.line((axis.start, AXIS), (axis.end, AXIS), stroke=svg.INK),
    ]
    values, _ = ticks(axis.low, axis.high, max(2, int((axis.end - axis.start) // 28)))
    for value in values:
        if value == round(value):
            x = axis(value)
            body.append(svg.line((x, AXIS - 5), (x, AXIS), stroke=svg.INK))
            text = f"{value:.0f}"
            body.append(svg.label(x, AXIS - 10, text, anchor="middle", fill=svg.QUIET))
    return body


def _bars(
    axis: Scale, bars: Sequence[tuple[tuple[int, ...], int]], ranks: Sequence[float]
) -> list[str]:
    body = []
    for clique, level in bars:
        low, high = (axis(pick(ranks[place] for place in clique)) for pick in (min, max))
        y = AXIS + 12 + BAR * level
        ends = (low - OVER, y), (high + OVER, y)
        body.append(svg.line(*ends, stroke=svg.ACCENT, width=4, cap="round"))
    return body


def _side(
    places: Sequence[int], axis: Scale,
    entries: tuple[Sequence[str], Sequence[str], Sequence[float]],
    first: float, edge: tuple[float, float],
) -> list[str]:  # fmt: skip
    """One half of the entries: rank and name at the edge, a line from there up to the axis."""
    labels, texts, ranks = entries
    x, step = edge
    anchor, away = ("start", 1) if step > 0 else ("end", -1)
    body = []
    for row, place in enumerate(places):
        y, at = first + ROW * row, axis(ranks[place])
        body += [
            svg.label(x, y + 4.5, texts[place], anchor=anchor, fill=svg.QUIET),
            svg.label(x + step, y + 4.5, labels[place], anchor=anchor),
        ]
        inner = x + step + away * (svg.width_of(labels[place]) + 6)
        lead = svg.path("M%.1f %.1fH%.1fV%.1f", inner, y, at, AXIS)
        body.append(f'<path d="{lead}" stroke="{svg.LINE}"/>')
    return body


def _description(
    order: Sequence[int], names: Sequence[str], ranks: Sequence[float],
    cliques: Sequence[tuple[int, ...]], difference: float,
) -> str:  # fmt: skip
    means = "; ".join(f"{svg.named(names[place])} {ranks[place]:.2f}" for place in order)
    joined = "; ".join(
        ", ".join(svg.named(names[place]) for place in order if place in clique)
        for clique in cliques
    )
    ending = (
        f"Not significantly different: {joined}."
        if cliques
        else "All entries differ significantly."
    )
    return f"Mean ranks, best first: {means}. Critical difference {difference:.2f}. {ending}"
