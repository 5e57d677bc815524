"""A finding of a worker, and its case: one for the same finding, however often it is found."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Task
from podium.files import Json
from podium.integrity.models import Case, CaseEntry, CaseState

STRONGER = 1.5
"""A decided case is opened again once its evidence has grown by this factor."""

Entry = tuple[int, int | None]
"""A team and one of its submissions, by their ids."""


@dataclass(frozen=True)
class Finding:
    """What was found about teams. `key` is the same whenever the same is found."""

    kind: str
    key: str
    entries: Sequence[Entry]
    strength: float
    task: Task | None = None
    p: float | None = None
    counts: Json = field(default_factory=dict)


def store(challenge: Challenge, findings: Sequence[Finding]) -> None:
    """Make a case of each new finding, and write what grew into the others."""
    for finding in findings:
        _store(challenge, finding)


@transaction.atomic
def _store(challenge: Challenge, finding: Finding) -> None:
    now = timezone.now()
    facts = {"counts": finding.counts, "p": finding.p, "strength": finding.strength}
    # The constraint decides between two workers that find the same; the later one gets the row.
    case, is_new = Case.objects.get_or_create(
        challenge=challenge,
        kind=finding.kind,
        key=finding.key,
        defaults={**facts, "task": finding.task, "found_at": now, "seen_at": now},
    )
    case = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    if not is_new:
        for name, value in facts.items():
            setattr(case, name, value)
        case.seen_at = now
        _reopen(case)
        case.save()
    known = set(case.entries.values_list("team", "submission"))
    CaseEntry.objects.bulk_create(
        CaseEntry(case=case, team_id=team, submission_id=submission)
        for team, submission in finding.entries
        if (team, submission) not in known
    )


def _reopen(case: Case) -> None:
    """Open a decided case again whose evidence is clearly stronger; its decision stays readable."""
    if case.state != CaseState.DECIDED or case.strength < STRONGER * (case.decided_strength or 0):
        return
    record(
        Verb.REOPENED_CASE,
        subject=case,
        challenge=case.challenge.slug,
        before=case.decision,
        after="open",
        why="More of the same was found since.",
    )
    case.state, case.decided_at = CaseState.OPEN, None
