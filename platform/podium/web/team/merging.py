"""Proposing that two teams become one, and the page on which the other captain answers."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from podium.accounts.requests import SignedInRequest
from podium.refusals import refusals_shown
from podium.teams import merging
from podium.teams.actions import team_of
from podium.teams.forms import ProposeForm
from podium.teams.members import may_see_members, visible_members
from podium.teams.models import MergeProposal, Outcome
from podium.web.base.access import get_challenge
from podium.web.team.views import own_team, team_page


@require_POST
@login_required
def propose(request: SignedInRequest, slug: str) -> HttpResponse:
    """Propose to another team's captain that the team becomes part of the user's team."""
    team = own_team(request, slug)
    form = ProposeForm(request.POST, team=team)
    if form.is_valid():
        other = form.cleaned_data["other"]
        with form.refusing():
            merging.propose(team=team, other=other, by=request.user)
            messages.success(request, f"We mailed your proposal to the captain of {other}.")
            return redirect("my-team", slug)
    return team_page(request, team, propose_form=form)


@require_safe
@login_required
def merge(request: SignedInRequest, slug: str, proposal: int) -> HttpResponse:
    """Show what a merge would mean to the members of both teams."""
    found = _proposal(request, slug, proposal)
    is_asked = found.absorbed.captain_id == request.user.pk
    is_open = MergeProposal.objects.still_open().filter(pk=found.pk).exists()
    context = {
        "challenge": found.surviving.challenge,
        "proposal": found,
        "is_open": is_open,
        "is_accepted": found.outcome == Outcome.ACCEPTED,
        "is_asked": is_open and is_asked,
        "may_withdraw": is_open and found.surviving.captain_id == request.user.pk,
        # It reveals how often both teams have submitted, so the proposing team does not see it.
        "why_not": merging.why_not(found.surviving, found.absorbed) if is_open and is_asked else "",
        "members": [
            member.name
            for team in (found.surviving, found.absorbed)
            for member in visible_members(team, request.user)
        ],
        "names_captain": may_see_members(found.surviving, request.user),
        "sees_all": all(
            may_see_members(team, request.user) for team in (found.surviving, found.absorbed)
        ),
    }
    return render(request, "team/team_merge.html", context)


@require_POST
@login_required
def accept(request: SignedInRequest, slug: str, proposal: int) -> HttpResponse:
    """Make both teams one."""
    return _answer(request, slug, proposal, merging.accept, "You are one team now.")


@require_POST
@login_required
def decline(request: SignedInRequest, slug: str, proposal: int) -> HttpResponse:
    """Say no to a proposal."""
    return _answer(request, slug, proposal, merging.decline, "The proposal is declined.")


@require_POST
@login_required
def withdraw(request: SignedInRequest, slug: str, proposal: int) -> HttpResponse:
    """Withdraw the user's proposal."""
    said = "The proposal is withdrawn."
    return _answer(request, slug, proposal, merging.withdraw, said)


def _answer(
    request: HttpRequest,
    slug: str,
    proposal: int,
    verb: Callable[..., object],
    said: str,
) -> HttpResponse:
    found = _proposal(request, slug, proposal)
    with refusals_shown(request):
        verb(proposal=found, by=request.user)
        messages.success(request, said)
        return redirect("my-team", slug)
    return redirect("merge", slug, proposal)


def _proposal(request: HttpRequest, slug: str, proposal: int) -> MergeProposal:
    """Return a proposal to the members of the two teams. Raises Http404."""
    team = team_of(request.user, get_challenge(request, slug))
    rows = MergeProposal.objects.select_related(
        "surviving__challenge", "surviving__captain", "absorbed__challenge", "absorbed__captain"
    )
    return get_object_or_404(rows, Q(surviving=team) | Q(absorbed=team), pk=proposal)
