"""The first reveal: owners are mailed before it, and may stop it."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Role
from podium.refusals import Refused

# How long before the reveal its owners are mailed.
WARNING = timedelta(days=1)


def to_tell() -> Iterable[Challenge]:
    """Return the challenges whose owners are to be mailed now that the private boards come."""
    soon = Challenge.objects.filter(reveal_at__lte=timezone.now() + WARNING, revealed_at=None)
    unknown = Q(reveal_told_of=None) | ~Q(reveal_told_of=F("reveal_at"))
    return soon.filter(unknown, reveal_stopped_at=None, tracks__isnull=False).distinct()


def owners_of(challenge: Challenge) -> list[User]:
    """Return the owners of a challenge, who decide about its reveal."""
    owned = {"organizer__challenge": challenge, "organizer__role": Role.OWNER}
    return list(User.objects.filter(**owned).order_by("pk"))


@transaction.atomic
def told(*, challenge: Challenge, mailed: int) -> None:
    """Store that owners were mailed of the reveal that the challenge had when it was read."""
    named = Challenge.objects.filter(pk=challenge.pk, reveal_at=challenge.reveal_at)
    if named.update(reveal_told_of=challenge.reveal_at, reveal_told_at=timezone.now()):
        record(
            Verb.TOLD_OF_REVEAL,
            subject=challenge,
            challenge=challenge.slug,
            reveal_at=challenge.reveal_at.isoformat(),
            mailed=mailed,
        )


@transaction.atomic
def stop_reveal(*, challenge: Challenge, by: User) -> bool:
    """Keep the first private boards from appearing; return whether this did it. Raises Refused."""
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    if locked.revealed_at:
        raise Refused(
            "revealed",
            "The private boards are public, and a reveal cannot be undone. Open the boards.",
        )
    if locked.reveal_stopped_at:
        return False
    Challenge.objects.filter(pk=locked.pk).update(reveal_stopped_at=timezone.now())
    record(Verb.STOPPED_REVEAL, subject=locked, by=by, challenge=locked.slug)
    return True


@transaction.atomic
def resume_reveal(*, challenge: Challenge, by: User) -> bool:
    """Let the private boards come by themselves again; return whether they were stopped.

    The owners are mailed once more, so that each of them can stop it.
    """
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    if not locked.reveal_stopped_at:
        return False
    Challenge.objects.filter(pk=locked.pk).update(reveal_stopped_at=None, reveal_told_of=None)
    record(Verb.RESUMED_REVEAL, subject=locked, by=by, challenge=locked.slug)
    return True
