"""What every figure is drawn with: the sheet, its colours, texts, numbers and simple marks.

Colours are presentation attributes with the site's custom properties, so that a figure follows the
theme of its page. No style attribute, no class, no script.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from figures import svg, words

INK = "var(--ink, #16201f)"
QUIET = "var(--ink-2, #4e5b59)"
LINE = "var(--line-2, #808c88)"
GRID = "var(--line, #dbe0da)"
TRACK = "var(--sunk, #eef1ec)"
PAPER = "var(--paper, #f8f9f6)"
ACCENT = "var(--accent, #0b5c5a)"
RISE = "var(--scored, #23663a)"
FALL = "var(--failed, #9d2b28)"
FONT = "Inter, system-ui, sans-serif"
DASHED, DOTTED = "5 4", "1.5 4"

WIDTH = 720
# Below this a figure leaves out what the page says in its table anyway.
NARROW = 520
HEADING = 22
GAP = 12
# Longer names are cut in the drawing; the description has this many characters of them.
NAME = 80
# How much wider bold letters run.
BOLD = 1.1
# How wide signs are in the size of the text, a little above what they are in Inter.
NARROW_SIGNS, WIDE_SIGNS = frozenset("fijlrtI '!|.,:;()"), frozenset("mwMW@%&")
SLIM, LOWER, UPPER, DIGIT, BROAD = 0.35, 0.58, 0.72, 0.65, 0.95
MOST = 1e6
# Keeps a percentage in one line while a sentence is broken into lines at its blanks.
JOINER = "\u2060"
_NEEDLESS = re.compile(r"\.0(?![0-9])")
_TOKEN = re.compile(r"var\(--[\w-]+, (#[0-9a-f]{6})\)")


def sheet(name: str, title: str, told: str, size: tuple[float, float], body: Sequence[str]) -> str:
    """The SVG of a figure of `size` pixels, with its finding in bold above the body.

    The body is drawn from y = 0 on and moved below the finding. `name` makes the ids of the texts,
    so it must be one of ours and differ among the figures of a page. The SVG has a width and no
    height: where a page allows less width, it shrinks as a whole.
    """
    width, height = size
    finding = words.short(title, 300)
    joined = svg.wrapped(finding.replace(" %", f"{JOINER}%"), width / BOLD, svg.TEXT)
    lines = [line.replace(JOINER, " ") for line in joined]
    top = HEADING * len(lines) + GAP
    heading = [
        label(
            0,
            HEADING * (place + 1) - 5,
            cut(line, width / BOLD, svg.TEXT),
            size=svg.TEXT,
            bold=True,
        )
        for place, line in enumerate(lines)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {n(width)} {n(top + height)}" '
        f'width="{n(width)}" role="img" aria-labelledby="{name}-title" '
        f'aria-describedby="{name}-desc" fill="none" font-family="{FONT}" '
        f'font-variant="tabular-nums">\n'
        f'<title id="{name}-title">{escape(finding)}</title>\n'
        f'<desc id="{name}-desc">{escape(told)}</desc>\n'
        + "\n".join(heading)
        + f'\n<g transform="translate(0 {n(top)})">\n'
        + "\n".join(body)
        + "\n</g>\n</svg>\n"
    )


def standalone(figure: str) -> str:
    """The same figure with fixed light colours on paper, for a file that leaves the site.

    Programs that print or convert SVG do not know custom properties.
    """
    ground = f'<rect width="100%" height="100%" fill="{PAPER}"/>\n'
    return _TOKEN.sub(r"\1", figure.replace("</desc>\n", f"</desc>\n{ground}", 1))


def label(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = svg.SMALL,
    fill: str = INK, bold: bool = False, italic: bool = False,
) -> str:  # fmt: skip
    """An escaped text at its base line."""
    drawn = svg.label(x, y, text, anchor=anchor, size=size, fill=fill, bold=bold)
    # Hyphens as wide as figures would tear words apart.
    kind = (' font-style="italic"' if italic else "") + (
        ' font-variant="normal"' if "-" in text else ""
    )
    return f"<g{kind}>{drawn}</g>" if kind else drawn


def cut(text: str, width: float, size: int = svg.SMALL) -> str:
    """A foreign text in about `width` pixels: what turns the direction of text is replaced."""
    told = words.short(text, NAME)
    if width_of(told, size) <= width:
        return told
    while told and width_of(f"{told}…", size) > width:
        told = told[:-1]
    return f"{told.rstrip()}…"


def width_of(text: str, size: int = svg.SMALL) -> float:
    """About how many pixels a text takes: of equally many letters some take twice the room."""
    return size * sum(map(_advance, text))


@lru_cache(maxsize=10_000)
def _advance(sign: str) -> float:
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
        f'<line x1="{n(x1)}" y1="{n(y1)}" x2="{n(x2)}" y2="{n(y2)}" stroke="{stroke}" '
        f'stroke-width="{n(width)}"{more}/>'
    )


def dot(x: float, y: float, *, fill: str = INK, hollow: bool = False, radius: float = 4) -> str:
    """A filled point, or a ring."""
    inside = f'fill="{PAPER}" stroke="{fill}" stroke-width="1.5"' if hollow else f'fill="{fill}"'
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" {inside}/>'


def box(x: float, y: float, width: float, height: float, *, fill: str, opacity: float = 1) -> str:
    """A filled rectangle."""
    faint = f' fill-opacity="{opacity:.3g}"' if opacity < 1 else ""
    return (
        f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" '
        f'fill="{fill}"{faint}/>'
    )


def n(value: float) -> str:
    """A coordinate with one decimal, without a needless one."""
    return f"{round(value, 1) + 0.0:g}"


def path(pattern: str, *coordinates: float) -> str:
    """A path of many coordinates with one decimal: quicker than `n` of each."""
    return _NEEDLESS.sub("", pattern % coordinates)


def known(value: float | None) -> float | None:
    """The value if it can be drawn; None for NaN, infinities and what is beyond a million."""
    if value is None or not math.isfinite(value) or abs(value) > MOST:
        return None
    return float(value)


def number(value: float, decimals: int = 3) -> str:
    """The number with so many decimals and a real minus; no zero has a sign."""
    text = f"{round(value, decimals) + 0.0:.{decimals}f}"
    return text.replace("-", "−")


def fraction(value: float | None, decimals: int = 3) -> str:
    """The number, or a dash where there is none."""
    return "–" if value is None else number(value, decimals)
