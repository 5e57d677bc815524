"""Names and titles in mails, mostly in their subjects, where nobody may place a link."""

import re
from unicodedata import category

# What joins the words of an address; a mail client needs no more than a dot to make a link.
_ALWAYS = r"[@＠﹫/／\\＼。｡]"
_INSIDE = r"[.．․﹒:：](?![\s.…!?,;'\"’”»)\]]|$)"
_JOINTS = re.compile(f"{_ALWAYS}|{_INSIDE}")
_IN_NUMBER = re.compile(r"(?<=\d)[.:](?=\d)")


def without_links(text: str) -> str:
    """Return the text in one line, its addresses taken apart: `evil.example` is `evil example`.

    Times, decimal numbers and the dot at the end of a word stay. Invisible marks do not.
    """
    seen = "".join(mark for mark in text if mark.isspace() or category(mark) not in {"Cc", "Cf"})
    return " ".join(" ".join(_taken_apart(word) for word in seen.split()).split())


def _taken_apart(word: str) -> str:
    is_number = len(_JOINTS.findall(word)) == 1 and _IN_NUMBER.search(word)
    return word if is_number else _JOINTS.sub(" ", word)
