"""One challenge with a scored submission of every kind of reader, and files to upload."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image

from podium import files
from podium.accounts.models import User
from podium.challenges.models import Task
from podium.standings.actions import refresh
from podium.submissions.models import State, Submission
from podium.teams.models import Invitation, Team
from tests.site import factories

PEOPLE = ("anonymous", "charlie", "bob", "alice", "olga", "viktor", "sam")


PROFILE = {
    "columns": [],
    "records": {"records": []},
    "classes": {"figure": "figures/classes.svg"},
    "pairs": None,
    "examples": [],
    "thumbnails": [],
    "notes": [],
}


def _picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (4, 4), "teal").save(written, "PNG")
    return written.getvalue()


@dataclass(frozen=True)
class World:
    """What the pages show: a task with files, Alice's and Bob's team and its submissions."""

    task: Task
    team: Team
    submission: Submission
    later: Submission
    bob: User
    invitation: Invitation


@pytest.fixture
def world(matching_task: Task, team: Team, bob: User) -> World:
    version = matching_task.dataset_version
    version.facts["files"]["images/p1.png"] = {"sha256": "c" * 64, "bytes": 5}
    version.profiled_at = version.published_at
    version.save()
    files.public().save(str(version.folder / "train.csv"), ContentFile(b"id,label\np1,1\n"))
    factories.put_train(
        version,
        id=["p1"],
        left_id=["r1"],
        right_id=["r2"],
        left_title=["Lamp"],
        right_title=["A lamp"],
        label=["1"],
    )
    files.public().save(str(version.folder / "images" / "p1.png"), ContentFile(_picture()))
    croissant = json.dumps({"distribution": []}).encode()
    files.public().save(str(version.folder / "croissant.json"), ContentFile(croissant))
    files.public().save(str(version.figures / "figures" / "classes.svg"), ContentFile(b"<svg/>"))
    files.public().save(
        str(version.figures / "profile.json"), ContentFile(json.dumps(PROFILE).encode())
    )
    submission = factories.make_submission(team, matching_task)
    factories.make_evaluation(submission, public=0.812345, private=0.654321)
    later = factories.make_submission(team, matching_task, State.REJECTED)
    refresh(matching_task, team)
    invitation = Invitation.objects.create(team=team, token_hash="0" * 64)
    return World(matching_task, team, submission, later, bob, invitation)


@pytest.fixture
def client_of(
    request: pytest.FixtureRequest, as_user: Callable[[User | None], Client]
) -> Callable[[str], Client]:
    """A function that returns a client signed in as the person of that name."""

    def client(name: str) -> Client:
        return as_user(None if name == "anonymous" else request.getfixturevalue(name))

    return client


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[], list[Path]]:
    """A function that lists the files in the private storage and in the folder for uploads."""

    def listed() -> list[Path]:
        roots = (tmp_path / "files" / "private", tmp_path / "upload")
        return [path for root in roots for path in root.rglob("*") if path.is_file()]

    return listed
