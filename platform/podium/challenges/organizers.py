"""The organizers of a challenge: people with roles, and roles that wait for an address."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from podium.accounts.addresses import addresses_of, person_with
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.definition import BadDefinition
from podium.challenges.eligibility import role_refusal
from podium.challenges.models import Challenge, PendingRole, Role


def roles_of(challenge: Challenge) -> dict[str, str]:
    """Return the role of each address, in the order of addresses; pending ones too."""
    given = challenge.organizers.values_list("user__email", "role")
    pending = challenge.pending_roles.values_list("email", "role")
    return dict(sorted([*pending, *given]))


def set_roles(challenge: Challenge, roles: Mapping[str, str], by: User | None) -> None:
    """Give the roles that are listed by address, and take all others. Raises BadDefinition.

    An address that nobody has confirmed waits for somebody who does. The last owner stays.
    """
    rows = challenge.organizers.select_related("user")
    present = {organizer.user.email: organizer.user for organizer in rows}
    was_owned = challenge.organizers.filter(role=Role.OWNER).exists()
    people: dict[User, tuple[str, str]] = {}
    pending: dict[str, str] = {}
    for email, role in roles.items():
        _check(email, role)
        if user := present.get(email.lower()) or person_with(email):
            people[user] = (email, role)
        else:
            pending[email.lower()] = role
    for organizer in rows.exclude(user__in=people):
        organizer.delete()
        _record(Verb.TOOK_ROLE, challenge, organizer.user, organizer.role, by)
    for user, (email, role) in people.items():
        give_role(challenge, user, role, by=by, called=email)
    _set_pending(challenge, pending, by)
    if was_owned and not challenge.organizers.filter(role=Role.OWNER).exists():
        raise BadDefinition("organizers: nobody would own the challenge any more. Name an owner.")


def give_role(
    challenge: Challenge, user: User, role: str, *, by: User | None, called: str = ""
) -> None:
    """Give a person the role, instead of one that they had. Raises BadDefinition.

    `called` is what a refusal calls them, by default their name.
    """
    if why := role_refusal(user, challenge, who=called):
        raise BadDefinition(f"organizers: {why}")
    rows = challenge.organizers.filter(user=user)
    if role not in rows.values_list("role", flat=True):
        rows.delete()
        challenge.organizers.create(user=user, role=role)
        _record(Verb.GAVE_ROLE, challenge, user, role, by)


@transaction.atomic
def claim_roles(user: User) -> None:
    """Give the person the roles that wait for their confirmed addresses.

    One that they may not have, because they compete on the rows of the challenge, goes on waiting.
    A role that they have already stays.
    """
    waiting = PendingRole.objects.select_for_update().filter(email__in=addresses_of(user))
    for pending in waiting.select_related("challenge"):
        if role_refusal(user, pending.challenge):
            continue
        if not pending.challenge.organizers.filter(user=user).exists():
            give_role(pending.challenge, user, pending.role, by=None)
        pending.delete()


def _check(email: str, role: str) -> None:
    """Raise BadDefinition unless this is an address with a role."""
    if role not in Role.values:
        raise BadDefinition(f"organizers: `{role}` is none of {', '.join(Role.values)}.")
    try:
        validate_email(email)
    except ValidationError as error:
        text = f"`{email}` is not an e-mail address. Retype it."
        raise BadDefinition(f"organizers: {text}", {"email": text}) from error


def _set_pending(challenge: Challenge, roles: Mapping[str, str], by: User | None) -> None:
    """Let these roles wait, and no others. Events do not have the addresses."""
    kept = dict(challenge.pending_roles.values_list("email", "role"))
    for pending in challenge.pending_roles.exclude(email__in=roles):
        _record(Verb.TOOK_ROLE, challenge, pending, pending.role, by)
        pending.delete()
    for email, role in roles.items():
        if kept.get(email) != role:
            pending, _ = challenge.pending_roles.update_or_create(
                email=email, defaults={"role": role}
            )
            _record(Verb.OFFERED_ROLE, challenge, pending, role, by)


def _record(
    verb: Verb, challenge: Challenge, subject: User | PendingRole, role: str, by: User | None
) -> None:
    record(verb, subject=subject, by=by, challenge=challenge.slug, role=role)
