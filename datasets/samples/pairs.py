"""Candidate pairs by blocking, and their numbers of matching and of hard other pairs."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from samples.draw import Draw

Pair = tuple[str, str]
MOST_IN_BLOCK = 40
TRIES = 12


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
    candidates: Sequence[Collection[Pair]],
    entity: Mapping[str, str],
    *,
    others: int,
    source: Mapping[str, str],
) -> list[Labelled]:
    """Matching candidates and about `others` times as many other pairs, in random order.

    A record is in one matching pair and in `others` other ones, so how often it occurs says nothing
    about its matches. The other pairs are candidates, those of the first kind first. What a record
    then lacks is put together at random, so that pairs without a common key are of both sorts.
    Only records of two sources are compared: within one there are no matches.
    """
    kinds = [{pair for pair in kind if source[pair[0]] != source[pair[1]]} for kind in candidates]
    matches = {pair for kind in kinds for pair in kind if entity[pair[0]] == entity[pair[1]]}
    once = dict.fromkeys(sorted(entity), 1)
    matching = [pair for pair in draw.some(sorted(matches), len(matches)) if _take(once, pair)]
    room = {key: others for pair in matching for key in pair}
    other: list[Pair] = []
    known = set(matches)
    for kind in kinds:
        left_over = sorted(kind - known)
        other += [pair for pair in draw.some(left_over, len(left_over)) if _take(room, pair)]
        known.update(kind)
    other += _at_random(draw, room, entity, source, known)
    chosen = [(pair, True) for pair in matching] + [(pair, False) for pair in other]
    return [Labelled(*chosen[place][0], chosen[place][1]) for place in draw.order(len(chosen))]


def _take(room: dict[str, int], pair: Pair) -> bool:
    """Takes a pair if both of its records have room for it, and says whether they had."""
    if not all(room.get(key) for key in pair):
        return False
    for key in pair:
        room[key] -= 1
    return True


def _at_random(
    draw: Draw,
    room: dict[str, int],
    entity: Mapping[str, str],
    source: Mapping[str, str],
    known: set[Pair],
) -> list[Pair]:
    """New pairs of different entities and sources until hardly any room is left."""
    found: list[Pair] = []
    for _ in range(TRIES):
        lacking = [key for key, count in room.items() for _ in range(count)]
        lacking = draw.some(lacking, len(lacking))
        for keys in zip(lacking[::2], lacking[1::2], strict=False):
            pair = (min(keys), max(keys))
            differ = all(of[pair[0]] != of[pair[1]] for of in (entity, source))
            if differ and pair not in known and _take(room, pair):
                known.add(pair)
                found.append(pair)
    return found


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
