"""Times come from the database as they were stored, whatever reads them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from podium.audit.models import Event

pytestmark = pytest.mark.django_db

TIMES = [
    datetime(2026, 3, 1, 12, 30, 59, 123456, UTC),
    datetime(2026, 3, 1, 12, 30, 59, 120000, UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
    datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
]


@pytest.mark.parametrize("at", TIMES, ids=str)
def test_a_time_comes_back_as_it_went_in_and_in_utc(at: datetime) -> None:
    event = Event.objects.create(verb="stored a time")
    Event.objects.filter(pk=event.pk).update(at=at)
    (found,) = Event.objects.filter(pk=event.pk).values_list("at", flat=True)
    assert found == at
    assert found.tzinfo is UTC
