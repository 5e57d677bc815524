"""Running one baseline: a subprocess of its own that sees the public files alone."""

import signal
import sys
from functools import partial
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from podium import files, programs
from podium.audit.actions import record
from podium.baseline_runs.actions import LEASE, baseline_team, give_back, held
from podium.baseline_runs.models import BaselineRun, RunState
from podium.submissions.actions import Refused, submit
from podium.submissions.models import Submission
from podium.submissions.uploads import from_path

log = structlog.get_logger(__name__)
SEED = 1
LOG_LINES = 60
MAX_LINE = 500
UPDATE_SECONDS = 1.0
# What a run may take beyond its time limit for loading, features and prediction.
OVERTIME_SECONDS = 300


class LostClaim(Exception):
    """The run is another worker's now, or given back; this one stops."""


class DidNotFinish(Exception):
    """The method ended without predictions; the text is its own last word."""


def train(run: BaselineRun) -> None:
    """Train the claimed run's method and submit its predictions."""
    with programs.scratch_folder() as folder:
        out = folder / "predictions.parquet"
        try:
            _run_method(run, out)
            submission = _hand_in(run, out)
        except LostClaim:
            return
        except (DidNotFinish, Refused) as error:
            _fail(run, str(error))
            return
    log.info("baseline finished", run=str(run), submission=submission.pk)


def _hand_in(run: BaselineRun, out: Path) -> Submission:
    """Submit the predictions and end the run. Raises LostClaim, DidNotFinish or Refused.

    Both happen or neither: a worker that dies in between would leave a run to be repeated, and its
    predictions would be submitted a second time.
    """
    if not out.is_file():
        raise DidNotFinish("The method ended without a predictions file.")
    with transaction.atomic():
        ended = held(run).update(
            state=RunState.FINISHED,
            lease_until=None,
            finished_at=timezone.now(),
            progress=1,
            message="predictions submitted",
        )
        if not ended:
            raise LostClaim
        submission = submit(
            team=baseline_team(run.task.challenge, run.method),
            task=run.task,
            upload=from_path(out),
            method=run.method,
        )
        BaselineRun.objects.filter(pk=run.pk).update(submission=submission)
    return submission


def _fail(run: BaselineRun, reason: str) -> None:
    log.error("baseline failed", run=str(run), reason=reason)
    with transaction.atomic():
        failed = held(run).update(
            state=RunState.FAILED,
            lease_until=None,
            finished_at=timezone.now(),
            message=reason[:300],
        )
        if failed:
            record("baseline failed", subject=run, challenge=run.task.challenge.slug)


def _run_method(run: BaselineRun, out: Path) -> None:
    """Run the method to its end. Raises DidNotFinish or LostClaim."""
    try:
        ended = programs.run(
            _command(run, out),
            scratch=out.parent,
            tick=partial(_follow, run),
            every=UPDATE_SECONDS,
            seconds=settings.BASELINE_SECONDS + OVERTIME_SECONDS,
        )
    except programs.OutOfTime as error:
        said = f"The method ran {OVERTIME_SECONDS} s over its time limit."
        raise DidNotFinish(said) from error
    _store(run, ended)
    if ended.code != 0:
        raise DidNotFinish(_last_words(ended))


def _command(run: BaselineRun, out: Path) -> list[str]:
    public = files.local(files.public(), str(run.task.dataset_version.folder))
    return [
        *(sys.executable, "-m", "baselines", "run", run.method),
        *("--data", str(public), "--out", str(out)),
        *("--time-limit", str(settings.BASELINE_SECONDS), "--seed", str(SEED)),
        "--json-progress",
    ]


def _follow(run: BaselineRun, program: programs.Program) -> None:
    """Keep what the method says while it runs. Raises LostClaim."""
    _store(run, program)
    if programs.is_stopping():
        give_back(run)
        raise LostClaim


def _store(run: BaselineRun, program: programs.Program) -> None:
    """Keep progress and log, and renew the lease. Raises LostClaim."""
    lines = list(program.log)[-LOG_LINES:]
    changed = held(run).update(
        lease_until=timezone.now() + LEASE,
        progress=program.progress,
        message=program.message[:300],
        log="\n".join(line[:MAX_LINE] for line in lines),
    )
    if not changed:
        raise LostClaim


def _last_words(ended: programs.Program) -> str:
    if ended.code == -signal.SIGKILL:
        return "The method was killed, most likely because memory ran out."
    return next((line for line in reversed(ended.log) if line), f"It ended with code {ended.code}.")
