"""Words that a reader stumbles over stay out of code, templates, messages and documents."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_layout import TRACKED, name_of

# Descriptions of published sample data sets, and texts that tests send.
DATA = (
    "datasets/samples/catalogue_pairs.py",
    "datasets/samples/digits.py",
    "tests/figures/drawn.py",
    "tests/site/web/base/test_texts.py",
)
# A pattern, and what to write instead. Patterns ignore case.
WORDS = (
    (r"\bwho(?:m|so)?ever\b", "anyone who, users who"),
    (r"(?:^|[.;] |, (?:and|but) |\b(?:to|of|for|by|but|as) )who \w+[^?]*$", "anyone who, if you"),
    (r"\btold\b(?! (?:apart|to)\b)", "shown, reported, released"),
    (r"\btell(?:s|ing)? (?:of|how|what|which|when|whether|as much|nothing|the)\b", "say, show"),
    (
        r"\b(?:stands?|standing|stood) (?:in(?! for)|on|at|by|there|here|first|last|still|next)\b",
        "is",
    ),
    (r"\b(?:lies?|lay|lying) (?:in(?! \[)|on|at|below|there|here|next|where)\b", "is, is stored"),
    (r"\banew\b", "again"),
    (r"(?<!leave )(?<!leaves )(?<!left )(?<!let )(?<!it )(?<!work )\balone\b", "only"),
    (
        r"(?<!there )\b(?:is|are|was|were|be|names) no (?!\w+er\b|such\b|more\b|worse\b)\w+",
        "is not a",
    ),
    (
        r"\bno more(?:[.,;:]|$)| (?:known|counts?|asked|told|mailed) no more\b",
        "no longer, not any more",
    ),
    (r"(?:^|[.:;(] )(?:of|by|to|in|from|for|at|with|on) which\b", "a plain relative clause"),
    (
        r"(?<!all )(?<!any )(?<!both )(?<!each )(?<!none )(?<!some )\bof (?:which|whom)\b",
        "whose, or a plain relative clause",
    ),
    (r"\bso (?:long|many|often)\b(?! (?:as|that)\b)", "a number, this long, this many"),
    (r"\bmend(?:s|ed|ing)?\b", "fix, correct"),
    (r"\bbeside\b", "next to, with, in addition to"),
    (r"\bone's\b", "your, their, its"),
    (r"\bfor want of\b", "because there is no"),
    (r"\b(?:save|but) for\b(?! (?:later|example|each|a|the)\b)", "except for"),
    (r"\btaken for\b", "assumed to be"),
    (r"\bas things stand\b", "now"),
    (r"\bgoes? unsaid\b|\bsaid (?:once|twice)\b", "is left out, is shown once"),
    (r"\bis at fault\b", "is wrong, is invalid"),
)
# Good English that a pattern finds nevertheless.
ALLOWED = ("`alone`",)


def prose(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the numbered texts of a file: of Python the comments and strings, else each line."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        yield from enumerate(text.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, " ".join(node.value.split())


def stumbles(text: str) -> Iterator[str]:
    for phrase in ALLOWED:
        text = text.replace(phrase, "")
    for pattern, instead in WORDS:
        for hit in re.finditer(pattern, text, re.IGNORECASE):
            yield f"{hit[0]!r}: write {instead}"


def files() -> list[Path]:
    suffixes = {".py", ".md", ".html", ".txt", ".js", ".css", ".sh", ".yaml"}
    return [
        file
        for file in TRACKED
        if file.suffix in suffixes and file != Path(__file__) and not name_of(file).startswith(DATA)
    ]


@pytest.mark.parametrize("file", files(), ids=name_of)
def test_no_word_makes_a_reader_stumble(file: Path) -> None:
    found = [f"line {line}: {hit}" for line, text in prose(file) for hit in stumbles(text)]
    assert found == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Who submits without a team gets one.",
        "Whoever asks is answered.",
        "A score that was told.",
        "The row stands on the board.",
        "Type it anew.",
        "Organizers alone read it.",
        "This is no label.",
        "The files, of which two are images.",
        "So long may it take.",
        "Look at each, and mend it.",
        "The file beside it.",
    ],
)
def test_the_list_finds(sentence: str) -> None:
    assert [*stumbles(sentence)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Who can see this?",
        "Leave it alone.",
        "There is no longer a queue.",
        "Wait as long as it runs, so far as possible.",
        "People who submit get a score.",
    ],
)
def test_the_list_leaves_good_english(sentence: str) -> None:
    assert [*stumbles(sentence)] == []
