"""The page on which organizers rehearse a challenge."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission, permissions_in
from podium.refusals import Refused
from podium.rehearsals import jobs
from podium.web.base.presenters import crumb
from podium.web.console.views import console_crumb, get_challenge

SHOWN = 5


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def rehearsal(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the last rehearsals, and start one; htmx asks only for the list."""
    needed = Permission.RUN_CHALLENGE if request.method == "POST" else Permission.SEE_CONSOLE
    challenge = get_challenge(request, slug, needed)
    if request.headers.get("HX-Request"):
        return render(request, "console/rehearsal/_rehearsals.html", _list(challenge))
    if request.method == "POST":
        try:
            jobs.ask(challenge=challenge, by=request.user)
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, "The rehearsal is queued. Its report appears here.")
        return redirect("console-rehearsal", slug)
    context = {
        **_list(challenge),
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "can_run": Permission.RUN_CHALLENGE in permissions_in(request.user, challenge),
    }
    return render(request, "console/rehearsal/rehearsal.html", context)


def _list(challenge: Challenge) -> dict[str, object]:
    rehearsals = list(challenge.rehearsals.select_related("by")[:SHOWN])
    is_waiting = any(each.is_in_flight for each in rehearsals)
    return {"challenge": challenge, "rehearsals": rehearsals, "is_waiting": is_waiting}
