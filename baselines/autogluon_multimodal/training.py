"""Tunes the networks on the public training rows and predicts the test rows."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from autogluon.multimodal import MultiModalPredictor
from sklearn.metrics import average_precision_score

from baselines import holdout
from baselines.autogluon_multimodal.backbones import IMAGE, TEXT, located
from baselines.autogluon_multimodal.columns import (
    IMAGE_TYPE,
    TEXT_TYPE,
    Columns,
    columns,
)
from baselines.autogluon_multimodal.schedule import batches, seconds
from baselines.autogluon_multimodal.weights import image_folder
from baselines.decisions import best_threshold, eval_metric
from baselines.method import BaselineError, Settings
from baselines.predictions import normalised
from tabset import Kind, Loaded

Scores = npt.NDArray[np.float64]
Parameters = dict[str, str | int | float]

BOTH_FROM = 120.0  # seconds of time limit from which two ways to train on pairs are compared
FEWEST_SECONDS = 5.0  # of training, below which nothing is learned
NETWORKS = {"hf_text": TEXT_TYPE, "timm_image": IMAGE_TYPE}  # and the columns that each reads
# The shares of the run that are done when each step begins.
LOADING, TRAINING, PREDICTING = 0.05, 0.1, 0.9


@dataclass(frozen=True)
class Way:
    """One way to train: AutoGluon's problem type, and the columns in its form."""

    problem: str
    columns: Columns


def train_and_predict(data: Loaded, settings: Settings, given: dict[str, str]) -> pd.DataFrame:
    """The predictions as `Method.run` describes them; ``given`` is what `usable` found."""
    torch.set_num_threads(settings.cpus)
    labels = data.train["label"]
    if data.dataset.kind is Kind.MATCHING:
        held = holdout.by_group(labels, data.train["left_id"], settings.seed)
    else:
        held = holdout.stratified(labels, settings.seed)
    if labels[held].nunique() < 2:
        raise BaselineError("AutoGluon needs at least five training rows of each of two labels.")
    settings.report(LOADING, f"Loading the backbones: {', '.join(given.values()) or 'none'}")
    parameters = _parameters(given, settings)
    if data.dataset.kind is Kind.MATCHING:
        return _match(data, held, _ways(data, frozenset(given), settings), parameters, settings)
    problem = "binary" if labels.nunique() == 2 else "multiclass"
    way = Way(problem, columns(data, frozenset(given)))
    predictor = _fit(way, data, held, parameters, settings, 1)
    settings.report(PREDICTING, f"Predicting {len(data.test)} rows")
    table = normalised(predictor.predict_proba(way.columns.test), data.dataset.classes)
    return pd.concat([data.test["id"], table], axis=1)


def _ways(data: Loaded, kinds: frozenset[str], settings: Settings) -> list[Way]:
    """The problem types that can serve these pairs, the first choice first.

    The matching ones take columns of one kind: all as text, or only images. `binary` takes all.
    """
    ways = [Way("binary", columns(data, kinds))]
    if kinds:
        kind = TEXT if TEXT in kinds else IMAGE
        alike = columns(data, kinds, kind)
        if alike.left and alike.right:
            ways.insert(0, Way(f"{kind}_similarity", alike))
    return ways if settings.time_limit >= BOTH_FROM else ways[:1]


def _match(
    data: Loaded, held: holdout.Mask, ways: list[Way], parameters: Parameters, settings: Settings
) -> pd.DataFrame:
    """The predictions of the way whose average precision on the held-out pairs is best."""
    dataset = data.dataset
    assert dataset.positive_label is not None  # noqa: S101  (for the type checker)
    matches = (data.train["label"][held] == dataset.positive_label).to_numpy()
    tried = []
    for number, way in enumerate(ways):
        predictor = _fit(way, data, held, parameters, settings, len(ways) - number)
        unseen = _scores(predictor, way.columns.train[held], dataset.positive_label)
        worth = average_precision_score(matches, unseen)
        settings.report(TRAINING, f"{way.problem} has an average precision of {worth:.3f}")
        tried.append((worth, -number, way, predictor, unseen))
    worth, _, way, predictor, unseen = max(tried)
    threshold = best_threshold(unseen, matches)
    settings.report(
        PREDICTING,
        f"Predicting {len(data.test)} pairs by {way.problem} (average precision {worth:.3f} on "
        f"held-out pairs), matches from {threshold:.3f}",
    )
    score = _scores(predictor, way.columns.test, dataset.positive_label)
    decided = np.where(score >= threshold, dataset.positive_label, dataset.negative_label)
    return pd.DataFrame({"id": data.test["id"], "score": score, "prediction": decided})


