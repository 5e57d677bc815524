"""Where apps above `teams` hear of changes, inside the transaction that makes them."""

from collections.abc import Callable
from dataclasses import dataclass

from podium.accounts.models import User
from podium.teams.models import Team

# Called with a team that was disqualified or reinstated.
team_standing_changed: list[Callable[[Team], None]] = []

# Called with a team whose name, address or baseline changed, or that was removed.
team_relabelled: list[Callable[[Team], None]] = []

# Called with a team whose submissions go with its last member's account, and that member.
team_removed: list[Callable[[Team, User], None]] = []

# Called with a team of people that nobody is left in who has an account; its submissions stay.
team_left: list[Callable[[Team], None]] = []

# Called with the row of a person who leaves the site, once it names nobody any more.
account_deleted: list[Callable[[User], None]] = []


@dataclass(frozen=True)
class Objection:
    """Why two teams may not merge: `advice` is for their captains, `remedy` for organizers."""

    why: str
    remedy: str
    advice: str = "They cannot merge."


# Called with the surviving and the absorbed team; say why they may not merge, or None.
merge_questioned: list[Callable[[Team, Team], Objection | None]] = []
# Called with the surviving and the absorbed team; say what would become of what they have.
merge_described: list[Callable[[Team, Team], list[str]]] = []
# Called with the surviving and the absorbed team, once their members are one team.
teams_merged: list[Callable[[Team, Team], None]] = []


def announce_labels(team: Team) -> None:
    """Call those who store what a team is called."""
    for listener in team_relabelled:
        listener(team)
