"""Team pages: the member's own, the public one, and the one behind an invitation link."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from podium.accounts.models import Viewer
from podium.accounts.requests import SignedInRequest
from podium.audit.models import Event
from podium.challenges.eligibility import refusal_of
from podium.challenges.models import Challenge, Phase
from podium.challenges.previewed import previewed
from podium.refusals import RefusalForm, Refused, refusals_shown
from podium.submissions.models import Submission
from podium.submissions.team_rulings import rulings_on
from podium.teams import actions
from podium.teams.forms import (
    CreateForm,
    HandOverForm,
    InviteForm,
    ProposeForm,
    RenameForm,
    ResearchForm,
    RulesForm,
)
from podium.teams.members import visible_members
from podium.teams.models import Team
from podium.web.base.access import get_challenge
from podium.web.base.presenters import until
from podium.web.board.badges import places
from podium.web.submission.scores import show_scores
from podium.web.team.method_card import method_card
from podium.writeups.reading import public

UNPROCESSABLE = 422
SHOWN_RULINGS = 50


def own_team(request: HttpRequest, slug: str) -> Team:
    """Return the visitor's team in a challenge. Raises Http404."""
    team = actions.team_of(request.user, get_challenge(request, slug))
    if team is None:
        raise Http404
    return team


# My team ---------------------------------------------------------------------------------------


@require_safe
@login_required
def my_team(request: SignedInRequest, slug: str) -> HttpResponse:
    challenge = get_challenge(request, slug)
    team = actions.team_of(request.user, challenge)
    return team_page(request, team) if team else _entry_page(request, challenge)


@require_POST
@login_required
def create(request: SignedInRequest, slug: str) -> HttpResponse:
    challenge = get_challenge(request, slug)
    ask_rules = not actions.has_accepted_rules(request.user, challenge)
    form = CreateForm(request.POST, challenge=challenge, ask_rules=ask_rules)
    if form.is_valid():
        with form.refusing(), transaction.atomic():
            team = actions.create_team(
                challenge=challenge, name=form.cleaned_data["name"], by=request.user
            )
            if ask_rules:
                accept_rules(request, challenge, form)
            messages.success(request, f"Team {team} created. You are its captain.")
            return redirect("my-team", slug)
    return _entry_page(request, challenge, form)


@require_POST
@login_required
def invite(request: SignedInRequest, slug: str) -> HttpResponse:
    team = own_team(request, slug)
    form = InviteForm(request.POST, auto_id="invite_%s")
    if form.is_valid():
        email = form.cleaned_data["email"]
        with form.refusing():
            _, token = actions.invite(team=team, by=request.user, email=email)
            _show_link(request, email, token)
            return redirect("my-team", slug)
    return team_page(request, team, invite_form=form)


@require_POST
@login_required
def rename(request: SignedInRequest, slug: str) -> HttpResponse:
    team = own_team(request, slug)
    form = RenameForm(request.POST, team=team)
    if form.is_valid():
        with form.refusing():
            team = actions.rename(team=team, by=request.user, **form.cleaned_data)
            messages.success(request, f"Saved. The team is called {team}.")
            return redirect("my-team", slug)
    return team_page(request, team, rename_form=form)


@require_POST
@login_required
def hand_over(request: SignedInRequest, slug: str) -> HttpResponse:
    team = own_team(request, slug)
    form = HandOverForm(request.POST, team=team)
    if form.is_valid():
        to = form.cleaned_data["to"]
        with form.refusing():
            actions.hand_over(team=team, to=to, by=request.user)
            messages.success(request, f"{to} is now the captain.")
            return redirect("my-team", slug)
    return team_page(request, team, hand_over_form=form)


@require_POST
@login_required
def research(request: SignedInRequest, slug: str) -> HttpResponse:
    team = own_team(request, slug)
    form = ResearchForm(request.POST, auto_id="research_%s")
    if form.is_valid():
        with form.refusing():
            actions.say_research_use(team=team, answer=form.cleaned_data["answer"], by=request.user)
            messages.success(request, "Your answer is saved.")
            return redirect("my-team", slug)
    return team_page(request, team, research_form=form)


