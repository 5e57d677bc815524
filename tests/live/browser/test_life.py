"""The whole life of a team in a real browser: from an account to the final board."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.live.browser.challenge import apply
from tests.live.browser.pages import await_the_score, predictions, sign_in, sign_up, visitor
from tools.scratch_site import Site

pytestmark = [pytest.mark.browser, pytest.mark.live]

TASK, MINE = "/c/cup/tasks/pets/", "/c/cup/submissions/"
DROP = """(drop, [name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  drop.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, cancelable: true }));
  drop.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
}"""


@pytest.fixture
def friend(browser: Browser, site: Site) -> Iterator[Page]:
    with visitor(browser, site.url) as opened:
        yield opened


@pytest.fixture
def organizer(browser: Browser, site: Site) -> Iterator[Page]:
    with visitor(browser, site.url) as opened:
        sign_in(opened, "Olga")
        yield opened


def test_a_team_takes_part_from_an_account_to_the_final_board(
    page: Page, friend: Page, organizer: Page, site: Site, tmp_path: Path
) -> None:
    apply(site, tmp_path, "cup")
    good, better = [predictions(page, tmp_path, wrong=wrong) for wrong in (30, 6)]
    _make_an_account(page, site)
    invitation = _make_a_team(page)
    _join(friend, invitation)
    _download(page)
    _check(page, good)
    first = _upload_by_dropping(page, good)
    _hear_what_is_wrong(page)
    second = _upload_by_choosing(friend, better)
    _edit_the_words(page, first)
    _compare_two(page)
    _ask_and_be_answered(page, organizer)
    _withdraw_and_undo(page, first)
    _choose_as_final(page, second)
    _find_the_team_on_the_boards(page)
    _see_the_final_board(page, organizer, site, tmp_path)


def _make_an_account(page: Page, site: Site) -> None:
    sign_up(page, "Nina")
    mail = "".join(file.read_text() for file in (site.var / "mail").iterdir())
    link = re.search(r"To: nina@example.org.*?(/accounts/confirm-email/\S+)", mail, re.DOTALL)
    assert link, mail
    page.goto(link[1])
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status")).to_contain_text("nina@example.org")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "Nina")


def _make_a_team(page: Page) -> str:
    """Return the link by which others join it."""
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="The cup").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    page.get_by_role("link", name="Team", exact=True).click()
    page.get_by_label("Name").fill("The Owls")
    page.get_by_label("I have read the rules").check()
    page.get_by_role("button", name="Create team").click()
    expect(page.get_by_role("heading", name="The Owls")).to_be_visible()
    page.get_by_role("button", name="Create invitation").click()
    found = re.search(r"/join/[\w-]+/", page.get_by_role("status").inner_text())
    assert found
    return found[0]


def _join(friend: Page, invitation: str) -> None:
    sign_up(friend, "Otto")
    friend.goto(invitation)
    friend.get_by_label("I have read the rules").check()
    friend.get_by_role("button", name="Join The Owls").click()
    expect(friend.get_by_role("rowheader", name="Nina")).to_be_visible()
    expect(friend.get_by_role("rowheader", name="Otto")).to_be_visible()


def _download(page: Page) -> None:
    page.goto(TASK)
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="test"))
    with page.expect_download() as download:
        row.get_by_role("link", name="CSV").click()
    text = download.value.path().read_text()
    assert text.startswith("id,weight\n")
    assert text.count("\n") == 121


def _check(page: Page, file: Path) -> None:
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="The file can be scored")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Submit this file")).to_be_enabled()
    page.get_by_role("link", name="Try another file").click()


def _drop(page: Page, name: str, text: str) -> None:
    page.wait_for_url(re.compile(TASK))  # and its scripts
    page.locator("[data-drop]").evaluate(DROP, [name, text])


def _upload_by_dropping(page: Page, file: Path) -> str:
    """Return the address of the submission."""
    _drop(page, file.name, file.read_text())
    expect(page.locator("[data-drop-name]")).to_contain_text(file.name)
    page.get_by_label("Method").fill("Nearest weight")
    page.get_by_role("button", name="Upload and score").click()
    await_the_score(page)
    expect(page.get_by_text(hashlib.sha256(file.read_bytes()).hexdigest())).to_be_visible()
    return page.url


def _upload_by_choosing(page: Page, file: Path) -> str:
    """Return the address of the submission."""
    page.goto(TASK)
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Upload and score").click()
    await_the_score(page)
    return page.url


def _hear_what_is_wrong(page: Page) -> None:
    page.get_by_role("link", name="Upload another file").click()
    _drop(page, "predictions.csv", "id,prediction\np120,cat\np120,unicorn\n")
    page.get_by_role("button", name="Upload and score").click()
    expect(page.get_by_text("The file was not scored")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("unicorn")).to_be_visible()
    expect(page.get_by_text("No attempt used.")).to_be_visible()
    expect(page.get_by_role("link", name="Upload a corrected file")).to_be_visible()


def _edit_the_words(page: Page, submission: str) -> None:
    page.goto(submission)
    page.get_by_text("Edit method and note").click()
    page.get_by_label("Note").fill("Seed 7.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("definition").filter(has_text="Seed 7.")).to_be_visible()


def _compare_two(page: Page) -> None:
    page.goto(MINE)
    for box in page.get_by_role("checkbox", name="Compare").all():
        box.check()
    page.get_by_role("button", name="Compare two").click()
    expect(page.get_by_role("heading", name="Head to head")).to_be_visible()


def _ask_and_be_answered(page: Page, organizer: Page) -> None:
    page.goto("/c/cup/questions/")
    page.get_by_text("Ask a question").click()
    page.get_by_label("Question", exact=True).fill("Do owls count?")
    page.get_by_label("Text").fill("Mine is **small**.")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("heading", name="Do owls count?")).to_be_visible()

    organizer.goto("/c/cup/questions/")
    organizer.get_by_role("link", name="Do owls count?").click()
    organizer.get_by_label("Text").fill("They do.")
    organizer.get_by_role("button", name="Answer", exact=True).click()

    page.reload()
    answer = page.get_by_role("article").filter(has_text="They do.")
    expect(answer).to_contain_text("organizer")


def _withdraw_and_undo(page: Page, submission: str) -> None:
    page.goto(submission)
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("heading", name="Withdrawn")).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()


def _choose_as_final(page: Page, submission: str) -> None:
    page.goto(submission)
    page.get_by_role("button", name="Select as final").click()
    expect(page.get_by_text("is selected as final.")).to_be_visible()
    page.goto(MINE)
    expect(page.get_by_text("selected by you")).to_be_visible()
    box = page.get_by_role("checkbox", name=re.compile("final$"), checked=True)
    box.uncheck()
    page.get_by_role("button", name="Save final selection").click()
    expect(page.get_by_text("Your final selection is saved.")).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("final$")).last.check()
    page.get_by_role("button", name="Save final selection").click()
    expect(page.get_by_text("selected by you")).to_be_visible()


def _row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name))


def _find_the_team_on_the_boards(page: Page) -> None:
    page.goto(f"{TASK}board/")
    row = _row(page, "The Owls")
    expect(row.get_by_role("cell").first).to_have_text(re.compile(r"^1(\D|$)"))
    expect(row).to_contain_text("your team")
    expect(_row(page, "Trivial")).to_contain_text("baseline")
    page.goto("/c/cup/tracks/classification/")
    expect(_row(page, "The Owls")).to_be_visible()


def _see_the_final_board(page: Page, organizer: Page, site: Site, folder: Path) -> None:
    # After this time no upload that began before the close can still end.
    apply(site, folder, "cup", closes_in=-0.02, reveals_in=0)
    organizer.goto("/c/cup/console/")
    organizer.get_by_label("Title of the challenge").fill("The cup")
    organizer.get_by_role("button", name="Reveal now").click()
    expect(organizer.get_by_text("The private boards are public now.")).to_be_visible()
    page.goto("/c/cup/")
    expect(page.get_by_text("The reveal was moved").first).to_be_visible()
    page.goto(TASK)
    expect(page.get_by_text("The challenge closed at")).to_be_visible()
    page.goto(f"{TASK}board/")
    expect(page.get_by_text("private part").first).to_be_visible()
    expect(_row(page, "The Owls").get_by_role("cell").first).to_have_text(re.compile(r"^1(\D|$)"))
