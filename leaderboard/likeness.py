"""Pairs of entries that give nearly the same answers, right and wrong: a sign of one hand behind.

Good entries agree because both are right, and where a row is hard many are wrong. So two entries
are alike only if they share clearly more wrong answers than others make on the same rows. For
entries i and j with wrong answers W(i), the shared ones are
S = |{r in W(i): answer(i, r) = answer(j, r)}|, and expected are

    E(i) = sum over r in W(i) of (k(r) + 1) / (m + 1)

where k(r) of the m other entries, without j and those equal to i on at least 99 % of the rows, are
wrong on row r. The one is a further entry that is always wrong: on rows whose labels are wrong all
good entries are, so where few others are left to compare with, little is a surprise. E is the
larger of E(i) and E(j), and S is clearly more if it exceeds E by four times the root of E, a
Poisson count's standard deviation. The p value is that of the Poisson distribution.

Entries that are equal on at least 99 % of the rows are alike if S is clearly more. Between 95 % and
99 % two models of one family can get there honestly. A copy in which some rows were changed keeps
nearly all wrong answers of its original, so S must also reach 80 % of the way from E to the smaller
number of wrong answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leaderboard.tails import poisson_tail

NEAR = 0.99
LISTED = 0.95
DEVIATIONS = 4.0
EXCESS = 0.8

Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """Two entries that are alike, by their places.

    The share of `equal` answers; how many wrong answers are `shared` and `expected`, and how
    probable (`p`) at least that many are by chance; how many wrong answers each has.
    """

    entries: tuple[int, int]
    equal: float
    shared: int
    expected: float
    p: float
    wrong: tuple[int, int]


def top(scores: Codes, truth: Codes) -> Codes:
    """Return answers (n,) for scores without a decision: as many matches as there are.

    `scores` (n,) are ranks, higher for a likelier match; `truth` (n,) is 1 for a match, else 0.
    Scores that tie with the last match count as matches.
    """
    count = int((truth == 1).sum())
    if count == 0:
        return np.zeros(len(scores), dtype=np.int32)
    last = np.partition(scores, len(scores) - count)[len(scores) - count]
    chosen: Codes = (scores >= last).astype(np.int32)
    return chosen


def pairs(answers: Sequence[Codes], truth: Codes) -> list[Pair]:
    """Return the pairs of entries that are alike, the least probable first.

    `answers` are one array (n,) of codes for each entry, `truth` (n,) the right ones.
    """
    if len(answers) < 2 or len(truth) == 0:
        return []
    matrix = np.stack(answers)
    wrong = matrix != truth
    equal, shared = _compared(matrix, wrong)
    expected = _expected(wrong, equal >= NEAR)
    counts = wrong.sum(axis=1)
    excess = shared - expected
    most = np.minimum(counts[:, None], counts[None, :]) - expected
    surprising = excess >= DEVIATIONS * np.sqrt(np.maximum(expected, 1.0))
    alike = surprising & ((equal >= NEAR) | ((equal >= LISTED) & (excess >= EXCESS * most)))
    found = [
        Pair(
            (int(i), int(j)),
            float(equal[i, j]),
            int(shared[i, j]),
            float(expected[i, j]),
            poisson_tail(int(shared[i, j]), float(expected[i, j])),
            (int(counts[i]), int(counts[j])),
        )
        for i, j in zip(*np.nonzero(np.triu(alike, k=1)), strict=True)
    ]
    return sorted(found, key=lambda pair: (pair.p, pair.entries))


def _compared(matrix: Codes, wrong: Flags) -> tuple[Numbers, Numbers]:
    """Return for all pairs the share of equal answers and the number of equal wrong ones."""
    count = len(matrix)
    equal = np.eye(count)
    shared = np.diag(wrong.sum(axis=1)).astype(np.float64)
    for i in range(count - 1):
        same = matrix[i + 1 :] == matrix[i]
        equal[i, i + 1 :] = equal[i + 1 :, i] = same.mean(axis=1)
        both = same[:, wrong[i]].sum(axis=1)
        shared[i, i + 1 :] = shared[i + 1 :, i] = both
    return equal, shared


def _expected(wrong: Flags, near: Flags) -> Numbers:
    """Return for each pair how many wrong answers they are expected to share."""
    flags = wrong.astype(np.float32)
    others = (~near).astype(np.float32)
    failures = ((others @ flags) * flags).sum(axis=1, dtype=np.float64)
    # The partner says nothing about chance. If it is near, it is left out already.
    partner = others * (flags @ flags.T)
    counts = flags.sum(axis=1, dtype=np.float64)
    rest = others.sum(axis=1, keepdims=True) - others
    one_way = (failures[:, None] - partner + counts[:, None]) / (rest + 1)
    return np.asarray(np.maximum(one_way, one_way.T), dtype=np.float64)
