"""`python -m benchmarks.attacks`: how many hidden labels submissions recover by the scores shown.

The labels are n fair coins, so a guess without knowledge is right in half of the rows. An attacker
makes k submissions, sees what the feedback mode shows of each, and then guesses every label. The
guess's accuracy above one half is the gain; 2 · gain · n is the number of labels recovered: as many
known ones, with the others guessed, are right as often. The attacks:

- `log loss` and `brier`: the probabilities of some rows are chosen so that every combination of
  their labels gives another value (Whitehill 2017).
- `precision`: claim 50 rows, and the value is their number of matches; the labels that explain all
  the counts best are found by least squares. A file that claims one row shows its label.
- `comparisons`: with three classes or more, compare a team's own files pair by pair
  (`benchmarks.comparison_attacks`). A label then says whether the first of two guesses is right.
- `flips`: change a row, or some, and watch the headline. Against rounding, first find by bisection
  two files that differ in one row and in the value shown: from there every single row is seen.
- `boosting`: send random files and take the majority of the better half (Blum & Hardt 2015).
"""

from __future__ import annotations

import argparse
import functools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.comparison_attacks import Comparisons, compared
from leaderboard import feedback_step, ladder, round_to_step

Bits = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Random = np.random.Generator

CLIP = 1e-3
"""Probabilities are at least this in the log loss that is shown while labels are hidden."""
EXACT_STEP = 1e-3
"""What the mode `exact` rounds to, and no mode shows a log loss more finely."""
_DIGITS = 12
"""As many digits of a number are stored."""
_CLAIMED = 50
_REHEARSALS = 3
_BLOCKS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Board(Protocol):
    """What a feedback mode shows of the accuracy of one submission after the other."""

    def reply(self, guess: Bits) -> float:
        """The value shown after this submission."""


Attack = Callable[[Board, int, int, Random], Bits]
"""Board, rows, submissions and a source of chance to a guess of all labels."""


class Exact:
    """The accuracy to three decimals."""

    def __init__(self, truth: Bits) -> None:
        self.truth = truth

    def reply(self, guess: Bits) -> float:
        """The share of rows in which the guess is right."""
        return round_to_step(float(np.mean(guess == self.truth)), EXACT_STEP)


class Rounded(Exact):
    """The accuracy rounded to the step of a task with this many public rows."""

    def reply(self, guess: Bits) -> float:
        """The nearest multiple of the step."""
        return round_to_step(float(np.mean(guess == self.truth)), step_of(len(self.truth)))


class Ladder(Exact):
    """The best accuracy so far, which only a clear improvement changes (Blum & Hardt 2015).

    Parameter-free: clear is more than one standard error of the difference in losses. With a step:
    clear is more than the step, and the reply is a multiple of it.
    """

    def __init__(self, truth: Bits, step: float | None = None) -> None:
        super().__init__(truth)
        self.step = step
        self._state = ladder.Ladder(step)

    def reply(self, guess: Bits) -> float:
        """One minus the smallest loss that was accepted."""
        losses = (guess != self.truth).astype(float)
        self._state = self._state.submit(ladder.Attempt(0, losses))
        assert self._state.reply is not None
        return 1 - self._state.reply


def step_of(rows: int) -> float:
    """The step of a task with this many public rows, whose accuracy is near one half."""
    return feedback_step(math.sqrt(0.25 / rows))


NEVER_SHOWN = "not shown: as is"
"""The value without clipping and rounding, which no feedback mode shows."""
ATTACKS = ("log loss", "brier", "flips", "boosting")
PAIRS = {
    "not shown: all pairs as they are": False,
    "not shown: all pairs in steps": False,
    "raised files in steps": True,
}
"""Which comparisons are shown, and whether only of files that raised the score."""
MODES: dict[str, Callable[[Bits], Board]] = {
    "exact": Exact,
    "rounded": Rounded,
    "ladder": Ladder,
    "ladder, 1 step": lambda truth: Ladder(truth, step_of(len(truth))),
    "ladder, 5 steps": lambda truth: Ladder(truth, 5 * step_of(len(truth))),
}


