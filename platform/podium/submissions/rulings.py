"""What organizers do with submissions: retry, refund, withdraw and put back."""

from django.db.models import QuerySet
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge
from podium.challenges.rulings import Act, Acts, Answers
from podium.submissions import actions
from podium.submissions.models import State, Submission
from podium.submissions.quota import give_back
from podium.submissions.signals import submission_withdrawn


def _rows(challenge: Challenge) -> QuerySet[Submission]:
    rows = Submission.objects.filter(task__challenge=challenge)
    return rows.select_related("team", "task__challenge")


def _withdraw(row: Submission, answers: Answers, by: User) -> None:
    _set(row, withdrawn_at=timezone.now(), withdrawn_reason=answers["reason"].strip())
    _record(Verb.WITHDREW_SUBMISSION, row, answers, by)


def _restore(row: Submission, answers: Answers, by: User) -> None:
    _set(row, withdrawn_at=None, withdrawn_reason="")
    _record(Verb.RESTORED_SUBMISSION, row, answers, by)


def _set(row: Submission, **fields: object) -> None:
    Submission.objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db(fields=list(fields))
    for listener in submission_withdrawn:
        listener(row)


def _refund(row: Submission, answers: Answers, by: User) -> None:
    give_back(row, rejected=False)
    Submission.objects.filter(pk=row.pk).update(quota_day=None)
    _record(Verb.REFUNDED_SUBMISSION, row, answers, by)


def _record(verb: Verb, row: Submission, answers: Answers, by: User) -> None:
    slug, why = row.task.challenge.slug, answers["reason"].strip()
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


ACTS = Acts[Submission](
    "submission",
    _rows,
    mark=lambda row: (row.state, row.withdrawn_at, row.quota_day, row.attempt),
    team=lambda row: row.team_id,
    by_name={
        "retry": Act(
            "Score again what failed",
            "queued again",
            _no_retry,
            lambda row, _answers, by: actions.retry(submission=row, by=by),
            asks=(),
        ),
        "refund": Act("Give the attempt back", "given back", _no_refund, _refund),
        "withdraw": Act(
            "Withdraw from the boards",
            "withdrawn",
            _no_withdrawal,
            _withdraw,
            is_danger=True,
            moves_ranks=True,
        ),
        "restore": Act(
            "Put back on the boards",
            "back on the boards",
            _no_restoration,
            _restore,
            moves_ranks=True,
        ),
    },
)
