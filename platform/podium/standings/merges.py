"""What becomes of the boards when two teams become one."""

from podium.challenges.models import Track
from podium.standings.actions import on_ranking_changed
from podium.teams.models import Team


def on_teams_merged(surviving: Team, absorbed: Team) -> None:
    """Close the absorbed team's places and make the surviving team's anew from what it has now.

    The rows of before stay, so boards of the past are shown as they were.
    """
    tracks = Track.objects.filter(tasks__submissions__team=surviving).distinct()
    for track in tracks.order_by("pk"):
        on_ranking_changed(track)
