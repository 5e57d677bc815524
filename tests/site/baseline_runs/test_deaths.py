"""A worker that dies or is stopped leaves one submission, no folder and an honest run."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from podium import programs
from podium.baseline_runs import training
from podium.baseline_runs.actions import start
from podium.baseline_runs.models import BaselineRun, RunState
from podium.challenges.models import Challenge, Task
from podium.jobs import LostClaim
from podium.submissions import actions as submissions
from podium.submissions.models import Submission
from tests.site.baseline_runs.test_runs import stand_in
from tests.site.pets import make_pets_task


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


@pytest.fixture
def running(pets: Task) -> BaselineRun:
    run = BaselineRun.claim(start(task=pets, method="trivial").pk)
    assert run is not None
    return run


@pytest.fixture
def _stopped() -> Iterator[None]:
    programs.stop_all()
    yield
    programs._stopping[0] = 0


def scratch_folders() -> list[Path]:
    return list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


class Killed(BaseException):
    """What a worker does not live to handle."""


def test_a_worker_killed_while_handing_in_leaves_nothing_that_a_second_run_would_repeat(
    pets: Task, running: BaselineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_: object) -> None:
        submissions.submit(**_)  # type: ignore[arg-type]
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(training, "submit", die)
        with pytest.raises(Killed):
            training.train(running)
    assert not Submission.objects.exists()
    running.refresh_from_db()
    assert running.state == RunState.RUNNING, "its lease runs out and another worker takes it"

    BaselineRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    BaselineRun.sweep(in_broker=0)
    again = BaselineRun.claim(running.pk)
    assert again is not None
    training.train(again)
    running.refresh_from_db()
    assert (running.state, running.submission) == (RunState.FINISHED, Submission.objects.get())


def test_a_worker_that_lost_its_run_at_the_end_hands_nothing_in(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "predictions.csv"
    out.write_text("id,prediction\n")
    BaselineRun.objects.update(attempt=running.attempt + 1)
    with pytest.raises(LostClaim):
        training._hand_in(running, out, {})
    assert not Submission.objects.exists()


@pytest.mark.usefixtures("_stopped")
def test_a_worker_told_to_stop_gives_its_run_back_at_once_and_free_of_charge(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, "import time; time.sleep(60)")
    for _ in range(5):
        run = BaselineRun.objects.get()
        with pytest.raises(LostClaim):
            training.train(run)
        run.refresh_from_db()
        assert (run.state, run.message) == (
            RunState.QUEUED,
            "The worker stopped; the work starts again.",
        )
        assert BaselineRun.claim(run.pk) is not None
    assert not scratch_folders()


def test_what_a_method_leaves_in_its_home_goes_with_its_run(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(
        monkeypatch,
        "import pathlib, tempfile; tempfile.mkdtemp(); (pathlib.Path.home() / 'x').mkdir()",
    )
    training.train(running)
    assert not scratch_folders()
