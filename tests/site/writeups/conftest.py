"""A team with its track in a challenge that has closed, and files to attach."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Role, Task, Track
from podium.uploads.receiving import Upload, from_path
from tests.site.factories import make_organizer, make_user

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4


@pytest.fixture
def track(matching_task: Task) -> Track:
    return matching_task.track


@pytest.fixture
def closed(challenge: Challenge) -> Challenge:
    """The challenge, which closed yesterday and is revealed in a week."""
    return move(challenge, team_freeze_at=-2, closes_at=-1, reveal_at=7)


def move(challenge: Challenge, **days: int) -> Challenge:
    """Return the challenge with times moved to this many days from now."""
    for name, count in days.items():
        setattr(challenge, name, timezone.now() + timedelta(days=count))
    challenge.save()
    return challenge


@pytest.fixture
def mara(challenge: Challenge) -> User:
    """A manager of the challenge."""
    user = make_user("mara")
    make_organizer(challenge, user, Role.MANAGER)
    return user


@pytest.fixture
def pdf(tmp_path: Path) -> Callable[..., Upload]:
    """A function that returns an upload of a file with this name and content."""

    number = itertools.count()

    def made(name: str = "paper.pdf", content: bytes = PDF) -> Upload:
        path = tmp_path / f"sent-{next(number)}.pdf"
        path.write_bytes(content)
        return from_path(path, name=name)

    return made


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[], list[str]]:
    """A function that lists what is in the private storage."""

    def listed() -> list[str]:
        root = tmp_path / "files" / "private"
        return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())

    return listed


@pytest.fixture
def client_of(
    request: pytest.FixtureRequest, as_user: Callable[[User | None], Client]
) -> Callable[[str], Client]:
    """A function that returns a client signed in as the person of that name."""

    def client(name: str) -> Client:
        return as_user(None if name == "anonymous" else request.getfixturevalue(name))

    return client
