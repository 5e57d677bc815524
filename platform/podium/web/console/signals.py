"""The page of signs that one person acts as several."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from podium.accounts.requests import SignedInRequest
from podium.analysis import crowds
from podium.challenges.permissions import Permission
from podium.web.console.views import get_challenge


@require_safe
@never_cache
@login_required
def signals(request: SignedInRequest, slug: str) -> HttpResponse:
    challenge = get_challenge(request, slug, Permission.RUN_CHALLENGE)
    tasks = challenge.tasks.select_related("challenge").prefetch_related("boards")
    context = {
        "challenge": challenge,
        "addresses": crowds.shared_addresses(challenge),
        "many": crowds.MANY,
        "new_days": crowds.NEW.days,
        "newcomers": crowds.newcomers(challenge),
        "lookalikes": crowds.lookalikes(challenge),
        "is_revealed": challenge.is_revealed(),
        "errors": crowds.ERRORS,
        "falls": [fall for task in tasks for fall in crowds.falls(task)],
    }
    return render(request, "console/signals.html", context)
