"""BibTeX entries in citations, and text that is safe inside one."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

HEAD = re.compile(r"\s*@\s*(\w+)\s*\{\s*([^\s,{}\"]+)\s*(,|(?=\}))")
FIELD = re.compile(r"\s*([A-Za-z][\w-]*)\s*=\s*")
BARE = re.compile(r"[^\s,{}\"]+")
NAMES = re.compile(r"\s+and\s+", re.IGNORECASE)
ACCENT = re.compile(r"\\(?:([\"'`^~=.])\s*|([cvuHk])\s*(?=[{\s]))\{?\s*\\?([A-Za-z])\}?")
COMBINING = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328",
}  # fmt: skip
# Braces count in BibTeX even where TeX would escape them, so they are written as words.
TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: "\\" + sign for sign in "$&#_%"},
    }
)


@dataclass(frozen=True)
class Entry:
    """One entry: its type and the names of its fields in lower case, the values as written."""

    type: str
    key: str
    fields: Mapping[str, str]


def parse(text: str) -> tuple[Entry, ...]:
    """The entries of a text that consists only of well-formed BibTeX entries; else none."""
    entries = []
    position = 0
    while text[position:].strip():
        found = _entry(text, position)
        if found is None:
            return ()
        entry, position = found
        entries.append(entry)
    return tuple(entries)


def escaped(text: str) -> str:
    """The text as it can stand between braces in BibTeX: on one line, TeX's signs written out."""
    visible = (c if unicodedata.category(c) not in ("Cc", "Cf") else " " for c in text)
    return " ".join("".join(visible).split()).translate(TEX)


def plain(value: str) -> str:
    """A BibTeX value as plain text: accents become letters, braces and escapes go."""
    text = ACCENT.sub(_accented, value)
    text = re.sub(r"\\([$&#_%{}])", r"\1", text)
    return " ".join(re.sub(r"[{}]", "", text).replace("~", " ").split())


def people(value: str) -> list[dict[str, str]]:
    """The names of an author field as CITATION.cff has them: persons, and bodies in braces."""
    return [_person(name.strip()) for name in NAMES.split(value.strip()) if plain(name)]


def _person(name: str) -> dict[str, str]:
    if name.startswith("{") and name.endswith("}"):
        return {"name": plain(name)}
    family, comma, given = plain(name).partition(",")
    if not comma:
        given, _, family = plain(name).rpartition(" ")
    if not family.strip():
        return {"name": plain(name)}
    parts = {"family-names": family.strip(), "given-names": given.strip()}
    return {part: text for part, text in parts.items() if text}


def _accented(found: re.Match[str]) -> str:
    letter = found[3] + COMBINING[found[1] or found[2]]
    return unicodedata.normalize("NFC", letter)


def _entry(text: str, position: int) -> tuple[Entry, int] | None:
    """The entry at the position and where it ends."""
    head = HEAD.match(text, position)
    if head is None:
        return None
    position = head.end()
    fields: dict[str, str] = {}
    while field := FIELD.match(text, position):
        value = _value(text, field.end())
        if value is None:
            return None
        fields[field[1].lower()], position = value
        separator = re.compile(r"\s*(,?)").match(text, position)
        position = separator.end() if separator else position
        if not separator or not separator[1]:
            break
    end = re.compile(r"\s*\}").match(text, position)
    return (Entry(head[1].lower(), head[2], fields), end.end()) if end else None


def _value(text: str, position: int) -> tuple[str, int] | None:
    """The value at the position, in braces, quotes or bare, and where it ends."""
    first = text[position : position + 1]
    if first not in ('"', "{"):
        bare = BARE.match(text, position)
        return (bare[0], bare.end()) if bare else None
    depth = 0
    for place in range(position, len(text)):
        sign = text[place]
        depth += (sign == "{") - (sign == "}")
        closed = sign == "}" if first == "{" else sign == '"' and place > position
        if depth == 0 and closed:
            return text[position + 1 : place], place + 1
        if depth < 0:
            return None
    return None
