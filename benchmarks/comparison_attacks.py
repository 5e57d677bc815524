"""What a team learns by comparing its own submissions, as a part of `benchmarks.attacks`.

With more than two classes a file can name a hopeless one, and so be right in chosen rows only. What
two files have right together is then a count on the rows that both chose. Files for the rows and
for the columns of a grid so ask about as many cells as they have pairs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leaderboard import round_to_step

Bits = npt.NDArray[np.bool_]
Random = np.random.Generator

PAIRS_A_DAY, FILES_A_DAY = 20, 5
"""How many pairs the site compares for a team, and the daily limit of the sample challenge."""


class Comparisons:
    """What the site says of pairs of files: the share of rows that both have right, in steps.

    `truth` says where the attacker's first guess is right. With `gated`, only files that raised the
    score by a step are compared, and a limited number of pairs a day.
    """

    def __init__(self, truth: Bits, step: float, *, gated: bool) -> None:
        self.truth, self.step, self.gated = truth, step, gated
        self.files: list[Bits] = []
        self.raised: list[bool] = []
        self.best = -np.inf
        self.asked = 0

    def send(self, chosen: Bits) -> int:
        """The number of a new file with the first guess in the chosen rows."""
        score = float(np.mean(self.truth & chosen))
        is_better = score >= self.best + self.step
        self.best = score if is_better else self.best
        self.files.append(chosen)
        self.raised.append(is_better)
        return len(self.files) - 1

    def both(self, one: int, other: int) -> float | None:
        """The share of rows that two files have right; None if it is not shown."""
        if self.gated:
            self.asked += 1
            most = PAIRS_A_DAY * -(-len(self.files) // FILES_A_DAY)
            if self.asked > most or not (self.raised[one] and self.raised[other]):
                return None
        share = float(np.mean(self.truth & self.files[one] & self.files[other]))
        return round_to_step(share, self.step) if self.step else share


def compared(site: Comparisons, rows: int, submissions: int, random: Random) -> Bits:
    """Where the first guess is right, as far as pairs of files show it.

    In steps, all files have rows in common with which one right row more is seen. To raise the
    score, each file of a gated site has a step's worth of rows more than the one before it.
    """
    order = random.permutation(rows)
    guess = random.random(rows) < 0.5
    base = _edge(site, order)
    left = order[~base[order]]
    growth, asked = np.split(left, [len(left) // 2 if site.gated else 0])
    each = 2 * site.step * rows
    side = (submissions - len(site.files)) // 2
    cells = np.arange(len(asked)) % side**2
    sent: tuple[list[int], list[int]] = [], []
    for line in range(side):
        for files, of in zip(sent, (cells // side, cells % side), strict=True):
            grown = growth[: round(len(site.files) * each)]
            files.append(site.send(base | _among(grown, rows) | _among(asked[of == line], rows)))
    for cell in range(min(side**2, len(asked))):
        first, second = sent[0][cell // side], sent[1][cell % side]
        shown = site.both(first, second)
        if shown is None:
            continue
        members = asked[cells == cell]
        known = min(round(min(first, second) * each), len(growth))
        middle = (known + len(members)) / 2 / rows
        if shown != middle:
            guess[members] = shown > middle
    return guess


def _edge(site: Comparisons, order: npt.NDArray[np.intp]) -> Bits:
    """The first rows of an order with which two files show nothing in common, but nearly do."""
    rows = len(order)
    if not site.step or site.gated:
        return np.zeros(rows, dtype=np.bool_)
    everything = site.send(np.ones(rows, dtype=np.bool_))
    low, high = 0, rows
    while high - low > 1:
        middle = min((low + high) // 2, low + round(2 * site.step * rows))
        if site.both(everything, site.send(_among(order[:middle], rows))):
            high = middle
        else:
            low = middle
    return _among(order[:low], rows)


def _among(chosen: npt.NDArray[np.intp], rows: int) -> Bits:
    found = np.zeros(rows, dtype=np.bool_)
    found[chosen] = True
    return found
