"""Which rows of a board a state of its page shows, and which others it tells of."""

from collections.abc import Iterator
from typing import Any

from podium.standings.board_order import RANK, By, Placed, order_of
from podium.standings.board_rows import BoardRow
from podium.standings.boards import VisibleBoard
from podium.web.board.columns import Column
from podium.web.board.figures import FOREST_ROWS, LINES
from podium.web.board.state import BY_RANK, PAGE_ROWS, BoardState, plain


class Page:
    """The page of a state of a board: of all rows in its own order those that the page shows.

    `number` is that of the nearest page that there is, `found` how many rows all pages have.
    `place_of` are the places of all teams in the board's own order. `brackets` are the board's as
    first and last place, in the order of the first ones: none where rows do not stand as ranked.
    """

    def __init__(
        self,
        order: list[Placed],
        brackets: list[tuple[int, int]],
        state: BoardState,
        offered: list[Column],
    ) -> None:
        rows = ordered(order, state, offered)
        self.found = len(rows)
        self.pages = max(1, -(-self.found // PAGE_ROWS))
        self.number = min(state.page, self.pages)
        start = (self.number - 1) * PAGE_ROWS
        self.teams = [row.team for row in rows[start : start + PAGE_ROWS]]
        self.places = range(start, start + len(self.teams))
        self.place_of = {row.team: place for place, row in enumerate(order)}
        self.brackets = self._brackets(brackets) if state.is_plain else []

    @property
    def drawn(self) -> list[tuple[int, int]]:
        """Those brackets of which a piece is on this page."""
        here = self.places
        return [
            (first, last)
            for first, last in self.brackets
            if first < here.stop and last >= here.start
        ]

    def _brackets(self, brackets: list[tuple[int, int]]) -> list[tuple[int, int]]:
        place = self.place_of
        known = [pair for pair in brackets if pair[0] in place and pair[1] in place]
        return sorted((place[first], place[last]) for first, last in known)


class PageWindow:
    """Chooses of a board the rows that the page of a state needs, see `visible_board`.

    Those are the rows shown and, for what is told of them, the ones above and below each and at
    both ends of their brackets; for figures the first rows and the first teams; and those without
    a rank, among which are the baselines.
    """

    def __init__(self, state: BoardState, offered: list[Column]) -> None:
        self._state, self._offered = state, offered
        self.by = _by(state, offered)
        self._page: Page | None = None

    def choose(self, order: list[Placed], brackets: list[tuple[int, int]]) -> set[int]:
        """Return the teams whose rows the page needs."""
        self._page = page = Page(order, brackets, self._state, self._offered)
        ranked = [row.team for row in order if row.rank is not None]
        chosen = {row.team for row in order if row.rank is None}
        chosen.update(page.teams, _neighbours(ranked, set(page.teams)))
        chosen.update(ranked[:LINES], (row.team for row in order[:FOREST_ROWS]))
        chosen.update(order[place].team for pair in page.drawn for place in pair)
        return chosen

    def page(self, board: VisibleBoard) -> Page:
        """Return what the page shows of the board."""
        return self._page or Page(board.order, board.brackets, self._state, self._offered)


def ordered(order: list[Placed], state: BoardState, offered: list[Column]) -> list[Placed]:
    """Return what a state shows, on whichever page, in its order: last what has no value."""
    if state.q:
        wanted = plain(state.q)
        order = [row for row in order if wanted in plain(row.name)]
    column = _column(state, offered)
    if column is None or state.sort == BY_RANK:
        return order
    without = [row for row in order if row.value is None]
    valued = [row for row in order if row.value is not None]
    return sorted(valued, key=_key, reverse=column.is_high_first != state.is_reversed) + without


def ordered_rows(
    board: VisibleBoard, state: BoardState, offered: list[Column]
) -> list[BoardRow]:  # fmt: skip
    """Return the rows that a state shows, on whichever page, of a board that was read whole."""
    rows = {row.team.pk: row for row in board.rows}
    order = order_of(board.rows, _by(state, offered))
    return [rows[row.team] for row in ordered(order, state, offered)]


def _neighbours(ranked: list[int], teams: set[int]) -> Iterator[int]:
    """Give the teams that are ranked just above or below one of these."""
    for place, team in enumerate(ranked):
        if team in teams:
            yield from ranked[max(place - 1, 0) : place + 2]


def _by(state: BoardState, offered: list[Column]) -> By:
    column = _column(state, offered)
    return (column and column.by) or RANK


def _column(state: BoardState, offered: list[Column]) -> Column | None:
    return next((column for column in offered if column.key == state.column), None)


def _key(row: Placed) -> Any:
    return plain(row.value) if isinstance(row.value, str) else row.value
