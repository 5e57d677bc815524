"""The parts of every figure: its frame, colours, texts and simple marks.

Colours are presentation attributes with the site's custom properties, so that a figure follows the
theme of its page; in a file, each falls back to a fixed colour. No style attribute, no class, no
script. Coordinates have one decimal.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from figures import words

INK = "var(--ink, #16201f)"
QUIET = "var(--ink-2, #4e5b59)"
LINE = "var(--line-2, #808c88)"
GRID = "var(--line, #dbe0da)"
TRACK = "var(--sunk, #eef1ec)"
PAPER = "var(--paper, #f8f9f6)"
ACCENT = "var(--accent, #0b5c5a)"
REFERENCE = "var(--scoring, #14598f)"
RISE = "var(--scored, #23663a)"
FALL = "var(--failed, #9d2b28)"
FONT = "Inter, system-ui, sans-serif"
SMALL, TEXT = 13, 15
DASHED, DOTTED = "5 4", "1.5 4"

WIDTH = 720
# A narrower figure leaves out what the page's table shows anyway.
NARROW = 520
HEADING = 22
GAP = 12
# Longer names are cut in the drawing; the description has this many characters of them.
NAME = 80
# How much wider bold letters run.
BOLD = 1.1
# Widths of characters relative to the font size, slightly above those of Inter.
NARROW_SIGNS, WIDE_SIGNS = frozenset("fijlrtI '!|.,:;()"), frozenset("mwMW@%&")
SLIM, LOWER, UPPER, DIGIT, BROAD = 0.35, 0.58, 0.72, 0.65, 0.95
MOST = 1e6
# Keeps a percentage on one line when a sentence is broken at its blanks.
JOINER = "\u2060"
_NEEDLESS = re.compile(r"\.0(?![0-9])")
_TOKEN = re.compile(r"var\(--[\w-]+, (#[0-9a-f]{6})\)")

Box = tuple[float, float, float, float]  # x, y, width, height


def frame(
    name: str, title: str, description: str, size: tuple[float, float], body: Sequence[str]
) -> str:
    """The SVG of a figure of `size` pixels without a visible title.

    `name` makes the ids of the texts, so it must be one of ours and differ among the figures of a
    page. The SVG has a width and no height: where a page allows less width, it shrinks as a whole.
    """
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {coord(width)} {coord(height)}" '
        f'width="{coord(width)}" role="img" aria-labelledby="{name}-title" '
        f'aria-describedby="{name}-desc" fill="none" font-family="{FONT}" '
        f'font-variant="tabular-nums">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<desc id="{name}-desc">{escape(description)}</desc>\n' + "\n".join(body) + "\n</svg>\n"
    )


def sheet(
    name: str, title: str, description: str, size: tuple[float, float], body: Sequence[str]
) -> str:
    """A `frame` with the finding in bold above the body, whose own y starts at 0."""
    width, height = size
    finding = words.short(title, 300)
    joined = wrapped(finding.replace(" %", f"{JOINER}%"), width / BOLD, TEXT)
    lines = [line.replace(JOINER, " ") for line in joined]
    heading = [
        label(0, HEADING * (place + 1) - 5, _fitting(line, width), size=TEXT, bold=True)
        for place, line in enumerate(lines)
    ]
    top = HEADING * len(lines) + GAP
    moved = [f'<g transform="translate(0 {coord(top)})">', *body, "</g>"]
    return frame(name, finding, description, (width, top + height), [*heading, *moved])


def _fitting(line: str, width: float) -> str:
    """A line of a heading; only a word that is wider than the figure is cut."""
    room = width / BOLD
    return line if width_of(line, TEXT) <= room else cut(line, room, TEXT)


def standalone(figure: str) -> str:
    """The same figure with fixed light colours on paper, for a file that leaves the site.

    Programs that print or convert SVG do not know custom properties.
    """
    ground = f'<rect width="100%" height="100%" fill="{PAPER}"/>\n'
    return _TOKEN.sub(r"\1", figure.replace("</desc>\n", f"</desc>\n{ground}", 1))


def label(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = SMALL,
    fill: str = INK, bold: bool = False, italic: bool = False,
) -> str:  # fmt: skip
    """An escaped text at its baseline, which cannot change the direction of other texts."""
    weight = ' font-weight="600"' if bold else ""
    drawn = (
        f'<text x="{coord(x)}" y="{coord(y)}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{fill}"{weight} unicode-bidi="isolate">{escape(text)}</text>'
    )
    # Tabular hyphens, as wide as digits, would tear words apart.
    kind = (' font-style="italic"' if italic else "") + (
        ' font-variant="normal"' if "-" in text else ""
    )
    return f"<g{kind}>{drawn}</g>" if kind else drawn


def cut(text: str, width: float, size: int = SMALL) -> str:
    """A foreign text cut to about `width` pixels; characters that change direction are replaced."""
    fitting = words.short(text, NAME)
    if width_of(fitting, size) <= width:
        return fitting
    while fitting and width_of(f"{fitting}…", size) > width:
        fitting = fitting[:-1]
    return f"{fitting.rstrip()}…"


def wrapped(text: str, width: float, size: int = SMALL) -> list[str]:
    """The text in lines of about `width` pixels, broken at blanks."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def width_of(text: str, size: int = SMALL) -> float:
    """The approximate width of a text in pixels."""
    return size * sum(map(_advance, text))


