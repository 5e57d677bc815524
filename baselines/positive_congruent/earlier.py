"""Predictions of the earlier method: for test rows from its file, for training rows by new runs."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from baselines import predictions
from baselines.method import BaselineError, Method, Settings
from tabset import Dataset, Kind, Loaded

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SHARE = 0.9  # of the time left, for the method's runs


@dataclass(frozen=True)
class EarlierPrediction:
    """The probability of each label (n, k) and the index of the predicted one (n,)."""

    shares: Floats
    decisions: Codes

    def __getitem__(self, rows: Mask) -> "EarlierPrediction":
        return EarlierPrediction(self.shares[rows], self.decisions[rows])


def read(file: Path, data: Loaded) -> EarlierPrediction:
    """The predictions in a file for the test rows. Errors: BaselineError if ids do not match."""
    try:
        table = pd.read_parquet(file)
        predictions.check(table, data.dataset, data.test["id"])
    except (AssertionError, ValueError, OSError) as error:
        raise BaselineError(
            f"{file.name} is not what `baselines run` writes for this data set: {error}."
        ) from error
    return predictions_of(table, data.dataset)


def predictions_of(table: pd.DataFrame, dataset: Dataset) -> EarlierPrediction:
    """Complete predictions, row by row."""
    if dataset.kind is Kind.MATCHING:
        score = table["score"].to_numpy(float)
        places = {label: place for place, label in enumerate(dataset.labels)}
        match = places[dataset.positive_label]
        shares = np.column_stack([1 - score, score] if match else [score, 1 - score])
        return EarlierPrediction(shares, np.array(table["prediction"].map(places), dtype=np.intp))
    shares = table[list(dataset.classes)].to_numpy(float)
    return EarlierPrediction(shares, np.asarray(np.argmax(shares, axis=1), dtype=np.intp))


def out_of_fold(
    data: Loaded, fold: Codes, method: Method, settings: Settings, begin: float
) -> tuple[EarlierPrediction, Mask]:
    """The method's predictions for each fold of the training rows after training on the others.
    Continues while there is time for another fold; the second part marks the predicted rows.
    Reports shares of the run from ``begin`` on.
    """
    count = int(fold.max()) + 1
    shares = np.zeros((len(fold), len(data.dataset.labels)))
    decisions = np.zeros(len(fold), dtype=np.intp)
    asked = np.zeros(len(fold), dtype=bool)
    limit, step = SHARE * settings.remaining / count, (1 - begin) / count
    for number in range(count):
        before, held = settings.remaining, fold == number
        at = begin + step * number
        settings.report(at, f"Asking {method.name} about fold {number + 1} of {count}")
        own = _settings(settings, number, limit, at, step)
        found = predictions_of(_run(method, _part(data, held), own), data.dataset)
        shares[held], decisions[held], asked[held] = found.shares, found.decisions, True
        if settings.remaining < before - settings.remaining:
            break
    return EarlierPrediction(shares, decisions), asked


def _part(data: Loaded, held: Mask) -> Loaded:
    """The data set with some training rows in place of the test rows."""
    return replace(
        data,
        train=data.train[~held].reset_index(drop=True),
        test=data.train[held].drop(columns="label").reset_index(drop=True),
    )


def _settings(settings: Settings, number: int, limit: float, begin: float, step: float) -> Settings:
    """The settings of one run, which starts now in a scratch folder of its own."""
    scratch = settings.scratch / f"fold-{number}"
    scratch.mkdir()
    return replace(
        settings,
        time_limit=limit,
        started=time.monotonic(),
        scratch=scratch,
        report=lambda done, words: settings.report(begin + done * step, words),
        reference=None,
        facts={},
    )


def _run(method: Method, part: Loaded, settings: Settings) -> pd.DataFrame:
    try:
        if why := method.unsuited(part.dataset.kind, len(part.train)):
            raise BaselineError(why)
        table = method.run(part, settings)
    except BaselineError as error:
        raise BaselineError(
            f"{method.name} could not run on a part of the rows: {error}"
        ) from error
    predictions.check(table, part.dataset, part.test["id"])
    return table
