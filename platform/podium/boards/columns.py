"""The columns of boards: one registry for pages, files, the API, its schema and the docs.

To add a column, add one entry here; a fact about teams also needs a field of `BoardTeam`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any, Literal

from podium.challenges.models import Aggregate, Task, Track
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard
from podium.submissions.models import Part
from scoring import METRICS

CELL_DECIMALS = 3
FINEST = 10
AGGREGATE_TITLES = {Aggregate.MEAN_SKILL: "Mean skill", Aggregate.MEAN_SCORE: "Mean score"}
Type = Literal["whole", "number", "text", "yes or no", "time"]
CellKey = Literal["score", "skill"]


@dataclass(frozen=True)
class Column:
    """A column of boards: `value` returns its value in a row, None if the row has none.

    `name` is its name in files, and `api` its name in the API. On the page, `key` is its name, used
    to sort by the address, and `place` its position. Without a name or place it is not shown there.
    `on_tracks` limits it to the boards of tracks (True) or of tasks (False), and `setting` to
    challenges where this field is true. `decimals` are for numbers; "score" means those of the
    board's scores, "cell" those of scores of a track's tasks.
    """

    name: str
    title: str
    type: Type
    words: str
    value: Callable[[BoardRow], Any]
    decimals: int | Literal["score", "cell"] | None = None
    key: str = ""
    place: int | None = None
    api: str = ""
    on_tracks: bool | None = None
    setting: str = ""
    is_high_first: bool = False
    is_left_out: bool = False  # from files, while no row has a value
    task: str = ""  # the slug of the task of a track whose cell it is

    def is_on(self, subject: Task | Track) -> bool:
        """Return whether boards of this subject have the column."""
        is_wanted = not self.setting or getattr(subject.challenge, self.setting)
        return is_wanted and self.on_tracks in {None, isinstance(subject, Track)}

    def rounded(self, row: BoardRow, board: VisibleBoard) -> object:
        """Return the value as it is displayed on the board."""
        value = self.value(row)
        if value is None or self.decimals is None:
            return value
        decimals = self.decimals
        if decimals == "cell":
            # A public score is a multiple of its task's step, which may be finer than the track's.
            decimals = board.decimals if board.part == Part.PRIVATE else FINEST
        elif decimals == "score":
            decimals = board.decimals
        return round(float(value), decimals) + 0.0  # no negative zero


def page_columns(subject: Task | Track, tasks: Iterable[Task] = ()) -> list[Column]:
    """Return the columns that the page of a board can have, in the order of the page."""
    found = [column for column in _columns(subject, tasks) if column.place is not None]
    return sorted(found, key=lambda column: column.place or 0)


def file_columns(subject: Task | Track, rows: Sequence[BoardRow]) -> list[Column]:
    """Return the columns of a board's file with these rows, in the order of files."""
    tasks = subject.tasks.all() if isinstance(subject, Track) else ()
    return [
        column
        for column in _columns(subject, tasks)
        if not column.is_left_out or any(column.value(row) is not None for row in rows)
    ]


def score_label(subject: Task | Track) -> str:
    """Return the name of the value that the board ranks by."""
    if isinstance(subject, Task):
        return METRICS[subject.headline].title
    return AGGREGATE_TITLES[Aggregate(subject.aggregate)]


def cell_columns(track: Track, task: Task) -> list[Column]:
    """Return the score and skill columns of a task; the page shows the one that ranks the track."""
    by_score = track.aggregate == Aggregate.MEAN_SCORE

    def column(
        key: CellKey, words: str, decimals: Literal["cell"] | int, place: int | None
    ) -> Column:
        value = partial(_cell, task=task.slug, key=key)
        return Column(
            *(f"{key}_{task.slug}", task.title, "number", words, value, decimals),
            key=task.slug,
            place=place,
            is_high_first=True,
            task=task.slug,
        )

    score = f"{METRICS[task.headline].title} on {task.title}; empty: not entered."
    skill = f"Skill on {task.title}; empty: not entered (counts as 0), or not counted for any team."
    return [
        column("score", score, "cell", 40 if by_score else None),
        column("skill", skill, CELL_DECIMALS, None if by_score else 40),
    ]


