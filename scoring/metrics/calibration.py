"""Metrics of probabilities as such: proper scores and calibration errors."""

from __future__ import annotations

import numpy as np

from scoring.metrics.measured import Floats, Measured, View, mean_of

EPSILON = 2.0**-52
"""Probabilities are clipped this far from 0 and 1 in the log loss."""
BINS = 15


def log_loss(view: View) -> Measured:
    """-mean ln clip(p_y, e, 1 - e) with e = 2^-52, equal to scikit-learn's log_loss."""
    chance = np.take_along_axis(view.chances, view.truth[:, None], axis=1)[:, 0]
    return mean_of(-np.log(np.clip(chance, EPSILON, 1 - EPSILON)))


def log_loss_binary(view: View) -> Measured:
    """Matching: -mean ln of the probability given to what is true, clipped at 2^-52."""
    chance = np.where(view.positive, view.scored, 1 - view.scored)
    return mean_of(-np.log(np.clip(chance, EPSILON, 1 - EPSILON)))


def brier(view: View) -> Measured:
    """Mean over rows of the sum over classes of (p_k - 1[y = k])^2, not halved."""
    chance = np.take_along_axis(view.chances, view.truth[:, None], axis=1)[:, 0]
    wrong = view.chances.copy()
    np.put_along_axis(wrong, view.truth[:, None], 0.0, axis=1)
    return mean_of((chance - 1) ** 2 + np.einsum("ij,ij->i", wrong, wrong))


def brier_binary(view: View) -> Measured:
    """Matching: mean (p - y)^2."""
    return mean_of((view.scored - view.positive) ** 2)


def ece(view: View) -> Measured:
    """Expected calibration error of the top label in 15 equal-width bins (Guo et al. 2017)."""
    return Measured(calibration_errors(*top_label(view), BINS)[0])


def mce(view: View) -> Measured:
    """Largest calibration error of the top label over the non-empty ones of 15 bins."""
    return Measured(calibration_errors(*top_label(view), BINS)[1])


def ece_binary(view: View) -> Measured:
    """Matching: expected calibration error of P(match) in 15 equal-width bins."""
    return Measured(calibration_errors(view.positive.astype(np.float64), view.scored, BINS)[0])


def mce_binary(view: View) -> Measured:
    """Matching: largest calibration error of P(match) over the non-empty ones of 15 bins."""
    return Measured(calibration_errors(view.positive.astype(np.float64), view.scored, BINS)[1])


def top_label(view: View) -> tuple[Floats, Floats]:
    """Whether the most probable class (first of equals) is right, and its probability, (n,)."""
    top = view.chances.argmax(axis=1)
    chance = np.take_along_axis(view.chances, top[:, None], axis=1)[:, 0]
    return (top == view.truth).astype(np.float64), chance


def calibration_errors(hit: Floats, chance: Floats, bins: int) -> tuple[float, float]:
    """ECE and MCE over bins (lo, hi]: sum n_m/n |mean hit - mean p|, and the largest |…|.

    The bin is found by comparing p with the edges m/bins; ceil(p * bins) - 1 would misplace
    7/25 and 14/50 by rounding. p = 0 falls in the first bin; empty bins are skipped.
    """
    edges = np.arange(1, bins + 1) / bins
    # A sum kept within 1e-9 of 1 can leave a probability just above 1.
    place = np.minimum(np.searchsorted(edges, chance, side="left"), bins - 1)
    counts = np.bincount(place, minlength=bins)
    used = counts > 0
    hits = np.bincount(place, weights=hit, minlength=bins)[used] / counts[used]
    chances = np.bincount(place, weights=chance, minlength=bins)[used] / counts[used]
    gaps = np.abs(hits - chances)
    return float(np.sum(counts[used] / len(chance) * gaps)), float(gaps.max())
