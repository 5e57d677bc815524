"""Removing a task, a track, or a whole draft, by owners who have read what goes with it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Task, Track
from podium.challenges.permissions import Permission
from podium.challenges.removing import contents_of, refusal_of_challenge, remove_challenge
from podium.files import Json
from podium.refusals import Refused
from podium.web.base.presenters import crumb
from podium.web.console.setup.sheets import Sheet
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge


class RemoveSheet(Sheet):
    """Nothing to fill in: a task, or a track with its tasks, goes."""

    lead = "Only what nobody but baselines has submitted to can be removed."

    def __init__(
        self, *args: Any, track: Track | None = None, task: Task | None = None, **options: Any
    ) -> None:
        self.track, self.task = (task.track if task else track), task
        self.heading = f"Remove the {'task' if task else 'track'} “{task or track}”"
        super().__init__(*args, **options)

    def document(self) -> Json:
        assert self.track is not None  # noqa: S101  (for the type checker)
        if self.task is None:
            return {"tracks": [{"kind": self.track.kind, "remove": True}]}
        gone = {"slug": self.task.slug, "remove": True}
        return {"tracks": [{"kind": self.track.kind, "tasks": [gone]}]}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def challenge(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show what goes with a draft challenge, and remove it when its title is typed."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    refusal = refusal_of_challenge(challenge)
    typed = request.POST.get("confirmed_title", "")
    error = ""
    if request.method == "POST":
        try:
            remove_challenge(challenge=challenge, title=typed, by=request.user)
        except Refused as refused:
            error = refused.message
        else:
            messages.success(request, f"{challenge} was removed.")
            return redirect("consoles")
    context = {
        "challenge": challenge,
        "crumbs": [
            crumb(challenge),
            console_crumb(challenge),
            {"label": "Set up", "url": reverse("console-setup", args=[slug])},
        ],
        "contents": contents_of(challenge),
        "refusal": refusal,
        "error": "" if error == refusal else error,
        "typed": typed,
    }
    status = UNPROCESSABLE if error else None
    return render(request, "console/setup/remove.html", context, status=status)
