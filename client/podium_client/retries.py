"""When to send a request again, and how long to wait."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

PASSING = frozenset({502, 503, 504})
TOO_MANY = 429
# Nothing was sent: the connection failed.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(frozen=True)
class Retries:
    """How often to try, and the waits between: doubled each time, with jitter. `longest` is the
    longest wait in seconds; if the site asks for a longer one, the error is raised at once.
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
        """Wait and return True if the request should be sent again after a broken connection.
        `again` says that the request is idempotent.
        """
        if attempt >= self.attempts or not (again or isinstance(error, NOT_SENT)):
            return False
        self.sleep(self.pause(attempt))
        return True

    def after_answer(self, attempt: int, answer: httpx.Response, *, again: bool) -> bool:
        """Wait and return True if the response asks to try again soon."""
        # 429 comes before anything was done, so even other requests may be repeated.
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
