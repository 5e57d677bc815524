"""Cases on the integrity page: owners and managers read and decide them, no team sees them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.challenges.models import Role, Task
from podium.integrity import actions, looking
from podium.integrity.models import Case, CaseState, Decision, Kind, KnownFile, Look
from podium.notices.models import Notice
from podium.refusals import Refused
from podium.submissions.models import State
from podium.teams import actions as teams
from podium.teams.models import Team
from podium.watch.overview import overview
from tests.site.factories import (
    make_case,
    make_evaluation,
    make_organizer,
    make_submission,
    make_team,
    make_user,
)

AsUser = Callable[[User | None], Client]


@pytest.fixture
def case(team: Team, matching_task: Task) -> Case:
    return make_case(team, matching_task)


@pytest.fixture
def mia(team: Team) -> User:
    user = make_user("mia")
    make_organizer(team.challenge, user, Role.MANAGER)
    return user


def _list(client: Client, case: Case) -> str:
    answer = client.get(reverse("console-integrity", args=[case.challenge.slug]))
    assert answer.status_code == 200
    return answer.content.decode()


def _decide(case: Case, by: User, **given: Any) -> Case:
    values = {"decision": Decision.WARNED, "note": "We wrote to them.", "strength": case.strength}
    return actions.decide(case=case, **{**values, **given}, by=by)


def _file(team: Team, task: Task, sha256: str, **fields: Any) -> None:
    make_submission(team, task, State.SCORED, sha256=sha256 * 64, **fields)


def _equal(task: Task) -> list[str]:
    from podium.integrity import equal_files

    found = equal_files.find(task, equal_files.known_hashes(task))
    return [finding.key.rpartition(":")[2][0] for finding in found]


# The pages ----------------------------------------------------------------------------------------


def test_an_open_case_is_listed_with_its_evidence(case: Case, olga: User, as_user: AsUser) -> None:
    html = _list(as_user(olga), case)
    assert "6 of 7 files differ in at most 3 rows" in html
    assert "p &lt; 1e-09" in html or "p = 4e-10" in html
    assert case.get_absolute_url() in html
    assert "Decided cases" not in html


def test_a_case_compares_teams_and_files_side_by_side(
    case: Case, team: Team, matching_task: Task, charlie: User, olga: User, as_user: AsUser
) -> None:
    other = make_team(team.challenge, "Beta", charlie)
    for each, value in ((team, 0.81), (other, 0.79)):
        row = make_submission(each, matching_task, State.SCORED, size=2048)
        make_evaluation(row, public=value, private=0.123456)
        case.entries.create(team=each, submission=row)
    html = as_user(olga).get(case.get_absolute_url()).content.decode()
    for shown in ("Alpha", "Beta", "2.0\xa0KB", "0.81", "0.79", "no. 1", "6 of 7"):
        assert shown in html
    assert "0.123456" not in html


def test_a_page_of_another_challenges_case_is_not_there(
    case: Case, as_user: AsUser, olga: User
) -> None:
    make_organizer(other := make_team_of_another().challenge, olga, Role.OWNER)
    url = reverse("console-case", args=[other.slug, case.pk])
    assert as_user(olga).get(url).status_code == 404


def make_team_of_another() -> Team:
    from tests.site.factories import make_challenge

    return make_team(make_challenge("other"), "Gamma", make_user("gamma"))


def test_a_decision_on_the_page_moves_the_case(case: Case, mia: User, as_user: AsUser) -> None:
    client = as_user(mia)
    sent = {"decision": "no issue", "note": "Public notebook.", "strength": "6.0"}
    answer = client.post(case.get_absolute_url(), sent)
    assert answer.status_code == 302
    html = _list(client, case)
    assert "No case is open." in html
    assert "No issue" in html


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"note": " "}, "Write why."),
        ({"decision": "hanged"}, "is not one of the available choices"),
        ({"decision": "disqualification"}, "is not one of the available choices"),
        ({"decision": "disqualified"}, "None of its teams is disqualified."),
        ({"strength": "5.5"}, "The evidence has changed since."),
    ],
)
def test_a_decision_that_cannot_be_taken_says_why_and_changes_nothing(
    case: Case, olga: User, as_user: AsUser, wrong: dict[str, str], said: str
) -> None:
    sent = {"decision": "warned", "note": "We wrote.", "strength": "6.0", **wrong}
    answer = as_user(olga).post(case.get_absolute_url(), sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    case.refresh_from_db()
    assert case.state == CaseState.OPEN
    assert not Event.objects.filter(verb="decided case").exists()


def test_the_case_leads_to_the_plan_of_a_disqualification(
    case: Case, team: Team, olga: User, as_user: AsUser
) -> None:
    client = as_user(olga)
    html = client.get(case.get_absolute_url()).content.decode()
    assert f'name="pick" value="{team.pk}"' in html
    planned = client.post(
        reverse("console-rule", args=[case.challenge.slug, "teams"]),
        {"act": "disqualify", "pick": team.pk},
    )
    assert "Nothing has happened yet." in planned.content.decode()


# Decisions ----------------------------------------------------------------------------------------


def test_each_decision_is_one_event_with_before_after_and_why(case: Case, olga: User) -> None:
    _decide(case, olga)
    _decide(case, olga)  # the same again is nothing
    _decide(case, olga, decision=Decision.NO_ISSUE, note="It was a seed.")
    events = Event.objects.filter(verb="decided case").order_by("pk")
    assert [(each.facts["before"], each.facts["after"]) for each in events] == [
        ("open", "warned"),
        ("warned", "no issue"),
    ]
    assert [each.facts["why"] for each in events] == ["We wrote to them.", "It was a seed."]
    assert {(each.actor_id, each.is_public) for each in events} == {(olga.pk, False)}
    case.refresh_from_db()
    assert (case.decided_by, case.note, case.decided_strength) == (olga, "It was a seed.", 6.0)


def test_a_disqualification_is_decided_once_a_team_is_disqualified(
    case: Case, team: Team, olga: User
) -> None:
    with pytest.raises(Refused) as refused:
        _decide(case, olga, decision=Decision.DISQUALIFIED)
    assert refused.value.code == "bad_decision"
    teams.disqualify(team=team, reason="Probing.", by=olga)
    assert _decide(case, olga, decision=Decision.DISQUALIFIED).state == CaseState.DECIDED


@pytest.mark.parametrize("name", ["viktor", "alice", "charlie", "sam"])
def test_nobody_else_decides_or_names_a_file(
    case: Case, request: pytest.FixtureRequest, name: str
) -> None:
    by = request.getfixturevalue(name)
    with pytest.raises(Refused) as refused:
        _decide(case, by)
    assert refused.value.code == "not_allowed"
    with pytest.raises(Refused) as refused:
        actions.name_file(task=case.task, sha256="a" * 64, title="Starter", by=by)
    assert refused.value.code == "not_allowed"


def test_a_decision_does_nothing_to_a_team_and_tells_nobody(
    case: Case, team: Team, olga: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        _decide(case, olga)
    assert not Notice.objects.exists()
    assert not mail.outbox
    team.refresh_from_db()
    assert team.disqualified_at is None


# Files that anybody may send ----------------------------------------------------------------------


def test_one_file_of_two_teams_is_a_case_from_the_second_team_on(
    team: Team, matching_task: Task, charlie: User
) -> None:
    other = make_team(team.challenge, "Beta", charlie)
    _file(team, matching_task, "a")
    _file(team, matching_task, "a")
    _file(other, matching_task, "b")
    assert _equal(matching_task) == []
    _file(other, matching_task, "a")
    assert _equal(matching_task) == ["a"]


def test_a_rejected_file_or_one_of_a_disqualified_team_is_no_case(
    team: Team, matching_task: Task, charlie: User, alice: User
) -> None:
    other = make_team(team.challenge, "Beta", charlie)
    _file(team, matching_task, "a")
    make_submission(other, matching_task, State.REJECTED, sha256="a" * 64)
    assert _equal(matching_task) == []
    _file(other, matching_task, "a")
    Team.objects.filter(pk=other.pk).update(disqualified_at=timezone.now(), disqualified_reason="x")
    assert _equal(matching_task) == []


def test_outputs_of_baselines_and_named_files_are_listed_apart(
    case: Case, team: Team, matching_task: Task, charlie: User, olga: User, as_user: AsUser
) -> None:
    other = make_team(team.challenge, "Beta", charlie)
    _file(make_team(team.challenge, "Linear", baseline="linear"), matching_task, "a")
    for each in (team, other):
        _file(each, matching_task, "a")
        _file(each, matching_task, "b")
    assert _equal(matching_task) == ["b"]
    open_case = make_case(
        team, matching_task, kind=Kind.EQUAL_FILES, key=actions.equal_key(matching_task, "b" * 64),
        counts={"teams": 2, "files": 2},
    )  # fmt: skip
    url = reverse("console-known-file", args=[team.challenge.slug])
    sent = {"task": matching_task.pk, "sha256": "B" * 64, "title": "Output of the starter"}
    assert as_user(olga).post(url, sent).status_code == 302
    assert _equal(matching_task) == []
    assert not Case.objects.filter(pk=open_case.pk).exists()
    html = _list(as_user(olga), case)
    assert "the baseline Linear" in html
    assert "Output of the starter" in html
    event = Event.objects.get(verb="named file")
    assert (event.actor_id, event.facts["sha256"]) == (olga.pk, "b" * 64)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sha256": "abc"}, "Enter the 64 digits of a SHA-256."),
        ({"title": ""}, "This field is required."),
        ({"task": "0"}, "Select a valid choice."),
        ({"sha256": "c" * 64}, "This file is named already."),
    ],
)
def test_a_file_that_cannot_be_named_says_why(
    matching_task: Task, olga: User, as_user: AsUser, wrong: dict[str, str], said: str
) -> None:
    KnownFile.objects.create(task=matching_task, sha256="c" * 64, title="Known")
    url = reverse("console-known-file", args=[matching_task.challenge.slug])
    sent = {"task": matching_task.pk, "sha256": "a" * 64, "title": "Starter", **wrong}
    answer = as_user(olga).post(url, sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert KnownFile.objects.count() == 1


# Readers --------------------------------------------------------------------------------------


def test_the_console_says_how_many_cases_are_open_to_those_who_decide(
    case: Case, olga: User, viktor: User, as_user: AsUser
) -> None:
    assert overview(case.challenge)["open_cases"] == 1
    console = reverse("console", args=[case.challenge.slug])
    assert "integrity case</a>" in as_user(olga).get(console).content.decode()
    assert "integrity case" not in as_user(viktor).get(console).content.decode()
    _decide(case, olga)
    assert "integrity case</a>" not in as_user(olga).get(console).content.decode()


@pytest.mark.parametrize("name", ["alice", "charlie", None])
def test_teams_and_the_public_see_nothing_of_a_case(
    case: Case,
    team: Team,
    matching_task: Task,
    olga: User,
    request: pytest.FixtureRequest,
    as_user: AsUser,
    name: str | None,
) -> None:
    _decide(case, olga, note="Very secret note")
    client = as_user(request.getfixturevalue(name) if name else None)
    pages = [
        *(case.challenge.get_absolute_url(), team.get_absolute_url()),
        *(matching_task.get_absolute_url(), "/api/v1/challenges/cup"),
    ]
    for page in pages:
        html = client.get(page).content.decode().lower()
        assert "integrity" not in html
        assert "secret note" not in html
        assert "probing" not in html


# People -------------------------------------------------------------------------------------------


def test_two_teams_from_one_address_within_a_day_are_a_case_and_a_lab_is_not(
    team: Team, matching_task: Task, alice: User, charlie: User
) -> None:
    from podium.accounts.models import Sighting
    from podium.integrity import accounts

    other = make_team(team.challenge, "Beta", charlie)
    for user in (alice, charlie):
        Sighting.objects.create(user=user, address="5" * 32)
    (finding,) = accounts.find(team.challenge)
    assert {entry[0] for entry in finding.entries} == {team.pk, other.pk}
    assert finding.counts == {"people": 2, "teams": 2}
    for name in ("dora", "emil"):
        user = make_user(name)
        make_team(team.challenge, name.title(), user)
        Sighting.objects.create(user=user, address="5" * 32)
    assert accounts.find(team.challenge) == []


def test_every_score_asks_for_a_look(team: Team, matching_task: Task) -> None:
    evaluation = make_evaluation(make_submission(team, matching_task), public=0.8, private=0.8)
    looking.on_evaluation_stored(evaluation)
    looking.on_evaluation_stored(evaluation)
    assert Look.objects.get(task=matching_task).asked == 2
