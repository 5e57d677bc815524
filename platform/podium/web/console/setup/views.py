"""Setting up a challenge: what a change does is read before it is made."""

from datetime import UTC
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from podium.accounts.requests import SignedInRequest
from podium.challenges.actions import create
from podium.challenges.advice import advice
from podium.challenges.definition import BadDefinition
from podium.challenges.export import definition_text
from podium.challenges.models import Announcement, Challenge, Phase, Task, Track
from podium.challenges.permissions import Permission, may_create_challenges
from podium.challenges.plans import Plan, carry_out, plan
from podium.refusals import Refused
from podium.web.base.presenters import crumb
from podium.web.console.setup.announcing import TEMPLATES, AnnouncementSheet, TakeBackSheet
from podium.web.console.setup.new import NewForm
from podium.web.console.setup.people import OrganizersSheet
from podium.web.console.setup.removals import RemoveSheet
from podium.web.console.setup.sheets import (
    AccessSheet,
    FileSheet,
    PrizesSheet,
    Sheet,
    TaskSheet,
    TextsSheet,
    TimesSheet,
    TrackSheet,
)
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge

SHEETS: dict[str, type[Sheet]] = {
    "texts": TextsSheet,
    "times": TimesSheet,
    "access": AccessSheet,
    "organizers": OrganizersSheet,
    "file": FileSheet,
}


