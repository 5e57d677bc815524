"""Moving times in the console: read first, then done, and not at all if the world moved on."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.definition import TIMES
from podium.challenges.models import Challenge, Phase
from tests.site.factories import make_organizer

AsUser = Callable[[User | None], Client]
DAY = timedelta(days=1)


@pytest.fixture
def send(challenge: Challenge, olga: User, as_user: AsUser) -> Callable[..., tuple[int, str]]:
    """A function that sends the form as it was read, with some times changed."""
    client, url = as_user(olga), reverse("console-sheet", args=[challenge.slug, "times"])

    def give(**changed: Any) -> tuple[int, str]:
        challenge.refresh_from_db()
        form: dict[str, Any] = {"freeze_hours": challenge.freeze_hours}
        for name in TIMES:
            at: datetime | None = changed.pop(name, getattr(challenge, name))
            form[name] = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" if at else ""
        answer = client.post(url, {**form, **changed})
        return answer.status_code, answer.content.decode()

    return give


def fingerprint(page: str) -> str:
    found = re.search(r'name="fingerprint" value="(\w+)"', page)
    assert found
    return found[1]


def moves() -> list[tuple[str, bool]]:
    events = Event.objects.filter(verb="moved time").order_by("pk")
    return [(event.facts["time"], event.is_public) for event in events]


def test_a_moved_time_is_read_first_and_everybody_sees_it(
    challenge: Challenge, send: Callable[..., tuple[int, str]], olga: User
) -> None:
    before = challenge.closes_at
    later = before.replace(microsecond=0) + DAY
    status, page = send(closes_at=later)
    assert status == 200
    assert f"The close: {before:%Y-%m-%d %H:%M:%S} UTC → {later:%Y-%m-%d %H:%M:%S} UTC" in page
    assert "Type “" not in page
    assert Challenge.objects.get().closes_at == before
    assert send(closes_at=later, fingerprint=fingerprint(page))[0] == 302
    assert Challenge.objects.get().closes_at == later
    event = Event.objects.get(verb="moved time")
    assert (event.actor_id, event.is_public) == (olga.pk, True)
    assert event.facts == {
        "time": "closes_at", "before": before.isoformat(), "after": later.isoformat()
    }  # fmt: skip


def test_what_was_not_typed_moves_by_no_fraction_of_a_second(
    challenge: Challenge, send: Callable[..., tuple[int, str]]
) -> None:
    assert challenge.closes_at.microsecond
    assert "Nothing would change: it is so already." in send()[1]
    page = send(freeze_hours=3)[1]
    assert "Hours of frozen boards: 0 → 3" in page
    send(freeze_hours=3, fingerprint=fingerprint(page))
    kept = Challenge.objects.get()
    assert (kept.freeze_hours, kept.closes_at) == (3, challenge.closes_at)
    assert moves() == []


def test_a_time_in_the_past_needs_the_title(
    challenge: Challenge, send: Callable[..., tuple[int, str]]
) -> None:
    past = {name: timezone.now() - DAY for name in ("team_freeze_at", "closes_at")}
    status, page = send(**past)
    assert "The challenge is open now, and closed after this." in page
    assert "The close lands in the past." in page
    assert f"Type “{challenge.title}” to confirm." in page
    for typed in ("", "cup"):
        status, again = send(**past, fingerprint=fingerprint(page), confirmed_title=typed)
        assert (status, Challenge.objects.get().phase()) == (422, Phase.OPEN)
        assert f"Type the title of the challenge: {challenge.title}" in again
    assert send(**past, fingerprint=fingerprint(page), confirmed_title=challenge.title)[0] == 302
    assert Challenge.objects.get().phase() == Phase.CLOSED


def test_a_plan_of_another_world_is_not_carried_out(
    challenge: Challenge, send: Callable[..., tuple[int, str]]
) -> None:
    later = challenge.closes_at.replace(microsecond=0) + DAY
    page = send(closes_at=later)[1]
    Challenge.objects.update(closes_at=challenge.closes_at + DAY / 2)
    status, again = send(closes_at=later, fingerprint=fingerprint(page))
    assert status == 422
    assert "The challenge has changed since." in again
    assert fingerprint(again) != fingerprint(page)
    assert send(closes_at=later, fingerprint=fingerprint(again))[0] == 302


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"closes_at": -31}, "Times must be in order"),
        ({"reveal_at": 90.001}, "15 minutes after the close"),
        ({"archived_at": 96}, "The archive comes after the reveal."),
        ({"opens_at": None}, "This field is required."),
    ],
)
def test_times_that_cannot_be_are_refused(
    challenge: Challenge,
    send: Callable[..., tuple[int, str]],
    changed: dict[str, float | None],
    says: str,
) -> None:
    now = timezone.now()
    times = {name: days and now + timedelta(days=days) for name, days in changed.items()}
    status, page = send(**times)
    assert status == 422
    assert says in page
    assert "fingerprint" not in page


def test_the_close_is_not_moved_beyond_the_reveal(
    challenge: Challenge, send: Callable[..., tuple[int, str]]
) -> None:
    Challenge.objects.update(revealed_at=timezone.now())
    assert "Private scores were shown at" in send(closes_at=challenge.closes_at + DAY)[1]


def test_an_archive_is_made_and_undone(
    challenge: Challenge, send: Callable[..., tuple[int, str]]
) -> None:
    past = timezone.now() - 9 * DAY
    Challenge.objects.update(
        team_freeze_at=past, closes_at=past, reveal_at=past + DAY, revealed_at=past + DAY
    )
    for at, phase in ((timezone.now() - DAY, Phase.ARCHIVED), (None, Phase.REVEALED)):
        page = send(archived_at=at)[1]
        title = Challenge.objects.get().title
        assert send(archived_at=at, fingerprint=fingerprint(page), confirmed_title=title)[0] == 302
        assert Challenge.objects.get().phase() == phase


def test_a_manager_moves_nothing(challenge: Challenge, as_user: AsUser, charlie: User) -> None:
    make_organizer(challenge, charlie, "manager")
    client = as_user(charlie)
    assert (
        client.post(reverse("console-sheet", args=[challenge.slug, "times"]), {}).status_code == 403
    )
    assert (
        "Change the challenge" not in client.get(reverse("console", args=["cup"])).content.decode()
    )


def test_the_times_are_drawn_before_and_after_a_change(
    challenge: Challenge, send: Callable[..., tuple[int, str]], olga: User, as_user: AsUser
) -> None:
    url = reverse("console-sheet", args=[challenge.slug, "times"])
    page = as_user(olga).get(url).content.decode()
    assert page.count('class="wide-only"') == page.count('class="slim-only"') == 1
    closes, ends = challenge.closes_at, challenge.closes_at + timedelta(minutes=15)
    assert f"Closes: {closes.day} {closes:%b %Y, %H:%M} UTC" in page
    assert f"Last uploads end: {ends.day} {ends:%b %Y, %H:%M} UTC" in page
    assert ", before " not in page
    later = closes.replace(microsecond=0) + DAY
    _, page = send(closes_at=later)
    was = f", before {closes.day} {closes:%b %Y, %H:%M} UTC"
    assert f"Closes {later.day} {later:%b %Y, %H:%M} UTC{was}" in page
    assert f"Opens {challenge.opens_at.day}" in page


def test_the_times_are_drawn_in_the_readers_zone_too(
    challenge: Challenge, olga: User, as_user: AsUser
) -> None:
    User.objects.filter(pk=olga.pk).update(time_zone="Asia/Tokyo")
    olga.refresh_from_db()
    url = reverse("console-sheet", args=[challenge.slug, "times"])
    page = as_user(olga).get(url).content.decode()
    assert f"{challenge.closes_at.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M} in Asia/Tokyo" in page
