"""Where apps above `teams` hear of changes, inside the transaction that makes them."""

from collections.abc import Callable

from podium.teams.models import Team

# Called with a team that was disqualified or reinstated.
team_standing_changed: list[Callable[[Team], None]] = []

# Called with the surviving and the absorbed team; say in a sentence why they may not merge, or "".
merge_questioned: list[Callable[[Team, Team], str]] = []
# Called with the surviving and the absorbed team, once their members are one team.
teams_merged: list[Callable[[Team, Team], None]] = []
