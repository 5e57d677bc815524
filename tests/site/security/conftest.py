"""The tiny real data set and a scorer, for attacks that need scores."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django import Settings

from tests.site.submissions.conftest import pets, scorer, sent

__all__ = ["pets", "scorer", "sent"]


@pytest.fixture(autouse=True)
def _uncounted(settings: Settings) -> Iterator[None]:
    """No attempt of another test counts against a limit here, nor the other way round."""
    cache.clear()
    yield
    cache.clear()
