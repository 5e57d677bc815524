"""The rows of boards, as plain values: a board may have a thousand of them."""

from datetime import datetime
from typing import Any, NamedTuple

from django.urls import reverse


class BoardTeam(NamedTuple):
    """A team as a board names it: a page with a thousand of them has no use for model instances."""

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


LABELS = BoardTeam._fields[1:-1]  # what a team says of itself, in boards of all times


class BoardRow(NamedTuple):
    """One line of a board as the viewer sees it. Baselines have no rank.

    What a worker adds (rank interval, whether the row is separable from the one above, flips
    against the reference baseline, OPIS, mean rank, Elo) is None until it has, and where it is not
    defined. `rise` is the shake-up: how many ranks the team rose at the reveal. `tie_break` orders
    shared ranks on private boards: larger values come first.
    """

    team: BoardTeam
    is_mine: bool
    method: str
    tasks: list[dict[str, Any]]
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

    def cell(self, task: str) -> dict[str, Any]:
        """Return what a track's row says of a task (its slug), empty where that is nothing."""
        return next((cell for cell in self.tasks if cell["task"] == task), {})


STUDIED = (
    *("rank_low", "rank_high", "separable", "nfr", "opis", "mean_rank"),
    *("elo", "elo_low", "elo_high"),
)
