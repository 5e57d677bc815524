"""Waiting for a worker, polling less often the longer it takes."""

import time
from collections.abc import Callable
from typing import TypeVar, cast

from podium_client.errors import StillWaitingError
from podium_client.shapes import Submission, Validation
from podium_client.site import Site

FIRST, LONGEST, FACTOR = 0.5, 5.0, 1.4
SCORED, REJECTED, FAILED = "scored", "rejected", "failed"
ENDS = frozenset({SCORED, REJECTED, FAILED})
CHECKED = frozenset({"valid", "invalid", "failed"})
T = TypeVar("T")


def until(
    is_over: Callable[[T], bool],
    look: Callable[[], T],
    *,
    begin: T,
    timeout: float | None = None,
    tell: Callable[[T], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Return the result of `look` once it is over, beginning with `begin`; `tell` is called with
    each state.

    Errors: StillWaitingError after `timeout` seconds (None: no end), and those of `look`.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    found, pause = begin, FIRST
    while True:
        if tell:
            tell(found)
        if is_over(found):
            return found
        left = LONGEST if deadline is None else deadline - time.monotonic()
        if left <= 0:
            raise StillWaitingError(f"It was not over after {timeout:g} seconds; it goes on.")
        sleep(min(pause, left))
        pause = min(pause * FACTOR, LONGEST)
        found = look()


def for_submission(
    site: Site,
    found: Submission,
    *,
    timeout: float | None = None,
    tell: Callable[[Submission], None] | None = None,
) -> Submission:
    """The submission once it is scored, rejected or failed. Errors: as `until`."""
    return until(
        lambda submission: submission["state"] in ENDS,
        lambda: cast(Submission, site.get(f"submissions/{found['id']}")),
        begin=found,
        timeout=timeout,
        tell=tell,
        sleep=site.retries.sleep,
    )


def for_validation(
    site: Site,
    found: Validation,
    *,
    timeout: float | None = None,
    tell: Callable[[Validation], None] | None = None,
) -> Validation:
    """The validation once it is over. Errors: as `until`."""
    return until(
        lambda validation: validation["state"] in CHECKED,
        lambda: cast(Validation, site.get(f"validations/{found['id']}")),
        begin=found,
        timeout=timeout,
        tell=tell,
        sleep=site.retries.sleep,
    )
