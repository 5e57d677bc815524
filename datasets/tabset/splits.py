"""Division of rows: train and test by group, public and private by a salted hash of the group."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tabset.errors import DatasetError

PUBLIC = "public"
PRIVATE = "private"
TOLERANCE = 0.2
MOST_SALTS = 100


@dataclass(frozen=True)
class Usage:
    """The part of every test row, the salt that gave it, and the realised public share."""

    parts: tuple[str, ...]
    salt: str
    attempt: int
    share: float


def position(salt: str, group: str) -> float:
    """Where a group lies in [0, 1): the first 8 bytes of sha256(salt|group), big endian, / 2^64."""
    digest = hashlib.sha256(f"{salt}|{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def public_private(groups: Sequence[str], salt: str, share: float) -> tuple[str, ...]:
    """The part of each row: public if its group lies below `share`, otherwise private."""
    return tuple(PUBLIC if position(salt, group) < share else PRIVATE for group in groups)


def usable_public_private(
    groups: Sequence[str], labels: Sequence[str], *, salt: str, share: float
) -> Usage:
    """The parts under the first of `salt`, `salt#2`, `salt#3`, … that can be scored.

    A salt is passed over if the realised share is off by more than a fifth of the wanted one, or
    a part has fewer than two different labels, so that its metrics would be undefined.
    """
    for attempt in range(1, MOST_SALTS + 1):
        tried = salt if attempt == 1 else f"{salt}#{attempt}"
        parts = public_private(groups, tried, share)
        realised = parts.count(PUBLIC) / max(len(parts), 1)
        if abs(realised - share) <= TOLERANCE * share and _both_scorable(parts, labels):
            return Usage(parts, tried, attempt, realised)
    raise DatasetError(
        f"none of {MOST_SALTS} salts gives a public part of about {share:.0%} in which, as in the "
        f"private part, two labels occur ({len(set(groups))} groups in {len(groups)} rows)"
    )


def _both_scorable(parts: Sequence[str], labels: Sequence[str]) -> bool:
    seen: dict[str, set[str]] = {PUBLIC: set(), PRIVATE: set()}
    for part, label in zip(parts, labels, strict=True):
        seen[part].add(label)
    return all(len(found) >= 2 for found in seen.values())


def in_test(groups: Sequence[str], *, salt: str, share: float) -> tuple[bool, ...]:
    """For each row whether it belongs to the test set, so that no group is on both sides."""
    purpose = f"{salt}|train-test"
    return tuple(position(purpose, group) < share for group in groups)


def entities(records: Sequence[str], positives: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The entity of every record: connected components over positive pairs of record keys.

    Candidate pairs that do not match must stay out: over them nearly all records hang together.
    Entities are named e0, e1, … in the order of their first record.
    """
    index = {record: number for number, record in enumerate(records)}
    pairs = [(index[left], index[right]) for left, right in positives]
    rows = np.array([left for left, _ in pairs], dtype=np.int64)
    columns = np.array([right for _, right in pairs], dtype=np.int64)
    shape = (len(records), len(records))
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (rows, columns)), shape=shape)
    _, components = connected_components(graph, directed=False)
    names: dict[int, str] = {}
    return {
        record: names.setdefault(int(component), f"e{len(names)}")
        for record, component in zip(records, components, strict=True)
    }
