"""Rescores by the organizers' API."""

from podium.accounts.models import User
from podium.audit.verbs import Verb
from podium.submissions.jobs import rescoring
from podium.submissions.models import Rescore, State
from tests.site import factories
from tests.site.api.callers import problem
from tests.site.api.conftest import As, World
from tests.site.api.test_host import CARRY, CUP, TASK, carried, happened, planned


def test_a_rescore_starts_and_is_cancelled(world: World, calls: As, olga: User) -> None:
    caller, path = calls(olga), f"tasks/{TASK}/rescore"
    solution = world.task.solution
    second = factories.make_solution(world.task.dataset_version, number=solution.number + 1)
    assert caller.get(f"{CUP}/{path}").json()["state"] == ""
    carried(caller, path, {"act": "start", "solution": second.number})
    assert Rescore.objects.get().started_by == olga
    problem(caller.post(f"{CUP}/{path}/plan", {"act": "start"}), 409, "cannot_rescore")
    carried(caller, path, {"act": "cancel"})
    assert caller.get(f"{CUP}/{path}").json()["state"] == "cancelled"


def test_a_rescore_is_published_with_a_reason(world: World, calls: As, olga: User) -> None:
    caller, path = calls(olga), f"tasks/{TASK}/rescore"
    solution = factories.make_solution(world.task.dataset_version, number=9)
    rescore = rescoring.start(task=world.task, solution=solution, by=olga)
    world.task.submissions.update(state=State.REJECTED)  # so that nothing is left to do
    assert rescoring.finish_if_done(rescore)
    found = planned(caller, path, {"act": "publish"})
    assert found["asks"] == ["reason"]
    problem(caller.post(CARRY, {"plan": found["plan"]}), 422, "invalid")
    answer = caller.post(CARRY, {"plan": found["plan"], "reason": "A newer scorer."})
    assert answer.status_code == 200, answer.content
    assert happened(Verb.PUBLISHED_RESCORE, olga).facts["why"] == "A newer scorer."
