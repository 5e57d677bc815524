"""Every kind of job: claims, leases, attempts, the sweep, and a worker killed at any moment."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from podium import jobs, programs
from podium.accounts.models import User
from podium.archives.models import Archive, ArchiveImport, ArchiveState, Edition
from podium.archives.models import ImportState as ArchivedState
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.baseline_runs.models import BaselineRun, Diagnosis, DiagnosisState, RunState
from podium.catalog.models import Import, ImportState, Profile, ProfileState
from podium.challenges.models import Task
from podium.corrections.models import CorrectionState
from podium.jobs import ATTEMPTS, FAILED, QUEUED, FollowedJob, LeasedJob, LostClaim
from podium.rehearsals.models import Rehearsal, RehearsalState
from podium.standings.models import Comparison, ComparisonState
from podium.submissions.models import Checking, Part, State
from podium.teams.models import Team

from . import factories


@dataclass(frozen=True)
class Kind:
    """A kind of job: how to make a waiting one, and its state and fields once it is done."""

    make: Callable[[Task, Team, User], LeasedJob]
    done: str
    result: dict[str, Any] = field(default_factory=dict)
    failure: dict[str, Any] = field(default_factory=dict)


def waiting_import() -> Import:
    factories.make_draft()
    Import.objects.update(state=ImportState.QUEUED, queued_at=timezone.now())
    return Import.objects.get()


def waiting_comparison(task: Task, team: Team, _: User) -> Comparison:
    first, second = (
        factories.make_evaluation(factories.make_submission(team, task), public=1, private=1)
        for _ in range(2)
    )
    return Comparison.objects.create(first=first, second=second, part=Part.PUBLIC)


pytestmark = pytest.mark.dialect

KINDS = {
    "submission": Kind(
        lambda task, team, _: factories.make_submission(team, task, State.QUEUED), State.SCORED
    ),
    "validation": Kind(
        lambda task, _, user: factories.make_check(task, user, Checking.QUEUED), Checking.VALID
    ),
    "import": Kind(
        lambda *_: waiting_import(), ImportState.DRAFTED, failure={"error": "It broke."}
    ),
    "profile": Kind(
        lambda task, *_: Profile.objects.create(
            version=task.dataset_version, queued_at=timezone.now()
        ),
        ProfileState.DONE,
    ),
    "baseline run": Kind(
        lambda task, *_: BaselineRun.objects.create(task=task, method="trivial"),
        RunState.FINISHED,
    ),
    "comparison": Kind(waiting_comparison, ComparisonState.DONE, result={"result": {}}),
    "diagnosis": Kind(
        lambda task, *_: Diagnosis.objects.create(version=task.dataset_version),
        DiagnosisState.DONE,
        result={"result": {}},
    ),
    "correction": Kind(lambda task, *_: factories.make_correction(task), CorrectionState.COMPARED),
    "archive": Kind(
        lambda task, *_: Archive.objects.create(
            challenge=task.challenge, edition=Edition.FULL, queued_at=timezone.now()
        ),
        ArchiveState.DONE,
    ),
    "rehearsal": Kind(
        lambda task, *_: Rehearsal.objects.create(
            challenge=task.challenge, queued_at=timezone.now()
        ),
        RehearsalState.DONE,
    ),
    "archive import": Kind(
        lambda _task, _team, user: ArchiveImport.objects.create(
            name="cup.zip", by=user, queued_at=timezone.now()
        ),
        ArchivedState.DONE,
    ),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def job(kind: Kind, matching_task: Task, team: Team, alice: User) -> LeasedJob:
    return kind.make(matching_task, team, alice)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The messages to workers: the task's name and the job's id."""
    found: list[tuple[str, Any]] = []
    monkeypatch.setattr("podium.celery.send", lambda task, pk: found.append((task, pk)))
    return found


def claimed(job: LeasedJob) -> LeasedJob:
    found = type(job).claim(job.pk)
    assert found is not None
    return found


def end_lease(job: LeasedJob, at: timedelta = timedelta(seconds=-1)) -> None:
    rows(job).update(lease_until=timezone.now() + at)


def rows(job: LeasedJob) -> Any:
    return type(job)._default_manager.filter(pk=job.pk)


def state_of(job: LeasedJob) -> str:
    return str(rows(job).get().state)


def test_each_kind_of_job_is_tested(matching_task: Task, team: Team, alice: User) -> None:
    tested = {type(kind.make(matching_task, team, alice)) for kind in KINDS.values()}
    assert tested == {model for model in apps.get_models() if issubclass(model, LeasedJob)}


def test_only_one_worker_gets_a_job(job: LeasedJob) -> None:
    first = claimed(job)
    assert (first.state, first.attempt) == (job.RUNNING, 1)
    assert first.held().exists()
    assert type(job).claim(job.pk) is None


def test_a_job_that_is_gone_or_done_is_not_claimed(job: LeasedJob, kind: Kind) -> None:
    assert claimed(job).finish(kind.done, **kind.result)
    assert type(job).claim(job.pk) is None
    rows(job).delete()
    assert type(job).claim(job.pk) is None


def test_what_is_not_queued_yet_is_not_claimed(job: LeasedJob) -> None:
    if not job._meta.get_field("queued_at").null:
        return
    rows(job).update(queued_at=None)
    assert type(job).claim(job.pk) is None
    assert type(job).sweep() == 0


def test_another_worker_takes_over_and_the_first_stores_nothing(job: LeasedJob, kind: Kind) -> None:
    late = claimed(job)
    end_lease(job)
    current = claimed(job)
    assert current.attempt == 2
    assert not late.finish(kind.done, **kind.result)
    assert not late.release()
    assert not late.give_back()
    with pytest.raises(LostClaim):
        late.renew()
    assert current.finish(kind.done, **kind.result)
    assert state_of(job) == kind.done


