"""Bundles of boards, from which anyone can recompute them (docs/leaderboard.md).

The bundle of a public board has only displayed scores, so it is cheap and made for every request.
The bundle of a private board has arrays of every row of the part, so it is made once for each
revision, by a worker if it is large, and stored in the private storage.
"""

import hashlib
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, cast

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq
import structlog
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from leaderboard.bundle import Arrays, pack
from leaderboard.ranks import SLACK
from podium import celery, files
from podium.analysis.row_arrays import can_be_made, stored_arrays, version_of
from podium.catalog.models import Kind, Solution
from podium.challenges.models import Aggregate, Task, Track
from podium.files import Json
from podium.standings.actions import REFERENCE
from podium.standings.document import BoardTable
from podium.standings.feedback import bounds
from podium.standings.history import present_tables
from podium.standings.models import Board, Revision
from podium.standings.ranking import TRIVIAL
from podium.standings.reveal import TIE_BREAK, ranking_tasks
from podium.standings.rows import BoardRow, BoardTeam
from podium.standings.visible import (
    VisibleBoard,
    visible_board,
    visible_revision,
)
from podium.submissions.models import Evaluation, Part, Score, Submission
from podium.teams.models import Team
from scoring import METRICS

ANYBODY = AnonymousUser()
log = structlog.get_logger(__name__)
RETRY_SECONDS = 60
# At nine bytes each, reading and packing this many takes a request about a second.
MOST_CELLS = 2_000_000
_LARGE = "The bundle of this board is large and is being prepared. Try again in a minute."
_MOVED = "The board has just changed. Try again in a moment."
_LATER = (
    "Some row data behind the scores of this board is not stored. A worker makes it again within "
    "the hour. Try again later."
)
_LOST = "The labels of this board are missing. Please inform the organizers."
_NEVER = (
    "The row data of some submissions is no longer available: their files were deleted under the "
    "retention rule, or they keep a score made with other labels."
)
_CERTAINTY = {
    "rank_low": "rank_low",
    "rank_high": "rank_high",
    "separable": "separable_from_above",
}
# Every ZIP file without a comment ends with this signature and this number of further bytes.
_END, _AFTER_END = b"PK\x05\x06", 18
Document = Json
Made = tuple[Document, dict[str, Arrays]]


class NoBoard(Exception):
    """No part of the board is public yet."""


class NotYet(Exception):
    """The bundle cannot be made at the moment; the text says what readers can do."""


@dataclass(frozen=True)
class Given:
    """A bundle: an open file, and a tag that differs if the bytes differ."""

    tag: str
    file: IO[bytes]


@dataclass(frozen=True)
class _State:
    """The source of a bundle: the board as everyone sees it, and its revision."""

    shown: Revision
    board: VisibleBoard

    @property
    def is_private(self) -> bool:
        return self.board.part == Part.PRIVATE

    @property
    def study(self) -> Json:
        return self.shown.study if self.shown.studied_at else {}


def bundle(subject: Task | Track, part: str | None = None, *, in_worker: bool = False) -> Given:
    """Return the bundle of a task's or track's board as everyone sees it now; the caller closes it.

    `part` is as in `visible_board`. Raises NoBoard and NotYet. A large bundle that is not stored
    yet raises NotYet as well and is requested from a worker.
    """
    state = _state(subject, part)
    if state.is_private:
        return _stored(subject, state, in_worker=in_worker)
    data = _packed(subject, state)
    return Given(hashlib.sha256(data).hexdigest(), io.BytesIO(data))


def keep(board_id: int) -> None:
    """Make and store the bundle of a board, unless it is already stored. Runs in a worker."""
    board = Board.objects.get(pk=board_id)
    tasks = Task.objects.select_related("challenge", "solution", "dataset_version")
    subject: Task | Track = (
        tasks.get(pk=board.task_id)
        if board.task_id
        else Track.objects.select_related("challenge").get(pk=board.track_id or 0)
    )
    try:
        bundle(subject, board.part, in_worker=True).file.close()
    except (NoBoard, NotYet) as reason:
        log.info("no bundle", board=board_id, reason=str(reason))


def _packed(subject: Task | Track, state: _State) -> bytes:
    made = _task(subject, state) if isinstance(subject, Task) else _track(subject, state)
    return pack(*made)


def key_of(team: Team | BoardTeam) -> str:
    """Return the team's key in bundles. Keys sort like ids, the last tie-break on every board."""
    return f"{team.pk:08d}-{team.slug}"


