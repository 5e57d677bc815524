"""Giving a built version to its readers."""

from typing import Any

from django import forms
from django.db import transaction

from podium.accounts.models import User
from podium.catalog import actions
from podium.catalog.models import Access, DatasetVersion


class AccessForm(forms.Form):
    """Asks who may see and download a version."""

    access = forms.ChoiceField(label="Access", choices=Access.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "access_%s", **kwargs})


@transaction.atomic
def publish(*, version: DatasetVersion, access: str, by: User) -> None:
    """Publish a checked version for these readers. Raises CannotPublish."""
    actions.set_access(version=version, access=access, by=by)
    actions.publish_version(version=version, by=by)
