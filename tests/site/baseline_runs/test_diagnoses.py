"""A published version is diagnosed once, by a program that sees only its public files."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from baselines.diagnostics.model import from_json
from podium import programs
from podium.accounts.models import User
from podium.audit.models import Event
from podium.baseline_runs import diagnosis_runs, tasks
from podium.baseline_runs.actions import CannotStart, diagnose
from podium.baseline_runs.models import Diagnosis, DiagnosisState
from podium.catalog.actions.versions import new_draft, publish, retire
from podium.catalog.models import DatasetVersion
from podium.jobs import LostClaim
from tests.site.pets import build_pets

pytestmark = pytest.mark.django_db

NOTHING = {
    "format": 1, "dataset": "pets", "metric": "accuracy", "train_rows": 120, "rows": 120,
    "folds": 5, "groups": "", "seed": 0, "seconds": 1.0, "chance": 0.3, "learning_curve": None,
    "ablation": None, "capacity": None, "seeds": [], "left_out": [],
}  # fmt: skip


@pytest.fixture
def version(tmp_path: Path) -> DatasetVersion:
    public, private = build_pets(tmp_path)
    return publish(public=public, private=private)


@pytest.fixture
def running(version: DatasetVersion) -> Diagnosis:
    found = Diagnosis.claim(diagnose(version=version).pk)
    assert found is not None
    return found


def stand_in(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let the subprocess be this Python program, whose last argument is the file to write."""
    monkeypatch.setattr(
        diagnosis_runs, "_command", lambda _, out: [sys.executable, "-c", program, str(out)]
    )
    monkeypatch.setattr(diagnosis_runs, "UPDATE_SECONDS", 0.05)


def writing(document: dict[str, Any]) -> str:
    return f"import sys; open(sys.argv[1], 'w').write({json.dumps(document)!r})"


@pytest.mark.slow
def test_a_version_is_diagnosed_by_its_public_files(
    running: Diagnosis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis_runs, "SECONDS", 30)
    diagnosis_runs.work(running)
    running.refresh_from_db()
    assert (running.state, running.message, running.progress) == (DiagnosisState.DONE, "", 1.0)
    assert running.result is not None
    found = from_json(running.result)
    assert (found.dataset, found.metric, found.rows) == ("pets", "accuracy", 120)
    assert found.learning_curve is not None
    assert found.learning_curve.points[-1].score.value > 0.9


def test_the_program_is_given_the_public_folder_and_no_other(
    running: Diagnosis, tmp_path: Path
) -> None:
    command = diagnosis_runs._command(running, tmp_path / "out")
    folder = Path(command[command.index("--data") + 1])
    assert (folder / "train.parquet").exists()
    assert str(folder).endswith(f"datasets/pets/{running.version.number}")
    assert not any("solution" in each or "private" in each for each in command)


