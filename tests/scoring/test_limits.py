"""A file that goes on and on is left after a few rows, and its problem says what to do."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from pyarrow.csv import open_csv

from scoring import Problem, reading
from scoring.reading import RawTable, Unreadable, read_table
from tests.scoring.builders import MATCHING, problems

MOST_ROWS = 5000


class Work:
    """How many rows Arrow has made of a file."""

    def __init__(self) -> None:
        self.rows = 0

    def open_csv(self, *options: Any) -> Iterator[pa.RecordBatch]:
        for batch in open_csv(*options):
            self.rows += batch.num_rows
            yield batch


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    counted = Work()
    monkeypatch.setattr(reading, "open_csv", counted.open_csv)
    monkeypatch.setattr(reading, "BLOCK_BYTES", 1 << 16)
    monkeypatch.setattr(reading, "MAX_ROW_BYTES", 1 << 16)
    return counted


def bomb(start: bytes, line: bytes, lines: int) -> bytes:
    """A small gzip file of many equal lines."""
    return gzip.compress(start + line * lines)


def refusal(data: bytes) -> Problem:
    with pytest.raises(Unreadable) as caught:
        read_table(io.BytesIO(data), most_rows=MOST_ROWS, numeric=["score"])
    (problem,) = caught.value.problems
    return problem


def table(data: bytes) -> RawTable:
    return read_table(io.BytesIO(data), most_rows=MOST_ROWS, numeric=["score"])


def test_reading_stops_after_ten_thousand_ragged_rows(work: Work) -> None:
    problem = refusal(bomb(b"id,score\n", b"x\n", 2_000_000))
    assert (problem.code, problem.count, len(problem.rows)) == ("ragged_row", 10_000, 20)
    assert "Reading stopped after 10,000 such rows" in problem.message
    assert "Every row needs 2 cells" in problem.message
    assert work.rows == 0


@pytest.mark.parametrize(
    "start",
    [b"id,score\n", b"id,score\nragged\n", b'"id",score\r', b'id,score\n"a\nb",1\n'],
    ids=["regular", "ragged", "bare CR", "quoted"],
)
def test_reading_stops_beyond_twice_the_expected_rows(work: Work, start: bytes) -> None:
    problem = refusal(bomb(start, b"x,1\n", 1_000_000))
    assert problem.code == "wrong_row_count"
    assert "more than 5000 rows" in problem.message
    assert "one row for each test id" in problem.message
    assert work.rows < 10 * MOST_ROWS


def test_as_many_rows_as_allowed_are_read() -> None:
    lines = b"x,1\n" * MOST_ROWS
    assert table(b"id,score\n" + lines).rows == MOST_ROWS
    assert table(b"id,score\nragged\n" + lines).rows == MOST_ROWS


def test_a_submission_may_have_twice_the_expected_rows_and_a_thousand() -> None:
    found = problems(b"id,score\n" + b"x,1\n" * 1006, MATCHING)
    assert {"duplicate_id", "missing_id", "wrong_row_count"} == set(found)
    found = problems(b"id,score\n" + b"x,1\n" * 1007, MATCHING)
    assert {"wrong_row_count"} == set(found)


def test_rows_keep_their_numbers_over_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROW_BYTES", 64)
    lines = [b"ragged" if row % 7 == 3 else b"id-%d,%d" % (row, row) for row in range(1, 200)]
    found = table(b"id,score\n" + b"\n".join(lines))
    expected = [row for row in range(1, 200) if row % 7 != 3]
    assert found.row_numbers.tolist() == expected
    assert found.columns[0].to_pylist() == [f"id-{row}" for row in expected]
    assert found.problems[0].rows[:3] == (3, 10, 17)


def test_a_quote_that_is_never_closed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROW_BYTES", 1 << 20)
    problem = refusal(b'id,score\n"x,1\n' + b"y,1\n" * 1_000_000)
    assert problem.code == "unreadable_csv"
    assert problem.message == "A row is longer than 1 MB. Close every quote and shorten the texts."
