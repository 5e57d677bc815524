"""The neural tangent kernel of fully connected ReLU networks.

Source: Arora, Du, Li, Salakhutdinov, Wang, Yu, "Harnessing the Power of Infinitely Wide Deep Nets
on Small-data Tasks", ICLR 2020, and the recursion of the authors' code, which leaves out a factor
of 2 per layer: the kernel is the paper's times 2^-(depth - 1).
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SMALLEST = 1e-9  # a row of zeros has no direction


def ntk(x: Floats, depth: int, fixed: int = 0, other: Floats | None = None) -> Floats:
    """The kernel of the rows of ``x`` (n, p) with those of ``other`` (m, p), by default ``x``.

    ``depth`` counts the layers (1: the linear kernel), the first ``fixed`` are not trained. Shape
    (n, m). Errors: ValueError unless 0 <= fixed < depth.
    """
    if not 0 <= fixed < depth:
        raise ValueError(f"A network of {depth} layers cannot have {fixed} that are not trained.")
    y = x if other is None else other
    sigma = x @ y.T
    left, right = np.sum(x * x, axis=1), np.sum(y * y, axis=1)
    kernel = np.zeros_like(sigma)
    for layer in range(depth):
        if other is None:
            np.fill_diagonal(sigma, left)  # set exactly, because arccos near 1 amplifies rounding
        if layer >= fixed:
            kernel += sigma
        if layer == depth - 1:
            return kernel
        scale = np.maximum(np.sqrt(np.outer(left, right)), SMALLEST)
        cosine = np.clip(sigma / scale, -1.0, 1.0)
        angle = np.pi - np.arccos(cosine)
        sigma = scale * (cosine * angle + np.sqrt(1 - cosine**2)) / (2 * np.pi)
        kernel *= angle / (2 * np.pi)
        left, right = _next_norms(left), _next_norms(right)
    raise AssertionError("unreachable: the last layer returns")


def _next_norms(norms: Floats) -> Floats:
    """The diagonal of the next layer's covariance: a row has the angle 0 with itself."""
    own = np.maximum(norms, SMALLEST)
    cosine = np.clip(norms / own, -1.0, 1.0)
    return np.asarray(
        own * (cosine * (np.pi - np.arccos(cosine)) + np.sqrt(1 - cosine**2)) / (2 * np.pi)
    )
