"""The page of rehearsals: who may start one, what it shows, and what readiness makes of it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Role, Task
from podium.jobs import LEASE
from podium.refusals import Refused
from podium.rehearsals import jobs, tasks
from podium.rehearsals.actions import Report
from podium.rehearsals.models import Rehearsal
from podium.rehearsals.readiness import checks_of
from tests.site import factories

PAGE = "/c/cup/console/rehearsal/"
AsUser = Callable[[User | None], Client]
GOOD = {"title": "Board", "expected": "12 teams", "happened": "12 teams", "seconds": 1.5}
BAD = {"title": "Late file", "expected": "refused", "happened": "scored", "seconds": 0.5}


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """The steps that the scratch site reports; the real one is played in test_rehearse.py."""
    steps: list[dict[str, object]] = [dict(GOOD)]
    monkeypatch.setattr(jobs, "play", lambda challenge, seconds: Report(steps))
    return steps


def ready(challenge: Challenge) -> bool:
    found = {check.key: check for check in checks_of(challenge)}
    return not found["rehearsal"].problem


def test_an_owner_rehearses_and_reads_the_report(
    matching_task: Task, olga: User, as_user: AsUser, played: list[dict[str, object]]
) -> None:
    client, challenge = as_user(olga), matching_task.challenge
    assert "Nobody has rehearsed" in client.get(PAGE).content.decode()
    assert not ready(challenge)
    assert client.post(PAGE).status_code == 302
    waiting = client.get(PAGE).content.decode()
    assert "Waits for a worker" in waiting
    assert "every 3s" in waiting
    assert ">Rehearse</button>" not in waiting
    tasks.play(Rehearsal.objects.get().pk)
    shown = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "All 1 steps went as expected." in shown
    assert "<html" not in shown
    event = Event.objects.get(verb=Verb.REHEARSED_CHALLENGE)
    assert (event.actor_id, event.facts["problems"]) == (olga.pk, [])
    assert ready(challenge)
    challenge.summary = "Something else."
    challenge.save()
    assert not ready(challenge)


def test_a_step_that_went_otherwise_is_a_problem(
    matching_task: Task, olga: User, as_user: AsUser, played: list[dict[str, object]]
) -> None:
    played.append(BAD)
    tasks.play(jobs.ask(challenge=matching_task.challenge, by=olga).pk)
    shown = as_user(olga).get(PAGE).content.decode()
    assert "1 step did not go as expected." in shown
    assert "Expected: refused. Happened: scored" in " ".join(shown.split())
    assert not ready(matching_task.challenge)


@pytest.mark.parametrize(
    ("role", "status"), [(Role.OWNER, 302), (Role.MANAGER, 302), (Role.VIEWER, 403)]
)
def test_owners_and_managers_rehearse_and_viewers_read(
    matching_task: Task, as_user: AsUser, role: str, status: int
) -> None:
    user = factories.make_user("other")
    factories.make_organizer(matching_task.challenge, user, role)
    assert as_user(user).get(PAGE).status_code == 200
    assert as_user(user).post(PAGE).status_code == status
    assert Rehearsal.objects.count() == (status == 302)


def test_participants_and_visitors_do_not_reach_it(
    matching_task: Task, alice: User, as_user: AsUser
) -> None:
    assert as_user(alice).get(PAGE).status_code == 404
    assert as_user(alice).post(PAGE).status_code == 404
    assert as_user(None).get(PAGE).status_code == 302


def test_one_rehearsal_of_a_challenge_is_played_at_a_time(
    matching_task: Task, olga: User, as_user: AsUser
) -> None:
    jobs.ask(challenge=matching_task.challenge, by=olga)
    with pytest.raises(Refused, match="Wait until it is over"):
        jobs.ask(challenge=matching_task.challenge, by=olga)
    answer = as_user(olga).post(PAGE, follow=True)
    assert "Wait until it is over" in answer.content.decode()


def test_a_challenge_without_a_task_cannot_be_rehearsed(challenge: Challenge, olga: User) -> None:
    with pytest.raises(Refused, match="Add a track and a task"):
        jobs.ask(challenge=challenge, by=olga)


@pytest.mark.parametrize("error", [Refused("broken", "It broke. Ask an operator."), OSError("x")])
def test_what_cannot_be_played_says_why(
    matching_task: Task, olga: User, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(challenge: Challenge, seconds: float) -> Report:
        raise error

    monkeypatch.setattr(jobs, "play", broken)
    job = jobs.ask(challenge=matching_task.challenge, by=olga)
    tasks.play(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "Ask an operator" in job.reason
    assert not Event.objects.filter(verb=Verb.REHEARSED_CHALLENGE).exists()


def test_a_rehearsal_whose_worker_died_is_played_again(
    matching_task: Task, olga: User, played: list[dict[str, object]]
) -> None:
    job = jobs.ask(challenge=matching_task.challenge, by=olga)
    Rehearsal.objects.update(state="running", attempt=1, lease_until=timezone.now() - 2 * LEASE)
    tasks.sweep()
    tasks.play(job.pk)
    job.refresh_from_db()
    assert (job.state, job.steps) == ("done", played)
    assert Event.objects.filter(verb=Verb.REHEARSED_CHALLENGE).count() == 1
