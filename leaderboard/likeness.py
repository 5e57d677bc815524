"""Entries that give nearly the same answers, right and wrong: a sign of one hand behind several.

Good entries agree because both are right, and where a row is hard many are wrong. So two entries
are alike only if they answer at least 99 % of the rows the same and share clearly more wrong
answers than entries that are not like them make on the same rows. For entries i and j with wrong
answers W(i), the shared ones are S = |{r in W(i): answer(i, r) = answer(j, r)}|, and expected are

    E(i) = sum over r in W(i) of (k(r) + 1) / (m + 1)

where k(r) of the m entries that are not nearly equal to i are wrong on row r. The one is a further
entry that is always wrong: on rows whose labels are wrong all good entries are, so where few others
are left to compare with, little is a surprise. E is the larger of E(i) and E(j), and S is clearly
more if it exceeds E by four times the root of E, a Poisson count's standard deviation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NEAR = 0.99
DEVIATIONS = 4.0

Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """Entries that are alike, by their places, each like at least one other.

    Of the pair that is least alike: the share of `equal` answers, and how many wrong answers are
    `shared` and `expected`.
    """

    entries: tuple[int, ...]
    equal: float
    shared: int
    expected: float


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


def groups(
    answers: Sequence[Codes], truth: Codes, listed: Sequence[bool] | None = None
) -> list[Group]:
    """Return the groups of entries that are alike, the largest first.

    `answers` are one array (n,) of codes for each entry, `truth` (n,) the right ones. Entries that
    are not `listed` (all are by default) are in no group, but others are compared with them.
    """
    if len(answers) < 2 or len(truth) == 0:
        return []
    matrix = np.stack(answers)
    wrong = matrix != truth
    equal, shared = _compared(matrix, wrong)
    near = equal >= NEAR
    expected = _expected(wrong, near)
    larger = np.maximum(expected[:, None], expected[None, :])
    surprising = shared - larger >= DEVIATIONS * np.sqrt(np.maximum(larger, 1.0))
    alike = near & surprising
    np.fill_diagonal(alike, val=False)
    if listed is not None:
        alike &= np.logical_and.outer(listed, listed)
    found = [_group(members, alike, equal, shared, larger) for members in _components(alike)]
    return sorted(found, key=lambda each: (-len(each.entries), each.entries))


def _compared(
    matrix: Codes, wrong: Flags
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
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


def _expected(wrong: Flags, near: Flags) -> npt.NDArray[np.float64]:
    """Return for each entry how many of its wrong answers another is expected to share."""
    others = (~near).astype(np.float32)
    failures = others @ wrong.astype(np.float32)
    rates = (failures + 1) / (others.sum(axis=1, keepdims=True) + 1)
    return np.asarray((rates * wrong).sum(axis=1), dtype=np.float64)


def _components(alike: Flags) -> list[list[int]]:
    """Return the connected components of more than one entry."""
    left, found = set(np.flatnonzero(alike.any(axis=1)).tolist()), []
    while left:
        members, reached = set(), {left.pop()}
        while reached:
            members |= reached
            reached = set(np.flatnonzero(alike[list(reached)].any(axis=0)).tolist()) - members
        left -= members
        found.append(sorted(members))
    return found


def _group(
    members: list[int],
    alike: Flags,
    equal: npt.NDArray[np.float64],
    shared: npt.NDArray[np.float64],
    expected: npt.NDArray[np.float64],
) -> Group:
    pairs = [(i, j) for i in members for j in members if i < j and alike[i, j]]
    least = min(pairs, key=lambda pair: (equal[pair], pair))
    return Group(tuple(members), float(equal[least]), int(shared[least]), float(expected[least]))
