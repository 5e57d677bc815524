"""What comes from the database by a shorter way is what Django's own way gives."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Semaphore
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from psycopg import DataError, adapters, pq
from psycopg.adapt import AdaptersMap

from podium.audit.models import Event
from podium.database import Together, read_times_quickly, rows_of_frequent

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

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


def rows_of(number: int, text: str) -> list[tuple[Any, ...]]:
    return rows_of_frequent("SELECT %s + 1, %s", (number, text))


def test_a_frequent_query_gives_the_rows_of_each_set_of_parameters() -> None:
    for _ in range(2):  # the second time its plan is there
        assert rows_of(1, 'it\'s 100 % \\ "so"') == [(2, 'it\'s 100 % \\ "so"')]
        assert rows_of(2, "%s") == [(3, "%s")]
    with pytest.raises(DatabaseError), transaction.atomic():
        rows_of_frequent("SELECT nothing_of_this_name", ())
    assert rows_of(3, "") == [(4, "")]


class Slow:
    """An answer that takes until it is let go, and counts how often it was begun."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun = 0
        self.error = error
        self.may_end = Semaphore(0)
        self.has_begun = Semaphore(0)

    def __call__(self) -> int:
        self.begun += 1
        mine = self.begun
        self.has_begun.release()
        assert self.may_end.acquire(timeout=30)
        if self.error:
            raise self.error
        return mine


def test_those_who_come_during_an_answer_share_the_next_one() -> None:
    together, slow = Together(), Slow()
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(together.ask, "who?", slow)
        assert slow.has_begun.acquire(timeout=30)
        later = [pool.submit(together.ask, "who?", slow) for _ in range(4)]
        other = pool.submit(together.ask, "what?", lambda: "at once")
        assert other.result(30) == "at once"
        assert not first.done()
        until(lambda: len(together._next) == 1)
        slow.may_end.release(2)
        assert first.result(30) == 1
        # A late thread of the four may find the second answer begun, and waits for a third.
        slow.may_end.release(4)
        assert 1 not in {found.result(30) for found in later}
    assert slow.begun <= 1 + len(later)
    assert (together._under_way, together._next) == ({}, {})


def test_all_who_share_an_answer_get_its_error_and_the_next_is_asked_anew() -> None:
    together, slow = Together(), Slow(ValueError("no answer"))
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(together.ask, "who?", slow) for _ in range(3)]
        slow.may_end.release(3)
        for each in asked:
            with pytest.raises(ValueError, match="no answer"):
                each.result(30)
    assert together.ask("who?", lambda: "somebody") == "somebody"


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)
