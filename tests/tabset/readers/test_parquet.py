import datetime as dt
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tabset.errors import DatasetError
from tests.tabset.readers.reading import Table, read, read_bytes


class Sink:
    """Keeps the images that it gets."""

    def __init__(self) -> None:
        self.images: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> None:
        assert name not in self.images
        self.images[name] = content


def of(folder: Path, values: Any, sink: Sink | None = None) -> Table:
    path = folder / "raw.parquet"
    parquet.write_table(pa.table({"a": values}), path)
    return read(path, sink)


def texts(table: Table) -> list[str | None]:
    return [row[0] for row in table.rows]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1, None, -5]), ["1", None, "-5"]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([1.0, 0.1, 1e12, None]), ["1", "0.1", "1000000000000", None]),
        (pa.array([1.0, 0.1, None], pa.float32()), ["1", "0.1", None]),
        (pa.array([1.5, 2.0], pa.float16()), ["1.5", "2"]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array(["NA", "", "007", None]), ["NA", "", "007", None]),
        (pa.array(["a", None], pa.large_string()), ["a", None]),
        (pa.array(["a", None], pa.string_view()), ["a", None]),
        (pa.array(["x", "y", "x", None]).dictionary_encode(), ["x", "y", "x", None]),
        (pa.array([b"a", "ü".encode(), None]), ["a", "ü", None]),
        (pa.array([b"ab"], pa.binary(2)), ["ab"]),
        (pa.array([Decimal("1.00"), None]), ["1.00", None]),
        (pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31)]), ["0001-01-01", "9999-12-31"]),
        (pa.array([0, None], pa.int64()).cast(pa.date64()), ["1970-01-01", None]),
        (pa.array([dt.time(1, 2, 3, 4)]), ["01:02:03.000004"]),
        (pa.array([1500, None], pa.timestamp("ms")), ["1970-01-01T00:00:01.500000", None]),
        (pa.array([1000], pa.timestamp("ns")), ["1970-01-01T00:00:00.000001"]),
        (pa.array([["a", "b,c"], [], None]), ['["a", "b,c"]', "[]", None]),
        (pa.array([[1.0], [2.5]], pa.large_list(pa.float64())), ['["1"]', '["2.5"]']),
        (pa.array([[1, 2]], pa.list_(pa.int8(), 2)), ['["1", "2"]']),
        (pa.nulls(2), [None, None]),
    ],
)
def test_values_of_every_type_become_text(
    tmp_path: Path, values: pa.Array, expected: list[str | None]
) -> None:
    table = of(tmp_path, values)
    assert texts(table) == expected
    assert table.findings == []


@pytest.mark.parametrize(
    ("values", "expected", "code"),
    [
        (pa.array([1.0, float("nan")]), ["1", None], "warning nan"),
        (pa.array([1.0, float("-inf")]), ["1", None], "error infinite"),
        (
            pa.array([None, 0], pa.timestamp("s", "Europe/Berlin")),
            [None, "1970-01-01T00:00:00"],
            "warning time-zone",
        ),
        (
            pa.array([None, 1001], pa.timestamp("ns")),
            [None, "1970-01-01T00:00:00.000001"],
            "warning nanoseconds",
        ),
        (pa.array([None, 2**62], pa.timestamp("us")), [None, None], "error year"),
        (pa.array([None, -(2**62)], pa.timestamp("us")), [None, None], "error year"),
        (pa.array([None, 2**31 - 1], pa.int32()).cast(pa.date32()), [None, None], "error year"),
        (pa.array([None, 5], pa.duration("s")), [None, "5"], "warning duration"),
        (pa.array([b"a", b"\xff"]), ["a", None], "error binary"),
        (pa.array([["a"], ["b", None]]), ['["a"]', '["b"]'], "warning null-in-list"),
        (
            pa.array([None, {"x": 1, "y": [b"z", None], "w": dt.date(2020, 1, 2)}]),
            [None, '{"x": 1, "y": ["z", null], "w": "2020-01-02"}'],
            "warning nested",
        ),
        (pa.array([None, [["ü"]]]), [None, '[["ü"]]'], "warning nested"),
        (
            pa.array([None, [("k", float("inf"))]], pa.map_(pa.string(), pa.float64())),
            [None, '[["k", "inf"]]'],
            "warning nested",
        ),
    ],
)
def test_what_text_cannot_say_is_a_finding_with_row_and_column(
    tmp_path: Path, values: pa.Array, expected: list[str | None], code: str
) -> None:
    table = of(tmp_path, values)
    assert texts(table) == expected
    assert table.codes == [code]
    (finding,) = table.findings
    assert (finding.rows, finding.column, finding.count) == ((2,), "a", 1)
    assert finding.message.startswith("raw.parquet: column 'a', row 2: ")


