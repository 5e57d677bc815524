"""How the error depends on the size of a model without a penalty."""

import numpy as np
import numpy.typing as npt

from baselines.diagnostics.material import Clock, Material, in_class_order
from baselines.diagnostics.model import Capacity, CapacityPoint, LeftOut
from baselines.formulas.double_descent import errors, judged

Floats = npt.NDArray[np.float64]
Side = tuple[Floats, Floats]

MOST_ROWS = 240  # the least squares problems grow with their square
MOST_HELD = 1_000
FEWEST_ROWS = 20
DRAWS = 3
PROMINENT = 1.1  # a peak exceeds both sides by this share; less is noise
# Numbers of random features as shares of the rows, dense near the interpolation threshold.
PARTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 7 / 8, 1, 9 / 8, 5 / 4, 3 / 2, 2, 4)
PART = "capacity curve"


def capacity(material: Material, clock: Clock, seed: int) -> tuple[Capacity | None, list[LeftOut]]:
    """The sweep, learned from some rows and judged on rows of the fold that is held out."""
    if not clock.allows():
        return None, [LeftOut(PART, "It did not fit into the time limit.")]
    held = np.flatnonzero(material.held(seed))
    others = np.setdiff1d(np.arange(material.rows), held)
    learned = others[in_class_order(material.codes[others], seed)[:MOST_ROWS]]
    if len(learned) < FEWEST_ROWS or not len(held):
        return None, [LeftOut(PART, f"It needs at least {FEWEST_ROWS} rows to learn from.")]
    held = held[in_class_order(material.codes[held], seed)[:MOST_HELD]]
    x, one_hot = material.matrix(), np.eye(material.targets.shape[1])[material.codes]
    level = one_hot[learned].mean(axis=0)
    with clock.step():
        return swept(
            (x[learned], one_hot[learned] - level), (x[held], one_hot[held] - level), seed
        ), []


def swept(train: Side, test: Side, seed: int, ridge: float = 0.0) -> Capacity:
    """The sweep over random features of rows (n, p) with targets (n, k): medians of draws."""
    (x, y), (unseen, _) = train, test
    sizes = sorted({max(1, round(part * len(x))) for part in PARTS})
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        weights = rng.normal(0, x.shape[1] ** -0.5, (max(sizes), x.shape[1]))
        drawn.append(errors(train, test, weights, sizes, ridge))
    middle = np.median(drawn, axis=0)
    found = judged(sizes, middle[:, 0].tolist(), middle[:, 1].tolist(), len(x), float(np.var(y)))
    points = [CapacityPoint(*point) for point in zip(sizes, *middle.T.tolist(), strict=True)]
    return Capacity(
        rows=len(x),
        held_rows=len(unseen),
        draws=DRAWS,
        points=tuple(points),
        threshold=found.threshold,
        peak=found.peak,
        is_double_descent=found.is_double and _is_prominent(points, found.peak),
        peak_over_last=found.peak_over_last,
    )


def _is_prominent(points: list[CapacityPoint], peak: int | None) -> bool:
    """Whether the error at the peak is above the best on either side by more than noise."""
    top = max(point.test_error for point in points if point.features == peak)
    smaller = min(point.test_error for point in points if point.features < (peak or 0))
    larger = min(point.test_error for point in points if point.features > (peak or 0))
    return top >= PROMINENT * max(smaller, larger)
