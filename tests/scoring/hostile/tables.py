"""Parquet files with a fault: damaged bytes, odd types, nulls, and metadata that lies."""

from __future__ import annotations

import base64
import datetime
import decimal
import io
import struct
import uuid
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.scoring.hostile.texts import cut, flip, splice
from tests.scoring.hostile.world import World, poisoned, valid, value_column

_LABELS = ("id", "prediction")
_COMPRESSIONS = ("none", "snappy", "gzip", "zstd", "lz4", "brotli")


def table_of(columns: dict[str, list[str]]) -> pa.Table:
    """The cells as text for ids and labels and as floats for everything else."""
    return pa.table(
        {
            name: pa.array(cells, pa.string()) if name in _LABELS else pa.array(map(float, cells))
            for name, cells in columns.items()
        }
    )


def packed(table: pa.Table, **options: Any) -> bytes:
    """The table as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


def _options(random: Random) -> dict[str, Any]:
    return {
        "compression": random.choice(_COMPRESSIONS),
        "use_dictionary": random.random() < 0.5,
        "data_page_version": random.choice(("1.0", "2.0")),
        "row_group_size": random.choice((1, 7, 1000)),
        "write_page_index": random.random() < 0.5,
        "store_schema": random.random() < 0.5,
    }


def damaged(random: Random, world: World) -> bytes:
    """A Parquet file that is cut, overwritten, or has bits turned over."""
    data = packed(table_of(poisoned(random, world)), **_options(random))
    return random.choice((cut, flip, splice, _flip_footer, _flip_pages))(random, data)


def _flip_footer(random: Random, data: bytes) -> bytes:
    """Flips bits of only the metadata."""
    begin = len(data) - 8 - struct.unpack("<I", data[-8:-4])[0]
    return data[:begin] + flip(random, data[begin:-8]) + data[-8:]


def _flip_pages(random: Random, data: bytes) -> bytes:
    """Flips bits of only the pages and their headers."""
    begin = len(data) - 8 - struct.unpack("<I", data[-8:-4])[0]
    return data[:4] + flip(random, data[4:begin]) + data[begin:]


def lying(random: Random, world: World) -> bytes:
    """A Parquet file whose footer, magic or stored schema says what is not so."""
    return random.choice((_other_footer, _other_length, _other_magic, _other_schema))(random, world)


def _split(data: bytes) -> tuple[bytes, bytes]:
    begin = len(data) - 8 - struct.unpack("<I", data[-8:-4])[0]
    return data[:begin], data[begin:-8]


def _joined(body: bytes, footer: bytes, length: int | None = None) -> bytes:
    return body + footer + struct.pack("<I", len(footer) if length is None else length) + b"PAR1"


def _other_footer(random: Random, world: World) -> bytes:
    """The pages of one file under the metadata of another: other row counts, types, offsets."""
    options = _options(random)
    table = table_of(poisoned(random, world))
    other = table_of(poisoned(random, world))
    rows = random.choice((1, 17, table.num_rows, 39))
    body, _ = _split(packed(table.slice(0, rows), **options))
    _, footer = _split(packed(other, **_options(random)))
    return _joined(body, footer)


def _other_length(random: Random, world: World) -> bytes:
    body, footer = _split(packed(table_of(poisoned(random, world))))
    lengths = (0, 1, len(footer) - 1, len(footer) + 1, len(body), 1 << 31, (1 << 32) - 1)
    return _joined(body, footer, random.choice(lengths))


def _other_magic(random: Random, world: World) -> bytes:
    data = packed(table_of(poisoned(random, world)))
    return random.choice(
        (
            b"PARE" + data[4:-4] + b"PARE",
            data[:-4] + b"PARE",
            b"PARE" + data[4:],
            b"ARROW1\x00\x00" + data[8:],
            data[:4],
            data[:4] * 3,
            data + b"\n",
            b"\n" + data,
            data * 2 + data[4:] * 2,
        )
    )


def _other_schema(random: Random, world: World) -> bytes:
    """Pages of one type under an Arrow schema that promises another."""
    table = table_of(poisoned(random, world))
    promised = pa.schema([(name, random.choice(_PROMISED)) for name in table.column_names])
    text = base64.b64encode(promised.serialize().to_pybytes())
    if random.random() < 0.3:
        text = flip(random, text)
    metadata = {"ARROW:schema": text, "pandas": random.choice((b"{", b"[]", b"\xff", b"{}"))}
    return packed(table.replace_schema_metadata(metadata), store_schema=False)


_PROMISED: tuple[pa.DataType, ...] = (
    *(pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.binary_view(), pa.null()),
    *(
        pa.int8(),
        pa.uint64(),
        pa.float16(),
        pa.float32(),
        pa.bool_(),
        pa.date32(),
        pa.month_day_nano_interval(),
    ),
    *(
        pa.decimal128(38, 37),
        pa.decimal256(76, 0),
        pa.timestamp("ns", "Mars/Olympus"),
        pa.duration("s"),
    ),
    pa.dictionary(pa.int8(), pa.string()),
    pa.dictionary(pa.uint64(), pa.float64()),
    pa.run_end_encoded(pa.int16(), pa.string()),
    pa.list_(pa.string()),
    pa.list_view(pa.float64()),
    pa.map_(pa.string(), pa.float64()),
    pa.struct([("a", pa.string())]),
    pa.dense_union([pa.field("a", pa.string())]),
    pa.uuid(),
    pa.json_(),
    pa.opaque(pa.binary(), "x", "y"),
    pa.bool8(),
    pa.fixed_shape_tensor(pa.float64(), (1,)),
)


def typed(random: Random, world: World) -> bytes:
    """A Parquet file with a type that numbers, labels or ids have not."""
    columns = table_of(poisoned(random, world))
    name = random.choice(columns.column_names)
    array = random.choice(_ARRAYS)(random, columns.num_rows)
    place = columns.column_names.index(name)
    return packed(columns.set_column(place, name, array), store_schema=random.random() < 0.7)


def _repeated(values: Sequence[Any], kind: pa.DataType) -> Callable[[Random, int], pa.Array]:
    return lambda random, n: pa.array([random.choice(values) for _ in range(n)], kind)


def _nested(random: Random, n: int) -> pa.Array:
    array = pa.array(["x"] * n)
    for _ in range(random.choice((1, 3, 30))):
        if random.random() < 0.5:
            array = pa.StructArray.from_arrays([array], ["s"])
        else:
            offsets = pa.array(range(n + 1), pa.int32())
            array = pa.ListArray.from_arrays(offsets, array)
    return array


_WHEN = datetime.datetime(2020, 1, 1)
_ARRAYS: tuple[Callable[[Random, int], pa.Array], ...] = (
    _nested,
    _nested,
    lambda random, n: pa.nulls(n),
    _repeated([None, "x"], pa.string()),
    _repeated([None, 0.5], pa.float64()),
    _repeated([b"\xff\xfe", b"", b"\x00"], pa.binary()),
    _repeated([b"\xff" * 16], pa.binary(16)),
    _repeated(["row-1", "é"], pa.large_string()),
    _repeated(["row-1", "a text too long for an inline view"], pa.string_view()),
    _repeated([True, False, None], pa.bool_()),
    _repeated([_WHEN], pa.timestamp("ns", "Europe/Berlin")),
    _repeated([_WHEN.date()], pa.date32()),
    _repeated([_WHEN.time()], pa.time64("us")),
    _repeated([datetime.timedelta(1)], pa.duration("ms")),
    _repeated([decimal.Decimal("0.5"), None], pa.decimal128(38, 30)),
    _repeated([decimal.Decimal(10) ** 70], pa.decimal256(76, 0)),
    _repeated([decimal.Decimal("0.25")], pa.decimal32(5, 3)),
    _repeated([float("nan"), float("inf"), -0.0, 5e-324], pa.float64()),
    _repeated([0.5, None], pa.float16()),
    _repeated([1, 0, 2**63, None], pa.uint64()),
    _repeated([-1, None], pa.int8()),
    _repeated([["a"], [], None], pa.list_(pa.string())),
    _repeated([[0.5]], pa.list_(pa.float64(), 1)),
    _repeated([[("k", 0.5)], None], pa.map_(pa.string(), pa.float64())),
    _repeated(
        [{"a": 1, "b": {"c": "x"}}, None],
        pa.struct({"a": pa.int8(), "b": pa.struct({"c": pa.string()})}),
    ),
    lambda random, n: pa.array(["row-1", None] * (n // 2)).dictionary_encode(),
    lambda random, n: pa.array([0.5, None] * (n // 2)).dictionary_encode(),
    lambda random, n: pa.array([b"\xff", b"y"] * (n // 2)).dictionary_encode(),
    lambda random, n: pa.array([uuid.UUID(int=7).bytes] * n, pa.uuid()),
    lambda random, n: pa.array(["{}"] * n, pa.json_()),
    lambda random, n: pa.array([1] * n, pa.bool8()),
)


def faulty(random: Random, world: World) -> bytes:
    """A sound Parquet file whose only fault is in a value, a name or the number of rows."""
    table = table_of(valid(random, world))
    return packed(random.choice(_FAULTS)(random, table), **_options(random))


def _null(random: Random, table: pa.Table) -> pa.Table:
    place = random.randrange(table.num_columns)
    column = table.column(place).to_pylist()
    column[random.randrange(len(column))] = None
    return table.set_column(
        place, table.column_names[place], pa.array(column, table.schema.types[place])
    )


def _infinite(random: Random, table: pa.Table) -> pa.Table:
    name = value_column({name: [] for name in table.column_names})
    if name == "prediction":
        return table.slice(1)
    column = table[name].to_pylist()
    column[random.randrange(len(column))] = random.choice((float("inf"), float("nan"), -1e308))
    if name == "score":  # where a score of any size is one
        column[0] = float("-inf")
    return table.set_column(table.num_columns - 1, name, pa.array(column))


def _renamed(random: Random, table: pa.Table) -> pa.Table:
    odd = (
        "",
        "ID ",
        "id.list.element",
        "a.b",
        "\x00",
        "x" * 10_000,
        "\u202eid",
        "__index_level_0__",
    )
    names = list(table.column_names)
    names[random.randrange(len(names))] = random.choice(odd)
    return table.rename_columns(names)


_FAULTS: tuple[Callable[[Random, pa.Table], pa.Table], ...] = (
    _null,
    _infinite,
    _renamed,
    lambda random, table: table.slice(0, random.randrange(table.num_rows)),
    lambda random, table: pa.concat_tables([table, table.slice(0, random.randrange(1, 40))]),
    lambda random, table: pa.concat_tables([table] * 40),
    lambda random, table: table.append_column("more", table.column(0)),
    lambda random, table: pa.table([*table.columns, table.column(0)], [*table.column_names, "id"]),
    lambda random, table: table.drop_columns([table.column_names[random.randrange(2)]]),
    lambda random, table: table.select([]),
    lambda random, table: table.set_column(0, "id", pa.array(range(table.num_rows))),
    lambda random, table: table.set_column(0, "id", table.column(0).cast(pa.binary())),
)

TABLES = (damaged, damaged, damaged, lying, lying, typed, typed, faulty)
"""Makers; those that have many variants stand several times."""
