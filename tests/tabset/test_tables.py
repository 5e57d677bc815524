"""Tables: CSV and Parquet hold the same values, byte for byte where they are text."""

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from tabset import Column, ColumnType, DatasetError, hashing, sinks, tables

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
VALUES: dict[ColumnType, st.SearchStrategy[Any]] = {
    ColumnType.ID: TEXT,
    ColumnType.TEXT: TEXT,
    ColumnType.NUMERIC: st.floats(allow_nan=False, allow_infinity=False),
    ColumnType.CATEGORICAL: TEXT,
    ColumnType.DATETIME: st.datetimes(),
    ColumnType.IMAGE: TEXT,
    ColumnType.BOOLEAN: st.booleans(),
    ColumnType.LIST: st.lists(TEXT),
}
COLUMNS = [Column(kind.value, kind) for kind in ColumnType]


@st.composite
def typed_tables(draw: st.DrawFn) -> Any:
    """A table with one column of each type; all but the id may be missing."""
    rows = draw(st.integers(0, 6))
    data = {}
    for kind, values in VALUES.items():
        cell = values if kind is ColumnType.ID else st.none() | values
        data[kind.value] = draw(st.lists(cell, min_size=rows, max_size=rows))
    return tables.typed(COLUMNS, data)


@given(table=typed_tables())
def test_csv_and_parquet_give_the_table_back(
    table: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "t.csv").write_bytes(tables.csv_bytes(table))
    tables.write_parquet(table, folder / "t.parquet")
    assert tables.read_csv(folder / "t.csv", COLUMNS).equals(table)
    assert tables.read_parquet(folder / "t.parquet", COLUMNS).equals(table)


@given(table=typed_tables())
def test_any_rfc_4180_reader_sees_the_same_text(table: Any) -> None:
    text = tables.csv_bytes(table).decode()
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert rows[0] == table.column_names
    assert [row[1] for row in rows[1:]] == [value or "" for value in table["text"].to_pylist()]


LABELS = ["None", "NA", "nan", "null", "007", "1.0", "ü", "a, b", '"', " a ", "true", "1e5", "\r\n"]


def test_labels_and_ids_survive_byte_for_byte(tmp_path: Path) -> None:
    columns = [Column("id", ColumnType.ID), Column("label", ColumnType.TEXT)]
    table = tables.typed(columns, {"id": LABELS, "label": LABELS})
    (tmp_path / "t.csv").write_bytes(tables.csv_bytes(table))
    tables.write_parquet(table, tmp_path / "t.parquet")
    for read in (
        tables.read_csv(tmp_path / "t.csv", columns),
        tables.read_parquet(tmp_path / "t.parquet", columns),
    ):
        assert read["id"].to_pylist() == LABELS
        assert read["label"].to_pylist() == LABELS


def test_the_canonical_csv_is_this_one() -> None:
    data: dict[str, list[Any]] = {
        "id": ["007"],
        "text": ['a "b"\n,ü'],
        "numeric": [12.0],
        "categorical": [None],
        "datetime": [dt.datetime(2026, 1, 31, 12)],
        "image": ["images/1.png"],
        "boolean": [True],
        "list": [["a", "b"]],
    }
    expected = (
        "id,text,numeric,categorical,datetime,image,boolean,list\n"
        '007,"a ""b""\n,ü",12,,2026-01-31T12:00:00,images/1.png,true,"[""a"", ""b""]"\n'
    )
    assert tables.csv_bytes(tables.typed(COLUMNS, data)) == expected.encode()


