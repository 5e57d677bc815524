"""Runners for clusters of records and for consistency across groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scoring.metrics.clusters import cluster_codes, cluster_scores, item_codes, match_ids
from scoring.metrics.consistency import consistency
from scoring.vectors.metrics import Inputs, Runner


def _match_id(inputs: Inputs) -> dict[str, str]:
    items = inputs["items"]
    accepted = [pair for pair in inputs["pairs"] if pair[2] >= inputs["threshold"]]
    left, right = (item_codes(items, [pair[side] for pair in accepted]) for side in (0, 1))
    return dict(zip(items, match_ids(items, left, right), strict=True))


def _cluster(inputs: Inputs) -> dict[str, Any]:
    items = list(inputs["truth"])
    truth, predicted = (cluster_codes(items, inputs[key]) for key in ("truth", "pred"))
    found = cluster_scores(truth, predicted)
    return {
        "pairwise_precision": found.pairwise_precision,
        "pairwise_recall": found.pairwise_recall,
        "pairwise_f1": found.pairwise_f1,
        "tp": found.tp,
        "fp": found.fp,
        "fn": found.fn,
        "bcubed_precision": found.bcubed_precision,
        "bcubed_recall": found.bcubed_recall,
        "bcubed_f1": found.bcubed_f1,
    }


def _opis(inputs: Inputs) -> dict[str, float | None]:
    names = sorted({*inputs["group_a"], *inputs["group_b"]})
    left, right = (item_codes(names, inputs[key]) for key in ("group_a", "group_b"))
    found = consistency(
        np.array(inputs["y_true"]) == 1,
        np.array(inputs["score"], dtype=np.float64),
        left,
        right,
        names,
        far=(inputs["far_lo"], inputs["far_hi"]),
        grid=inputs["grid"],
        epsilon=inputs["epsilon"],
    )
    low, high = (None, None) if found.thresholds is None else found.thresholds[[0, -1]].tolist()
    return {
        "opis": found.opis,
        "eps_opis_pooled": found.eps_opis,
        "eps_opis_mean": found.eps_opis_mean,
        "n_classes": len(found.names),
        "t_lo": low,
        "t_hi": high,
    }


GROUPS: Mapping[str, Runner] = {"cluster": _cluster, "match_id": _match_id, "opis": _opis}
"""The runners of what belongs to groups of records or of pairs."""
