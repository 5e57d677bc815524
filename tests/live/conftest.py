"""A real site on this machine: gunicorn, a Celery worker, beat and Redis, with a tiny challenge."""

from collections.abc import Iterator

import pytest

from tools.scratch_site import Site, scratch_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site without a worker; tests start one when they want it."""
    var = tmp_path_factory.mktemp("var")
    with scratch_site(var, f"from tests.live.world import load; load({str(var)!r})") as running:
        yield running
