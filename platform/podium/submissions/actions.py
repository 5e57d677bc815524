"""What happens to submissions: submit, describe, withdraw, retry."""

import uuid
from datetime import UTC, datetime

import structlog
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from podium import files
from podium.accounts.forms import breaks_line
from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import UPLOAD_GRACE, Phase, Task
from podium.refusals import Refused
from podium.submissions import quota
from podium.submissions.models import State, Submission
from podium.submissions.signals import method_changed, submission_withdrawn
from podium.teams.guards import GONE
from podium.teams.models import Team
from podium.uploads.receiving import NO_ROOM, Upload
from scoring.naming import problem_of_file, suffix_of

log = structlog.get_logger(__name__)
MOST_KEY = 100
MOST_METHOD = 120
MOST_NOTE = 2_000
TOO_LATE = "It takes no more files; those that came in time are scored. Enter another challenge."


def submit(
    *,
    team: Team,
    task: Task,
    upload: Upload,
    by: User | None = None,
    method: str = "",
    note: str = "",
    key: str = "",
    again: bool = True,
) -> Submission:
    """Return the new, queued submission. Raises Refused, and then nothing is kept.

    Web, client and baselines all come through here. Baselines are exempt from the quota. A `key`
    that the team has used for the same file and task gives the first submission again, with
    `replayed` set. Without `again`, a file that the team has submitted before is refused.
    """
    if earlier := replay(team=team, task=task, key=key, sha256=upload.sha256):
        return earlier
    words = _words(method=method, note=note)
    refuse_file(task, upload)
    name = upload.stored_name(f"uploads/{task.pk}/{uuid.uuid4().hex}{suffix_of(upload.name)}")
    try:
        keep(upload, name)
        with transaction.atomic():
            found = _store(team, task, upload, name, by=by, key=key, again=again, **words)
    except BaseException:
        files.private().delete(name)
        raise
    if found.replayed:  # another request with this key was quicker
        files.private().delete(name)
    return found


def replay(*, team: Team, task: Task, key: str, sha256: str = "") -> Submission | None:
    """Return the submission that the team has made with this key, with `replayed` set, if any.

    Without `sha256` whatever file it was of. Raises Refused if the key is none, or was used for
    another file or task.
    """
    if not key:
        return None
    if len(key) > MOST_KEY or not key.isprintable():
        raise Refused("bad_key", f"A key has 1 to {MOST_KEY} printable characters. Make a new one.")
    earlier = Submission.objects.filter(team=team, key=key).select_related("team", "task").first()
    if earlier is None:
        return None
    if (earlier.task_id, earlier.sha256) != (task.pk, sha256 or earlier.sha256):
        raise Refused(
            "key_reused",
            f"This key belongs to submission {earlier.number} of {earlier.task}, which is of "
            "another file or task. Send this one with a key of its own.",
        )
    earlier.replayed = True
    return earlier


def describe(
    *, submission: Submission, method: str | None = None, note: str | None = None, by: User
) -> None:
    """Change what a submission's team calls its method, or notes of it. Raises Refused.

    None leaves as it is. This is open to the team's members at any time, after the close too.
    """
    if not submission.team.memberships.filter(user=by).exists():
        raise Refused("not_a_member", "Only members of its team describe a submission. Ask one.")
    wanted = _words(method=method, note=note)
    with transaction.atomic():
        found = Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
        before = {name: getattr(found, name) for name in wanted}
        if before == wanted:
            return
        Submission.objects.filter(pk=found.pk).update(**wanted)
        is_renamed = found.method != wanted.get("method", found.method)
        record(
            Verb.RENAMED_METHOD if is_renamed else Verb.CHANGED_NOTE,
            subject=submission,
            by=by,
            challenge=_slug(submission),
        )
        submission.refresh_from_db(fields=list(wanted))
        if is_renamed:
            for listener in method_changed:
                listener(submission)


