"""The bar at the top keeps to one line on a desk, with everything that an organizer has in it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import sync_playwright

from podium.accounts.models import User
from podium.catalog.models import Kind
from podium.challenges.models import Challenge
from tests.live.browser.pages import chromium
from tests.site import factories
from tests.site.browser import rendered

pytestmark = pytest.mark.browser

ONE_LINE = 56


@pytest.mark.parametrize(
    "title",
    ["Sample cup 2026", "Same or Different 2026", "The Grand Challenge of Matching Products 2026"],
)
def test_an_organizer_s_bar_is_one_line_after_the_reveal(
    challenge: Challenge, olga: User, as_user: Callable[[User | None], Client], title: str
) -> None:
    for kind in Kind.values:
        factories.make_task(challenge, kind)
    factories.make_dataset_version(Kind.MATCHING, name="own").editors.add(olga)
    factories.make_challenge("next")
    past = timezone.now() - timedelta(days=1)
    times = dict.fromkeys(("team_freeze_at", "closes_at", "reveal_at", "revealed_at"), past)
    Challenge.objects.filter(pk=challenge.pk).update(title=title, **times)
    User.objects.filter(pk=olga.pk).update(name="Olga Organizer-Oldenburg")
    pages = rendered.pages({"olga": as_user(olga)}, ["/c/cup/"])
    with sync_playwright() as playwright, chromium(playwright) as browser:
        for _, page in rendered.show(browser, pages[:1]):
            page.set_viewport_size({"width": 1280, "height": 900})
            bar = page.locator(".topbar")
            said, box = bar.inner_text(), bar.bounding_box()
    for words in ("Matching", "Classification", "Finalists", "Console", "Your data sets"):
        assert words in said
    assert box is not None
    assert box["height"] <= ONE_LINE
