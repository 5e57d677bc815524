"""The table of a board as texts: columns, and of each row that is shown what its cells say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from figures.words import number
from leaderboard.friedman import FEWEST_TASKS
from podium.boards.columns import score_label
from podium.challenges.models import Task, Track
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard
from podium.web.base.markup import as_html
from podium.web.base.presenters import Context, is_reference
from podium.web.board import marks as board_marks
from podium.web.board.columns import NOTHING, PageColumn, columns, movement
from podium.web.board.history import Past
from podium.web.board.paging import Page
from podium.web.board.state import BY_RANK, BoardState
from podium.web.board.verdict import race_of

MEDALS = 3
FEW_TASKS, MOST_TASKS = 3, 5  # the matrix has the tasks of tracks that are wider than a page
MOST_COLUMNS = 6
ALWAYS = {BY_RANK, "team", "score"}
OVER_TASKS = {"mean_rank", "elo"}  # of few tasks they say less than the score


@dataclass(frozen=True)
class History:
    """The pasts of the rows shown, and from when to when their sparklines are drawn."""

    pasts: dict[int, Past]
    start: datetime
    end: datetime
    since: str


def excerpt_context(subject: Task | Track, board: VisibleBoard, limit: int) -> dict[str, object]:
    """Return what board_table.html shows of a board's first rows and the viewer's own.

    It ends with the reference baseline if that stands below them.
    """
    rest = board.rows[limit:]
    shown = board.rows[:limit] + [row for row in rest if row.is_mine or is_reference(row)]
    offered = columns(subject) if isinstance(subject, Task) else []
    kept = [column for column in offered if column.key in {"attempts", "improved"}]
    return _context(subject, board, shown, kept, _Scale(shown))


def table_context(
    subject: Task | Track,
    board: VisibleBoard,
    page: Page,
    state: BoardState,
    offered: list[PageColumn],
    history: History,
) -> dict[str, object]:
    """Return what board_table.html shows of a page of a board, with links that sort it."""
    listed = page.rows
    has_few = sum(_is_task(column) for column in offered) < FEWEST_TASKS
    left_out = ALWAYS | (OVER_TASKS if has_few else set())
    kept = [
        c
        for c in offered
        if c.key not in left_out and c.value and any(c.value(r) is not None for r in board.rows)
    ]
    kept = _with_movement(_fitting(kept), listed, history)
    reference = [row for row in board.rows if is_reference(row) and row not in listed]
    context = _context(subject, board, listed, kept, _Scale([*listed, *reference]))
    heads = {column.key: _head(column, state) for column in offered}
    context["heads"] = heads
    context["columns"] = [heads.get(column.key) or _head(column, None) for column in kept]
    sparks = {
        row.team.pk: board_marks.spark(past, history.start, history.end, board.shown_decimals)
        for row in listed
        if (past := history.pasts.get(row.team.pk))
    }
    context["trend"] = any(sparks.values()) and len(context["columns"]) <= MOST_COLUMNS
    pieces = board_marks.ties(page.brackets, page.places)
    context["brackets"] = bool(pieces)
    context["compare"] = "compare"
    for context_row, row, place in zip(context["rows"], listed, page.places, strict=True):
        context_row["spark"] = sparks.get(row.team.pk, "")
        context_row["ties"] = pieces.get(place, "")
    return context


def _fitting(kept: list[PageColumn]) -> list[PageColumn]:
    """Return the columns that a page has room for: a table is never wider."""
    count = sum(_is_task(column) for column in kept)
    if count > MOST_TASKS:
        return [column for column in kept if not _is_task(column)]
    if count > FEW_TASKS:
        return [column for column in kept if "minor" not in column.kind]
    return kept


def _is_task(column: PageColumn) -> bool:
    return "task" in column.kind.split()


def _with_movement(
    kept: list[PageColumn], shown: list[BoardRow], history: History
) -> list[PageColumn]:
    """Insert the "moved" column before "attempts" if any row moved.

    Not where nobody was on the board then: everybody would be new.
    """
    if not any(past.was_there for past in history.pasts.values()):
        return kept
    moved = movement(history.pasts, history.since)
    if moved.text is None or not any(map(moved.text, shown)):
        return kept
    last = next((i for i, column in enumerate(kept) if "minor" in column.kind), len(kept))
    return [*kept[:last], moved, *kept[last:]]


def _head(column: PageColumn, state: BoardState | None) -> dict[str, object]:
    """Return a column's head: its label and, where one can sort by it, link and direction."""
    head: dict[str, object] = {"label": column.label, "title": column.title, "kind": column.kind}
    if state is None:
        return head
    is_sorted = state.column == column.key
    high_first = column.is_high_first != (is_sorted and state.is_reversed)
    head["sorted"] = ("descending" if high_first else "ascending") if is_sorted else ""
    head["url"] = state.query(sort=f"-{column.key}" if state.sort == column.key else column.key)
    return head


