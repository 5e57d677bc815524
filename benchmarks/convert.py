"""`python -m benchmarks.convert`: from a large CSV file to typed Parquet, and to a data set.

A CSV file of the given number of rows and 20 columns is made, the same on every run. Each contender
reads it in a process of its own, one after the other, so that peak memory is its own. The first
contender is the common alternative: pyarrow's streaming CSV reader and Parquet writer with their
default settings, which infer the types. The others are given as ratios to it: one that knows the
types and hashes what it writes, and one that makes a whole data set version.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute, csv, parquet

from tabset import Column, ColumnType, building, cells, importers, sinks, tables

COLUMNS = (
    Column("id", ColumnType.ID),
    *(Column(f"float_{n}", ColumnType.NUMERIC) for n in range(8)),
    *(Column(f"whole_{n}", ColumnType.NUMERIC) for n in range(2)),
    *(Column(f"category_{n}", ColumnType.CATEGORICAL) for n in range(4)),
    Column("yes", ColumnType.BOOLEAN),
    Column("day", ColumnType.DATETIME),
    *(Column(f"text_{n}", ColumnType.TEXT) for n in range(2)),
    Column("label", ColumnType.TEXT),
)
WORDS = ("red", "dark blue", "green, light", 'the "best"', "size 12", "cotton", "NA", "ünder")
LABELS = ("None", "007", "1.0", "ü")
DAYS = 10_000


def main() -> None:
    """Print seconds, peak memory and ratio of every contender, and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scratch", type=Path, help="where to put the files (several gigabytes)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="podium-bench-", dir=options.scratch) as name:
        file = Path(name) / "table.csv"
        _in_a_process("make_csv", file, options.rows)
        size = file.stat().st_size
        runs = [
            {contender: _in_a_process(contender, file) for contender in CONTENDERS}
            for _ in range(options.runs)
        ]
    print(f"{options.rows:,} rows, {len(COLUMNS)} columns, {size / 1e9:.2f} GB of CSV")
    figures = {contender: _figures(contender, runs) for contender in CONTENDERS}
    for contender, found in figures.items():
        print(
            f"{contender:12} {found['seconds']:8.1f} s   ratio {found['ratio']:5.2f}   "
            f"peak {found['peak_mb']:7.0f} MB"
        )
    if options.json:
        options.json.write_text(json.dumps({"rows": options.rows, **figures}, indent=2))


def _figures(contender: str, runs: list[dict[str, dict[str, float]]]) -> dict[str, float]:
    first = next(iter(CONTENDERS))
    return {
        "seconds": statistics.median(run[contender]["seconds"] for run in runs),
        "ratio": statistics.median(
            run[contender]["seconds"] / run[first]["seconds"] for run in runs
        ),
        "peak_mb": max(run[contender]["peak_mb"] for run in runs),
    }


def _in_a_process(function: str, *arguments: object) -> dict[str, float]:
    """Run one function of this module by its name; return its seconds and peak memory."""
    code = f"from benchmarks.convert import measured; measured({function!r})"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(function: str) -> None:
    """Call the function with the arguments of this process; print what it took as JSON."""
    begun = time.perf_counter()
    globals()[function](Path(sys.argv[1]), *map(int, sys.argv[2:]))
    seconds = time.perf_counter() - begun
    status = Path("/proc/self/status").read_text()
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "peak_mb": int(peak) / 1024}))


def pyarrow_only(file: Path) -> None:
    """The alternative: inferred types, no hash."""
    reader = csv.open_csv(file)
    with parquet.ParquetWriter(file.with_name("pyarrow.parquet"), reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


def tabset_convert(file: Path) -> None:
    """Known types, every cell checked, SHA-256 taken while writing."""
    tables.convert_csv(file, file.with_name("tabset.parquet"), COLUMNS)


def tabset_build(file: Path) -> None:
    """The whole way: types inferred, checks, split, CSV and Parquet of every table, all hashes."""
    with tempfile.TemporaryDirectory(dir=file.parent) as name:
        draft, public, private = (Path(name) / each for each in ("draft", "public", "private"))
        options = {"name": "table", "label": "label", "id": "id"}
        importers.import_raw("table", [file], options, draft, progress=_quiet)
        building.build_draft(draft, public, private, salt="benchmark", progress=_quiet)


def _quiet(share: float, message: str) -> None:
    """Ignores progress."""


CONTENDERS: Mapping[str, Callable[[Path], None]] = {
    function.__name__: function for function in (pyarrow_only, tabset_convert, tabset_build)
}


def make_csv(file: Path, rows: int) -> None:
    """Write the table; the same rows on every call."""
    random = np.random.default_rng(0)
    with file.open("wb") as out:
        out.write(sinks.header([column.name for column in COLUMNS]))
        for batch in _batches(random, rows):
            out.write(cells.csv_buffer(batch))


def _batches(random: np.random.Generator, rows: int) -> Iterator[pa.RecordBatch]:
    schema = tables.arrow_schema(COLUMNS)
    for start in range(0, rows, tables.BATCH_ROWS):
        count = min(tables.BATCH_ROWS, rows - start)
        arrays = [_values(random, column, start, count) for column in COLUMNS]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _values(random: np.random.Generator, column: Column, start: int, count: int) -> Any:
    """Values of one column; a twentieth of most columns is missing."""
    kind, _, number = column.name.partition("_")
    missing = random.random(count) < 0.05
    if kind == "id":
        return compute.cast(pa.array(np.arange(start, start + count)), pa.string())
    if kind == "float":
        full = random.normal(0, 100, count)
        return pa.array(full if number in "01" else np.round(full, int(number)), mask=missing)
    if kind == "whole":
        return pa.array(random.integers(0, 10**5, count).astype(float), mask=missing)
    if kind == "category":
        return pa.array(WORDS).take(pa.array(random.integers(0, 5 + int(number), count)))
    if kind == "yes":
        return pa.array(random.random(count) < 0.5, mask=missing)
    if kind == "day":
        seconds = random.integers(0, DAYS, count) * 86_400
        return pa.array(seconds, pa.timestamp("s"), mask=missing).cast(pa.timestamp("us"))
    if kind == "label":
        return pa.array(LABELS).take(pa.array(random.integers(0, len(LABELS), count)))
    picked = [pa.array(WORDS).take(pa.array(p)) for p in random.integers(0, len(WORDS), (6, count))]
    return compute.binary_join_element_wise(*picked, " ")


if __name__ == "__main__":
    main()