def _scores(predictor: MultiModalPredictor, rows: pd.DataFrame, positive: str) -> Scores:
    """The probability of a match in [0, 1]; half precision may exceed it slightly."""
    scores = predictor.predict_proba(rows)[positive].to_numpy(float)
    return np.asarray(np.clip(scores, 0.0, 1.0))


def _parameters(given: dict[str, str], settings: Settings) -> Parameters:
    """The settings that differ from AutoGluon's defaults, and the backbones."""
    found: Parameters = {
        # No processes of its own, so that a run ends as a whole; and one device.
        "env.num_workers": 0,
        "env.num_workers_inference": 0,
        "env.num_gpus": min(1, torch.cuda.device_count()),
        # Averaging checkpoints takes as long as predicting the test rows, beyond the time limit.
        "optim.top_k": 1,
        "optim.top_k_average_method": "best",
        # Validate four times per pass, so that short runs do too; with AutoGluon's patience.
        "optim.val_check_interval": 0.25,
        "optim.patience": 20,
        # The default suits tables of millions: categories below a hundred rows would be rare.
        "data.categorical.minimum_cat_count": 2,
        "data.categorical.maximum_num_cat": 200,
        # Replacing words needs a thesaurus that is fetched from the network.
        "model.hf_text.text_trivial_aug_maxscale": 0.0,
    }
    if TEXT in given:
        found["model.hf_text.checkpoint_name"] = str(located(given[TEXT], TEXT))
    if IMAGE in given:
        folder = image_folder(located(given[IMAGE], IMAGE), settings.scratch)
        found["model.timm_image.checkpoint_name"] = str(folder)
    return found


def _fit(
    way: Way,
    data: Loaded,
    held: holdout.Mask,
    parameters: Parameters,
    settings: Settings,
    to_come: int,
) -> MultiModalPredictor:
    """The predictor trained one way, for its share of the time if ``to_come`` ways follow."""
    labels = data.train["label"]
    options: dict[str, str | list[str] | None] = {}
    if way.problem.endswith("similarity"):
        options = {"query": way.columns.left, "response": way.columns.right}
        options |= {"match_label": data.dataset.positive_label}
    matching = data.dataset.kind is Kind.MATCHING
    limit = seconds(int(held.sum()) + len(data.test), int((~held).sum()), settings) / to_come
    if limit < FEWEST_SECONDS:
        raise BaselineError(f"{settings.time_limit:g} s are too few to train a network.")
    predictor = MultiModalPredictor(
        label="label",
        problem_type=way.problem,
        eval_metric="roc_auc" if matching else eval_metric(labels, data.dataset.kind),
        hyperparameters=_for_columns(parameters, way) | _batches(int((~held).sum())),
        path=str(settings.scratch / way.problem),
        enable_progress_bar=False,
        **options,
    )
    rows = way.columns.train.assign(label=labels.to_numpy())
    with _reporting(settings, way.problem, limit):
        try:
            predictor.fit(
                rows[~held],
                tuning_data=rows[held],
                time_limit=limit,
                column_types={**way.columns.types, "label": "categorical"},
                seed=settings.seed,
            )
        except KeyError as error:  # AutoGluon raises it if matching was never validated
            if not str(error).startswith("'val_"):
                raise
            said = (
                f"{settings.time_limit:g} s are too few: the network was not validated even once."
            )
            raise BaselineError(f"{said} Give more time or a smaller backbone.") from error
    return predictor


def _batches(rows: int) -> Parameters:
    size, together = batches(rows)
    return {"env.batch_size": size, "env.per_gpu_batch_size": together}


def _for_columns(parameters: Parameters, way: Way) -> Parameters:
    """The parameters without those of networks for which there is no column."""
    types = set(way.columns.types.values())
    left_out = [name for name, kind in NETWORKS.items() if kind not in types]
    return {
        name: value
        for name, value in parameters.items()
        if not any(name.startswith(f"model.{network}.") for network in left_out)
    }


@contextmanager
def _reporting(settings: Settings, problem: str, limit: float) -> Iterator[None]:
    """Reports every two seconds how much of the training time is used, while the block runs."""
    over = threading.Event()

    def report() -> None:
        started = time.monotonic()
        while not over.wait(2.0):
            used = min(time.monotonic() - started, limit)
            done = min((settings.time_limit - settings.remaining) / settings.time_limit, 1.0)
            settings.report(
                TRAINING + done * (PREDICTING - TRAINING),
                f"Training ({problem}): {used:.0f} of {limit:.0f} s",
            )

    thread = threading.Thread(target=report, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
