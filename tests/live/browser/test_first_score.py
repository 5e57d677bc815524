"""From opening the site to the first score on the leaderboard, as somebody new clicks."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.live.browser.pages import await_the_score
from tests.live.world import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.live]

MOST_CLICKS = 12


class Mouse:
    """Clicks, and counts the clicks."""

    def __init__(self) -> None:
        self.clicks = 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()


def test_the_first_score_is_twelve_clicks_away(page: Page, tmp_path: Path) -> None:
    mouse, file = Mouse(), tmp_path / "sample_submission.csv"
    page.goto("/")
    sprint = page.get_by_role("article").filter(has=page.get_by_role("link", name="The sprint"))
    mouse.click(sprint.get_by_role("link", name="Open the challenge"))
    mouse.click(page.get_by_role("link", name="Pets"))
    with page.expect_download() as download:
        mouse.click(page.get_by_role("link", name="CSV of sample_submission"))
    download.value.save_as(file)
    mouse.click(page.get_by_role("link", name="Create an account"))
    page.get_by_label("E-mail").fill("newcomer@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Name").fill("Newcomer")
    mouse.click(page.get_by_role("button", name="Create the account"))
    with page.expect_file_chooser() as chooser:
        mouse.click(page.get_by_label("Predictions file"))
    chooser.value.set_files(file)
    mouse.click(page.get_by_label("I have read the rules"))
    mouse.click(page.get_by_role("button", name="Upload and score"))
    await_the_score(page)
    mouse.click(page.get_by_role("link", name="Leaderboard", exact=True))
    expect(page.get_by_role("row", name="Newcomer")).to_contain_text("your team")
    assert mouse.clicks <= MOST_CLICKS
