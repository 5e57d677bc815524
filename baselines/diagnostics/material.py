"""The input of every part of a diagnosis: feature matrices by modality, made once, and folds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from baselines.decisions import eval_metric
from baselines.diagnostics.model import LeftOut
from baselines.features.dense import dense
from baselines.features.tables import feature_tables
from baselines.folds import FOLDS, folds
from baselines.formulas.lqf import scaled_targets
from baselines.method import BaselineError, Settings
from baselines.outputs import codes_of
from tabset import Column, ColumnType, Kind, Loaded

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

MOST_ROWS = 10_000  # training rows; larger sets are sampled
FEATURES_SHARE = 0.5  # share of the time limit that image features may take
PILOT_ROWS = 200  # images that estimate the time of all images
SLACK = 1.3
IMAGE = "image"
MODALITIES = {  # the cheap ones first
    "numeric": (ColumnType.NUMERIC, ColumnType.DATETIME),
    "categorical": (ColumnType.CATEGORICAL, ColumnType.BOOLEAN, ColumnType.LIST),  # of tags
    "text": (ColumnType.TEXT,),
    IMAGE: (ColumnType.IMAGE,),
}
PAIR_IDS = ("left_id", "right_id")


class Clock:
    """Whether one more step fits into the time limit, judged by the longest one so far."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._longest = 0.0

    def allows(self) -> bool:
        """Whether there is time for one more step. The first one always fits."""
        return self._longest == 0.0 or self._settings.remaining > SLACK * self._longest

    @contextmanager
    def step(self) -> Iterator[None]:
        """Times the block."""
        begun = time.monotonic()
        yield
        self._longest = max(self._longest, time.monotonic() - begun)


@dataclass(frozen=True)
class Material:
    """The rows of a diagnosis.

    ``features`` has a matrix (n, p) per modality, ``columns`` counts their columns; ``codes``,
    ``groups`` (both from 0) and ``fold`` are (n,). ``targets`` (n, k) are scaled and one-hot.
    """

    data: Loaded
    metric: str
    features: dict[str, Floats]
    columns: dict[str, int]
    codes: Codes
    groups: Codes
    fold: Codes
    targets: Floats

    @property
    def rows(self) -> int:
        return len(self.codes)

    def matrix(self, *modalities: str) -> Floats:
        """The features of these modalities side by side; of all of them if none is named."""
        return np.hstack([self.features[name] for name in modalities or self.features])

    def held(self, seed: int) -> npt.NDArray[np.bool_]:
        """About a fifth of the rows, whole groups of them, others for another seed. Shape (n,)."""
        return np.asarray(folds(self.data, seed) == 0)


def prepare(loaded: Loaded, settings: Settings, until: float) -> tuple[Material, list[LeftOut]]:
    """The material, and the modalities that did not fit into the time limit.

    Reports shares of the run up to ``until``. Errors: BaselineError if nothing is left to learn
    from.
    """
    data = _rows_of(loaded, settings.seed)
    codes = codes_of(data)
    if len(set(codes.tolist())) < 2:
        raise BaselineError("A diagnosis needs training rows of at least two labels.")
    found, left_out = _features(data, settings, until)
    groups = data.train["left_id"] if _is_matching(data) else pd.Series(range(len(codes)))
    material = Material(
        data=data,
        metric=eval_metric(data.train["label"], data.dataset.kind),
        features=found,
        columns={name: len(columns) for name, columns in _modalities(data).items()},
        codes=codes,
        groups=np.asarray(pd.factorize(groups)[0], dtype=np.intp),
        fold=folds(data, settings.seed, FOLDS),
        targets=scaled_targets(codes, len(data.dataset.labels)),
    )
    return material, left_out


def in_class_order(codes: Codes, seed: int) -> Codes:
    """The rows in an order whose every beginning has about all classes' shares. Shape (n,)."""
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(codes))
    of_class = pd.Series(codes[shuffled])
    place = of_class.groupby(of_class).cumcount().to_numpy() + rng.random(len(codes))
    size = of_class.groupby(of_class).transform("size").to_numpy()
    return np.asarray(shuffled[np.argsort(place / size, kind="stable")])


def _rows_of(loaded: Loaded, seed: int) -> Loaded:
    """The training rows that are used, with no test row at all."""
    train = loaded.train
    if len(train) > MOST_ROWS:
        chosen = np.sort(in_class_order(codes_of(loaded), seed)[:MOST_ROWS])
        train = train.iloc[chosen].reset_index(drop=True)
    return replace(loaded, train=train, test=loaded.test.iloc[:0])


def _is_matching(data: Loaded) -> bool:
    return data.dataset.kind is Kind.MATCHING


def _modalities(data: Loaded) -> dict[str, list[Column]]:
    """The feature columns of each modality that the data set has.

    Ids of rows are not used; ids within records are compared as text, except record ids.
    """
    kinds = dict(MODALITIES)
    if _is_matching(data):
        kinds["text"] = (*kinds["text"], ColumnType.ID)
    found = {
        name: [c for c in data.dataset.columns if c.type in types and c.name not in PAIR_IDS]
        for name, types in kinds.items()
    }
    return {name: columns for name, columns in found.items() if columns}


def _features(
    data: Loaded, settings: Settings, until: float
) -> tuple[dict[str, Floats], list[LeftOut]]:
    """The matrix of each modality, made only from its columns, with the names of those that take
    too long. They are made separately, so nothing of one modality is in the features of another.
    """
    found: dict[str, Floats] = {}
    left_out = []
    modalities = _modalities(data)
    for place, (name, columns) in enumerate(modalities.items()):
        part = replace(data, dataset=replace(data.dataset, columns=tuple(columns)))
        begin = until * place / len(modalities)
        quiet = replace(settings, report=lambda *_: None)
        settings.report(begin, f"Making features of the {name} columns")
        try:
            if name == IMAGE:
                _refuse_long(part, quiet)
            table = feature_tables(part, quiet, 0.0, 1.0)[0]
        except BaselineError as error:
            left_out.append(LeftOut(name, str(error)))
            continue
        matrix = dense(table, table.iloc[:0])[0]
        if matrix.shape[1]:
            found[name] = matrix
        else:
            left_out.append(LeftOut(name, "Its columns are the same in every row."))
    if not found:
        reasons = " ".join(each.reason for each in left_out) or "It has no column but ids."
        raise BaselineError(f"There is nothing to learn from. {reasons}")
    return found, left_out


def _refuse_long(part: Loaded, settings: Settings) -> None:
    """Raises BaselineError if images would take more than their share, estimated from a few. With
    this limit on rows, everything else takes negligible time.
    """
    if len(part.train) <= 2 * PILOT_ROWS:
        return
    begun = time.monotonic()
    feature_tables(replace(part, train=part.train.iloc[:PILOT_ROWS]), settings, 0.0, 1.0)
    estimate = (time.monotonic() - begun) * len(part.train) / PILOT_ROWS
    if estimate > settings.remaining - (1 - FEATURES_SHARE) * settings.time_limit:
        raise BaselineError(
            f"The features would take about {estimate:.0f} s, more than the time limit of "
            f"{settings.time_limit:g} s leaves."
        )
