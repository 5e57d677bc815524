"""What a scored submission's page tells: its scores, its place, how it compares, where it fails."""

from dataclasses import replace

from figures.words import number
from leaderboard import decimals
from podium.accounts.models import Viewer
from podium.analysis.explanations import Explanation, best_before, explanation, final_words
from podium.analysis.figures import figures
from podium.challenges.models import Task
from podium.standings.feedback import (
    AFTER_THE_REVEAL,
    Displayed,
    feedback,
    is_revealed,
    sees_raw,
    silence,
    slices,
    step_of,
    told_scores,
    utility_curves,
)
from podium.standings.visible import VisibleBoard, decimals_by_noise, visible_board
from podium.submissions.models import Evaluation, Part, Submission
from podium.web.base.presenters import Context, displayed_context, reference_row
from podium.web.submission.figures import submission_figures
from podium.web.submission.slices import slice_tables
from podium.web.submission.summary import bar_of, findings
from podium.web.submission.utility import utility_figure
from scoring import METRICS


def scored_story(viewer: Viewer, found: Submission, *, is_own: bool) -> dict[str, object]:
    """Return what the page of a scored submission shows to a viewer who may open it."""
    evaluation = Evaluation.objects.counting(found.task).filter(submission=found).first()
    if evaluation is None:
        return {}
    evaluation.submission = found  # with its team, task and challenge, which are loaded
    if is_revealed(found.task):
        return _after_the_reveal(viewer, found, evaluation)
    headline, *others = feedback(found.task, viewer, evaluation)
    board = visible_board(viewer, found.task)
    explained = explanation(evaluation, board, is_own=is_own)
    return {
        "headline": displayed_context(headline),
        "others": [displayed_context(each) for each in others if each.reason != AFTER_THE_REVEAL],
        "later": [each.metric.title for each in others if each.reason == AFTER_THE_REVEAL],
        "explanation": explained.text,
        "silence": "" if is_own else silence(found.task, evaluation),
        "comparisons": comparisons(found.task, explained, board, is_own=is_own),
        "number_before": None if explained.shown is None else explained.number_before,
        "step": number(step_of(found.task), decimals(step_of(found.task))),
        "bar": bar_of(found, headline, board),
        **_where_it_fails(viewer, found.task, evaluation),
    }


def comparisons(
    task: Task, explained: Explanation, board: VisibleBoard, *, is_own: bool
) -> list[Context]:
    """Return how the displayed score differs from what the team had, and from the baseline.

    Made only from displayed scores, so it reveals nothing more than they do.
    """
    reference = reference_row(board)
    baseline = reference.score if reference else None
    whose = "your" if is_own else "the team's"
    rows = [(f"{whose} previous best", explained.before), ("AutoGluon", baseline)]
    places = decimals(step_of(task))
    return [
        _compared(what, explained.shown, other, METRICS[task.headline].higher_is_better, places)
        for what, other in rows
        if explained.shown is not None and other is not None
    ]


def _after_the_reveal(
    viewer: Viewer, found: Submission, evaluation: Evaluation
) -> dict[str, object]:
    """Return both parts of every score as they are, and what came of the submission."""
    task = found.task
    private = feedback(task, viewer, evaluation, part=Part.PRIVATE)
    public = {each.metric.name: _to_noise(each) for each in feedback(task, viewer, evaluation)}
    if not private:
        return {}
    board = visible_board(viewer, task)
    reference = reference_row(board)
    private = [_to_noise(each) for each in private]
    headline = private[0]
    best = best_before(found, told_scores(task, found.team_id))
    compared = []
    if board.part == Part.PRIVATE and reference and reference.score is not None:
        higher, shown = headline.metric.higher_is_better, headline.value
        if shown is not None:
            compared = [_compared("AutoGluon", shown, reference.score, higher, headline.decimals)]
    return {
        "headline": displayed_context(headline),
        "both": [_both(each, public.get(each.metric.name)) for each in private],
        "explanation": final_words(found, board),
        "comparisons": compared,
        "number_before": best.evaluation.submission.number if best else None,
        "bar": bar_of(found, headline, board) if board.part == Part.PRIVATE else None,
        **_where_it_fails(viewer, task, evaluation),
    }


def _to_noise(shown: Displayed) -> Displayed:
    """Return an unrounded score with as many decimals as its noise allows."""
    few = decimals_by_noise([(shown.low, shown.high)])
    return replace(shown, decimals=min(few, shown.decimals))


def _both(private: Displayed, public: Displayed | None) -> dict[str, object]:
    return {
        "private": displayed_context(private),
        "public": displayed_context(public) if public else None,
    }


def _where_it_fails(viewer: Viewer, task: Task, evaluation: Evaluation) -> dict[str, object]:
    tables = slice_tables(slices(task, viewer, evaluation))
    drawn = submission_figures(figures(task, viewer, evaluation))
    return {
        "tables": tables,
        "utility": utility_figure(utility_curves(task, viewer, evaluation)),
        "figures": drawn,
        "findings": findings(tables, drawn),
        "is_raw": sees_raw(task, viewer),
    }


def _compared(
    what: str, mine: float | None, other: float, higher_is_better: bool, places: int
) -> Context:
    difference = round((mine or 0.0) - other, places)
    if difference == 0:
        verdict = "equal"
    else:
        verdict = "better" if (difference > 0) == higher_is_better else "worse"
    return {
        "what": what,
        "other": number(other, places),
        "difference": ("+" if difference > 0 else "") + number(difference, places),
        "verdict": verdict,
    }
