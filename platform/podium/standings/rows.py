"""The rows of boards, as plain values: a board may have a thousand of them."""

from datetime import datetime
from typing import NamedTuple, TypedDict

from django.urls import reverse


class BoardTeam(NamedTuple):
    """A team's labels on a board: plain values, since a page may have a thousand of them."""

    pk: int
    name: str
    slug: str
    baseline: str
    affiliation: str
    disqualified_at: datetime | None
    removed_at: datetime | None
    challenge: str

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("team", args=[self.challenge, self.slug])

    @property
    def is_baseline(self) -> bool:
        return bool(self.baseline)


LABELS = BoardTeam._fields[1:-1]  # a team's own labels, which are current on past boards too


class TaskCell(TypedDict, total=False):
    """What a track's row has of one of its tasks."""

    task: str
    score: float | None
    skill: float | None


class BoardRow(NamedTuple):
    """One line of a board as the viewer sees it. Baselines have no rank.

    Values that a worker adds (rank interval, whether the row is separable from the one above, flips
    against the reference baseline, OPIS, mean rank, Elo) are None until then, and where they are
    not defined. `rise` is the shake-up: how many ranks the team rose at the reveal. `tie_break`
    orders teams that share a rank on private boards: larger values come first.
    """

    team: BoardTeam
    is_mine: bool
    method: str
    tasks: list[TaskCell]
    rank: int | None
    score: float | None
    low: float | None
    high: float | None
    attempts: int
    first_reached: datetime
    submission_id: int | None
    rank_low: int | None = None
    rank_high: int | None = None
    separable: bool | None = None
    nfr: float | None = None
    opis: float | None = None
    mean_rank: float | None = None
    elo: float | None = None
    elo_low: float | None = None
    elo_high: float | None = None
    rise: int | None = None
    tie_break: float | None = None

    @property
    def is_baseline(self) -> bool:
        return bool(self.team.baseline)

    def cell(self, task: str) -> TaskCell:
        """Return the cell of a task, given its slug, in a track's row; without values if none."""
        empty = TaskCell(task=task, score=None, skill=None)
        return next((cell for cell in self.tasks if cell["task"] == task), empty)


ADDED = BoardRow._fields[BoardRow._fields.index("rank_low") : BoardRow._fields.index("tie_break")]
STUDIED = ADDED[:-1]  # what a study adds; the last is the rise
