"""Whether a challenge is ready to open: checks with reasons, which owners can overrule in writing.

An overruled check is an event, and so is taking that back: the last one holds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from figures.words import plural
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.advice import shared_rows
from podium.challenges.models import Challenge, Task
from podium.challenges.reveals import owners_of
from podium.notices.mailing import address_of
from podium.notices.models import Notice
from podium.refusals import Refused
from podium.rehearsals.jobs import is_rehearsed
from podium.standings.actions import REFERENCE
from podium.standings.models import Standing
from podium.standings.ranking import TRIVIAL
from podium.submissions.models import Part, State, Submission

FEWEST_ROWS = 100
# A reference score from here on leaves teams no room.
TOO_EASY = 0.99
FEWEST_OWNERS = 2
MAILED_WITHIN = timedelta(days=7)
SCORED_WITHIN = timedelta(days=1)
_VERBS = (Verb.OVERRULED_CHECK, Verb.TOOK_BACK_OVERRULING)


@dataclass(frozen=True)
class Check:
    """One check: `problem` says what is wrong, "" if nothing is; `url` leads to where it is fixed.

    `overruled` is the event of its overruling, if an owner did that.
    """

    key: str
    title: str
    problem: str
    url: str
    overruled: Event | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do something about it."""
        return bool(self.problem) and self.overruled is None


def checks_of(challenge: Challenge) -> list[Check]:
    """Return all checks of a challenge, as they stand now."""
    kept = _overruled(challenge)
    tasks = list(challenge.tasks.select_related("dataset_version", "solution", "track"))
    made = [
        Check(key, title, " ".join(problems(challenge, tasks)), reverse(*_place(place, challenge)))
        for key, (title, problems, place) in _CHECKS.items()
    ]
    return [replace(check, overruled=kept.get(check.key)) for check in made]


def _place(place: str, challenge: Challenge) -> tuple[str, None, list[str]]:
    name, _, sheet = place.partition(" ")
    return name, None, [challenge.slug, *([sheet] if sheet else [])]


def _overruled(challenge: Challenge) -> dict[str, Event]:
    """Return the event of the overruling of each check that owners overruled."""
    events = Event.objects.filter(challenge=challenge.slug, verb__in=_VERBS).order_by("pk")
    last = {event.facts["check"]: event for event in events}
    return {key: event for key, event in last.items() if event.verb == Verb.OVERRULED_CHECK}