def test_findings_count_rows_over_batches(tmp_path: Path) -> None:
    finding = of(tmp_path, pa.array([1.0, float("nan")] * 100_000)).finding("nan")
    assert finding.count == 100_000
    assert finding.rows == tuple(range(2, 42, 2))


IMAGES = [
    {"bytes": b"\x89PNG1", "path": "../x/a.png"},
    {"bytes": b"\x89PNG2", "path": "C:\\y\\a.png"},
    {"bytes": b"\x89PNG1", "path": "a.png"},
    {"bytes": b"\xff\xd8", "path": None},
    {"bytes": b"?", "path": ".."},
    {"bytes": b"?", "path": "x" * 300},
    {"bytes": None, "path": "else/where.png"},
    {"bytes": None, "path": None},
    None,
]


def test_images_in_cells_go_to_the_sink_under_plain_names(tmp_path: Path) -> None:
    sink = Sink()
    table = of(tmp_path, pa.array(IMAGES), sink)
    names = ["a.png", "a-2.png", "a.png", "a-4.jpg", "a-5.bin", "a-6.bin"]
    assert texts(table) == [*names, "else/where.png", None, None]
    assert sink.images == {
        "a.png": b"\x89PNG1",
        "a-2.png": b"\x89PNG2",
        "a-4.jpg": b"\xff\xd8",
        "a-5.bin": b"?",
        "a-6.bin": b"?",
    }
    assert table.findings == []


def test_images_without_a_sink_are_a_warning(tmp_path: Path) -> None:
    table = of(tmp_path, pa.array(IMAGES))
    assert texts(table)[:2] == ["a.png", "a-2.png"]
    assert table.codes == ["warning images-left-out"]


def test_a_nul_character_is_an_error(tmp_path: Path) -> None:
    table = of(tmp_path, ["x", "y\0"])
    assert table.codes == ["error nul-byte"]
    assert table.findings[0].rows == (2,)


def test_text_that_is_not_utf_8_is_an_error_with_its_row(tmp_path: Path) -> None:
    broken = pa.array([b"x", b"\xff"]).view(pa.string())
    table = of(tmp_path, broken)
    assert texts(table) == ["x", None]
    assert table.finding("binary").rows == (2,)


def test_columns_without_a_name_or_with_the_same_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "raw.parquet"
    columns = [pa.array([1]), pa.array([2]), pa.array([3])]
    parquet.write_table(pa.Table.from_arrays(columns, names=["a", "", "a"]), path)
    table = read(path)
    assert table.names == ("a", "column_2", "a_3")
    assert table.rows == [("1", "2", "3")]
    assert table.codes == ["error empty-column-name", "error doubled-column-name"]


def test_a_table_without_rows_is_an_error(tmp_path: Path) -> None:
    assert of(tmp_path, pa.array([], pa.int64())).codes == ["error no-rows"]


def test_a_table_without_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "raw.parquet"
    parquet.write_table(pa.table({}), path)
    with pytest.raises(DatasetError, match="has no columns"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"a,b\n1,2\n", b"PAR1" + b"\0" * 99 + b"PAR1"])
def test_what_is_not_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DatasetError, match=r"raw\.parquet cannot be read"):
        read_bytes(tmp_path, content, "raw.parquet")


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "raw.parquet"
    parquet.write_table(pa.table({"a": range(1000)}), path)
    with pytest.raises(DatasetError, match="damaged or cut off"):
        read_bytes(tmp_path, path.read_bytes()[:-10], "cut.parquet")


def test_parquet_is_told_by_its_content(tmp_path: Path) -> None:
    sink = io.BytesIO()
    parquet.write_table(pa.table({"a": [1]}), sink)
    assert read_bytes(tmp_path, sink.getvalue(), "raw.csv").rows == [("1",)]


def test_many_row_groups_and_large_cells_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "raw.parquet"
    cells = [f"{number}" * 10_000 for number in range(300)]
    parquet.write_table(pa.table({"a": cells}), path, row_group_size=70)
    assert texts(read(path)) == cells