@lru_cache(maxsize=10_000)
def _advance(sign: str) -> float:
    if sign == JOINER:
        return SLIM  # it takes the place of a blank
    if sign in NARROW_SIGNS:
        return SLIM
    if sign in WIDE_SIGNS or unicodedata.east_asian_width(sign) in "WF":
        return BROAD
    if not sign.isalpha():
        return DIGIT
    return LOWER if sign.islower() else UPPER


def named(text: str) -> str:
    """A foreign text for a description."""
    return words.short(text, NAME)


def line(
    start: tuple[float, float], end: tuple[float, float], *,
    stroke: str = LINE, width: float = 1, dash: str = "", cap: str = "",
) -> str:  # fmt: skip
    """A straight line."""
    (x1, y1), (x2, y2) = start, end
    more = (f' stroke-dasharray="{dash}"' if dash else "") + (
        f' stroke-linecap="{cap}"' if cap else ""
    )
    return (
        f'<line x1="{coord(x1)}" y1="{coord(y1)}" x2="{coord(x2)}" y2="{coord(y2)}" '
        f'stroke="{stroke}" stroke-width="{coord(width)}"{more}/>'
    )


def arrow(x: float, y: float, toward: tuple[int, int], *, stroke: str = INK) -> str:
    """A head at the edge of a plot that points to what is beyond: toward (-1, 0) is the left."""
    across, down = toward
    one = (x - 5 * across - 4 * down, y - 5 * down - 4 * across)
    other = (x - 5 * across + 4 * down, y - 5 * down + 4 * across)
    return line(one, (x, y), stroke=stroke, width=1.25) + line(
        other, (x, y), stroke=stroke, width=1.25
    )


def dot(x: float, y: float, *, fill: str = INK, hollow: bool = False, radius: float = 4) -> str:
    """A filled point, or a ring."""
    inside = f'fill="{PAPER}" stroke="{fill}" stroke-width="1.5"' if hollow else f'fill="{fill}"'
    return f'<circle cx="{coord(x)}" cy="{coord(y)}" r="{coord(radius)}" {inside}/>'


def rect(box: Box, *, fill: str, opacity: float = 1, title: str = "") -> str:
    """A filled rectangle, with a text that shows when pointed at."""
    x, y, width, height = map(coord, box)
    faint = f' fill-opacity="{opacity:.3g}"' if opacity < 1 else ""
    inside = f"><title>{escape(title)}</title></rect>" if title else "/>"
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"{faint}{inside}'


def bars(heights: Sequence[float], box: Box, *, fill: str) -> str:
    """Upright bars that fill the box; heights in [0, 1]."""
    x, y, width, height = box
    step = width / max(len(heights), 1)
    inner = max(step - 1, step / 2)
    shapes = [
        path("M%.1f %.1fv%.1fh%.1fv%.1fz", x + place * step, y + height, -tall, inner, tall)
        for place, tall in enumerate(_pixels(heights, height))
        if tall
    ]
    return f'<path d="{"".join(shapes)}" fill="{fill}"/>'


def outline(heights: Sequence[float], box: Box, *, stroke: str) -> str:
    """The outline of upright bars in the box, without their sides."""
    x, y, width, height = box
    step = width / max(len(heights), 1)
    shapes = [path("M%.1f %.1f", x, y + height)]
    for place, tall in enumerate(_pixels(heights, height)):
        shapes.append(path("V%.1fH%.1f", y + height - tall, x + (place + 1) * step))
    shapes.append(path("V%.1f", y + height))
    return f'<path d="{"".join(shapes)}" stroke="{stroke}" stroke-width="1.25"/>'


def _pixels(heights: Sequence[float], height: float) -> list[float]:
    """Heights in pixels; whatever is above 0 stays visible."""
    return [max(part * height, 1.0) if part > 0 else 0.0 for part in heights]


def coord(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{round(value, 1) + 0.0:g}"


def path(pattern: str, *coordinates: float) -> str:
    """A path of many coordinates with one decimal: faster than `coord` of each."""
    return _NEEDLESS.sub("", pattern % coordinates)


def drawable(value: float | None) -> float | None:
    """The value if it can be drawn; None for NaN, infinities and anything beyond a million."""
    if value is None or not math.isfinite(value) or abs(value) > MOST:
        return None
    return float(value)
