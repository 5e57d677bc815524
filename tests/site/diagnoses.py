"""A diagnosis with every part, for tests that need one without making it."""

from typing import Any

from django.utils import timezone

from baselines.diagnostics.model import (
    Ablated,
    Ablation,
    Capacity,
    CapacityPoint,
    Diagnosis,
    Estimate,
    LearningCurve,
    LearningPoint,
    LeftOut,
    SeedScores,
)
from podium.baseline_runs import models
from podium.catalog.models import DatasetVersion

CURVE = LearningCurve(
    points=(
        LearningPoint(100, Estimate(0.5, 0.45, 0.55), 1.0),
        LearningPoint(200, Estimate(0.6, 0.55, 0.66), 0.95),
        LearningPoint(400, Estimate(0.7, 0.66, 0.75), 0.9),
    ),
    gain=Estimate(0.1, 0.06, 0.14),
    verdict="rises",
)
ABLATION = Ablation(
    whole=Estimate(0.7, 0.66, 0.75),
    modalities=(
        Ablated("text", 2, Estimate(0.4, 0.35, 0.45), Estimate(0.3, 0.25, 0.35),
                Estimate(0.6, 0.55, 0.66)),
        Ablated("image", 1, Estimate(0.69, 0.64, 0.74), Estimate(0.01, -0.01, 0.03),
                Estimate(0.35, 0.3, 0.4)),
    ),
)  # fmt: skip
CAPACITY = Capacity(
    rows=240, held_rows=100, draws=3,
    points=(
        CapacityPoint(60, 0.1, 0.3), CapacityPoint(240, 0.0, 12.0), CapacityPoint(960, 0.0, 0.15)
    ),
    threshold=240, peak=240, is_double_descent=True, peak_over_last=80.0,
)  # fmt: skip
FOUND = Diagnosis(
    dataset="made", metric="accuracy", train_rows=12_000, rows=500, folds=5, groups="left_id",
    seed=0, seconds=12.5, chance=0.25, learning_curve=CURVE, ablation=ABLATION, capacity=CAPACITY,
    seeds=(
        SeedScores("linear", (0.6, 0.7), 0.66, 0.0707), SeedScores("trivial", (0.25, 0.25), 0.25, 0)
    ),
    left_out=(LeftOut("seeds", "8 of 10 seeds did not fit into the time limit."),),
)  # fmt: skip


def make_diagnosis(
    version: DatasetVersion, found: Diagnosis | None = FOUND, **fields: Any
) -> models.Diagnosis:
    """Return the version's diagnosis, done unless the fields say otherwise."""
    defaults = {
        "state": models.DiagnosisState.DONE,
        "queued_at": timezone.now(),
        "finished_at": timezone.now(),
        "result": found.to_json() if found else None,
    }
    return models.Diagnosis.objects.create(version=version, **{**defaults, **fields})
