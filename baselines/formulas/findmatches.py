"""Labels, thresholds and settings of AWS Glue's FindMatches.

Source: the AWS Glue developer guide on labelling files and on tuning. AWS publishes no formula for
its precision-recall trade-off; `threshold` is van Rijsbergen's effectiveness measure.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Pair = tuple[str, str]

MIDDLE = 0.5  # neither precision nor recall is preferred


@dataclass(frozen=True)
class Labelled:
    """A row of a labelling file: a record, the set that it was shown in, and its label there."""

    labeling_set: str
    label: str
    record: str


def labelled_pairs(rows: Iterable[Labelled]) -> tuple[list[Pair], list[Pair]]:
    """The pairs of records that match, and those that do not, each in order of records.

    Within a set, equal labels mean a match, other labels no match; labels are case-sensitive.
    Records of different sets are unrelated.
    """
    sets: dict[str, list[Labelled]] = defaultdict(list)
    for row in rows:
        sets[row.labeling_set].append(row)
    found: tuple[list[Pair], list[Pair]] = ([], [])
    for shown in sets.values():
        for a, b in combinations(shown, 2):
            first, second = sorted((a.record, b.record))
            found[a.label != b.label].append((first, second))
    return sorted(found[0]), sorted(found[1])


@dataclass(frozen=True)
class Threshold:
    """The score from which a pair is a match, and its quality on the rows it was fitted on."""

    value: float
    objective: float


def threshold(is_match: npt.NDArray[np.bool_], scores: Floats, tau: float) -> Threshold | None:
    """The score that maximises 1/(τ/P + (1-τ)/R) when it and all above are accepted.

    τ = 1 is only precision, 0 only recall, 0.5 gives F1. Ties go to the higher score from 0.5
    on, below it to the lower one. None without a match among the rows. Both arrays (n,).
    """
    if not is_match.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(ordered[1:] != ordered[:-1], True)  # the end of each run of equal scores
    hits = np.cumsum(is_match[order])[last]
    accepted = np.flatnonzero(last) + 1
    precision, recall = hits / accepted, hits / is_match.sum()
    # τ/P + (1-τ)/R without dividing by a P or R of 0, where the objective is 0.
    cost = tau * recall + (1 - tau) * precision
    objective = np.divide(precision * recall, cost, out=np.zeros(len(hits)), where=cost > 0)
    best = np.flatnonzero(np.isclose(objective, objective.max(), rtol=1e-12, atol=0))
    chosen = best[0] if tau >= MIDDLE else best[-1]
    return Threshold(float(ordered[last][chosen]), float(objective[chosen]))


def candidates_per_record(accuracy: float) -> int:
    """How many candidates blocking gives a record: 2 at the cheapest (0), 256 at 1."""
    return round(2 ** (1 + 7 * accuracy))
