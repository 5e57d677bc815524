"""Creating and changing a challenge from its definition."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leaderboard.patience import Rows, patient
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.models import DatasetVersion, VersionState
from podium.challenges.definition import (
    TIMES,
    BadDefinition,
    ChallengeDefinition,
    TaskDefinition,
    TrackDefinition,
    is_relative,
    moment,
)
from podium.challenges.eligibility import role_refusal, version_refusal
from podium.challenges.models import (
    Announcement,
    Challenge,
    Feedback,
    Organizer,
    Phase,
    Role,
    Task,
    Track,
)
from podium.challenges.signals import ranking_changed
from podium.challenges.sisters import contradictions, settled_tasks
from podium.challenges.state import Differences, differences, state_of
from podium.files import Json
from scoring import METRICS

# Boards are made from these: when one changes they are rebuilt.
_RANKING = ("headline", "dataset_version_id", "solution_id", "feedback", "step")
# What a task stores as its definition says it.
_TASK = (
    *("title", "description", "headline", "feedback", "ceiling"),
    *("daily_limit", "in_flight_limit", "rejected_limit", "max_bytes"),
)
# Beyond this many submissions a team, rounding hides too little of the labels.
MANY_SUBMISSIONS = 100
# What a challenge stores as its definition says it.
_STORED = {field.name for field in fields(ChallengeDefinition)} & {
    field.name for field in Challenge._meta.get_fields()
} - {"slug", "tracks", "organizers", "announcements", "said"}


@transaction.atomic
def apply(*, definition: ChallengeDefinition, by: User | None = None) -> Challenge:
    """Return the challenge, made or changed to be as defined. Raises BadDefinition.

    What the definition does not say stays as it is stored. So do tracks, tasks and announcements
    that it no longer names: what teams have submitted to is never removed by a file. People whom it
    no longer names as organizers lose their roles. Relative times count from the first apply.
    """
    # Locked, so that a reveal comes wholly before this or wholly after it.
    known = Challenge.objects.select_for_update(no_key=True).filter(slug=definition.slug)
    challenge = known.first()
    is_new = challenge is None
    challenge = challenge or Challenge(slug=definition.slug)
    before, settled = state_of(challenge), settled_tasks(challenge)
    was_draft = is_new or challenge.phase() == Phase.DRAFT
    for name in _STORED if is_new else _STORED & definition.said:
        setattr(challenge, name, getattr(definition, name))
    if entry := definition.entry:
        challenge.entry_single_sign_on = entry.single_sign_on
        challenge.entry_addresses = entry.addresses
    _set_timeline(challenge, definition, is_new=is_new)
    _save(challenge, "challenge")
    for position, track in enumerate(definition.tracks):
        _apply_track(challenge, track, position)
    for task in challenge.tasks.all():
        _clean(task, f"task {task.slug}")  # those that the file does not name rest on it as well
    _refuse_insiders(challenge)
    _refuse_contradictions(challenge, settled)
    if "organizers" in definition.said:
        _apply_organizers(challenge, definition.organizers, by)
    for item in definition.announcements:
        Announcement.objects.update_or_create(
            challenge=challenge, title=item["title"], defaults={"body": item["body"]}
        )
    if is_new:
        record(Verb.CREATED_CHALLENGE, subject=challenge, by=by, challenge=challenge.slug)
    else:
        _record(challenge, differences(before, state_of(challenge)), by, was_draft=was_draft)
    return challenge


@transaction.atomic
def set_privacy(
    *, challenge: Challenge, show_members: str, deleted_accounts: str, by: User
) -> bool:
    """Set who sees members' names and what deleted accounts leave; return whether it changed.

    Pages that are kept show it by the event, which has both values of before and after.
    """
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    asked = {"show_members": show_members, "deleted_accounts": deleted_accounts}
    changed: Json = {
        name: [old, to] for name, to in asked.items() if (old := getattr(locked, name)) != to
    }
    if not changed:
        return False
    Challenge.objects.filter(pk=locked.pk).update(**asked)
    record(Verb.CHANGED_CHALLENGE, subject=locked, by=by, challenge=locked.slug, **changed)
    return True


@transaction.atomic
def set_entry(
    *, challenge: Challenge, single_sign_on: bool, addresses: Sequence[str], by: User
) -> bool:
    """Set who may enter a team from now on; return whether it changed. Raises ValidationError.

    Members stay. The event counts addresses: whose they are is between them and the owners.
    """
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    before = (locked.entry_single_sign_on, locked.entry_addresses)
    locked.entry_single_sign_on, locked.entry_addresses = single_sign_on, addresses
    locked.clean_entry()
    after = (locked.entry_single_sign_on, locked.entry_addresses)
    if before == after:
        return False
    locked.save(update_fields=["entry_single_sign_on", "entry_addresses"])
    record(
        Verb.CHANGED_CHALLENGE,
        subject=locked,
        by=by,
        challenge=locked.slug,
        entry_single_sign_on=[before[0], after[0]],
        entry_addresses=[len(before[1]), len(after[1])],
    )
    return True


@transaction.atomic
def set_times(
    *, challenge: Challenge, times: Mapping[str, datetime | None], freeze_hours: int, by: User
) -> Challenge:
    """Return the challenge with these times, by the names in TIMES. Raises ValidationError."""
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    before, was_draft = state_of(locked), locked.phase() == Phase.DRAFT
    for name in TIMES:
        setattr(locked, name, times[name])
    locked.freeze_hours = freeze_hours
    locked.full_clean()
    locked.save(update_fields=[*TIMES, "freeze_hours"])
    _record(locked, differences(before, state_of(locked)), by, was_draft=was_draft)
    return locked


def proposals(challenge: Challenge) -> list[str]:
    """Return in words for which tasks the feedback mode `ladder` is proposed, and why."""
    days = (challenge.closes_at.date() - challenge.opens_at.date()).days + 1
    return [
        f"Task {task.slug}: a team may submit {days * task.daily_limit:,} times, "
        f"{task.daily_limit} on each of {days} days. Feedback `{task.feedback}` does not stop "
        f"anybody who means to overfit with more than {MANY_SUBMISSIONS}: by simulation, such a "
        f"team lifts its public score by {_points_beyond(task, days)} points that its private "
        "score does not share. Consider `ladder`, which shows a score only when it beats the last "
        "one by more than the noise: it leaves about none of them."
        for task in challenge.tasks.select_related("solution")
        if task.feedback != Feedback.LADDER and days * task.daily_limit > MANY_SUBMISSIONS
    ]


def _points_beyond(task: Task, days: int) -> str:
    rows = Rows(task.solution.public_rows, task.solution.private_rows)
    return f"{100 * patient(rows, days * task.daily_limit, 0.0).beyond:.1f}"


def shared_rows(challenge: Challenge) -> list[str]:
    """Describe tasks that share rows with a task revealed at another time.

    Nothing of those whose reveals are both over. An unannounced challenge is not named.
    """
    others = Task.objects.filter(dataset_version__task__challenge=challenge)
    twins = others.exclude(challenge=challenge).select_related("challenge", "dataset_version")
    return [
        f"Task {task.slug}: {_shared(twin, *reveals)}"
        for twin in twins.distinct()
        if _differ(reveals := sorted([challenge.reveal_at, twin.challenge.reveal_at]))
        for task in challenge.tasks.filter(dataset_version=twin.dataset_version_id)
    ]


def _differ(reveals: list[datetime]) -> bool:
    """Return whether two reveals, in their order, are at different times, one still to come."""
    return reveals[0] < reveals[1] and timezone.now() < reveals[1]


def _shared(twin: Task, first: datetime, last: datetime) -> str:
    """Return what it means that the rows of another challenge's task are revealed then too."""
    is_draft = twin.challenge.phase() == Phase.DRAFT
    named = f"{twin.challenge} (task {twin.slug})"
    return (
        f"its data set {twin.dataset_version} is in "
        f"{'a challenge that is not announced yet' if is_draft else named} too, and the reveals "
        f"differ: {first:%Y-%m-%d %H:%M} and {last:%Y-%m-%d %H:%M} UTC. From the first on, "
        "private scores of the same rows are public, which tells teams of the other challenge "
        "about its labels. Reveal both at once, or take another version."
    )


