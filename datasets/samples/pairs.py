"""Candidate pairs by blocking, and their numbers of matching and of hard other pairs."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from samples.draw import Draw

Pair = tuple[str, str]
MOST_IN_BLOCK = 40


@dataclass(frozen=True)
class Labelled:
    """A pair of record keys and whether they match."""

    left: str
    right: str
    matches: bool


def within(blocks: Iterable[Sequence[str]]) -> set[Pair]:
    """All pairs of records that share a block; blocks above 40 records are too common to help."""
    found: set[Pair] = set()
    for block in blocks:
        if len(block) <= MOST_IN_BLOCK:
            found.update((min(pair), max(pair)) for pair in combinations(block, 2))
    return found


def blocks(records: Iterable[str], keys: Callable[[str], Iterable[str]]) -> list[list[str]]:
    """Records grouped by each of their blocking keys."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for record in records:
        for key in keys(record):
            grouped[key].append(record)
    return list(grouped.values())


def choose(
    draw: Draw,
    candidates: Iterable[Pair],
    entity: Mapping[str, str],
    *,
    positives: int,
    negatives: int,
) -> list[Labelled]:
    """Up to that many matching and other candidates, in random order."""
    matching: list[Pair] = []
    other: list[Pair] = []
    for pair in sorted(candidates):
        (matching if entity[pair[0]] == entity[pair[1]] else other).append(pair)
    chosen = [(pair, True) for pair in draw.some(matching, positives)]
    chosen += [(pair, False) for pair in draw.some(other, negatives)]
    return [Labelled(*chosen[place][0], chosen[place][1]) for place in draw.order(len(chosen))]


def swapped(draw: Draw, pairs: Iterable[Labelled]) -> list[Labelled]:
    """The pairs with left and right exchanged at random, for pairs within one table."""
    return [
        Labelled(pair.right, pair.left, pair.matches) if draw.chance(0.5) else pair
        for pair in pairs
    ]


def values(pairs: Sequence[Labelled], prefix: str) -> dict[str, list[str]]:
    """The pairs as columns id, left_id, right_id, label; a match has the label 1, else 0."""
    return {
        "id": [f"{prefix}{number}" for number in range(len(pairs))],
        "left_id": [pair.left for pair in pairs],
        "right_id": [pair.right for pair in pairs],
        "label": ["1" if pair.matches else "0" for pair in pairs],
    }
