"""The headroom of each task: from the trivial submission to the ceiling."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import svg, words
from figures.axes import Scale, spread
from figures.svg import drawable

BEST, TRACK, UNDER, ROW = 44, 58, 82, 104
THICK = 8
INSET = 6


@dataclass(frozen=True)
class Headroom:
    """A task's scores as they may be shown: trivial submission, best entry, baseline, ceiling.

    None or NaN = not known. `base` is the score of the trivial submission; scores of this task are
    shown with `decimals`.
    """

    task: str
    base: float | None
    best: float | None
    best_by: str = ""
    baseline: float | None = None
    ceiling: float | None = None
    higher_is_better: bool = True
    decimals: int = 3


def headroom_bars(
    name: str, title: str, rows: Sequence[Headroom], *, width: int = svg.WIDTH
) -> str:
    """A track per task, each on its own scale with the better end at the right.

    It ends at the ceiling if that is known and is dotted at its end otherwise. Unknown values have
    no mark, and a task without a score says so. Empty string without tasks.
    """
    if not rows:
        return ""
    lines = [_gaps(row) for row in rows]
    # If task and gaps do not fit on one line, the gaps are on the next.
    is_narrow = width < svg.NARROW
    height = ROW + 18 * is_narrow
    body = []
    for place, (row, gaps) in enumerate(zip(rows, lines, strict=True)):
        y = height * place
        room = width if is_narrow else width - svg.width_of(gaps) - 24
        body.append(svg.label(0, y + 16, svg.cut(row.task, room / svg.BOLD), bold=True))
        if is_narrow:
            body.append(svg.label(0, y + 34, svg.cut(gaps, width), fill=svg.QUIET))
        else:
            body.append(svg.label(width, y + 16, gaps, anchor="end", fill=svg.QUIET))
        body += _track(row, y + 18 * is_narrow, width)
    description = ". ".join(_description(row) for row in rows) + "."
    return svg.sheet(name, title, description, (width, height * len(rows) - 8), body)


def _track(row: Headroom, y: float, width: int) -> list[str]:
    base, best, baseline, ceiling = map(drawable, (row.base, row.best, row.baseline, row.ceiling))
    if base is None and best is None and baseline is None and ceiling is None:
        return []
    scale = _scale([base, best, baseline], ceiling, row.higher_is_better, width)
    start, middle = scale.start if base is None else scale(base), y + TRACK
    last = scale.end if ceiling is not None else scale.end - 40
    body = [svg.rect((scale.start, middle - THICK / 2, last - scale.start, THICK), fill=svg.TRACK)]
    if ceiling is None:
        ends = (last + 4, middle), (scale.end, middle)
        body.append(svg.line(*ends, width=2, dash=svg.DOTTED, cap="round"))
    if best is not None and scale(best) > start:
        long = scale(best) - start
        body.append(
            svg.rect((start, middle - THICK / 2, long, THICK), fill=svg.ACCENT, opacity=0.4)
        )
    marks = [("trivial", base), ("baseline", baseline), ("ceiling", ceiling)]
    known = [(text, at) for text, at in marks if at is not None]
    body += _marks(known, scale, y, row.decimals, width)
    return body + (_best(row, best, scale, y, width) if best is not None else [])


def _scale(
    given: Sequence[float | None], ceiling: float | None, higher_is_better: bool, width: int
) -> Scale:
    """From the worst known value to the ceiling, or beyond the best if there is none.

    An entry may be above an estimated ceiling and below the trivial submission.
    """
    sign = 1 if higher_is_better else -1
    values = [sign * value for value in [*given, ceiling] if value is not None]
    low, high = min(values), max(values)
    span = (high - low) or max(abs(high), 1.0) * 0.1
    top = high if ceiling is not None and high > low else high + span / 4
    return Scale(sign * low, sign * top, INSET, width - INSET)


def _marks(
    marks: Sequence[tuple[str, float]], scale: Scale, y: float, decimals: int, width: int
) -> list[str]:
    """A stroke through the track for each value, and its text below, pushed apart."""
    texts = [f"{words.number(value, decimals)} {mark}" for mark, value in marks]
    sizes = [svg.width_of(text) + 10 for text in texts]
    middles = spread([scale(value) for _, value in marks], sizes, 0, width)
    body = []
    for (mark, value), text, middle in zip(marks, texts, middles, strict=True):
        x = scale(value)
        dash = "3 2" if mark == "baseline" else ""
        ends = (x, y + TRACK - 9), (x, y + TRACK + 9)
        body.append(svg.line(*ends, stroke=svg.INK, width=1.5, dash=dash))
        body.append(svg.label(middle, y + UNDER, text, anchor="middle", fill=svg.QUIET))
    return body


def _best(row: Headroom, best: float, scale: Scale, y: float, width: int) -> list[str]:
    value = words.number(best, row.decimals)
    text = f"{value} {svg.cut(row.best_by or 'best entry', width - svg.width_of(value) - 20)}"
    x, half = scale(best), svg.width_of(text) / 2
    middle = min(max(x, half), width - half)
    return [
        svg.dot(x, y + TRACK, fill=svg.ACCENT, radius=5),
        svg.label(middle, y + BEST, text, anchor="middle", fill=svg.ACCENT),
    ]


def _gaps(row: Headroom) -> str:
    """How far the best entry is from the baseline and from the ceiling, in a few words."""
    best, baseline, ceiling = map(drawable, (row.best, row.baseline, row.ceiling))
    if best is None:
        return "no score yet"
    sign = 1 if row.higher_is_better else -1
    gaps = []
    if baseline is not None:
        gain = sign * (best - baseline)
        way = "ahead of" if gain >= 0 else "behind"
        gaps.append(f"{words.number(abs(gain), row.decimals)} {way} baseline")
    if ceiling is not None:
        lack = sign * (ceiling - best)
        way = "to ceiling" if lack >= 0 else "beyond ceiling"
        gaps.append(f"{words.number(abs(lack), row.decimals)} {way}")
    else:
        gaps.append("ceiling not known")
    return " · ".join(gaps)


def _description(row: Headroom) -> str:
    values = [("trivial", row.base), ("baseline", row.baseline), ("best", row.best)]
    texts = [f"{kind} {words.number(drawable(value), row.decimals)}" for kind, value in values]
    if row.best_by and drawable(row.best) is not None:
        texts[-1] += f" by {svg.named(row.best_by)}"
    texts.append(f"ceiling {words.number(drawable(row.ceiling), row.decimals)}")
    return f"{svg.named(row.task)}: {', '.join(texts)}; {_gaps(row)}"
