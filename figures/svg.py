"""Small SVG figures as text: bars, steps and labels; nothing that a strict page policy forbids.

Colours are presentation attributes with the page's own custom properties, so a figure follows the
page's light or dark theme; on its own it falls back to fixed ones. No style attribute, no script.
"""

import unicodedata
from collections.abc import Sequence
from html import escape

ACCENT = "var(--accent, #0b5c5a)"
QUIET = "var(--ink-2, #4e5b59)"
LINE = "var(--line-2, #808c88)"
INK = "currentColor"
SMALL, TEXT = 13, 15
# The mean width of a character in the page's typeface, as a part of the font size.
CHARACTER = 0.56
WIDE = 1.05


def document(
    name: str, size: tuple[int, int], title: str, description: str, body: Sequence[str]
) -> str:
    """The SVG of a figure; `name` must be one of ours, since it makes the ids of its texts."""
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'class="profile-figure" fill="none">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<desc id="{name}-desc">{escape(description)}</desc>\n' + "\n".join(body) + "\n</svg>\n"
    )


def bars(
    heights: Sequence[float], box: tuple[float, float, float, float], *, fill: str, gap: float = 1
) -> str:
    """Upright bars that fill the box (x, y, width, height); heights in [0, 1]."""
    x, y, width, height = box
    step = width / max(len(heights), 1)
    inner = max(step - gap, step / 2)
    shapes = [
        f"M{_n(x + place * step)} {_n(y + height)}v{_n(-_tall(part, height))}h{_n(inner)}"
        f"v{_n(_tall(part, height))}z"
        for place, part in enumerate(heights)
        if part > 0
    ]
    return f'<path d="{"".join(shapes)}" fill="{fill}"/>'


def steps(heights: Sequence[float], box: tuple[float, float, float, float], *, stroke: str) -> str:
    """The outline of upright bars in the box, without their sides."""
    x, y, width, height = box
    step = width / max(len(heights), 1)
    points = [f"M{_n(x)} {_n(y + height)}"]
    for place, part in enumerate(heights):
        points.append(f"V{_n(y + height - _tall(part, height))}H{_n(x + (place + 1) * step)}")
    points.append(f"V{_n(y + height)}")
    return f'<path d="{"".join(points)}" stroke="{stroke}" stroke-width="1.25"/>'


def bar(x: float, y: float, width: float, height: float, *, fill: str, title: str = "") -> str:
    """One lying bar, with a text that shows when pointed at."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
        f'fill="{fill}">{inside}</rect>'
    )


def rule(x: float, y: float, width: float) -> str:
    """A level line."""
    return f'<path d="M{_n(x)} {_n(y)}h{_n(width)}" stroke="{LINE}"/>'


def label(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = SMALL,
    fill: str = INK, bold: bool = False,
) -> str:  # fmt: skip
    """A text at its base line; what it says cannot turn the direction of texts beside it."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"'
        f'{weight} unicode-bidi="isolate">{escape(text)}</text>'
    )


def width_of(text: str, size: int = SMALL) -> float:
    """About how many pixels the text takes."""
    return sum(
        size * (WIDE if unicodedata.east_asian_width(character) in "WF" else CHARACTER)
        for character in text
    )


def fitted(text: str, width: float, size: int = SMALL) -> str:
    """The text, cut to about `width` pixels."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


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


def _tall(part: float, height: float) -> float:
    """A height in pixels; what is there at all stays visible."""
    return max(part * height, 1.0) if part > 0 else 0.0


def _n(value: float) -> str:
    """A coordinate with one decimal, without a needless one."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
