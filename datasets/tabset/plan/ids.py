"""Ids of the rows of a data set: those of the source, or new ones that say nothing."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tabset.draft import Draft, Keep

SHORT, LONG = 12, 16
MANY_ROWS = 65_536


@dataclass(frozen=True)
class Ids:
    """How rows are named.

    `column` is the staged column of the role id (or empty). A new id is the beginning of
    sha256(salt|id|row) in hex, 12 digits, or 16 where the table has more than 65,536 rows, so that
    two of ten million rows share one with a probability below one in a hundred thousand.
    """

    column: str
    new: bool
    salt: str
    digits: int

    @classmethod
    def of(cls, draft: Draft, rows: int, salt: str) -> "Ids":
        """The naming that a draft asks for; without an id column it is always a new one."""
        column = draft.roles.id
        new = draft.ids is Keep.NEW or not column
        return cls(column, new, salt, LONG if rows > MANY_ROWS else SHORT)

    def of_rows(self, rows: NDArray[np.int64], source: pa.Array | None) -> pa.Array:
        """The ids of rows (numbered from 0) whose source ids are given where there are any."""
        if not self.new:
            return source
        known = [""] * len(rows) if source is None else source.fill_null("").to_pylist()
        digest = hashlib.sha256
        return pa.array(
            [
                digest(f"{self.salt}|{text}|{row}".encode()).hexdigest()[: self.digits]
                for text, row in zip(known, rows.tolist(), strict=True)
            ],
            pa.string(),
        )
