"""Preview what publishing a rescore would change on the boards, and publish it."""

from copy import copy
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from leaderboard import decimals
from leaderboard.boards import TRACK_STEP
from podium.accounts.models import User, Viewer
from podium.challenges.models import Task, Track
from podium.challenges.permissions import Permission, has_permission
from podium.standings.actions import rebuild
from podium.standings.document import BoardTable
from podium.standings.feedback import step_of
from podium.standings.history import present_rows, present_tables
from podium.standings.ranking import places, ranked_on, ranked_track
from podium.standings.reveal import has_private_boards, private_places, ranking_tasks
from podium.standings.rows import BoardRow, BoardTeam
from podium.standings.visible import UNROUNDED_DECIMALS
from podium.submissions.jobs import rescoring
from podium.submissions.models import Evaluation, Part, Rescore, Score, Unscored


@dataclass(frozen=True)
class Place:
    """A team's place on a board: rank and displayed score. Baselines have no rank.

    `raw` is the unrounded score, set only on task boards and for viewers who may see it.
    """

    rank: int | None
    score: float | None
    raw: float | None = None


@dataclass(frozen=True)
class Change:
    """A team's place on a board before and after a rescore, None if it is not on the board."""

    team: BoardTeam
    before: Place | None
    after: Place | None

    @property
    def rises(self) -> bool:
        """Whether the team's rank gets better."""
        return self._ranks is not None and self._ranks[1] < self._ranks[0]

    @property
    def falls(self) -> bool:
        """Whether the team's rank gets worse."""
        return self._ranks is not None and self._ranks[1] > self._ranks[0]

    @property
    def _ranks(self) -> tuple[int, int] | None:
        before = self.before.rank if self.before else None
        after = self.after.rank if self.after else None
        return (before, after) if before is not None and after is not None else None


@dataclass(frozen=True)
class BoardPreview:
    """The changes on one board: the rows that differ, in their new order, and the row count."""

    subject: Task | Track
    part: str
    changes: list[Change]
    rows: int
    decimals: int
    shows_raw: bool

    @property
    def title(self) -> str:
        """The subject's title, with a note on a private board."""
        return f"{self.subject}, private board" if self.part == Part.PRIVATE else str(self.subject)


@dataclass(frozen=True)
class Preview:
    """What publishing a rescore would change, and which submissions it could not score."""

    boards: list[BoardPreview]
    unscored: list[Unscored]


def preview(rescore: Rescore, viewer: Viewer) -> Preview:
    """Return what publishing the rescore would change on the boards of the task and its track.

    Uses the functions that make the boards: the public ones from displayed scores and, once they
    exist, the private ones. Only for organizers.
    """
    task = rescore.task
    tasks = ranking_tasks(task.track)
    changed = _by_rescore(task, rescore)
    after = [changed if each.pk == task.pk else each for each in tasks]
    scores = Score.objects.filter(evaluation__in=Evaluation.objects.under(rescore))
    mine = ranked_on(changed, places(changed, scores))
    made = _Boards(task, tasks, after, scores)
    boards = made.previews(Part.PUBLIC, mine, viewer)
    if has_private_boards(task.challenge) and task.challenge.is_revealed():
        final = ranked_on(changed, private_places(changed, mine, scores), Part.PRIVATE)
        boards += made.previews(Part.PRIVATE, final, viewer)
    unscored = rescore.unscored.filter(is_final=True).select_related("submission__team")
    return Preview(boards=boards, unscored=list(unscored))


@dataclass(frozen=True)
class _Boards:
    """The boards of a task and its track, with the tasks of the track now and after a rescore."""

    task: Task
    before: list[Task]
    after: list[Task]
    scores: QuerySet[Score]

    def previews(self, part: str, mine: list[BoardRow], viewer: Viewer) -> list[BoardPreview]:
        """Return the changes on both boards of a part if the task's board gets the rows `mine`."""
        task, track = self.task, self.task.track
        raw = part == Part.PUBLIC and has_permission(
            viewer, Permission.SEE_RAW_PUBLIC, task.challenge
        )
        step = TRACK_STEP if part == Part.PUBLIC else None
        slug, tables = task.challenge.slug, present_tables(self.before, part)
        old = tables[task.pk].rows(slug) if task.pk in tables else []
        old_raw = _raw(task, old, Score.objects.counting(task)) if raw else {}
        new_raw = _raw(task, mine, self.scores) if raw else {}
        track_before = present_rows(track, part)
        after = {**tables, task.pk: BoardTable.of(mine)}
        track_after = ranked_track(track, self.after, after, step).rows(slug)
        changed = next(each for each in self.after if each.pk == task.pk)
        return [
            BoardPreview(
                subject=task,
                part=part,
                changes=_changes(_by_team(old, old_raw), _by_team(mine, new_raw)),
                rows=len(mine),
                decimals=decimals(step_of(changed)) if step else UNROUNDED_DECIMALS,
                shows_raw=raw,
            ),
            BoardPreview(
                subject=track,
                part=part,
                changes=changes(track_before, track_after),
                rows=len(track_after),
                decimals=decimals(TRACK_STEP) if step else UNROUNDED_DECIMALS,
                shows_raw=False,
            ),
        ]


def publish(*, rescore: Rescore, by: User | None = None, why: str = "") -> None:
    """Make the rescore count and rebuild the boards, all at once. Raises CannotRescore.

    `why` is public: teams read it in their notice, everybody on the challenge page. Earlier boards
    can still be viewed by their time.
    """
    with transaction.atomic():
        # A submission that is being scored is stored entirely before this or entirely after it.
        Task.objects.select_for_update(no_key=True).get(pk=rescore.task_id)
        rescoring.settle(rescore=rescore, why=why, by=by)
        rebuild(_task(rescore))


def _task(rescore: Rescore) -> Task:
    """Return the reloaded task, with the relations that ranking needs."""
    needed = Task.objects.select_related("challenge", "track", "solution", "dataset_version")
    return needed.get(pk=rescore.task_id)


def _by_rescore(task: Task, rescore: Rescore) -> Task:
    """Return the task as it would be after the rescore, without storing it."""
    changed = copy(task)
    changed.solution = rescore.solution
    return changed


_Rows = list[tuple[BoardTeam, Place]]


def _by_team(rows: list[BoardRow], raw: dict[int, float | None] | None = None) -> _Rows:
    of = (raw or {}).get
    return [(row.team, Place(row.rank, row.score, of(row.submission_id or 0))) for row in rows]


def changes(before: list[BoardRow], after: list[BoardRow]) -> list[Change]:
    """Return the rows of a board that differ, in their new order."""
    return _changes(_by_team(before), _by_team(after))


def _changes(before: _Rows, after: _Rows) -> list[Change]:
    old = {team.pk: place for team, place in before}
    new = {team.pk: place for team, place in after}
    found = [Change(team, old.get(team.pk), place) for team, place in after]
    found += [Change(team, place, None) for team, place in before if team.pk not in new]
    return [change for change in found if _shown(change.before) != _shown(change.after)]


def _shown(place: Place | None) -> tuple[int | None, float | None] | None:
    return (place.rank, place.score) if place else None


def _raw(task: Task, rows: list[BoardRow], scores: Any) -> dict[int, float | None]:
    """Return the unrounded public headlines of the rows' submissions, by submission id."""
    shown = [row.submission_id for row in rows]
    found = scores.filter(evaluation__submission__in=shown, part=Part.PUBLIC, metric=task.headline)
    return dict(found.values_list("evaluation__submission_id", "value"))
