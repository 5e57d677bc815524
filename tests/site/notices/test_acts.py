"""What organizers do is told to the people whom it concerns, each once, and to nobody else."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.actions import apply
from podium.challenges.definition import definition_of
from podium.challenges.models import Challenge, Task
from podium.notices import telling
from podium.notices.models import Kind, Notice
from podium.notices.texts import RenderedNotice, text
from podium.standings.reveal import reveal_now
from podium.submissions.models import Rescore, RescoreState
from podium.teams.actions import disqualify, reinstate
from podium.teams.models import Team
from podium.writeups import actions as writeups
from tests.site import factories
from tests.site.notices.conftest import scored

DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.fixture
def rivals(challenge: Challenge, charlie: User) -> Team:
    return factories.make_team(challenge, "Beta", charlie)


def readers(kind: str) -> list[str]:
    """Return whom notices of a kind were made for, after several sweeps."""
    for _ in range(3):
        telling.sweep()
    rows = Notice.objects.filter(kind=kind).order_by("user__name", "pk")
    return list(rows.values_list("user__name", flat=True))


def last(user: User, kind: str) -> RenderedNotice:
    return text(Notice.objects.filter(user=user, kind=kind).latest("pk"), user)


def move(challenge: Challenge, by: User, **times: Any) -> None:
    apply(definition=definition_of({"slug": challenge.slug, "timeline": times}), by=by)


def test_a_moved_time_is_told_to_all_teams_once(
    team: Team, rivals: Team, olga: User, alice: User, challenge: Challenge
) -> None:
    move(challenge, olga, closes_at=challenge.closes_at + DAY, reveal_at=challenge.reveal_at + DAY)
    assert readers(Kind.MOVED) == ["Alice", "Bob", "Charlie"]
    said = last(alice, Kind.MOVED)
    assert said.title == "The cup has new dates"
    assert said.body.startswith("- The close: now ")
    assert "- The reveal: now " in said.body
    assert "freeze" not in said.body
    move(challenge, olga, archived_at=challenge.reveal_at + 9 * DAY)
    assert readers(Kind.MOVED) == ["Alice", "Alice", "Bob", "Bob", "Charlie", "Charlie"]
    move(challenge, olga, archived_at=None)
    assert len(readers(Kind.MOVED)) == 9
    assert last(alice, Kind.MOVED).body == "- The archive: taken away"


def test_what_moves_in_a_draft_is_told_to_nobody(
    team: Team, olga: User, challenge: Challenge
) -> None:
    Challenge.objects.update(announced_at=None, opens_at=timezone.now() + DAY)
    move(challenge, olga, closes_at=challenge.closes_at + DAY)
    assert readers(Kind.MOVED) == []


def test_a_disqualified_team_reads_why_and_that_it_is_back(
    team: Team, rivals: Team, olga: User, alice: User
) -> None:
    disqualify(team=team, reason="Two accounts of one person.", by=olga)
    assert readers(Kind.STANDING) == ["Alice", "Bob"]
    said = last(alice, Kind.STANDING)
    assert said.title == "Alpha was disqualified in The cup"
    assert "Two accounts of one person." in said.body
    reinstate(team=team, reason="It was a mistake.", by=olga)
    assert readers(Kind.STANDING) == ["Alice", "Alice", "Bob", "Bob"]
    assert last(alice, Kind.STANDING).title == "Alpha was reinstated in The cup"
    first = text(Notice.objects.filter(user=alice, kind=Kind.STANDING).earliest("pk"), alice)
    assert (first.is_moot, first.body) == (True, "The team is on the boards now.")


def test_a_notice_from_before_acts_were_named_is_moot(team: Team, alice: User) -> None:
    facts = {"team": team.pk, "is_out": True}
    old = Notice.objects.create(
        user=alice, challenge=team.challenge, kind=Kind.STANDING, key="standing:1", facts=facts
    )
    assert text(old, alice).is_moot


def test_who_has_left_the_team_reads_no_reason(team: Team, olga: User, bob: User) -> None:
    disqualify(team=team, reason="Two accounts of one person.", by=olga)
    assert "Bob" in readers(Kind.STANDING)
    bob.memberships.all().delete()
    assert last(bob, Kind.STANDING).is_moot
    assert "accounts" not in last(bob, Kind.STANDING).body


def test_a_team_reads_that_its_write_up_was_hidden_and_why(
    team: Team, rivals: Team, olga: User, alice: User, matching_task: Task
) -> None:
    writeup = factories.make_writeup(team, matching_task.track, published=True)
    writeups.hide(writeup=writeup, reason="It names a person.", by=olga)
    assert readers(Kind.STANDING) == ["Alice", "Bob"]
    said = last(alice, Kind.STANDING)
    assert said.title == "The organizers hid the write-up of Alpha"
    assert said.body.endswith("It names a person.")
    assert said.url == writeup.get_absolute_url()
    writeups.show(writeup=writeup, by=olga)
    assert len(readers(Kind.STANDING)) == 4
    assert last(alice, Kind.STANDING).title == "The write-up of Alpha is visible again"


def test_a_team_that_comes_back_has_taken_no_lead(
    team: Team, rivals: Team, matching_task: Task, olga: User, clock: Any
) -> None:
    scored(rivals, matching_task, 0.7)
    scored(team, matching_task, 0.9)
    assert readers(Kind.NEW_LEADER) == []  # the first leader is not news
    clock.shift(timedelta(hours=2))
    disqualify(team=team, reason="By mistake.", by=olga)
    readers(Kind.NEW_LEADER)
    Notice.objects.all().delete()
    clock.shift(timedelta(hours=2))
    reinstate(team=team, reason="It was a mistake.", by=olga)
    assert readers(Kind.NEW_LEADER) == []
    clock.shift(timedelta(hours=2))
    scored(rivals, matching_task, 0.95)
    assert set(readers(Kind.NEW_LEADER)) == {"Alice", "Bob", "Charlie"}


def test_a_published_rescore_is_told_to_the_teams_on_its_board(
    team: Team, rivals: Team, matching_task: Task, alice: User, olga: User
) -> None:
    scored(team, matching_task)
    rescore = Rescore.objects.create(
        task=matching_task,
        solution=matching_task.solution,
        scorer_version="1",
        state=RescoreState.PUBLISHED,
        started_at=timezone.now(),
        resumed_at=timezone.now(),
        lease_until=timezone.now(),
        ended_at=timezone.now(),
    )
    slug = matching_task.challenge.slug
    why = "Seven labels were wrong."
    record(Verb.PUBLISHED_RESCORE, subject=rescore, by=olga, challenge=slug, why=why)
    assert readers(Kind.RESCORED) == ["Alice", "Bob"]
    told = last(alice, Kind.RESCORED)
    assert told.title == "Matching Task was scored again"
    assert why in told.body


def test_the_reveal_is_told_to_teams_and_organizers(
    team: Team, matching_task: Task, alice: User, olga: User
) -> None:
    past = timezone.now() - DAY
    Challenge.objects.update(team_freeze_at=past, closes_at=past, reveal_at=past + DAY / 2)
    assert readers(Kind.REVEALED) == []
    reveal_now(challenge=Challenge.objects.get(), by=olga)
    assert readers(Kind.REVEALED) == ["Alice", "Bob", "Olga"]
    assert last(alice, Kind.REVEALED).url == "/c/cup/teams/alpha/result/"
    Challenge.objects.update(reveal_at=timezone.now() + DAY)
    assert last(alice, Kind.REVEALED).is_moot


def test_an_old_act_is_not_news(team: Team, olga: User, challenge: Challenge, clock: Any) -> None:
    disqualify(team=team, reason="Long ago.", by=olga)
    clock.shift(4 * DAY)
    assert readers(Kind.STANDING) == []


def test_one_act_that_cannot_be_told_holds_up_no_other(
    team: Team, olga: User, challenge: Challenge
) -> None:
    record(Verb.REINSTATED_TEAM, subject=challenge, challenge=challenge.slug)
    Event.objects.filter(verb=Verb.REINSTATED_TEAM).update(subject="team:none")
    disqualify(team=team, reason="So it is.", by=olga)
    assert readers(Kind.STANDING) == ["Alice", "Bob"]