@require_safe
@never_cache
@login_required
def setup(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show what the challenge has, with a way to each sheet."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    tracks = challenge.tracks.prefetch_related("tasks__dataset_version")
    context = {
        "challenge": challenge,
        "crumbs": _crumbs(challenge)[:2],
        "tracks": tracks,
        "can_add_track": len(tracks) < len(TrackSheet.base_fields["kind"].choices),  # type: ignore[attr-defined]
        "advice": advice(challenge),
        "pending": challenge.pending_roles.count(),
        "is_draft": challenge.phase() == Phase.DRAFT,
    }
    return render(request, "console/setup/setup.html", context)


@require_safe
@login_required
def export(request: SignedInRequest, slug: str) -> HttpResponse:
    """Send the challenge as its challenge.yaml."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    headers = {"Content-Disposition": f'attachment; filename="{slug}.yaml"'}
    return HttpResponse(definition_text(challenge), "application/yaml", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def sheet(request: SignedInRequest, slug: str, name: str) -> HttpResponse:
    """Show one of the sheets of the challenge itself."""
    if name not in SHEETS:
        raise Http404
    challenge = get_challenge(request, slug, SHEETS[name].permission)
    return _filled_in(request, challenge, SHEETS[name])


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def track(request: SignedInRequest, slug: str, kind: str = "", verb: str = "edit") -> HttpResponse:
    """Show the sheet of a track, of a new one, or to remove one."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    row = get_object_or_404(Track, challenge=challenge, kind=kind) if kind else None
    return _filled_in(
        request, challenge, RemoveSheet if verb == "remove" else TrackSheet, track=row
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def prizes(request: SignedInRequest, slug: str, kind: str) -> HttpResponse:
    """Show the sheet of a track's prizes."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    row = get_object_or_404(Track, challenge=challenge, kind=kind)
    return _filled_in(request, challenge, PrizesSheet, track=row)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def task(request: SignedInRequest, slug: str, task: str, verb: str = "edit") -> HttpResponse:
    """Show the sheet of a task, or to remove it."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    tasks = Task.objects.select_related("track", "dataset_version")
    row = get_object_or_404(tasks, challenge=challenge, slug=task)
    return _filled_in(request, challenge, RemoveSheet if verb == "remove" else TaskSheet, task=row)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def new_task(request: SignedInRequest, slug: str, kind: str) -> HttpResponse:
    """Show the sheet of a new task in a track."""
    challenge = get_challenge(request, slug, Permission.SET_UP)
    row = get_object_or_404(Track, challenge=challenge, kind=kind)
    return _filled_in(request, challenge, TaskSheet, track=row)


@require_safe
@never_cache
@login_required
def announcements(request: SignedInRequest, slug: str) -> HttpResponse:
    """List what the organizers announced."""
    challenge = get_challenge(request, slug, Permission.ANNOUNCE)
    context = {
        "challenge": challenge,
        "crumbs": _crumbs(challenge)[:2],
        "announcements": challenge.announcements.annotate(teams=Count("addressees")),
        "templates": {name: label for name, (label, _) in TEMPLATES.items()},
        "is_draft": challenge.phase() == Phase.DRAFT,
    }
    return render(request, "console/setup/announcements.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def announcement(
    request: SignedInRequest, slug: str, pk: int | None = None, verb: str = "edit"
) -> HttpResponse:
    """Show the sheet of an announcement, of a new one, or to take one back."""
    challenge = get_challenge(request, slug, Permission.ANNOUNCE)
    if pk is None:
        template = request.GET.get("template", "")
        return _filled_in(request, challenge, AnnouncementSheet, template=template)
    row = get_object_or_404(Announcement, challenge=challenge, pk=pk)
    kind = AnnouncementSheet if verb == "edit" else TakeBackSheet
    return _filled_in(request, challenge, kind, announcement=row)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def new(request: SignedInRequest) -> HttpResponse:
    """Make a challenge: an empty one, a copy of another, or from a file."""
    if not may_create_challenges(request.user):
        raise PermissionDenied
    with timezone.override(UTC):
        form = NewForm(request.POST or None, request.FILES or None, by=request.user)
        if form.is_bound and form.is_valid():
            try:
                challenge = create(definition=form.definition(), by=request.user)
            except BadDefinition as bad:
                form.refuse(bad)
            else:
                messages.success(request, f"{challenge} is a draft that only organizers see.")
                return redirect("console-setup", challenge.slug)
        crumbs = [{"label": "Your challenges", "url": reverse("consoles")}]
        context = {"form": form, "crumbs": crumbs}
        status = UNPROCESSABLE if form.errors else None
        return render(request, "console/setup/new.html", context, status=status)


def _filled_in(
    request: SignedInRequest, challenge: Challenge, kind: type[Sheet], **of: Any
) -> HttpResponse:
    """Show a sheet, then what its changes do, and make them when their reader says so."""
    # Times are typed in UTC, whatever zone the reader has chosen for reading.
    with timezone.override(UTC):
        files = request.FILES.copy() if request.FILES else None
        form = kind(
            request.POST if request.method == "POST" else None,
            files,
            challenge=challenge,
            by=request.user,
            **of,
        )
        planned = None
        if form.is_bound and form.is_valid():
            try:
                planned = _planned(request, challenge, form)
            except BadDefinition as bad:
                form.refuse(bad)
        if planned is None or form.errors or not request.POST.get("fingerprint"):
            return _page(request, challenge, form, planned)
    messages.success(request, "Saved.")
    return redirect(form.leads_to, challenge.slug)


def _planned(request: SignedInRequest, challenge: Challenge, form: Sheet) -> Plan:
    """Return what the sheet changes, and change it if its reader has read just that."""
    planned = plan(challenge, form.change)
    if read := request.POST.get("fingerprint"):
        typed = request.POST.get("confirmed_title", "")
        try:
            carry_out(challenge, form.change, fingerprint=read, title=typed)
        except Refused as refused:
            form.add_error(None, refused.message)
    return planned


def _page(
    request: HttpRequest, challenge: Challenge, form: Sheet, planned: Plan | None
) -> HttpResponse:
    context = {
        "challenge": challenge,
        "crumbs": _crumbs(challenge, form.leads_to),
        "form": form,
        "plan": planned,
        "lines": [*planned.lines(form.labels()), *form.consequences()] if planned else [],
        "previews": form.previews() if planned else [],
        "timeline": form.timeline(planned.changes if planned else {}),
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "console/setup/sheet.html", context, status=status)


def _crumbs(challenge: Challenge, leads_to: str = "console-setup") -> list[dict[str, str]]:
    label = {"console-setup": "Set up", "console-announcements": "Announcements"}[leads_to]
    return [
        crumb(challenge),
        console_crumb(challenge),
        {"label": label, "url": reverse(leads_to, args=[challenge.slug])},
    ]
