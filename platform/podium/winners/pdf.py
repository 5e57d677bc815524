"""A certificate as PDF: the same facts give the same bytes."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import getFont, registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

_FONTS = Path(__file__).parent / "fonts"
_INTER = {"Inter": "Inter_400Regular.ttf", "Inter-SemiBold": "Inter_600SemiBold.ttf"}
# By the scripts that Inter lacks: fonts that every reader of PDFs brings or replaces by its own.
_CHINESE, _KOREAN = "STSong-Light", "HYSMyeongJo-Medium"
_INK, _QUIET, _ACCENT = HexColor("#1b2426"), HexColor("#566366"), HexColor("#0b6169")
_WIDTH, _HEIGHT = landscape(A4)
_WIDEST = _WIDTH - 160
_SMALLEST = 12
# Instead of names in letters that no font here has.
_PERSON, _TEAM = "The person named at the address below", "of the team named at the address below"


@dataclass(frozen=True)
class Facts:
    """What a certificate says, and where it can be checked."""

    challenge: str
    track: str
    person: str
    team: str
    result: str
    day: str
    code: str
    url: str


@cache
def _register() -> None:
    for name, file in _INTER.items():
        registerFont(TTFont(name, str(_FONTS / file)))
    for name in (_CHINESE, _KOREAN):
        registerFont(UnicodeCIDFont(name))


def font_of(text: str, inter: str = "Inter") -> str:
    """Return the name of a font that has all signs of a text, or "" if none has."""
    _register()
    known: Any = getFont(inter)
    if all(ord(sign) in known.face.charToGlyph for sign in text):
        return inter
    if all(sign.isascii() or _is_korean(sign) for sign in text):
        return _KOREAN
    return _CHINESE if all(sign.isascii() or _is_chinese(sign) for sign in text) else ""


def _is_korean(sign: str) -> bool:
    return "\u1100" <= sign <= "\u11ff" or "\uac00" <= sign <= "\ud7a3"


def _is_chinese(sign: str) -> bool:
    """Return whether the sign is Chinese or Japanese."""
    return "\u3000" <= sign <= "\u30ff" or "\u4e00" <= sign <= "\u9fff" or sign == "·"


def render(facts: Facts) -> bytes:
    """Return the certificate. A name that no font can write is replaced by where it can be read."""
    _register()
    target = BytesIO()
    page = Canvas(target, pagesize=(_WIDTH, _HEIGHT), invariant=1)
    page.setTitle(f"Certificate {facts.code}")
    page.setAuthor("Podium")
    page.setStrokeColor(_ACCENT)
    page.setLineWidth(2)
    page.rect(36, 36, _WIDTH - 72, _HEIGHT - 72)
    _line(page, facts.challenge, 455, 22, _ACCENT, is_strong=True)
    _line(page, facts.track, 425, 14, _QUIET)
    _line(page, "Certificate", 370, 16, _QUIET)
    _line(page, facts.person, 320, 34, _INK, is_strong=True, instead=_PERSON)
    _line(page, f"of the team {facts.team}", 285, 16, _INK, instead=_TEAM)
    _line(page, facts.result, 235, 22, _INK, is_strong=True)
    _line(page, facts.day, 205, 13, _QUIET)
    _line(page, f"Check this certificate: {facts.url}", 92, 10, _QUIET)
    _line(page, f"Code {facts.code}", 74, 10, _QUIET)
    page.showPage()
    page.save()
    return target.getvalue()


def _line(
    page: Canvas,
    text: str,
    y: float,
    size: float,
    colour: Color,
    *,
    is_strong: bool = False,
    instead: str = "",
) -> None:
    """Draw a centred line, smaller if it is long, and cut if it would be too small to read."""
    inter = "Inter-SemiBold" if is_strong else "Inter"
    font = font_of(text, inter)
    if not font:
        text, font = instead or "see the address below", inter
    smallest = min(_SMALLEST, size)
    size = max(smallest, min(size, size * _WIDEST / max(stringWidth(text, font, size), 1)))
    if stringWidth(text, font, size) > _WIDEST:
        while len(text) > 1 and stringWidth(f"{text}…", font, size) > _WIDEST:
            text = text[:-1]
        text = f"{text}…"
    page.setFillColor(colour)
    page.setFont(font, size)
    page.drawCentredString(_WIDTH / 2, y, text)
