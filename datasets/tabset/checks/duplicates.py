"""Checks of ids and of rows that occur more than once."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from pyarrow import compute

from tabset.checks.registry import asks
from tabset.checks.subject import LEFT_OUT, TEST, TRAIN, Subject
from tabset.checks.words import about_rows, counted
from tabset.draft import ROWS, Keep
from tabset.findings import Finding, Level

CHANCE = 1 / 3


def duplicate_ids(subject: Subject) -> Iterable[Finding]:
    """An id identifies one row: it joins predictions with solutions."""
    for table, scan in subject.scans.items():
        key, renewed = _key(subject, table)
        again = scan.ids.later()
        if len(again):
            yield about_rows(
                Level.INFO if renewed else Level.ERROR,
                "duplicate-ids",
                f"{counted(len(again), 'row')} of {table} with the {key!r} of an earlier row"
                + _advice(table, renewed),
                again,
                table=table,
                column=key,
            )


def empty_ids(subject: Subject) -> Iterable[Finding]:
    """A submission cannot refer to a row without an id."""
    for table, scan in subject.scans.items():
        key, renewed = _key(subject, table)
        rows, count = scan.empty_ids
        if count:
            yield Finding(
                Level.INFO if renewed else Level.ERROR,
                "empty-ids",
                f"{counted(count, 'row')} of {table} without {key!r}" + _advice(table, renewed),
                table,
                key,
                tuple(row + 1 for row in rows),
                count,
            )


def _key(subject: Subject, table: str) -> tuple[str, bool]:
    """The id column of a table, and whether its ids are replaced by new ones."""
    if table != subject.draft.main:
        return "record_id", False
    return subject.draft.roles.id, subject.draft.ids is Keep.NEW


def _advice(table: str, renewed: bool) -> str:
    if renewed:
        return "; new ids replace them, so this does no harm."
    if table in ("records", "left", "right"):
        return ": correct the raw files, since pairs name records by it."
    return ": set `ids` to new, or `roles.id` to another column or to nothing."


def duplicate_rows(subject: Subject) -> Iterable[Finding]:
    """A row that occurs twice counts twice: it weighs more in training, and more in a score."""
    rows, same = _alike(subject)
    sides = subject.sides[rows]
    for side, name in ((TRAIN, "training"), (TEST, "test")):
        mine = sides == side
        again = _later(rows[mine], same[mine])
        if len(again):
            yield about_rows(
                Level.WARNING,
                "duplicate-rows",
                f"{counted(len(again), f'{name} row repeats', f'{name} rows repeat')}"
                f" an earlier {name} row, with the same"
                " label: keep one of each in the raw files, unless they are different cases.",
                again,
                table=ROWS,
            )


def rows_on_both_sides(subject: Subject) -> Iterable[Finding]:
    """A test row that is in train with its label can be looked up."""
    rows, same = _alike(subject)
    sides = subject.sides[rows]
    in_train = np.bincount(same[sides == TRAIN], minlength=len(rows)) > 0
    shared = np.sort(rows[(sides == TEST) & in_train[same]])
    if not len(shared):
        return
    expected = _by_chance(subject)
    by_chance = expected >= CHANCE * len(shared)
    message = (
        f"{counted(len(shared), 'test row occurs', 'test rows occur')}"
        " in train too, with the same label"
    )
    if by_chance:
        message += (
            f"; with cells of so few different values, about {expected:,.0f} would by chance."
            " Check whether that is intended."
        )
    else:
        message += (
            ": keep one of each in the raw files, or set `roles.group` to a column that says what"
            " belongs together and `split.method` to group."
        )
    level = Level.WARNING if by_chance else Level.ERROR
    yield about_rows(level, "rows-on-both-sides", message, shared, table=ROWS)


def two_labels(subject: Subject) -> Iterable[Finding]:
    """The same row with two labels cannot be learned, and one of the labels is probably wrong."""
    if subject.draft.main != ROWS:
        return
    repeats = subject.main.same
    kept = subject.sides[repeats.rows] != LEFT_OUT
    rows, groups = repeats.rows[kept], repeats.groups[kept]
    if not len(rows):
        return
    width = len(subject.labels.texts)
    different = np.unique(groups * width + subject.labels.codes[rows])
    torn = np.bincount(different // width) > 1
    found = np.sort(rows[torn[groups]])
    if len(found):
        yield about_rows(
            Level.WARNING,
            "two-labels",
            f"{counted(len(found), 'row is', 'rows are')}"
            " the same as another row but for the label: correct"
            " the labels, or add a column that distinguishes the rows.",
            found,
            table=ROWS,
        )


def _alike(subject: Subject) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows in train or test that are alike with their label, and which are; numbers below len."""
    if subject.draft.main != ROWS:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing
    repeats = subject.main.same
    kept = subject.sides[repeats.rows] != LEFT_OUT
    rows, groups = repeats.rows[kept], repeats.groups[kept]
    width = len(subject.labels.texts)
    _, same = np.unique(groups * width + subject.labels.codes[rows], return_inverse=True)
    return rows, same.astype(np.int64)


def _later(rows: NDArray[np.int64], same: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows that are the same as an earlier one."""
    order = np.lexsort((rows, same))
    again = same[order][1:] == same[order][:-1]
    return np.sort(rows[order][1:][again])


def _by_chance(subject: Subject) -> float:
    """How many test rows would be alike with a training row if columns were independent."""
    scan = subject.main
    counts = [np.asarray(compute.value_counts(scan.sample[name]).field(1)) for name in scan.columns]
    shares = [count / max(count.sum(), 1) for count in (*counts, subject.counts(TRAIN))]
    chance = float(np.prod([(share**2).sum() for share in shares]))
    train, test = (int((subject.sides == side).sum()) for side in (TRAIN, TEST))
    return float(-test * np.expm1(train * np.log1p(-min(chance, 1 - 1e-9))))


CHECKS = (
    asks("duplicate-ids", duplicate_ids),
    asks("empty-ids", empty_ids),
    asks("duplicate-rows", duplicate_rows, plan=True),
    asks("rows-on-both-sides", rows_on_both_sides, plan=True),
    asks("two-labels", two_labels, plan=True),
)
