"""Creating and changing a challenge from its definition."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.models import DatasetVersion, VersionState
from podium.challenges.definition import (
    NEEDED_TIMES,
    TIMES,
    BadDefinition,
    ChallengeDefinition,
    Said,
    TaskDefinition,
    TrackDefinition,
    is_relative,
    moment,
    place,
    refuse_lack,
)
from podium.challenges.documents import lines_of
from podium.challenges.eligibility import version_refusal
from podium.challenges.models import (
    Announcement,
    Challenge,
    Phase,
    Role,
    Task,
    Track,
)
from podium.challenges.organizers import give_role, set_roles
from podium.challenges.permissions import usable_versions
from podium.challenges.prize_actions import refuse_prizes_of_rehearsal, set_prizes
from podium.challenges.removing import remove_task, remove_track
from podium.challenges.signals import ranking_changed
from podium.challenges.sisters import contradictions, settled_tasks
from podium.challenges.state import Differences, differences, state_of
from podium.files import Json
from podium.refusals import Refused

# Boards are made from these: when one changes they are rebuilt.
_RANKING = ("headline", "dataset_version_id", "solution_id", "feedback", "step")
# What a task stores as its definition says it.
_TASK = (
    *("title", "description", "headline", "feedback", "ceiling", "pause", "daily_limit"),
    *("total_limit", "final_limit", "in_flight_limit", "rejected_limit", "max_bytes"),
)
# What a new challenge needs.
_NEEDED = ("title", "summary", "timeline")
# What a challenge stores as its definition says it.
_STORED = {field.name for field in fields(ChallengeDefinition)} & {
    field.name for field in Challenge._meta.get_fields()
} - {"slug", "tracks", "organizers", "announcements", "said"}


@transaction.atomic
def apply(
    *,
    definition: ChallengeDefinition,
    by: User | None = None,
    only_new: bool = False,
    usable: Collection[int] | None = None,
) -> Challenge:
    """Return the challenge, made or changed to be as defined. Raises BadDefinition.

    What the definition does not say stays as it is stored. So do tracks, tasks and announcements
    that it no longer names: only `remove: true` removes one, and never one that teams have
    submitted to. People whom it
    no longer names as organizers lose their roles. Relative times count from the first apply.
    `usable` are the data set versions that tasks may take up, all by default.
    """
    # Locked, so that a reveal comes wholly before this or wholly after it.
    known = Challenge.objects.select_for_update(no_key=True).filter(slug=definition.slug)
    challenge = known.first()
    is_new = challenge is None
    if only_new and not is_new:
        text = f"`{definition.slug}` is the address of another challenge. Choose another slug."
        raise BadDefinition(f"challenge: {text}", {"slug": text})
    if is_new:
        refuse_lack("challenge", definition.said, _NEEDED)
        refuse_lack("challenge.timeline", lines_of(definition.timeline), NEEDED_TIMES)
    challenge = challenge or Challenge(slug=definition.slug)
    before, settled = state_of(challenge), settled_tasks(challenge)
    was_draft = is_new or challenge.phase() == Phase.DRAFT
    for name in _STORED if is_new else _STORED & definition.said.keys():
        setattr(challenge, name, getattr(definition, name))
    if entry := definition.entry:
        challenge.entry_single_sign_on = entry.single_sign_on
        challenge.entry_addresses = entry.addresses
    _set_timeline(challenge, definition, is_new=is_new)
    _save(challenge, "challenge", {**definition.said, **lines_of(definition.timeline)})
    for track in definition.tracks:
        _apply_track(challenge, track, usable, by)
    _order(challenge.tracks.all(), [track.kind for track in definition.tracks], "kind")
    refuse_prizes_of_rehearsal(challenge)
    if "tracks" in definition.said:
        _refuse_insiders(challenge)
    if not definition.said.keys().isdisjoint({"tracks", "is_rehearsal"}):
        for task in challenge.tasks.all():
            _clean(task, f"task {task.slug}", {})  # also what the file does not name rests on it
        _refuse_contradictions(challenge, settled)
    if "organizers" in definition.said:
        set_roles(challenge, definition.organizers, by)
    for item in definition.announcements:
        Announcement.objects.update_or_create(
            challenge=challenge, title=item.title, defaults={"body": item.body}
        )
    if is_new:
        record(Verb.CREATED_CHALLENGE, subject=challenge, by=by, challenge=challenge.slug)
    else:
        _record(challenge, differences(before, state_of(challenge)), by, was_draft=was_draft)
    return challenge


@transaction.atomic
def create(*, definition: ChallengeDefinition, by: User) -> Challenge:
    """Return a new challenge that the person owns. Raises BadDefinition."""
    challenge = apply(definition=definition, by=by, only_new=True, usable=_usable(by))
    if not challenge.organizers.filter(user=by, role=Role.OWNER).exists():
        give_role(challenge, by, Role.OWNER, by=by)
    return challenge


@transaction.atomic
def change(*, definition: ChallengeDefinition, by: User) -> Challenge:
    """Return the challenge as an owner of it defines it. Raises BadDefinition."""
    return apply(definition=definition, by=by, usable=_usable(by))


@transaction.atomic
def take_back(*, announcement: Announcement, by: User) -> Challenge:
    """Return the challenge without the announcement."""
    challenge = announcement.challenge
    before = state_of(challenge)
    Announcement.objects.filter(pk=announcement.pk).delete()
    _record(challenge, differences(before, state_of(challenge)), by, was_draft=False)
    return challenge


def _usable(by: User) -> set[int]:
    """Return the data set versions that the person may put into a challenge, as it is now."""
    return set(usable_versions(by).values_list("pk", flat=True))


def _set_timeline(challenge: Challenge, definition: ChallengeDefinition, *, is_new: bool) -> None:
    now, said = timezone.now(), lines_of(definition.timeline)
    for name in TIMES:
        value = definition.timeline.get(name)
        if value is None:
            if is_new or name in definition.timeline:
                challenge.__dict__[name] = None
        elif is_new or not is_relative(value):
            where = place(f"challenge.timeline.{name}", said, name)
            setattr(challenge, name, moment(value, now, where))
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


def _apply_track(
    challenge: Challenge,
    definition: TrackDefinition,
    usable: Collection[int] | None,
    by: User | None,
) -> None:
    what = f"track {definition.kind}"
    track = Track.objects.filter(challenge=challenge, kind=definition.kind).first()
    if definition.remove:
        if track:
            with _at(place(what, definition.said, "remove")):
                remove_track(track, by)
        return
    if track is None:
        refuse_lack(what, definition.said, ("title",))
        track = Track(challenge=challenge, kind=definition.kind, position=challenge.tracks.count())
    _set_said(track, definition, ("title", "description", "aggregate"))
    with tells_of_ranking(Track.objects.filter(pk=track.pk)):
        if track.pk is None:
            _save(track, what, definition.said)
        for task in definition.tasks:
            _apply_task(track, task, usable, by)
        _order(track.tasks.all(), [task.slug for task in definition.tasks], "slug")
        # Whether its aggregate suits its tasks is seen when they are as defined.
        _save(track, what, definition.said)
    if "prizes" in definition.said:
        set_prizes(track, definition.prizes)


def _order(rows: QuerySet[Track] | QuerySet[Task], named: Sequence[str], key: str) -> None:
    """Put the rows into the order of a file that names all of them; others stay in theirs."""
    if not {getattr(row, key) for row in rows} <= set(named):
        return
    for row in rows:
        if row.position != (position := named.index(getattr(row, key))):
            row.position = position
            row.save(update_fields=["position"])


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


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Turn a refusal into what is wrong at this place of the file."""
    try:
        yield
    except Refused as refused:
        raise BadDefinition(f"{where}: {refused.message}") from refused


