"""`manage.py rescore`: from the start to the publication, with somebody else doing the work."""

import io
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command

from podium.challenges.models import Task
from podium.standings.management.commands import rescore as command
from podium.standings.visible import visible_board
from podium.submissions.jobs import rescore_batches, rescoring
from podium.submissions.models import Rescore, RescoreState
from podium.teams.models import Team
from scoring.runner import Scorer
from tests.site.pets import make_pets_task, predictions
from tests.site.submissions.rescores import other_public_labels, scored_submission


@pytest.fixture
def pets(team: Team, scorer: Scorer, tmp_path: Path) -> Task:
    """A task with a scored submission, and a second solution of its data set."""
    task = make_pets_task(team.challenge, tmp_path / "pets")
    scored_submission(team, task, predictions(task, tmp_path, wrong=2), scorer)
    other_public_labels(task, tmp_path, 6)
    return task


@pytest.fixture
def _a_worker(monkeypatch: pytest.MonkeyPatch, scorer: Scorer) -> None:
    """Somebody who does what is left whenever the command waits."""

    def work(seconds: float) -> None:
        for rescore in Rescore.objects.filter(state=RescoreState.RUNNING):
            ids = list(rescoring.left(rescore).values_list("pk", flat=True))
            rescore_batches.work(rescore.pk, ids, scorer)

    monkeypatch.setattr(command.time, "sleep", work)


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rescore", *arguments, stdout=out)
    return out.getvalue()


def test_it_starts_and_leaves_the_rest_to_the_workers(pets: Task) -> None:
    assert "is running" in run("cup/pets", "--solution", "2")
    assert Rescore.objects.get().solution.number == 2


@pytest.mark.usefixtures("_a_worker")
def test_it_waits_and_says_what_changes(pets: Task) -> None:
    said = run("cup/pets", "--solution", "2", "--wait")
    assert "0 of 1 submissions" in said
    assert "Pets: 1 of 1 rows change" in said
    assert "Alpha: 1 (" in said
    assert Rescore.objects.get().state == RescoreState.READY


@pytest.mark.usefixtures("_a_worker")
def test_it_goes_on_with_what_was_begun_and_publishes(pets: Task) -> None:
    before = visible_board(AnonymousUser(), pets).rows[0].score
    run("cup/pets", "--solution", "2")
    assert "is published" in run("cup/pets", "--solution", "2", "--publish")
    assert Rescore.objects.get().state == RescoreState.PUBLISHED
    assert visible_board(AnonymousUser(), pets).rows[0].score != before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cup/pets"], "a rescore would change nothing"),
        (["cup/pets", "--solution", "7"], "has no solution 7"),
        (["cup/dogs"], "There is no task cup/dogs"),
        (["pets"], "Write it as CHALLENGE/TASK"),
    ],
)
def test_what_cannot_be_is_told(pets: Task, arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*arguments)


def test_a_cancellation_ends_the_wait(pets: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    def cancel(seconds: float) -> None:
        rescoring.cancel(rescore=Rescore.objects.get())

    monkeypatch.setattr(command.time, "sleep", cancel)
    with pytest.raises(CommandError, match="is now cancelled"):
        run("cup/pets", "--solution", "2", "--publish")


def test_nobody_waits_for_a_rescore_that_no_worker_can_go_on_with(
    pets: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(seconds: float) -> None:
        pytest.fail("it waits for ever")

    monkeypatch.setattr(command.time, "sleep", endless)
    run("cup/pets", "--solution", "2")
    Rescore.objects.update(scorer_version="0")
    with pytest.raises(CommandError, match="Cancel this rescore and start a new one"):
        run("cup/pets", "--solution", "2", "--publish")
