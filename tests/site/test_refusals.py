"""Refusals: how a form shows one, and that each ends in what to do."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django import forms

from podium.refusals import RefusalForm, Refused

ROOT = Path(__file__).resolve().parents[2] / "platform"
# What sentences that tell people what to do begin with, or have after a comma or colon.
WAYS = (
    "accept",
    "add",
    "answer",
    "ask",
    "await",
    "begin",
    "bring",
    "check",
    "choose",
    "confirm",
    "connect",
    "copy",
    "create",
    "describe",
    "enter",
    "export",
    "give",
    "go on",
    "hand",
    "hash",
    "invite",
    "join",
    "keep",
    "leave",
    "link",
    "make",
    "move",
    "open",
    "publish",
    "read",
    "remove",
    "rename",
    "retype",
    "revoke",
    "save",
    "say",
    "send",
    "shorten",
    "sign in",
    "submit",
    "take",
    "to go yourself",
    "try",
    "type",
    "unselect",
    "untick",
    "until",
    "upload",
    "wait",
    "withdraw",
    "write",
)
WAY = re.compile(rf"(?:^|[.:,;] |\bso |\bor |\band )(?:{'|'.join(WAYS)})\b", re.IGNORECASE)
# Each says from when on, or of what form it has to be, which is the way.
SAID = (
    "can be published from the close on",
    "has a `url` and a `title`",
    "are for reference",
    "The next is possible at",
    "is smaller",
    "needs a letter or a digit",
    "It may have up to",
    "does not begin with %PDF-",
)


def _said(node: ast.expr, module: Any) -> str:
    """Return a message as it is in the code, with a dash for what it is filled with."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return str(getattr(module, node.id, ""))
    if isinstance(node, ast.JoinedStr):
        return "".join(_said(each, module) for each in node.values)
    if isinstance(node, ast.FormattedValue):
        return _said(node.value, module) or "–"
    return ""


def _refusals() -> Iterator[Any]:
    for path in sorted(ROOT.rglob("podium/*/*.py")):
        text = path.read_text(encoding="utf-8")
        if "Refused(" not in text:
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id == "Refused" and len(node.args) > 1:
                said = _said(node.args[1], importlib.import_module(name))
                if re.search(r"\w", said):
                    yield pytest.param(said, id=f"{name}:{said[:40]}")


CASES = list(_refusals())


def test_the_refusals_are_found() -> None:
    assert len(CASES) > 80


@pytest.mark.parametrize("said", CASES)
def test_a_refusal_says_what_to_do(said: str) -> None:
    assert WAY.search(said) or any(form in said for form in SAID), said


class NoteForm(RefusalForm):
    field_of = {"text": "body", "name_taken": "title"}

    title = forms.CharField()
    body = forms.CharField()
    team = forms.CharField(widget=forms.HiddenInput)


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("bad_title", "title"),
        ("name_taken", "title"),
        ("long_text", "body"),
        ("other_team", "__all__"),
        ("too_often", "__all__"),
    ],
)
def test_a_form_shows_a_refusal_at_the_field_it_concerns(code: str, field: str) -> None:
    form = NoteForm({"title": "a", "body": "b", "team": "c"})
    assert form.is_valid()
    with form.refusing():
        raise Refused(code, "Choose another.")
    assert form.errors == {field: ["Choose another."]}