def _state(subject: Task | Track, part: str | None) -> _State:
    shown = visible_revision(subject, organizer=False, part=part)
    if shown is None:
        raise NoBoard("There is no board yet: nothing has been scored.")
    board = visible_board(ANYBODY, subject, part=part)
    if (board.part, board.revision) != (shown.board.part, shown.number):
        raise NotYet(_MOVED)
    _refuse_changed(shown)
    return _State(shown, board)


def _refuse_changed(shown: Revision) -> None:
    """Raise NotYet if rows that were read since may belong to a later revision."""
    was_current = shown.number == shown.board.revision
    if was_current and not Board.objects.filter(pk=shown.board_id, revision=shown.number).exists():
        raise NotYet(_MOVED)


def _stored(subject: Task | Track, state: _State, *, in_worker: bool) -> Given:
    """Return the stored bundle of a revision and its study, made now if it is new."""
    revision, board = state.shown, state.shown.board
    studied = int(revision.studied_at.timestamp() * 1e6) if revision.studied_at else 0
    folder, file = f"bundles/{board.pk}", f"{revision.number}-{studied}.zip"
    tag, storage = f"{board.pk}-{file}", files.private()
    if whole := _whole(storage, f"{folder}/{file}"):
        return Given(tag, whole)
    if not in_worker and _cells(subject, state) > MOST_CELLS:
        celery.send("analysis.bundle", board.pk, expires=RETRY_SECONDS)
        raise NotYet(_LARGE)
    data = _packed(subject, state)
    _refuse_changed(state.shown)
    storage.delete(f"{folder}/{file}")  # a failed attempt may have left one
    storage.save(f"{folder}/{file}", ContentFile(data))
    for other in storage.listdir(folder)[1]:  # older ones, or a renamed duplicate
        if other != file:
            storage.delete(f"{folder}/{other}")
    return Given(tag, io.BytesIO(data))


def _whole(storage: Storage, name: str) -> IO[bytes] | None:
    """Return a stored bundle, None if there is none.

    One whose end is missing counts as none: it is being written, or its writer was killed.
    """
    try:
        file = storage.open(name)
    except FileNotFoundError:
        return None
    file.seek(max(0, file.size - len(_END) - _AFTER_END))
    is_whole = file.read(len(_END)) == _END
    file.seek(0)
    if is_whole:
        return file
    file.close()
    return None


def _cells(subject: Task | Track, state: _State) -> int:
    """Return the size of the evidence: its rows times its entries, over all tasks."""
    tasks = [subject] if isinstance(subject, Task) else ranking_tasks(subject)
    return len(state.board.rows) * sum(task.solution.private_rows for task in tasks)


