"""Where apps above `teams` hear of changes, inside the transaction that makes them."""

from collections.abc import Callable

from podium.teams.models import Team

# Called with a team that was disqualified or reinstated.
team_standing_changed: list[Callable[[Team], None]] = []
