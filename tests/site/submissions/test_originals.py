"""Uploaded files: stored compressed, read as they were sent, deleted under the rule only."""

import gzip
import hashlib
import io
import os
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings as configured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import Settings

from podium import files
from podium.challenges.models import Task
from podium.submissions import originals, tidying
from podium.submissions.actions import submit
from podium.submissions.jobs import evaluating
from podium.submissions.jobs.evaluating import NoRows, keep_rows, rows_of
from podium.submissions.jobs.scoring_runs import score
from podium.submissions.models import Evaluation, State, Submission
from podium.submissions.originals import UploadGone, blocks
from podium.submissions.tidying import delete_strays, missing_rows, retention, tidy
from podium.teams.models import Team
from podium.uploads import compression
from scoring.runner import Scorer
from tests.site.pets import file_with, predictions, truth
from tests.site.sent import sent_of
from tests.site.submissions.rescores import scored_submission, with_scorer

LATER = timedelta(days=31)


def stored(folder: str) -> list[str]:
    root = Path(configured.STORAGES["private"]["OPTIONS"]["location"]) / folder
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def tidy_all() -> None:
    while tidy():
        pass


def sent_bytes(submission: Submission) -> bytes:
    return b"".join(blocks(submission))


@pytest.fixture
def sample(team: Team, pets: Task, scorer: Scorer, tmp_path: Path) -> tuple[Submission, bytes]:
    """A scored submission, and what was sent."""
    upload = predictions(pets, tmp_path, wrong=2)
    content = sent_of(upload)
    return scored_submission(team, pets, upload, scorer), content


def test_a_text_is_stored_compressed_and_comes_back_byte_for_byte(
    sample: tuple[Submission, bytes],
) -> None:
    submission, content = sample
    assert submission.file.endswith(compression.SUFFIX)
    assert stored("uploads") == [Path(submission.file).name]
    packed = files.local(files.private(), submission.file)
    assert packed.stat().st_size < 0.5 * len(content)
    assert packed.stat().st_mode & 0o077 == 0, "nobody else on the machine may read uploads"
    assert (sent_bytes(submission), submission.size) == (content, len(content))
    assert hashlib.sha256(content).hexdigest() == submission.sha256
    assert not list(Path(configured.FILE_UPLOAD_TEMP_DIR).iterdir())


def _parquet(rows: list[dict[str, str]]) -> bytes:
    written = io.BytesIO()
    table = pa.table({"id": [r["id"] for r in rows], "prediction": [r["label"] for r in rows]})
    pq.write_table(table, written, compression="zstd")
    return written.getvalue()


def _csv(rows: list[dict[str, str]]) -> bytes:
    return "\n".join(["id,prediction", *(f"{r['id']},{r['label']}" for r in rows), ""]).encode()


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("mine.parquet", lambda rows: _parquet(rows)),
        ("mine.csv.gz", lambda rows: gzip.compress(_csv(rows))),
        ("mine.csv.zst", lambda rows: pa.compress(_csv(rows), codec="zstd", asbytes=True)),
    ],
)
def test_what_is_compressed_already_is_stored_as_it_is(
    team: Team,
    pets: Task,
    scorer: Scorer,
    tmp_path: Path,
    name: str,
    write: Callable[[list[dict[str, str]]], bytes],
) -> None:
    rows = truth(pets)
    random.Random(1).shuffle(rows)
    content = write(rows)
    submission = scored_submission(team, pets, file_with(content, tmp_path, name), scorer)
    assert submission.state == State.SCORED
    assert files.local(files.private(), submission.file).read_bytes() == content
    assert sent_bytes(submission) == content


def test_every_form_of_the_same_rows_scores_the_same(
    sample: tuple[Submission, bytes], team: Team, pets: Task, scorer: Scorer, tmp_path: Path
) -> None:
    submission, content = sample
    sent = file_with(gzip.compress(content), tmp_path, "mine.csv.gz")
    other = scored_submission(team, pets, sent, scorer)
    first, second = (evaluating.outcome_of(s, pets.solution, scorer) for s in (submission, other))
    assert (first.scores, first.rows) == (second.scores, second.rows)  # type: ignore[union-attr]


def test_a_file_that_is_deleted_while_it_is_scored_stays_readable(
    sample: tuple[Submission, bytes],
) -> None:
    submission, content = sample
    before = Submission.objects.get(pk=submission.pk)
    with originals.for_scoring(before) as path:
        originals.delete(submission)
        assert pa.input_stream(path, compression="zstd").read() == content
    with pytest.raises(UploadGone):
        blocks(before)


