"""A checked submission as bytes: all that the process with the solution sees of a file.

One process reads a file and knows no solution; it answers with these bytes. Another one has the
solution and measures them. Between the two is `unpack`, which accepts nothing but what some valid
file holds, so that whatever happened to the first process, the second computes with numbers of the
expected count and range.

The layout, in the byte order of the machine: 8 bytes that say which columns follow, float64
probabilities of shape (n, K) or scores of shape (n,), int32 labels of shape (n,).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.checking import SUM_KEPT, Codes, Submission
from scoring.columns import Floats
from scoring.spec import TaskSpec

_HEAD = 8
_PROBABILITIES, _SCORES, _LABELS = 1, 2, 4
_FORMS = {"matching": (_SCORES, _SCORES | _LABELS), "classification": (_LABELS, _PROBABILITIES)}


class UnsoundArrays(ValueError):
    """No valid file of the task gives these bytes."""


def most_bytes(spec: TaskSpec, n: int) -> int:
    """The most bytes that a submission of n rows has."""
    return _HEAD + n * (8 * len(spec.classes) + 4)


def pack(submission: Submission) -> bytes:
    """The bytes of a submission; equal submissions give equal bytes."""
    columns = (
        (_PROBABILITIES, submission.probabilities, np.float64),
        (_SCORES, submission.scores, np.float64),
        (_LABELS, submission.labels, np.int32),
    )
    there = [(flag, column.astype(kind)) for flag, column, kind in columns if column is not None]
    head = sum(flag for flag, _ in there).to_bytes(_HEAD, "little")
    return head + b"".join(column.tobytes() for _, column in there)


def unpack(data: bytes, spec: TaskSpec, n: int) -> Submission:
    """The submission of n rows in these bytes, as read-only arrays; UnsoundArrays."""
    flags = int.from_bytes(data[:_HEAD], "little")
    _require(len(data) >= _HEAD and flags in _FORMS[spec.kind], "other columns than a file has")
    cells = n * (len(spec.classes) if flags & _PROBABILITIES else flags >> 1 & 1)
    size = _HEAD + 8 * cells + (4 * n if flags & _LABELS else 0)
    _require(len(data) == size, "another number of rows")
    floats: Floats = np.frombuffer(data, np.float64, cells, _HEAD)
    labels: Codes | None = None
    if flags & _LABELS:
        labels = np.frombuffer(data, np.int32, n, _HEAD + 8 * cells)
        _require(_within(labels, 0, len(spec.classes) - 1), "a label beyond the classes")
    if flags & _SCORES:
        _require(bool(np.isfinite(floats).all()), "a score that is not finite")
        return Submission(labels, scores=floats)
    if flags & _PROBABILITIES:
        floats = floats.reshape(n, len(spec.classes))
        # NaN and infinity fail both comparisons.
        sums = np.abs(floats.sum(axis=1) - 1)
        _require(_within(floats, 0, 2) and _within(sums, 0, 2 * SUM_KEPT), "odd probabilities")
        return Submission(labels, probabilities=floats)
    return Submission(labels)


def _within(values: npt.NDArray[Any], low: float, high: float) -> bool:
    return not values.size or bool(values.min() >= low and values.max() <= high)


def _require(holds: bool, fault: str) -> None:
    if not holds:
        raise UnsoundArrays(f"the arrays have {fault}")
