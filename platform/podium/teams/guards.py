"""What the verbs of teams share: their refusal, and what is asked before each of them."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Phase
from podium.refusals import Refused
from podium.teams.models import RulesAcceptance, Team

ASK = "Ask the organizers if one must change."
GONE = "This team's last member has just deleted their account. Join another team, or make one."


def team_freeze_reason(challenge: Challenge, at: datetime | None = None) -> str:
    """Return why nobody may enter or leave a team at a time (now by default), or an empty text."""
    at = at or timezone.now()
    phase = challenge.phase(at)
    if phase == Phase.DRAFT:
        return "This challenge is not announced yet. Teams can be made once it is."
    if phase not in {Phase.ANNOUNCED, Phase.OPEN}:
        return f"The challenge closed on {in_words(challenge.closed_at)}. Teams stay. {ASK}"
    if at >= challenge.team_freeze_at:
        since = in_words(challenge.team_freeze_at)
        return f"Teams were locked on {since}. Members can no longer join or leave. {ASK}"
    return ""


def why_not_open(challenge: Challenge) -> str:
    """Return why nobody can enter a challenge that is not open, and what is possible."""
    if timezone.now() < challenge.opens_at:
        return f"This challenge opens on {in_words(challenge.opens_at)}. Enter it then."
    return f"This challenge closed on {in_words(challenge.closed_at)}. Enter another one."


def rules_reason(challenge: Challenge, accepted: RulesAcceptance | None) -> str:
    """Return which rules a person has to accept, who has accepted these before, or none."""
    now = f"version {challenge.rules_hash[:12]}"
    if accepted is None:
        return f"Accept the rules of this challenge ({now}) first."
    then = f"version {accepted.rules_hash[:12]}"
    return f"The rules changed since you accepted {then}: {now} applies now."


def lock_as_captain(team: Team, by: User) -> Team:
    """Return the team, locked until the transaction ends. Raises Refused unless `by` leads it."""
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    if team.captain_id != by.pk:
        raise Refused("not_captain", "Only the team's captain may do this. Ask them.")
    require_not_merged(team)
    return team


def require_not_frozen(challenge: Challenge) -> None:
    if why := team_freeze_reason(challenge):
        raise Refused("teams_stand_still", why)


def require_not_disqualified(team: Team) -> None:
    if team.disqualified_at:
        raise Refused(
            "disqualified",
            "The team is disqualified, so it cannot change. Write to the organizers.",
        )


def require_not_merged(team: Team) -> None:
    if team.is_merged:
        raise Refused("merged", f"The team became part of “{team.merged_into}”. Go on there.")


def record_change(verb: Verb, team: Team, by: User, **facts: Any) -> None:
    record(verb, subject=team, by=by, challenge=team.challenge.slug, **facts)
