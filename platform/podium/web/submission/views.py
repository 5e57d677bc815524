"""The page of a submission: its state, result and the team's actions."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Phase
from podium.notices.actions import mark_seen
from podium.refusals import refusals_shown
from podium.standings.feedback import is_revealed
from podium.submissions import actions, selection
from podium.submissions.models import State, Submission
from podium.submissions.quota import allowance
from podium.submissions.selection import may_select
from podium.web.base.access import get_own_submission, get_submission, is_own
from podium.web.base.presenters import Context, crumb, crumbs_to
from podium.web.submission.forms import DescribeForm
from podium.web.submission.story import scored_story
from podium.web.submission.waiting import classes_meant, waiting

_DONE: dict[Callable[..., None], str] = {
    actions.withdraw: "Submission {} is withdrawn.",
    actions.restore: "Submission {} is back on the leaderboards.",
    selection.select: "Submission {} is selected as final.",
    selection.unselect: "Submission {} is no longer final.",
}
"""What each act says once it is done, about the submission with this number."""


@require_safe
def submission(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what became of a submission."""
    found = get_submission(request, pk)
    mark_seen(request.user, Q(facts__submission=pk))
    return render(request, "submission/submission.html", _context(request, found))


@require_safe
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the part of the page that changes until the submission is final."""
    found = get_submission(request, pk)
    mark_seen(request.user, Q(facts__submission=pk))
    return render(request, "submission/_submission_story.html", _context(request, found))


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a submission of the user's team."""
    return _change(request, pk, actions.withdraw)


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Restore a withdrawn submission of the user's team."""
    return _change(request, pk, actions.restore)


@require_POST
def select(request: HttpRequest, pk: int) -> HttpResponse:
    """Select a submission as final."""
    return _change(request, pk, selection.select)


@require_POST
def unselect(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a submission from the final selection."""
    return _change(request, pk, selection.unselect)


@require_POST
def describe(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a submission's method and note."""
    found = get_own_submission(request, pk)
    form = DescribeForm(request.POST)
    if form.is_valid():
        with form.refusing():
            actions.describe(submission=found, by=request.user, **form.cleaned_data)
            messages.success(request, "Saved.")
            return redirect(found)
    context = _context(request, found) | {"describe_form": form}
    return render(request, "submission/submission.html", context, status=422)


def _change(request: HttpRequest, pk: int, verb: Callable[..., None]) -> HttpResponse:
    found = get_own_submission(request, pk)
    with refusals_shown(request):
        verb(submission=found, by=request.user)
        messages.success(request, _DONE[verb].format(found.number))
    if "list" in request.POST:  # the form is on the page that lists all
        return redirect("my-submissions", found.task.challenge.slug)
    if verb in {selection.select, selection.unselect}:
        return redirect(f"{found.get_absolute_url()}#final")  # focus stays where it was
    return redirect(found)


def _context(request: HttpRequest, found: Submission) -> Context:
    task = found.task
    context: Context = {
        "title": f"Submission {found.number}",
        "lead": f"{found.method}, {found.team}" if found.method else str(found.team),
        "submission": found,
        "task": task,
        "challenge": task.challenge,
        "crumbs": [*crumbs_to(task.track), crumb(task)],
        "is_own": is_own(request, found),
        "is_open": task.challenge.phase() == Phase.OPEN,
        "is_revealed": is_revealed(task),
        "is_file_gone": not found.file,
        "badge": "withdrawn" if found.withdrawn_at else "final" if found.selected_at else "",
    }
    if context["is_own"]:
        words = {"method": found.method, "note": found.note}
        context["describe_form"] = DescribeForm(initial=words)
    if not found.is_final:
        position = Submission.objects.ahead_of(found).count() + 1
        return context | waiting(found.received_at) | {"position": position}
    if found.state == State.SCORED:
        context |= scored_story(request.user, found, is_own=context["is_own"])
        context |= _selection(request, found)
    context["classes"] = classes_meant(found.problems, task)
    sender = request.user if context["is_own"] else None
    return context | {"allowance": allowance(found.team, task, timezone.now(), sender)}


def _selection(request: HttpRequest, found: Submission) -> dict[str, object]:
    """Return whether the submission is final, and what its team may do about it."""
    chosen = Submission.objects.filter(
        team=found.team_id, task=found.task_id, selected_at__isnull=False
    )
    others = list(chosen.exclude(pk=found.pk).order_by("number"))
    may = is_own(request, found) and may_select(found)
    return {
        "others_selected": others,
        "may_select": may and found.withdrawn_at is None and len(others) < found.task.final_limit,
        "may_unselect": may and found.selected_at is not None,
        "is_selecting": may,
        "most_selected": found.task.final_limit,
    }
