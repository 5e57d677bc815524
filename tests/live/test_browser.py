"""A newcomer's way in a real browser: sign up, make a team, upload, watch the score, find it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tools.scratch_site import Site

pytestmark = [pytest.mark.browser, pytest.mark.live]

# Chromium as root needs --no-sandbox; the others keep it from calling home.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PERFECT = """
from pathlib import Path
from podium.challenges.models import Task
from tests.site.pets import predictions
print(predictions(Task.objects.get(), Path({folder!r}), wrong=3).path)
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module", autouse=True)
def _worker(site: Site) -> None:
    site.start_worker()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A page of a fresh visitor; any script error or refused resource fails the test."""
    context = browser.new_context(base_url=site.url)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    yield opened
    context.close()
    # A refused upload answers 422, which the browser reports as an error of its own.
    assert [c for c in complaints if "422" not in c] == []


def sign_up(page: Page, name: str) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("E-mail").fill(f"{name.lower()}@example.org")
    page.get_by_label("Password").fill("a password of mine")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_newcomer_signs_up_makes_a_team_uploads_and_finds_it_on_the_board(
    page: Page, site: Site, tmp_path: Path
) -> None:
    file = site.python(PERFECT.format(folder=str(tmp_path)))
    sign_up(page, "Nina")

    page.get_by_role("link", name="Team", exact=True).click()
    page.get_by_label("Name").fill("The Owls")
    page.get_by_role("button", name="Make the team").click()
    expect(page.get_by_role("heading", name="The Owls")).to_be_visible()

    page.goto("/c/cup/tasks/pets/")
    page.set_input_files("input[type=file]", file)
    page.get_by_label("Method").fill("Nearest weight")
    page.get_by_role("button", name="Upload and score").click()
    page.evaluate("window.notReloaded = true")
    expect(page.get_by_text("Accuracy, higher is better")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.notReloaded"), "the score appeared without a reload"

    page.goto("/c/cup/tasks/pets/board/")
    row = page.get_by_role("row").filter(has_text="The Owls")
    expect(row.get_by_role("cell").first).to_have_text(re.compile(r"^1(\D|$)"))
    expect(row).to_contain_text("your team")
    expect(page.get_by_role("row").filter(has_text="Trivial")).to_contain_text("baseline")
    page.goto("/c/cup/tracks/classification/")
    expect(page.get_by_role("row").filter(has_text="The Owls")).to_be_visible()


def test_a_bad_file_comes_back_with_its_problems_and_costs_nothing(
    page: Page, site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "predictions.csv"
    file.write_text("id,prediction\np120,cat\np120,unicorn\n")
    sign_up(page, "Otto")
    page.goto("/c/cup/tasks/pets/")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Upload and score").click()
    expect(page.get_by_text("The file was not scored")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("unicorn")).to_be_visible()
    expect(page.get_by_text("cost no attempt")).to_be_visible()
