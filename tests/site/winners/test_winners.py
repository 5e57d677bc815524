"""Winners: made by the rule, confirmed by an owner, published, corrected and taken back."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.archives.tables import TABLES
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Prize, Task
from podium.notices.actions import texts
from podium.notices.models import Kind, Notice
from podium.notices.telling import sweep
from podium.refusals import Refused
from podium.standings.actions import on_evaluation_stored
from podium.standings.finalists import final_boards
from podium.standings.models import Revision
from podium.submissions.models import Part, Score
from podium.teams.actions import disqualify
from podium.teams.models import Team
from podium.winners import actions
from podium.winners.models import DecidedBy, Place, WinnersList
from podium.winners.proposal import Placing, propose
from tests.site import factories

AsUser = Callable[[User | None], Client]
CONSOLE, PAGE = "/c/cup/console/winners/", "/c/cup/winners/"
# Private score and tie-break: B and C share the second rank, and C has the better tie-break.
TEAMS = {"A": (0.9, 0.5), "B": (0.8, 0.4), "C": (0.8, 0.6), "D": (0.7, 0.7)}


@pytest.fixture
def played(matching_task: Task, olga: User) -> Challenge:
    """A challenge after its close, with four teams, two baselines and three prizes."""
    track = matching_task.track
    for rank, text in enumerate(("Gold", "Silver", "Bronze"), start=1):
        Prize.objects.create(track=track, rank=rank, text=text, value=f"€{900 - rank}")
    for name, (private, tie_break) in TEAMS.items():
        member = factories.make_user(f"of-{name.lower()}")
        _score(
            factories.make_team(track.challenge, name, member), matching_task, private, tie_break
        )
    for name, private in (("autogluon", 0.95), ("trivial", 0.1)):
        team = factories.make_team(track.challenge, name, baseline=name)
        _score(team, matching_task, private, 0.9)
    now = timezone.now()
    Challenge.objects.update(
        team_freeze_at=now - timedelta(days=2),
        closes_at=now - timedelta(days=1),
        reveal_at=now - timedelta(minutes=1),
    )
    return Challenge.objects.get()


@pytest.fixture
def over(played: Challenge) -> Challenge:
    """The same after its reveal."""
    factories.reveal_due()
    sweep()
    Notice.objects.all().delete()
    return Challenge.objects.get()


def _score(team: Team, task: Task, private: float, tie_break: float) -> None:
    submission = factories.make_submission(team, task)
    evaluation = factories.make_evaluation(submission, public=1 - private, private=private)
    Score.objects.create(
        evaluation=evaluation,
        part=Part.PRIVATE,
        metric="recall_at_precision_90",
        value=tie_break,
        n=3,
    )
    on_evaluation_stored(evaluation)


def placings(challenge: Challenge) -> list[Placing]:
    return list(propose(challenge).tracks[0].placings)


def prizes(challenge: Challenge) -> list[tuple[str, str]]:
    return [(each.name, each.prize) for each in placings(challenge) if each.prize]


def team(name: str) -> Team:
    return Team.objects.select_related("challenge").get(name=name)


def publish(challenge: Challenge, by: User, reason: str = "") -> WinnersList:
    read = propose(challenge).fingerprint(actions.latest(challenge))
    return actions.publish(challenge=challenge, fingerprint=read, reason=reason, by=by)


def told() -> list[str]:
    """Return who was notified of winners, and forget it."""
    sweep()
    found = [notice.user.name for notice in Notice.objects.order_by("user__name")]
    assert set(Notice.objects.values_list("kind", flat=True)) <= {Kind.WINNERS}
    Notice.objects.all().delete()
    return found


# The rule ----------------------------------------------------------------------------------------


def test_ties_are_decided_by_the_tie_break_and_baselines_win_nothing(over: Challenge) -> None:
    assert [(each.name, each.rank, each.decided_by) for each in placings(over)] == [
        ("A", 1, DecidedBy.RANK),
        ("C", 2, DecidedBy.TIE_BREAK),
        ("B", 2, DecidedBy.TIE_BREAK),
        ("D", 4, DecidedBy.RANK),
    ]
    assert prizes(over) == [("A", "Gold"), ("C", "Silver"), ("B", "Bronze")]
    ((_, board),) = final_boards(over)
    assert [row.team.name for row in board.rows if not row.is_baseline] == ["A", "C", "B", "D"]


def test_a_team_without_a_tie_break_on_every_task_comes_after_one_that_has_them(
    played: Challenge,
) -> None:
    task = Task.objects.get()
    # It counts in no skill, as it lacks a trivial score.
    second = factories.make_task(played, task.track.kind, slug="second")
    _score(team("C"), second, 0.8, 0.1)
    first = Score.objects.filter(metric="recall_at_precision_90", evaluation__submission__task=task)
    first.filter(evaluation__submission__team__name="C").update(value=0.3)
    factories.reveal_due()
    assert [each.name for each in placings(Challenge.objects.get())] == ["A", "C", "B", "D"]


def test_equal_tie_breaks_are_decided_by_the_earlier_submission(played: Challenge) -> None:
    Score.objects.filter(metric="recall_at_precision_90").update(value=0.5)
    factories.reveal_due()
    found = placings(Challenge.objects.get())
    assert [(each.name, each.decided_by) for each in found][1:3] == [
        ("B", DecidedBy.EARLIER),
        ("C", DecidedBy.EARLIER),
    ]


def test_the_prize_of_a_team_that_takes_none_goes_to_the_next(over: Challenge, olga: User) -> None:
    actions.set_eligible(team=team("A"), is_eligible=False, reason="Employee", by=olga)
    assert prizes(over) == [("C", "Gold"), ("B", "Silver"), ("D", "Bronze")]
    assert [each.rank for each in placings(over)] == [1, 2, 2, 4]
    actions.set_eligible(team=team("A"), is_eligible=True, reason="A mistake", by=olga)
    assert prizes(over)[0] == ("A", "Gold")
    facts = [event.facts for event in Event.objects.filter(verb=Verb.CHANGED_ELIGIBILITY)]
    assert facts[1] == {"before": "eligible", "after": "not eligible", "why": "Employee"}


def test_a_disqualified_team_wins_nothing(over: Challenge, olga: User) -> None:
    disqualify(team=team("C"), reason="Cheated", by=olga)
    assert prizes(over) == [("A", "Gold"), ("B", "Silver"), ("D", "Bronze")]


def test_a_prize_without_a_team_is_left_over(over: Challenge) -> None:
    Prize.objects.create(track=over.tracks.get(), rank=5, text="Tin")
    assert [str(each) for each in propose(over).tracks[0].left_over] == ["Tin"]


def test_before_the_reveal_there_is_no_proposal(played: Challenge) -> None:
    assert propose(played).tracks == []


# The flow ----------------------------------------------------------------------------------------


def test_publishing_notifies_each_winner_once_and_nobody_else(
    over: Challenge, olga: User, as_user: AsUser, client: Client
) -> None:
    made = publish(over, olga)
    event = Event.objects.get(verb=Verb.PUBLISHED_WINNERS)
    assert event.facts["before"] == []
    assert event.facts["after"][0] == f"matching 1: team {team('A').pk}, prize 1"
    sweep()
    notice = Notice.objects.get(user__name="Of-A")
    assert "rank 1, Gold (€899)" in texts([notice], notice.user)[0].body
    assert told() == ["Of-A", "Of-B", "Of-C"]
    html = client.get(PAGE).content.decode()
    assert re.findall(r">(Gold|Silver|Bronze)<", html) == ["Gold", "Silver", "Bronze"]
    assert "by the tie-break" in html
    for url in ("/c/cup/", "/c/cup/tracks/matching/"):
        assert PAGE in client.get(url).content.decode()
    public = {table.model: table.chosen(over, is_public=True) for table in TABLES}
    assert list(public[WinnersList]) == [made]
    assert public[Place].count() == 4


def test_nothing_of_it_is_visible_before_the_reveal(
    played: Challenge, olga: User, as_user: AsUser, client: Client
) -> None:
    assert "No winners yet" in client.get(PAGE).content.decode()
    page = as_user(olga).get(CONSOLE).content.decode()
    assert "after the reveal" in page
    assert "Gold" not in page
    with pytest.raises(Refused, match="Wait for the reveal"):
        publish(played, olga)


def test_a_published_list_is_hidden_while_the_reveal_is_moved_to_later(
    over: Challenge, olga: User, client: Client
) -> None:
    publish(over, olga)
    Challenge.objects.update(reveal_at=timezone.now() + timedelta(days=1))
    assert "Gold" not in client.get(PAGE).content.decode()
    table = next(each for each in TABLES if each.model is Place)
    assert not table.chosen(Challenge.objects.get(), is_public=True)


def test_a_plan_is_refused_once_the_boards_moved(over: Challenge, olga: User) -> None:
    read = propose(over).fingerprint(None)
    disqualify(team=team("C"), reason="Cheated", by=olga)
    with pytest.raises(Refused, match="Read the winners again"):
        actions.publish(challenge=over, fingerprint=read, reason="", by=olga)
    assert not WinnersList.objects.exists()


def test_what_is_published_stays_until_a_new_version_is_confirmed(
    over: Challenge, olga: User, as_user: AsUser, client: Client
) -> None:
    publish(over, olga)
    told()
    with pytest.raises(Refused, match="published already"):
        publish(over, olga, "again")
    disqualify(team=team("C"), reason="Cheated", by=olga)
    sweep()
    Notice.objects.all().delete()
    assert "have changed since" in as_user(olga).get(CONSOLE).content.decode()
    assert ">C</a>" in client.get(PAGE).content.decode()
    with pytest.raises(Refused, match="Give a reason"):
        publish(over, olga)
    publish(over, olga, "A team was disqualified")
    assert ">C</a>" not in client.get(PAGE).content.decode()
    assert told() == ["Of-B", "Of-C", "Of-D"]  # B moved up; A wins what it won before
    event = Event.objects.filter(verb=Verb.PUBLISHED_WINNERS).latest("pk")
    assert event.facts["why"] == "A team was disqualified"
    assert len(event.facts["before"]) == len(event.facts["after"]) == 3


def test_taking_back_needs_a_reason_and_ends_with_the_archive(
    over: Challenge, olga: User, client: Client
) -> None:
    publish(over, olga)
    told()
    with pytest.raises(Refused, match="Give a reason"):
        actions.take_back(challenge=over, reason=" ", by=olga)
    Challenge.objects.update(archived_at=timezone.now())
    for act in (
        lambda: actions.take_back(challenge=over, reason="Wrong", by=olga),
        lambda: publish(over, olga, "Wrong"),
        lambda: actions.set_eligible(team=team("A"), is_eligible=False, reason="x", by=olga),
    ):
        with pytest.raises(Refused, match="is archived"):
            act()
    Challenge.objects.update(archived_at=None)
    actions.take_back(challenge=over, reason="Wrong", by=olga)
    assert "No winners yet" in client.get(PAGE).content.decode()
    assert told() == ["Of-A", "Of-B", "Of-C"]
    with pytest.raises(Refused, match="No winners are published"):
        actions.take_back(challenge=over, reason="Wrong", by=olga)


def test_an_owner_does_all_of_it_in_the_console(
    over: Challenge, olga: User, as_user: AsUser
) -> None:
    client = as_user(olga)
    barred = {"team": team("A").pk, "is_eligible": "no", "reason": "Employee of ours"}
    assert client.post(f"{CONSOLE}eligibility/", barred).status_code == 302
    assert client.post(f"{CONSOLE}eligibility/", {**barred, "reason": ""}).status_code == 422
    page = client.get(CONSOLE).content.decode()
    assert "Employee of ours" in page
    found = re.search(r'name="fingerprint" value="(\w+)"', page)
    assert found
    assert client.post(CONSOLE, {"fingerprint": "old", "reason": ""}).status_code == 422
    assert client.post(CONSOLE, {"fingerprint": found[1], "reason": ""}).status_code == 302
    assert "It is what the rule gives now." in client.get(CONSOLE).content.decode()
    public = client.get(PAGE).content.decode()
    assert "not eligible" in public
    assert "Employee of ours" not in public
    assert client.post(f"{CONSOLE}take-back/", {"reason": "Wrong"}).status_code == 302
    assert actions.published(over) is None


@pytest.mark.parametrize("reason", ["", "  "])
def test_eligibility_needs_a_reason(over: Challenge, olga: User, reason: str) -> None:
    with pytest.raises(Refused, match="Give a reason"):
        actions.set_eligible(team=team("A"), is_eligible=False, reason=reason, by=olga)


def test_a_baseline_is_never_eligible_so_it_cannot_be_barred(over: Challenge, olga: User) -> None:
    with pytest.raises(Refused, match="team of people"):
        actions.set_eligible(team=team("trivial"), is_eligible=False, reason="x", by=olga)


def test_how_sure_the_first_rank_is_is_said(over: Challenge) -> None:
    assert (
        propose(over).tracks[0].note == "There is no test yet of whether 1st is separable from 2nd."
    )
    revision = Revision.objects.filter(
        board__track__challenge=over, board__part=Part.PRIVATE
    ).last()
    assert revision
    ids = {name: team(name).pk for name in TEAMS}
    for separable, said in (
        (True, "1st is separable from 2nd (at the 5 % level)."),
        (False, "1st is not separable from 2nd (at the 5 % level)."),
    ):
        revision.study = {"rows": {str(ids["C"]): {"separable": separable}}, "brackets": []}
        revision.save()
        assert propose(over).tracks[0].note == said
    revision.study["brackets"] = [[str(ids["A"]), str(ids["B"])]]
    revision.save()
    note = propose(over).tracks[0].note
    assert note.endswith("level). No two of the first 3 teams are separable.")
