"""Readiness, cases, threads, alerts and announcements by the organizers' API."""

from datetime import timedelta

import pytest
from django.core import mail
from pytest_django import Settings

from podium.accounts.models import User
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Role
from podium.discussions.models import Message
from podium.integrity.models import Case, CaseState
from podium.notices.models import Notice
from podium.watch.models import Post, Webhook
from tests.site import factories
from tests.site.api.callers import problem
from tests.site.api.conftest import As, World
from tests.site.api.test_host import CARRY, CUP, carried, happened, happened_last, planned

URL = "https://hooks.example/services/T0TOKEN"


@pytest.fixture
def case(world: World) -> Case:
    return factories.make_case(world.team, world.task)


@pytest.fixture
def hosts(settings: Settings) -> None:
    settings.WEBHOOK_HOSTS = frozenset({"hooks.example"})


# Readiness ---------------------------------------------------------------------------------------


def test_a_check_is_overruled_in_writing_and_counts_again(
    world: World, calls: As, olga: User
) -> None:
    caller = calls(olga)

    def check() -> dict[str, object]:
        found = caller.get(f"{CUP}/readiness").json()
        assert found["is_ready"] is False
        (rows,) = [each for each in found["items"] if each["check"] == "rows"]
        return dict(rows)

    assert check()["is_open"]
    assert check()["url"] == "/c/cup/console/setup/"
    found = planned(caller, "readiness", {"act": "overrule", "check": "rows"})
    assert found["lines"][0].startswith("There are enough rows for ranks and steps. ")
    given = {"plan": found["plan"]}
    problem(caller.post(CARRY, given), 422, "invalid")
    assert caller.post(CARRY, {**given, "reason": "By design."}).status_code == 200
    assert check()["overruled"]["why"] == "By design."  # type: ignore[index]
    assert not check()["is_open"]
    problem(caller.post(CARRY, {**given, "reason": "By design."}), 409, "moved")
    carried(caller, "readiness", {"act": "take_back", "check": "rows"})
    assert check()["is_open"]
    assert happened(Verb.TOOK_BACK_OVERRULING, olga).facts["check"] == "rows"


# Cases -------------------------------------------------------------------------------------------


def test_a_case_is_read_with_its_evidence_and_decided_with_a_note(
    case: Case, calls: As, olga: User
) -> None:
    caller, path = calls(olga), f"cases/{case.pk}"
    (listed,) = caller.get(f"{CUP}/cases?state=open").json()["items"]
    found = caller.get(f"{CUP}/{path}").json()
    assert {name: found[name] for name in listed} == listed
    assert listed["evidence"].endswith("; p < 1e-09")
    assert found["teams"] == [{"slug": "alpha", "name": "Alpha"}]
    assert found["counts"][-1] == {
        "label": "Probability by chance (p)", "value": "less than 1e-09"
    }  # fmt: skip
    assert found["sides"][0]["members"] == 2
    plan = planned(caller, path, {"decision": "warned"})
    assert (plan["asks"], plan["teams"]) == (["reason"], 0)
    assert "decision: open → warned" in plan["lines"]
    problem(caller.post(CARRY, {"plan": plan["plan"]}), 422, "invalid")
    before = Notice.objects.count()
    done = caller.post(CARRY, {"plan": plan["plan"], "reason": "We wrote to them."})
    assert done.status_code == 200, done.content
    case.refresh_from_db()
    assert (case.state, case.decision, case.note) == ("decided", "warned", "We wrote to them.")
    assert happened(Verb.DECIDED_CASE, olga).facts["why"] == "We wrote to them."
    assert (Notice.objects.count(), mail.outbox) == (before, [])
    assert caller.get(f"{CUP}/cases?state=open").json()["items"] == []
    assert caller.get(f"{CUP}/{path}").json()["decided_by"] == str(olga)


def test_a_decision_needs_the_evidence_that_was_read(case: Case, calls: As, olga: User) -> None:
    caller, path = calls(olga), f"cases/{case.pk}"
    plan = planned(caller, path, {"decision": "no issue"})["plan"]
    Case.objects.update(strength=9.0)
    problem(caller.post(CARRY, {"plan": plan, "reason": "Fine."}), 409, "moved")
    unfit = caller.post(f"{CUP}/{path}/plan", {"decision": "disqualified"})
    problem(unfit, 409, "bad_decision")  # when planned already: none of its teams is
    assert Case.objects.get().state == CaseState.OPEN
    bad = problem(caller.post(f"{CUP}/{path}/plan", {"decision": "guilty"}), 422, "invalid")
    assert bad["errors"][0]["where"] == "body.decision"


