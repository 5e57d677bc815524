"""Files that are hashed while they are written, and tables that go to CSV and Parquet at once."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import pyarrow as pa
from pyarrow import parquet

from tabset import cells
from tabset.schema import FileFact

GROUP_ROWS = 1 << 17
GROUP_BYTES = 1 << 26
ZSTD_LEVEL = 1
_Item = TypeVar("_Item")


class HashedFile:
    """A file to write from the beginning to the end; its SHA-256 is ready when it is closed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=1 << 20)
        self._digest = hashlib.sha256()
        self._bytes = 0

    def write(self, data: Any) -> int:
        """Appends the bytes of any buffer."""
        self._digest.update(data)
        self._file.write(data)
        size = memoryview(data).nbytes
        self._bytes += size
        return size

    def flush(self) -> None:
        """Hands what is buffered to the operating system."""
        self._file.flush()

    def tell(self) -> int:
        """How many bytes have been written."""
        return self._bytes

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        self._file.close()

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return self._file.closed

    @property
    def fact(self) -> FileFact:
        """SHA-256 and size of what has been written."""
        return FileFact(self._digest.hexdigest(), self._bytes)

    def __enter__(self) -> "HashedFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class CsvSink:
    """Takes typed batches and writes their canonical CSV."""

    def __init__(self, names: Sequence[str], path: Path) -> None:
        self._file = HashedFile(path)
        self._file.write(header(names))

    def write(self, batch: pa.RecordBatch) -> None:
        """Appends the lines of the batch."""
        self._file.write(cells.csv_buffer(batch))

    def close(self) -> FileFact:
        """Ends the file and gives its fact."""
        self._file.close()
        return self._file.fact


class ParquetSink:
    """Takes typed batches and writes them as Parquet with zstd.

    Row groups end after the batch with which they have `GROUP_ROWS` rows or `GROUP_BYTES`, so the
    same batches give the same bytes and one group at most is in memory.
    """

    def __init__(self, schema: pa.Schema, path: Path) -> None:
        self._file = HashedFile(path)
        self._schema = schema
        self._batches: list[pa.RecordBatch] = []
        repeating = [field.name for field in schema if field.type != pa.float64()]
        self._writer = parquet.ParquetWriter(
            self._file,
            schema,
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            use_dictionary=repeating,
        )

    def write(self, batch: pa.RecordBatch) -> None:
        """Appends the rows of the batch."""
        self._batches.append(batch)
        rows = sum(each.num_rows for each in self._batches)
        if rows >= GROUP_ROWS or sum(each.nbytes for each in self._batches) >= GROUP_BYTES:
            self._flush()

    def close(self) -> FileFact:
        """Ends the file and gives its fact."""
        if self._batches:
            self._flush()
        self._writer.close()
        self._file.close()
        return self._file.fact

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._batches, schema=self._schema)
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._batches = []


def header(names: Sequence[str]) -> bytes:
    """The first line of a canonical CSV file."""
    return (",".join(cells.quoted(name) for name in names) + "\n").encode()


def csv_fact(names: Sequence[str], batches: Iterable[pa.RecordBatch]) -> FileFact:
    """SHA-256 and size of the canonical CSV of typed batches, which is written nowhere."""
    line = header(names)
    digest = hashlib.sha256(line)
    size = len(line)
    for batch in batches:
        lines = cells.csv_buffer(batch)
        digest.update(lines)
        size += lines.size
    return FileFact(digest.hexdigest(), size)


def feed(items: Iterable[_Item], takers: Sequence[Callable[[_Item], object]]) -> None:
    """Hands every item to every taker; takers work in threads while the next item is made.

    Each taker gets the items in order and one at a time. The first error of any ends it all.
    """
    with ThreadPoolExecutor(max(len(takers), 1)) as pool:
        under_way: list[Future[object]] = []
        for item in items:
            for done in under_way:
                done.result()
            under_way = [pool.submit(take, item) for take in takers]
        for done in under_way:
            done.result()