@require_POST
@login_required
def revoke_invitation(request: SignedInRequest, slug: str, invitation: int) -> HttpResponse:
    team = own_team(request, slug)
    row = get_object_or_404(team.invitations, pk=invitation)
    with refusals_shown(request):
        actions.revoke_invitation(invitation=row, by=request.user)
        messages.success(request, "The invitation is revoked. Its link no longer works.")
    return redirect("my-team", slug)


@require_POST
@login_required
def remove(request: SignedInRequest, slug: str, user: int) -> HttpResponse:
    team = own_team(request, slug)
    member = get_object_or_404(team.memberships.select_related("user"), user__pk=user).user
    with refusals_shown(request):
        actions.remove_member(team=team, user=member, by=request.user)
        messages.success(
            request, f"{member} is no longer in the team. Its invitation links no longer work."
        )
    return redirect("my-team", slug)


@require_POST
@login_required
def leave(request: SignedInRequest, slug: str) -> HttpResponse:
    team = own_team(request, slug)
    with refusals_shown(request):
        actions.leave(team=team, by=request.user)
        messages.success(request, f"You have left the team {team}.")
    return redirect("my-team", slug)


def _show_link(request: HttpRequest, email: str, token: str) -> None:
    """Show the link once: only its hash is stored, so nobody can look it up later."""
    link = request.build_absolute_uri(reverse("join", args=[token]))
    told = (
        f"We mailed an invitation to {email}. If it does not arrive, send this link yourself:"
        if email
        else "Share this link. It is shown only once:"
    )
    messages.success(request, format_html("{} <code>{}</code>", told, link))


def accept_rules(request: SignedInRequest, challenge: Challenge, form: RulesForm) -> None:
    """Accept the rules that the form showed. Raises Refused if they have changed since."""
    version = form.cleaned_data["rules_version"]
    actions.accept_rules(challenge=challenge, by=request.user, version=version)


def _entry_page(
    request: SignedInRequest, challenge: Challenge, form: CreateForm | None = None
) -> HttpResponse:
    """Return the page for a user without a team, with the refused input if any."""
    ask_rules = not actions.has_accepted_rules(request.user, challenge)
    asked = form or CreateForm(challenge=challenge, ask_rules=ask_rules)
    context = {
        "challenge": challenge,
        "form": asked,
        "still": actions.team_freeze_reason(challenge),
        "may_enter_alone": challenge.phase() == Phase.OPEN,
        "barred": refusal_of(request.user, challenge),
    }
    return render(request, "team/team_create.html", context, status=UNPROCESSABLE if form else None)


def team_page(request: HttpRequest, team: Team, **refused: RefusalForm) -> HttpResponse:
    """Return the page of the visitor's team; `refused` are forms with errors, by their name."""
    challenge = team.challenge
    forms = {
        "invite_form": InviteForm(auto_id="invite_%s"),
        "rename_form": RenameForm(team=team),
        "hand_over_form": HandOverForm(team=team),
        "propose_form": ProposeForm(team=team),
        "research_form": ResearchForm(auto_id="research_%s", initial={"answer": team.research_use}),
        **refused,
    }
    if "rename_form" in refused:
        team = Team.objects.select_related("challenge").get(pk=team.pk)
    members = list(team.memberships.select_related("user"))
    invitations = team.invitations.filter(revoked_at=None, expires_at__gt=timezone.now())
    if previewed() is not None:  # whom a team invited is its own business
        invitations = invitations.none()
    context = {
        "challenge": challenge,
        "team": team,
        "members": members,
        "is_captain": team.captain_id == request.user.pk,
        "is_last": len(members) == 1,
        "invitations": invitations,
        "proposals_made": team.proposals_made.still_open().select_related("absorbed"),
        "proposals_got": team.proposals_got.still_open().select_related("surviving"),
        "still": actions.team_freeze_reason(challenge),
        "rulings": [_ruling(event) for event in rulings_on(team)[:SHOWN_RULINGS]],
        "submissions": _submissions(request.user, team),
        "facts": _facts(challenge, team, len(members)),
        **forms,
    }
    return render(
        request, "team/team_mine.html", context, status=UNPROCESSABLE if refused else None
    )


