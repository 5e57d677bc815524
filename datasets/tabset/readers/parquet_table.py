"""Parquet files as batches of text."""

from collections.abc import Iterator
from functools import partial
from operator import add
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from tabset.errors import DatasetError
from tabset.readers.names import column_names
from tabset.readers.raw import ImageSink, Raw, Report, faults_of, tell_nul
from tabset.readers.values import Converter

_ADVICE = "it is damaged or cut off; write or copy the Parquet file again"
_BATCH_ROWS = 65_536
_BATCH_CELLS = 4 << 20
_BATCH_BYTES = 64 << 20
_BUFFER_BYTES = 1 << 20


def read_parquet(path: Path, report: Report, images: ImageSink | None) -> Raw:
    """The columns and rows of a Parquet file; images in its cells go to `images`."""
    with faults_of(path, _ADVICE):
        file = _open(path)
        header = [field.name for field in file.schema_arrow]
    if not header:
        raise DatasetError(f"{path.name} has no columns")
    names = column_names(header, report, path.name)
    return Raw(names, _batches(path, file, names, report, images))


def _open(path: Path) -> parquet.ParquetFile:
    # A column chunk is read page by page, so that one huge row group does not fill the memory.
    return parquet.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False)


def _batches(
    path: Path,
    file: parquet.ParquetFile,
    names: tuple[str, ...],
    report: Report,
    images: ImageSink | None,
) -> Iterator[pa.RecordBatch]:
    converter = Converter(path.name, report, images)
    rows = 0
    with file:
        batches = file.iter_batches(_batch_rows(file, len(names)))
        while True:
            with faults_of(path, _ADVICE):
                batch = next(batches, None)
                if batch is None:
                    break
                texts = [
                    converter.texts(name, values, rows)
                    for name, values in zip(names, batch.columns, strict=True)
                ]
                converted = pa.RecordBatch.from_arrays(texts, names=list(names))
                tell_nul(converted, partial(add, rows + 1), path.name, report)
            rows += batch.num_rows
            yield converted
    converter.tell()
    if not rows:
        report.error("no-rows", f"{path.name} has no rows; add rows")


def _batch_rows(file: parquet.ParquetFile, columns: int) -> int:
    """How many rows to read at a time: fewer where they are wide or, by what it says, large.

    What the file says about itself may be wrong; it makes batches smaller, never larger.
    """
    meta = file.metadata
    size: int = sum(meta.row_group(place).total_byte_size for place in range(meta.num_row_groups))
    per_row = max(1, size // max(1, int(meta.num_rows)))
    return max(16, min(_BATCH_ROWS, _BATCH_CELLS // columns, _BATCH_BYTES // per_row))
