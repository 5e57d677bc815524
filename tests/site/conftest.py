"""People, one challenge and one team for the site's tests.

Alice is captain of a team and Bob a member of it; Charlie is in none. Olga owns the challenge and
Viktor may only look at it. Sam is staff and has no part in it.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import transaction
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker

from podium.accounts.models import User
from podium.catalog.models import Kind
from podium.challenges.models import Challenge, Role, Task
from podium.teams.models import Team
from tests.site import factories


@contextmanager
def site_in(folder: Path) -> Iterator[None]:
    """Store files below the folder, with no static manifest and fast passwords."""
    storages = {name: {**storage} for name, storage in settings.STORAGES.items()}
    for name in ("default", "private"):
        options = {**storages[name].get("OPTIONS", {}), "location": folder / "files" / name}
        storages[name]["OPTIONS"] = options
    storages["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
    }
    # One Redis for all tests that run at once would count them together.
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "limits"}
    (folder / "static").mkdir()
    (folder / "upload").mkdir()
    with override_settings(
        STORAGES=storages,
        CACHES={**settings.CACHES, "default": memory},
        STATIC_ROOT=folder / "static",
        FILE_UPLOAD_TEMP_DIR=folder / "upload",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ALLOWED_HOSTS=["testserver"],
        NEW_ACCOUNT_HOURS=0,  # everybody in a test has just come
    ):
        yield


@pytest.fixture(autouse=True)
def _site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """A site with empty caches; its files, those of the module's site, are below tmp_path."""
    if "module_site" in request.fixturenames:
        kept: Path = request.getfixturevalue("module_site")
        shutil.copytree(kept / "files", tmp_path / "files")
    with site_in(tmp_path):
        for name in ("default", "boards"):
            caches[name].clear()
        yield


@pytest.fixture(scope="module")
def module_site(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """The folder of a site with which every test of a module begins, rows and files.

    A fixture of this scope that asks for it makes a world once for all of them. What a test
    changes is taken back after it, but not in objects: give each test a deep copy of them.
    """
    folder = tmp_path_factory.mktemp("site")
    with site_in(folder), django_db_blocker.unblock(), transaction.atomic():
        yield folder
        transaction.set_rollback(True)


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