def _columns(subject: Task | Track, tasks: Iterable[Task]) -> list[Column]:
    """Return all columns of a subject in the order of files."""
    found: list[Column] = []
    for column in COLUMNS:
        if column.name == "score":
            label, metric = score_label(subject), METRICS.get(getattr(subject, "headline", ""))
            up = metric is None or metric.higher_is_better
            column = replace(column, title=label, is_high_first=up)
        if column.name == "attempts" and isinstance(subject, Track):
            found += [cell for task in tasks for cell in cell_columns(subject, task)]
        if column.is_on(subject):
            found.append(column)
    return found


def _cell(row: BoardRow, task: str, key: CellKey) -> float | None:
    cell = row.cell(task)
    return None if cell.get("score") is None else cell.get(key)


COLUMNS: tuple[Column, ...] = (
    Column(
        "rank", "Rank", "whole", "Teams with equal scores share a rank; baselines have none.",
        attrgetter("rank"), key="rank", place=10, api="rank",
    ),
    Column(
        "rank_low", "Best rank", "whole", "Best rank of the 95 % interval.",
        attrgetter("rank_low"), api="rank_low",
    ),
    Column(
        "rank_high", "Worst rank", "whole", "Worst rank of the 95 % interval.",
        attrgetter("rank_high"), api="rank_high",
    ),
    Column(
        "rise", "Shake-up", "whole",
        "Places gained at the reveal, when the private rows counted; below 0: places lost.",
        attrgetter("rise"), key="rise", place=50, api="rise", is_high_first=True, is_left_out=True,
    ),
    Column(
        "team", "Team", "text", "The team's name.",
        attrgetter("team.name"), key="team", place=20,
    ),
    Column(
        "affiliation", "Affiliation", "text",
        "The institution or company that the team names, where the challenge shows it.",
        lambda row: row.team.affiliation or None,
        key="affiliation", place=25, api="affiliation", setting="show_affiliations",
    ),
    Column(
        "baseline", "Baseline", "yes or no", "A reference method, not ranked.",
        attrgetter("is_baseline"),
    ),
    Column(
        "method", "Method", "text", "The team's name for its method; empty on tracks.",
        attrgetter("method"), api="method", on_tracks=False,
    ),
    Column(
        "score", "Score", "number", "The task's metric or the track's mean, as displayed.",
        attrgetter("score"), "score", key="score", place=30, api="score",
    ),
    Column(
        "low", "Interval from", "number", "Lower end of the score's 95 % interval.",
        attrgetter("low"), "score", api="low",
    ),
    Column(
        "high", "Interval to", "number", "Upper end of the score's 95 % interval.",
        attrgetter("high"), "score", api="high",
    ),
    Column(
        "separable_from_above", "Separable", "yes or no",
        "Whether the score is separable from the one above it on the full board; empty: unknown.",
        attrgetter("separable"), api="separable",
    ),
    Column(
        "nfr", "NFR", "number",
        "Negative flips: the share of rows that the reference baseline gets right and this entry "
        "gets wrong.",
        attrgetter("nfr"), CELL_DECIMALS, key="nfr", place=60, api="nfr", on_tracks=False,
    ),
    Column(
        "opis", "OPIS", "number",
        "Operating-point inconsistency: how unequally one threshold serves the groups of pairs; "
        "0 is best.",
        attrgetter("opis"), CELL_DECIMALS, key="opis", place=70, api="opis", on_tracks=False,
    ),
    Column(
        "mean_rank", "Mean rank", "number",
        "Mean of the ranks on the tasks, baselines included; 1 is best.",
        attrgetter("mean_rank"), 2, key="mean_rank", place=60, api="mean_rank", on_tracks=True,
    ),
    Column(
        "elo", "Elo", "number",
        "Elo rating from all pairs in all tasks; the reference baseline has 1000.",
        attrgetter("elo"), 0, key="elo", place=70, api="elo", on_tracks=True, is_high_first=True,
    ),
    Column(
        "elo_low", "Elo from", "number", "Lower end of its 95 % interval.",
        attrgetter("elo_low"), 0, api="elo_low", on_tracks=True,
    ),
    Column(
        "elo_high", "Elo to", "number", "Upper end of its 95 % interval.",
        attrgetter("elo_high"), 0, api="elo_high", on_tracks=True,
    ),
    Column(
        "attempts", "Attempts", "whole", "Scored submissions, withdrawn ones too.",
        lambda row: None if row.is_baseline else row.attempts,
        key="attempts", place=80, api="attempts", is_high_first=True,
    ),
    Column(
        "improved_at", "Last improved", "time", "When the displayed score was first reached, UTC.",
        attrgetter("first_reached"),
        key="improved", place=90, api="first_reached", is_high_first=True,
    ),
)  # fmt: skip
