"""The interface of importers: raw files in, staged tables and findings out."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from tabset.draft import Draft, DraftColumn
from tabset.errors import DatasetError
from tabset.findings import Finding, Level
from tabset.inference import TableObserver
from tabset.readers import ImageSink, Raw, Report, TextFormat, open_table
from tabset.stage import StageWriter

Progress = Callable[[float, str], None]
MOST_ROWS_NAMED = 10
LEAST_NEWS = 0.005


@dataclass(frozen=True)
class Option:
    """One setting of an importer: text, as a command line or a web form gives it."""

    name: str
    help: str
    required: bool = False
    default: str = ""


class Meter:
    """Reports the share of the expected bytes that has been read; it never decreases."""

    def __init__(self, tell: Progress, expected: int = 0) -> None:
        self._tell = tell
        self._expected = expected
        self._done = 0.0
        self._told = (-1.0, "")

    def expect(self, size: int) -> None:
        """Adds bytes that will be read as well."""
        self._expected += size

    def add(self, size: float, message: str) -> None:
        """Counts bytes that have been read."""
        self._done += size
        share = min(self._done / max(self._expected, 1), 0.99)
        if message != self._told[1] or share - self._told[0] >= LEAST_NEWS:
            self._told = max(share, self._told[0]), message
            self._tell(*self._told)

    def metered(self, path: Path, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches of a file; what their cells take as text stands for the bytes read."""
        left = float(path.stat().st_size)
        for batch in batches:
            # An offset of four bytes stands where the file has a separator of one.
            size = min(max(batch.nbytes - 3 * batch.num_rows * batch.num_columns, 0), left)
            left -= size
            self.add(size, f"reading {path.name}")
            yield batch
        self.add(left, f"read {path.name}")


@dataclass(frozen=True)
class Request:
    """One import: raw files and folders, checked options, and where to write.

    `options` has a text for every option of the importer, its default where none was given.
    """

    paths: tuple[Path, ...]
    options: Mapping[str, str]
    out: Path
    report: Report
    meter: Meter
    form: TextFormat

    def open(self, path: Path, images: ImageSink | None = None) -> Raw:
        """The table in a raw file, whose reading moves the progress on."""
        raw = open_table(path, self.report, images, form=self.form)
        return replace(raw, batches=self.meter.metered(path, raw.batches))

    def stage(
        self,
        table: str,
        names: Sequence[str],
        batches: Iterable[pa.RecordBatch],
        *,
        keep: Collection[str] = (),
    ) -> tuple[DraftColumn, ...]:
        """Writes a staged table and gives its columns; those in `keep` stay text as they are.

        `DatasetError` if there is not a single row.
        """
        observer = TableObserver(names)
        with StageWriter(self.out, table, names) as writer:
            for batch in batches:
                observer.see(batch)
                writer.write(batch)
        if not writer.rows:
            raise DatasetError(f"there is no row for the table {table}; give files that have rows")
        return observer.columns(set(keep))

    def tell(
        self,
        level: Level,
        code: str,
        message: str,
        *,
        table: str = "",
        column: str = "",
        rows: Sequence[int] = (),
        count: int = 0,
    ) -> None:
        """Adds a finding; of `rows` (from 1) the first few are kept, and all are counted."""
        named = tuple(rows[:MOST_ROWS_NAMED])
        finding = Finding(level, code, message, table, column, named, count or len(rows))
        self.report.add(finding)


@dataclass(frozen=True)
class Importer:
    """A way to read one form of raw data: `run` stages its tables and gives the proposed draft."""

    name: str
    summary: str
    options: tuple[Option, ...]
    run: Callable[[Request], Draft]
