"""Teams that change one to three rows between files, again and again: they ask for single labels.

A single changed row moves the score only if its label matters, so a series of such files
reads labels off the board. Honest files seldom differ by so little: another seed or one more
feature moves many rows. On an easy or small test set they may, so what a team does is compared with
how often the other teams do it.
"""

from bisect import bisect_right
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from leaderboard.tails import binomial_tail

FEW = 3
FEWEST_PAIRS = 5
USUAL = 0.02
"""The share of honest pairs that differ in few rows, at least: nobody is compared with less."""
ALPHA = 1e-3
SERIES = 3
"""A team with fewer pairs says nothing about what is usual."""

Codes = npt.NDArray[np.int32]
Team = TypeVar("Team", bound=Hashable)


@dataclass(frozen=True)
class Prober(Generic[Team]):
    """A team with `few` files that differ in few rows, among `pairs` that were compared.

    `usual` is the share of such pairs to be expected, and `p` how probable at least `few` are.
    """

    team: Team
    few: int
    pairs: int
    usual: float
    p: float


def few_rows(rows: int) -> int:
    """Return up to how many changed rows are few in a test set: three, one in small sets."""
    return max(1, min(FEW, rows // 100))


def changed(before: Codes, after: Codes) -> int:
    """Return in how many rows two files (n,) decide differently."""
    return int((before != after).sum())


def moved(before: Codes, after: Codes) -> int:
    """Return how many rows at least moved between two rankings (n,), given as dense ranks.

    Moving one row shifts the ranks of many others. The rows that stay are the longest chain in
    which order and ties are the same.
    """
    if np.array_equal(before, after):
        return 0
    return len(before) - min(_longest(before, after), _longest(after, before))


def _longest(first: Codes, second: Codes) -> int:
    """Return the length of the longest chain that rises in both, with all ties of `first`.

    Within such a tie the rows come by falling `second`, so a chain holds only equal ones of it.
    """
    ends: list[int] = []
    for rank in second[np.lexsort((-second, first))].tolist():
        place = bisect_right(ends, rank)
        ends[place : place + 1] = [rank]
    return len(ends)


def probers(changes: Mapping[Team, Sequence[int]], rows: int) -> list[Prober[Team]]:
    """Return the teams that probe, the least probable first.

    `changes` are for each team the numbers of rows in which a file differs from one just before it;
    `rows` is the size of the test set. Equal files (0) say nothing.
    """
    most = few_rows(rows)
    counted = {team: [n for n in given if n > 0] for team, given in changes.items()}
    few = {team: sum(n <= most for n in given) for team, given in counted.items()}
    shares = sorted(
        (few[team] / len(given), str(team))
        for team, given in counted.items()
        if len(given) >= SERIES
    )
    found = []
    for team, given in counted.items():
        if few[team] < FEWEST_PAIRS:
            continue
        usual = _usual([share for share, name in shares if name != str(team)])
        p = binomial_tail(few[team], len(given), usual)
        if p < ALPHA:
            found.append(Prober(team, few[team], len(given), usual, p))
    return sorted(found, key=lambda each: each.p)


def _usual(shares: Sequence[float]) -> float:
    """Return what is usual among others: their median, which a few accomplices do not move."""
    return max(USUAL, median(shares)) if shares else USUAL
