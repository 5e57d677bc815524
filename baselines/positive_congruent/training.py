"""Grows the new model with focal distillation of the earlier one and predicts the test rows."""

import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor

from baselines.decisions import best_threshold
from baselines.features.dense import dense
from baselines.features.tables import feature_tables
from baselines.folds import FOLDS, folds
from baselines.method import BaselineError, Settings
from baselines.outputs import codes_of, predictions
from baselines.positive_congruent.earlier import (
    EarlierPrediction,
    out_of_fold,
    predictions_of,
    read,
)
from tabset import Kind, Loaded

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

STRENGTHS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)  # λ; the first one is plain training
ALPHA, BETA = 1.0, 5.0  # the paper's
FEW_FOLDS, LONG = 3, 120.0  # and the seconds up to which there are this few
GROWING_SHARE = 0.2  # of the time that the features leave
MOST_TREES, FEWEST_TREES, TRIAL = 200, 16, 8
FEATURES_TRIED = 0.3  # of all, at each split
LEAST = 1e-4  # probability, so that logarithms exist
FEATURES, GROWING, ASKING = 0.05, 0.15, 0.35  # shares of the run done when each begins


def train_and_predict(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions as `Method.run` describes them. Errors: BaselineError for the reference."""
    if settings.reference is None:
        raise BaselineError("positive-congruent needs a reference.")
    reference = read(settings.reference.file, data)
    codes = codes_of(data)
    count = FOLDS if settings.time_limit >= LONG else FEW_FOLDS
    fold = folds(data, settings.seed, count)
    if any(len(set(codes[fold != number])) < 2 for number in range(count)):
        raise BaselineError("positive-congruent needs more training rows of at least two labels.")
    train, test = dense(*feature_tables(data, settings, FEATURES, GROWING))
    unseen, new = _outputs(train, test, codes, len(data.dataset.labels), fold, settings)
    old, asked = out_of_fold(data, fold, settings.reference.method, settings, ASKING)
    known = replace(data, train=data.train[asked])
    strength = _choose(unseen[asked], old[asked], codes[asked], known, settings)
    outputs = _logs(distilled(new, reference, strength))
    table = predictions(known, _logs(distilled(unseen[asked], old[asked], strength)), outputs)
    changed = int((predictions_of(table, data.dataset).decisions != reference.decisions).sum())
    words = f"Strength {strength:g}: decides {changed} of {len(table)} test rows differently"
    settings.report(1.0, words)
    return table


def distilled(new: Floats, old: EarlierPrediction, strength: float) -> Floats:
    """The probabilities f (n, k) with the least expected loss under focal distillation.

    The loss of a row is ‖f - y‖² + λ (α + β [the old model is right]) ‖f - p‖², where p (n, k) are
    the probabilities of the old model. By the new model's own estimate q (n, k) of y its
    expectation is least at (q + λ w p) / (1 + λ w), where w = α + β q of the old model's decision.
    """
    right = new[np.arange(len(new)), old.decisions]
    weights = strength * (ALPHA + BETA * right)[:, None]
    return np.asarray((new + weights * old.shares) / (1 + weights))


def _choose(
    unseen: Floats, old: EarlierPrediction, codes: Codes, data: Loaded, settings: Settings
) -> float:
    """The strength with the fewest negative flips among those not worse than plain training."""
    old_right, found = old.decisions == codes, []
    for strength in STRENGTHS:
        decisions = _decided(distilled(unseen, old, strength), codes, data)
        flips = int((old_right & (decisions != codes)).sum())
        found.append((flips, strength, _quality(decisions, codes, data)))
    plain = found[0]
    best = min(each for each in found if each[2] >= plain[2])
    settings.report(
        1.0,
        f"On {len(codes)} unseen rows strength {best[1]:g} has {best[0]} negative flips at "
        f"{best[2]:.1%}, plain training {plain[0]} at {plain[2]:.1%}",
    )
    return best[1]


def _decided(shares: Floats, codes: Codes, data: Loaded) -> Codes:
    """The indices of the predicted labels; pairs are matches from the threshold of the best F1."""
    if data.dataset.kind is Kind.CLASSIFICATION:
        return np.asarray(np.argmax(shares, axis=1), dtype=np.intp)
    match = data.dataset.labels.index(data.dataset.positive_label)
    threshold = best_threshold(shares[:, match], codes == match)
    return np.where(shares[:, match] >= threshold, match, 1 - match)


def _quality(decisions: Codes, codes: Codes, data: Loaded) -> float:
    """Accuracy, or for pairs, which mostly do not match, F1."""
    right = decisions == codes
    if data.dataset.kind is Kind.CLASSIFICATION:
        return float(right.mean())
    match = data.dataset.labels.index(data.dataset.positive_label)
    claimed = int((decisions == match).sum()) + int((codes == match).sum())
    return 2 * int((right & (codes == match)).sum()) / claimed if claimed else 0.0


def _outputs(
    train: Floats, test: Floats, codes: Codes, places: int, fold: Codes, settings: Settings
) -> tuple[Floats, Floats]:
    """Out-of-fold outputs of forests for training rows (n, k), and outputs for test rows (m, k)."""
    count, labels = int(fold.max()) + 1, np.eye(places)[codes]
    begun = time.monotonic()
    _forest(TRIAL, settings, len(codes)).fit(train, labels)
    each = max(time.monotonic() - begun, 1e-3) / TRIAL
    room = GROWING_SHARE * settings.remaining / ((count + 1) * each)
    trees = int(np.clip(room, FEWEST_TREES, MOST_TREES))
    unseen = np.zeros_like(labels)
    for number in range(count):
        done = GROWING + (ASKING - GROWING) * number / (count + 1)
        settings.report(done, f"Growing {trees} trees without fold {number + 1} of {count}")
        held = fold == number
        forest = _forest(trees, settings, len(codes)).fit(train[~held], labels[~held])
        unseen[held] = forest.predict(train[held])
    settings.report(ASKING, f"Growing {trees} trees on all rows")
    return unseen, _forest(trees, settings, len(codes)).fit(train, labels).predict(test)


def _forest(trees: int, settings: Settings, rows: int) -> ExtraTreesRegressor:
    """The new model: on one-hot targets the splits are those of the Gini criterion."""
    return ExtraTreesRegressor(
        trees,
        min_samples_leaf=max(2, rows // 10_000),  # limits the size of large forests
        max_features=FEATURES_TRIED,
        n_jobs=settings.cpus,
        random_state=settings.seed,
    )


def _logs(shares: Floats) -> Floats:
    return np.asarray(np.log(np.clip(shares, LEAST, None)))
