"""The editors of a data set: named by address for all versions of its name, and removed again.

An address is listed alike whether somebody has confirmed it or not, and whether they compete on
the data, so the list does not show who has an account.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from podium.accounts.addresses import addresses_of, person_with
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.models import DataEditor, DatasetVersion
from podium.catalog.signals import competing_asked, editor_changed
from podium.refusals import Refused

MOST_EDITORS = 30


@dataclass(frozen=True)
class ListedEditor:
    """One line of the list. `key` names it in addresses; `user` is who edits, None if nobody yet.

    `label` is the address that named them, or the name of somebody who began a version.
    """

    key: str
    label: str
    user: User | None
    row: DataEditor | None


@dataclass(frozen=True)
class Removal:
    """What the removal of an editor would do, to be read first."""

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
    rows = list(_rows(name).select_related("user"))
    named = {row.user_id for row in rows}
    people = [user for user in _people(name) if user.pk not in named]
    return [
        *(ListedEditor(f"person-{user.pk}", str(user), user, None) for user in people),
        *(ListedEditor(f"address-{row.pk}", row.email or str(row.user), row.user, row)
          for row in rows),
    ]  # fmt: skip


@transaction.atomic
def name_editor(*, name: str, email: str, by: User) -> None:
    """Let the person who has confirmed the address edit the data set, now or once they have.

    Somebody who competes on its rows becomes an editor once they no longer do. Raises Refused.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(
            "bad_email", f"`{email}` is not a valid e-mail address. Retype it."
        ) from error
    _lock(name)
    rows = _rows(name)
    if rows.filter(email=email).exists():
        raise Refused("named_email", f"{email} is an editor already. Enter another address.")
    if len(listed(name)) >= MOST_EDITORS:
        raise Refused(
            "many_editors", f"A data set has at most {MOST_EDITORS} editors. Remove one first."
        )
    row = DataEditor.objects.create(name=name, email=email)
    person = person_with(email)
    if person is None or not _appoint(row, person, by):
        record(Verb.OFFERED_EDITING, subject=row, by=by, data_set=name)


@transaction.atomic
def claim_editing(user: User) -> None:
    """Make the person an editor where one of their confirmed addresses was named.

    Where they compete on the rows, the address goes on waiting.
    """
    for row in DataEditor.objects.filter(user=None, email__in=addresses_of(user)):
        _lock(row.name)
        waiting = DataEditor.objects.filter(pk=row.pk, user=None).first()
        if waiting is not None:
            _appoint(waiting, user, None)


def plan_removal(*, name: str, key: str, by: User) -> Removal:
    """Return what removing this editor would do. Raises Refused."""
    entries = listed(name)
    entry = next((each for each in entries if each.key == key), None)
    if entry is None:
        raise Refused("editor_gone", "That editor is no longer in the list. Open the page again.")
    if len(entries) == 1:
        raise Refused("last_editor", f"{entry.label} is the only editor. Add another one first.")
    if entry.user == by and not by.is_staff:
        # If it were allowed, it would show that somebody has confirmed another address.
        raise Refused("own_editing", "You cannot remove yourself. Ask another editor, or staff.")
    others = _people(name).exclude(pk=entry.user.pk if entry.user else 0)
    if entry.user and not others.filter(is_active=True).exists():
        raise Refused(
            "last_editor", f"Nobody else can edit it yet. Keep {entry.label}, or add an editor."
        )
    versions = tuple(editable(name).order_by("number").values_list("number", flat=True))
    known = repr((name, key, versions, [each.key for each in entries]))
    return Removal(entry, versions, hashlib.sha256(known.encode()).hexdigest())


@transaction.atomic
def remove_editor(*, name: str, key: str, fingerprint: str, by: User) -> Removal:
    """Remove an editor from all versions, if the list is as it was read. Raises Refused."""
    _lock(name)
    removal = plan_removal(name=name, key=key, by=by)
    if removal.fingerprint != fingerprint:
        raise Refused("moved", "The list has changed since. Read again what would happen now.")
    user, row = removal.entry.user, removal.entry.row
    if user is None and row is not None:
        record(Verb.REMOVED_EDITOR, subject=row, by=by, data_set=name)
        row.delete()
    if user is not None:
        _dismiss(name, user, row, by)
    return removal


def forget_addresses(user: User, emails: Collection[str]) -> None:
    """Delete the addresses of a person who leaves the site."""
    DataEditor.objects.filter(user=user).update(email="")
    DataEditor.objects.filter(user=None, email__in=[each.lower() for each in emails]).delete()


def forget_data_set(name: str) -> None:
    """Delete who was named for a data set that has no version any more: its name is free."""
    if not DatasetVersion.objects.filter(name=name).exists():
        DataEditor.objects.filter(name=name).delete()


def _rows(name: str) -> QuerySet[DataEditor]:
    return DataEditor.objects.filter(name=name, ended_at=None)


def _people(name: str) -> QuerySet[User]:
    """Return everybody who edits a version of the data set now."""
    through = DatasetVersion.editors.through.objects.filter(datasetversion__name=name)
    return User.objects.filter(pk__in=through.values("user")).order_by("pk")


def _ids(name: str) -> list[int]:
    return list(_people(name).values_list("pk", flat=True))


def _lock(name: str) -> None:
    """Let the editors of one data set change one after the other."""
    versions = DatasetVersion.objects.select_for_update(no_key=True).filter(name=name)
    list(versions.order_by("pk").values_list("pk"))


def _appoint(row: DataEditor, user: User, by: User | None) -> bool:
    """Make the person of a waiting address an editor; return whether they are one by it now."""
    before, versions = _ids(row.name), list(editable(row.name))
    if not versions or user.pk in before:
        return False
    if any(competes(user, row.name) for competes in competing_asked):
        return False
    for version in versions:
        version.editors.add(user)
    row.user = user
    row.save(update_fields=["user"])
    _report(Verb.NAMED_EDITOR, row.name, user, before, by)
    return True


def _dismiss(name: str, user: User, row: DataEditor | None, by: User) -> None:
    """End somebody's editing; that they once did stays. Another address of theirs may go on."""
    waiting = _rows(name).filter(user=None, email__in=addresses_of(user)).first()
    if row is None:
        row = DataEditor(name=name, user=user)
    row.email, row.ended_at = "", timezone.now()
    row.save()
    if waiting is not None:
        waiting.user = user
        waiting.save(update_fields=["user"])
        return
    before = _ids(name)
    through = DatasetVersion.editors.through.objects
    through.filter(datasetversion__name=name, user=user).delete()
    _report(Verb.REMOVED_EDITOR, name, user, before, by)


def _report(verb: Verb, name: str, user: User, before: list[int], by: User | None) -> None:
    """Record who edited the data set before and who does now, and notify the person."""
    event = record(verb, subject=user, by=by, data_set=name, before=before, after=_ids(name))
    newest = editable(name).order_by("-number")[0]
    for listener in editor_changed:
        listener(user, newest, event)
