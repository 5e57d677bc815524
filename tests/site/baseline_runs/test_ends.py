"""However a run ends, the console says why and starts it again, and nothing of it is left."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from podium import programs
from podium.accounts.models import User
from podium.audit.models import Event
from podium.baseline_runs import training
from podium.baseline_runs.actions import cancel, restart, start, start_missing
from podium.baseline_runs.models import BaselineRun, RunState
from podium.challenges.models import Challenge, Task
from podium.files import Json
from podium.jobs import LostClaim
from podium.submissions.models import Submission
from tests.site.baseline_runs.test_deaths import scratch_folders
from tests.site.baseline_runs.test_runs import stand_in
from tests.site.pets import make_pets_task
from tests.site.test_programs import wait_for_end

AsUser = Callable[[User | None], Client]
# Begins as every method here: with a child, a scratch folder, and both of their ids in the log.
BEGIN = """
import os, pathlib, signal, subprocess, sys, tempfile, time
child = subprocess.Popen(["sleep", "60"]).pid
pathlib.Path(tempfile.mkdtemp(), "model").write_text("large")
print("ids", os.getpid(), child, file=sys.stderr, flush=True)
"""
IGNORE_SIGTERM = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
SLEEP = "time.sleep(60)\n"
HOLD = "held = b'x' * (300 << 20)\n"


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


@pytest.fixture
def running(pets: Task) -> BaselineRun:
    run = BaselineRun.claim(start(task=pets, method="trivial").pk)
    assert run is not None
    return run


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "TERM_SECONDS", 0.2)
    monkeypatch.setattr(training, "MEMORY_SECONDS", 0.05)


def train(run: BaselineRun, monkeypatch: pytest.MonkeyPatch, program: str) -> BaselineRun:
    """Return the run after its training by this program; no process and no file is left of it."""
    with monkeypatch.context() as patch:
        stand_in(patch, BEGIN + program)
        with suppress(LostClaim):  # as `BaselineRun.run` does
            training.train(run)
    run.refresh_from_db()
    (ids,) = [line.split()[1:] for line in run.log.splitlines() if line.startswith("ids ")]
    for pid in map(int, ids):
        wait_for_end(pid)
    assert not scratch_folders()
    return run


def out_of_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(training, "_seconds", lambda run: 1)
    patch.setattr(training, "OVERTIME_SECONDS", 0)


def little_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settings, "BASELINE_MEMORY_BYTES", 200 << 20)


def nothing(patch: pytest.MonkeyPatch) -> None:
    return


@pytest.mark.parametrize(
    ("program", "prepare", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", nothing, "killed (SIGKILL), most likely because"),
        ("os.abort()", nothing, "The method crashed (SIGABRT)."),
        ("os.kill(child, 9); sys.exit('no trees')", nothing, "no trees"),
        (IGNORE_SIGTERM + SLEEP, out_of_time, "ended 0 s after its time limit of 1 s."),
        (HOLD + SLEEP, little_memory, "more than its memory limit of 200 MB."),
        (IGNORE_SIGTERM + HOLD + SLEEP, little_memory, "PODIUM_BASELINE_MEMORY_MB"),
    ],
    ids=["killed", "crashed", "failed", "overtime", "memory", "memory, ignoring"],
)
def test_a_run_that_ends_badly_says_why_and_is_started_again(
    running: BaselineRun,
    monkeypatch: pytest.MonkeyPatch,
    as_user: AsUser,
    olga: User,
    program: str,
    prepare: Callable[[pytest.MonkeyPatch], None],
    reason: str,
) -> None:
    with monkeypatch.context() as patch:
        prepare(patch)
        run = train(running, patch, program)
    assert run.state == RunState.FAILED
    assert reason in run.message
    assert run.log.splitlines()[-1] == run.message
    assert not Submission.objects.exists()

    page = reverse("console", args=[run.task.challenge.slug])
    client = as_user(olga)
    text = client.get(page).content.decode().replace("&#x27;", "'")
    again = reverse("console-restart", args=[run.task.challenge.slug, run.pk])
    assert run.message in text
    assert f'action="{again}"' in text
    client.post(again)
    second = BaselineRun.claim(BaselineRun.objects.latest("id").pk)
    assert second is not None
    training.train(second)
    second.refresh_from_db()
    assert (second.state, second.submission) == (RunState.FINISHED, Submission.objects.get())


def test_a_child_that_takes_the_memory_counts(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    little_memory(monkeypatch)
    hold = f"subprocess.run([sys.executable, '-c', {HOLD + 'import time; ' + SLEEP!r}])"
    assert "memory limit of 200 MB" in train(running, monkeypatch, hold).message


def test_the_method_is_told_its_memory_limit(running: BaselineRun, tmp_path: Path) -> None:
    command = training._command(running, tmp_path / "out")
    assert command[:4] == [sys.executable, "-m", "baselines", "run"]
    assert command[command.index("--memory-limit") + 1] == "6144.0"


def test_an_organizer_cancels_a_run_and_its_worker_ends_it(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch, as_user: AsUser, olga: User
) -> None:
    slug = running.task.challenge.slug
    page, stop = reverse("console", args=[slug]), reverse("console-cancel", args=[slug, running.pk])
    client = as_user(olga)
    look = training._Follower.look
    said: list[str] = []

    def cancel_once_it_runs(follower: training._Follower, program: programs.Program) -> None:
        look(follower, program)
        if program.log and not said:
            assert f'action="{stop}"' in client.get(page).content.decode()
            follower.store()
            said.append(client.post(stop, follow=True).content.decode())

    monkeypatch.setattr(training._Follower, "look", cancel_once_it_runs)
    begun = time.monotonic()
    run = train(running, monkeypatch, SLEEP)
    assert time.monotonic() - begun < 30
    assert "is cancelled" in said[0]
    assert (run.state, run.message) == (RunState.CANCELLED, "Cancelled by an organizer.")
    assert run.finished_at is not None
    event = Event.objects.get(verb="cancelled baseline")
    assert event.actor == olga.name
    assert not Submission.objects.exists()
    text = client.get(page).content.decode()
    assert stop not in text
    assert reverse("console-restart", args=[slug, run.pk]) in text
    assert "ended already" in client.post(stop, follow=True).content.decode()


def test_a_cancelled_run_is_not_taken_up_and_can_be_started_again(pets: Task, olga: User) -> None:
    run = start(task=pets, method="trivial")
    assert cancel(run=run, by=olga)
    assert not cancel(run=run, by=olga)
    assert BaselineRun.claim(run.pk) is None
    run.refresh_from_db()
    assert restart(run=run, by=olga).state == RunState.QUEUED
    assert start_missing(challenge=pets.challenge, methods=["trivial"]) == ([], [])


def test_a_run_cancelled_at_its_very_end_hands_nothing_in(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch, olga: User
) -> None:
    hand_in = training._hand_in

    def cancelled(run: BaselineRun, out: Path, facts: Json) -> Submission:
        assert out.is_file()
        cancel(run=run, by=olga)
        return hand_in(run, out, facts)

    monkeypatch.setattr(training, "_hand_in", cancelled)
    with pytest.raises(LostClaim):
        training.train(running)
    running.refresh_from_db()
    assert running.state == RunState.CANCELLED
    assert not Submission.objects.exists()


def test_a_killed_trainer_becomes_no_zombie(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(running, monkeypatch, "os.kill(os.getpid(), signal.SIGKILL)")
    pid = int(run.log.split()[1])
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
