"""Checks of single feature columns."""

from collections.abc import Iterable, Iterator

from pyarrow import compute

from tabset.checks.registry import asks
from tabset.checks.scan import FAULTY_BATCHES, ColumnFacts
from tabset.checks.subject import Subject
from tabset.checks.words import SHOWN_ROWS, counted
from tabset.draft import DraftColumn
from tabset.findings import Finding, Level
from tabset.schema import ColumnType

MANY_VALUES = 0.9
ENOUGH_CELLS = 50


def empty_columns(subject: Subject) -> Iterable[Finding]:
    """A column without any value is useless and often an error of the export."""
    for table, column, facts in _columns(subject):
        if not facts.known:
            yield Finding(
                Level.WARNING,
                "empty-column",
                f"The column {column.name!r} has no value at all: set `use` to false, or correct"
                " the raw files or `missing_values`.",
                table,
                column.name,
            )


def constant_columns(subject: Subject) -> Iterable[Finding]:
    """A column with the same value in every row is useless."""
    for table, column, facts in _columns(subject):
        if facts.constant and facts.known == subject.scans[table].rows > 1:
            yield Finding(
                Level.WARNING,
                "constant-column",
                f"The column {column.name!r} has the same value in every row: set `use` to false.",
                table,
                column.name,
            )


def unreadable_cells(subject: Subject) -> Iterable[Finding]:
    """A typed column holds only numbers, dates, booleans or lists, so that nobody has to guess."""
    for table, column, facts in _columns(subject):
        if facts.bad_rows:
            count = len(facts.bad_rows)
            least = "at least " if facts.bad_batches == FAULTY_BATCHES else ""
            first = "; ".join(
                f"row {row + 1:,}: {fault}"
                for row, fault in zip(facts.bad_rows, facts.bad_faults, strict=False)
            )
            yield Finding(
                Level.ERROR,
                "unreadable-cells",
                f"In {column.name!r} ({column.type}) {least}{counted(count, 'cell')} cannot be"
                f" read: {first}. Add texts that mean missing to `missing_values`, set `format`,"
                " or change the `type`, to text if nothing else fits.",
                table,
                column.name,
                tuple(row + 1 for row in facts.bad_rows[:SHOWN_ROWS]),
                count,
            )


def many_values(subject: Subject) -> Iterable[Finding]:
    """A categorical column whose values hardly ever repeat is actually text or an id."""
    for table, column, _ in _columns(subject):
        if column.type is not ColumnType.CATEGORICAL:
            continue
        values = subject.scans[table].sample[column.name]
        known = len(values) - values.null_count
        distinct = compute.count_distinct(values).as_py()
        if known >= ENOUGH_CELLS and distinct > MANY_VALUES * known:
            yield Finding(
                Level.WARNING,
                "many-values",
                f"The categorical column {column.name!r} has {distinct:,} different values in"
                f" {known:,} cells looked at: set its `type` to text or id.",
                table,
                column.name,
            )


def _columns(subject: Subject) -> Iterator[tuple[str, DraftColumn, ColumnFacts]]:
    """The feature columns of all tables with what the pass found out."""
    for table, scan in subject.scans.items():
        for column in subject.draft.features(table):
            yield table, column, scan.columns[column.name]


CHECKS = (
    asks("empty-column", empty_columns),
    asks("constant-column", constant_columns),
    asks("unreadable-cells", unreadable_cells),
    asks("many-values", many_values),
)
