"""Two figures in the square of shares: precision by recall, and outcome by stated confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import svg, words
from figures.axes import Scale

TALL = 240
AXIS = 46
LEFT, RIGHT = 36, 14
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
FEW = 24  # up to this many points are drawn as dots; more would run together
SMALLEST, LARGEST = 3.0, 9.0


@dataclass(frozen=True)
class Stated:
    """Predictions with a mean `confidence`; the share `outcome` of them came true.

    `share` is their share of all rows.
    """

    confidence: float
    outcome: float
    share: float


def precision_recall(
    name: str, title: str, points: Sequence[tuple[float, float]], matches: float, *,
    width: int = svg.WIDTH,
) -> str:  # fmt: skip
    """Precision over recall, as (recall, precision) with recall rising; the line of chance.

    `matches` is the share of matches: the precision of a random order. Empty string without points.
    """
    if not points:
        return ""
    x, y = _scales(width)
    body = _grid(x, y, ("recall", "precision"))
    # Near the bottom the label goes above the line, otherwise below it.
    below = 16 if matches > 0.12 else -6
    body.append(svg.line((x.start, y(matches)), (x.end, y(matches)), dash=svg.DASHED))
    body.append(svg.label(x.start + 8, y(matches) + below, "random", fill=svg.QUIET))
    at = [(x(recall), y(precision)) for recall, precision in points]
    path = "L".join(f"{svg.coord(left)} {svg.coord(top)}" for left, top in at)
    body.append(
        f'<path d="M{path}" stroke="{svg.ACCENT}" stroke-width="2" stroke-linejoin="round"/>'
    )
    if len(at) <= FEW:
        body += [svg.dot(*each, fill=svg.ACCENT) for each in at]
    few = [points[place * (len(points) - 1) // 10] for place in range(11)]
    descriptions = [
        f"recall {words.number(recall, 2)}, precision {words.number(precision, 2)}"
        for recall, precision in dict.fromkeys(few)
    ]
    descriptions.append(f"random has precision {words.number(matches, 2)}")
    return svg.sheet(name, title, "; ".join(descriptions) + ".", (width, y.start + AXIS), body)


def reliability(name: str, title: str, bins: Sequence[Stated], *, width: int = svg.WIDTH) -> str:
    """Observed outcome over stated confidence, a dot per bin sized by its share of the rows.

    On the diagonal both agree; a thin line leads from it to each dot. Empty string
    without bins.
    """
    if not bins:
        return ""
    x, y = _scales(width)
    body = _grid(x, y, ("confidence", "share that is right"))
    body.append(svg.line((x(0), y(0)), (x(1), y(1)), dash=svg.DASHED))
    largest = max(each.share for each in bins) or 1.0
    for each in bins:
        left = x(each.confidence)
        ends = (left, y(each.confidence)), (left, y(each.outcome))
        body.append(svg.line(*ends, stroke=svg.ACCENT, width=1.5))
        radius = SMALLEST + (LARGEST - SMALLEST) * (each.share / largest) ** 0.5
        body.append(svg.dot(left, y(each.outcome), fill=svg.ACCENT, radius=radius))
    description = "; ".join(
        f"confidence {words.number(each.confidence, 2)}, right {words.number(each.outcome, 2)}, "
        f"{words.number(each.share, 2)} of the rows"
        for each in bins
    )
    return svg.sheet(name, title, f"{description}.", (width, y.start + AXIS), body)


def _scales(width: int) -> tuple[Scale, Scale]:
    top = LARGEST + 3
    return Scale(0, 1, LEFT, width - RIGHT), Scale(0, 1, top + TALL, top)


def _grid(x: Scale, y: Scale, titles: tuple[str, str]) -> list[str]:
    across, up = titles
    body = []
    for tick in TICKS:
        text = words.number(tick, 1)
        body.append(svg.line((x.start, y(tick)), (x.end, y(tick)), stroke=svg.GRID))
        body.append(svg.label(x.start - 8, y(tick) + 4.5, text, anchor="end", fill=svg.QUIET))
        body.append(svg.line((x(tick), y.start), (x(tick), y.start + 4)))
        body.append(svg.label(x(tick), y.start + 18, text, anchor="middle", fill=svg.QUIET))
    body.append(svg.line((x.start, y.start), (x.end, y.start)))
    body.append(svg.label(x.end, y.start + 40, across, anchor="end", fill=svg.QUIET))
    body.append(svg.label(x.start + 6, y.end + 4, up, fill=svg.QUIET))
    return body
