"""Running one baseline: a subprocess of its own that sees only the public files."""

import os
import signal
import sys
import time
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction

from baselines import memory
from baselines.registry import METHODS
from podium import files, programs
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.baseline_runs.actions import baseline_team, reference_of
from podium.baseline_runs.methods import default_seconds
from podium.baseline_runs.models import BaselineRun, RunState
from podium.files import Json
from podium.jobs import LostClaim
from podium.refusals import Refused
from podium.submissions.actions import set_aside, submit
from podium.submissions.models import Submission
from podium.uploads.receiving import from_path

log = structlog.get_logger(__name__)
ASIDE = "Another seed of this baseline is on the boards; this one shows how much a seed matters."
LOG_LINES = 60
MAX_LINE = 500
UPDATE_SECONDS = 1.0
MEMORY_SECONDS = 0.2
MB = 2**20
# What a run may take beyond its time limit for loading, features and prediction.
OVERTIME_SECONDS = 300


class DidNotFinish(Exception):
    """The method ended without predictions; the text is its own last word."""


class TooMuchMemory(Exception):
    """The method took more memory than it may."""


def train(run: BaselineRun) -> None:
    """Train the claimed run's method and submit its predictions."""
    with programs.scratch_folder() as folder:
        out = folder / "predictions.parquet"
        try:
            facts = _run_method(run, out)
            submission = _hand_in(run, out, facts)
        except (DidNotFinish, Refused) as error:
            fail(run, str(error))
            return
    log.info("baseline finished", run=str(run), submission=submission.pk)


def _hand_in(run: BaselineRun, out: Path, facts: Json) -> Submission:
    """Submit the predictions and end the run. Raises LostClaim, DidNotFinish or Refused.

    Both happen or neither: a worker that dies in between would leave a run to be repeated, and its
    predictions would be submitted a second time.
    """
    if not out.is_file():
        raise DidNotFinish("The method ended without a predictions file.")
    with transaction.atomic():
        if not run.finish(RunState.FINISHED, progress=1, message="predictions submitted"):
            raise LostClaim
        submission = submit(
            team=baseline_team(run.task.challenge, run.method),
            task=run.task,
            upload=from_path(out),
            method=run.method,
        )
        if not run.is_on_board:
            set_aside(submission=submission, why=ASIDE)
        BaselineRun.objects.filter(pk=run.pk).update(submission=submission, facts=facts)
    return submission


def fail(run: BaselineRun, reason: str) -> None:
    """End the claimed run as failed, with the reason in its log."""
    log.error("baseline failed", run=str(run), reason=reason)
    with transaction.atomic():
        lines = run.held().values_list("log", flat=True).first() or ""
        if not lines.endswith(reason):
            lines = f"{lines}\n{reason}".strip()
        if run.finish(RunState.FAILED, message=reason[:300], log=lines):
            record(Verb.BASELINE_FAILED, subject=run, challenge=run.task.challenge.slug)


def _run_method(run: BaselineRun, out: Path) -> Json:
    """Run the method to its end and return its facts. Raises DidNotFinish or LostClaim."""
    follower = _Follower(run)
    try:
        ended = programs.run(
            [*_command(run, out), *_reference(run, out.parent)],
            scratch=out.parent,
            reads=[_public(run), *_networks()],
            tick=follower.look,
            every=MEMORY_SECONDS,
            seconds=_seconds(run) + OVERTIME_SECONDS,
        )
    except (programs.OutOfTime, TooMuchMemory) as error:
        follower.store()
        raise DidNotFinish(_why_ended(run, error)) from error
    _store(run, ended)
    if ended.code != 0:
        raise DidNotFinish(last_words(ended))
    facts = ended.last.get("facts")
    return facts if isinstance(facts, dict) else {}


def _why_ended(run: BaselineRun, error: Exception) -> str:
    if isinstance(error, TooMuchMemory):
        return memory.sentence(settings.BASELINE_MEMORY_BYTES)
    return (
        f"The method was ended {OVERTIME_SECONDS} s after its time limit of "
        f"{_seconds(run)} s. Give it more time, or use a method that keeps to it."
    )


