"""Checks without a submission: what they tell, what they never see, and that no file stays."""

import errno
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from podium import files
from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.actions.licences import accept_licence
from podium.catalog.models import Access
from podium.challenges.models import Task
from podium.jobs import ATTEMPTS, LostClaim
from podium.refusals import Refused
from podium.submissions import tasks
from podium.submissions.actions import submit
from podium.submissions.jobs import scoring_runs, validations
from podium.submissions.jobs.validations import check, validate
from podium.submissions.models import Checking, Evaluation, Quota, Submission, Validation
from podium.submissions.tidying import tidy
from podium.teams.actions import accept_rules, ensure_team
from podium.teams.models import Team
from podium.uploads.receiving import Upload
from scoring.runner import Failed, Rejected, Scorer
from tests.site.pets import file_with, predictions
from tests.site.sent import sent_of


class BrokenScorer(Scorer):
    """A scorer whose process always dies: what happens then is ours to handle."""

    def check(self, **_: object) -> Failed:  # type: ignore[override]
        return Failed("the scoring process died")


@pytest.fixture
def player(pets: Task, charlie: User) -> User:
    """Charlie, who has accepted the rules and is in no team."""
    accept_rules(challenge=pets.challenge, by=charlie)
    return charlie


@pytest.fixture
def queued(pets: Task, player: User, tmp_path: Path) -> Validation:
    return validate(task=pets, upload=predictions(pets, tmp_path), by=player)


def stored_files() -> list[Path]:
    root = Path(site.STORAGES["private"]["OPTIONS"]["location"]) / "checks"
    return [path for path in root.rglob("*") if path.is_file()]


def run(row: Validation, scorer: Scorer) -> Validation:
    """Return the row after one worker's work on it."""
    if held := Validation.claim(row.pk):
        check(held, scorer)
    row.refresh_from_db()
    return row


def let_lease_run_out() -> None:
    Validation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_good_file_is_valid_and_gone_and_nothing_else_is_made(
    queued: Validation, scorer: Scorer
) -> None:
    assert queued.state == Checking.QUEUED
    assert len(stored_files()) == 1
    assert stored_files()[0].stat().st_mode & 0o077 == 0
    done = run(queued, scorer)
    assert (done.state, done.problems, done.file) == (Checking.VALID, [], "")
    assert done.finished_at is not None
    assert not stored_files()
    for model in (Submission, Evaluation, Quota, Team):
        assert not model.objects.exists()
    assert Event.objects.get(subject=f"validation:{done.pk}").verb == "asked for a check"


def test_it_runs_with_the_solution_absent(queued: Validation, pets: Task, scorer: Scorer) -> None:
    solution = files.local(files.private(), pets.solution.file)
    solution.unlink()
    assert run(queued, scorer).state == Checking.VALID


def test_a_bad_file_has_its_problems_in_the_words_of_a_rejection(
    pets: Task, player: User, tmp_path: Path, scorer: Scorer
) -> None:
    text = sent_of(predictions(pets, tmp_path)).decode().splitlines()
    text[1] = "stranger,cow"
    row = validate(task=pets, upload=file_with("\n".join(text), tmp_path), by=player)
    done = run(row, scorer)
    assert done.state == Checking.INVALID
    (tmp_path / "bad.csv").write_text("\n".join(text))
    rejected = scorer.score(
        file=tmp_path / "bad.csv",
        dataset=files.local(files.public(), f"{pets.dataset_version.folder}/dataset.json"),
        test=files.local(files.public(), f"{pets.dataset_version.folder}/test.parquet"),
        solution=files.local(files.private(), pets.solution.file),
    )
    assert isinstance(rejected, Rejected)
    assert [each["message"] for each in done.problems] == [p.message for p in rejected.problems]
    assert not stored_files()


def test_right_and_wrong_answers_check_alike(
    pets: Task, player: User, tmp_path: Path, scorer: Scorer
) -> None:
    """Nothing of what is stored says how good the predictions are."""
    rows = [
        run(validate(task=pets, upload=predictions(pets, tmp_path, **wrong), by=player), scorer)
        for wrong in ({}, {"wrong": 6}, {"wrong_private": 9})
    ]
    told = {(row.state, str(row.problems), str(row.notes), row.failure) for row in rows}
    assert len(told) == 1


def test_a_check_whose_process_dies_is_tried_again_and_then_failed(queued: Validation) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        assert len(stored_files()) == 1
        expected = Checking.QUEUED if attempt < ATTEMPTS else Checking.FAILED
        assert run(queued, BrokenScorer()).state == expected
    assert queued.failure == "the scoring process died"
    assert not stored_files()
    assert Validation.claim(queued.pk) is None


