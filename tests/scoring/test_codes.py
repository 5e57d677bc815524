"""Every code of a problem is described, and every one that is described is given to some file."""

from __future__ import annotations

import ast
import gzip
import re
from pathlib import Path

import pyarrow as pa
import pytest

import scoring
from scoring import TaskSpec
from tests.scoring.builders import CLASSES, MATCHING, parquet, problems, text

ROOT = Path(scoring.__file__).parent
SECURITY = ROOT.parent / "docs" / "security.md"
CODE = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
MAKERS = {"Problem", "listing", "add", "add_shown", "add_distinct"}
LIMITS = {"needs_memory", "needs_time", "crashes_reader", "too_large", "not_a_table"}
"""What limits and names give; files for these are in other tests."""

_PROBABILITIES = b"id,a,b,c\nx,%s\ny,1,0,0\nz,0,0,1\n"
EXAMPLES: dict[str, tuple[bytes, TaskSpec]] = {
    "empty_file": (b"", MATCHING),
    "unreadable_compression": (gzip.compress(b"id,score\nx,1\n" * 9)[:-12], MATCHING),
    "unreadable_csv": (b'id,"sc"ore\nx,1\n', MATCHING),
    "unreadable_parquet": (b"PAR1 and nothing else", MATCHING),
    "not_utf8": (b"id,score\nx,1\n\xff,1\nz,1\n", MATCHING),
    "too_many_columns": (b"," * 20_001 + b"\n", MATCHING),
    "missing_column": (b"id\nx\ny\nz\n", MATCHING),
    "unknown_column": (b"id,score,more\nx,1,1\ny,1,1\nz,1,1\n", MATCHING),
    "duplicate_column": (b"id,score,score\nx,1,1\ny,1,1\nz,1,1\n", MATCHING),
    "wrong_type": (
        parquet({"id": text(["x", "y", "z"]), "score": text(["1", "0", "1"])}),
        MATCHING,
    ),
    "ragged_row": (b"id,score\nx,1\ny\nz,1\n", MATCHING),
    "wrong_row_count": (b"id,score\nx,1\n", MATCHING),
    "empty_id": (b"id,score\nx,1\n,1\nz,1\n", MATCHING),
    "unknown_id": (b"id,score\nx,1\nq,1\nz,1\n", MATCHING),
    "duplicate_id": (b"id,score\nx,1\nx,1\nz,1\n", MATCHING),
    "missing_id": (b"id,score\nx,1\nx,1\nz,1\n", MATCHING),
    "empty_value": (b"id,score\nx,1\ny,\nz,1\n", MATCHING),
    "not_a_number": (b"id,score\nx,1\ny,high\nz,1\n", MATCHING),
    "not_finite": (b"id,score\nx,1\ny,inf\nz,1\n", MATCHING),
    "unknown_label": (b"id,prediction\nx,a\ny,d\nz,b\n", CLASSES),
    "negative_probability": (_PROBABILITIES % b"-0.5,0.5,1", CLASSES),
    "row_sum": (_PROBABILITIES % b"0.5,0.5,0.5", CLASSES),
}


def described() -> dict[str, str]:
    """The codes of the table in docs/security.md with their meaning."""
    rows = re.findall(
        r"^\| `(\w+)` \| (.+) \|$", SECURITY.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len({code for code, _ in rows}) == len(rows), "a code is described twice"
    return dict(rows)


def in_the_code() -> set[str]:
    """The codes with which the sources make problems, directly or by a table of texts."""
    found = set()
    for path in ROOT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found |= {first for first in _first_text(node) if CODE.fullmatch(first)}
    return found


def _first_text(node: ast.AST) -> list[str]:
    parts: list[ast.expr] = []
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        parts = node.args[:1] if name in MAKERS else []
    elif isinstance(node, ast.Tuple) and len(node.elts) > 2:
        parts = node.elts
    texts = [ast.literal_eval(part) for part in parts if isinstance(part, ast.Constant)]
    # A table of texts begins with its code; other tuples are something else.
    return [text for text in texts[:1] if len(texts) == len(parts) and isinstance(text, str)]


def test_the_codes_that_are_described_are_those_in_the_code() -> None:
    assert described().keys() == in_the_code()


def test_every_code_has_a_file_that_gets_it() -> None:
    assert described().keys() == EXAMPLES.keys() | LIMITS


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_file_gets_its_code(code: str) -> None:
    data, spec = EXAMPLES[code]
    assert code in problems(data, spec)


def test_more_text_than_can_be_read_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.reading.MAX_TEXT_BYTES", 10)
    assert "too_large" in problems(pa.compress(b"id,score\nx,1\n", "gzip", asbytes=True), MATCHING)
