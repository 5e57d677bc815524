"""challenge.yaml: reading it, and clear words about what is wrong in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import yaml

from podium.files import Json

_NEEDED = ("opens_at", "team_freeze_at", "closes_at", "reveal_at")
TIMES = ("announced_at", *_NEEDED, "archived_at")
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


class BadDefinition(Exception):
    """challenge.yaml says something that cannot be; the text says where and what to do."""


@dataclass(frozen=True)
class TaskDefinition:
    slug: str
    title: str
    dataset: str
    headline: str
    description: str = ""
    feedback: str = "rounded"
    step: float | None = None
    ceiling: float | None = None
    daily_limit: int = 5
    in_flight_limit: int = 3
    rejected_limit: int = 50
    max_bytes: int = 200_000_000
    said: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TrackDefinition:
    kind: str
    title: str
    tasks: tuple[TaskDefinition, ...]
    description: str = ""
    aggregate: str = "mean_skill"
    said: frozenset[str] = frozenset()


@dataclass(frozen=True)
class EntryDefinition:
    single_sign_on: bool = False
    addresses: Sequence[str] = ()
    said: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ChallengeDefinition:
    """One challenge.yaml. Times are as written: absolute, or relative to the first apply.

    `said` are the keys that the file has, here and below: what is stored of others stays.
    """

    slug: str
    title: str
    summary: str
    timeline: Json
    tracks: tuple[TrackDefinition, ...]
    description: str = ""
    rules: str = ""
    prizes: str = ""
    max_team_size: int = 5
    show_members: str = "everybody"
    show_affiliations: bool = False
    is_rehearsal: bool = False
    deleted_accounts: str = "keep"
    entry: EntryDefinition | None = None
    """None: as it is stored, so that a file that does not say it opens no closed challenge."""
    organizers: dict[str, str] = field(default_factory=dict)
    announcements: tuple[dict[str, str], ...] = ()
    baselines: tuple[str, ...] = ()
    said: frozenset[str] = frozenset()


def parse(text: str) -> ChallengeDefinition:
    """Return the definition in a challenge.yaml. Raises BadDefinition."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadDefinition(f"This is not YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("challenge"), dict):
        raise BadDefinition("The file needs a mapping named `challenge` at its top level.")
    raw = dict(document["challenge"])
    tracks = tuple(
        _track(item, f"tracks[{i}]") for i, item in enumerate(_list(raw.pop("tracks", None)))
    )
    if raw.get("entry") is not None:
        raw["entry"] = _make(EntryDefinition, raw["entry"], "challenge.entry")
    for name in ("announcements", "baselines"):
        if name in raw:
            raw[name] = tuple(raw[name] or ())
    definition = _make(ChallengeDefinition, {**raw, "tracks": tracks}, "challenge")
    _check_unique([task.slug for track in tracks for task in track.tasks], "task slug")
    _check_unique([track.kind for track in tracks], "track kind")
    for name in _NEEDED:
        if name not in definition.timeline:
            raise BadDefinition(f"challenge.timeline lacks `{name}`.")
    unknown = set(definition.timeline) - {*TIMES, "freeze_hours"}
    if unknown:
        raise BadDefinition(f"challenge.timeline has an unknown key `{min(unknown)}`.")
    return definition


def moment(value: object, now: datetime, where: str) -> datetime:
    """Return a time: `now`, `now-7d`, `now+36h`, or ISO 8601 with its zone (UTC without one)."""
    if isinstance(value, str) and (match := _RELATIVE.fullmatch(value)):
        amount, unit = int(match[1] or 0), match[2]
        return now + (timedelta(hours=amount) if unit == "h" else timedelta(days=amount))
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
    if not isinstance(raw, dict):
        raise BadDefinition(f"{where} must be a mapping.")
    tasks = tuple(
        _make(TaskDefinition, item, f"{where}.tasks[{i}]")
        for i, item in enumerate(_list(raw.get("tasks")))
    )
    return _make(TrackDefinition, {**raw, "tasks": tasks}, where)


def _list(raw: object) -> list[object]:
    if not isinstance(raw, list) or not raw:
        raise BadDefinition("Every challenge needs a list of tracks, every track a list of tasks.")
    return raw


def _make(kind: type[T], raw: object, where: str) -> T:
    if not isinstance(raw, dict):
        raise BadDefinition(f"{where} must be a mapping.")
    known = {each.name for each in fields(kind)} - {"said"}  # type: ignore[arg-type]
    if unknown := set(raw) - known:
        raise BadDefinition(f"{where} has an unknown key `{min(unknown)}`.")
    try:
        return kind(**{**raw, "said": frozenset(raw)})
    except TypeError as error:
        lacking = str(error).rpartition(": ")[2]
        raise BadDefinition(f"{where} lacks {lacking}.") from error


def _check_unique(values: list[str], what: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise BadDefinition(f"The {what} `{value}` occurs twice.")
