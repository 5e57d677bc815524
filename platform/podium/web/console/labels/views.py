"""The page on which owners correct a task's labels: send a file, read what changes, decide.

Only for people who may see private scores: the number of labels that change in each class says
something about labels.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Task
from podium.challenges.permissions import Permission
from podium.corrections import actions
from podium.corrections.models import UNDECIDED, Correction, CorrectionState
from podium.refusals import RefusalForm, refusals_shown
from podium.uploads.receiving import NO_ROOM, LimitedUpload
from podium.web.base.presenters import crumb
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge

SHOWN = 20


class SolutionForm(RefusalForm):
    """Asks for the corrected solution."""

    file = forms.FileField(
        label="Corrected solution",
        help_text="CSV or Parquet with `id` and `label` of every test row, in any order. Other "
        "columns of the solution, such as `usage` (public, private or ignored), may be there too; "
        "those that you leave out stay as they are.",
        widget=forms.FileInput(attrs={"accept": ",".join(actions.SUFFIXES)}),
        error_messages={"required": "Choose a file first."},
        allow_empty_file=True,
    )


class ReasonForm(RefusalForm):
    """Asks why the solution is added."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Organizers read it among the events. Do not name rows or labels.",
    )


@require_safe
@never_cache
@login_required
def labels(request: SignedInRequest, slug: str, task: str) -> HttpResponse:
    """Show the correction that is to be decided, or ask for one; htmx asks only for its state."""
    found = _task(request, slug, task)
    if request.headers.get("HX-Request"):
        return render(request, "console/labels/_state.html", _state(found))
    return _page(request, found)


@csrf_exempt  # the token is in the body, which is read only once the handler is in place
@require_POST
@login_required
def send(request: SignedInRequest, slug: str, task: str) -> HttpResponse:
    """Take a corrected solution, or say why not."""
    found = _task(request, slug, task)
    receiver = LimitedUpload(actions.MOST_BYTES)
    receiver.request = request
    request.upload_handlers = [receiver]
    try:
        return _send(request, found, receiver)
    finally:
        receiver.drop_partial()


@csrf_protect
def _send(request: SignedInRequest, found: Task, receiver: LimitedUpload) -> HttpResponse:
    form = SolutionForm(request.POST, request.FILES)
    if receiver.too_large or receiver.no_room:
        form.errors.pop("file", None)
        most = f"The file is larger than {actions.MOST_BYTES // 10**6} MB. Send Parquet."
        form.add_error("file", most if receiver.too_large else NO_ROOM)
    if form.is_valid():
        with form.refusing():
            sent = form.cleaned_data["file"].upload
            actions.send(task=found, upload=sent, by=request.user)
            return _back(found)
    return _page(request, found, form=form)


@require_POST
@never_cache
@login_required
def act(request: SignedInRequest, slug: str, task: str, pk: int, verb: str) -> HttpResponse:
    """Add or discard a correction, or compare it again."""
    found = _task(request, slug, task)
    rows = found.corrections.select_related("task__challenge", "compared_with__dataset_version")
    correction = get_object_or_404(rows, pk=pk)
    if verb == "add":
        return _add(request, found, correction)
    if verb not in {"discard", "retry"}:
        raise Http404
    with refusals_shown(request):
        if verb == "discard":
            actions.discard(correction=correction, by=request.user)
            messages.success(request, "Discarded. Nothing has changed.")
        else:
            actions.retry(correction=correction, by=request.user)
    return _back(found)


def _add(request: SignedInRequest, found: Task, correction: Correction) -> HttpResponse:
    form = ReasonForm(request.POST)
    if form.is_valid():
        with form.refusing():
            solution = actions.add(
                correction=correction,
                read=request.POST.get("fingerprint", ""),
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
            messages.success(
                request,
                f"Added {solution}. No board has changed: start a rescore with it below.",
            )
            return redirect("console-task", found.challenge.slug, found.slug)
    return _page(request, found, reason_form=form)


def _task(request: HttpRequest, slug: str, task: str) -> Task:
    challenge = get_challenge(request, slug, Permission.REVEAL)
    rows = challenge.tasks.select_related("track", "solution__dataset_version", "challenge")
    return get_object_or_404(rows, slug=task)


def _back(found: Task) -> HttpResponse:
    return redirect("console-labels", found.challenge.slug, found.slug)


def _page(request: HttpRequest, found: Task, **refused: forms.Form) -> HttpResponse:
    challenge = found.challenge
    at_task = {
        "label": found.title,
        "url": reverse("console-task", args=[challenge.slug, found.slug]),
    }
    context = {
        **_state(found),
        "crumbs": [crumb(challenge), console_crumb(challenge), at_task],
        "form": SolutionForm(),
        "reason_form": ReasonForm(),
        **refused,
    }
    return render(
        request, "console/labels/labels.html", context, status=UNPROCESSABLE if refused else None
    )


def _state(found: Task) -> dict[str, Any]:
    """Return how the corrections of a task stand."""
    rows = found.corrections.select_related(
        "by", "solution__dataset_version", "compared_with__dataset_version"
    )
    corrections = list(rows[:SHOWN])
    newest = corrections[0] if corrections else None
    is_open = newest is not None and (
        newest.state in UNDECIDED or newest.state == CorrectionState.FAILED
    )
    active = newest if is_open else None
    is_compared = active is not None and active.state == CorrectionState.COMPARED
    return {
        "challenge": found.challenge,
        "task": found,
        "active": active,
        "takes_file": active is None or active.state == CorrectionState.FAILED,
        "is_compared": is_compared,
        "is_current": active is not None and active.compared_with_id == found.solution_id,
        "fingerprint": actions.fingerprint(active) if active and is_compared else "",
        "earlier": [each for each in corrections if each is not active],
    }
