"""How far a team lifts its public score above its private one by sending many files.

Scores are means over rows that are right or wrong. The model of an attacker: a file is right in
85 % of the rows; where it is wrong, a second guess is right half of the time; and wrong rows are
three times as likely as right ones to come next in the order of doubt. Nobody knows which rows are
public.

- An honest team sends variants of its file, each with the second guess in 2 % of the rows, and
  keeps the one with the best public score: what it gains is the luck of the draw.
- A patient team begins with a file on the edge of a step, sends it again and again with the second
  guess in a few rows, and puts all those changes together that were seen to help. This is adaptive
  reuse of a holdout (Blum & Hardt 2015, "The Ladder"; Dwork et al. 2015, "The reusable holdout");
  the size of the groups is the one that pays most.

Both are simulated, with fixed seeds, rather than bounded: the known bounds, of the order of
sqrt(k / n) for k files and n rows, are far above what this attacker reaches.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RIGHT, SECOND_RIGHT, DOUBT = 0.85, 0.5, 3.0
VARIED = 0.02
GROUPS = (1, 2, 3, 5, 10, 30, 100, 300)
EDGE = 12
"""Files that find the edge of a step: a few random ones, and a bisection between two of them."""
_REPEATS = 20

Effects = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """The test rows of a task: how many are public and private."""

    public: int
    private: int


@dataclass(frozen=True)
class Gain:
    """What a team won, as differences of scores between 0 and 1."""

    public: float
    private: float

    @property
    def beyond(self) -> float:
        """The part of the public gain that the private score does not share."""
        return self.public - self.private


def honest(rows: Rows, files: int) -> Gain:
    """What the luckiest of this many variants of one file gains over the first."""
    return _mean([_luckiest(*_drawn(rows, seed), files) for seed in range(_REPEATS)])


@functools.cache
def patient(rows: Rows, files: int, seen: float) -> Gain:
    """What a team gains with this many files where a gain of more than `seen` is shown.

    `seen` is 0 where a file on the edge of a step shows every row, and the threshold of a ladder.
    """
    tries = max(0, files - EDGE)
    gains = [
        _mean([_climbed(*_drawn(rows, seed), tries, size, seen) for seed in range(_REPEATS)])
        for size in GROUPS
    ]
    # An attacker who wins nothing keeps the first file.
    return max([Gain(0.0, 0.0), *gains], key=lambda gain: gain.public)


def _drawn(rows: Rows, seed: int) -> tuple[Effects, npt.NDArray[np.bool_]]:
    """What the second guess of each row changes (-1, 0, 1), most doubtful first; which are public.

    Both have shape (public + private,).
    """
    random = np.random.default_rng((rows.public, rows.private, seed))
    n = rows.public + rows.private
    wrong = random.random(n) >= RIGHT
    effects = np.where(wrong, random.random(n) < SECOND_RIGHT, -1)
    # Exponential clocks: a row that rings three times as fast comes first three times as often.
    order = np.argsort(random.exponential(size=n) / np.where(wrong, DOUBT, 1.0))
    return effects[order], (np.arange(n) < rows.public)[random.permutation(n)]


def _climbed(
    effects: Effects, public: npt.NDArray[np.bool_], tries: int, size: int, seen: float
) -> Gain:
    """The gain of all groups of this size, among the first ones, that were seen to help."""
    starts = np.arange(0, len(effects), size)
    shown = np.add.reduceat(np.where(public, effects, 0), starts)
    hidden = np.add.reduceat(np.where(public, 0, effects), starts)
    count = np.count_nonzero(public)
    kept = (shown > seen * count) & (np.arange(len(starts)) < tries)
    others = len(effects) - count
    return Gain(float(shown[kept].sum() / count), float(hidden[kept].sum() / max(1, others)))


def _luckiest(effects: Effects, public: npt.NDArray[np.bool_], files: int) -> Gain:
    random = np.random.default_rng((len(effects), files))
    rows, count = len(effects), np.count_nonzero(public)
    changed = random.integers(0, math.ceil(rows / 3), (files, max(1, round(VARIED * rows))))
    shown = np.where(public, effects, 0)[changed].sum(axis=1) / count
    hidden = np.where(public, 0, effects)[changed].sum(axis=1) / max(1, rows - count)
    best = int(np.argmax(shown))
    return Gain(float(shown[best]), float(hidden[best]))


def _mean(gains: list[Gain]) -> Gain:
    return Gain(
        float(np.mean([gain.public for gain in gains])),
        float(np.mean([gain.private for gain in gains])),
    )
