"""What a metric needs of a submission and its solution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scoring.metrics.measured import View


@dataclass(frozen=True)
class Need:
    """`words` complete "Needs …" on pages; `missing` is the reason if a view does not meet it."""

    words: str
    missing: str
    is_met: Callable[[View], bool]


DECISION = Need(
    "a decision for every row",
    "not available: add a prediction column",
    lambda view: view.decision is not None,
)
PROBABILITIES = Need(
    "a probability for every class",
    "not available: needs probabilities, the file has labels only",
    lambda view: view.probabilities is not None,
)
SCORES = Need(
    "scores, any finite numbers",
    "not available: needs scores",
    lambda view: view.scores is not None,
)
UNIT_SCORES = Need(
    "scores between 0 and 1",
    "not available: needs scores between 0 and 1",
    lambda view: view.scores is not None and view.unit_scores,
)
CLUSTERS = Need(
    "a decision for every pair, and a solution that names the records of each",
    "not available: needs a prediction column, and a solution that names the records",
    lambda view: view.decision is not None and view.records is not None,
)
GROUPS = Need(
    "scores, and records that have groups",
    "not available: needs records that have groups",
    lambda view: view.scores is not None and view.endpoints is not None,
)
