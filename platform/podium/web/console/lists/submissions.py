"""All submissions of a challenge, and what organizers do with those that they tick."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission, permissions_in
from podium.refusals import Refused
from podium.submissions.models import State, Submission
from podium.submissions.rulings import ACTS, Ruling, carry_out, plan
from podium.web.base.presenters import crumb, plural
from podium.web.console.lists.listing import Column, Filters, Rows, as_csv, page_context
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge

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
        choices=[
            ("", "any"),
            *((state.value, state.label.lower()) for state in State),
            ("withdrawn", "withdrawn"),
            ("final", "final"),
        ],
    )
    team = forms.CharField(required=False, max_length=100)
    sha256 = forms.CharField(required=False, max_length=64, label="SHA-256")
    field_order = ("task", "state", "team", "sha256", "since", "until")

    def __init__(self, data: Any, challenge: Challenge) -> None:
        super().__init__(data)
        tasks = [(task.slug, task.title) for task in challenge.tasks.all()]
        self.fields["task"].choices = [("", "all"), *tasks]  # type: ignore[attr-defined]

    def narrowed(self, rows: Rows, data: dict[str, Any]) -> Rows:
        if task := data.get("task"):
            rows = rows.filter(task__slug=task)
        if team := data.get("team"):
            rows = rows.filter(team__name__icontains=team)
        if sha256 := data.get("sha256"):
            rows = rows.filter(sha256__startswith=sha256.lower())
        state = data.get("state")
        if state == "withdrawn":
            return rows.exclude(withdrawn_at=None)
        if state == "final":
            return rows.exclude(selected_at=None)
        return rows.filter(state=state) if state else rows


def _link(row: Submission) -> str:
    return format_html('<a href="{}">{}</a>', row.get_absolute_url(), row.pk)


def _when(row: Submission) -> str:
    return render_to_string("components/time.html", {"at": row.received_at})


def _state(row: Submission) -> str:
    words = [row.state, "withdrawn" if row.withdrawn_at else "", "final" if row.selected_at else ""]
    return ", ".join(word for word in words if word)


def _why(row: Submission) -> str:
    """Return why it has no score: our failure, or the first problem of the file."""
    if row.failure:
        return row.failure.strip().splitlines()[-1]
    return str(row.problems[0].get("message", "")) if row.problems else ""


COLUMNS = (
    Column("submission", "Id", lambda row: row.pk, _link),
    Column("task", "Task", lambda row: row.task.slug, lambda row: row.task.title),
    Column("team", "Team", lambda row: row.team.name),
    Column("number", "No.", lambda row: row.number, kind="num"),
    Column("by", "By", lambda row: row.submitted_by.name if row.submitted_by else ""),
    Column("method", "Method", lambda row: row.method),
    Column("received_at", "Received", lambda row: row.received_at, _when, "num"),
    Column("state", "State", _state),
    Column("why", "Why", _why, kind="wide said"),
    Column("sha256", "SHA-256", lambda row: row.sha256, lambda row: row.sha256[:8]),
)


@require_safe
@never_cache
@login_required
def submissions(request: SignedInRequest, slug: str) -> HttpResponse:
    """List the submissions that the filters let through, or give them as CSV. No scores."""
    challenge = get_challenge(request, slug, Permission.SEE_ALL_SUBMISSIONS)
    rows = Submission.objects.filter(task__challenge=challenge, team__baseline="")
    needed = rows.select_related("team", "task", "submitted_by").only(*_SHOWN)
    filters = SubmissionFilters(request.GET, challenge)
    if "csv" in request.GET:
        return as_csv(request.user, challenge, "submissions", COLUMNS, filters.rows(needed))
    can_run = Permission.RUN_CHALLENGE in permissions_in(request.user, challenge)
    context = page_context(request, filters, needed, COLUMNS) | {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "title": "Submissions",
        "lead": "What teams sent. Scores are on the pages of the submissions.",
        "noun": "submission",
        "acts": ACTS if can_run else {},
    }
    return render(request, "console/lists/list.html", context)


@require_POST
@login_required
def rule(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show what an act does with the ticked submissions, and do it when its reader says so."""
    challenge = get_challenge(request, slug, Permission.RUN_CHALLENGE)
    act, reason = ACTS.get(request.POST.get("act", "")), request.POST.get("reason", "")
    picked = {int(each) for each in request.POST.getlist("pick") if _is_key(each)}
    error = ""
    try:
        if act is None:
            raise Refused("act", "Choose what to do with them.")
        ruling = plan(challenge, act, picked)
        if read := request.POST.get("fingerprint"):
            try:
                ruling = carry_out(
                    challenge, act, picked, fingerprint=read, reason=reason, by=request.user
                )
            except Refused as refused:
                error = refused.message
            else:
                messages.success(request, f"{plural(len(ruling.fit), 'submission')} {act.done}.")
                return redirect("console-submissions", slug)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("console-submissions", slug)
    return _plan_page(request, challenge, ruling, error)


def _plan_page(
    request: SignedInRequest, challenge: Challenge, ruling: Ruling, error: str
) -> HttpResponse:
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "ruling": ruling,
        "act": request.POST["act"],
        "reason": request.POST.get("reason", ""),
        "error": error,
    }
    status = UNPROCESSABLE if error else None
    return render(request, "console/lists/ruling.html", context, status=status)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
