"""What organizers do by the API: who may, what a plan says, and that it is carried out once."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone

from podium import files
from podium.accounts import tokens
from podium.accounts.models import Scope, User
from podium.archives.models import Archive, ArchiveState
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Role
from podium.refusals import Refused
from podium.submissions.models import Quota, State
from podium_client.host_template import TEMPLATE
from tests.site import factories
from tests.site.api.callers import Caller, problem
from tests.site.api.conftest import As, World
from tests.site.winners.test_winners import over, played

__all__ = ["over", "played"]
CUP = "host/challenges/cup"
CARRY = "host/carry_out"
LATER = "2099-01-01T00:00:00Z"
TASK = "matching-task"
NEW = """
challenge:
  slug: spring
  title: Spring
  summary: A second one.
  timeline: {opens_at: now+10d, team_freeze_at: now+20d, closes_at: now+30d, reveal_at: now+31d}
"""
# Every address: what it takes, and the least role that it takes it from.
READS: dict[str, str] = {
    "status": Role.VIEWER,
    "submissions": Role.VIEWER,
    "teams": Role.VIEWER,
    f"tasks/{TASK}/rescore": Role.VIEWER,
    "threads": Role.VIEWER,
    "threads/alpha": Role.VIEWER,
    "events": Role.MANAGER,
    "readiness": Role.MANAGER,
    "cases": Role.MANAGER,
    "announcements": Role.MANAGER,
    "definition": Role.OWNER,
    "organizers": Role.OWNER,
    "archives": Role.OWNER,
    "webhook": Role.OWNER,
    f"tasks/{TASK}/labels": Role.OWNER,
}
PLANS: dict[str, tuple[Any, str]] = {
    "submissions": ({"act": "withdraw", "submissions": [1]}, Role.MANAGER),
    "teams": ({"act": "disqualify", "teams": ["alpha"]}, Role.MANAGER),
    f"tasks/{TASK}/rescore": ({"act": "start"}, Role.MANAGER),
    "baselines": ({"act": "start", "tasks": [TASK], "method": "trivial"}, Role.MANAGER),
    "announcements": ({"title": "News", "body": "So."}, Role.MANAGER),
    "threads/alpha": ({"body": "Hello."}, Role.MANAGER),
    "readiness": ({"act": "overrule", "check": "rules"}, Role.OWNER),
    "webhook": ({"act": "test"}, Role.OWNER),
    "times": ({"archived_at": LATER}, Role.OWNER),
    f"tasks/{TASK}/pause": ({"sentence": "Wait."}, Role.OWNER),
    "organizers": ({"roles": {"new@example.org": "viewer"}}, Role.OWNER),
    "reveal": ({"act": "stop"}, Role.OWNER),
    "archives": ({}, Role.OWNER),
    "winners": ({"act": "publish"}, Role.OWNER),
}
RANK: dict[str, int] = {Role.VIEWER: 0, Role.MANAGER: 1, Role.OWNER: 2}


@pytest.fixture
def manager(challenge: Challenge, db: None) -> User:
    user = factories.make_user("mara")
    challenge.organizers.create(user=user, role=Role.MANAGER)
    return user


def planned(caller: Caller, path: str, body: Any) -> Any:
    answer = caller.post(f"{CUP}/{path}/plan", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def carried(caller: Caller, path: str, body: Any, **more: str) -> Any:
    found = planned(caller, path, body)
    answer = caller.post(CARRY, {"plan": found["plan"], **more})
    assert answer.status_code == 200, answer.content
    return found


def happened(verb: Verb, by: User) -> Event:
    return Event.objects.get(verb=verb, actor_id=by.pk)


def happened_last(verb: Verb, by: User) -> Event:
    return Event.objects.filter(verb=verb, actor_id=by.pk).latest("pk")


def ended(challenge: Challenge) -> None:
    """Move the times of a challenge so that it is over and its reveal is due."""
    now = timezone.now()
    challenge.announced_at = None
    challenge.opens_at = now - timedelta(days=9)
    challenge.team_freeze_at = now - timedelta(days=2)
    challenge.closes_at = now - timedelta(days=1)
    challenge.reveal_at = now - timedelta(hours=2)
    challenge.save()


# Permissions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["alice", "charlie", "sam"])
def test_for_those_who_do_not_organize_a_challenge_there_is_nothing(
    world: World, calls: As, request: pytest.FixtureRequest, who: str
) -> None:
    caller = calls(request.getfixturevalue(who))
    for path in READS:
        problem(caller.get(f"{CUP}/{path}"), 404, "not_found")
    for path, (body, _) in PLANS.items():
        problem(caller.post(f"{CUP}/{path}/plan", body), 404, "not_found")
    problem(caller.get(f"{CUP}/archives/1/file"), 404, "not_found")
    assert caller.get("host/challenges").json() == {"items": []}


@pytest.mark.parametrize("role", list(RANK))
def test_a_role_does_what_the_console_lets_it_do(
    world: World, calls: As, olga: User, viktor: User, manager: User, role: str
) -> None:
    people: dict[str, User] = {Role.VIEWER: viktor, Role.MANAGER: manager, Role.OWNER: olga}
    caller = calls(people[role])
    for path, least in READS.items():
        answer = caller.get(f"{CUP}/{path}")
        if RANK[role] >= RANK[least]:
            assert answer.status_code == 200, (path, answer.content)
        else:
            problem(answer, 403, "not_allowed")
    for path, (body, least) in PLANS.items():
        answer = caller.post(f"{CUP}/{path}/plan", body)
        if RANK[role] < RANK[least]:
            problem(answer, 403, "not_allowed")
        else:
            assert answer.status_code in {200, 409}, (path, answer.content)


def test_a_token_needs_the_scope_and_nobody_acts_without_one(
    world: World, calls: As, olga: User
) -> None:
    caller = calls(olga, "read", "submit", "team")
    anybody = calls(None)
    for path in READS:
        problem(caller.get(f"{CUP}/{path}"), 403, "scope")
        problem(anybody.get(f"{CUP}/{path}"), 401, "sign_in")
    for path, (body, _) in PLANS.items():
        problem(caller.post(f"{CUP}/{path}/plan", body), 403, "scope")
        problem(anybody.post(f"{CUP}/{path}/plan", body), 401, "sign_in")
    problem(caller.post("host/definition/plan", {"yaml": NEW}), 403, "scope")
    problem(caller.post(CARRY, {"plan": "x"}), 403, "scope")
    problem(anybody.post(CARRY, {"plan": "x"}), 401, "sign_in")


def test_a_token_that_organizes_ends_within_thirty_days(olga: User) -> None:
    with pytest.raises(Refused, match="at most 30 days"):
        tokens.make(user=olga, name="x", scopes=[Scope.ORGANIZE], days=31)
    assert tokens.make(user=olga, name="x", scopes=[Scope.ORGANIZE], days=30)


# Plans -------------------------------------------------------------------------------------------


def test_a_plan_says_what_happens_and_happens_once(world: World, calls: As, olga: User) -> None:
    caller = calls(olga)
    found = planned(caller, "teams", {"act": "disqualify", "teams": ["alpha"]})
    assert found["lines"] == ["Alpha"]
    assert (found["asks"], found["teams"], found["can_be_undone"]) == (["reason"], 1, True)
    assert {move["team"] for board in found["boards"] for move in board["changes"]} == {"Alpha"}
    world.team.refresh_from_db()
    assert world.team.disqualified_at is None
    given = {"plan": found["plan"]}
    assert problem(caller.post(CARRY, given), 422, "invalid")["errors"][0]["where"] == "body.reason"
    done = caller.post(CARRY, {**given, "reason": "Two accounts."})
    assert done.json() == {"challenge": "cup", "act": "Disqualify", "lines": ["Alpha"]}
    world.team.refresh_from_db()
    assert world.team.disqualified_reason == "Two accounts."
    assert happened(Verb.DISQUALIFIED_TEAM, olga).facts["why"] == "Two accounts."
    problem(caller.post(CARRY, {**given, "reason": "Again."}), 409, "moved")


def test_a_plan_is_of_one_person_for_an_hour(
    world: World, calls: As, olga: User, manager: User
) -> None:
    caller = calls(olga)
    plan = planned(caller, "teams", {"act": "disqualify", "teams": ["alpha"]})["plan"]
    given = {"plan": plan, "reason": "x"}
    problem(calls(manager).post(CARRY, given), 409, "no_plan")
    problem(caller.post(CARRY, {**given, "plan": plan[:-1]}), 409, "no_plan")
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        problem(caller.post(CARRY, given), 409, "plan_over")


def test_a_plan_of_somebody_who_lost_the_role_does_nothing(
    world: World, calls: As, manager: User, challenge: Challenge
) -> None:
    caller = calls(manager)
    plan = planned(caller, "teams", {"act": "disqualify", "teams": ["alpha"]})["plan"]
    challenge.organizers.filter(user=manager).update(role=Role.VIEWER)
    problem(caller.post(CARRY, {"plan": plan, "reason": "x"}), 403, "not_allowed")
    challenge.organizers.filter(user=manager).delete()
    problem(caller.post(CARRY, {"plan": plan, "reason": "x"}), 404, "not_found")


def test_attempts_are_granted_once_for_one_plan(world: World, calls: As, olga: User) -> None:
    caller = calls(olga)
    body = {"act": "grant", "teams": ["alpha"], "task": TASK, "attempts": 3}
    plan = carried(caller, "teams", body, reason="Our fault.")["plan"]
    problem(caller.post(CARRY, {"plan": plan, "reason": "Our fault."}), 409, "moved")
    assert Quota.objects.get(team=world.team).granted == 3


def test_acts_on_submissions(world: World, calls: As, olga: User) -> None:
    caller = calls(olga)
    body = {"act": "withdraw", "submissions": [world.submission.pk]}
    assert carried(caller, "submissions", body, reason="A leak.")["boards"]
    world.submission.refresh_from_db()
    assert world.submission.withdrawn_reason == "A leak."
    again = planned(caller, "submissions", body)
    assert again["lines"] == []
    assert "withdrawn already" in again["skipped"][0]
    carried(caller, "submissions", {**body, "act": "restore"}, reason="None.")
    failed = factories.make_submission(world.team, world.task, State.FAILED)
    carried(caller, "submissions", {"act": "retry", "submissions": [failed.pk]})
    failed.refresh_from_db()
    assert failed.state == State.QUEUED


def test_two_teams_become_one(world: World, calls: As, olga: User, challenge: Challenge) -> None:
    caller = calls(olga)
    newt = factories.make_user("newt")
    beta = factories.make_team(challenge, "Beta", newt)
    body = {"act": "merge", "teams": ["beta"], "into": "alpha"}
    found = planned(caller, "teams", body)
    assert (found["asks"], found["teams"], found["can_be_undone"]) == (["reason"], 2, False)
    assert found["lines"][0] == "Beta"
    assert found["lines"][1].startswith("Newt moves from Beta to Alpha")
    given = {"plan": found["plan"], "reason": "One lab."}
    factories.make_submission(world.team, world.task)
    problem(caller.post(CARRY, given), 409, "moved")
    plan = carried(caller, "teams", body, reason="One lab.")["plan"]
    beta.refresh_from_db()
    assert beta.merged_into == world.team
    assert happened(Verb.MERGED_TEAMS, olga).facts["why"] == "One lab."
    problem(caller.post(CARRY, {**given, "plan": plan}), 409, "moved")
    same = planned(caller, "teams", {**body, "teams": ["alpha"]})
    assert "Choose another team than the one" in same["skipped"][0]


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("teams", {"act": "praise", "teams": ["alpha"]}, "body.act"),
        ("teams", {"act": "disqualify", "teams": []}, "body.teams"),
        ("teams", {"act": "disqualify", "teams": ["omega"]}, "body.teams"),
        ("teams", {"act": "grant", "teams": ["alpha"], "attempts": 2}, "body.task"),
        ("teams", {"act": "grant", "teams": ["alpha"], "task": "no", "attempts": 2}, "body.task"),
        ("teams", {"act": "grant", "teams": ["alpha"], "task": TASK, "attempts": 0},
         "body.attempts"),
        ("teams", {"act": "move", "teams": ["alpha"], "member": "no@example.org"}, "body.member"),
        ("teams", {"act": "merge", "teams": ["alpha"]}, "body.into"),
        ("teams", {"act": "merge", "teams": ["alpha"], "into": "omega"}, "body.into"),
        ("submissions", {"act": "withdraw", "submissions": ["x"]}, "body.submissions.0"),
        ("times", {"closes_at": "soon"}, "body.closes_at"),
        ("times", {"close_at": LATER}, "body.close_at"),
        ("times", {"closes_at": "1999-01-01T00:00:00Z"}, "body"),
        ("times", {"extend_hours": 0}, "body.extend_hours"),
        (f"tasks/{TASK}/pause", {"sentence": "x" * 301}, "body.sentence"),
        ("organizers", {"roles": {"x": "viewer"}}, "body"),
        ("organizers", {"roles": {"olga@example.org": None}}, "body"),
        ("announcements", {"title": "News"}, "body.body"),
        ("announcements", {"title": "", "body": "x"}, "body.title"),
        ("announcements", {"title": "x", "body": "x", "track": "no"}, "body.track"),
        ("announcements", {"title": "x", "body": "x", "state": "no"}, "body.state"),
        ("announcements", {"title": "x", "body": "x", "days": 0}, "body.days"),
        ("readiness", {"act": "overrule", "check": "no"}, "body.check"),
        ("threads/alpha", {"body": ""}, "body.body"),
        ("webhook", {"act": "set"}, "body.url"),
        ("webhook", {"act": "set", "url": "https://x.example", "form": "fax"}, "body.form"),
        ("winners", {"act": "bar"}, "body.team"),
        ("winners", {"act": "bar", "team": "omega"}, "body.team"),
        ("reveal", {"act": "undo"}, "body.act"),
        ("archives", {"edition": "secret"}, "body.edition"),
        (f"tasks/{TASK}/rescore", {"act": "start", "solution": 99}, "body.solution"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_its_place(
    world: World, calls: As, olga: User, path: str, body: Any, where: str
) -> None:
    found = problem(calls(olga).post(f"{CUP}/{path}/plan", body), 422, "invalid")
    assert found["errors"][0]["where"] in {where, f"{where}.0"}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("archives", {}, "not_revealed"),
        ("winners", {"act": "publish"}, "no_winners"),
        ("winners", {"act": "take_back"}, "not_published"),
        ("readiness", {"act": "take_back", "check": "rules"}, "not_overruled"),
        ("threads/alpha", {"body": " "}, "no_text"),
        ("webhook", {"act": "test"}, "no_webhook"),
        ("webhook", {"act": "remove"}, "no_webhook"),
        ("webhook", {"act": "set", "url": "https://elsewhere.example/x"}, "bad_webhook"),
        (f"tasks/{TASK}/rescore", {"act": "publish"}, "no_rescore"),
        ("baselines", {"act": "cancel", "task": TASK, "method": "trivial"}, "no_run"),
    ],
)
def test_what_cannot_be_now_is_refused(
    world: World, calls: As, olga: User, path: str, body: Any, code: str
) -> None:
    problem(calls(olga).post(f"{CUP}/{path}/plan", body), 409, code)


# Set up ------------------------------------------------------------------------------------------


def test_a_challenge_is_made_changed_and_exported(calls: As, olga: User, world: World) -> None:
    caller = calls(olga)
    found = caller.post("host/definition/plan", {"yaml": NEW}).json()
    assert not Challenge.objects.filter(slug="spring").exists()
    assert caller.post(CARRY, {"plan": found["plan"]}).status_code == 200
    made = Challenge.objects.get(slug="spring")
    assert made.organizers.get().user == olga
    assert {"spring", "cup"} == {
        each["slug"] for each in caller.get("host/challenges").json()["items"]
    }
    text = caller.get("host/challenges/spring/definition").json()["yaml"]
    changed = caller.post("host/definition/plan", {"yaml": text.replace("A second", "The 2nd")})
    assert changed.json()["lines"] == ["summary: A second one. → The 2nd one."]
    assert caller.post(CARRY, {"plan": changed.json()["plan"]}).status_code == 200
    made.refresh_from_db()
    assert made.summary == "The 2nd one."


def test_a_definition_is_refused_to_others_and_with_its_line(
    calls: As, olga: User, alice: User, viktor: User, manager: User, challenge: Challenge
) -> None:
    path = "host/definition/plan"
    problem(calls(alice).post(path, {"yaml": NEW}), 403, "not_allowed")
    for user in (viktor, manager):
        problem(calls(user).post(path, {"yaml": "challenge: {slug: cup}"}), 403, "not_allowed")
    bad = problem(calls(olga).post(path, {"yaml": "challenge:\n  slug: cup\n  titel: x\n"}), 422,
                  "invalid")  # fmt: skip
    assert "line 3" in bad["detail"]
    problem(calls(olga).post(path, {"yaml": "]"}), 422, "invalid")


def test_a_guarded_change_needs_the_title(calls: As, olga: User, challenge: Challenge) -> None:
    caller = calls(olga)
    past = (timezone.now() - timedelta(days=1)).isoformat()
    found = planned(caller, "times", {"announced_at": past})
    assert (found["asks"], found["title"]) == (["title"], challenge.title)
    given = {"plan": found["plan"]}
    problem(caller.post(CARRY, {**given, "title": "Cap"}), 422, "invalid")
    assert caller.post(CARRY, {**given, "title": challenge.title}).status_code == 200
    assert happened(Verb.MOVED_TIME, olga).facts["time"] == "announced_at"


def test_a_plan_of_times_is_over_once_they_move(
    calls: As, olga: User, challenge: Challenge
) -> None:
    caller = calls(olga)
    found = planned(caller, "times", {"archived_at": LATER})
    carried(caller, "times", {"archived_at": "2098-01-01T00:00:00Z"})
    problem(caller.post(CARRY, {"plan": found["plan"]}), 409, "moved")


def test_organizers_come_and_go(calls: As, olga: User, viktor: User, challenge: Challenge) -> None:
    caller = calls(olga)
    carried(caller, "organizers", {"roles": {"new@example.org": "manager", viktor.email: None}})
    found = caller.get(f"{CUP}/organizers").json()
    assert found == {
        "roles": {"new@example.org": "manager", olga.email: "owner"},
        "pending": ["new@example.org"],
    }


def test_a_manager_announces_and_takes_back(calls: As, manager: User, challenge: Challenge) -> None:
    caller = calls(manager)
    carried(caller, "announcements", {"title": "News", "body": "So."})
    assert [each["body"] for each in caller.get(f"{CUP}/announcements").json()["items"]] == ["So."]
    carried(caller, "announcements", {"title": "News", "take_back": True})
    assert caller.get(f"{CUP}/announcements").json()["items"] == []


# Run ---------------------------------------------------------------------------------------------


def test_lists_are_filtered_and_have_no_scores(world: World, calls: As, olga: User) -> None:
    caller = calls(olga)

    def ids(query: str) -> list[int]:
        found = caller.get(f"{CUP}/submissions{query}").json()
        assert "0.812345" not in str(found)
        return [each["id"] for each in found["items"]]

    assert set(ids("")) == {world.submission.pk, world.later.pk}
    assert ids("?state=rejected") == [world.later.pk]
    assert ids("?state=final") == ids("?team=omega") == ids("?until=1990-01-01T00:00:00Z") == []
    assert len(ids("?limit=1")) == 1
    (team,) = caller.get(f"{CUP}/teams?member=alice").json()["items"]
    assert (team["name"], team["members"], team["submissions"]) == ("Alpha", 2, 2)
    assert caller.get(f"{CUP}/teams?state=never").json()["count"] == 0
    status = caller.get(f"{CUP}/status").json()
    assert (status["slug"], status["failed"]) == ("cup", 0)
    problem(caller.get(f"{CUP}/submissions?state=odd"), 422, "invalid")
    carried(caller, "announcements", {"title": "News", "body": "So."})
    verb = Verb.CHANGED_CHALLENGE.value
    (event,) = caller.get(f"{CUP}/events?verb={verb}").json()["items"]
    assert (event["who"], event["what"]) == (str(olga), verb)


def test_the_reveal_is_stopped_resumed_and_not_made_early(
    world: World, calls: As, olga: User, challenge: Challenge
) -> None:
    caller = calls(olga)
    carried(caller, "reveal", {"act": "stop"})
    challenge.refresh_from_db()
    assert challenge.reveal_stopped_at
    carried(caller, "reveal", {"act": "resume"})
    found = planned(caller, "reveal", {"act": "now"})
    assert (found["asks"], found["can_be_undone"]) == (["title"], False)
    answer = caller.post(CARRY, {"plan": found["plan"], "title": challenge.title})
    problem(answer, 409, "not_due")


def test_an_archive_is_asked_for_and_each_download_is_an_event(
    world: World, calls: As, olga: User, challenge: Challenge
) -> None:
    caller = calls(olga)
    ended(challenge)
    Challenge.objects.filter(pk=challenge.pk).update(revealed_at=timezone.now())
    carried(caller, "archives", {"edition": "full"})
    row = Archive.objects.get()
    problem(caller.get(f"{CUP}/archives/{row.pk}/file"), 404, "not_found")
    files.private().save("archives/x.zip", ContentFile(b"PK"))
    Archive.objects.filter(pk=row.pk).update(
        state=ArchiveState.DONE, file="archives/x.zip", sha256="c" * 64, size=2,
        finished_at=timezone.now(), lease_until=None,
    )  # fmt: skip
    (found,) = caller.get(f"{CUP}/archives").json()["items"]
    assert (found["id"], found["has_file"], found["with_solutions"]) == (row.pk, True, True)
    answer = caller.get(f"{CUP}/archives/{row.pk}/file")
    assert b"".join(answer.streaming_content) == b"PK"
    assert happened(Verb.DOWNLOADED_ARCHIVE, olga).facts["edition"] == "full"


def test_the_file_that_the_client_begins_with_makes_a_challenge(
    calls: As, olga: User, challenge: Challenge
) -> None:
    found = calls(olga).post("host/definition/plan", {"yaml": TEMPLATE})
    assert found.status_code == 200, found.content
    assert "summary: nothing → One sentence for lists and headers." in found.json()["lines"]


def test_a_team_is_barred_from_prizes_and_admitted(world: World, calls: As, olga: User) -> None:
    caller, body = calls(olga), {"act": "bar", "team": "alpha"}
    assert carried(caller, "winners", body, reason="Sponsors.")["lines"] == [
        "Alpha keeps its rank."
    ]
    assert world.team.ineligibility.reason == "Sponsors."
    problem(caller.post(f"{CUP}/winners/plan", body), 409, "bad_team")
    carried(caller, "winners", {**body, "act": "admit"}, reason="A mistake.")
    assert happened_last(Verb.CHANGED_ELIGIBILITY, olga).facts["why"] == "A mistake."


@pytest.mark.usefixtures("over")
def test_winners_are_published_by_the_plan_that_was_read(calls: As, olga: User) -> None:
    caller = calls(olga)
    found = planned(caller, "winners", {"act": "publish"})
    assert any("rank 1: A, Gold" in line for line in found["lines"])
    given = {"plan": found["plan"]}
    assert caller.post(CARRY, given).status_code == 200
    problem(caller.post(CARRY, given), 409, "moved")
    carried(caller, "winners", {"act": "take_back"}, reason="Wrong.")
    assert happened(Verb.TOOK_BACK_WINNERS, olga).facts["why"] == "Wrong."
