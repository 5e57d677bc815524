"""What is taken, what is refused, and that a refusal leaves nothing behind."""

import errno
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Task
from podium.refusals import Refused
from podium.submissions.actions import submit
from podium.submissions.models import Quota, State, Submission
from podium.teams.models import Team
from tests.site import factories
from tests.site.pets import file_with, predictions

pytestmark = pytest.mark.dialect


def stored_uploads() -> list[Path]:
    root = Path(settings.STORAGES["private"]["OPTIONS"]["location"]) / "uploads"
    return [path for path in root.rglob("*") if path.is_file()]


def refusal(team: Team, task: Task, upload: object) -> Refused:
    """Return the refusal of an upload, having seen that it left nothing behind."""
    before = (Submission.objects.count(), list(Quota.objects.values()), stored_uploads())
    with pytest.raises(Refused) as caught:
        submit(team=team, task=task, upload=upload)  # type: ignore[arg-type]
    assert (Submission.objects.count(), list(Quota.objects.values()), stored_uploads()) == before
    return caught.value


def test_a_submission_is_queued_with_its_file_number_and_event(
    team: Team, pets: Task, alice: User, tmp_path: Path
) -> None:
    upload = predictions(pets, tmp_path)
    first = submit(team=team, task=pets, upload=upload, by=alice, method=" forest ")
    second = submit(team=team, task=pets, upload=upload, by=alice)
    assert (first.number, second.number) == (1, 2)
    assert (first.state, first.method, first.sha256) == (State.QUEUED, "forest", upload.sha256)
    stored = files.local(files.private(), first.file)
    assert stored.read_bytes() == upload.path.read_bytes()
    assert stored.stat().st_mode & 0o077 == 0, "nobody else on the machine may read uploads"
    event = Event.objects.get(verb="submitted", subject=f"submission:{first.pk}")
    assert (event.actor, event.facts["sha256"]) == ("Alice", upload.sha256)
    assert Quota.objects.get(team=team, task=pets).used == 2


def test_numbers_count_within_team_and_task(
    team: Team, pets: Task, charlie: User, tmp_path: Path
) -> None:
    other = factories.make_team(pets.challenge, "Beta", charlie)
    upload = predictions(pets, tmp_path)
    numbers = [submit(team=t, task=pets, upload=upload).number for t in (team, other, team)]
    assert numbers == [1, 1, 2]


def test_a_number_is_given_once(team: Team, pets: Task) -> None:
    factories.make_submission(team, pets)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_submission(team, pets, number=1)


@pytest.mark.parametrize(
    ("opens", "closes", "code"),
    [(1, 9, "not_open"), (-9, -1, "closed")],
    ids=["before the opening", "after the close"],
)
def test_a_file_out_of_time_is_refused(
    team: Team, pets: Task, tmp_path: Path, opens: int, closes: int, code: str
) -> None:
    _move(pets, opens, closes)
    refused = refusal(team, pets, predictions(pets, tmp_path))
    assert refused.code == code
    assert "UTC" in refused.message


@pytest.mark.parametrize(("minutes", "is_taken"), [(14, True), (16, False)])
def test_a_file_begun_before_the_close_has_fifteen_minutes(
    team: Team, pets: Task, tmp_path: Path, minutes: int, is_taken: bool
) -> None:
    closed = timezone.now() - timedelta(minutes=minutes)
    challenge = pets.challenge
    challenge.team_freeze_at = challenge.closes_at = closed
    challenge.save()
    began = replace(predictions(pets, tmp_path), first_byte_at=closed - timedelta(seconds=1))
    if is_taken:
        submission = submit(team=team, task=pets, upload=began)
        assert submission.first_byte_at < closed < submission.received_at
    else:
        assert refusal(team, pets, began).code == "too_late"


def test_the_day_has_so_many_attempts_and_no_more(team: Team, pets: Task, tmp_path: Path) -> None:
    pets.daily_limit, pets.in_flight_limit = 2, 9
    pets.save()
    upload = predictions(pets, tmp_path)
    for _ in range(2):
        submit(team=team, task=pets, upload=upload)
    refused = refusal(team, pets, upload)
    assert refused.code == "quota"
    assert "All 2 submissions of today are used. The next is possible at" in refused.message


