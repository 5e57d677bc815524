"""What workers do for submissions. Only ids travel in messages."""

from functools import partial
from uuid import UUID

import structlog
from celery import shared_task
from celery.signals import worker_init, worker_process_shutdown
from celery.worker import WorkController
from django.conf import settings

from podium import workers
from podium.submissions import tidying
from podium.submissions.jobs import evaluating, rescore_batches, scoring_runs, validations
from podium.submissions.models import Evaluation, Submission, Validation
from scoring import sandbox
from scoring.runner import Scorer

log = structlog.get_logger(__name__)

# One per worker process: it starts its zygote by exec at the first submission.
scorer = Scorer(needs_filter=settings.PRODUCTION)


@shared_task(name="submissions.score")
def score_submission(submission_id: int) -> None:
    """Score a queued submission."""
    do = partial(scoring_runs.score, scorer=scorer)
    Submission.run(submission_id, do=do, fail=scoring_runs.fail)


@shared_task(name="submissions.validate")
def check_file(validation_id: UUID) -> None:
    """Check a queued file that is not a submission."""
    do = partial(validations.check, scorer=scorer)
    Validation.run(validation_id, do=do, fail=validations.fail)


@shared_task(name="submissions.sweep")
def sweep() -> None:
    """Send again what got lost."""
    workers.mark_beat()
    in_broker = workers.queue_lengths()
    # Submissions and checks share a queue, and its length does not say which of them lack a
    # message: either may be sent once too often, which is harmless.
    scoring = in_broker.get("scoring", 0)
    submissions, checks = Submission.waiting().count(), Validation.waiting().count()
    Submission.sweep(in_broker=scoring - checks)
    Validation.sweep(in_broker=scoring - submissions)
    rescore_batches.sweep(in_broker=in_broker.get("rescoring", 0))


@shared_task(name="submissions.send_rescore")
def send_rescore(rescore_id: int) -> None:
    """Send what is left of a rescore in batches."""
    rescore_batches.send_left(rescore_id)


@shared_task(name="submissions.rescore_batch")
def rescore_batch(rescore_id: int, submissions: list[int]) -> None:
    """Rescore some submissions unless another worker has."""
    rescore_batches.work(rescore_id, submissions, scorer)


@shared_task(name="submissions.tidy")
def tidy() -> None:
    """Tidy a little, and go on behind whatever waits until everything is tidy."""
    if tidying.tidy():
        tidy.delay()
        return
    if strays := tidying.delete_strays():
        log.warning("files without a submission deleted", count=strays)
    for evaluation in tidying.missing_rows():
        make_rows.delay(evaluation)


@shared_task(name="submissions.make_rows")
def make_rows(evaluation_id: int) -> None:
    """Make rows.npz of an evaluation again, for which it is needed."""
    evaluation = Evaluation.objects.filter(pk=evaluation_id, rows="").first()
    if evaluation is None:
        return
    try:
        evaluating.keep_rows(evaluation, scorer)
    except evaluating.NoRows as reason:
        log.warning("no rows", evaluation=evaluation_id, reason=str(reason))


@worker_init.connect
def _refuse_to_score(sender: WorkController, **_: object) -> None:
    """End a production worker that would score files without a filter of system calls."""
    scores = not {"scoring", "rescoring"}.isdisjoint(sender.app.amqp.queues.consume_from)
    if settings.PRODUCTION and scores and not sandbox.is_filtering():
        raise SystemExit(f"This worker does not score: {sandbox.NO_FILTER}. Use another machine.")


@worker_process_shutdown.connect
def _close_scorer(**_: object) -> None:
    scorer.close()
