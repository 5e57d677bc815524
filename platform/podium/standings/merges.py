"""Update boards when two teams are merged."""

from podium.challenges.models import Track
from podium.standings.actions import on_ranking_changed
from podium.teams.models import Team


def on_teams_merged(surviving: Team, absorbed: Team) -> None:
    """Close the absorbed team's rows and recompute those of the surviving team.

    Earlier rows stay in the history, so past boards are shown unchanged.
    """
    tracks = Track.objects.filter(tasks__submissions__team=surviving).distinct()
    for track in tracks.order_by("pk"):
        on_ranking_changed(track)
