"""Sending a corrected solution, and deciding about it once a worker has compared it.

The web process never reads labels: it passes the file on, and adds a solution by the facts that a
worker found. Counts of changed labels are in no event, since managers read events.
"""

import hashlib
import json
import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.models import DatasetVersion, Solution
from podium.challenges.models import Task
from podium.corrections.models import UNDECIDED, Correction, CorrectionState
from podium.refusals import Refused
from podium.uploads.receiving import Upload

SUFFIXES = (".csv", ".parquet")
MOST_BYTES = 200 * 10**6
PARQUET = b"PAR1"
_ONE_AT_A_TIME = "Another corrected solution of this task is not decided yet. Add or discard it."


def send(*, task: Task, upload: Upload, by: User) -> Correction:
    """Store an uploaded solution and queue its comparison. Raises Refused."""
    _refuse_form(upload)
    if task.corrections.filter(state__in=UNDECIDED).exists():
        raise Refused("undecided", _ONE_AT_A_TIME)
    stored = upload.stored_name(f"corrections/{task.pk}/{uuid.uuid4().hex}")
    files.put(files.private(), stored, upload.path)
    try:
        with transaction.atomic():
            correction = Correction.objects.create(
                task=task,
                by=by,
                name=upload.name,
                upload=stored,
                compared_with=task.solution,
                queued_at=timezone.now(),
            )
            _record(Verb.SENT_SOLUTION, correction, by, solution=str(task.solution))
            correction.send()
    except BaseException as error:
        files.private().delete(stored)
        if isinstance(error, IntegrityError):
            raise Refused("undecided", _ONE_AT_A_TIME) from error
        raise
    return correction


def retry(*, correction: Correction, by: User) -> None:
    """Compare again what failed on our side. Raises Refused if its file is gone."""
    with transaction.atomic():
        rows = Correction.objects.filter(pk=correction.pk, state=CorrectionState.FAILED)
        try:
            with transaction.atomic():
                is_queued = Correction.requeue(
                    rows.exclude(upload=""),
                    compared_with=Task.objects.get(pk=correction.task_id).solution_id,
                    problem="",
                    reference="",
                )
        except IntegrityError as error:
            raise Refused("undecided", _ONE_AT_A_TIME) from error
        if not is_queued:
            raise Refused("state", "There is nothing to try again. Upload the file once more.")
        correction.refresh_from_db()
        _record(Verb.SENT_SOLUTION, correction, by, solution=str(correction.compared_with))
        correction.send()


def fingerprint(correction: Correction) -> str:
    """Return what adding it would do, as a hash: it differs once something else would happen."""
    version = correction.compared_with.dataset_version
    numbers = list(version.solutions.order_by("number").values_list("number", flat=True))
    current = Task.objects.values_list("solution", flat=True).get(pk=correction.task_id)
    facts = [correction.pk, correction.attempt, correction.state, numbers, current]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@transaction.atomic
def add(*, correction: Correction, read: str, reason: str, by: User) -> Solution:
    """Add the compared solution to the data set version. Raises Refused.

    `read` is the fingerprint of what was decided on. No board changes: a rescore makes it count.
    """
    if not reason.strip():
        raise Refused("bad_reason", "Give a reason: organizers read it among the events.")
    # Solutions of a version are numbered one after the other.
    version = DatasetVersion.objects.select_for_update(no_key=True, of=("self",)).get(
        solutions=correction.compared_with_id
    )
    correction = Correction.objects.select_for_update(no_key=True, of=("self",)).get(
        pk=correction.pk
    )
    if correction.state != CorrectionState.COMPARED or fingerprint(correction) != read:
        raise Refused("moved", "This has changed since. Read again what would happen now.")
    newest = version.solutions.order_by("-number").values_list("number", flat=True).first()
    solution = Solution.objects.create(
        dataset_version=version, number=(newest or 0) + 1, **correction.facts
    )
    Correction.objects.filter(pk=correction.pk).update(
        state=CorrectionState.ADDED, solution=solution
    )
    record(
        Verb.ADDED_SOLUTION,
        subject=solution,
        by=by,
        challenge=correction.task.challenge.slug,
        task=correction.task.slug,
        solution=str(solution),
        before=f"{version}: solutions up to {newest}",
        after=f"{version}: solutions up to {solution.number}",
        why=reason.strip(),
    )
    return solution


@transaction.atomic
def discard(*, correction: Correction, by: User) -> None:
    """Delete the files of a correction that is not added. Raises Refused."""
    rows = Correction.objects.select_for_update(no_key=True).filter(pk=correction.pk)
    found = rows.exclude(state__in=[CorrectionState.ADDED, CorrectionState.DISCARDED]).first()
    if found is None:
        raise Refused("state", "This is decided already. Read the result below.")
    names = [name for name in (found.upload, found.file) if name]
    Correction.objects.filter(pk=found.pk).update(
        state=CorrectionState.DISCARDED,
        lease_until=None,
        finished_at=timezone.now(),
        upload="",
        facts={},
        comparison={},
    )
    _record(Verb.DISCARDED_SOLUTION, found, by)
    transaction.on_commit(lambda: _delete(names))


def _delete(names: list[str]) -> None:
    for name in names:
        files.private().delete(name)


def _refuse_form(upload: Upload) -> None:
    if not upload.name.lower().endswith(SUFFIXES):
        raise Refused("bad_file", "The file must be .csv or .parquet. Export it as one of them.")
    is_parquet = upload.name.lower().endswith(".parquet")
    if is_parquet != upload.head.startswith(PARQUET):
        raise Refused("bad_file", "The content is not what the name says. Export the file again.")
    if upload.size > MOST_BYTES:
        raise Refused(
            "bad_file", f"The file is larger than {MOST_BYTES // 10**6} MB. Send Parquet."
        )


def _record(verb: Verb, correction: Correction, by: User, **facts: Any) -> None:
    task = correction.task
    record(verb, subject=correction, by=by, challenge=task.challenge.slug, task=task.slug, **facts)
