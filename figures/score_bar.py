"""Where one score is between the trivial prediction and the best score of a board."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures import svg, words
from figures.axes import Scale, bounds, spread
from figures.svg import drawable

ABOVE, TRACK, BELOW, TALL = 14, 30, 56, 64
THICK = 8


@dataclass(frozen=True)
class ScoreBar:
    """A score with its interval and what it is compared with, as they may be shown.

    None or NaN = not known. `marks` are other scores with their names, for example trivial,
    AutoGluon and the best of the board.
    """

    score: float
    low: float | None = None
    high: float | None = None
    marks: tuple[tuple[str, float | None], ...] = ()
    higher_is_better: bool = True
    decimals: int = 3


def score_bar(name: str, title: str, bar: ScoreBar, *, width: int = svg.WIDTH) -> str:
    """One track with the better end at the right: the score as a dot, its interval as a line.

    Marks are strokes with their values below. Empty string without any mark that is known.
    """
    marks = [(text, at) for text, value in bar.marks if (at := drawable(value)) is not None]
    if not marks:
        return ""
    low, high = drawable(bar.low), drawable(bar.high)
    values = [bar.score, *(at for _, at in marks), *(end for end in (low, high) if end is not None)]
    ends = bounds(values)
    scale = Scale(*(ends if bar.higher_is_better else ends[::-1]), 6, width - 6)
    body = [svg.rect((0, TRACK - THICK / 2, width, THICK), fill=svg.TRACK)]
    body += _marks(marks, scale, bar.decimals, width)
    if low is not None and high is not None:
        across = (scale(low), TRACK), (scale(high), TRACK)
        body.append(svg.line(*across, stroke=svg.ACCENT, width=3))
    body.append(svg.dot(scale(bar.score), TRACK, fill=svg.ACCENT, radius=6))
    text = f"{words.number(bar.score, bar.decimals)} this submission"
    half = svg.width_of(text) / 2
    middle = min(max(scale(bar.score), half), width - half)
    body.append(svg.label(middle, ABOVE, text, anchor="middle", fill=svg.ACCENT))
    return svg.frame(name, title, _description(bar, marks), (width, TALL), body)


def _marks(
    marks: Sequence[tuple[str, float]], scale: Scale, decimals: int, width: int
) -> list[str]:
    texts = [f"{words.number(value, decimals)} {svg.named(text)}" for text, value in marks]
    sizes = [svg.width_of(text) + 10 for text in texts]
    middles = spread([scale(value) for _, value in marks], sizes, 0, width)
    body = []
    for (_, value), text, middle in zip(marks, texts, middles, strict=True):
        ends = (scale(value), TRACK - 9), (scale(value), TRACK + 9)
        body.append(svg.line(*ends, stroke=svg.INK, width=1.5))
        body.append(svg.label(middle, BELOW, text, anchor="middle", fill=svg.QUIET))
    return body


def _description(bar: ScoreBar, marks: Sequence[tuple[str, float]]) -> str:
    ends = ""
    if drawable(bar.low) is not None and drawable(bar.high) is not None:
        ends = f" ({words.number(bar.low, bar.decimals)} to {words.number(bar.high, bar.decimals)})"
    others = "; ".join(
        f"{svg.named(text)} {words.number(value, bar.decimals)}" for text, value in marks
    )
    return f"This submission {words.number(bar.score, bar.decimals)}{ends}; {others}."
