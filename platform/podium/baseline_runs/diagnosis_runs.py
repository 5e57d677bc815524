"""Making one diagnosis: a subprocess of its own that sees only the public files."""

import json
import sys
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction

from baselines.diagnostics.model import from_json
from podium import files, programs
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.baseline_runs.models import Diagnosis, DiagnosisState
from podium.baseline_runs.training import DidNotFinish, last_words

log = structlog.get_logger(__name__)
SECONDS = 240  # parts that do not fit are left out and named
SEED = 0
UPDATE_SECONDS = 1.0
# What it may take beyond its time limit for loading and for a step that takes longer than thought.
OVERTIME_SECONDS = 300
MB = 2**20


def work(diagnosis: Diagnosis) -> None:
    """Make the claimed diagnosis and keep what it found, or the reason why not."""
    with programs.scratch_folder() as folder:
        try:
            _run(diagnosis, folder / "diagnostics.json")
            found = _read(folder / "diagnostics.json")
        except DidNotFinish as error:
            fail(diagnosis, str(error))
            return
    _end(diagnosis, DiagnosisState.DONE, Verb.DIAGNOSIS_DONE, message="", progress=1, result=found)


def fail(diagnosis: Diagnosis, reason: str) -> None:
    """End the claimed diagnosis as failed."""
    _end(diagnosis, DiagnosisState.FAILED, Verb.DIAGNOSIS_FAILED, message=reason[:300])


def _end(diagnosis: Diagnosis, state: str, verb: Verb, **fields: object) -> None:
    with transaction.atomic():
        if diagnosis.finish(state, **fields):
            record(verb, subject=diagnosis, version=str(diagnosis.version))
    log.info("diagnosis ended", version=str(diagnosis.version), state=state)


def _run(diagnosis: Diagnosis, out: Path) -> None:
    """Run the program to its end. Raises DidNotFinish or LostClaim."""
    try:
        ended = programs.run(
            _command(diagnosis, out),
            scratch=out.parent,
            reads=[_public(diagnosis)],
            tick=lambda program: diagnosis.follow(program.progress, program.message),
            every=UPDATE_SECONDS,
            seconds=SECONDS + OVERTIME_SECONDS,
        )
    except programs.OutOfTime as error:
        said = f"It was ended {OVERTIME_SECONDS} s after its time limit of {SECONDS} s."
        raise DidNotFinish(said) from error
    if ended.code != 0:
        raise DidNotFinish(last_words(ended))


def _public(diagnosis: Diagnosis) -> Path:
    return files.local(files.public(), str(diagnosis.version.folder))


def _command(diagnosis: Diagnosis, out: Path) -> list[str]:
    return [
        "nice", "-n", "10",  # nobody waits for it
        sys.executable, "-m", "baselines", "diagnose",
        "--data", str(_public(diagnosis)), "--out", str(out),
        "--time-limit", str(SECONDS), "--seed", str(SEED),
        "--memory-limit", str(settings.BASELINE_MEMORY_BYTES / MB),
        "--json-progress",
    ]  # fmt: skip


def _read(out: Path) -> dict[str, object]:
    """Return the document that the program wrote. Raises DidNotFinish."""
    try:
        document: dict[str, object] = json.loads(out.read_text(encoding="utf-8"))
        from_json(document)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DidNotFinish("It ended without a complete diagnosis.") from error
    return document
