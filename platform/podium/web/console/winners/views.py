"""Winners in the console: a proposal by the rule, which an owner confirms or takes back."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Challenge, Phase
from podium.challenges.permissions import Permission
from podium.refusals import RefusalForm, Refused
from podium.teams.models import Team
from podium.web.base.presenters import crumb
from podium.web.console.views import UNPROCESSABLE, console_crumb, get_challenge
from podium.winners import actions
from podium.winners.models import Ineligible
from podium.winners.proposal import Proposal, propose


class ReasonForm(RefusalForm):
    """Asks why."""

    reason = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Members of the teams concerned read it. Needed for a correction.",
    )


class EligibilityForm(RefusalForm):
    """Asks which team may take a prize or not, and why."""

    team = forms.ModelChoiceField(Team.objects.none(), empty_label="Choose a team")
    is_eligible = forms.ChoiceField(
        choices=[("no", "not eligible: the next team gets the prize"), ("yes", "eligible again")],
        label="For prizes it is",
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), help_text="The members of the team read it."
    )

    def __init__(self, data: object, challenge: Challenge) -> None:
        super().__init__(data, auto_id="eligibility_%s")  # type: ignore[arg-type]
        teams = challenge.teams.taking_part()
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def winners(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show who wins by the rule and what is published, and publish what its reader has read."""
    challenge = get_challenge(request, slug, Permission.REVEAL)
    form = ReasonForm(request.POST or None, auto_id="publish_%s")
    if request.method == "POST" and form.is_valid():
        with form.refusing():
            actions.publish(
                challenge=challenge,
                fingerprint=request.POST.get("fingerprint", ""),
                by=request.user,
                **form.cleaned_data,
            )
            messages.success(request, "The winners are published.")
            return redirect("console-winners", slug)
    return _page(request, challenge, form=form)


@require_POST
@login_required
def take_back(request: SignedInRequest, slug: str) -> HttpResponse:
    """Hide the published winners again."""
    challenge = get_challenge(request, slug, Permission.REVEAL)
    try:
        actions.take_back(
            challenge=challenge, reason=request.POST.get("reason", ""), by=request.user
        )
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, "The winners are hidden again.")
    return redirect("console-winners", slug)


@require_POST
@login_required
def eligibility(request: SignedInRequest, slug: str) -> HttpResponse:
    """Say whether a team may take a prize."""
    challenge = get_challenge(request, slug, Permission.REVEAL)
    form = EligibilityForm(request.POST, challenge)
    if form.is_valid():
        with form.refusing():
            actions.set_eligible(
                team=form.cleaned_data["team"],
                is_eligible=form.cleaned_data["is_eligible"] == "yes",
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
            messages.success(request, "Saved. The members of the team are notified.")
            return redirect("console-winners", slug)
    return _page(request, challenge, eligibility_form=form)


def _page(request: SignedInRequest, challenge: Challenge, **bound: forms.Form) -> HttpResponse:
    proposal, last = propose(challenge), actions.latest(challenge)
    shown = last if last and not last.taken_back_at else None
    before = actions.listed(shown) if shown else Proposal(challenge, ())
    form = bound.get("form") or ReasonForm(auto_id="publish_%s")
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), console_crumb(challenge)],
        "is_revealed": challenge.is_revealed(),
        "is_archived": challenge.phase() == Phase.ARCHIVED,
        "proposal": proposal,
        "fingerprint": proposal.fingerprint(last),
        "published": shown,
        "is_different": bool(shown) and actions.differs(shown, proposal),  # type: ignore[arg-type]
        "before": before,
        "concerned": Team.objects.filter(pk__in=actions.concerned(before, proposal)),
        "ineligible": Ineligible.objects.filter(team__challenge=challenge).select_related("team"),
        "form": form,
        "take_back_form": ReasonForm(auto_id="take_back_%s"),
        "eligibility_form": bound.get("eligibility_form") or EligibilityForm(None, challenge),
    }
    is_refused = any(each.errors for each in bound.values())
    return render(
        request,
        "console/winners/winners.html",
        context,
        status=UNPROCESSABLE if is_refused else 200,
    )
