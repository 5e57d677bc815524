"""People, one challenge and one team for the site's tests.

Alice is captain of a team and Bob a member of it; Charlie is in none. Olga owns the challenge and
Viktor may only look at it. Sam is staff and has no part in it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from podium.accounts.models import User
from podium.catalog.models import Kind
from podium.challenges.models import Challenge, Role, Task
from podium.teams.models import Team
from tests.site import factories


@pytest.fixture(autouse=True)
def _site_settings(settings: Settings, tmp_path: Path) -> None:
    """Store files below tmp_path, with no static manifest, fast passwords and an empty cache."""
    caches["boards"].clear()
    storages = {name: {**storage} for name, storage in settings.STORAGES.items()}
    for name in ("default", "private"):
        options = {**storages[name].get("OPTIONS", {}), "location": tmp_path / "files" / name}
        storages[name]["OPTIONS"] = options
    storages["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
    }
    (tmp_path / "static").mkdir()
    (tmp_path / "upload").mkdir()
    settings.STORAGES = storages
    settings.STATIC_ROOT = tmp_path / "static"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "upload"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def alice(db: None) -> User:
    return factories.make_user("alice")


@pytest.fixture
def bob(db: None) -> User:
    return factories.make_user("bob")


@pytest.fixture
def charlie(db: None) -> User:
    return factories.make_user("charlie")


@pytest.fixture
def olga(challenge: Challenge) -> User:
    user = factories.make_user("olga")
    factories.make_organizer(challenge, user, Role.OWNER)
    return user


@pytest.fixture
def viktor(challenge: Challenge) -> User:
    user = factories.make_user("viktor")
    factories.make_organizer(challenge, user, Role.VIEWER)
    return user


@pytest.fixture
def sam(db: None) -> User:
    return factories.make_user("sam", is_staff=True, is_superuser=True)


@pytest.fixture
def challenge(db: None) -> Challenge:
    """An open challenge without tracks; ask for the tasks to have them."""
    return factories.make_challenge()


@pytest.fixture
def matching_task(challenge: Challenge) -> Task:
    return factories.make_task(challenge, Kind.MATCHING)


@pytest.fixture
def classification_task(challenge: Challenge) -> Task:
    return factories.make_task(challenge, Kind.CLASSIFICATION)


@pytest.fixture
def team(challenge: Challenge, alice: User, bob: User) -> Team:
    """The team of Alice, its captain, and Bob."""
    return factories.make_team(challenge, "Alpha", alice, bob)


@pytest.fixture
def as_user(db: None) -> Callable[[User | None], Client]:
    """A function that returns a client signed in as that user; None is anonymous."""

    def client_of(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return client_of
