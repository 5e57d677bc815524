"""A small badge for other sites: colours and size of its own, nothing to load."""

from html import escape

from figures import svg, words

HEIGHT = 20
TEXT = 11
PADDING = 7
LONGEST = 60
LEFT, RIGHT, WHITE = "#3a4543", "#0b5c5a", "#ffffff"


def badge(label: str, value: str, *, colour: str = RIGHT) -> str:
    """An SVG of 20 pixels height with two fields; `colour` (#rrggbb) is that of the second.

    Each text is cut at 60 characters and set to its estimated width, whatever typeface the other
    site has. ValueError for an invalid colour.
    """
    if not _is_colour(colour):
        raise ValueError("Write a badge's colour as #rrggbb.")
    first, second = words.short(label, LONGEST), words.short(value, LONGEST)
    left, right = _width(first), _width(second)
    title = escape(f"{first}: {second}")
    whole = left + right
    round_left = f"M{left} 0H3a3 3 0 0 0-3 3v14a3 3 0 0 0 3 3H{left}z"
    round_right = f"M{left} 0H{whole - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" '
        f'viewBox="0 0 {whole} {HEIGHT}" role="img" aria-label="{title}" '
        f'font-family="{svg.FONT}" font-size="{TEXT}">\n'
        f"<title>{title}</title>\n"
        f'<path d="{round_left}" fill="{LEFT}"/><path d="{round_right}" fill="{colour}"/>\n'
        f"{_text(first, 0, left)}{_text(second, left, right)}\n</svg>\n"
    )


def _is_colour(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and set(text[1:].lower()) <= set("0123456789abcdef")


def _width(text: str) -> int:
    return round(svg.width_of(text, TEXT)) + 2 * PADDING


def _text(text: str, x: float, width: int) -> str:
    if not text:
        return ""
    return (
        f'<text x="{x + width / 2:g}" y="14" text-anchor="middle" fill="{WHITE}" '
        f'textLength="{width - 2 * PADDING}" lengthAdjust="spacingAndGlyphs" '
        f'unicode-bidi="isolate">{escape(text)}</text>'
    )
