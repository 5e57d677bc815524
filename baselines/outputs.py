"""From a model's outputs to predictions: calibration, and decisions for pairs."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from baselines.decisions import best_threshold
from baselines.predictions import normalised
from tabset import Kind, Loaded

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

COLDEST, HOTTEST = -6.0, 6.0  # powers of e


def codes_of(data: Loaded) -> Codes:
    """The place of each training row's label among the data set's labels. Shape (n,)."""
    places = {label: place for place, label in enumerate(data.dataset.labels)}
    return np.array([places[label] for label in data.train["label"]], dtype=np.intp)


def temperature(outputs: Floats, codes: Codes) -> float:
    """The divisor of outputs (n, k) that gives their softmax the lowest log loss.

    Source: Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.
    """
    bounds = (COLDEST, HOTTEST)
    found = minimize_scalar(
        lambda power: _log_loss(outputs, codes, np.exp(power)), bounds=bounds, method="bounded"
    )
    return float(np.exp(found.x))


def log_loss(outputs: Floats, codes: Codes) -> float:
    """The mean negative log probability of the true labels, at the best temperature."""
    return _log_loss(outputs, codes, temperature(outputs, codes))


def predictions(data: Loaded, unseen: Floats, outputs: Floats) -> pd.DataFrame:
    """The predictions for the test rows as `Method.run` describes them.

    ``unseen`` (n, k) are out-of-fold outputs for the training rows: temperature and, for pairs,
    the threshold come from them. ``outputs`` (m, k) are those for the test rows.
    """
    dataset, codes = data.dataset, codes_of(data)
    heat = temperature(unseen, codes)
    shares = softmax(outputs / heat, axis=1)
    if dataset.kind is Kind.CLASSIFICATION:
        table = normalised(pd.DataFrame(shares, columns=list(dataset.labels)), dataset.classes)
        return pd.concat([data.test["id"], table], axis=1)
    match = dataset.labels.index(dataset.positive_label)
    threshold = best_threshold(softmax(unseen / heat, axis=1)[:, match], codes == match)
    score = shares[:, match]
    decided = np.where(score >= threshold, dataset.positive_label, dataset.negative_label)
    return pd.DataFrame({"id": data.test["id"], "score": score, "prediction": decided})


def _log_loss(outputs: Floats, codes: Codes, heat: float) -> float:
    log_probabilities = log_softmax(outputs / heat, axis=1)
    return float(-log_probabilities[np.arange(len(codes)), codes].mean())
