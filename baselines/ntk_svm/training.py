"""Chooses kernel and penalty on held-out rows, fits the machine and predicts the test rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.svm import SVC

from baselines.features.dense import dense
from baselines.features.tables import feature_tables
from baselines.folds import FOLDS, folds
from baselines.formulas.ntk import ntk
from baselines.method import BaselineError, Settings
from baselines.ntk_svm.method import MOST_ROWS
from baselines.outputs import codes_of, log_loss, predictions
from tabset import Loaded

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

DEEPEST = 5
PENALTIES = (1.0, 10.0, 0.1, 100.0, 1e3, 0.01, 1e4)  # the ones that are best most often first
FEATURES, CHOOSING, FITTING, PREDICTING = 0.05, 0.3, 0.7, 0.95
SHARE = 0.5  # of the time left, for choosing: five machines and the final one follow


@dataclass(frozen=True)
class Choice:
    """The kernel (layers, and how many of the first are not trained) and the penalty C."""

    depth: int
    fixed: int
    penalty: float

    def __str__(self) -> str:
        return f"depth {self.depth}, {self.fixed} fixed, C = {self.penalty:g}"


def train_and_predict(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions as `Method.run` describes them. Errors: BaselineError for too many rows."""
    if (rows := len(data.train)) > MOST_ROWS:
        raise BaselineError(
            f"The data set has {rows:,} training rows; ntk-svm takes at most {MOST_ROWS:,}, as its "
            "time grows with more than their square. Use linear or autogluon."
        )
    train, test = dense(*feature_tables(data, settings, FEATURES, CHOOSING))
    codes, fold = codes_of(data), folds(data, settings.seed)
    if len(set(codes[fold != 0])) < 2:
        raise BaselineError("ntk-svm needs training rows of at least two labels.")
    choice = _choose(train, codes, fold == 0, len(data.dataset.labels), settings)
    kernel = ntk(train, choice.depth, choice.fixed)
    unseen = np.zeros((len(train), len(data.dataset.labels)))
    for number in range(FOLDS):
        done = FITTING + (PREDICTING - FITTING) * number / FOLDS
        settings.report(done, f"Fitting fold {number + 1} of {FOLDS}: {choice}")
        held = fold == number
        unseen[held] = _outputs(kernel, codes, ~held, kernel[held], choice, unseen.shape[1])
    settings.report(PREDICTING, f"Predicting {len(test)} rows")
    across = ntk(test, choice.depth, choice.fixed, train)
    everybody = np.ones(len(train), dtype=bool)
    outputs = _outputs(kernel, codes, everybody, across, choice, unseen.shape[1])
    return predictions(data, unseen, outputs)


def _choose(
    train: Floats, codes: Codes, held: npt.NDArray[np.bool_], labels: int, settings: Settings
) -> Choice:
    """The combination with the lowest log loss on the held-out rows, as far as time allows."""
    until, tried = SHARE * settings.remaining, 0
    best, least = Choice(1, 0, PENALTIES[0]), np.inf
    for depth, fixed in _kernels():
        kernel = ntk(train, depth, fixed)
        for penalty in PENALTIES:
            if tried and settings.remaining < until:
                return best
            choice = Choice(depth, fixed, penalty)
            outputs = _outputs(kernel, codes, ~held, kernel[held], choice, labels)
            loss, tried = log_loss(outputs, codes[held]), tried + 1
            share = tried / (len(PENALTIES) * DEEPEST * (DEEPEST + 1) / 2)
            settings.report(CHOOSING + share * (FITTING - CHOOSING), f"Tried {choice}")
            if loss < least:
                best, least = choice, loss
    return best


def _kernels() -> Iterator[tuple[int, int]]:
    """The kernels of the paper's protocol: those with all layers trained first."""
    yield from ((depth, 0) for depth in range(1, DEEPEST + 1))
    yield from ((depth, fixed) for depth in range(2, DEEPEST + 1) for fixed in range(1, depth))


def _outputs(
    kernel: Floats,
    codes: Codes,
    fitted: npt.NDArray[np.bool_],
    across: Floats,
    choice: Choice,
    labels: int,
) -> Floats:
    """The outputs for rows by their kernel with all training rows, of a machine of the fitted ones.

    A label without a fitted row gets the lowest output of each row. Shape (m, labels).
    """
    machine = SVC(C=choice.penalty, kernel="precomputed", decision_function_shape="ovr")
    machine.fit(kernel[np.ix_(fitted, fitted)], codes[fitted])
    found = machine.decision_function(across[:, fitted])
    if found.ndim == 1:
        found = np.column_stack([-found, found])
    outputs = np.repeat(found.min(axis=1, keepdims=True) - 1.0, labels, axis=1)
    outputs[:, machine.classes_] = found
    return outputs
