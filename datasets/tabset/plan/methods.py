"""How train and test are divided: given, at random, by group or by time."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tabset import cells, splits
from tabset.draft import SplitMethod
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.plan import pairs
from tabset.plan.columns import draft_column
from tabset.plan.pairs import Matching
from tabset.plan.rows import MOST_NAMED, Rows
from tabset.schema import ColumnType, Kind
from tabset.splits import Mask

TRAIN_WORDS = frozenset({"train", "training", "valid", "validation", "dev"})
TEST_WORDS = frozenset({"test", "testing"})


def divide(rows: Rows) -> tuple[Mask, str]:
    """Which rows are test, and how it was decided, in words for dataset.json.

    What makes a division impossible is a finding, and no row is test.
    """
    try:
        if rows.draft.split.shared_salt:
            _check_shared(rows)
        return _METHODS[rows.draft.split.method](rows)
    except DatasetError as error:
        rows.finding(Level.ERROR, "split", f"The rows cannot be divided: {error}.")
        return np.zeros(len(rows.numbers), dtype=np.bool_), ""


def _check_shared(rows: Rows) -> None:
    """Raises `DatasetError` where a row would not be in the same part of each sister data set."""
    roles = rows.draft.roles
    if rows.draft.split.method is SplitMethod.RANDOM:
        raise DatasetError(
            "a random split is another one in each data set: with `split.shared_salt`, set"
            " `split.method` to group"
        )
    if rows.groups is None or rows.group_texts is None or not (roles.group or roles.entity):
        needed = "group or entity" if rows.draft.kind is Kind.MATCHING else "group"
        raise DatasetError(
            f"`split.shared_salt` needs a column of the role {needed} that says the same in every"
            " sister data set"
        )
    if missing := rows.group_texts(rows.groups).null_count:
        raise DatasetError(
            f"{missing} rows have no group, which `split.shared_salt` needs: fill the column"
            f" {roles.group or roles.entity!r}"
        )


def _given(rows: Rows) -> tuple[Mask, str]:
    name = rows.draft.roles.split
    if not name:
        raise DatasetError("the split is given, but no column has the role split in draft.json")
    column = rows.column(name)
    lowered = column.lowered()
    is_test = np.array([*(text in TEST_WORDS for text in lowered), False])[column.codes]
    is_train = np.array([*(text in TRAIN_WORDS for text in lowered), False])[column.codes]
    if not (known := is_test | is_train).all():
        strange = sorted(set(lowered) - TEST_WORDS - TRAIN_WORDS)[:MOST_NAMED]
        said = ", ".join(map(repr, strange)) or "an empty cell"
        rows.finding_at(
            Level.ERROR,
            "split-value",
            f"{int((~known).sum())} rows have neither train (or valid, validation, dev) nor test"
            f" in {name!r} but {said}: correct the cells, or choose another split method.",
            name,
            rows.numbers[~known],
        )
        rows.keep(known)
    return is_test[known], "as the source gives it"


def _random(rows: Rows) -> tuple[Mask, str]:
    share = rows.draft.split.test_share
    test = splits.random_test(rows.labels, share, splits.generator(rows.salt, "train-test"))
    return test, f"{_percent(share)} of the rows at random, every class in equal share"


def _group(rows: Rows) -> tuple[Mask, str]:
    share = rows.draft.split.test_share
    if rows.groups is None:
        raise DatasetError("the split is by group, but no column has the role group in draft.json")
    if rows.draft.split.shared_salt and rows.group_texts is not None:
        names = rows.group_texts(rows.groups)
        test = np.array(splits.in_test(names, salt=rows.salt, share=share), dtype=np.bool_)
    else:
        random = splits.generator(rows.salt, "train-test")
        test = splits.group_test(rows.groups, rows.labels, share, random)[1]
    return test, f"about {_percent(share)} of the rows, by {_unit(rows)}"


def _percent(share: float) -> str:
    return f"{share * 100:.3g}%"


def _unit(rows: Rows) -> str:
    if rows.draft.roles.group:
        return f"whole groups of {rows.draft.roles.group!r}, none of which is on both sides"
    strict = (
        ", and pairs of records from both sides are left out" if rows.draft.split.strict else ""
    )
    record = (
        "record whose entity is the first by name"
        if rows.draft.split.shared_salt
        else "left record"
    )
    return f"the entity of the {record} (records that match belong to one entity){strict}"


def _time(rows: Rows) -> tuple[Mask, str]:
    name = rows.draft.roles.time
    if not name:
        raise DatasetError("the split is by time, but no column has the role time in draft.json")
    moments, kind = _moments(rows, name)
    unknown = np.isnan(moments)
    if unknown.any():
        rows.finding_at(
            Level.WARNING,
            "no-time",
            f"{int(unknown.sum())} rows have no time in {name!r} and go to train.",
            name,
            rows.numbers[unknown],
        )
    test, cut = splits.time_test(moments, rows.draft.split.test_share)
    return test, f"by time: the rows whose {name!r} is {_spoken(cut, kind)} or later are the test"


def _moments(rows: Rows, name: str) -> tuple[NDArray[np.float64], ColumnType]:
    """The times of the rows as numbers (microseconds for dates), NaN where there is none."""
    column = draft_column(rows.draft, rows.draft.main, name)
    if column.type not in (ColumnType.DATETIME, ColumnType.NUMERIC):
        raise DatasetError(
            f"column {name!r} has the role time and the type {column.type}: make it datetime (with"
            " its format) or numeric in draft.json"
        )
    parts = [np.empty(0)]
    start = 0
    for batch in rows.staged.batches([name]):
        try:
            values = cells.parse(column, batch.column(0))
        except cells.CellError as error:
            where = f"{rows.draft.main}, row {start + error.row + 1}, column {name!r}"
            raise DatasetError(f"{where}: {error.fault}") from error
        numbers = values.cast(pa.int64()) if column.type is ColumnType.DATETIME else values
        parts.append(numbers.cast(pa.float64()).to_numpy(zero_copy_only=False))
        start += batch.num_rows
    return np.concatenate(parts)[rows.numbers], column.type


def _spoken(cut: float, kind: ColumnType) -> str:
    if kind is ColumnType.NUMERIC:
        return f"{cut:.15g}"
    text = str(np.datetime64(int(cut), "us").astype("datetime64[s]"))
    return text.removesuffix("T00:00:00").replace("T", " ")


_METHODS: Mapping[SplitMethod, Callable[[Rows], tuple[Mask, str]]] = {
    SplitMethod.GIVEN: _given,
    SplitMethod.RANDOM: _random,
    SplitMethod.GROUP: _group,
    SplitMethod.TIME: _time,
}


def without_crossing(rows: Rows, test: Mask, matching: Matching | None) -> Mask:
    """Reports what crosses the split and, if the draft is strict, drops these pairs."""
    if matching is None or rows.left is None or rows.right is None:
        _tell_shared_groups(rows, test)
        return test
    by_entity = rows.draft.split.method is SplitMethod.GROUP and not rows.draft.roles.group
    find = pairs.crossing_by_entity if by_entity else pairs.crossing_by_touch
    crossing = find(rows.left, rows.right, test, len(matching.entities))
    if not crossing.any():
        return test
    if not (by_entity or rows.draft.split.strict):
        return test  # a check says how many records are on both sides of such a split
    numbers = rows.numbers[crossing]
    share = f"{len(numbers)} pairs ({crossing.mean():.1%})"
    what = "have an entity of the other side" if by_entity else "are train pairs of a test entity"
    if rows.draft.split.strict:
        message = f"{share} {what} and are dropped."
        rows.finding_at(Level.INFO, "crossing-pairs", message, "", numbers)
        rows.keep(~crossing)
        return test[~crossing]
    message = (
        f"{share} {what}, so they do not match, and train may tell so: set `split.strict` to drop"
        " them."
    )
    rows.finding_at(Level.WARNING, "crossing-pairs", message, "", numbers)
    return test


def _tell_shared_groups(rows: Rows, test: Mask) -> None:
    if rows.groups is None or not test.any():
        return
    count = int(rows.groups.max()) + 1
    in_train = np.bincount(rows.groups[~test], minlength=count) > 0
    if (shared := test & in_train[rows.groups]).any():
        share = f"{int(shared.sum())} test rows ({shared.sum() / test.sum():.1%} of them)"
        rows.finding_at(
            Level.WARNING,
            "crossing-groups",
            f"{share} belong to a group that is in train too: set `split.method` to group, if a"
            " group must not be on both sides.",
            rows.draft.roles.group,
            rows.numbers[shared],
        )
