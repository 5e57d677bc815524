"""The matrix of a track: entries × tasks, with the skill and the displayed score of each."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from figures import MatrixRow, standalone, svg
from figures import matrix as heat_map
from figures.words import number, plural
from leaderboard import decimals
from podium.challenges.models import Task, Track
from podium.standings.feedback import step_of
from podium.standings.rows import BoardRow, TaskCell
from podium.standings.visible import VisibleBoard, visible_board
from podium.submissions.models import Part
from podium.web.base.access import get_challenge, get_track
from podium.web.base.drawn_figures import inline
from podium.web.base.presenters import board_facts, crumbs_to
from podium.web.board.state import BY_RANK, PAGE_ROWS, BoardState, board_state
from scoring import METRICS

SKILL_DECIMALS = 3
DRAWN = 40  # rows of a figure in a page; its file has all of the page
WIDE, SLIM = 720, 352  # on a desk and on a phone
NOT_ENTERED: TaskCell = {"score": None, "skill": None}


@require_safe
def matrix(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Show who is how good at which task of a track, sorted by rank or by a task."""
    track, tasks = track_and_tasks(request, slug, kind)
    state, board, columns, page = _shown(request, track, tasks)
    context = {
        "track": track,
        "challenge": track.challenge,
        "crumbs": crumbs_to(track),
        "visible": board,
        "facts": board_facts(board),
        "asked": state,  # not `state`: a page's header shows that as a chip
        "columns": [_head(column, state) for column in columns],
        "rows": [_row(row, board, columns) for row in page],
        "page_obj": page,
        "by_rank": state.query(sort=BY_RANK),
        "drawn": min(DRAWN, len(page)),
        "figures": {
            name: inline(_figure(columns, board, list(page)[:DRAWN], f"matrix-{name}", width))
            for name, width in (("wide", WIDE), ("slim", SLIM))
        },
        "figure_url": reverse("matrix-figure", args=[slug, kind]) + state.query(page=state.page),
        "links": {"now": state.query(at="")},
        "parts": part_links(track, board, state),
    }
    return render(request, "board/matrix.html", context)


