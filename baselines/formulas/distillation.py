"""Focal distillation: a new model stays close to an old one, most of all where that one was right.

Source: Yan, Xiong, Kundu, Yang, Deng, Wang, Xia, Soatto, "Positive-Congruent Training: Towards
Regression-Free Model Updates", CVPR 2021.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

Floats = npt.NDArray[np.float64]


def focal_weights(
    old: Floats, codes: npt.NDArray[np.intp], alpha: float = 1.0, beta: float = 5.0
) -> Floats:
    """The weight of each row: alpha, plus beta if the old model was right. Shape (n,).

    ``old`` (n, classes) are its logits or probabilities, ``codes`` (n,) the true classes.
    """
    return np.asarray(alpha + beta * (np.argmax(old, axis=1) == codes))


def divergences(old: Floats, new: Floats, temperature: float) -> Floats:
    """KL(softmax(old / τ) ‖ softmax(new / τ)) of each row of logits (n, classes): shape (n,)."""
    before, after = log_softmax(old / temperature, axis=1), log_softmax(new / temperature, axis=1)
    return np.asarray(np.sum(np.exp(before) * (before - after), axis=1))


def squared_distances(old: Floats, new: Floats) -> Floats:
    """Half the squared distance of each row of logits (n, classes): shape (n,)."""
    return np.asarray(np.sum((new - old) ** 2, axis=1) / 2)


def focal_distillation(weights: Floats, distances: Floats) -> float:
    """The mean over rows of weight times distance; 0 for no rows."""
    return float(np.mean(weights * distances)) if len(weights) else 0.0
