"""Claims, leases, outcomes: nothing is lost and nothing is scored twice."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from podium import files
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Task
from podium.jobs import ATTEMPTS, LostClaim
from podium.submissions import tasks
from podium.submissions.actions import retry, submit
from podium.submissions.jobs.scoring_runs import score
from podium.submissions.models import Evaluation, Part, Quota, Score, State, Submission
from podium.submissions.signals import evaluation_stored
from podium.teams.models import Team
from scoring.runner import Failed, Scorer
from tests.site.pets import file_with, predictions

pytestmark = pytest.mark.dialect


class BrokenScorer(Scorer):
    """A scorer whose process always dies: what happens then is ours to handle."""

    def score(self, **_: object) -> Failed:  # type: ignore[override]
        return Failed("the scoring process died")


@pytest.fixture
def queued(team: Team, pets: Task, tmp_path: Path) -> Submission:
    return submit(team=team, task=pets, upload=predictions(pets, tmp_path, wrong=6))


def state_of(submission: Submission) -> str:
    return Submission.objects.get(pk=submission.pk).state


def used(submission: Submission) -> tuple[int, int]:
    quota = Quota.objects.get(team=submission.team, task=submission.task)
    return quota.used, quota.rejected


def stored_rows() -> list[Path]:
    rows = files.local(files.private(), "rows")
    return [path for path in rows.rglob("*") if path.is_file()]


def let_lease_run_out(submission: Submission) -> None:
    over = timezone.now() - timedelta(seconds=1)
    Submission.objects.filter(pk=submission.pk).update(lease_until=over)


def test_a_good_file_gets_scores_on_both_parts(queued: Submission, scorer: Scorer) -> None:
    held = Submission.claim(queued.pk)
    assert held is not None
    assert state_of(queued) == State.SCORING
    score(held, scorer)
    assert state_of(queued) == State.SCORED
    evaluation = Evaluation.objects.get(submission=queued)
    public = Score.objects.get(evaluation=evaluation, part=Part.PUBLIC, metric="accuracy")
    private = Score.objects.get(evaluation=evaluation, part=Part.PRIVATE, metric="accuracy")
    n = queued.task.solution.public_rows
    assert public.n == n
    assert public.value == pytest.approx((n - 6) / n)
    assert private.value == 1.0
    assert files.local(files.private(), evaluation.rows).stat().st_size > 0
    assert used(queued) == (1, 0)


def test_scoring_needs_no_secret_key(
    queued: Submission, scorer: Scorer, settings: Settings
) -> None:
    settings.SECRET_KEY = ""
    held = Submission.claim(queued.pk)
    assert held is not None
    score(held, scorer)
    assert state_of(queued) == State.SCORED


def test_a_crash_is_kept_for_the_organizers(
    queued: Submission, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorer, "_crashes", ["read: signal 11"])
    held = Submission.claim(queued.pk)
    assert held is not None
    score(held, scorer)
    event = Event.objects.get(verb=Verb.CRASHED_SCORER)
    assert event.subject == f"submission:{queued.pk}"
    assert event.challenge == queued.task.challenge.slug
    assert event.facts == {"crash": "read: signal 11"}
    assert not event.is_public
    assert scorer.take_crashes() == []


def test_a_bad_file_is_rejected_with_all_its_problems_and_costs_no_attempt(
    team: Team, pets: Task, scorer: Scorer, tmp_path: Path
) -> None:
    bad = "id,prediction\np120,cat\np120,dog\nnobody,cat\np121,unicorn\n"
    submission = submit(team=team, task=pets, upload=file_with(bad, tmp_path))
    held = Submission.claim(submission.pk)
    assert held is not None
    score(held, scorer)
    submission.refresh_from_db()
    assert submission.state == State.REJECTED
    codes = {problem["code"] for problem in submission.problems}
    assert len(codes) >= 4, codes
    assert any("unicorn" in problem["message"] for problem in submission.problems)
    assert used(submission) == (0, 1)
    assert not submission.evaluations.exists()


def test_a_final_submission_is_not_claimed_again(queued: Submission, scorer: Scorer) -> None:
    held = Submission.claim(queued.pk)
    assert held is not None
    score(held, scorer)
    assert Submission.claim(queued.pk) is None


def test_a_worker_that_comes_back_late_throws_its_result_away(
    queued: Submission, scorer: Scorer
) -> None:
    late = Submission.claim(queued.pk)
    let_lease_run_out(queued)
    quick = Submission.claim(queued.pk)
    assert late is not None
    assert quick is not None
    assert quick.attempt == late.attempt + 1
    score(quick, scorer)
    with pytest.raises(LostClaim):
        score(late, scorer)
    assert Evaluation.objects.filter(submission=queued).count() == 1
    assert len(stored_rows()) == 1


def test_our_failure_is_tried_again_and_then_kept_and_refunded(queued: Submission) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        held = Submission.claim(queued.pk)
        assert held is not None
        score(held, BrokenScorer())
        expected = State.QUEUED if attempt < ATTEMPTS else State.FAILED
        assert state_of(queued) == expected
    queued.refresh_from_db()
    assert queued.failure == "the scoring process died"
    assert used(queued) == (0, 0)
    assert Submission.claim(queued.pk) is None


def test_what_failed_on_our_side_waits_for_the_sweep(
    queued: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr("podium.celery.send", lambda _, pk: sent.append(pk))
    held = Submission.claim(queued.pk)
    assert held is not None
    score(held, BrokenScorer())
    assert not sent, "at once it would fail again, and use up its attempts within a second"
    assert Submission.sweep(in_broker=0) == 1
    assert sent == [queued.pk]


def test_a_submission_whose_workers_all_die_fails_in_the_end(queued: Submission) -> None:
    for _ in range(ATTEMPTS):
        assert Submission.claim(queued.pk) is not None
        let_lease_run_out(queued)
    tasks.score_submission(queued.pk)
    assert state_of(queued) == State.FAILED
    assert used(queued) == (0, 0)


def test_a_fault_while_storing_rolls_everything_back_and_is_told_to_operators(
    queued: Submission, scorer: Scorer
) -> None:
    def faulty(evaluation: Evaluation) -> None:
        raise ZeroDivisionError("a fault of ours")

    held = Submission.claim(queued.pk)
    assert held is not None
    evaluation_stored.append(faulty)
    try:
        score(held, scorer)
    finally:
        evaluation_stored.remove(faulty)
    queued.refresh_from_db()
    assert queued.state == State.QUEUED
    assert "ZeroDivisionError: a fault of ours" in queued.failure
    assert not stored_rows(), "no file without its evaluation"
    assert not Evaluation.objects.exists()
    assert not Score.objects.exists()


def test_a_failed_submission_can_be_scored_again_free_of_charge(
    queued: Submission, scorer: Scorer
) -> None:
    for _ in range(ATTEMPTS):
        held = Submission.claim(queued.pk)
        assert held is not None
        score(held, BrokenScorer())
    assert retry(submission=queued)
    assert not retry(submission=queued), "only what failed is tried again"
    held = Submission.claim(queued.pk)
    assert held is not None
    score(held, scorer)
    assert state_of(queued) == State.SCORED
    assert used(queued) == (0, 0)


def test_a_worker_of_before_a_retry_cannot_store_after_it(
    queued: Submission, scorer: Scorer
) -> None:
    first = Submission.claim(queued.pk)
    assert first is not None
    for _ in range(ATTEMPTS - 1):
        let_lease_run_out(queued)
        assert Submission.claim(queued.pk) is not None
    let_lease_run_out(queued)
    tasks.score_submission(queued.pk)
    assert retry(submission=queued)
    fresh = Submission.claim(queued.pk)
    assert fresh is not None
    with pytest.raises(LostClaim):
        score(first, scorer)
    assert state_of(queued) == State.SCORING, "the fresh claim is untouched"
    score(fresh, scorer)
    assert state_of(queued) == State.SCORED


def test_a_database_fault_is_told_without_its_words_which_may_quote_a_score(
    queued: Submission, scorer: Scorer
) -> None:
    secret = str(0.777 + 0.000123)

    def faulty(evaluation: Evaluation) -> None:
        raise IntegrityError(f"Failing row contains (private, {secret})")

    held = Submission.claim(queued.pk)
    assert held is not None
    evaluation_stored.append(faulty)
    try:
        score(held, scorer)
    finally:
        evaluation_stored.remove(faulty)
    queued.refresh_from_db()
    assert queued.failure.endswith("IntegrityError")
    assert secret not in queued.failure


def test_the_database_refuses_a_final_state_without_its_time(queued: Submission) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(pk=queued.pk).update(state=State.SCORED)


def test_the_queue_position_counts_who_came_before(
    queued: Submission, team: Team, pets: Task, tmp_path: Path
) -> None:
    second = submit(team=team, task=pets, upload=predictions(pets, tmp_path))
    assert Submission.objects.ahead_of(second).count() == 1
    assert Submission.objects.ahead_of(queued).count() == 0
