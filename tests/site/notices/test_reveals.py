"""The first private boards come after the owners were mailed, and not if one stops them."""

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.models import Event
from podium.challenges.models import REVEAL_NOTICE, UPLOAD_GRACE, Challenge, Phase, Role, Task
from podium.challenges.reveals import resume_reveal, stop_reveal
from podium.notices.reveals import tell_owners
from podium.refusals import Refused
from podium.standings.models import Board
from podium.standings.reveal import reveal_now
from podium.standings.tasks import reveal_due
from podium.submissions.models import Part
from tests.site import factories
from tests.site.notices.conftest import confirm

MINUTE = timedelta(minutes=1)
AsUser = Callable[[User | None], Client]


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.fixture
def owned(matching_task: Task, olga: User, clock: Any) -> Challenge:
    """A challenge that goes on for months, whose owner has confirmed an address."""
    confirm(olga)
    return matching_task.challenge


def move(challenge: Challenge, **moments: timedelta) -> None:
    """Move times of the challenge to these distances from now."""
    now = timezone.now()
    moved = {name: now + ahead for name, ahead in moments.items()}
    Challenge.objects.filter(pk=challenge.pk).update(**moved)
    challenge.refresh_from_db()


def end(challenge: Challenge) -> None:
    """Say by a wrong date that all is over since yesterday."""
    past = -timedelta(days=1)
    move(challenge, team_freeze_at=past, closes_at=past, reveal_at=past)


def beat() -> None:
    """Do what beat starts within a minute."""
    tell_owners()
    reveal_due()


def is_out() -> bool:
    challenge = Challenge.objects.get()
    made = Board.objects.filter(part=Part.PRIVATE).exists()
    assert made == (challenge.phase() == Phase.REVEALED) == (challenge.revealed_at is not None)
    return made


