"""Accepting the licence of a restricted data set."""

from django.db import transaction

from podium.accounts.models import User, Viewer
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.models import DatasetVersion, LicenceAcceptance


def has_accepted(user: Viewer, version: DatasetVersion) -> bool:
    """Return whether the person accepted the licence in the version's current facts."""
    return LicenceAcceptance.objects.filter(
        user=user.pk, version=version, licence_hash=version.licence_hash
    ).exists()


@transaction.atomic
def accept_licence(*, version: DatasetVersion, by: User) -> LicenceAcceptance:
    """Return the record that `by` accepted the licence. A second time changes nothing."""
    acceptance, is_new = LicenceAcceptance.objects.get_or_create(
        user=by, version=version, licence_hash=version.licence_hash
    )
    if is_new:
        record(
            Verb.ACCEPTED_LICENCE,
            subject=version,
            by=by,
            version=str(version),
            licence_hash=acceptance.licence_hash,
        )
    return acceptance
