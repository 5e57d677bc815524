"""Organizers merge one team into another: the plan, the pages, and everything that is refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Challenge, Feedback, Role, Task
from podium.discussions.models import Message
from podium.integrity.models import Case
from podium.integrity.models import Kind as CaseKind
from podium.notices import telling
from podium.notices.models import Kind, Notice
from podium.notices.texts import text
from podium.refusals import Refused
from podium.standings.effects import effects_of
from podium.standings.history import present_rows
from podium.submissions.models import Part, Quota, State
from podium.submissions.team_rulings import rulings_on
from podium.teams import actions, merging
from podium.teams.merging import merge_teams
from podium.teams.models import MergeProposal, Outcome, ResearchUse, Team
from podium.winners.actions import set_eligible
from podium.winners.models import Ineligible
from podium.writeups.models import WriteUp
from tests.site import factories
from tests.site.submissions.merges import beta, done, gamma, planned, ranked

__all__ = ["beta", "gamma", "ranked"]

AsUser = Callable[[User | None], Client]
URL = reverse("console-rule", args=["cup", "teams"])
DAY = timedelta(days=1)


def refusal(team: Team, into: Team, by: User, reason: str = "One lab.") -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        merge_teams(team=team, into=into, reason=reason, by=by)
    assert not Event.objects.filter(verb="merged teams").exists()
    return caught.value.code, caught.value.message


def shown(task: Task) -> dict[str, int | None]:
    rows = present_rows(task, Part.PUBLIC)
    return {row.team.name: row.rank for row in rows if not row.team.is_baseline}


# What happens ------------------------------------------------------------------------------------


def test_the_boards_become_what_the_plan_showed(
    ranked: Task, team: Team, beta: Team, olga: User
) -> None:
    before = shown(ranked)
    assert before == {"Beta": 1, "Gamma": 2, "Alpha": 3}
    ruling = planned(beta, team)
    boards = effects_of(ruling, team.challenge, olga)
    assert boards is not None
    assert [str(each.subject) for each in boards] == [str(ranked.track), str(ranked)]
    assert shown(ranked) == before
    assert not Event.objects.exists()
    done(ruling, olga)
    after = shown(ranked)
    moves = {
        change.team.name: (
            change.before.rank if change.before else None,
            change.after.rank if change.after else None,
        )
        for change in boards[1].changes
    }
    assert moves == {"Alpha": (3, 1), "Beta": (1, None)}
    assert {name: after.get(name) for name in before} == {
        name: moves.get(name, (rank, rank))[1] for name, rank in before.items()
    }


def test_members_and_submissions_are_of_one_team_also_after_the_freeze_and_the_close(
    ranked: Task, team: Team, beta: Team, olga: User, charlie: User, alice: User
) -> None:
    now = timezone.now()
    Challenge.objects.update(team_freeze_at=now - 2 * DAY, closes_at=now - DAY, reveal_at=now + DAY)
    team.challenge.refresh_from_db()
    beta.refresh_from_db()
    ruling = planned(beta, team)
    done(ruling, olga)
    beta.refresh_from_db()
    assert (beta.merged_into, beta.memberships.count()) == (team, 0)
    assert charlie.memberships.get().team == team
    assert sorted(row.number for row in team.submissions.all()) == [1, 2]
    team.refresh_from_db()
    assert team.captain == alice


def test_the_plan_says_what_becomes_of_all_that_the_team_has(
    ranked: Task, team: Team, beta: Team, olga: User, charlie: User
) -> None:
    today = timezone.now().date()
    Task.objects.update(total_limit=9, daily_limit=6)
    beta.submissions.update(selected_at=timezone.now())
    for each, used in ((team, 2), (beta, 3)):
        Quota.objects.create(team=each, task=ranked, day=today, used=used, granted=1)
    Quota.objects.create(team=beta, task=ranked, day=today - DAY, used=4)
    WriteUp.objects.create(team=beta, track=ranked.track)
    Message.objects.create(team=beta, author=charlie, body="May we?")
    Team.objects.filter(pk=team.pk).update(research_use=ResearchUse.YES)
    said = "\n".join(planned(beta, Team.objects.get(pk=team.pk)).lines)
    for line in (
        "Charlie moves from Beta to Alpha, which has 3 of up to 5 members then. Alice is its",
        "The merged team is called Alpha. Beta leaves the boards",
        "The answer of Alpha about research use becomes “not answered”",
        "One submission of Beta moves to Alpha, which has 1 there. All are renumbered",
        "Final selections of Beta are cleared: 1. Alpha keeps its own, and can select again",
        "Used: 5 of 8 today (UTC), 9 of 11 in total.",
        "Beta’s write-up becomes a draft of Alpha.",
        "only organizers can read them. Alpha writes in its own thread. The last message waits",
        "Each member of both teams is notified once, with your reason (3 now).",
    ):
        assert line in said, said
    assert "May we?" not in said
    WriteUp.objects.create(team=team, track=ranked.track)
    now = timezone.now()
    Challenge.objects.update(team_freeze_at=now - DAY, closes_at=now - DAY, reveal_at=now + DAY)
    said = "\n".join(planned(beta, Team.objects.get(pk=team.pk)).lines)
    assert "Beta’s versions come before those of Alpha" in said
    assert "Selections are locked, so in a task where it has none" in said


def test_the_plan_counts_the_open_cases_of_both_teams(
    team: Team, beta: Team, challenge: Challenge
) -> None:
    assert "integrity" not in "\n".join(planned(beta, team).lines)
    now = timezone.now()
    for key in ("one", "two"):
        case = Case.objects.create(
            challenge=challenge,
            kind=CaseKind.EQUAL_FILES,
            key=key,
            strength=1,
            found_at=now,
            seen_at=now,
        )
        for each in (team, beta):
            case.entries.create(team=each)
        lines = planned(beta, team).lines
        said = "One open integrity case names" if key == "one" else "2 open integrity cases name"
        assert any(line.startswith(said) for line in lines)


def test_everybody_concerned_gets_one_notice_and_nobody_else_any(
    ranked: Task, team: Team, beta: Team, olga: User
) -> None:
    telling.sweep()  # the boards as they are
    Notice.objects.all().delete()
    done(planned(beta, team), olga, reason="One lab.")
    for _ in range(3):
        telling.sweep()
    made = Notice.objects.order_by("user__name")
    assert [(each.user.name, each.kind) for each in made] == [
        (name, Kind.STANDING) for name in ("Alice", "Bob", "Charlie")
    ]
    for notice in made:
        said = text(notice, notice.user)
        assert said.title == "The organizers merged Beta into Alpha"
        assert "They give" not in said.body
        assert "The organizers give this reason:\n\nOne lab." in said.body
        assert "check the final selections" in said.body


def test_captains_who_agree_are_not_notified_as_if_organizers_had_done_it(
    team: Team, beta: Team, alice: User, charlie: User
) -> None:
    proposal = merging.propose(team=team, other=beta, by=alice)
    merging.accept(proposal=proposal, by=charlie)
    telling.sweep()
    assert not Notice.objects.exists()
    assert not rulings_on(team).exists()


def test_the_event_has_before_after_and_why_and_the_team_sees_it(
    ranked: Task, team: Team, beta: Team, olga: User, charlie: User, as_user: AsUser
) -> None:
    done(planned(beta, team), olga)
    event = Event.objects.get(verb="merged teams")
    assert (event.actor_id, event.subject) == (olga.pk, f"team:{team.pk}")
    assert event.facts == {
        "absorbed": beta.pk,
        "name": "Beta",
        "members": [charlie.pk],
        "before": "2 + 1 members, 1 + 1 submissions",
        "after": "3 members, 2 submissions",
        "why": "One lab.",
        "by_organizer": True,
    }
    assert [each.pk for each in rulings_on(team)] == [event.pk]
    page = as_user(charlie).get(reverse("my-team", args=["cup"])).content.decode()
    assert "Merged teams: Beta became part of this one" in page
    assert "One lab." in page


def test_open_proposals_and_links_of_the_team_that_goes_end(
    team: Team, beta: Team, gamma: Team, olga: User, alice: User, charlie: User
) -> None:
    merging.propose(team=team, other=beta, by=alice)
    merging.propose(team=beta, other=gamma, by=charlie)
    actions.invite(team=beta, by=charlie)
    done(planned(beta, team), olga)
    assert set(MergeProposal.objects.values_list("outcome", flat=True)) == {Outcome.WITHDRAWN}
    assert not beta.invitations.filter(revoked_at=None).exists()


@pytest.mark.parametrize(
    ("kept", "gone", "then"),
    [
        (ResearchUse.YES, ResearchUse.NO, ResearchUse.NO),
        (ResearchUse.NO, ResearchUse.YES, ResearchUse.NO),
        (ResearchUse.YES, ResearchUse.UNSAID, ResearchUse.UNSAID),
        (ResearchUse.YES, ResearchUse.YES, ResearchUse.YES),
    ],
)
def test_nobodys_work_is_given_to_research_by_a_merge(
    team: Team, beta: Team, olga: User, kept: str, gone: str, then: str
) -> None:
    Team.objects.filter(pk=team.pk).update(research_use=kept)
    Team.objects.filter(pk=beta.pk).update(research_use=gone)
    merge_teams(team=beta, into=team, reason="One lab.", by=olga)
    team.refresh_from_db()
    assert team.research_use == then
    facts = Event.objects.get(verb="merged teams").facts
    assert facts.get("research_use", [kept, kept]) == [kept, then]


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["alice", "charlie", "viktor", "sam"])
def test_only_owners_and_managers_merge(
    team: Team, beta: Team, who: str, request: pytest.FixtureRequest
) -> None:
    assert refusal(beta, team, request.getfixturevalue(who))[0] == "not_allowed"


def test_a_manager_merges(team: Team, beta: Team, challenge: Challenge) -> None:
    mia = factories.make_user("mia")
    factories.make_organizer(challenge, mia, Role.MANAGER)
    assert merge_teams(team=beta, into=team, reason="One lab.", by=mia) == team


def test_a_reason_is_needed(team: Team, beta: Team, olga: User) -> None:
    assert refusal(beta, team, olga, " ")[0] == "no_reason"
    with pytest.raises(Refused, match="Give a reason"):
        done(planned(beta, team), olga, reason=" ")


def test_teams_that_do_not_go_together_are_refused(
    team: Team, beta: Team, gamma: Team, olga: User, charlie: User
) -> None:
    challenge = team.challenge
    other = factories.make_challenge("other")
    factories.make_organizer(other, olga)
    there = factories.make_team(other, "There", factories.make_user("zoe"))
    baseline = factories.make_team(challenge, "Trivial", baseline="trivial")
    assert refusal(there, team, olga)[0] == "other_challenge"
    assert refusal(team, team, olga)[0] == "same_team"
    assert refusal(baseline, team, olga)[0] == "baseline"
    assert refusal(team, baseline, olga)[0] == "baseline"
    actions.disqualify(team=gamma, reason="Cheated.", by=olga)
    for pair in ((gamma, team), (team, gamma)):
        code, said = refusal(*pair, olga)
        assert (code, "reinstate it first" in said) == ("disqualified", True)
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    assert refusal(team, beta, olga)[0] == "no_captain"
    Team.objects.filter(pk=gamma.pk).update(
        disqualified_at=None, merged_into=beta, merged_at=timezone.now()
    )
    assert refusal(gamma, team, olga)[0] == "merged"


def test_the_size_limit_holds_until_it_is_changed_for_all(
    team: Team, beta: Team, olga: User
) -> None:
    Challenge.objects.update(max_team_size=2)
    code, said = refusal(beta, team, olga)
    assert code == "full"
    assert "Together they would be 3 members, and a team has up to 2" in said
    assert "raise the limit for all teams" in said
    Challenge.objects.update(max_team_size=3)
    assert merge_teams(team=beta, into=team, reason="One lab.", by=olga) == team


def test_private_scores_that_were_shown_end_it_also_when_they_are_hidden_again(
    team: Team, beta: Team, olga: User
) -> None:
    past = timezone.now() - DAY
    times = dict.fromkeys(("team_freeze_at", "closes_at", "reveal_at", "revealed_at"), past)
    Challenge.objects.update(**times)
    assert refusal(beta, team, olga)[0] == "revealed"
    Challenge.objects.update(reveal_at=timezone.now() + DAY)
    assert refusal(beta, team, olga)[0] == "revealed"
    Challenge.objects.update(revealed_at=None, reveal_at=past, archived_at=past)
    assert refusal(beta, team, olga)[0] == "archived"


def test_attempts_that_one_team_could_not_have_made_are_in_the_way_until_limits_change(
    team: Team, beta: Team, olga: User, matching_task: Task
) -> None:
    today = timezone.now().date()
    for each in (team, beta):
        Quota.objects.create(team=each, task=matching_task, day=today, used=3)
    code, said = refusal(beta, team, olga)
    assert code == "not_legal"
    assert "together used 6 submissions of Matching Task, and one team has 5 a day. Raise" in said
    Task.objects.update(daily_limit=6, total_limit=5)
    code, said = refusal(beta, team, olga)
    assert "one team has 5 in total. Raise that limit for all teams" in said
    Task.objects.update(total_limit=6)
    assert merge_teams(team=beta, into=team, reason="One lab.", by=olga) == team


def test_submissions_in_flight_and_a_ladder_are_in_the_way(
    team: Team, beta: Team, olga: User, matching_task: Task
) -> None:
    waiting = factories.make_submission(beta, matching_task, State.QUEUED)
    assert "Merge once they are finished." in refusal(beta, team, olga)[1]
    waiting.delete()
    for each in (team, beta):
        factories.make_submission(each, matching_task)
    Task.objects.update(feedback=Feedback.LADDER)
    assert "Leave the teams apart" in refusal(beta, team, olga)[1]


def test_a_team_that_may_not_take_a_prize_stays_apart_from_one_that_may(
    team: Team, beta: Team, olga: User, alice: User, charlie: User
) -> None:
    proposal = merging.propose(team=team, other=beta, by=alice)
    set_eligible(team=beta, is_eligible=False, reason="Staff of the sponsor.", by=olga)
    assert "Beta may not." in refusal(beta, team, olga)[1]
    with pytest.raises(Refused, match=r"and the other may\. They cannot merge\.") as caught:
        merging.accept(proposal=proposal, by=charlie)
    assert "Beta" not in caught.value.message
    set_eligible(team=team, is_eligible=False, reason="The same.", by=olga)
    merge_teams(team=beta, into=team, reason="One lab.", by=olga)
    assert Ineligible.objects.filter(team=team).exists()


# What has changed since --------------------------------------------------------------------------


def _new_member(team: Team, task: Task) -> None:
    user = factories.make_user("newt")
    team.memberships.create(challenge=team.challenge, user=user)


def _submission(team: Team, task: Task) -> None:
    factories.make_submission(team, task)


def _withdrawal(team: Team, task: Task) -> None:
    team.submissions.update(withdrawn_at=timezone.now())


def _selection(team: Team, task: Task) -> None:
    team.submissions.update(selected_at=timezone.now())


def _attempt(team: Team, task: Task) -> None:
    Quota.objects.create(team=team, task=task, day=timezone.now().date(), used=1)


def _new_name(team: Team, task: Task) -> None:
    Team.objects.filter(pk=team.pk).update(name="Delta")


@pytest.mark.parametrize("whose", ["team", "beta"])
@pytest.mark.parametrize(
    "change", [_new_member, _submission, _withdrawal, _selection, _attempt, _new_name]
)
def test_a_plan_is_over_once_either_team_has_changed(
    ranked: Task,
    team: Team,
    beta: Team,
    olga: User,
    change: Callable[[Team, Task], None],
    whose: str,
    request: pytest.FixtureRequest,
) -> None:
    ruling = planned(beta, team)
    change(request.getfixturevalue(whose), ranked)
    with pytest.raises(Refused) as caught:
        done(ruling, olga)
    assert caught.value.code == "moved"
    done(planned(beta, team), olga)


def test_a_plan_is_of_one_target_and_of_one_that_is_still_there(
    team: Team, beta: Team, gamma: Team, olga: User
) -> None:
    ruling = planned(beta, team)
    with pytest.raises(Refused, match="has changed since"):
        done(ruling, olga, into=gamma)
    with pytest.raises(Refused, match="Choose the other team first"):
        done(ruling, olga, into=None)
    merge_teams(team=team, into=gamma, reason="First.", by=olga)
    with pytest.raises(Refused, match="not here any more"):
        done(ruling, olga)
