"""Two teams become one: who may, when, each refusal, and what becomes of all that they have."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from podium.accounts.models import User
from podium.accounts.people import choose_time_zone
from podium.accounts.zones import in_words
from podium.audit.models import Event
from podium.challenges.models import Challenge, Task
from podium.refusals import Refused
from podium.submissions import selection
from podium.submissions.actions import submit
from podium.submissions.models import PartialUpload, Quota, State, Submission
from podium.teams import actions, merging
from podium.teams.models import MergeProposal, Outcome, Team
from podium.uploads.receiving import from_path
from tests.site.factories import make_challenge, make_submission, make_task, make_team, make_user

pytestmark = pytest.mark.dialect

DAY = date(2026, 11, 3)


@pytest.fixture
def dora(db: None) -> User:
    return make_user("dora")


@pytest.fixture
def beta(team: Team, charlie: User, dora: User) -> Team:
    """The team of Charlie, its captain, and Dora, in the challenge of the team Alpha."""
    return make_team(team.challenge, "Beta", charlie, dora)


@pytest.fixture
def proposal(team: Team, beta: Team, alice: User) -> MergeProposal:
    """Alpha's captain proposes that Beta becomes part of Alpha."""
    return merging.propose(team=team, other=beta, by=alice)


def _code(call: Callable[..., Any], **kwargs: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(**kwargs)
    assert caught.value.message.endswith(".")
    return caught.value.code


def _freeze(challenge: Challenge) -> None:
    challenge.team_freeze_at = timezone.now() - timedelta(minutes=1)
    challenge.save()


# Proposing -------------------------------------------------------------------------------------


def test_a_captain_proposes_and_the_other_captain_reads_it_in_a_mail(
    team: Team,
    beta: Team,
    alice: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    choose_time_zone(by=beta.captain, name="Asia/Tokyo")
    with django_capture_on_commit_callbacks(execute=True):
        proposal = merging.propose(team=team, other=beta, by=alice)
        assert not mailoutbox
    (mail,) = mailoutbox
    assert mail.to == ["charlie@example.org"]
    assert f"/c/cup/team/merges/{proposal.pk}/" in str(mail.body)
    assert "Until you accept, nothing changes." in str(mail.body)
    assert in_words(proposal.expires_at, "Asia/Tokyo") in str(mail.body)
    event = Event.objects.get(verb="proposed merge")
    assert (event.subject, event.facts) == (f"team:{team.pk}", {"other": beta.pk})


@pytest.mark.parametrize("who", ["bob", "charlie", "dora", "olga", "sam"])
def test_only_the_captain_proposes(
    team: Team, beta: Team, who: str, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    assert _code(merging.propose, team=team, other=beta, by=user) == "not_captain"


def test_teams_of_two_challenges_do_not_merge(team: Team, alice: User, charlie: User) -> None:
    other = make_team(make_challenge("other"), "Beta", charlie)
    assert _code(merging.propose, team=team, other=other, by=alice) == "other_challenge"


def test_a_team_does_not_merge_with_itself_or_a_baseline(team: Team, alice: User) -> None:
    baseline = make_team(team.challenge, "AutoGluon", baseline="autogluon")
    assert _code(merging.propose, team=team, other=team, by=alice) == "same_team"
    assert _code(merging.propose, team=team, other=baseline, by=alice) == "baseline"


def test_nothing_is_proposed_after_the_team_freeze(team: Team, beta: Team, alice: User) -> None:
    _freeze(team.challenge)
    assert _code(merging.propose, team=team, other=beta, by=alice) == "teams_stand_still"


@pytest.mark.parametrize("which", ["team", "beta"])
def test_a_disqualified_team_does_not_merge(
    team: Team, beta: Team, alice: User, olga: User, which: str
) -> None:
    actions.disqualify(team={"team": team, "beta": beta}[which], reason="Shared.", by=olga)
    assert _code(merging.propose, team=team, other=beta, by=alice) == "disqualified"


def test_together_they_may_not_be_too_many(team: Team, beta: Team, alice: User) -> None:
    Challenge.objects.update(max_team_size=3)
    assert _code(merging.propose, team=team, other=beta, by=alice) == "full"
    Challenge.objects.update(max_team_size=4)
    team.refresh_from_db()
    assert merging.propose(team=team, other=beta, by=alice)


def test_a_proposal_is_made_once_until_it_is_over(
    team: Team, beta: Team, alice: User, proposal: MergeProposal
) -> None:
    assert _code(merging.propose, team=team, other=beta, by=alice) == "proposed"
    MergeProposal.objects.update(expires_at=timezone.now())
    assert merging.propose(team=team, other=beta, by=alice) != proposal


def test_open_proposals_are_limited_in_number(team: Team, alice: User) -> None:
    for number in range(merging.MAX_OPEN_PROPOSALS):
        other = make_team(team.challenge, f"T {number}", make_user(f"t{number}"))
        merging.propose(team=team, other=other, by=alice)
    last = make_team(team.challenge, "Last", make_user("last"))
    assert _code(merging.propose, team=team, other=last, by=alice) == "too_many"


def test_what_a_proposal_tells_does_not_depend_on_the_other_teams_submissions(
    team: Team, beta: Team, alice: User, matching_task: Task
) -> None:
    make_submission(beta, matching_task, State.QUEUED)
    Quota.objects.create(team=beta, task=matching_task, day=DAY, used=5)
    Quota.objects.create(team=team, task=matching_task, day=DAY, used=5)
    assert merging.propose(team=team, other=beta, by=alice)


def test_a_merged_team_is_counted_no_more(
    proposal: MergeProposal, charlie: User, team: Team, beta: Team
) -> None:
    make_team(team.challenge, "AutoGluon", baseline="autogluon")
    taking_part = team.challenge.teams.taking_part
    assert set(taking_part()) == {team, beta}
    merging.accept(proposal=proposal, by=charlie)
    assert set(taking_part()) == {team}


def test_the_teams_to_choose_from_are_those_that_could_merge(team: Team, beta: Team) -> None:
    make_team(team.challenge, "AutoGluon", baseline="autogluon")
    out = make_team(team.challenge, "Out", make_user("out"))
    Team.objects.filter(pk=out.pk).update(disqualified_at=timezone.now(), disqualified_reason="x")
    make_team(make_challenge("other"), "Elsewhere", make_user("else"))
    # Of a team whose last member has gone nobody could accept, and no mail would arrive.
    make_team(team.challenge, "Left", make_user("gone", is_active=False))
    assert list(merging.candidates(team)) == [beta]


# Answering -------------------------------------------------------------------------------------


def test_a_proposal_is_withdrawn_by_its_captain_alone_and_then_over(
    proposal: MergeProposal, alice: User, bob: User, charlie: User
) -> None:
    for user in (bob, charlie):
        assert _code(merging.withdraw, proposal=proposal, by=user) == "not_captain"
    for _ in range(2):
        merging.withdraw(proposal=proposal, by=alice)
    assert Event.objects.filter(verb="withdrew merge").count() == 1
    assert _code(merging.accept, proposal=proposal, by=charlie) == "over"


def test_a_proposal_is_declined_by_the_captain_who_was_asked_and_then_over(
    proposal: MergeProposal, alice: User, charlie: User, dora: User
) -> None:
    for user in (alice, dora):
        assert _code(merging.decline, proposal=proposal, by=user) == "not_captain"
    for _ in range(2):
        merging.decline(proposal=proposal, by=charlie)
    assert Event.objects.filter(verb="declined merge").count() == 1
    assert _code(merging.accept, proposal=proposal, by=charlie) == "over"


def test_an_old_proposal_is_over(proposal: MergeProposal, charlie: User) -> None:
    MergeProposal.objects.update(expires_at=timezone.now())
    assert _code(merging.accept, proposal=proposal, by=charlie) == "over"


@pytest.mark.parametrize("who", ["alice", "bob", "dora", "olga", "sam"])
def test_only_the_captain_who_was_asked_accepts(
    proposal: MergeProposal, who: str, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    assert _code(merging.accept, proposal=proposal, by=user) == "not_captain"
    assert not Team.objects.exclude(merged_into=None).exists()


def test_members_become_those_of_the_team_that_proposed(
    proposal: MergeProposal, team: Team, beta: Team, alice: User, charlie: User, dora: User
) -> None:
    assert merging.accept(proposal=proposal, by=charlie) == team
    assert [actions.team_of(user, team.challenge) for user in (alice, charlie, dora)] == [team] * 3
    team.refresh_from_db()
    beta.refresh_from_db()
    proposal.refresh_from_db()
    assert team.captain == alice
    assert (beta.merged_into, beta.is_merged, beta.memberships.count()) == (team, True, 0)
    assert (proposal.outcome, proposal.ended_at is None) == (Outcome.ACCEPTED, False)
    event = Event.objects.get(verb="merged teams")
    members = sorted([charlie.pk, dora.pk])
    assert event.facts == {
        "absorbed": beta.pk,
        "name": "Beta",
        "members": members,
        "before": "2 + 2 members, 0 + 0 submissions",
        "after": "4 members, 0 submissions",
    }


def test_what_stood_against_it_meanwhile_is_found_at_the_acceptance(
    proposal: MergeProposal, team: Team, beta: Team, charlie: User, olga: User
) -> None:
    Challenge.objects.update(max_team_size=3)
    assert _code(merging.accept, proposal=proposal, by=charlie) == "not_legal"
    Challenge.objects.update(max_team_size=5)
    actions.disqualify(team=team, reason="Shared.", by=olga)
    assert _code(merging.accept, proposal=proposal, by=charlie) == "not_legal"
    actions.reinstate(team=team, reason="It was a mistake.", by=olga)
    _freeze(team.challenge)
    assert _code(merging.accept, proposal=proposal, by=charlie) == "not_legal"
    beta.refresh_from_db()
    assert not beta.is_merged


def test_links_and_other_proposals_of_the_team_that_goes_are_over(
    proposal: MergeProposal, team: Team, beta: Team, alice: User, charlie: User
) -> None:
    _, token = actions.invite(team=beta, by=charlie)
    emil = make_user("emil")
    gamma = make_team(team.challenge, "Gamma", emil)
    to_beta = merging.propose(team=gamma, other=beta, by=emil)
    of_beta = merging.propose(team=beta, other=gamma, by=charlie)
    to_team = merging.propose(team=gamma, other=team, by=emil)
    merging.accept(proposal=proposal, by=charlie)
    assert _code(actions.join, token=token, by=make_user("frida")) == "over"
    assert set(MergeProposal.objects.still_open()) == {to_team}
    assert _code(merging.accept, proposal=to_beta, by=charlie) == "merged"
    assert _code(merging.accept, proposal=of_beta, by=emil) == "over"


def test_who_led_the_team_that_went_does_nothing_with_it_any_more(
    proposal: MergeProposal, team: Team, beta: Team, alice: User, charlie: User, olga: User
) -> None:
    merging.accept(proposal=proposal, by=charlie)
    assert _code(actions.invite, team=beta, by=charlie) == "merged"
    assert _code(actions.rename, team=beta, name="New", by=charlie) == "merged"
    assert _code(merging.propose, team=beta, other=team, by=charlie) == "merged"
    assert _code(merging.propose, team=team, other=beta, by=alice) == "merged"
    assert _code(actions.disqualify, team=beta, reason="x", by=olga) == "merged"


# Submissions and quota -------------------------------------------------------------------------


def _sent(team: Team, task: Task, minute: int, **fields: Any) -> Submission:
    at = timezone.now() - timedelta(days=2) + timedelta(minutes=minute)
    return make_submission(team, task, **{"received_at": at, **fields})


def test_submissions_are_numbered_in_the_order_in_which_they_came(
    proposal: MergeProposal, team: Team, beta: Team, charlie: User, matching_task: Task
) -> None:
    other = make_task(team.challenge, "matching", "second")
    mine = [_sent(team, matching_task, minute) for minute in (1, 3, 5, 9)]
    theirs = [_sent(beta, matching_task, minute) for minute in (0, 2, 7)]
    alone = [_sent(team, other, minute) for minute in (8, 6)]  # numbered against their times
    merging.accept(proposal=proposal, by=charlie)
    rows = Submission.objects.filter(task=matching_task).order_by("number")
    order = [theirs[0], mine[0], theirs[1], mine[1], mine[2], theirs[2], mine[3]]
    assert list(rows) == order
    assert [(row.team, row.number) for row in rows] == [(team, n) for n in range(1, 8)]
    assert list(Submission.objects.filter(task=other).order_by("number")) == alone
    event = Event.objects.get(verb="moved submissions")
    assert event.facts["absorbed"] == beta.pk
    assert event.facts["before"][str(theirs[2].pk)] == [beta.pk, 3]
    assert event.facts["before"][str(mine[3].pk)] == [team.pk, 4]


def test_used_quota_is_summed(
    proposal: MergeProposal, team: Team, beta: Team, charlie: User, matching_task: Task
) -> None:
    Quota.objects.create(team=team, task=matching_task, day=DAY, used=2, rejected=1)
    Quota.objects.create(team=beta, task=matching_task, day=DAY, used=3, rejected=4)
    Quota.objects.create(team=beta, task=matching_task, day=DAY + timedelta(days=1), used=5)
    merging.accept(proposal=proposal, by=charlie)
    rows = Quota.objects.order_by("day").values_list("team", "used", "rejected")
    assert list(rows) == [(team.pk, 5, 5), (team.pk, 5, 0)]


def test_attempts_that_one_team_could_not_have_made_are_in_the_way(
    proposal: MergeProposal, team: Team, beta: Team, charlie: User, matching_task: Task
) -> None:
    Quota.objects.create(team=team, task=matching_task, day=DAY, used=3)
    theirs = Quota.objects.create(team=beta, task=matching_task, day=DAY, used=3)
    assert _code(merging.accept, proposal=proposal, by=charlie) == "not_legal"
    assert merging.why_not(team, beta) == (
        "On 2026-11-03 (UTC) the two teams together used 6 submissions of Matching Task, and one "
        "team has 5 a day. They cannot merge."
    )
    theirs.used = 2
    theirs.save()
    assert merging.accept(proposal=proposal, by=charlie) == team


def test_another_day_and_another_task_have_a_quota_of_their_own(
    proposal: MergeProposal, team: Team, beta: Team, charlie: User, matching_task: Task
) -> None:
    other = make_task(team.challenge, "matching", "second")
    Quota.objects.create(team=team, task=matching_task, day=DAY, used=5)
    Quota.objects.create(team=beta, task=matching_task, day=DAY + timedelta(days=1), used=5)
    Quota.objects.create(team=beta, task=other, day=DAY, used=5)
    assert merging.why_not(team, beta) == ""


@pytest.mark.parametrize("state", [State.QUEUED, State.SCORING])
@pytest.mark.parametrize("whose", ["team", "beta"])
def test_submissions_in_flight_are_awaited(
    proposal: MergeProposal,
    charlie: User,
    matching_task: Task,
    state: str,
    whose: str,
    request: pytest.FixtureRequest,
) -> None:
    waiting = make_submission(request.getfixturevalue(whose), matching_task, state)
    assert _code(merging.accept, proposal=proposal, by=charlie) == "not_legal"
    waiting.delete()
    assert merging.accept(proposal=proposal, by=charlie)


def test_final_selections_of_the_team_that_goes_are_taken_back(
    proposal: MergeProposal, team: Team, beta: Team, charlie: User, matching_task: Task
) -> None:
    mine = _sent(team, matching_task, 1, selected_at=timezone.now())
    theirs = _sent(beta, matching_task, 2, selected_at=timezone.now())
    merging.accept(proposal=proposal, by=charlie)
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.selected_at is not None
    assert theirs.selected_at is None


def test_a_choice_that_waited_for_the_merge_is_made_anew(
    proposal: MergeProposal,
    team: Team,
    beta: Team,
    alice: User,
    charlie: User,
    matching_task: Task,
) -> None:
    for minute in (1, 2):
        selection.select(submission=_sent(team, matching_task, minute), by=alice)
    read_before = _sent(beta, matching_task, 3)
    merging.accept(proposal=proposal, by=charlie)
    with pytest.raises(Refused) as caught:
        selection.select(submission=read_before, by=charlie)
    assert caught.value.code == "merged"
    assert team.submissions.filter(selected_at__isnull=False).count() == 2


def test_keys_stay_with_their_submissions_unless_both_teams_used_them(
    proposal: MergeProposal, team: Team, beta: Team, charlie: User, matching_task: Task
) -> None:
    rows = [
        _sent(team, matching_task, 1, key="same"),
        _sent(beta, matching_task, 2, key="same"),
        _sent(beta, matching_task, 3, key="own"),
    ]
    merging.accept(proposal=proposal, by=charlie)
    for row in rows:
        row.refresh_from_db()
    assert [row.key for row in rows] == ["same", "", "own"]


def test_a_file_on_its_way_arrives_for_the_merged_team(
    proposal: MergeProposal, team: Team, beta: Team, charlie: User, matching_task: Task
) -> None:
    part = PartialUpload.objects.create(
        user=charlie,
        team=beta,
        task=matching_task,
        name="p.csv",
        size=10,
        sha256="0" * 64,
        created_at=timezone.now(),
    )
    merging.accept(proposal=proposal, by=charlie)
    part.refresh_from_db()
    assert part.team == team


def test_a_file_that_arrives_for_the_team_that_went_is_not_kept_under_it(
    proposal: MergeProposal, beta: Team, charlie: User, matching_task: Task, tmp_path: Path
) -> None:
    file = tmp_path / "p.csv"
    file.write_bytes(b"id,score\n1,0.5\n")
    upload = from_path(file)
    merging.accept(proposal=proposal, by=charlie)
    with pytest.raises(Refused, match="has just become part of “Alpha”") as caught:
        submit(team=beta, task=matching_task, upload=upload, by=charlie)
    assert caught.value.code == "merged"
    assert not Submission.objects.exists()
