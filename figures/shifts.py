"""From public to private rank: the teams that rose and fell when the private rows counted."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import svg

ROW = 22
TOP = 32
MOST = 40
WAYS = {1: ("▲", svg.RISE, ""), -1: ("▼", svg.FALL, "6 3"), 0: ("=", svg.LINE, "")}


@dataclass(frozen=True)
class Shift:
    """A team's rank (1 = best) on the public and on the private board; None = it had none."""

    name: str
    before: int | None
    after: int | None


def shake_up(name: str, title: str, shifts: Sequence[Shift], *, width: int = svg.WIDTH) -> str:
    """The first 40 teams of the private board, each joined to its rank on the public one.

    Risers are green and solid, fallers red and dashed; both also have a mark and a number. On the
    left, teams are ordered by public rank, those beyond rank 40 at the bottom. Empty string if no
    team has both ranks.
    """
    both = [
        (shift.name, shift.before, shift.after)
        for shift in shifts
        if shift.before is not None and shift.after is not None
    ]
    if not both:
        return ""
    right = sorted(both, key=lambda item: (item[2], item[1]))[:MOST]
    left = sorted(right, key=lambda item: (item[1], item[2]))
    starts = dict(zip(left, _slots([before for _, before, _ in left]), strict=True))
    ends = _slots([after for *_, after in right])
    room = width * (0.36 if width < svg.NARROW else 0.3)
    body = [
        svg.label(0, 16, "public rank", fill=svg.QUIET),
        svg.label(width, 16, "private rank", anchor="end", fill=svg.QUIET),
    ]
    for item, end in zip(right, ends, strict=True):
        body += _slope(item, (_height(starts[item]), _height(end)), room, width)
    descriptions = [f"{svg.named(who)} from {before} to {after}" for who, before, after in right]
    more = f"; {len(both) - MOST} more teams are not shown" if len(both) > MOST else ""
    size = (width, _height(max(*starts.values(), *ends)) + ROW)
    return svg.sheet(name, title, "; ".join(descriptions) + more + ".", size, body)


def _slots(ranks: Sequence[int]) -> list[int]:
    """A row for each of these rising ranks: the rank itself, or the next free row below it.

    Ranks beyond the last one shown follow each other without gaps.
    """
    slots: list[int] = []
    for rank in ranks:
        slots.append(max(min(rank, MOST + 1), slots[-1] + 1 if slots else 1))
    return slots


def _height(slot: int) -> float:
    return TOP + ROW * (slot - 0.5)


def _slope(
    item: tuple[str, int, int], heights: tuple[float, float], room: float, width: int
) -> list[str]:
    who, before, after = item
    start, end = heights
    mark, stroke, dash = WAYS[(before > after) - (before < after)]
    change = f"{mark}{abs(before - after)}" if before != after else mark
    fill = svg.INK if before == after else stroke
    first, last = str(before), f"{after} {change}"
    names = [svg.cut(who, room - svg.width_of(text) - 14) for text in (first, last)]
    return [
        svg.label(0, start + 4.5, first, fill=svg.QUIET),
        svg.label(room - 8, start + 4.5, names[0], anchor="end"),
        svg.line((room, start), (width - room, end), stroke=stroke, width=1.5, dash=dash),
        svg.dot(room, start, fill=stroke, radius=3),
        svg.dot(width - room, end, fill=stroke, radius=3),
        svg.label(width - room + 8, end + 4.5, names[1]),
        svg.label(width, end + 4.5, last, anchor="end", fill=fill),
    ]