def _context(
    subject: Task | Track,
    board: VisibleBoard,
    shown: Sequence[BoardRow],
    kept: list[PageColumn],
    scale: "_Scale",
) -> Context:
    about = _Neighbours(board)
    url = reverse("team", args=[subject.challenge.slug, "-"]).removesuffix("-/")
    return {
        "score_label": score_label(subject),
        "columns": [_head(column, None) for column in kept],
        "scale": scale.context(board.shown_decimals),
        "is_track": isinstance(subject, Track),
        "rows": [
            {
                **_row(row, board.tied.get(row.team.pk), board.shown_decimals, url),
                **about.texts(row),
                "whisker": scale.whisker(row, board.shown_decimals),
                "cells": _cells(kept, row),
            }
            for row in shown
        ],
    }


def _cells(kept: list[PageColumn], row: BoardRow) -> SafeString:
    """Return a row's cells of these columns as HTML: they are many, and templates are slow."""
    cells = []
    for column in kept:
        text = as_html(column.text(row)) if column.text else ""
        label = "" if column.is_plain or not text else f' data-label="{as_html(column.label)}"'
        cells.append(f'<td role="cell" class="{column.kind}"{label}>{text}</td>')
    return mark_safe("".join(cells))  # noqa: S308  (escaped above)


def _row(row: BoardRow, tied: tuple[int, int] | None, decimals: int, url: str) -> dict[str, object]:
    return {
        "rank": row.rank,
        "interval": f"{tied[0]}–{tied[1]}" if tied else "",
        "medal": row.rank if row.rank and row.rank <= MEDALS else None,
        "name": row.team.name,
        "slug": row.team.slug,
        "url": f"{url}{row.team.slug}/",
        "method": "" if row.is_baseline else row.method,
        "baseline": row.is_baseline,
        "mine": row.is_mine,
        "gone": _gone(row),
        "score": number(row.score, decimals),
    }


def _gone(row: BoardRow) -> str:
    """Return since when a team that an old or frozen board shows is on none any more."""
    if row.team.disqualified_at:
        return f"disqualified since {board_marks.day(row.team.disqualified_at)}"
    if row.team.removed_at:
        return f"withdrawn since {board_marks.day(row.team.removed_at)}"
    return ""


class _Neighbours:
    """What separates a ranked row from those above and below it, in words."""

    def __init__(self, board: VisibleBoard) -> None:
        self._decimals = board.shown_decimals
        self._is_studied = board.is_studied
        self._ranked = [row for row in board.rows if row.rank is not None]
        self._places = {row.team.pk: place for place, row in enumerate(self._ranked)}

    def texts(self, row: BoardRow) -> dict[str, object]:
        place = self._places.get(row.team.pk)
        if place is None:
            return {"same": "", "near": ""}
        above = self._ranked[place - 1] if place else None
        below = self._ranked[place + 1] if place + 1 < len(self._ranked) else None
        near = [
            *([f"Above: {self._told(above, row, row.separable)}"] if above else []),
            *([f"Below: {self._told(below, row, below.separable)}"] if below else []),
        ]
        same = f"not separable from {above.team.name} above" if above else ""
        return {"same": same if row.separable is False else "", "near": "\n".join(near)}

    def _told(self, other: BoardRow, row: BoardRow, separable: bool | None) -> str:
        words = {True: ", separable", False: ", not separable", None: ""}[separable]
        if other.score is None or row.score is None:
            return f"{other.team.name}{words}"
        apart = number(abs(other.score - row.score), self._decimals)
        return f"{other.team.name}, {apart} apart{words}"


class _Scale:
    """The common scale of a page's whiskers: the race around its best team and AutoGluon.

    An arrow points to what is beyond it: rows far below would leave no room for the others.
    """

    def __init__(self, rows: Sequence[BoardRow]) -> None:
        self.low, self.high = race_of(rows) or (0.0, 0.0)
        self.has_intervals = any(row.low is not None for row in rows)
        reference = next((row.score for row in rows if is_reference(row)), None)
        has_line = reference is not None and self.low < self.high
        self.reference = self.percent(reference) if reference is not None and has_line else None

    def context(self, decimals: int) -> dict[str, object] | None:
        if not self.has_intervals or self.low == self.high:
            return None
        return {"low": number(self.low, decimals), "high": number(self.high, decimals)}

    def percent(self, value: float) -> float:
        return 100 * (value - self.low) / (self.high - self.low)

    def whisker(self, row: BoardRow, decimals: int) -> SafeString:
        if row.low is None or row.high is None or row.score is None or self.low == self.high:
            return NOTHING
        low, high = number(row.low, decimals), number(row.high, decimals)
        text = f"{number(row.score, decimals)}, 95 % interval {low} to {high}"
        places = tuple(self.percent(value) for value in (row.low, row.score, row.high))
        return board_marks.whisker(places, self.reference, text)
