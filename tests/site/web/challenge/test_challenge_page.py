"""What the page of a challenge says where something is missing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from figures.words import number
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Task
from podium.standings.visible import visible_board
from podium.teams.models import Team
from tests.site import factories
from tests.site.web.board.boards import enter

MOST_QUERIES = 15


def _html(client: Client, challenge: Challenge) -> str:
    answer = client.get(challenge.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_challenge_without_tracks_says_what_can_be_done_meanwhile(
    client: Client, challenge: Challenge
) -> None:
    html = _html(client, challenge)
    assert "No tracks yet" in html
    assert "You can create a team meanwhile." in html
    assert f'<a class="button" href="{reverse("my-team", args=[challenge.slug])}">' in html


def test_only_rescores_of_tasks_that_are_there_are_shown(
    client: Client, matching_task: Task
) -> None:
    challenge = matching_task.challenge
    for task, why in ((matching_task.slug, "Seven labels."), ("removed", "Of a removed task.")):
        facts = {"challenge": challenge.slug, "task": task, "why": why}
        record(Verb.PUBLISHED_RESCORE, subject=matching_task, by=None, **facts)
    html = _html(client, challenge)
    assert "Seven labels." in html
    assert "Of a removed task." not in html


@pytest.mark.parametrize(("prizes", "columns"), [("", 1), ("Fame.", 2)])
def test_a_column_without_words_is_left_out(
    client: Client, challenge: Challenge, prizes: str, columns: int
) -> None:
    Challenge.objects.update(description="", prizes=prizes)
    below = _html(client, challenge).split('<div class="columns section">')[1]
    assert below.count("\n  <div>") == columns


def test_leaders_say_by_what_they_lead_where_their_head_is_gone(
    client: Client, matching_task: Task
) -> None:
    enter(matching_task, "First", 0.91)
    enter(matching_task, "Trivial", 0.3, baseline="trivial")
    html = _html(client, matching_task.challenge)
    assert '<p class="slim-only small quiet">By mean skill</p>' in html


@pytest.fixture
def two(matching_task: Task) -> list[Task]:
    """Two tasks of one track on which teams and baselines are."""
    other = factories.make_task(matching_task.challenge, matching_task.track.kind, "another-task")
    for task, score in ((matching_task, 0.9), (other, 0.4)):
        enter(task, "Trivial", 0.2, baseline="trivial")
        enter(task, "AutoGluon", 0.6, baseline="autogluon")
        enter(task, "First", score)
        enter(task, "Second", 0.9)
    return [matching_task, other]


def test_a_task_shows_what_its_own_board_shows(client: Client, two: list[Task]) -> None:
    member = Team.objects.get(name="First").captain
    client.force_login(member)
    answer = client.get(two[0].challenge.get_absolute_url())
    (track,) = answer.context["tracks"]
    for shown, task in zip(track["tasks"], two, strict=True):
        board = visible_board(member, task)
        scores = {row.team.baseline: number(row.score, board.decimals) for row in board.rows}
        assert board.mine
        assert shown["task"] == task
        assert shown["place"] == board.mine.rank
        assert shown["mine"] == number(board.mine.score, board.decimals)
        assert shown["best"] == number(0.9, board.decimals)
        assert shown["reference"] == scores["autogluon"]
    assert [shown["place"] for shown in track["tasks"]] == [1, 2]


def test_a_task_that_no_track_counts_yet_shows_its_own_board(
    client: Client, matching_task: Task
) -> None:
    enter(matching_task, "First", 0.9)
    answer = client.get(matching_task.challenge.get_absolute_url())
    (shown,) = answer.context["tracks"][0]["tasks"]
    assert shown["best"].startswith("0.9")


def test_the_page_needs_no_query_for_each_task(client: Client, two: list[Task]) -> None:
    client.force_login(Team.objects.get(name="First").captain)
    with CaptureQueriesContext(connection) as queries:
        client.get(two[0].challenge.get_absolute_url())
    assert len(queries) <= MOST_QUERIES, "\n".join(query["sql"] for query in queries)


# The home page ----------------------------------------------------------------------------------


def test_home_shows_the_race_of_each_track(client: Client, two: list[Task]) -> None:
    member = Team.objects.get(name="First").captain
    html = client.get("/").content.decode()
    assert '<section aria-label="Leaders of Matching">' in html
    assert ">First</a>" in html
    assert "baseline" in html
    assert "your team" not in html
    client.force_login(member)
    assert "your team" in client.get("/").content.decode()


def test_home_offers_boards_while_there_is_no_score(client: Client, matching_task: Task) -> None:
    html = client.get("/").content.decode()
    assert "Matching leaderboard</a>" in html
    assert "Leaders of" not in html


def test_home_shows_a_frozen_race_as_the_board_does(client: Client, two: list[Task]) -> None:
    Challenge.objects.update(freeze_hours=24 * 365)  # before any score
    assert "Leaders of" not in client.get("/").content.decode()


def test_home_asks_the_database_alike_however_many_tasks_there_are(
    client: Client, two: list[Task]
) -> None:
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    enter(factories.make_task(two[0].challenge, two[0].track.kind, "third"), "First", 0.7)
    with CaptureQueriesContext(connection) as more:
        client.get("/")
    assert len(more) == len(few) <= MOST_QUERIES
