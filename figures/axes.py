"""Scales, ticks of numbers and of times, and labels that do not overlap."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MINUTE, HOUR, DAY = 60, 3600, 86400
# The pixels between two texts with and without a time of day.
CLOCK, DATE = 104, 60
# An axis is cut to a part of the values where all of them need this much more room.
WORTH_CUTTING = 1.25
_FIXED = tuple(
    [count * MINUTE for count in (1, 5, 15)]
    + [count * HOUR for count in (1, 3, 6, 12)]
    + [count * DAY for count in (1, 2, 7, 14)]
)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True)
class Scale:
    """Maps values from `low` to `high` onto pixels from `start` to `end`, clipped at both."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return self.start + min(max(part, 0.0), 1.0) * (self.end - self.start)

    def all(self, values: Sequence[float]) -> list[float]:
        """Return the pixels of many values."""
        low, start = self.low, self.start
        first, last = min(start, self.end), max(start, self.end)
        pixels = (self.end - start) / (self.high - low)
        return [min(max(start + (value - low) * pixels, first), last) for value in values]


def bounds(values: Sequence[float], margin: float = 0.05) -> tuple[float, float]:
    """The lowest and highest value with a margin; equal values get some room around them."""
    low, high = min(values), max(values)
    room = (high - low) * margin
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-6):
        room = max(abs(high) * 0.05, 0.01)
    return low - room, high + room


def clamped(ends: tuple[float, float], limits: tuple[float, float] | None) -> tuple[float, float]:
    """The ends of an axis without what is beyond the limits, which no value can pass."""
    if limits is None:
        return ends
    low, high = max(ends[0], limits[0]), min(ends[1], limits[1])
    return (low, high) if low < high else ends


def race(core: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """The part of the values' range to draw so that the core has room: no more than its width on
    either side. All of it where that leaves out little, or where the core has no width.
    """
    low, high = min(values), max(values)
    if not core:
        return low, high
    first, last = min(core), max(core)
    room = last - first
    near = max(low, first - room), min(high, last + room)
    is_far = high - low > WORTH_CUTTING * (near[1] - near[0])
    return near if room > 0 and is_far else (low, high)


def ticks(low: float, high: float, most: int = 6) -> tuple[list[float], int]:
    """At most about `most` round values from low to high, and the decimals they need."""
    rough = (high - low) / max(most, 1)
    tenth: float = 10.0 ** math.floor(math.log10(rough))
    steps = [tenth * factor for factor in (1, 2, 5, 10)]
    step = next(step for step in steps if step >= rough * 0.999)
    if step > high - low:  # two of its multiples may have all of the range between them
        step = max(each for each in steps if each < step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [place * step for place in range(first, last + 1)], decimals


def date_ticks(start: datetime, end: datetime, width: float) -> list[tuple[datetime, str]]:
    """Round times (UTC) from start to end with short texts that fit into the width.

    Among months, January is labelled by its year, the others by their name.
    """
    span = (end - start).total_seconds()
    for step in _FIXED:
        if span / step * (CLOCK if step < DAY else DATE) <= width:
            return _fixed_ticks(start, end, step)
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    step = next((step for step in _MONTHS if months / step * DATE <= width), _MONTHS[-1])
    return _month_ticks(start, end, step)


def _fixed_ticks(start: datetime, end: datetime, step: int) -> list[tuple[datetime, str]]:
    # 5 January 1970 was a Monday, so steps of weeks begin on Mondays.
    zero = datetime(1970, 1, 5, tzinfo=UTC)
    first = math.ceil((start - zero).total_seconds() / step)
    last = math.floor((end - zero).total_seconds() / step)
    times = [zero + timedelta(seconds=place * step) for place in range(first, last + 1)]
    if step < DAY:
        return [(time, f"{_day(time)} {time:%H:%M}") for time in times]
    return [(time, _day(time)) for time in times]


def _month_ticks(start: datetime, end: datetime, step: int) -> list[tuple[datetime, str]]:
    first = math.ceil((start.year * 12 + start.month - 1) / step)
    last = (end.year * 12 + end.month - 1) // step
    months = [divmod(place * step, 12) for place in range(first, last + 1)]
    times = [datetime(year, month + 1, 1, tzinfo=UTC) for year, month in months]
    return [
        (time, str(time.year) if time.month == 1 else _NAMES[time.month - 1])
        for time in times
        if start <= time <= end
    ]


def day(time: datetime) -> str:
    """The date in UTC, as 3 Mar 2026."""
    time = time.astimezone(UTC)
    return f"{_day(time)} {time.year}"


def _day(time: datetime) -> str:
    return f"{time.day} {_NAMES[time.month - 1]}"


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Centres as near as possible to the wanted ones without overlap.

    Each item takes `sizes` pixels; all stay between low and high, in the order of their wanted
    centres. If they do not fit, they are squeezed evenly. (Isotonic regression of the wanted
    centres minus the room that earlier items take.)
    """
    total = sum(sizes)
    squeeze = min(1.0, (high - low) / total) if total else 1.0
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    offsets, taken = [], 0.0
    for place in order:
        size = sizes[place] * squeeze
        offsets.append(taken + size / 2)
        taken += size
    free = _rising([wanted[place] - offset for place, offset in zip(order, offsets, strict=True)])
    centres = [0.0] * len(order)
    for place, offset, value in zip(order, offsets, free, strict=True):
        centres[place] = min(max(value, low), max(high - taken, low)) + offset
    return centres


def _rising(values: Sequence[float]) -> list[float]:
    """The nearest non-decreasing series: neighbours that would fall get their mean."""
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            before, many = pools.pop()
            mean = (before * many + mean * count) / (many + count)
            count += many
        pools.append((mean, count))
    return [mean for mean, count in pools for _ in range(count)]