def test_a_file_that_is_lost_is_not_taken_for_deleted(sample: tuple[Submission, bytes]) -> None:
    submission, _ = sample
    files.private().delete(submission.file)
    with pytest.raises(FileNotFoundError):
        blocks(submission)


class Killed(BaseException):
    """The process is gone: nothing is caught, nothing cleaned up."""


def test_rejected_files_are_deleted_after_their_days_and_scored_ones_are_not(
    sample: tuple[Submission, bytes], team: Team, pets: Task, scorer: Scorer, tmp_path: Path
) -> None:
    scored, content = sample
    bad = submit(team=team, task=pets, upload=file_with("id,prediction\nnobody,cat\n", tmp_path))
    held = Submission.claim(bad.pk)
    assert held is not None
    score(held, scorer)
    tidy_all()
    bad.refresh_from_db()
    assert (bad.state, bad.file != "") == (State.REJECTED, True)
    Submission.objects.update(finished_at=timezone.now() - LATER)
    tidy_all()
    bad.refresh_from_db()
    scored.refresh_from_db()
    assert bad.file == ""
    assert bad.problems, "why it was rejected stays"
    with pytest.raises(UploadGone, match="deleted under the retention rule"):
        blocks(bad)
    assert sent_bytes(scored) == content
    assert len(stored("uploads")) == 1


