"""When a request is sent again, and how long that waits."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

PASSING = frozenset({502, 503, 504})
TOO_MANY = 429
# Nothing was sent: the connection itself did not come about.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(frozen=True)
class Retries:
    """How often something is tried, and the waits between: doubled each time, with jitter.

    `longest` is the longest wait in seconds that is worth it; whoever is told to come back later
    than that is told so at once.
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 60.0
    sleep: Callable[[float], None] = time.sleep

    def pause(self, attempt: int) -> float:
        """Return the seconds to wait after this attempt (from 1): half of the step and jitter."""
        step: float = min(self.first * 2 ** (attempt - 1), self.longest)
        return step / 2 + random.uniform(0, step / 2)  # noqa: S311  (no secret)

    def after_error(self, attempt: int, error: httpx.TransportError, *, again: bool) -> bool:
        """Wait, if it is worth trying again after a broken connection; return whether it is.

        `again` says that the request does no more when it is sent twice.
        """
        if attempt >= self.attempts or not (again or isinstance(error, NOT_SENT)):
            return False
        self.sleep(self.pause(attempt))
        return True

    def after_answer(self, attempt: int, answer: httpx.Response, *, again: bool) -> bool:
        """Wait, if the answer asks to come back soon; return whether to try again."""
        # 429 comes before anything was done, so that even what is no repetition may follow.
        passing = answer.status_code == TOO_MANY or (again and answer.status_code in PASSING)
        if not passing or attempt >= self.attempts:
            return False
        asked = _seconds(answer.headers.get("Retry-After", ""))
        if asked > self.longest:
            return False
        self.sleep(max(asked, self.pause(attempt)))
        return True


def _seconds(header: str) -> float:
    """Return the seconds of a Retry-After header, be it a number or a date; 0 for none."""
    if header.strip().isdigit():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
