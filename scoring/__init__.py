"""Read a submitted predictions file, check it, align it to the test rows, and score it.

Pure: no Django, no database, no network. `score` works in this process; `scoring.runner.Scorer`
does the same in a limited process of its own, as a site that scores files of strangers should.
"""

from scoring.checking import check, public_ids
from scoring.metrics import METRICS, Metric, metrics_of
from scoring.result import (
    ROWS_ARE,
    Checked,
    Failed,
    Limits,
    Outcome,
    Problem,
    Rejected,
    Score,
    Scored,
)
from scoring.scorer import SCORER_VERSION, default_headline, score
from scoring.solution import Solution, SolutionError
from scoring.spec import SpecError, TaskSpec

__all__ = [
    "METRICS",
    "ROWS_ARE",
    "SCORER_VERSION",
    "Checked",
    "Failed",
    "Limits",
    "Metric",
    "Outcome",
    "Problem",
    "Rejected",
    "Score",
    "Scored",
    "Solution",
    "SolutionError",
    "SpecError",
    "TaskSpec",
    "check",
    "default_headline",
    "metrics_of",
    "public_ids",
    "score",
]
