"""Checks of how the pairs of a matching data set were chosen, which may say which of them match."""

import re
from collections.abc import Iterable, Mapping
from itertools import combinations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset.checks.evidence import FEWEST, cells_of, smaller
from tabset.checks.records import SIDES, sampled_pairs
from tabset.checks.registry import asks
from tabset.checks.subject import LEFT_OUT, Subject
from tabset.draft import PAIRS
from tabset.findings import Finding, Level
from tabset.schema import ColumnType

Flags = NDArray[np.bool_]
# By how much numbers of pairs must order matches better than chance, as an area under the curve.
TOLD = 0.1
# By how much pairs that share nothing must match more often than the others.
REVERSED = 0.1
DEVIATIONS = 5.0
_WORD = re.compile(r"\w+")
_PREFIX = 4
_IN_WORDS = (ColumnType.TEXT, ColumnType.CATEGORICAL, ColumnType.LIST)
_WHOLE = (ColumnType.NUMERIC, ColumnType.DATETIME)


def telling_degree(subject: Subject) -> Iterable[Finding]:
    """How many pairs a record is in is seen without a label, and must not say which match."""
    if (found := sampled_pairs(subject)) is None:
        return
    rows, positive = found
    pairs = subject.matching.pairs
    kept = (subject.sides != LEFT_OUT) & pairs.known
    degree = np.bincount(np.concatenate([pairs.left[kept], pairs.right[kept]]))
    both = np.stack([degree[pairs.left[rows]], degree[pairs.right[rows]]])
    low, high = both.min(axis=0), both.max(axis=0)
    # How often values are smaller if the records match, by what they are.
    shares = {
        "The rarer of the two records is in fewer pairs": smaller(low, positive),
        "The more frequent of the two records is in fewer pairs": smaller(high, positive),
        "The two records are in more nearly equal numbers of pairs": smaller(high - low, positive),
    }
    what, share = max(shares.items(), key=lambda each: abs(each[1] - 0.5))
    if abs(share - 0.5) < max(TOLD, DEVIATIONS * _error(positive)):
        return
    yield Finding(
        Level.WARNING,
        "telling-degree",
        f"{what} if they match in {share:.1%} of the cases (50% if it said nothing): choose the"
        " pairs so that each record is in as many that do not match as in ones that do, times a"
        " constant, with records that are about as frequent.",
        PAIRS,
    )


def telling_candidates(subject: Subject) -> Iterable[Finding]:
    """Where only pairs that match were taken without a common key, having none gives them away."""
    if (found := sampled_pairs(subject)) is None:
        return
    rows, positive = found
    shared = _shared(subject, rows)
    worst, told = 0.0, None
    for names in _sets(shared):
        nothing = ~np.logical_or.reduce([shared[name] for name in names])
        if min(nothing.sum(), (~nothing).sum()) < FEWEST:
            continue
        without, with_one = float(positive[nothing].mean()), float(positive[~nothing].mean())
        error = np.sqrt(
            positive.mean() * (1 - positive.mean()) * (1 / nothing.sum() + 1 / (~nothing).sum())
        )
        if without - with_one > max(worst, REVERSED, DEVIATIONS * float(error)):
            worst, told = without - with_one, (names, without, with_one)
    if told:
        names, without, with_one = told
        listed = " and ".join(repr(name) for name in names)
        yield Finding(
            Level.WARNING,
            "telling-candidates",
            f"Pairs whose records have no word in common in {listed} match in {without:.1%} of the"
            f" cases, the others in {with_one:.1%}: add pairs without a common word that do not"
            " match, or leave out those that do.",
            PAIRS,
        )


def _error(positive: Flags) -> float:
    """The standard error of `smaller` if values say nothing about what is positive."""
    count = int(positive.sum())
    return float(np.sqrt((len(positive) + 1) / (12 * count * (len(positive) - count))))


def _sets(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Every column, every two columns and all of them: keys by which candidates are drawn."""
    listed = tuple(names)
    sets = [*combinations(listed, 1), *combinations(listed, 2)]
    return [*sets, listed] if len(listed) > 2 else sets


def _shared(subject: Subject, rows: NDArray[np.int64]) -> Mapping[str, Flags]:
    """For each column of both records: whether they have anything in common there."""
    records = subject.matching.records
    sides = []
    for side in SIDES:
        places = subject.matching.places(side, rows).astype(np.int64)
        columns, cells = cells_of(subject, records.table_of(side), places)
        sides.append({column.name: (column.type, cells[column.name]) for column in columns})
    left, right = sides
    return {
        name: _meet(kind, left[name][1], right[name][1])
        for name, (kind, _) in left.items()
        if kind in (*_IN_WORDS, *_WHOLE) and right.get(name, ("",))[0] is kind
    }


def _meet(kind: ColumnType, left: pa.Array, right: pa.Array) -> Flags:
    """Whether two cells have a beginning of a word in common; numbers and dates must be equal."""
    if kind in _WHOLE:
        equal = compute.fill_null(compute.equal(left, right), False)
        return np.asarray(equal.to_numpy(zero_copy_only=False), dtype=np.bool_)
    one, other = (_beginnings(cells) for cells in (left, right))
    return np.array([not a.isdisjoint(b) for a, b in zip(one, other, strict=True)], dtype=np.bool_)


def _beginnings(cells: pa.Array) -> list[frozenset[str]]:
    """The first letters of the words of each cell; each different cell is read once."""
    encoded = cells.dictionary_encode()
    words = [
        frozenset(word[:_PREFIX] for word in _WORD.findall(text.lower()))
        for text in encoded.dictionary.to_pylist()
    ]
    places = compute.fill_null(encoded.indices, len(words)).to_pylist()
    words.append(frozenset())
    return [words[place] for place in places]


CHECKS = (
    asks("telling-degree", telling_degree, plan=True),
    asks("telling-candidates", telling_candidates, plan=True),
)
