"""Numbers and foreign texts in a form that fits into a sentence."""

import unicodedata

BEYOND = "\N{REPLACEMENT CHARACTER}"
# Characters that would turn the text around them or that XML forbids.
REPLACED = frozenset({"Cc", "Cs", "Cn", "Co"})
TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def short(text: str, limit: int) -> str:
    """The text on one line with at most `limit` characters, none of which harms a page.

    White space is folded; control characters, unassigned ones and those that turn the direction
    of text become U+FFFD.
    """
    line = " ".join(text[: 4 * limit].split())
    clean = "".join(
        BEYOND if c in TURNING or unicodedata.category(c) in REPLACED else c for c in line[:limit]
    )
    return clean if len(line) <= limit and len(text) <= 4 * limit else clean[: limit - 1] + "…"


def plural(count: int, one: str, many: str = "") -> str:
    """The count with its noun: `1 team`, `2 teams`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def number(value: float | None, decimals: int = 3) -> str:
    """The number with a fixed count of decimals and a real minus, or a dash; no zero has a sign."""
    if value is None:
        return "–"
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def significant(value: float) -> str:
    """The number with about four digits: 12, 0.1235, 1e+20; separated from 10,000, not in years."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}" if abs(value) >= 1e4 else str(int(value))
    if 1e4 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:.5g}" if abs(value) >= 1e3 else f"{value:.4g}"


def share(value: float) -> str:
    """A share in per cent; only exactly 0 and 1 read as 0 % and 100 %."""
    if 0 < value < 0.001:
        return "under 0.1 %"
    if 0.999 < value < 1:
        return "over 99.9 %"
    digits = 1 if value < 0.1 or value > 0.9 else 0
    return f"{100 * value:.{digits}f} %".replace(".0 %", " %")


def ordinal(rank: int) -> str:
    """The rank as 1st, 2nd, 3rd, 4th, 11th, 21st …"""
    endings = {1: "st", 2: "nd", 3: "rd"}
    teens = 11 <= rank % 100 <= 13
    return f"{rank}{'th' if teens else endings.get(rank % 10, 'th')}"
