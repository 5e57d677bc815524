"""Times come from the database as they were stored, whatever reads them."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg import DataError, adapters, pq
from psycopg.adapt import AdaptersMap

from podium.audit.models import Event
from podium.database import read_times_quickly

pytestmark = pytest.mark.django_db

TIMESTAMPTZ = adapters.types["timestamptz"].oid
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


def quick_reader() -> Any:
    """Return what a new connection to PostgreSQL is given to read times."""
    known = AdaptersMap(adapters)
    opened: Any = SimpleNamespace(
        vendor="postgresql", timezone=UTC, connection=SimpleNamespace(adapters=known)
    )
    read_times_quickly(opened)
    loader: Any = known.get_loader(TIMESTAMPTZ, pq.Format.TEXT)
    assert loader.timezone is UTC  # by which Django knows that it need not put in its own
    return loader(TIMESTAMPTZ)


def test_a_connection_to_postgresql_reads_times_as_it_writes_them() -> None:
    reader = quick_reader()
    whole = datetime(2026, 3, 1, 12, 30, 59, tzinfo=UTC)
    assert reader.load(b"2026-03-01 12:30:59+00") == whole
    assert reader.load(memoryview(b"2026-03-01 12:30:59.5+00")) == whole.replace(microsecond=500000)


@pytest.mark.parametrize("text", [b"infinity", b"0044-03-15 00:00:00+00 BC"])
def test_times_that_python_has_none_for_are_refused_in_good_words(text: bytes) -> None:
    with pytest.raises(DataError, match="timestamp too"):
        quick_reader().load(text)
