"""What organizers announce to everybody, or only to some teams."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q, QuerySet

from podium.accounts.models import User, Viewer
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Announcement, Challenge
from podium.challenges.permissions import Permission, has_permission
from podium.discussions.models import Addressee
from podium.refusals import Refused
from podium.teams.models import Membership, Team


def readable(viewer: Viewer) -> QuerySet[Announcement]:
    """Return what is announced to everybody, and what to a team of the viewer.

    A team that took in another one also reads what was for that one.
    """
    mine = Membership.objects.filter(user=viewer.pk).values("team")
    own = Q(team__in=mine) | Q(team__merged_into__in=mine)
    addressed = Addressee.objects.filter(own).values("announcement")
    return Announcement.objects.filter(Q(audience="") | Q(pk__in=addressed))


@transaction.atomic
def announce_to_teams(
    *,
    challenge: Challenge,
    title: str,
    body: str,
    audience: str,
    teams: Collection[Team],
    by: User,
) -> Announcement:
    """Return the new announcement, which only these teams read. Raises Refused.

    `audience` names the teams in words.
    """
    if not has_permission(by, Permission.ANNOUNCE, challenge):
        raise Refused(
            "not_allowed", "Only owners and managers of the challenge announce. Ask one of them."
        )
    if not teams:
        raise Refused("nobody", "No team is like this now. Choose other teams.")
    made = Announcement.objects.create(
        challenge=challenge, title=title, body=body, audience=audience
    )
    Addressee.objects.bulk_create(Addressee(announcement=made, team=team) for team in teams)
    record(
        Verb.ANNOUNCED_TO_TEAMS,
        subject=made,
        by=by,
        challenge=challenge.slug,
        title=title,
        audience=audience,
        teams=[team.pk for team in teams],
    )
    return made
