"""Private scores before the reveal: owners look at them on purpose, and each look is recorded."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from figures.words import number
from podium.accounts.requests import SignedInRequest
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Task, Track
from podium.challenges.permissions import Permission
from podium.standings.document import BoardTable
from podium.standings.history import ranks_at
from podium.standings.reveal import private_tables
from podium.standings.visible import UNROUNDED_DECIMALS
from podium.submissions.models import Part
from podium.web.base.presenters import crumb
from podium.web.console.views import console_crumb, get_challenge

SHOWN_LOOKS = 20


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def private(request: SignedInRequest, slug: str) -> HttpResponse:
    """Say what a look means; after a post show the private boards as a reveal would make them."""
    challenge = get_challenge(request, slug, Permission.REVEAL)
    if challenge.is_revealed():
        messages.info(request, "The private boards are public. Open the leaderboards.")
        return redirect("console", slug)
    boards: list[dict[str, object]] = []
    if request.method == "POST":
        record(Verb.LOOKED_AT_PRIVATE_SCORES, subject=challenge, by=request.user, challenge=slug)
        boards = _boards(challenge)
    looks = Event.objects.filter(challenge=slug, verb=Verb.LOOKED_AT_PRIVATE_SCORES)
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "is_shown": request.method == "POST",
        "boards": boards,
        "looks": looks[:SHOWN_LOOKS],
    }
    return render(request, "console/private.html", context)


def _boards(challenge: Challenge) -> list[dict[str, object]]:
    """Return the boards of tracks, each followed by those of its tasks."""
    boards: list[dict[str, object]] = []
    for track in challenge.tracks.select_related("challenge"):
        for subject, table in private_tables(track):
            boards.append({"title": str(subject), "rows": _rows(subject, table)})
    return boards


def _rows(subject: Task | Track, table: BoardTable) -> list[dict[str, object]]:
    public = ranks_at([subject], Part.PUBLIC).get(subject.pk, {})
    return [
        {
            "rank": row.rank,
            "team": row.team,
            "score": number(row.score, UNROUNDED_DECIMALS),
            "public_rank": public.get(row.team.pk),
        }
        for row in table.rows(subject.challenge.slug)
    ]
