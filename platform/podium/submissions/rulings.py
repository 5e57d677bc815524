"""What organizers do with submissions: planned first, with reasons, and then done all at once.

Each act is an event with its reason, from which the members of the team are notified.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge
from podium.refusals import Refused
from podium.submissions import actions
from podium.submissions.models import State, Submission
from podium.submissions.quota import give_back
from podium.submissions.signals import submission_withdrawn

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Act:
    """Something that can be done with a submission.

    `refusal` says why it cannot be done with this one, or "". `is_told`: the team is notified.
    """

    title: str
    done: str
    refusal: Callable[[Submission], str]
    carry_out: Callable[[Submission, str, User], object]
    needs_reason: bool = True


@dataclass(frozen=True)
class Ruling:
    """What an act would do with each of these submissions; with some it may be nothing."""

    act: Act
    fit: Sequence[Submission]
    unfit: Sequence[tuple[Submission, str]]

    @property
    def fingerprint(self) -> str:
        """What the act would change, as a hash: it differs once a submission does."""
        rows = [
            [row.pk, row.state, str(row.withdrawn_at), str(row.quota_day), row.attempt]
            for row in self.fit
        ]
        return hashlib.sha256(json.dumps([self.act.title, rows]).encode()).hexdigest()

    @property
    def teams(self) -> int:
        """How many teams it concerns."""
        return len({row.team_id for row in self.fit})


def plan(challenge: Challenge, act: Act, picked: Collection[int]) -> Ruling:
    """Return what the act would do. Raises Refused if nothing is picked, or too much."""
    if not picked:
        raise Refused("none_picked", "Choose submissions first: tick them.")
    if len(picked) > MOST_AT_ONCE:
        raise Refused("many_picked", f"Choose at most {MOST_AT_ONCE} submissions at a time.")
    rows = Submission.objects.filter(task__challenge=challenge, pk__in=picked)
    found = list(rows.select_related("team", "task__challenge").order_by("pk"))
    refusals = [(row, act.refusal(row)) for row in found]
    return Ruling(
        act,
        [row for row, why in refusals if not why],
        [(row, why) for row, why in refusals if why],
    )


@transaction.atomic
def carry_out(
    challenge: Challenge,
    act: Act,
    picked: Collection[int],
    *,
    fingerprint: str,
    reason: str,
    by: User,
) -> Ruling:
    """Do it with all submissions for which it was planned, or with none. Raises Refused."""
    list(Submission.objects.select_for_update(no_key=True).filter(pk__in=picked).order_by("pk"))
    ruling = plan(challenge, act, picked)
    if ruling.fingerprint != fingerprint:
        raise Refused("moved", "A submission has changed since. Read again what would happen now.")
    if act.needs_reason and not reason.strip():
        raise Refused("bad_reason", "Give a reason: the members of the teams read it.")
    for row in ruling.fit:
        act.carry_out(row, reason.strip(), by)
    return ruling


def _withdraw(row: Submission, reason: str, by: User) -> None:
    _set(row, withdrawn_at=timezone.now(), withdrawn_reason=reason)
    _record(Verb.WITHDREW_SUBMISSION, row, by, reason)


def _restore(row: Submission, reason: str, by: User) -> None:
    _set(row, withdrawn_at=None, withdrawn_reason="")
    _record(Verb.RESTORED_SUBMISSION, row, by, reason)


def _set(row: Submission, **fields: object) -> None:
    Submission.objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db(fields=list(fields))
    for listener in submission_withdrawn:
        listener(row)


def _refund(row: Submission, reason: str, by: User) -> None:
    give_back(row, rejected=False)
    Submission.objects.filter(pk=row.pk).update(quota_day=None)
    _record(Verb.REFUNDED_SUBMISSION, row, by, reason)


def _record(verb: Verb, row: Submission, by: User, why: str) -> None:
    slug = row.task.challenge.slug
    record(verb, subject=row, by=by, challenge=slug, why=why, team=row.team_id, by_organizer=True)


def _no_retry(row: Submission) -> str:
    return "" if row.state == State.FAILED else "It has not failed."


def _no_refund(row: Submission) -> str:
    if row.state != State.SCORED:
        return "Only the attempt of a scored file is counted."
    return "" if row.quota_day else "Its attempt is not counted."


def _no_withdrawal(row: Submission) -> str:
    if row.team.is_baseline:
        return "It is a baseline."
    return "It is withdrawn already." if row.withdrawn_reason else ""


def _no_restoration(row: Submission) -> str:
    return "" if row.withdrawn_reason else "No organizer withdrew it."


ACTS = {
    "retry": Act(
        "Score again what failed",
        "queued again",
        _no_retry,
        lambda row, _reason, by: actions.retry(submission=row, by=by),
        needs_reason=False,
    ),
    "refund": Act("Give the attempt back", "given back", _no_refund, _refund),
    "withdraw": Act("Withdraw from the boards", "withdrawn", _no_withdrawal, _withdraw),
    "restore": Act("Put back on the boards", "back on the boards", _no_restoration, _restore),
}
