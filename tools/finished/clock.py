"""A clock that the site reads while the sample event is played."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from unittest import mock

from django.utils import timezone


class Clock:
    """The time that Django says; leases and timeouts of processes keep the real one."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def go(self, at: datetime) -> None:
        """Go forward to a time; never back."""
        self.at = max(self.at + timedelta(seconds=1), at)

    def now(self, tz: tzinfo | None = None) -> datetime:
        return self.at.astimezone(tz)


@contextmanager
def played_from(at: datetime) -> Iterator[Clock]:
    """Let Django take its time from a clock during the block."""
    clock = Clock(at)

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return clock.now(tz)

    with mock.patch.object(timezone, "datetime", Shifted):
        yield clock