def test_so_many_are_scored_at_a_time_and_no_more(team: Team, pets: Task, tmp_path: Path) -> None:
    upload = predictions(pets, tmp_path)
    for _ in range(3):
        submit(team=team, task=pets, upload=upload)
    assert (
        "3 submissions of your team are still being scored" in refusal(team, pets, upload).message
    )


def test_a_full_disk_refuses_the_file_and_keeps_no_half_of_it(
    team: Team, pets: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(storage: Storage, name: str, source: Path) -> None:
        storage.save(name, ContentFile(b"half"))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "put", half)
    refused = refusal(team, pets, predictions(pets, tmp_path))
    assert refused.code == "no_room"
    assert "cost no attempt" in refused.message


def test_a_paused_task_promises_no_time(team: Team, pets: Task, tmp_path: Path) -> None:
    pets.daily_limit = 0
    pets.save()
    refused = refusal(team, pets, predictions(pets, tmp_path))
    assert refused.code == "quota"
    assert refused.message == (
        "This task takes no submissions at the moment. Follow the announcements."
    )
    assert refused.retry_at is None


def test_too_many_rejected_files_end_the_day(team: Team, pets: Task, tmp_path: Path) -> None:
    Quota.objects.create(team=team, task=pets, day=timezone.now().date(), rejected=50)
    assert (
        "Too many files were rejected" in refusal(team, pets, predictions(pets, tmp_path)).message
    )


def test_a_disqualified_team_submits_nothing(team: Team, pets: Task, tmp_path: Path) -> None:
    team.disqualified_at, team.disqualified_reason = timezone.now(), "Two accounts."
    team.save()
    assert refusal(team, pets, predictions(pets, tmp_path)).code == "disqualified"


def test_a_baseline_is_exempt_from_quota_and_close(pets: Task, tmp_path: Path) -> None:
    _move(pets, -9, -1)
    pets.daily_limit = 0
    pets.save()
    baseline = factories.make_team(pets.challenge, "Trivial", baseline="trivial")
    assert submit(team=baseline, task=pets, upload=predictions(pets, tmp_path)).quota_day is None


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("predictions.xlsx", b"PK", "neither CSV nor Parquet"),
        ("predictions", b"id,prediction\n", "neither CSV nor Parquet"),
        ("predictions.csv", b"", "is empty"),
        ("predictions.parquet", b"id,prediction\n", "is not what its name says"),
        ("predictions.csv", b"PAR1....", "is not what its name says"),
        ("predictions.csv", b"\x1f\x8b....", "is not what its name says"),
        ("predictions.csv.gz", b"id,prediction\n", "is not what its name says"),
        ("predictions.csv.zst", b"id,prediction\n", "is not what its name says"),
    ],
)
def test_a_file_of_another_kind_is_refused_unread(
    team: Team, pets: Task, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    refused = refusal(team, pets, file_with(content, tmp_path, name))
    assert refused.code == ("not_a_table" if content else "empty_file")
    assert says in refused.message


def test_a_file_above_the_limit_is_refused(team: Team, pets: Task, tmp_path: Path) -> None:
    pets.max_bytes = 10
    refused = refusal(team, pets, predictions(pets, tmp_path))
    assert refused.code == "too_large"
    assert "takes up to 10" in refused.message


def test_a_lost_database_keeps_no_file(
    team: Team, pets: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr("podium.submissions.actions._store", broken)
    with pytest.raises(RuntimeError):
        submit(team=team, task=pets, upload=predictions(pets, tmp_path))
    assert stored_uploads() == []


@pytest.mark.django_db(transaction=True)
def test_a_submission_is_kept_while_redis_is_away(
    team: Team, pets: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError("Redis is away")

    monkeypatch.setattr("podium.celery.app.send_task", away)
    submission = submit(team=team, task=pets, upload=predictions(pets, tmp_path))
    assert Submission.objects.get(pk=submission.pk).state == State.QUEUED


def _move(task: Task, opens: int, closes: int) -> None:
    """Move the challenge so that it opens and closes this many days from now."""
    now = timezone.now()
    challenge = task.challenge
    challenge.opens_at = now + timedelta(days=opens)
    challenge.team_freeze_at = challenge.closes_at = now + timedelta(days=closes)
    challenge.reveal_at = now + timedelta(days=closes)
    challenge.save()
