"""Who reads the names of a team's members."""

from typing import Any

from podium.accounts.models import User
from podium.challenges.models import ShowMembers
from podium.challenges.permissions import role_in
from podium.teams.actions import team_of
from podium.teams.models import Team


def may_see_members(team: Team, viewer: Any) -> bool:
    """Tell whether a viewer, who may be anonymous, reads who is in a team.

    Its own members do, and so do the organizers; others as `Challenge.show_members` says.
    """
    show = team.challenge.show_members
    if show == ShowMembers.EVERYBODY or role_in(viewer, team.challenge):
        return True
    own = team_of(viewer, team.challenge)
    return own is not None and (show == ShowMembers.CHALLENGE or own.pk == team.pk)


def visible_members(team: Team, viewer: Any) -> list[User]:
    """Return the members of a team, the longest ones first; nobody if the viewer may not know."""
    if not may_see_members(team, viewer):
        return []
    return [each.user for each in team.memberships.select_related("user")]
