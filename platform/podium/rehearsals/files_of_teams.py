"""The files that the test teams of a rehearsal send, made from the sample submission."""

import csv
import io
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet


def sample(public: Path) -> bytes:
    """Return the sample submission of a data set version as CSV."""
    file = public / "sample_submission.csv"
    if file.exists():
        return file.read_bytes()
    out = io.BytesIO()
    table = pyarrow.parquet.read_table(public / "sample_submission.parquet")
    pyarrow.csv.write_csv(table, out)
    return out.getvalue()


def constant(text: bytes) -> bytes:
    """Return the file with the first row's prediction in every row."""
    header, *rows = list(csv.reader(io.StringIO(text.decode())))
    return _written(header, [[row[0], *rows[0][1:]] for row in rows])


def random(text: bytes, seed: int) -> bytes:
    """Return the file with random shares that add up to one, or random values for one column."""
    header, *rows = list(csv.reader(io.StringIO(text.decode())))
    draw, width = np.random.default_rng(seed), len(header) - 1
    if width == 1:
        shares = draw.random((len(rows), 1))
    else:
        shares = draw.dirichlet(np.ones(width), len(rows))
    made = [[row[0], *map(repr, map(float, of))] for row, of in zip(rows, shares, strict=True)]
    return _written(header, made)


def malformed(text: bytes) -> bytes:
    """Return the file without its last row: an id is missing."""
    return text.rstrip().rpartition(b"\n")[0] + b"\n"


def _written(header: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([header, *rows])
    return out.getvalue().encode()
