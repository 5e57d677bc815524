"""Notices about editing a data set: an offer to its person, an answer to the editors, a removal."""

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import DataEditor, DatasetVersion
from podium.notices.actions import is_first, tell
from podium.notices.models import Kind


def on_offered(user: User, version: DatasetVersion, row: DataEditor) -> None:
    """Notify the person of an offer, once, however often they sign in."""
    key = f"offer:{row.pk}:{row.named_at:%Y%m%d%H%M%S%f}"
    if is_first(f"{key}:{user.pk}"):
        people = User.objects.filter(pk=user.pk)
        tell(people, Kind.ROLE, key, challenge=None, data_set=version.pk, offer=row.pk)


def on_declined(version: DatasetVersion, row: DataEditor, event: Event) -> None:
    """Notify the editors that an offer was declined, but not who declined it."""
    edited = DatasetVersion.editors.through.objects.filter(datasetversion=version)
    edited = edited.exclude(user=event.actor_id)
    people = User.objects.filter(pk__in=edited.values("user"))
    key = f"declined:{event.pk}"
    tell(people, Kind.ROLE, key, challenge=None, data_set=version.pk, declined=row.pk)


def on_removed(user: User, version: DatasetVersion, event: Event) -> None:
    """Notify somebody who is no longer a data editor, unless they did it themselves."""
    if event.actor_id == user.pk:
        return
    people, key = User.objects.filter(pk=user.pk), f"editor:{event.pk}"
    tell(people, Kind.ROLE, key, challenge=None, data_set=version.pk, is_editor=False)
