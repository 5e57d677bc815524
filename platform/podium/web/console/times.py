"""The page on which owners move times: what that does is read before it is done."""

from datetime import UTC

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from podium.accounts.requests import SignedInRequest
from podium.challenges.actions import set_times
from podium.challenges.definition import TIMES_IN_WORDS
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission
from podium.challenges.plans import Plan, carry_out, plan
from podium.refusals import Refused
from podium.web.base.presenters import crumb
from podium.web.console.forms import TimesForm
from podium.web.console.views import UNPROCESSABLE, get_challenge


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def times(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the times, then what the change of them does, and make it when its reader says so."""
    challenge = get_challenge(request, slug, Permission.SET_TIMES)
    # Times are typed in UTC, whatever zone the reader has chosen for reading.
    with timezone.override(UTC):
        form = TimesForm(request.POST or None, challenge=challenge)
        if not form.is_bound or not form.is_valid():
            return _page(request, challenge, form)

        def change() -> Challenge:
            return set_times(
                challenge=challenge,
                times=form.times(),
                freeze_hours=form.cleaned_data["freeze_hours"],
                by=request.user,
            )

        typed = request.POST.get("title", "")
        try:
            planned = plan(challenge, change)
            if read := request.POST.get("fingerprint"):
                carry_out(challenge, change, fingerprint=read, title=typed)
                messages.success(request, "Saved. The challenge page shows the new times.")
                return redirect("console", slug)
        except ValidationError as error:
            form.add_error(None, error)
            return _page(request, challenge, form)
        except Refused as refused:
            form.add_error(None, refused.message)
        return _page(request, challenge, form, planned)


def _page(
    request: HttpRequest, challenge: Challenge, form: TimesForm, planned: Plan | None = None
) -> HttpResponse:
    lines = planned.lines(TIMES_IN_WORDS) if planned else []
    console = reverse("console", args=[challenge.slug])
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), {"label": "Console", "url": console}],
        "form": form,
        "plan": planned,
        "lines": lines,
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "console/times.html", context, status=status)
