"""Studies: the uncertainty of a board's ranks, computed by workers for each state that is shown.

A study belongs to one revision and uses only the rows of that revision. The database says what is
left to do, so a message may be lost or duplicated, and a worker killed, at any moment. A board that
changes many times a second is studied once the changes pause.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import F, Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

from leaderboard import TrackTask, feedback_step, round_to_step
from podium import celery
from podium.analysis.row_arrays import (
    Arrays,
    Rows,
    can_be_made,
    is_of,
    one_thread,
    rows_of_part,
    silent_arrays,
    stored_arrays,
)
from podium.challenges.models import Aggregate, Task, Track
from podium.files import Json
from podium.standings.actions import REFERENCE
from podium.standings.document import BoardTable
from podium.standings.feedback import display, noise_step, step_of
from podium.standings.history import ranked_at
from podium.standings.models import Board, Revision
from podium.standings.ranking import track_tasks
from podium.standings.reveal import ranking_tasks
from podium.standings.rows import BoardRow
from podium.submissions.models import Evaluation, Part, Score
from scoring import METRICS

log = structlog.get_logger(__name__)
Study = Json

TRIES = 3
# Longer than any study takes: an older claim belongs to a worker that is gone.
LEASE = timedelta(minutes=3)
# A board is studied again after this time at the earliest, and after ten times what it took.
REST_SECONDS = 5.0
REST_TIMES = 10.0
# After this time, the study is made without the rows that could not be made again.
PATIENCE = timedelta(hours=1)
MOST_AT_A_TIME = 50


class Waits(Exception):
    """Some submissions have no rows.npz at the moment; `evaluations` are the ids of theirs."""

    def __init__(self, evaluations: Sequence[int]) -> None:
        super().__init__(f"{len(evaluations)} evaluations have no rows")
        self.evaluations = list(evaluations)


class Outdated(Exception):
    """The revision shows other scores than those of the evaluations that count now."""


def due(boards: QuerySet[Board]) -> list[Revision]:
    """Return the revisions of these boards that are shown now and have no study yet.

    Leaves out those that a worker holds, that failed too often, or whose board was just studied.
    """
    now = timezone.now()
    current = Q(number=F("board__revision"))
    found = Revision.objects.filter(current | Q(pk__in=_frozen(boards, now)), board__in=boards)
    left = found.filter(studied_at=None).select_related("board").order_by("board", "number")
    return [each for each in left if _is_free(each, now) and not _rests(each.board, now)]


def study(board_id: int) -> None:
    """Study the due revisions of a board, and request the rows that are missing."""
    for revision in due(Board.objects.filter(pk=board_id)):
        if claim := _claim(revision):
            try:
                _store(revision, claim, _made(revision))
            except Waits as missing:
                _release(revision, claim)
                _ask_for(missing.evaluations)
            except Outdated:
                log.warning("not studied", board=board_id, revision=revision.number)


def sweep() -> int:
    """Queue a study of every board with due revisions. Return how many."""
    boards = sorted({revision.board_id for revision in due(Board.objects.all())})
    for board in boards:
        celery.send("analysis.study", board, expires=10)
    return len(boards)


def _frozen(boards: QuerySet[Board], now: datetime) -> list[int]:
    """Return the ids of the revisions that are shown during a freeze."""
    found: list[int] = []
    for board in boards.filter(part=Part.PUBLIC).select_related(
        "task__challenge", "track__challenge"
    ):
        challenge = board.task.challenge if board.task else board.track.challenge  # type: ignore[union-attr]
        since = challenge.frozen_since()
        if challenge.freeze_hours and since <= now and not challenge.is_revealed(now):
            states = board.revisions.filter(at__lte=since)
            found += states.order_by("-number").values_list("pk", flat=True)[:1]
    return found


def _is_free(revision: Revision, now: datetime) -> bool:
    claimed = revision.study.get("claimed_at")
    held = claimed is not None and now - LEASE < datetime.fromisoformat(claimed) <= now
    return not held and revision.study.get("tries", 0) < TRIES


def _rests(board: Board, now: datetime) -> bool:
    """Return whether the board was studied too recently for its size; the sweep retries later."""
    last = board.revisions.filter(studied_at__isnull=False).order_by("-studied_at")
    row = last.values_list("studied_at", KT("study__seconds")).first()
    if row is None or row[0] is None:
        return False
    rest = max(REST_SECONDS, REST_TIMES * float(row[1] or 0))
    return bool(now - timedelta(seconds=rest) < row[0] <= now)


def _claim(revision: Revision) -> Study | None:
    """Claim the revision, which counts as a try. Return the claim, None if another was first."""
    tries = revision.study.get("tries", 0) + 1
    claim = {"tries": tries, "claimed_at": timezone.now().isoformat()}
    mine = Revision.objects.filter(pk=revision.pk, studied_at=None, study=revision.study)
    return claim if mine.update(study=claim) else None


def _release(revision: Revision, claim: Study) -> None:
    """Release the claim without counting a try."""
    Revision.objects.filter(pk=revision.pk, studied_at=None, study=claim).update(study={})


def _store(revision: Revision, claim: Study, made: Study) -> None:
    """Store the study unless the claim is lost, or the rows read may belong to another state."""
    mine = Revision.objects.filter(pk=revision.pk, studied_at=None, study=claim)
    if _was_current(revision):
        mine = mine.filter(board__revision=revision.number)
    mine.update(study=made, studied_at=timezone.now())


def _was_current(revision: Revision) -> bool:
    return revision.number == revision.board.revision


def _ask_for(evaluations: Sequence[int]) -> None:
    for evaluation in evaluations[:MOST_AT_A_TIME]:
        celery.send("submissions.make_rows", evaluation)


# Contents ----------------------------------------------------------------------------------------


def _made(revision: Revision) -> Study:
    """Return the study of a revision. Raises Waits, Outdated."""
    started = time.monotonic()
    board = revision.board
    with one_thread():
        if board.task_id is not None:
            made = _of_task(revision, _task(board.task_id))
        else:
            made = _of_track(revision, Track.objects.select_related("challenge").get(boards=board))
    return {**made, "seconds": round(time.monotonic() - started, 3)}


def _task(pk: int) -> Task:
    tasks = Task.objects.select_related("challenge", "solution", "dataset_version")
    return tasks.defer("dataset_version__facts").get(pk=pk)


@dataclass(frozen=True, eq=False)
class _Found:
    """The row data and scores of the standings of a task, by submission."""

    rows: Rows
    arrays: dict[int, Arrays]
    scores: dict[tuple[int, str], Score]


def _of_task(revision: Revision, task: Task) -> Study:
    from leaderboard.studies import task_study

    standings = [row for row in _rows(revision, revision.board, task) if row.score is not None]
    found = _found(revision, task, standings)
    reference = next((row for row in standings if row.team.baseline == REFERENCE), None)
    arrays = {row.team.pk: found.arrays[row.submission_id or 0] for row in standings}
    study = task_study(
        task.headline,
        METRICS[task.headline].higher_is_better,
        found.rows.version,
        found.rows.groups,
        found.rows.part,
        [
            (str(row.team.pk), row.score or 0.0, arrays[row.team.pk])
            for row in standings
            if row.rank is not None
        ],
        arrays[reference.team.pk] if reference else None,
        [
            (str(row.team.pk), arrays[row.team.pk])
            for row in standings
            if row.rank is None and row != reference
        ],
    )
    for row in standings:
        mine = study["rows"].setdefault(str(row.team.pk), {})
        mine["nfr"] = _shown_share(task, revision, mine.get("nfr"))
        mine["opis"] = _shown_score(task, found.scores.get((row.submission_id or 0, "opis")))
    return study


def _of_track(revision: Revision, track: Track) -> Study:
    from leaderboard.evidence import Evidence
    from leaderboard.studies import StudiedTask, track_study

    tasks = {task.pk: task for task in ranking_tasks(track)}
    boards = Board.objects.filter(task__in=tasks, part=revision.board.part)
    rows = {pk: _rows(revision, board, tasks[pk]) for board in boards if (pk := board.task_id)}
    tables = {pk: BoardTable.of(of_task) for pk, of_task in rows.items()}
    studied, steps = [], []
    for counted in track_tasks(track, list(tasks.values()), tables):
        task = tasks[int(counted.key)]
        standings = [row for row in rows.get(task.pk, ()) if row.score is not None]
        found = _found(revision, task, standings)
        entries = [(row.score or 0.0, found.arrays[row.submission_id or 0]) for row in standings]
        part = found.rows
        base, ceiling = _scale(track, counted)
        if base != ceiling:
            steps.append(step_of(task) / abs(ceiling - base))
        studied.append(
            StudiedTask(
                Evidence.of(task.headline, part.groups, part.part, entries),
                tuple(str(row.team.pk) for row in standings),
                counted.higher_is_better,
                base,
                ceiling,
                part.version,
            )
        )
    own = _rows(revision, revision.board, track)
    anchor = next((str(row.team.pk) for row in own if row.team.baseline == REFERENCE), None)
    ranks = {str(row.team.pk): row.rank for row in own}
    study = track_study(studied, ranks, anchor, _step_of_ends(revision, steps))
    # Without a diagram nobody reads its numbers, and studies are stored for every state.
    if reason := study["friedman"].get("no_diagram"):
        study["friedman"] = {"no_diagram": reason}
    return study


def _step_of_ends(revision: Revision, steps: Sequence[float]) -> float | None:
    """Return the step for the ends of a track's intervals, None on a private board.

    `steps` are those of the tasks in the units of the mean. The mean is computed from displayed
    scores and may be shown in finer steps; its intervals are computed from the rows.
    """
    if revision.step is None or not steps:
        return revision.step
    return max(revision.step, feedback_step(max(steps) / len(steps)))


def _scale(track: Track, task: TrackTask) -> tuple[float, float]:
    """Return base and ceiling of the values that the track averages: skills or unscaled scores."""
    if track.aggregate == Aggregate.MEAN_SCORE:
        return 0.0, 1.0
    return task.base, task.ceiling


def _rows(revision: Revision, board: Board, subject: Task | Track) -> list[BoardRow]:
    """Return the rows of a board as they were in a revision of it or of its track."""
    return ranked_at(board, subject, None if _was_current(revision) else revision.at)


def _found(revision: Revision, task: Task, standings: Iterable[BoardRow]) -> _Found:
    """Return the row data and scores of the standings. Raises Waits, Outdated."""
    part = revision.board.part
    submissions = {row.submission_id: row for row in standings}
    evaluations = list(
        Evaluation.objects.counting(task)
        .filter(submission__in=submissions)
        .select_related("submission")
    )
    wanted = Score.objects.filter(
        evaluation__in=evaluations, part=part, metric__in=[task.headline, "opis"]
    )
    scores = {
        (s.evaluation.submission_id, s.metric): s for s in wanted.select_related("evaluation")
    }
    for submission, row in submissions.items():
        if row.score != _shown_score(task, scores.get((submission or 0, task.headline))):
            raise Outdated
    if timezone.now() < revision.at + PATIENCE:
        _refuse_lacking([each for each in evaluations if not each.rows])
    rows = rows_of_part(task.solution, part)
    arrays = {each.submission_id: _arrays(each, task, rows) for each in evaluations}
    if lost := [each for each in evaluations if each.rows and not arrays[each.submission_id]]:
        _refuse_lacking(lost)
    silent = silent_arrays(len(rows.groups))
    return _Found(rows, {key: value or silent for key, value in arrays.items()}, scores)


def _refuse_lacking(evaluations: list[Evaluation]) -> None:
    if lacking := [each.pk for each in evaluations if can_be_made(each)]:
        raise Waits(lacking)


def _arrays(evaluation: Evaluation, task: Task, rows: Rows) -> Arrays | None:
    """Return the row data of an evaluation, None if lost; blank if it is for another solution."""
    if not is_of(evaluation, task.solution, task.headline):
        return silent_arrays(len(rows.groups))
    return stored_arrays(evaluation)


def _shown_score(task: Task, score: Score | None) -> float | None:
    """Return the value that a board of the score's part shows."""
    if score is None:
        return None
    if score.part == Part.PRIVATE:
        return score.value
    return display(task, score).value


def _shown_share(task: Task, revision: Revision, share: float | None) -> float | None:
    """Return a share of the rows as shown: in the task's steps on a public board."""
    if share is None or revision.board.part == Part.PRIVATE:
        return share
    return round_to_step(share, max(step_of(task), noise_step(task)), 0.0, 1.0)
