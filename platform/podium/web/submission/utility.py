"""A figure of how one threshold serves several groups of pairs."""

from figures.words import number
from podium.standings.feedback import DisplayedCurve

# The inside of the axes in the units of the figure's view box.
LEFT, TOP, WIDTH, HEIGHT = 34, 12, 230, 180
TICKS = (0.0, 0.5, 1.0)
_BASELINE = 4  # offset of a text below the middle of its line
_ROOM = 14  # between the names of two curves that end close to each other


def utility_figure(curves: list[DisplayedCurve]) -> dict[str, object] | None:
    """Return the figure of two or more curves: the best and the worst stand out by name."""
    if len(curves) < 2:
        return None
    ordered = sorted(curves, key=_mean)
    worst, best = ordered[0], ordered[-1]
    names = _names(best, worst)
    return {
        "lines": [_line(each) for each in ordered[1:-1]],
        "marked": [
            {"name": name, "y": y, "points": _line(each)}
            for each, (name, y) in zip((best, worst), names, strict=True)
        ],
        "ticks": [{"label": number(tick, 1), "y": _y(tick)} for tick in TICKS],
        "best": _said(best),
        "worst": _said(worst),
        "others": len(ordered) - 2,
    }


def _mean(curve: DisplayedCurve) -> float:
    return sum(curve.utility) / len(curve.utility)


def _said(curve: DisplayedCurve) -> dict[str, str]:
    return {"name": curve.name, "mean": number(_mean(curve), 2)}


def _names(best: DisplayedCurve, worst: DisplayedCurve) -> list[tuple[str, float]]:
    """Return both names with the heights of their texts, which do not overlap."""
    high, low = (_y(each.utility[-1]) + _BASELINE for each in (best, worst))
    if abs(high - low) < _ROOM:
        middle = (high + low) / 2
        high, low = middle - _ROOM / 2, middle + _ROOM / 2
    return [(_cut(best.name), round(high, 1)), (_cut(worst.name), round(low, 1))]


def _cut(name: str) -> str:
    return name if len(name) <= 18 else name[:17] + "…"


def _line(curve: DisplayedCurve) -> str:
    last = len(curve.utility) - 1
    return " ".join(
        f"{LEFT + WIDTH * place / last:.1f},{_y(each):.1f}"
        for place, each in enumerate(curve.utility)
    )


def _y(value: float) -> float:
    return round(TOP + HEIGHT * (1 - value), 1)
