"""Asking, answering, changing your own words, and what organizers do with them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Organizer, Role, Task
from podium.discussions import actions
from podium.discussions.actions import MOST_BODY, QUESTIONS_PER_DAY
from podium.discussions.models import Answer, Question
from podium.refusals import Refused
from podium.teams.deleting import delete_account
from podium.teams.departure import FORMER
from tests.site.factories import (
    make_answer,
    make_challenge,
    make_organizer,
    make_question,
    make_task,
    make_user,
)

pytestmark = pytest.mark.dialect

WORDS = {"title": "May we?", "body": "I would like to know."}
SECRET = "zebra-stripes"


@pytest.fixture
def mara(challenge: Challenge) -> User:
    """A manager of the challenge."""
    user = make_user("mara")
    make_organizer(challenge, user, Role.MANAGER)
    return user


@pytest.fixture
def question(challenge: Challenge, charlie: User) -> Question:
    return make_question(challenge, charlie)


def refused(verb: Callable[..., Any], **arguments: Any) -> str:
    """Return the code with which a verb refuses, having changed and recorded nothing."""
    before = (list(Question.objects.values()), list(Answer.objects.values()), Event.objects.count())
    with pytest.raises(Refused) as caught:
        verb(**arguments)
    assert caught.value.message.endswith(".")
    now = (list(Question.objects.values()), list(Answer.objects.values()), Event.objects.count())
    assert now == before
    return caught.value.code


# Asking ------------------------------------------------------------------------------------------


def test_a_question_is_kept_as_typed_and_recorded_without_its_words(
    challenge: Challenge, matching_task: Task, charlie: User
) -> None:
    asked = actions.ask(
        challenge=challenge,
        task=matching_task,
        title=f"  What is\n {SECRET}? ",
        body=f"  A *line*\r\nand {SECRET}\r",
        by=charlie,
    )
    asked.refresh_from_db()
    assert (asked.title, asked.body) == (f"What is {SECRET}?", f"A *line*\nand {SECRET}")
    assert (asked.author, asked.task, asked.challenge) == (charlie, matching_task, challenge)
    assert not asked.is_faq
    event = Event.objects.get(verb="asked question")
    assert (event.subject, event.actor_id) == (f"question:{asked.pk}", charlie.pk)
    assert (event.challenge, event.facts, event.is_public) == (challenge.slug, {}, False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": " … "}, "bad_title"),
        ({"title": "x" * 161}, "long_title"),
        ({"title": "a\0b"}, "bad_title"),
        ({"title": "a\x7fb"}, "bad_title"),
        ({"title": "\u202eyam"}, "bad_title"),
        ({"body": " \r\n "}, "no_text"),
        ({"body": "x" * (MOST_BODY + 1)}, "long_text"),
        ({"body": "a\0b"}, "bad_text"),
        ({"body": "a\x1b[31mb"}, "bad_text"),
        ({"body": "a\ud800b"}, "bad_text"),
        ({"body": "a\u2067b"}, "bad_text"),
        ({"body": "|a" * 800 + "\n" + "|-" * 800 + "\n" + "a\n" * 800}, "long_text"),
    ],
)
def test_words_that_are_none_are_refused(
    challenge: Challenge, charlie: User, changes: dict[str, str], code: str
) -> None:
    assert refused(actions.ask, challenge=challenge, by=charlie, **(WORDS | changes)) == code


def test_the_longest_words_fit(challenge: Challenge, charlie: User) -> None:
    words = {"title": "x" * actions.MOST_TITLE, "body": "é\n" * (MOST_BODY // 2 - 1) + "\tü"}
    actions.ask(challenge=challenge, by=charlie, **words)
    actions.ask(challenge=challenge, by=charlie, title="Quotes?", body='"' * MOST_BODY)


def test_a_task_of_another_challenge_is_refused(challenge: Challenge, charlie: User) -> None:
    task = make_task(make_challenge("other"), "matching")
    code = refused(actions.ask, challenge=challenge, task=task, by=charlie, **WORDS)
    assert code == "other_task"


def test_nobody_asks_without_an_account(challenge: Challenge) -> None:
    assert refused(actions.ask, challenge=challenge, by=AnonymousUser(), **WORDS) == "sign_in"


def test_only_organizers_ask_about_a_draft(
    challenge: Challenge, charlie: User, viktor: User
) -> None:
    challenge.announced_at, challenge.opens_at = None, timezone.now() + timedelta(days=1)
    challenge.save()
    assert refused(actions.ask, challenge=challenge, by=charlie, **WORDS) == "not_open"
    actions.ask(challenge=challenge, by=viktor, **WORDS)


def test_in_an_archive_words_stay_as_they_are_and_can_be_hidden(
    challenge: Challenge, question: Question, charlie: User, olga: User
) -> None:
    mine = make_answer(question, charlie)
    challenge.archived_at = timezone.now()
    challenge.save()
    question.challenge = challenge
    mine.question = question
    for verb, arguments in (
        (actions.ask, {"challenge": challenge, **WORDS}),
        (actions.answer, {"question": question, "body": "Yes."}),
        (actions.edit_question, {"question": question, **WORDS}),
        (actions.edit_answer, {"answer": mine, "body": "Yes."}),
    ):
        assert refused(verb, by=charlie, **arguments) == "archived"
    actions.hide(text=mine, by=olga)


def test_a_person_asks_ten_questions_a_day(
    challenge: Challenge, charlie: User, alice: User, olga: User
) -> None:
    for _ in range(QUESTIONS_PER_DAY):
        actions.ask(challenge=challenge, by=charlie, **WORDS)
    other = make_challenge("other")
    assert refused(actions.ask, challenge=other, by=charlie, **WORDS) == "too_often"
    actions.ask(challenge=challenge, by=alice, **WORDS)
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        actions.ask(challenge=challenge, by=charlie, **WORDS)
    for _ in range(QUESTIONS_PER_DAY + 1):
        actions.ask(challenge=challenge, by=olga, **WORDS)


# Answering ---------------------------------------------------------------------------------------


def test_answers_of_owners_and_managers_alone_are_marked(
    question: Question, alice: User, olga: User, mara: User, viktor: User, sam: User
) -> None:
    marks = {
        user.name: actions.answer(question=question, body="Yes.", by=user).by_organizer
        for user in (alice, olga, mara, viktor, sam)
    }
    assert {name for name, is_marked in marks.items() if is_marked} == {"Olga", "Mara"}
    assert Event.objects.filter(verb="answered question", facts={}).count() == 5


def test_a_mark_stays_as_it_was_when_the_answer_was_given(question: Question, olga: User) -> None:
    given = actions.answer(question=question, body="Yes.", by=olga)
    Organizer.objects.filter(user=olga).delete()
    actions.edit_answer(answer=given, body="No.", by=olga)
    given.refresh_from_db()
    assert (given.by_organizer, given.body) == (True, "No.")
    assert not actions.answer(question=question, body="Yes.", by=olga).by_organizer


@pytest.mark.parametrize(("body", "code"), [("", "no_text"), ("\x08", "bad_text")])
def test_an_answer_needs_words(question: Question, alice: User, body: str, code: str) -> None:
    assert refused(actions.answer, question=question, body=body, by=alice) == code


def test_only_organizers_answer_a_hidden_question(
    question: Question, charlie: User, olga: User
) -> None:
    stale = Question.objects.select_related("challenge").get(pk=question.pk)
    actions.hide(text=question, by=olga)
    assert refused(actions.answer, question=stale, body="Yes.", by=charlie) == "hidden"
    assert actions.answer(question=stale, body="Yes.", by=olga).pk


def test_a_person_gives_so_many_answers_a_day(
    question: Question, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "ANSWERS_PER_DAY", 2)
    for _ in range(2):
        actions.answer(question=question, body="Yes.", by=alice)
    assert refused(actions.answer, question=question, body="Yes.", by=alice) == "too_often"


# Changing your words -----------------------------------------------------------------------------


def test_ones_words_change_within_an_hour(question: Question, charlie: User) -> None:
    given = make_answer(question, charlie)
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        actions.edit_question(question=question, title="New?", body=SECRET, by=charlie)
        actions.edit_answer(answer=given, body=SECRET, by=charlie)
    question.refresh_from_db()
    given.refresh_from_db()
    assert (question.title, question.body, given.body) == ("New?", SECRET, SECRET)
    assert question.edited_at
    assert given.edited_at
    verbs = Event.objects.filter(facts={}).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["edited question", "edited answer"]


def test_the_same_words_are_no_change(question: Question, charlie: User) -> None:
    words = {"title": question.title, "body": question.body}
    assert actions.edit_question(question=question, by=charlie, **words).edited_at is None
    given = make_answer(question, charlie)
    assert actions.edit_answer(answer=given, by=charlie, body=given.body).edited_at is None
    assert not Event.objects.exists()


@pytest.mark.parametrize("code", ["not_yours", "too_late", "hidden"])
def test_others_words_old_ones_and_hidden_ones_stay(
    question: Question, charlie: User, olga: User, code: str
) -> None:
    given = make_answer(question, charlie)
    by = olga if code == "not_yours" else charlie
    old = timezone.now() - timedelta(minutes=61)
    if code == "too_late":
        Question.objects.update(asked_at=old)
        Answer.objects.update(answered_at=old)
    if code == "hidden":
        actions.hide(text=given, by=olga)
    assert refused(actions.edit_answer, answer=given, body="New.", by=by) == code
    if code == "hidden":
        actions.hide(text=question, by=olga)
    assert refused(actions.edit_question, question=question, by=by, **WORDS) == code


def test_no_answer_below_a_hidden_question_changes(
    question: Question, charlie: User, olga: User
) -> None:
    given = make_answer(question, charlie)
    actions.hide(text=question, by=olga)
    assert refused(actions.edit_answer, answer=given, body="New.", by=charlie) == "hidden"


# What organizers do ------------------------------------------------------------------------------


def test_hiding_and_showing_are_recorded_once_and_without_words(
    question: Question, mara: User
) -> None:
    given = make_answer(question, mara, body=SECRET)
    for text in (question, given):
        for verb in (actions.hide, actions.hide, actions.show, actions.show):
            verb(text=text, by=mara)
        text.refresh_from_db()
        assert text.hidden_at is None
    events = Event.objects.filter(facts={}, challenge="cup").order_by("pk")
    assert list(events.values_list("verb", "subject")) == [
        ("hid question", f"question:{question.pk}"),
        ("showed question", f"question:{question.pk}"),
        ("hid answer", f"answer:{given.pk}"),
        ("showed answer", f"answer:{given.pk}"),
    ]


def test_a_question_is_marked_as_faq_and_taken_out(question: Question, olga: User) -> None:
    for is_faq in (True, True, False, False):
        actions.mark_faq(question=question, is_faq=is_faq, by=olga)
        question.refresh_from_db()
        assert question.is_faq == is_faq
    verbs = Event.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["marked as FAQ", "took out of FAQ"]


@pytest.mark.parametrize("name", ["charlie", "alice", "viktor", "sam", "other"])
def test_nobody_else_hides_shows_or_marks(
    request: pytest.FixtureRequest, question: Question, name: str
) -> None:
    if name == "other":
        user = make_user("other")
        make_organizer(make_challenge("other"), user, Role.OWNER)
    else:
        user = request.getfixturevalue(name)
    given = make_answer(question, user)
    for text in (question, given):
        assert refused(actions.hide, text=text, by=user) == "not_allowed"
        assert refused(actions.show, text=text, by=user) == "not_allowed"
    for is_faq in (True, False):
        code = refused(actions.mark_faq, question=question, is_faq=is_faq, by=user)
        assert code == "not_allowed"


# Deleted accounts --------------------------------------------------------------------------------


def test_the_words_of_a_deleted_account_stay_as_those_of_a_former_participant(
    question: Question, charlie: User
) -> None:
    given = actions.answer(question=question, body="Thanks.", by=charlie)
    delete_account(by=charlie)
    question.refresh_from_db()
    given.refresh_from_db()
    assert (question.title, given.body) == ("May we use other data?", "Thanks.")
    assert str(question.author) == str(given.author) == FORMER
    assert not Event.objects.filter(actor="Charlie").exists()
