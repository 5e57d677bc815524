"""How the teams of a board compare with its baseline, from the values that the board shows.

A team and the baseline differ beyond noise if the interval of their difference excludes 0. Where
only the 95 % interval of each is known, the one of the difference a - b follows from them (MOVER;
Newcombe 1998, Zou and Donner 2008): its lower end is (a - b) - sqrt((a - low_a)² + (high_b - b)²),
so z = 1.96 (a - b) / sqrt((a - low_a)² + (high_b - b)²), and the same with the other ends where b
is better. Holm's correction at 5 % is over the teams. This takes the two as independent: entries
that were scored on the same rows mostly err together, so it finds fewer differences than a paired
test would, not more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, hypot, isfinite, sqrt

from leaderboard.separation import ALPHA
from scoring.comparison import holm

Z = 1.959964
"""How many standard errors the end of a 95 % interval is from its middle."""


@dataclass(frozen=True)
class Shown:
    """An entry as a board shows it; without an interval it cannot be tested."""

    name: str
    score: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Verdict:
    """Teams by how they compare with the baseline, in the order given.

    `ahead` and `behind` by more than noise, `match` by no more than it; `untested` without a test.
    """

    ahead: tuple[Shown, ...]
    match: tuple[Shown, ...]
    behind: tuple[Shown, ...]
    untested: tuple[Shown, ...]


def compare_with(baseline: Shown, teams: Sequence[Shown], higher_is_better: bool) -> Verdict:
    """Which teams differ from the baseline beyond noise."""
    found: dict[str, list[Shown]] = {name: [] for name in Verdict.__dataclass_fields__}
    p_values = [p_value(team, baseline) for team in teams]
    for team, p in zip(teams, holm(p_values), strict=True):
        is_better = team.score > baseline.score if higher_is_better else team.score < baseline.score
        if p is None:
            found["untested"].append(team)
        elif p > ALPHA:
            found["match"].append(team)
        else:
            found["ahead" if is_better else "behind"].append(team)
    return Verdict(**{name: tuple(each) for name, each in found.items()})


def p_value(a: Shown, b: Shown) -> float | None:
    """The two-sided p-value of no difference, None if one has no interval or it has no width."""
    upper, lower = (a, b) if a.score >= b.score else (b, a)
    if upper.low is None or lower.high is None:
        return None
    width = hypot(max(upper.score - upper.low, 0.0), max(lower.high - lower.score, 0.0))
    return erfc(Z * (upper.score - lower.score) / width / sqrt(2)) if width > 0 else None


def headroom_left(
    best: float | None, start: float | None, ceiling: float | None, higher_is_better: bool
) -> float | None:
    """The share of the way from `start` to the ceiling that the best score leaves to go.

    Above 1 where the best is worse than the start, below 0 beyond an estimated ceiling. None where
    a value is not known or the start has nothing above it.
    """
    if best is None or start is None or ceiling is None or not isfinite(ceiling):
        return None
    sign = 1 if higher_is_better else -1
    whole = sign * (ceiling - start)
    return sign * (ceiling - best) / whole if whole > 0 else None