def refuse_time(task: Task, first_byte_at: datetime, now: datetime) -> None:
    """Raise Refused unless a file whose first byte came then is in time."""
    challenge = task.challenge
    if now < challenge.opens_at:
        opens = in_words(challenge.opens_at)
        raise Refused(
            "not_open",
            f"Submissions open at {opens}. Check the file until then, which costs nothing.",
            challenge.opens_at,
        )
    if challenge.phase(first_byte_at) not in {Phase.DRAFT, Phase.ANNOUNCED, Phase.OPEN}:
        raise Refused(
            "closed",
            f"The challenge closed at {in_words(challenge.closed_at)}. {TOO_LATE}",
        )
    if now > challenge.closed_at + UPLOAD_GRACE:
        raise Refused(
            "too_late", f"The upload ended more than 15 minutes after the close. {TOO_LATE}"
        )


def withdraw(*, submission: Submission, by: User) -> None:
    """Take a submission off the boards; it stays counted and can be put back. Raises Refused."""
    _set_withdrawn(submission, timezone.now(), Verb.WITHDREW_SUBMISSION, by)


def restore(*, submission: Submission, by: User) -> None:
    """Put a withdrawn submission back on the boards. Raises Refused."""
    _set_withdrawn(submission, None, Verb.RESTORED_SUBMISSION, by)


def set_aside(*, submission: Submission, why: str) -> None:
    """Keep a new submission of a baseline off the boards. Organizers can put it back on them."""
    now = timezone.now()
    Submission.objects.filter(pk=submission.pk).update(withdrawn_at=now, withdrawn_reason=why)
    record(
        Verb.WITHDREW_SUBMISSION,
        subject=submission,
        challenge=_slug(submission),
        why=why,
        team=submission.team_id,
    )


def retry(*, submission: Submission, by: User | None = None) -> bool:
    """Queue a failed submission again. Returns whether it was failed."""
    with transaction.atomic():
        failed = Submission.objects.filter(pk=submission.pk, state=State.FAILED)
        changed = Submission.requeue(failed, failure="")
        if changed:
            # It was refunded when it failed; a second try is on us and stays free.
            Submission.objects.filter(pk=submission.pk).update(quota_day=None)
            record(Verb.RETRIED_SUBMISSION, subject=submission, by=by, challenge=_slug(submission))
            submission.send()
    return changed


def refuse_file(task: Task, upload: Upload) -> None:
    """Raise Refused if the file is too large or of another kind. Nothing is parsed."""
    refuse_size(task, upload.size)
    if problem := problem_of_file(upload.name, upload.head):
        raise Refused(problem.code, problem.message)


def refuse_size(task: Task, size: int) -> None:
    """Raise Refused if a file of this size is more than the task takes."""
    if size > task.max_bytes:
        raise Refused(
            "too_large",
            f"The file has {size:,} bytes; this task takes up to {task.max_bytes:,}. "
            f"Parquet or .csv.gz is smaller.",
        )


def keep(upload: Upload, name: str) -> None:
    """Store a received file under this name in the private storage. Raises Refused."""
    try:
        files.put(files.private(), name, upload.path)
    except OSError as error:
        log.exception("upload not stored")
        raise Refused("no_room", NO_ROOM) from error


def _words(*, method: str | None, note: str | None) -> dict[str, str]:
    """Return those that are not None as they are kept. Raises Refused."""
    words = {}
    if method is not None:
        words["method"] = " ".join(method.split())
    if note is not None:
        words["note"] = note.strip()
    for what, most in (("method", MOST_METHOD), ("note", MOST_NOTE)):
        text = words.get(what, "")
        if len(text) > most:
            raise Refused(
                "too_long", f"The {what} has {len(text):,} characters. Shorten it to {most:,}."
            )
        # Boards show the method next to others'; and not every database can store a zero.
        if "\0" in text or (what == "method" and breaks_line(text)):
            raise Refused("bad_text", f"The {what} contains an invisible character. Retype it.")
    return words


