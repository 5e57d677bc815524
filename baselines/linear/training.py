"""Fits the linear head on the public training rows and predicts the test rows."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from baselines.features.dense import dense
from baselines.features.tables import feature_tables
from baselines.folds import FOLDS, folds
from baselines.formulas.lqf import scaled_targets, weights_by_ridge
from baselines.method import Settings
from baselines.outputs import codes_of, log_loss, predictions
from tabset import Loaded

Floats = npt.NDArray[np.float64]

RIDGES = tuple(10.0**power for power in np.arange(-4, 3.5, 0.5))
FEATURES, FITTING, PREDICTING = 0.05, 0.6, 0.95


def train_and_predict(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions as `Method.run` describes them.

    The ridge penalty is the one whose out-of-fold outputs, calibrated, have the least log loss.
    """
    train, test = dense(*feature_tables(data, settings, FEATURES, FITTING))
    codes = codes_of(data)
    targets = scaled_targets(codes, len(data.dataset.labels))
    unseen = np.zeros((len(RIDGES), *targets.shape))
    fold = folds(data, settings.seed)
    for number in range(FOLDS):
        done = FITTING + (PREDICTING - FITTING) * number / FOLDS
        settings.report(done, f"Fitting fold {number + 1} of {FOLDS}")
        held = fold == number
        for place, outputs in enumerate(_outputs(train[~held], targets[~held], train[held])):
            unseen[place, held] = outputs
    losses = [log_loss(outputs, codes) for outputs in unseen]
    best = int(np.argmin(losses))
    settings.report(PREDICTING, f"Predicting {len(test)} rows with the ridge {RIDGES[best]:g}")
    (outputs,) = _outputs(train, targets, test, RIDGES[best : best + 1])
    return predictions(data, unseen[best], outputs)


def _outputs(
    x: Floats, targets: Floats, other: Floats, ridges: Sequence[float] = RIDGES
) -> Iterator[Floats]:
    """The outputs of the head fitted to ``x`` for other rows, for each ridge: (m, classes)."""
    mean, level = x.mean(axis=0), targets.mean(axis=0)
    for weights in weights_by_ridge(x - mean, targets - level, ridges):
        yield (other - mean) @ weights + level
