"""The private labels of a version's test rows, loaded once and ready for alignment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scoring.columns import as_text, combined
from scoring.result import Part
from scoring.spec import TaskSpec

PARTS: tuple[Part, ...] = ("public", "private")
_USAGES = (*PARTS, "ignored")


class SolutionError(ValueError):
    """solution.parquet cannot be used; the text is for operators and quotes no label."""


@dataclass(frozen=True)
class Solution:
    """n test rows in solution order.

    `ids` is unique text; `truth` holds class codes (n,); `usage` holds 0 public, 1 private,
    2 ignored (n,); `groups` holds dense codes of the unit of independence (n,).
    """

    ids: pa.Array
    truth: npt.NDArray[np.int32]
    usage: npt.NDArray[np.int8]
    groups: npt.NDArray[np.int64]

    def rows_of(self, part: Part) -> npt.NDArray[np.int64]:
        """The row indices of a part, ascending."""
        return np.flatnonzero(self.usage == PARTS.index(part))

    @classmethod
    def from_file(cls, path: Path, spec: TaskSpec) -> Solution:
        """The solution in a Parquet file; SolutionError for one that does not fit the spec."""
        try:
            table = pq.ParquetFile(path, pre_buffer=False).read(use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise SolutionError(f"{path}: cannot be read as Parquet ({error})") from error
        return cls.from_table(table, spec)

    @classmethod
    def from_table(cls, table: pa.Table, spec: TaskSpec) -> Solution:
        """The solution in a table with the columns id, label, usage and optionally group."""
        ids = _text(table, "id")
        if len(ids) == 0:
            raise SolutionError("the solution has no rows")
        if pc.count_distinct(ids).as_py() != len(ids):
            raise SolutionError("the solution has duplicate ids")
        truth = _codes(_text(table, "label"), spec.classes, "label")
        usage = _codes(_text(table, "usage"), _USAGES, "usage")
        groups = combined(table["group"]) if "group" in table.column_names else ids
        codes = groups.dictionary_encode("encode").indices.to_numpy().astype(np.int64)
        return cls(ids, truth, usage.astype(np.int8), codes)


def _text(table: pa.Table, name: str) -> pa.Array:
    if name not in table.column_names:
        raise SolutionError(f"the solution has no column `{name}`")
    text = as_text(combined(table[name]))
    if text is None or text.null_count:
        raise SolutionError(f"column `{name}` of the solution must be text without nulls")
    return text


def _codes(text: pa.Array, values: tuple[str, ...], name: str) -> npt.NDArray[np.int32]:
    codes = pc.index_in(text, value_set=pa.array(values, pa.string()))
    if codes.null_count:
        raise SolutionError(f"column `{name}` of the solution has {codes.null_count} odd values")
    array: npt.NDArray[np.int32] = codes.to_numpy().astype(np.int32)
    return array
