"""The record tables of a matching data set, and the positions of each pair's records in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Pairs:
    """Pairs of records: ``left`` and ``right`` are tables, which are the same if it links one
    table.

    ``first`` and ``second`` (n,) are the places of each pair's records in them.
    """

    left: pd.DataFrame
    right: pd.DataFrame
    first: Places
    second: Places

    @property
    def within_one_table(self) -> bool:
        return self.left is self.right


def pairs_of(pairs: pd.DataFrame, records: Mapping[str, pd.DataFrame]) -> Pairs:
    """The pairs of a table with ``left_id`` and ``right_id``, keys of ``record_id``."""
    left = records["left"] if "left" in records else records["records"]
    right = records["right"] if "right" in records else records["records"]
    return Pairs(left, right, _places(left, pairs["left_id"]), _places(right, pairs["right_id"]))


def _places(table: pd.DataFrame, ids: pd.Series[str]) -> Places:
    return np.asarray(pd.Index(table["record_id"]).get_indexer(pd.Index(ids)), dtype=np.intp)
