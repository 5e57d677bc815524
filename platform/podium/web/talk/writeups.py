"""Write-ups of a challenge: the list, one to read, its PDFs, and what is done with it."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from podium.accounts.requests import SignedInRequest
from podium.catalog.downloads import INLINE_POLICY, Stored, send
from podium.challenges.models import Challenge, Track
from podium.challenges.permissions import Permission, has_permission
from podium.refusals import Refused
from podium.standings.finalists import final_boards
from podium.teams.actions import team_of
from podium.teams.models import Team
from podium.web.base.access import get_challenge
from podium.web.base.presenters import Context, crumb
from podium.web.talk.writeup_forms import ReasonForm
from podium.writeups import actions, attachments
from podium.writeups.models import WriteUp, WriteUpVersion
from podium.writeups.reading import (
    is_insider,
    is_over,
    is_own,
    is_public,
    public,
    reads_all,
    version_for,
    visible_to,
)

ANYBODY = AnonymousUser()
UNPROCESSABLE = 422
_LAST = 10**9
_SAID = {
    "publish": "It is published. Everybody reads this version now.",
    "take-back": "Unpublished. Only your team and the organizers can read it now.",
    "hide": "It is hidden. Its team reads your reason.",
    "show": "It is shown again.",
}


# The list --------------------------------------------------------------------------------------


@require_safe
def writeups(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is published of each track, above it the reader's own team's drafts."""
    challenge = get_challenge(request, slug)
    tracks = list(challenge.tracks.select_related("challenge"))
    rows = list(visible_to(request.user, challenge).defer("published_version__body"))
    shown = set(public(challenge).values_list("pk", flat=True))
    team = team_of(request.user, challenge)
    drafts = _newest(rows) if team or reads_all(request.user, challenge) else {}
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge)],
        "is_over": is_over(challenge),
        "team": team,
        "own": [_own(team, track, rows, drafts, shown) for track in tracks] if team else [],
        "cannot_write": actions.why_not_written(team) if team else "",
        "sections": _sections(challenge, tracks, [row for row in rows if row.pk in shown]),
        "others": _not_public(rows, drafts, shown) if reads_all(request.user, challenge) else [],
    }
    return render(request, "talk/writeups.html", context)


def _newest(rows: list[WriteUp]) -> dict[int, dict[str, object]]:
    """Return how many versions each has, and when the newest was saved."""
    versions = WriteUpVersion.objects.filter(writeup__in=rows).order_by().values("writeup")
    found = versions.annotate(count=Count("pk"), number=Max("number"), at=Max("at"))
    return {row["writeup"]: {**row} for row in found}


def _own(
    team: Team,
    track: Track,
    rows: list[WriteUp],
    drafts: dict[int, dict[str, object]],
    shown: set[int],
) -> dict[str, object]:
    """Return where the reader's own team stands with a track."""
    mine = (row for row in rows if (row.team_id, row.track_id) == (team.pk, track.pk))
    row = next(mine, None)
    return {
        "track": track,
        "writeup": row,
        "newest": drafts.get(row.pk) if row else None,
        "is_public": row is not None and row.pk in shown,
        "edit_url": reverse("write-up-edit", args=[track.challenge.slug, track.kind, team.slug]),
    }


def _sections(
    challenge: Challenge, tracks: list[Track], rows: list[WriteUp]
) -> list[dict[str, object]]:
    """Return what is published of each track, the best team's first once places are final."""
    boards = {track.pk: board for track, board in final_boards(challenge)}

    def section(track: Track) -> dict[str, object]:
        final = boards[track.pk].rows if track.pk in boards else []
        ranks = {row.team.pk: row.rank for row in final if row.rank is not None}
        mine = [row for row in rows if row.track_id == track.pk]
        mine.sort(key=lambda row: (ranks.get(row.team_id, _LAST), row.team.name.casefold()))
        ranked = [{"writeup": row, "rank": ranks.get(row.team_id)} for row in mine]
        return {"track": track, "rows": ranked, "has_ranks": bool(ranks)}

    return [section(track) for track in tracks]


def _not_public(rows: list[WriteUp], drafts: dict[int, Context], shown: set[int]) -> list[Context]:
    """Return what organizers read and the public does not, the newest words first."""
    found = [{"writeup": row, "newest": drafts[row.pk]} for row in rows if row.pk not in shown]
    return sorted(found, key=lambda item: item["newest"]["at"], reverse=True)


# One write-up ----------------------------------------------------------------------------------


@never_cache
@require_safe
def writeup(request: HttpRequest, slug: str, kind: str, team_slug: str) -> HttpResponse:
    """Show the version that the reader may read: the newest, the published, or `?version=`."""
    return _page(request, get_writeup(request, slug, kind, team_slug))


