"""How many mails a person may cause by inviting people and proposing merges.

Events are counted, because they outlive revoked invitations and deleted teams.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.refusals import Refused

DAY, WEEK = timedelta(days=1), timedelta(days=7)
_BY_LINK = "Create a link without an address and send it yourself"


def refuse_invitations(by: User, email: str) -> None:
    """Raise Refused if the person, or others to this address, have mailed as many as allowed.

    The person's row is locked until the transaction ends, so that two requests count one another.
    """
    mailed = Event.objects.filter(verb=Verb.INVITED_TO_TEAM)
    own = _of(by, mailed).filter(facts__by_mail=True)
    most = settings.INVITATION_MAILS_A_DAY
    if again := _full_until(own, most, DAY):
        raise _too_often(f"You can mail {most} invitations in 24 hours. {_BY_LINK}", again)
    most = settings.INVITATION_MAILS_TO_ADDRESS_A_WEEK
    if again := _full_until(mailed.filter(facts__address=mark_of(email)), most, WEEK):
        many = f"{email} has been mailed {most} invitations within a week."
        raise _too_often(f"{many} {_BY_LINK}", again)


def refuse_proposals(by: User) -> None:
    """Raise Refused if the person has proposed as many merges as allowed. Locks as above."""
    proposed = _of(by, Event.objects.filter(verb=Verb.PROPOSED_MERGE))
    most = settings.MERGE_PROPOSALS_A_DAY
    if again := _full_until(proposed, most, DAY):
        raise _too_often(f"You can propose {most} merges in 24 hours. Ask the captain", again)


def mark_of(email: str) -> str:
    """Return what events record of an address: only this site can compare it with another."""
    return salted_hmac("podium.teams.mail_limits", email, algorithm="sha256").hexdigest()


def _of(by: User, events: QuerySet[Event]) -> QuerySet[Event]:
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    return events.filter(actor_id=by.pk)


def _full_until(events: QuerySet[Event], most: int, period: timedelta) -> datetime | None:
    """Return from when on there are fewer than `most` within the period; None: there are now."""
    now = timezone.now()
    recent = events.filter(at__gt=now - period).order_by("-at")
    times = list(recent.values_list("at", flat=True)[:most])
    return None if len(times) < most else (times or [now])[-1] + period


def _too_often(why: str, again: datetime) -> Refused:
    return Refused("too_often", f"{why}, or wait until {in_words(again)}.", again)
