"""What holds for every page: axe finds nothing in light and dark, and a phone shows it whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from podium.accounts.models import User
from podium.catalog import work
from podium.challenges.models import Challenge
from podium.submissions.models import Submission
from podium.teams.models import Membership
from scoring.runner import Scorer
from tests.live.browser.pages import chromium
from tests.site.browser import rendered
from tests.site.pets import file_with
from tests.site.security.addresses import addresses, make_values
from tests.site.standings import played
from tests.site.submissions.rescores import scored_submission

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# Light and dark differ by their colours alone.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# The gallery shows components out of their places, each in many states.
OUT_OF_PLACE = {
    "rules": {name: {"enabled": False} for name in ("heading-order", "landmark-unique")}
}
SIDEWAYS = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return "";
  const beyond = [...document.body.querySelectorAll("*")].filter(
    (each) => each.getBoundingClientRect().right > clientWidth + 1);
  const first = beyond.slice(0, 3).map((each) => each.outerHTML.slice(0, 120));
  return `${scrollWidth - clientWidth} px: ${first.join(" | ")}`;
}"""


@pytest.fixture
def submission(challenge: Challenge, bob: User, scorer: Scorer, tmp_path: Path) -> Submission:
    """Ann's first one in a challenge that was played; her second one was rejected."""
    of_ann = played.play(challenge, tmp_path, scorer).submission_of["Ann"]
    Membership.objects.create(team=of_ann.team, challenge=challenge, user=bob)
    bad = file_with("id,prediction\np120,cat\np120,unicorn\n", tmp_path)
    scored_submission(of_ann.team, of_ann.task, bad, scorer)
    work.profile(of_ann.task.dataset_version)
    played.study_all()
    return of_ann


@pytest.fixture
def clients(
    submission: Submission,
    charlie: User,
    olga: User,
    sam: User,
    as_user: Callable[[User | None], Client],
) -> dict[str, Client]:
    """Nobody, somebody without a team, a captain, an organizer and staff, signed in just now."""
    people = {
        "nobody": None,
        "charlie": charlie,
        "ann": submission.team.captain,
        "olga": olga,
        "sam": sam,
    }
    found = {name: as_user(user) for name, user in people.items()}
    for name, client in found.items():
        if people[name]:
            session: Any = client.session
            method = {"method": "password", "at": timezone.now().timestamp()}
            session["account_authentication_methods"] = [method]
            session["account_authentication_methods_user"] = session["_auth_user_id"]
            session.save()
    return found


@pytest.mark.parametrize("ended", [False, True])
def test_every_page_can_be_read_by_everybody(
    submission: Submission, clients: dict[str, Client], ended: bool
) -> None:
    values = make_values(submission.task, submission.team, submission)
    urls = [*addresses(values).values(), *rendered.of_accounts()]
    if ended:
        clients = {"ann": clients["ann"]}
        played.end(submission.task.challenge)
        played.study_all()
    found = rendered.pages(clients, urls)
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        for each, page in rendered.show(browser, found):
            complaints += [f"{each}: {words}" for words in _complaints(page, each.url)]
        browser.close()
    assert complaints == []


def _complaints(page: Page, url: str) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")
    found = [f"light: {words}" for words in _axe(page, OUT_OF_PLACE if url == "/gallery/" else {})]
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {words}" for words in _axe(page, COLOURS)]
    page.set_viewport_size(PHONE)
    if sideways := page.evaluate(SIDEWAYS):
        found.append(f"scrolls sideways on a phone by {sideways}")
    return found


def _axe(page: Page, options: dict[str, Any]) -> list[str]:
    result = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"][:3]
    ]
