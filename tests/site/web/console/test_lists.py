"""Lists of submissions and of events: filters, CSV, and what is done with ticked rows."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Role, Task
from podium.submissions.models import State, Submission
from podium.teams.models import Team
from podium.web.console.lists.listing import PER_PAGE
from tests.site import factories

AsUser = Callable[[User | None], Client]
LIST, TEAMS, EVENTS = (
    reverse(f"console-{name}", args=["cup"]) for name in ("submissions", "teams", "events")
)
ACT, ACT_ON_TEAMS = (
    reverse("console-rule", args=["cup", kind]) for kind in ("submissions", "teams")
)


@pytest.fixture
def owner(as_user: AsUser, olga: User) -> Client:
    return as_user(olga)


@pytest.fixture
def rows(team: Team, matching_task: Task, charlie: User, challenge: Challenge) -> list[Submission]:
    """One of each state of Alpha, and one of Beta to another task."""
    task = factories.make_task(challenge, "classification", "pets")
    rival = factories.make_team(challenge, "Beta", charlie)
    made = [factories.make_submission(team, matching_task, state) for state in State]
    return [*made, factories.make_submission(rival, task, method="=cmd()", sha256="f" * 64)]


def listed(client: Client, url: str, **query: object) -> list[dict[str, str]]:
    """Return the rows of the CSV of a list."""
    answer = client.get(url, {**query, "csv": 1})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def ids(client: Client, **query: object) -> set[int]:
    return {int(row["submission"]) for row in listed(client, LIST, **query)}


def test_the_page_and_the_file_have_what_the_filters_let_through(
    owner: Client, rows: list[Submission]
) -> None:
    by_state = {row.state: row.pk for row in rows[:-1]}
    last = rows[-1]
    assert ids(owner) == {row.pk for row in rows}
    assert ids(owner, state="failed") == {by_state["failed"]}
    assert ids(owner, task="pets") == ids(owner, team="bet") == ids(owner, sha256="FF") == {last.pk}
    Submission.objects.filter(pk=last.pk).update(
        withdrawn_at=timezone.now(), received_at=timezone.now() - timedelta(days=9)
    )
    assert ids(owner, state="withdrawn") == {last.pk}
    day = (timezone.now() - timedelta(days=9)).date()
    assert ids(owner, since=day, until=day) == {last.pk}
    assert ids(owner, state="final") == set()
    page = owner.get(LIST, {"team": "beta"}).content.decode()
    assert "1 submission," in page
    assert last.get_absolute_url() in page
    assert "No submission is like this." in owner.get(LIST, {"team": "no such"}).content.decode()


@pytest.mark.parametrize(
    "query", [{"state": "odd"}, {"task": "odd"}, {"since": "soon"}, {"page": "x"}, {"team": "\x00"}]
)
def test_what_an_address_cannot_ask_for_is_left_out(
    owner: Client, rows: list[Submission], query: dict[str, str]
) -> None:
    page = owner.get(LIST, query)
    assert page.status_code == 200
    assert f"{len(rows)} submissions," in page.content.decode()


def test_a_file_runs_no_formula_and_is_recorded(
    owner: Client, rows: list[Submission], olga: User
) -> None:
    assert listed(owner, LIST, team="Beta")[0]["method"] == "'=cmd()"
    event = Event.objects.get(verb="downloaded list")
    assert (event.actor_id, event.facts) == (olga.pk, {"list": "submissions"})


def test_no_score_is_in_the_list(owner: Client, rows: list[Submission]) -> None:
    factories.make_evaluation(rows[2], public=0.7654321, private=0.1234567)
    for answer in (owner.get(LIST), owner.get(LIST, {"csv": 1})):
        assert "0.76" not in answer.content.decode()
        assert "0.12" not in answer.content.decode()


def test_many_rows_take_as_many_queries_as_a_few(
    owner: Client,
    rows: list[Submission],
    team: Team,
    matching_task: Task,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(PER_PAGE):
        factories.make_submission(team, matching_task)
        record(Verb.SUBMITTED, subject=rows[0], by=team.captain, challenge="cup")
    with django_assert_max_num_queries(10):
        page = owner.get(LIST).content.decode()
    assert "Page 1 of 2" in page
    with django_assert_max_num_queries(9):
        owner.get(EVENTS)


def test_ticked_rows_are_ruled_on_in_two_steps(
    owner: Client, rows: list[Submission], alice: User
) -> None:
    scored, failed = rows[2], rows[4]
    picks = [scored.pk, failed.pk]
    page = owner.post(ACT, {"act": "retry", "pick": picks}).content.decode()
    assert "1 submission\n  of 1 team." in page
    assert "It has not failed." in page
    failed.refresh_from_db()
    assert failed.state == State.FAILED
    form = {"act": "retry", "pick": picks, "fingerprint": _fingerprint(page)}
    answer = owner.post(ACT, form, follow=True).content.decode()
    assert "1 submission queued again." in answer
    failed.refresh_from_db()
    assert failed.state == State.QUEUED


def test_a_withdrawal_asks_for_its_reason(owner: Client, rows: list[Submission]) -> None:
    form = {"act": "withdraw", "pick": [rows[2].pk]}
    page = owner.post(ACT, form).content.decode()
    assert "The members are notified, with your reason." in page
    form["fingerprint"] = _fingerprint(page)
    answer = owner.post(ACT, form)
    assert answer.status_code == 422
    assert "Give a reason" in answer.content.decode()
    assert owner.post(ACT, {**form, "reason": "It is a copy."}).status_code == 302
    assert Submission.objects.get(pk=rows[2].pk).withdrawn_reason == "It is a copy."


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"act": "retry"}, "Choose submissions first"),
        ({"act": "delete", "pick": ["1"]}, "Choose what to do with them."),
        ({"act": "retry", "pick": ["x", "9" * 40]}, "Choose submissions first"),
        ({"act": "retry", "pick": [str(n) for n in range(501)]}, "at most 500"),
    ],
)
def test_an_act_that_cannot_be_says_so(
    owner: Client, rows: list[Submission], form: dict[str, object], says: str
) -> None:
    assert says in owner.post(ACT, form, follow=True).content.decode()


def test_a_viewer_reads_the_list_without_acts(
    as_user: AsUser, rows: list[Submission], viktor: User
) -> None:
    page = as_user(viktor).get(LIST).content.decode()
    assert 'name="pick"' not in page
    assert rows[0].get_absolute_url() in page


def _fingerprint(page: str) -> str:
    return page.partition('name="fingerprint" value="')[2].partition('"')[0]


# Teams -------------------------------------------------------------------------------------------


def test_teams_are_filtered_by_name_member_and_what_they_do(
    owner: Client, rows: list[Submission], challenge: Challenge, olga: User
) -> None:
    silent = factories.make_team(challenge, "Quiet", factories.make_user("quentin"))
    Team.objects.filter(pk=silent.pk).update(name="Quiet <b>")
    factories.make_team(challenge, "Trivial", baseline="trivial")
    merged = factories.make_team(challenge, "Merged", factories.make_user("m"))
    Team.objects.filter(pk=merged.pk).update(merged_into=silent, merged_at=timezone.now())
    old = timezone.now() - timedelta(days=9)
    Submission.objects.filter(team__name="Beta").update(received_at=old)
    Team.objects.filter(name="Alpha").update(
        disqualified_at=timezone.now(), disqualified_reason="=cmd()"
    )

    def names(**query: object) -> list[str]:
        return [row["team"] for row in listed(owner, TEAMS, **query)]

    assert names() == ["Alpha", "Beta", "Quiet <b>"]
    assert names(name="bet") == names(member="charl") == ["Beta"]
    assert names(member=silent.captain.email if silent.captain else "") == ["Quiet <b>"]
    assert names(state="active") == names(state="disqualified") == ["Alpha"]
    assert names(state="silent") == ["Beta", "Quiet <b>"]
    assert names(state="never") == ["Quiet <b>"]
    first = listed(owner, TEAMS)[0]
    assert (first["members"], first["submissions"]) == ("2", str(len(rows) - 1))
    assert first["disqualified"] == "'=cmd()"
    page = owner.get(TEAMS, {"state": "never"}).content.decode()
    assert "1 team," in page
    assert "Quiet &lt;b&gt;" in page
    assert "No team is like this." in owner.get(TEAMS, {"name": "odd"}).content.decode()


def test_the_list_of_teams_takes_few_queries_and_names_no_address(
    owner: Client,
    rows: list[Submission],
    challenge: Challenge,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(PER_PAGE):
        factories.make_team(challenge, f"T{number}", factories.make_user(f"t{number}"))
    with django_assert_max_num_queries(10):
        page = owner.get(TEAMS).content.decode()
    assert "Page 1 of 2" in page
    for answer in (page, owner.get(TEAMS, {"csv": 1}).content.decode()):
        assert "@example" not in answer


def test_a_viewer_sees_the_teams_without_acts(
    as_user: AsUser, rows: list[Submission], viktor: User
) -> None:
    assert 'name="pick"' not in as_user(viktor).get(TEAMS).content.decode()


# Events ------------------------------------------------------------------------------------------


def test_events_say_who_did_what_with_what_and_why(
    owner: Client, team: Team, olga: User, rows: list[Submission]
) -> None:
    record(
        Verb.DISQUALIFIED_TEAM, subject=team, by=olga, challenge="cup", why="Two <b>accounts</b>."
    )
    record(
        Verb.MOVED_TIME, subject=team.challenge, by=olga, challenge="cup",
        time="closes_at", before="2027-01-01", after="2027-02-01",
    )  # fmt: skip
    record(Verb.CHANGED_CHALLENGE, subject=team.challenge, challenge="cup", rules=["a", "b" * 999])
    gone = factories.make_user("gone")
    record(Verb.GAVE_ROLE, subject=gone, by=olga, challenge="cup", role="viewer")
    gone.delete()
    record(Verb.INVITED_TO_TEAM, subject=team, by=olga, challenge="cup", address="5ec4e7")
    record(Verb.SUBMITTED, subject=rows[0], challenge="other")
    page = owner.get(EVENTS).content.decode()
    assert f'<a href="{team.get_absolute_url()}">Alpha</a>' in page
    assert "Two &lt;b&gt;accounts&lt;/b&gt;." in page
    assert "closes_at: 2027-01-01 → 2027-02-01" in page
    assert "rules: a → bbb" in page
    assert "b" * 300 not in page
    assert "Former participant" in page
    assert "5ec4e7" not in page
    assert "submitted</td>" not in page
    found = listed(owner, EVENTS)
    assert [row["what"] for row in found] == [
        "invited to team", "gave role", "changed challenge", "moved time", "disqualified team"
    ]  # fmt: skip
    assert found[-1]["facts"] == "Two <b>accounts</b>."
    assert found[2]["who"] == "system"


def test_events_are_filtered_by_verb_person_and_day(
    owner: Client, team: Team, olga: User, alice: User
) -> None:
    for by, verb in ((olga, Verb.REVEALED), (alice, Verb.RENAMED_TEAM)):
        record(verb, subject=team, by=by, challenge="cup")
    assert [row["who"] for row in listed(owner, EVENTS, verb="revealed")] == ["Olga"]
    assert [row["what"] for row in listed(owner, EVENTS, who="ali")] == ["renamed team"]
    tomorrow = (timezone.now() + timedelta(days=1)).date()
    assert listed(owner, EVENTS, since=tomorrow) == []


def test_events_of_one_challenge_are_no_matter_of_another(as_user: AsUser, team: Team) -> None:
    nora = factories.make_user("nora")
    factories.make_organizer(factories.make_challenge("other"), nora, Role.OWNER)
    record(Verb.REVEALED, subject=team, challenge="cup")
    assert as_user(nora).get(EVENTS).status_code == 404
    theirs = reverse("console-events", args=["other"])
    assert listed(as_user(nora), theirs) == []
