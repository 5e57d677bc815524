"""Notices and their readers: at once for submissions and questions, by sweeps for the rest.

A sweep may run twice or pause for a day: it announces each thing once, and of boards and
deadlines only the newest state.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Announcement, Challenge, Phase, Role, Task, Track
from podium.discussions.models import Answer, Message, Question
from podium.notices.actions import NEWS, is_first, tell
from podium.notices.acts import tell_act, untold
from podium.notices.audiences import everybody, members_of
from podium.notices.models import Announced, Kind
from podium.notices.texts import TIMES
from podium.standings.models import Board, Standing
from podium.standings.visible import visible_board, visible_revision
from podium.submissions.models import Evaluation, State, Submission
from podium.teams.models import Team

log = structlog.get_logger(__name__)

DAY = timedelta(days=1)
# How long before a time its notice goes out.
DEADLINES = (("close", 7 * DAY), ("close", DAY), ("freeze", DAY))
SELECTIONS = (3 * DAY, DAY / 2)
QUIET = timedelta(hours=1)  # between two notices of one board


# At once, inside the transactions of others ----------------------------------------------------


def on_evaluation_stored(evaluation: Evaluation) -> None:
    _tell_team(evaluation.submission, Kind.SCORED, str(evaluation.submission_id))


def on_submission_ended(submission: Submission) -> None:
    # A submission rescored by an organizer may fail again, and is announced again.
    now = Submission.objects.only("state", "attempt").get(pk=submission.pk)
    _tell_team(submission, now.state, f"{submission.pk}:{now.attempt}")


def _tell_team(submission: Submission, kind: str, key: str) -> None:
    if submission.team.is_baseline:
        return
    people = User.objects.filter(memberships__team=submission.team_id)
    challenge = submission.task.challenge_id
    tell(people, kind, key, challenge=challenge, submission=submission.pk)


def on_question_asked(question: Question) -> None:
    """Tell owners and managers, and the team that it is about, but not who asked."""
    organizers = Q(
        organizer__challenge=question.challenge_id, organizer__role__in=[Role.OWNER, Role.MANAGER]
    )
    members = Q(memberships__team=question.team_id) if question.team_id else Q(pk__in=[])
    people = User.objects.filter(organizers | members).exclude(pk=question.author_id)
    key, challenge = str(question.pk), question.challenge_id
    tell(people, Kind.QUESTION, key, challenge=challenge, question=question.pk)


def on_answer_given(answer: Answer) -> None:
    """Tell who asked, unless they answered themselves."""
    asker = answer.question.author_id
    if asker == answer.author_id:
        return
    people, challenge = User.objects.filter(pk=asker), answer.question.challenge_id
    tell(people, Kind.ANSWER, str(answer.pk), challenge=challenge, answer=answer.pk)


def on_message_sent(message: Message) -> None:
    """Notify the other side: the team's members, or owners and managers."""
    challenge = message.team.challenge_id
    if message.by_organizer:
        people = User.objects.filter(memberships__team=message.team_id)
    else:
        people = User.objects.filter(
            organizer__challenge=challenge, organizer__role__in=[Role.OWNER, Role.MANAGER]
        )
    tell(people, Kind.MESSAGE, str(message.pk), challenge=challenge, message=message.pk)


# By sweeps -------------------------------------------------------------------------------------


def sweep() -> None:
    """Send every notice that is due. One failure does not hold up the others."""
    open_now = [each for each in _challenges() if each.phase() == Phase.OPEN]
    steps: list[tuple[Callable[..., None], Any]] = [
        *((announce, news) for news in _news()),
        *((tell_act, events) for events in untold()),
        *((remind, challenge) for challenge in open_now),
        *((tell_leader, subject) for each in open_now for subject in _subjects(each)),
    ]
    for step, subject in steps:
        try:
            step(subject)
        except Exception:
            log.exception("notice not made", of=str(subject))


def _challenges() -> QuerySet[Challenge]:
    now = timezone.now()
    return Challenge.objects.filter(opens_at__lte=now, closes_at__gt=now)


def _news() -> QuerySet[Announcement]:
    now = timezone.now()
    shown = Announcement.objects.filter(at__lte=now, at__gt=now - NEWS)
    announced = Announced.objects.filter(at__gt=now - 2 * NEWS, key__startswith="announcement:")
    ids = [key.partition(":")[2] for key in announced.values_list("key", flat=True)]
    return shown.exclude(pk__in=ids).select_related("challenge").order_by("at", "pk")


