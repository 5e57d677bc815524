"""Taking part with only the keyboard: the focus is always visible."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.live.browser.pages import await_the_score, predictions
from tests.live.world import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.live]

MOST_STEPS = 80
# The focused element has an outline and is visible.
UNSEEN = """() => {
  const each = document.activeElement;
  const style = getComputedStyle(each);
  const { top, bottom, left, right, width, height } = each.getBoundingClientRect();
  const isDrawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const isThere = width > 0 && height > 0 && bottom > 0 && right > 0
    && top < innerHeight && left < innerWidth;
  return isDrawn && isThere ? "" : each.outerHTML.slice(0, 200);
}"""


def test_somebody_signs_in_and_uploads_by_the_keyboard(page: Page, tmp_path: Path) -> None:
    file = predictions(page, tmp_path, wrong=9)
    # From now on, so that the browser knows long before the key whom to give a chooser of files.
    page.on("filechooser", lambda chooser: None)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    assert page.evaluate(UNSEEN) == ""

    _press(page, page.get_by_role("link", name="Sign in"), "Enter")
    _go_to(page, page.get_by_label("E-mail"))
    page.keyboard.type("charlie@example.org")
    _go_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    _press(page, page.get_by_role("main").get_by_role("link", name="The sprint").first, "Enter")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    _skip(page)
    _press(page, page.get_by_role("main").get_by_role("link", name="Pets").first, "Enter")
    expect(page.get_by_role("heading", name="What to predict")).to_be_visible()
    _skip(page)
    _go_to(page, page.get_by_label("Predictions file"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    _press(page, page.get_by_label("I have read the rules"), "Space")
    expect(page.get_by_label("I have read the rules")).to_be_checked()
    _press(page, page.get_by_role("button", name="Upload and score"), "Enter")
    await_the_score(page)


def test_a_term_is_explained_by_the_keyboard_and_leads_to_the_glossary(page: Page) -> None:
    page.goto("/c/sprint/tasks/pets/")
    explains = page.get_by_role("button", name="What does “Step” mean?")
    words = page.get_by_text("Scores are shown as multiples of a step")
    expect(words).to_be_hidden()
    explains.focus()
    page.keyboard.press("Enter")
    expect(words).to_be_visible()
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    expect(explains).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(UNSEEN) == ""
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Step", exact=True)).to_be_in_viewport()


def _skip(page: Page) -> None:
    """Pass over the bar at the top by the link that is there for it."""
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    # A browser goes to a place on the page only after it has handled the key.
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def _press(page: Page, place: Locator, key: str) -> None:
    _go_to(page, place)
    page.keyboard.press(key)


def _go_to(page: Page, place: Locator) -> None:
    """Press Tab until the focus is there; on the way it must be seen."""
    for _ in range(MOST_STEPS):
        if place.evaluate("(each) => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
        assert page.evaluate(UNSEEN) == ""
    raise AssertionError(f"the keyboard does not reach {place}")
