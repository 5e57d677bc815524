"""The other side of an offer to edit a data set: the person reads it, and accepts or declines.

Rights and the knowledge of labels begin with acceptance. Before it the person may still compete.
"""

import hashlib
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from podium.accounts.addresses import addresses_of
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.catalog.actions.editors import editable, ids_of, lock, notify_of_offer
from podium.catalog.models import DataEditor, DatasetVersion
from podium.catalog.signals import competing_asked, editing_declined
from podium.refusals import Refused


@dataclass(frozen=True)
class Offer:
    """What accepting an offer would mean, to be read first. `refused` says why it cannot be now."""

    row: DataEditor
    versions: tuple[DatasetVersion, ...]
    offered_by: str
    refused: Refused | None
    fingerprint: str


def offers_to(user: User) -> QuerySet[DataEditor]:
    """Return the open offers to the person's confirmed addresses, the newest first."""
    rows = DataEditor.objects.filter(user=None, declined_at=None, email__in=addresses_of(user))
    return rows.order_by("-named_at", "-pk")


@transaction.atomic
def claim_offers(user: User) -> None:
    """Notify the person of offers to their confirmed addresses, of each once."""
    for row in offers_to(user):
        notify_of_offer(row, user)


def read_offer(*, pk: int, user: User) -> Offer | None:
    """Return an open offer to the person, or None."""
    row = offers_to(user).filter(pk=pk).first()
    if row is None:
        return None
    versions = tuple(editable(row.name).order_by("number"))
    offered = Event.objects.filter(verb=Verb.OFFERED_EDITING, subject=f"dataeditor:{row.pk}")
    actor = offered.values_list("actor", flat=True).first()
    known = repr((row.pk, row.named_at, [version.pk for version in versions]))
    return Offer(
        row,
        versions,
        actor or "",
        _refusal(row, user),
        hashlib.sha256(known.encode()).hexdigest(),
    )


@transaction.atomic
def accept_offer(*, pk: int, fingerprint: str, by: User) -> DatasetVersion:
    """Make the person an editor, if the offer is as they read it; return the newest version.

    From now on they know the labels of the data set for good. Raises Refused.
    """
    # Locked, so that they enter no team on the data meanwhile.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    offer = _open(pk, by)
    if offer.refused:
        raise offer.refused
    if offer.fingerprint != fingerprint:
        raise Refused(
            "moved", "The data set has changed since. Read again what you would accept now."
        )
    row, before = offer.row, ids_of(offer.row.name)
    for version in offer.versions:
        version.editors.add(by)
    row.user, row.accepted_at = by, timezone.now()
    row.save(update_fields=["user", "accepted_at"])
    after = ids_of(row.name)
    record(
        Verb.ACCEPTED_EDITING,
        subject=row,
        by=by,
        data_set=row.name,
        versions=[version.number for version in offer.versions],
        before=before,
        after=after,
    )
    return offer.versions[-1]


@transaction.atomic
def decline_offer(*, pk: int, by: User) -> str:
    """Decline the offer, and notify the editors; return the data set's name. Raises Refused."""
    offer = _open(pk, by)
    row = offer.row
    row.declined_at = timezone.now()
    row.save(update_fields=["declined_at"])
    event = record(
        Verb.DECLINED_EDITING,
        subject=row,
        by=by,
        data_set=row.name,
        before="offered",
        after="declined",
    )
    for listener in editing_declined:
        listener(offer.versions[-1], row, event)
    return row.name


def _open(pk: int, user: User) -> Offer:
    """Return the offer, locked with the data set's other editors. Raises Refused."""
    row = DataEditor.objects.filter(pk=pk).first()
    if row is not None:
        lock(row.name)
    offer = read_offer(pk=pk, user=user)
    if offer is None or not offer.versions:
        raise Refused(
            "offer_gone", "The offer is no longer open. Ask an editor for a new one if you need it."
        )
    return offer


def _refusal(row: DataEditor, user: User) -> Refused | None:
    """Return why the person cannot accept now, or None."""
    if user.pk in ids_of(row.name):
        return Refused(
            "already_editor",
            "You are a data editor of it already. Decline this offer, or leave it as it is.",
        )
    if any(competes(user, row.name) for competes in competing_asked):
        return Refused(
            "competes",
            "You are in a team of a challenge that uses this data and is not revealed yet. Leave "
            "the team first, or wait for the reveal.",
        )
    return None
