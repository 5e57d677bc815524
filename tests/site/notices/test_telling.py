"""Each person is notified once of each event, and only of the newest state."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.challenges.models import Aggregate, Announcement, Challenge, Task, Track
from podium.notices import telling
from podium.notices.models import How, Kind, MailChoice, Notice
from podium.notices.texts import text
from podium.submissions.actions import retry, submit
from podium.submissions.jobs.scoring_runs import score
from podium.submissions.models import State, Submission
from podium.teams.models import Team
from scoring.runner import Failed, Scorer
from tests.site import factories
from tests.site.notices.conftest import scored
from tests.site.pets import file_with, make_pets_task, predictions

pytestmark = pytest.mark.dialect

DAY = timedelta(days=1)


class BrokenScorer(Scorer):
    def score(self, **_: object) -> Failed:  # type: ignore[override]
        return Failed("the scoring process died")


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


@pytest.fixture
def start(challenge: Challenge) -> Iterator[Any]:
    """Time stops, and goes on when the test says so."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def told(kind: str) -> list[str]:
    """Return whom notices of a kind were made for, each as often as they were."""
    rows = Notice.objects.filter(kind=kind).order_by("user__name", "pk")
    return list(rows.values_list("user__name", flat=True))


def titles(user: User, kind: str) -> list[str]:
    rows = Notice.objects.filter(user=user, kind=kind).order_by("pk")
    return [text(each, user).title for each in rows]


def at(challenge: Challenge, moment: datetime, clock: Any) -> None:
    clock.move_to(moment, tick=False)
    telling.sweep()


# Submissions -----------------------------------------------------------------------------------


def test_a_team_is_told_of_what_is_scored_and_rejected(
    team: Team, pets: Task, charlie: User, olga: User, tmp_path: Path
) -> None:
    uploads = [
        predictions(pets, tmp_path, wrong=6),
        file_with("id,prediction\np120,cat\np120,dog\n", tmp_path),
    ]
    with Scorer() as scorer:
        for upload in uploads:
            held = Submission.claim(submit(team=team, task=pets, upload=upload).pk)
            assert held is not None
            score(held, scorer)
    assert told(Kind.SCORED) == told(Kind.REJECTED) == ["Alice", "Bob"]
    assert Notice.objects.count() == 4


def test_a_team_is_told_of_what_we_could_not_score_each_time(
    team: Team, pets: Task, alice: User, olga: User, tmp_path: Path
) -> None:
    made = submit(team=team, task=pets, upload=predictions(pets, tmp_path))
    for times in (1, 2):
        Submission.objects.filter(pk=made.pk).update(attempt_limit=times)
        held = Submission.claim(made.pk)
        assert held is not None
        score(held, BrokenScorer())
        assert told(Kind.FAILED) == sorted(["Alice", "Bob"] * times)
        made.refresh_from_db()
        retry(submission=made, by=olga)
    [first, _] = Notice.objects.filter(kind=Kind.FAILED, user=alice)
    assert text(first, alice).is_moot  # it waits to be scored again


def test_nobody_is_told_of_a_baseline(classification_task: Task, olga: User) -> None:
    baseline = factories.make_team(classification_task.challenge, "Zero", baseline="trivial")
    scored(baseline, classification_task)
    assert not Notice.objects.exists()


def test_a_thing_is_told_once(team: Team, classification_task: Task) -> None:
    evaluation = scored(team, classification_task)
    telling.on_evaluation_stored(evaluation)
    assert told(Kind.SCORED) == ["Alice", "Bob"]


def test_how_it_is_mailed_is_by_choice_and_by_default(
    team: Team, classification_task: Task, alice: User, bob: User
) -> None:
    MailChoice.objects.create(user=bob, kind=Kind.SCORED, how=How.OFF)
    scored(team, classification_task)
    assert Notice.objects.get(user=alice).mail == How.DAILY
    assert Notice.objects.get(user=bob).mail == How.OFF


def test_an_inactive_account_is_told_nothing(
    team: Team, classification_task: Task, bob: User
) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    scored(team, classification_task)
    assert told(Kind.SCORED) == ["Alice"]


# Announcements ---------------------------------------------------------------------------------


def test_an_announcement_is_told_to_all_when_its_time_has_come(
    team: Team, olga: User, viktor: User, charlie: User, start: Any
) -> None:
    soon = timezone.now() + timedelta(minutes=5)
    Announcement.objects.create(challenge=team.challenge, title="Soon", body="b", at=soon)
    telling.sweep()
    assert told(Kind.ANNOUNCEMENT) == []
    for _ in range(2):
        at(team.challenge, soon, start)
        assert told(Kind.ANNOUNCEMENT) == ["Alice", "Bob", "Olga", "Viktor"]
    assert titles(olga, Kind.ANNOUNCEMENT) == ["Soon"]


