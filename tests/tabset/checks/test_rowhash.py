"""Rows are found to be the same if and only if they are."""

from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tabset.checks import rowhash
from tabset.checks.rowhash import Repeats, RowIndex

CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", "a", "b", "ab", "a" * 7, "a" * 8, "a" * 9, "a" * 511, "a" * 513]),
    st.text(max_size=20),
)


def repeats(rows: list[tuple[str | None, ...]], folder: Path, batch: int) -> Repeats:
    """The repeats of rows that come in batches."""
    index = RowIndex(folder, "rows", len(rows))
    columns = list(zip(*rows, strict=True))
    for start in range(0, len(rows), batch):
        arrays = [pa.array(each, pa.string()).slice(start, batch) for each in columns]
        index.add(start, rowhash.row_hashes(arrays))
    return index.repeats()


def expected(rows: list[tuple[str | None, ...]]) -> set[frozenset[int]]:
    """The sets of row numbers that are the same, by comparing them."""
    found = defaultdict(list)
    for number, row in enumerate(rows):
        found[row].append(number)
    return {frozenset(numbers) for numbers in found.values() if len(numbers) > 1}


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=40),
    st.integers(1, 12),
)
@example([("ab", "", None), ("a", "b", None), ("", "ab", None), (None, "ab", "")], 2)
@example([("0: lamp", "", ""), ("1: lamp", "", "")], 2)
@example([("a" * 600, None, ""), ("b", "b", "b"), ("a" * 600, None, "")], 1)
def test_same_rows_are_found_and_no_others(rows: list[tuple[str | None, ...]], batch: int) -> None:
    with TemporaryDirectory() as folder:
        found = repeats(rows, Path(folder), batch)

    groups = defaultdict(set)
    for row, group in zip(found.rows.tolist(), found.groups.tolist(), strict=True):
        groups[group].add(row)
    assert {frozenset(group) for group in groups.values()} == expected(rows)
    assert sorted(groups) == list(range(len(groups)))
    later = {row for group in expected(rows) for row in group if row != min(group)}
    assert set(found.later().tolist()) == later


def test_many_parts_on_disk_give_the_same_repeats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"text {number % 700}",) for number in range(1000)]
    one = repeats(rows, tmp_path, 128)
    monkeypatch.setattr(rowhash, "PART_ROWS", 10)

    many = repeats(rows, tmp_path, 128)

    assert sorted(one.rows.tolist()) == sorted(many.rows.tolist())
    assert one.later().tolist() == many.later().tolist() == list(range(700, 1000))
    assert len(np.unique(many.groups)) == 300
    assert not list(tmp_path.iterdir())


def test_skipped_rows_never_repeat(tmp_path: Path) -> None:
    index = RowIndex(tmp_path, "rows", 4)
    hashes = rowhash.row_hashes([pa.array(["a", "a", "b", "a"])])

    index.add(10, hashes, np.array([True, False, False, False]))

    assert index.repeats().rows.tolist() == [11, 13]


def test_the_two_hashes_are_independent() -> None:
    first, second = rowhash.row_hashes([pa.array([str(number) for number in range(50_000)])])

    bits = np.unpackbits((first ^ second).view(np.uint8))
    assert abs(bits.mean() - 0.5) < 0.01
    assert len(np.unique(first)) == len(np.unique(second)) == 50_000
    assert (
        len(np.unique(first >> np.uint64(32))) > 49_500
    )  # the upper half by itself is spread well


def test_rows_that_share_one_of_the_two_hashes_are_different(tmp_path: Path) -> None:
    index = RowIndex(tmp_path, "rows", 5)

    index.add(0, np.array([[7, 7, 7, 8, 9], [1, 2, 1, 1, 2]], dtype=np.uint64))

    assert index.repeats().rows.tolist() == [0, 2]