@pytest.mark.parametrize(
    ("value", "text"), [(0.1, "0.1"), (-3.0, "-3"), (1e300, "1e+300"), (1 / 3, repr(1 / 3))]
)
def test_numbers_are_written_in_their_shortest_exact_form(value: float, text: str) -> None:
    table = tables.typed([Column("x", ColumnType.NUMERIC)], {"x": [value]})
    assert tables.csv_bytes(table) == f"x\n{text}\n".encode()


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    table = tables.typed([Column("x", ColumnType.TEXT)], {"x": ["a", None, "b"]})
    for name in ("one", "two"):
        tables.write_parquet(table, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (ColumnType.NUMERIC, "abc", "'abc' is not a finite number"),
        (ColumnType.NUMERIC, "nan", "'nan' is not a finite number"),
        (ColumnType.NUMERIC, "inf", "'inf' is not a finite number"),
        (ColumnType.NUMERIC, " 1", "' 1' is not a finite number"),
        (ColumnType.DATETIME, "31.1.2026", "is not a date and time"),
        (ColumnType.BOOLEAN, "True", "'True' is not true or false"),
        (ColumnType.LIST, '"[1]"', "is not a JSON list of texts"),
        (ColumnType.LIST, "a", "is not a JSON list of texts"),
    ],
)
def test_a_cell_of_the_wrong_type_is_named_with_its_row(
    tmp_path: Path, kind: ColumnType, text: str, expected: str
) -> None:
    (tmp_path / "t.csv").write_bytes(f"id,x\na,\nb,{text}\n".encode())
    columns = [Column("id", ColumnType.ID), Column("x", kind)]
    with pytest.raises(DatasetError, match=f"t.csv, row 2, column 'x': .*{expected}"):
        tables.read_csv(tmp_path / "t.csv", columns)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"id,y\na,1\n", "has the columns"),
        (b"id,x\na,1,2\n", "not CSV in UTF-8"),
        (b"id,x\na,\xff\n", "not CSV in UTF-8"),
        (b"", "not CSV in UTF-8"),
    ],
)
def test_a_file_that_is_not_the_table_is_refused(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    columns = [Column("id", ColumnType.ID), Column("x", ColumnType.TEXT)]
    with pytest.raises(DatasetError, match=fault):
        tables.read_csv(tmp_path / "t.csv", columns)


def test_a_parquet_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    column = Column("x", ColumnType.NUMERIC)
    tables.write_parquet(tables.typed([column], {"x": [1.0]}), tmp_path / "t.parquet")
    with pytest.raises(DatasetError, match="has the schema"):
        tables.read_parquet(tmp_path / "t.parquet", [Column("x", ColumnType.TEXT)])
    (tmp_path / "t.parquet").write_bytes(b"no")
    with pytest.raises(DatasetError, match="is not Parquet"):
        tables.read_parquet(tmp_path / "t.parquet", [column])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ColumnType.NUMERIC, "12"),
        (ColumnType.NUMERIC, float("inf")),
        (ColumnType.TEXT, 12),
        (ColumnType.DATETIME, "2026-01-01"),
        (ColumnType.BOOLEAN, "true"),
        (ColumnType.LIST, [1]),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_its_column(kind: ColumnType, value: Any) -> None:
    with pytest.raises(DatasetError, match="column 'x'"):
        tables.typed([Column("x", kind)], {"x": [value]})


NUMBERS = [Column("id", ColumnType.ID), Column("x", ColumnType.NUMERIC)]


def number_file(path: Path, rows: int, **wrong: str) -> Path:
    """A CSV file that counts; `row_<n>` replaces the number of one row."""
    lines = [f"r{row},{wrong.get(f'row_{row}', row)}\n" for row in range(rows)]
    path.write_text("id,x\n" + "".join(lines))
    return path


def test_a_csv_file_becomes_parquet_with_its_hash(tmp_path: Path) -> None:
    source = number_file(tmp_path / "t.csv", 300)
    fact = tables.convert_csv(source, tmp_path / "t.parquet", NUMBERS)
    assert fact == hashing.fact(tmp_path / "t.parquet")
    written = tables.read_parquet(tmp_path / "t.parquet", NUMBERS)
    assert written.equals(tables.read_csv(source, NUMBERS))
    assert written["x"].to_pylist() == [float(row) for row in range(300)]


def test_a_fault_far_down_is_named_with_its_row_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "BLOCK_BYTES", 256)
    source = number_file(tmp_path / "t.csv", 300, row_256='"1,5"')
    with pytest.raises(
        DatasetError, match=r"t\.csv, row 257, column 'x': '1,5' is not a number wi"
    ):
        tables.convert_csv(source, tmp_path / "t.parquet", NUMBERS)


def test_csv_is_read_a_block_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BLOCK_BYTES", 256)
    found = list(tables.open_csv(number_file(tmp_path / "t.csv", 300), NUMBERS))
    assert len(found) > 5
    assert sum(batch.num_rows for batch in found) == 300


