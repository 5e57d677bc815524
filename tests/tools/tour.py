"""The two tours of the README, step by step as it has them, on a site that `make demo` runs."""

import os
from pathlib import Path

from playwright.sync_api import Page, expect

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
PASSWORD = "podium-demo"
TEAM = "Tourists"
TASK = "Exact duplicates"


def participate(page: Page, folder: Path) -> None:
    """Play the first six minutes of a participant, from no account to a file with errors."""
    file = folder / "sample_submission.csv"
    page.goto("/")
    page.get_by_role("link", name="Same or Different 2026", exact=True).first.click()
    for heading in ("Matching", "Classification", "Timeline"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    page.get_by_role("link", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Create one").click()
    page.get_by_label("E-mail").fill("tourist@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Name").fill("Tourist")
    page.get_by_role("button", name="Create the account").click()
    page.get_by_role("link", name="Team", exact=True).click()
    page.get_by_label("Team name").fill(TEAM)
    page.get_by_label("I have read the rules").check()
    page.get_by_role("button", name="Create").click()
    page.get_by_role("link", name="Same or Different 2026").first.click()
    page.get_by_role("link", name=TASK, exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV of sample_submission").click()
    download.value.save_as(file)
    submit(page, file)
    expect(page.get_by_text("95 % interval").first).to_be_visible()
    header, first, *rest = file.read_text().splitlines()
    file.write_text("\n".join([header, first.partition(",")[0] + ",perhaps", *rest]) + "\n")
    page.get_by_role("link", name=TASK).first.click()
    submit(page, file)
    expect(page.get_by_text("perhaps").first).to_be_visible()


def submit(page: Page, file: Path) -> None:
    """Upload a file, and wait until it is scored or refused."""
    page.get_by_label("Predictions file").set_input_files(file)
    page.get_by_role("button", name="Upload and score").click()
    expect(page.locator(".chip:is(.scored, .rejected)").first).to_be_visible(timeout=120_000)


def organize(page: Page) -> None:
    """Play the first five minutes of an organizer: the console, a baseline, a disqualification."""
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("organizer@podium.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Console", exact=True).first.click()
    for heading in ("Workers", "Baselines"):
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
    page.get_by_role("link", name="All teams").click()
    _rule(page, "Disqualify")
    assert TEAM not in _board(page)
    page.goto("/c/sample/console/teams/")
    _rule(page, "Reinstate")
    assert TEAM in _board(page)
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Site administration")).to_be_visible()


def _rule(page: Page, act: str) -> None:
    page.get_by_label(f"Tick {TEAM}", exact=True).check()
    page.get_by_label("With those ticked").select_option(label=act)
    page.get_by_role("button", name="See what happens").click()
    page.get_by_label("Reason").fill("Part of the tour.")
    page.get_by_role("button", name=act, exact=True).click()
    expect(page.get_by_role("status").first).to_be_visible()


def _board(page: Page) -> str:
    page.goto("/c/sample/tasks/exact-match/board/")
    return page.get_by_role("main").inner_text()


def picture(page: Page) -> None:
    """Renew the README's picture, the board of a track, where the environment asks for it."""
    page.goto("/c/finished-sample/tracks/matching/")
    expect(page.get_by_role("row").nth(2)).to_be_visible()
    if os.environ.get("PODIUM_PICTURES"):
        page.screenshot(path=IMAGES / "board.png")
