"""The page of all challenges that somebody organizes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from podium.access import by_phase
from podium.accounts.models import User
from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Challenge, Organizer
from podium.challenges.permissions import may_create_challenges
from podium.submissions.models import State, Submission

_DATES = (
    ("opens", "opens_at"),
    ("teams are fixed", "team_freeze_at"),
    ("closes", "closes_at"),
    ("reveal", "reveal_at"),
)


@dataclass(frozen=True)
class Console:
    """A challenge that the user organizes, with what waits in it and its next date."""

    challenge: Challenge
    role: str
    queued: int
    failed: int
    event: str
    at: datetime | None


def consoles_of(user: User) -> list[Console]:
    """Return the challenges that the user organizes, the open ones first; two queries."""
    rows = Organizer.objects.filter(user=user).select_related("challenge")
    by_challenge = {row.challenge: row for row in rows}
    counts = _counts(by_challenge)
    return [
        Console(
            challenge,
            by_challenge[challenge].get_role_display().lower(),
            *counts.get(challenge.pk, (0, 0)),
            *_next_date(challenge),
        )
        for challenge in by_phase(by_challenge)
    ]


def _counts(challenges: Iterable[Challenge]) -> dict[int, tuple[int, int]]:
    """Return how many submissions of each challenge wait and how many failed on our side."""
    waiting = Submission.objects.filter(
        task__challenge__in=list(challenges), state__in=[State.QUEUED, State.FAILED]
    )
    rows = (
        waiting.order_by()
        .values("task__challenge")
        .annotate(
            queued=Count("pk", filter=Q(state=State.QUEUED)),
            failed=Count("pk", filter=Q(state=State.FAILED)),
        )
    )
    return {row["task__challenge"]: (row["queued"], row["failed"]) for row in rows}


def _next_date(challenge: Challenge) -> tuple[str, datetime | None]:
    now = timezone.now()
    coming = [(event, at) for event, name in _DATES if (at := getattr(challenge, name)) > now]
    return min(coming, key=lambda date: date[1], default=("", None))


@require_safe
@never_cache
@login_required
def consoles(request: SignedInRequest) -> HttpResponse:
    """List them to organizers; nobody else hears that there is such a page."""
    found, may_create = consoles_of(request.user), may_create_challenges(request.user)
    if not found and not may_create:
        raise Http404
    context = {"consoles": found, "may_create": may_create, "may_import": request.user.is_staff}
    return render(request, "console/consoles.html", context)
