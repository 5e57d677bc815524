"""Why a team that may not take a prize does not become one with a team that may."""

from podium.teams.models import Team
from podium.teams.signals import Objection
from podium.winners.models import Ineligible


def why_not(surviving: Team, absorbed: Team) -> Objection | None:
    """Return why the two teams may not merge, or None: one of them is barred from prizes."""
    barred = Ineligible.objects.filter(team__in=(surviving, absorbed)).select_related("team")
    if len(barred) != 1:
        return None
    return Objection(
        "One of the two teams may not take a prize, and the other may.",
        f"Decide first under Winners whether both may: {barred[0].team} may not.",
    )
