"""A submission as the API shows it: every number comes through the feedback of its task."""

from datetime import datetime

from ninja import Schema
from pydantic import Field

from podium.accounts.models import Viewer
from podium.analysis.explanations import explanations, final_words
from podium.analysis.figures import figures
from podium.api.base.shapes import FileProblem, Named, example
from podium.api.submission.figure_shapes import Figures
from podium.standings.feedback import Displayed, feedbacks, is_revealed, silences
from podium.standings.visible import VisibleBoard, visible_board
from podium.submissions.models import Evaluation, Part, State, Submission
from scoring import METRICS

FAILED = (
    "We could not score this file. The fault is ours; the organizers see it and can score it "
    "again. This attempt is not counted."
)
_EXAMPLE: dict[str, object] = {
    "id": 412,
    "number": 3,
    "challenge": "sample",
    "task": "pairs",
    "team": {"slug": "alpha", "name": "Alpha"},
    "state": "scored",
    "method": "gradient boosting",
    "note": "",
    "original_name": "predictions.csv",
    "sha256": "d" * 64,
    "bytes": 41233,
    "received_at": "2026-11-21T12:00:00Z",
    "finished_at": "2026-11-21T12:00:01Z",
    "queue_position": None,
    "is_selected": False,
    "withdrawn_at": None,
    "problems": [],
    "notes": [],
    "scores": [],
    "feedback": {"mode": "rounded", "words": "", "told": True},
    "url": "/submissions/412/",
}


class Score(Schema):
    """A displayed score: what you may see of one metric."""

    metric: str
    title: str
    part: str = Field(description="public, or private after the reveal.")
    value: float | None
    low: float | None = Field(description="Lower end of the 95 % interval.")
    high: float | None
    decimals: int = Field(description="How many decimals pages show of these numbers.")
    reason: str = Field(description="Why there is no value.")
    is_headline: bool = Field(description="Whether the task is ranked by it.")
    model_config = example(
        metric="accuracy",
        title="Accuracy",
        part="public",
        value=0.81,
        low=0.79,
        high=0.83,
        decimals=2,
        reason="",
        is_headline=True,
    )


class Feedback(Schema):
    """How much is shown of a submission, and why."""

    mode: str = Field(description="exact, rounded or ladder.")
    words: str = Field(description="What the score did to the team's place, or why none is shown.")
    told: bool = Field(description="Whether its score is shown to the team.")
    model_config = example(mode="rounded", words="Your first score on this task.", told=True)


class SubmissionOut(Schema):
    """One immutable predictions file of a team for a task, and what came of it."""

    id: int
    number: int = Field(description="Counts within team and task.")
    challenge: str
    task: str
    team: Named
    state: str = Field(description="queued, scoring, scored, rejected (the file's fault), failed.")
    method: str
    note: str
    original_name: str
    sha256: str
    bytes: int
    received_at: datetime
    finished_at: datetime | None
    queue_position: int | None = Field(description="While it is queued, from 1.")
    is_selected: bool = Field(description="Whether it is one of the final ones.")
    withdrawn_at: datetime | None
    problems: list[FileProblem] = Field(description="Why it was rejected.")
    notes: list[str] = Field(description="What reading it had to assume.")
    scores: list[Score] | None = Field(description="The headline first; None until it is scored.")
    feedback: Feedback
    url: str = Field(description="Its page, relative to this site.")
    model_config = example(**_EXAMPLE)


class SubmissionWhole(SubmissionOut):
    """A submission with the figures that are drawn of it."""

    figures: Figures | None = Field(description="None until it is scored.")
    model_config = example(**_EXAMPLE, figures=None)


def with_figures(viewer: Viewer, found: Submission, *, is_own: bool) -> dict[str, object]:
    """Return a submission as `shown` does, with the figures that its task's feedback lets out."""
    evaluation = _evaluations([found]).get(found.pk)
    drawn = None if evaluation is None else figures(found.task, viewer, evaluation)
    return {**shown(viewer, found, is_own=is_own), "figures": drawn}


def shown(
    viewer: Viewer, found: Submission, *, is_own: bool, board: VisibleBoard | None = None
) -> dict[str, object]:
    """Return a submission as a viewer who may open it sees it. `board`: that of its task."""
    return shown_all(viewer, [found], is_own=is_own, board=board)[0]


