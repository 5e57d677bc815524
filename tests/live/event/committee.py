"""An owner at work in a browser: forms of the console, filled in by the labels that people read."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, expect

Values = dict[str, str | bool]
IMAGES = Path(__file__).resolve().parents[3] / "docs" / "images"


@dataclass
class Owner:
    """Somebody who organizes, with what they clicked and typed so far."""

    page: Page
    slug: str = ""
    clicks: int = 0
    fields: int = 0

    @property
    def console(self) -> str:
        return f"/c/{self.slug}/console/"

    def go(self, path: str = "") -> None:
        """Open an address below the console."""
        self.page.goto(f"{self.console}{path}")

    def press(self, name: str) -> None:
        """Press the button of this name."""
        self.page.get_by_role("main").get_by_role("button", name=name, exact=True).first.click()
        self.clicks += 1

    def follow(self, name: str) -> None:
        """Follow the link of this name."""
        self.page.get_by_role("main").get_by_role("link", name=name, exact=True).first.click()
        self.clicks += 1

    def fill(self, values: Values) -> None:
        """Fill in fields by their labels; a choice by its text, a box by whether it is ticked."""
        for label, value in values.items():
            named = re.compile(rf"^{re.escape(label)}( optional)?$")
            field = self.page.get_by_role("main").get_by_label(named).first
            if isinstance(value, bool):
                field.set_checked(value)
            elif field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
            self.fields += 1

    def said(self, text: str | re.Pattern[str]) -> None:
        """Check that the site answered with this."""
        expect(self.page.get_by_role("status").filter(has_text=text).first).to_be_visible()

    def sheet(self, path: str, values: Values, title: str = "") -> str:
        """Fill in a sheet, read what it does, and confirm; return what was read.

        `title` is typed where the plan asks for the title of the challenge.
        """
        self.go(path)
        self.fill(values)
        self.press("See what changes")
        plan = self.shown("#plan")
        confirmation = self.page.get_by_label("Title of the challenge")
        if title:
            confirmation.fill(title)
        else:
            expect(confirmation).to_have_count(0)
        self.press("Make these changes")
        self.said("Saved.")
        return plan

    def shown(self, selector: str) -> str:
        """Return the text of what the page should show; fail with the page's own text if not."""
        found = self.page.locator(selector)
        try:
            expect(found).to_be_visible()
        except AssertionError:
            page = self.page.get_by_role("main").inner_text()
            raise AssertionError(f"{self.page.url} lacks {selector} and says:\n{page}") from None
        return found.inner_text()

    def picture(self, name: str) -> None:
        """Renew a picture of the guide, where the environment asks for it."""
        if os.environ.get("PODIUM_PICTURES"):
            IMAGES.mkdir(exist_ok=True)
            self.page.screenshot(path=IMAGES / f"{name}.png")


def typed(at: datetime) -> str:
    """Return a time as a field for UTC times takes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
