"""Callers of the API, and a world of things to ask for."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from podium.accounts import tokens
from podium.accounts.models import Scope, User
from tests.site.api.callers import Caller
from tests.site.submissions.conftest import pets, scorer
from tests.site.web.conftest import World, kept, world

__all__ = ["World", "kept", "pets", "scorer", "world"]
As = Callable[..., Caller]


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    """Let a test ask as often as it likes."""
    settings.API_REQUESTS_A_MINUTE = settings.API_UPLOADS_AN_HOUR = 1_000_000


@pytest.fixture
def calls(db: None) -> As:
    """A function that returns a caller with a token of that user; None is anonymous."""

    def caller(user: User | None, *scopes: str) -> Caller:
        if user is None:
            return Caller("")
        wanted = scopes or Scope.values
        return Caller(tokens.make(user=user, name="tests", scopes=wanted, days=30)[1])

    return caller
