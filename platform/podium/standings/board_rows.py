"""The rows of a board as a viewer sees them, read quickly: there are a thousand of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from podium.challenges.models import Task, Track
from podium.standings.models import Standing
from podium.submissions.models import Submission

Study = Mapping[str, Mapping[str, Any]]  # what a worker found of rows, by team ids as texts


class BoardTeam(NamedTuple):
    """A team as a board names it: a page with a thousand of them has no use for model instances."""

    pk: int
    name: str
    slug: str
    baseline: str
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


class BoardRow(NamedTuple):
    """One line of a board as the viewer sees it. Baselines have no rank.

    What a worker adds (rank interval, whether the row is separable from the one above, flips
    against the reference baseline, OPIS, mean rank, Elo) is None until it has, and where it is not
    defined. `rise` is the shake-up: how many ranks the team rose at the reveal.
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

    @property
    def is_baseline(self) -> bool:
        return bool(self.team.baseline)

    def cell(self, task: str) -> dict[str, Any]:
        """Return what a track's row says of a task (its slug), empty where that is nothing."""
        return next((cell for cell in self.tasks if cell["task"] == task), {})


def read_rows(
    subject: Task | Track, found: QuerySet[Standing], study: Study, mine: int | None = None
) -> list[BoardRow]:
    """Return standings as rows, with what a worker found of each. `mine` is the viewer's team.

    From plain values: a model instance of each row would take longer than the whole page.
    """
    method = Coalesce(_method(), Value("")) if isinstance(subject, Task) else Value("")
    rows = []
    for values in found.values_list(*_OF_TEAM, method, *_SHOWN):
        team, (shown_method, tasks, rank, score, low, high, *rest) = values[:6], values[6:]
        found_of_row = study.get(str(team[0]), {})
        if low is None:  # a track's interval is a bootstrap
            low, high = found_of_row.get("low"), found_of_row.get("high")
        named = BoardTeam._make((*team, subject.challenge.slug))
        shown = (tasks, rank, score, low, high, *rest)
        added = map(found_of_row.get, STUDIED)
        rows.append(BoardRow(named, named.pk == mine, shown_method, *shown, *added))
    return rows


def _method() -> Subquery:
    """Return what the team calls the submission of a standing.

    Not by a join: PostgreSQL would read all submissions there are instead of a board's thousand.
    """
    sent = Submission.objects.filter(pk=OuterRef("submission"))
    return Subquery(sent.order_by().values("method"))


_OF_TEAM = (
    *("team_id", "team__name", "team__slug", "team__baseline"),
    *("team__disqualified_at", "team__removed_at"),
)
_SHOWN = (*("tasks", "rank", "score", "low", "high", "attempts", "first_reached", "submission_id"),)
STUDIED = (
    *("rank_low", "rank_high", "separable", "nfr", "opis", "mean_rank"),
    *("elo", "elo_low", "elo_high"),
)
