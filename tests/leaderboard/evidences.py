"""Evidence for tests: entries that are right in a given number of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from leaderboard.evidence import Evidence


def evidence(hits: Any, groups: Any = None, metric: str = "accuracy", **others: Any) -> Evidence:
    """The evidence of hits (k, n): scores and influence values are those of accuracy."""
    hit = np.array(hits, dtype=np.int8)
    scores = np.array(others.get("scores", hit.mean(axis=1)), dtype=np.float64)
    codes = np.arange(hit.shape[1]) if groups is None else np.array(groups)
    influence = hit - hit.mean(axis=1)[:, None]
    return Evidence(metric, codes, scores, hit, others.get("influence", influence))


def drawn(accuracies: Any, n: int, seed: int = 0, groups: Any = None, **others: Any) -> Evidence:
    """Entries with these chances of being right, alike in the rows that they find hard."""
    random = np.random.default_rng(seed)
    hard = 0.7 * random.random(n) + 0.3 * random.random((len(accuracies), n))
    return evidence(hard < np.array(accuracies)[:, None], groups, **others)