def _tracks(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    if not tasks:
        yield "There is no task. Add a track and a task."
    used = {task.track_id for task in tasks}
    for track in challenge.tracks.all():
        if tasks and track.pk not in used:
            yield f"{track} has no task. Add one."


def _scores(tasks: list[Task], baseline: str) -> dict[int, float]:
    rows = Standing.objects.filter(
        board__task__in=tasks, board__part=Part.PUBLIC, team__baseline=baseline, valid_until=None
    )
    scored = rows.values_list("board__task", "score")
    return {task: score for task, score in scored if score is not None}


def _trivial(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    scores = _scores(tasks, TRIVIAL)
    if lacking := [str(task) for task in tasks if task.pk not in scores]:
        yield (
            f"{', '.join(lacking)}: no score yet, so nobody is ranked in the track. It comes by "
            "itself within a minute while workers run."
        )


def _reference(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    scores = _scores(tasks, REFERENCE)
    if lacking := [str(task) for task in tasks if task.pk not in scores]:
        yield f"{', '.join(lacking)}: no score yet. Start AutoGluon."
    for task in tasks:
        if scores.get(task.pk, 0.0) >= TOO_EASY:
            yield f"{task}: AutoGluon reaches {scores[task.pk]:.3f}, which leaves teams no room."


def _rows(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    for task in tasks:
        public, private = task.solution.public_rows, task.solution.private_rows
        if min(public, private) < FEWEST_ROWS:
            yield (
                f"{task}: {public:,} public and {private:,} private rows. With fewer than "
                f"{FEWEST_ROWS}, chance decides ranks."
            )
        elif task.step and float(task.step) * public < 1:
            yield (
                f"{task}: a step of {float(task.step):g} is less than one of {public:,} public "
                "rows, so scores tell single labels. Leave the step out."
            )


def _times(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    if challenge.announced_at is None:
        yield "No announcement is set: nobody can read the challenge before it opens."
    elif challenge.announced_at >= challenge.opens_at:
        yield "The announcement comes after the opening."
    if challenge.opens_at <= timezone.now():
        yield "The opening is in the past."


def _reveals(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    yield from shared_rows(challenge)


def _rules(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    if not challenge.rules.strip():
        yield "There are no rules, so people accept none."


def _licences(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    for task in tasks:
        licence = task.dataset_version.facts.get("licence") or {}
        if not licence.get("name"):
            yield f"{task}: its data set does not name a licence. Publish a version that does."


def _owners(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    reached = [owner for owner in owners_of(challenge) if address_of(owner)]
    if len(reached) < FEWEST_OWNERS:
        yield (
            f"{plural(len(reached), 'owner')} with a confirmed address. Name at least "
            f"{FEWEST_OWNERS}, so that one can act while the other sleeps."
        )


def _mail(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    if Notice.objects.to_mail().filter(tries__gt=0).exists():
        yield "The mail server does not take mails. Ask the operator."
    elif not Notice.objects.filter(mailed_at__gt=timezone.now() - MAILED_WITHIN).exists():
        yield (
            f"No mail has left in {MAILED_WITHIN.days} days. Announce something in a rehearsal, "
            "and see whether it arrives."
        )


def _worker(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    since = timezone.now() - SCORED_WITHIN
    if not Submission.objects.filter(state=State.SCORED, finished_at__gt=since).exists():
        yield "No worker has scored anything today. Run a baseline, and see it scored."


def _rehearsed(challenge: Challenge, tasks: list[Task]) -> Iterator[str]:
    if not is_rehearsed(challenge):
        yield "Nobody has rehearsed it without a problem since the last change. Rehearse it."


Problems = Callable[[Challenge, list[Task]], Iterator[str]]
# By key: the title, what is wrong, and where it is fixed.
_CHECKS: dict[str, tuple[str, Problems, str]] = {
    "tasks": ("Every track has a task", _tracks, "console-setup"),
    "trivial": ("The trivial baseline is scored on every task", _trivial, "console-baselines"),
    "reference": ("AutoGluon is scored on every task, and can be beaten", _reference,
                  "console-baselines"),
    "rows": ("There are enough rows for ranks and steps", _rows, "console-setup"),
    "times": ("The times lie ahead", _times, "console-sheet times"),
    "reveals": ("Rows shared with other challenges are revealed together", _reveals,
                "console-sheet times"),
    "rules": ("There are rules", _rules, "console-sheet texts"),
    "licences": ("Every data set has a licence", _licences, "console-setup"),
    "owners": ("Several owners can be reached", _owners, "console-sheet organizers"),
    "mail": ("Mails leave", _mail, "console"),
    "worker": ("Workers score", _worker, "console"),
    "rehearsal": ("It was rehearsed since the last change", _rehearsed, "console-rehearsal"),
}  # fmt: skip


@transaction.atomic
def overrule(*, challenge: Challenge, check: str, reason: str, by: User) -> None:
    """Record why a check does not matter here. Raises Refused."""
    if check not in _CHECKS:
        raise Refused("no_check", "There is no such check. Choose one of the list.")
    if not (reason := reason.strip()):
        raise Refused("bad_reason", "Give a reason: organizers read it among the events.")
    _record(Verb.OVERRULED_CHECK, challenge, check, by, reason)


@transaction.atomic
def take_back(*, challenge: Challenge, check: str, by: User) -> bool:
    """Let a check count again; return whether it was overruled."""
    Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    is_overruled = check in _overruled(challenge)
    if is_overruled:
        _record(Verb.TOOK_BACK_OVERRULING, challenge, check, by)
    return is_overruled


def _record(verb: Verb, challenge: Challenge, check: str, by: User, why: str = "") -> None:
    record(verb, subject=challenge, by=by, challenge=challenge.slug, check=check, why=why)
