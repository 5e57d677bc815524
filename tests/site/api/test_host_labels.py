"""Corrected solutions by the organizers' API: sent, compared, and added by a plan."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from pytest_django import Settings

from podium.accounts.models import User
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Role, Task
from podium.corrections import actions, tasks
from podium.corrections.models import Correction, CorrectionState
from tests.site import factories
from tests.site.api.callers import Caller, problem
from tests.site.api.conftest import As
from tests.site.api.test_host import CARRY, CUP, carried, happened, planned
from tests.site.corrections.test_corrections import compared, relabelled, sent
from tests.site.pets import make_pets_task, truth


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podium.celery.send", lambda *_: None)


@pytest.fixture
def task(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


def at(task: Task) -> str:
    return f"tasks/{task.slug}/labels"


def upload(caller: Caller, task: Task, content: str, name: str = "labels.csv") -> Any:
    return caller.send(f"{CUP}/{at(task)}", {"file": ContentFile(content.encode(), name)})


def listed(caller: Caller, task: Task) -> Any:
    (found,) = caller.get(f"{CUP}/{at(task)}").json()["items"]
    return found


def test_labels_are_sent_compared_and_added_with_a_reason(
    task: Task, calls: As, olga: User
) -> None:
    caller = calls(olga)
    answer = upload(caller, task, relabelled(task))
    assert answer.status_code == 202, answer.content
    assert (answer.json()["state"], answer.json()["comparison"]) == ("queued", None)
    correction = Correction.objects.get()
    body = {"act": "add", "correction": correction.pk}
    problem(caller.post(f"{CUP}/{at(task)}/plan", body), 409, "state")
    problem(upload(caller, task, relabelled(task)), 409, "undecided")
    tasks.compare(correction.pk)
    found = listed(caller, task)
    assert (found["comparison"]["changed"], found["comparison"]["rows"]) == (2, 120)
    assert not any(row["id"] in str(found["comparison"]) for row in truth(task))
    plan = planned(caller, at(task), body)
    assert "2 of 120 labels change." in plan["lines"]
    assert plan["asks"] == ["reason"]
    problem(caller.post(CARRY, {"plan": plan["plan"]}), 422, "invalid")
    given = {"plan": plan["plan"], "reason": "A rater was wrong."}
    assert caller.post(CARRY, given).status_code == 200
    problem(caller.post(CARRY, given), 409, "state")
    assert (listed(caller, task)["solution"], listed(caller, task)["comparison"]) == (2, None)
    assert happened(Verb.ADDED_SOLUTION, olga).facts["why"] == "A rater was wrong."
    rescore = planned(caller, f"tasks/{task.slug}/rescore", {"act": "start", "solution": 2})
    assert "solution 2" in rescore["lines"][0]


def test_it_is_added_only_as_it_was_read(task: Task, calls: As, olga: User, tmp_path: Path) -> None:
    caller, correction = calls(olga), compared(task, olga, tmp_path)
    plan = planned(caller, at(task), {"act": "add", "correction": correction.pk})["plan"]
    factories.make_solution(task.dataset_version, number=2)
    problem(caller.post(CARRY, {"plan": plan, "reason": "Why not."}), 409, "moved")


def test_one_is_discarded(
    task: Task,
    calls: As,
    olga: User,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    caller, correction = calls(olga), sent(task, olga, tmp_path)
    with django_capture_on_commit_callbacks(execute=True):
        carried(caller, at(task), {"act": "discard", "correction": correction.pk})
    assert Correction.objects.get().state == CorrectionState.DISCARDED
    again = {"act": "discard", "correction": correction.pk}
    problem(caller.post(CARRY, {"plan": planned(caller, at(task), again)["plan"]}), 409, "state")


@pytest.mark.parametrize("role", [Role.MANAGER, Role.VIEWER])
def test_only_owners_send_and_see_them(
    task: Task, calls: As, olga: User, tmp_path: Path, role: Role
) -> None:
    correction = compared(task, olga, tmp_path)
    other = factories.make_user("other")
    factories.make_organizer(task.challenge, other, role)
    caller = calls(other)
    body = {"act": "discard", "correction": correction.pk}
    problem(caller.get(f"{CUP}/{at(task)}"), 403, "not_allowed")
    problem(upload(caller, task, relabelled(task)), 403, "not_allowed")
    problem(caller.post(f"{CUP}/{at(task)}/plan", body), 403, "not_allowed")
    stranger = calls(factories.make_user("stranger"))
    problem(stranger.get(f"{CUP}/{at(task)}"), 404, "not_found")
    problem(upload(stranger, task, relabelled(task)), 404, "not_found")


def test_a_bad_file_is_refused(
    task: Task, calls: As, olga: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = calls(olga)
    problem(upload(caller, task, "id,label\n", "labels.txt"), 422, "bad_file")
    problem(upload(caller, task, "id,label\n", "labels.parquet"), 422, "bad_file")
    problem(caller.send(f"{CUP}/{at(task)}", {"other": ContentFile(b"x", "x.csv")}), 422, "invalid")
    problem(caller.send(f"{CUP}/{at(task)}", {"file": "text"}), 422, "invalid")
    problem(caller.post(f"{CUP}/{at(task)}", {"file": "x"}), 415, "not_a_form")
    bad = caller.post(f"{CUP}/{at(task)}/plan", {"act": "praise", "correction": 1})
    assert problem(bad, 422, "invalid")["errors"][0]["where"] == "body.act"
    problem(
        caller.post(f"{CUP}/{at(task)}/plan", {"act": "add", "correction": 1}), 404, "not_found"
    )
    monkeypatch.setattr(actions, "MOST_BYTES", 100)
    problem(upload(caller, task, "x" * 101), 413, "too_large")
    settings.API_UPLOADS_AN_HOUR = 0
    problem(upload(caller, task, relabelled(task)), 429, "too_many_requests")
    assert not Correction.objects.exists()
