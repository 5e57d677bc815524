"""The times of a challenge on an axis, as they are and as a plan moves them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from figures import Moment, timeline
from figures.svg import WIDTH
from podium.accounts.models import User
from podium.challenges.models import UPLOAD_GRACE, Challenge
from podium.challenges.state import Differences

SLIM = 358
_NAMES = {
    "announced_at": "Announced",
    "opens_at": "Opens",
    "team_freeze_at": "Team freeze",
    "freeze": "Boards frozen",
    "closes_at": "Closes",
    "grace": "Last uploads end",
    "reveal_at": "Reveal",
    "archived_at": "Archived",
}
_STORED = ("announced_at", "opens_at", "team_freeze_at", "closes_at", "reveal_at", "archived_at")


def drawn(challenge: Challenge, changes: Differences, viewer: User) -> dict[str, SafeString]:
    """Return the times as figures, wide and slim; what the changes move with where it was."""
    stored: dict[str, object] = {name: getattr(challenge, name) for name in _STORED}
    stored["freeze_hours"] = challenge.freeze_hours
    moved = {name: values[1] for name, values in changes.items() if name in stored}
    before, after = _points(stored), _points({**stored, **moved})
    zone = viewer.time_zone
    moments = [
        Moment(
            _NAMES[name],
            at,
            before[name] if name in before and before[name] != at else None,
            _local(at, zone),
        )
        for name, at in after.items()
    ]
    title = "Times after the change; a ring is where one was" if moved else "Times of the challenge"
    now = timezone.now()
    return {
        size: mark_safe(timeline(f"times-{size}", title, moments, now, width=width))  # noqa: S308
        for size, width in (("wide", WIDTH), ("slim", SLIM))
    }


def _points(stored: Mapping[str, object]) -> dict[str, datetime]:
    """Return every time by its key, with those that follow from others."""
    times = {name: at for name in _STORED if isinstance(at := stored[name], datetime)}
    closes, hours = times["closes_at"], stored["freeze_hours"]
    times["grace"] = closes + UPLOAD_GRACE
    if isinstance(hours, int) and hours:
        times["freeze"] = closes - timedelta(hours=hours)
    return times


def _local(at: datetime, zone: str) -> str:
    """Return the time in the zone that the reader has chosen, if it is not UTC."""
    if not zone or zone == "UTC":
        return ""
    there = at.astimezone(ZoneInfo(zone))
    return f"{there.day} {there:%b %Y, %H:%M} in {zone}"
