"""Mails: who gets which, when, once; and what happens when the server does not take them."""

from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from celery import current_app
from django.conf import settings
from django.core import mail as django_mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from podium.accounts.models import User
from podium.challenges.models import Announcement, Feedback, Task
from podium.notices import actions, mailing, tasks, telling
from podium.notices.models import How, Kind, Notice
from podium.submissions.models import Score, Submission
from podium.teams.models import Membership, Team
from tests.site import factories
from tests.site.notices.conftest import Mailed, confirm, scored

NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
MORNING = NOON + timedelta(days=1, hours=-4)
LINK = "http://127.0.0.1:8000/notices/off/"


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def news(team: Team, alice: User, bob: User) -> Announcement:
    confirm(alice, bob)
    made = Announcement.objects.create(
        challenge=team.challenge, title="New\u2028 data", body="Fetch *it*."
    )
    telling.sweep()
    return made


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """What the mail server answers next, instead of taking a mail; empty: it takes them."""
    answers: list[Exception] = []
    send = EmailBackend.send_messages

    def refuse(self: Any, messages: Any) -> int:
        if answers:
            raise answers[0]
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    return answers


# At once ---------------------------------------------------------------------------------------


def test_an_instant_mail_goes_out_once(news: Announcement, mailed: Mailed) -> None:
    mails = mailed()
    assert sorted(mails) == ["alice", "bob"]
    [mail] = mails["alice"]
    assert mail.subject == "Podium: New data"
    assert mail.body.startswith(
        "Fetch *it*.\n\nhttp://127.0.0.1:8000/c/cup/\n\nThis is about The cup.\n\n--\n"
    )
    assert mailed() == {}
    assert not Notice.objects.filter(mailed_at=None).exists()


def test_no_name_makes_a_link_in_a_subject(news: Announcement, mailed: Mailed) -> None:
    Announcement.objects.update(title="Sign in at https://evil.example/now, 2.0 is here.")
    [mail] = mailed()["alice"]
    assert mail.subject == "Podium: Sign in at https evil example now, 2.0 is here."


def test_each_mail_can_be_turned_off_by_one_click(news: Announcement, mailed: Mailed) -> None:
    links = set()
    for [mail] in mailed().values():
        link = mail.extra_headers["List-Unsubscribe"]
        assert link.startswith(f"<{LINK}")
        assert link.strip("<>") in mail.body
        assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        links.add(link)
    assert len(links) == 2


@pytest.mark.parametrize("address", ["none", "unconfirmed", "another", "inactive"])
def test_only_confirmed_addresses_of_working_accounts_get_mails(
    news: Announcement, alice: User, bob: User, mailed: Mailed, address: str
) -> None:
    rows = EmailAddress.objects.filter(user=alice)
    if address == "none":
        rows.delete()
    elif address == "unconfirmed":
        rows.update(verified=False)
    elif address == "another":
        rows.update(email="old@example.org")
    else:
        User.objects.filter(pk=alice.pk).update(is_active=False)
    assert list(mailed()) == ["bob"]
    notice = Notice.objects.get(user=alice)
    assert notice.mailed_at is None
    EmailAddress.objects.filter(user=alice).delete()
    confirm(alice)
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert mailed() == {}  # it was looked at once


def test_what_was_read_on_the_site_is_not_mailed(
    news: Announcement, alice: User, mailed: Mailed
) -> None:
    actions.mark_read(user=alice, ids=None)
    assert list(mailed()) == ["bob"]


def test_a_choice_holds_for_what_waits(
    news: Announcement, alice: User, bob: User, mailed: Mailed
) -> None:
    actions.choose(user=alice, kind=Kind.ANNOUNCEMENT, how=How.OFF)
    actions.choose(user=bob, kind=Kind.ANNOUNCEMENT, how=How.DAILY)
    assert mailed() == {}


def test_what_is_old_is_not_mailed(news: Announcement, mailed: Mailed) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        assert mailed() == {}


# Once a day ------------------------------------------------------------------------------------


def test_a_digest_has_the_day_by_challenge_in_one_mail(
    team: Team, alice: User, classification_task: Task, mailed: Mailed, clock: Any
) -> None:
    confirm(alice)
    other = factories.make_challenge("bowl")
    its_team = factories.make_team(other, "Gamma", alice)
    its_task = factories.make_task(other, "matching")
    for entrant, task in ((team, classification_task), (its_team, its_task)):
        scored(entrant, task)
    scored(team, classification_task)
    assert mailed() == {}
    clock.move_to(MORNING - timedelta(hours=2), tick=False)
    assert mailed() == {}
    clock.move_to(MORNING, tick=False)
    [mail] = mailed()["alice"]
    assert mail.subject == "Podium: 3 notices of the last day"
    cup, _, bowl = mail.body.partition("The bowl\n========\n")
    assert cup.startswith("The cup\n=======\n")
    assert "Submission 1 to Matching Task is scored" in bowl
    assert cup.count("Accuracy on the public part: 0.80, 95 % interval 0.79 to 0.81.") == 2
    scored(team, classification_task)
    clock.shift(timedelta(hours=10))
    assert mailed() == {}
    clock.shift(timedelta(hours=14))
    [mail] = mailed()["alice"]
    assert mail.subject == "Podium: 1 notice of the last day"


