"""Rows of a stream in another order, using files, so that few of them are in memory."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import ipc

BUCKET_ROWS = 131_072
MOST_BUCKETS = 256


def ranks(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """For the numbers in ascending order, the index of each in `numbers`."""
    return np.argsort(numbers, kind="stable")


def rearranged(
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    places: NDArray[np.int64],
    folder: Path,
) -> Iterator[pa.RecordBatch]:
    """The rows of `batches`, with row i at index `places[i]`.

    The rows are dealt into files in `folder` by their places, then each file is put in order.
    """
    if not len(places):
        return
    size = max(BUCKET_ROWS, -(-len(places) // MOST_BUCKETS))
    paths = [folder / f"{number}.arrow" for number in range(-(-len(places) // size))]
    dealt: list[list[NDArray[np.int64]]] = [[] for _ in paths]
    with ExitStack() as stack:
        writers = [stack.enter_context(ipc.new_file(path, schema)) for path in paths]
        start = 0
        for batch in batches:
            wanted = places[start : start + batch.num_rows]
            start += batch.num_rows
            for bucket in np.unique(wanted // size).tolist():
                rows = np.flatnonzero(wanted // size == bucket)
                dealt[bucket].append(wanted[rows])
                writers[bucket].write_batch(batch.take(pa.array(rows)))
    for path, parts in zip(paths, dealt, strict=True):
        with pa.OSFile(str(path)) as source, ipc.open_file(source) as reader:
            table = reader.read_all().combine_chunks()
        path.unlink()
        yield from table.take(pa.array(np.argsort(np.concatenate(parts)))).to_batches()
