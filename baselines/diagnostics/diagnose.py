"""One diagnosis of a data set from its public files, within a time limit."""

import time

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from baselines.diagnostics.ablation import ablation
from baselines.diagnostics.capacity import capacity
from baselines.diagnostics.learning_curve import learning_curve
from baselines.diagnostics.material import Clock, Material, prepare
from baselines.diagnostics.model import Diagnosis
from baselines.diagnostics.scores import Judge, score
from baselines.diagnostics.seeds import seeds
from baselines.folds import FOLDS
from baselines.method import Settings
from tabset import Kind, Loaded

FEATURES, CURVE, ABLATION, CAPACITY = 0.4, 0.6, 0.8, 0.9  # shares done after each part


def diagnose(data: Loaded, settings: Settings) -> Diagnosis:
    """The diagnosis. No test row is read; what does not fit into the time limit is left out.

    Errors: BaselineError if there is nothing to learn from.
    """
    # The matrices are small. A second thread gains little, and on shared cores, threads that wait
    # for each other take many times as long.
    with threadpool_limits(1):
        return _diagnosis(data, settings)


def _diagnosis(data: Loaded, settings: Settings) -> Diagnosis:
    begun = time.monotonic()
    material, left_out = prepare(data, settings, FEATURES)
    clock, seed = Clock(settings), settings.seed
    judge = Judge(material.metric, material.codes, material.groups, seed)
    settings.report(FEATURES, f"Learning curve of {material.rows:,} rows")
    curve, whole, missing = learning_curve(material, judge, clock, seed)
    left_out += missing
    settings.report(CURVE, "Leaving out one modality after the other")
    parts, missing = ablation(material, judge, clock, whole)
    left_out += missing
    settings.report(ABLATION, "Capacity curve of random features")
    swept, missing = capacity(material, clock, seed)
    left_out += missing
    settings.report(CAPACITY, "Other seeds")
    spread, missing = seeds(material, clock, seed)
    left_out += missing
    return Diagnosis(
        dataset=data.dataset.name,
        metric=material.metric,
        train_rows=len(data.train),
        rows=material.rows,
        folds=FOLDS,
        groups="left_id" if data.dataset.kind is Kind.MATCHING else "",
        seed=seed,
        seconds=round(time.monotonic() - begun, 1),
        chance=_chance(material),
        learning_curve=curve,
        ablation=parts,
        capacity=swept,
        seeds=spread,
        left_out=tuple(left_out),
    )


def _chance(material: Material) -> float:
    """The score of the labels' shares as every row's outputs."""
    outputs = np.repeat(material.targets.mean(axis=0, keepdims=True), material.rows, axis=0)
    return float(score(material.metric, outputs, material.codes)[0])