@require_POST
@login_required
def act(request: SignedInRequest, slug: str, kind: str, team_slug: str, verb: str) -> HttpResponse:
    """Publish a version, take it back, hide or show it."""
    found = get_writeup(request, slug, kind, team_slug)
    form = ReasonForm(request.POST)
    form.is_valid()
    verbs: dict[str, Callable[..., object]] = {
        "publish": partial(_publish, request, found),
        "take-back": partial(actions.take_back, writeup=found, by=request.user),
        "hide": partial(_hide, request, found, form),
        "show": partial(actions.show, writeup=found, by=request.user),
    }
    if verb not in verbs or not is_insider(request.user, found):
        raise Http404
    try:
        verbs[verb]()
    except Refused as refused:
        if verb == "hide":
            form.refuse(refused)
            return _page(request, found, form)
        messages.error(request, refused.message)
    else:
        messages.success(request, _SAID[verb])
    return redirect(found)


def _publish(request: SignedInRequest, found: WriteUp) -> None:
    number = request.POST.get("version", "")
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise Http404
    version = get_object_or_404(found.versions, number=int(number))
    actions.publish(writeup=found, version=version, by=request.user)


def _hide(request: SignedInRequest, found: WriteUp, form: ReasonForm) -> None:
    reason = form.cleaned_data.get("reason", "")
    actions.hide(writeup=found, reason=reason, by=request.user)


@never_cache
@require_safe
def pdf(
    request: HttpRequest, slug: str, kind: str, team_slug: str, version: int, what: str
) -> HttpResponseBase:
    """Send the paper or the slides of a version to those who may read it."""
    found = version_for(request.user, get_writeup(request, slug, kind, team_slug), version)
    attached = getattr(found, what, None) if what in attachments.KINDS else None
    if attached is None:
        raise Http404
    stored = Stored(
        name=attached.file,
        filename=attached.name,
        tag=attached.sha256,
        at=attached.at,
        is_for_everybody=False,
        is_private=True,
    )
    answer = send(request, stored)
    # Should a browser show it all the same, it may do nothing there.
    answer["Content-Security-Policy"] = INLINE_POLICY
    return answer


def get_writeup(request: HttpRequest, slug: str, kind: str, team_slug: str) -> WriteUp:
    """Return a write-up with a version the visitor may read. Raises Http404."""
    rows = visible_to(request.user, get_challenge(request, slug))
    return get_object_or_404(rows, track__kind=kind, team__slug=team_slug)


def _page(
    request: HttpRequest, found: WriteUp, reason_form: ReasonForm | None = None
) -> HttpResponse:
    """Return the page of a write-up, with what an organizer typed if it was refused."""
    number = request.GET.get("version", "")
    if number and not (number.isascii() and number.isdigit() and len(number) < 9):
        raise Http404
    version = version_for(request.user, found, int(number) if number else None)
    if version is None:
        raise Http404
    challenge, inside = found.team.challenge, is_insider(request.user, found)
    own = is_own(request.user, found)
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), _back(challenge)],
        "writeup": found,
        "version": version,
        "links": with_hosts(version.links),
        "pdfs": pdfs_of(found, version),
        "is_public": is_public(found),
        "is_published": version.pk == found.published_version_id,
        "inside": inside,
        "own": own,
        "is_captain": own and found.team.captain_id == request.user.pk,
        "moderates": has_permission(request.user, Permission.MODERATE, challenge),
        "cannot_write": actions.why_not_written(found.team) if own else "",
        "cannot_publish": actions.why_not_published(found) if own else "",
        "versions": found.versions.select_related("by").defer("body") if inside else [],
        "reason_form": reason_form or ReasonForm(),
    }
    status = UNPROCESSABLE if reason_form else None
    return render(request, "talk/writeup.html", context, status=status)


def _back(challenge: Challenge) -> dict[str, str]:
    return {"label": "Write-ups", "url": reverse("write-ups", args=[challenge.slug])}


def with_hosts(links: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return links with the host that each leads to, which its title does not have to tell."""
    return [{**link, "host": urlsplit(link["url"]).hostname or ""} for link in links]


def pdfs_of(found: WriteUp, version: WriteUpVersion) -> list[dict[str, object]]:
    """Return the attached PDFs of a version with their addresses."""
    return [
        {
            "label": kind.capitalize(),
            "file": getattr(version, kind),
            "url": reverse("write-up-pdf", args=[*found.address, version.number, kind]),
        }
        for kind in attachments.KINDS
        if getattr(version, kind)
    ]
