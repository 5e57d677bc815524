"""The private boards: made at the reveal from the final selections, and kept right after it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from leaderboard import Candidate, FinalRule, FinalTeam, final_board
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.models import Kind
from podium.challenges.models import UPLOAD_GRACE, Challenge, Task, Track
from podium.standings.models import Board, Standing
from podium.standings.places import ranked_track
from podium.standings.writing import by_team, lock, locked_board, standing_on, write
from podium.submissions.models import Part, Score, State, Submission
from scoring import METRICS

TIE_BREAK = {Kind.MATCHING: "recall_at_precision_90", Kind.CLASSIFICATION: "brier"}


def reveal(challenge: Challenge) -> bool:
    """Make the private boards that a challenge lacks whose time has come. Tells whether it did.

    All boards appear in one transaction; the public ones stay as they are. What is added to a
    challenge after its reveal gets its boards the same way. While uploads that began before the
    close may still end nothing is made: whoever saw private scores could finish one by them.
    """
    with transaction.atomic():
        # Locked, so that moving its times comes wholly before this or wholly after it.
        challenge = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
        tracks = list(challenge.tracks.order_by("pk"))
        for track in tracks:
            lock(track)
        now = timezone.now()
        if not challenge.is_revealed() or now < challenge.closes_at + UPLOAD_GRACE:
            return False
        completed = [track for track in tracks if _complete(track, now)]
        if completed and challenge.revealed_at is None:
            Challenge.objects.filter(pk=challenge.pk).update(revealed_at=now)
            record(Verb.REVEALED, subject=challenge, challenge=challenge.slug, is_public=True)
    return bool(completed)


def _complete(track: Track, now: datetime) -> bool:
    """Make the private boards that a track lacks, its tasks' first. Tells whether there were any.

    All public boards of the track are locked.
    """
    boards = Board.objects.filter(Q(track=track) | Q(task__track=track), part=Part.PRIVATE)
    made = set(boards.values_list("task", flat=True))  # None stands for the track's own
    lacking = [task for task in ranking_tasks(track) if task.pk not in made]
    if not lacking and None in made:
        return False
    for task in lacking:
        write_private(task, now)
    write_private_track(track, now)
    return True


def due() -> list[Challenge]:
    """Return the challenges of which private boards are to be made now."""
    made = Board.objects.filter(part=Part.PRIVATE)
    tracks = Track.objects.exclude(pk__in=made.filter(track__isnull=False).values("track"))
    tasks = Task.objects.exclude(pk__in=made.filter(task__isnull=False).values("task"))
    now = timezone.now()
    past = Challenge.objects.filter(reveal_at__lte=now, closes_at__lte=now - UPLOAD_GRACE)
    return list(past.filter(Q(tracks__in=tracks) | Q(tasks__in=tasks)).distinct())


def has_private_boards(challenge: Challenge) -> bool:
    """Return whether the reveal of the challenge has been made."""
    return Board.objects.filter(part=Part.PRIVATE, track__challenge=challenge).exists()


def refresh_private(tasks: list[Task], now: datetime) -> None:
    """Make the private boards of tasks and of their one track anew, if they exist.

    The track is locked. Also while they are hidden again, because the reveal was moved: they are
    not made twice.
    """
    if has_private_boards(tasks[0].challenge):
        for task in tasks:
            write_private(task, now)
        write_private_track(tasks[0].track, now)


def write_private(task: Task, now: datetime) -> None:
    """Rank the task by the unrounded private scores of the final submissions."""
    board = locked_board(task=task, part=Part.PRIVATE)
    public = Standing.objects.filter(
        board__task=task, board__part=Part.PUBLIC, valid_until=None
    ).select_related("team")
    fresh = private_places(task, list(public), Score.objects.counting(task))
    write(board, by_team(standing_on(board)), fresh, now, step=None)


def write_private_track(track: Track, now: datetime) -> None:
    """Rank the track by its tasks' private boards."""
    board = locked_board(track=track, part=Part.PRIVATE)
    tasks = ranking_tasks(track)
    fresh = ranked_track(track, tasks, standing_rows(tasks, Part.PRIVATE), step=None)
    write(board, by_team(standing_on(board)), fresh, now, step=None)