def _set_timeline(challenge: Challenge, definition: ChallengeDefinition, *, is_new: bool) -> None:
    now = timezone.now()
    for name in TIMES:
        value = definition.timeline.get(name)
        if value is None:
            if is_new or name in definition.timeline:
                challenge.__dict__[name] = None
        elif is_new or not is_relative(value):
            setattr(challenge, name, moment(value, now, f"challenge.timeline.{name}"))
    if "freeze_hours" in definition.timeline:
        challenge.freeze_hours = definition.timeline["freeze_hours"]


def _record(
    challenge: Challenge, changes: Differences, by: User | None, *, was_draft: bool
) -> None:
    """Record what changed: each time by itself, roles where they change, and the rest at once."""
    for name in TIMES:
        if name in changes:
            before, after = (_fact(value) for value in changes[name])
            record(
                Verb.MOVED_TIME,
                subject=challenge,
                by=by,
                challenge=challenge.slug,
                is_public=not was_draft,
                time=name,
                before=before,
                after=after,
            )
    rest: Json = {
        path: [_fact(value) for value in values]
        for path, values in changes.items()
        if path not in TIMES and not path.startswith("organizers.")
    }
    if rest:
        record(Verb.CHANGED_CHALLENGE, subject=challenge, by=by, challenge=challenge.slug, **rest)


