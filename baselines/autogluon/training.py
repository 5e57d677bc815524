"""Trains AutoGluon on the public training rows and predicts the test rows."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from autogluon.core.callbacks import AbstractCallback
from autogluon.tabular import TabularPredictor

from baselines.autogluon import holdout
from baselines.autogluon.decisions import best_threshold, eval_metric
from baselines.features.pairs import pair_features
from baselines.features.rows import row_features
from baselines.method import BaselineError, Settings
from baselines.predictions import normalised
from tabset import Kind, Loaded

BAGGING_FROM = 120.0  # seconds of training from which five folds pay
FEATURES, TRAINING, PREDICTING = 0.05, 0.3, 0.95  # shares of the run that are done when they begin


def train_and_predict(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions of the best model found, as `Method.run` describes them."""
    dataset, labels = data.dataset, data.train["label"]
    if labels.nunique() < 2:
        raise BaselineError("AutoGluon needs at least two different labels in the training rows.")
    train, test = _features(data, settings)
    if train.shape[1] == 0:
        raise BaselineError("AutoGluon needs at least one column that is no id.")
    matching = dataset.kind is Kind.MATCHING
    if matching:
        held = holdout.by_group(labels, data.train["left_id"], settings.seed)
    else:
        held = holdout.stratified(labels, settings.seed)
    positive = dataset.positive_label if matching else None
    predictor = _fit(train.assign(label=labels), held, positive, settings)
    settings.report(PREDICTING, f"Predicting {len(test)} rows with {predictor.model_best}")
    if not matching:
        probabilities = normalised(predictor.predict_proba(test), dataset.classes)
        return pd.concat([data.test["id"], probabilities], axis=1)
    threshold = best_threshold(
        predictor.predict_proba(train[held])[positive].to_numpy(),
        (labels[held] == positive).to_numpy(),
    )
    score = predictor.predict_proba(test)[positive].to_numpy(dtype=float)
    prediction = np.where(score >= threshold, dataset.positive_label, dataset.negative_label)
    return pd.DataFrame({"id": data.test["id"], "score": score, "prediction": prediction})


def _features(data: Loaded, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The features of train and test, made together: all of it is public."""
    dataset = data.dataset
    columns = [column.name for column in dataset.columns]
    rows = pd.concat([data.train[columns], data.test[columns]], ignore_index=True)
    named: list[str] = []

    def announce(column: str) -> None:
        named.append(column)
        share = min(len(named) / (len(columns) + 1), 1.0)
        done = FEATURES + share * (TRAINING - FEATURES)
        settings.report(done, f"Making features of {column}")

    if dataset.kind is Kind.MATCHING:
        table = pair_features(rows, dataset.columns, data.records, settings.cpus, announce)
    else:
        table = row_features(rows, dataset.columns, settings.seed, announce)
    # Column names come from people: numbers cannot collide, nor upset a library.
    table.columns = pd.Index([f"f{index}" for index in range(table.shape[1])])
    return table.iloc[: len(data.train)], table.iloc[len(data.train) :].reset_index(drop=True)


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
    # Predicting, the ensemble and what overruns share the last tenth.
    limit = max(settings.remaining - 0.1 * settings.time_limit, 1.0)
    bagging = {"num_bag_folds": 5, "use_bag_holdout": True} if limit >= BAGGING_FROM else {}
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
    """The models in the order of training; the first may not use up the others' time."""
    return {
        "GBM": {"seed": seed, "ag_args_fit": {"max_time_limit_ratio": 0.5}},
        "XT": {"random_state": seed, "ag_args_fit": {"max_time_limit_ratio": 0.5}},
        "CAT": {"random_seed": seed, "ag_args_fit": {"max_time_limit_ratio": 0.8}},
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
                TRAINING + share * (PREDICTING - TRAINING),
                f"Training: {used:.0f} of {self._limit:.0f} s, {done}",
            )
