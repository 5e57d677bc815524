"""Trains AutoGluon on the public training rows and predicts the test rows."""

import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from autogluon.common.features.feature_metadata import FeatureMetadata
from autogluon.core.callbacks import AbstractCallback
from autogluon.tabular import TabularPredictor

from baselines import holdout
from baselines.decisions import best_threshold, eval_metric
from baselines.features.known import known_matches
from baselines.features.tables import COMPONENT, RESERVE, feature_tables
from baselines.folds import FOLDS, folds
from baselines.method import BaselineError, Settings
from baselines.predictions import normalised
from tabset import Kind, Loaded

LEAST = 6.0  # seconds; with less, AutoGluon would train nothing, so the limit is exceeded
SECONDS_PER_MILLION = 3.0  # cells of the training table: bagging time on two cores
BAGGING_LEAST = 20.0  # seconds of training that bagging takes at least
BAGGING = 0.8  # of the time for training; the rest is for the case that no model finishes
LAST_RESORT = {"XT": {"n_estimators": 50}}
MORE_MODELS_FROM = 90.0  # seconds for training
MANY, FEW, MANY_FROM = 300, 100, 30.0  # random trees, and the seconds from which there are many
FEW_ROWS, ROWS_PER_LEAST = 2_000, 100
SETS_FROM, SETS = 500.0, 3  # seconds of time limit from which bagging is repeated
SEARCH = 0.5  # of the time for training; the rest is for training again on all rows
REFIT_SLOWER = 2.0  # in the worst case: a quarter more rows, on cores that may be busy
FIRST_MODELS = {"max_time_limit_ratio": 0.7}  # so that the last one gets some time
FOLD = "fold"
_OUR_NAMES = {"f1_macro": "macro_f1"}  # of metrics
NOT_FEATURES = ["label", FOLD]
# The shares of the run that are done when each step begins.
FEATURES, TRAINING, REFITTING, PREDICTING = 0.05, 0.3, 0.75, 0.95

Mask = holdout.Mask
Floats = npt.NDArray[np.float64]


