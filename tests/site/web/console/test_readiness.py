"""What should be so before a challenge opens, and what owners overrule of it in writing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import DatasetVersion, Solution
from podium.challenges.models import Challenge, Role, Task
from podium.notices.models import How, Kind, Notice
from podium.rehearsals.jobs import definition_of
from podium.rehearsals.models import Rehearsal
from podium.rehearsals.readiness import checks_of
from podium.standings.actions import REFERENCE, on_evaluation_stored
from tests.site import factories

AsUser = Callable[[User | None], Client]
PAGE = reverse("console-readiness", args=["cup"])


@pytest.fixture
def task(challenge: Challenge) -> Task:
    Challenge.objects.update(
        announced_at=timezone.now(), opens_at=timezone.now() + timedelta(days=1), rules="Be fair."
    )
    challenge.refresh_from_db()
    task = factories.make_task(challenge, "matching", "exact")
    Solution.objects.update(public_rows=400, private_rows=600)
    return Task.objects.get(pk=task.pk)


@pytest.fixture
def ready(task: Task, olga: User) -> Challenge:
    """A challenge whose checks all pass."""
    for baseline, score in (("trivial", 0.1), (REFERENCE, 0.8)):
        team = factories.make_team(task.challenge, baseline.title(), baseline=baseline)
        sent = factories.make_submission(team, task)
        on_evaluation_stored(factories.make_evaluation(sent, public=score, private=score))
    nora = factories.make_user("nora")
    factories.make_organizer(task.challenge, nora, Role.OWNER)
    for person in (olga, nora):
        EmailAddress.objects.create(user=person, email=person.email, verified=True)
    Notice.objects.create(
        user=nora, kind=Kind.ROLE, key="x", challenge=task.challenge, mail=How.INSTANT,
        mailed_at=timezone.now(), facts={"role": "owner"},
    )  # fmt: skip
    challenge = Challenge.objects.get(pk=task.challenge_id)
    Rehearsal.objects.create(
        challenge=challenge, state="done", definition=definition_of(challenge), steps=[]
    )
    return task.challenge


def open_checks(challenge: Challenge) -> dict[str, str]:
    return {check.key: check.problem for check in checks_of(challenge) if check.is_open}


def test_a_challenge_that_is_ready_says_so(ready: Challenge, as_user: AsUser, olga: User) -> None:
    assert open_checks(ready) == {}
    assert "The challenge is ready." in as_user(olga).get(PAGE).content.decode()


def test_an_empty_challenge_is_not_ready(challenge: Challenge) -> None:
    Challenge.objects.update(rules=" ", announced_at=None)
    found = open_checks(Challenge.objects.get())
    assert set(found) == {"tasks", "times", "rules", "owners", "mail", "worker", "rehearsal"}
    assert "There is no task." in found["tasks"]
    assert "The opening is in the past." in found["times"]
    assert found["owners"].startswith("0 owners")


def _no_trivial(task: Task) -> None:
    task.boards.get().standings.filter(team__baseline="trivial").delete()


def _no_reference(task: Task) -> None:
    task.boards.get().standings.filter(team__baseline=REFERENCE).delete()


def _too_easy(task: Task) -> None:
    task.boards.get().standings.filter(team__baseline=REFERENCE).update(score=0.995)


def _few_rows(task: Task) -> None:
    Solution.objects.update(private_rows=99)


def _fine_step(task: Task) -> None:
    Task.objects.update(step="0.002")


def _empty_track(task: Task) -> None:
    task.challenge.tracks.create(kind="classification", title="Naming")


def _announced_late(task: Task) -> None:
    Challenge.objects.update(announced_at=task.challenge.opens_at)


def _no_licence(task: Task) -> None:
    facts = {**task.dataset_version.facts, "licence": {}}
    DatasetVersion.objects.update(facts=facts)


def _one_owner(task: Task) -> None:
    EmailAddress.objects.filter(user__name="Nora").update(verified=False)


def _mail_stuck(task: Task) -> None:
    Notice.objects.update(mailed_at=None, tries=3)


def _mail_long_ago(task: Task) -> None:
    Notice.objects.update(mailed_at=timezone.now() - timedelta(days=8))


def _worker_idle(task: Task) -> None:
    task.submissions.update(finished_at=timezone.now() - timedelta(days=2))


def _changed(task: Task) -> None:
    Challenge.objects.update(summary="Another summary.")


def _shared(task: Task) -> None:
    other = factories.make_challenge("other", reveal_at=timezone.now() + timedelta(days=900))
    version = task.dataset_version
    factories.make_task(other, "matching", "twin", dataset_version=version, solution=task.solution)


@pytest.mark.parametrize(
    ("spoil", "key", "says"),
    [
        (_no_trivial, "trivial", "no score yet, so nobody is ranked"),
        (_no_reference, "reference", "no score yet. Start AutoGluon"),
        (_too_easy, "reference", "AutoGluon reaches 0.995"),
        (_few_rows, "rows", "400 public and 99 private rows"),
        (_fine_step, "rows", "a step of 0.002 is less than one of 400 public rows"),
        (_empty_track, "tasks", "Naming has no task"),
        (_announced_late, "times", "The announcement comes after the opening"),
        (_no_licence, "licences", "its data set does not name a licence"),
        (_one_owner, "owners", "1 owner with a confirmed address"),
        (_mail_stuck, "mail", "The mail server does not take mails"),
        (_mail_long_ago, "mail", "No mail has left in 7 days"),
        (_worker_idle, "worker", "No worker has scored anything today"),
        (_changed, "rehearsal", "since the last change"),
        (_shared, "reveals", "the reveals differ"),
    ],
)
def test_each_check_says_what_is_wrong(
    ready: Challenge, spoil: Callable[[Task], None], key: str, says: str
) -> None:
    spoil(Task.objects.select_related("challenge", "dataset_version").get())
    found = open_checks(Challenge.objects.get(pk=ready.pk))
    assert says in found.pop(key)
    found.pop("rehearsal", None)  # of the challenge as it was before it was spoilt
    assert found == {}


def test_an_owner_overrules_a_check_in_writing_and_takes_it_back(
    ready: Challenge, as_user: AsUser, olga: User
) -> None:
    Challenge.objects.update(rules="")
    ready.rehearsals.update(definition=definition_of(Challenge.objects.get(pk=ready.pk)))
    client = as_user(olga)
    assert "1 check does not pass." in client.get(PAGE).content.decode()
    url = reverse("console-overrule", args=["cup", "rules"])
    assert "There are no rules" in client.get(url).content.decode()
    assert client.post(url, {"reason": " "}).status_code == 422
    assert client.post(url, {"reason": "A class of our own."}).status_code == 302
    page = client.get(PAGE).content.decode()
    assert "The challenge is ready." in page
    assert "A class of our own." in page
    event = Event.objects.get(verb="overruled check")
    assert (event.actor_id, event.facts) == (
        olga.pk, {"check": "rules", "why": "A class of our own."}
    )  # fmt: skip
    back = reverse("console-take-back-overruling", args=["cup", "rules"])
    for _ in range(2):
        assert client.post(back).status_code == 302
    assert Event.objects.filter(verb="took back overruling").count() == 1
    assert "1 check does not pass." in client.get(PAGE).content.decode()


def test_a_check_that_is_none_is_not_found(
    challenge: Challenge, as_user: AsUser, olga: User
) -> None:
    url = reverse("console-overrule", args=["cup", "odd"])
    assert as_user(olga).get(url).status_code == 404


def test_a_manager_reads_the_checks_and_overrules_none(ready: Challenge, as_user: AsUser) -> None:
    mia = factories.make_user("mia")
    factories.make_organizer(ready, mia, Role.MANAGER)
    Challenge.objects.update(rules="")
    page = as_user(mia).get(PAGE).content.decode()
    assert "There are no rules" in page
    assert "Overrule" not in page
