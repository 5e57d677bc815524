"""Row data that workers read: rows.npz of evaluations, and the rows of each part."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from leaderboard.likeness import top
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
    """Return the rows of a part of a solution. Only for workers, because it reads the labels."""
    dataset = files.local(files.public(), f"{solution.dataset_version.folder}/dataset.json")
    path = files.local(files.private(), solution.file)
    labels = Labels.from_file(path, TaskSpec.from_file(dataset))
    part_rows = {str(name): each.rows for name, each in labels.parts.items()}
    return Rows(labels.groups, labels.truth, part_rows[part], version_of(solution))


def version_of(solution: Solution) -> str:
    """Return the name of a solution version in random draws; anyone with its file gets the same."""
    return solution.sha256


def is_of(evaluation: Evaluation, solution: Solution, headline: str) -> bool:
    """Return whether the rows of an evaluation belong to this solution and this metric.

    The headline may change before a task opens, and an evaluation has influence values for one.
    """
    made_for = evaluation.diagnostics.get("headline", headline)
    return evaluation.solution_id == solution.pk and made_for == headline


def can_be_made(evaluation: Evaluation) -> bool:
    """Return whether the missing rows.npz of an evaluation can be made again."""
    same_scorer = evaluation.scorer_version == current_scorer_version()
    return same_scorer and bool(evaluation.submission.file)


def stored_arrays(evaluation: Evaluation) -> Arrays | None:
    """Return hits and influence values of an evaluation, None if its rows.npz is missing.

    A file that was lost is marked as missing, so that it can be made again.
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


def stored_answers(evaluation: Evaluation, rows: Rows) -> npt.NDArray[np.int32] | None:
    """Return the codes (n,) that a submission answers on the rows of a part, None without its file.

    Where it gave scores and no decision, its top rows are matches: as many as there are.
    """
    try:
        with files.private().open(evaluation.rows) as file:
            arrays = unpack_rows(file.read())
    except FileNotFoundError:
        return None
    decided: npt.NDArray[np.int32] = arrays["decision"][rows.part]
    if (decided >= 0).all():
        return decided
    return top(arrays["prediction"][rows.part], rows.truth[rows.part])


def silent_arrays(count: int) -> Arrays:
    """Return the arrays of a submission without row data."""
    return {"hit": np.full(count, -1, dtype=np.int8), "influence": np.full(count, np.nan)}


@contextmanager
def one_thread() -> Iterator[None]:
    """Multiply matrices in one thread: several slow each other down on a busy machine."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield
