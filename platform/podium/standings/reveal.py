"""The private boards: made at the reveal from the final selections, and updated after it."""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from leaderboard import Candidate, FinalRule, FinalTeam, final_board
from leaderboard.boards import TRACK_STEP
from leaderboard.final import goodness
from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.models import Kind
from podium.challenges.models import UPLOAD_GRACE, Challenge, Task, Track
from podium.refusals import Refused
from podium.standings.document import BoardTable
from podium.standings.history import present_tables
from podium.standings.models import Board
from podium.standings.ranking import ranked_on, ranked_track
from podium.standings.rows import BoardRow
from podium.standings.writing import lock, present, write
from podium.submissions.models import Part, Score, State, Submission
from podium.teams.models import Team
from scoring import METRICS

TIE_BREAK = {Kind.MATCHING: "recall_at_precision_90", Kind.CLASSIFICATION: "brier"}


def reveal(challenge: Challenge, *, by: User | None = None) -> bool:
    """Make the missing private boards of a challenge that is due. Return whether there were any.

    All boards appear in one transaction; the public ones do not change. Anything added to a
    challenge after its reveal gets its boards the same way. The first boards need an owner who
    reveals them (`by`), or owners who were mailed and let them come. Nothing is made while uploads
    that began before the close may still finish: someone who saw private scores could use them to
    finish an upload.
    """
    with transaction.atomic():
        # Locked, so that a change of its times happens entirely before this or entirely after it.
        challenge = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
        tracks = list(challenge.tracks.order_by("pk"))
        for track in tracks:
            lock(track)
        now = timezone.now()
        if now < challenge.reveal_due_at or not (by or _may_come(challenge, now)):
            return False
        completed = [track for track in tracks if _complete(track, now)]
        if completed and challenge.revealed_at is None:
            Challenge.objects.filter(pk=challenge.pk).update(revealed_at=now)
            record(
                Verb.REVEALED, subject=challenge, by=by, challenge=challenge.slug, is_public=True
            )
    return bool(completed)


def reveal_now(*, challenge: Challenge, by: User) -> None:
    """Reveal at an owner's word, without waiting for the mails or for the end of a stop.

    Raises Refused before the time of the reveal, and where there is nothing to reveal.
    """
    due_at = challenge.reveal_due_at
    if timezone.now() < due_at:
        raise Refused(
            "not_due",
            f"The reveal is at {in_words(due_at)}. Move it to reveal earlier.",
            retry_at=due_at,
        )
    if not reveal(challenge, by=by):
        raise Refused("revealed", "All private boards are public already. Open the boards.")


def _may_come(challenge: Challenge, now: datetime) -> bool:
    """Return whether private boards appear without an owner's word: later ones always do."""
    if challenge.revealed_at:
        return True
    itself_at = challenge.reveals_itself_at
    return itself_at is not None and itself_at <= now


def _complete(track: Track, now: datetime) -> bool:
    """Make the missing private boards of a track, its tasks' first. Return whether there were any.

    The public board of the track is locked.
    """
    boards = Board.objects.filter(Q(track=track) | Q(task__track=track), part=Part.PRIVATE)
    made = set(boards.values_list("task", flat=True))  # None stands for the track's own
    lacking = [task for task in ranking_tasks(track) if task.pk not in made]
    if not lacking and None in made:
        return False
    fresh = {task.pk: write_private(task, now) for task in lacking}
    write_track(track, ranking_tasks(track), Part.PRIVATE, now, fresh)
    return True


def due() -> list[Challenge]:
    """Return the challenges whose private boards are due but not all made."""
    made = Board.objects.filter(part=Part.PRIVATE)
    tracks = Track.objects.exclude(pk__in=made.filter(track__isnull=False).values("track"))
    tasks = Task.objects.exclude(pk__in=made.filter(task__isnull=False).values("task"))
    now = timezone.now()
    past = Challenge.objects.filter(reveal_at__lte=now, closes_at__lte=now - UPLOAD_GRACE)
    lacking = past.filter(Q(tracks__in=tracks) | Q(tasks__in=tasks)).distinct()
    return [challenge for challenge in lacking if _may_come(challenge, now)]


def has_private_boards(challenge: Challenge) -> bool:
    """Return whether the reveal has made private boards for the challenge."""
    return Board.objects.filter(part=Part.PRIVATE, track__challenge=challenge).exists()


