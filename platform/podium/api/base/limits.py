"""How often a person, or an address without one, may ask: counted in fixed windows.

All tokens of a person count together with their sessions, so a new token gives nothing new.
"""

import hashlib
import time
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from podium.accounts.networks import address_of
from podium.api.base.problems import Problem
from podium.shared_cache import counted, share_of

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True)
class Window:
    """How many of its limit a reader has used in a window that ends in `reset` seconds."""

    limit: int
    used: int
    reset: int

    @property
    def is_over(self) -> bool:
        return self.used > self.limit

    def describe(self, response: HttpResponseBase) -> None:
        """Tell on the answer what is left."""
        response["RateLimit-Limit"] = str(self.limit)
        response["RateLimit-Remaining"] = str(max(0, self.limit - self.used))
        response["RateLimit-Reset"] = str(self.reset)


def requests_of(request: HttpRequest) -> Window:
    """Count the request and return its reader's window of a minute."""
    return _counted(f"requests:{_who(request)}", settings.API_REQUESTS_A_MINUTE, MINUTE)


def count_upload(request: HttpRequest) -> None:
    """Count an upload of the reader. Raises Problem when there were too many within the hour."""
    window = _counted(f"uploads:{_who(request)}", settings.API_UPLOADS_AN_HOUR, HOUR)
    if window.is_over:
        request.api_window = window  # type: ignore[attr-defined]  # which the answer tells
        raise too_many(window)


def too_many(window: Window) -> Problem:
    """Return the error for a client that exceeds the rate limit."""
    what = f"{window.limit} requests a minute"
    if window.limit == share_of(settings.API_UPLOADS_AN_HOUR):
        what = f"{window.limit} uploads an hour"
    return Problem(
        429, "too_many_requests", f"{what} are the most. Go on in {window.reset} seconds."
    )


def _who(request: HttpRequest) -> str:
    """Return the number of the person, or of somebody else a name that hides the address."""
    if request.user.is_authenticated:
        return f"person-{request.user.pk}"
    return hashlib.sha256(address_of(request).encode()).hexdigest()[:32]


def _counted(name: str, limit: int, seconds: int) -> Window:
    now = int(time.time())
    used = counted(f"api:{name}:{now // seconds}", seconds)
    return Window(share_of(limit), used, reset=seconds - now % seconds)
