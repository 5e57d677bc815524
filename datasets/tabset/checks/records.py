"""Checks of record tables: whether the position or the id of a record reveals its matches."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tabset.checks.evidence import FEWEST, smaller
from tabset.checks.leaks import natural
from tabset.checks.registry import asks
from tabset.checks.subject import LEFT_OUT, Subject
from tabset.draft import RECORD_ID, Order
from tabset.findings import Finding, Level
from tabset.plan.columns import taken
from tabset.schema import Kind

Places = NDArray[np.float64]
TELLS = 0.75
SIDES = ("left", "right")


def record_order(subject: Subject) -> Iterable[Finding]:
    """If matching records are near each other in their tables, the order reveals matches."""
    if (found := sampled_pairs(subject)) is None:
        return
    rows, positive = found
    places = [_places(subject, side, rows) for side in SIDES]
    shuffled = subject.draft.order is Order.SHUFFLE
    if (share := _nearer(places, positive)) >= TELLS:
        yield Finding(
            Level.INFO if shuffled else Level.WARNING,
            "record-order",
            f"Records that match lie nearer to each other in the record tables than others in"
            f" {share:.1%} of the cases (50% in a random order)"
            + (
                "; the records are shuffled, so this does no harm."
                if shuffled
                else ": set `order` to shuffle."
            ),
            "/".join(subject.draft.record_tables),
        )


def telling_record_ids(subject: Subject) -> Iterable[Finding]:
    """Ids that count through the entities reveal which records match, in any order."""
    if (found := sampled_pairs(subject)) is None:
        return
    rows, positive = found
    if (share := _nearer(_ranks_of_ids(subject, rows), positive)) >= TELLS:
        yield Finding(
            Level.WARNING,
            "telling-record-ids",
            f"Records that match have ids nearer to each other than others in {share:.1%} of the"
            " cases (50% if ids say nothing): give the records other ids in the raw files.",
            "/".join(subject.draft.record_tables),
            RECORD_ID,
        )


def sampled_pairs(subject: Subject) -> tuple[NDArray[np.int64], NDArray[np.bool_]] | None:
    """The sampled pairs and whether each matches; None if there are too few of one kind."""
    draft = subject.draft
    if draft.kind is not Kind.MATCHING or draft.positive_label not in subject.labels.texts:
        return None
    rows = subject.main.sampled
    pairs = subject.matching.pairs
    rows = rows[(subject.sides[rows] != LEFT_OUT) & pairs.known[rows]]
    rows = rows[pairs.left[rows] != pairs.right[rows]]
    positive = subject.labels.codes[rows] == subject.labels.texts.index(draft.positive_label)
    enough = FEWEST <= positive.sum() <= len(rows) - FEWEST
    return (rows, positive) if enough else None


def _places(subject: Subject, side: str, rows: NDArray[np.int64]) -> Places:
    """The position of the records of one side in their table, from 0 to 1."""
    matching = subject.matching
    count = len(matching.records.tables[matching.records.table_of(side)])
    return matching.places(side, rows).astype(np.float64) / count


def _ranks_of_ids(subject: Subject, rows: NDArray[np.int64]) -> list[Places]:
    """Where the records of the pairs would stand if each table were sorted by id, from 0 to 1."""
    matching = subject.matching
    tables = [matching.records.table_of(side) for side in SIDES]
    places = [matching.places(side, rows).astype(np.int64) for side in SIDES]
    found = []
    for table, own in zip(tables, places, strict=True):
        both = [each for name, each in zip(tables, places, strict=True) if name == table]
        wanted = np.unique(np.concatenate(both))
        ids = taken(subject.stage.tables[table], RECORD_ID, wanted).to_pylist()
        order = sorted(range(len(ids)), key=lambda place: natural(ids[place]))
        ranks = np.empty(len(ids))
        ranks[order] = np.arange(len(ids)) / len(ids)
        found.append(ranks[np.searchsorted(wanted, own)])
    return found


def _nearer(places: Sequence[Places], positive: NDArray[np.bool_]) -> float:
    """The probability that a pair that matches lies nearer together than another; ties half."""
    return smaller(np.abs(places[0] - places[1]), positive)


CHECKS = (
    asks("record-order", record_order, plan=True),
    asks("telling-record-ids", telling_record_ids, plan=True),
)
