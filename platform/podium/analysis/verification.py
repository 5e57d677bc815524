"""Verify boards: recompute each from scratch from the stored scores, and compare the two.

On request, every score that counts is also recomputed from its upload.
"""

import hashlib
import math
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from leaderboard.boards import TRACK_STEP
from leaderboard.bundle import read
from leaderboard.recompute import recompute
from podium import files
from podium.analysis import bundles
from podium.challenges.models import Phase, Task, Track, current_scorer_version
from podium.standings.document import BoardTable
from podium.standings.history import present_rows, ranked_at
from podium.standings.models import Board
from podium.standings.ranking import places, ranked_on, ranked_track
from podium.standings.reveal import private_places, ranking_tasks
from podium.standings.rows import BoardRow
from podium.submissions import originals
from podium.submissions.jobs.evaluating import outcome_of
from podium.submissions.models import Evaluation, Part, Score
from scoring.runner import Scored, Scorer

NEAR = 1e-9
TRIES = 3
_COMPARED = {
    "rank": "rank",
    "score": "score",
    "low": "lower end",
    "high": "upper end",
    "submission_id": "submission",
    "first_reached": "time of the score",
    "attempts": "attempts",
    "tasks": "scores of the tasks",
}


@dataclass
class Verified:
    """The result for a board: how many rows it has, what differs, and what was not checked."""

    title: str
    part: str
    rows: int = 0
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The board in one line."""
        count = len(self.differences)
        found = f"{count} difference{'s' * (count != 1)}" if count else "as recomputed"
        return f"{self.title}, {self.part}: {self.rows} row{'s' * (self.rows != 1)}, {found}"


def verify(subject: Task | Track, part: str, scorer: Scorer | None = None) -> Verified:
    """Return how the board of a task or track differs from what its scores give.

    With a scorer every upload that counts there is read and scored again.
    """
    found = Verified(subject.title, part)
    make = _fresh_task if isinstance(subject, Task) else _fresh_track
    stored, past, fresh = _at_rest(subject, part, lambda: make(subject, part))  # type: ignore[arg-type]
    found.rows = len(stored)
    found.differences += _different(stored, fresh)
    found.differences += [f"its history: {each}" for each in _different(past, fresh)]
    _check_bundle(found, subject)
    if isinstance(subject, Task):
        _check_solution(found, subject)
        _check_versions(found, subject, stored)
        if scorer is not None:
            _check_files(found, subject, stored, scorer)
    return found


def _at_rest(
    subject: Task | Track, part: str, make: Callable[[], list[BoardRow]]
) -> tuple[list[BoardRow], list[BoardRow], list[BoardRow]]:
    """Return the shown rows, the rows in the history, and recomputed rows of one state of a board.

    Tries again if the board changes meanwhile.
    """
    name = "task" if isinstance(subject, Task) else "track"
    board = Board.objects.get(**{name: subject}, part=part)
    for _ in range(TRIES):
        before = board.revision
        stored, past = present_rows(subject, part), ranked_at(board, subject, None)
        fresh = make()
        board.refresh_from_db()
        if board.revision == before:
            break
    return stored, past, fresh


def _fresh_task(task: Task, part: str) -> list[BoardRow]:
    scores = Score.objects.counting(task)
    fresh = ranked_on(task, places(task, scores))
    if part == Part.PUBLIC:
        return fresh
    return ranked_on(task, private_places(task, fresh, scores), part)


def _fresh_track(track: Track, part: str) -> list[BoardRow]:
    tasks = ranking_tasks(track)
    tables = {task.pk: BoardTable.of(_fresh_task(task, part)) for task in tasks}
    step = TRACK_STEP if part == Part.PUBLIC else None
    return ranked_track(track, tasks, tables, step).rows(track.challenge.slug)


def _different(stored: list[BoardRow], fresh: list[BoardRow]) -> list[str]:
    """Return texts that say where the stored rows differ from the recomputed ones."""
    expected = {row.team.pk: (place, row) for place, row in enumerate(fresh, start=1)}
    found = []
    for place, row in enumerate(stored, start=1):
        wanted = expected.pop(row.team.pk, None)
        if wanted is None:
            found.append(f"{row.team} is on the board without a score that counts")
            continue
        if place != wanted[0]:
            found.append(f"{row.team}: the place in the order is {place}, recomputed {wanted[0]}")
        for name, words in _COMPARED.items():
            is_, should = getattr(row, name), getattr(wanted[1], name)
            if not _same(is_, should):
                found.append(f"{row.team}: the {words} is {is_}, recomputed {should}")
    return found + [f"{row.team} is missing from the board" for _, row in expected.values()]


def _same(stored: object, fresh: object) -> bool:
    if isinstance(stored, float) and isinstance(fresh, float):
        return math.isclose(stored, fresh, rel_tol=NEAR, abs_tol=NEAR)
    if isinstance(stored, list) and isinstance(fresh, list):  # a track's cells
        return len(stored) == len(fresh) and all(map(_same, stored, fresh))
    if isinstance(stored, dict) and isinstance(fresh, dict):
        return stored.keys() == fresh.keys() and all(
            _same(stored[key], fresh[key]) for key in stored
        )
    return bool(stored == fresh)


def _check_bundle(found: Verified, subject: Task | Track) -> None:
    """Recompute the board from the bundle that the site publishes."""
    if subject.challenge.phase() == Phase.DRAFT:
        return  # no bundle is published
    try:
        given = bundles.bundle(subject, found.part)
    except bundles.NoBoard:
        return
    except bundles.NotYet as reason:
        found.notes.append(f"its bundle was not checked: {reason}")
        return
    with closing(given.file), tempfile.NamedTemporaryFile(suffix=".zip") as copy:
        copy.write(given.file.read())
        copy.flush()
        recomputed = recompute(read(Path(copy.name)))
    found.differences += [f"its bundle: {difference}" for difference in recomputed.differences]
    if recomputed.unchecked:
        found.notes.append(f"its bundle has no inputs for {', '.join(recomputed.unchecked)}")


def _check_solution(found: Verified, task: Task) -> None:
    solution = task.solution
    try:
        with files.private().open(solution.file) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        found.differences.append(f"the file of {solution} is missing")
        return
    if digest != solution.sha256:
        found.differences.append(
            f"the file of {solution} has the SHA-256 {digest}, not {solution.sha256} as stored"
        )


def _check_versions(found: Verified, task: Task, stored: list[BoardRow]) -> None:
    """Note the rows whose scores use other labels or another scorer version than the task's."""
    for evaluation in _evaluations(task, stored):
        submission = evaluation.submission
        if evaluation.solution_id != task.solution_id:
            found.notes.append(f"{submission} is scored by {evaluation.solution}")
        if evaluation.scorer_version != task.scorer_version:
            found.notes.append(f"{submission} is scored by scorer {evaluation.scorer_version}")


