"""Rank boards: task boards from scores, and track boards from the boards of their tasks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import cast

from django.db.models import QuerySet

from leaderboard import Entry, Row, TrackEntry, TrackTask, task_board, track_board
from leaderboard.boards import TRACK_STEP
from podium.challenges.models import Aggregate, Feedback, Task, Track
from podium.standings import ladder
from podium.standings.document import BoardTable
from podium.standings.feedback import bounds, display, public_headlines, step_of
from podium.standings.models import Standing
from podium.standings.rows import LABELS, BoardRow, BoardTeam
from podium.submissions.models import Part, Score
from podium.teams.models import Team
from scoring import METRICS

TRIVIAL = "trivial"
_Number = float | None
# Team, score, low, high, when it was first reached, which baseline, tie-break.
_Facts = tuple[int, _Number, _Number, _Number, datetime, str, _Number]


def places(
    task: Task, scores: QuerySet[Score], teams: Iterable[int] | None = None
) -> list[BoardRow]:
    """Return a row, still without a rank, for each team that has a ranking score.

    `teams` are the ids of the teams that the scores belong to, unless these are of all teams.
    """
    found = public_headlines(task, scores).filter(
        evaluation__submission__team__disqualified_at=None
    )
    by_team = groupby(found, key=lambda score: score.evaluation.submission.team_id)
    if task.feedback == Feedback.LADDER:
        waiting = ladder.pending(task, teams)
        rows = [_last_accepted(task, list(own), waiting.get(team, ())) for team, own in by_team]
    else:
        rows = [_best(task, list(own)) for _, own in by_team]
    return [row for row in rows if row is not None]


def _last_accepted(task: Task, scores: list[Score], waiting: Iterable[int]) -> BoardRow | None:
    """Return a team's row for its last accepted score.

    None if no score was accepted or every submission was withdrawn. A withdrawal does not rewind
    the Ladder: the row has no score if the submission accepted last was withdrawn.
    """
    accepted = ladder.accepted(task, step_of(task), scores, waiting)
    if not accepted or not _standing(scores):
        return None
    row = _row(task, accepted[-1], scores)
    if accepted[-1].evaluation.submission.withdrawn_at is not None:
        return row._replace(score=None, low=None, high=None, submission_id=None, method="")
    return row


def _best(task: Task, scores: list[Score]) -> BoardRow | None:
    """Return a team's row for its best displayed score; `scores` are in order of submission.

    None if every submission was withdrawn.
    """
    sign = 1 if METRICS[task.headline].higher_is_better else -1

    def quality(score: Score) -> tuple[bool, float]:
        value = display(task, score).value
        return (value is not None, sign * (value or 0.0))

    # max returns the first of equals: the submission that reached the displayed score first.
    best = max(_standing(scores), key=quality, default=None)
    return None if best is None else _row(task, best, scores)


def _standing(scores: list[Score]) -> list[Score]:
    """Return the scores of submissions that are not withdrawn."""
    return [score for score in scores if score.evaluation.submission.withdrawn_at is None]


def _row(task: Task, score: Score, scores: list[Score]) -> BoardRow:
    """Return a team's row for one of its scores.

    Withdrawn submissions count as attempts; those of baselines are other seeds.
    """
    shown, submission = display(task, score), score.evaluation.submission
    attempts = _standing(scores) if submission.team.baseline else scores
    return BoardRow(
        *(team_of(submission.team, task.challenge.slug), False, submission.method, []),
        rank=None,
        score=shown.value,
        low=shown.low,
        high=shown.high,
        attempts=len(attempts),
        first_reached=submission.received_at,
        submission_id=submission.pk,
    )


def team_of(team: Team, challenge: str) -> BoardTeam:
    """Return a team's labels for a board; `challenge` is the slug of its challenge."""
    return BoardTeam._make([team.pk, *(getattr(team, name) for name in LABELS), challenge])


def ranked_on(
    subject: Task | Track, rows: Iterable[BoardRow], part: str = Part.PUBLIC
) -> list[BoardRow]:
    """Return the rows of the subject's board in order, with their ranks."""
    by_team = {row.team.pk: row for row in rows}
    facts = (
        (pk, row.score, row.low, row.high, row.first_reached, row.team.baseline, row.tie_break)
        for pk, row in by_team.items()
    )
    ordered = _ordered(subject, facts, part)
    return [by_team[int(row.entry.key)]._replace(rank=row.rank) for row in ordered]


def ranks_of(
    subject: Task | Track, standings: QuerySet[Standing], part: str
) -> dict[int, int | None]:
    """Return the ranks that the rows of a state of the subject's board have, by team id."""
    names = ("team_id", "score", "low", "high", "first_reached", "team__baseline", "tie_break")
    found = standings.order_by().values_list(*names)
    return {int(row.entry.key): row.rank for row in _ordered(subject, found, part)}


