"""What a scored submission's page tells beside its score: how it compares."""

from typing import Any

from podium.pages.presenters import number, reference_row
from podium.standings.boards import VisibleBoard
from podium.standings.feedback import Displayed, display
from podium.submissions.models import Part, Score, State, Submission


def comparisons(
    submission: Submission, headline: Displayed, board: VisibleBoard
) -> list[dict[str, str]]:
    """Return how the displayed score differs from the team's best before and from the baseline.

    Made from displayed scores alone, so it tells nothing that they do not.
    """
    if headline.value is None:
        return []
    mine = _displayed(submission)
    before = best_before(submission)
    reference = reference_row(board)
    rows = [("your best before", before), ("AutoGluon", reference.score if reference else None)]
    return [
        _compared(what, mine, other, headline.metric.higher_is_better, board.decimals)
        for what, other in rows
        if mine is not None and other is not None
    ]


def best_before(submission: Submission) -> float | None:
    """Return the team's best displayed score among its earlier submissions to the task."""
    earlier = Score.objects.counting(submission.task).filter(
        evaluation__submission__team=submission.team_id,
        evaluation__submission__state=State.SCORED,
        evaluation__submission__withdrawn_at=None,
        evaluation__submission__number__lt=submission.number,
        part=Part.PUBLIC,
        metric=submission.task.headline,
    )
    shown = [display(submission.task, score) for score in earlier]
    values = [each.value for each in shown if each.value is not None]
    if not values:
        return None
    return max(values) if shown[0].metric.higher_is_better else min(values)


def _displayed(submission: Submission) -> float | None:
    task = submission.task
    score = (
        Score.objects.counting(task)
        .filter(evaluation__submission=submission, part=Part.PUBLIC, metric=task.headline)
        .first()
    )
    return display(task, score).value if score else None


def _compared(
    what: str, mine: float, other: float, higher_is_better: bool, decimals: int
) -> dict[str, Any]:
    difference = round(mine - other, decimals)
    if difference == 0:
        verdict = "equal"
    else:
        verdict = "better" if (difference > 0) == higher_is_better else "worse"
    return {
        "what": what,
        "other": number(other, decimals),
        "difference": number(abs(difference), decimals),
        "verdict": verdict,
    }
