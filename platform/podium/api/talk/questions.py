"""Questions and answers of a challenge: reading them, asking, answering, and moderating."""

from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Path, Query, Router
from ninja.responses import Status

from podium.access import get_challenge
from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.api.base.paging import part_of
from podium.api.base.problems import NotThere, Problem
from podium.api.base.readers import ANYBODY, TEAM
from podium.api.base.shapes import Page, PageQuery, Slug
from podium.api.talk.question_shapes import (
    AnswerModeration,
    AnswerOut,
    QuestionChange,
    QuestionGiven,
    QuestionModeration,
    QuestionOut,
    QuestionQuery,
    TextGiven,
    shown_answer,
    shown_question,
)
from podium.challenges.models import Challenge, Task
from podium.discussions import actions
from podium.discussions.models import Answer, Question
from podium.standings.finalists import finalist_of
from podium.teams.models import Team

router = Router(tags=["Questions"])
Text = TypeVar("Text", Question, Answer)
# For this long the same text from the same person counts as sent twice, not as a new one.
AGAIN = timedelta(days=1)
# Of finalists, as on their page.
_QUESTION = "/challenges/{slug:challenge}/questions/{int:question}"


@router.get(
    "/challenges/{slug:challenge}/questions",
    response=Page[QuestionOut],
    auth=ANYBODY,
    url_name="questions",
    summary="List questions",
)
def questions(request: HttpRequest, challenge: Path[Slug], page: Query[QuestionQuery]) -> object:
    """List what was asked about a challenge and its tasks, the newest words first."""
    found = get_challenge(request, challenge)
    rows = _readable(request, found).order_by(F("active_at").desc(), "-pk")
    if page.task is not None:
        rows = rows.filter(task__slug=page.task)
    if page.team is not None:
        rows = rows.filter(team__slug=page.team)
    if page.faq is not None:
        rows = rows.filter(is_faq=page.faq)
    if page.mine:
        rows = rows.filter(author=request.user.pk)
    return part_of(request, rows, page, lambda each: shown_question(request, each))


@router.post(
    "/challenges/{slug:challenge}/questions",
    response={200: QuestionOut, 201: QuestionOut},
    auth=TEAM,
    summary="Ask",
)
def ask(
    request: SignedInRequest, response: HttpResponse, challenge: Path[Slug], given: QuestionGiven
) -> object:
    """Ask about a challenge, one of its tasks or a finalist. Anyone who sees the challenge reads
    it, and
    the organizers are notified. The same question within a day returns the first (status 200)."""
    found = get_challenge(request, challenge)
    if given.task and given.team:
        raise Problem(409, "one_subject", "Ask about a task or about a finalist, not both.")
    task = _task(request, found, given.task) if given.task else None
    team = _finalist(request, found, given.team) if given.team else None
    with transaction.atomic():
        _lock(request)
        asked = Question.objects.filter(
            author=request.user.pk, challenge=found, task=task, team=team, asked_at__gt=_lately()
        )
        made = _sent_again(asked, f"{given.title}\n{given.body}", "title", "body")
        is_new = made is None
        if made is None:
            made = actions.ask(
                challenge=found,
                task=task,
                team=team,
                title=given.title,
                body=given.body,
                by=request.user,
            )
    if not is_new:
        response["Idempotent-Replayed"] = "true"
    response["Location"] = reverse("api:question", args=[found.slug, made.pk])
    shown = shown_question(request, _get(request, challenge, made.pk))
    return Status(201 if is_new else 200, shown)


@router.get(
    _QUESTION, response=QuestionOut, auth=ANYBODY, url_name="question", summary="A question"
)
def question(request: HttpRequest, challenge: Path[Slug], question: int) -> object:
    """Give a question."""
    return shown_question(request, _get(request, challenge, question))


@router.patch(_QUESTION, response=QuestionOut, auth=TEAM, summary="Change a question")
def edit(
    request: SignedInRequest, challenge: Path[Slug], question: int, given: QuestionChange
) -> object:
    """Change the words of your question, within an hour."""
    found = _get(request, challenge, question)
    actions.edit_question(
        question=found,
        title=found.title if given.title is None else given.title,
        body=found.body if given.body is None else given.body,
        by=request.user,
    )
    return shown_question(request, _get(request, challenge, question))


@router.patch(
    f"{_QUESTION}/moderation",
    response=QuestionOut,
    auth=TEAM,
    url_name="question-moderation",
    summary="Moderate a question",
)
def moderate(
    request: SignedInRequest, challenge: Path[Slug], question: int, given: QuestionModeration
) -> object:
    """Hide or show a question, put it among the FAQ or take it out. For owners and managers."""
    found = _get(request, challenge, question)
    with transaction.atomic():
        if given.is_hidden is not None:
            verb = actions.hide if given.is_hidden else actions.show
            verb(text=found, by=request.user)
        if given.is_faq is not None:
            actions.mark_faq(question=found, is_faq=given.is_faq, by=request.user)
    return shown_question(request, _get(request, challenge, question))


