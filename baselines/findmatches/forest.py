"""The classifier of pairs: random forests that grow for as long as there is time."""

import time

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier

Rows = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

TREES, STEP = 200, 20
MOST_ROWS_PER_TREE = 30_000  # so that a tree's cost does not grow with the pairs


def grown(
    rows: Rows, is_match: Mask, seed: int, cpus: int, seconds: float
) -> RandomForestClassifier:
    """A forest of 200 trees, or of as many as the seconds allow, 20 at least.

    ``rows`` (n, features) may have NaN; ``is_match`` (n,).
    """
    started = time.monotonic()
    forest = RandomForestClassifier(
        n_estimators=0,
        max_samples=min(len(rows), MOST_ROWS_PER_TREE),
        random_state=seed,
        n_jobs=cpus,
        warm_start=True,
    )
    while forest.n_estimators < TREES:
        forest.n_estimators += STEP
        forest.fit(rows, is_match)
        used = time.monotonic() - started
        if used * (1 + STEP / forest.n_estimators) > seconds:
            break
    return forest


def scores(forest: RandomForestClassifier, rows: Rows) -> Floats:
    """The share of trees' votes for a match, (n,) in [0, 1]."""
    shares = forest.predict_proba(rows)
    place = np.flatnonzero(forest.classes_)
    return np.asarray(shares[:, place[0]], dtype=float) if len(place) else np.zeros(len(rows))
