"""The private labels of a version's test rows, loaded once and ready for alignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scoring.alignment import IdIndex, RepeatedId
from scoring.columns import as_text, combined
from scoring.metrics import Endpoints, Records
from scoring.metrics.units import Units
from scoring.result import Part
from scoring.spec import TaskSpec

PARTS: tuple[Part, ...] = ("public", "private")
_USAGES = (*PARTS, "ignored")
MOST_VALUES = 1000
"""A slice with more values than this is left out: it is an id rather than a slice."""
_PREFIX = "slice_"
# One group for the whole pair, or one for each of its records, under the names that tabset writes.
_ONE_GROUP, _TWO_GROUPS = ("slice",), ("slice_left", "slice_right")
_RECORDS = ("left_record", "right_record")


class SolutionError(ValueError):
    """solution.parquet cannot be used; the text is for operators and quotes no label."""


@dataclass(frozen=True)
class Slice:
    """One `slice_<name>` column: `codes` (n,) into `values`."""

    name: str
    values: tuple[str, ...]
    codes: npt.NDArray[np.int32]


@dataclass(frozen=True)
class PartRows:
    """The rows of one part: their indices in the solution (m,), ascending, and their units."""

    rows: npt.NDArray[np.int64]
    units: Units


@dataclass(frozen=True)
class Solution:
    """n test rows in solution order.

    `index` finds unique text ids; `truth` holds class codes (n,); `usage` holds 0 public,
    1 private, 2 ignored (n,); `groups` holds dense codes of the unit of independence (n,).
    `slices` are in the order of the columns; `records` and `endpoints` are there for pairs that
    have them.
    """

    index: IdIndex
    truth: npt.NDArray[np.int32]
    usage: npt.NDArray[np.int8]
    groups: npt.NDArray[np.int64]
    slices: tuple[Slice, ...] = ()
    records: Records | None = None
    endpoints: Endpoints | None = None

    @property
    def ids(self) -> pa.Array:
        """The test ids in solution order."""
        return self.index.ids

    @cached_property
    def parts(self) -> Mapping[Part, PartRows]:
        """The rows of both parts."""
        rows = {part: np.flatnonzero(self.usage == PARTS.index(part)) for part in PARTS}
        return {part: PartRows(each, Units.of(self.groups[each])) for part, each in rows.items()}

    @classmethod
    def from_file(cls, path: Path, spec: TaskSpec) -> Solution:
        """The solution in a Parquet file; SolutionError for one that does not fit the spec.

        A file without the column `usage` is a private hold-out: all its rows are public.
        """
        try:
            table = pq.ParquetFile(path, pre_buffer=False).read(use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise SolutionError(f"{path}: cannot be read as Parquet ({error})") from error
        if "usage" not in table.column_names:
            every = pa.array(["public"]).take(pa.array(np.zeros(table.num_rows, dtype=np.int8)))
            table = table.append_column("usage", every)
        return cls.from_table(table, spec)

    @classmethod
    def from_table(cls, table: pa.Table, spec: TaskSpec) -> Solution:
        """The solution in a table with the columns id, label, usage and optional ones.

        These are `group`, `slice_<name>`, and for pairs `left_record` and `right_record`.
        """
        ids = _text(table, "id")
        if len(ids) == 0:
            raise SolutionError("the solution has no rows")
        try:
            index = IdIndex.of(ids)
        except RepeatedId:
            raise SolutionError("the solution has duplicate ids") from None
        truth = _codes(_text(table, "label"), spec.classes, "label")
        usage = _codes(_text(table, "usage"), _USAGES, "usage")
        groups = combined(table["group"]) if "group" in table.column_names else ids
        codes = groups.dictionary_encode("encode").indices.to_numpy().astype(np.int64)
        slices = tuple(
            _slice(table, name) for name in table.column_names if name.startswith(_PREFIX)
        )
        pairs = spec.kind == "matching"
        records = _records(table, spec) if pairs else None
        endpoints = _endpoints(table) if pairs else None
        loaded = cls(index, truth, usage.astype(np.int8), codes, slices, records, endpoints)
        # Made once here rather than for every submission.
        _ = [part.units.order for part in loaded.parts.values()]
        return loaded


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


def _encoded(*columns: pa.Array) -> tuple[list[npt.NDArray[np.int32]], tuple[str, ...]]:
    """The codes of each column into one list of values, and that list, sorted."""
    values = sorted({value for column in columns for value in column.unique().to_pylist()})
    known = pa.array(values, pa.string())
    codes = [pc.index_in(column, value_set=known).to_numpy().astype(np.int32) for column in columns]
    return codes, tuple(values)


def _slice(table: pa.Table, column: str) -> Slice:
    (codes,), values = _encoded(_text(table, column))
    return Slice(column.removeprefix(_PREFIX), values, codes)


def _endpoints(table: pa.Table) -> Endpoints | None:
    """The groups of both records, or the one group of the pair.

    None if neither is known, or if there are so many that they are ids rather than groups.
    """
    for names in (_TWO_GROUPS, _ONE_GROUP):
        if set(names) <= set(table.column_names):
            codes, values = _encoded(*(_text(table, name) for name in names))
            return Endpoints(codes[0], codes[-1], values) if len(values) <= MOST_VALUES else None
    return None


def _records(table: pa.Table, spec: TaskSpec) -> Records | None:
    """The records that the pairs join, or None if the solution does not name them."""
    if not set(_RECORDS) <= set(table.column_names):
        return None
    ids = [_text(table, name) for name in _RECORDS]
    if spec.one_table:
        (left, right), _ = _encoded(*ids)
        return Records(left, right)
    (left,), known = _encoded(ids[0])
    (right,), _ = _encoded(ids[1])
    return Records(left, right + np.int32(len(known)))
