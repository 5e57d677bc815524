"""The organizers' side of their private thread with a team."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from podium.accounts.requests import SignedInRequest
from podium.challenges.permissions import Permission
from podium.teams.models import Team
from podium.web.base.presenters import crumb
from podium.web.console.views import console_crumb, get_challenge
from podium.web.talk.messages import thread


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def console_messages(request: SignedInRequest, slug: str, team: str) -> HttpResponse:
    """Show organizers the thread of a team; owners and managers write."""
    challenge = get_challenge(request, slug, Permission.SEE_CONSOLE)
    rows = Team.objects.select_related("challenge").filter(challenge=challenge, baseline="")
    row = get_object_or_404(rows, slug=team)
    if request.method == "POST":
        get_challenge(request, slug, Permission.MODERATE)
    back = {"label": "Teams", "url": reverse("console-teams", args=[slug])}
    crumbs = [crumb(challenge), console_crumb(challenge), back]
    merged = row.absorbed.filter(messages__isnull=False).distinct()
    return thread(request, row, crumbs, f"Messages with {row}", merged=merged)
