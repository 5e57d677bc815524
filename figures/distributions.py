"""Distributions: a tiny one for a table's cell, a bar per class, two over one axis."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import svg, words
from figures.axes import spread

TINY = (120, 24)
WIDTH = 480
LABELS = 184
NUMBERS = 112
ROW = 24
PLOT = 150


@dataclass(frozen=True)
class Bar:
    """A class: `share` gives the bar its length, `text` follows it."""

    name: str
    share: float
    text: str


def sparkbars(
    name: str, title: str, description: str, heights: Sequence[Sequence[float]],
    hints: Sequence[str] = (),
) -> str:  # fmt: skip
    """Bars for the first distribution and an outline for each other one; heights in [0, 1].

    A hint of each bar shows when a pointer is on it.
    """
    width, height = TINY
    box = (0.0, 1.0, float(width), height - 2.0)
    ground = ((0, height - 0.5), (width, height - 0.5))
    body = [svg.bars(heights[0], box, fill=svg.ACCENT)]
    body += [svg.outline(other, box, stroke=svg.INK) for other in heights[1:]]
    step = width / max(len(hints), 1)
    body += [
        svg.rect((step * place, 0, step, height), fill="transparent", title=hint)
        for place, hint in enumerate(hints)
    ]
    return svg.frame(name, title, description, TINY, [*body, svg.line(*ground)])


def class_bars(name: str, title: str, bars: Sequence[Bar], rest: str = "") -> str:
    """A horizontal bar per class, between its name and its text; `rest` is a line below them."""
    most = max(bar.share for bar in bars) or 1.0
    names = [svg.cut(bar.name, LABELS) for bar in bars]
    left = max(svg.width_of(text) for text in names) + svg.GAP
    body = []
    for place, (bar, text) in enumerate(zip(bars, names, strict=True)):
        y = ROW * place
        length = max((WIDTH - left - NUMBERS) * bar.share / most, 1.0)
        area = (left, y + 4, length, ROW - 8)
        body += [
            svg.label(left - 8, y + 16, text, anchor="end"),
            svg.rect(area, fill=svg.ACCENT, title=words.short(bar.name, 200)),
            svg.label(left + length + 6, y + 16, bar.text, fill=svg.QUIET),
        ]
    if rest:
        body.append(svg.label(left, ROW * len(bars) + 16, rest, fill=svg.QUIET))
    texts = [f"{svg.named(bar.name)}: {bar.text}" for bar in bars]
    description = "; ".join([*texts, rest] if rest else texts) + "."
    height = (len(bars) + bool(rest)) * ROW + svg.GAP
    return svg.sheet(name, title, description, (WIDTH, height), body)


def overlap(
    name: str, title: str, description: str, *, filled: tuple[str, Sequence[float]],
    outlined: tuple[str, Sequence[float]], axis: tuple[str, str, str],
) -> str:  # fmt: skip
    """Two distributions over equal bins of one axis, each named in place.

    Both are a name and shares that add up to 1. `axis` is its text at the left, middle and right.
    """
    most = max(*filled[1], *outlined[1])
    box = (0.0, float(ROW), float(WIDTH), float(PLOT))
    bottom = ROW + PLOT
    left, middle, right = axis
    body = [
        svg.bars([share / most for share in filled[1]], box, fill=svg.ACCENT),
        svg.outline([share / most for share in outlined[1]], box, stroke=svg.INK),
        svg.line((0, bottom), (WIDTH, bottom)),
        *_names(filled, outlined),
        svg.label(0, bottom + 18, left, fill=svg.QUIET),
        svg.label(WIDTH, bottom + 18, right, anchor="end", fill=svg.QUIET),
        svg.label(WIDTH / 2, bottom + 38, middle, anchor="middle", fill=svg.QUIET),
    ]
    return svg.sheet(name, title, description, (WIDTH, bottom + 48), body)


def _names(filled: tuple[str, Sequence[float]], outlined: tuple[str, Sequence[float]]) -> list[str]:
    """The names above the means of their distributions, pushed apart if they are close."""
    pairs = ((outlined, svg.INK), (filled, svg.ACCENT))
    means = [
        WIDTH * sum(share * (place + 0.5) for place, share in enumerate(shares)) / len(shares)
        for (_, shares), _ in pairs
    ]
    sizes = [svg.width_of(text) + svg.GAP for (text, _), _ in pairs]
    middles = spread(means, sizes, -svg.GAP / 2, WIDTH + svg.GAP / 2)
    return [
        svg.label(middle, ROW - 8, text, anchor="middle", fill=fill)
        for ((text, _), fill), middle in zip(pairs, middles, strict=True)
    ]
