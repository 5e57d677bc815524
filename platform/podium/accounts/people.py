"""What a person does with their own account."""

from django.core.exceptions import ValidationError
from django.db import transaction

from podium.accounts.forms import clean_person_name
from podium.accounts.models import User
from podium.accounts.zones import known
from podium.audit.actions import record
from podium.audit.verbs import Verb


@transaction.atomic
def rename(*, by: User, name: str) -> User:
    """Return the renamed user. Raises ValidationError if the name is not valid."""
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    cleaned = clean_person_name(name)
    if cleaned != user.name:
        user.name = cleaned
        user.save(update_fields=["name"])
        record(Verb.RENAMED_PERSON, subject=user, by=user)
    return user


@transaction.atomic
def choose_time_zone(*, by: User, name: str) -> User:
    """Return the person with the zone in which times are shown to them.

    An empty name leaves it to the browser. Raises ValidationError for an unknown zone.
    """
    if name and name not in known():
        raise ValidationError(f"“{name[:64]}” is not a time zone. Choose one from the list.")
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if name != user.time_zone:
        user.time_zone = name
        user.save(update_fields=["time_zone"])
        record(Verb.CHOSE_TIME_ZONE, subject=user, by=user)
    return user
