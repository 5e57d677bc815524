"""What people do with questions and answers, and organizers to them.

Anyone who sees a challenge reads; signed-in users ask and answer. Owners and managers hide,
show and mark as FAQ. Events carry no text: hidden text must not appear there.
"""

from datetime import datetime, timedelta
from unicodedata import category

from django.db import transaction
from django.utils import timezone

from podium.accounts.forms import TURNING
from podium.accounts.models import User, Viewer
from podium.accounts.zones import in_words
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Phase, Task
from podium.challenges.permissions import Permission, has_permission
from podium.discussions.models import EDITABLE, Answer, Question
from podium.discussions.signals import answer_given, question_asked
from podium.markdown import to_html
from podium.refusals import Refused
from podium.teams.models import Team

MOST_TITLE = 160
MOST_BODY = 5_000
# Signs that need escaping make a text six times as long; tables could make it hundreds of times.
MOST_HTML = 50_000
QUESTIONS_PER_DAY = 10
ANSWERS_PER_DAY = 50
DAY = timedelta(days=1)
_BREAKS = frozenset("\n\t")


# Reading ---------------------------------------------------------------------------------------


def moderates(user: Viewer, challenge: Challenge) -> bool:
    """Return whether the user answers as an organizer, and hides, shows and marks as FAQ."""
    return has_permission(user, Permission.MODERATE, challenge)


def may_edit(text: Question | Answer, user: Viewer) -> bool:
    """Return whether this is the user's own text of the last hour and not hidden."""
    is_recent = timezone.now() - _said_at(text) < EDITABLE
    return is_recent and text.hidden_at is None and text.author_id == user.pk


def closed_reason(challenge: Challenge) -> str:
    """Return why nothing can be asked or answered any more, or an empty text."""
    if challenge.phase() == Phase.ARCHIVED:
        return "This challenge is archived. Its questions can be read, and none can be added."
    return ""


# Asking and answering --------------------------------------------------------------------------


@transaction.atomic
def ask(
    *,
    challenge: Challenge,
    title: str,
    body: str,
    by: User,
    task: Task | None = None,
    team: Team | None = None,
) -> Question:
    """Return the new question and notify the organizers. Raises Refused.

    It can be about one task, or about one team once the challenge is revealed.
    """
    _refuse_place(challenge, by)
    if team is not None:
        _refuse_team(challenge, team)
    if task is not None and task.challenge_id != challenge.pk:
        raise Refused("other_task", "The task belongs to another challenge. Choose one of this.")
    title, body = _clean_title(title), clean_body(body)
    lock_person(by)
    asked = Question.objects.filter(author=by, asked_at__gt=timezone.now() - DAY)
    times = asked.order_by("-asked_at").values_list("asked_at", flat=True)
    if not moderates(by, challenge):
        refuse_often(list(times[:QUESTIONS_PER_DAY]), QUESTIONS_PER_DAY, "ask", "questions")
    question = Question.objects.create(
        challenge=challenge, task=task, team=team, author=by, title=title, body=body
    )
    _record(Verb.ASKED_QUESTION, question, by)
    for listener in question_asked:
        listener(question)
    return question


@transaction.atomic
def answer(*, question: Question, body: str, by: User) -> Answer:
    """Return the new answer and notify the question's author. Raises Refused."""
    _refuse_place(question.challenge, by)
    is_organizer = moderates(by, question.challenge)
    body = clean_body(body)
    lock_person(by)
    question = _lock(question)
    _refuse_hidden(question, is_organizer)
    given = Answer.objects.filter(author=by, answered_at__gt=timezone.now() - DAY)
    times = given.order_by("-answered_at").values_list("answered_at", flat=True)
    if not is_organizer:
        refuse_often(list(times[:ANSWERS_PER_DAY]), ANSWERS_PER_DAY, "give", "answers")
    made = Answer.objects.create(
        question=question,
        author=by,
        body=body,
        by_organizer=is_organizer,
        by_team=speaks_for(question, by),
    )
    _record(Verb.ANSWERED_QUESTION, made, by)
    for listener in answer_given:
        listener(made)
    return made


