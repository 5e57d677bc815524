"""The organizers' page of one submission: its file, what workers did with it, and events."""

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from podium.accounts.requests import SignedInRequest
from podium.audit.models import Event
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission, permissions_in
from podium.submissions.models import Evaluation, State, Submission, Unscored
from podium.submissions.rulings import ACTS
from podium.uploads import compression
from podium.web.base.presenters import crumb
from podium.web.console.lists.events import changes
from podium.web.console.views import console_crumb, get_challenge

MOST_EVENTS = 200
_QUOTA = {
    State.QUEUED: "reserved",
    State.SCORING: "reserved",
    State.SCORED: "counted",
    State.REJECTED: "not counted; the file counts as rejected",
    State.FAILED: "given back, because the error was ours",
}


@require_safe
@never_cache
@login_required
def submission(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Show what is known of a submission except scores; events only to those who see all events."""
    challenge = get_challenge(request, slug, Permission.SEE_ALL_SUBMISSIONS)
    row = _row(challenge, pk)
    can_run = Permission.RUN_CHALLENGE in permissions_in(request.user, challenge)
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge), _list_crumb(challenge)],
        "title": f"Submission {row.pk}",
        "lead": str(row),
        "row": row,
        "stored": _stored(row),
        "rows": _rows(row),
        "quota": _quota(row),
        "evaluations": _evaluations(row),
        "unscored": _unscored(row),
        "can_run": can_run,
        "events": _events(row, challenge) if can_run else [],
        "acts": _acts(row) if can_run else [],
    }
    return render(request, "console/submission/submission.html", context)


def _row(challenge: Challenge, pk: int) -> Submission:
    related = ("team__challenge", "task__challenge", "task__dataset_version", "submitted_by")
    rows = Submission.objects.select_related(*related)
    return get_object_or_404(rows, pk=pk, task__challenge=challenge)


def _list_crumb(challenge: Challenge) -> dict[str, str]:
    url = reverse("console-submissions", args=[challenge.slug])
    return {"label": "Submissions", "url": url}


def _stored(row: Submission) -> str:
    """Return in which form the file is stored."""
    if not row.file:
        return "deleted under the retention rule; its hash and its scores stay"
    if row.file.endswith(compression.SUFFIX):
        return "compressed with zstd by the site"
    return "as it was sent"


def _rows(row: Submission) -> str:
    """Return how many rows a file has that was scored: all test rows of the data set."""
    rows = row.task.dataset_version.facts.get("rows", {}).get("test")
    return f"{rows:,}" if rows and row.state == State.SCORED else ""


def _quota(row: Submission) -> str:
    """Return what became of the attempt that it took."""
    if row.quota_day is None:
        return "not counted"
    return f"{_QUOTA[State(row.state)]}, of {row.quota_day:%-d %B %Y} (UTC)"


def _evaluations(row: Submission) -> QuerySet[Evaluation]:
    """Return its evaluations without anything that they measured, newest first."""
    found = row.evaluations.select_related("solution__dataset_version").order_by("-pk")
    return found.only(
        *("submission", "scorer_version", "created_at", "seconds", "counts"),
        *("solution__number", "solution__dataset_version__name"),
        "solution__dataset_version__number",
    )


def _unscored(row: Submission) -> QuerySet[Unscored]:
    """Return what rescores said that could not score it."""
    found = Unscored.objects.filter(submission=row).select_related("rescore__solution")
    return found.order_by("-pk")


def _events(row: Submission, challenge: Challenge) -> list[dict[str, object]]:
    rows = Event.objects.filter(challenge=challenge.slug, subject=f"submission:{row.pk}")
    return [{"row": event, "changes": changes(event)} for event in rows[:MOST_EVENTS]]


def _acts(row: Submission) -> list[dict[str, object]]:
    """Return the acts of the list that can be done with it."""
    return [
        {"name": name, "title": act.title}
        for name, act in ACTS.by_name.items()
        if not act.refusal(row)
    ]