def boosting(board: Board, rows: int, submissions: int, random: Random) -> Bits:
    """The majority of the random submissions that were shown an accuracy above the median.

    Of a Ladder, whose replies only grow, those that made it grow.
    """
    guesses = random.random((submissions, rows)) < 0.5
    shown = np.array([board.reply(guess) for guess in guesses])
    if isinstance(board, Ladder):
        better = np.diff(shown, prepend=-np.inf) > 0
    else:
        better = shown >= np.median(shown)
    return np.asarray(guesses[better].mean(axis=0) > 0.5)


def flips(board: Board, rows: int, submissions: int, random: Random) -> Bits:
    """What is known after changing rows, in the way that works best on labels of the attacker."""
    change = _best_way(type(board), getattr(board, "step", None), rows, submissions)
    return change(board, rows, submissions, random)


def from_an_edge(board: Board, rows: int, submissions: int, random: Random, block: int) -> Bits:
    """What blocks of this many rows reveal, each changed in a file on the lower edge of what is
    shown.

    From there a better file is perhaps not seen, but a worse one is.
    """
    base, left = _edge(board, rows, submissions, random)
    start = board.reply(base)
    guess = base.copy()
    order = random.permutation(rows)
    for place in range(0, min(rows, (left - 1) * block), block):
        changed = order[place : place + block]
        trial = base.copy()
        trial[changed] ^= True
        if board.reply(trial) >= start:
            guess[changed] ^= True
    return guess


