"""rows.npz: what a submission said about every test row, for comparisons without its upload.

Arrays in solution order, n rows, at most 20 bytes a row:

- `prediction` int32: the code of the predicted class; for matching the dense rank of the score,
  0 for the lowest, so that order and ties survive.
- `decision` int32: the class code decided on, -1 where the submission made no decision.
- `hit` int8: whether the decision is right, -1 without a decision.
- `influence` float64: the headline metric's influence value within the row's part; NaN in
  ignored rows and where the metric gives none.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.checking import Submission
from scoring.solution import Solution

BYTES_PER_ROW = 20
OVERHEAD = 4096


def pack_rows(
    submission: Submission, solution: Solution, influence: npt.NDArray[np.float64]
) -> bytes:
    """The bytes of rows.npz; equal inputs give equal bytes."""
    n = len(solution.truth)
    if submission.decision is None:
        decision = np.full(n, -1, dtype=np.int32)
        hit = np.full(n, -1, dtype=np.int8)
    else:
        decision = submission.decision
        hit = (decision == solution.truth).astype(np.int8)
    prediction = decision if submission.scores is None else _dense_rank(submission.scores)
    buffer = io.BytesIO()
    np.savez(buffer, prediction=prediction, decision=decision, hit=hit, influence=influence)
    return buffer.getvalue()


def unpack_rows(data: bytes) -> Mapping[str, npt.NDArray[Any]]:
    """The arrays of rows.npz by name."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _dense_rank(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    _, ranks = np.unique(scores, return_inverse=True)
    return ranks.astype(np.int32)
