"""What the template components say and draw."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.safestring import mark_safe

from podium.accounts.models import User
from podium.web.board.marks import whisker


def render(component: str, **context: Any) -> str:
    """Return a component's HTML with single spaces."""
    return " ".join(render_to_string(f"components/{component}.html", context).split())


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def board_row(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Residuals", "slug": "residuals", "url": "/teams/1", "rank": 4, "baseline": False,
        "mine": False, "score": "0.812", "cells": mark_safe("<td>7</td>"),
    } | changes  # fmt: skip


def board(*rows: dict[str, Any], **changes: Any) -> str:
    return render("board_table", board={"score_label": "Accuracy", "rows": rows} | changes)


@pytest.mark.parametrize("state", ["queued", "scoring", "scored", "rejected", "failed"])
def test_a_state_has_a_word_and_an_icon(state: str) -> None:
    html = render("state_chip", state=state)
    assert text_of(html) == state
    assert f"icons.svg#{state}" in html


def test_another_state_has_its_word_alone() -> None:
    html = render("state_chip", state="withdrawn")
    assert text_of(html) == "withdrawn"
    assert "<svg" not in html


def test_a_whisker_is_drawn_in_percent_and_said_in_words() -> None:
    html = whisker((12.345, 50, 98.5), 80, "95 % interval <0.81 to 0.84")
    assert 'x1="12.35%" x2="98.50%"' in html
    assert 'class="reference" x1="80.00%"' in html
    assert 'role="img"><title>95 % interval &lt;0.81 to 0.84</title>' in html


def test_a_whisker_without_a_reference_baseline_has_no_line_for_it() -> None:
    assert "reference" not in whisker((12.345, 50, 98.5), None, "")


def test_a_board_row_tells_rank_team_score_and_the_rest_with_its_word() -> None:
    html = board(board_row(interval="3–6", method="LightGBM"))
    assert "4 · 3–6 Residuals LightGBM 0.812 7" in text_of(html)
    assert 'id="team-residuals"' in html


def test_a_baseline_has_a_chip_and_no_rank() -> None:
    html = board(board_row(rank=None, baseline=True, name="AutoGluon"))
    assert 'class="baseline"' in html
    assert "– AutoGluon baseline 0.812" in text_of(html)


def test_my_row_says_so_in_words() -> None:
    html = board(board_row(mine=True))
    assert 'class="mine"' in html
    assert "Residuals your team" in text_of(html)


def test_a_row_that_is_not_separable_says_so_in_words() -> None:
    html = board(board_row(same="not separable from First above"))
    assert "≈ not separable from First above: 0.812" in text_of(html)


@pytest.mark.parametrize(("medal", "drawn"), [(1, True), (3, True), (None, False)])
def test_the_first_three_ranks_have_a_medal(medal: int | None, drawn: bool) -> None:
    assert ("medal" in board(board_row(medal=medal))) is drawn


def test_names_cannot_carry_markup() -> None:
    assert "<b>" not in board(board_row(name="<b>bold</b>"))


def test_time_is_told_in_utc_and_deadlines_absolutely() -> None:
    at = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
    assert text_of(render("time", at=at, deadline=True)) == "20 November 2026, 12:05 UTC"
    assert 'title="20 November 2026, 12:05 UTC"' in render("time", at=at)
    told = render("time", at=timezone.now() + timedelta(days=3, hours=1), deadline=True)
    assert re.search(r'title="\d+ \w+ \d{4}, \d\d:\d\d UTC, in 3 days"', told)


@pytest.mark.parametrize(
    ("rows", "count", "words"),
    [
        ([17], 1, ""),
        ([17, 20], 2, "Rows 17, 20."),
        ([17, 20], 900, "Rows 17, 20 and others, 900 in all."),
        ([], 3, ""),
    ],
)
def test_a_problem_names_its_rows(rows: list[int], count: int, words: str) -> None:
    problem = {"message": "The id `a` appears twice.", "rows": rows, "count": count}
    html = render("problem_list", problems=[problem])
    assert "<code>a</code>" in html
    told = text_of(html.replace("<code>", "").replace("</code>", ""))
    assert told == f"The id a appears twice. {words}".strip()


def test_a_file_has_rows_size_and_hash() -> None:
    file = {"name": "train.csv", "url": "/f", "rows": 30000, "bytes": 2048, "sha256": "ab" * 32}
    html = render("file_table", files=[file])
    assert "30,000" in html
    assert f'title="{"ab" * 32}"' in html


def test_a_file_without_rows_leaves_the_cell_empty() -> None:
    file = {"name": "images.zip", "url": "/f", "rows": None, "bytes": 1, "sha256": "ab"}
    assert "None" not in render("file_table", files=[file])


class _Form(forms.Form):
    title = forms.CharField(help_text="As others see it.")
    agree = forms.BooleanField()
    file = forms.FileField()
    note = forms.CharField(required=False)


def test_errors_stand_in_the_summary_and_beside_the_field() -> None:
    html = render("form_fields", form=_Form({"note": "kept"}))
    assert "Please fix 3 problems" in html
    assert 'href="#id_title"' in html
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'id="id_title_helptext"' in html
    assert 'id="id_title_error"' in html
    assert 'value="kept"' in html


def test_a_fresh_form_has_no_summary_and_marks_what_is_optional() -> None:
    html = render("form_fields", form=_Form())
    assert "to correct" not in html
    assert text_of(html).count("optional") == 1
    assert "data-drop" in html


def test_pages_keep_the_rest_of_the_query() -> None:
    page = Paginator(range(30), 10).page(2)
    request = RequestFactory().get("/", {"state": "failed", "page": "2"})
    html = render("pagination", page_obj=page, request=request)
    assert "?state=failed&amp;page=3" in html
    assert "Page 2 of 3" in html


def test_one_page_needs_no_pagination() -> None:
    assert render("pagination", page_obj=Paginator(range(3), 10).page(1)) == ""


def test_the_gallery_shows_every_component_in_light_and_dark(
    sam: User, as_user: Callable[[User | None], Client]
) -> None:
    folder = settings.ROOT / "platform" / "podium" / "web" / "base" / "components"
    html = as_user(sam).get("/gallery/").content.decode()
    sections = dict(re.findall(r'<h2 class="mono">(\w+)</h2>(.*?)</section>', html, re.DOTALL))
    assert sections.keys() == {file.stem for file in folder.iterdir()}
    for name, section in sections.items():
        sides = [section.count(f'<div data-theme="{theme}">') for theme in ("light", "dark")]
        assert sides[0] == sides[1] > 0, name
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids)), "an id stands for one thing"
