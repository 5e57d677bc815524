"""The organizers' page of a challenge, and what can be done there."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.challenges.advice import advice
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission, permissions_in
from podium.challenges.reveals import resume_reveal, stop_reveal
from podium.lists import team_counts
from podium.refusals import refusals_shown
from podium.standings.reveal import reveal_now
from podium.submissions import actions as submissions
from podium.submissions.models import Submission
from podium.watch.overview import overview
from podium.web.console.busy import worker_rows
from podium.web.console.forms import RevealForm
from podium.web.console.hours import per_hour

UNPROCESSABLE = 422


def get_challenge(request: HttpRequest, slug: str, permission: Permission) -> Challenge:
    """Return the challenge to those who may do this in it.

    Raises Http404 to everybody who may not see the console, PermissionDenied to other organizers.
    """
    challenge = get_object_or_404(Challenge, slug=slug)
    granted = permissions_in(request.user, challenge)
    if Permission.SEE_CONSOLE not in granted:
        raise Http404
    request.challenge = challenge  # type: ignore[attr-defined]  # for the navigation
    if permission not in granted:
        raise PermissionDenied
    return challenge


def console_crumb(challenge: Challenge) -> dict[str, str]:
    """Return the step to the console of the way that page_header.html shows."""
    return {"label": "Console", "url": reverse("console", args=[challenge.slug])}


@require_safe
@never_cache
@login_required
def console(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the console; htmx asks only for its live part."""
    challenge = get_challenge(request, slug, Permission.SEE_CONSOLE)
    if request.headers.get("HX-Request"):
        return render(request, "console/_live.html", _live(request, challenge))
    return _page(request, challenge)


@require_POST
@login_required
def retry(request: SignedInRequest, slug: str, submission: int) -> HttpResponse:
    challenge = get_challenge(request, slug, Permission.RUN_CHALLENGE)
    row = get_object_or_404(Submission, pk=submission, task__challenge=challenge)
    if submissions.retry(submission=row, by=request.user):
        messages.success(request, f"Submission {row.pk} is queued again.")
    else:
        messages.info(request, f"Submission {row.pk} is not failed, so nothing was done.")
    return redirect("console", slug)


@require_POST
@login_required
def reveal(request: SignedInRequest, slug: str, verb: str) -> HttpResponse:
    """Reveal, or stop the reveal, or let it come by itself again."""
    challenge = get_challenge(request, slug, Permission.REVEAL)
    form = RevealForm(request.POST if verb == "now" else None, challenge=challenge)
    if verb == "now" and not form.is_valid():
        return _page(request, challenge, reveal_form=form)
    with refusals_shown(request):
        messages.success(request, _REVEAL[verb](challenge, request.user))
    return redirect("console", slug)


def _reveal_now(challenge: Challenge, by: User) -> str:
    reveal_now(challenge=challenge, by=by)
    return "The private boards are public now."


def _stop(challenge: Challenge, by: User) -> str:
    stop_reveal(challenge=challenge, by=by)
    return "The reveal is stopped. Until an owner resumes it, no private board appears."


def _resume(challenge: Challenge, by: User) -> str:
    resume_reveal(challenge=challenge, by=by)
    return "The reveal is resumed. Its owners are mailed first."


_REVEAL: dict[str, Callable[[Challenge, User], str]] = {
    "now": _reveal_now,
    "stop": _stop,
    "resume": _resume,
}


def _live(request: HttpRequest, challenge: Challenge) -> dict[str, object]:
    granted = permissions_in(request.user, challenge)
    seen = overview(challenge)
    return {
        "challenge": challenge,
        "can_run": Permission.RUN_CHALLENGE in granted,
        "is_before_opening": timezone.now() < challenge.opens_at,
        "can_announce": Permission.ANNOUNCE in granted,
        "can_set_up": Permission.SET_UP in granted,
        "can_archive": Permission.REVEAL in granted and challenge.is_revealed(),
        "can_reveal": Permission.REVEAL in granted and challenge.revealed_at is None,
        **seen,
        "worker_rows": worker_rows(seen["workers"] or [], challenge),
        "teams": team_counts(challenge),
        "hours": per_hour(challenge, timezone.now()),
    }


def _page(request: HttpRequest, challenge: Challenge, **refused: Form) -> HttpResponse:
    """Return the whole page; `refused` are forms with errors, by their name."""
    context = {
        **_live(request, challenge),
        "reveal_form": RevealForm(challenge=challenge),
        "is_reveal_due": timezone.now() >= challenge.reveal_due_at,
        "tasks": challenge.tasks.select_related("dataset_version"),
        "advice": advice(challenge),
        **refused,
    }
    status = UNPROCESSABLE if refused else None
    return render(request, "console/console.html", context, status=status)
