"""Uploads stay what they were: packed, read, interrupted anywhere, deleted under the rule alone."""

import gzip
import hashlib
import io
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings as configured
from django.core.files.storage import FileSystemStorage
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import Settings

from podium import files
from podium.challenges.models import Task
from podium.submissions import evaluating, kept, tidying
from podium.submissions.actions import submit
from podium.submissions.evaluating import NoRows, keep_rows, rows_of
from podium.submissions.kept import UploadGone, as_sent, original
from podium.submissions.models import Evaluation, Kept, State, Submission
from podium.submissions.scoring_runs import score
from podium.submissions.tidying import missing_rows, retention, tidy
from podium.teams.models import Team
from scoring.runner import Scorer
from tests.site.pets import file_with, predictions, truth
from tests.site.submissions.rescores import scored_submission, with_scorer

LATER = timedelta(days=31)


def stored(folder: str) -> list[str]:
    root = Path(configured.STORAGES["private"]["OPTIONS"]["location"]) / folder
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def tidy_all() -> None:
    while tidy():
        pass


def sent_bytes(submission: Submission) -> bytes:
    return b"".join(original(submission))


@pytest.fixture
def sample(team: Team, pets: Task, scorer: Scorer, tmp_path: Path) -> tuple[Submission, bytes]:
    """A scored submission, and what was sent."""
    upload = predictions(pets, tmp_path, wrong=2)
    content = upload.path.read_bytes()
    return scored_submission(team, pets, upload, scorer), content


