"""Reading interprets nothing: text survives byte for byte, numbers are exact."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Collection

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import reading
from scoring.columns import numbers
from scoring.messages import listing, names, shorten
from scoring.reading import RawTable, Unreadable, read_table
from tests.scoring.builders import parquet, text

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=8)
ROWS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8)


def table_of(data: bytes, numeric: Collection[str] = ()) -> RawTable:
    return read_table(io.BytesIO(data), most_rows=1000, numeric=numeric)


def written(rows: list[tuple[str, str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("id", "label"), *rows])
    return buffer.getvalue().encode()


@given(ROWS, st.sampled_from([lambda data: data, gzip.compress, lambda d: pa.compress(d, "zstd")]))
def test_csv_text_survives_byte_for_byte(rows: list[tuple[str, str]], pack: object) -> None:
    assert callable(pack)
    found = table_of(bytes(pack(written(rows))))
    assert found.names == ("id", "label")
    assert found.row_numbers.tolist() == list(range(1, len(rows) + 1))
    assert list(zip(*(column.to_pylist() for column in found.columns), strict=True)) == rows


ODD = st.sampled_from(
    ["x", "ü", " ", "\t", ",", '"', "\n", "\r", "\r\n", "1", "0.5", "-2e3", "nan", "1e999"]
)


@pytest.mark.parametrize("block", [16, 1 << 22])
@given(st.lists(ODD, max_size=30).map("".join))
def test_rows_do_not_depend_on_the_names_of_the_columns(block: int, body: str) -> None:
    # The fast reader gives up on a name with a line end, whatever the rows are.
    assert outcome("id", body, block) == outcome('"i\nd"', body, block)


def outcome(name: str, body: str, block: int) -> tuple[object, ...]:
    """The rows, faults and problems of a file whose first column has this name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK_BYTES", block)
        try:
            table = table_of(f"{name},score\n{body}".encode(), ["score"])
        except Unreadable as error:
            return error.problems
    if len(table.columns) != 2:
        return table.problems
    values = numbers(table.columns[1], parse=True)
    assert values is not None
    faults = {code: rows.tolist() for code, rows in values.rows.items() if len(rows)}
    shown = table.columns[0].to_pylist(), table.row_numbers.tolist(), repr(values.values.tolist())
    return *shown, faults, table.notes, table.problems


@pytest.mark.parametrize("header", ["id,score", '"id","score"', "Id,SCORE", "id,score\r"])
def test_a_regular_file_is_read_the_fast_way(header: str) -> None:
    found = table_of(f'{header}\nx,1\n"y,\n",2e1\n'.encode(), ["score", "SCORE", "score\r"])
    assert found.columns[0].to_pylist() == ["x", "y,\n"]
    assert found.columns[1].equals(pa.array([1.0, 20.0]))
    assert found.row_numbers.tolist() == [1, 2]


def test_a_name_may_hold_a_line_end() -> None:
    found = table_of(b'"i\nd",score\nx,1\n')
    assert found.names == ("i\nd", "score")
    assert found.columns[0].to_pylist() == ["x"]


def test_a_cell_larger_than_a_block_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", 64)
    cell = "a\n" * 100
    assert table_of(f'id,label\n"{cell}",1\n'.encode()).columns[0].to_pylist() == [cell]


@given(ROWS)
def test_parquet_text_survives_byte_for_byte(rows: list[tuple[str, str]]) -> None:
    columns = {"a": text([row[0] for row in rows]), "b": text([row[1] for row in rows])}
    found = table_of(parquet(columns))
    assert list(zip(*(column.to_pylist() for column in found.columns), strict=True)) == rows


NUMBER_LIKE = st.text("0123456789.eE+-naifNIF ", max_size=6) | st.floats().map(repr)


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell == cell.strip()


@given(st.lists(NUMBER_LIKE, min_size=1, max_size=20))
def test_numbers_are_told_from_other_text_as_python_does(cells: list[str]) -> None:
    found = numbers(text(cells), parse=True)
    assert found is not None
    bad = {*found.faults("not_a_number").tolist(), *found.faults("empty_value").tolist()}
    assert bad == {row for row, cell in enumerate(cells) if not is_number(cell)}
    for row, cell in enumerate(cells):
        if row not in bad and math.isfinite(float(cell)):
            assert found.values[row] == float(cell)
        elif row not in bad:
            assert row in found.faults("not_finite")


def test_more_text_than_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_TEXT_BYTES", 100)
    with pytest.raises(Unreadable) as caught:
        table_of(gzip.compress(b"id,score\n" + b"x" * 200))
    assert caught.value.problems[0].code == "too_large"


def test_gzip_members_in_a_row_are_one_file() -> None:
    data = gzip.compress(b"id,score\nx,1\n") + gzip.compress(b"y,2\n")
    assert table_of(data).columns[0].to_pylist() == ["x", "y"]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_last_line_end_is_no_row(line_end: bytes) -> None:
    found = table_of(line_end.join([b"id,score", b"x,1", b""]))
    assert found.rows == 1
    assert found.notes == ()


def test_a_cell_may_hold_a_line_end_and_rows_keep_their_numbers() -> None:
    found = table_of(b'id,label\n"a\nb",1\nc\n')
    assert found.columns[0].to_pylist() == ["a\nb"]
    assert found.problems[0].rows == (2,)


def test_a_parquet_file_that_claims_too_many_rows_is_not_read() -> None:
    with pytest.raises(Unreadable) as caught:
        read_table(io.BytesIO(parquet({"id": text(["x"] * 11)})), most_rows=10)
    assert "was not read" in caught.value.problems[0].message


def test_dictionaries_of_several_row_groups_become_one() -> None:
    buffer = io.BytesIO()
    column = text(["a", "b", "a", "c"])
    pq.write_table(pa.table({"id": column.dictionary_encode()}), buffer, row_group_size=1)
    assert table_of(buffer.getvalue()).columns[0].to_pylist() == column.to_pylist()


def test_nested_columns_are_refused_unread() -> None:
    deep: pa.DataType = pa.int8()
    for _ in range(50):
        deep = pa.list_(deep)
    with pytest.raises(Unreadable) as caught:
        table_of(parquet({"id": text(["x"]), "score": pa.nulls(1, deep)}))
    assert caught.value.problems[0].code == "wrong_type"
    assert len(caught.value.problems[0].message) < 200


def test_messages_stay_short() -> None:
    assert shorten("x" * 40) == "x" * 40
    assert shorten("x" * 41) == "x" * 39 + "…"
    assert shorten("a\nb") == "a\\nb"
    assert names([str(index) for index in range(22)]).endswith("`19` and 2 more")
    one = listing("code", "id {} is odd", "ids are odd", "Change it.", [7], ["`{x}`"])
    assert one.message == "Row 7: id `{x}` is odd. Change it."
