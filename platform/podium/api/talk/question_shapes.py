"""Questions and answers as the API takes and shows them."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from podium.api.base.shapes import PageQuery, Slug, Text, example, strict
from podium.challenges.models import Challenge
from podium.discussions import actions
from podium.discussions.models import Answer, Question

_TITLE = Field(min_length=1, max_length=actions.MOST_TITLE, description="In one sentence.")
_BODY = Field(min_length=1, max_length=actions.MOST_BODY, description="Markdown.")


class QuestionOut(Schema):
    """What somebody asked about a challenge or one of its tasks."""

    id: int
    challenge: str
    task: str | None = Field(description="The task that it is about, if it is about one.")
    team: str | None = Field(description="The finalist that it is about, if it is about one.")
    title: str
    body: str = Field(description="Markdown.")
    author: str
    is_mine: bool
    asked_at: datetime
    edited_at: datetime | None
    active_at: datetime = Field(description="When it was asked or last answered.")
    is_faq: bool
    is_hidden: bool = Field(description="Hidden ones are shown only to owners and managers.")
    answers: int
    organizer_answers: int = Field(description="How many of them are of organizers.")
    may_edit: bool = Field(description="Whether you can change its words, as for one hour.")
    url: str = Field(description="Its page, relative to this site.")
    model_config = example(
        id=17,
        challenge="sample",
        task="pairs",
        team=None,
        title="May we use other data?",
        body="Such as a list of colours.",
        author="Ada",
        is_mine=True,
        asked_at="2026-11-21T12:00:00Z",
        edited_at=None,
        active_at="2026-11-21T13:00:00Z",
        is_faq=False,
        is_hidden=False,
        answers=2,
        organizer_answers=1,
        may_edit=False,
        url="/c/sample/questions/17/",
    )


class AnswerOut(Schema):
    """What somebody answered."""

    id: int
    question: int
    body: str = Field(description="Markdown.")
    author: str
    by_organizer: bool = Field(description="Whether an owner or manager wrote it.")
    by_team: bool = Field(description="Whether a member of the finalist in question wrote it.")
    is_mine: bool
    answered_at: datetime
    edited_at: datetime | None
    is_hidden: bool = Field(description="Hidden ones are shown only to owners and managers.")
    may_edit: bool = Field(description="Whether you can change its words, as for one hour.")
    url: str = Field(description="Its place on the question's page, relative to this site.")
    model_config = example(
        id=31,
        question=17,
        body="No. The rules say which data you may use.",
        author="Olga",
        by_organizer=True,
        by_team=False,
        is_mine=False,
        answered_at="2026-11-21T13:00:00Z",
        edited_at=None,
        is_hidden=False,
        may_edit=False,
        url="/c/sample/questions/17/#answer-31",
    )


class QuestionQuery(PageQuery):
    """Which questions are wanted."""

    task: Text | None = Field(None, max_length=70, description="Only those about this task.")
    team: Text | None = Field(None, max_length=70, description="Only those about this finalist.")
    faq: bool | None = Field(None, description="Only those that are among the FAQ, or are not.")
    mine: bool = Field(False, description="Only your own.")


class QuestionGiven(Schema):
    """A new question."""

    title: Text = _TITLE
    body: Text = _BODY
    task: Slug | None = Field(None, description="Left out: about the challenge as a whole.")
    team: Slug | None = Field(
        None, description="From the reveal on: the finalist that it is about, not a task."
    )
    model_config = strict(
        title="May we use other data?", body="Such as a list of colours.", task="pairs"
    )


class QuestionChange(Schema):
    """Other words for a question; what is left out stays."""

    title: Text | None = Field(None, min_length=1, max_length=actions.MOST_TITLE)
    body: Text | None = Field(None, min_length=1, max_length=actions.MOST_BODY)
    model_config = strict(title="May we use data of our own?")


class TextGiven(Schema):
    """The words of an answer."""

    body: Text = _BODY
    model_config = strict(body="No. The rules say which data you may use.")


class QuestionModeration(Schema):
    """What organizers decide about a question; what is left out stays."""

    is_hidden: bool | None = Field(None, description="Hide it with its answers, or show it.")
    is_faq: bool | None = Field(None, description="Put it among the FAQ, or take it out.")
    model_config = strict(is_faq=True)


class AnswerModeration(Schema):
    """What organizers decide about an answer."""

    is_hidden: bool = Field(description="Hide it, or show it.")
    model_config = strict(is_hidden=True)


def shown_question(request: HttpRequest, found: Any) -> dict[str, object]:
    """Return a question, which has its activity, as the reader sees it."""
    return {
        "id": found.pk,
        "challenge": found.challenge.slug,
        "task": found.task.slug if found.task else None,
        "team": found.team.slug if found.team else None,
        "title": found.title,
        "body": found.body,
        "author": str(found.author),
        "is_mine": found.author_id == request.user.pk,
        "asked_at": found.asked_at,
        "edited_at": found.edited_at,
        "active_at": found.active_at,
        "is_faq": found.is_faq,
        "is_hidden": found.hidden_at is not None,
        "answers": found.answer_count,
        "organizer_answers": found.organizer_count,
        "may_edit": _may_edit(request, found, found.challenge),
        "url": found.get_absolute_url(),
    }


def shown_answer(request: HttpRequest, found: Answer) -> dict[str, object]:
    """Return an answer as the reader sees it."""
    return {
        "id": found.pk,
        "question": found.question_id,
        "body": found.body,
        "author": str(found.author),
        "by_organizer": found.by_organizer,
        "by_team": found.by_team,
        "is_mine": found.author_id == request.user.pk,
        "answered_at": found.answered_at,
        "edited_at": found.edited_at,
        "is_hidden": found.hidden_at is not None,
        "may_edit": _may_edit(request, found, found.question.challenge),
        "url": found.get_absolute_url(),
    }


def _may_edit(request: HttpRequest, found: Question | Answer, challenge: Challenge) -> bool:
    return actions.may_edit(found, request.user) and not actions.closed_reason(challenge)
