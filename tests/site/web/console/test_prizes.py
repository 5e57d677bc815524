"""Owners set the prizes of a track in the console, and everybody reads them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Prize, Task
from tests.site.web.console.sheets import carried_out, filled

AsUser = Callable[[User | None], Client]
SHEET = reverse("console-prizes", args=["cup", "matching"])


@pytest.fixture
def owner(as_user: AsUser, olga: User, matching_task: Task) -> Client:
    return as_user(olga)


def test_prizes_are_planned_stored_and_shown(owner: Client, client: Client) -> None:
    page = carried_out(owner, SHEET, text_1="A cup", value_1="€5,000", text_2="A book")
    assert "Prize for rank 1: nothing → A cup (€5,000)" in page
    assert list(Prize.objects.values_list("rank", "text", "value")) == [
        (1, "A cup", "€5,000"),
        (2, "A book", ""),
    ]
    assert Event.objects.get().facts["tracks.matching.prizes.1"] == [None, "A cup (€5,000)"]
    for url in ("/c/cup/", reverse("track", args=["cup", "matching"])):
        html = client.get(url).content.decode()
        assert "A cup" in html
        assert "€5,000" in html
    assert (
        "rank 1, A cup (€5,000); rank 2, A book"
        in owner.get("/c/cup/console/setup/").content.decode()
    )


def test_an_emptied_prize_goes(owner: Client) -> None:
    carried_out(owner, SHEET, text_1="A cup", text_2="A book")
    carried_out(owner, SHEET, text_1=None)
    assert list(Prize.objects.values_list("rank", "text")) == [(2, "A book")]


def test_a_value_without_a_prize_is_refused(owner: Client) -> None:
    answer = owner.post(SHEET, filled(owner, SHEET, value_2="€5"))
    assert answer.status_code == 422
    assert "Say what the prize is" in answer.content.decode()


def test_a_rehearsal_takes_none(owner: Client) -> None:
    Challenge.objects.update(is_rehearsal=True)
    answer = owner.post(SHEET, filled(owner, SHEET, text_1="A cup"))
    assert answer.status_code == 422
    assert "A rehearsal has no prizes" in answer.content.decode()


def test_a_copy_has_the_prizes(owner: Client) -> None:
    carried_out(owner, SHEET, text_1="A cup", value_1="€5,000")
    source = Challenge.objects.get()
    url, later = reverse("console-new"), timezone.now() + timedelta(days=5)
    sent: dict[str, Any] = {"slug": "next", "title": "Next", "source": source.pk}
    sent["opens_at"] = f"{later:%Y-%m-%dT%H:%M:%S}"
    answer = owner.post(url, sent)
    assert answer.status_code == 302, answer.content.decode()
    assert str(Prize.objects.get(track__challenge__slug="next")) == "A cup (€5,000)"
