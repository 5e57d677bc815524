"""The board of a track: tasks as columns, the rule in words, mean ranks, Elo and their diagram."""

from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.challenges.models import Aggregate, Task, Track
from podium.standings.actions import refresh
from podium.standings.models import Board, BoardDocument, Revision
from tests.site import factories
from tests.site.web.board.boards import address, enter, shown


@pytest.fixture
def track(matching_task: Task) -> Track:
    """A track of two tasks; the second team did not enter one of them."""
    other = factories.make_task(matching_task.challenge, "matching", "other")
    for task in (matching_task, other):
        enter(task, "Trivial", 0.2, baseline="trivial")
        enter(task, "AutoGluon", 0.6, baseline="autogluon")
        enter(task, "First", 0.9)
    enter(matching_task, "Second", 0.8)
    return matching_task.track


def study(track: Track, found: dict[str, Any], friedman: dict[str, Any]) -> None:
    ids = {team.name: str(team.pk) for team in track.challenge.teams.all()}
    if "keys" in friedman:
        friedman = {**friedman, "keys": [ids[name] for name in friedman["keys"]]}
    board = Board.objects.get(track=track)
    Revision.objects.filter(board=board, number=board.revision).update(
        study={"rows": {ids[name]: row for name, row in found.items()}, "friedman": friedman},
        studied_at=timezone.now(),
    )


def test_a_task_that_was_not_entered_is_a_dash_with_its_reason(
    client: Client, track: Track
) -> None:
    board = shown(client, track)
    assert board.row("First").cells["Other"] == "0.875"
    assert board.row("Second").cells["Other"] == "–"
    assert 'title="not entered: counts as 0"' in board.html
    assert 'data-label="Other"' in board.html


def test_a_track_is_sorted_by_any_of_its_tasks(client: Client, track: Track) -> None:
    board = shown(client, track, sort="other")
    assert [row.name for row in board.rows][-1] == "Second"
    assert board.sorted == {"Other": "descending"}
    assert shown(client, track, sort="-other").names[0].startswith("Trivial")


@pytest.mark.parametrize(
    ("aggregate", "words"),
    [
        (Aggregate.MEAN_SKILL, "ranked by the mean of their skills"),
        (Aggregate.MEAN_SCORE, "the mean of its scores"),
    ],
)
def test_the_organizers_rule_is_told_in_words(
    client: Client, track: Track, aggregate: str, words: str
) -> None:
    Track.objects.filter(pk=track.pk).update(aggregate=aggregate)
    html = " ".join(shown(client, track).html.split())
    assert words in html
    assert "A task not entered counts 0" in html
    assert ("a skill below 0 counts as such" in html) == (aggregate == Aggregate.MEAN_SKILL)
    for name in ("matrix", "headroom"):
        assert reverse(name, args=[track.challenge.slug, track.kind]) in html


def test_a_study_shows_the_interval_of_the_value_and_over_many_tasks_mean_ranks_and_elo(
    client: Client, track: Track
) -> None:
    found = {
        "First": {
            "low": 0.8, "high": 0.95, "mean_rank": 1.0, "elo": 1234.4, "elo_low": 1100.2,
            "elo_high": 1300.0,
        },
        "Second": {"low": 0.3, "high": 0.4, "mean_rank": 2.5, "elo": 990.0},
    }  # fmt: skip
    study(track, found, {})
    board = shown(client, track)
    assert "<title>0.875, 95 % interval 0.800 to 0.950</title>" in board.html
    assert not {"Mean rank", "Elo"} & set(board.heads)
    assert "informational" not in board.html
    for number in range(6):
        factories.make_task(track.challenge, "matching", f"more-{number}")
    caches["boards"].clear()
    board = shown(client, track)
    assert "Mean rank and Elo (AutoGluon at 1000) are informational." in board.html
    assert board.row("First").cells["Mean rank"] == "1.00"
    assert board.row("First").cells["Elo"] == "1234"
    assert 'title="95 % interval 1100 to 1300"' in board.html
    assert board.row("Second").cells["Elo"] == "990"
    assert shown(client, track, sort="mean_rank").names[:2] == ["First", "Second"]


def test_the_diagram_of_mean_ranks_is_drawn_where_there_is_one(
    client: Client, track: Track
) -> None:
    few = "fewer than five tasks"
    study(track, {}, {"keys": ["First", "Second"], "mean_ranks": [1, 2], "no_diagram": few})
    html = shown(client, track).html
    assert few not in html
    assert "critical difference 1.50" not in html.lower()
    drawn = {
        "keys": ["First", "Second"], "mean_ranks": [1.0, 2.0], "critical_difference": 1.5,
        "cliques": [[0, 1]], "no_diagram": "",
    }  # fmt: skip
    study(track, {}, drawn)
    html = shown(client, track).html
    assert "critical difference 1.50" in html


def test_a_diagram_of_a_team_that_left_is_not_drawn(client: Client, track: Track) -> None:
    drawn = {
        "keys": ["First", "Second"], "mean_ranks": [1.0, 2.0], "critical_difference": 1.5,
        "cliques": [], "no_diagram": "",
    }  # fmt: skip
    study(track, {}, drawn)
    Board.objects.get(track=track).standings.filter(team__name="First").delete()
    BoardDocument.objects.all().delete()
    assert "critical difference 1.50" not in shown(client, track).html


def test_a_wide_track_leaves_its_tasks_to_the_matrix(client: Client, track: Track) -> None:
    team = track.challenge.teams.get(name="First")
    trivial = track.challenge.teams.get(name="Trivial")
    for number in range(4):
        task = factories.make_task(track.challenge, "matching", f"more-{number}")
        for entered, public in ((trivial, 0.2), (team, 0.7)):
            submission = factories.make_submission(entered, task)
            factories.make_evaluation(submission, public=public, private=0.5)
            refresh(task, entered)
        heads = shown(client, track).heads
        assert ("Attempts" in heads) == (number in {0, 3})
        assert ("More 0" in heads) == (number < 3)


def test_a_track_without_tasks_has_a_page(client: Client, track: Track) -> None:
    empty = Track.objects.create(challenge=track.challenge, kind="classification", title="Empty")
    html = client.get(address(empty)).content.decode()
    assert "No teams yet" in html
