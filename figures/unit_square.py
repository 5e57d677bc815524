"""Two figures in the square of shares: precision by recall, and outcome by stated confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import paper
from figures.axes import Scale

TALL = 240
AXIS = 46
LEFT, RIGHT = 36, 14
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
FEW = 24  # so many points are drawn as dots; more would run together
SMALLEST, LARGEST = 3.0, 9.0


@dataclass(frozen=True)
class Stated:
    """What was stated with a mean `confidence` and came true in the part `outcome` of its rows.

    `share` is the part of all rows that it rests on.
    """

    confidence: float
    outcome: float
    share: float


def precision_recall(
    name: str, title: str, points: Sequence[tuple[float, float]], matches: float, *,
    width: int = paper.WIDTH,
) -> str:  # fmt: skip
    """Precision over recall, as (recall, precision) with recall rising; the line of chance.

    `matches` is the share of matches: the precision of a random order. Empty string without points.
    """
    if not points:
        return ""
    x, y = _scales(width)
    body = _grid(x, y, ("recall", "precision"))
    # Near the ground the words stand above the line, otherwise below it.
    below = 16 if matches > 0.12 else -6
    body.append(paper.line((x.start, y(matches)), (x.end, y(matches)), dash=paper.DASHED))
    body.append(paper.label(x.start + 8, y(matches) + below, "a random order", fill=paper.QUIET))
    at = [(x(recall), y(precision)) for recall, precision in points]
    path = "L".join(f"{paper.n(left)} {paper.n(top)}" for left, top in at)
    body.append(
        f'<path d="M{path}" stroke="{paper.ACCENT}" stroke-width="2" stroke-linejoin="round"/>'
    )
    if len(at) <= FEW:
        body += [paper.dot(*each, fill=paper.ACCENT) for each in at]
    few = [points[place * (len(points) - 1) // 10] for place in range(11)]
    told = [
        f"recall {paper.number(recall, 2)}, precision {paper.number(precision, 2)}"
        for recall, precision in dict.fromkeys(few)
    ]
    told.append(f"a random order has precision {paper.number(matches, 2)}")
    return paper.sheet(name, title, "; ".join(told) + ".", (width, y.start + AXIS), body)


def reliability(name: str, title: str, bins: Sequence[Stated], *, width: int = paper.WIDTH) -> str:
    """What came true over what was stated, a dot per bin as large as its share of the rows.

    The diagonal is where both agree, and a thin line leads from it to each dot. Empty string
    without bins.
    """
    if not bins:
        return ""
    x, y = _scales(width)
    body = _grid(x, y, ("stated confidence", "came true"))
    body.append(paper.line((x(0), y(0)), (x(1), y(1)), dash=paper.DASHED))
    largest = max(each.share for each in bins) or 1.0
    for each in bins:
        left = x(each.confidence)
        ends = (left, y(each.confidence)), (left, y(each.outcome))
        body.append(paper.line(*ends, stroke=paper.ACCENT, width=1.5))
        radius = SMALLEST + (LARGEST - SMALLEST) * (each.share / largest) ** 0.5
        body.append(paper.dot(left, y(each.outcome), fill=paper.ACCENT, radius=radius))
    told = "; ".join(
        f"stated {paper.number(each.confidence, 2)}, came true {paper.number(each.outcome, 2)}, "
        f"{paper.number(each.share, 2)} of the rows"
        for each in bins
    )
    return paper.sheet(name, title, f"{told}.", (width, y.start + AXIS), body)


def _scales(width: int) -> tuple[Scale, Scale]:
    top = LARGEST + 3
    return Scale(0, 1, LEFT, width - RIGHT), Scale(0, 1, top + TALL, top)


def _grid(x: Scale, y: Scale, titles: tuple[str, str]) -> list[str]:
    across, up = titles
    body = []
    for tick in TICKS:
        text = paper.number(tick, 1)
        body.append(paper.line((x.start, y(tick)), (x.end, y(tick)), stroke=paper.GRID))
        body.append(paper.label(x.start - 8, y(tick) + 4.5, text, anchor="end", fill=paper.QUIET))
        body.append(paper.line((x(tick), y.start), (x(tick), y.start + 4)))
        body.append(paper.label(x(tick), y.start + 18, text, anchor="middle", fill=paper.QUIET))
    body.append(paper.line((x.start, y.start), (x.end, y.start)))
    said = f"across: {across} · up: {up}"
    body.append(paper.label(x.start, y.start + 40, said, fill=paper.QUIET))
    return body
