"""Lists of notices take as many queries for many as for a few, and read each kind as one would."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Announcement, Challenge, Feedback, Task
from podium.notices import actions, telling
from podium.notices.models import How, Kind, MailChoice, Notice
from podium.notices.tasks import tidy
from podium.standings.actions import refresh
from podium.standings.feedback import NOT_ACCEPTED, feedback, headlines
from podium.submissions.models import Evaluation, State
from podium.teams.models import Team
from tests.site import factories
from tests.site.notices.conftest import Mailed, confirm, scored

pytestmark = pytest.mark.dialect

AsUser = Callable[[User | None], Client]
API = "/api/v1/notices?limit=200"


def _all_kinds(team: Team, tasks: list[Task], asker: User) -> None:
    """Send the team's members one more notice of every kind."""
    challenge = team.challenge
    for task in tasks:
        scored(team, task)
        for state, kind in ((State.REJECTED, Kind.REJECTED), (State.FAILED, Kind.FAILED)):
            sent = factories.make_submission(team, task, state)
            factories.make_notice(team.captain, sent, kind=kind, key=f"{sent.pk}")
    news = Announcement.objects.create(challenge=challenge, title="News", body="b")
    asked = factories.make_question(challenge, team.captain)
    answer = factories.make_answer(asked, asker)
    message = factories.make_message(team, asker, by_organizer=True)
    about = factories.make_question(challenge, asker, team=team)
    board = tasks[0].boards.get()
    back = record(Verb.REINSTATED_TEAM, subject=team, why="By mistake.")
    ruled = record(Verb.WITHDREW_SUBMISSION, subject=sent, why="By mistake.")
    won = record(Verb.PUBLISHED_WINNERS, subject=team, teams=[team.pk], why="")
    at = challenge.closes_at.isoformat()
    told = {
        Kind.ANNOUNCEMENT: {"announcement": news.pk},
        Kind.ANSWER: {"answer": answer.pk},
        Kind.QUESTION: {"question": about.pk},
        Kind.MESSAGE: {"message": message.pk},
        Kind.NEW_LEADER: {"board": board.pk, "teams": [team.pk]},
        Kind.DEADLINE: {"which": "close", "at": at},
        Kind.SELECTION: {"at": at},
        Kind.MOVED: {"times": ["closes_at"]},
        Kind.STANDING: {"team": team.pk, "event": back.pk},
        Kind.RESCORED: {"task": tasks[0].pk},
        Kind.REVEALED: {},
        Kind.ROLE: {"role": ""},
        Kind.WINNERS: {"event": won.pk},
        Kind.RULING: {"submission": sent.pk, "count": 1, "event": ruled.pk},
    }
    for kind, facts in told.items():
        Notice.objects.create(
            user=team.captain,
            challenge=challenge,
            kind=kind,
            key=f"{kind}:{news.pk}",
            facts=facts,
            mail=How.OFF,
        )


def _queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("mode", [Feedback.ROUNDED, Feedback.LADDER])
def test_a_list_takes_as_many_queries_for_two_hundred_as_for_twenty(
    team: Team,
    classification_task: Task,
    matching_task: Task,
    alice: User,
    charlie: User,
    as_user: AsUser,
    mode: str,
) -> None:
    Task.objects.update(feedback=mode)
    tasks = list(Task.objects.select_related("challenge", "dataset_version"))
    client = as_user(alice)
    for _ in range(2):
        _all_kinds(team, tasks, charlie)
    assert {each.kind for each in actions.of(alice)} == set(Kind.values)
    assert Notice.objects.filter(user=alice).count() > 20
    few = [_queries(client, url) for url in ("/notices/", API)]
    sent = factories.make_submission(team, tasks[0], State.REJECTED)
    for number in range(180):
        factories.make_notice(alice, sent, kind=Kind.REJECTED, key=f"more:{number}")
    for _ in range(3):
        _all_kinds(team, tasks, charlie)
    assert Notice.objects.filter(user=alice).count() > 200
    assert [_queries(client, url) for url in ("/notices/", API)] == few
    assert max(few) <= 34


