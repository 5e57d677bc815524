"""What lists of a team's submissions show of scores: public ones, after the reveal also private."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from figures.words import number, ordinal
from podium.accounts.models import Viewer
from podium.challenges.models import Task
from podium.standings.feedback import Displayed, display, feedbacks, is_revealed, told_scores
from podium.standings.visible import decimals_by_noise, visible_board
from podium.submissions.models import Evaluation, Part, Submission
from podium.teams.models import Team


@dataclass(frozen=True)
class ListedScore:
    """The headline of a submission in a list: texts, and `value` to sort by.

    `private` and `place` are empty before the reveal; `place` is that of the submission that
    counts.
    """

    value: float | None
    public: str
    interval: str = ""
    private: str = ""
    private_interval: str = ""
    place: str = ""


def listed_scores(viewer: Viewer, team: Team, tasks: Iterable[Task]) -> dict[int, ListedScore]:
    """Return what is displayed of each scored submission of a team to these tasks, by its id."""
    found: dict[int, ListedScore] = {}
    for task in tasks:
        public = {
            score.evaluation.submission_id: display(task, score)
            for score in told_scores(task, team.pk)
        }
        private = _private(viewer, task, team) if is_revealed(task) else {}
        for pk, shown in public.items():
            value, interval = _texts(shown, shown.decimals)
            sort_by = private[pk][0] if pk in private else shown.value
            found[pk] = ListedScore(sort_by, value, interval, *private.get(pk, ("",))[1:])
    return found


def show_scores(viewer: Viewer, team: Team, submissions: Sequence[Submission]) -> None:
    """Give each of a team's submissions what a list shows of its score, as `shown`."""
    tasks = {each.task_id: each.task for each in submissions}
    found = listed_scores(viewer, team, tasks.values())
    for each in submissions:
        each.shown = found.get(each.pk)  # type: ignore[attr-defined]


def _private(
    viewer: Viewer, task: Task, team: Team
) -> dict[int, tuple[float | None, str, str, str]]:
    """Return value, score, interval and place by submission; `feedbacks` gives none too early."""
    evaluations = list(
        Evaluation.objects.counting(task)
        .filter(submission__team=team)
        .select_related("submission__team")
    )
    board = visible_board(viewer, task)
    row = board.row(team.pk) if board.part == Part.PRIVATE else None
    found = {}
    shown_of = feedbacks(task, viewer, evaluations, Part.PRIVATE)
    for evaluation, shown in zip(evaluations, shown_of, strict=True):
        if shown and shown[0].value is not None:
            pk, best = evaluation.submission_id, shown[0]
            places = decimals_by_noise([(best.low, best.high)])
            rank = row.rank if row and row.submission_id == pk else None
            place = f"{ordinal(rank)} of {board.team_count}" if rank else ""
            found[pk] = (best.value, *_texts(best, places), place)
    return found


def _texts(shown: Displayed, places: int) -> tuple[str, str]:
    """Return a score and its interval as texts with this number of decimals."""
    if shown.value is None:
        return "", ""
    ends = (shown.low, shown.high)
    interval = "" if None in ends else "–".join(number(end, places) for end in ends)
    return number(shown.value, places), interval
