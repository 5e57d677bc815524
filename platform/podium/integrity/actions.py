"""What organizers do with cases: decide them, and say which files everybody may send."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Task
from podium.challenges.permissions import Permission, has_permission
from podium.integrity.models import Case, CaseState, Decision, Kind, KnownFile
from podium.refusals import Refused

NO_NOTE = "Write why. Other organizers read it with the case."


def open_cases(challenge: Challenge) -> int:
    """Return how many cases of a challenge wait for a decision."""
    return Case.objects.filter(challenge=challenge, state=CaseState.OPEN).count()


def check_decision(case: Case, decision: str) -> None:
    """Raise Refused unless a case can be decided like that now."""
    if decision not in Decision.values:
        raise Refused("bad_decision", "Choose what you decided.")
    out = case.entries.filter(team__disqualified_at__isnull=False)
    if decision == Decision.DISQUALIFIED and not out.exists():
        raise Refused(
            "bad_decision",
            "None of its teams is disqualified. Choose another decision, or disqualify one first.",
        )


@transaction.atomic
def decide(*, case: Case, decision: str, note: str, strength: float, by: User) -> Case:
    """Decide a case, or change its decision. Nothing else happens. Raises Refused.

    `strength` is that of the evidence which `by` has read.
    """
    _require(case.challenge, by)
    check_decision(case, decision)
    if not (note := note.strip()):
        raise Refused("bad_note", NO_NOTE)
    case = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    if case.strength != strength:
        raise Refused("moved", "The evidence has changed since. Read it again, then decide.")
    before = case.decision if case.state == CaseState.DECIDED else CaseState.OPEN
    if (before, case.note) == (decision, note):
        return case
    case.state, case.decision, case.note = CaseState.DECIDED, decision, note
    case.decided_by, case.decided_at = by, timezone.now()
    case.decided_strength = case.strength
    case.save()
    record(
        Verb.DECIDED_CASE,
        subject=case,
        by=by,
        challenge=case.challenge.slug,
        kind=case.kind,
        before=before,
        after=decision,
        why=note,
    )
    return case


@transaction.atomic
def name_file(*, task: Task, sha256: str, title: str, by: User) -> KnownFile:
    """Name a file that any team may send, such as a starter's output. Raises Refused.

    It never makes a case; open cases of teams that sent the same file are deleted.
    """
    _require(task.challenge, by)
    known = KnownFile(task=task, sha256=sha256.strip().lower(), title=title.strip())
    try:
        known.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        code = f"bad_{field}" if field in {"sha256", "title"} else "known"
        raise Refused(
            code, messages[0] if code != "known" else "This file is named already."
        ) from None
    known.save()
    key = equal_key(task, known.sha256)
    Case.objects.filter(
        challenge=task.challenge, kind=Kind.EQUAL_FILES, key=key, state=CaseState.OPEN
    ).delete()
    record(
        Verb.NAMED_FILE,
        subject=task,
        by=by,
        challenge=task.challenge.slug,
        sha256=known.sha256,
        title=known.title,
    )
    return known


def equal_key(task: Task, sha256: str) -> str:
    """Return the key of the case that several teams sent this file."""
    return f"{task.slug}:{sha256}"


def _require(challenge: Challenge, by: User) -> None:
    if not has_permission(by, Permission.RUN_CHALLENGE, challenge):
        raise Refused("not_allowed", "Only owners and managers of the challenge do this. Ask one.")