@transaction.atomic
def edit_question(*, question: Question, title: str, body: str, by: User) -> Question:
    """Edit the user's question within an hour and return it. Raises Refused."""
    _refuse_place(question.challenge, by)
    title, body = _clean_title(title), clean_body(body)
    question = _lock(question)
    _refuse_edit(question, by)
    if (question.title, question.body) != (title, body):
        question.title, question.body, question.edited_at = title, body, timezone.now()
        question.save(update_fields=["title", "body", "edited_at"])
        _record(Verb.EDITED_QUESTION, question, by)
    return question


@transaction.atomic
def edit_answer(*, answer: Answer, body: str, by: User) -> Answer:
    """Edit the user's answer within an hour and return it. Raises Refused."""
    _refuse_place(answer.question.challenge, by)
    body = clean_body(body)
    _refuse_hidden(_lock(answer.question), moderates(by, answer.question.challenge))
    rows = Answer.objects.select_related("question__challenge")
    answer = rows.select_for_update(no_key=True, of=("self",)).get(pk=answer.pk)
    _refuse_edit(answer, by)
    if answer.body != body:
        answer.body, answer.edited_at = body, timezone.now()
        answer.save(update_fields=["body", "edited_at"])
        _record(Verb.EDITED_ANSWER, answer, by)
    return answer


# What organizers do ----------------------------------------------------------------------------


@transaction.atomic
def hide(*, text: Question | Answer, by: User) -> None:
    """Take a question with its answers, or an answer, out of others' sight. Raises Refused."""
    _refuse_others(text, by)
    rows = type(text)._default_manager.filter(pk=text.pk, hidden_at=None)
    if rows.update(hidden_at=timezone.now()):
        is_question = isinstance(text, Question)
        _record(Verb.HID_QUESTION if is_question else Verb.HID_ANSWER, text, by)


@transaction.atomic
def show(*, text: Question | Answer, by: User) -> None:
    """Bring back what was hidden. Raises Refused."""
    _refuse_others(text, by)
    rows = type(text)._default_manager.filter(pk=text.pk, hidden_at__isnull=False)
    if rows.update(hidden_at=None):
        is_question = isinstance(text, Question)
        _record(Verb.SHOWED_QUESTION if is_question else Verb.SHOWED_ANSWER, text, by)


@transaction.atomic
def mark_faq(*, question: Question, is_faq: bool, by: User) -> None:
    """Put a question among those that are asked often, or take it out. Raises Refused."""
    _refuse_others(question, by)
    if Question.objects.filter(pk=question.pk, is_faq=not is_faq).update(is_faq=is_faq):
        _record(Verb.MARKED_AS_FAQ if is_faq else Verb.TOOK_OUT_OF_FAQ, question, by)


# Steps that verbs share ------------------------------------------------------------------------


def _challenge_of(text: Question | Answer) -> Challenge:
    return text.challenge if isinstance(text, Question) else text.question.challenge


def _said_at(text: Question | Answer) -> datetime:
    return text.asked_at if isinstance(text, Question) else text.answered_at


def _noun(text: Question | Answer) -> str:
    return "question" if isinstance(text, Question) else "answer"


def _record(verb: Verb, text: Question | Answer, by: User) -> None:
    record(verb, subject=text, by=by, challenge=_challenge_of(text).slug)


def _lock(question: Question) -> Question:
    """Return the question as it is now, locked until the transaction ends."""
    rows = Question.objects.select_related("challenge")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=question.pk)


