"""Access to the names of a team's members."""

from collections.abc import Collection

from podium.accounts.models import User, Viewer
from podium.challenges.models import ShowMembers
from podium.challenges.permissions import role_in
from podium.teams.actions import team_of
from podium.teams.models import Membership, Team


def may_see_members(team: Team, viewer: Viewer) -> bool:
    """Return whether a viewer, possibly anonymous, may see a team's members.

    Its own members do, and so do the organizers; others as `Challenge.show_members` says.
    """
    return team.pk in _seen([team], viewer)


def visible_members(team: Team, viewer: Viewer) -> list[User]:
    """Return the members of a team, the longest ones first; nobody if the viewer may not know."""
    return members_of([team], viewer)[team.pk]


def members_of(teams: Collection[Team], viewer: Viewer) -> dict[int, list[User]]:
    """Return `visible_members` of each of some teams of one challenge, by as many queries."""
    seen = _seen(teams, viewer)
    found: dict[int, list[User]] = {team.pk: [] for team in teams}
    for each in Membership.objects.filter(team__in=seen).select_related("user"):
        found[each.team_id].append(each.user)
    return found


def _seen(teams: Collection[Team], viewer: Viewer) -> set[int]:
    """Return those of some teams of one challenge whose members the viewer may know."""
    if not teams:
        return set()
    challenge = next(iter(teams)).challenge
    everyone, show = {team.pk for team in teams}, challenge.show_members
    if show == ShowMembers.EVERYBODY or role_in(viewer, challenge):
        return everyone
    own = team_of(viewer, challenge)
    if own is None:
        return set()
    return everyone if show == ShowMembers.CHALLENGE else everyone & {own.pk}
