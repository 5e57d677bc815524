"""What differs between the two records of a pair, marked word by word."""

import re

from podium.web.base.presenters import Context

_PIECES = re.compile(r"\s+|\S+")
_EDGES = re.compile(r"^\W+|\W+$")


def mark(field: Context) -> Context:
    """Return a field {left, right} of a pair with `same` set, or with `parts` in its two cells.

    Parts are [(text, whether the other side lacks it)]. Ids always differ, and a cell whose other
    side is missing differs as a whole, so neither is marked.
    """
    left, right = field.get("left"), field.get("right")
    if not left or not right or left["type"] == "id":
        return field
    if "text" not in left or "text" not in right:
        return {**field, "same": "file" in left and left.get("file") == right.get("file")}
    if left["text"] == right["text"] and not left["cut"]:
        return {**field, "same": True}
    sides = {"left": (left, right), "right": (right, left)}
    return {
        **field,
        **{
            side: {**own, "parts": _parts(own["text"], other["text"])}
            for side, (own, other) in sides.items()
        },
    }


def _parts(own: str, other: str) -> list[tuple[str, bool]]:
    """Return the text in pieces; words that the other text lacks are marked."""
    known = {_plain(word) for word in other.split()}
    parts: list[tuple[str, bool]] = []
    for piece in _PIECES.findall(own):
        is_space = piece.isspace()
        is_new = parts[-1][1] if is_space and parts else not is_space and _plain(piece) not in known
        if parts and parts[-1][1] == is_new:
            parts[-1] = (parts[-1][0] + piece, is_new)
        else:
            parts.append((piece, is_new))
    return parts


def _plain(word: str) -> str:
    """Return a word as it is compared: in small letters, without marks at its ends."""
    return _EDGES.sub("", word).casefold() or word
