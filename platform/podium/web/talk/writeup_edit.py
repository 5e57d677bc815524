"""Writing a write-up: the form of a team's members, with a preview."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Track
from podium.refusals import Refused
from podium.teams.actions import team_of
from podium.teams.models import Team
from podium.web.base.access import get_track
from podium.web.base.presenters import crumb
from podium.web.talk.writeup_forms import WriteUpForm, links_of
from podium.web.talk.writeups import UNPROCESSABLE, pdfs_of, with_hosts
from podium.writeups import actions
from podium.writeups.attachments import PdfUploads
from podium.writeups.models import WriteUp, WriteUpVersion
from podium.writeups.validation import clean_body, clean_line, clean_links


@csrf_exempt  # the token is in the body, which is read only once the handler is in place
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: SignedInRequest, slug: str, kind: str, team_slug: str) -> HttpResponse:
    """Show, preview or save the write-up form of the user's team."""
    track = get_track(request, slug, kind)
    team = team_of(request.user, track.challenge)
    if team is None or team.slug != team_slug:
        raise Http404
    if request.method != "POST":
        latest = _latest(team, track)
        return _page(request, team, track, WriteUpForm(latest=latest), latest)
    receiver = PdfUploads()
    request.upload_handlers = [receiver]
    try:
        return _receive(request, team, track, receiver)
    finally:
        # When the sender goes away Django tells nobody, and the file would wait for the collector.
        receiver.drop_partial()


@csrf_protect
def _receive(
    request: SignedInRequest, team: Team, track: Track, receiver: PdfUploads
) -> HttpResponse:
    latest = _latest(team, track)
    form = WriteUpForm(request.POST, request.FILES, latest=latest)
    form.is_valid()
    for field, refusal in receiver.refusals.items():
        form.add_error(field, refusal)
    if form.is_valid():
        try:
            if "preview" in request.POST:
                return _preview(request, team, track, form, latest)
            version = actions.save(team=team, track=track, by=request.user, **form.wish())
        except Refused as refused:
            form.refuse(refused)
            latest = _latest(team, track)
            if refused.code == "newer" and latest:
                form.base_on(latest)
        else:
            messages.success(request, f"Version {version.number} is saved.")
            return redirect("write-up", *version.writeup.address)
    return _page(request, team, track, form, latest)


def _preview(
    request: SignedInRequest,
    team: Team,
    track: Track,
    form: WriteUpForm,
    latest: WriteUpVersion | None,
) -> HttpResponse:
    """Return the page with the words as they would be read. Raises Refused; nothing is saved."""
    typed = form.cleaned_data
    preview: dict[str, object] = {
        "title": clean_line(typed["title"], "title"),
        "body": clean_body(typed["body"]),
        "links": with_hosts(clean_links(links_of(typed["links"]))),
    }
    return _page(request, team, track, form, latest, preview)


def _latest(team: Team, track: Track) -> WriteUpVersion | None:
    found = WriteUp.objects.filter(team=team, track=track).first()
    return found.latest() if found else None


def _page(
    request: HttpRequest,
    team: Team,
    track: Track,
    form: WriteUpForm,
    latest: WriteUpVersion | None,
    preview: dict[str, object] | None = None,
) -> HttpResponse:
    challenge = track.challenge
    back = {"label": "Write-ups", "url": reverse("write-ups", args=[challenge.slug])}
    writeup = WriteUp.objects.filter(team=team, track=track).first()
    if writeup:
        writeup.team, writeup.track = team, track
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), back],
        "team": team,
        "track": track,
        "writeup": writeup,
        "latest": latest,
        "pdfs": pdfs_of(writeup, latest) if writeup and latest else [],
        "form": form,
        "preview": preview,
        "closed": actions.why_not_written(team),
    }
    is_refused = form.is_bound and not preview
    status = UNPROCESSABLE if is_refused else None
    return render(request, "talk/writeup_edit.html", context, status=status)
