"""Columns of a submitted table as text or as floats, with every invalid cell located."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scoring.messages import quoted

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

# What Arrow's text-to-double cast accepts; separates invalid cells from valid ones.
_NUMBER = r"(?i)^[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf|infinity)$"


@dataclass(frozen=True)
class Numbers:
    """A column as floats of shape (rows,); invalid cells are NaN and listed by their fault."""

    values: Floats
    source: pa.Array
    rows: dict[str, Rows] = field(default_factory=dict)
    name: str = ""

    def named(self, name: str) -> Numbers:
        """The same numbers with the column's name for messages."""
        return replace(self, name=name)

    def faults(self, code: str) -> Rows:
        """Row indices with this fault, ascending."""
        return self.rows.get(code, np.array([], dtype=np.int64))

    def shown(self, row: int) -> str:
        """The cell as a message shows it: its value, if any, and the column's name."""
        value = self.source[row].as_py()
        what = "the cell" if value in (None, "") else quoted(str(value))
        return f"{what} in column {quoted(self.name)}"


def combined(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array; pyarrow.ArrowInvalid if its text exceeds 2 GB."""
    if column.num_chunks == 1:
        return column.chunk(0)
    if column.num_chunks == 0:
        return pa.array([], type=column.type)
    return pa.concat_arrays(column.chunks)


def as_text(column: pa.Array) -> pa.Array | None:
    """The column as a plain text array (nulls stay), or None if it does not hold text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    ):
        return None
    return column if column.type == pa.string() else column.cast(pa.string())


def numbers(column: pa.Array, *, parse: bool) -> Numbers | None:
    """The column as floats, parsing text on request; None if it has another type."""
    kind = column.type
    if parse and pa.types.is_string(kind):
        return _parsed(column)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        values = column.cast(pa.float64(), safe=False)
        return _with_faults(values, column, _mask(column.is_null()), None)
    return None


def _parsed(text: pa.Array) -> Numbers:
    try:
        return _with_faults(text.cast(pa.float64()), text, None, None)
    except pa.ArrowInvalid:
        # Some cell is not a number: only now is it worth finding which one.
        number = pc.match_substring_regex(text, _NUMBER)
        values = pc.if_else(number, text, None).cast(pa.float64())
        empty = _mask(pc.equal(text, ""))
        return _with_faults(values, text, empty, ~_mask(number) & ~empty)


def _with_faults(
    values: pa.Array,
    source: pa.Array,
    empty: npt.NDArray[np.bool_] | None,
    invalid: npt.NDArray[np.bool_] | None,
) -> Numbers:
    floats: Floats = values.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    infinite = ~np.isfinite(floats)
    rows: dict[str, Rows] = {}
    for code, mask in (("empty_value", empty), ("not_a_number", invalid)):
        if mask is not None:
            rows[code] = np.flatnonzero(mask)
            infinite &= ~mask
    rows["not_finite"] = np.flatnonzero(infinite)
    return Numbers(floats, source, rows)


def _mask(values: pa.Array) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = values.to_numpy(zero_copy_only=False)
    return mask
