"""Several teams whose people look like one person."""

from datetime import timedelta

from podium.analysis import crowds
from podium.challenges.models import Challenge
from podium.integrity.findings import Finding
from podium.integrity.models import Kind

MOST_TEAMS = 3
"""An address of more teams is a lab, a school or a mobile network, and only a signal."""
WITHIN = timedelta(hours=24)


def find(challenge: Challenge) -> list[Finding]:
    """Return the two or three teams whose members came from one address within a day.

    There is no p value: nobody knows how many people share an address.
    """
    found = {}
    for shared in crowds.shared_addresses(challenge):
        teams = sorted({team.pk for _, team in shared.members if not team.disqualified_at})
        if not 1 < len(teams) <= MOST_TEAMS or shared.last_at - shared.first_at > WITHIN:
            continue
        people = len({user.pk for user, _ in shared.members})
        key = "+".join(map(str, teams))
        found[key] = Finding(
            kind=Kind.ACCOUNTS,
            key=key,
            entries=[(team, None) for team in teams],
            strength=people,
            counts={"people": people, "teams": len(teams)},
        )
    return list(found.values())
