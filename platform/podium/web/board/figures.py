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
from figures.axes import race
from figures.words import plural
from podium.boards.columns import score_label
from podium.challenges.models import Task, Track
from podium.standings.visible import VisibleBoard
from podium.submissions.models import Part
from podium.web.base.drawn_figures import SLIM, WIDE
from podium.web.base.presenters import is_reference
from podium.web.board.history import Past
from podium.web.board.verdict import leaders, race_of, range_of

LINES = 8
FOREST_ROWS = 16
FEWEST = 2
WIDTHS = {"wide": WIDE, "slim": SLIM}
Figure = Callable[[str, int], str]  # draws it under a name in a width


def drawn_teams(board: VisibleBoard, mine: int | None) -> list[int]:
    """Return the teams whose scores are drawn over time: the best first, and the viewer's own."""
    ranked = [row.team.pk for row in board.rows if row.rank is not None]
    return ranked[:LINES] + [team for team in ranked[LINES:] if team == mine]


def figures_of(
    subject: Task | Track,
    board: VisibleBoard,
    pasts: dict[int, Past],
    end: datetime,
    mine: int | None,
) -> list[dict[str, str]]:
    """Return the figures of a board, each drawn wide and slim; those that have nothing to show
    are left out. The team `mine` is highlighted."""
    figures = {
        "forest": _forest(subject, board, mine),
        "time": _over_time(subject, board, pasts, end, mine),
        "ranks": _critical(board),
        "shift": _shake_up(board),
    }
    drawn = [
        {width: draw(f"{name}-{width}", pixels) for width, pixels in WIDTHS.items()}
        for name, draw in figures.items()
        if draw
    ]
    return [figure for figure in drawn if figure["wide"]]


def _forest(subject: Task | Track, board: VisibleBoard, mine: int | None) -> Figure | None:
    rows = [row for row in board.rows if row.score is not None][:FOREST_ROWS]
    if sum(row.low is not None for row in rows) < FEWEST:
        return None
    reference = next((row for row in board.rows if is_reference(row)), None)
    drawn = [
        Interval(
            *(row.team.name, row.score, row.low, row.high, row.is_baseline, str(row.rank or "")),
            is_highlighted=row.team.pk == mine,
        )
        for row in rows
    ]
    level = Level(reference.team.name, reference.score) if reference else None
    title = f"{score_label(subject)} with 95 % intervals"
    if said := leaders(board):
        title += f": {said}"
    return lambda name, width: forest_plot(
        *(name, title, drawn),
        reference=level,
        focus=race_of([*rows, *([reference] if reference and reference not in rows else [])]),
        limits=range_of(subject),
        decimals=_few(board),
        width=width,
    )


def _over_time(
    subject: Task | Track,
    board: VisibleBoard,
    pasts: dict[int, Past],
    end: datetime,
    mine: int | None,
) -> Figure | None:
    names = {row.team.pk: row.team.name for row in board.rows}
    lines = [
        Line(names[team], pasts[team].scores, is_highlighted=team == mine)
        for team in drawn_teams(board, mine)
        if team in pasts
    ]
    if sum(len(line.points) for line in lines) < FEWEST:
        return None
    focus = _race_over_time(lines, board)
    levels = _near(focus, board)
    top = None
    if isinstance(subject, Task) and subject.ceiling is not None and subject.ceiling <= focus[1]:
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
        focus=focus,
        limits=range_of(subject),
        width=width,
    )


def _race_over_time(lines: list[Line], board: VisibleBoard) -> tuple[float, float]:
    """Return the part of the scale around the last scores of the lines and AutoGluon's.

    A start far below would flatten all that came later.
    """
    told = [[score for _, score in line.points if score is not None] for line in lines]
    reference = [row.score for row in board.rows if is_reference(row) and row.score is not None]
    core = [scores[-1] for scores in told if scores] + reference
    return race(core, [score for scores in told for score in scores] + reference)


def _near(focus: tuple[float, float], board: VisibleBoard) -> list[Level]:
    """Return the baselines in this part of the scale."""
    return [
        Level(row.team.name, row.score, is_highlighted=is_reference(row))
        for row in board.rows
        if row.is_baseline and row.score is not None and focus[0] <= row.score <= focus[1]
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
