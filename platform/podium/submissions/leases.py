"""Leases: the right of one worker to a row for a while, renewed as long as the worker lives."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

log = structlog.get_logger(__name__)
LEASE = timedelta(seconds=30)
RENEW_SECONDS = 10.0
# No clock of ours is ahead of another by so much: a lease that is was given before a clock was put
# back, and would else hold for as long as that was.
FAR_AHEAD = 10 * LEASE


def is_lost(now: datetime) -> Q:
    """Return the condition under which the worker of a leased row is gone."""
    return Q(lease_until__lt=now) | Q(lease_until__gt=now + FAR_AHEAD)


@contextmanager
def renewing(mine: QuerySet[Any]) -> Iterator[None]:
    """Renew the lease of the row, as long as it is in `mine`, in a thread while the body runs."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEW_SECONDS):
            try:
                mine.update(lease_until=timezone.now() + LEASE)
            except Exception:
                log.exception("lease not renewed", model=mine.model.__name__)
            finally:
                connection.close()

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
