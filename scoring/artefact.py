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

from scoring.metrics import View

BYTES_PER_ROW = 20
OVERHEAD = 4096


def pack_rows(view: View, influence: npt.NDArray[np.float64]) -> bytes:
    """The bytes of rows.npz from all rows of a solution; equal inputs give equal bytes."""
    if view.decision is None:
        decision = np.full(view.n, -1, dtype=np.int32)
        hit = np.full(view.n, -1, dtype=np.int8)
    else:
        decision = view.decision.astype(np.int32, copy=False)
        hit = (decision == view.truth).astype(np.int8)
    prediction = decision if view.ranking is None else view.ranking.places
    buffer = io.BytesIO()
    np.savez(buffer, prediction=prediction, decision=decision, hit=hit, influence=influence)
    return buffer.getvalue()


def unpack_rows(data: bytes) -> Mapping[str, npt.NDArray[Any]]:
    """The arrays of rows.npz by name."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
