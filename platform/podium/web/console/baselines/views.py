"""The page of baselines: a series of runs is planned and queued, and what each run reached."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from figures.words import plural
from podium.accounts.requests import SignedInRequest
from podium.baseline_runs import actions, series
from podium.baseline_runs.actions import CannotStart
from podium.baseline_runs.models import BaselineRun
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission, permissions_in
from podium.refusals import Refused
from podium.web.base.presenters import crumb
from podium.web.console.baselines.forms import SeriesForm
from podium.web.console.baselines.rows import rows_of, spreads
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def baselines(request: SignedInRequest, slug: str) -> HttpResponse:
    """List the runs; of a form that is sent show what it would queue, then queue it."""
    is_post = request.method == "POST"
    needed = Permission.RUN_CHALLENGE if is_post else Permission.SEE_CONSOLE
    challenge = get_challenge(request, slug, needed)
    if request.headers.get("HX-Request"):
        return render(request, "console/baselines/_runs.html", _runs(request, challenge))
    form = SeriesForm(request.POST if is_post else None, challenge)
    planned, status = None, None
    if is_post:
        planned = _planned(form)
        read = request.POST.get("fingerprint")
        if planned and read and _carried_out(request, form, read):
            return redirect("console-baselines", slug)
        status = None if form.is_valid() else UNPROCESSABLE
    context = {
        **_runs(request, challenge),
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "form": form,
        "series": planned,
        "button": f"Queue {plural(len(planned.runs), 'run')}" if planned else "",
    }
    return render(request, "console/baselines/baselines.html", context, status=status)


@require_POST
@login_required
def restart(request: SignedInRequest, slug: str, run: int) -> HttpResponse:
    """Start a run again that has ended, with its limit and seed."""
    row = _run(get_challenge(request, slug, Permission.RUN_CHALLENGE), run)
    try:
        actions.restart(run=row, by=request.user)
    except CannotStart as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"The baseline {row.method} is queued on {row.task}.")
    return _back(request, slug)


@require_POST
@login_required
def cancel(request: SignedInRequest, slug: str, run: int) -> HttpResponse:
    """Cancel a run that waits or runs."""
    row = _run(get_challenge(request, slug, Permission.RUN_CHALLENGE), run)
    if actions.cancel(run=row, by=request.user):
        messages.success(request, f"The baseline {row.method} on {row.task} is cancelled.")
    else:
        messages.info(request, "This run has ended already, so nothing was done.")
    return _back(request, slug)


def _planned(form: SeriesForm) -> series.Series | None:
    """Return what the form would queue; None, with the reason in the form, if it is refused."""
    if form.is_valid():
        with form.refusing():
            return series.plan(form.wish)
    return None


def _carried_out(request: SignedInRequest, form: SeriesForm, read: str) -> bool:
    """Queue the series that was read. Returns whether that was done; the form says why not."""
    try:
        done = series.carry_out(form.wish, fingerprint=read, by=request.user)
    except Refused as refused:
        form.refuse(refused)
        return False
    messages.success(request, f"{plural(len(done.runs), 'run')} of {done.title} queued.")
    return True


def _run(challenge: Challenge, pk: int) -> BaselineRun:
    rows = BaselineRun.objects.select_related("task__challenge")
    return get_object_or_404(rows, pk=pk, task__challenge=challenge)


def _back(request: SignedInRequest, slug: str) -> HttpResponse:
    """Return to the page that the button is on."""
    return redirect("console-baselines" if "list" in request.POST else "console", slug)


def _runs(request: SignedInRequest, challenge: Challenge) -> dict[str, object]:
    rows = rows_of(challenge)
    return {
        "challenge": challenge,
        "can_run": Permission.RUN_CHALLENGE in permissions_in(request.user, challenge),
        "rows": rows,
        "spreads": spreads(rows),
        "is_waiting": any(not row.is_over for row in rows),
    }