def test_a_case_says_nothing_of_private_scores(case: Case, calls: As, olga: User) -> None:
    case.entries.update(submission=case.entries.get().team.submissions.earliest("pk"))
    found = calls(olga).get(f"{CUP}/cases/{case.pk}").json()
    (sent,) = found["submissions"]
    assert set(sent) == {"id", "team", "number", "received_at", "bytes", "score", "method"}


def test_cases_are_for_owners_and_managers(
    case: Case, calls: As, viktor: User, alice: User, challenge: Challenge, olga: User
) -> None:
    path, body = f"{CUP}/cases/{case.pk}", {"decision": "warned"}
    for user, status, code in ((viktor, 403, "not_allowed"), (alice, 404, "not_found")):
        problem(calls(user).get(path), status, code)
        problem(calls(user).post(f"{path}/plan", body), status, code)
    spring = factories.make_challenge("spring")
    factories.make_organizer(spring, olga, Role.OWNER)
    elsewhere = f"host/challenges/spring/cases/{case.pk}"
    problem(calls(olga).get(elsewhere), 404, "not_found")
    problem(calls(olga).post(f"{elsewhere}/plan", body), 404, "not_found")


# Threads -----------------------------------------------------------------------------------------


def test_a_thread_is_opened_answered_and_listed(world: World, calls: As, olga: User) -> None:
    caller = calls(olga)
    assert caller.get(f"{CUP}/threads").json()["items"] == []
    found = planned(caller, "threads/alpha", {"body": "May *you* say how?"})
    assert found["lines"] == ["To Alpha: May *you* say how?"]
    assert (found["teams"], found["can_be_undone"]) == (1, False)
    assert not Message.objects.exists()
    given = {"plan": found["plan"]}
    before = Notice.objects.count()
    assert caller.post(CARRY, given).status_code == 200
    assert Notice.objects.count() - before == 2  # its two members
    problem(caller.post(CARRY, given), 409, "moved")
    (thread,) = caller.get(f"{CUP}/threads").json()["items"]
    assert (thread["team"], thread["messages"], thread["is_unanswered"]) == ("alpha", 1, False)
    factories.make_message(world.team, world.bob, body="Gladly.")
    (thread,) = caller.get(f"{CUP}/threads?unanswered=true").json()["items"]
    assert thread["messages"] == 2
    messages = caller.get(f"{CUP}/threads/alpha").json()["items"]
    assert [(each["body"], each["by_organizer"]) for each in messages] == [
        ("Gladly.", False), ("May *you* say how?", True)
    ]  # fmt: skip
    (team,) = caller.get(f"{CUP}/teams").json()["items"]
    assert (team["messages"], team["is_unanswered"]) == (2, True)


def test_there_are_no_threads_with_baselines_or_teams_elsewhere(
    world: World, calls: As, olga: User, challenge: Challenge
) -> None:
    factories.make_team(challenge, "Robot", baseline="trivial")
    factories.make_team(factories.make_challenge("spring"), "Beta", factories.make_user("bea"))
    for slug in ("robot", "beta", "nobody"):
        problem(calls(olga).get(f"{CUP}/threads/{slug}"), 404, "not_found")
        problem(calls(olga).post(f"{CUP}/threads/{slug}/plan", {"body": "x"}), 404, "not_found")


# Alerts ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("hosts")
def test_a_webhook_is_set_tested_and_removed(world: World, calls: As, olga: User) -> None:
    caller = calls(olga)
    found = planned(caller, "webhook", {"act": "set", "url": URL, "form": "plain"})
    assert not Webhook.objects.exists()
    assert found["lines"] == ["nothing → hooks.example (plain), with a new secret."]
    assert caller.post(CARRY, {"plan": found["plan"]}).status_code == 200
    problem(caller.post(CARRY, {"plan": found["plan"]}), 409, "moved")
    carried(caller, "webhook", {"act": "test"})
    assert Post.objects.count() == 1
    problem(caller.post(f"{CUP}/webhook/plan", {"act": "test"}), 409, "test_waits")
    answer = caller.get(f"{CUP}/webhook")
    shown = answer.json()
    assert (shown["host"], shown["form"], shown["problem"]) == ("hooks.example", "plain", "")
    assert (shown["posts"][0]["what"], shown["posts"][0]["is_waiting"]) == ("Test", True)
    assert Webhook.objects.get().secret not in answer.content.decode()
    assert "T0TOKEN" not in answer.content.decode()
    carried(caller, "webhook", {"act": "remove"})
    assert caller.get(f"{CUP}/webhook").json()["host"] == ""
    assert [Event.objects.filter(verb=verb).count() for verb in (
        Verb.SET_WEBHOOK, Verb.TESTED_WEBHOOK, Verb.REMOVED_WEBHOOK)] == [1, 1, 1]  # fmt: skip


