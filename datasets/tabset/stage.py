"""Staged tables: the cells of raw files as text, in Arrow files that are read batch by batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyarrow as pa
from pyarrow import ipc

from tabset.errors import DatasetError

BATCH_ROWS = 65_536
IMAGES = "images"


def text_schema(names: Sequence[str]) -> pa.Schema:
    """The schema of a staged table: every column is text, null where a cell is missing."""
    return pa.schema([(name, pa.string()) for name in names])


class StageWriter:
    """Writes one staged table; use it as a context manager."""

    def __init__(self, folder: Path, table: str, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.rows = 0
        self._schema = text_schema(names)
        self._writer = ipc.new_file(folder / f"{table}.arrow", self._schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Appends rows; the columns are text and stand in the order of `names`."""
        for start in range(0, batch.num_rows, BATCH_ROWS):
            self._writer.write_batch(batch.slice(start, BATCH_ROWS))
        self.rows += batch.num_rows

    def __enter__(self) -> "StageWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()


@dataclass(frozen=True)
class StagedTable:
    """One staged table on disk. Nothing of it is in memory until it is asked for."""

    path: Path
    names: tuple[str, ...]
    rows: int

    @classmethod
    def open(cls, path: Path) -> "StagedTable":
        """The staged table in a file; `DatasetError` if it is absent or broken."""
        try:
            first = ipc.IpcReadOptions(included_fields=[0])  # counting needs no other column
            with pa.OSFile(str(path)) as source, ipc.open_file(source, options=first) as reader:
                rows = sum(
                    reader.get_batch(place).num_rows for place in range(reader.num_record_batches)
                )
                return cls(path, tuple(reader.schema.names), rows)
        except (OSError, pa.ArrowInvalid) as error:
            raise DatasetError(f"{path} cannot be read; import the raw files again") from error

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in source order, of the named columns (all if None), in that order."""
        wanted = list(self.names if columns is None else columns)
        included = sorted({self.names.index(name) for name in wanted})
        options = ipc.IpcReadOptions(included_fields=included, use_threads=False)
        with pa.OSFile(str(self.path)) as source, ipc.open_file(source, options=options) as reader:
            for place in range(reader.num_record_batches):
                yield reader.get_batch(place).select(wanted)

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of the named columns in memory, each column in one chunk."""
        names = self.names if columns is None else columns
        return pa.Table.from_batches(
            self.batches(columns), schema=text_schema(list(names))
        ).combine_chunks()


@dataclass(frozen=True)
class Stage:
    """The staged tables and raw images of a draft folder."""

    folder: Path
    tables: dict[str, StagedTable]

    @classmethod
    def open(cls, folder: Path) -> "Stage":
        """The stage in a draft folder; `DatasetError` if it has no staged tables."""
        tables = {path.stem: StagedTable.open(path) for path in sorted(folder.glob("*.arrow"))}
        if not tables:
            raise DatasetError(f"{folder} has no staged tables; import the raw files first")
        return cls(folder, tables)

    @property
    def images(self) -> Path:
        """The folder of raw image files; it may be absent."""
        return self.folder / IMAGES
