"""Whatever the bytes are: rows, findings or a DatasetError, and nothing else."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow import parquet

from tabset.errors import DatasetError
from tabset.readers import TextFormat
from tabset.readers.delimited import DELIMITERS
from tests.tabset.readers.reading import csv_text, read

PARTS = st.sampled_from(
    [
        *(b"a", b"b1", b",", b";", b"\t", b"|", b'"', b'""', b'\\"', b"\\", b"\n", b"\r\n", b"\r"),
        *(b"\0", b"\xc3\xbc", b"\xfc", b"\x81", b"\xef\xbb\xbf", b"\xff\xfe", b"#", b" ", b"'"),
        *(b"{", b"}", b"[", b"]", b":", b"null", b"1.0", b"NaN", b'"k"', b"\\ud800", b"\\u0000"),
    ]
)
JUMBLE = st.lists(PARTS, max_size=60).map(b"".join)
SUFFIXES = st.sampled_from(
    [".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".csv.gz", ".json.zst", ".csv.bz2"]
)
CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from('",;\t|\r\n"\\ '),
    max_size=8,
)


@contextmanager
def raw_file(content: bytes, suffix: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"raw{suffix}"
        path.write_bytes(content)
        yield path


def survives(content: bytes, suffix: str) -> None:
    with raw_file(content, suffix) as path, suppress(DatasetError):
        read(path)


@given(JUMBLE, SUFFIXES)
@example(b"", ".csv")
@example(b"\xff\xfea", ".csv")
@example(b'{"a":' * 5_000, ".jsonl")
@example(b'{"a":' * 5_000, ".json")
@example(b"[" + b'{"a":[' * 500 + b"]}" * 500 + b"]", ".json")
@example(b'{"a": 1' + b"0" * 5_000 + b"}", ".json")
def test_a_jumble_of_what_files_are_made_of_is_read_or_refused(content: bytes, suffix: str) -> None:
    survives(content, suffix)


@given(st.binary(max_size=300), SUFFIXES)
def test_random_bytes_are_read_or_refused(content: bytes, suffix: str) -> None:
    survives(content, suffix)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 5))
    names = draw(st.lists(CELLS.filter(bool), min_size=width, max_size=width, unique=True))
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8))
    return [names, *rows]


@given(tables(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.sampled_from(["\n", "\r\n"]))
def test_cells_that_pythons_csv_module_wrote_come_back(
    table: list[list[str]], encoding: str, ends: str
) -> None:
    content = csv_text(table, ends=ends).encode(encoding)
    with raw_file(content, ".csv") as path:
        found = read(path, form=TextFormat(delimiter=",", escape="none"))
    assert found.names == tuple(table[0])
    assert found.rows == [tuple(cell or None for cell in row) for row in table[1:]]


@given(
    st.lists(
        st.lists(st.text("abc 12.\n", max_size=6), min_size=3, max_size=3), min_size=3, max_size=20
    ),
    st.sampled_from(DELIMITERS),
)
def test_the_delimiter_is_found(rows: list[list[str]], delimiter: str) -> None:
    table = [["id", "name", "note"], *rows]
    with raw_file(csv_text(table, delimiter).encode(), ".csv") as path:
        found = read(path)
    assert found.names == ("id", "name", "note")
    assert found.rows == [tuple(cell or None for cell in row) for row in rows]


VALUES = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(),
    pa.float32(): st.floats(width=32),
    pa.string(): st.text(max_size=5),
    pa.large_string(): st.text(max_size=5),
    pa.binary(): st.binary(max_size=5),
    pa.bool_(): st.booleans(),
    pa.timestamp("s"): st.integers(-(2**62), 2**62),
    pa.timestamp("us", tz="UTC"): st.integers(-(2**62), 2**62),
    pa.timestamp("ns"): st.integers(-(2**62), 2**62),
    pa.date32(): st.integers(-(2**31), 2**31 - 1),
    pa.time64("us"): st.integers(0, 86_399_999_999),
    pa.dictionary(pa.int32(), pa.string()): st.sampled_from(["a", "b", ""]),
    pa.list_(pa.string()): st.lists(st.none() | st.text(max_size=3), max_size=3),
    pa.list_(pa.float64()): st.lists(st.floats(), max_size=3),
    pa.struct([("a", pa.int64()), ("b", pa.list_(pa.binary()))]): st.fixed_dictionaries(
        {"a": st.none() | st.integers(0, 9), "b": st.lists(st.binary(max_size=2), max_size=2)}
    ),
    pa.struct([("bytes", pa.binary()), ("path", pa.string())]): st.fixed_dictionaries(
        {"bytes": st.none() | st.binary(max_size=4), "path": st.none() | st.text(max_size=8)}
    ),
    pa.map_(pa.string(), pa.int64()): st.lists(
        st.tuples(st.text(max_size=2), st.integers(0, 9)), max_size=2
    ),
}


@st.composite
def parquet_bytes(draw: st.DrawFn) -> bytes:
    count = draw(st.integers(0, 5))
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=4))
    columns = [
        pa.array(draw(st.lists(st.none() | VALUES[kind], min_size=count, max_size=count)), kind)
        for kind in kinds
    ]
    names = draw(st.lists(st.text("ab", max_size=2), min_size=len(kinds), max_size=len(kinds)))
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_arrays(columns, names=names), sink)
    return bytes(sink.getvalue())


@given(parquet_bytes(), st.data())
def test_parquet_whole_or_cut_off_is_read_or_refused(content: bytes, data: st.DataObject) -> None:
    survives(content, ".parquet")
    survives(content[: data.draw(st.integers(0, len(content)))], ".parquet")
    place = data.draw(st.integers(0, len(content) - 1))
    flipped = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
    survives(flipped, ".parquet")
