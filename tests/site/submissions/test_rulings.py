"""Organizers withdraw, put back, refund and retry submissions, with a reason that teams read."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Task
from podium.challenges.rulings import MOST_AT_ONCE, Ruling, carry_out, plan
from podium.notices import telling
from podium.notices.models import Kind, Notice
from podium.notices.texts import text
from podium.refusals import Refused
from podium.standings.actions import on_evaluation_stored
from podium.standings.models import Board, Standing
from podium.submissions import actions
from podium.submissions.models import Part, Quota, State, Submission
from podium.submissions.quota import allowance, reserve
from podium.submissions.rulings import ACTS
from podium.teams.models import Team
from tests.site import factories

Do = Callable[..., Ruling[Submission]]


@pytest.fixture
def do(challenge: Challenge, olga: User) -> Do:
    """A function that plans an act for submissions and carries it out."""

    def done(act: str, *rows: Submission, reason: str = "A good one.") -> Ruling[Submission]:
        picked = {row.pk for row in rows}
        read = plan(ACTS, act, challenge, picked).fingerprint
        answers = {"reason": reason}
        return carry_out(ACTS, act, challenge, picked, fingerprint=read, answers=answers, by=olga)

    return done


@pytest.fixture
def sent(team: Team, matching_task: Task) -> Submission:
    """A scored submission that counts against today's quota and is on the board."""
    today = timezone.now().date()
    row = factories.make_submission(team, matching_task, State.SCORED, quota_day=today)
    reserve(team, matching_task, today)
    on_evaluation_stored(factories.make_evaluation(row, public=0.7, private=0.6))
    return row


def on_board(task: Task) -> list[int | None]:
    rows = Standing.objects.filter(board__task=task, board__part=Part.PUBLIC, valid_until=None)
    return [row.submission_id for row in rows]


def said_to(user: User) -> list[tuple[str, str]]:
    for _ in range(3):
        telling.sweep()
    found = Notice.objects.filter(user=user, kind=Kind.RULING).order_by("pk")
    rendered = [text(notice, user) for notice in found]
    return [(each.title, each.body) for each in rendered]


def test_a_withdrawal_is_off_the_boards_and_only_organizers_undo_it(
    do: Do, sent: Submission, alice: User, bob: User, olga: User
) -> None:
    assert on_board(sent.task) == [sent.pk]
    do("withdraw", sent, reason="It has the labels of another team.")
    assert on_board(sent.task) == []
    sent.refresh_from_db()
    with pytest.raises(Refused, match="The organizers withdrew it: It has the labels"):
        actions.restore(submission=sent, by=alice)
    stale = Submission.objects.get(pk=sent.pk)
    stale.withdrawn_reason = ""  # as it was read before the organizers withdrew it
    actions.restore(submission=stale, by=alice)
    assert on_board(sent.task) == []
    event = Event.objects.get(verb="withdrew submission")
    assert (event.actor_id, event.facts["why"]) == (olga.pk, "It has the labels of another team.")
    for person in (alice, bob):
        ((title, body),) = said_to(person)
        assert title == f"The organizers withdrew submission 1 to {sent.task}"
        assert "It has the labels of another team." in body
    assert said_to(olga) == []
    do("restore", sent)
    assert on_board(sent.task) == [sent.pk]
    assert len(said_to(alice)) == 2


def test_what_a_team_withdraws_itself_is_no_act_of_organizers(
    do: Do, sent: Submission, alice: User, challenge: Challenge
) -> None:
    actions.withdraw(submission=sent, by=alice)
    assert said_to(alice) == []
    ruling = plan(ACTS, "restore", challenge, {sent.pk})
    assert [why for _, why in ruling.unfit] == ["No organizer withdrew it."]