@router.get(
    f"{_QUESTION}/answers",
    response=Page[AnswerOut],
    auth=ANYBODY,
    url_name="answers",
    summary="List answers",
)
def answers(
    request: HttpRequest, challenge: Path[Slug], question: int, page: Query[PageQuery]
) -> object:
    """List the answers to a question, the oldest first."""
    rows = _answers(request, _get(request, challenge, question))
    return part_of(request, rows, page, lambda each: shown_answer(request, each))


@router.post(
    f"{_QUESTION}/answers",
    response={200: AnswerOut, 201: AnswerOut},
    auth=TEAM,
    summary="Answer",
)
def answer(
    request: SignedInRequest,
    response: HttpResponse,
    challenge: Path[Slug],
    question: int,
    given: TextGiven,
) -> object:
    """Answer a question; its author gets a mail. The same answer within a day returns the first
    one, with status 200."""
    found = _get(request, challenge, question)
    with transaction.atomic():
        _lock(request)
        said = found.answers.filter(author=request.user.pk, answered_at__gt=_lately())
        made = _sent_again(said, given.body, "body")
        is_new = made is None
        if made is None:
            made = actions.answer(question=found, body=given.body, by=request.user)
    if not is_new:
        response["Idempotent-Replayed"] = "true"
    return Status(201 if is_new else 200, shown_answer(request, made))


@router.patch(
    f"{_QUESTION}/answers/{{int:answer}}",
    response=AnswerOut,
    auth=TEAM,
    url_name="answer",
    summary="Change an answer",
)
def edit_answer(
    request: SignedInRequest, challenge: Path[Slug], question: int, answer: int, given: TextGiven
) -> object:
    """Change the words of your answer, within an hour."""
    found = _get_answer(request, challenge, question, answer)
    changed = actions.edit_answer(answer=found, body=given.body, by=request.user)
    return shown_answer(request, changed)


@router.patch(
    f"{_QUESTION}/answers/{{int:answer}}/moderation",
    response=AnswerOut,
    auth=TEAM,
    url_name="answer-moderation",
    summary="Moderate an answer",
)
def moderate_answer(
    request: SignedInRequest,
    challenge: Path[Slug],
    question: int,
    answer: int,
    given: AnswerModeration,
) -> object:
    """Hide or show an answer. For owners and managers."""
    found = _get_answer(request, challenge, question, answer)
    verb = actions.hide if given.is_hidden else actions.show
    verb(text=found, by=request.user)
    return shown_answer(request, _get_answer(request, challenge, question, answer))


# What is there ---------------------------------------------------------------------------------


def _readable(request: HttpRequest, challenge: Challenge) -> QuerySet[Question]:
    """Return the questions of a challenge that the reader may see, with what lists show."""
    rows = Question.objects.filter(challenge=challenge)
    if not actions.moderates(request.user, challenge):
        rows = rows.filter(hidden_at=None)
    return rows.select_related("challenge", "task", "team", "author").with_activity()


def _get(request: HttpRequest, slug: str, pk: int) -> Question:
    """Return a question that the reader may see, with its activity. Raises NotThere."""
    found = _readable(request, get_challenge(request, slug)).filter(pk=pk).first()
    if found is None:
        raise NotThere(request, "No such question")
    return found


def _answers(request: HttpRequest, found: Question) -> QuerySet[Answer]:
    rows = found.answers.select_related("author", "question__challenge")
    return rows if actions.moderates(request.user, found.challenge) else rows.filter(hidden_at=None)


def _get_answer(request: HttpRequest, slug: str, question: int, pk: int) -> Answer:
    """Return an answer that the reader may see. Raises NotThere."""
    found = _answers(request, _get(request, slug, question)).filter(pk=pk).first()
    if found is None:
        raise NotThere(request, "No such answer")
    return found


def _task(request: HttpRequest, challenge: Challenge, slug: str) -> Task:
    found = challenge.tasks.filter(slug=slug).first()
    if found is None:
        raise NotThere(request, f"No such task of {challenge.title}")
    return found


def _finalist(request: HttpRequest, challenge: Challenge, slug: str) -> Team:
    """Return a team among the first of a track on the final boards. Raises NotThere."""
    found = finalist_of(challenge, slug)
    if found is None:
        raise NotThere(request, f"No such finalist of {challenge.title}")
    return found


# Sent twice ------------------------------------------------------------------------------------


def _lock(request: SignedInRequest) -> None:
    """Serialize one person's requests, so that the second sees what the first one made."""
    User.objects.select_for_update(no_key=True).get(pk=request.user.pk)


def _lately() -> datetime:
    return timezone.now() - AGAIN


def _sent_again(rows: QuerySet[Text], words: str, *fields: str) -> Text | None:
    """Return the row that has these very words already and is not hidden, or None."""
    given = words.split()
    for each in rows.filter(hidden_at=None):
        if "\n".join(getattr(each, field) for field in fields).split() == given:
            return each
    return None
