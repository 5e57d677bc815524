"""Rows of two data sets that are equal but in parts that do not agree are counted."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

import tabset
from tabset import Column, ColumnType, Source, sisters
from tabset.sisters import Conflicts, Sister, conflicts
from tabset.splits import IGNORED, PRIVATE, PUBLIC
from tests.tabset import sources

TRAIN, TEST = 20, 40
Values = dict[str, list[Any]]


def written(folder: Path, source: Source, usage: Sequence[str] | None = None) -> Sister:
    """The data set of a source, with these parts of the test rows (every second one public)."""
    count = len(source.test["id"])
    tabset.build(source, folder / "public", folder / "private", salt="any")
    path = folder / "private" / "solution.parquet"
    table = pq.read_table(path)
    parts = usage or [(PUBLIC, PRIVATE)[number % 2] for number in range(count)]
    place = table.column_names.index("usage")
    pq.write_table(table.set_column(place, "usage", pa.array(parts, pa.string())), path)
    return Sister(folder / "public", path)


def rows(numbers: Sequence[int], prefix: str) -> Values:
    """Different rows with all types of columns; only id and label do not follow the number."""
    return {
        "id": [f"{prefix}{place}" for place in range(len(numbers))],
        "title": [f"title {number}" for number in numbers],
        "price": [number / 3 for number in numbers],
        "colour": [("red", None)[number % 2] for number in numbers],
        "listed": [dt.datetime(2026, 1, 1) + dt.timedelta(hours=number) for number in numbers],
        "image": [f"images/{prefix}{number % 3}.png" for number in numbers],
        "sold": [(True, False, None)[number % 3] for number in numbers],
        "tags": [([], ["a", f"{number}"], None)[number % 3] for number in numbers],
        "label": [sources.CLASSIFICATION.classes[place % 4] for place in range(len(numbers))],
    }


def table(train: Sequence[int], test: Sequence[int], prefix: str = "a", **changes: Any) -> Source:
    """A classification source of the rows of these numbers; ids and image names are its own."""
    return Source(
        dataset=replace(sources.CLASSIFICATION, **changes),
        train=rows(train, f"{prefix}t"),
        test=rows(test, f"{prefix}q"),
        groups=[str(number) for number in test],
        images={f"{prefix}{side}{n}.png": sources.png(n) for side in "tq" for n in range(3)},
    )


HERE = (range(TRAIN), range(TRAIN, TRAIN + TEST))


@pytest.fixture
def first(tmp_path: Path) -> Sister:
    """Rows 0 to 19 in train, rows 20 to 59 in test, the even ones public."""
    return written(tmp_path / "first", table(*HERE))


def compared(first: Sister, folder: Path, source: Source, usage: Any = None) -> Conflicts:
    """The conflicts with another data set, which are the same from both sides."""
    second = written(folder / "second", source, usage)
    found = conflicts(first, second)
    assert conflicts(second, first) == found
    return found


def test_equal_rows_in_the_same_part_are_fine_whatever_their_ids(
    first: Sister, tmp_path: Path
) -> None:
    found = compared(first, tmp_path, table(*HERE, prefix="b"))
    assert found == Conflicts()
    assert not found


def test_a_row_that_is_public_here_and_private_there_is_counted_once(
    first: Sister, tmp_path: Path
) -> None:
    usage = [PRIVATE, PUBLIC, *[(PUBLIC, PRIVATE)[number % 2] for number in range(2, TEST)]]
    assert compared(first, tmp_path, table(*HERE), usage) == Conflicts(usage=2)


def test_a_test_row_that_is_a_training_row_there_is_counted(first: Sister, tmp_path: Path) -> None:
    # 18 and 19 have a label here and are scored there; 20 to 22 the other way.
    theirs = table([*range(18), 20, 21, 22], [18, *range(24, 60), 19])
    usage = [PUBLIC, *[(PUBLIC, PRIVATE)[number % 2] for number in range(36)], PRIVATE]
    assert compared(first, tmp_path, theirs, usage) == Conflicts(train=5)


def test_rows_that_are_not_scored_conflict_with_nothing(first: Sister, tmp_path: Path) -> None:
    usage = [IGNORED] * TEST
    assert compared(first, tmp_path, table(*HERE), usage) == Conflicts()


def test_other_rows_are_no_sisters(first: Sister, tmp_path: Path) -> None:
    theirs = table(range(1000, 1020), range(1020, 1060))
    assert compared(first, tmp_path, theirs, [PRIVATE, PUBLIC] * 20) == Conflicts()


@pytest.mark.parametrize(("kept", "is_compared"), [(4, True), (3, False)])
def test_rows_are_compared_by_the_columns_in_common_if_these_are_half(
    first: Sister, tmp_path: Path, kept: int, is_compared: bool
) -> None:
    columns = sources.FEATURES
    others = tuple(replace(column, name=f"other {column.name}") for column in columns[kept:])
    source = table(*HERE, columns=(*columns[:kept], *others))
    renamed = {
        part: {
            (f"other {name}" if f"other {name}" in {o.name for o in others} else name): values
            for name, values in getattr(source, part).items()
        }
        for part in ("train", "test")
    }
    found = compared(first, tmp_path, replace(source, **renamed), [PRIVATE, PUBLIC] * 20)
    assert found == Conflicts(usage=TEST if is_compared else 0)


def test_a_column_of_another_type_is_another_column(first: Sister, tmp_path: Path) -> None:
    source = table(*HERE)
    columns = [replace(each, type=ColumnType.TEXT) for each in sources.FEATURES if each.name]
    texts = {
        part: {
            name: values if name in ("id", "label") else [f"{value}" for value in values]
            for name, values in getattr(source, part).items()
        }
        for part in ("train", "test")
    }
    source = replace(source, dataset=replace(source.dataset, columns=tuple(columns)), **texts)
    assert compared(first, tmp_path, source, [PRIVATE, PUBLIC] * 20) == Conflicts()


def test_rows_of_nothing_but_missing_cells_are_not_equal(tmp_path: Path) -> None:
    columns = (Column("title", ColumnType.TEXT, "."), Column("price", ColumnType.NUMERIC, "."))

    def empty() -> Source:
        source = table(*HERE, columns=columns)
        blank: Mapping[str, Any] = {"title": [None] * TEST, "price": [None] * TEST}
        return replace(source, test={**source.test, **blank})

    first = written(tmp_path / "first", empty())
    assert compared(first, tmp_path, empty(), [PRIVATE, PUBLIC] * 20) == Conflicts()


# Matching


def pairs(swapped: bool, *, records: str = "r", train: int = 0, two_tables: bool = False) -> Source:
    """Ten training and twenty test pairs over a table of records, or over two like it.

    `train` test pairs are the first training pairs; record ids begin with `records`.
    """
    source = sources.matching(two_tables=two_tables)
    keys = [f"{records}{number}" for number in range(60)]
    table = {
        "record_id": keys,
        "title": [f"title {number}" for number in range(60)],
        "price": [number / 3 for number in range(60)],
        "colour": [None] * 60,
    }

    def linked(numbers: Sequence[int], prefix: str) -> Values:
        left, right = ([f"{records}{number + step}" for number in numbers] for step in (0, 1))
        if swapped:
            left, right = right, left
        return {
            "id": [f"{prefix}{number}" for number in numbers],
            "left_id": left,
            "right_id": right,
            "label": ["1" if place % 3 == 0 else "0" for place in range(len(numbers))],
        }

    test = [*range(train), *range(20 + train, 40)]
    names = source.dataset.records
    return replace(
        source,
        train=linked(range(10), "t"),
        test=linked(test, "q"),
        groups=[str(number) for number in test],
        slices={},
        records=dict.fromkeys(names, table),
        entities=None,
    )


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("two_tables", [False, True])
def test_pairs_of_equal_records_are_equal_in_both_orders(
    tmp_path: Path, swapped: bool, two_tables: bool
) -> None:
    first = written(tmp_path / "first", pairs(False))
    theirs = pairs(swapped, records="x", two_tables=two_tables)
    assert compared(first, tmp_path / "same", theirs) == Conflicts()
    other = [PRIVATE, PUBLIC] * 10
    # Seven of them match, each of two records of its own.
    assert compared(first, tmp_path / "other", theirs, other) == Conflicts(usage=20, records=14)


def test_a_test_pair_that_is_a_training_pair_there_is_counted(tmp_path: Path) -> None:
    first = written(tmp_path / "first", pairs(False))
    theirs = pairs(True, train=4)
    usage = [(PUBLIC, PRIVATE)[number % 2] for number in range(20)]
    assert compared(first, tmp_path, theirs, usage) == Conflicts(train=4)


def records_of_pairs(train: Sequence[int], test: Sequence[int]) -> Source:
    """A classification source of some of the records that `pairs` compares."""

    def rows_of(chosen: Sequence[int], prefix: str) -> Values:
        return {
            "id": [f"{prefix}{number}" for number in chosen],
            "title": [f"title {number}" for number in chosen],
            "price": [number / 3 for number in chosen],
            "colour": [None for _ in chosen],
            "label": [sources.CLASSIFICATION.classes[place % 4] for place in range(len(chosen))],
        }

    columns = sources.matching().dataset.records["records"]
    return Source(
        dataset=replace(sources.CLASSIFICATION, columns=tuple(columns)),
        train=rows_of(train, "t"),
        test=rows_of(test, "q"),
        groups=[str(number) for number in test],
    )


# The records of the matches of `pairs`, which are every third pair, and where these are.
IN_TRAIN = [0, 1, 3, 4, 6, 7, 9, 10]
IN_TEST = [20, 21, 23, 24, 26, 27, 29, 30, 32, 33, 35, 36, 38, 39]
THEIRS = [part for pair in range(7) for part in [(PUBLIC, PRIVATE)[pair % 2]] * 2]


def test_a_record_that_matches_is_on_one_side_in_pairs_and_in_rows(tmp_path: Path) -> None:
    first = written(tmp_path / "first", pairs(False))
    same = records_of_pairs(IN_TRAIN, IN_TEST)
    assert compared(first, tmp_path / "same", same, THEIRS) == Conflicts()
    moved = records_of_pairs([20, 21, *IN_TRAIN[2:]], [0, 1, *IN_TEST[2:]])
    assert compared(first, tmp_path / "moved", moved, THEIRS) == Conflicts(records=4)


def test_a_record_that_is_public_in_pairs_and_private_in_rows_is_counted(tmp_path: Path) -> None:
    first = written(tmp_path / "first", pairs(False))
    rows_ = records_of_pairs(IN_TRAIN, IN_TEST)
    usage = [PRIVATE, *THEIRS[1:]]
    assert compared(first, tmp_path / "apart", rows_, usage) == Conflicts(records=1)
    usage[0] = IGNORED
    assert compared(first, tmp_path / "ignored", rows_, usage) == Conflicts()


def test_a_record_without_a_match_may_be_anywhere(tmp_path: Path) -> None:
    first = written(tmp_path / "first", pairs(False))
    rows_ = records_of_pairs([*IN_TRAIN, 22, 25], [*IN_TEST, 2, 5, 8])
    assert compared(first, tmp_path, rows_, [*THEIRS, *[PRIVATE] * 3]) == Conflicts()


@pytest.mark.parametrize(("apart", "counted"), [(1, 0), (2, 2)])
def test_records_of_the_same_words_are_no_conflict_if_they_are_rare(
    apart: int, counted: int
) -> None:
    keys = {"first": range(100), "second": range(100)}
    here = pd.DataFrame({**keys, "part": "train"})
    there = here.assign(part=[PRIVATE] * apart + ["train"] * (100 - apart))
    assert sisters._records(here, there) == counted
    # A record that is on both sides of one of them says nothing new of the other.
    both = pd.concat([here, here.assign(part=PRIVATE)], ignore_index=True)
    assert sisters._records(there, both) == 0