def announce(news: Announcement) -> None:
    """Notify everybody in a challenge, or the teams that it is for, of an announcement."""
    challenge = news.challenge
    if challenge.phase() == Phase.DRAFT:
        return
    with transaction.atomic():
        if not is_first(f"announcement:{news.pk}"):
            return
        addressed = Team.objects.filter(pk__in=news.addressees.values("team"))
        people = members_of(addressed) if news.audience else everybody(challenge)
        key = str(news.pk)
        tell(people, Kind.ANNOUNCEMENT, key, challenge=challenge.pk, announcement=news.pk)


def remind(challenge: Challenge) -> None:
    """Notify team members of deadlines, and those with a score of the final selection."""
    everybody = User.objects.filter(
        memberships__challenge=challenge, memberships__team__disqualified_at=None
    )
    for which in TIMES:
        at: datetime = getattr(challenge, TIMES[which])
        before = [wait for name, wait in DEADLINES if name == which]
        if key := _due(challenge, which, at, before):
            _tell_time(everybody, Kind.DEADLINE, key, challenge, which=which, at=at.isoformat())
    at = challenge.closes_at
    if key := _due(challenge, "select", at, SELECTIONS):
        scored = Submission.objects.filter(task__challenge=challenge, state=State.SCORED)
        people = everybody.filter(memberships__team__in=scored.values("team"))
        _tell_time(people, Kind.SELECTION, key, challenge, at=at.isoformat())


def _due(challenge: Challenge, which: str, at: datetime, before: Iterable[timedelta]) -> str:
    """Return the key of the last reminder that is due, empty if there is none or it was sent.

    Reminders due before the challenge opened are not sent: the time was known then.
    """
    now = timezone.now()
    passed = [wait for wait in before if challenge.opens_at < at - wait <= now < at]
    if not passed:
        return ""
    key = f"{which}:{challenge.pk}:{min(passed).total_seconds():.0f}:{at:%Y%m%d%H%M%S}"
    return "" if Announced.objects.filter(key=key).exists() else key


def _tell_time(
    people: QuerySet[User], kind: Kind, key: str, challenge: Challenge, **facts: object
) -> None:
    with transaction.atomic():
        if is_first(key):
            tell(people, kind, key, challenge=challenge.pk, **facts)


# Leaders ---------------------------------------------------------------------------------------


def _subjects(challenge: Challenge) -> list[Task | Track]:
    found: list[Task | Track] = [
        *challenge.tracks.all(),
        *challenge.tasks.select_related("track", "dataset_version", "solution"),
    ]
    for each in found:
        each.challenge = challenge
    return found


def tell_leader(subject: Task | Track) -> None:
    """Notify the teams of a public board of a new leader, as everybody sees it.

    The first leader is not announced, and of two within an hour only the later one.
    """
    shown = visible_revision(subject, organizer=False)
    if shown is None:
        return
    board, number = shown.board, shown.number
    rows = Announced.objects.filter(key=f"leader:{board.pk}")
    if (last := rows.first()) and not _is_due(last, number):
        return
    places = visible_board(AnonymousUser(), subject).rows
    leaders = sorted(row.team.pk for row in places if row.rank == 1)
    facts = {"revision": number, "teams": leaders}
    with transaction.atomic():
        last = rows.select_for_update().first()
        if last is None:
            Announced.objects.get_or_create(
                key=f"leader:{board.pk}", defaults={"facts": facts, "at": timezone.now() - QUIET}
            )
        elif _is_due(last, number):  # still: another sweep may have come first
            before = last.facts["teams"]
            known = {*before, *_put_there(subject.challenge, last.at)}
            new = sorted(set(leaders) - known) if before else []
            _tell_lead(board, subject.challenge_id, number, new)
            rows.update(facts=facts, at=timezone.now() if new else last.at)


def _put_there(challenge: Challenge, since: datetime) -> set[int]:
    """Return the teams that organizers reinstated or merged since then: they took no lead."""
    acts = Q(verb=Verb.REINSTATED_TEAM) | Q(verb=Verb.MERGED_TEAMS, facts__by_organizer=True)
    back = Event.objects.filter(acts, challenge=challenge.slug, at__gte=since)
    return {int(subject.partition(":")[2]) for subject in back.values_list("subject", flat=True)}


def _is_due(last: Announced, number: int) -> bool:
    """Return whether the board changed since the last look and its last notice is old."""
    return bool(last.facts["revision"] != number and last.at <= timezone.now() - QUIET)


def _tell_lead(board: Board, challenge: int, number: int, new: list[int]) -> None:
    """Notify the members of a board's teams of its leader."""
    if not new:
        return
    on_board = Standing.objects.filter(board=board, valid_until=None).values("team")
    people = User.objects.filter(memberships__team__in=on_board)
    key = f"{board.pk}:{number}"
    tell(people, Kind.NEW_LEADER, key, challenge=challenge, board=board.pk, teams=new)