def test_a_digest_tells_the_last_leader_of_a_board_alone(
    team: Team, alice: User, classification_task: Task, mailed: Mailed, clock: Any
) -> None:
    confirm(alice)
    rival = factories.make_team(team.challenge, "Beta", factories.make_user("rita"))
    actions.choose(user=alice, kind=Kind.SCORED, how=How.OFF)
    for entrant, public in ((team, 0.5), (rival, 0.6), (team, 0.7)):
        scored(entrant, classification_task, public)
        telling.sweep()
        clock.shift(timedelta(hours=2))
    clock.move_to(MORNING, tick=False)
    [mail] = mailed()["alice"]
    assert "Your team has taken the lead" in mail.body
    assert "Beta" not in mail.body


def test_a_long_digest_ends_with_how_many_more(
    team: Team,
    alice: User,
    classification_task: Task,
    mailed: Mailed,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mailing, "MOST_IN_A_DIGEST", 2)
    confirm(alice)
    for _ in range(3):
        scored(team, classification_task)
    clock.move_to(MORNING, tick=False)
    [mail] = mailed()["alice"]
    assert "1 more: http://127.0.0.1:8000/notices/" in mail.body


# What a mail may say when it is sent -------------------------------------------------------------


def test_who_has_left_the_team_gets_no_mail_and_reads_no_score(
    team: Team, classification_task: Task, alice: User, bob: User, mailed: Mailed, clock: Any
) -> None:
    confirm(alice, bob)
    scored(team, classification_task)
    Membership.objects.filter(user=bob).delete()
    clock.move_to(MORNING, tick=False)
    assert list(mailed()) == ["alice"]
    said = actions.text(Notice.objects.get(user=bob), bob)
    for words in ("0.8", "Alpha", "Classification"):
        assert words not in f"{said}"


def test_the_ladder_is_silent_in_mails_too(
    team: Team, classification_task: Task, alice: User, mailed: Mailed, clock: Any
) -> None:
    confirm(alice)
    Task.objects.update(feedback=Feedback.LADDER)
    task = Task.objects.get()
    scored(team, task, 0.8)
    scored(team, task, 0.61)
    clock.move_to(MORNING, tick=False)
    [mail] = mailed()["alice"]
    assert "0.8" in mail.body
    assert "0.6" not in mail.body
    assert "This submission was not accepted, and nothing else is shown about it." in mail.body


@pytest.mark.parametrize("is_late", [False, True])
def test_a_score_is_told_as_it_counts_when_it_is_read(
    team: Team, classification_task: Task, alice: User, mailed: Mailed, clock: Any, is_late: bool
) -> None:
    confirm(alice)
    evaluation = scored(team, classification_task, 0.8)
    if is_late:
        Score.objects.filter(evaluation=evaluation).update(value=0.71234, low=None)
    clock.move_to(MORNING, tick=False)
    [mail] = mailed()["alice"]
    assert ("part: 0.71." in mail.body) == is_late
    assert "0.712" not in mail.body
    assert "0.12" not in mail.body


def test_a_notice_of_what_has_changed_is_not_mailed(
    team: Team, classification_task: Task, alice: User, mailed: Mailed
) -> None:
    confirm(alice)
    sent = factories.make_submission(team, classification_task, "failed")
    telling.on_submission_ended(sent)
    Submission.objects.update(state="scored")
    assert mailed() == {}
    said = actions.text(Notice.objects.get(user=alice), alice)
    assert said.body == "Since then that has changed: it is scored."


def test_a_draft_tells_nothing(news: Announcement, alice: User, mailed: Mailed) -> None:
    challenge = news.challenge
    challenge.announced_at, challenge.opens_at = None, timezone.now() + timedelta(days=1)
    challenge.save()
    assert mailed() == {}
    assert "New" not in actions.text(actions.of(alice).get(), alice).title


# A server that does not take mails -------------------------------------------------------------