def _store(
    team: Team,
    task: Task,
    upload: Upload,
    name: str,
    *,
    by: User | None,
    method: str,
    note: str,
    key: str,
    again: bool,
) -> Submission:
    """Reserve quota, give the number and write row and event. Runs in a transaction."""
    team = _locked(team)
    if by:  # whose submissions for other teams count too
        User.objects.select_for_update(no_key=True).filter(pk=by.pk).first()
    if earlier := replay(team=team, task=task, key=key, sha256=upload.sha256):
        return earlier
    now = timezone.now()
    if not team.is_baseline:
        refuse_time(task, upload.first_byte_at, now)
        if team.disqualified_at:
            raise Refused("disqualified", "Your team is disqualified. Write to the organizers.")
        if not again:
            _refuse_same(team, task, upload.sha256)
        left = quota.allowance(team, task, now, by)
        if left.refusal:
            raise Refused("quota", left.refusal, left.retry_at)
        quota.reserve(team, task, now.astimezone(UTC).date())
    last = Submission.objects.filter(team=team, task=task).aggregate(n=Max("number"))["n"]
    submission = Submission.objects.create(
        team=team,
        task=task,
        number=int(last or 0) + 1,
        submitted_by=by,
        file=name,
        original_name=upload.name,
        sha256=upload.sha256,
        size=upload.size,
        method=method,
        note=note,
        key=key,
        first_byte_at=upload.first_byte_at,
        received_at=now,
        queued_at=now,
        quota_day=None if team.is_baseline else now.astimezone(UTC).date(),
    )
    record(
        Verb.SUBMITTED,
        subject=submission,
        by=by,
        challenge=task.challenge.slug,
        sha256=upload.sha256,
        size=upload.size,
    )
    submission.send()
    return submission


def _refuse_same(team: Team, task: Task, sha256: str) -> None:
    """Raise Refused if the team has submitted this very file before; it would score the same."""
    counted = (State.QUEUED, State.SCORING, State.SCORED)  # the others have cost no attempt
    mine = Submission.objects.filter(team=team, task=task, sha256=sha256, state__in=counted)
    if same := mine.order_by("number").first():
        raise Refused(
            "same_file",
            f"This file is identical to submission {same.number}, so it would score the same. "
            "Submit it anyway to use another attempt.",
        )


def _locked(team: Team) -> Team:
    """Return the team, locked until the transaction ends. Raises Refused if it has left.

    The lock orders a team's submissions; rows that point to the team do not wait for it.
    """
    found = Team.objects.select_for_update(no_key=True).filter(pk=team.pk).first()
    if found is None:
        raise Refused("no_team", "Your team has just been left by its last member. Upload again.")
    if found.removed_at:
        raise Refused("no_team", GONE)
    if found.is_merged:
        raise Refused(
            "merged", f"Your team has just become part of “{found.merged_into}”. Upload again."
        )
    return found


def _set_withdrawn(submission: Submission, at: datetime | None, verb: Verb, by: User) -> None:
    # A withdrawal chooses what counts as a final selection does, and is locked with these.
    if not submission.task.challenge.takes_choices():
        closed_at = submission.task.challenge.closed_at
        raise Refused(
            "closed",
            f"What counts was locked at {in_words(closed_at)}. Write to the organizers if "
            "it must change.",
        )
    if submission.withdrawn_reason:
        raise Refused(
            "withdrawn_by_organizers",
            f"The organizers withdrew it: {submission.withdrawn_reason} If you disagree, ask them.",
        )
    with transaction.atomic():
        changed = Submission.objects.filter(
            pk=submission.pk, withdrawn_at__isnull=at is not None, withdrawn_reason=""
        ).update(withdrawn_at=at)
        if changed:
            submission.refresh_from_db()
            record(verb, subject=submission, by=by, challenge=_slug(submission))
            for listener in submission_withdrawn:
                listener(submission)


def _slug(submission: Submission) -> str:
    return submission.task.challenge.slug
