"""Baselines enter through the same verb as teams, whatever happens on the way."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from baselines.registry import METHODS
from podium.accounts.models import User
from podium.baseline_runs import actions, tasks, training
from podium.baseline_runs.actions import (
    CannotStart,
    baseline_team,
    reference_of,
    restart,
    start,
    start_missing,
)
from podium.baseline_runs.models import BaselineRun, RunState
from podium.challenges.models import Challenge, Task
from podium.jobs import LostClaim
from podium.submissions.models import State, Submission
from podium.teams.models import Team
from tests.site import factories
from tests.site.pets import make_pets_task


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


@pytest.fixture
def running(pets: Task) -> BaselineRun:
    run = BaselineRun.claim(start(task=pets, method="trivial").pk)
    assert run is not None
    return run


def stand_in(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let the subprocess of a run be this Python program instead of a method."""
    command = [sys.executable, "-c", program]
    monkeypatch.setattr(training, "_command", lambda run, out: command)
    monkeypatch.setattr(training, "UPDATE_SECONDS", 0.05)


def test_a_method_is_trained_and_its_predictions_are_submitted(
    pets: Task, running: BaselineRun
) -> None:
    training.train(running)
    running.refresh_from_db()
    assert (running.state, running.progress) == (RunState.FINISHED, 1.0)
    submission = Submission.objects.get(team__baseline="trivial", task=pets)
    assert running.submission == submission
    assert (submission.state, submission.quota_day) == (State.QUEUED, None)
    assert running.facts.keys() == {"cpus", "seconds", "memory"}


