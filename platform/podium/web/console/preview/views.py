"""The page from which organizers start a preview, and the button that stops it."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission, has_permission
from podium.refusals import RefusalForm
from podium.teams import previews
from podium.teams.models import Team
from podium.web.base.presenters import crumb
from podium.web.base.preview import KEY, preview_in
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge


class PreviewForm(RefusalForm):
    """Asks whose view to show."""

    audience = forms.ChoiceField(
        label="See the pages as", choices=previews.Audience, widget=forms.RadioSelect
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        required=False,
        empty_label="None",
        help_text="Only for a member of a team. You see what its captain sees, without open "
        "invitations and notices. Starting and stopping is recorded.",
    )

    def __init__(self, *args: Any, challenge: Challenge, runs: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not runs:
            self.fields["audience"].choices = previews.Audience.choices[:-1]  # type: ignore[attr-defined]
            del self.fields["team"]
            return
        teams = challenge.teams.taking_part().filter(captain__isnull=False).order_by("name")
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def preview(request: SignedInRequest, slug: str) -> HttpResponse:
    """Ask whose view to show; start it and open the challenge's page."""
    challenge = get_challenge(request, slug, Permission.SEE_CONSOLE)
    runs = has_permission(request.user, Permission.RUN_CHALLENGE, challenge)
    form = PreviewForm(
        request.POST or None, challenge=challenge, runs=runs, initial={"audience": "visitor"}
    )
    if request.method == "POST" and form.is_valid():
        with form.refusing():
            _stop(request)
            request.session[KEY] = previews.start(
                challenge=challenge,
                by=request.user,
                audience=form.cleaned_data["audience"],
                team=form.cleaned_data.get("team"),
            )
            return redirect("challenge", slug)
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "form": form,
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "console/preview/preview.html", context, status=status)


@require_POST
@never_cache
@login_required
def stop(request: SignedInRequest, slug: str) -> HttpResponse:
    """Stop the preview, if one runs, and go back to the console."""
    get_challenge(request, slug, Permission.SEE_CONSOLE)
    _stop(request)
    return redirect("console", slug)


def _stop(request: SignedInRequest) -> None:
    if running := preview_in(request):
        previews.stop(preview=running, by=request.user)
        del request.session[KEY]
