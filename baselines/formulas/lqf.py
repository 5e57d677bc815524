"""Linear-quadratic fine-tuning: a network linearised at its weights, fitted by the square loss.

Source: Achille, Golatkar, Ravichandran, Polito, Soatto, "LQF: Linear Quadratic Fine-Tuning",
CVPR 2021. Instead of cross-entropy it uses the mean squared error to scaled one-hot targets, so
that the solution has a closed form: no steps, no learning rate, the same every time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TARGET_SCALE = 15.0  # the paper's a: the distance of a class's target from that of the others
LEAKY_SLOPE = 0.2


@dataclass(frozen=True)
class Network:
    """One hidden layer of leaky ReLU units with one output.

    ``hidden`` is (units, features), ``hidden_bias`` and ``out`` (units,), ``out_bias`` a number.
    """

    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: float
    slope: float = LEAKY_SLOPE

    def outputs(self, x: Floats) -> Floats:
        """The output for each row of ``x`` (n, features): shape (n,)."""
        before = x @ self.hidden.T + self.hidden_bias
        return np.asarray(_leaky(before, self.slope) @ self.out + self.out_bias)

    def jacobian(self, x: Floats) -> Floats:
        """The derivatives of the outputs by all weights: shape (n, weights).

        Weights in the order of the fields, the hidden ones unit by unit.
        """
        before = x @ self.hidden.T + self.hidden_bias
        by_bias = np.where(before > 0, 1.0, self.slope) * self.out
        by_hidden = (by_bias[:, :, None] * x[:, None, :]).reshape(len(x), -1)
        by_out = _leaky(before, self.slope)
        return np.hstack([by_hidden, by_bias, by_out, np.ones((len(x), 1))])


def _leaky(values: Floats, slope: float) -> Floats:
    return np.where(values > 0, values, slope * values)


def change_of_weights(jacobian: Floats, residuals: Floats, ridge: float) -> Floats:
    """The dw that minimises mean (residuals - J dw)² + ridge |dw|².

    ``jacobian`` (n, p); ``residuals`` (n,) or (n, k): targets less outputs at the present weights.
    Solved in the smaller of the two sizes: Jᵀ(JJᵀ + n ridge I)⁻¹ r = (JᵀJ + n ridge I)⁻¹ Jᵀ r.
    """
    rows, weights = jacobian.shape
    if rows < weights:
        kernel = jacobian @ jacobian.T + rows * ridge * np.eye(rows)
        return np.asarray(jacobian.T @ np.linalg.solve(kernel, residuals))
    normal = jacobian.T @ jacobian + rows * ridge * np.eye(weights)
    return np.asarray(np.linalg.solve(normal, jacobian.T @ residuals))


def scaled_targets(codes: npt.NDArray[np.intp], classes: int) -> Floats:
    """One-hot targets of class codes (n,) times `TARGET_SCALE`: shape (n, classes)."""
    return TARGET_SCALE * np.eye(classes)[codes]


def preconditioned_step(x: Floats, targets: Floats, weights: Floats, ridge: float) -> Floats:
    """The weights of a linear head after one Kronecker-factored step from any others.

    W - (A + ridge I)⁻¹ ∇ with A = XᵀX/n: with the square loss the other factor is the identity,
    the curvature is exact, and one step is the solution. Shapes (n, p), (n, k), (p, k).
    """
    rows, features = x.shape
    gradient = x.T @ (x @ weights - targets) / rows + ridge * weights
    curvature = x.T @ x / rows + ridge * np.eye(features)
    return np.asarray(weights - np.linalg.solve(curvature, gradient))


def weights_by_ridge(x: Floats, targets: Floats, ridges: Sequence[float]) -> Iterator[Floats]:
    """`change_of_weights` from zero weights for each ridge, at the cost of one.

    ``x`` (n, p), ``targets`` (n, k); each solution is (p, k).
    """
    rows, features = x.shape
    if rows < features:
        values, vectors = np.linalg.eigh(x @ x.T / rows)
        left, right = x.T @ vectors / rows, vectors.T @ targets
    else:
        values, vectors = np.linalg.eigh(x.T @ x / rows)
        left, right = vectors, vectors.T @ (x.T @ targets) / rows
    values = np.maximum(values, 0.0)  # below it only by rounding
    for ridge in ridges:
        yield (left / (values + ridge)) @ right
