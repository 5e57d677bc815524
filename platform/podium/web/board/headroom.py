"""The headroom of a track's tasks: what is left to be won, and how the best score moved."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from figures import Headroom, Level, Line, headroom_bars, step_chart
from figures.words import number, plural
from leaderboard import decimals
from leaderboard.verdict import headroom_left
from podium.challenges.models import Task, Track
from podium.standings.actions import REFERENCE
from podium.standings.feedback import step_of
from podium.standings.models import Revision, Standing
from podium.standings.ranking import TRIVIAL
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard, visible_board
from podium.submissions.models import Part
from podium.teams.models import Team
from podium.web.base.drawn_figures import inline
from podium.web.base.presenters import board_facts, challenge_facts, crumbs_to
from podium.web.board.matrix import Column, columns_of, part_links, track_and_tasks
from podium.web.board.state import BY_RANK, board_state
from podium.web.board.verdict import ceiling_of, range_of
from scoring import METRICS

WIDE, SLIM = 720, 352  # on a desk and on a phone
CHART = 544
Points = list[tuple[datetime, float]]


@require_safe
def headroom(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Show per task how far the best entry is from the baseline and from the ceiling."""
    track, tasks = track_and_tasks(request, slug, kind)
    revealed = track.challenge.is_revealed()
    state = board_state(request.GET, [BY_RANK], timezone.now(), is_revealed=revealed)
    board = visible_board(request.user, track, part=state.part or None)
    rooms = [_Room(column, board) for column in columns_of(tasks, board)]
    past = _past(tasks, board, track)
    context = {
        "track": track,
        "challenge": track.challenge,
        "crumbs": crumbs_to(track),
        "visible": board,
        "facts": [*board_facts(board), *challenge_facts(track.challenge)],
        "rows": [_row(room) for room in rooms],
        "bars": {"wide": _bars(rooms, "wide", WIDE), "slim": _bars(rooms, "slim", SLIM)},
        "charts": [_chart(room, past, board) for room in rooms],
        "asked": state,
        "parts": part_links(track, board, state),
    }
    return render(request, "board/headroom.html", context)


def best_over_time(tasks: list[Task], until: datetime) -> dict[int, Points]:
    """Return how the best displayed public score of the teams moved in each task, by its id.

    One query, which returns only the changes up to that time.
    """
    shown = Revision.objects.filter(
        board__task__in=tasks, board__part=Part.PUBLIC, at__lte=until, best__isnull=False
    )
    found: dict[int, Points] = {}
    for task, at, score in shown.order_by("at", "pk").values_list("board__task", "at", "best"):
        points = found.setdefault(task or 0, [])
        if score is not None and (not points or points[-1][1] != score):
            points.append((at, score))
    return found


def reference_scores(tasks: list[Task], at: datetime) -> dict[int, float]:
    """Return the displayed public score of the reference baseline at a time, by the task's id."""
    rows = Standing.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=at),
        board__task__in=tasks,
        board__part=Part.PUBLIC,
        team__in=Team.objects.filter(challenge__tasks__in=tasks[:1], baseline=REFERENCE),
        valid_from__lte=at,
        score__isnull=False,
    )
    found = rows.values_list("board__task", "score")
    return {task: score for task, score in found if task is not None and score is not None}


class _Room:
    """What a board says of a task: trivial submission, baseline, best team, and the ceiling."""

    def __init__(self, column: Column, board: VisibleBoard) -> None:
        task = column.task
        self.task, self.decimals = task, column.decimals
        self.higher = METRICS[task.headline].higher_is_better
        entered = [(row, column.cell(row)["score"]) for row in board.rows]
        scores = [(row, score) for row, score in entered if score is not None]
        by_baseline = {row.team.baseline: score for row, score in scores if row.is_baseline}
        self.trivial, self.baseline = by_baseline.get(TRIVIAL), by_baseline.get(REFERENCE)
        teams = [(row, score) for row, score in scores if not row.is_baseline]
        best = max if self.higher else min
        self.best = best((score for _, score in teams), default=None)
        self.by: list[BoardRow] = [row for row, score in teams if score == self.best]
        self.is_given = task.ceiling is not None
        self.ceiling = ceiling_of(task)

    def gain(self, start: float | None, end: float | None) -> float | None:
        """Return by how much the end is better than the start."""
        if start is None or end is None:
            return None
        return end - start if self.higher else start - end

    @property
    def way(self) -> float | None:
        """The share of the way from the trivial submission to the ceiling that is gone."""
        left = headroom_left(self.best, self.trivial, self.ceiling, self.higher)
        return None if left is None else 1 - left


