"""The labelled rows of a draft with their groups, while it is decided where they go."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tabset.draft import Draft
from tabset.findings import Finding, Level
from tabset.plan import pairs
from tabset.plan.columns import MISSING, Coded, at_rows, coded, draft_column
from tabset.schema import Kind
from tabset.splits import Codes, Mask
from tabset.stage import Stage, StagedTable

MOST_NAMED = 5


@dataclass
class Rows:
    """The labelled rows of the main table while they are divided; `findings` grow.

    Per row: its number in the staged table, its label code and, where rows are grouped, its group
    code. For matching also the entities of both records.
    """

    draft: Draft
    staged: StagedTable
    salt: str
    numbers: NDArray[np.int64]
    labels: NDArray[np.int32]
    label_texts: tuple[str, ...]
    findings: list[Finding]
    groups: Codes | None = None
    group_texts: Callable[[Codes], pa.Array] | None = None
    left: Codes | None = None
    right: Codes | None = None

    def keep(self, kept: Mask) -> None:
        """Drops the other rows."""
        if kept.all():
            return
        for name in ("numbers", "labels", "groups", "left", "right"):
            if (values := getattr(self, name)) is not None:
                setattr(self, name, values[kept])

    def column(self, name: str) -> Coded:
        """The codes of a role's column in these rows."""
        found = coded(self.staged, draft_column(self.draft, self.draft.main, name))
        return Coded(found.codes[self.numbers], found.texts)

    def finding(self, level: Level, code: str, message: str, column: str = "") -> None:
        """Notes a finding about the main table as a whole."""
        self.findings.append(Finding(level, code, message, self.draft.main, column))

    def finding_at(
        self, level: Level, code: str, message: str, column: str, numbers: NDArray[np.int64]
    ) -> None:
        """Notes a finding about staged rows, which are numbered from 0."""
        self.findings.append(at_rows(level, code, message, self.draft.main, column, numbers))


def labelled(draft: Draft, staged: StagedTable, salt: str) -> Rows:
    """The rows that have a label; the others are counted in a finding."""
    column = coded(staged, draft_column(draft, draft.main, draft.roles.label))
    numbers = np.flatnonzero(column.codes != MISSING)
    rows = Rows(draft, staged, salt, numbers, column.codes[numbers], column.texts, [])
    dropped = np.flatnonzero(column.codes == MISSING)
    if len(dropped):
        share = len(dropped) / len(column.codes)
        rows.finding_at(
            Level.WARNING,
            "no-label",
            f"{len(dropped)} rows ({share:.1%}) have no label in {draft.roles.label!r} and are"
            " left out.",
            draft.roles.label,
            dropped,
        )
    _tell_undeclared(rows)
    return rows


def _tell_undeclared(rows: Rows) -> None:
    """An error for labels that are not among those that the draft declares, if it does."""
    draft = rows.draft
    pair = (draft.negative_label, draft.positive_label)
    declared = pair if draft.kind is Kind.MATCHING else draft.classes
    strange = [text for text in rows.label_texts if text not in declared]
    if not declared or not strange:
        return
    chosen = np.isin(rows.labels, [rows.label_texts.index(text) for text in strange])
    key = "negative_label or positive_label" if declared is pair else "classes"
    rows.finding_at(
        Level.ERROR,
        "undeclared-label",
        f"{int(chosen.sum())} rows have a label that is not in `{key}`:"
        f" {', '.join(map(repr, strange[:MOST_NAMED]))}. Correct the cells or the draft.",
        draft.roles.label,
        rows.numbers[chosen],
    )


def grouped(rows: Rows, stage: Stage) -> pairs.Matching | None:
    """Gives the rows their groups; for matching the records and their entities come back.

    Pairs of unknown records are dropped with a finding.
    """
    matching = None
    if rows.draft.kind is Kind.MATCHING:
        matching = _matching(rows, stage)
        rows.groups = rows.left
        rows.group_texts = pairs.entity_names
        if rows.draft.split.shared_salt and rows.draft.roles.entity:
            _shared_groups(rows, stage, matching)
    if rows.draft.roles.group:
        _declared_groups(rows)
    return matching


def _matching(rows: Rows, stage: Stage) -> pairs.Matching:
    records = pairs.Records.of(rows.draft, stage)
    staged = pairs.pairs(stage, records)
    rows.findings += staged.findings
    rows.keep(staged.known[rows.numbers])
    left, right = staged.left[rows.numbers], staged.right[rows.numbers]
    positive = [text == rows.draft.positive_label for text in rows.label_texts]
    matching = np.array(positive, dtype=np.bool_)[rows.labels]
    found = pairs.entities(rows.draft, stage, records, (left[matching], right[matching]))
    rows.left, rows.right = found[left], found[right]
    return pairs.Matching(records, found, staged)


def _shared_groups(rows: Rows, stage: Stage, matching: pairs.Matching) -> None:
    """Names the entities as every sister data set does, and takes each pair in one order."""
    names = pairs.declared_names(rows.draft, stage, matching)
    ranks = np.unique(names.fill_null("").to_numpy(zero_copy_only=False), return_inverse=True)[1]
    if rows.left is not None and rows.right is not None:
        swapped = ranks[rows.left] > ranks[rows.right]
        rows.left, rows.right = (
            np.where(swapped, rows.right, rows.left),
            np.where(swapped, rows.left, rows.right),
        )
    rows.groups = rows.left
    rows.group_texts = lambda wanted: names.take(pa.array(wanted))


def _declared_groups(rows: Rows) -> None:
    """The groups of the role's column; a row without a group is one of its own."""
    column = rows.column(rows.draft.roles.group)
    alone = column.codes == MISSING
    codes = column.codes.astype(np.int64)
    codes[alone] = len(column.texts) + np.arange(int(alone.sum()))
    if alone.any():
        rows.finding_at(
            Level.WARNING,
            "no-group",
            f"{int(alone.sum())} rows have no group in {rows.draft.roles.group!r}; each counts as"
            " a group of its own.",
            rows.draft.roles.group,
            rows.numbers[alone],
        )
    texts = pa.array(column.texts, pa.string())
    rows.groups = codes
    # A row in a group of its own is named by its id, shown here as null.
    rows.group_texts = lambda wanted: texts.take(pa.array(wanted, mask=wanted >= len(column.texts)))