def _edge(board: Board, rows: int, submissions: int, random: Random) -> tuple[Bits, int]:
    """A file from which one row less is seen, and how many submissions are left."""
    low = high = random.random(rows) < 0.5
    shown_low = shown_high = board.reply(low)
    used = 1
    while shown_high == shown_low and used < submissions:
        high = random.random(rows) < 0.5
        shown_high = board.reply(high)
        used += 1
    while np.count_nonzero(low != high) > 1 and used < submissions:
        differing = np.flatnonzero(low != high)
        middle = low.copy()
        middle[differing[: len(differing) // 2]] ^= True
        shown = board.reply(middle)
        used += 1
        if shown == shown_low:
            low = middle
        else:
            high, shown_high = middle, shown
    return (high if shown_high > shown_low else low), submissions - used


def climbed(board: Board, rows: int, submissions: int, random: Random, block: int) -> Bits:
    """The best file after changing blocks of this many rows and keeping what raises the score."""
    best = random.random(rows) < 0.5
    shown = board.reply(best)
    order, place = random.permutation(rows), 0
    for _ in range(submissions - 1):
        if place + block > rows:
            order, place = random.permutation(rows), 0
        trial = best.copy()
        trial[order[place : place + block]] ^= True
        place += block
        reply = board.reply(trial)
        if reply > shown:
            best, shown = trial, reply
    return best


@functools.cache
def _best_way(board: type[Exact], step: float | None, rows: int, submissions: int) -> Attack:
    """The way of changing rows that pays most, as an attacker finds out on own labels."""

    def rehearsed(way: Attack) -> float:
        gains = []
        for repeat in range(_REHEARSALS):
            random = np.random.default_rng((rows, submissions, repeat, 1))
            truth = random.random(rows) < 0.5
            trial = Ladder(truth, step) if board is Ladder else board(truth)
            gains.append(gain_of(way(trial, rows, submissions, random), truth))
        return float(np.mean(gains))

    blocks = [size for size in _BLOCKS if size <= rows]
    ways: list[Attack] = [
        functools.partial(way, block=size) for way in (from_an_edge, climbed) for size in blocks
    ]
    return max(ways, key=rehearsed)


def digits(truth: Bits, submissions: int, mode: str, random: Random, metric: str) -> Bits:
    """What the displayed losses reveal: as many rows per submission as their steps separate.

    Row b of a group moves the loss by 2^b times what row 0 does, so that the loss is a number in
    binary digits. In a Ladder only an accepted submission shows a loss: the first.
    """
    rows = len(truth)
    guess = random.random(rows) < 0.5
    step, most = _seen(rows, mode, metric)
    size = max(0, math.floor(math.log2(most / (rows * step))) + 1)
    weights: Floats = most * np.exp2(-np.arange(size, dtype=np.float64)[::-1])
    for attempt in range(1 if mode.startswith("ladder") else submissions):
        group = np.arange(attempt * size, min((attempt + 1) * size, rows))
        if not len(group):
            break
        if_false, if_true = _losses(weights[: len(group)], metric)
        rest = (rows - len(group)) * (0.25 if metric == "brier" else math.log(2))
        loss = (rest + np.sum(np.where(truth[group], if_true, if_false))) / rows
        shown = round(loss / step) * step
        number = round((shown * rows - rest - np.sum(if_false)) / weights[0])
        guess[group] = [bool(number >> place & 1) for place in range(len(group))]
    return guess


def _losses(weight: Floats, metric: str) -> tuple[Floats, Floats]:
    """The losses of rows that are wrong and right, which differ by the weight."""
    if metric == "brier":
        return ((1 - weight) / 2) ** 2, ((1 + weight) / 2) ** 2
    # A probability of 1 / (1 + exp(weight)) costs log1p(exp(weight)) if the label is 1.
    return np.logaddexp(0, -weight), np.logaddexp(0, weight)


def _seen(rows: int, mode: str, metric: str) -> tuple[float, float]:
    """How finely a mode shows the loss, and how much a row can move its sum."""
    step = EXACT_STEP if mode == "exact" else max(EXACT_STEP, step_of(rows))
    if metric == "brier":
        return (1e-6 if mode == NEVER_SHOWN else step), 1.0
    if mode == NEVER_SHOWN:
        # A probability of 1e-300, in double precision; a few digits are left to its rounding.
        return 10.0 ** (2 - _DIGITS), 300 * math.log(10)
    return step, math.log((1 - CLIP) / CLIP)


def precision(truth: Bits, submissions: int, random: Random) -> Bits:
    """What the matches in random sets of claimed rows reveal, which no feedback mode shows."""
    rows = len(truth)
    sets = np.zeros((submissions, rows))
    for each in sets:
        each[random.choice(rows, min(_CLAIMED, rows), replace=False)] = 1
    counts = sets @ truth
    found, *_ = np.linalg.lstsq(sets, counts - sets.sum(axis=1) / 2, rcond=None)
    return np.asarray(found > 0)


def gain_of(guess: Bits, truth: Bits) -> float:
    """The accuracy of a guess above one half, which is chance."""
    return float(np.mean(guess == truth)) - 0.5


def gain(attack: str, mode: str, rows: int, submissions: int, repeats: int = 20) -> float:
    """The mean gain in accuracy of an attack over this many draws of the labels."""
    gains = []
    for repeat in range(repeats):
        random = np.random.default_rng((rows, submissions, repeat))
        truth = random.random(rows) < 0.5
        if attack in {"log loss", "brier"}:
            guess = digits(truth, submissions, mode, random, attack)
        elif attack == "precision":
            guess = precision(truth, submissions, random)
        elif attack == "comparisons":
            step = step_of(rows) if mode.endswith("in steps") else 0.0
            site = Comparisons(truth, step, gated=PAIRS[mode])
            guess = compared(site, rows, submissions, random)
        else:
            way = flips if attack == "flips" else boosting
            guess = way(MODES[mode](truth), rows, submissions, random)
        gains.append(gain_of(guess, truth))
    return float(np.mean(gains))


def measured(rows: int, submissions: int, repeats: int) -> list[dict[str, Any]]:
    """One record for each attack and mode: gain, and labels recovered per submission."""
    pairs = [(attack, NEVER_SHOWN) for attack in ("log loss", "brier", "precision")]
    pairs += [("comparisons", mode) for mode in PAIRS]
    pairs += [(attack, mode) for attack in ATTACKS for mode in MODES]
    records = []
    for attack, mode in pairs:
        found = gain(attack, mode, rows, submissions, repeats)
        records.append(
            {
                "rows": rows,
                "submissions": submissions,
                "attack": attack,
                "mode": mode,
                "gain": round(found, 4),
                "labels_per_submission": round(2 * found * rows / submissions, 3),
            }
        )
    return records


def main() -> None:
    """Print a table of gains and labels recovered, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    records = []
    print(f"public rows  submissions  {'attack':11}  {'feedback':32}  gain   labels per submission")
    for rows in (1000, 5000):
        for submissions in (100, 500):
            for each in measured(rows, submissions, options.repeats):
                print(
                    f"{rows:11,}  {submissions:11}  {each['attack']:11}  {each['mode']:32}"
                    f"  {each['gain']:.3f}  {each['labels_per_submission']:.2f}"
                )
                records.append(each)
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n")


if __name__ == "__main__":
    main()