def _fact(value: object) -> object:
    """Return a value as an event stores it. Addresses are counted: they are the owners' matter."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return len(value)
    return str(value) if isinstance(value, Decimal) else value


def _apply_track(challenge: Challenge, definition: TrackDefinition, position: int) -> None:
    track = Track.objects.filter(challenge=challenge, kind=definition.kind).first()
    track = track or Track(challenge=challenge, kind=definition.kind)
    _set_said(track, definition, ("title", "description", "aggregate"))
    track.position = position
    with tells_of_ranking(Track.objects.filter(pk=track.pk)):
        if track.pk is None:
            _save(track, f"track {definition.kind}")
        for place, task in enumerate(definition.tasks):
            _apply_task(track, task, place)
        # Whether its aggregate suits its tasks is seen when they are as defined.
        _save(track, f"track {definition.kind}")


@contextmanager
def tells_of_ranking(tracks: QuerySet[Track]) -> Iterator[None]:
    """Tell, at the end, of those of these tracks whose boards are made by something else now."""
    before = {track.pk: _ranked_by(track) for track in tracks}
    yield
    for track in Track.objects.filter(pk__in=before):
        if _ranked_by(track) != before[track.pk]:
            for listener in ranking_changed:
                listener(track)


def _ranked_by(track: Track) -> list[tuple[object, ...]]:
    """Return what the boards of a track are made by, as it is stored."""
    kept = Track.objects.filter(pk=track.pk).values_list("aggregate")
    return [*kept, *track.tasks.order_by("pk").values_list("pk", *_RANKING)]


def _apply_task(track: Track, definition: TaskDefinition, position: int) -> None:
    where = f"task {definition.slug}"
    _check_values(track, definition, where)
    task = Task.objects.filter(challenge=track.challenge, slug=definition.slug).first()
    if task is None:
        task = Task(challenge=track.challenge, slug=definition.slug)
    task.track, task.position = track, position
    _set_dataset(task, definition.dataset, where)
    _set_said(task, definition, _TASK)
    if definition.step is not None:
        task.step = str(definition.step)  # as typed: of a float every binary digit counts
    _save(task, where)


def _set_said(
    row: Track | Task, definition: TrackDefinition | TaskDefinition, names: Sequence[str]
) -> None:
    """Set what the definition says; of a new row also what it leaves to the defaults."""
    for name in names:
        if row.pk is None or name in definition.said:
            setattr(row, name, getattr(definition, name))


def _check_values(track: Track, definition: TaskDefinition, where: str) -> None:
    """Raise BadDefinition unless the feedback is one, and the ceiling one of the headline."""
    if definition.feedback not in Feedback.values:
        modes = ", ".join(f"`{mode}`" for mode in Feedback.values)
        raise BadDefinition(f"{where}: feedback `{definition.feedback}` is none of {modes}.")
    metric, ceiling = METRICS.get(str(definition.headline)), definition.ceiling
    if ceiling is None or metric is None or track.kind not in metric.kinds:
        return  # what headlines there are, the task itself tells
    lowest, highest = metric.forms[track.kind].range
    is_number = isinstance(ceiling, int | float) and not isinstance(ceiling, bool)
    if not is_number or not lowest <= ceiling <= highest:
        raise BadDefinition(
            f"{where}: ceiling `{ceiling}` is no number from {lowest:g} to {highest:g}, where "
            f"`{definition.headline}` lies. Leave it out where the best score is not known."
        )


def _set_dataset(task: Task, reference: str, where: str) -> None:
    """Point the task at `name@number`; without a number a task keeps the version it has."""
    name, _, number = reference.partition("@")
    if not number and task.pk and task.dataset_version.name == name:
        return
    if number and not number.isdecimal():
        raise BadDefinition(f"{where}: `{reference}` has no version number; write {name}@2.")
    versions = DatasetVersion.objects.filter(name=name)
    published = versions.filter(state=VersionState.PUBLISHED)
    version = (versions.filter(number=number) if number else published).first()
    if version is None:
        raise BadDefinition(f"{where}: {_no_version(reference, versions)}")
    if task.pk and task.dataset_version_id == version.pk:
        return  # retired or not: what was submitted to it stays
    if version.state != VersionState.PUBLISHED:
        what = "Restore" if version.state == VersionState.RETIRED else "Publish"
        raise BadDefinition(
            f"{where}: data set {version} is {version.get_state_display().lower()}, not published. "
            f"{what} it first, or name a published version."
        )
    solution = version.solutions.first()
    if solution is None:
        raise BadDefinition(f"{where}: data set {version} has no solution.")
    task.dataset_version, task.solution = version, solution


def _no_version(reference: str, versions: QuerySet[DatasetVersion]) -> str:
    """Return that there is no such version, or none that is published, and what to do."""
    if not versions:
        return f"there is no data set `{reference}`. Publish it first."
    known = ", ".join(f"{v.number} ({v.get_state_display().lower()})" for v in versions)
    what = "data set" if "@" in reference else "published version of data set"
    return f"there is no {what} `{reference}`. There are: {known}. Publish one or name another."


def _refuse_insiders(challenge: Challenge) -> None:
    """Raise BadDefinition if somebody would take part who may see more than participants do."""
    for task in challenge.tasks.select_related("dataset_version"):
        if why := version_refusal(challenge, task.dataset_version):
            raise BadDefinition(f"task `{task.slug}`: {why}")


def _refuse_contradictions(challenge: Challenge, settled: set[int]) -> None:
    """Raise BadDefinition if one task gives away labels of another, unless it is a rehearsal."""
    found = contradictions(challenge, settled)
    if found and not challenge.is_rehearsal:
        raise BadDefinition(" ".join(found))


def _apply_organizers(challenge: Challenge, organizers: dict[str, str], by: User | None) -> None:
    """Give the roles that a file lists, and take those that it does not list."""
    named = {email.lower() for email in organizers}
    was_owned = challenge.organizers.filter(role=Role.OWNER).exists()
    for organizer in challenge.organizers.exclude(user__email__in=named).select_related("user"):
        _record_role(Verb.TOOK_ROLE, challenge, organizer.user, organizer.role, by)
        organizer.delete()
    for email, role in organizers.items():
        if role not in Role.values:
            raise BadDefinition(f"organizers: `{role}` is none of {', '.join(Role.values)}.")
        user = User.objects.filter(email=email.lower()).first()
        if user is None:
            raise BadDefinition(f"organizers: nobody has signed up as {email} yet.")
        if why := role_refusal(user, challenge, who=email):
            raise BadDefinition(f"organizers: {why}")
        rows = Organizer.objects.filter(challenge=challenge, user=user)
        if role not in rows.values_list("role", flat=True):
            rows.delete()
            Organizer.objects.create(challenge=challenge, user=user, role=role)
            _record_role(Verb.GAVE_ROLE, challenge, user, role, by)
    if was_owned and not challenge.organizers.filter(role=Role.OWNER).exists():
        raise BadDefinition("organizers: nobody would own the challenge any more. Name an owner.")


def _record_role(verb: Verb, challenge: Challenge, user: User, role: str, by: User | None) -> None:
    record(verb, subject=user, by=by, challenge=challenge.slug, role=role)


def _save(row: Challenge | Track | Task, where: str) -> None:
    _clean(row, where)
    row.save()


def _clean(row: Challenge | Track | Task, where: str) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        problems = "; ".join(
            f"{name}: {' '.join(texts)}" if name != "__all__" else " ".join(texts)
            for name, texts in error.message_dict.items()
        )
        raise BadDefinition(f"{where}: {problems}") from error
