"""Metrics of probabilities: proper scores and calibration errors."""

from __future__ import annotations

import numpy as np

from scoring.metrics.measured import Floats, Measured, View, mean_of

EPSILON = 2.0**-52
"""Probabilities are clipped this far from 0 and 1 in the log loss."""
FLOOR = 1e-3
"""The same for the clipped log loss, in which no row can cost more than 6.9."""
_CHUNK = 1 << 16


def log_loss(view: View) -> Measured:
    """The mean surprise at the true class, in nats.

    Formula: -(1/n) sum_i ln clip(p_i, e, 1 - e), p_i the probability of the true class, e = 2^-52
    Source: scikit-learn, log_loss
    Edge cases: always defined; a true class with probability 0 costs 36.04
    Interval: from the losses of the rows, on the logit scale; too short if the rows lack the
        rare costly surprises
    """
    return _surprise(view.of_truth, EPSILON)


def log_loss_binary(view: View) -> Measured:
    """The mean surprise at whether the pair is a match, in nats.

    Formula: -(1/n) sum_i ln clip(q_i, e, 1 - e), q_i = s_i for a match and 1 - s_i otherwise, e =
        2^-52
    Source: scikit-learn, log_loss
    Edge cases: always defined; certainty that is wrong costs 36.04
    Interval: from the losses of the rows, on the logit scale; too short if the rows lack the
        rare costly surprises
    """
    return _surprise(_of_outcome(view), EPSILON)


def log_loss_clipped(view: View) -> Measured:
    """The mean surprise at the true class in nats, where no row can cost more than 6.9.

    Formula: -(1/n) sum_i ln clip(p_i, 0.001, 0.999), p_i the probability of the true class
    Source: scikit-learn, log_loss, of clipped probabilities
    Edge cases: always defined; at least 0.001
    Interval: from the losses of the rows, on the logit scale
    """
    return _surprise(view.of_truth, FLOOR)


def log_loss_clipped_binary(view: View) -> Measured:
    """The mean surprise at whether the pair is a match, where no row can cost more than 6.9.

    Formula: -(1/n) sum_i ln clip(q_i, 0.001, 0.999), q_i = s_i for a match and 1 - s_i otherwise
    Source: scikit-learn, log_loss, of clipped probabilities
    Edge cases: always defined; at least 0.001
    Interval: from the losses of the rows, on the logit scale
    """
    return _surprise(_of_outcome(view), FLOOR)


def _surprise(chance: Floats, floor: float) -> Measured:
    return mean_of(-np.log(np.clip(chance, floor, 1 - floor)))


def _of_outcome(view: View) -> Floats:
    return np.where(view.positive, view.scored, 1 - view.scored)


def brier(view: View) -> Measured:
    """The mean squared distance of the probabilities from what is true, not halved.

    Formula: (1/n) sum_i sum_k (p_ik - 1[y_i = k])^2
    Source: Brier 1950; scikit-learn, brier_score_loss(scale_by_half=False)
    Edge cases: always defined; 2 at worst
    Interval: from the losses of the rows, on the logit scale of [0, 2]
    """
    losses = np.empty(view.n)
    # In chunks, as the probabilities are copied to take out the true class.
    for start in range(0, view.n, _CHUNK):
        rows = slice(start, start + _CHUNK)
        others = view.chances[rows].copy()
        np.put_along_axis(others, view.truth[rows, None], 0.0, axis=1)
        losses[rows] = np.einsum("ij,ij->i", others, others)
    return mean_of(losses + (view.of_truth - 1) ** 2)


def brier_binary(view: View) -> Measured:
    """The mean squared distance of the score from 1 for a match and 0 otherwise.

    Formula: (1/n) sum_i (s_i - y_i)^2
    Source: Brier 1950; scikit-learn, brier_score_loss
    Edge cases: always defined
    Interval: from the losses of the rows, on the logit scale
    """
    return mean_of((view.scored - view.positive) ** 2)


def ece(view: View) -> Measured:
    """How far the stated confidence is from how often it comes true, on average.

    Formula: sum over 15 equal-width bins (lo, hi] of n_m/n |mean hit - mean p|; for classes p is
        the largest probability and hit says whether that class is right, for pairs the score and
        whether the pair is a match
    Source: Guo et al. 2017, On calibration of modern neural networks
    Edge cases: empty bins are skipped; p = 0 falls in the first bin
    Interval: from the normal distribution of each bin's gap; it allows for the upward bias of a
        sum of absolute values, which is why it can reach down to 0, and is widened to hold the
        value itself, so it covers more often than 95 % near 0
    """
    bins = view.bins
    return Measured(bins.ece, "", bins.ece_effects, ends=bins.ece_interval)


def mce(view: View) -> Measured:
    """The largest distance of the stated confidence from how often it comes true.

    Formula: max over the non-empty ones of 15 equal-width bins (lo, hi] of |mean hit - mean p|;
        p and hit as for the calibration error
    Source: Guo et al. 2017, On calibration of modern neural networks
    Edge cases: empty bins are skipped; p = 0 falls in the first bin
    Interval: joint intervals of all bins that have rows, so longer than necessary
    """
    bins = view.bins
    return Measured(bins.mce, "", bins.mce_effects, ends=bins.mce_interval)
