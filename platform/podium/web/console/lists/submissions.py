"""All submissions of a challenge."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission, permissions_in
from podium.lists import (
    SUBMISSION_STATES,
    narrow_submissions,
    submissions_of,
    why_unscored,
)
from podium.submissions.models import Submission
from podium.submissions.rulings import ACTS
from podium.web.base.presenters import crumb
from podium.web.console.lists.listing import Column, Filters, Rows, as_csv, page_context
from podium.web.console.views import console_crumb, get_challenge

# What a list shows of a submission; the rest of its row stays in the database.
_SHOWN = (
    *("number", "method", "state", "received_at", "withdrawn_at", "selected_at", "size", "sha256"),
    *("failure", "problems", "quota_day", "submitted_by__name"),
    *("team__name", "team__slug", "task__title", "task__slug"),
)


class SubmissionFilters(Filters):
    """Filters by task, team, state and what is special about a submission."""

    at = "received_at"
    task = forms.ChoiceField(required=False)
    state = forms.ChoiceField(
        required=False,
        choices=[("", "any"), *SUBMISSION_STATES.items()],
    )
    team = forms.CharField(required=False, max_length=100)
    sha256 = forms.CharField(required=False, max_length=64, label="SHA-256")
    field_order = ("task", "state", "team", "sha256", "since", "until")

    def __init__(self, data: Any, challenge: Challenge) -> None:
        super().__init__(data)
        tasks = [(task.slug, task.title) for task in challenge.tasks.all()]
        self.fields["task"].choices = [("", "all"), *tasks]  # type: ignore[attr-defined]

    def narrowed(self, rows: Rows, data: dict[str, Any]) -> Rows:
        return narrow_submissions(rows, data)


def _linked(challenge: Challenge) -> tuple[Column, ...]:
    """Return the columns with links to the organizers' pages of the submissions."""

    def link(row: Submission) -> str:
        url = reverse("console-submission", args=[challenge.slug, row.pk])
        return format_html('<a href="{}">{}</a>', url, row.pk)

    return (replace(COLUMNS[0], shown=link), *COLUMNS[1:])


def _when(row: Submission) -> str:
    return render_to_string("components/time.html", {"at": row.received_at})


def _state(row: Submission) -> str:
    words = [row.state, "withdrawn" if row.withdrawn_at else "", "final" if row.selected_at else ""]
    return ", ".join(word for word in words if word)


COLUMNS = (
    Column("submission", "Id", lambda row: row.pk),
    Column("task", "Task", lambda row: row.task.slug, lambda row: row.task.title),
    Column("team", "Team", lambda row: row.team.name),
    Column("number", "No.", lambda row: row.number, kind="num"),
    Column("by", "By", lambda row: row.submitted_by.name if row.submitted_by else ""),
    Column("method", "Method", lambda row: row.method),
    Column("received_at", "Received", lambda row: row.received_at, _when, "num"),
    Column("state", "State", _state),
    Column("why", "Why", why_unscored, kind="wide said"),
    Column("sha256", "SHA-256", lambda row: row.sha256, lambda row: row.sha256[:8]),
)


@require_safe
@never_cache
@login_required
def submissions(request: SignedInRequest, slug: str) -> HttpResponse:
    """List the submissions that the filters let through, or give them as CSV. No scores."""
    challenge = get_challenge(request, slug, Permission.SEE_ALL_SUBMISSIONS)
    needed = submissions_of(challenge).only(*_SHOWN)
    filters = SubmissionFilters(request.GET, challenge)
    if "csv" in request.GET:
        return as_csv(request.user, challenge, "submissions", COLUMNS, filters.rows(needed))
    can_run = Permission.RUN_CHALLENGE in permissions_in(request.user, challenge)
    context = page_context(request, filters, needed, _linked(challenge)) | {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "title": "Submissions",
        "lead": "What teams sent. Scores are on the pages of the submissions.",
        "noun": "submission",
        "acts": ACTS.by_name if can_run else {},
        "kind": "submissions",
    }
    return render(request, "console/lists/list.html", context)