def test_a_headline_of_many_is_what_one_alone_tells(
    team: Team, classification_task: Task, matching_task: Task, alice: User, olga: User
) -> None:
    Task.objects.filter(pk=matching_task.pk).update(feedback=Feedback.LADDER)
    matching_task.refresh_from_db()
    found = [
        scored(team, task, public)
        for task in (classification_task, matching_task)
        for public in (0.712345, 0.1, 0.9)
    ]
    for viewer in (alice, olga, AnonymousUser()):
        one_by_one = [feedback(each.submission.task, viewer, each)[0] for each in found]
        assert headlines(viewer, found) == one_by_one
    said = [each.reason for each in headlines(alice, found) if each]
    assert said.count(NOT_ACCEPTED) == 1
    assert headlines(alice, []) == []


def test_a_headline_that_is_not_there_is_none(
    team: Team, classification_task: Task, alice: User
) -> None:
    evaluation = factories.make_evaluation(
        factories.make_submission(team, classification_task), public=0.8, private=0.7
    )
    evaluation.scores.filter(metric=classification_task.headline).delete()
    evaluation = Evaluation.objects.get(pk=evaluation.pk)
    assert headlines(alice, [evaluation]) == [None]
    refresh(classification_task, team)
    notice = factories.make_notice(alice, evaluation.submission)
    assert actions.text(notice, alice).body == "Its page tells more."


def test_a_kind_that_is_no_more_breaks_neither_list_nor_mail_nor_choices(
    team: Team, classification_task: Task, alice: User, as_user: AsUser, mailed: Mailed
) -> None:
    confirm(alice)
    evaluation = scored(team, classification_task)
    old = factories.make_notice(
        alice, evaluation.submission, kind="badge", key="1", mail=How.INSTANT
    )
    MailChoice.objects.create(user=alice, kind="badge", how=How.OFF)
    client = as_user(alice)
    html = client.get("/notices/").content.decode()
    assert "A notice about something deleted" in html
    assert "is scored" in html
    titles = {each["id"]: each["title"] for each in client.get(API).json()["items"]}
    assert titles[old.pk] == "A notice about something deleted"
    assert mailed() == {}
    assert client.get(reverse("notice-choices")).status_code == 200
    assert client.get("/api/v1/notices/choices").status_code == 200
    assert set(actions.choices(alice)) == set(Kind.values)


def test_an_announcement_of_another_challenge_is_not_told(
    team: Team, alice: User, challenge: Challenge
) -> None:
    other = factories.make_challenge("other")
    news = Announcement.objects.create(challenge=other, title="Theirs", body="b")
    telling.sweep()
    notice = Notice.objects.create(
        user=alice,
        challenge=challenge,
        kind=Kind.ANNOUNCEMENT,
        key="x",
        facts={"announcement": news.pk},
        mail=How.OFF,
    )
    assert "Theirs" not in actions.text(notice, alice).title
    Announcement.objects.update(challenge=challenge, at=timezone.now() + timedelta(days=1))
    assert "Theirs" not in actions.text(notice, alice).title


def test_old_notices_go_read_or_not_and_no_others(
    team: Team, classification_task: Task, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_AT_A_TIME", 2)
    sent = factories.make_submission(team, classification_task)
    now = timezone.now()
    for number, days in enumerate((181, 181, 181, 179, 0)):
        at = now - timedelta(days=days)
        factories.make_notice(
            alice, sent, key=str(number), at=at, read_at=at if number % 2 else None
        )
    assert [actions.tidy(), actions.tidy()] == [True, False]
    assert sorted(Notice.objects.values_list("key", flat=True)) == ["3", "4"]


def test_how_long_notices_are_kept_is_set(
    team: Team, classification_task: Task, alice: User, settings: Settings
) -> None:
    sent = factories.make_submission(team, classification_task)
    factories.make_notice(alice, sent, at=timezone.now() - timedelta(days=31))
    tidy()
    assert Notice.objects.exists()
    settings.NOTICE_DAYS = 30
    tidy()
    assert not Notice.objects.exists()