def test_a_wrong_date_reveals_nothing_before_owners_had_time_to_read_of_it(
    owned: Challenge, olga: User, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    end(owned)
    for _ in range(3):
        beat()
    assert not is_out()
    (mail,) = mailoutbox
    assert mail.to == [olga.email]
    at = timezone.now() + REVEAL_NOTICE
    assert f"appear to everybody at {in_words(at)}" in mail.body
    assert f"/c/{owned.slug}/console/#reveal" in mail.body
    clock.shift(REVEAL_NOTICE - timedelta(seconds=1))
    beat()
    assert not is_out()
    clock.shift(timedelta(seconds=1))
    beat()
    assert is_out()
    assert len(mailoutbox) == 1


def test_a_wrong_date_that_is_put_right_in_time_reveals_nothing(
    owned: Challenge, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    end(owned)
    beat()
    later = timedelta(days=30)
    move(owned, team_freeze_at=later, closes_at=later, reveal_at=later + UPLOAD_GRACE)
    clock.shift(REVEAL_NOTICE)
    beat()
    assert not is_out()
    assert Challenge.objects.get().phase() == Phase.OPEN
    # The mail of yesterday's time is none of the new one.
    clock.shift(later)
    beat()
    assert not is_out()
    assert len(mailoutbox) == 2


def test_a_reveal_that_was_planned_comes_at_its_time(
    owned: Challenge, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    clock.move_to(owned.reveal_at - timedelta(days=1) - MINUTE)
    beat()
    assert mailoutbox == []
    clock.shift(MINUTE)
    beat()
    assert in_words(owned.reveal_at) in mailoutbox[0].subject
    clock.move_to(owned.reveal_at - timedelta(seconds=1))
    beat()
    assert not is_out()
    clock.shift(timedelta(seconds=1))
    beat()
    assert is_out()
    assert (Event.objects.get(verb="revealed").actor, len(mailoutbox)) == ("system", 1)


def test_it_waits_while_the_mail_server_is_away_and_the_console_says_so(
    owned: Challenge, olga: User, as_user: AsUser, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: EmailBackend, messages: object) -> int:
        raise SMTPException("away")

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", fail)
        end(owned)
        for _ in range(3):
            beat()
            clock.shift(timedelta(hours=5))
        assert not is_out()
        page = as_user(olga).get(reverse("console", args=[owned.slug])).content.decode()
        assert "The private boards wait, because no owner could be mailed" in page
    beat()
    clock.shift(REVEAL_NOTICE)
    beat()
    assert is_out()


def test_it_waits_while_no_owner_has_a_confirmed_address(
    matching_task: Task, olga: User, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    end(matching_task.challenge)
    beat()
    clock.shift(timedelta(days=2))
    beat()
    assert (is_out(), mailoutbox) == (False, [])
    manager = factories.make_user("mia")
    factories.make_organizer(matching_task.challenge, manager, Role.MANAGER)
    confirm(manager)
    beat()
    assert mailoutbox == []
    confirm(olga)
    beat()
    assert len(mailoutbox) == 1


def test_an_owner_stops_it_and_lets_it_come_later(
    owned: Challenge, olga: User, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    end(owned)
    beat()
    assert stop_reveal(challenge=owned, by=olga)
    assert not stop_reveal(challenge=owned, by=olga)
    clock.shift(timedelta(days=9))
    beat()
    assert not is_out()
    assert resume_reveal(challenge=owned, by=olga)
    assert not resume_reveal(challenge=owned, by=olga)
    beat()
    assert not is_out()
    assert len(mailoutbox) == 2
    clock.shift(REVEAL_NOTICE)
    beat()
    assert is_out()
    with pytest.raises(Refused, match="cannot be undone"):
        stop_reveal(challenge=owned, by=olga)
    verbs = Event.objects.filter(actor=str(olga)).values_list("verb", flat=True)
    assert list(verbs) == ["resumed reveal", "stopped reveal"]


def test_an_owner_reveals_without_waiting_but_not_before_the_time(
    owned: Challenge, olga: User, clock: Any
) -> None:
    with pytest.raises(Refused, match="The reveal is at") as early:
        reveal_now(challenge=owned, by=olga)
    assert early.value.retry_at == owned.reveal_at
    end(owned)
    stop_reveal(challenge=owned, by=olga)
    reveal_now(challenge=owned, by=olga)
    assert is_out()
    event = Event.objects.get(verb="revealed")
    assert (event.actor_id, event.is_public) == (olga.pk, True)
    with pytest.raises(Refused, match="public already"):
        reveal_now(challenge=owned, by=olga)


def test_what_joins_after_the_reveal_needs_no_word_of_an_owner(
    owned: Challenge, olga: User, mailoutbox: list[EmailMessage]
) -> None:
    end(owned)
    reveal_now(challenge=owned, by=olga)
    late = factories.make_task(owned, "matching", "late")
    beat()
    assert Board.objects.filter(task=late, part=Part.PRIVATE).exists()
    assert mailoutbox == []


def test_the_console_asks_for_the_title_before_it_reveals(
    owned: Challenge, olga: User, as_user: AsUser
) -> None:
    client, console = as_user(olga), reverse("console", args=[owned.slug])
    assert "Reveal now" not in client.get(console).content.decode()
    end(owned)
    assert "Reveal now" in client.get(console).content.decode()
    address = reverse("console-reveal", args=[owned.slug])
    for typed in ("", "the cup", owned.slug):
        page = client.post(address, {"title": typed})
        assert (page.status_code, is_out()) == (422, False)
    assert client.post(address, {"title": f" {owned.title} "}).status_code == 302
    assert is_out()
    assert "Reveal now" not in client.get(console).content.decode()


def test_one_click_stops_it_and_the_console_says_so(
    owned: Challenge, olga: User, as_user: AsUser, clock: Any
) -> None:
    client = as_user(olga)
    end(owned)
    beat()
    client.post(reverse("console-reveal-stop", args=[owned.slug]))
    clock.shift(timedelta(hours=1))
    beat()
    page = client.get(reverse("console", args=[owned.slug])).content.decode()
    assert not is_out()
    assert "An owner stopped the reveal: the private boards appear when" in page
    assert "Resume the reveal" in page


def test_a_time_too_near_to_the_close_is_refused(matching_task: Task) -> None:
    challenge = matching_task.challenge
    challenge.reveal_at = challenge.closes_at + UPLOAD_GRACE - timedelta(seconds=1)
    with pytest.raises(ValidationError, match="15 minutes after the close"):
        challenge.full_clean()
    challenge.reveal_at += timedelta(seconds=1)
    challenge.full_clean()