def test_old_announcements_and_those_of_drafts_are_no_news(team: Team, start: Any) -> None:
    draft = factories.make_challenge(
        "draft", announced_at=None, opens_at=timezone.now() + timedelta(days=1)
    )
    factories.make_team(draft, "Early", factories.make_user("emil"))
    Announcement.objects.create(challenge=draft, title="Hush", body="b")
    long_ago = timezone.now() - 4 * DAY
    Announcement.objects.create(challenge=team.challenge, title="Old", body="b", at=long_ago)
    telling.sweep()
    assert not Notice.objects.exists()


def test_an_announcement_that_is_taken_back_is_told_no_more(team: Team, alice: User) -> None:
    news = Announcement.objects.create(challenge=team.challenge, title="Wrong", body="secret")
    telling.sweep()
    news.delete()
    [notice] = Notice.objects.filter(user=alice)
    said = text(notice, alice)
    assert said.is_moot
    assert "Wrong" not in said.title
    assert "secret" not in said.body


# Deadlines and selections ----------------------------------------------------------------------


def test_deadlines_are_told_a_week_and_a_day_before(
    team: Team, alice: User, olga: User, start: Any
) -> None:
    challenge = team.challenge
    freeze, close = challenge.team_freeze_at, challenge.closes_at
    counts = []
    for moment in (
        *(freeze - DAY - timedelta(minutes=1), freeze - DAY, freeze - timedelta(minutes=1)),
        *(close - 7 * DAY, close - 2 * DAY, close - DAY, close - timedelta(minutes=1), close),
    ):
        at(challenge, moment, start)
        counts.append(len(told(Kind.DEADLINE)))
    assert counts == [0, 2, 2, 4, 4, 6, 6, 6]
    start.move_to(close - timedelta(hours=1), tick=False)
    rows = Notice.objects.filter(user=alice, kind=Kind.DEADLINE).order_by("pk")
    said = [text(each, alice) for each in rows]
    assert [each.is_moot for each in said] == [True, False, False]
    assert said[1].title == f"The cup closes on {in_words(close)}"
    alice.time_zone = "Asia/Tokyo"
    assert f"{in_words(close, 'Asia/Tokyo')}" in text(rows[1], alice).title


def test_after_a_pause_the_newest_reminder_alone_is_told(team: Team, start: Any) -> None:
    at(team.challenge, team.challenge.closes_at - timedelta(hours=2), start)
    assert told(Kind.DEADLINE) == ["Alice", "Bob"]


def test_a_deadline_that_moves_is_told_anew_and_the_old_notice_is_moot(
    team: Team, alice: User, start: Any
) -> None:
    challenge = team.challenge
    at(challenge, challenge.closes_at - DAY, start)
    Challenge.objects.update(closes_at=challenge.closes_at + timedelta(hours=1))
    at(challenge, challenge.closes_at - timedelta(hours=1), start)
    rows = Notice.objects.filter(user=alice, kind=Kind.DEADLINE).order_by("pk")
    assert [text(each, alice).is_moot for each in rows] == [True, False]


def test_no_reminder_goes_out_at_once_when_a_short_challenge_opens(start: Any) -> None:
    now = timezone.now()
    short = factories.make_challenge(
        "short",
        opens_at=now - timedelta(minutes=1),
        team_freeze_at=now + 3 * DAY,
        closes_at=now + 3 * DAY,
    )
    factories.make_team(short, "Quick", factories.make_user("quinn"))
    telling.sweep()
    assert told(Kind.DEADLINE) == []
    at(short, now + 2 * DAY, start)
    assert told(Kind.DEADLINE) == ["Quinn"] * 2


def test_an_archived_or_disqualified_one_is_reminded_of_nothing(team: Team, start: Any) -> None:
    soon = team.challenge.closes_at - timedelta(hours=2)
    Challenge.objects.update(archived_at=timezone.now())
    at(team.challenge, soon, start)
    Challenge.objects.update(archived_at=None)
    Team.objects.update(disqualified_at=timezone.now(), disqualified_reason="cheated")
    at(team.challenge, soon, start)
    assert not Notice.objects.exists()


