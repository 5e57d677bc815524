"""`python -m benchmarks.figure_attacks`: how many hidden labels leave by slices and by figures.

The labels of n public rows are drawn evenly from 2 or 10 classes. An attacker knows a probability
of every class for each row, at first all equal. A submission sorts the rows into sets: by the class
that it claims, or by the probability it states. Each number that is then shown is the count of one
class in one set, within a step, and each moves the probabilities as a linear filter would (Kalman
1960, of independent rows). Files are drawn from what is known, so that they get better: that is
what figures cost where only those files have them that raised the displayed score.

Shown with the displayed accuracy: nothing; the share that is right of each class, as slices by
class show it; the confusion matrix of 10 classes, or the calibration of 2, of every submission; the
same of only those that raised the displayed score, as the site does. Steps are those of the site.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from leaderboard import feedback_step, round_to_step

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
SHOWN = ("only accuracy", "slices by class", "figures of every file", "figures of raised files")
BINS = 15
FEWEST = 120  # rows of a bin: a hundred are needed, and chance decides
_SURE = 1e-3
_PATIENCE = 4


@dataclass(frozen=True)
class Count:
    """What is shown of some rows: how many of them have a label, within a step of rows."""

    rows: Codes
    label: int | Codes
    seen: float
    step: float


@dataclass
class Site:
    """What one mode shows of every submission, and the best displayed accuracy so far."""

    truth: Codes
    classes: int
    shown: str
    best: float = -math.inf
    sizes: Codes = field(init=False)

    def __post_init__(self) -> None:
        self.sizes = np.bincount(self.truth, minlength=self.classes)

    def replies(self, claimed: Codes, bins: Codes) -> tuple[bool, list[Count]]:
        """Whether a file raised the displayed accuracy, and all counts that are shown of it."""
        every = np.arange(len(self.truth))
        accuracy = self._counted(every, claimed, len(every))
        raised = accuracy.seen > self.best
        self.best = max(self.best, accuracy.seen)
        if self.shown == "only accuracy":
            return raised, [accuracy]
        if self.shown == "slices by class":
            return raised, [accuracy, *self._slices(claimed)]
        if self.shown == "figures of raised files" and not raised:
            return raised, [accuracy]
        figure = self._calibration(bins) if self.classes == 2 else self._confusion(claimed)
        return raised, [accuracy, *figure]

    def _slices(self, claimed: Codes) -> Iterator[Count]:
        for label in range(self.classes):
            rows = np.flatnonzero(claimed == label)
            yield self._counted(rows, label, int(self.sizes[label]))

    def _confusion(self, claimed: Codes) -> Iterator[Count]:
        for decided in range(self.classes):
            rows = np.flatnonzero(claimed == decided)
            for label in range(self.classes):
                yield self._counted(rows, label, int(self.sizes[label]))

    def _calibration(self, bins: Codes) -> Iterator[Count]:
        for place in range(BINS):
            rows = np.flatnonzero(bins == place)
            if len(rows) >= 100:
                yield self._counted(rows, 1, len(rows))

    def _counted(self, rows: Codes, label: int | Codes, of: int) -> Count:
        """The count of a label among the rows, shown as a share of a number of rows."""
        step = max(step_of(of), step_of(len(self.truth)))
        share = np.count_nonzero(self.truth[rows] == label) / of
        return Count(rows, label, round_to_step(share, step) * of, step * of)


def step_of(rows: int) -> float:
    """The step in which a share of this many rows is shown."""
    return feedback_step(math.sqrt(0.25 / rows))


def attacked(truth: Codes, classes: int, shown: str, submissions: int, random: Any) -> Codes:
    """The labels that an attacker assumes after this many submissions."""
    rows = len(truth)
    site = Site(truth, classes, shown)
    known = np.full((rows, classes), 1 / classes)
    failed = 0
    for _ in range(submissions):
        claimed = _drawn(known, 1 + failed / _PATIENCE, random)
        raised, counts = site.replies(claimed, _bins(claimed, random))
        failed = 0 if raised else failed + 1
        for count in counts:
            _learn(known, count)
        known /= known.sum(axis=1, keepdims=True)
    return np.asarray(known.argmax(axis=1))


def _drawn(known: Floats, sharpness: float, random: Any) -> Codes:
    """A label for each row by what is known of it: the sharper, the more often the likeliest."""
    weights = known**sharpness
    ends = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    drawn = (random.random((len(known), 1)) > ends).sum(axis=1)
    return np.asarray(np.minimum(drawn, known.shape[1] - 1))


def _bins(claimed: Codes, random: Any) -> Codes:
    """A bin of the stated probability for each row, on the side of what is claimed of it."""
    count = min(BINS, max(2, len(claimed) // FEWEST))
    half = count // 2
    return np.asarray(
        np.where(
            claimed == 1,
            half + random.integers(0, count - half, len(claimed)),
            random.integers(0, half, len(claimed)),
        )
    )


def _learn(known: Floats, count: Count) -> None:
    if not len(count.rows):
        return
    labels = np.broadcast_to(count.label, len(count.rows))
    chance = known[count.rows, labels]
    spread = chance * (1 - chance)
    surprise = count.seen - chance.sum()
    moved = chance + spread * surprise / (spread.sum() + count.step**2 / 12)
    known[count.rows, labels] = np.clip(moved, _SURE, 1 - _SURE)


def gain(classes: int, shown: str, rows: int, submissions: int, repeats: int) -> float:
    """The mean accuracy of the attacker's labels above chance."""
    found = []
    for repeat in range(repeats):
        random = np.random.default_rng((classes, rows, submissions, repeat))
        truth = random.integers(0, classes, rows)
        held = attacked(truth, classes, shown, submissions, random)
        found.append(float(np.mean(held == truth)) - 1 / classes)
    return float(np.mean(found))


def main() -> None:
    """Print the gains and what they are in labels per submission, and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--submissions", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    records = []
    for classes in (2, 10):
        for shown in SHOWN:
            for rows in options.rows:
                for submissions in options.submissions:
                    better = gain(classes, shown, rows, submissions, options.repeats)
                    labels = better * classes / (classes - 1) * rows / submissions
                    records.append(
                        {"classes": classes, "shown": shown, "rows": rows}
                        | {"submissions": submissions, "gain": better, "labels": labels}
                    )
                    print(
                        f"{classes:3} classes  {shown:26} n {rows:5,} k {submissions:4}  "
                        f"{better:+.2f} · {labels:.1f}",
                        flush=True,
                    )
    if options.json:
        options.json.write_text(json.dumps(records, indent=2))


if __name__ == "__main__":
    main()