def _row(room: _Room) -> dict[str, object]:
    def text(value: float | None) -> str:
        return number(value, room.decimals)

    slug = room.task.challenge.slug
    metric = METRICS[room.task.headline]
    return {
        "title": room.task.title,
        "url": reverse("task-board", args=[slug, room.task.slug]),
        "metric": metric.title,
        "direction": "higher is better" if metric.higher_is_better else "lower is better",
        "trivial": text(room.trivial),
        "baseline": text(room.baseline),
        "best": text(room.best),
        "by": [row.team for row in room.by[:2]],
        "others": max(0, len(room.by) - 2),
        "ceiling": text(room.ceiling),
        "ceiling_note": "given by the organizers" if room.is_given else "the metric’s best value",
        "gained": text(room.gain(room.baseline, room.best)),
        "left": text(room.gain(room.best, room.ceiling)),
    }


def _bars(rooms: list[_Room], name: str, width: int) -> SafeString:
    drawn = [
        Headroom(
            room.task.title,
            room.trivial,
            room.best,
            _names(room.by),
            room.baseline,
            room.ceiling,
            room.higher,
            room.decimals,
        )
        for room in rooms
    ]
    return inline(headroom_bars(f"headroom-{name}", _finding(rooms), drawn, width=width))


def _names(rows: list[BoardRow]) -> str:
    if len(rows) > 1:
        return f"{rows[0].team.name} and {plural(len(rows) - 1, 'other')}"
    return rows[0].team.name if rows else ""


def _finding(rooms: list[_Room]) -> str:
    """Return in a sentence which task leaves the most to be won."""
    known = [(room.way, room) for room in rooms if room.way is not None]
    if not known:
        return "No team has a score yet"
    way, room = min(known, key=lambda item: item[0])
    share = f"{number(100 * way, 0)} %"
    most = f"{room.task.title} leaves the most to be won: " if len(known) > 1 else ""
    sentence = f"the best entry has gone {share} of the way from the trivial submission to the "
    return most + (sentence if most else sentence.capitalize()) + "ceiling"


@dataclass(frozen=True)
class _Past:
    """The public history of the tasks: the best scores, the baseline's, and where they end."""

    best: dict[int, Points]
    reference: dict[int, float]
    end: datetime


def _past(tasks: list[Task], board: VisibleBoard, track: Track) -> _Past:
    shown_at = board.frozen_since or timezone.now()
    best = best_over_time(tasks, shown_at)
    times = [at for points in best.values() for at, _ in points]
    # Nothing moves after the close but by a rescore.
    end = max([min(shown_at, track.challenge.closes_at), *times])
    return _Past(best, reference_scores(tasks, shown_at), end)


def _chart(room: _Room, past: _Past, board: VisibleBoard) -> dict[str, object]:
    """Return the steps of the best displayed score of a task; empty texts if there are none."""
    task = room.task
    points = past.best.get(task.pk, [])
    levels = [Level("AutoGluon", past.reference.get(task.pk), is_highlighted=True)]
    name_of_best, shown = "best", decimals(step_of(task))
    if board.part == Part.PRIVATE:
        name_of_best = "public best"
        levels.append(Level("private best", room.best, room.decimals))
    drawn = {
        name: inline(
            step_chart(
                f"best-{task.pk}-{name}",
                _movement(task, points, shown),
                [Line(name_of_best, points, is_highlighted=True)],
                baselines=levels,
                axis=METRICS[task.headline].title,
                decimals=shown,
                until=past.end,
                limits=range_of(task),
                width=width,
            )
        )
        for name, width in (("wide", CHART), ("slim", SLIM))
    }
    return {"title": task.title, **drawn}


def _movement(task: Task, points: Points, decimals: int) -> str:
    if not points:
        return ""
    first, last = (number(points[place][1], decimals) for place in (0, -1))
    if len(points) == 1:
        return f"{task.title}: {last} since the first score"
    return f"{task.title}: from {first} to {last} in {plural(len(points) - 1, 'step')}"
