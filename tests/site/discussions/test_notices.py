"""Mails: to organizers of a question, to who asked of an answer, and never to oneself."""

from collections.abc import Iterator
from smtplib import SMTPException
from typing import Any

import pytest
from celery import current_app
from django.core.mail import EmailMessage
from pytest_django import DjangoCaptureOnCommitCallbacks

from podium.accounts.models import User
from podium.challenges.models import Challenge, Role, Task
from podium.discussions import actions, notices, tasks
from podium.discussions.models import Question
from podium.teams.deleting import delete_account
from tests.site.factories import make_answer, make_organizer, make_question, make_user

Capture = DjangoCaptureOnCommitCallbacks
WORDS = {"title": "May we?", "body": "zebra-stripes"}


@pytest.fixture
def eager() -> Iterator[None]:
    """Workers run at once, in this process."""
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


@pytest.fixture
def mara(challenge: Challenge) -> User:
    user = make_user("mara")
    make_organizer(challenge, user, Role.MANAGER)
    return user


def test_owners_and_managers_get_one_mail_each(
    challenge: Challenge,
    matching_task: Task,
    charlie: User,
    olga: User,
    mara: User,
    viktor: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Capture,
    eager: None,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        asked = actions.ask(challenge=challenge, task=matching_task, by=charlie, **WORDS)
        assert mailoutbox == []
    assert sorted(mail.to for mail in mailoutbox) == [["mara@example.org"], ["olga@example.org"]]
    for mail in mailoutbox:
        assert mail.subject == f"Podium: a question about {matching_task.title}"
        assert "Charlie asks about" in mail.body
        assert f"http://127.0.0.1:8000/c/cup/questions/{asked.pk}/" in mail.body
        for other in ("zebra", "charlie@", "mara@", "olga@"):
            assert other not in str(mail.body)


def test_an_organizer_who_asks_gets_no_mail(
    challenge: Challenge,
    olga: User,
    mara: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Capture,
    eager: None,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        actions.ask(challenge=challenge, by=olga, **WORDS)
    assert [mail.to for mail in mailoutbox] == [["mara@example.org"]]


def test_who_asked_gets_a_mail_of_others_answers_alone(
    challenge: Challenge,
    charlie: User,
    alice: User,
    olga: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Capture,
    eager: None,
) -> None:
    question = make_question(challenge, charlie)
    for by in (charlie, alice, olga):
        with django_capture_on_commit_callbacks(execute=True):
            given = actions.answer(question=question, body="zebra-stripes", by=by)
    assert [mail.to for mail in mailoutbox] == [["charlie@example.org"]] * 2
    bodies = [str(mail.body) for mail in mailoutbox]
    assert "Alice has answered" in bodies[0]
    assert "Olga, an organizer, has answered" in bodies[1]
    assert f"/c/cup/questions/{question.pk}/#answer-{given.pk}" in bodies[1]
    assert "zebra" not in "".join(bodies)


def test_what_is_hidden_meanwhile_is_told_to_nobody(
    challenge: Challenge, charlie: User, alice: User, olga: User, mailoutbox: list[EmailMessage]
) -> None:
    question = make_question(challenge, charlie)
    given = make_answer(question, alice)
    actions.hide(text=given, by=olga)
    notices.mail_answered(given.pk)
    actions.show(text=given, by=olga)
    actions.hide(text=question, by=olga)
    notices.mail_answered(given.pk)
    notices.mail_asked(question.pk, olga.pk)
    assert notices.to_tell(question.pk) == []
    assert mailoutbox == []


def test_nobody_writes_to_a_deleted_account(
    challenge: Challenge, charlie: User, mara: User, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    question = make_question(challenge, charlie)
    given = make_answer(question, alice)
    delete_account(by=charlie)
    User.objects.filter(pk=mara.pk).update(is_active=False)
    notices.mail_answered(given.pk)
    notices.mail_asked(question.pk, mara.pk)
    assert notices.to_tell(question.pk) == []
    assert mailoutbox == []


@pytest.mark.django_db
def test_messages_about_what_is_gone_do_nothing(mailoutbox: list[EmailMessage]) -> None:
    tasks.tell_asked(404)
    tasks.mail_asked(404, 404)
    tasks.tell_answered(404)
    assert mailoutbox == []


def test_messages_carry_ids_and_are_short_work(
    challenge: Challenge,
    charlie: User,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Capture,
) -> None:
    sent: list[Any] = []
    for task in (tasks.tell_asked, tasks.tell_answered):
        monkeypatch.setattr(task, "delay", lambda *ids, name=task.name: sent.append((name, *ids)))
        route = current_app.amqp.router.route({}, task.name)
        assert route["queue"].name == "control"
    with django_capture_on_commit_callbacks(execute=True):
        asked = actions.ask(challenge=challenge, by=charlie, **WORDS)
        given = actions.answer(question=asked, body="Yes.", by=alice)
    assert sent == [("discussions.tell_asked", asked.pk), ("discussions.tell_answered", given.pk)]


def test_a_queue_that_is_away_refuses_no_question(
    challenge: Challenge,
    charlie: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Capture,
) -> None:
    def away(*_: Any) -> None:
        raise OSError("no Redis")

    monkeypatch.setattr(tasks.tell_asked, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        actions.ask(challenge=challenge, by=charlie, **WORDS)
    assert Question.objects.count() == 1


def test_a_mail_server_that_is_away_is_asked_again(
    challenge: Challenge, charlie: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def away(**_: Any) -> None:
        tries.append(1)
        raise SMTPException("away")

    monkeypatch.setattr(notices, "send_mail", away)
    question = make_question(challenge, charlie)
    assert tasks.mail_asked.apply((question.pk, olga.pk)).failed()
    assert len(tries) == 4
