"""Deleting an account: the person goes, and what others rest on stays without their name."""

import re
from collections.abc import Iterable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from podium.accounts.models import ApiToken, Sighting, User
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.catalog.actions.editors import forget_addresses
from podium.challenges.models import Organizer
from podium.refusals import Refused
from podium.teams.departure import FORMER, duties, removes_submissions
from podium.teams.guards import record_change
from podium.teams.models import Invitation, Membership, MergeProposal, Outcome, Team
from podium.teams.names import free_name, free_slug, lock_names, name_of_one
from podium.teams.signals import account_deleted, announce_labels, team_left, team_removed

ADDRESS_OF_FORMER = "former-participant-"
# Where events of a team keep what it was called.
_NAMES = ("name", "before", "after")
_HASH = re.compile("[0-9a-f]{64}")


@transaction.atomic
def delete_account(*, by: User) -> None:
    """Remove the person from the site: name, addresses, ways to sign in, tokens. Raises Refused.

    Submissions and memberships stay, as those of a former participant: others compare with them.
    A team with only this person goes too, unless it has submitted; where the challenge says
    so and nothing is revealed, its submissions are removed. The event names nobody.
    """
    user = lock_person(by.pk)
    if found := duties(user):
        raise Refused("duties", " ".join(found))
    erase(user, by=user)
    record(Verb.DELETED_ACCOUNT, subject=user, by=user)


def lock_person(pk: int) -> User:
    """Return the person, locked with their teams.

    Nobody joins these teams, merges them or hands them over to the person meanwhile.
    """
    teams = Team.objects.select_for_update(no_key=True).order_by("pk")
    seats = Membership.objects.filter(user=pk)
    list(teams.filter(Q(captain=pk) | Q(pk__in=seats.values("team"))))
    return User.objects.select_for_update(no_key=True).get(pk=pk)


def erase(user: User, *, by: User) -> None:
    """Erase a locked person who has no duties; `by` is who asked for it, perhaps themselves."""
    email, names = user.email, {user.name.casefold(), name_of_one(user).casefold()}
    known = {email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    _forget_ways_in(user, known)
    _forget_person(user)
    for team in Team.objects.filter(captain=user).select_related("challenge"):
        _leave_behind(team, user, names, by)
    Organizer.objects.filter(user=user).delete()
    _forget_in_events(user, {*names, *map(str.casefold, known)})
    for listener in account_deleted:
        listener(user)
    # Robust: should the mail server be away, the account is deleted all the same.
    is_own = by.pk == user.pk
    if is_reachable(email):
        transaction.on_commit(lambda: _mail(email, is_own=is_own), robust=True)


def _forget_ways_in(user: User, known: set[str]) -> None:
    ApiToken.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    Sighting.objects.filter(user=user).delete()
    SocialAccount.objects.filter(user=user).delete()
    for address in known:
        Invitation.objects.filter(email__iexact=address).delete()
    forget_addresses(user, known)
    EmailAddress.objects.filter(user=user).delete()


def _forget_person(user: User) -> None:
    """Wipe the row that others point to. The new password, which none is, ends all sessions."""
    user.name, user.email = FORMER, _address_of_former(user)
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login, user.time_zone = None, ""
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()


def is_reachable(email: str) -> bool:
    """Return whether mails can go there; people of an imported archive have no address."""
    return not email.endswith(".invalid")


def is_former(user: User) -> bool:
    """Return whether the account was deleted."""
    return user.email == _address_of_former(user)


def _address_of_former(user: User) -> str:
    return f"{ADDRESS_OF_FORMER}{user.pk}@podium.invalid"


def _leave_behind(team: Team, user: User, names: set[str], by: User) -> None:
    """Release a team that the person led as its only member, or that was merged into another."""
    if not team.is_merged and not team.submissions.exists():
        team.delete()
        return
    now = timezone.now()
    team.invitations.filter(revoked_at=None).update(revoked_at=now)
    proposals = MergeProposal.objects.filter(Q(surviving=team) | Q(absorbed=team))
    proposals.filter(outcome=Outcome.OPEN).update(outcome=Outcome.WITHDRAWN, ended_at=now)
    _remove_submissions(team, by)
    if not team.is_merged:
        for listener in team_left:
            listener(team)
    if _whole(names).match(team.name.casefold()):
        # A team of one that nobody named has the person's name, and so has its address.
        lock_names(team.challenge)
        team.name = free_name(team.challenge, user)
        team.slug = free_slug(team.challenge, team.name)
    elif not team.affiliation:
        return
    team.affiliation = ""
    team.save(update_fields=["name", "slug", "affiliation"])
    record_change(Verb.RENAMED_TEAM, team, by)
    announce_labels(team)


def _remove_submissions(team: Team, by: User) -> None:
    """Take back what the team submitted, if the challenge has it so and nothing is revealed."""
    # Locked, so that a reveal comes wholly before this or wholly after it.
    lock_names(team.challenge)
    team.challenge.refresh_from_db()
    if team.is_merged or not removes_submissions(team.challenge):
        return
    team.removed_at = timezone.now()
    team.save(update_fields=["removed_at"])
    record_change(Verb.REMOVED_SUBMISSIONS, team, by)
    for listener in team_removed:
        listener(team, by)
    announce_labels(team)


def _forget_in_events(user: User, words: set[str]) -> None:
    """Take name and address out of what was recorded. What happened and when stays.

    Other people's events have them where the person's teams were called by them.
    """
    mine = Event.objects.filter(actor_id=user.pk)
    teams = {f"team:{pk}" for pk in user.memberships.values_list("team", flat=True)}
    teams |= set(mine.filter(subject__startswith="team:").values_list("subject", flat=True))
    for event in mine.exclude(facts={}):
        _replace(event, words, event.facts)
    for event in Event.objects.filter(subject__in=teams).exclude(actor_id=user.pk):
        _replace(event, words, [key for key in _NAMES if key in event.facts])
    for event in Event.objects.filter(subject=f"user:{user.pk}").exclude(actor_id=user.pk):
        _replace(event, words, event.facts)
    mine.update(actor=FORMER)
    people = ContentType.objects.get_for_model(User)
    entries = LogEntry.objects.filter(content_type=people, object_id=str(user.pk))
    entries.update(object_repr=FORMER)


def _replace(event: Event, words: set[str], keys: Iterable[str]) -> None:
    """Take the person's words out of some facts of an event."""
    facts = {**event.facts, **{key: _without(event.facts[key], words) for key in keys}}
    if facts != event.facts:
        Event.objects.filter(pk=event.pk).update(facts=facts)


def _without(value: object, words: set[str]) -> object:
    """Return a fact without the person: a text that has one of the words is replaced.

    A hash stays, though it may read like a short name: it identifies a file or text.
    """
    if not isinstance(value, str) or _HASH.fullmatch(value):
        return value
    return FORMER if _whole(words).search(value.casefold()) else value


def _whole(words: set[str]) -> re.Pattern[str]:
    """Return a pattern that finds one of the words as a whole word: Al is not in Alpha."""
    return re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words)))


def _mail(email: str, *, is_own: bool) -> None:
    how = "as was asked for on its page" if is_own else "by the staff of the site, on request"
    send_mail(
        subject="Podium: your account is deleted",
        message=(
            f"The account of {email} at {settings.BASE_URL} is deleted, {how}.\n\n"
            "Your name is gone from the site. Submissions that stay are those of a former "
            "participant. If it was not you who asked, write to the organizers.\n"
        ),
        from_email=None,
        recipient_list=[email],
    )
