"""The first part of an event: from raw files to a challenge that is announced."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import expect

from tests.live.event.committee import Owner, Values, typed
from tests.live.event.data import TEST_SHARE, Raw
from tests.live.event.people import Contestant

SLUG, TITLE = "spring-cup", "Spring cup"
FACTS: Values = {
    "Description": "Made up for a test of a whole event.",
    "Licence": "CC0-1.0",
    "Citation": "None.",
    "Origin": "Made for tests.",
    "Test share": TEST_SHARE,
    "Public share": "0.5",
}
# Track, short name, title, data set, headline.
TASKS = (
    ("classification", "kinds", "Kinds of pets", "pets", "Accuracy"),
    ("classification", "rare-kinds", "Rare kinds of pets", "pets", "Macro F1"),
    ("matching", "offers", "Offers", "offers", "Average precision"),
    ("matching", "decisions", "Decisions on offers", "offers", "F1"),
)


def import_data(owner: Owner, raw: Raw, importer: str, more: Values) -> None:
    """Bring a raw file, check the findings, build the data set and publish it."""
    page, name = owner.page, raw.name.removesuffix(".csv")
    page.goto("/console/datasets/new/")
    owner.fill({"Name": name, "Title": name.title()})
    page.locator(f"input[name=importer][value={importer}]").check()
    owner.press("Begin")
    file = {"name": raw.name, "mimeType": "text/csv", "buffer": raw.content}
    page.set_input_files("#raw", files=[file])  # type: ignore[list-item]
    expect(page.get_by_role("rowheader", name=raw.name)).to_be_visible()
    for summary in ("Facts", "Division into train and test"):
        page.locator("#upload summary", has_text=summary).click()
    owner.fill({**FACTS, **more, **({"Label": "kind"} if importer == "table" else {})})
    owner.press("Read the files")
    expect(page.get_by_role("heading", name="Roles of columns")).to_be_visible()
    owner.press("Check and build")
    expect(page.get_by_text("Nothing was found.")).to_be_visible(timeout=60_000)
    owner.press(f"Publish {name} 1")
    owner.said("is published")


def make_the_challenge(owner: Owner, now: datetime) -> None:
    """Make a challenge of two tracks with two tasks each."""
    owner.slug = SLUG
    owner.page.goto("/console/")
    owner.follow("New challenge")
    owner.fill({
        "Short name": SLUG,
        "Title": TITLE,
        "Summary": "Who tells pets and offers apart?",
        "Opens (UTC)": typed(now + timedelta(days=10)),
        "Closes (UTC)": typed(now + timedelta(days=100)),
    })  # fmt: skip
    owner.press("Make the challenge")
    owner.said("is a draft that only organizers see")
    for kind in ("classification", "matching"):
        owner.sheet("setup/tracks/new/", {"Kind": kind.title(), "Title": kind.title()})
    for kind, slug, title, data, headline in TASKS:
        version = f"{data.title()} ({data} 1)"
        values = {"Title": title, "Data set": version, "Headline metric": headline}
        owner.sheet(f"setup/tracks/{kind}/new/", {"Short name": slug, **values})
    owner.sheet("setup/texts/", {"Rules": "Be fair. *One* team a person."})
    owner.sheet("setup/times/", {"Hours of frozen boards": "24"})


def name_organizers(owner: Owner) -> None:
    """Name a second owner, a manager and a viewer."""
    for name, role in (("oscar", "Owner"), ("mary", "Manager"), ("vera", "Viewer")):
        address = f"{name}@example.org"
        values: Values = {"E-mail address of one more person": address, "Their role": role}
        plan = owner.sheet("setup/organizers/", values)
        assert address in plan


def share_editing(owner: Owner, colleague: Contestant) -> None:
    """Offer the editing of a data set to a colleague, who reads what it means and accepts."""
    owner.page.goto("/console/datasets/pets/1/")
    owner.fill({"E-mail address of one more editor": f"{colleague.name}@example.org"})
    owner.press("Offer editing")
    owner.said("Editing is offered")
    colleague.sign_in()
    colleague.accept_the_offer()
    owner.page.goto("/console/datasets/pets/1/")
    expect(owner.page.get_by_role("row", name=colleague.name)).to_contain_text("Editor since")


def admit_people(owner: Owner) -> None:
    """Let in only those whose confirmed address is on the list."""
    owner.sheet("setup/access/", {"Admitted e-mail addresses": "@example.org"})


def rehearse(owner: Owner) -> None:
    """Have a worker play the whole event in a hidden copy, and go on meanwhile."""
    owner.go("rehearsal/")
    owner.press("Rehearse")


def read_the_rehearsal(owner: Owner) -> None:
    """Read that each step of the rehearsal went as expected."""
    owner.go("rehearsal/")
    report = owner.page.get_by_role("main")
    expect(report).to_contain_text(re.compile("steps? (went|did not go) as"), timeout=180_000)
    assert "steps went as expected" in report.inner_text(), report.inner_text()
    owner.picture("rehearsal")


def look_whether_it_is_ready(owner: Owner) -> None:
    """Read what is missing, and overrule in writing what this event will not have."""
    owner.go("readiness/")
    expect(owner.page.get_by_text(re.compile(r"\d+ checks do not pass"))).to_be_visible()


def offer_prizes(owner: Owner) -> None:
    """Offer two prizes in each track."""
    for kind in ("classification", "matching"):
        values: Values = {"Prize for rank 1": "A telescope", "Prize for rank 2": "A book"}
        owner.sheet(f"setup/tracks/{kind}/prizes/", values)


def look_as_a_visitor(owner: Owner) -> None:
    """See the draft as it will look to people without an account, then stop."""
    owner.go("preview/")
    owner.page.get_by_label("visitor").check()
    owner.press("Start preview")
    owner.page.goto(f"/c/{SLUG}/")
    expect(owner.page.get_by_role("heading", name=TITLE)).to_be_visible()
    owner.page.get_by_role("button", name="Stop preview").first.click()
    owner.go()
    expect(owner.page.get_by_role("heading", name="Console")).to_be_visible()
