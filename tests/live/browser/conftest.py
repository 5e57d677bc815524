"""One site and one browser for all tests here: starting them takes longer than most tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.live.browser.challenge import apply
from tests.live.browser.pages import chromium, visitor
from tools.scratch_site import Site, scratch_site


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site with a worker, and with a second challenge that stays open."""
    var = tmp_path_factory.mktemp("var")
    with scratch_site(var, f"from tests.live.world import load; load({str(var)!r})") as running:
        apply(running, var, "sprint")
        running.start_worker()
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)  # a machine may have more to do than this
    with sync_playwright() as playwright:
        opened = chromium(playwright)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with visitor(browser, site.url) as opened:
        yield opened
