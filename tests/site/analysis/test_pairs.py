"""A baseline that was trained to keep what another gets right: what the task page says of both."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from podium.analysis.studies import study
from podium.baseline_runs.models import BaselineRun, RunState
from podium.challenges.models import Task
from podium.standings.models import Board
from podium.standings.visible import visible_board
from podium.submissions.models import Part, Submission
from tests.site.standings.entrants import Enter, enter
from tests.site.submissions.conftest import pets

__all__ = ["enter", "pets"]


def finished(submission: Submission, reference: BaselineRun | None = None) -> BaselineRun:
    method = submission.team.baseline
    return BaselineRun.objects.create(
        task=submission.task,
        method=method,
        state=RunState.FINISHED,
        submission=submission,
        reference=reference,
    )


def page_of(client: Client, task: Task) -> str:
    study(Board.objects.get(task=task, part=Part.PUBLIC).pk)
    return " ".join(client.get(task.get_absolute_url()).content.decode().split())


def test_the_task_page_shows_the_negative_flips_of_the_pair(
    pets: Task, enter: Enter, client: Client
) -> None:
    reference = finished(enter("AutoGluon", 7, 5, baseline="autogluon"))
    new = enter("Positive-congruent", 12, 1, baseline="positive-congruent")
    finished(new, reference)
    before = " ".join(client.get(pets.get_absolute_url()).content.decode().split())
    assert "Positive-congruent was trained to keep what AutoGluon gets right. <a" in before
    page = page_of(client, pets)
    share = next(
        row.nfr for row in visible_board(AnonymousUser(), pets).rows if row.team.pk == new.team_id
    )
    assert share
    assert (
        "Positive-congruent was trained to keep what AutoGluon gets right. Negative flips, which "
        f"AutoGluon has right and Positive-congruent wrong: {100 * share:.1f} % of the rows."
    ) in page


@pytest.mark.parametrize("with_reference", [False, True])
def test_flips_against_another_baseline_are_left_to_the_comparison(
    pets: Task, enter: Enter, client: Client, with_reference: bool
) -> None:
    trivial = finished(enter("Trivial", 25, 55, baseline="trivial"))
    finished(enter("Positive-congruent", 12, 1, baseline="positive-congruent"), trivial)
    if with_reference:
        enter("AutoGluon", 7, 5, baseline="autogluon")
    page = page_of(client, pets)
    assert "was trained to keep what Trivial gets right. <a" in page
    assert "Negative flips, which" not in page


def test_the_board_has_the_column_where_a_baseline_alone_has_flips(
    pets: Task, enter: Enter, client: Client
) -> None:
    enter("AutoGluon", 7, 5, baseline="autogluon")
    enter("Trivial", 25, 55, baseline="trivial")
    page_of(client, pets)
    assert ">NFR<" in client.get(f"{pets.get_absolute_url()}board/").content.decode()
