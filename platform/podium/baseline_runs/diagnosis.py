"""Asking for diagnoses of data set versions, and bringing back those that got lost."""

from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from podium import celery
from podium.audit.actions import record
from podium.baseline_runs.actions import FAR_AHEAD, LEASE, CannotStart
from podium.baseline_runs.models import Diagnosis, DiagnosisState
from podium.catalog.models import DatasetVersion, VersionState

ATTEMPTS = 3
ENDED = (DiagnosisState.DONE, DiagnosisState.FAILED)


def diagnose(*, version: DatasetVersion, by: Any = None) -> Diagnosis:
    """Return the version's diagnosis, queued now. What an earlier one found stays until it ends.

    Raises CannotStart.
    """
    if not version.is_out:
        raise CannotStart(
            f"{version} is {version.state}. Publish it first; then it is diagnosed by itself."
        )
    now = timezone.now()
    with transaction.atomic():
        found, is_new = Diagnosis.objects.get_or_create(
            version=version, defaults={"queued_at": now}
        )
        again = Diagnosis.objects.filter(pk=found.pk, state__in=ENDED)
        if not is_new and not again.update(
            state=DiagnosisState.QUEUED,
            attempt_limit=F("attempt") + ATTEMPTS,
            queued_at=now,
            finished_at=None,
            progress=0,
            message="",
        ):
            raise CannotStart(
                f"The diagnosis of {version} is {found.state} already. Wait until it has ended."
            )
        record("queued diagnosis", subject=found, by=by, version=str(version))
        _enqueue(found.pk)
    found.refresh_from_db()
    return found


def diagnose_missing() -> list[Diagnosis]:
    """Return the diagnoses queued now for published versions that never had one."""
    lacking = DatasetVersion.objects.filter(state=VersionState.PUBLISHED, diagnosis=None)
    return [diagnose(version=version) for version in lacking.order_by("pk")]


def sweep(*, in_broker: int) -> int:
    """Ask for what is missing, queue lost ones again, and send those that have no message.

    Baselines go first: as long as the queue has something to do, nothing is sent.
    """
    now = timezone.now()
    lost = Q(lease_until__lt=now) | Q(lease_until__gt=now + FAR_AHEAD)
    Diagnosis.objects.filter(lost, state=DiagnosisState.RUNNING).update(
        state=DiagnosisState.QUEUED, lease_until=None, message="Its worker stopped."
    )
    if in_broker:
        return 0
    waiting = Diagnosis.objects.filter(state=DiagnosisState.QUEUED).order_by("queued_at", "pk")
    ids = list(waiting.values_list("pk", flat=True))
    for pk in ids:
        _enqueue(pk)
    return len(ids) + len(diagnose_missing())


def claim(diagnosis_id: int) -> Diagnosis | None:
    """Return a queued diagnosis, now running under a lease; None if it is not ours to make.

    One that has used its attempts fails here.
    """
    now = timezone.now()
    queued = Diagnosis.objects.filter(pk=diagnosis_id, state=DiagnosisState.QUEUED)
    queued.filter(attempt__gte=F("attempt_limit")).update(
        state=DiagnosisState.FAILED,
        finished_at=now,
        message="Its worker died again and again. Look at its memory, then start it again.",
    )
    changed = queued.filter(attempt__lt=F("attempt_limit")).update(
        state=DiagnosisState.RUNNING,
        attempt=F("attempt") + 1,
        lease_until=now + LEASE,
        progress=0,
        message="starting",
    )
    if not changed:
        return None
    return Diagnosis.objects.select_related("version").get(pk=diagnosis_id)


def held(diagnosis: Diagnosis) -> QuerySet[Diagnosis]:
    """Return the claimed row as long as this attempt is the one that counts."""
    return Diagnosis.objects.filter(
        pk=diagnosis.pk, state=DiagnosisState.RUNNING, attempt=diagnosis.attempt
    )


def give_back(diagnosis: Diagnosis) -> None:
    """Queue a claimed one again because its worker was told to stop. The attempt is free."""
    held(diagnosis).update(
        state=DiagnosisState.QUEUED,
        lease_until=None,
        attempt_limit=F("attempt_limit") + 1,
        message="The worker was stopped; it starts again.",
    )


def _enqueue(diagnosis_id: int) -> None:
    celery.send("baseline_runs.diagnose", diagnosis_id)
