"""Rows found by their key: solutions by the test id, entities by the record."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset.errors import DatasetError
from tabset.readers import Raw


def read(raw: Raw, columns: Sequence[str]) -> pa.Table:
    """The named columns of a raw table in memory."""
    wanted = list(dict.fromkeys(columns))
    schema = pa.schema([(name, pa.string()) for name in wanted])
    return pa.Table.from_batches([batch.select(wanted) for batch in raw.batches], schema=schema)


class Lookup:
    """A table in memory whose rows are found by a key column.

    `DatasetError` if a key is empty or occurs twice; it names `file` and the row.
    """

    def __init__(self, table: pa.Table, file: str, key: str) -> None:
        self._table = table.combine_chunks()
        keys = table[key]
        if keys.null_count:
            row = compute.indices_nonzero(compute.is_null(keys))[0].as_py() + 1
            raise DatasetError(f"{file}, row {row}: {key!r} is empty; give the row its id")
        self._index = pd.Index(keys.to_pandas(), dtype=object)
        self._seen = np.zeros(table.num_rows, dtype=bool)
        if not self._index.is_unique:
            again = np.flatnonzero(self._index.duplicated())
            raise DatasetError(
                f"{file}, row {again[0] + 1}: the id {self._index[again[0]]!r} occurs a second"
                f" time ({len(again)} such rows in all); keep one row for each id"
            )

    def take(self, keys: pa.Array, columns: Sequence[str]) -> tuple[list[pa.Array], list[int]]:
        """The columns at the keys, null where a key is unknown, and the places of those keys."""
        places = self._places(keys)
        known = places >= 0
        self._seen[places[known]] = True
        at = pa.array(places, mask=~known)
        found = [self._table[name].combine_chunks().take(at) for name in columns]
        return found, np.flatnonzero(~known).tolist()

    def unknown(self, keys: pa.Array) -> list[int]:
        """The places of the keys that no row has."""
        return np.flatnonzero(self._places(keys) < 0).tolist()

    @property
    def unused(self) -> list[int]:
        """The row numbers, from 1, whose key was never taken."""
        return (np.flatnonzero(~self._seen) + 1).tolist()

    def _places(self, keys: pa.Array) -> NDArray[np.intp]:
        places: NDArray[np.intp] = self._index.get_indexer(pd.Index(keys.to_pandas(), dtype=object))
        return places