def test_who_has_a_score_is_reminded_of_what_counts(
    team: Team, alice: User, classification_task: Task, matching_task: Task, start: Any
) -> None:
    factories.make_team(team.challenge, "Idle", factories.make_user("ida"))
    close = team.challenge.closes_at
    for public in (0.7, 0.8123456):
        scored(team, classification_task, public)
    chosen = scored(team, matching_task).submission
    Submission.objects.filter(pk=chosen.pk).update(selected_at=timezone.now())
    for moment, count in ((close - 3 * DAY, 2), (close - DAY, 2), (close - DAY / 2, 4)):
        at(team.challenge, moment, start)
        assert told(Kind.SELECTION) == sorted(["Alice", "Bob"] * (count // 2))
    notice = Notice.objects.filter(user=alice, kind=Kind.SELECTION).latest("pk")
    said = text(notice, alice)
    assert said.title.startswith("Choose what counts in The cup until")
    assert f"- {classification_task}: none is chosen, so submission 2 counts." in said.body
    assert "best displayed public score, of equals the earlier one (0.81)" in said.body
    assert f"- {matching_task}: you chose submission 1. You may choose 1 more." in said.body
    start.move_to(close, tick=False)
    assert text(notice, alice).is_moot


# Leaders ---------------------------------------------------------------------------------------


@pytest.fixture
def rival(team: Team) -> Team:
    return factories.make_team(team.challenge, "Beta", factories.make_user("rita"))


def test_the_teams_of_a_board_learn_who_takes_the_lead(
    team: Team, rival: Team, alice: User, classification_task: Task, charlie: User, start: Any
) -> None:
    factories.make_team(team.challenge, "Idle", factories.make_user("ida"))
    Track.objects.update(aggregate=Aggregate.MEAN_SCORE)
    for entrant, public in ((team, 0.7), (rival, 0.6)):
        scored(entrant, Task.objects.get(), public)
        telling.sweep()
    assert told(Kind.NEW_LEADER) == []
    scored(rival, Task.objects.get(), 0.8)
    for _ in range(2):
        telling.sweep()
        # Of the task's board and of the track's.
        assert told(Kind.NEW_LEADER) == ["Alice"] * 2 + ["Bob"] * 2 + ["Rita"] * 2
    assert f"Beta has taken the lead on {classification_task}" in titles(alice, Kind.NEW_LEADER)
    [captain] = rival.memberships.all()
    assert "Your team has taken the lead on" in titles(captain.user, Kind.NEW_LEADER)[0]


def test_of_two_leaders_within_an_hour_the_later_one_is_told_afterwards(
    team: Team, rival: Team, alice: User, classification_task: Task, start: Any
) -> None:
    scored(team, classification_task, 0.5)
    telling.sweep()
    for entrant, public in ((rival, 0.6), (team, 0.7), (rival, 0.8), (team, 0.9)):
        scored(entrant, classification_task, public)
        start.shift(timedelta(minutes=10))
        telling.sweep()
    lead = f"has taken the lead on {classification_task}"
    assert titles(alice, Kind.NEW_LEADER) == [f"Beta {lead}"]
    start.shift(timedelta(hours=1))
    telling.sweep()
    assert titles(alice, Kind.NEW_LEADER) == [f"Beta {lead}", f"Your team {lead}"]


def test_a_leader_who_is_better_still_is_no_news(
    team: Team, rival: Team, classification_task: Task, start: Any
) -> None:
    for entrant, public in ((rival, 0.6), (team, 0.7), (team, 0.8)):
        scored(entrant, classification_task, public)
        start.shift(timedelta(hours=2))
        if entrant == team:
            telling.sweep()
    assert told(Kind.NEW_LEADER) == []


def test_a_board_that_stands_still_tells_of_no_leader(
    team: Team, rival: Team, classification_task: Task, start: Any
) -> None:
    scored(team, classification_task, 0.7)
    telling.sweep()
    Challenge.objects.update(freeze_hours=24 * 80)
    start.shift(11 * DAY)
    scored(rival, classification_task, 0.8)
    telling.sweep()
    assert told(Kind.NEW_LEADER) == []


def test_one_failure_holds_up_nothing_else(
    team: Team, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(telling, "announce", fail)
    Announcement.objects.create(challenge=team.challenge, title="Hello", body="b")
    at(team.challenge, team.challenge.closes_at - timedelta(hours=2), start)
    assert told(Kind.DEADLINE) == ["Alice", "Bob"]


def test_states_of_submissions_are_kinds() -> None:
    assert {State.SCORED, State.REJECTED, State.FAILED} <= set(Kind.values)
