"""A site with the people of an event, workers for every queue, and a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.live.browser.pages import chromium
from tools.scratch_site import Site, scratch_site

QUEUES = "control,scoring,studies,rescoring,baselines,datasets"


def start_workers(site: Site) -> None:
    site.start_worker(processes=2, queues=QUEUES)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    var = tmp_path_factory.mktemp("event")
    with scratch_site(var, "from tests.live.event.world import load; load()") as running:
        start_workers(running)
        yield running


@pytest.fixture
def second_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An empty site, on which somebody is staff."""
    var = tmp_path_factory.mktemp("second")
    with scratch_site(
        var, "from tests.live.event.world import load_staff; load_staff()"
    ) as running:
        running.start_worker(queues=QUEUES)
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)  # a machine may have more to do than this
    with sync_playwright() as playwright:
        opened = chromium(playwright)
        yield opened
        opened.close()
