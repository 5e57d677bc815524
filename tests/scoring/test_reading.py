"""Reading interprets nothing: text survives byte for byte, numbers are exact."""

from __future__ import annotations

import csv
import gzip
import io
import math

import pyarrow as pa
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


def table_of(data: bytes) -> RawTable:
    return read_table(io.BytesIO(data), most_rows=1000)


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


def test_messages_stay_short() -> None:
    assert shorten("x" * 40) == "x" * 40
    assert shorten("x" * 41) == "x" * 39 + "…"
    assert shorten("a\nb") == "a\\nb"
    assert names([str(index) for index in range(22)]).endswith("`19` and 2 more")
    one = listing("code", "id {} is odd", "ids are odd", "Change it.", [7], ["`{x}`"])
    assert one.message == "Row 7: id `{x}` is odd. Change it."