def private_places(task: Task, public: list[Standing], counting: QuerySet[Score]) -> list[Standing]:
    """Return the rows of the task's private board, ranked, by the scores that count.

    `public` are the rows of its public board: of those who selected nothing the submission counts
    by which they stand there. A team that selected and then withdrew all of it has no score.
    """
    shown = {row.team_id: row for row in public}
    teams = [
        FinalTeam(team, candidates, shown[team].rank, shown[team].team.is_baseline)
        for team, candidates in _candidates(task, shown, counting).items()
    ]
    scores = _scores(task, counting, [c.key for team in teams for c in team.candidates])
    places = []
    rows = final_board(teams, _rule(task))
    for position, row in enumerate(rows, start=1):
        of = shown[int(row.team.key)]
        received: Any = row.counted.received if row.counted else of.first_reached
        score = scores.get((int(row.counted.key), task.headline)) if row.counted else None
        places.append(
            Standing(
                team=of.team,
                position=position,
                rank=row.rank,
                score=score.value if score else None,
                low=score.low if score else None,
                high=score.high if score else None,
                submission_id=int(row.counted.key) if row.counted else None,
                first_reached=received,
                attempts=of.attempts,
            )
        )
    return places


def _candidates(
    task: Task, shown: dict[int, Standing], counting: QuerySet[Score]
) -> dict[int, list[Candidate]]:
    """Return the submissions of each team on the public board that may count."""
    chosen: dict[int, list[Submission]] = {}
    selected = Submission.objects.filter(
        task=task, selected_at__isnull=False, team__in=shown, state=State.SCORED
    )
    for submission in selected.order_by("number"):
        chosen.setdefault(submission.team_id, []).append(submission)
    default = Submission.objects.filter(
        pk__in=[row.submission_id for team, row in shown.items() if team not in chosen]
    )
    for submission in default:
        chosen[submission.team_id] = [submission]
    ids = [each.pk for mine in chosen.values() for each in mine]
    scores, tie_break = _scores(task, counting, ids), _tie_break(task)

    def candidate(each: Submission) -> Candidate:
        headline, tie = scores.get((each.pk, task.headline)), scores.get((each.pk, tie_break))
        return Candidate(
            key=each.pk,
            received=each.received_at,
            displayed=shown[each.team_id].score,
            private=headline.value if headline else None,
            tie_break=tie.value if tie else None,
            selected=each.selected_at is not None,
        )

    return {
        team: [candidate(each) for each in chosen.get(team, []) if each.withdrawn_at is None]
        for team in shown
    }


def _scores(
    task: Task, counting: QuerySet[Score], submissions: Iterable[object]
) -> dict[tuple[int, str], Score]:
    """Return headline and tie-break on the private part, by submission and metric."""
    found = counting.filter(
        evaluation__submission__in=list(submissions),
        part=Part.PRIVATE,
        metric__in=[task.headline, _tie_break(task)],
    )
    return {
        (score.evaluation.submission_id, score.metric): score
        for score in found.select_related("evaluation").defer("evaluation__diagnostics")
    }


def _rule(task: Task) -> FinalRule:
    headline, tie_break = METRICS[task.headline], METRICS[_tie_break(task)]
    return FinalRule(headline.higher_is_better, tie_break.higher_is_better)


def _tie_break(task: Task) -> str:
    return TIE_BREAK[cast(Kind, task.dataset_version.kind)]


def standing_rows(tasks: list[Task], part: str) -> dict[int, list[Standing]]:
    """Return the current rows of the tasks' boards on a part, by the tasks' ids."""
    found = Standing.objects.filter(board__task__in=tasks, board__part=part, valid_until=None)
    rows: dict[int, list[Standing]] = {}
    for row in found.select_related("team", "board"):
        rows.setdefault(row.board.task_id or 0, []).append(row)
    return rows


def ranking_tasks(track: Track) -> list[Task]:
    """Return the tasks that the track's ranking is made of."""
    tasks = track.tasks.select_related("solution", "dataset_version", "challenge", "track")
    return list(tasks.defer("description", "dataset_version__facts"))
