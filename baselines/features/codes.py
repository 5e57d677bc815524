"""Agreement of model numbers, amounts with units and numbers in two records' texts."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import JaroWinkler

from baselines.features.records import Places

Features = dict[str, npt.NDArray[np.float32]]

PIECE = re.compile(r"[a-z0-9]+(?:[-./][a-z0-9]+)*")
JOINT = re.compile(r"[-./]")
AMOUNT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s?-?\s?([a-z]+|['\"%])")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
SHORTEST, SHORTEST_DIGITS = 4, 5  # characters of a code; shorter ones are sizes and counts
MOST_COMPARED = 3  # codes of a side, the longest, that are compared letter by letter
UNIT = 4  # characters: "inches" and "inch" are one

FEATURES = (
    "codes left",
    "codes right",
    "codes shared",
    "longest code shared",
    "longest left code in right",
    "longest right code in left",
    "codes conflict",
    "codes alike",
    "amounts shared",
    "amounts conflict",
    "amounts Jaccard",
    "numbers Jaccard",
    "numbers contained",
)


@dataclass(frozen=True)
class Marks:
    """The identifying parts of a text; ``solid`` is the text without spaces and punctuation."""

    codes: frozenset[str]
    amounts: frozenset[tuple[str, float]]
    numbers: frozenset[float]
    solid: str


def marks(text: str) -> Marks:
    """The marks of a lower-case text."""
    return Marks(
        codes(text),
        frozenset((unit[:UNIT], float(number)) for number, unit in AMOUNT.findall(text)),
        frozenset(map(float, NUMBER.findall(text))),
        NOT_ALPHANUMERIC.sub("", text),
    )


def codes(text: str) -> frozenset[str]:
    """Tokens that mix letters and digits, or are long numbers, without hyphens, dots and slashes.

    Parts of hyphenated tokens count too: "dvd-2930ci" gives "dvd2930ci" and "2930ci".
    """
    found = set()
    for piece in PIECE.findall(text):
        if piece.isalpha():
            continue
        for part in (JOINT.sub("", piece), *JOINT.split(piece)):
            shortest = SHORTEST_DIGITS if part.isdigit() else SHORTEST
            if len(part) >= shortest and not part.isalpha():
                found.add(part)
    return frozenset(found)


def code_features(left: list[str], right: list[str], first: Places, second: Places) -> Features:
    """How the marks of each pair's texts agree; the texts are lower case, one per record. Codes
    that the other text writes with spaces count too. A conflict means that both sides have codes
    and none in common, or one unit with different amounts. NaN if a side has none.
    """
    here, there = [marks(text) for text in left], [marks(text) for text in right]
    rows = [_agreement(here[a], there[b]) for a, b in zip(first, second, strict=True)]
    table = np.array(rows, np.float32).reshape(-1, len(FEATURES))
    return {name: table[:, place] for place, name in enumerate(FEATURES)}


def _agreement(a: Marks, b: Marks) -> tuple[float, ...]:
    shared = a.codes & b.codes
    in_right, in_left = _longest_within(a.codes, b.solid), _longest_within(b.codes, a.solid)
    conflict = bool(a.codes and b.codes) and not (shared or in_right > 0 or in_left > 0)
    return (
        len(a.codes),
        len(b.codes),
        len(shared),
        max(map(len, shared), default=0),
        in_right,
        in_left,
        conflict,
        _alike(a.codes, b.codes),
        *_amounts(a.amounts, b.amounts),
        _jaccard(len(a.numbers & b.numbers), len(a.numbers | b.numbers)),
        _jaccard(len(a.numbers & b.numbers), min(len(a.numbers), len(b.numbers))),
    )


def _longest_within(found: frozenset[str], solid: str) -> float:
    if not found:
        return np.nan
    return max((len(code) for code in found if code in solid), default=0)


def _alike(a: frozenset[str], b: frozenset[str]) -> float:
    """The Jaro-Winkler similarity of the two codes that are most alike."""
    if not a or not b:
        return np.nan
    if not a.isdisjoint(b):
        return 1.0
    here, there = (sorted(side, key=len)[-MOST_COMPARED:] for side in (a, b))
    return max(JaroWinkler.normalized_similarity(one, other) for one in here for other in there)


def _amounts(
    a: frozenset[tuple[str, float]], b: frozenset[tuple[str, float]]
) -> tuple[float, float, float]:
    """Amounts shared, units whose amounts all differ, and the share that agrees."""
    shared = a & b
    if not a or not b:
        return 0, np.nan, _jaccard(0, len(a | b))
    units = {unit for unit, _ in a} & {unit for unit, _ in b}
    conflicts = len(units - {unit for unit, _ in shared})
    return len(shared), conflicts, _jaccard(len(shared), len(a | b))


def _jaccard(shared: int, whole: int) -> float:
    return shared / whole if whole else np.nan
