"""Owners and managers are mailed of each trouble once, and once when it is over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from podium import workers
from podium.accounts.models import User
from podium.challenges.models import Challenge, Role, Task
from podium.submissions.models import State
from podium.teams.models import Team
from podium.watch import alerts
from podium.watch.alerts import KEPT, LASTING, Watch
from podium.watch.management.commands import watch as command
from podium.watch.models import Alert
from tests.site import factories
from tests.site.notices.conftest import confirm
from tests.site.watch.conftest import ALL, Clock, set_free_disk

Passes = Callable[..., list[EmailMessage]]


@pytest.fixture
def passes(clock: Clock, mailoutbox: list[EmailMessage], challenge: Challenge) -> Passes:
    """A function that looks for a while and returns the new mails.

    It looks every 15 seconds, and through a long while sixty times.
    """
    watch = Watch()

    def looked(for_: timedelta = 2 * LASTING) -> list[EmailMessage]:
        before = len(mailoutbox)
        step = max(15, for_.total_seconds() / 60)
        for _ in range(int(for_.total_seconds() / step) + 1):
            watch.look()
            clock.shift(step)
        return mailoutbox[before:]

    return looked


def to(mails: list[EmailMessage]) -> list[str]:
    return sorted(address.partition("@")[0] for mail in mails for address in mail.to)


def test_all_is_well_and_nobody_is_mailed(people: None, passes: Passes) -> None:
    assert passes() == []
    assert not Alert.objects.exists()


def test_a_dead_worker_is_mailed_once_to_owners_and_managers_and_once_when_it_is_back(
    people: None, passes: Passes, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(workers, "workers_alive", list)
    mails = passes(timedelta(minutes=1))
    assert to(mails) == ["mia", "mia", "olga", "olga"]  # scoring and control
    assert {mail.subject for mail in mails} == {"Podium: A problem needs attention"}
    assert "No scoring worker is alive." in mails[0].body + mails[-1].body
    assert "/console/" in mails[0].body
    assert passes(timedelta(hours=1)) == []
    monkeypatch.setattr(workers, "workers_alive", lambda: [ALL])
    mails = passes()
    assert to(mails) == ["mia", "mia", "olga", "olga"]
    assert {mail.subject for mail in mails} == {"Podium: A problem is over"}
    assert passes(timedelta(hours=1)) == []
    assert Alert.objects.filter(over_at=None).count() == 0


def test_what_is_gone_before_it_has_lasted_is_not_mailed(
    people: None, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)
    assert passes(timedelta(seconds=15)) == []
    monkeypatch.setattr(workers, "beat_seen_at", lambda: datetime.now(UTC))
    assert passes() == []
    assert not Alert.objects.exists()


def test_what_flickers_is_one_trouble(
    people: None, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = []
    for _ in range(10):
        set_free_disk(monkeypatch, 0.04)
        mails += passes(timedelta(seconds=15))
        set_free_disk(monkeypatch, 0.5)
        mails += passes(timedelta(seconds=0))
    assert to(mails) == ["mia", "olga"]


def test_another_process_and_a_new_start_mail_nobody_again(
    people: None, passes: Passes, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    monkeypatch.setattr(workers, "workers_alive", lambda: None)
    assert to(passes()) == ["mia", "olga"]
    count = len(mailoutbox)
    Watch().look()
    assert len(mailoutbox) == count


def test_trouble_of_a_challenge_is_mailed_to_its_own_organizers_only(
    people: None, passes: Passes, team: Team, matching_task: Task, charlie: User
) -> None:
    factories.make_organizer(factories.make_challenge("other"), charlie, Role.OWNER)
    factories.make_submission(
        team, matching_task, State.FAILED, failure="secret 0.987654 in a message"
    )
    old = timezone.now() - timedelta(minutes=10)
    factories.make_submission(team, matching_task, State.QUEUED, queued_at=old)
    mails = [mail for mail in passes() if "trivial" not in mail.body]
    assert to(mails) == ["mia", "mia", "olga", "olga"]
    text = "".join(mail.subject + mail.body for mail in mails)
    assert "1 submission failed because of a system error." in text
    assert "The oldest queued submission has waited for" in text
    assert "in The cup" in mails[0].subject
    assert "/c/cup/console/" in text
    for secret in ("0.987654", team.name, "@example.org"):
        assert secret not in text


def test_trouble_of_the_machine_is_one_mail_to_an_owner_of_two_challenges(
    people: None, passes: Passes, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_organizer(factories.make_challenge("other"), olga, Role.OWNER)
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)
    assert to(passes()) == ["mia", "olga"]


def test_an_archived_challenge_alerts_nobody(
    people: None, passes: Passes, challenge: Challenge, monkeypatch: pytest.MonkeyPatch
) -> None:
    Challenge.objects.update(archived_at=timezone.now())
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)
    assert passes() == []


def test_a_challenge_that_will_be_archived_still_alerts(
    people: None, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    Challenge.objects.update(archived_at=timezone.now() + timedelta(days=300))
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)
    assert to(passes()) == ["mia", "olga"]


def test_addresses_that_nobody_confirmed_get_nothing(
    passes: Passes, olga: User, mia: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm(mia)
    User.objects.filter(pk=mia.pk).update(is_active=False)
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)
    assert passes() == []


def test_what_only_the_console_shows_is_not_mailed(
    people: None, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "watch_seen_at", lambda: None)
    assert passes() == []


def test_a_mail_that_does_not_go_out_is_tried_again(
    people: None, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)

    def refuse(self: EmailBackend, messages: list[EmailMessage]) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(EmailBackend, "send_messages", refuse)
        assert passes() == []
    assert to(passes()) == ["mia", "olga"]
    with monkeypatch.context() as away:
        away.setattr(EmailBackend, "open", lambda self: refuse(self, []))
        Alert.objects.update(mailed_at=None)
        assert passes(timedelta(0)) == []
    assert to(passes(timedelta(0))) == ["mia", "olga"]


def test_one_bad_address_keeps_nobody_else_from_a_mail(
    people: None, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "beat_seen_at", lambda: None)
    send = EmailBackend.send_messages

    def refuse_mia(self: EmailBackend, messages: list[EmailMessage]) -> int:
        if "mia" in messages[0].to[0]:
            raise OSError
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse_mia)
    assert to(passes()) == ["olga"]


def test_without_its_database_it_mails_those_whom_it_knows(
    people: None, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert passes() == []

    def away(now: datetime) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(alerts, "_look", away)
        mails = passes(timedelta(minutes=10))
        assert to(mails) == ["mia", "olga"]
        assert {mail.subject for mail in mails} == {"Podium: The database does not answer"}
    mails = passes()
    assert {mail.subject for mail in mails} == {"Podium: The database answers again"}
    assert to(mails) == ["mia", "olga"]


def test_a_database_away_for_a_moment_is_no_news(
    people: None, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(now: datetime) -> None:
        raise OperationalError

    for _ in range(4):
        with monkeypatch.context() as broken:
            broken.setattr(alerts, "_look", away)
            assert passes(timedelta(seconds=15)) == []
        assert passes(timedelta(0)) == []


def test_old_alerts_go(people: None, passes: Passes, clock: Clock) -> None:
    long_ago = timezone.now() - KEPT - timedelta(days=1)
    facts = {"since": long_ago, "seen_at": long_ago, "mailed_at": long_ago}
    Alert.objects.create(key="beat", text="x", over_at=long_ago, **facts)
    passes(timedelta(0))
    assert not Alert.objects.exists()


def test_the_command_looks_and_gives_its_signs(
    challenge: Challenge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    marked: list[bool] = []
    monkeypatch.setattr(command, "mark_watch", lambda: marked.append(True))
    call_command("watch", once=True, sign=tmp_path / "looked")
    assert marked == [True]
    assert (tmp_path / "looked").exists()


def test_a_look_that_fails_gives_no_sign_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(self: Watch) -> None:
        raise FileNotFoundError

    marked: list[bool] = []
    monkeypatch.setattr(command, "mark_watch", lambda: marked.append(True))
    monkeypatch.setattr(Watch, "look", broken)
    call_command("watch", once=True, sign=tmp_path / "looked")
    assert marked == []
    assert not (tmp_path / "looked").exists()


def test_the_command_says_that_it_cannot_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking() -> None:
        raise ImproperlyConfigured("Set PODIUM_EMAIL_URL.")

    monkeypatch.setattr(command, "require_secrets", lacking)
    with pytest.raises(CommandError, match="Set PODIUM_EMAIL_URL"):
        call_command("watch", once=True)
