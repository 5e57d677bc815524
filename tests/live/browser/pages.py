"""Debian's Chromium, and pages in it whose every error fails the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, expect

from tests.live.world import PASSWORD
from tests.site.pets import CLASSES

# Chromium as root needs --no-sandbox; the others keep it from calling home.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# What the browser itself reports of an answer that a test asked for.
REPORTED = ("409", "422", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_SOCKET")


def chromium(playwright: Playwright) -> Browser:
    """Return a new Chromium."""
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)


@contextmanager
def visitor(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """Give a page of a fresh visitor; any script error or refused resource fails the test."""
    context = browser.new_context(base_url=url, **options)
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    yield opened
    context.close()
    left = [words for words in complaints if not any(each in words for each in REPORTED)]
    assert left == [], left


def sign_up(page: Page, name: str) -> None:
    """Make an account, which signs in."""
    page.goto("/accounts/signup/")
    page.get_by_label("E-mail").fill(f"{name.lower()}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def sign_in(page: Page, name: str) -> None:
    """Sign in somebody who has an account."""
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(f"{name.lower()}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def predictions(page: Page, folder: Path, *, wrong: int) -> Path:
    """Return a file made from the test rows, which predict the class from the weight; some are
    wrong."""
    header, *rows = page.request.get("/datasets/pets/1/files/test.csv").text().split()
    assert header == "id,weight"
    lines = ["id,prediction"]
    for number, row in enumerate(rows):
        name, weight = row.split(",")
        kind = int(float(weight) // 10) + (number < wrong)
        lines.append(f"{name},{CLASSES[kind % 3]}")
    file = folder / f"predictions-{wrong}.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def await_the_score(page: Page) -> None:
    """Wait on a submission's page until it shows the score, by itself."""
    expect(page.get_by_role("heading", name="The file", exact=True)).to_be_visible()
    page.evaluate("window.notReloaded = true")
    expect(page.get_by_text("Accuracy, higher is better").first).to_be_visible(timeout=60_000)
    assert page.evaluate("window.notReloaded"), "the score appeared without a reload"
