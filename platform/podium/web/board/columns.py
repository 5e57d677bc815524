"""The columns of a board's page: what the cells of `boards.columns` look like as HTML."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from figures.words import number
from podium.boards.columns import CELL_DECIMALS, Column, page_columns
from podium.challenges.models import Task, Track
from podium.standings.rows import BoardRow
from podium.web.base.markup import as_html, filled
from podium.web.board import marks as board_marks
from podium.web.board.history import Past

EXTRA, MINOR, TEXT = "num meta extra", "num meta minor", "meta extra words"
MOVED, TASK = "num meta moved", "num meta task"
PLAIN = {"rise", "improved"}


@dataclass(frozen=True)
class PageColumn:
    """A column as the page has it: `text` makes a cell's HTML (None: the row has its own cell).

    `kind` are the cell's classes. In a folded row a cell that `is_plain` has no label. Without a
    `value` rows cannot be sorted by it.
    """

    key: str
    label: str
    title: str
    value: Callable[[BoardRow], Any] | None
    is_high_first: bool = False
    kind: str = "num meta extra"
    is_plain: bool = False
    text: Callable[[BoardRow], str] | None = None


def columns(subject: Task | Track, tasks: Iterable[Task] = ()) -> list[PageColumn]:
    """Return all columns that the board of a task or track can have, in their order."""
    return [_shown(column) for column in page_columns(subject, tasks)]


def movement(pasts: Mapping[int, Past], since: str) -> PageColumn:
    """Return the column of places won or lost since a date. The board is not sorted by it."""

    def text(row: BoardRow) -> str:
        past = pasts.get(row.team.pk)
        if row.rank is None:
            return ""
        if past is None or not past.was_there:
            return filled('<span class="new" title="Not on this board on {}">new</span>', since)
        return board_marks.moved(past.rank, row.rank, f"since {since}")

    title = f"Rank change since {since}"
    return PageColumn("moved", "Moved", title, None, kind=MOVED, is_plain=True, text=text)


def flips_text(row: BoardRow) -> str:
    """Return the negative flips of a row in percent, nothing where they are not known."""
    return "" if row.nfr is None else f"{100 * row.nfr:.1f} %"


def _shown(column: Column) -> PageColumn:
    plain = TEXT if column.type == "text" else EXTRA
    kind, text = _LOOKS.get(column.key, (plain, partial(_text, column)))
    if column.task:
        kind, text = TASK, partial(_task_text, column)
    return PageColumn(
        column.key,
        column.title,
        column.words,
        column.value,
        column.is_high_first,
        kind,
        is_plain=column.key in PLAIN,
        text=text,
    )


def _text(column: Column, row: BoardRow) -> str:
    value = column.value(row)
    if value is None:
        return ""
    return number(value, column.decimals) if isinstance(column.decimals, int) else str(value)


def _task_text(column: Column, row: BoardRow) -> str:
    value = column.value(row)
    if value is not None:
        return as_html(number(value, CELL_DECIMALS))
    return _NOT_ENTERED if row.cell(column.task).get("score") is None else _LEFT_OUT


def _rise(row: BoardRow) -> str:
    if row.rank is None or row.rise is None:
        return ""
    return board_marks.moved(row.rank + row.rise, row.rank, "since the public board")


def _elo(row: BoardRow) -> str:
    if row.elo is None:
        return ""
    if row.elo_low is None or row.elo_high is None:
        return f"{row.elo:.0f}"
    interval = f"95 % interval {row.elo_low:.0f} to {row.elo_high:.0f}"
    return filled('<span title="{}">{}</span>', interval, f"{row.elo:.0f}")


def _dash(title: str) -> SafeString:
    return filled('<span class="missing" title="{}">–</span>', title)


_NOT_ENTERED = _dash("not entered: counts as 0")
_LEFT_OUT = _dash("left out for everyone: the trivial prediction has the best possible score")
NOTHING = mark_safe("")
_LOOKS: Mapping[str, tuple[str, Callable[[BoardRow], str] | None]] = {
    "rank": (EXTRA, None),
    "team": (EXTRA, None),
    "score": (EXTRA, None),
    "rise": (MOVED, _rise),
    "nfr": (EXTRA, flips_text),
    "elo": (EXTRA, _elo),
    "attempts": (MINOR, lambda row: "" if row.is_baseline else str(row.attempts)),
    "improved": (MINOR, lambda row: board_marks.since_when(row.first_reached)),
}
