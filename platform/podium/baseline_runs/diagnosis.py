"""Asking for diagnoses of data set versions, and bringing back those that got lost."""

from django.db import transaction

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.baseline_runs.actions import CannotStart
from podium.baseline_runs.models import Diagnosis, DiagnosisState
from podium.catalog.models import DatasetVersion, VersionState

ENDED = (DiagnosisState.DONE, DiagnosisState.FAILED)


def diagnose(*, version: DatasetVersion, by: User | None = None) -> Diagnosis:
    """Return the version's diagnosis, queued now. What an earlier one found stays until it ends.

    Raises CannotStart.
    """
    if not version.is_released:
        raise CannotStart(
            f"{version} is {version.state}. Publish it first; then it is diagnosed by itself."
        )
    with transaction.atomic():
        found, is_new = Diagnosis.objects.get_or_create(version=version)
        ended = Diagnosis.objects.filter(pk=found.pk, state__in=ENDED)
        if not is_new and not Diagnosis.requeue(ended, progress=0, message=""):
            raise CannotStart(
                f"The diagnosis of {version} is {found.state} already. Wait until it has ended."
            )
        record(Verb.QUEUED_DIAGNOSIS, subject=found, by=by, version=str(version))
        found.send()
    found.refresh_from_db()
    return found


def diagnose_missing() -> list[Diagnosis]:
    """Return the diagnoses queued now for published versions that never had one."""
    lacking = DatasetVersion.objects.filter(state=VersionState.PUBLISHED, diagnosis=None)
    return [diagnose(version=version) for version in lacking.order_by("pk")]
