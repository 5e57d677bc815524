"""Trains AutoGluon on the public training rows and predicts the test rows."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from autogluon.core.callbacks import AbstractCallback
from autogluon.tabular import TabularPredictor

from baselines import holdout
from baselines.decisions import best_threshold, eval_metric
from baselines.features.tables import RESERVE, feature_tables
from baselines.method import BaselineError, Settings
from baselines.predictions import normalised
from tabset import Kind, Loaded

BAGGING_FROM = 120.0  # seconds of time limit from which five folds pay
SEARCH = 0.5  # of the time for training; the rest is for training again on all rows
REFIT_SLOWER = 2.0  # at worst: a quarter more rows, on cores that others may have taken
FIRST_MODELS = {"max_time_limit_ratio": 0.7}  # so that the last one gets some time
# The shares of the run that are done when each step begins.
FEATURES, TRAINING, REFITTING, PREDICTING = 0.05, 0.3, 0.75, 0.95


def train_and_predict(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions of the best model found, as `Method.run` describes them."""
    dataset, labels = data.dataset, data.train["label"]
    if dataset.kind is Kind.MATCHING:
        positive: str | None = dataset.positive_label
        held = holdout.by_group(labels, data.train["left_id"], settings.seed)
    else:
        positive = None
        held = holdout.stratified(labels, settings.seed)
    if labels[held].nunique() < 2:
        raise BaselineError("AutoGluon needs at least five training rows of each of two labels.")
    train, test = feature_tables(data, settings, FEATURES, TRAINING)
    predictor = _fit(train.assign(label=labels), held, positive, settings)
    if positive is None:
        _refit(predictor, settings)
        settings.report(PREDICTING, f"Predicting {len(test)} rows")
        probabilities = normalised(predictor.predict_proba(test), dataset.classes)
        return pd.concat([data.test["id"], probabilities], axis=1)
    matches = (labels[held] == positive).to_numpy()
    threshold = best_threshold(_scores(predictor, train[held], positive), matches)
    _refit(predictor, settings)
    settings.report(PREDICTING, f"Predicting {len(test)} pairs, matches from {threshold:.3f}")
    score = _scores(predictor, test, positive)
    prediction = np.where(score >= threshold, positive, dataset.negative_label)
    return pd.DataFrame({"id": data.test["id"], "score": score, "prediction": prediction})


def _scores(
    predictor: TabularPredictor, rows: pd.DataFrame, positive: str
) -> npt.NDArray[np.float64]:
    scores: npt.NDArray[np.float64] = predictor.predict_proba(rows)[positive].to_numpy(float)
    return scores


def _refit(predictor: TabularPredictor, settings: Settings) -> None:
    """Trains the best model again on all rows, held-out ones too, if the time left allows it.

    A bagged model stays as it is: its folds have seen most rows, and together they are better.
    """
    models = predictor.leaderboard(silent=True).set_index("model")
    expected = REFIT_SLOWER * float(models.loc[predictor.model_best, "fit_time"])
    if not _bags(settings) and expected < settings.remaining - _reserve(settings):
        settings.report(REFITTING, f"Training {predictor.model_best} on all rows")
        predictor.refit_full(model="best", set_best_to_refit_full=True)


def _bags(settings: Settings) -> bool:
    return settings.time_limit >= BAGGING_FROM


def _reserve(settings: Settings) -> float:
    """Seconds kept for predicting and for what overruns."""
    return RESERVE * settings.time_limit


def _fit(
    train: pd.DataFrame, held: holdout.Mask, positive: str | None, settings: Settings
) -> TabularPredictor:
    labels = train["label"]
    kind = Kind.CLASSIFICATION if positive is None else Kind.MATCHING
    predictor = TabularPredictor(
        label="label",
        problem_type="binary" if labels.nunique() == 2 else "multiclass",
        eval_metric=eval_metric(labels, kind),
        path=str(settings.scratch / "models"),
        learner_kwargs={"positive_class": positive, "label_count_threshold": 1},
    )
    limit = max(settings.remaining - _reserve(settings), 1.0) * (1 if _bags(settings) else SEARCH)
    bagging = {"num_bag_folds": 5, "use_bag_holdout": True} if _bags(settings) else {}
    watch = _Watch(settings, limit)
    with watch.reporting():
        predictor.fit(
            train[~held],
            tuning_data=train[held],
            time_limit=limit,
            hyperparameters=hyperparameters(settings.seed),
            num_cpus=settings.cpus,
            num_gpus=0,
            callbacks=[watch],
            **bagging,
        )
    return predictor


def hyperparameters(seed: int) -> dict[str, dict[str, Any]]:
    """The models, quickest first: CatBoost takes what time is left and pays least per second."""
    return {
        "XT": {"random_state": seed, "ag_args": {"priority": 100}},
        "GBM": {"seed": seed, "ag_args": {"priority": 99}, "ag_args_fit": FIRST_MODELS},
        "CAT": {"random_seed": seed, "ag_args": {"priority": 98}},
    }


class _Watch(AbstractCallback):
    """Reports every two seconds how much of the time is used and which models are done."""

    def __init__(self, settings: Settings, limit: float) -> None:
        super().__init__()
        self._settings = settings
        self._limit = limit
        self._models: list[str] = []
        self._over = threading.Event()

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: AutoGluon pickles its trainer with the callbacks, and a stream has no copy."""
        return {}

    def _after_model_fit(self, *, model_names: list[str], **_: Any) -> bool:
        self._models += model_names
        return False

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Reports while the block runs."""
        thread = threading.Thread(target=self._report_until_over, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _report_until_over(self) -> None:
        started = time.monotonic()
        while not self._over.wait(2.0):
            used = time.monotonic() - started
            share = min(used / self._limit, 1.0)
            done = f"{len(self._models)} models done"
            if self._models:
                done += f" ({', '.join(self._models)})"
            self._settings.report(
                TRAINING + share * (REFITTING - TRAINING),
                f"Training: {used:.0f} of {self._limit:.0f} s, {done}",
            )