def test_a_scored_file_is_packed_and_comes_back_byte_for_byte(
    sample: tuple[Submission, bytes],
) -> None:
    submission, content = sample
    plain = submission.file
    tidy_all()
    submission.refresh_from_db()
    assert submission.kept == Kept.PACKED
    assert submission.file.startswith(plain)
    assert submission.file.endswith(kept.PACKED)
    assert submission.leftover == ""
    assert stored("uploads") == [Path(submission.file).name]
    packed = files.local(files.private(), submission.file)
    assert packed.stat().st_size < 0.5 * len(content)
    assert packed.stat().st_mode & 0o077 == 0, "nobody else on the machine may read uploads"
    assert sent_bytes(submission) == content
    assert hashlib.sha256(sent_bytes(submission)).hexdigest() == submission.sha256
    with as_sent(submission) as path:
        assert path.read_bytes() == content
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
    ],
)
def test_what_would_not_shrink_stays_as_it_is(
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
    file = submission.file
    tidy_all()
    submission.refresh_from_db()
    assert submission.state == State.SCORED
    if submission.kept == Kept.PACKED:  # a tiny Parquet file is mostly its footer
        assert sent_bytes(submission) == content
        return
    assert (submission.kept, submission.file) == (Kept.PLAIN, file)
    assert sent_bytes(submission) == content
    assert len(stored("uploads")) == 1


def test_what_waits_or_is_scored_is_left_alone(team: Team, pets: Task, tmp_path: Path) -> None:
    waiting = submit(team=team, task=pets, upload=predictions(pets, tmp_path))
    scoring = submit(team=team, task=pets, upload=predictions(pets, tmp_path))
    assert Submission.claim(scoring.pk)
    tidy_all()
    for submission in (waiting, scoring):
        submission.refresh_from_db()
        assert submission.kept == Kept.SENT


def test_a_packed_file_is_scored_as_it_was_sent(
    sample: tuple[Submission, bytes], pets: Task, scorer: Scorer
) -> None:
    submission, _ = sample
    before = evaluating.outcome_of(submission, pets.solution, scorer)
    tidy_all()
    submission.refresh_from_db()
    after = evaluating.outcome_of(submission, pets.solution, scorer)
    assert submission.kept == Kept.PACKED
    assert (before.scores, before.rows) == (after.scores, after.rows)  # type: ignore[union-attr]


def test_a_file_that_is_packed_while_it_is_read_stays_readable(
    sample: tuple[Submission, bytes],
) -> None:
    submission, content = sample
    before = Submission.objects.get(pk=submission.pk)
    with as_sent(before) as path:
        tidy_all()
        assert path.read_bytes() == content
    assert sent_bytes(before) == content, "the row is read again"


class Killed(BaseException):
    """The process is gone: nothing is caught, nothing cleaned up."""


@pytest.mark.parametrize("step", range(6))
def test_an_interrupted_packing_loses_nothing_and_leaves_nothing(
    sample: tuple[Submission, bytes], step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed before its first, second … change of the row or the storage."""
    submission, content = sample
    left = iter(range(step, -1, -1))

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def until_killed(*arguments: Any, **named: Any) -> Any:
            if next(left, 0) == 0:
                raise Killed
            return call(*arguments, **named)

        return until_killed

    with monkeypatch.context() as patch:
        for owner, name in (
            (QuerySet, "update"),
            (FileSystemStorage, "save"),
            (FileSystemStorage, "delete"),
        ):
            patch.setattr(owner, name, counted(getattr(owner, name)))
        with pytest.raises(Killed):
            kept.pack(Submission.objects.get(pk=submission.pk))
    submission.refresh_from_db()
    assert sent_bytes(submission) == content, "readable at every point"
    tidy_all()
    submission.refresh_from_db()
    assert sent_bytes(submission) == content
    assert (submission.kept, submission.leftover) == (Kept.PACKED, "")
    assert stored("uploads") == [Path(submission.file).name]


def test_a_half_written_packing_is_thrown_away(
    sample: tuple[Submission, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    submission, content = sample

    def half(self: FileSystemStorage, name: str, file: object) -> None:
        Path(self.path(name)).write_bytes(b"half")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "save", half)
        with pytest.raises(Killed):
            kept.pack(submission)
    assert len(stored("uploads")) == 2
    tidy_all()
    submission.refresh_from_db()
    assert sent_bytes(submission) == content
    assert stored("uploads") == [Path(submission.file).name]


def test_a_packing_that_somebody_took_for_interrupted_loses_nothing(
    sample: tuple[Submission, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    submission, content = sample
    save = FileSystemStorage.save

    def overtaken(self: FileSystemStorage, name: str, file: Any) -> str:
        monkeypatch.setattr(FileSystemStorage, "save", save)
        stored = save(self, name, file)
        tidy_all()  # another one, just before the row changes
        return stored

    monkeypatch.setattr(FileSystemStorage, "save", overtaken)
    kept.pack(Submission.objects.get(pk=submission.pk))
    submission.refresh_from_db()
    assert submission.kept == Kept.PACKED
    assert sent_bytes(submission) == content
    assert stored("uploads") == [Path(submission.file).name]


def test_two_tidyings_at_once_lose_nothing(sample: tuple[Submission, bytes]) -> None:
    submission, content = sample
    late = Submission.objects.get(pk=submission.pk)
    kept.pack(submission)
    kept.pack(late)
    submission.refresh_from_db()
    assert submission.kept == Kept.PACKED
    assert sent_bytes(submission) == content


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
    assert (bad.state, bad.kept != Kept.GONE) == (State.REJECTED, True)
    Submission.objects.update(finished_at=timezone.now() - LATER)
    tidy_all()
    bad.refresh_from_db()
    scored.refresh_from_db()
    assert (bad.kept, bad.file, bad.leftover) == (Kept.GONE, "", "")
    assert bad.problems, "why it was rejected stays"
    with pytest.raises(UploadGone, match="deleted under the retention rule"):
        original(bad)
    assert sent_bytes(scored) == content
    assert len(stored("uploads")) == 1


def test_an_interrupted_deletion_is_ended_by_the_next(
    sample: tuple[Submission, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    submission, _ = sample

    def killed(*arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(kept, "drop_leftover", killed)
        with pytest.raises(Killed):
            kept.delete(submission)
    submission.refresh_from_db()
    with pytest.raises(UploadGone):
        original(submission)
    tidy_all()
    assert stored("uploads") == []


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
    assert (submission.kept != Kept.GONE) is is_kept


def test_the_rule_is_told_in_words(settings: Settings) -> None:
    assert retention() == (
        "We keep scored files, compressed, as long as the challenge, and delete rejected files "
        "after 30 days."
    )
    settings.ARCHIVED_UPLOAD_DAYS, settings.REJECTED_UPLOAD_DAYS = 90, 1
    assert retention() == (
        "We keep scored files, compressed, until 90 days after the challenge is archived, and "
        "delete rejected files after 1 day."
    )


def test_one_file_that_cannot_be_packed_does_not_keep_the_others(
    sample: tuple[Submission, bytes], team: Team, pets: Task, scorer: Scorer, tmp_path: Path
) -> None:
    lost, _ = sample
    files.private().delete(lost.file)
    other = scored_submission(team, pets, predictions(pets, tmp_path), scorer)
    tidy_all()
    other.refresh_from_db()
    lost.refresh_from_db()
    assert (other.kept, lost.kept) == (Kept.PACKED, Kept.SENT)


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
    kept.delete(Submission.objects.get(pk=weaker.submission_id))
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
    assert Submission.objects.exclude(kept=Kept.SENT).count() == 1
