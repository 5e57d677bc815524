"""The viewer's own place on a board and the pinned team's: never cached."""

from figures.words import number
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard
from podium.web.board.state import BY_RANK, PAGE_ROWS, BoardState


def own_places(board: VisibleBoard, state: BoardState) -> list[dict[str, object]]:
    """Return the viewer's place and the pinned team's, as far as they are on the board.

    During the freeze the viewer's row is live, and its rank is the one among the frozen others.
    """
    table = board.table
    teams = [team for team in table.team if team == board.own]
    if state.pin in table.labels["slug"]:
        teams.append(table.team[table.labels["slug"].index(state.pin)])
    return [_place(board, row, state) for team in dict.fromkeys(teams) if (row := board.row(team))]


def _place(board: VisibleBoard, row: BoardRow, state: BoardState) -> dict[str, object]:
    interval = ""
    if row.low is not None and row.high is not None:
        interval = (
            f"{number(row.low, board.shown_decimals)} to {number(row.high, board.shown_decimals)}"
        )
    page = 1 + board.table.team.index(row.team.pk) // PAGE_ROWS
    return {
        "is_own": row.is_mine,
        "is_live": bool(board.frozen_since and row.is_mine),
        "name": row.team.name,
        "slug": row.team.slug,
        "rank": row.rank,
        "score": number(row.score, board.shown_decimals),
        "interval": interval,
        "attempts": None if row.is_baseline else row.attempts,
        "improved_at": row.first_reached,
        "url": f"{state.query(sort=BY_RANK, q='', page=page) or '?'}#team-{row.team.slug}",
    }
