"""Checks of what gives a label away: a single column, ids, file names, the order of the rows."""

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset.checks import evidence
from tabset.checks.evidence import clustering
from tabset.checks.registry import asks
from tabset.checks.subject import LEFT_OUT, TEST, Subject
from tabset.checks.words import counted
from tabset.draft import PAIRS, Keep, Order
from tabset.findings import Finding, Level
from tabset.plan.columns import coded, draft_column
from tabset.schema import ColumnType

NEARLY = 0.95
LARGE = 0.2
MOST_LABELS = 200
SHORTEST = 3
NAMED = 0.1
_PARTS = re.compile(r"(\d+)")


def telling_columns(subject: Subject) -> Iterable[Finding]:
    """A single column that determines the label makes the task trivial and is often a leak."""
    found = evidence.gather(subject)
    told: set[str] = set()
    for question in found.questions:
        skill = found.skill(question)
        if skill is None or skill.share < NEARLY or question.column in told:
            continue
        told.add(question.column)
        yield Finding(
            Level.WARNING,
            "telling-column",
            f"{question.words[0].upper()}{question.words[1:]} by itself predicts the label of"
            f" {skill.accuracy:.1%} of the test rows (without it {skill.base:.1%})"
            f"{_looked(subject)}: set `use` of the column to false, unless it is known before the"
            " label is.",
            subject.draft.main,
            question.column,
        )


def row_order(subject: Subject) -> Iterable[Finding]:
    """If rows of a class are next to each other, their order reveals labels of the test set."""
    rows = np.sort(subject.planned.test.numbers)
    found = clustering(subject.labels.codes[rows])
    if found.tells:
        shuffled = subject.draft.order is Order.SHUFFLE
        yield Finding(
            Level.INFO if shuffled else Level.WARNING,
            "row-order",
            f"In the order of the source {_agree(found, 'neighbouring test rows')}"
            + (
                "; the test rows are shuffled, so this does no harm."
                if shuffled
                else ": set `order` to shuffle."
            ),
            subject.draft.main,
        )


def telling_ids(subject: Subject) -> Iterable[Finding]:
    """An id that begins with the class, or counts through the classes, gives the label away."""
    key = subject.draft.roles.id
    if key:
        renewed = subject.draft.ids is Keep.NEW
        fix = "; new ids replace them, so this does no harm." if renewed else ": set `ids` to new."
        level = Level.INFO if renewed else Level.WARNING
        for what in _names_tell(subject, key, "ids"):
            yield Finding(level, "telling-ids", what + fix, subject.draft.main, key)


def telling_image_names(subject: Subject) -> Iterable[Finding]:
    """A file name such as cat_017.png reveals the label before the image is opened."""
    if subject.draft.main == PAIRS:
        return
    renewed = subject.draft.images is Keep.NEW
    fix = "; new names replace them, so this does no harm." if renewed else ": set `images` to new."
    level = Level.INFO if renewed else Level.WARNING
    for column in subject.draft.features(subject.draft.main):
        if column.type is ColumnType.IMAGE:
            for what in _names_tell(subject, column.name, "image names"):
                message = what + fix
                yield Finding(
                    level, "telling-image-names", message, subject.draft.main, column.name
                )


def _names_tell(subject: Subject, column: str, what: str) -> Iterator[str]:
    """How the names in a column give labels of sampled test rows away, in words."""
    scan = subject.main
    kept = subject.sides[scan.sampled] == TEST
    names = scan.sample[column].combine_chunks().filter(pa.array(kept))
    labels = subject.labels.codes[scan.sampled[kept]]
    texts = names.fill_null("").to_pylist()
    order = np.array(sorted(range(len(texts)), key=lambda row: natural(texts[row])), dtype=int)
    found = clustering(labels[order])
    if found.tells:
        yield f"In the order of the {what} in {column!r} {_agree(found, 'neighbouring rows')}"
    share, expected = _mentions(names, labels, subject.labels.texts)
    if share - expected >= NAMED:
        yield (
            f"{share:.1%} of the {what} in {column!r} contain the row's own label (by chance"
            f" {expected:.1%})"
        )


def natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts a2 before a10."""
    return [
        (int(part[:18]), "") if place % 2 else (0, part)
        for place, part in enumerate(_PARTS.split(text))
    ]


def _mentions(
    names: pa.Array, labels: NDArray[np.int32], texts: Sequence[str]
) -> tuple[float, float]:
    """The share of names that contain their own label, and that share for labels at random."""
    plain = compute.replace_substring_regex(compute.utf8_lower(names), r"[^\pL\pN]+", "")
    own, expected = 0.0, 0.0
    counts = np.bincount(labels, minlength=len(texts))
    for code in np.argsort(-counts, kind="stable")[:MOST_LABELS].tolist():
        wanted = re.sub(r"[\W_]+", "", texts[code].lower())
        if len(wanted) < SHORTEST or not counts[code]:
            continue
        hits = compute.fill_null(compute.match_substring(plain, wanted), False)
        there = hits.to_numpy(zero_copy_only=False)
        own += float(there[labels == code].sum())
        expected += float(there.mean() * counts[code])
    return own / max(len(labels), 1), expected / max(len(labels), 1)


def _agree(found: evidence.Clustering, who: str) -> str:
    return (
        f"{found.observed:.1%} of {who} have the same label, in a random order it would be"
        f" {found.expected:.1%}"
    )


def _looked(subject: Subject) -> str:
    looked, rows = len(subject.main.sampled), subject.main.rows
    return f", looking at {looked:,} rows drawn at random" if looked < rows else ""


def large_groups(subject: Subject) -> Iterable[Finding]:
    """One group or entity with many rows decides what is learned and what is scored."""
    groups = _groups(subject)
    if groups is None or not len(groups):
        return
    sizes = np.bincount(groups)
    if sizes.max() > LARGE * len(groups):
        share = sizes.max() / len(groups)
        unit = "group" if subject.draft.roles.group else "entity"
        yield Finding(
            Level.WARNING,
            "large-group",
            f"One {unit} has {share:.1%} of the rows ({counted(int(sizes.max()), 'row')}): see"
            f" whether it is one {unit} in truth, or take part of its rows out.",
            subject.draft.main,
            subject.draft.roles.group,
            count=int(sizes.max()),
        )


def _groups(subject: Subject) -> NDArray[np.int64] | None:
    """The group code of every row in train or test that has one; None without groups."""
    draft = subject.draft
    kept = subject.sides != LEFT_OUT
    codes: NDArray[np.int64] | None = None
    if draft.roles.group:
        staged = subject.stage.tables[draft.main]
        found = coded(staged, draft_column(draft, draft.main, draft.roles.group)).codes
        codes = found[kept & (found >= 0)].astype(np.int64)
    elif draft.main == PAIRS:
        pairs = subject.matching.pairs
        codes = np.asarray(subject.matching.entities, dtype=np.int64)[pairs.left[kept]]
    return codes


CHECKS = (
    asks("telling-column", telling_columns, plan=True),
    asks("row-order", row_order, plan=True),
    asks("telling-ids", telling_ids, plan=True),
    asks("telling-image-names", telling_image_names, plan=True),
    asks("large-group", large_groups, plan=True),
)
