"""The runs of a challenge's baselines as the console lists them, and how seeds spread."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import mean, stdev

from django.db.models import F, Max

from baselines.registry import METHODS
from figures.words import number
from podium.baseline_runs.models import RUN_IN_FLIGHT, BaselineRun
from podium.challenges.models import Challenge
from podium.submissions.models import Part, Score

MOST = 500
DECIMALS = 4


@dataclass(frozen=True)
class RunRow:
    """The last run of a method with a limit and a seed on a task.

    `score` is its raw headline on the public part, None as long as there is none.
    """

    run: BaselineRun
    score: float | None

    @property
    def title(self) -> str:
        method = METHODS.get(self.run.method)
        return method.title if method else self.run.method

    @property
    def name(self) -> str:
        """What buttons call it."""
        return f"{self.title} on {self.run.task}, seed {self.run.seed}"

    @property
    def is_over(self) -> bool:
        return self.run.state not in RUN_IN_FLIGHT

    @property
    def percent(self) -> int:
        return round(100 * self.run.progress)

    @property
    def score_text(self) -> str:
        return number(self.score, DECIMALS) if self.score is not None else ""

    @property
    def is_shown(self) -> bool:
        """Whether boards take it into account, or will."""
        sent = self.run.submission
        return sent.withdrawn_at is None if sent else self.run.is_on_board


@dataclass(frozen=True)
class Spread:
    """How the scores of a method with one limit differ by seed on a task."""

    title: str
    task: str
    seconds: int | None
    scores: list[float]

    @property
    def texts(self) -> list[tuple[str, str]]:
        """The figures with their names."""
        facts = (
            ("Lowest", min(self.scores)),
            ("Mean", mean(self.scores)),
            ("Highest", max(self.scores)),
            ("Standard deviation", stdev(self.scores)),
        )
        return [(name, number(value, DECIMALS)) for name, value in facts]


def rows_of(challenge: Challenge) -> list[RunRow]:
    """Return the last run of each task, method, limit and seed; the newest runs if too many."""
    runs = BaselineRun.objects.filter(task__challenge=challenge).order_by()
    last = runs.values("task", "method", "seconds", "seed").annotate(last=Max("pk"))
    newest = list(last.order_by("-last").values_list("last", flat=True)[:MOST])
    found = BaselineRun.objects.filter(pk__in=newest).select_related("task", "submission")
    ordered = list(
        found.order_by(
            *("task__track__position", "task__position", "task", "method", "seconds", "seed")
        )
    )
    scores = _public_headlines(challenge)
    return [RunRow(run, scores.get(run.submission_id or 0)) for run in ordered]


def spreads(rows: list[RunRow]) -> list[Spread]:
    """Return the spread of each method and limit that several seeds of a task have a score of."""
    groups: dict[tuple[int, str, int | None], list[RunRow]] = defaultdict(list)
    for row in rows:
        if row.score is not None:
            groups[row.run.task_id, row.run.method, row.run.seconds].append(row)
    return [
        Spread(
            several[0].title,
            str(several[0].run.task),
            several[0].run.seconds,
            [row.score for row in several if row.score is not None],
        )
        for several in groups.values()
        if len(several) > 1
    ]


def _public_headlines(challenge: Challenge) -> dict[int, float | None]:
    """Return the public headline of each scored submission of a baseline, by its id."""
    of = "evaluation__submission"
    scores = Score.objects.filter(
        **{f"{of}__task__challenge": challenge},
        part=Part.PUBLIC,
        metric=F(f"{of}__task__headline"),
        evaluation__counts=True,
        evaluation__solution__dataset_version=F(f"{of}__task__dataset_version"),
    ).exclude(**{f"{of}__team__baseline": ""})
    return dict(scores.values_list(of, "value"))
