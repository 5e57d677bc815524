"""The times of an event on one axis, each in a row of its own; moved ones with where they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from figures import svg
from figures.axes import Scale, date_ticks, day

ROW, LINE_OF_TEXT, AXIS = 24, 18, 24
EDGE = 6


@dataclass(frozen=True)
class Moment:
    """A time (with a zone) and its name; `was` is where it was before, `local` a second text."""

    name: str
    at: datetime
    was: datetime | None = None
    local: str = ""


def timeline(
    name: str, title: str, moments: Sequence[Moment], now: datetime, *, width: int = svg.WIDTH
) -> str:
    """A dot for each time in order of the times, and a dashed line for now. At least one time.

    A moved time has a ring where it was and a line to its dot.
    """
    rows = sorted(moments, key=lambda moment: moment.at)
    known = [now, *(at for row in rows for at in (row.at, row.was) if at)]
    margin = max((max(known) - min(known)) / 50, timedelta(hours=1))
    start, end = min(known) - margin, max(known) + margin
    x_of = Scale(start.timestamp(), end.timestamp(), EDGE, width - EDGE)
    body, bottom = [], 0.0
    for row in rows:
        drawn, bottom = _row(row, x_of, bottom, width)
        body += drawn
    x = x_of(now.timestamp())
    body.insert(0, svg.line((x, 0), (x, bottom), dash=svg.DASHED))
    body.append(svg.line((0, bottom), (width, bottom)))
    body += _axis(start, end, x_of, bottom + 18, width)
    body.append(_text(x, bottom + 18 + LINE_OF_TEXT, f"now, {_utc(now)}", width, svg.INK))
    description = "; ".join(map(_read, rows)) + f"; now {_utc(now)}."
    return svg.sheet(name, title, description, (width, bottom + AXIS + LINE_OF_TEXT), body)


def _row(row: Moment, x_of: Scale, top: float, width: int) -> tuple[list[str], float]:
    """Return what is drawn of one time below `top`, and where it ends."""
    x, y = x_of(row.at.timestamp()), top + LINE_OF_TEXT - 4
    drawn = [_text(x, y, f"{row.name}: {_utc(row.at)}", width, svg.INK)]
    if row.local:
        y += LINE_OF_TEXT
        drawn.append(_text(x, y, row.local, width, svg.QUIET))
    y += 12
    if row.was:
        before = x_of(row.was.timestamp())
        drawn.append(svg.line((before, y), (x, y), stroke=svg.ACCENT))
        drawn.append(svg.dot(before, y, fill=svg.ACCENT, hollow=True))
    drawn.append(svg.dot(x, y, fill=svg.ACCENT))
    return drawn, y + ROW - 12


def _text(x: float, y: float, text: str, width: int, fill: str) -> str:
    """Return a text that begins at x, or as far before it as the width needs."""
    fitting = svg.cut(text, width - 2)
    left = max(0.0, min(x - 4, width - svg.width_of(fitting) - 2))
    return svg.label(left, y, fitting, fill=fill)


def _axis(start: datetime, end: datetime, x_of: Scale, y: float, width: int) -> list[str]:
    drawn = []
    for at, text in date_ticks(start, end, width):
        x = x_of(at.timestamp())
        anchor = "start" if x < 40 else "end" if x > width - 40 else "middle"
        drawn.append(svg.label(x, y, text, anchor=anchor, fill=svg.QUIET))
    return drawn


def _utc(at: datetime) -> str:
    return f"{day(at)}, {at.astimezone(UTC):%H:%M} UTC"


def _read(row: Moment) -> str:
    was = f", before {_utc(row.was)}" if row.was else ""
    return f"{svg.named(row.name)} {_utc(row.at)}{was}"