def test_a_line_may_be_longer_than_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BLOCK_BYTES", 256)
    columns = [Column("id", ColumnType.ID), Column("x", ColumnType.TEXT)]
    texts = [("a\nb", "c", "y" * 5000, 'say "d",\n' * 900)[row % 4] for row in range(200)]
    table = tables.typed(columns, {"id": [str(row) for row in range(200)], "x": texts})
    (tmp_path / "t.csv").write_bytes(tables.csv_bytes(table))
    assert tables.read_csv(tmp_path / "t.csv", columns).equals(table)


def test_a_line_longer_than_every_block_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "BLOCK_BYTES", 256)
    monkeypatch.setattr(tables, "MOST_BLOCK_BYTES", 256)
    with pytest.raises(DatasetError, match="not CSV in UTF-8"):
        tables.read_csv(number_file(tmp_path / "t.csv", 9, row_5="1" * 999), NUMBERS)


def test_an_empty_line_is_a_missing_cell_of_one_column(tmp_path: Path) -> None:
    column = Column("x", ColumnType.TEXT)
    table = tables.typed([column], {"x": ["a", None, None]})
    (tmp_path / "t.csv").write_bytes(tables.csv_bytes(table))
    assert tables.read_csv(tmp_path / "t.csv", [column]).equals(table)


def test_the_csv_of_many_batches_is_hashed_without_a_file(tmp_path: Path) -> None:
    table = tables.typed(NUMBERS, {"id": [str(row) for row in range(70_000)], "x": range(70_000)})
    (tmp_path / "t.csv").write_bytes(tables.csv_bytes(table))
    batches = tables.batches(table)
    assert len(batches) == 2
    assert sinks.csv_fact(["id", "x"], batches) == hashing.fact(tmp_path / "t.csv")


def test_parquet_has_row_groups_of_a_fixed_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "GROUP_ROWS", 8)
    monkeypatch.setattr(tables, "BATCH_ROWS", 4)
    table = tables.typed(NUMBERS, {"id": [str(row) for row in range(20)], "x": range(20)})
    tables.write_parquet(table, tmp_path / "t.parquet")
    written = parquet.ParquetFile(tmp_path / "t.parquet").metadata
    assert [written.row_group(at).num_rows for at in range(written.num_row_groups)] == [8, 8, 4]


def test_large_cells_make_small_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "GROUP_BYTES", 1000)
    sink = sinks.ParquetSink(pa.schema([("x", pa.string())]), tmp_path / "t.parquet")
    for _ in range(5):
        sink.write(pa.RecordBatch.from_pydict({"x": ["x" * sinks.GROUP_BYTES]}))
    sink.close()
    assert parquet.read_metadata(tmp_path / "t.parquet").num_row_groups == 5


def test_every_taker_gets_every_item_in_order() -> None:
    taken: tuple[list[int], list[int]] = ([], [])
    sinks.feed(iter(range(50)), [taken[0].append, taken[1].append])
    assert taken == (list(range(50)), list(range(50)))


def test_the_error_of_a_taker_or_of_the_source_ends_the_feeding() -> None:
    def refuse(item: int) -> None:
        if item == 3:
            raise DatasetError("no third")

    seen: list[int] = []
    with pytest.raises(DatasetError, match="no third"):
        sinks.feed(iter(range(1000)), [refuse, seen.append])
    assert len(seen) < 10
    with pytest.raises(ZeroDivisionError):
        sinks.feed((1 // number for number in (1, 0)), [seen.append])


def test_not_a_number_is_missing() -> None:
    table = tables.typed([Column("x", ColumnType.NUMERIC)], {"x": [float("nan"), 1.0]})
    assert table["x"].to_pylist() == [None, 1.0]


def test_empty_texts_become_missing_and_are_counted() -> None:
    columns = [Column("x", ColumnType.TEXT), Column("y", ColumnType.NUMERIC)]
    table = tables.typed(columns, {"x": ["", "a", None, ""], "y": [1, 2, 3, 4]})
    emptied, counts = tables.without_empty(table)
    assert emptied["x"].to_pylist() == [None, "a", None, None]
    assert counts == {"x": 2}
