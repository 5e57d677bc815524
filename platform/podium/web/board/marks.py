"""The small marks in the rows of a board: sparkline, brackets of ties, movement, times."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.utils.safestring import SafeString, mark_safe

from figures.words import number, plural
from podium.web.base.markup import as_html, filled
from podium.web.base.templatetags.podium import ago, instant
from podium.web.board.history import Past

SPARK_WIDTH, SPARK_TOP, SPARK_BOTTOM = 64, 3, 17
LANE = 6
MOST_WIDTH = 24
HALF = 5


def spark(past: Past, start: datetime, end: datetime, decimals: int) -> SafeString:
    """Return a team's best scores over time as a small step chart; empty for fewer than two."""
    if len(past.scores) < 2:
        return mark_safe("")
    (first_at, first), (last_at, last) = past.scores[0], past.scores[-1]
    values = [score for _, score in past.scores]
    low, high = min(values), max(values)
    begin, pixels = start.timestamp(), SPARK_WIDTH / max((end - start).total_seconds(), 1)
    # A team that leaves the board and comes back may show the same score twice.
    if low < high:
        rise = (SPARK_BOTTOM - SPARK_TOP) / (high - low)
    else:
        low, rise = low - (SPARK_BOTTOM - SPARK_TOP) / 2, 1
    xs = [(at.timestamp() - begin) * pixels for at, _ in past.scores]
    if xs[0] < 0 or xs[-1] > SPARK_WIDTH:
        xs = [min(max(x, 0), SPARK_WIDTH) for x in xs]
    ys = [SPARK_BOTTOM - (score - low) * rise for score in values]
    places = [place for point in zip(xs, ys, strict=True) for place in point]
    # In one step: each number by itself takes longer than all else here.
    path = ("M%.1f %.1f" + "H%.1fV%.1f" * (len(values) - 1)) % tuple(places)
    text = (
        f"From {number(first, decimals)} on {day(first_at)} to {number(last, decimals)} on "
        f"{day(last_at)}, {plural(past.count, 'score')}"
    )
    return filled(
        '<svg class="spark" viewBox="0 0 64 20" role="img"><title>{}</title>'
        '<path d="{}H{}"/><circle cx="{}" cy="{}" r="2"/></svg>',
        *(text, path, SPARK_WIDTH, SPARK_WIDTH, f"{ys[-1]:.1f}"),
    )


def whisker(places: tuple[float, ...], reference: float | None, text: str) -> SafeString:
    """Return an interval with its point on a common scale, all in percent of it.

    `places` are low end, point and high end; `reference` is where the reference baseline stands.
    What is beyond the scale is cut, and an arrow points to it.
    """
    low, point, high = places
    first, last = f"{max(low, 0):.2f}%", f"{min(high, 100):.2f}%"
    span = f'<line class="span" x1="{first}" x2="{last}" y1="8" y2="8"/>'
    line = "" if reference is None else f"{reference:.2f}%"
    if line:
        line = f'<line class="reference" x1="{line}" x2="{line}" y1="-12" y2="28"/>'
    return mark_safe(  # noqa: S308  (numbers, and one escaped text)
        f'<svg class="whisker" role="img"><title>{as_html(text)}</title>'
        f'<line class="axis" x1="0" x2="100%" y1="8" y2="8"/>{line}'
        f"{span if low <= 100 and high >= 0 else ''}{_end(low)}{_end(high)}"
        f"{_BEFORE if low < 0 else ''}{_AFTER if high > 100 else ''}"
        f"{_point(point) if 0 <= point <= 100 else ''}</svg>"
    )


def _end(place: float) -> str:
    if not 0 <= place <= 100:
        return ""
    x = f"{place:.2f}%"
    return f'<line class="span" x1="{x}" x2="{x}" y1="5" y2="11"/>'


def _point(place: float) -> str:
    return f'<circle cx="{place:.2f}%" cy="8" r="3.5"/>'


_ARROW = '<text x="{}" y="12.5" text-anchor="{}" fill="currentColor">{}</text>'
_BEFORE, _AFTER = _ARROW.format("0", "start", "‹"), _ARROW.format("100%", "end", "›")


def moved(before: int | None, now: int | None, what: str) -> SafeString:
    """Return how many places a team rose or fell as an arrow with words; empty for none."""
    if before is None or now is None or before == now:
        return mark_safe("")
    sign, word = ("↑", "up") if now < before else ("↓", "down")
    return filled(
        '<span class="{}" title="{} {}: {}, before {}">{} {}<span class="hidden-text"> places {} '
        "{}</span></span>",
        *(word, word.title(), what, now, before, sign, abs(before - now), word, what),
    )


def since_when(at: datetime) -> SafeString:
    """Return a time as how long ago it was, with the time itself on hover."""
    zoned = at.astimezone(UTC)
    return filled(
        '<time datetime="{}" title="{} UTC" data-show="relative">{}</time>',
        *(instant(zoned), f"{zoned.day} {zoned:%B %Y, %H:%M}", ago(zoned)),
    )


def day(at: datetime) -> str:
    """Return a date in UTC, as 3 March 2026."""
    zoned = at.astimezone(UTC)
    return f"{zoned.day} {zoned:%B %Y}"


def lanes(brackets: Sequence[tuple[int, int]]) -> list[int]:
    """Return the lanes that brackets are drawn in, so that none touch.

    Brackets are first and last row, in the order of their first rows.
    """
    ends: list[int] = []
    found = []
    for first, last in brackets:
        lane = next((lane for lane, end in enumerate(ends) if end < first), len(ends))
        ends[lane : lane + 1] = [last]
        found.append(lane)
    return found


def ties(brackets: Sequence[tuple[int, int]], rows: range) -> Mapping[int, SafeString]:
    """Return the piece of the brackets drawn next to each of these rows, if any.

    A row is ten units high and a lane as many wide; the drawing is stretched to the row.
    """
    drawn = lanes(brackets)
    count = max(drawn, default=0) + 1
    width = min(LANE * count, MOST_WIDTH)
    pieces: dict[int, str] = {}
    for (first, last), lane in zip(brackets, drawn, strict=True):
        x = 10 * (count - lane) - HALF
        for row in range(max(first, rows.start), min(last + 1, rows.stop)):
            if row == first:
                piece = f"M{x + 4} 4H{x}V10"
            elif row == last:
                piece = f"M{x} 0V6H{x + 4}"
            else:
                piece = f"M{x} 0V10"
            pieces[row] = pieces.get(row, "") + piece
    return {
        row: filled(
            '<svg class="ties" width="{}" viewBox="0 0 {} 10" preserveAspectRatio="none" '
            'aria-hidden="true"><path d="{}"/></svg>',
            *(width, 10 * count, path),
        )
        for row, path in pieces.items()
    }
