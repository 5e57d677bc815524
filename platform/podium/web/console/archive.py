"""The page of an event's archives: owners ask for one, and download it."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from podium.accounts.requests import SignedInRequest
from podium.archives import actions
from podium.archives.models import Archive, Edition
from podium.archives.writing import refuse_unfinished
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog import downloads
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission
from podium.refusals import RefusalForm, Refused
from podium.web.base.presenters import crumb
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge

SHOWN = 20


class ArchiveForm(RefusalForm):
    """Asks which edition to write."""

    edition = forms.ChoiceField(choices=Edition.choices, initial=Edition.PUBLIC)
    with_solutions = forms.BooleanField(
        required=False,
        label="Release the labels of the test rows",
        help_text="Only the public edition asks this; the full one has them. A released file "
        "cannot be taken back.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def archive(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the archives of a challenge, and write one; htmx asks only for the list."""
    challenge = get_challenge(request, slug, Permission.REVEAL)
    if request.headers.get("HX-Request"):
        return render(request, "console/_archives.html", _list(challenge))
    form = ArchiveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with form.refusing():
            actions.ask(challenge=challenge, by=request.user, **form.cleaned_data)
            messages.success(request, "The archive is queued. It appears here when it is ready.")
            return redirect("console-archive", slug)
    context = {
        **_list(challenge),
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "form": form,
        "refusal": _refusal(challenge),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "console/archive.html", context, status=status)


@require_safe
@never_cache
@login_required
def archive_file(request: SignedInRequest, slug: str, pk: int) -> HttpResponseBase:
    """Send an archive. As the full one names people and labels, each download is recorded."""
    challenge = get_challenge(request, slug, Permission.REVEAL)
    found = get_object_or_404(Archive, pk=pk, challenge=challenge)
    if not found.file:
        raise Http404
    stored = downloads.Stored(
        name=found.file,
        filename=found.filename,
        tag=found.sha256,
        at=found.finished_at or found.queued_at,  # type: ignore[arg-type]
        is_for_everybody=False,
        is_private=True,
    )
    answer = downloads.send(request, stored)
    if request.method == "GET":
        record(
            Verb.DOWNLOADED_ARCHIVE,
            subject=found,
            by=request.user,
            challenge=slug,
            edition=found.edition,
        )
    return answer


def _list(challenge: Challenge) -> dict[str, object]:
    rows = Archive.objects.filter(challenge=challenge).select_related("by", "challenge")
    archives = list(rows[:SHOWN])
    return {
        "challenge": challenge,
        "archives": archives,
        "is_waiting": any(each.is_in_flight for each in archives),
    }


def _refusal(challenge: Challenge) -> str:
    """Return why the event cannot be archived now, or ""."""
    try:
        refuse_unfinished(challenge)
    except Refused as refused:
        return refused.message
    return ""
