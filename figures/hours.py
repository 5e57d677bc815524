"""How much came in each hour: a bar per hour, the part that failed at its foot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from figures import svg
from figures.axes import Scale, date_ticks, day, ticks

HEIGHT = 96
AXIS = 24


@dataclass(frozen=True)
class Hour:
    """An hour that begins `at` (with a zone): how many came, and how many of these failed."""

    at: datetime
    count: int
    failed: int = 0


def hour_bars(name: str, title: str, hours: Sequence[Hour], *, width: int = svg.WIDTH) -> str:
    """A bar for each hour, in their order and without gaps. Empty string if nothing came."""
    most = max((hour.count for hour in hours), default=0)
    if not most:
        return ""
    values = [value for value in ticks(0, max(most, 2), 3)[0] if value == int(value)]
    left = svg.width_of(str(int(values[-1]))) + svg.GAP
    y = Scale(0, max(most, values[-1]), HEIGHT + svg.GAP, svg.GAP)
    step = (width - left) / len(hours)
    body = []
    for value in values:
        body.append(svg.line((left, y(value)), (width, y(value)), stroke=svg.GRID))
        text = str(int(value))
        body.append(svg.label(left - 6, y(value) + 4, text, anchor="end", fill=svg.QUIET))
    for place, hour in enumerate(hours):
        x = left + place * step
        for count, colour in ((hour.count, svg.ACCENT), (hour.failed, svg.FALL)):
            if count:
                area = (x, y(count), max(step - 1, step / 2), y(0) - y(count))
                body.append(svg.rect(area, fill=colour, title=_told(hour)))
    start, end = hours[0].at, hours[-1].at + timedelta(hours=1)
    x_of = Scale(start.timestamp(), end.timestamp(), left, width)
    for at, text in date_ticks(start, end, width - left):
        x = x_of(at.timestamp())
        anchor = "start" if x < left + 40 else "end" if x > width - 40 else "middle"
        body.append(svg.label(x, HEIGHT + svg.GAP + 18, text, anchor=anchor, fill=svg.QUIET))
    description = "; ".join(_told(hour) for hour in hours if hour.count) + "."
    size = (width, HEIGHT + svg.GAP + AXIS)
    return svg.sheet(name, title, description, size, body)


def _told(hour: Hour) -> str:
    failed = f", {hour.failed} failed" if hour.failed else ""
    return f"{day(hour.at)} {hour.at:%H}:00 {hour.count}{failed}"
