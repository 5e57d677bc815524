"""Nothing of the private part, and nothing unrounded, is on any page."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from podium.challenges.models import Challenge
from podium.standings.actions import refresh
from podium.submissions.models import Part, Score
from tests.site import factories
from tests.site.web.conftest import PEOPLE, World
from tests.site.web.test_access import TABLE, address

PRIVATE = ("654321", "644321", "664321", "0.65", "secret", "5ec4e7")
UNROUNDED = ("812345", "802345", "822345")
# Hashes and times may contain any digits, so what is looked for is longer than chance allows.
SEEN_BY_ORGANIZERS = {"olga", "viktor"}
CLOCK = re.compile(r"\d\d:\d\d\.\d+")  # fractions of a second read like any score
PAGES = [name for name, (method, _) in TABLE.items() if method == "get" and name != "join"]


def text_of(world: World, client: Client, name: str) -> str:
    answer = client.get(address(name, world))
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = content.decode(errors="replace")  # a picture is not text, but may not contain one either
    return CLOCK.sub("", text)


@pytest.mark.parametrize("person", PEOPLE)
def test_no_page_shows_anything_private(
    world: World, client_of: Callable[[str], Client], person: str
) -> None:
    _add_other_metrics(world)
    client = client_of(person)
    for name in PAGES:
        html = text_of(world, client, name)
        for secret in PRIVATE:
            assert secret not in html, (name, secret)
        if person not in SEEN_BY_ORGANIZERS:
            for raw in UNROUNDED:
                assert raw not in html, (name, raw)


def test_the_displayed_score_is_there(world: World, client_of: Callable[[str], Client]) -> None:
    for name in ("submission", "task-board", "task", "challenge"):
        assert "0.81" in text_of(world, client_of("alice"), name), name
    assert "0.812345" in text_of(world, client_of("olga"), "submission")


@pytest.mark.parametrize("person", ["anonymous", "alice", "olga"])
def test_the_reveal_by_itself_shows_nothing_private(
    world: World, client_of: Callable[[str], Client], person: str
) -> None:
    challenge = world.task.challenge
    now = challenge.opens_at
    Challenge.objects.filter(pk=challenge.pk).update(
        team_freeze_at=now + (challenge.team_freeze_at - now) / 1000,
        closes_at=now + (challenge.team_freeze_at - now) / 900,
        reveal_at=now + (challenge.team_freeze_at - now) / 800,
    )
    for name in PAGES:
        html = text_of(world, client_of(person), name)
        assert not [secret for secret in PRIVATE if secret in html], name


def test_a_failure_is_told_without_its_traceback(
    world: World, client_of: Callable[[str], Client]
) -> None:
    failed = factories.make_submission(
        world.team, world.task, "failed", failure="Traceback: /srv/secret/solution.parquet"
    )
    html = client_of("alice").get(reverse("submission", args=[failed.pk])).content.decode()
    assert "We could not score this file" in html
    assert "Traceback" not in html


def _add_other_metrics(world: World) -> None:
    evaluation = world.submission.evaluations.get()
    for metric in ("roc_auc", "log_loss", "f1"):
        for part, value in ((Part.PUBLIC, 0.812345), (Part.PRIVATE, 0.654321)):
            Score.objects.create(evaluation=evaluation, part=part, metric=metric, value=value, n=3)
    refresh(world.task, world.team)
