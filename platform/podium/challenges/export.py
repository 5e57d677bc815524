"""A challenge as the challenge.yaml that makes it."""

from podium.challenges.definition import TIMES
from podium.challenges.documents import write
from podium.challenges.models import Challenge, Prize, Task, Track
from podium.challenges.organizers import roles_of
from podium.files import Json

_TEXTS = ("slug", "title", "summary", "description", "rules", "prizes")
_SETTINGS = (
    "visible_to",
    "max_team_size",
    "show_members",
    "show_affiliations",
    "is_rehearsal",
    "deleted_accounts",
)


def definition_text(challenge: Challenge) -> str:
    """Return the challenge as a challenge.yaml; of two equal challenges the bytes are equal."""
    return write({"challenge": document_of(challenge)})


def document_of(challenge: Challenge) -> Json:
    """Return what a challenge.yaml says below `challenge`, with every key that is stored."""
    # What only some teams read would reach everybody by another challenge made from the file.
    announcements = challenge.announcements.filter(audience="").order_by("at", "pk")
    document: Json = {
        **{name: getattr(challenge, name) for name in (*_TEXTS, *_SETTINGS)},
        "entry": {
            "single_sign_on": challenge.entry_single_sign_on,
            "addresses": list(challenge.entry_addresses),
        },
        "timeline": {name: getattr(challenge, name) for name in (*TIMES, "freeze_hours")},
        "organizers": roles_of(challenge),
        "tracks": [_track(track) for track in challenge.tracks.all()],
        "announcements": list(announcements.values("title", "body")),
    }
    return {name: value for name, value in document.items() if value not in ({}, [])}


def _track(track: Track) -> Json:
    tasks = track.tasks.select_related("dataset_version")
    document: Json = {
        **{name: getattr(track, name) for name in ("kind", "title", "description", "aggregate")},
        "prizes": [_prize(prize) for prize in track.prizes.all()],
        "tasks": [_task(task) for task in tasks],
    }
    return {name: value for name, value in document.items() if value != []}


def _prize(prize: Prize) -> Json:
    said = {"rank": prize.rank, "text": prize.text}
    return {**said, "value": prize.value} if prize.value else said


def _task(task: Task) -> Json:
    """Return the definition of a task; without a step it is fixed when the task opens."""
    limits = (
        *("daily_limit", "total_limit", "final_limit"),
        *("in_flight_limit", "rejected_limit", "max_bytes"),
    )
    return {
        **{name: getattr(task, name) for name in ("slug", "title", "description")},
        "dataset": f"{task.dataset_version.name}@{task.dataset_version.number}",
        **{name: getattr(task, name) for name in ("headline", "feedback", "ceiling", "pause")},
        **({} if task.step is None else {"step": float(task.step)}),
        **{name: getattr(task, name) for name in limits},
    }
