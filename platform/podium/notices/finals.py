"""What a team chose as final, and what counts where it chose nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures.words import number
from leaderboard import decimals
from podium.challenges.models import Feedback, Task
from podium.standings.feedback import step_of
from podium.standings.models import Standing
from podium.submissions.models import Part, State, Submission
from podium.teams.models import Team


@dataclass(frozen=True)
class Choice:
    """A task to which a team has a scored submission: what is chosen, what counts by default.

    The default is the submission on the public board, with its displayed score as a text.
    """

    task: Task
    chosen: list[Submission]
    default: Submission | None
    score: str

    @property
    def left(self) -> int:
        return max(0, self.task.final_limit - len(self.chosen))

    @property
    def is_ladder(self) -> bool:
        return self.task.feedback == Feedback.LADDER


def choices(team: Team, tasks: Sequence[Task]) -> list[Choice]:
    """Return the choices of a team for those of the tasks to which it has a scored submission."""
    sent = Submission.objects.filter(team=team, state=State.SCORED)
    scored = set(sent.order_by().values_list("task_id", flat=True).distinct())
    chosen: dict[int, list[Submission]] = {}
    for each in sent.filter(selected_at__isnull=False).order_by("number"):
        chosen.setdefault(each.task_id, []).append(each)
    places = Standing.objects.filter(
        board__task__in=tasks, board__part=Part.PUBLIC, team=team, valid_until=None
    ).select_related("board", "submission")
    standing = {place.board.task_id: place for place in places}
    return [
        _choice(task, chosen.get(task.pk, []), standing.get(task.pk))
        for task in tasks
        if task.pk in scored
    ]


def _choice(task: Task, chosen: list[Submission], place: Standing | None) -> Choice:
    if place is None or place.submission is None:
        return Choice(task, chosen, None, "")
    return Choice(task, chosen, place.submission, number(place.score, decimals(step_of(task))))
