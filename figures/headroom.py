"""How much each task leaves to be won: from the trivial submission to the ceiling."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import paper
from figures.axes import Scale, spread
from figures.paper import known

BEST, TRACK, UNDER, ROW = 44, 58, 82, 104
THICK = 8
INSET = 6


@dataclass(frozen=True)
class Headroom:
    """A task's scores as they may be shown: trivial submission, best entry, baseline, ceiling.

    None or NaN = not known. `base` is the score of the trivial submission, `decimals` how many a
    score of this task is shown with.
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
    name: str, title: str, rows: Sequence[Headroom], *, width: int = paper.WIDTH
) -> str:
    """A track per task, each on its own scale with the better end at the right.

    It ends at the ceiling where that is known and is dotted at its end where it is not. What is
    not known has no mark, and a task without a score says so. Empty string without tasks.
    """
    if not rows:
        return ""
    lines = [_gaps(row) for row in rows]
    # Where task and gaps do not fit on one line, the gaps have the next.
    is_narrow = width < paper.NARROW
    height = ROW + 18 * is_narrow
    body = []
    for place, (row, gaps) in enumerate(zip(rows, lines, strict=True)):
        y = height * place
        room = width if is_narrow else width - paper.width_of(gaps) - 24
        body.append(paper.label(0, y + 16, paper.cut(row.task, room / paper.BOLD), bold=True))
        if is_narrow:
            body.append(paper.label(0, y + 34, paper.cut(gaps, width), fill=paper.QUIET))
        else:
            body.append(paper.label(width, y + 16, gaps, anchor="end", fill=paper.QUIET))
        body += _track(row, y + 18 * is_narrow, width)
    told = ". ".join(_told(row) for row in rows) + "."
    return paper.sheet(name, title, told, (width, height * len(rows) - 8), body)


def _track(row: Headroom, y: float, width: int) -> list[str]:
    base, best, baseline, ceiling = map(known, (row.base, row.best, row.baseline, row.ceiling))
    if base is None and best is None and baseline is None and ceiling is None:
        return []
    scale = _scale([base, best, baseline], ceiling, row.higher_is_better, width)
    start, middle = scale.start if base is None else scale(base), y + TRACK
    last = scale.end if ceiling is not None else scale.end - 40
    body = [paper.box(scale.start, middle - THICK / 2, last - scale.start, THICK, fill=paper.TRACK)]
    if ceiling is None:
        ends = (last + 4, middle), (scale.end, middle)
        body.append(paper.line(*ends, width=2, dash=paper.DOTTED, cap="round"))
    if best is not None and scale(best) > start:
        long = scale(best) - start
        body.append(
            paper.box(start, middle - THICK / 2, long, THICK, fill=paper.ACCENT, opacity=0.4)
        )
    marks = [("trivial", base), ("baseline", baseline), ("ceiling", ceiling)]
    told = [(said, at) for said, at in marks if at is not None]
    body += _marks(told, scale, y, row.decimals, width)
    return body + (_best(row, best, scale, y, width) if best is not None else [])


def _scale(
    given: Sequence[float | None], ceiling: float | None, higher_is_better: bool, width: int
) -> Scale:
    """From the worst known value to the ceiling, or to beyond the best where there is none.

    An entry may be above a ceiling that was only estimated, and below the trivial submission.
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
    texts = [f"{paper.number(value, decimals)} {said}" for said, value in marks]
    sizes = [paper.width_of(text) + 10 for text in texts]
    middles = spread([scale(value) for _, value in marks], sizes, 0, width)
    body = []
    for (said, value), text, middle in zip(marks, texts, middles, strict=True):
        x = scale(value)
        dash = "3 2" if said == "baseline" else ""
        ends = (x, y + TRACK - 9), (x, y + TRACK + 9)
        body.append(paper.line(*ends, stroke=paper.INK, width=1.5, dash=dash))
        body.append(paper.label(middle, y + UNDER, text, anchor="middle", fill=paper.QUIET))
    return body


def _best(row: Headroom, best: float, scale: Scale, y: float, width: int) -> list[str]:
    value = paper.number(best, row.decimals)
    text = f"{value} {paper.cut(row.best_by or 'best entry', width - paper.width_of(value) - 20)}"
    x, half = scale(best), paper.width_of(text) / 2
    middle = min(max(x, half), width - half)
    return [
        paper.dot(x, y + TRACK, fill=paper.ACCENT, radius=5),
        paper.label(middle, y + BEST, text, anchor="middle", fill=paper.ACCENT),
    ]


def _gaps(row: Headroom) -> str:
    """How far the best entry is from the baseline and from the ceiling, in few words."""
    best, baseline, ceiling = map(known, (row.best, row.baseline, row.ceiling))
    if best is None:
        return "no score yet"
    sign = 1 if row.higher_is_better else -1
    said = []
    if baseline is not None:
        gain = sign * (best - baseline)
        way = "ahead of" if gain >= 0 else "behind"
        said.append(f"{paper.number(abs(gain), row.decimals)} {way} baseline")
    if ceiling is not None:
        lack = sign * (ceiling - best)
        way = "to ceiling" if lack >= 0 else "beyond ceiling"
        said.append(f"{paper.number(abs(lack), row.decimals)} {way}")
    else:
        said.append("ceiling not known")
    return " · ".join(said)


def _told(row: Headroom) -> str:
    values = [("trivial", row.base), ("baseline", row.baseline), ("best", row.best)]
    said = [f"{kind} {paper.fraction(known(value), row.decimals)}" for kind, value in values]
    if row.best_by and known(row.best) is not None:
        said[-1] += f" by {paper.named(row.best_by)}"
    said.append(f"ceiling {paper.fraction(known(row.ceiling), row.decimals)}")
    return f"{paper.named(row.task)}: {', '.join(said)}; {_gaps(row)}"
