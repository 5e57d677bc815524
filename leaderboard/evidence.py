"""Row-level evidence on the entries of one board, in addition to their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.intervals import Units

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evidence:
    """k entries on the same n rows of one solution version.

    ``metric`` is the headline's name, ``groups`` (n,) the codes of rows that belong together,
    ``scores`` (k,) the entries' values (displayed or raw: those that rank them), ``hit`` (k, n)
    whether a row is right, -1 without a decision, and ``influence`` (k, n) the headline's
    influence values, NaN where the metric has none. ValueError if the shapes do not fit.
    """

    metric: str
    groups: npt.NDArray[np.int64]
    scores: Floats
    hit: npt.NDArray[np.int8]
    influence: Floats

    def __post_init__(self) -> None:
        shape = (len(self.scores), len(self.groups))
        if len(self.groups) == 0:
            raise ValueError("The part has no rows.")
        if self.hit.shape != shape or self.influence.shape != shape:
            raise ValueError(f"Hits and influence values must be of {shape[0]} × {shape[1]} rows.")
        if not np.isfinite(self.scores).all():
            raise ValueError("An entry without a score has no rank.")

    @classmethod
    def of(
        cls,
        metric: str,
        groups: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int64],
        entries: Sequence[tuple[float, Mapping[str, npt.NDArray[Any]]]],
    ) -> Evidence:
        """The evidence on a part: its row numbers ``rows`` (n,) of a solution's ``groups`` (N,).

        ``entries`` are scores with the arrays of rows.npz (`scoring.artefact`).
        """
        part, shape = groups[rows], (len(entries), len(rows))
        hit, influence = np.empty(shape, dtype=np.int8), np.empty(shape)
        for place, (_, arrays) in enumerate(entries):
            hit[place] = arrays["hit"][rows]
            influence[place] = arrays["influence"][rows]
        scores = np.array([score for score, _ in entries], dtype=np.float64)
        return cls(metric, part, scores, hit, influence)

    @cached_property
    def units(self) -> Units:
        """The units that rows belong to."""
        return Units.of(self.groups)

    @cached_property
    def sums(self) -> Floats:
        """The influence values summed by group, (k, G)."""
        if not self.units.grouped:
            return self.influence
        return np.array([self.units.sums(row) for row in self.influence]).reshape(
            len(self.scores), self.units.count
        )
