"""The columns of a board: by what one can sort it, and what each says of a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from figures.words import number
from podium.challenges.models import Aggregate, Task, Track
from podium.standings.board_rows import BoardRow
from podium.web.base.markup import as_html, filled
from podium.web.board import marks as board_marks
from podium.web.board.history import Past
from podium.web.board.state import BY_RANK
from scoring import METRICS

AGGREGATE_TITLES = {Aggregate.MEAN_SKILL: "Mean skill", Aggregate.MEAN_SCORE: "Mean score"}
CELL_DECIMALS = 3


@dataclass(frozen=True)
class Column:
    """One column: rows are sorted by `value`, those without one last (None: not sortable).

    `is_high_first`: the first click shows the largest values on top. `text` makes what the cell
    shows; rank, team and score have cells of their own. `kind` are the cell's classes. In a folded
    row a cell that `is_plain` has no label.
    """

    key: str
    label: str
    value: Callable[[BoardRow], Any] | None
    title: str = ""
    is_high_first: bool = False
    kind: str = "num meta"
    is_plain: bool = False
    text: Callable[[BoardRow], str] | None = None


def columns(subject: Task | Track, tasks: list[Task]) -> list[Column]:
    """Return all columns that the board of a task or track can have, in their order."""
    own = _of_track(subject, tasks) if isinstance(subject, Track) else _of_task()
    return [
        Column(BY_RANK, "Rank", attrgetter("rank")),
        Column("team", "Team", attrgetter("team.name")),
        Column("score", score_label(subject), attrgetter("score"), is_high_first=_is_up(subject)),
        *own,
        Column(
            "attempts",
            "Attempts",
            lambda row: None if row.is_baseline else row.attempts,
            is_high_first=True,
            kind="num meta minor",
            text=lambda row: "" if row.is_baseline else str(row.attempts),
        ),
        Column(
            "improved",
            "Improved",
            attrgetter("first_reached"),
            "When the displayed score was first reached",
            is_high_first=True,
            kind="num meta minor",
            is_plain=True,
            text=lambda row: board_marks.since_when(row.first_reached),
        ),
    ]


def score_label(subject: Task | Track) -> str:
    """Return the name of what the board ranks by."""
    if isinstance(subject, Task):
        return METRICS[subject.headline].title
    return AGGREGATE_TITLES[Aggregate(subject.aggregate)]


def flips_text(row: BoardRow) -> str:
    """Return the negative flips of a row in percent, nothing where they are not known."""
    return "" if row.nfr is None else f"{100 * row.nfr:.1f} %"


def movement(pasts: Mapping[int, Past], since: str) -> Column:
    """Return the column of places won or lost since a date. The board is not sorted by it."""

    def text(row: BoardRow) -> str:
        past = pasts.get(row.team.pk)
        if row.rank is None:
            return ""
        if past is None or not past.was_there:
            return filled('<span class="new" title="Not on this board on {}">new</span>', since)
        return board_marks.moved(past.rank, row.rank, f"since {since}")

    title = f"Places won or lost since {since}"
    return Column("moved", "Moved", None, title, kind="num meta moved", is_plain=True, text=text)


def _is_up(subject: Task | Track) -> bool:
    return not isinstance(subject, Task) or METRICS[subject.headline].higher_is_better


def _of_task() -> list[Column]:
    return [
        _shake_up(),
        Column(
            "nfr",
            "NFR",
            attrgetter("nfr"),
            "Negative flips: the share of rows that the reference baseline has right and this "
            "entry wrong",
            kind="num meta extra",
            text=flips_text,
        ),
        Column(
            "opis",
            "OPIS",
            attrgetter("opis"),
            "Operating-point inconsistency: how differently one threshold serves the groups; "
            "0 is even",
            kind="num meta extra",
            text=lambda row: "" if row.opis is None else number(row.opis, CELL_DECIMALS),
        ),
    ]


def _of_track(track: Track, tasks: list[Task]) -> list[Column]:
    key = "score" if track.aggregate == Aggregate.MEAN_SCORE else "skill"
    return [
        *(
            Column(
                task.slug,
                task.title,
                partial(_task_value, task=task.slug, key=key),
                f"{task.title}: {key}",
                is_high_first=True,
                kind="num meta task",
                text=partial(_task_text, task=task.slug, key=key),
            )
            for task in tasks
        ),
        _shake_up(),
        Column(
            "mean_rank",
            "Mean rank",
            attrgetter("mean_rank"),
            "Mean of the ranks in the tasks, baselines among them; 1 is best",
            kind="num meta extra",
            text=lambda row: "" if row.mean_rank is None else f"{row.mean_rank:.2f}",
        ),
        Column(
            "elo",
            "Elo",
            attrgetter("elo"),
            "Elo from all pairs in all tasks, AutoGluon at 1000",
            is_high_first=True,
            kind="num meta extra",
            text=_elo,
        ),
    ]


def _shake_up() -> Column:
    return Column(
        "rise",
        "Shake-up",
        attrgetter("rise"),
        "Places won or lost when the private rows counted",
        is_high_first=True,
        kind="num meta moved",
        is_plain=True,
        text=_rise,
    )


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


def _task_value(row: BoardRow, task: str, key: str) -> float | None:
    cell = row.cell(task)
    return None if cell.get("score") is None else cell.get(key)


def _task_text(row: BoardRow, task: str, key: str) -> str:
    cell = row.cell(task)
    if cell.get("score") is None:
        return _NOT_ENTERED
    if cell.get(key) is None:
        return _LEFT_OUT
    return as_html(number(cell[key], CELL_DECIMALS))


def _dash(title: str) -> SafeString:
    return filled('<span class="missing" title="{}">–</span>', title)


_NOT_ENTERED = _dash("not entered: counts as 0")
_LEFT_OUT = _dash("left out for everyone: the trivial prediction has the best possible score")
NOTHING = mark_safe("")