@require_safe
def figure(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Give the heat map of the same rows as a file."""
    track, tasks = track_and_tasks(request, slug, kind)
    _, board, columns, page = _shown(request, track, tasks)
    answer = HttpResponse(
        standalone(_figure(columns, board, page, "matrix", WIDE)), "image/svg+xml"
    )
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{kind}-matrix.svg"'
    return answer


def track_and_tasks(request: HttpRequest, slug: str, kind: str) -> tuple[Track, list[Task]]:
    """Return a track that the user may see and its tasks, with what displaying scores needs."""
    challenge = get_challenge(request, slug)
    found = Task.objects.filter(challenge=challenge, track__kind=kind)
    found = found.select_related("track", "solution", "dataset_version")
    tasks = list(found.defer("description", "dataset_version__facts"))
    track = tasks[0].track if tasks else get_track(request, slug, kind)
    track.challenge = challenge
    for task in tasks:
        task.challenge, task.track = challenge, track
    return track, tasks


@dataclass(frozen=True)
class Column:
    """A task of a board of a track: the cells of its entries by their teams' ids.

    There are none while the task does not count: the trivial submission has no score yet. `best`
    is the best score in it, of teams and baselines.
    """

    task: Task
    decimals: int
    cells: dict[int, TaskCell]
    best: float | None

    def cell(self, row: BoardRow) -> TaskCell:
        """Return score and skill of an entry, both None where it did not enter."""
        return self.cells.get(row.team.pk, NOT_ENTERED)

    def skill(self, row: BoardRow) -> float | None:
        """Return the skill of an entry, None where it did not enter: there it counts 0."""
        cell = self.cell(row)
        return None if cell["score"] is None else cell["skill"]

    def is_best(self, row: BoardRow) -> bool:
        """Return whether nobody has a better score."""
        score = self.cell(row)["score"]
        return score is not None and score == self.best


def columns_of(tasks: Iterable[Task], board: VisibleBoard) -> list[Column]:
    """Return the tasks with what the board of their track holds of them."""
    cells: dict[str, dict[int, TaskCell]] = {}
    for row in board.rows:
        for cell in row.tasks:
            cells.setdefault(cell["task"], {})[row.team.pk] = cell
    return [_column(task, cells.get(task.slug, {}), board) for task in tasks]


def _column(task: Task, cells: dict[int, TaskCell], board: VisibleBoard) -> Column:
    scores = [cell["score"] for cell in cells.values() if cell["score"] is not None]
    best = max if METRICS[task.headline].higher_is_better else min
    # A track is rounded for itself, so that its decimals say nothing of its tasks' scores.
    shown = board.shown_decimals if board.part == Part.PRIVATE else decimals(step_of(task))
    return Column(task, shown, cells, best(scores, default=None))


def part_links(track: Track, board: VisibleBoard, state: BoardState) -> list[dict[str, object]]:
    """Return the links between the private and the public part; none before the reveal."""
    if not track.challenge.is_revealed():
        return []
    return [
        {"label": label, "url": state.query(part=asked), "current": board.part == part}
        for label, asked, part in (
            ("Private part", "", Part.PRIVATE),
            ("Public part", Part.PUBLIC.value, Part.PUBLIC),
        )
    ]


def _shown(
    request: HttpRequest, track: Track, tasks: list[Task]
) -> tuple[BoardState, VisibleBoard, list[Column], Page[BoardRow]]:
    """Return what is asked for, the board, its columns, and its rows on the asked page."""
    names = [BY_RANK, *(task.slug for task in tasks)]
    revealed = track.challenge.is_revealed()
    state = board_state(request.GET, names, timezone.now(), is_revealed=revealed)
    part = state.part or None
    board = visible_board(request.user, track, state.moment, part)
    columns = columns_of(tasks, board)
    by = next((column for column in columns if column.task.slug == state.column), None)
    rows = _sorted(board.rows, by, worst_first=state.is_reversed)
    return state, board, columns, Paginator(rows, PAGE_ROWS).get_page(state.page)


def _sorted(rows: list[BoardRow], by: Column | None, *, worst_first: bool) -> list[BoardRow]:
    """Return the rows as ranked or by one task; teams that did not enter it come last."""
    if by is None:
        return rows[::-1] if worst_first else rows
    scored = [(row, by.cell(row)["score"]) for row in rows]
    entered = [(score, row) for row, score in scored if score is not None]
    falls = METRICS[by.task.headline].higher_is_better != worst_first
    # Not reversed: equal ones stay as they are ranked.
    entered.sort(key=lambda pair: pair[0], reverse=falls)
    return [row for _, row in entered] + [row for row, score in scored if score is None]


def _head(column: Column, state: BoardState) -> dict[str, object]:
    task = column.task
    is_sorted = state.column == task.slug
    way = f"-{task.slug}" if is_sorted and not state.is_reversed else task.slug
    return {
        "title": task.title,
        "metric": METRICS[task.headline].title,
        "url": reverse("task-board", args=[task.challenge.slug, task.slug]),
        "sort_url": state.query(sort=way),
        "sorted": ("ascending" if state.is_reversed else "descending") if is_sorted else "",
        "counts": bool(column.cells),
    }


def _row(row: BoardRow, board: VisibleBoard, columns: list[Column]) -> dict[str, object]:
    return {
        "rank": row.rank,
        "name": row.team.name,
        "url": row.team.get_absolute_url(),
        "baseline": row.is_baseline,
        "mine": row.is_mine,
        "score": number(row.score, board.shown_decimals),
        "cells": [_cell(row, column) for column in columns],
    }


def _cell(row: BoardRow, column: Column) -> dict[str, object]:
    cell = column.cell(row)
    return {
        "label": column.task.title,
        "counts": bool(column.cells),
        "entered": cell["score"] is not None,
        # Where the trivial submission is as good as the best there is no skill.
        "skill": number(cell["skill"], SKILL_DECIMALS),
        "score": number(cell["score"], column.decimals),
        "is_best": column.is_best(row),
    }


def _figure(
    columns: list[Column], board: VisibleBoard, rows: Iterable[BoardRow], name: str, width: int
) -> str:
    drawn = [
        MatrixRow(row.team.name, [each.skill(row) for each in columns], row.is_baseline)
        for row in rows
    ]
    finding = _finding(columns, board.rows)
    titles = [column.task.title for column in columns]
    # A file is asked for by its address: without rows it still says so.
    empty = svg.sheet(name, finding, finding, (width, 0), [])
    return heat_map(name, finding, titles, drawn, width=width) or empty


def _finding(columns: list[Column], rows: list[BoardRow]) -> str:
    """Return in a sentence who is best at the most tasks."""
    wins = [(sum(column.is_best(row) for column in columns), row.team.name) for row in rows]
    most = max((count for count, _ in wins), default=0)
    if not most:
        return "Nobody has entered a task yet"
    leaders = [name for count, name in wins if count == most]
    who = " and ".join(leaders) if len(leaders) < 3 else plural(len(leaders), "entry", "entries")
    verb = "is best" if len(leaders) == 1 else "are each best"
    counted = sum(bool(column.cells) for column in columns)
    return f"{who} {verb} on {most} of {plural(counted, 'task')}"