def shown_all(
    viewer: Viewer, rows: list[Submission], *, is_own: bool, board: VisibleBoard | None = None
) -> list[dict[str, object]]:
    """Return `shown` of each of these submissions of a team to a task, at the cost of one."""
    evaluations = _evaluations(rows)
    told = list(evaluations.values())
    if told:
        board = board or visible_board(viewer, told[0].submission.task)
    scores = _scores(viewer, told)
    words = _words(told, board, rows, is_own=is_own)
    return [
        {**_facts(each), "scores": scores.get(each.pk), "feedback": _feedback(each, words)}
        for each in rows
    ]


def _evaluations(rows: list[Submission]) -> dict[int, Evaluation]:
    """Return the evaluation that counts of each submission that has one, by the submission."""
    scored = {each.pk: each for each in rows if each.state == State.SCORED}
    if not scored:
        return {}
    counting = Evaluation.objects.counting(rows[0].task).filter(submission__in=scored)
    found = {each.submission_id: each for each in counting}
    for pk, evaluation in found.items():
        evaluation.submission = scored[pk]  # with its team, task and challenge, which are loaded
    return found


def _facts(found: Submission) -> dict[str, object]:
    position = None
    if found.state == State.QUEUED:
        position = Submission.objects.ahead_of(found).count() + 1
    return {
        "id": found.pk,
        "number": found.number,
        "challenge": found.task.challenge.slug,
        "task": found.task.slug,
        "team": {"slug": found.team.slug, "name": found.team.name},
        "state": found.state,
        "method": found.method,
        "note": found.note,
        "original_name": found.original_name,
        "sha256": found.sha256,
        "bytes": found.size,
        "received_at": found.received_at,
        "finished_at": found.finished_at,
        "queue_position": position,
        "is_selected": found.selected_at is not None,
        "withdrawn_at": found.withdrawn_at,
        "problems": found.problems,
        "notes": found.notes,
        "url": found.get_absolute_url(),
    }


def _scores(viewer: Viewer, evaluations: list[Evaluation]) -> dict[int, list[dict[str, object]]]:
    """Return the displayed scores by the submission, the private ones first after the reveal."""
    if not evaluations:
        return {}
    task = evaluations[0].submission.task
    parts = [Part.PRIVATE, Part.PUBLIC] if is_revealed(task) else [Part.PUBLIC]
    found: dict[int, list[dict[str, object]]] = {each.submission_id: [] for each in evaluations}
    for part in parts:
        shown = feedbacks(task, viewer, evaluations, part=part)
        for evaluation, scores in zip(evaluations, shown, strict=True):
            found[evaluation.submission_id] += [
                _score(each, str(part), each.metric is METRICS[task.headline]) for each in scores
            ]
    return found


def _score(displayed: Displayed, part: str, is_headline: bool) -> dict[str, object]:
    return {
        "metric": displayed.metric.name,
        "title": displayed.metric.title,
        "part": part,
        "value": _rounded(displayed.value, displayed.decimals),
        "low": _rounded(displayed.low, displayed.decimals),
        "high": _rounded(displayed.high, displayed.decimals),
        "decimals": displayed.decimals,
        "reason": displayed.reason,
        "is_headline": is_headline,
    }


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals) + 0.0  # no zero has a sign


def _words(
    evaluations: list[Evaluation],
    board: VisibleBoard | None,
    rows: list[Submission],
    *,
    is_own: bool,
) -> dict[int, tuple[str, bool]]:
    """Return the text about each score and whether the score is shown, by submission."""
    if not evaluations or board is None:
        return {}
    task = evaluations[0].submission.task
    silent = silences(task, evaluations)
    if is_revealed(task):
        words = [final_words(each.submission, board, rows) for each in evaluations]
    else:
        told = explanations(evaluations, board, is_own=is_own)
        words = [said or each.text for said, each in zip(silent, told, strict=True)]
    found = zip(evaluations, words, silent, strict=True)
    return {each.submission_id: (text, not said) for each, text, said in found}


def _feedback(found: Submission, words: dict[int, tuple[str, bool]]) -> dict[str, object]:
    text, told = words.get(found.pk, (FAILED if found.state == State.FAILED else "", False))
    return {"mode": found.task.feedback, "words": text, "told": told}
