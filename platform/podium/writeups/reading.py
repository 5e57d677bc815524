"""Access to write-ups and their versions."""

from django.db.models import Q, QuerySet

from podium.accounts.models import Viewer
from podium.challenges.models import Challenge, Phase
from podium.challenges.permissions import Permission, has_permission
from podium.teams.models import Membership
from podium.writeups.models import WriteUp, WriteUpVersion


def is_over(challenge: Challenge) -> bool:
    """Return whether methods may be published: since the close, unless it was moved later."""
    return challenge.phase() in {Phase.CLOSED, Phase.REVEALED, Phase.ARCHIVED}


def is_insider(user: Viewer, writeup: WriteUp) -> bool:
    """Return whether the user reads every version: a member of the team, or an organizer."""
    return is_own(user, writeup) or reads_all(user, writeup.team.challenge)


def is_own(user: Viewer, writeup: WriteUp) -> bool:
    """Return whether the user is a member of the team."""
    is_known = user.is_authenticated
    return is_known and writeup.team.memberships.filter(user=user.pk).exists()


def reads_all(user: Viewer, challenge: Challenge) -> bool:
    """Return whether the user reads every team's write-ups: an organizer of the challenge."""
    return has_permission(user, Permission.SEE_ALL_SUBMISSIONS, challenge)


def visible_to(user: Viewer, challenge: Challenge) -> QuerySet[WriteUp]:
    """Return the challenge's write-ups that the user may read, each in some version.

    What is public, what the user's team writes, and to organizers all. The caller looks whether
    the user may see the challenge.
    """
    rows = WriteUp.objects.filter(team__challenge=challenge).select_related(
        "team__challenge",
        "track__challenge",
        "published_version__paper",
        "published_version__slides",
    )
    if reads_all(user, challenge):
        return rows
    shown = Q(pk__in=public(challenge).values("pk"))
    if user.is_authenticated:
        shown |= Q(team__in=Membership.objects.filter(user=user.pk).values("team"))
    return rows.filter(shown)


def public(challenge: Challenge) -> QuerySet[WriteUp]:
    """Return those that everybody reads, with what is published of them."""
    rows = WriteUp.objects.filter(team__challenge=challenge)
    shown = rows.out() if is_over(challenge) else rows.none()
    return shown.select_related(
        "team__challenge",
        "track__challenge",
        "published_version__paper",
        "published_version__slides",
    )


def is_public(writeup: WriteUp) -> bool:
    """Return whether everybody reads the published version."""
    return public(writeup.team.challenge).filter(pk=writeup.pk).exists()


def version_for(user: Viewer, writeup: WriteUp, number: int | None = None) -> WriteUpVersion | None:
    """Return the version that the user reads, None for none.

    The team and organizers read the newest, or the one of that number; others the published one,
    and no other number.
    """
    versions = writeup.versions.select_related("paper", "slides", "by")
    if is_insider(user, writeup):
        return versions.filter(number=number).first() if number else writeup.latest()
    if not is_public(writeup):
        return None
    found: WriteUpVersion | None = versions.filter(pk=writeup.published_version_id or 0).first()
    return found if found and number in {None, found.number} else None
