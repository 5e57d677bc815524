"""Times in the reader's zone, and counting down by the server's clock."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, Route, sync_playwright

from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.challenges.models import Challenge
from tests.live.browser.pages import chromium

pytestmark = pytest.mark.browser

ORIGIN = "http://testserver"
TWO_HOURS_FAST = """
  const now = Date.now.bind(Date), origin = performance.timeOrigin;
  Date.now = () => now() + 7200000;
  Object.defineProperty(performance, "timeOrigin", { value: origin + 7200000 });
"""
# A slow machine takes some seconds of it.
THREE_HOURS = r"in 3\sh (29|30)\smin [\u2007\d]?\d\ss"
AsUser = Callable[[User | None], Client]


@pytest.fixture
def closing(challenge: Challenge) -> Challenge:
    """A challenge that closes in three hours and 30 minutes."""
    now = timezone.now()
    challenge.team_freeze_at = now - timedelta(days=1)
    challenge.closes_at = now + timedelta(hours=3, minutes=30, seconds=30)
    challenge.reveal_at = now + timedelta(days=2)
    challenge.save()
    return challenge


@contextmanager
def shown(client: Client, *, before: str = "", **options: Any) -> Iterator[Page]:
    """Give the page of the challenge to a reader in Kathmandu. No database while it is open."""
    answer = client.get("/c/cup/")
    with sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_context(timezone_id="Asia/Kathmandu", **options).new_page()
        page.add_init_script(before or "0")
        page.route("**/*", lambda route: _answer(route, answer.content, dict(answer.headers)))
        page.goto(f"{ORIGIN}/c/cup/")
        yield page


def _answer(route: Route, body: bytes, headers: dict[str, str]) -> None:
    path = route.request.url.removeprefix(ORIGIN)
    if route.request.is_navigation_request():
        route.fulfill(status=200, headers=headers, body=body)
    elif file := path.startswith("/static/") and finders.find(path[8:]):
        types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
        route.fulfill(path=file, content_type=types.get(Path(file).suffix, "font/woff2"))
    else:
        route.fulfill(status=204)


def _close(page: Page) -> tuple[str, str]:
    """Return text and title of the first deadline, which is the close."""
    time = page.locator("time[data-show=deadline]").first
    return time.inner_text(), time.get_attribute("title") or ""


def test_times_are_said_in_the_zone_of_the_browser(closing: Challenge, as_user: AsUser) -> None:
    here = in_words(closing.closes_at, "Asia/Kathmandu").replace("UTC+05:45", "GMT+5:45")
    with shown(as_user(None)) as page:
        assert _close(page) == (here, f"{in_words(closing.closes_at)}, in 3 hours")


def test_a_zone_that_was_chosen_goes_before_that_of_the_browser(
    closing: Challenge, bob: User, as_user: AsUser
) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Asia/Tokyo")
    there = in_words(closing.closes_at, "Asia/Tokyo")
    with shown(as_user(bob)) as page:
        assert _close(page)[0] == there
        # What is kept for all readers says UTC; the script says it in the zone that was chosen.
        page.evaluate("document.querySelector('[data-zoned]').removeAttribute('data-zoned')")
        page.evaluate("document.dispatchEvent(new Event('htmx:load'))")
        assert _close(page)[0] == there.replace("JST", "GMT+9")


@pytest.mark.parametrize("before", ["", TWO_HOURS_FAST])
def test_it_counts_down_whatever_the_clock_of_the_reader(
    closing: Challenge, as_user: AsUser, before: str
) -> None:
    with shown(as_user(None), before=before) as page:
        first = page.locator("[data-until]").first.inner_text()
        assert re.fullmatch(THREE_HOURS, first)
        said = "said => document.querySelector('[data-until]').textContent !== said"
        page.wait_for_function(said, arg=first)
        assert re.fullmatch(THREE_HOURS, page.locator("[data-until]").first.inner_text())


def test_without_a_script_it_says_how_long_it_was_and_utc(
    closing: Challenge, as_user: AsUser
) -> None:
    with shown(as_user(None), java_script_enabled=False) as page:
        assert re.fullmatch(THREE_HOURS, page.locator("[data-until]").first.inner_text())
        assert _close(page)[0] == in_words(closing.closes_at)
