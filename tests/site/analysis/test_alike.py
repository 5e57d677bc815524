"""A study of a public board finds the entries that are wrong where others are right."""

import io
from pathlib import Path

import numpy as np
import pytest

from podium import files
from podium.analysis import alike, studies
from podium.analysis.row_arrays import Rows, stored_answers
from podium.analysis.studies import study
from podium.challenges.models import Challenge, Task
from podium.standings.models import Board, Likeness
from podium.submissions.models import Evaluation, Part, Submission
from scoring.runner import Scorer
from tests.site import factories
from tests.site.pets import CLASSES, file_with, truth
from tests.site.standings.entrants import (
    challenge,
    enter,
    entered,
    kept_six,
    pets,
    reveal_now,
    six,
)
from tests.site.submissions.rescores import scored_submission

__all__ = ["challenge", "enter", "entered", "kept_six", "pets", "six"]
COPIED = 12


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "REST_SECONDS", 0.0)
    monkeypatch.setattr(studies, "REST_TIMES", 0.0)


class Copying:
    """Enters files that are wrong in the last public rows, which nobody else is."""

    def __init__(self, task: Task, scorer: Scorer, folder: Path) -> None:
        self.task, self.scorer, self.folder = task, scorer, folder

    def __call__(
        self, name: str, *, edited: int = 0, private: int = 0, baseline: str = ""
    ) -> Submission:
        """`edited` public answers of the copy are others, and this many private ones are wrong."""
        rows = truth(self.task)
        public = [row["id"] for row in rows if row["usage"] == "public"]
        hidden = [row["id"] for row in rows if row["usage"] == "private"]
        wrong = {*public[-COPIED:], *hidden[:private]} ^ set(public[:edited])
        lines = ["id,prediction"]
        for row in rows:
            place = CLASSES.index(row["label"]) + (row["id"] in wrong)
            lines.append(f"{row['id']},{CLASSES[place % 3]}")
        people = [] if baseline else [factories.make_user(name.lower())]
        team = factories.make_team(self.task.challenge, name, *people, baseline=baseline)
        file = file_with("\n".join(lines), self.folder)
        return scored_submission(team, self.task, file, self.scorer)


@pytest.fixture
def copying(pets: Task, scorer: Scorer, tmp_path: Path) -> Copying:
    return Copying(pets, scorer, tmp_path)


def found(task: Task) -> list[set[int]]:
    """The submissions of each group after a study of the public board."""
    study(Board.objects.get(task=task, part=Part.PUBLIC).pk)
    groups = Likeness.objects.get(board__task=task).groups
    return [{submission for _, submission in group["entries"]} for group in groups]


@pytest.mark.usefixtures("entered")
def test_entries_of_their_own_are_not_alike(pets: Task) -> None:
    assert found(pets) == []


@pytest.mark.usefixtures("entered")
def test_copies_are_found_whatever_they_say_of_private_rows(pets: Task, copying: Copying) -> None:
    copies = [copying("Copy"), copying("Cat", private=40)]
    assert found(pets) == [{copy.pk for copy in copies}]
    (group,) = Likeness.objects.get().groups
    assert group["entries"] == [[copy.team_id, copy.pk] for copy in copies]
    assert (group["equal"], group["shared"]) == (1.0, COPIED)
    assert 0 < group["expected"] < COPIED / 2


@pytest.mark.usefixtures("entered")
def test_a_later_board_has_what_is_alike_then(pets: Task, copying: Copying) -> None:
    copying("Copy")
    assert found(pets) == []
    copying("Cat")
    assert len(found(pets)) == 1


@pytest.mark.usefixtures("entered")
def test_files_that_differ_in_public_rows_are_not_alike(pets: Task, copying: Copying) -> None:
    copying("Copy")
    copying("Cat", edited=3)
    assert found(pets) == []


@pytest.mark.usefixtures("entered")
def test_a_baseline_is_not_listed(pets: Task, copying: Copying) -> None:
    copying("Copy")
    copying("Linear", baseline="linear")
    assert found(pets) == []


@pytest.mark.usefixtures("entered")
def test_an_entry_whose_rows_are_gone_is_left_out(pets: Task, copying: Copying) -> None:
    copies = [copying(name) for name in ("Copy", "Cat", "Clone")]
    assert found(pets) == [{copy.pk for copy in copies}]
    lost = Evaluation.objects.get(submission=copies[0])
    files.private().delete(lost.rows)
    alike.look(Board.objects.get(task=pets, part=Part.PUBLIC), pets)
    assert {pk for _, pk in Likeness.objects.get().groups[0]["entries"]} == {
        copy.pk for copy in copies[1:]
    }


@pytest.mark.usefixtures("entered")
def test_private_boards_are_not_looked_at(
    pets: Task, copying: Copying, challenge: Challenge
) -> None:
    copying("Copy")
    copying("Cat")
    reveal_now(challenge)
    private = Board.objects.get(task=pets, part=Part.PRIVATE)
    study(private.pk)
    assert not Likeness.objects.exists()


def test_scores_without_a_decision_answer_by_their_order(db: None, tmp_path: Path) -> None:
    content = io.BytesIO()
    np.savez(
        content,
        prediction=np.array([0, 5, 3, 9], dtype=np.int32),
        decision=np.full(4, -1, dtype=np.int32),
    )
    name = files.private().save("rows/scores.npz", io.BytesIO(content.getvalue()))
    rows = Rows(
        groups=np.arange(4),
        truth=np.array([1, 0, 0, 1], dtype=np.int32),
        part=np.array([0, 1, 2]),
        version="v",
    )
    answers = stored_answers(Evaluation(rows=name), rows)
    assert answers is not None
    assert answers.tolist() == [0, 1, 0]
    assert stored_answers(Evaluation(rows="rows/none.npz"), rows) is None
