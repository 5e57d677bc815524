"""Organizers disqualify and reinstate teams and grant them attempts, with a reason they read."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Task
from podium.challenges.rulings import Ruling, carry_out, plan
from podium.notices import telling
from podium.notices.models import Kind, Notice
from podium.notices.texts import text
from podium.refusals import Refused
from podium.standings.actions import on_evaluation_stored
from podium.standings.effects import effects
from podium.standings.models import Board, Revision
from podium.submissions.models import Quota, State
from podium.submissions.personal import personal
from podium.submissions.quota import allowance, reserve
from podium.submissions.rulings import ACTS as ON_SUBMISSIONS
from podium.submissions.team_rulings import ACTS, MOST_ATTEMPTS, grant, rulings_on
from podium.teams.actions import disqualify
from podium.teams.merging import move_member
from podium.teams.models import Team
from tests.site import factories

AsUser = Callable[[User | None], Client]
Do = Callable[..., Ruling[Team]]


@pytest.fixture
def do(challenge: Challenge, olga: User) -> Do:
    """A function that plans an act for teams and carries it out."""

    def done(act: str, *teams: Team, **answers: object) -> Ruling[Team]:
        picked = {team.pk for team in teams}
        read = plan(ACTS, act, challenge, picked).fingerprint
        asked = {"reason": "A good one.", **answers}
        return carry_out(ACTS, act, challenge, picked, fingerprint=read, answers=asked, by=olga)

    return done


@pytest.fixture
def beta(challenge: Challenge, charlie: User) -> Team:
    return factories.make_team(challenge, "Beta", charlie)


def said_to(user: User) -> list[tuple[str, str]]:
    for _ in range(3):
        telling.sweep()
    found = Notice.objects.filter(user=user, kind=Kind.STANDING).order_by("pk")
    rendered = [text(notice, user) for notice in found]
    return [(each.title, each.body) for each in rendered]


def left(team: Team, task: Task, by: User | None = None) -> tuple[int, int | None]:
    found = allowance(team, task, timezone.now(), by)
    return found.left, found.total_left


def test_several_are_disqualified_at_once_and_reinstated_with_a_reason(
    do: Do, team: Team, beta: Team, alice: User, charlie: User, olga: User
) -> None:
    do("disqualify", team, beta, reason="Two accounts of one person.")
    team.refresh_from_db()
    assert team.disqualified_reason == "Two accounts of one person."
    assert [title for title, _ in said_to(charlie)] == ["Beta was disqualified in The cup"]
    ruling = plan(ACTS, "disqualify", team.challenge, {team.pk, beta.pk})
    assert {why for _, why in ruling.unfit} == {"It is disqualified already."}
    do("reinstate", team, reason="They are two people after all.")
    title, body = said_to(alice)[-1]
    assert title == "Alpha was reinstated in The cup"
    assert "They are two people after all." in body
    assert len(said_to(charlie)) == 1
    assert said_to(olga) == []
    event = Event.objects.get(verb="reinstated team")
    assert event.facts == {"why": "They are two people after all."}


def test_a_team_that_is_not_out_is_not_reinstated(do: Do, team: Team) -> None:
    assert [why for _, why in do("reinstate", team).unfit] == ["It is not disqualified."]
    assert not Event.objects.exists()


def test_granted_attempts_are_the_teams_and_its_members_for_today(
    do: Do, team: Team, beta: Team, matching_task: Task, alice: User, charlie: User
) -> None:
    limit, today = matching_task.daily_limit, timezone.now().date()
    for _ in range(limit):
        reserve(team, matching_task, today)
        factories.make_submission(
            team, matching_task, State.SCORED, quota_day=today, submitted_by=alice
        )
    assert left(team, matching_task, alice)[0] == 0
    do("grant", team, task=matching_task, attempts=2, reason="The site was down.")
    assert left(team, matching_task, alice)[0] == 2
    assert left(beta, matching_task)[0] == limit
    title, body = said_to(alice)[0]
    assert title == f"Alpha has 2 more attempts at {matching_task}"
    assert "The site was down." in body
    assert said_to(charlie) == []
    do("grant", team, task=matching_task, attempts=1)
    assert left(team, matching_task, alice)[0] == 3
    Quota.objects.update(day=today - timedelta(days=1))
    assert allowance(team, matching_task, timezone.now()).team_limit == limit


def test_a_plan_of_a_grant_is_carried_out_once(
    team: Team, matching_task: Task, olga: User, as_user: AsUser
) -> None:
    read = plan(ACTS, "grant", team.challenge, {team.pk}).fingerprint
    form = {"act": "grant", "pick": team.pk, "fingerprint": read, "reason": "The site was down."}
    form |= {"task": matching_task.pk, "attempts": 2}
    url = reverse("console-rule", args=["cup", "teams"])
    assert as_user(olga).post(url, form).status_code == 302
    again = as_user(olga).post(url, form)  # by a second click
    assert again.status_code == 422
    assert "Read again what would happen now" in again.content.decode()
    assert Quota.objects.get(team=team).granted == 2


def test_a_grant_raises_the_limit_for_all_days_too(
    do: Do, team: Team, matching_task: Task, alice: User
) -> None:
    Task.objects.update(total_limit=1)
    matching_task.refresh_from_db()
    reserve(team, matching_task, timezone.now().date())
    factories.make_submission(
        team, matching_task, State.SCORED, quota_day=timezone.now().date(), submitted_by=alice
    )
    assert left(team, matching_task, alice) == (0, 0)
    do("grant", team, task=matching_task, attempts=2)
    assert left(team, matching_task, alice) == (2, 2)
    found = allowance(team, matching_task, timezone.now(), alice)
    assert (found.total_limit, found.refusal) == (3, "")


def test_a_new_account_may_use_what_was_granted(
    do: Do, team: Team, matching_task: Task, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(date_joined=timezone.now())
    alice.refresh_from_db()
    before = personal(alice, matching_task, timezone.now()).limit
    do("grant", team, task=matching_task, attempts=2)
    assert personal(alice, matching_task, timezone.now()).limit == before + 2


@pytest.mark.parametrize("attempts", [0, -1, MOST_ATTEMPTS + 1])
def test_a_grant_of_nothing_or_too_much_is_refused(
    team: Team, matching_task: Task, olga: User, attempts: int
) -> None:
    with pytest.raises(Refused, match="between 1 and 100"):
        grant(team=team, task=matching_task, attempts=attempts, reason="x", by=olga)
    assert not Quota.objects.exists()


def test_a_disqualified_team_is_granted_nothing(
    do: Do, team: Team, matching_task: Task, olga: User
) -> None:
    disqualify(team=team, reason="Cheated.", by=olga)
    ruling = do("grant", team, task=matching_task, attempts=1)
    assert [why for _, why in ruling.unfit] == ["It is disqualified, and cannot submit."]


def test_baselines_and_teams_of_other_challenges_are_left_alone(do: Do, charlie: User) -> None:
    other = factories.make_challenge("other")
    there = factories.make_team(other, "There", charlie)
    baseline = factories.make_team(Challenge.objects.get(slug="cup"), "Trivial", baseline="trivial")
    ruling = do("disqualify", there, baseline)
    assert (list(ruling.fit), list(ruling.unfit)) == ([], [])


# Moving members --------------------------------------------------------------------------------


def move(do: Do, person: User, to: Team, reason: str = "They were split by mistake.") -> None:
    do("move", to, member=person.memberships.get(), reason=reason)


def test_a_member_moves_also_after_the_team_freeze_and_both_teams_read_why(
    do: Do, team: Team, beta: Team, alice: User, bob: User, charlie: User, olga: User
) -> None:
    Challenge.objects.update(team_freeze_at=timezone.now() - timedelta(days=1))
    move(do, bob, beta)
    assert bob.memberships.get().team == beta
    for person, way in ((bob, "into Beta"), (charlie, "into Beta"), (alice, "out of Alpha")):
        ((title, body),) = said_to(person)
        assert title == f"The organizers moved a member {way}"
        assert "They were split by mistake." in body
    assert said_to(olga) == []
    event = Event.objects.get(verb="moved member")
    facts = {"member": bob.pk, "left": team.pk, "why": "They were split by mistake."}
    assert (event.subject, event.facts) == (f"team:{beta.pk}", facts)
    assert [each.pk for each in rulings_on(team)] == [event.pk]
    assert [each.pk for each in rulings_on(beta)] == [event.pk]


def test_a_captain_who_moves_leaves_the_team_to_the_next(
    do: Do, team: Team, beta: Team, alice: User, bob: User
) -> None:
    move(do, alice, beta)
    team.refresh_from_db()
    assert team.captain == bob
    assert beta.memberships.count() == 2


def test_an_empty_team_goes_and_one_with_submissions_keeps_its_last_member(
    do: Do, team: Team, beta: Team, charlie: User, matching_task: Task
) -> None:
    row = factories.make_submission(beta, matching_task)
    with pytest.raises(Refused, match="Nobody would be left to answer"):
        move(do, charlie, team)
    assert charlie.memberships.get().team == beta
    row.delete()
    move(do, charlie, team)
    assert not Team.objects.filter(name="Beta").exists()


def test_nobody_moves_after_the_reveal(do: Do, team: Team, beta: Team, bob: User) -> None:
    past = timezone.now() - timedelta(days=1)
    Challenge.objects.update(team_freeze_at=past, closes_at=past, reveal_at=past, revealed_at=past)
    with pytest.raises(Refused, match="Private scores have been shown"):
        move(do, bob, beta)


def test_nobody_moves_into_a_full_or_disqualified_team_or_their_own(
    do: Do, team: Team, beta: Team, bob: User, olga: User
) -> None:
    with pytest.raises(Refused, match="in another team"):
        move(do, bob, team)
    Challenge.objects.update(max_team_size=1)
    with pytest.raises(Refused, match="is full: up to 1"):
        move(do, bob, beta)
    Challenge.objects.update(max_team_size=5)
    disqualify(team=team, reason="Cheated.", by=olga)
    with pytest.raises(Refused, match="or reinstate it first"):
        move(do, bob, beta)
    disqualify(team=beta, reason="Cheated.", by=olga)
    ruling = plan(ACTS, "move", team.challenge, {beta.pk})
    assert [why for _, why in ruling.unfit] == ["It is disqualified."]
    assert bob.memberships.get().team == team


@pytest.mark.parametrize("who", ["alice", "viktor", "sam"])
def test_nobody_else_moves_members(
    team: Team, beta: Team, bob: User, who: str, request: pytest.FixtureRequest
) -> None:
    by = request.getfixturevalue(who)
    with pytest.raises(Refused, match="Only owners and managers"):
        move_member(user=bob, to=beta, reason="No.", by=by)
    olga = request.getfixturevalue("olga")
    with pytest.raises(Refused, match="Write the reason"):
        move_member(user=bob, to=beta, reason=" ", by=olga)


def test_nobody_is_moved_once_private_scores_were_shown_even_if_the_reveal_was_moved(
    team: Team, beta: Team, bob: User, olga: User
) -> None:
    Challenge.objects.filter(pk=team.challenge_id).update(revealed_at=timezone.now())
    beta = Team.objects.select_related("challenge").get(pk=beta.pk)
    assert not beta.challenge.is_revealed()
    with pytest.raises(Refused, match="Private scores have been shown"):
        move_member(user=bob, to=beta, reason="Asked.", by=olga)


def test_people_move_into_one_team_at_a_time_and_only_people_of_the_challenge(
    as_user: AsUser, team: Team, beta: Team, olga: User
) -> None:
    with pytest.raises(Refused, match="Choose at most 1 team at a time"):
        plan(ACTS, "move", team.challenge, {team.pk, beta.pk})
    url = reverse("console-rule", args=["cup", "teams"])
    other = factories.make_team(
        factories.make_challenge("other"), "There", factories.make_user("z")
    )
    page = as_user(olga).post(url, {"act": "move", "pick": beta.pk}).content.decode()
    assert "Bob in Alpha" in page
    assert "There" not in page
    read = plan(ACTS, "move", team.challenge, {beta.pk}).fingerprint
    form = {"act": "move", "pick": beta.pk, "fingerprint": read, "reason": "x"}
    answer = as_user(olga).post(url, {**form, "member": other.memberships.get().pk})
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()
    answer = as_user(olga).post(url, {**form, "member": beta.memberships.get().pk})
    assert answer.status_code == 422
    assert "in another team" in answer.content.decode()


# Which ranks move ------------------------------------------------------------------------------


@pytest.fixture
def ranked(team: Team, beta: Team, matching_task: Task) -> None:
    """Alpha leads Beta on the boards of task and track."""
    trivial = factories.make_team(team.challenge, "Trivial", baseline="trivial")
    for each, score in ((trivial, 0.1), (team, 0.8), (beta, 0.6)):
        row = factories.make_submission(each, matching_task)
        on_evaluation_stored(factories.make_evaluation(row, public=score, private=score))


def test_the_effects_of_a_change_are_read_and_nothing_stays(
    ranked: None, team: Team, matching_task: Task, olga: User
) -> None:
    before = (Revision.objects.count(), Event.objects.count())
    found = effects(team.challenge, lambda: disqualify(team=team, reason="Tried.", by=olga))
    assert [str(each.subject) for each in found] == [str(matching_task.track), str(matching_task)]
    moved = {
        change.team.name: (
            change.before.rank if change.before else None,
            change.after.rank if change.after else None,
        )
        for change in found[1].changes
    }
    assert moved == {"Beta": (2, 1), "Alpha": (1, None)}
    assert (Revision.objects.count(), Event.objects.count()) == before
    team.refresh_from_db()
    assert team.disqualified_at is None
    assert Board.objects.exists()


def test_a_change_that_moves_nobody_has_no_effects(ranked: None, team: Team) -> None:
    assert effects(team.challenge, lambda: None) == []


def test_the_plan_shows_the_ranks_before_anything_happens(
    ranked: None, as_user: AsUser, olga: User, team: Team
) -> None:
    url = reverse("console-rule", args=["cup", "teams"])
    page = as_user(olga).post(url, {"act": "disqualify", "pick": team.pk}).content.decode()
    assert "1 team." in page
    assert "Rank now" in page
    assert "Beta" in page
    team.refresh_from_db()
    assert team.disqualified_at is None
    read = page.partition('name="fingerprint" value="')[2].partition('"')[0]
    form = {"act": "disqualify", "pick": team.pk, "fingerprint": read}
    answer = as_user(olga).post(url, form)
    assert answer.status_code == 422
    assert "Give a reason" in answer.content.decode()
    answer = as_user(olga).post(url, {**form, "reason": "Cheated."}, follow=True)
    assert "1 team disqualified." in answer.content.decode()
    team.refresh_from_db()
    assert team.disqualified_reason == "Cheated."


def test_what_a_withdrawal_moves_is_shown_and_its_plan_stays_valid(
    ranked: None, as_user: AsUser, olga: User, team: Team
) -> None:
    row = team.submissions.get()
    url = reverse("console-rule", args=["cup", "submissions"])
    page = as_user(olga).post(url, {"act": "withdraw", "pick": row.pk}).content.decode()
    assert "Rank now" in page
    read = page.partition('name="fingerprint" value="')[2].partition('"')[0]
    assert read == plan(ON_SUBMISSIONS, "withdraw", team.challenge, {row.pk}).fingerprint


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"attempts": "0", "reason": "x"}, "greater than or equal to 1"),
        ({"attempts": "x", "reason": "x"}, "Enter a whole number."),
        ({"attempts": "1", "reason": "x", "task": "999999"}, "Select a valid choice"),
        ({"attempts": "1"}, "Give a reason"),
    ],
)
def test_a_grant_in_the_console_says_what_is_wrong(
    as_user: AsUser, olga: User, team: Team, matching_task: Task, given: dict[str, str], says: str
) -> None:
    url = reverse("console-rule", args=["cup", "teams"])
    read = plan(ACTS, "grant", team.challenge, {team.pk}).fingerprint
    form = {"act": "grant", "pick": team.pk, "fingerprint": read, "task": matching_task.pk}
    answer = as_user(olga).post(url, {**form, **given})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Quota.objects.exists()


def test_a_list_without_acts_is_not_found(as_user: AsUser, olga: User, team: Team) -> None:
    url = reverse("console-rule", args=["cup", "events"])
    assert as_user(olga).post(url, {"act": "x"}).status_code == 404


# What the team sees ----------------------------------------------------------------------------


def test_a_team_sees_what_organizers_did_with_it_and_nobody_else_does(
    do: Do, as_user: AsUser, team: Team, matching_task: Task, alice: User, beta: Team, olga: User
) -> None:
    row = factories.make_submission(team, matching_task)
    read = plan(ON_SUBMISSIONS, "withdraw", team.challenge, {row.pk})
    carry_out(
        ON_SUBMISSIONS,
        "withdraw",
        team.challenge,
        {row.pk},
        fingerprint=read.fingerprint,
        answers={"reason": "A copy."},
        by=olga,
    )
    do("grant", team, task=matching_task, attempts=3, reason="<b>Down</b>.")
    mine = reverse("my-team", args=["cup"])
    page = as_user(alice).get(mine).content.decode()
    assert f"Granted attempts: 3 at {matching_task}" in page
    assert "&lt;b&gt;Down&lt;/b&gt;." in page
    assert f"Withdrew submission {row.pk}" in page
    assert "A copy." in page
    assert list(rulings_on(beta)) == []
    record(Verb.REINSTATED_TEAM, subject=team, by=olga, challenge="cup")  # from before reasons
    assert "Reinstated team" in as_user(alice).get(mine).content.decode()
    theirs = as_user(beta.captain).get(mine).content.decode()
    assert "What the organizers did" not in theirs
    assert "A copy." not in as_user(beta.captain).get(team.get_absolute_url()).content.decode()