def _submissions(viewer: Viewer, team: Team) -> list[Submission]:
    related = ("task__challenge", "task__solution", "task__dataset_version", "submitted_by")
    found = list(team.submissions.select_related(*related))
    show_scores(viewer, team, found)
    return found


def _ruling(event: Event) -> dict[str, object]:
    """Return what organizers did, and which submission or how many attempts it concerns."""
    kind, _, key = event.subject.partition(":")
    what = event.verb.capitalize()
    if kind == "submission":
        what = f"{what} {key}"
    if attempts := event.facts.get("attempts"):
        what = f"{what}: {attempts} at {event.facts['task']}"
    if "absorbed" in event.facts:
        what = f"{what}: {event.facts['name']} became part of this one"
    return {"at": event.at, "what": what, "why": event.facts.get("why", "")}


def _facts(challenge: Challenge, team: Team, members: int) -> list[dict[str, object]]:
    facts: list[dict[str, object]] = [
        {"label": "Members", "value": f"{members} of {challenge.max_team_size}"},
        {"label": "Captain", "value": str(team.captain)},
    ]
    if not actions.team_freeze_reason(challenge):
        freeze = challenge.team_freeze_at
        facts.append(
            {
                "label": "Teams lock",
                "value": until(freeze),
                "at": freeze,
            }
        )
    return facts


# Everybody's pages -----------------------------------------------------------------------------


@require_safe
def team(request: HttpRequest, slug: str, team_slug: str) -> HttpResponse:
    challenge = get_challenge(request, slug)
    row = get_object_or_404(
        Team.objects.select_related("challenge", "merged_into__challenge"),
        challenge=challenge,
        slug=team_slug,
    )
    own = actions.team_of(request.user, challenge)
    is_announced = challenge.phase() != Phase.DRAFT
    writeups = public(challenge).filter(team=row).defer("published_version__body")
    context = {
        "challenge": challenge,
        "team": row,
        "members": visible_members(row, request.user),
        "is_mine": row == own,
        "own": own,
        "places": places(request, row) if is_announced and not row.is_merged else [],
        "method": method_card(row) if row.is_baseline and is_announced else None,
        "writeups": writeups,
        "has_result": challenge.is_revealed() and not (row.is_baseline or row.is_merged),
    }
    return render(request, "team/team.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def join(request: SignedInRequest, token: str) -> HttpResponse:
    """Ask to confirm and then join, so that a mail program that opens links joins nobody."""
    try:
        invited_to = actions.find_invitation(token, request.user).team
    except Refused as refused:
        return render(request, "team/join.html", {"refusal": refused.message}, status=404)
    challenge = invited_to.challenge
    ask_rules = not actions.has_accepted_rules(request.user, challenge)
    if request.method != "POST":
        form = RulesForm(challenge=challenge, ask_rules=ask_rules)
        return _join_page(request, invited_to, token, form)
    form = RulesForm(request.POST, challenge=challenge, ask_rules=ask_rules)
    if form.is_valid():
        with form.refusing(), transaction.atomic():
            joined = actions.join(token=token, by=request.user)
            if ask_rules:
                accept_rules(request, joined.challenge, form)
            messages.success(request, f"You are now in the team {joined}.")
            return redirect("my-team", joined.challenge.slug)
    return _join_page(request, invited_to, token, form)


def _join_page(request: HttpRequest, invited_to: Team, token: str, form: RulesForm) -> HttpResponse:
    context = {
        "team": invited_to,
        "challenge": invited_to.challenge,
        "members": visible_members(invited_to, request.user),
        "form": form,
        "token": token,
    }
    status = UNPROCESSABLE if form.errors else None
    return render(request, "team/join.html", context, status=status)