def _apply_task(
    track: Track, definition: TaskDefinition, usable: Collection[int] | None, by: User | None
) -> None:
    what, said = f"task {definition.slug}", definition.said
    task = Task.objects.filter(challenge=track.challenge, slug=definition.slug).first()
    if definition.remove:
        if task:
            with _at(place(what, said, "remove")):
                remove_task(task, by)
        return
    if task is None:
        refuse_lack(what, said, ("title", "dataset", "headline"))
        task = Task(challenge=track.challenge, slug=definition.slug)
    if task.track_id != track.pk:
        task.track, task.position = track, track.tasks.count()
    if "dataset" in said:
        _set_dataset(task, definition.dataset, place(what, said, "dataset"), usable)
    _set_said(task, definition, _TASK)
    if "step" in said:  # as typed: of a float every binary digit counts
        task.step = None if definition.step is None else str(definition.step)
    _save(task, what, said)


def _set_said(
    row: Track | Task, definition: TrackDefinition | TaskDefinition, names: Sequence[str]
) -> None:
    """Set what the definition says; of a new row also what it leaves to the defaults."""
    for name in names:
        if row.pk is None or name in definition.said:
            setattr(row, name, getattr(definition, name))


def _set_dataset(task: Task, reference: str, where: str, usable: Collection[int] | None) -> None:
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
    if usable is not None and version.pk not in usable:
        text = (
            f"data set {version} is not yours, and a challenge tells its owners private scores. "
            "Ask somebody who may edit it, or staff, to name you as an editor."
        )
        raise BadDefinition(f"{where}: {text}", {"dataset": text})
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


def _save(row: Challenge | Track | Task, what: str, said: Said) -> None:
    _clean(row, what, said)
    row.save()


def _clean(row: Challenge | Track | Task, what: str, said: Said) -> None:
    """Raise BadDefinition if the row cannot be; `said` has the lines of what the file says."""
    try:
        row.full_clean()
    except ValidationError as error:
        fields = {name: " ".join(texts) for name, texts in error.message_dict.items()}
        problems = "; ".join(
            text if name == NON_FIELD_ERRORS else f"{name}: {text}" for name, text in fields.items()
        )
        where = place(what, said, next(iter(fields)))
        raise BadDefinition(f"{where}: {problems}", fields) from error