def _evaluations(task: Task, stored: list[BoardRow]) -> Iterable[Evaluation]:
    submissions = [row.submission_id for row in stored if row.submission_id]
    evaluations = Evaluation.objects.counting(task).filter(submission__in=submissions)
    return evaluations.select_related(
        "solution", "submission__team", "submission__task__dataset_version"
    ).order_by("submission")


def _check_files(found: Verified, task: Task, stored: list[BoardRow], scorer: Scorer) -> None:
    """Read every upload that counts, compare its hash, and score it again."""
    for evaluation in _evaluations(task, stored):
        submission = evaluation.submission
        digest = hashlib.sha256()
        try:
            for block in originals.blocks(submission):
                digest.update(block)
        except originals.UploadGone as gone:
            found.notes.append(f"{submission} was not checked: {gone}")
            continue
        except FileNotFoundError:
            found.differences.append(f"{submission}: its file is not at the stored path")
            continue
        except OSError as error:
            found.differences.append(f"{submission}: its file cannot be read ({error})")
            continue
        if digest.hexdigest() != submission.sha256:
            found.differences.append(
                f"{submission}: its file has the SHA-256 {digest.hexdigest()}, not "
                f"{submission.sha256} as stored"
            )
        elif evaluation.scorer_version != current_scorer_version():
            found.notes.append(
                f"{submission} was not scored again: this is scorer {current_scorer_version()}"
            )
        else:
            found.differences += _scored_otherwise(evaluation, found.part, scorer)


def _scored_otherwise(evaluation: Evaluation, part: str, scorer: Scorer) -> list[str]:
    """Return texts that say how a newly scored headline differs from the stored one."""
    submission = evaluation.submission
    headline = submission.task.headline
    outcome = outcome_of(submission, evaluation.solution, scorer)
    if not isinstance(outcome, Scored):
        return [f"{submission}: it cannot be scored again"]
    fresh = next(s.value for s in outcome.scores if (s.part, s.metric) == (part, headline))
    stored = evaluation.scores.get(part=part, metric=headline).value
    if _same(stored, fresh):
        return []
    return [f"{submission}: the {part} {headline} is {stored}, scored again {fresh}"]


def boards_of(track: Track) -> list[Task | Track]:
    """Return the subjects of a track's boards: its tasks in their order, and the track itself."""
    return [*ranking_tasks(track), track]


def parts_of(subject: Task | Track) -> list[str]:
    """Return the parts for which the subject has a board."""
    name = "task" if isinstance(subject, Task) else "track"
    made = set(Board.objects.filter(**{name: subject}).values_list("part", flat=True))
    return [part for part in Part.values if part in made]
