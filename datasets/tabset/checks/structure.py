"""Checks of tables, columns and roles: what must hold before any row is read."""

from collections import Counter
from collections.abc import Iterable

from tabset.checks.registry import asks
from tabset.checks.subject import Subject
from tabset.findings import Finding, Level
from tabset.schema import RESERVED_COLUMNS, Kind, text_fault

RESERVED_IN_RECORDS = frozenset({"record_id", "id"})
PAIR_COLUMNS = ("left_id", "right_id")


def tables(subject: Subject) -> Iterable[Finding]:
    """A draft can only be built from tables and columns that were read from the raw files."""
    draft, staged = subject.draft, subject.stage.tables
    for table, columns in draft.tables.items():
        if table not in staged:
            yield _lacks(f"The table {table} was not read from the raw files", table)
            continue
        for column in columns:
            if column.name not in staged[table].names:
                yield _lacks(
                    f"The raw files have no column {column.name!r} in {table}", table, column.name
                )
        keys = PAIR_COLUMNS if table == "pairs" else ("record_id",) if table != "rows" else ()
        for key in keys:
            if key not in staged[table].names:
                yield _lacks(f"The table {table} has no column {key}", table, key)


def _lacks(what: str, table: str, column: str = "") -> Finding:
    message = f"{what}: take it out of the draft, or import the raw files again."
    return Finding(Level.ERROR, "tables", message, table, column)


def roles(subject: Subject) -> Iterable[Finding]:
    """Without features nothing can be learned, and without labels nothing can be scored."""
    draft = subject.draft
    if not draft.roles.label:
        yield Finding(
            Level.ERROR,
            "roles",
            "No column holds the label: set `roles.label` to the column that is to be predicted.",
            draft.main,
        )
    if not any(draft.features(table) for table in draft.tables):
        yield Finding(
            Level.ERROR,
            "roles",
            "No column is used as a feature: set `use` of at least one column to true.",
        )


def names(subject: Subject) -> Iterable[Finding]:
    """A column name is unique and not one that the standard reserves."""
    draft = subject.draft
    for table in draft.record_tables if draft.kind is Kind.MATCHING else (draft.main,):
        reserved = RESERVED_IN_RECORDS if table in draft.record_tables else RESERVED_COLUMNS
        finals = [(column.name, column.final_name) for column in draft.features(table)]
        counts = Counter(final for _, final in finals)
        for source, final in finals:
            if fault := text_fault(final):
                yield _misnamed(table, source, f"The column name {final!r} {fault}")
            elif final in reserved:
                yield _misnamed(table, source, f"The column name {final!r} is reserved")
            elif counts[final] > 1:
                yield _misnamed(table, source, f"{counts[final]} columns are named {final!r}")


def _misnamed(table: str, column: str, what: str) -> Finding:
    message = f"{what}: give the column another name in `rename`, or leave it out with `use`."
    return Finding(Level.ERROR, "names", message, table, column)


CHECKS = (asks("tables", tables), asks("roles", roles), asks("names", names))
