"""What upload.js does: it goes on where a connection broke, can be cancelled, and is not needed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.live.browser.pages import predictions, sign_up, visitor
from tools.scratch_site import Site, kill_group

pytestmark = [pytest.mark.browser, pytest.mark.live]

TASK = "/c/sprint/tasks/pets/"
# Files from 8 MiB on go in parts, the first of a mebibyte, then twice as much each time.
LARGE = 9 << 20
FIRST = 1 << 20
BROKEN = "The connection broke."


@dataclass
class Line:
    """What stands between the browser and the site: lets chunks through until stopped."""

    offsets: list[int] = field(default_factory=list)
    is_cut: bool = False
    dropped: int = 0

    def __call__(self, route: Route) -> None:
        if route.request.method == "DELETE":
            self.dropped += 1
            route.continue_()
            return
        if self.is_cut:
            route.abort("connectionreset")
            return
        offset = int(route.request.headers["upload-offset"])
        self.offsets.append(offset)
        self.is_cut = offset >= FIRST and len(self.offsets) < 3
        if self.is_cut:
            route.abort("connectionreset")
        else:
            route.continue_()


@pytest.fixture
def line(page: Page) -> Line:
    """The line that the page's parts go through; it is cut after the first part."""
    made = Line()
    page.route("**/parts/*/", made)
    return made


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that goes in parts and that the scorer refuses."""
    file = tmp_path / "predictions.csv"
    row = "p120,a pet that nobody knows\n"
    file.write_text("id,prediction\n" + row * (LARGE // len(row) + 1))
    return file


@pytest.fixture
def plain(browser: Browser, site: Site) -> Iterator[Page]:
    """A page of somebody whose browser runs no scripts."""
    with visitor(browser, site.url, java_script_enabled=False) as opened:
        yield opened


def _choose(page: Page, file: Path) -> None:
    page.goto(TASK)
    page.set_input_files("input[type=file]", file)
    page.get_by_label("I have read the rules").check()


def test_an_upload_goes_on_where_the_connection_broke_and_the_site_was_down(
    page: Page, site: Site, line: Line, large: Path
) -> None:
    sign_up(page, "Paula")
    _choose(page, large)
    page.get_by_role("button", name="Upload and score").click()
    expect(page.get_by_text(BROKEN)).to_be_visible()
    kill_group(site.web)
    with page.expect_event("requestfailed"):
        line.is_cut = False
    site.start_web()
    expect(page.get_by_role("heading", name="The file was not scored")).to_be_visible(
        timeout=60_000
    )
    expect(page.get_by_text(hashlib.sha256(large.read_bytes()).hexdigest())).to_be_visible()
    assert line.offsets[:2] == [0, FIRST]
    asked = line.offsets[2:]
    sent = [offset for offset in asked if offset]
    assert sent[0] == FIRST, "the part that had arrived was not sent again"
    assert sent == sorted(sent)
    assert len(sent) > 2


def test_a_cancelled_upload_is_dropped_and_can_be_begun_anew(
    page: Page, site: Site, line: Line, large: Path
) -> None:
    sign_up(page, "Quentin")
    _choose(page, large)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text(BROKEN)).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    expect(page.get_by_label("Predictions file")).to_be_focused()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert page.url.endswith(TASK)
    line.is_cut = False
    expect(page.get_by_role("button", name="Check the file")).to_be_enabled()
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="The file would be rejected")).to_be_visible(
        timeout=60_000
    )
    assert line.offsets[:3] == [0, FIRST, 0], "nothing of it was kept"
    assert line.dropped == 1


def test_another_file_chosen_while_one_is_sent_takes_its_place(
    page: Page, line: Line, large: Path, tmp_path: Path
) -> None:
    sign_up(page, "Stella")
    _choose(page, large)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text(BROKEN)).to_be_visible()
    other = tmp_path / "other.csv"
    other.write_text("id,prediction\np120,a pet that nobody knows\n")
    page.set_input_files("input[type=file]", other)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    line.is_cut = False
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("other.csv. Not submitted")).to_be_visible(timeout=60_000)
    assert line.offsets == [0, FIRST], "nothing more of the first file was sent"
    assert line.dropped == 1


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    page: Page, site: Site, large: Path
) -> None:
    sign_up(page, "Rosa")
    site.query("UPDATE challenges_task SET max_bytes = 9000000 WHERE slug = 'pets'")
    try:
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.method))
        _choose(page, large)
        words = "The file is larger than 9 MB, the most this task takes."
        expect(page.get_by_text(words)).to_be_visible()
        page.get_by_role("button", name="Upload and score").click()
        page.get_by_role("button", name="Check the file").click()
        assert set(requests) == {"GET"}
    finally:
        site.query("UPDATE challenges_task SET max_bytes = 200000000 WHERE slug = 'pets'")


def test_without_scripts_the_form_sends_the_file_and_the_page_renews_itself(
    plain: Page, tmp_path: Path
) -> None:
    sign_up(plain, "Sven")
    _choose(plain, predictions(plain, tmp_path, wrong=9))
    plain.get_by_role("button", name="Upload and score").click()
    expect(plain.get_by_text("Accuracy, higher is better")).to_be_visible(timeout=60_000)
