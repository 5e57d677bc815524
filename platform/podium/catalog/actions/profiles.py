"""Drawing the figures of a version: asked for when it is stored, and again when that got lost."""

from django.db.models import F, QuerySet
from django.utils import timezone

from podium import celery
from podium.catalog.models import DatasetVersion, VersionState

ATTEMPTS = 3


def claim_profile(version_id: int) -> DatasetVersion | None:
    """Return a version that lacks its figures, with one more attempt; None if there is no need."""
    if not _lacking().filter(pk=version_id).update(profile_attempt=F("profile_attempt") + 1):
        return None
    return DatasetVersion.objects.get(pk=version_id)


def keep_profile(version: DatasetVersion) -> None:
    """Keep that the figures of this content lie in the storage."""
    DatasetVersion.objects.filter(pk=version.pk, content_hash=version.content_hash).update(
        profiled_at=timezone.now()
    )


def sweep_profiles(*, in_broker: int) -> int:
    """Ask again for figures that are lacking, unless the queue still has something to do."""
    if in_broker:
        return 0
    ids = list(_lacking().values_list("pk", flat=True))
    for pk in ids:
        send_profile(pk)
    return len(ids)


def send_profile(version_id: int) -> None:
    """Ask for a version's figures when this transaction commits."""
    celery.send("catalog.profile", version_id)


def _lacking() -> QuerySet[DatasetVersion]:
    return DatasetVersion.objects.exclude(state=VersionState.DRAFT).filter(
        profiled_at__isnull=True, profile_attempt__lt=ATTEMPTS
    )
