"""What is wrong with a page: what axe finds in light and dark, and what a phone does not show."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from podium.submissions.models import Submission
from tests.live.browser.pages import chromium
from tests.site.browser import rendered
from tests.site.security.addresses import addresses, make_values

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# Light and dark differ only by their colours.
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


def every_address(submission: Submission) -> list[str]:
    """Return every address of the site, those about a challenge for the submission's.

    What some of them name is made here, as it can be while the challenge is open.
    """
    values = make_values(submission.task, submission.team, submission)
    return [*addresses(values).values(), *rendered.of_accounts()]


def complaints_of(urls: list[str], clients: dict[str, Client]) -> list[str]:
    """Return what is wrong with any page at these addresses that one of the readers is shown."""
    found = rendered.pages(clients, urls)
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        for each, page in rendered.show(browser, found):
            complaints += [f"{each}: {words}" for words in _complaints(page, each.url)]
        browser.close()
    return complaints


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
    # What passes is not collected, which costs as much as the rules.
    options = {"resultTypes": ["violations"], "preload": False, **options}
    result = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"][:3]
    ]