def test_a_worker_before_a_new_request_stores_nothing_after_it(job: LeasedJob, kind: Kind) -> None:
    late = claimed(job)
    with transaction.atomic():
        assert late.finish(FAILED, **kind.failure)
        cleared = dict.fromkeys(kind.failure, "")
        assert type(job).requeue(rows(job), **cleared)
    assert not late.finish(kind.done, **kind.result)
    again = claimed(job)
    assert (again.attempt, again.attempt_limit) == (2, 1 + ATTEMPTS)
    assert not late.finish(kind.done, **kind.result)
    assert again.finish(kind.done, **kind.result)


def test_a_lease_given_before_the_clock_was_set_back_is_over(
    job: LeasedJob, sent: list[Any]
) -> None:
    claimed(job)
    end_lease(job, jobs.LEASE)
    assert type(job).sweep(in_broker=1) == 0
    end_lease(job, timedelta(hours=1))
    assert type(job).sweep(in_broker=1) == 1
    assert claimed(job).attempt == 2


def test_the_sweep_sends_lost_jobs_and_those_without_a_message(
    job: LeasedJob, sent: list[Any]
) -> None:
    kind = type(job)
    assert kind.sweep(in_broker=1) == 0, "its message still waits in the broker"
    assert kind.sweep(in_broker=0) == 1
    claimed(job)
    assert kind.sweep(in_broker=0) == 0, "a live claim is left alone"
    end_lease(job)
    assert kind.sweep(in_broker=5) == 1
    assert state_of(job) == QUEUED
    assert sent == [(job.TASK, job.pk)] * 2


def test_a_job_whose_workers_all_die_fails_after_three_attempts(job: LeasedJob, kind: Kind) -> None:
    done: list[int] = []
    failed: list[str] = []
    for _ in range(ATTEMPTS + 2):
        end_lease(job) if state_of(job) == job.RUNNING else None
        type(job).run(
            job.pk,
            do=lambda each: done.append(each.attempt),  # and then its worker dies
            fail=lambda each, reason: failed.append(reason) or each.finish(FAILED, **kind.failure),
        )
    assert done == [1, 2, 3]
    assert failed == [jobs.WORN_OUT]
    assert state_of(job) == FAILED


def test_a_stopping_worker_gives_its_job_back_free_of_charge(
    job: LeasedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "is_stopping", lambda: True)
    for attempt in range(1, ATTEMPTS + 3):
        held = claimed(job)
        assert held.attempt == attempt <= held.attempt_limit
        with pytest.raises(LostClaim):
            held.give_back_if_stopping()
        assert state_of(job) == QUEUED


def test_progress_renews_the_lease(job: LeasedJob) -> None:
    if not isinstance(job, FollowedJob):
        return
    held = claimed(job)
    end_lease(job)
    assert isinstance(held, FollowedJob)
    held.follow(0.5, "x" * 999)
    row = rows(job).get()
    assert (row.progress, row.message) == (0.5, "x" * 300)
    assert row.lease_until > timezone.now()
    end_lease(job)
    row = claimed(job)
    assert (row.progress, row.message) == (0, "starting")


def test_the_database_refuses_a_lease_without_a_worker(job: LeasedJob) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        end_lease(job)
    claimed(job)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows(job).update(lease_until=None)


@pytest.mark.django_db(transaction=True)
def test_a_thread_renews_the_lease_while_the_body_runs(
    matching_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "RENEW_SECONDS", 0.05)
    job = claimed(BaselineRun.objects.create(task=matching_task, method="trivial"))
    end_lease(job)
    with job.renewing():
        time.sleep(0.5)
    assert rows(job).get().lease_until > timezone.now()


# The drill ---------------------------------------------------------------------------------------


class Killed(BaseException):
    """The end of a worker's process."""


@contextmanager
def killed_at(statement: int) -> Iterator[None]:
    """Kill the worker instead of letting it send its statement of this number.

    The database then rolls its transaction back, which is what the savepoints do here.
    """
    left = statement

    def execute(run: Any, sql: str, *args: Any) -> Any:
        nonlocal left
        if "SAVEPOINT" in sql:
            return run(sql, *args)
        left -= 1
        if left < 0:
            raise Killed
        return run(sql, *args)

    with connection.execute_wrapper(execute):
        yield


def test_a_worker_killed_at_any_statement_loses_nothing_and_repeats_nothing(
    kind: Kind, matching_task: Task, team: Team, alice: User, sent: list[Any]
) -> None:
    def do(held: LeasedJob) -> None:
        held.renew()
        with transaction.atomic():
            if held.finish(kind.done, **kind.result):
                record(Verb.SCORED, subject=held)

    def fail(held: LeasedJob, reason: str) -> None:
        raise AssertionError(reason)

    deaths, is_alive = 0, False
    while not is_alive:
        job = kind.make(matching_task, team, alice)
        sent[:] = [(job.TASK, job.pk)] * 2  # one message is delivered twice
        try:
            with killed_at(deaths):
                type(job).run(sent[0][1], do=do, fail=fail)
            is_alive = True
        except Killed:
            deaths += 1
        if state_of(job) == job.RUNNING:
            end_lease(job)
        sent.clear()
        type(job).sweep()
        for _, pk in sent * 2:
            type(job).run(pk, do=do, fail=fail)
        row = rows(job).get()
        assert (row.state, row.attempt <= ATTEMPTS) == (kind.done, True)
        assert Event.objects.filter(subject__endswith=f":{job.pk}", verb="scored").count() == 1
        Event.objects.all()._raw_delete(Event.objects.db)
        (job.version if isinstance(job, Import) else job).delete()
    assert deaths >= 5, "claim, read, renew, finish, record"
