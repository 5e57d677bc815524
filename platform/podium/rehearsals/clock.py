"""The clock of the one process that plays a rehearsal. Nothing else may import this module."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

_ahead = timedelta(0)


def _now() -> datetime:
    return datetime.now(UTC) + _ahead


def install() -> None:
    """Replace Django's clock; before `django.setup`, so that defaults of models take it too."""
    timezone.now = _now


def move_to(moment: datetime) -> None:
    """Let it be that moment now; from there the clock runs on."""
    global _ahead
    _ahead = moment - datetime.now(UTC)
