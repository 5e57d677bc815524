"""What a person does with their own account."""

from typing import Any

from django.db import transaction

from podium.accounts.forms import clean_person_name
from podium.accounts.models import User
from podium.audit.actions import record


@transaction.atomic
def rename(*, by: Any, name: str) -> User:
    """Return the person under the new name. Raises ValidationError if it is no name."""
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    cleaned = clean_person_name(name)
    if cleaned != user.name:
        user.name = cleaned
        user.save(update_fields=["name"])
        record("renamed person", subject=user, by=user)
    return user
