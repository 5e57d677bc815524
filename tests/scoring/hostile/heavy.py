"""Small files that grow, and files that cost far more to read than they look. All for matching."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.scoring.hostile.tables import packed

_MB = 1 << 20


def _gz(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _zst(data: bytes) -> bytes:
    result: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return result


def _grown(start: bytes, piece: bytes, times: int, pack: Callable[[bytes], bytes] = _gz) -> bytes:
    """A compressed file of `start` and many times the piece, each a member of its own."""
    return pack(start) + pack(piece) * times


def _one_frame_of_zeros() -> bytes:
    sink = io.BytesIO()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        for _ in range(1100):
            stream.write(bytes(_MB))
        stream.flush()
        return sink.getvalue()


def _dictionary_of_one_long_id(length: int, rows: int, *, stored: bool) -> bytes:
    """All rows have the same id of `length` characters, which the file holds once."""
    ids = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * length])
    table = pa.table({"id": ids, "score": [0.5] * rows})
    return packed(table, compression="zstd", store_schema=stored)


def _list_of(values: int) -> bytes:
    """One cell holds all the values, which the file holds once."""
    child = pa.array(np.zeros(values, dtype=np.int8))
    cell = pa.ListArray.from_arrays(pa.array([0, values], pa.int32()), child)
    return packed(pa.table({"id": ["row-1"], "score": cell}), compression="zstd")


def _deep(levels: int, *, lists: bool) -> bytes:
    array = pa.array(["x"])
    for _ in range(levels):
        if lists:
            array = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), array)
        else:
            array = pa.StructArray.from_arrays([array], ["s"])
    return packed(pa.table({"id": ["row-1"], "score": array}), store_schema=False)


def _columns(count: int) -> bytes:
    return packed(pa.table({f"c{index}": pa.array([0], pa.int8()) for index in range(count)}))


def _row_groups(count: int) -> bytes:
    table = pa.table({"id": ["row-1"] * count, "score": [0.5] * count})
    return packed(table, row_group_size=1, compression="none")


def _huge_row_count() -> bytes:
    """Metadata that claims 2^62 rows: its one varint is rewritten."""
    rows = 1_234_567
    table = pa.table({"id": pa.nulls(rows, pa.string()), "score": pa.nulls(rows, pa.float64())})
    data = packed(table)
    length = struct.unpack("<I", data[-8:-4])[0]
    body, footer = data[: -8 - length], data[-8 - length : -8]
    footer = footer.replace(_zigzag(rows), _zigzag(1 << 62))
    return body + footer + struct.pack("<I", len(footer)) + b"PAR1"


def _zigzag(value: int) -> bytes:
    value <<= 1
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _much_metadata() -> bytes:
    table = pa.table({"id": ["row-1"], "score": [0.5]})
    metadata = {f"key {index}": "x" * 20 for index in range(200_000)}
    return packed(table.replace_schema_metadata(metadata))


def _many_pages() -> bytes:
    table = pa.table({"id": ["row-1"] * 1000, "score": np.arange(1000) / 1000})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, data_page_size=1, write_batch_size=1, use_dictionary=False)
    return buffer.getvalue()


_ROW = b"row-1,0.5\n"
HEAVY: dict[str, Callable[[], bytes]] = {
    "gzip bomb": lambda: _grown(b"", bytes(_MB), 1100),
    "zstd bomb": lambda: _grown(b"", bytes(_MB), 1100, _zst),
    "zstd bomb in one frame": _one_frame_of_zeros,
    "gzip bomb in gzip": lambda: _gz(_grown(b"", bytes(_MB), 1100)),
    "gzip bomb in zstd in gzip": lambda: _gz(_zst(_grown(b"", bytes(_MB), 1100))),
    "cell of 1 GB": lambda: _grown(b"id,score\nrow-1,", b"x" * _MB, 1100),
    "cell of 900 MB": lambda: _grown(b"id,score\nrow-1,", b"x" * _MB, 900),
    "cell of 900 MB in zstd": lambda: _grown(b"id,score\nrow-1,", b"1" * _MB, 900, _zst),
    "quoted cell of 200 MB of lines": lambda: _grown(b'id,score\nrow-1,"', b"\n" * _MB, 200),
    "header of 200 MB": lambda: _grown(b"id,", b"x" * _MB, 200),
    "header of a hundred million cells": lambda: _grown(b"id", b"," * _MB, 100),
    "header of quotes": lambda: _grown(b"id", b'"' * _MB, 100),
    "cell of 20 MB": lambda: b"id,score\nrow-1," + b"9" * (20 * _MB),
    "100,000 columns": lambda: ",".join(f"c{index}" for index in range(100_000)).encode(),
    "20,000 columns": lambda: b"," * 19_999 + b"\n" + (b"," * 19_999 + b"\n") * 40,
    "five million rows": lambda: _grown(b"id,score\n", _ROW * 50_000, 100),
    "two million ragged rows": lambda: _grown(b"id,score\n", b"x\n" * 100_000, 20),
    "blank lines": lambda: _grown(b"id,score\n", b"\n" * _MB, 20),
    "NULs": lambda: b"id,score\n" + bytes(20 * _MB),
    "one dictionary entry of 8 MB, a thousand rows": lambda: _dictionary_of_one_long_id(
        8 * _MB, 1000, stored=False
    ),
    "the same under a dictionary schema": lambda: _dictionary_of_one_long_id(
        8 * _MB, 1000, stored=True
    ),
    "one dictionary entry of 100 kB": lambda: _dictionary_of_one_long_id(
        100_000, 1000, stored=True
    ),
    "list of 30 million values": lambda: _list_of(30_000_000),
    "200 lists deep": lambda: _deep(200, lists=True),
    "800 structs deep": lambda: _deep(800, lists=False),
    "20,001 columns of Parquet": lambda: _columns(20_001),
    "5,000 row groups": lambda: _row_groups(5000),
    "1,000 row groups": lambda: _row_groups(1000),
    "metadata of 2^62 rows": _huge_row_count,
    "metadata of 200,000 keys": _much_metadata,
    "a page for each row": _many_pages,
}
