"""The figures of a board's page: its scores over time, intervals, mean ranks and shake-up."""

from collections.abc import Callable
from datetime import datetime

from figures import (
    Interval,
    Level,
    Line,
    Shift,
    cd_diagram,
    forest_plot,
    shake_up,
    step_chart,
)
from figures.words import plural
from podium.boards.columns import score_label
from podium.challenges.models import Task, Track
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard
from podium.submissions.models import Part
from podium.web.base.drawn_figures import SLIM, WIDE
from podium.web.base.presenters import is_reference
from podium.web.board.history import Past
from podium.web.board.verdict import leaders

LINES = 8
FOREST_ROWS = 16
FEWEST = 2
WIDTHS = {"wide": WIDE, "slim": SLIM}
Figure = Callable[[str, int], str]  # draws it under a name in a width


def drawn_teams(board: VisibleBoard) -> list[int]:
    """Return the teams whose scores are drawn over time, best first."""
    ranked = [row.team.pk for row in board.rows if row.rank is not None]
    return ranked[:LINES]


def figures_of(
    subject: Task | Track, board: VisibleBoard, pasts: dict[int, Past], end: datetime
) -> list[dict[str, str]]:
    """Return the figures of a board, each drawn wide and slim; those that have nothing to show
    are left out."""
    figures = {
        "forest": _forest(subject, board),
        "time": _over_time(subject, board, pasts, end),
        "ranks": _critical(board),
        "shift": _shake_up(board),
    }
    drawn = [
        {width: draw(f"{name}-{width}", pixels) for width, pixels in WIDTHS.items()}
        for name, draw in figures.items()
        if draw
    ]
    return [figure for figure in drawn if figure["wide"]]


def _forest(subject: Task | Track, board: VisibleBoard) -> Figure | None:
    rows = [row for row in board.rows if row.score is not None][:FOREST_ROWS]
    if sum(row.low is not None for row in rows) < FEWEST:
        return None
    reference = next((row for row in board.rows if is_reference(row)), None)
    drawn = [
        Interval(row.team.name, row.score, row.low, row.high, row.is_baseline, _rank(row))
        for row in rows
    ]
    level = Level(reference.team.name, reference.score) if reference else None
    title = f"{score_label(subject)} with 95 % intervals"
    if said := leaders(board):
        title += f": {said}"
    return lambda name, width: forest_plot(
        name, title, drawn, reference=level, decimals=_few(board), width=width
    )


def _rank(row: BoardRow) -> str:
    if row.rank is None:
        return ""
    if row.rank_low is None or row.rank_high is None:
        return str(row.rank)
    return f"{row.rank} {row.rank_low}–{row.rank_high}"


def _over_time(
    subject: Task | Track, board: VisibleBoard, pasts: dict[int, Past], end: datetime
) -> Figure | None:
    names = {row.team.pk: row.team.name for row in board.rows}
    lines = [Line(names[team], pasts[team].scores) for team in drawn_teams(board) if team in pasts]
    steps = sum(len(line.points) for line in lines)
    if steps <= len(lines):
        return None
    levels = _near([score for line in lines for _, score in line.points], board)
    top = None
    if isinstance(subject, Task) and subject.ceiling is not None:
        top = Level("ceiling", subject.ceiling)
    label = score_label(subject)
    title = f"{label} of the first {plural(len(lines), 'team')} over time"
    return lambda name, width: step_chart(
        *(name, title, lines),
        baselines=levels,
        ceiling=top,
        axis=label,
        decimals=_few(board),
        until=end,
        width=width,
    )


def _near(scores: list[float | None], board: VisibleBoard) -> list[Level]:
    """Return the baselines that stand near the scores: one far below would flatten all lines."""
    told = [score for score in scores if score is not None]
    span = max(told) - min(told)
    return [
        Level(row.team.name, row.score)
        for row in board.rows
        if row.is_baseline
        and row.score is not None
        and min(told) - span <= row.score <= max(told) + span
    ]


def _critical(board: VisibleBoard) -> Figure | None:
    found = board.friedman
    if not found or no_diagram(board):
        return None
    names = {str(row.team.pk): row.team.name for row in board.rows}
    keys = found["keys"]
    if any(str(key) not in names for key in keys):
        return None
    cliques = [tuple(clique) for clique in found.get("cliques", ())]
    title = "Mean ranks over the tasks: what a bar joins is not told apart"
    return lambda name, width: cd_diagram(
        *(name, title, [names[str(key)] for key in keys], found["mean_ranks"]),
        *(cliques, found["critical_difference"]),
        width=width,
    )


def no_diagram(board: VisibleBoard) -> str:
    """Return why a track's board has no critical-difference diagram; empty where it has one."""
    return str(board.friedman.get("no_diagram") or "")


def _shake_up(board: VisibleBoard) -> Figure | None:
    if board.part != Part.PRIVATE:
        return None
    shifts = [
        Shift(row.team.name, row.rank + row.rise, row.rank)
        for row in board.rows
        if row.rank is not None and row.rise is not None
    ]
    moved = sum(shift.before != shift.after for shift in shifts)
    title = f"The shake-up: {plural(moved, 'team')} of {len(shifts)} changed places"
    if not shifts:
        return None
    return lambda name, width: shake_up(name, title, shifts, width=width)


def _few(board: VisibleBoard) -> int:
    return min(board.shown_decimals, 3)
