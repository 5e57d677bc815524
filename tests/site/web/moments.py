"""Moments of a challenge, and what no page may tell before its reveal."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from podium.challenges.models import Challenge, Task
from podium.standings.models import Revision, Standing
from tests.site.factories import reveal

PARTS = ("", "public", "private", "ignored")


def over(challenge: Challenge, *, made: bool = True) -> None:
    """Let the reveal's time come, and make it."""
    now = timezone.now()
    Challenge.objects.filter(pk=challenge.pk).update(
        team_freeze_at=now - timedelta(days=3),
        closes_at=now - timedelta(days=2),
        reveal_at=now - timedelta(days=1),
    )
    challenge.refresh_from_db()
    assert not made or reveal(challenge)


def frozen(challenge: Challenge) -> None:
    """Freeze others' rows since half an hour ago, when all of these were there."""
    since = timezone.now() - timedelta(minutes=30)
    Standing.objects.update(valid_from=since - timedelta(hours=1))
    Revision.objects.update(at=since - timedelta(hours=1))
    challenge.freeze_hours = 1
    challenge.closes_at = since + timedelta(hours=1)
    challenge.team_freeze_at = since
    challenge.save()


def before_the_reveal(
    page: Callable[..., str], two: list[Task], clients: Iterable[Client]
) -> list[str]:
    """Return what a page shows to each client of each part, without a raw number in any of it.

    `two` are the tasks of that fixture, whose private scores are all 0.123456.
    """
    shown = [page(client, two[0], part=part) for client in clients for part in PARTS]
    for html in shown:
        for raw in ("0.1234", "0.8123", "0.9123"):
            assert raw not in html
    return shown