# Announcements -----------------------------------------------------------------------------------


def test_an_announcement_is_for_some_teams_only(
    world: World, calls: As, olga: User, challenge: Challenge
) -> None:
    caller = calls(olga)
    factories.make_team(challenge, "Quiet", factories.make_user("quinn"))
    body = {"title": "Hello", "body": "Still there?", "state": "unscored"}
    found = planned(caller, "announcements", body)
    assert found["teams"] == 1
    assert found["lines"][-1].startswith("It goes to 1 person in 1 team: teams without a scored")
    assert caller.post(CARRY, {"plan": found["plan"]}).status_code == 200
    (made,) = caller.get(f"{CUP}/announcements").json()["items"]
    assert made["audience"] == "teams without a scored submission"
    assert [each.team.name for each in challenge.announcements.get().addressees.all()] == ["Quiet"]
    assert happened_last(Verb.ANNOUNCED_TO_TEAMS, olga).facts["title"] == "Hello"
    bad = problem(caller.post(f"{CUP}/announcements/plan", body), 422, "invalid")
    assert bad["errors"][0]["where"] == "body.title"


def test_an_announcement_to_teams_is_planned_again_once_they_are_others(
    world: World, calls: As, olga: User, challenge: Challenge
) -> None:
    caller = calls(olga)
    body = {"title": "Hello", "body": "Still there?", "track": world.task.track.kind}
    plan = planned(caller, "announcements", body)["plan"]
    quiet = factories.make_team(challenge, "Quiet", factories.make_user("quinn"))
    factories.make_submission(quiet, world.task)
    problem(caller.post(CARRY, {"plan": plan}), 409, "moved")


def test_nobody_is_like_this(world: World, calls: As, olga: User) -> None:
    body = {"title": "Hello", "body": "Still there?", "state": "silent", "days": 365}
    problem(calls(olga).post(f"{CUP}/announcements/plan", body), 409, "nobody")


def test_a_plan_says_how_many_people_it_reaches(world: World, calls: As, olga: User) -> None:
    body = {"title": "News", "body": "So."}
    caller = calls(olga)
    lines = planned(caller, "announcements", body)["lines"]
    assert any("everybody in a team and every organizer" in line for line in lines)
    carried(caller, "announcements", body)
    again = planned(caller, "announcements", {**body, "body": "Else."})
    assert again["lines"][-1] == "Nobody is notified again."


# Times and pauses --------------------------------------------------------------------------------


def test_the_close_and_what_follows_move_once(
    world: World, calls: As, olga: User, challenge: Challenge
) -> None:
    caller, body = calls(olga), {"extend_hours": 24}
    closes, reveal = challenge.closes_at, challenge.reveal_at
    plan = carried(caller, "times", body)["plan"]
    challenge.refresh_from_db()
    day = timedelta(days=1)
    assert (challenge.closes_at, challenge.reveal_at) == (closes + day, reveal + day)
    problem(caller.post(CARRY, {"plan": plan}), 409, "moved")


def test_a_task_is_paused_with_a_sentence_and_taken_up_again(
    world: World, calls: As, olga: User
) -> None:
    caller, path = calls(olga), f"tasks/{world.task.slug}/pause"
    found = carried(caller, path, {"sentence": " We correct its labels. "})
    assert found["lines"] == [f"tasks.{world.task.slug}.pause: nothing → We correct its labels."]
    world.task.refresh_from_db()
    assert world.task.pause == "We correct its labels."
    carried(caller, path, {"sentence": ""})
    world.task.refresh_from_db()
    assert world.task.pause == ""
    problem(caller.post(f"{CUP}/tasks/none/pause/plan", {"sentence": "x"}), 404, "not_found")
