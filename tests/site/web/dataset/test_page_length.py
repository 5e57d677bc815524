"""A data set's page is about three screens long before anything is unfolded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from tabset import Source
from tests.live.browser.pages import chromium
from tests.site.web.dataset.test_dataset_pages import animals, offers, published

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]
SCREEN = {"width": 1280, "height": 900}


@pytest.mark.parametrize("source", [animals, offers])
def test_the_page_takes_three_screens(
    live_server: LiveServer, tmp_path: Path, settings: Any, source: Callable[[int], Source]
) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    address = live_server.url + published(source(60), tmp_path / "made").get_absolute_url()
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_page(viewport=SCREEN)
        page.goto(address)
        assert page.locator("details").count() > 3
        height = page.evaluate("document.documentElement.scrollHeight")
        page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
        unfolded = page.evaluate("document.documentElement.scrollHeight")
        browser.close()
    assert height <= 3 * SCREEN["height"] < unfolded
