"""Permissions in a challenge: one function for every view, action and command."""

from enum import StrEnum

from django.db.models import Q, QuerySet

from podium.accounts.models import User, Viewer
from podium.catalog.models import DatasetVersion, VersionState
from podium.challenges.models import Challenge, Organizer, Role


class Permission(StrEnum):
    SEE_DRAFT = "see a challenge before it is announced"
    SEE_CONSOLE = "see the console"
    SEE_RAW_PUBLIC = "see raw scores of the public part"
    SEE_ALL_SUBMISSIONS = "see every team's submissions"
    RUN_CHALLENGE = "retry failures, start baselines, rescore, see signals, disqualify"
    MODERATE = "answer as an organizer, hide questions and answers, mark as FAQ"
    MANAGE_ORGANIZERS = "name organizers"
    ANNOUNCE = "announce something to everybody in a challenge"
    REVEAL = "reveal the private boards, stop the reveal, and look at private scores before it"
    SET_UP = "change texts, times, access, tracks and tasks"


_VIEWER = {
    Permission.SEE_DRAFT,
    Permission.SEE_CONSOLE,
    Permission.SEE_RAW_PUBLIC,
    Permission.SEE_ALL_SUBMISSIONS,
}
_MANAGER = _VIEWER | {Permission.RUN_CHALLENGE, Permission.MODERATE, Permission.ANNOUNCE}
_GRANTED: dict[str, set[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.MANAGER: _MANAGER,
    Role.OWNER: _MANAGER | {Permission.MANAGE_ORGANIZERS, Permission.REVEAL, Permission.SET_UP},
}


def role_in(user: Viewer, challenge: Challenge) -> str:
    """Return the user's role in the challenge, or an empty text."""
    if not user.is_authenticated:
        return ""
    role = Organizer.objects.filter(challenge=challenge, user=user.pk).values_list(
        "role", flat=True
    )
    return role.first() or ""


def permissions_in(user: Viewer, challenge: Challenge) -> set[Permission]:
    """Return all that the user may do in the challenge."""
    return _GRANTED.get(role_in(user, challenge), set())


def has_permission(user: Viewer, permission: Permission, challenge: Challenge) -> bool:
    """Return whether the user may do this in the challenge."""
    return permission in permissions_in(user, challenge)


def challenges_with(user: Viewer, permission: Permission) -> set[int]:
    """Return the ids of all challenges in which the user may do this."""
    if not user.is_authenticated:
        return set()
    roles = [role for role, granted in _GRANTED.items() if permission in granted]
    rows = Organizer.objects.filter(user=user.pk, role__in=roles)
    return set(rows.values_list("challenge_id", flat=True))


def knows_labels(user: Viewer, challenge: Challenge) -> bool:
    """Return whether the user may have seen labels of the challenge.

    They edit or once edited one of its data sets, or another version with the same content.
    """
    known = DatasetVersion.objects.known_to(user).values("content_hash")
    used = DatasetVersion.objects.filter(task__challenge=challenge)
    return used.filter(content_hash__in=known).exists()


def may_bring_datasets(user: Viewer) -> bool:
    """Return whether the user may begin a data set: who organizes a challenge, or may make one."""
    if not isinstance(user, User):
        return False
    runs = Organizer.objects.filter(user=user, role__in=[Role.OWNER, Role.MANAGER])
    return runs.exists() or may_create_challenges(user)


def may_create_challenges(user: User) -> bool:
    """Return whether the user may make a challenge: staff, whom staff allow it, and any owner."""
    owned = Organizer.objects.filter(user=user, role=Role.OWNER)
    return user.is_staff or owned.exists() or user.has_perm("challenges.add_challenge")


def usable_versions(user: User) -> QuerySet[DatasetVersion]:
    """Return the published data set versions that the user may put into a challenge.

    Those that they brought, and those of challenges that they own; all for staff. An owner chooses
    when private scores are public, and from those of a foreign data set they would learn labels.
    """
    published = DatasetVersion.objects.filter(state=VersionState.PUBLISHED)
    if user.is_staff:
        return published
    owned = Organizer.objects.filter(user=user, role=Role.OWNER).values("challenge")
    own = DatasetVersion.objects.filter(Q(editors=user) | Q(task__challenge__in=owned))
    return published.filter(pk__in=own.values("pk"))
