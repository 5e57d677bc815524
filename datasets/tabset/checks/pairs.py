"""Checks of the pairs of a matching data set: what one side of the split reveals about the
other."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tabset import splits
from tabset.checks.registry import asks
from tabset.checks.subject import TEST, TRAIN, Subject
from tabset.checks.words import about_rows, counted
from tabset.draft import PAIRS, SplitMethod
from tabset.findings import Finding, Level
from tabset.schema import Kind

Numbers = NDArray[np.int64]


def self_pairs(subject: Subject) -> Iterable[Finding]:
    """A record compared with itself always matches and measures nothing."""
    if subject.draft.kind is Kind.MATCHING:
        rows, left, right = _known(subject)
        if len(found := rows[left == right]):
            yield about_rows(
                Level.WARNING,
                "self-pairs",
                f"{counted(len(found), 'pair compares', 'pairs compare')}"
                " a record with itself: take them out.",
                found,
                table=PAIRS,
            )


def duplicate_pairs(subject: Subject) -> Iterable[Finding]:
    """A pair that occurs twice, or again with its sides swapped, counts twice."""
    if subject.draft.kind is not Kind.MATCHING:
        return
    rows, keys = _keyed(subject)
    for side, name in ((TRAIN, "training"), (TEST, "test")):
        mine = subject.sides[rows] == side
        again = _later(rows[mine], keys[mine])
        if len(again):
            yield about_rows(
                Level.WARNING,
                "duplicate-pairs",
                f"{counted(len(again), f'{name} pair repeats', f'{name} pairs repeat')}"
                f" an earlier {name} pair"
                f"{_mirrored(subject)}: keep one of each.",
                again,
                table=PAIRS,
            )


def pairs_on_both_sides(subject: Subject) -> Iterable[Finding]:
    """A test pair that is in train can be looked up."""
    if subject.draft.kind is not Kind.MATCHING:
        return
    rows, keys = _keyed(subject)
    shared = _shared(subject, rows, keys)
    if len(shared):
        yield about_rows(
            Level.ERROR,
            "pairs-on-both-sides",
            f"{counted(len(shared), 'test pair occurs', 'test pairs occur')}"
            f" in train too{_mirrored(subject)}: keep"
            " each pair on one side in the raw files, or set `split.method` to group.",
            shared,
            table=PAIRS,
        )
    alike = np.setdiff1d(_shared(subject, rows, _content_keys(subject)), shared)
    if len(alike):
        yield about_rows(
            Level.WARNING,
            "pairs-on-both-sides",
            f"{counted(len(alike), 'test pair compares', 'test pairs compare')}"
            " the same cells as a training pair, under"
            " other record ids: join records that are alike, or keep such pairs on one side.",
            alike,
            table=PAIRS,
        )


def two_answers(subject: Subject) -> Iterable[Finding]:
    """A pair with both labels cannot be learned, and one of them is wrong."""
    if subject.draft.kind is not Kind.MATCHING:
        return
    rows, keys = _keyed(subject)
    kept = subject.sides[rows] >= 0
    rows, same = rows[kept], np.unique(keys[kept], return_inverse=True)[1]
    width = len(subject.labels.texts)
    different = np.unique(same * width + subject.labels.codes[rows])
    torn = np.bincount(different // width, minlength=1) > 1
    if torn.any():
        found = rows[torn[same]]
        yield about_rows(
            Level.WARNING,
            "two-answers",
            f"{counted(len(found), 'pair occurs', 'pairs occur')}"
            f" with both labels{_mirrored(subject)}: correct"
            " the labels or take the pairs out.",
            found,
            table=PAIRS,
        )


def shared_records(subject: Subject) -> Iterable[Finding]:
    """Records on both sides of a split that was not made by entity may be memorized."""
    if subject.draft.kind is not Kind.MATCHING or subject.draft.split.method is SplitMethod.GROUP:
        return
    rows, left, right = _known(subject)
    sides = subject.sides[rows]
    in_train = np.zeros(int(max(left.max(initial=0), right.max(initial=0))) + 1, dtype=np.bool_)
    for numbers in (left, right):
        in_train[numbers[sides == TRAIN]] = True
    test = np.unique(np.concatenate([left[sides == TEST], right[sides == TEST]]))
    count = int(in_train[test].sum())
    if count:
        yield Finding(
            Level.WARNING,
            "shared-records",
            f"{count / len(test):.1%} of the records in test pairs ({count:,} of {len(test):,}) are"
            " in training pairs too: scores say how well known records are matched. Set"
            " `split.method` to group to measure new ones.",
            PAIRS,
            count=count,
        )


def implied_pairs(subject: Subject) -> Iterable[Finding]:
    """If train says that A matches B and B matches C, it reveals that A matches C."""
    draft = subject.draft
    if draft.kind is not Kind.MATCHING or draft.positive_label not in subject.labels.texts:
        return
    rows, left, right = _known(subject)
    sides = subject.sides[rows]
    positive = subject.labels.codes[rows] == subject.labels.texts.index(draft.positive_label)
    links = positive & (sides == TRAIN)
    count = int(max(left.max(initial=0), right.max(initial=0))) + 1
    parts = splits.components(count, left[links], right[links])
    keys = _keys(left, right)
    implied = (sides == TEST) & (parts[left] == parts[right]) & (left != right)
    implied &= ~np.isin(keys, keys[sides == TRAIN])  # those are reported as pairs on both sides
    if implied.any():
        share = implied.sum() / max((sides == TEST).sum(), 1)
        yield about_rows(
            Level.WARNING,
            "implied-pairs",
            f"{counted(int(implied.sum()), 'test pair')}"
            f" ({share:.1%}) follow from training pairs"
            " that match, through other records: set `split.method` to group.",
            rows[implied],
            table=PAIRS,
        )


def _known(subject: Subject) -> tuple[Numbers, Numbers, Numbers]:
    """The pairs whose records are known: their rows and both record numbers."""
    pairs = subject.matching.pairs
    rows = np.flatnonzero(pairs.known)
    return rows, pairs.left[rows].astype(np.int64), pairs.right[rows].astype(np.int64)


def _keyed(subject: Subject) -> tuple[Numbers, Numbers]:
    """The pairs whose records are known: their rows and keys."""
    rows, left, right = _known(subject)
    return rows, _keys(left, right)


def _keys(left: Numbers, right: Numbers) -> Numbers:
    """A number for each pair that is the same for pairs of the same records in any order.

    Between two tables there is one order only, since every left record has the lower number.
    """
    return np.minimum(left, right) << np.int64(32) | np.maximum(left, right)


def _content_keys(subject: Subject) -> Numbers:
    """The keys of the pairs when records with the same cells are one record."""
    records = subject.matching.records
    first = np.arange(records.count, dtype=np.int64)
    for table, start in records.starts.items():
        same = subject.scans[table].same
        heads = np.flatnonzero(np.diff(same.groups, prepend=-1))
        first[same.rows + start] = (same.rows[heads] + start)[same.groups]
    _, left, right = _known(subject)
    return _keys(first[left], first[right])


def _shared(subject: Subject, rows: Numbers, keys: Numbers) -> Numbers:
    """The test rows whose key a training row has."""
    sides = subject.sides[rows]
    test = sides == TEST
    shared: Numbers = rows[test][np.isin(keys[test], keys[sides == TRAIN])]
    return shared


def _later(rows: Numbers, keys: Numbers) -> Numbers:
    """The rows, which ascend, whose key an earlier one has."""
    return np.delete(rows, np.unique(keys, return_index=True)[1])


def _mirrored(subject: Subject) -> str:
    return " (in this or the other order)" if "records" in subject.draft.tables else ""


CHECKS = (
    asks("self-pairs", self_pairs, plan=True),
    asks("duplicate-pairs", duplicate_pairs, plan=True),
    asks("pairs-on-both-sides", pairs_on_both_sides, plan=True),
    asks("two-answers", two_answers, plan=True),
    asks("shared-records", shared_records, plan=True),
    asks("implied-pairs", implied_pairs, plan=True),
)