def lock_person(by: User) -> None:
    """Order one person's requests, so that they cannot pass a limit together."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)


def _refuse_place(challenge: Challenge, by: User) -> None:
    """Raise Refused unless the person sees the challenge, and it takes questions and answers."""
    if not by.is_authenticated:
        raise Refused("sign_in", "Sign in to ask and to answer.")
    drafted = challenge.phase() == Phase.DRAFT
    if drafted and not has_permission(by, Permission.SEE_DRAFT, challenge):
        raise Refused("not_open", "This challenge is not announced yet. Ask once it is.")
    if why := closed_reason(challenge):
        raise Refused("archived", why)


def _refuse_team(challenge: Challenge, team: Team) -> None:
    """Raise Refused unless people can be asked about the team's system in public."""
    if team.challenge_id != challenge.pk:
        raise Refused("other_team", "The team is in another challenge. Choose one of this.")
    if team.is_baseline or team.is_merged or team.disqualified_at:
        raise Refused(
            "no_such_team",
            "This team does not take part, so nobody answers for it. Ask the organizers instead.",
        )
    if not challenge.is_revealed():
        raise Refused(
            "not_revealed",
            f"Teams are asked about their systems from the reveal on, "
            f"{in_words(challenge.reveal_at)}. Until then ask the organizers.",
        )


def speaks_for(question: Question, by: User) -> bool:
    """Return whether the question is about a team that the person is in."""
    team = question.team
    return team is not None and team.memberships.filter(user=by).exists()


def _refuse_hidden(question: Question, is_organizer: bool) -> None:
    if question.hidden_at and not is_organizer:
        raise Refused("hidden", "The organizers have hidden this question. Ask another one.")


def _refuse_edit(text: Question | Answer, by: User) -> None:
    if text.author_id != by.pk:
        raise Refused("not_yours", f"Only who wrote this {_noun(text)} can change it. Answer it.")
    if text.hidden_at:
        raise Refused("hidden", f"The organizers have hidden this {_noun(text)}. Ask them why.")
    if not may_edit(text, by):
        raise Refused(
            "too_late",
            f"A {_noun(text)} can be changed for one hour. Write another answer instead.",
        )


def _refuse_others(text: Question | Answer, by: User) -> None:
    if not moderates(by, _challenge_of(text)):
        raise Refused("not_allowed", "Only owners and managers of the challenge do this. Ask one.")


def refuse_often(times: list[datetime], most: int, verb: str, what: str) -> None:
    """Raise Refused if the newest times, `most` of them at most, fill the day."""
    if len(times) < most:
        return
    again = times[-1] + DAY
    raise Refused(
        "too_often",
        f"A person can {verb} {most} {what} in 24 hours. "
        f"The next is possible at {in_words(again)}.",
        again,
    )


def _clean_title(title: str) -> str:
    title = " ".join(title.split())
    _refuse_marks(title, "title")
    if not any(mark.isalnum() for mark in title):
        raise Refused("bad_title", "The title needs a letter or a digit. Say what you ask in it.")
    _refuse_long(title, MOST_TITLE, "title")
    return title


def clean_body(body: str) -> str:
    """Return the text as it is stored. Raises Refused."""
    body = body.replace("\r\n", "\n").replace("\r", "\n").strip()
    _refuse_marks(body, "text")
    if not body:
        raise Refused("no_text", "The text is empty. Write something.")
    _refuse_long(body, MOST_BODY, "text")
    if len(to_html(body)) > MOST_HTML:
        raise Refused("long_text", "A table of the text is too large to show. Make it smaller.")
    return body


def _refuse_marks(text: str, what: str) -> None:
    """Raise Refused for text that breaks lines of mails or reverses text direction."""
    if any(
        (category(mark) in {"Cc", "Cs"} and mark not in _BREAKS) or mark in TURNING for mark in text
    ):
        raise Refused(f"bad_{what}", f"The {what} contains an invisible character. Retype it.")


def _refuse_long(text: str, most: int, what: str) -> None:
    if len(text) > most:
        raise Refused(
            f"long_{what}", f"The {what} has {len(text):,} characters. Shorten it to {most:,}."
        )
