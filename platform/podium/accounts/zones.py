"""Time zones that people choose, and times said in them."""

from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# What a list offers: places, not the short and the old names that mean the same.
_AREAS = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/",
    "Europe/", "Indian/", "Pacific/",
)  # fmt: skip


@cache
def known() -> frozenset[str]:
    """Return the names of all zones that this machine knows."""
    return frozenset(available_timezones())


@cache
def offered() -> tuple[str, ...]:
    """Return the names that a list offers, in their order: places, and UTC at the end."""
    return (*sorted(name for name in known() if name.startswith(_AREAS)), "UTC")


def zone_of(name: str) -> tzinfo:
    """Return the zone of this name; UTC for none, and for one that is not known any more."""
    return ZoneInfo(name) if name in known() else UTC


def in_words(at: datetime, zone: str = "") -> str:
    """Return a time as `3 March 2027, 13:05 CET (12:05 UTC)`; without a zone only in UTC."""
    there = at.astimezone(UTC)
    here = at.astimezone(zone_of(zone))
    utc_day, utc_clock = _day(there), f"{there:%H:%M} UTC"
    if here.tzname() == "UTC":
        return f"{utc_day}, {utc_clock}"
    day, clock = _day(here), f"{here:%H:%M} {_name(here)}"
    return f"{day}, {clock} ({utc_clock if day == utc_day else f'{utc_day}, {utc_clock}'})"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _name(at: datetime) -> str:
    """Return what a zone is called at a time, as CET; by its distance where it has no name."""
    name = at.tzname() or ""
    return name if name.isalpha() else f"UTC{at.isoformat()[-6:]}"