def test_an_interrupted_deletion_is_ended_by_the_next(
    sample: tuple[Submission, bytes], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission, _ = sample
    Submission.objects.update(state=State.REJECTED, finished_at=timezone.now() - LATER)

    def killed(*arguments: object, **values: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "update", killed)
        with pytest.raises(Killed):
            tidy()
    assert stored("uploads") == []
    tidy_all()
    with pytest.raises(UploadGone):
        blocks(Submission.objects.get(pk=submission.pk))


@pytest.mark.parametrize(("days", "is_kept"), [(None, True), (10, True), (3, False)])
def test_files_of_an_archived_challenge_are_kept_unless_the_rule_says_otherwise(
    sample: tuple[Submission, bytes], settings: Settings, days: int | None, is_kept: bool
) -> None:
    submission, _ = sample
    settings.ARCHIVED_UPLOAD_DAYS = days
    challenge = submission.task.challenge
    challenge.archived_at = timezone.now() - timedelta(days=5)
    challenge.save()
    tidy_all()
    submission.refresh_from_db()
    assert (submission.file != "") is is_kept


def test_the_rule_is_told_in_words(settings: Settings) -> None:
    assert retention() == (
        "Scored files are stored for the life of the challenge, rejected ones for 30 days."
    )
    settings.ARCHIVED_UPLOAD_DAYS, settings.REJECTED_UPLOAD_DAYS = 90, 1
    assert retention() == (
        "Scored files are stored until 90 days after the challenge is archived, rejected ones for "
        "1 day."
    )


def test_one_file_that_cannot_be_deleted_does_not_keep_the_others(
    sample: tuple[Submission, bytes],
    team: Team,
    pets: Task,
    scorer: Scorer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, _ = sample
    other = scored_submission(team, pets, predictions(pets, tmp_path), scorer)
    Submission.objects.update(state=State.REJECTED, finished_at=timezone.now() - LATER)
    delete = FileSystemStorage.delete

    def refuses(self: FileSystemStorage, name: str) -> None:
        if name == first.file:
            raise PermissionError(name)
        delete(self, name)

    monkeypatch.setattr(FileSystemStorage, "delete", refuses)
    assert tidy()
    files_left = Submission.objects.order_by("pk").values_list("file", flat=True)
    assert list(files_left) == [first.file, ""]
    assert stored("uploads") == [Path(first.file).name]
    assert other.file != first.file


def test_a_stored_file_without_a_submission_is_deleted_once_it_is_old(
    sample: tuple[Submission, bytes],
) -> None:
    submission, content = sample
    folder = f"uploads/{submission.task_id}"
    for name in ("lost.csv", "saved-now.csv"):
        files.private().save(f"{folder}/{name}", ContentFile(b"id"))
    old = (timezone.now() - timedelta(hours=7)).timestamp()
    for name in (submission.file, f"{folder}/lost.csv"):
        os.utime(files.private().path(name), (old, old))
    assert delete_strays() == 1
    assert stored("uploads") == sorted([Path(submission.file).name, "saved-now.csv"])
    assert sent_bytes(submission) == content


def test_stored_rows_without_an_evaluation_are_deleted_once_they_are_old(
    best_and_weaker: tuple[Evaluation, Evaluation],
) -> None:
    needed, _ = best_and_weaker
    folder = f"rows/{needed.submission.task_id}"
    for name in ("lost.npz", "saved-now.npz"):
        files.private().save(f"{folder}/{name}", ContentFile(b"rows"))
    rows = set(Evaluation.objects.exclude(rows="").values_list("rows", flat=True))
    old = (timezone.now() - timedelta(hours=7)).timestamp()
    for name in (*rows, f"{folder}/lost.npz"):
        os.utime(files.private().path(name), (old, old))
    assert delete_strays() == 1
    assert set(stored("rows")) == {*(Path(name).name for name in rows), "saved-now.npz"}


# rows.npz ---------------------------------------------------------------------------------------


@pytest.fixture
def best_and_weaker(
    sample: tuple[Submission, bytes], team: Team, pets: Task, scorer: Scorer, tmp_path: Path
) -> tuple[Evaluation, Evaluation]:
    """The evaluations of a team's best submission and of another, made a day ago."""
    weaker = scored_submission(team, pets, predictions(pets, tmp_path, wrong=9), scorer)
    Evaluation.objects.update(created_at=timezone.now() - timedelta(days=1))
    return Evaluation.objects.get(submission=sample[0]), Evaluation.objects.get(submission=weaker)


def test_rows_are_kept_for_the_best_alone(
    best_and_weaker: tuple[Evaluation, Evaluation],
) -> None:
    best, weaker = best_and_weaker
    name = Path(best.rows).name
    tidy_all()
    for evaluation in best_and_weaker:
        evaluation.refresh_from_db()
    assert (Path(best.rows).name, weaker.rows) == (name, "")
    assert stored("rows") == [name]


def test_fresh_rows_are_left_alone(
    best_and_weaker: tuple[Evaluation, Evaluation],
) -> None:
    Evaluation.objects.update(created_at=timezone.now())
    tidy_all()
    assert len(stored("rows")) == 2


def test_rows_are_made_again_from_the_upload(
    best_and_weaker: tuple[Evaluation, Evaluation], scorer: Scorer
) -> None:
    _, weaker = best_and_weaker
    before = rows_of(weaker, scorer)
    tidy_all()
    weaker = Evaluation.objects.get(pk=weaker.pk)
    assert weaker.rows == ""
    assert rows_of(weaker, scorer) == before
    assert stored("rows") != [], "what is asked for once is not kept"
    assert Evaluation.objects.get(pk=weaker.pk).rows == ""


def test_rows_whose_file_has_just_been_deleted_are_made_again(
    best_and_weaker: tuple[Evaluation, Evaluation], scorer: Scorer
) -> None:
    _, weaker = best_and_weaker
    before = rows_of(weaker, scorer)
    files.private().delete(weaker.rows)
    assert rows_of(weaker, scorer) == before
    tidy_all()
    assert Evaluation.objects.get(pk=weaker.pk).rows == ""


def test_rows_of_a_new_best_are_made_and_kept(
    best_and_weaker: tuple[Evaluation, Evaluation], scorer: Scorer
) -> None:
    best, weaker = best_and_weaker
    before = rows_of(weaker, scorer)
    tidy_all()
    assert missing_rows() == []
    from podium.submissions.actions import withdraw

    withdraw(submission=best.submission, by=None)
    assert missing_rows() == [weaker.pk]
    keep_rows(Evaluation.objects.get(pk=weaker.pk), scorer)
    assert missing_rows() == []
    weaker.refresh_from_db()
    assert files.local(files.private(), weaker.rows).read_bytes() == before


def test_rows_without_an_upload_are_told_to_be_lost(
    best_and_weaker: tuple[Evaluation, Evaluation], scorer: Scorer
) -> None:
    _, weaker = best_and_weaker
    tidy_all()
    originals.delete(Submission.objects.get(pk=weaker.submission_id))
    with pytest.raises(NoRows, match="deleted under the retention rule"):
        rows_of(Evaluation.objects.get(pk=weaker.pk), scorer)


def test_another_scorer_does_not_make_the_rows_of_an_earlier_one(
    best_and_weaker: tuple[Evaluation, Evaluation], scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, weaker = best_and_weaker
    tidy_all()
    with_scorer(monkeypatch, "next")
    with pytest.raises(NoRows, match="Rescore the task"):
        rows_of(Evaluation.objects.get(pk=weaker.pk), scorer)


def test_the_time_of_a_part_is_limited(
    best_and_weaker: tuple[Evaluation, Evaluation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "PART_SECONDS", 0.0)
    assert tidy()
    assert Evaluation.objects.filter(rows="").count() == 1