def test_progress_and_log_are_kept_while_it_runs(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(
        monkeypatch,
        "import json, sys, time\n"
        "print(json.dumps({'progress': 0.4, 'message': 'halfway'}), flush=True)\n"
        "print('a line', file=sys.stderr, flush=True)\n"
        "time.sleep(0.5); sys.exit('no more memory for trees')",
    )
    training.train(running)
    running.refresh_from_db()
    assert (running.state, running.progress) == (RunState.FAILED, 0.4)
    assert running.log.splitlines() == ["a line", "no more memory for trees"]
    assert running.message == "no more memory for trees"


def test_a_method_that_writes_nothing_has_failed(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, "pass")
    training.train(running)
    running.refresh_from_db()
    assert running.state == RunState.FAILED
    assert "without a predictions file" in running.message


def test_a_killed_method_is_told_apart(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, "import os; os.kill(os.getpid(), 9)")
    training.train(running)
    running.refresh_from_db()
    assert "memory" in running.message


def test_a_method_far_over_its_time_is_stopped(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(training, "OVERTIME_SECONDS", -10_000)
    training.train(running)
    running.refresh_from_db()
    assert running.state == RunState.FAILED
    assert "after its time limit" in running.message


def test_a_run_taken_over_by_another_worker_stops_and_leaves_no_process(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mark = tmp_path / "pid"
    stand_in(
        monkeypatch,
        f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)",
    )
    BaselineRun.objects.filter(pk=running.pk).update(attempt=running.attempt + 1)
    with pytest.raises(LostClaim):
        training.train(running)
    running.refresh_from_db()
    assert running.state == RunState.RUNNING, "the other worker's claim is untouched"
    if mark.exists() and mark.read_text():
        with pytest.raises(ProcessLookupError):
            os.kill(int(mark.read_text()), 0)


def test_a_method_sees_no_secret_of_the_site(
    running: BaselineRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_SECRET_KEY", "hush")
    monkeypatch.setenv("DATABASE_URL", "hush")
    stand_in(monkeypatch, "import os, sys; sys.exit(' '.join(sorted(os.environ)))")
    training.train(running)
    running.refresh_from_db()
    ours = {"PATH", "PYTHONPATH", "HOME", "TMPDIR", "LANG", "PYTHONSAFEPATH", "PYTHONUNBUFFERED"}
    ours |= {"HF_HOME"}  # where a machine keeps pretrained networks
    assert set(running.message.split()) <= ours | {"LC_CTYPE"}  # Python sets the last one itself


def test_one_run_of_a_method_and_task_at_a_time(pets: Task) -> None:
    start(task=pets, method="trivial")
    with pytest.raises(CannotStart, match="already queued or running"):
        start(task=pets, method="trivial")


def test_an_unknown_method_is_refused(pets: Task) -> None:
    with pytest.raises(CannotStart, match="There is no baseline `magic`"):
        start(task=pets, method="magic")


def test_a_baseline_is_one_team_of_the_challenge_without_members(pets: Task) -> None:
    team = baseline_team(pets.challenge, "trivial")
    assert team == baseline_team(pets.challenge, "trivial")
    assert (team.baseline, team.captain) == ("trivial", None)


def test_what_is_missing_is_started_and_what_stood_is_left_alone(pets: Task) -> None:
    runs, left_out = start_missing(challenge=pets.challenge, methods=["trivial", "autogluon"])
    assert (len(runs), left_out) == (2, [])
    BaselineRun.objects.filter(method="trivial").update(state=RunState.FINISHED)
    BaselineRun.objects.filter(method="autogluon").update(state=RunState.FAILED)
    again, _ = start_missing(challenge=pets.challenge, methods=["trivial", "autogluon"])
    assert [run.method for run in again] == ["autogluon"]


def test_a_failed_run_can_be_started_again_and_a_running_one_not(
    running: BaselineRun, olga: User
) -> None:
    with pytest.raises(CannotStart, match="has not ended"):
        restart(run=running, by=olga)
    BaselineRun.objects.filter(pk=running.pk).update(state=RunState.FAILED, lease_until=None)
    running.refresh_from_db()
    assert restart(run=running, by=olga).state == RunState.QUEUED


def test_the_command_queues_and_names_what_it_does_not_know(
    pets: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("run_baselines", challenge=pets.challenge.slug, methods=["trivial"])
    assert "1 baseline runs are queued" in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no challenge `nowhere`"):
        call_command("run_baselines", challenge="nowhere")


def stand(task: Task, method: str, state: RunState = RunState.FINISHED) -> BaselineRun:
    """Return a run of the method that has ended; a finished one with the predictions it wrote."""
    run = BaselineRun.claim(start(task=task, method=method).pk)
    assert run is not None
    if state == RunState.FINISHED:
        BaselineRun.objects.filter(pk=run.pk).update(method="trivial")
        run.method = "trivial"
        training.train(run)
        BaselineRun.objects.filter(pk=run.pk).update(method=method)
    else:
        BaselineRun.objects.filter(pk=run.pk).update(state=state, lease_until=None)
    run.refresh_from_db()
    return run


CONGRUENT = "positive-congruent"


def test_a_method_that_starts_from_another_is_refused_where_there_is_none(pets: Task) -> None:
    with pytest.raises(CannotStart, match="starts from another baseline's submission"):
        start(task=pets, method=CONGRUENT)
    stand(pets, "linear", RunState.FAILED)
    with pytest.raises(CannotStart, match="Start AutoGluon first"):
        start(task=pets, method=CONGRUENT)
    start(task=pets, method="autogluon")
    assert start(task=pets, method=CONGRUENT).state == RunState.QUEUED


def test_it_waits_until_the_others_of_its_task_have_ended(pets: Task) -> None:
    first = start(task=pets, method="linear")
    run = start(task=pets, method=CONGRUENT)
    for _ in ("queued", "running"):
        tasks.run_baseline(run.pk)
        run.refresh_from_db()
        assert (run.state, run.attempt) == (RunState.QUEUED, 0)
        assert run.message == "Waits for the other baselines of this task."
        BaselineRun.claim(first.pk)
    assert BaselineRun.sweep(in_broker=0) == 1, "it is asked again"
    BaselineRun.objects.filter(pk=first.pk).update(state=RunState.FAILED, lease_until=None)
    claimed = BaselineRun.claim(run.pk)
    assert claimed is not None
    training.train(claimed)
    claimed.refresh_from_db()
    assert claimed.state == RunState.FAILED
    assert "No other baseline is on this task yet." in claimed.message


def test_it_starts_from_the_reference_baseline_where_that_stands(pets: Task) -> None:
    for method in ("autogluon", "linear", "trivial"):
        stand(pets, method)
    stand(pets, "autogluon", RunState.FAILED)
    run = start(task=pets, method=CONGRUENT)
    assert [found.method for found in _references(run)] == ["autogluon", "linear", "trivial"]


def _references(run: BaselineRun) -> Iterator[BaselineRun]:
    """Yield what a run starts from, withdrawing one after the other."""
    while found := reference_of(run):
        yield found
        Submission.objects.filter(pk=found.submission_id).update(withdrawn_at=timezone.now())


@pytest.mark.slow
def test_its_pair_is_linked_head_to_head_on_the_task_page(pets: Task, client: Client) -> None:
    earlier = stand(pets, "trivial")
    run = BaselineRun.claim(start(task=pets, method=CONGRUENT).pk)
    assert run is not None
    assert training._seconds(run) == 120
    training.train(run)
    run.refresh_from_db()
    assert (run.state, run.reference) == (RunState.FINISHED, earlier), run.log
    page = client.get(pets.get_absolute_url()).content.decode()
    link = f"{reverse('compare', args=[pets.challenge.slug])}?a=baseline-trivial&amp;b="
    assert f"{link}baseline-positive-congruent&amp;task=pets" in page
    assert "Positive-congruent was trained to keep what Trivial gets right" in page
    shown = client.get(link.replace("&amp;", "&") + "baseline-positive-congruent")
    assert shown.status_code == 200


def test_the_command_leaves_out_what_cannot_serve_with_a_sentence(
    pets: Task, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = replace(METHODS["trivial"], name="pairs", title="Pairs", kinds=("matching",))
    few = replace(METHODS["trivial"], name="few", title="Few", most_rows=100)
    for name, method in (("pairs", pairs), ("few", few)):
        monkeypatch.setitem(METHODS, name, method)
    with pytest.raises(CannotStart, match="Pets: Pairs serves matching tasks"):
        start(task=pets, method="pairs")
    names = [CONGRUENT, "pairs", "few", "trivial"]
    call_command("run_baselines", challenge=pets.challenge.slug, methods=names)
    assert capsys.readouterr().out.splitlines() == [
        "Left out. Pets: Pairs serves matching tasks, not classification.",
        "Left out. Pets: Few takes at most 100 training rows, and the data set has 120.",
        "2 baseline runs are queued.",
    ]
    queued = BaselineRun.objects.order_by("pk").values_list("method", flat=True)
    assert list(queued) == ["trivial", CONGRUENT], "those that start from others go last"


def test_every_task_gets_its_trivial_baseline_by_itself_once(pets: Task) -> None:
    late = factories.make_task(pets.challenge, "matching", "late")
    tasks.sweep()
    runs = BaselineRun.objects.filter(method="trivial")
    assert set(runs.values_list("task", "state")) == {
        (pets.pk, RunState.QUEUED),
        (late.pk, RunState.QUEUED),
    }
    assert not BaselineRun.objects.exclude(method="trivial").exists()
    runs.update(state=RunState.FAILED, lease_until=None)
    tasks.sweep()
    assert runs.count() == 2, "organizers start again what failed"
    runs.delete()
    trivial = Team.objects.get(baseline="trivial")
    factories.make_submission(trivial, late)
    tasks.sweep()
    assert runs.get().task == pets


def test_what_the_sweep_started_meanwhile_is_said_and_holds_up_nothing(
    pets: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = actions.obstacle

    def sweep_first(task: Task, method: str) -> str:
        monkeypatch.setattr(actions, "obstacle", begin)
        actions.start_trivial()
        return begin(task, method)

    monkeypatch.setattr(actions, "obstacle", sweep_first)
    runs, left_out = start_missing(challenge=pets.challenge, methods=["trivial"])
    assert (runs, len(left_out)) == ([], 1)
    assert "already queued or running" in left_out[0]
