"""Rescoring in the shadow: nothing is lost, nothing done twice, nothing shows before its time."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import Access, DatasetVersion
from podium.challenges.models import Task
from podium.submissions import originals
from podium.submissions.actions import submit
from podium.submissions.jobs import rescore_batches, rescoring
from podium.submissions.jobs.rescoring import CannotRescore, cancel, left, progress, resume, start
from podium.submissions.jobs.scoring_runs import score
from podium.submissions.models import (
    Evaluation,
    Rescore,
    RescoreState,
    Score,
    State,
    Submission,
    Unscored,
)
from podium.teams.models import Team
from scoring import Problem
from scoring.runner import Failed, Rejected, Scorer
from tests.site.pets import predictions
from tests.site.submissions.rescores import (
    Batches,
    drain,
    other_public_labels,
    scored_submission,
    with_scorer,
)

pytestmark = pytest.mark.dialect


@pytest.fixture
def three(team: Team, pets: Task, scorer: Scorer, tmp_path: Path) -> list[Submission]:
    """Submissions with 2, 4 and 6 wrong public rows, all scored."""
    pets.in_flight_limit = 9
    pets.save()
    return [
        scored_submission(team, pets, predictions(pets, tmp_path, wrong=wrong), scorer)
        for wrong in (2, 4, 6)
    ]


@pytest.fixture
def rescore(three: list[Submission], pets: Task, tmp_path: Path, sent: Batches) -> Rescore:
    return start(task=pets, solution=other_public_labels(pets, tmp_path, 3))


def counting(task: Task) -> list[tuple[int, str]]:
    found = Evaluation.objects.counting(task).order_by("submission_id")
    return [(row.solution_id, row.scorer_version) for row in found]


class Saying(Scorer):
    """A scorer that says the same of every file."""

    def __init__(self, outcome: Rejected | Failed) -> None:
        super().__init__()
        self.outcome = outcome

    def score(self, **_: object) -> Rejected | Failed:  # type: ignore[override]
        return self.outcome


def test_everything_is_scored_anew_and_nothing_counts_yet(
    rescore: Rescore, three: list[Submission], pets: Task, sent: Batches, scorer: Scorer
) -> None:
    before = counting(pets)
    assert progress(rescore).left == 3
    drain(rescore, sent, scorer)
    assert rescore.state == RescoreState.READY
    shown = progress(rescore)
    assert (shown.total, shown.done, shown.left, shown.percent) == (3, 3, 0, 100)
    assert counting(pets) == before
    anew = Evaluation.objects.filter(solution=rescore.solution)
    assert anew.count() == 3
    assert not anew.filter(counts=True).exists()
    assert not anew.exclude(rows="").exists(), "their rows are made when they are asked for"
    for evaluation in anew:
        names = set(evaluation.scores.values_list("part", "metric"))
        earlier = Evaluation.objects.counting(pets).get(submission=evaluation.submission)
        assert names == set(earlier.scores.values_list("part", "metric"))
    changed = Score.objects.filter(evaluation__in=anew, part="public", metric="accuracy")
    assert set(changed.values_list("value", flat=True)) != set(
        Score.objects.counting(pets)
        .filter(part="public", metric="accuracy")
        .values_list("value", flat=True)
    )


def test_a_rescore_with_nothing_to_change_is_refused(pets: Task, three: list[Submission]) -> None:
    with pytest.raises(CannotRescore, match="a rescore would change nothing"):
        start(task=pets)
    assert not Rescore.objects.exists()


def test_a_solution_of_another_data_set_is_refused(pets: Task, matching_task: Task) -> None:
    with pytest.raises(CannotRescore, match="is of another data set version"):
        start(task=pets, solution=matching_task.solution)


def test_only_one_rescore_of_a_task_at_a_time(rescore: Rescore) -> None:
    with pytest.raises(CannotRescore, match="Publish or cancel it first"):
        start(task=rescore.task, solution=rescore.solution)


def test_a_newer_scorer_is_a_reason_to_rescore(
    three: list[Submission],
    pets: Task,
    sent: Batches,
    scorer: Scorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_scorer(monkeypatch, "next")
    rescore = drain(start(task=pets), sent, scorer)
    assert (rescore.solution, rescore.scorer_version) == (pets.solution, "next")
    assert rescore.state == RescoreState.READY


def test_what_came_after_a_newer_scorer_counts_by_it_and_is_not_scored_again(
    three: list[Submission],
    team: Team,
    pets: Task,
    sent: Batches,
    scorer: Scorer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (_, before), *_ = counting(pets)
    with_scorer(monkeypatch, "next")
    late = scored_submission(team, pets, predictions(pets, tmp_path, wrong=1), scorer)
    assert Evaluation.objects.counting(pets).get(submission=late).scorer_version == "next"
    assert [version for _, version in counting(pets)] == [before] * 3 + ["next"]
    rescore = start(task=pets)
    assert late not in left(rescore)
    drain(rescore, sent, scorer)
    assert Evaluation.objects.filter(submission=late).count() == 1


def test_a_doubled_batch_does_nothing_twice(
    rescore: Rescore, three: list[Submission], sent: Batches, scorer: Scorer
) -> None:
    ids = [submission.pk for submission in three]
    drain(rescore, sent, scorer)
    made = list(Evaluation.objects.values_list("pk", flat=True))
    rescore_batches.work(rescore.pk, ids, scorer)
    assert list(Evaluation.objects.values_list("pk", flat=True)) == made


def test_two_workers_with_the_same_batch_store_it_once(
    rescore: Rescore,
    three: list[Submission],
    sent: Batches,
    scorer: Scorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = [submission.pk for submission in three]
    store = rescore_batches._store

    def overtaken(*arguments: object) -> None:
        monkeypatch.setattr(rescore_batches, "_store", store)
        rescore_batches.work(rescore.pk, ids, scorer)  # the other one, in the middle of ours
        store(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rescore_batches, "_store", overtaken)
    rescore_batches.work(rescore.pk, ids, scorer)
    assert Evaluation.objects.filter(solution=rescore.solution).count() == 3


def test_a_batch_gives_way_to_a_new_submission(
    rescore: Rescore,
    three: list[Submission],
    sent: Batches,
    scorer: Scorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rescore_batches, "_somebody_waits", lambda: True)
    ids = [submission.pk for submission in three]
    rescore_batches.work(rescore.pk, ids, scorer)
    assert sent == [(rescore.pk, ids[1:])], "what is left goes to the end of the queue"
    assert progress(rescore).left == 2


def test_a_batch_ends_when_its_time_is_over(
    rescore: Rescore,
    three: list[Submission],
    sent: Batches,
    scorer: Scorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rescore_batches, "BATCH_SECONDS", 0.0)
    ids = [submission.pk for submission in three]
    rescore_batches.work(rescore.pk, ids, scorer)
    assert sent == [(rescore.pk, ids[1:])]


def test_batches_are_as_large_as_what_they_take(
    rescore: Rescore, three: list[Submission], sent: Batches
) -> None:
    Evaluation.objects.filter(submission=three[0]).update(seconds=60)
    Evaluation.objects.filter(submission__in=three[1:]).update(seconds=0.01)
    assert rescore_batches.send_left(rescore.pk) == 2
    assert [len(ids) for _, ids in sent] == [1, 2]


def test_a_cancelled_rescore_stops_and_goes_on_where_it_was(
    rescore: Rescore,
    three: list[Submission],
    olga: User,
    sent: Batches,
    scorer: Scorer,
) -> None:
    first, *others = [submission.pk for submission in three]
    rescore_batches.work(rescore.pk, [first], scorer)
    cancel(rescore=rescore, by=olga)
    assert rescore.state == RescoreState.CANCELLED
    rescore_batches.work(rescore.pk, others, scorer)
    assert rescore_batches.send_left(rescore.pk) == 0
    assert rescore_batches.sweep(in_broker=0) == 0
    assert progress(rescore).left == 2, "what waits in the queue does nothing"
    done = set(Evaluation.objects.values_list("pk", flat=True))
    resume(rescore=rescore, by=olga)
    drain(rescore, sent, scorer)
    assert rescore.state == RescoreState.READY
    assert rescore.ended_at is None
    assert done < set(Evaluation.objects.values_list("pk", flat=True)), "nothing was done again"
    verbs = Event.objects.filter(subject=f"rescore:{rescore.pk}").order_by("id")
    assert [(event.verb, event.actor) for event in verbs] == [
        ("started rescore", "system"),
        ("cancelled rescore", "Olga"),
        ("resumed rescore", "Olga"),
        ("finished rescore", "system"),
    ]


def test_a_batch_that_ends_after_the_cancellation_stores_nothing(
    rescore: Rescore, three: list[Submission], scorer: Scorer, sent: Batches
) -> None:
    class Cancelling(Scorer):
        def score(self, **facts: object):  # type: ignore[no-untyped-def, override]
            cancel(rescore=rescore)
            return scorer.score(**facts)  # type: ignore[arg-type]

    rescore_batches.work(rescore.pk, [three[0].pk], Cancelling())
    assert progress(rescore).left == 3


@pytest.mark.parametrize("verb", [cancel, resume])
def test_what_is_published_stays_published(verb: object, rescore: Rescore) -> None:
    Rescore.objects.filter(pk=rescore.pk).update(
        state=RescoreState.PUBLISHED, ended_at=timezone.now()
    )
    with pytest.raises(CannotRescore, match="is published; only a"):
        verb(rescore=rescore)  # type: ignore[operator]


def test_a_cancelled_rescore_does_not_come_back_beside_another(rescore: Rescore) -> None:
    cancel(rescore=rescore)
    start(task=rescore.task, solution=rescore.solution)
    with pytest.raises(CannotRescore, match="Publish or cancel it first"):
        resume(rescore=rescore)


def test_another_scorer_does_not_go_on_with_a_rescore(
    rescore: Rescore,
    three: list[Submission],
    sent: Batches,
    scorer: Scorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_scorer(monkeypatch, "next")
    drain(rescore, sent, scorer)
    assert progress(rescore).left == 3
    assert rescore_batches.sweep(in_broker=0) == 0
    cancel(rescore=rescore)
    with pytest.raises(CannotRescore, match="Start a new rescore"):
        resume(rescore=rescore)


def test_a_submission_that_arrives_meanwhile_is_included(
    rescore: Rescore,
    team: Team,
    pets: Task,
    sent: Batches,
    scorer: Scorer,
    tmp_path: Path,
) -> None:
    drain(rescore, sent, scorer)
    late = scored_submission(team, pets, predictions(pets, tmp_path, wrong=1), scorer)
    assert sent == [(rescore.pk, [late.pk])]
    assert progress(rescore).left == 1
    rescore_batches.work(*sent.pop(), scorer)
    assert progress(rescore).left == 0


def test_what_is_rejected_anew_keeps_its_evaluation(
    rescore: Rescore, three: list[Submission], pets: Task, sent: Batches
) -> None:
    before = counting(pets)
    drain(rescore, sent, Saying(Rejected((Problem("odd", "Row 3 is odd."),))))
    assert rescore.state == RescoreState.READY
    assert counting(pets) == before
    assert set(Submission.objects.values_list("state", flat=True)) == {State.SCORED}
    row = Unscored.objects.filter(rescore=rescore).first()
    assert row is not None
    assert (row.state, row.is_final) == (State.REJECTED, True)
    assert row.problems == [{"code": "odd", "message": "Row 3 is odd."}]
    assert progress(rescore).unscored == 3


@pytest.mark.parametrize("access", [Access.PUBLIC, Access.SIGNED_IN])
def test_organizers_read_no_ids_of_test_rows_whose_licence_is_to_be_accepted(
    rescore: Rescore, three: list[Submission], pets: Task, sent: Batches, access: str
) -> None:
    DatasetVersion.objects.filter(pk=pets.dataset_version_id).update(access=access)
    lacking = Problem("missing_id", "1 test id has no row: p120.", (), 1)
    strange = Problem("unknown_id", "Row 3: `stranger` is not a test id.", (3,), 1)
    drain(rescore, sent, Saying(Rejected((lacking, strange))))
    row = Unscored.objects.filter(rescore=rescore).first()
    assert row is not None
    missing, unknown = row.problems
    assert ("p120" in missing["message"]) == (access == Access.PUBLIC)
    assert missing["message"].startswith("1 test id has no row")
    assert unknown == {"code": "unknown_id", "message": "Row 3: `stranger` is not a test id."}


def test_what_fails_on_our_side_is_tried_three_times(
    rescore: Rescore, three: list[Submission], sent: Batches, scorer: Scorer
) -> None:
    broken = Saying(Failed("the scoring process died"))
    for tries in (1, 2, 3):
        assert rescore.state == RescoreState.RUNNING
        drain(rescore, sent, broken)
        assert set(rescore.unscored.values_list("tries", flat=True)) == {tries}
    assert rescore.state == RescoreState.READY
    assert set(rescore.unscored.values_list("failure", flat=True)) == {"the scoring process died"}
    cancel(rescore=rescore)
    resume(rescore=rescore)
    drain(rescore, sent, scorer)
    assert not rescore.unscored.exists()
    assert progress(rescore).done == 3


def test_what_was_mended_meanwhile_is_no_failure_any_more(
    rescore: Rescore, three: list[Submission], sent: Batches, scorer: Scorer
) -> None:
    drain(rescore, sent, Saying(Failed("the scoring process died")))
    assert rescore.unscored.count() == 3
    drain(rescore, sent, scorer)
    assert not rescore.unscored.exists()


def test_a_fault_while_scoring_is_one_of_ours(
    rescore: Rescore, three: list[Submission], sent: Batches, scorer: Scorer
) -> None:
    Submission.objects.filter(pk=three[0].pk).update(file="uploads/nowhere.csv")
    for _ in range(3):
        drain(rescore, sent, scorer)
    (row,) = rescore.unscored.all()
    assert (row.submission, row.state) == (three[0], State.FAILED)
    assert "FileNotFoundError" in row.failure
    assert progress(rescore).done == 3


def test_an_upload_that_is_gone_is_told_so_at_once(
    rescore: Rescore, three: list[Submission], sent: Batches, scorer: Scorer
) -> None:
    originals.delete(three[0])
    drain(rescore, sent, scorer)
    assert rescore.state == RescoreState.READY
    (row,) = rescore.unscored.all()
    assert "deleted under the retention rule" in row.failure


def test_the_sweep_sends_what_gives_no_sign_of_life(
    rescore: Rescore, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[int] = []
    monkeypatch.setattr(rescoring, "send_all", lambda rescore: again.append(rescore.pk))
    assert rescore_batches.sweep(in_broker=0) == 0, "it was sent just now"
    for moment in (timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(hours=1)):
        Rescore.objects.update(lease_until=moment)
        assert rescore_batches.sweep(in_broker=3) == 0, "its batches wait in the queue"
        assert rescore_batches.sweep(in_broker=0) == 1
    assert again == [rescore.pk, rescore.pk]


def test_the_sweep_finishes_what_a_killed_worker_could_not(
    rescore: Rescore,
    three: list[Submission],
    sent: Batches,
    scorer: Scorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rescoring, "finish_if_done", lambda rescore: False)
    drain(rescore, sent, scorer)
    assert rescore.state == RescoreState.RUNNING
    monkeypatch.undo()
    rescore_batches.sweep(in_broker=0)
    rescore.refresh_from_db()
    assert rescore.state == RescoreState.READY


def test_a_solution_published_amid_a_scoring_sends_the_submission_back(
    team: Team, pets: Task, scorer: Scorer, tmp_path: Path
) -> None:
    submission = submit(team=team, task=pets, upload=predictions(pets, tmp_path))
    other = other_public_labels(pets, tmp_path, 3)
    held = Submission.claim(submission.pk)
    assert held is not None

    class Publishing(Scorer):
        def score(self, **facts: object):  # type: ignore[no-untyped-def, override]
            Task.objects.filter(pk=pets.pk).update(solution=other)
            return scorer.score(**facts)  # type: ignore[arg-type]

    score(held, Publishing())
    submission.refresh_from_db()
    assert (submission.state, submission.attempt, submission.attempt_limit) == ("queued", 1, 4)
    assert not Evaluation.objects.exists()
    again = Submission.claim(submission.pk)
    assert again is not None
    score(again, scorer)
    assert Evaluation.objects.get().solution == other


def test_the_database_lets_one_evaluation_of_a_submission_count(
    rescore: Rescore, sent: Batches, scorer: Scorer
) -> None:
    drain(rescore, sent, scorer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Evaluation.objects.update(counts=True)


def test_a_batch_takes_as_many_queries_for_three_as_for_one(
    rescore: Rescore,
    three: list[Submission],
    sent: Batches,
    scorer: Scorer,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(18):
        rescore_batches.work(rescore.pk, [submission.pk for submission in three], scorer)