def test_organizers_withdraw_after_the_reveal_as_well(do: Do, sent: Submission) -> None:
    past = timezone.now() - timedelta(days=1)
    Challenge.objects.update(team_freeze_at=past, closes_at=past, reveal_at=past)
    trivial = factories.make_team(sent.task.challenge, "Trivial", baseline="trivial")
    entry = factories.make_submission(trivial, sent.task)
    on_evaluation_stored(factories.make_evaluation(entry, public=0.1, private=0.1))
    assert factories.reveal(Challenge.objects.get())
    private = Standing.objects.filter(
        board__task=sent.task, board__part=Part.PRIVATE, valid_until=None, team=sent.team
    )
    assert private.exists()
    do("withdraw", sent)
    assert not private.exists()
    do("restore", sent)
    assert private.exists()
    assert Board.objects.exists()


def test_an_attempt_is_given_back_once(do: Do, sent: Submission, team: Team) -> None:
    before = allowance(team, sent.task, timezone.now()).team_left
    do("refund", sent)
    assert allowance(team, sent.task, timezone.now()).team_left == before + 1
    ruling = do("refund", sent)
    assert (list(ruling.fit), ruling.unfit[0][1]) == ([], "Its attempt is not counted.")
    assert Quota.objects.get().used == 0


def test_what_failed_is_scored_again_without_a_reason(
    do: Do, team: Team, matching_task: Task, alice: User, sent: Submission
) -> None:
    failed = factories.make_submission(team, matching_task, State.FAILED)
    ruling = do("retry", failed, sent, reason="")
    assert [row.pk for row in ruling.fit] == [failed.pk]
    failed.refresh_from_db()
    assert failed.state == State.QUEUED
    assert said_to(alice) == []


def test_many_of_one_team_are_one_notice(
    do: Do, team: Team, matching_task: Task, alice: User, charlie: User
) -> None:
    rows = [factories.make_submission(team, matching_task) for _ in range(4)]
    rival = factories.make_team(team.challenge, "Beta", charlie)
    rows.append(factories.make_submission(rival, matching_task))
    assert do("withdraw", *rows).teams == 2
    assert [title for title, _ in said_to(alice)] == ["The organizers withdrew 4 submissions"]
    assert "withdrew submission 1 to" in said_to(charlie)[0][0]


@pytest.mark.parametrize("act", ["refund", "withdraw", "restore"])
@pytest.mark.parametrize("reason", ["", "  \n"])
def test_an_act_needs_its_reason(do: Do, sent: Submission, act: str, reason: str) -> None:
    with pytest.raises(Refused, match="Give a reason"):
        do(act, sent, reason=reason)
    assert not Event.objects.filter(facts__by_organizer=True).exists()


def test_what_changed_since_it_was_read_is_not_done(
    challenge: Challenge, sent: Submission, olga: User
) -> None:
    read = plan(ACTS, "withdraw", challenge, {sent.pk}).fingerprint
    Submission.objects.update(withdrawn_at=timezone.now())
    with pytest.raises(Refused, match="A submission has changed since"):
        carry_out(
            ACTS,
            "withdraw",
            challenge,
            {sent.pk},
            fingerprint=read,
            answers={"reason": "x"},
            by=olga,
        )
    assert not Submission.objects.exclude(withdrawn_reason="").exists()


def test_nothing_and_too_much_are_refused(challenge: Challenge) -> None:
    with pytest.raises(Refused, match="Choose submissions first"):
        plan(ACTS, "retry", challenge, set())
    with pytest.raises(Refused, match="at most 500"):
        plan(ACTS, "retry", challenge, set(range(MOST_AT_ONCE + 1)))


def test_submissions_of_another_challenge_and_of_baselines_are_left_alone(
    do: Do, sent: Submission, charlie: User
) -> None:
    other = factories.make_challenge("other")
    task = factories.make_task(other, "matching", "there")
    there = factories.make_submission(factories.make_team(other, "There", charlie), task)
    baseline = factories.make_team(sent.task.challenge, "Trivial", baseline="trivial")
    entry = factories.make_submission(baseline, sent.task)
    ruling = do("withdraw", there, entry, sent)
    assert [row.pk for row in ruling.fit] == [sent.pk]
    assert [why for _, why in ruling.unfit] == ["It is a baseline."]