def _ordered(subject: Task | Track, facts: Iterable[_Facts], part: str) -> list[Row]:
    """Return the rows with these facts in the order of the subject's board, with ranks."""
    higher = METRICS[subject.headline].higher_is_better if isinstance(subject, Task) else True
    entries = [
        # On a private board, rows without a score are not ordered by time.
        Entry(
            *(team, score, low, high),
            reached if part == Part.PUBLIC or score is not None else None,
            bool(baseline),
            tie_break,
        )
        for team, score, low, high, reached, baseline, tie_break in facts
    ]
    return task_board(entries, higher)


def ranked_track(
    track: Track,
    tasks: list[Task],
    tables: Mapping[int, BoardTable],
    step: float | None = TRACK_STEP,
) -> BoardTable:
    """Return the track's board, computed from the tables of its tasks, given by task id."""
    teams: dict[int, _Entrant] = {}
    for task, table in tables.items():
        facts = zip(
            *(table.team, table.score, table.first_reached, table.attempts, table.tie_break),
            strict=True,
        )
        for row, (team, score, reached, attempts, tie_break) in enumerate(facts):
            entrant = teams.get(team)
            if entrant is None:
                entrant = teams[team] = _Entrant(team, table, row)
            entrant.scores[task], entrant.reached[task] = score, reached
            entrant.attempts += attempts
            if tie_break is not None:
                entrant.tie_breaks.append(tie_break)
    counted = track_tasks(track, tasks, tables)
    ordered = track_board(
        counted,
        [_track_entry(entrant, counted, len(tasks)) for entrant in teams.values()],
        "mean_score" if track.aggregate == Aggregate.MEAN_SCORE else "mean_skill",
        step,
    )
    entrants = [teams[int(row.entry.key)] for row in ordered]
    slugs = {task.pk: task.slug for task in tasks}
    return BoardTable(
        team=[entrant.team for entrant in entrants],
        labels={name: [entrant.label(name) for entrant in entrants] for name in LABELS},
        method=[""] * len(ordered),
        rank=[row.rank for row in ordered],
        score=[row.value for row in ordered],
        low=[None] * len(ordered),
        high=[None] * len(ordered),
        attempts=[entrant.attempts for entrant in entrants],
        # Never None, because the team has a score that counts.
        first_reached=[cast(int, row.entry.first_reached) for row in ordered],
        submission_id=[None] * len(ordered),
        tie_break=[row.entry.tie_break for row in ordered],
        tasks=[slugs[int(task.key)] for task in counted],
        task_scores=[[row.entry.scores.get(task.key) for row in ordered] for task in counted],
        task_skills=[[row.skills[n] for row in ordered] for n in range(len(counted))],
    )


@dataclass
class _Entrant:
    """A team's results on the tasks of a track, by task id, and a row with the team's labels."""

    team: int
    table: BoardTable
    row: int
    scores: dict[int | str, float | None] = field(default_factory=dict)
    reached: dict[int | str, int] = field(default_factory=dict)
    attempts: int = 0
    tie_breaks: list[float] = field(default_factory=list)

    def label(self, name: str) -> object:
        return self.table.labels[name][self.row]


def track_tasks(
    track: Track, tasks: list[Task], tables: Mapping[int, BoardTable]
) -> list[TrackTask]:
    """Return the tasks of a track that count in its ranking.

    A skill needs the score of the trivial submission, so a task without it does not count in a mean
    of skills. In a mean of scores all tasks count, but such a task has no skill to show.
    """
    counted = []
    for task in tasks:
        metric = METRICS[task.headline]
        lowest, highest = bounds(task, metric)
        ceiling = highest if metric.higher_is_better else lowest
        base = _trivial_score(tables.get(task.pk))
        if base is None and track.aggregate == Aggregate.MEAN_SCORE:
            base = ceiling
        if base is not None:
            counted.append(TrackTask(task.pk, base, ceiling, metric.higher_is_better))
    return counted


def _trivial_score(table: BoardTable | None) -> float | None:
    if table is None or TRIVIAL not in table.labels["baseline"]:
        return None
    return table.score[table.labels["baseline"].index(TRIVIAL)]


def _track_entry(entrant: _Entrant, counted: list[TrackTask], tasks: int) -> TrackEntry:
    """Return the team's scores, dated by the last one reached of those that count.

    Its tie-break is the mean of those of all the track's tasks, None if it lacks one.
    """
    scores, reached = entrant.scores, entrant.reached
    scored = [reached[task.key] for task in counted if scores.get(task.key) is not None]
    last = max(scored, default=None)
    breaks = entrant.tie_breaks
    tie_break = sum(breaks) / tasks if breaks and len(breaks) == tasks else None
    return TrackEntry(entrant.team, scores, last, bool(entrant.label("baseline")), tie_break)
