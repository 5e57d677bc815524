"""On a phone a row folds to two lines without a head: what is left says what it is."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from tests.site.web.base.test_look import TEMPLATES

_CELL = re.compile(
    r'<td class="(?=[^"]*\bnum\b)(?=[^"]*\bmeta\b)[^"]*"(?P<more>[^>]*)>\s*(?P<first>.{0,60})'
)
# What says itself what it is: how long ago with who, a size, links, what unfolds.
_PLAIN = re.compile(
    r'{% include "components/time.html"|{{ submission.size|size }}|<a |{% for file|<details|'
    r"{% if member.user_id|<span class=\"quiet\">being computed"
)
FOLDED = sorted(path for path in TEMPLATES.rglob("*.html") if _CELL.search(path.read_text()))


@pytest.mark.parametrize("template", FOLDED, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_number_in_the_second_line_carries_its_word(template: Path) -> None:
    bare = [
        cell["first"]
        for cell in _CELL.finditer(template.read_text())
        if "data-label" not in cell["more"] and not _PLAIN.match(cell["first"])
    ]
    assert bare == []


def test_an_interval_of_a_slice_is_called_one() -> None:
    row = {"label": "red", "value": "0.5", "interval": "0.4 to 0.6"}
    html = render_to_string("submission/_slice_row.html", {"row": row})
    assert '<td class="num meta" data-label="95 % interval">0.4 to 0.6</td>' in html
    empty = render_to_string("submission/_slice_row.html", {"row": row | {"interval": ""}})
    assert '<td class="num meta"></td>' in empty


@pytest.mark.parametrize(("wide", "shown"), [("", "meta"), ("<svg></svg>", "num meta")])
def test_names_in_the_table_of_a_figure_begin_at_the_left(wide: str, shown: str) -> None:
    cells = [{"label": "Decided as", "value": "dog"}, {"label": "Share", "value": "0.5"}]
    figure = {
        "title": "t", "wide": wide, "head": ["True class", "Decided as", "Share"],
        "rows": [{"name": "cat", "cells": cells}],
    }  # fmt: skip
    html = render_to_string("submission/_figure_table.html", {"figure": figure})
    assert f'<td class="{shown}" data-label="Decided as">dog</td>' in html
    assert '<td class="num meta" data-label="Share">0.5</td>' in html
