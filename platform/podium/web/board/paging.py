"""The rows that one page of a board shows, in the order that its address asks for."""

from typing import Any

from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard
from podium.web.board.columns import PageColumn
from podium.web.board.state import BY_RANK, PAGE_ROWS, BoardState, plain


class Page:
    """One page of a board: its `rows`, the nearest page's `number`, and how many rows there are.

    `brackets` are the board's as first and last place, in the order of the first ones: none where
    rows are not in the board's own order.
    """

    def __init__(self, board: VisibleBoard, state: BoardState, offered: list[PageColumn]) -> None:
        rows = ordered(board.rows, state, offered)
        self.found = len(rows)
        self.pages = max(1, -(-self.found // PAGE_ROWS))
        self.number = min(state.page, self.pages)
        start = (self.number - 1) * PAGE_ROWS
        self.rows = rows[start : start + PAGE_ROWS]
        self.places = range(start, start + len(self.rows))
        self.brackets = _brackets(board) if state.is_plain else []

    @property
    def drawn(self) -> list[tuple[int, int]]:
        """Return the brackets that this page shows a part of."""
        here = self.places
        return [
            (first, last)
            for first, last in self.brackets
            if first < here.stop and last >= here.start
        ]


def ordered(rows: list[BoardRow], state: BoardState, offered: list[PageColumn]) -> list[BoardRow]:
    """Return the rows that a state shows on all its pages, sorted; last those without a value."""
    if state.q:
        wanted = plain(state.q)
        rows = [row for row in rows if wanted in plain(row.team.name)]
    column = next((column for column in offered if column.key == state.column), None)
    if column is None or column.value is None or state.sort == BY_RANK:
        return rows
    values = [(row, column.value(row)) for row in rows]
    valued = [(row, value) for row, value in values if value is not None]
    valued.sort(key=_key, reverse=column.is_high_first != state.is_reversed)
    return [row for row, _ in valued] + [row for row, value in values if value is None]


def _brackets(board: VisibleBoard) -> list[tuple[int, int]]:
    place = {row.team.pk: place for place, row in enumerate(board.rows)}
    known = [pair for pair in board.brackets if pair[0] in place and pair[1] in place]
    return sorted((place[first], place[last]) for first, last in known)


def _key(valued: tuple[BoardRow, Any]) -> Any:
    value = valued[1]
    return plain(value) if isinstance(value, str) else value
