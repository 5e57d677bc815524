"""The page of a challenge's winners, once its owners have confirmed them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from podium.web.base.access import get_challenge
from podium.web.base.presenters import crumb
from podium.winners.actions import listed, published


@require_safe
def winners(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the published winners of each track, with how sure the first rank is."""
    challenge = get_challenge(request, slug)
    found = published(challenge)
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge)],
        "winners": found,
        "tracks": listed(found).tracks if found else [],
    }
    return render(request, "winners/winners.html", context)
