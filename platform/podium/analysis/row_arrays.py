"""What workers read row by row: rows.npz of evaluations, and which rows are of a part."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from podium import files
from podium.catalog.models import Solution
from podium.challenges.models import current_scorer_version
from podium.submissions.models import Evaluation
from scoring import TaskSpec
from scoring.artefact import unpack_rows
from scoring.solution import Solution as Labels

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Rows:
    """The N test rows of a solution: their `groups` (N,) and `truth` (N,) as codes.

    `part` are the row numbers (n,) of one part, `version` names the solution in random draws.
    """

    groups: npt.NDArray[np.int64]
    truth: npt.NDArray[np.int32]
    part: npt.NDArray[np.int64]
    version: str


def rows_of_part(solution: Solution, part: str) -> Rows:
    """Return the rows of a part of a solution. A worker's work: it reads the labels."""
    dataset = files.local(files.public(), f"{solution.dataset_version.folder}/dataset.json")
    path = files.local(files.private(), solution.file)
    labels = Labels.from_file(path, TaskSpec.from_file(dataset))
    part_rows = {str(name): each.rows for name, each in labels.parts.items()}
    return Rows(labels.groups, labels.truth, part_rows[part], version_of(solution))


def version_of(solution: Solution) -> str:
    """Return the name of a solution version in random draws: the same for whoever has its file."""
    return solution.sha256


def is_of(evaluation: Evaluation, solution: Solution, headline: str) -> bool:
    """Return whether the rows of an evaluation are those of this solution and this metric.

    Before a task opens its headline may change, and an evaluation has the influence values of one.
    """
    made_for = evaluation.diagnostics.get("headline", headline)
    return evaluation.solution_id == solution.pk and made_for == headline


def can_be_made(evaluation: Evaluation) -> bool:
    """Return whether rows.npz of an evaluation that has none can be made again."""
    same_scorer = evaluation.scorer_version == current_scorer_version()
    return same_scorer and bool(evaluation.submission.file)


def stored_arrays(evaluation: Evaluation) -> Arrays | None:
    """Return hits and influence values of an evaluation, None where its rows.npz is gone.

    One that was lost is then marked as such, so that it can be made again.
    """
    if not evaluation.rows:
        return None
    try:
        with files.private().open(evaluation.rows) as file:
            arrays = unpack_rows(file.read())
    except FileNotFoundError:
        lost = Evaluation.objects.filter(pk=evaluation.pk, rows=evaluation.rows)
        lost.update(rows="")
        return None
    return {name: arrays[name] for name in ("hit", "influence")}


def silent_arrays(count: int) -> Arrays:
    """Return the arrays of a submission of which nothing is known row by row."""
    return {"hit": np.full(count, -1, dtype=np.int8), "influence": np.full(count, np.nan)}


@contextmanager
def one_thread() -> Iterator[None]:
    """Multiply matrices in one thread: several get in each other's way on a full machine."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield
