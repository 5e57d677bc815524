"""Reads raw files whole, for tests."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tabset.findings import Finding
from tabset.readers import ImageSink, Report, TextFormat, open_table

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Table:
    """A raw file that was read to its end."""

    names: tuple[str, ...]
    rows: list[Row]
    findings: list[Finding]

    @property
    def codes(self) -> list[str]:
        """The findings as `level code`."""
        return [f"{finding.level} {finding.code}" for finding in self.findings]

    def finding(self, code: str) -> Finding:
        """The only finding with a code."""
        (found,) = [finding for finding in self.findings if finding.code == code]
        return found


def read(path: Path, images: ImageSink | None = None, form: TextFormat | None = None) -> Table:
    """Everything that the readers give for a file."""
    report = Report()
    raw = open_table(path, report, images, form=form)
    rows: list[Row] = []
    for batch in raw.batches:
        assert batch.schema == pa.schema([(name, pa.string()) for name in raw.names])
        batch.validate(full=True)
        rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return Table(raw.names, rows, report.findings)


def read_bytes(
    folder: Path, content: bytes | str, name: str = "raw.csv", form: TextFormat | None = None
) -> Table:
    """Everything that the readers give for a file with this content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(path, form=form)


def csv_text(rows: Sequence[Sequence[str]], delimiter: str = ",", ends: str = "\n") -> str:
    """The rows as Python's csv module writes them.

    With the line end LF every cell is in quotes, as the module puts none around a lone CR then.
    """
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if ends == "\n" else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=delimiter, lineterminator=ends, quoting=quoting).writerows(rows)
    return text.getvalue()
