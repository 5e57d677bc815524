"""The page of the checks that a challenge passes before it opens, and their overruling."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from podium.accounts.requests import SignedInRequest
from podium.challenges.permissions import Permission, permissions_in
from podium.refusals import RefusalForm
from podium.rehearsals import readiness as checks
from podium.web.base.presenters import crumb
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge


class OverruleForm(RefusalForm):
    """Asks why a check does not matter here."""

    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Organizers read it here and among the events.",
    )


@require_safe
@never_cache
@login_required
def readiness(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show every check, the open ones first."""
    challenge = get_challenge(request, slug, Permission.RUN_CHALLENGE)
    found = sorted(checks.checks_of(challenge), key=lambda check: not check.is_open)
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "checks": found,
        "open_count": sum(check.is_open for check in found),
        "can_overrule": Permission.SET_UP in permissions_in(request.user, challenge),
    }
    return render(request, "console/readiness.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def overrule(request: SignedInRequest, slug: str, check: str) -> HttpResponse:
    """Ask an owner why a check does not matter here, and record it."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    found = {each.key: each for each in checks.checks_of(challenge)}.get(check)
    if found is None:
        raise Http404
    form = OverruleForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with form.refusing():
            checks.overrule(challenge=challenge, check=check, by=request.user, **form.cleaned_data)
            messages.success(request, f"Overruled: {found.title}.")
            return redirect("console-readiness", slug)
    crumbs = [
        crumb(challenge),
        console_crumb(challenge),
        {"label": "Readiness", "url": reverse("console-readiness", args=[slug])},
    ]
    context = {"challenge": challenge, "crumbs": crumbs, "form": form, "check": found}
    status = UNPROCESSABLE if form.errors else None
    return render(request, "console/overrule.html", context, status=status)


@require_POST
@login_required
def take_back(request: SignedInRequest, slug: str, check: str) -> HttpResponse:
    """Let a check count again."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    checks.take_back(challenge=challenge, check=check, by=request.user)
    return redirect("console-readiness", slug)
