"""What staff do on a person's request: export all their personal data, and delete the account.

Both are events with the member of staff and the request. They never name the person, since they
stay when the account is gone.
"""

import unicodedata

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q, QuerySet

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Organizer
from podium.refusals import Refused
from podium.teams.deleting import ADDRESS_OF_FORMER, erase, is_former, lock_person
from podium.teams.departure import FORMER, THEY, Departure, plan_departure
from podium.teams.models import Team

MOST_FOUND = 20
MOST_REASON = 500


def find_people(text: str) -> list[User]:
    """Return who has exactly this address, confirmed or not; else who has exactly this name."""
    text = text.strip()
    known = EmailAddress.objects.filter(email__iexact=text)
    people = User.objects.exclude(email__startswith=ADDRESS_OF_FORMER).order_by("pk")
    found = people.filter(Q(email__iexact=text) | Q(pk__in=known.values("user")))
    return list(found[:MOST_FOUND]) or list(people.filter(name__iexact=text)[:MOST_FOUND])


def requests_of(person: User) -> QuerySet[Event]:
    """Return what was exported of the person on request, the newest first."""
    return Event.objects.filter(
        verb=Verb.EXPORTED_PERSONAL_DATA, subject=f"user:{person.pk}"
    ).order_by("-pk")


@transaction.atomic
def record_export(*, person: User, why: str, by: User) -> None:
    """Record that the person's data is exported to staff, and on what request. Raises Refused."""
    _refuse_others(by)
    user = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    _refuse_former(user)
    why = _clean_reason(why, user)
    record(Verb.EXPORTED_PERSONAL_DATA, subject=user, by=by, why=why)


def plan_deletion(person: User, by: User) -> Departure:
    """Return what deleting the person's account on request would do."""
    return plan_departure(person, THEY, _staff_duties(person, by))


@transaction.atomic
def delete_on_request(*, person: User, typed: str, why: str, fingerprint: str, by: User) -> None:
    """Delete somebody's account, if all is as it was read. Raises Refused.

    `typed` is the person's address, `why` on what request. The person is mailed that it was done.
    """
    _refuse_others(by)
    # Of two superusers who delete each other, the second finds that they are the last.
    staff = Q(is_staff=True) | Q(is_superuser=True)
    user = lock_person(person.pk)
    list(User.objects.select_for_update(no_key=True).filter(staff).order_by("pk").values("pk"))
    _refuse_former(user)
    plan = plan_deletion(user, by)
    if plan.duties:
        raise Refused("duties", " ".join(plan.duties))
    why = _clean_reason(why, user)
    if typed.strip().casefold() != user.email.casefold():
        raise Refused("bad_typed", "That is not the address of the account. Type it as shown.")
    if plan.fingerprint != fingerprint:
        raise Refused("moved", "Something has changed since. Read again what would happen now.")
    actor = user if by.pk == user.pk else by
    before = {
        "teams": Team.objects.filter(memberships__user=user).count(),
        "roles": Organizer.objects.filter(user=user).count(),
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
    }
    erase(user, by=actor)
    record(
        Verb.DELETED_ACCOUNT,
        subject=user,
        by=actor,
        before=before,
        after={"name": FORMER, "roles": 0, "is_staff": False, "is_superuser": False},
        why=why,
    )


def _refuse_others(by: User) -> None:
    if not by.is_staff:
        raise Refused("forbidden", "Only staff can do that. Ask them.")


def _refuse_former(user: User) -> None:
    if is_former(user):
        raise Refused("no_person", "This account is deleted already. Choose another person.")


def _staff_duties(person: User, by: User) -> list[str]:
    """Return why this account of staff cannot go now, in sentences."""
    others = User.objects.filter(is_active=True).exclude(pk=person.pk)
    if person.is_superuser and not by.is_superuser:
        return ["This person is a superuser. Ask a superuser to delete the account."]
    if person.is_superuser and not others.filter(is_superuser=True).exists():
        return [
            "This is the last superuser. Make another one first, on the server with "
            "`manage.py createsuperuser`."
        ]
    if person.is_staff and not others.filter(is_staff=True).exists():
        return ["This is the last member of staff. Make another person staff first."]
    return []


def _clean_reason(why: str, person: User) -> str:
    """Return the reason in one line. Raises Refused if it says nothing or names the person."""
    why = " ".join(why.split())
    if not any(mark.isalnum() for mark in why):
        raise Refused(
            "bad_why", "Say on what request, for example by its number or the date of a letter."
        )
    if any(unicodedata.category(mark)[0] == "C" for mark in why):
        raise Refused("bad_why", "The reason contains an invisible character. Retype it.")
    if len(why) > MOST_REASON:
        raise Refused(
            "long_why", f"The reason has {len(why):,} characters. Shorten it to {MOST_REASON}."
        )
    said = f" {why.casefold()} "
    if "@" in why or (person.name and person.name.casefold() in said):
        raise Refused(
            "bad_why",
            "The reason names the person, and it stays in the log. Write for example the number "
            "of the request.",
        )
    return why
