"""How the test error of random-feature regression depends on the number of features.

Source: Belkin, Hsu, Ma, Mandal, "Reconciling modern machine-learning practice and the classical
bias-variance trade-off", PNAS 2019; Hastie, Montanari, Rosset, Tibshirani, "Surprises in
high-dimensional ridgeless least squares interpolation", Annals of Statistics 2022.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

INTERPOLATES = 1e-8  # of the variance of the targets
RANK = 1e-12


@dataclass(frozen=True)
class Sweep:
    """Mean squared errors by number of features, and their verdict.

    ``threshold`` is the first number at which the training rows are fitted exactly, None if there
    is none; ``peak`` the one with the largest test error between half and twice the number of
    training rows, None if the sweep has none there; ``is_double``: some smaller and some larger
    number is better than the peak.
    """

    train: list[float]
    test: list[float]
    threshold: int | None
    peak: int | None
    is_double: bool
    peak_over_last: float | None


def random_features(x: Floats, weights: Floats) -> Floats:
    """relu(x Wᵀ)/√P for rows (n, p) and weights (P, p): shape (n, P)."""
    return np.asarray(np.maximum(x @ weights.T, 0) / np.sqrt(len(weights)))


def coefficients(z: Floats, y: Floats, ridge: float) -> Floats:
    """The least squares solution of smallest norm, or that of (ZᵀZ/n + ridge I)β = Zᵀy/n.

    ``z`` (n, P), ``y`` (n,) or (n, k).
    """
    if ridge == 0:
        return np.asarray(np.linalg.pinv(z, rcond=RANK) @ y)
    rows, features = z.shape
    normal = z.T @ z / rows + ridge * np.eye(features)
    return np.asarray(np.linalg.solve(normal, z.T @ y / rows))


def sweep(
    train: tuple[Floats, Floats],
    test: tuple[Floats, Floats],
    weights: Floats,
    sizes: Sequence[int],
    ridge: float = 0.0,
) -> Sweep:
    """The errors with the first P random features for each P of ``sizes``, in rising order.

    ``train`` and ``test`` are rows with targets, ``weights`` (at least max(sizes), p). Several
    targets (one-hot classes) count by their mean.
    """
    found = errors(train, test, weights, sizes, ridge)
    x, y = train
    return judged(
        sizes, [each for each, _ in found], [each for _, each in found], len(x), float(np.var(y))
    )


def errors(
    train: tuple[Floats, Floats],
    test: tuple[Floats, Floats],
    weights: Floats,
    sizes: Sequence[int],
    ridge: float = 0.0,
) -> list[tuple[float, float]]:
    """The mean squared errors of training and test rows for each number of ``sizes``."""
    (x, y), (x_test, y_test) = train, test
    found = []
    for size in sizes:
        z = random_features(x, weights[:size])
        beta = coefficients(z, y, ridge)
        unseen = random_features(x_test, weights[:size])
        found.append((_mse(z @ beta, y), _mse(unseen @ beta, y_test)))
    return found


def judged(
    sizes: Sequence[int], train: list[float], test: list[float], rows: int, variance: float
) -> Sweep:
    """The verdict on errors by number of features, given the training rows and the targets'
    variance."""
    fitted = [
        size for size, error in zip(sizes, train, strict=True) if error <= INTERPOLATES * variance
    ]
    near = [place for place, size in enumerate(sizes) if rows / 2 <= size <= 2 * rows]
    peak = max(near, key=lambda place: test[place], default=None)
    return Sweep(
        train=train,
        test=test,
        threshold=min(fitted, default=None),
        peak=None if peak is None else sizes[peak],
        is_double=peak is not None
        and min(test[:peak], default=np.inf) < test[peak]
        and min(test[peak + 1 :], default=np.inf) < test[peak],
        peak_over_last=None if peak is None or not test[-1] else test[peak] / test[-1],
    )


def _mse(predicted: Floats, actual: Floats) -> float:
    return float(np.mean((predicted - actual) ** 2))
