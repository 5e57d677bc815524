"""Rescores of the pets task for tests: other labels, another scorer, and workers to play."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from podium import files
from podium.catalog.actions.versions import add_solution
from podium.catalog.models import Solution
from podium.challenges.models import Task
from podium.submissions.actions import submit
from podium.submissions.jobs import rescore_batches
from podium.submissions.jobs.scoring_runs import score
from podium.submissions.models import Rescore, Submission
from podium.teams.models import Team
from podium.uploads.receiving import Upload
from scoring.runner import Scorer
from tests.site.pets import CLASSES

Batches = list[tuple[int, list[int]]]


def scored_submission(team: Team, task: Task, upload: Upload, scorer: Scorer) -> Submission:
    """Return a submission that went the whole way."""
    submission = submit(team=team, task=task, upload=upload)
    held = Submission.claim(submission.pk)
    assert held is not None
    score(held, scorer)
    submission.refresh_from_db()
    return submission


def corrected(task: Task, folder: Path, change: Callable[[str, str, str], str]) -> Solution:
    """Return a new solution of the task's data set; `change` gets id, label and usage of a row."""
    table = pq.read_table(files.local(files.private(), task.solution.file))
    rows = table.select(["id", "label", "usage"]).to_pylist()
    labels = [change(row["id"], row["label"], row["usage"]) for row in rows]
    place = table.schema.get_field_index("label")
    path = folder / "corrected.parquet"
    pq.write_table(table.set_column(place, "label", pa.array(labels, pa.string())), path)
    return add_solution(version=task.dataset_version, file=path)


def other_public_labels(task: Task, folder: Path, count: int) -> Solution:
    """Return a solution in which this many public rows, the first ones, have the next class."""
    turned = 0

    def change(name: str, label: str, usage: str) -> str:
        nonlocal turned
        if usage != "public" or turned == count:
            return label
        turned += 1
        return CLASSES[(CLASSES.index(label) + 1) % 3]

    return corrected(task, folder, change)


def drain(rescore: Rescore, sent: Batches, scorer: Scorer) -> Rescore:
    """Do all batches that were sent, as workers would."""
    rescore_batches.send_left(rescore.pk)
    while sent:
        rescore_batches.work(*sent.pop(0), scorer)
    rescore.refresh_from_db()
    return rescore


def with_scorer(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Deploy a scorer with another version."""
    monkeypatch.setattr("podium.challenges.models.SCORER_VERSION", version)