def _document(subject: Task | Track, state: _State) -> Document:
    revision = state.shown
    name = {"task": subject.slug} if isinstance(subject, Task) else {"track": subject.kind}
    return {
        "challenge": subject.challenge.slug,
        **name,
        "title": subject.title,
        "part": str(state.board.part),
        "revision": revision.number,
        "at": _moment(revision.at),
        "step": revision.step,
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


# A task's board ----------------------------------------------------------------------------------


def _task(task: Task, state: _State) -> Made:
    metric, rows = METRICS[task.headline], state.board.rows
    document = _document(task, state) | {
        "kind": "task",
        "metric": metric.name,
        "higher_is_better": metric.higher_is_better,
        **_scored_by(task, state),
        "entries": _task_entries(task, state),
        "rows": [{"key": key_of(row.team), "rank": row.rank} for row in rows],
    }
    ranked = [row for row in rows if row.rank is not None]
    if not state.is_private or not ranked:
        return document, {}
    keys = {row.team.pk: key_of(row.team) for row in rows}
    try:
        arrays = _evidence(task, [row.submission_id or 0 for row in ranked])
    except _Unavailable as reason:
        return document | {"no_evidence": str(reason)}, {}
    document["evidence"] = {"file": "rows.npz", "entries": [keys[row.team.pk] for row in ranked]}
    known = _have_errors(arrays)
    unknown = {
        keys[row.team.pk] for row, is_known in zip(ranked, known, strict=True) if not is_known
    }
    if "brackets" in state.study and _is_of(ranked, unknown):
        document["rows"] = [_task_row(row) for row in rows]
        document["brackets"] = [[keys[end] for end in ends] for ends in state.board.brackets]
    return document, {"rows.npz": arrays}


def _scored_by(task: Task, state: _State) -> Document:
    """Return what made the scores. Only private boards include the hash of the labels."""
    found: Document = {"solution": task.solution.number, "scorer_version": task.scorer_version}
    if state.is_private:
        found["solution_version"] = version_of(task.solution)
    return found


def _task_entries(task: Task, state: _State) -> list[Document]:
    rows = state.board.rows
    ids = [row.submission_id for row in rows if row.submission_id]
    hashes = dict(Submission.objects.filter(pk__in=ids).values_list("pk", "sha256"))
    breaks = _tie_breaks(task, ids) if state.is_private else {}

    def entry(row: BoardRow) -> Document:
        # On a private board, entries without a score are not ordered by time.
        counts = row.score is not None or not state.is_private
        return {
            "key": key_of(row.team),
            "score": row.score,
            "first_reached": _moment(row.first_reached) if counts else None,
            "is_baseline": row.is_baseline,
            "tie_break": breaks.get(row.submission_id or 0),
            "sha256": hashes.get(row.submission_id or 0),
        }

    return [entry(row) for row in rows]


def _tie_breaks(task: Task, submissions: list[int]) -> dict[int, float | None]:
    """Return the private tie-break by submission; larger is better."""
    metric = METRICS[TIE_BREAK[cast(Kind, task.dataset_version.kind)]]
    sign = 1 if metric.higher_is_better else -1
    found = Score.objects.counting(task).filter(
        evaluation__submission__in=submissions, part=Part.PRIVATE, metric=metric.name
    )
    values = found.values_list("evaluation__submission_id", "value")
    return {pk: None if value is None else sign * value for pk, value in values}


def _task_row(row: BoardRow) -> Document:
    """Return a row with the results of its study; unknown ones are left out."""
    values = {name: getattr(row, field) for field, name in _CERTAINTY.items()}
    known = {name: value for name, value in values.items() if value is not None}
    return {"key": key_of(row.team), "rank": row.rank, **known}


# A track's board ---------------------------------------------------------------------------------


def _track(track: Track, state: _State) -> Made:
    rows = state.board.rows
    skilled = track.aggregate == Aggregate.MEAN_SKILL
    tasks = _counted(track, rows)
    anchor = next((row for row in rows if row.team.baseline == REFERENCE), None)
    document = _document(track, state) | {
        "kind": "track",
        "aggregate": track.aggregate,
        "elo_anchor": key_of(anchor.team) if anchor and anchor.elo is not None else None,
        "tasks": [_track_task(task, state, skilled=skilled) for task in tasks],
        "entries": [_track_entry(row) for row in rows],
    }
    arrays: dict[str, Arrays] = {}
    columns = {"mean_rank": "mean_rank"} | ({"elo": "elo"} if document["elo_anchor"] else {})
    if state.is_private and any(abs(t["ceiling"] - t["base"]) > SLACK for t in document["tasks"]):
        try:
            evidence, arrays = _track_evidence(tasks, rows)
        except _Unavailable as reason:
            document["no_evidence"] = str(reason)
        else:
            unknown: set[str] = set()
            for task in document["tasks"]:
                task["evidence"] = of_task = evidence[task["key"]]
                known = zip(of_task["entries"], _have_errors(arrays[of_task["file"]]), strict=True)
                unknown |= {key for key, is_known in known if not is_known}
            is_of = _is_of(rows, unknown)
            if is_of:
                columns |= {"low": "low", "high": "high", **_CERTAINTY}
            if is_of and "brackets" in state.study:
                keys = {row.team.pk: key_of(row.team) for row in rows}
                document["brackets"] = [
                    [keys[end] for end in ends] for ends in state.board.brackets
                ]
    document["rows"] = [_track_row(row, columns, skilled=skilled) for row in rows]
    return document, arrays


def _track_evidence(
    tasks: list[Task], rows: Sequence[BoardRow]
) -> tuple[dict[str, Document], dict[str, Arrays]]:
    """Return the description of each task's evidence, by slug, and the evidence, by file."""
    tables = present_tables(tasks, Part.PRIVATE)
    found, arrays = {}, {}
    for task in tasks:
        description, evidence = _task_evidence(task, rows, tables.get(task.pk))
        found[task.slug], arrays[description["file"]] = description, evidence
    return found, arrays


def _counted(track: Track, rows: Sequence[BoardRow]) -> list[Task]:
    """Return the tasks that the track's ranking counts, in the order of the cells of every row."""
    tasks = {task.slug: task for task in ranking_tasks(track)}
    slugs = [cell["task"] for cell in rows[0].tasks] if rows else []
    return [tasks[slug] for slug in slugs]


def _track_task(task: Task, state: _State, *, skilled: bool) -> Document:
    metric = METRICS[task.headline]
    # A mean of scores is a mean of skills with base 0 and ceiling 1.
    base: float | None = 0.0
    ceiling = 1.0
    if skilled:
        lowest, highest = bounds(task, metric)
        ceiling = highest if metric.higher_is_better else lowest
        trivial = next(row for row in state.board.rows if row.team.baseline == TRIVIAL)
        base = next(cell["score"] for cell in trivial.tasks if cell["task"] == task.slug)
    return {
        "key": task.slug,
        "metric": metric.name,
        "base": base,
        "ceiling": ceiling,
        "higher_is_better": metric.higher_is_better,
        **_scored_by(task, state),
    }


def _track_entry(row: BoardRow) -> Document:
    return {
        "key": key_of(row.team),
        "scores": {cell["task"]: cell["score"] for cell in row.tasks},
        "first_reached": _moment(row.first_reached),
        "is_baseline": row.is_baseline,
        "tie_break": row.tie_break,
    }


def _track_row(row: BoardRow, columns: Mapping[str, str], *, skilled: bool) -> Document:
    found: Document = {"key": key_of(row.team), "rank": row.rank, "value": row.score}
    if skilled:
        found["skills"] = {cell["task"]: cell["skill"] for cell in row.tasks}
    values = {name: getattr(row, field) for field, name in columns.items()}
    return found | {name: value for name, value in values.items() if value is not None}


def _task_evidence(
    task: Task, rows: Sequence[BoardRow], table: BoardTable | None
) -> tuple[Document, Arrays]:
    """Return the description and the evidence of all rows of a track with a score in the task."""
    shown_by_team = {}
    if table is not None:
        shown = zip(table.score, table.submission_id, strict=True)
        shown_by_team = dict(zip(table.team, shown, strict=True))
    keys, submissions = [], []
    for row in rows:
        score = next(cell["score"] for cell in row.tasks if cell["task"] == task.slug)
        if score is None:
            continue
        shown_score, submission = shown_by_team.get(row.team.pk, (None, None))
        if shown_score != score or submission is None:
            raise NotYet(_MOVED)
        keys.append(key_of(row.team))
        submissions.append(submission)
    return {"file": f"{task.slug}.npz", "entries": keys}, _evidence(task, submissions)


# The rows ----------------------------------------------------------------------------------------


class _Unavailable(Exception):
    """The row data of some submissions can never be published; the text says so to readers."""


def _evidence(task: Task, submissions: list[int]) -> Arrays:
    """Return groups (n,), hit (k, n) and influence (k, n) of the private rows of k submissions.

    Raises NotYet and _Unavailable.
    """
    found = Evaluation.objects.counting(task).filter(submission__in=submissions)
    evaluations = {each.submission_id: each for each in found.select_related("submission")}
    for each in evaluations.values():
        if each.solution_id != task.solution_id or not (each.rows or can_be_made(each)):
            raise _Unavailable(_NEVER)
    if not all(pk in evaluations and evaluations[pk].rows for pk in submissions):
        raise NotYet(_LATER)
    rows, groups = _private_rows(task.solution)
    shape = (len(submissions), len(rows))
    hit, influence = np.empty(shape, dtype=np.int8), np.empty(shape)
    for place, submission in enumerate(submissions):
        arrays = stored_arrays(evaluations[submission])
        if arrays is None:
            raise NotYet(_LATER)
        hit[place], influence[place] = arrays["hit"][rows], arrays["influence"][rows]
    return {"groups": groups, "hit": hit, "influence": influence}


def _have_errors(arrays: Arrays) -> npt.NDArray[np.bool_]:
    """Return, for each entry, whether the rows give its standard error, (k,)."""
    varied = len(np.unique(arrays["groups"])) > 1
    return np.asarray(np.isfinite(arrays["influence"]).all(axis=1) & varied)


def _is_of(rows: Sequence[BoardRow], unknown: Collection[str]) -> bool:
    """Return whether the study of the ranked rows was made from this evidence.

    A study that waited too long for the row data of a submission was made without it.
    """
    return all(
        (row.rank_low is None) == (key_of(row.team) in unknown)
        for row in rows
        if row.rank is not None
    )


def _private_rows(solution: Solution) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the numbers of the private rows (n,) and the codes of their groups (n,).

    Groups are numbered in order of appearance, so their codes reveal nothing about their names.
    """
    try:
        with files.private().open(solution.file) as file:
            content = pq.ParquetFile(io.BytesIO(file.read()), pre_buffer=False)
    except FileNotFoundError as gone:
        raise NotYet(_LOST) from gone
    names = [name for name in ("usage", "group") if name in content.schema_arrow.names]
    table = content.read(columns=names, use_threads=False)
    is_private = pc.equal(table["usage"], "private").combine_chunks()
    rows = np.flatnonzero(is_private.to_numpy(zero_copy_only=False))
    if "group" not in names:
        return rows, np.arange(len(rows), dtype=np.int64)
    groups = table["group"].combine_chunks().filter(is_private).dictionary_encode("encode")
    return rows, groups.indices.to_numpy().astype(np.int64)
