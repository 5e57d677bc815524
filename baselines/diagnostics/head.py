"""The model of the diagnostics: ridge regression whose penalty is chosen from the training rows. No
held-out row influences the penalty, so the choice does not inflate scores.
Source: Golub, Heath, Wahba, "Generalized Cross-Validation as a Method for Choosing a Good Ridge
Parameter", Technometrics 1979.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

RIDGES = 10.0 ** np.arange(-4, 3.5, 0.5)


@dataclass(frozen=True)
class Head:
    """A linear map with a level; ``weights`` (p, k)."""

    mean: Floats
    level: Floats
    weights: Floats
    ridge: float

    def outputs(self, x: Floats) -> Floats:
        """One output per class for rows (n, p): shape (n, k)."""
        return np.asarray((x - self.mean) @ self.weights + self.level)


def fit(x: Floats, targets: Floats) -> Head:
    """The ridge solution of least generalised cross-validation error n RSS / (n - df)².

    ``x`` (n, p), ``targets`` (n, k). Solved in the smaller of the two sizes.
    """
    mean, level = x.mean(axis=0), targets.mean(axis=0)
    centred, wanted = x - mean, targets - level
    rows, features = x.shape
    by_rows = rows < features
    gram = centred @ centred.T if by_rows else centred.T @ centred
    values, vectors = np.linalg.eigh(gram / rows)
    values = np.maximum(values, 0.0)  # below it only by rounding
    if by_rows:
        inner = vectors.T @ wanted
    else:
        roots = np.sqrt(np.maximum(values, 1e-300) * rows)
        inner = vectors.T @ (centred.T @ wanted) / roots[:, None]
    inner[values <= 1e-12 * max(values.max(initial=0.0), 1e-300)] = 0.0
    ridge = _chosen(values, (inner**2).sum(axis=1), float((wanted**2).sum()), rows)
    shrunk = (np.sqrt(values / rows) / (values + ridge))[:, None] * inner
    if by_rows:
        scale = np.sqrt(np.maximum(values, 1e-300) * rows)
        weights = centred.T @ (vectors @ (shrunk / scale[:, None]))
    else:
        weights = vectors @ shrunk
    return Head(mean, level, weights, ridge)


def _chosen(values: Floats, explained: Floats, total: float, rows: int) -> float:
    """The penalty of least error; of equal ones the smallest."""
    errors = []
    for ridge in RIDGES:
        kept = values / (values + ridge)
        residual = max(total - float((explained * (1 - (1 - kept) ** 2)).sum()), 0.0)
        freedom = rows - 1 - float(kept.sum())
        errors.append(residual / freedom**2 if freedom > 1e-9 else np.inf)
    return float(RIDGES[int(np.argmin(errors))])