def test_a_check_whose_workers_all_die_fails_in_the_end(queued: Validation) -> None:
    for _ in range(ATTEMPTS):
        assert Validation.claim(queued.pk) is not None
        let_lease_run_out()
    tasks.check_file(queued.pk)
    queued.refresh_from_db()
    assert queued.state == Checking.FAILED
    assert not stored_files()


def test_a_worker_that_lost_its_claim_stores_nothing(queued: Validation, scorer: Scorer) -> None:
    late = Validation.claim(queued.pk)
    let_lease_run_out()
    quick = Validation.claim(queued.pk)
    assert late is not None
    assert quick is not None
    with pytest.raises(LostClaim):
        check(late, BrokenScorer())
    queued.refresh_from_db()
    assert queued.state == Checking.CHECKING
    check(quick, scorer)
    queued.refresh_from_db()
    assert queued.state == Checking.VALID


def test_a_check_that_its_limits_end_twice_is_the_files_fault(
    queued: Validation, scorer: Scorer, settings: Settings
) -> None:
    settings.SCORING_MEMORY_BYTES = 1
    done = run(queued, scorer)
    assert done.state == Checking.INVALID
    assert done.problems[0]["code"] == "needs_memory"
    assert not stored_files()


def test_a_file_that_vanished_fails_on_our_side(queued: Validation, scorer: Scorer) -> None:
    stored_files()[0].unlink()
    for _ in range(ATTEMPTS):
        run(queued, scorer)
    assert queued.state == Checking.FAILED
    assert "FileNotFoundError" in queued.failure


def refusal(task: Task, upload: object, by: User) -> Refused:
    """Return the refusal of a check, having seen that it left nothing behind."""
    before = Validation.objects.count()
    with pytest.raises(Refused) as caught:
        validate(task=task, upload=upload, by=by)  # type: ignore[arg-type]
    assert (Validation.objects.count(), stored_files()) == (before, [])
    return caught.value


def test_a_person_has_so_many_an_hour_and_learns_when_the_next_is_possible(
    pets: Task, player: User, alice: User, tmp_path: Path
) -> None:
    accept_rules(challenge=pets.challenge, by=alice)
    upload = predictions(pets, tmp_path)
    first = validate(task=pets, upload=upload, by=player)
    Validation.objects.filter(pk=first.pk).update(
        created_at=timezone.now() - timedelta(minutes=59), file=""
    )
    Path(stored_files()[0]).unlink()
    row = Validation.objects.get()
    for _ in range(validations.PER_HOUR - 1):
        row.pk, row.created_at = None, timezone.now()
        row.save(force_insert=True)
    refused = refusal(pets, upload, player)
    again = Validation.objects.get(pk=first.pk).created_at + timedelta(hours=1)
    assert (refused.code, refused.retry_at) == ("too_often", again)
    assert f"{again:%Y-%m-%d %H:%M:%S} UTC" in refused.message
    assert validate(task=pets, upload=upload, by=alice), "another person has an hour of their own"
    Validation.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=2))
    assert validate(task=pets, upload=upload, by=player)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"announced_at": None, "opens_at": 1}, "not_open"),
        ({"opens_at": -9, "team_freeze_at": -1, "closes_at": -1}, "closed"),
    ],
)
def test_out_of_time_nothing_is_checked(
    pets: Task, player: User, tmp_path: Path, change: dict[str, object], code: str
) -> None:
    move(pets, **change)
    assert refusal(pets, predictions(pets, tmp_path), player).code == code


def test_a_check_needs_no_rules_accepted(pets: Task, charlie: User, tmp_path: Path) -> None:
    move(pets, rules="New ones.")
    assert validate(task=pets, upload=predictions(pets, tmp_path), by=charlie)


def test_before_the_opening_files_can_be_checked(pets: Task, player: User, tmp_path: Path) -> None:
    move(pets, opens_at=1)
    assert validate(task=pets, upload=predictions(pets, tmp_path), by=player)


def test_organizers_try_it_while_the_challenge_is_a_draft(
    pets: Task, viktor: User, tmp_path: Path
) -> None:
    move(pets, announced_at=None, opens_at=1)
    assert validate(task=pets, upload=predictions(pets, tmp_path), by=viktor)


def test_large_and_foreign_files_are_refused_unread(
    pets: Task, player: User, tmp_path: Path
) -> None:
    assert refusal(pets, file_with(b"PK", tmp_path, "a.xlsx"), player).code == "not_a_table"
    pets.max_bytes = 10
    assert refusal(pets, predictions(pets, tmp_path), player).code == "too_large"


