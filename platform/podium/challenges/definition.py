"""What challenge.yaml may say: its keys and types, and clear words about what is wrong in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import TextChoices

from podium.catalog.models import Kind
from podium.challenges.documents import lines_of, read
from podium.challenges.models import Aggregate, DeletedAccounts, Feedback, ShowMembers, VisibleTo
from podium.files import Json

NEEDED_TIMES = ("opens_at", "team_freeze_at", "closes_at", "reveal_at")
TIMES = ("announced_at", *NEEDED_TIMES, "archived_at")
TIMES_IN_WORDS = {
    "announced_at": "The announcement",
    "opens_at": "The opening",
    "team_freeze_at": "The team freeze",
    "closes_at": "The close",
    "reveal_at": "The reveal",
    "archived_at": "The archive",
}
T = TypeVar("T")
_RELATIVE = re.compile(r"now(?:([+-]\d+)([dh]))?")
# The keys that a mapping has, with their lines in the file; 0 where it is from no file.
Said = Mapping[str, int]
# By the annotation of a field: the types that its values may have, and what others are.
_TYPES: dict[object, tuple[tuple[type, ...], str]] = {
    str: ((str,), "is not text. Put it in quotes"),
    bool: ((bool,), "is neither `true` nor `false`"),
    int: ((int,), "is not a whole number"),
    int | None: ((int, type(None)), "is not a whole number"),
    float | None: ((int, float, type(None)), "is not a number"),
    Json: ((dict,), "is not a mapping"),
    dict[str, str]: ((dict,), "is not a mapping"),
    Sequence[str]: ((list, tuple), "is not a list"),
}


class BadDefinition(Exception):
    """challenge.yaml says something that cannot be; the text says where and what to do.

    `fields` has by key what is wrong with its value, for forms.
    """

    def __init__(self, text: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.fields = fields or {}


@dataclass(frozen=True)
class TaskDefinition:
    slug: str
    title: str = ""
    dataset: str = ""
    headline: str = ""
    description: str = ""
    feedback: Feedback = Feedback.ROUNDED
    step: float | None = None
    ceiling: float | None = None
    pause: str = ""
    daily_limit: int = 5
    total_limit: int | None = None
    final_limit: int = 2
    in_flight_limit: int = 3
    rejected_limit: int = 50
    max_bytes: int = 200_000_000
    remove: bool = False
    said: Said = field(default_factory=dict)


@dataclass(frozen=True)
class PrizeDefinition:
    rank: int
    text: str
    value: str = ""
    said: Said = field(default_factory=dict)


@dataclass(frozen=True)
class TrackDefinition:
    kind: Kind
    title: str = ""
    tasks: tuple[TaskDefinition, ...] = ()
    description: str = ""
    aggregate: Aggregate = Aggregate.MEAN_SKILL
    prizes: tuple[PrizeDefinition, ...] = ()
    remove: bool = False
    said: Said = field(default_factory=dict)


@dataclass(frozen=True)
class EntryDefinition:
    single_sign_on: bool = False
    addresses: Sequence[str] = ()
    said: Said = field(default_factory=dict)


@dataclass(frozen=True)
class AnnouncementDefinition:
    title: str
    body: str
    said: Said = field(default_factory=dict)


@dataclass(frozen=True)
class ChallengeDefinition:
    """One challenge.yaml. Times are as written: absolute, or relative to the first apply.

    `said` are the keys that the file has, here and below: what is stored of others stays. A new
    challenge, track or task needs more of them than a stored one; `apply` says which.
    """

    slug: str
    title: str = ""
    summary: str = ""
    timeline: Json = field(default_factory=dict)
    tracks: tuple[TrackDefinition, ...] = ()
    description: str = ""
    rules: str = ""
    prizes: str = ""
    visible_to: VisibleTo = VisibleTo.EVERYBODY
    max_team_size: int = 5
    show_members: ShowMembers = ShowMembers.EVERYBODY
    show_affiliations: bool = False
    is_rehearsal: bool = False
    deleted_accounts: DeletedAccounts = DeletedAccounts.KEEP
    entry: EntryDefinition | None = None
    """None: as it is stored, so that a file that does not say it opens no closed challenge."""
    organizers: dict[str, str] = field(default_factory=dict)
    announcements: tuple[AnnouncementDefinition, ...] = ()
    baselines: Sequence[str] = ()
    said: Said = field(default_factory=dict)


def parse(text: str) -> ChallengeDefinition:
    """Return the definition in a challenge.yaml. Raises BadDefinition."""
    try:
        document = read(text)
    except ValueError as error:
        raise BadDefinition(str(error)) from error
    if not isinstance(document, dict) or not isinstance(document.get("challenge"), dict):
        raise BadDefinition("The file needs a mapping named `challenge` at its top level.")
    if unknown := set(document) - {"challenge"}:
        raise BadDefinition(f"The file has `{min(unknown)}` in addition to `challenge`. Delete it.")
    return definition_of(document["challenge"])


def definition_of(document: Json) -> ChallengeDefinition:
    """Return the definition in the mapping `challenge` of a file or form. Raises BadDefinition."""
    made: Json = {}
    if "tracks" in document:
        tracks = _list(document["tracks"], "tracks", "track")
        made["tracks"] = tuple(_track(item, f"tracks[{i}]") for i, item in enumerate(tracks))
    if document.get("entry") is not None:
        made["entry"] = _make(EntryDefinition, document["entry"], "challenge.entry")
    if "announcements" in document:
        made["announcements"] = tuple(
            _make(AnnouncementDefinition, item, f"announcements[{i}]")
            for i, item in enumerate(document["announcements"] or ())
        )
    definition = _make(ChallengeDefinition, document, "challenge", made)
    _check_unique([task.slug for track in definition.tracks for task in track.tasks], "task slug")
    _check_unique([track.kind for track in definition.tracks], "track kind")
    if unknown := set(definition.timeline) - {*TIMES, "freeze_hours"}:
        where = place("challenge.timeline", lines_of(definition.timeline), min(unknown))
        raise BadDefinition(f"{where} has an unknown key `{min(unknown)}`.")
    return definition


def place(what: str, said: Said, name: str = "") -> str:
    """Return where something is: its name, and the line in the file, of a key of it if given."""
    line = said.get(name) or min(said.values(), default=0)
    return f"{what} (line {line})" if line else what


def refuse_lack(what: str, said: Said, needed: Sequence[str]) -> None:
    """Raise BadDefinition unless all keys are there that something new needs."""
    if lacking := [name for name in needed if name not in said]:
        fields = dict.fromkeys(lacking, "A new one needs it.")
        raise BadDefinition(f"{place(what, said)} lacks `{'`, `'.join(lacking)}`.", fields)


def moment(value: object, now: datetime, where: str) -> datetime:
    """Return a time: `now`, `now-7d`, `now+36h`, or ISO 8601 with its zone (UTC without one)."""
    if isinstance(value, str) and (match := _RELATIVE.fullmatch(value)):
        amount, unit = int(match[1] or 0), match[2]
        try:
            return now + (timedelta(hours=amount) if unit == "h" else timedelta(days=amount))
        except OverflowError as error:
            raise BadDefinition(f"{where}: `{value}` is too far away. Give a year.") from error
    try:
        parsed = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadDefinition(
            f"{where}: `{value}` is not a time. Write 2027-01-31T12:00:00Z or now+30d."
        ) from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def is_relative(value: object) -> bool:
    """Return whether a time counts from the first apply."""
    return isinstance(value, str) and _RELATIVE.fullmatch(value) is not None


def _track(raw: object, where: str) -> TrackDefinition:
    made: Json = {}
    if isinstance(raw, dict) and "tasks" in raw:
        tasks = _list(raw["tasks"], f"{where}.tasks", "task")
        made["tasks"] = tuple(
            _make(TaskDefinition, item, f"{where}.tasks[{i}]") for i, item in enumerate(tasks)
        )
    if isinstance(raw, dict) and "prizes" in raw:
        prizes = raw["prizes"] or []
        if not isinstance(prizes, list):
            raise BadDefinition(f"`{where}.prizes` is a list of prizes. Begin each with a dash.")
        made["prizes"] = tuple(
            _make(PrizeDefinition, item, f"{where}.prizes[{i}]") for i, item in enumerate(prizes)
        )
    return _make(TrackDefinition, raw, where, made)


def _list(raw: object, where: str, of: str) -> list[object]:
    if not isinstance(raw, list) or not raw:
        raise BadDefinition(f"`{where}` is a list of {of}s. Name one, or leave the key out.")
    return raw


def _make(kind: type[T], raw: object, where: str, made: Json | None = None) -> T:
    """Return a definition of what a mapping says; `made` are those below it."""
    if not isinstance(raw, dict):
        raise BadDefinition(f"{where} must be a mapping.")
    said, known = lines_of(raw), _fields_of(kind)
    if unknown := set(raw) - (set(known) - {"said"}):
        first = min(unknown)
        raise BadDefinition(f"{place(where, said, first)} has an unknown key `{first}`.")
    values = {**raw, **(made or {})}
    for name in set(raw) - set(made or {}):
        if values[name] is None and known[name].type is str:
            values[name] = ""
        _check_type(known[name].type, values[name], f"{place(where, said, name)}: {name}", name)
    try:
        return kind(**{**values, "said": said})
    except TypeError as error:
        lacking = str(error).rpartition(": ")[2].replace("'", "`")
        raise BadDefinition(f"{place(where, said)} lacks {lacking}.") from error


def _fields_of(kind: Any) -> dict[str, Any]:
    return {each.name: each for each in fields(kind)}


def _check_type(annotation: object, value: object, where: str, name: str) -> None:
    """Raise BadDefinition unless the value is what a field of this annotation takes."""
    if isinstance(annotation, type) and issubclass(annotation, TextChoices):
        wrong = f"is none of {', '.join(f'`{choice}`' for choice in annotation.values)}"
        is_right = value in annotation.values
    else:
        types, wrong = _TYPES.get(annotation, ((object,), ""))
        is_flag = isinstance(value, bool) and bool not in types and object not in types
        is_right = isinstance(value, types) and not is_flag
    if not is_right:
        raise BadDefinition(f"{where} `{value}` {wrong}.", {name: f"`{value}` {wrong}."})


def _check_unique(values: list[str], what: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise BadDefinition(f"The {what} `{value}` occurs twice.")
