"""Giving a built version to its readers."""

from django import forms
from django.db import transaction
from django.http import QueryDict

from podium.accounts.models import User
from podium.catalog.actions import versions
from podium.catalog.models import Access, DatasetVersion


class AccessForm(forms.Form):
    """Asks who may see and download a version."""

    access = forms.ChoiceField(label="Access", choices=Access.choices, widget=forms.RadioSelect)

    def __init__(self, data: QueryDict | None = None, access: str = "") -> None:
        super().__init__(data, auto_id="access_%s", initial={"access": access})


@transaction.atomic
def publish(*, version: DatasetVersion, access: str, by: User) -> None:
    """Publish a checked version for these readers. Raises CannotPublish."""
    versions.set_access(version=version, access=access, by=by)
    versions.publish_version(version=version, by=by)
