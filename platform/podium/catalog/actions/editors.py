"""The editors of a data set: offered by address for all versions of its name, and removed again.

Naming an address is an offer. It is listed alike whether somebody has confirmed the address or not,
and whether they compete on the data, so the list does not show who has an account.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from podium.accounts.addresses import person_with
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.models import DataEditor, DatasetVersion
from podium.catalog.signals import editing_offered, editor_removed
from podium.refusals import Refused

MOST_EDITORS = 30


@dataclass(frozen=True)
class ListedEditor:
    """One line of the list. `key` names it in addresses; `user` is who edits, None if nobody yet.

    `label` is the address that was named, or the name of somebody who began a version. `at` is when
    what `state` says began.
    """

    key: str
    label: str
    user: User | None
    row: DataEditor | None
    at: datetime

    @property
    def is_editor(self) -> bool:
        return self.user is not None

    @property
    def state(self) -> str:
        if self.is_editor:
            return "Editor since"
        return "Offered on" if self.is_offer else "Declined on"

    @property
    def is_offer(self) -> bool:
        """Whether it is an offer without an answer."""
        return self.row is not None and not self.is_editor and self.row.declined_at is None

    @property
    def verb(self) -> str:
        """What its link reads."""
        return "Withdraw" if self.is_offer else "Remove"


@dataclass(frozen=True)
class Removal:
    """What removing an editor, or withdrawing an offer, would do, to be read first."""

    entry: ListedEditor
    versions: tuple[int, ...]
    fingerprint: str


def editable(name: str) -> QuerySet[DatasetVersion]:
    """Return the versions that a data set's editors edit, or all if nobody but staff does.

    A single version without editors came from a command or an archive, and stays with staff.
    """
    versions = DatasetVersion.objects.filter(name=name)
    edited = versions.filter(pk__in=DatasetVersion.editors.through.objects.values("datasetversion"))
    return edited if edited.exists() else versions


def listed(name: str) -> list[ListedEditor]:
    """Return the editors of a data set: who began its versions, then the addresses named."""
    rows = list(rows_of(name).select_related("user"))
    named = {row.user_id for row in rows}
    people = [user for user in _people(name) if user.pk not in named]
    begun = DatasetVersion.objects.filter(name=name).values("editors")
    since = dict(begun.annotate(since=Min("created_at")).values_list("editors", "since"))
    return [
        *(ListedEditor(f"person-{user.pk}", str(user), user, None, since[user.pk])
          for user in people),
        *(ListedEditor(f"address-{row.pk}", row.email or str(row.user), row.user, row,
                       row.accepted_at or row.declined_at or row.named_at)
          for row in rows),
    ]  # fmt: skip


@transaction.atomic
def offer_editing(*, name: str, email: str, by: User) -> None:
    """Offer editing to the person who has confirmed the address, now or once they have.

    They become an editor when they accept; an offer that was declined is made again. Raises
    Refused.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(
            "bad_email", f"`{email}` is not a valid e-mail address. Retype it."
        ) from error
    lock(name)
    row = rows_of(name).filter(email=email).first()
    if row is None:
        if len(listed(name)) >= MOST_EDITORS:
            raise Refused(
                "many_editors", f"A data set has at most {MOST_EDITORS} editors. Remove one first."
            )
        row = DataEditor.objects.create(name=name, email=email)
    elif row.declined_at:
        row.named_at, row.declined_at = timezone.now(), None
        row.save(update_fields=["named_at", "declined_at"])
    else:
        raise Refused("named_email", f"{email} is in the list already. Enter another address.")
    record(Verb.OFFERED_EDITING, subject=row, by=by, data_set=name)
    if person := person_with(email):
        notify_of_offer(row, person)


def notify_of_offer(row: DataEditor, user: User) -> None:
    """Notify the person of the offer, unless they edit the data set already."""
    versions = editable(row.name).order_by("-number")
    if versions and user.pk not in ids_of(row.name):
        for listener in editing_offered:
            listener(user, versions[0], row)


def plan_removal(*, name: str, key: str, by: User) -> Removal:
    """Return what removing this editor, or withdrawing this offer, would do. Raises Refused."""
    entries = listed(name)
    entry = next((each for each in entries if each.key == key), None)
    if entry is None:
        raise Refused("editor_gone", "That editor is no longer in the list. Open the page again.")
    others = _people(name).exclude(pk=entry.user.pk if entry.user else 0)
    if entry.user and not others.filter(is_active=True).exists():
        raise Refused(
            "last_editor",
            f"{entry.label} is the only editor. Add another one first, and wait until they accept.",
        )
    if entry.user == by and not by.is_staff:
        raise Refused("own_editing", "You cannot remove yourself. Ask another editor, or staff.")
    versions = tuple(editable(name).order_by("number").values_list("number", flat=True))
    known = repr((name, key, versions, [(each.key, each.state) for each in entries]))
    return Removal(entry, versions, hashlib.sha256(known.encode()).hexdigest())


@transaction.atomic
def remove_editor(*, name: str, key: str, fingerprint: str, by: User) -> Removal:
    """Remove an editor from all versions, or withdraw an offer. Raises Refused.

    Nothing happens if the list is no longer as it was read.
    """
    lock(name)
    removal = plan_removal(name=name, key=key, by=by)
    if removal.fingerprint != fingerprint:
        raise Refused("moved", "The list has changed since. Read again what would happen now.")
    user, row = removal.entry.user, removal.entry.row
    if user is not None:
        _dismiss(name, user, row, by)
    elif row is not None:
        was = "declined" if row.declined_at else "offered"
        record(Verb.WITHDREW_EDITING, subject=row, by=by, data_set=name, before=was)
        row.delete()
    return removal


def forget_addresses(user: User, emails: Collection[str]) -> None:
    """Delete the addresses of a person who leaves the site."""
    DataEditor.objects.filter(user=user).update(email="")
    DataEditor.objects.filter(user=None, email__in=[each.lower() for each in emails]).delete()


def forget_data_set(name: str) -> None:
    """Delete who was named for a data set that has no version any more: its name is free."""
    if not DatasetVersion.objects.filter(name=name).exists():
        DataEditor.objects.filter(name=name).delete()


def rows_of(name: str) -> QuerySet[DataEditor]:
    """Return the offers and named editors of a data set that have not ended."""
    return DataEditor.objects.filter(name=name, ended_at=None)


def ids_of(name: str) -> list[int]:
    """Return the ids of everybody who edits a version of the data set now."""
    return list(_people(name).values_list("pk", flat=True))


def lock(name: str) -> None:
    """Let the editors of one data set change one after the other."""
    versions = DatasetVersion.objects.select_for_update(no_key=True).filter(name=name)
    list(versions.order_by("pk").values_list("pk"))


def _people(name: str) -> QuerySet[User]:
    through = DatasetVersion.editors.through.objects.filter(datasetversion__name=name)
    return User.objects.filter(pk__in=through.values("user")).order_by("pk")


def _dismiss(name: str, user: User, row: DataEditor | None, by: User) -> None:
    """End somebody's editing; that they once did stays."""
    if row is None:
        row = DataEditor(name=name, user=user)
    row.email, row.ended_at = "", timezone.now()
    row.save()
    before = ids_of(name)
    through = DatasetVersion.editors.through.objects
    through.filter(datasetversion__name=name, user=user).delete()
    after = ids_of(name)
    event = record(
        Verb.REMOVED_EDITOR, subject=user, by=by, data_set=name, before=before, after=after
    )
    newest = editable(name).order_by("-number")[0]
    for listener in editor_removed:
        listener(user, newest, event)