def refresh_private(tasks: list[Task], now: datetime, team: Team | None) -> None:
    """Update the private boards of tasks of one track and of that track, if they exist.

    If `team` is given, only that team's rows on the task boards are recomputed. The track is
    locked. Boards that are hidden again because the reveal was moved are updated too, since they
    are not made a second time.
    """
    if has_private_boards(tasks[0].challenge):
        fresh = {task.pk: write_private(task, now, team) for task in tasks}
        track = tasks[0].track
        write_track(track, ranking_tasks(track), Part.PRIVATE, now, fresh)


def write_private(task: Task, now: datetime, team: Team | None = None) -> BoardTable:
    """Rank the task by the unrounded private scores of the final submissions; return its board.

    If `team` is given, only that team's row is recomputed.
    """
    before, public = present(task, Part.PRIVATE), present(task, Part.PUBLIC).rows
    others: list[BoardRow] = []
    if team is not None:
        others = [row for row in before.rows if row.team.pk != team.pk]
        public = [row for row in public if row.team.pk == team.pk]
    fresh = _private_table(task, public, others)
    write(before, fresh, now, step=None)
    return fresh


def private_tables(track: Track) -> list[tuple[Task | Track, BoardTable]]:
    """Return the private boards that a reveal would make now: the track's, then its tasks'.

    Nothing is stored. Only for owners.
    """
    tasks = ranking_tasks(track)
    tables = {task.pk: _private_table(task, present(task, Part.PUBLIC).rows, []) for task in tasks}
    return [
        (track, ranked_track(track, tasks, tables, None)),
        *((task, tables[task.pk]) for task in tasks),
    ]


def _private_table(task: Task, public: list[BoardRow], others: list[BoardRow]) -> BoardTable:
    """Return the private board of the teams on these rows of the public one, and of others."""
    own = private_places(task, public, Score.objects.counting(task))
    return BoardTable.of(ranked_on(task, [*others, *own], Part.PRIVATE))


def write_track(
    track: Track, tasks: list[Task], part: str, now: datetime, fresh: dict[int, BoardTable]
) -> None:
    """Rank the track by the boards of its tasks on a part; those that are new are `fresh`.

    Its public board is locked.
    """
    step = TRACK_STEP if part == Part.PUBLIC else None
    read = present_tables([task for task in tasks if task.pk not in fresh], part)
    table = ranked_track(track, tasks, {**read, **fresh}, step)
    write(present(track, part), table, now, step=step)


def private_places(task: Task, public: list[BoardRow], counting: QuerySet[Score]) -> list[BoardRow]:
    """Return the rows of teams on the task's private board, still without ranks.

    `counting` are the scores that count, and `public` are the teams' rows on the public board. For
    a team that selected nothing, the submission shown there counts. A team that selected
    submissions and then withdrew all of them has no score.
    """
    shown = {row.team.pk: row for row in public}
    teams = [
        FinalTeam(team, candidates, is_baseline=shown[team].is_baseline)
        for team, candidates in _candidates(task, shown, counting).items()
    ]
    rule = _rule(task)
    final = [(shown[int(row.team.key)], row.counted) for row in final_board(teams, rule)]
    counted = [int(candidate.key) for _, candidate in final if candidate]
    scores = _scores(task, counting, counted)
    methods = dict(Submission.objects.filter(pk__in=counted).values_list("pk", "method"))

    def private_row(row: BoardRow, candidate: Candidate | None) -> BoardRow:
        if candidate is None:
            return row._replace(score=None, low=None, high=None, submission_id=None, method="")
        pk, received = int(candidate.key), cast(datetime, candidate.received)
        score = scores[pk, task.headline]
        return row._replace(
            score=score.value,
            low=score.low,
            high=score.high,
            submission_id=pk,
            method=methods[pk],
            first_reached=received,
            tie_break=goodness(candidate, rule),
        )

    return [private_row(row, candidate) for row, candidate in final]


def _candidates(
    task: Task, shown: dict[int, BoardRow], counting: QuerySet[Score]
) -> dict[int, list[Candidate]]:
    """Return the submissions that may count, for each team on the public board."""
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
    """Return the private headline and tie-break scores, by submission and metric."""
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


def ranking_tasks(track: Track) -> list[Task]:
    """Return the tasks that make up the track's ranking."""
    found = track.tasks.select_related("solution", "dataset_version", "challenge", "track")
    tasks = list(found.defer("description", "dataset_version__facts"))
    for task in tasks:
        task.track.challenge = task.challenge
    return tasks
