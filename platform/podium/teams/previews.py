"""Previews: an organizer looks at the pages of a challenge as somebody else sees them."""

from dataclasses import asdict, dataclass

from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction

from podium.accounts.models import User, Viewer
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge
from podium.challenges.permissions import Permission, has_permission
from podium.refusals import Refused
from podium.teams.models import Team


class Audience(models.TextChoices):
    """The reader whose pages are previewed."""

    VISITOR = "visitor", "a visitor who is not signed in"
    PARTICIPANT = "participant", "a participant without a team"
    TEAM = "team", "a member of a team"


_NEEDED = {
    Audience.VISITOR: Permission.SEE_CONSOLE,
    Audience.PARTICIPANT: Permission.SEE_CONSOLE,
    Audience.TEAM: Permission.RUN_CHALLENGE,
}
NOBODY = -1  # the key of a signed-in person who is in no table


@dataclass(frozen=True)
class Preview:
    """What a session remembers of a preview: ids only, which each request checks again."""

    challenge: int
    audience: str
    team: int | None = None


@transaction.atomic
def start(
    *, challenge: Challenge, by: User, audience: str, team: Team | None = None
) -> dict[str, object]:
    """Return the new preview as values for the session. Raises Refused."""
    preview = Preview(challenge.pk, audience, team.pk if team else None)
    if audience == Audience.TEAM and team is None:
        raise Refused("no_team", "Choose the team whose pages you want to see.")
    if audience != Audience.TEAM and team is not None:
        raise Refused("no_team", "Only the preview of a member takes a team. Leave it out.")
    if audience not in _NEEDED or viewer_of(preview, challenge, by) is None:
        raise Refused(
            "not_possible",
            "You cannot preview this challenge that way. Previews of a team are for owners and "
            "managers, and the team needs a captain. Choose another reader.",
        )
    if team:
        record(Verb.STARTED_PREVIEW, subject=team, by=by, challenge=challenge.slug)
    return asdict(preview)


@transaction.atomic
def stop(*, preview: Preview, by: User) -> None:
    """Record the end of a preview of a team; the others leave no trace."""
    teams = Team.objects.filter(pk__in=[preview.team]).select_related("challenge")
    if team := teams.first():
        record(Verb.STOPPED_PREVIEW, subject=team, by=by, challenge=team.challenge.slug)


def viewer_of(preview: Preview, challenge: Challenge, organizer: Viewer) -> Viewer | None:
    """Return the reader of the page, or None if the organizer may not preview it so (any more).

    For a team it is the captain, in the organizer's time zone. Nobody may save this object.
    """
    if not has_permission(organizer, _NEEDED[Audience(preview.audience)], challenge):
        return None
    zone = getattr(organizer, "time_zone", "")
    if preview.audience == Audience.VISITOR:
        return AnonymousUser()
    if preview.audience == Audience.PARTICIPANT:
        return User(pk=NOBODY, name="Participant", time_zone=zone)
    teams = Team.objects.filter(challenge=challenge, pk__in=[preview.team], merged_into=None)
    captain = User.objects.filter(pk__in=teams.values("captain"), is_active=True).first()
    if captain:
        captain.time_zone, captain.is_staff, captain.is_superuser = zone, False, False
    return captain
