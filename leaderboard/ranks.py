"""Competition ranks of displayed scores."""

from collections.abc import Sequence

import numpy as np

SLACK = 1e-12


def competition_ranks(
    displayed: Sequence[float | None], higher_is_better: bool, slack: float = SLACK
) -> list[int | None]:
    """One rank per score, 1 = best: equal scores share a rank (1, 2, 2, 4), None has no rank.

    Two scores are equal when the worse is within ``slack`` of the best score of the shared rank,
    so the result does not depend on the order of the input. Raises ValueError for a score that is
    not finite: an undefined score is None.
    """
    scored = [index for index, value in enumerate(displayed) if value is not None]
    goodness = np.array([displayed[index] for index in scored], dtype=float)
    if not np.isfinite(goodness).all():
        raise ValueError("A score is not a finite number: an undefined score must be None.")
    if not higher_is_better:
        goodness = -goodness
    ranks: list[int | None] = [None] * len(displayed)
    rank, best = 0, float("inf")
    for place, position in enumerate(np.argsort(-goodness, kind="stable"), start=1):
        if place == 1 or best - goodness[position] > slack:
            rank, best = place, float(goodness[position])
        ranks[scored[position]] = rank
    return ranks
