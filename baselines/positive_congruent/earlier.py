"""What the earlier method says: of the test rows by its file, of the training rows by new runs."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from baselines import predictions, registry
from baselines.method import BaselineError, Settings
from tabset import Dataset, Kind, Loaded

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SHARE = 0.9  # of the time left, for the method's runs


@dataclass(frozen=True)
class Said:
    """The probability of each label (n, k) and the place of the decided one (n,)."""

    shares: Floats
    decisions: Codes

    def __getitem__(self, rows: Mask) -> "Said":
        return Said(self.shares[rows], self.decisions[rows])


def read(file: Path, data: Loaded) -> Said:
    """What a predictions file says of the test rows. Errors: BaselineError if it is not theirs."""
    try:
        table = pd.read_parquet(file)
        predictions.check(table, data.dataset, data.test["id"])
    except (AssertionError, ValueError, OSError) as error:
        raise BaselineError(
            f"{file.name} is not what `baselines run` writes for this data set: {error}."
        ) from error
    return said(table, data.dataset)


def said(table: pd.DataFrame, dataset: Dataset) -> Said:
    """What complete predictions say, row by row."""
    if dataset.kind is Kind.MATCHING:
        score = table["score"].to_numpy(float)
        places = {label: place for place, label in enumerate(dataset.labels)}
        match = places[dataset.positive_label]
        shares = np.column_stack([1 - score, score] if match else [score, 1 - score])
        return Said(shares, np.array(table["prediction"].map(places), dtype=np.intp))
    shares = table[list(dataset.classes)].to_numpy(float)
    return Said(shares, np.asarray(np.argmax(shares, axis=1), dtype=np.intp))


def out_of_fold(
    data: Loaded, fold: Codes, name: str, settings: Settings, begin: float
) -> tuple[Said, Mask]:
    """What the method says of each fold of the training rows after training on the others.

    Goes on as long as there is time for one fold more; the second part marks the rows that it was
    asked about. Reports shares of the run from ``begin`` on.
    """
    count = int(fold.max()) + 1
    shares = np.zeros((len(fold), len(data.dataset.labels)))
    decisions = np.zeros(len(fold), dtype=np.intp)
    asked = np.zeros(len(fold), dtype=bool)
    limit, step = SHARE * settings.remaining / count, (1 - begin) / count
    for number in range(count):
        before, held = settings.remaining, fold == number
        at = begin + step * number
        settings.report(at, f"Asking {name} about fold {number + 1} of {count}")
        own = _settings(settings, number, limit, at, step)
        found = said(_run(name, _part(data, held), own), data.dataset)
        shares[held], decisions[held], asked[held] = found.shares, found.decisions, True
        if settings.remaining < before - settings.remaining:
            break
    return Said(shares, decisions), asked


def _part(data: Loaded, held: Mask) -> Loaded:
    """The data set with some training rows in place of the test rows."""
    return replace(
        data,
        train=data.train[~held].reset_index(drop=True),
        test=data.train[held].drop(columns="label").reset_index(drop=True),
    )


def _settings(settings: Settings, number: int, limit: float, begin: float, step: float) -> Settings:
    """Those of one run, which starts now in a scratch folder of its own."""
    scratch = settings.scratch / f"fold-{number}"
    scratch.mkdir()
    return replace(
        settings,
        time_limit=limit,
        started=time.monotonic(),
        scratch=scratch,
        report=lambda done, words: settings.report(begin + done * step, words),
        reference=None,
    )


def _run(name: str, part: Loaded, settings: Settings) -> pd.DataFrame:
    method = registry.METHODS[name]
    try:
        if why := method.unsuited(part.dataset.kind, len(part.train)):
            raise BaselineError(why)
        table = method.run(part, settings)
    except BaselineError as error:
        raise BaselineError(f"{name} could not run on a part of the rows: {error}") from error
    predictions.check(table, part.dataset, part.test["id"])
    return table