def train_and_predict(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions of the best model found, as `Method.run` describes them."""
    dataset, labels = data.dataset, data.train["label"]
    positive = dataset.positive_label if dataset.kind is Kind.MATCHING else None
    held = _held(data, settings.seed)
    if labels[held].nunique() < 2:
        raise BaselineError("AutoGluon needs at least five training rows of each of two labels.")
    train, test = _tables(data, settings)
    training = train.assign(label=labels)
    trained = _bagged(training, data, settings) if _bags(training, settings) else None
    if trained is None:
        trained = _held_out(training, held, data, settings)
    if positive is None:
        settings.report(PREDICTING, f"Predicting {len(test)} rows")
        probabilities = normalised(trained.predictor.predict_proba(test), dataset.classes)
        return pd.concat([data.test["id"], probabilities], axis=1)
    matches = (labels[trained.rows] == positive).to_numpy()
    threshold = best_threshold(trained.unseen, matches)
    settings.report(PREDICTING, f"Predicting {len(test)} pairs, matches from {threshold:.3f}")
    score = _scores(trained.predictor.predict_proba(test), positive)
    prediction = np.where(score >= threshold, positive, dataset.negative_label)
    return pd.DataFrame({"id": data.test["id"], "score": score, "prediction": prediction})


@dataclass(frozen=True)
class _Trained:
    """A predictor, and for pairs its scores of unseen training rows (a mask)."""

    predictor: TabularPredictor
    rows: Mask
    unseen: Floats


def _held(data: Loaded, seed: int) -> Mask:
    labels = data.train["label"]
    if data.dataset.kind is Kind.MATCHING:
        return holdout.by_group(labels, data.train["left_id"], seed)
    return holdout.stratified(labels, seed)


def _tables(data: Loaded, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The feature tables; for pairs including what labels of other pairs say about their
    records."""
    train, test = feature_tables(data, settings, FEATURES, TRAINING)
    if data.dataset.kind is not Kind.MATCHING:
        return train, test
    known = known_matches(data.train, data.test, data.train["label"] == data.dataset.positive_label)
    names = [f"k{index}" for index in range(known.shape[1])]
    known_table = pd.DataFrame(known, columns=names)
    ends = known_table.iloc[: len(train)], known_table.iloc[len(train) :].reset_index(drop=True)
    return pd.concat([train, ends[0]], axis=1), pd.concat([test, ends[1]], axis=1)


def _bags(training: pd.DataFrame, settings: Settings) -> bool:
    """Whether there is time to train every model on each of five folds.

    Boosting grows a tree for each class, or one where there are two.
    """
    trees = training["label"].nunique() - 1
    needed = BAGGING_LEAST + SECONDS_PER_MILLION * trees * training.size / 1e6
    return settings.remaining - _reserve(settings) > needed


def _reserve(settings: Settings) -> float:
    """Seconds reserved for predicting and for overruns."""
    return RESERVE * settings.time_limit


def _bagged(training: pd.DataFrame, data: Loaded, settings: Settings) -> _Trained | None:
    """Each model trained on five folds; every training row is unseen by one of the five.

    None if no model finished; a fifth of the time is reserved for that case. Pairs of one left
    record share a fold if that leaves both labels in each.
    """
    positive = data.dataset.positive_label if data.dataset.kind is Kind.MATCHING else None
    fold = folds(data, settings.seed)
    grouped = positive is not None and bool((training["label"].groupby(fold).nunique() == 2).all())
    sets = SETS if settings.time_limit >= SETS_FROM and not grouped else 1
    predictor = _predictor(training["label"], positive, settings, FOLD if grouped else None)
    done = _fit(
        predictor,
        training.assign(**{FOLD: fold}) if grouped else training,
        settings,
        (settings.remaining - _reserve(settings)) * BAGGING,
        **({} if grouped else {"num_bag_folds": FOLDS, "num_bag_sets": sets}),
    )
    if not done:
        return None
    _tell(predictor, data, settings, f"out-of-fold predictions, {FOLDS} folds")
    every = np.ones(len(training), dtype=bool)
    if positive is None:
        return _Trained(predictor, every, np.empty(0))
    return _Trained(predictor, every, _scores(predictor.predict_proba_oof(), positive))


def _held_out(training: pd.DataFrame, held: Mask, data: Loaded, settings: Settings) -> _Trained:
    """Each model trained on four fifths; then the best one on all rows if the time allows it.

    A few random trees, without a limit, if the time is too short for any model.
    """
    positive = data.dataset.positive_label if data.dataset.kind is Kind.MATCHING else None
    predictor = _predictor(training["label"], positive, settings, None)
    limit = (settings.remaining - _reserve(settings)) * SEARCH
    parts = {"tuning_data": training[held]}
    if not _fit(predictor, training[~held], settings, limit, **parts):
        predictor = _predictor(training["label"], positive, settings, None)
        predictor.fit(training[~held], hyperparameters=LAST_RESORT, num_gpus=0, **parts)
    unseen = np.empty(0)
    if positive is not None:
        unseen = _scores(predictor.predict_proba(training[held]), positive)
    best = _tell(predictor, data, settings, "a held-out fifth of the training rows")
    expected = REFIT_SLOWER * float(best["fit_time"])
    if expected < settings.remaining - _reserve(settings):
        settings.report(REFITTING, f"Training {predictor.model_best} on all rows")
        predictor.refit_full(model="best", set_best_to_refit_full=True)
    return _Trained(predictor, held, unseen)


def _tell(
    predictor: TabularPredictor, data: Loaded, settings: Settings, how: str
) -> "pd.Series[Any]":
    """The best model's row of the leaderboard, whose validation score is added to the facts."""
    models = predictor.leaderboard(silent=True).set_index("model")
    best: pd.Series[Any] = models.loc[predictor.model_best]
    metric = predictor.eval_metric.name
    validation = {"metric": _OUR_NAMES.get(metric, metric), "score": float(best["score_val"])}
    settings.facts.update(
        version=f"AutoGluon {version('autogluon.tabular')}",
        reads=sorted({str(column.type) for column in data.dataset.columns} - {"id"}),
        validation={**validation, "how": how},
    )
    return best


def _scores(probabilities: pd.DataFrame, positive: str) -> Floats:
    scores: Floats = probabilities[positive].to_numpy(float)
    return scores


def _predictor(
    labels: "pd.Series[str]", positive: str | None, settings: Settings, groups: str | None
) -> TabularPredictor:
    kind = Kind.CLASSIFICATION if positive is None else Kind.MATCHING
    return TabularPredictor(
        label="label",
        problem_type="binary" if labels.nunique() == 2 else "multiclass",
        eval_metric=eval_metric(labels, kind),
        path=str(Path(mkdtemp(dir=settings.scratch)) / "models"),
        learner_kwargs={"positive_class": positive, "label_count_threshold": 1},
        groups=groups,
    )


def _fit(
    predictor: TabularPredictor,
    rows: pd.DataFrame,
    settings: Settings,
    limit: float,
    **how: Any,
) -> bool:
    """Whether a model finished. If none did, standard error has the reason."""
    limit = max(limit, LEAST)
    watch = _Watch(settings, limit)
    memory = settings.memory_limit
    features = rows.drop(columns=NOT_FEATURES, errors="ignore")
    components = [name for name in map(str, features) if name.startswith(COMPONENT)]
    metadata = FeatureMetadata.from_df(features).add_special_types(
        {name: [COMPONENT] for name in components}
    )
    both = 0 < len(components) < features.shape[1]
    try:
        with watch.reporting():
            predictor.fit(
                rows,
                time_limit=limit,
                memory_limit="auto" if memory is None else memory / 2**30,
                feature_metadata=metadata,
                hyperparameters=hyperparameters(settings.seed, limit, len(rows), both=both),
                num_cpus=settings.cpus,
                num_gpus=0,
                callbacks=[watch],
                **how,
            )
    except (AssertionError, RuntimeError):  # AutoGluon raises either if there is too little time
        traceback.print_exc()
        return False
    return True


def hyperparameters(
    seed: int, limit: float, rows: int, *, both: bool
) -> dict[str, list[dict[str, Any]]]:
    """The models for this many seconds, the quickest first; more time adds other kinds.

    With plain features and components, the models of the first kinds also come without the
    components, among which trees seldom use the few plain columns.

    With few rows, leaves and groups of categories are smaller than LightGBM's default minimum,
    which would hide a level of a dozen rows; trees look at more columns for each split; and the
    linear model comes first, which is the strongest if there are more columns than rows.
    """
    trees: dict[str, Any] = {
        "random_state": seed,
        "n_estimators": MANY if limit >= MANY_FROM else FEW,
    }
    least = min(max(rows // ROWS_PER_LEAST, 3), 20)
    boosting: dict[str, Any] = {
        "seed": seed,
        "min_data_in_leaf": least,
        "ag_args_fit": FIRST_MODELS,
    }
    if rows < FEW_ROWS:
        trees["max_features"] = 0.2
        boosting |= {"min_data_per_group": least, "cat_smooth": 1.0, "cat_l2": 1.0}
    models: list[tuple[str, dict[str, Any]]] = [
        ("XT", {**trees, "ag_args": {"priority": 100}}),
        ("GBM", {**boosting, "ag_args": {"priority": 99}}),
        ("CAT", {"random_seed": seed, "ag_args": {"priority": 98}}),
    ]
    if both:
        models += [(kind, _plain(options)) for kind, options in models]
    if rows < FEW_ROWS or limit >= MORE_MODELS_FROM:
        models.append(("LR", {"ag_args": {"priority": 101}}))  # strong with few rows, quick
    if limit >= MORE_MODELS_FROM:
        randomised = {"extra_trees": True, "ag_args": {"priority": 97, "name_suffix": "Random"}}
        models += [
            ("GBM", {**boosting, **randomised}),
            ("RF", {**trees, "ag_args": {"priority": 96}}),
            ("XGB", {"seed": seed, "ag_args": {"priority": 95}}),
        ]
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for kind, options in models:
        by_kind.setdefault(kind, []).append(options)
    return by_kind


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """The same model on only the plain features, just before it."""
    named = {"priority": options["ag_args"]["priority"] + 0.5, "name_suffix": "Plain"}
    fitted = {**options.get("ag_args_fit", {}), "ignored_type_group_special": [COMPONENT]}
    return {**options, "ag_args": named, "ag_args_fit": fitted}


class _Watch(AbstractCallback):
    """Reports every two seconds how much of the time is used and which models are done."""

    def __init__(self, settings: Settings, limit: float) -> None:
        super().__init__()
        self._settings = settings
        self._limit = limit
        self._models: list[str] = []
        self._over = threading.Event()

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: AutoGluon pickles its trainer with the callbacks, and streams cannot be
        pickled."""
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