def test_a_server_that_is_away_loses_and_doubles_nothing(
    news: Announcement, mailed: Mailed, away: list[Exception]
) -> None:
    away.append(SMTPException("away"))
    for _ in range(3):
        assert mailed() == {}
    away.clear()
    mails = mailed()
    assert {name: len(found) for name, found in mails.items()} == {"alice": 1, "bob": 1}
    assert mailed() == {}


def test_a_server_that_cannot_be_reached_is_asked_again(
    news: Announcement, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "open", away)
        assert mailed() == {}
    assert sorted(mailed()) == ["alice", "bob"]


def test_an_address_that_is_refused_holds_up_no_other(
    news: Announcement, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = EmailBackend.send_messages

    def refuse(self: Any, messages: list[EmailMessage]) -> int:
        if messages[0].to == ["alice@example.org"]:
            raise SMTPRecipientsRefused({"alice@example.org": (550, b"no such user")})
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert list(mailed()) == ["bob"]
    assert not Notice.objects.to_mail().exists()


def test_an_address_that_is_refused_for_now_gets_its_mail_later(
    news: Announcement, mailed: Mailed, away: list[Exception]
) -> None:
    away.append(SMTPRecipientsRefused({"alice@example.org": (451, b"try again later")}))
    assert mailed() == {}
    away.clear()
    assert sorted(mailed()) == ["alice", "bob"]


def test_a_mail_that_cannot_be_sent_holds_up_no_other(
    news: Announcement, alice: User, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = EmailBackend.send_messages

    def refuse(self: Any, messages: list[EmailMessage]) -> int:
        if messages[0].to == ["alice@example.org"]:
            raise SMTPException("looks like spam")
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert mailed() == {}
    assert list(mailed()) == ["bob"]
    assert Notice.objects.to_mail().get().user == alice


def test_a_mail_that_cannot_be_sent_holds_up_no_digest(
    team: Team,
    alice: User,
    bob: User,
    classification_task: Task,
    mailed: Mailed,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    confirm(alice, bob)
    actions.choose(user=alice, kind=Kind.SCORED, how=How.INSTANT)
    scored(team, classification_task)
    send = EmailBackend.send_messages

    def refuse(self: Any, messages: list[EmailMessage]) -> int:
        if messages[0].to == ["alice@example.org"]:
            raise SMTPException("looks like spam")
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    clock.move_to(MORNING, tick=False)
    assert mailed() == {}
    assert list(mailed()) == ["bob"]


def test_a_text_that_cannot_be_made_holds_up_no_other(
    news: Announcement, alice: User, mailed: Mailed
) -> None:
    Notice.objects.filter(user=alice).update(facts={})
    assert list(mailed()) == ["bob"]


def test_of_two_workers_one_sends(
    news: Announcement, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[int] = []

    class Meanwhile(EmailBackend):
        def send_messages(self, messages: Any) -> int:
            if not inside:
                inside.append(1)
                mailing.send()  # as another worker, while this one has a mail in its hand
            return super().send_messages(messages)

    monkeypatch.setattr(mailing, "get_connection", Meanwhile)
    mails = mailed()
    assert {name: len(found) for name, found in mails.items()} == {"alice": 1, "bob": 1}


# Many -------------------------------------------------------------------------------------------


def test_many_mails_go_out_in_batches_over_one_connection(
    news: Announcement, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    people = User.objects.bulk_create(
        User(email=f"p{number}@example.org", name=f"P{number}") for number in range(5)
    )
    confirm(*people)
    challenge = news.challenge_id
    everybody = User.objects.all()
    actions.tell(everybody, Kind.ANNOUNCEMENT, "again", challenge=challenge, announcement=news.pk)
    monkeypatch.setattr(mailing, "MOST_MAILS", 4)
    opened, again = [], []
    real = django_mail.get_connection
    monkeypatch.setattr(mailing, "get_connection", lambda: opened.append(1) or real())
    monkeypatch.setattr(tasks.mail, "delay", lambda: again.append(1))
    tasks.mail()
    assert (len(mailoutbox), len(opened), len(again)) == (4, 1, 1)
    tasks.mail()
    assert (len(mailoutbox), len(opened), len(again)) == (8, 2, 2)
    tasks.mail()
    assert (len(mailoutbox), len(opened), len(again)) == (9, 3, 2)


@pytest.mark.django_db
def test_a_run_without_mails_opens_no_connection(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(mailing, "get_connection", lambda: pytest.fail("opened"))
    with django_assert_max_num_queries(2):
        assert not mailing.send()


def test_sweeps_are_short_work() -> None:
    for name in ("sweep-notices", "mail-notices"):
        entry = settings.CELERY_BEAT_SCHEDULE[name]
        assert entry["task"] in current_app.tasks
        assert current_app.amqp.router.route({}, entry["task"])["queue"].name == "control"
