"""What the page of a challenge says where something is missing."""

import pytest
from django.test import Client
from django.urls import reverse

from podium.challenges.models import Challenge, Task
from tests.site.web.board.boards import enter


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
    assert '<caption class="slim-only">Leading, by mean skill</caption>' in html