def _public(run: BaselineRun) -> Path:
    return files.local(files.public(), str(run.task.dataset_version.folder))


def _command(run: BaselineRun, out: Path) -> list[str]:
    return [
        sys.executable, "-m", "baselines", "run", run.method,
        "--data", str(_public(run)), "--out", str(out),
        "--time-limit", str(_seconds(run)), "--seed", str(run.seed),
        "--memory-limit", str(settings.BASELINE_MEMORY_BYTES / MB),
        *(_backbones() if METHODS[run.method].needs_backbones else ()),
        "--json-progress",
    ]  # fmt: skip


def _backbones() -> list[str]:
    given = {"--text-backbone": settings.TEXT_BACKBONE, "--image-backbone": settings.IMAGE_BACKBONE}
    return [part for option, name in given.items() if name for part in (option, name)]


def _networks() -> list[Path]:
    """Return the folders in which this machine may have pretrained networks."""
    places = (os.environ.get("HF_HOME"), settings.TEXT_BACKBONE, settings.IMAGE_BACKBONE)
    return [Path(place) for place in places if place and Path(place).is_absolute()]


def _seconds(run: BaselineRun) -> int:
    """Return the time limit of the run."""
    return run.seconds or default_seconds(run.method)


def _reference(run: BaselineRun, folder: Path) -> list[str]:
    """Return the options that name what the method starts from, copied to a folder it may see.

    Raises DidNotFinish if there is nothing to start from.
    """
    if not METHODS[run.method].needs_reference:
        return []
    earlier = reference_of(run)
    if earlier is None or earlier.submission is None:
        raise DidNotFinish(
            "No other baseline is on this task yet. Start AutoGluon, then this one again."
        )
    run.held().update(reference=earlier)
    copy = folder / "reference.parquet"
    files.fetch(files.private(), earlier.submission.file, copy)
    return ["--reference", str(copy), "--earlier", earlier.method]


class _Follower:
    """Looks at a method while it runs: keeps what it says, and ends what takes too much memory."""

    def __init__(self, run: BaselineRun) -> None:
        self._run = run
        self._program: programs.Program | None = None
        self._stored = 0.0

    def look(self, program: programs.Program) -> None:
        """Raises TooMuchMemory or LostClaim."""
        self._program = program
        self._run.give_back_if_stopping()
        # The method looks by itself, unless it keeps all its threads from running.
        if memory.exceeds(program.pid, settings.BASELINE_MEMORY_BYTES):
            raise TooMuchMemory
        if time.monotonic() - self._stored >= UPDATE_SECONDS:
            self.store()

    def store(self) -> None:
        """Keep what was said so far. Raises LostClaim."""
        self._stored = time.monotonic()
        if self._program is not None:
            _store(self._run, self._program)


def _store(run: BaselineRun, program: programs.Program) -> None:
    """Keep progress and log, and renew the lease. Raises LostClaim."""
    lines = list(program.log)[-LOG_LINES:]
    text = "\n".join(line[:MAX_LINE] for line in lines)
    run.renew(progress=program.progress, message=program.message[:300], log=text)


def last_words(ended: programs.Program) -> str:
    """Return why a program failed, in a sentence."""
    if ended.code == -signal.SIGKILL:
        limit = settings.BASELINE_MEMORY_BYTES / MB
        return (
            "The method was killed (SIGKILL), most likely because the machine's memory ran out. "
            f"Make room, or set PODIUM_BASELINE_MEMORY_MB below {limit:,.0f}; then start it again."
        )
    if ended.code is not None and ended.code < 0:
        name = signal.Signals(-ended.code).name
        return f"The method crashed ({name}). Read its log; then start it again or use another."
    return next((line for line in reversed(ended.log) if line), f"It ended with code {ended.code}.")