def test_what_it_found_is_kept_with_its_end_in_the_audit(
    running: Diagnosis, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, writing(NOTHING))
    diagnosis_runs.work(running)
    running.refresh_from_db()
    assert (running.state, running.result) == (DiagnosisState.DONE, NOTHING)
    assert running.finished_at is not None
    verbs = Event.objects.filter(subject=f"diagnosis:{running.pk}").values_list("verb", flat=True)
    assert set(verbs) == {"queued diagnosis", "diagnosis done"}


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("pass", "ended without a complete diagnosis"),
        (writing({**NOTHING, "format": 9}), "ended without a complete diagnosis"),
        (writing({"format": 1}), "ended without a complete diagnosis"),
        ("import sys; sys.exit('There is nothing to learn from.')", "nothing to learn from"),
        ("import os; os.kill(os.getpid(), 9)", "memory"),
    ],
)
def test_a_diagnosis_without_a_result_fails_with_the_reason(
    running: Diagnosis, monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    stand_in(monkeypatch, program)
    diagnosis_runs.work(running)
    running.refresh_from_db()
    assert (running.state, running.result) == (DiagnosisState.FAILED, None)
    assert reason in running.message


def test_one_far_over_its_time_is_ended(
    running: Diagnosis, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(diagnosis_runs, "OVERTIME_SECONDS", -10_000)
    diagnosis_runs.work(running)
    running.refresh_from_db()
    assert running.state == DiagnosisState.FAILED
    assert "time limit of 240 s" in running.message


def test_one_that_another_worker_took_over_leaves_its_row_alone(
    running: Diagnosis, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, "import time; time.sleep(60)")
    Diagnosis.objects.filter(pk=running.pk).update(attempt=running.attempt + 1)
    with pytest.raises(LostClaim):
        diagnosis_runs.work(running)
    running.refresh_from_db()
    assert running.state == DiagnosisState.RUNNING


def test_a_worker_that_stops_gives_it_back(
    running: Diagnosis, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(programs, "is_stopping", lambda: True)
    with pytest.raises(LostClaim):
        diagnosis_runs.work(running)
    running.refresh_from_db()
    assert (running.state, running.lease_until) == (DiagnosisState.QUEUED, None)
    assert running.attempt_limit == 4, "the attempt was free"


def test_the_sweep_requests_only_published_versions_and_once(
    version: DatasetVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_draft(name="plants", title="Plants", by=None, access="public")
    monkeypatch.setattr("podium.workers.queue_lengths", lambda: {"baselines": 3})
    tasks.sweep()
    assert not Diagnosis.objects.exists(), "baselines go first"
    monkeypatch.setattr("podium.workers.queue_lengths", dict)
    tasks.sweep()
    assert [each.version for each in Diagnosis.objects.all()] == [version]
    Diagnosis.objects.update(state=DiagnosisState.FAILED)
    tasks.sweep()
    assert Diagnosis.objects.get().state == DiagnosisState.FAILED, "only people start it again"


def test_a_retired_version_is_not_asked_for_but_may_be(version: DatasetVersion) -> None:
    retire(version=version)
    version.refresh_from_db()
    tasks.sweep()
    assert not Diagnosis.objects.exists()
    assert diagnose(version=version).state == DiagnosisState.QUEUED


def test_what_was_found_stays_until_there_is_something_new(
    running: Diagnosis, monkeypatch: pytest.MonkeyPatch, olga: User
) -> None:
    stand_in(monkeypatch, writing(NOTHING))
    diagnosis_runs.work(running)
    again = diagnose(version=running.version, by=olga)
    assert (again.pk, again.state, again.result) == (running.pk, DiagnosisState.QUEUED, NOTHING)
    with pytest.raises(CannotStart, match="queued already"):
        diagnose(version=running.version)
    claimed = Diagnosis.claim(again.pk)
    assert claimed is not None
    with pytest.raises(CannotStart, match="running already"):
        diagnose(version=running.version)
    stand_in(monkeypatch, "pass")
    diagnosis_runs.work(claimed)
    claimed.refresh_from_db()
    assert (claimed.state, claimed.result) == (DiagnosisState.FAILED, NOTHING)


def test_a_version_that_is_not_out_is_refused() -> None:
    draft = new_draft(name="plants", title="Plants", by=None, access="public")
    with pytest.raises(CannotStart, match=r"plants 1 is draft\. Publish it first"):
        diagnose(version=draft)


def test_the_command_takes_the_newest_version_or_the_one_named(
    version: DatasetVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("diagnose_dataset", "pets")
    assert "The diagnosis of pets 1 is queued." in capsys.readouterr().out
    with pytest.raises(CommandError, match="queued already"):
        call_command("diagnose_dataset", "pets", "--version", "1")
    with pytest.raises(CommandError, match="`pets` has no version 7"):
        call_command("diagnose_dataset", "pets", "--version", "7")
    with pytest.raises(CommandError, match="`nowhere` has no published version"):
        call_command("diagnose_dataset", "nowhere")