def test_a_full_disk_keeps_no_half_of_a_file(
    pets: Task, player: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(storage: Storage, name: str, source: Path) -> None:
        storage.save(name, ContentFile(b"half"))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "put", half)
    assert refusal(pets, predictions(pets, tmp_path), player).code == "no_room"


def test_a_file_whose_web_process_was_lost_is_deleted(queued: Validation) -> None:
    Validation.objects.update(queued_at=None)
    assert Validation.claim(queued.pk) is None, "it may not be there in full"
    assert Validation.sweep(in_broker=0) == 0
    tidy()
    assert stored_files(), "its process may still be storing it"
    Validation.objects.update(created_at=timezone.now() - timedelta(hours=2))
    tidy()
    queued.refresh_from_db()
    assert queued.state == Checking.FAILED
    assert not stored_files()


def test_a_file_that_was_left_after_the_end_is_deleted(queued: Validation) -> None:
    Validation.objects.update(state=Checking.VALID, finished_at=timezone.now())
    tidy()
    assert not stored_files()
    assert Validation.objects.get().file == ""


def test_rows_go_after_seven_days(queued: Validation, scorer: Scorer) -> None:
    run(queued, scorer)
    Validation.objects.update(finished_at=timezone.now() - timedelta(days=6))
    tidy()
    assert Validation.objects.exists()
    Validation.objects.update(finished_at=timezone.now() - timedelta(days=8))
    tidy()
    assert not Validation.objects.exists()


def test_one_message_of_two_that_wait_is_missed_whichever_it_was(
    queued: Validation, team: Team, pets: Task, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    submission = submit(team=team, task=pets, upload=predictions(pets, tmp_path))
    sent: list[object] = []
    monkeypatch.setattr("podium.celery.send", lambda _, pk: sent.append(pk))
    for waiting, expected in ((2, []), (1, [submission.pk, queued.pk])):
        monkeypatch.setattr(
            tasks.workers, "queue_lengths", lambda length=waiting: {"scoring": length}
        )
        tasks.sweep()
        assert sent == expected


def test_the_task_goes_to_the_queue_of_the_scorers() -> None:
    assert site.CELERY_TASK_ROUTES[tasks.check_file.name] == {"queue": "scoring"}


def test_the_database_refuses_a_lease_without_a_check(queued: Validation) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Validation.objects.update(lease_until=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Validation.objects.update(state=Checking.VALID)


def move(task: Task, **changes: object) -> None:
    """Change the challenge; numbers are days from now."""
    for name, value in changes.items():
        moment = timezone.now() + timedelta(days=value) if isinstance(value, int) else value
        setattr(task.challenge, name, moment)
    task.challenge.save()


def _incomplete(task: Task, folder: Path) -> Upload:
    """Return a file that lacks the rows of two test ids and names a strange one."""
    lines = sent_of(predictions(task, folder)).decode().splitlines()
    return file_with("\n".join([lines[0], "stranger,cat", *lines[3:]]), folder)


@pytest.mark.parametrize("access", [Access.SIGNED_IN, Access.PARTICIPANTS])
def test_ids_that_the_sender_may_not_see_are_counted_and_not_named(
    pets: Task, player: User, tmp_path: Path, scorer: Scorer, access: Access
) -> None:
    version = pets.dataset_version
    version.access = access
    version.save()
    team = ensure_team(player, pets.challenge)
    lacking = [line.split(",")[0] for line in _test_lines(pets, tmp_path)[1:3]]

    def messages() -> dict[str, str]:
        checked = run(validate(task=pets, upload=_incomplete(pets, tmp_path), by=player), scorer)
        sent = submit(team=team, task=pets, upload=_incomplete(pets, tmp_path), by=player)
        held = Submission.claim(sent.pk)
        assert held is not None
        scoring_runs.score(held, scorer)
        sent.refresh_from_db()
        assert sent.problems == checked.problems
        return {each["code"]: each["message"] for each in checked.problems}

    hidden = messages()
    assert not any(each in text for each in lacking for text in hidden.values())
    assert hidden["missing_id"].startswith("2 test ids have no row. To see which ones")
    assert "stranger" in hidden["unknown_id"]
    accept_licence(version=version, by=player)
    assert all(each in messages()["missing_id"] for each in lacking)


def _test_lines(task: Task, folder: Path) -> list[str]:
    return sent_of(predictions(task, folder)).decode().splitlines()
