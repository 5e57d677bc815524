"""The end of an event: close, reveal, winners, and an archive that another site shows."""

import json
import urllib.request
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.live.event.committee import Owner, typed
from tests.live.event.people import Contestant
from tests.live.event.setting_up import SLUG, TASKS, TITLE
from tools.scratch_site import Site, wait_for

BOARDS = f"/c/{SLUG}/tracks/{{}}/board.csv"
TRACKS = ("classification", "matching")
MOST_CLICKS_OF_A_COPY, MOST_FIELDS_OF_A_COPY = 12, 5
RUNS = "SELECT state FROM baseline_runs_baselinerun"
UNSTUDIED = """
    SELECT count(*) FROM standings_board b
    JOIN standings_revision r ON r.board_id = b.id AND r.number = b.revision
    WHERE r.studied_at IS NULL
"""


def freeze(owner: Owner, now: datetime) -> None:
    """Move the close so that the rows of other teams are frozen."""
    close = now + timedelta(hours=6)
    times = {"Team freeze (UTC)": typed(now - timedelta(minutes=1)), "Closes (UTC)": typed(close)}
    owner.sheet(
        "setup/times/", {**times, "Reveal (UTC)": typed(close + timedelta(days=2))}, title=TITLE
    )
    owner.page.goto(f"/c/{SLUG}/tracks/matching/")


def close_and_reveal(owner: Owner, now: datetime) -> None:
    """Close in the past, so that no upload is under way any more, and reveal at once."""
    closed = now - timedelta(minutes=30)
    times = {
        "Team freeze (UTC)": typed(closed - timedelta(minutes=1)),
        "Closes (UTC)": typed(closed),
        "Reveal (UTC)": typed(now - timedelta(minutes=1)),
    }
    plan = owner.sheet("setup/times/", {**times}, title=TITLE)
    assert "lands in the past" in plan
    owner.go()
    owner.page.get_by_label("Title of the challenge").fill(TITLE)
    owner.press("Reveal now")
    owner.said("The private boards are public now.")


def publish_winners(owner: Owner) -> None:
    """Read who wins by the rule, and publish it."""
    owner.go("winners/")
    main = owner.page.get_by_role("main")
    expect(main).to_contain_text("A telescope")
    owner.picture("winners")
    owner.press("Publish these winners")
    owner.said("The winners are published.")
    owner.page.goto(f"/c/{SLUG}/winners/")
    expect(main).to_contain_text("A telescope")


def keep_consent(owner: Owner) -> None:
    """Take away what each team answered about research."""
    owner.go()
    with owner.page.expect_download() as download:
        owner.page.get_by_role("link", name="Consent to research as CSV").click()
    assert "not answered" in download.value.path().read_text()


def offer_certificates(team: Contestant) -> None:
    """See that a member can have certificates for the rank and for taking part."""
    status, page = team.ask(f"/c/{SLUG}/certificates/")
    assert status == 200, page
    assert page.count("Download") > 1


def hide_a_writeup_and_show_it(owner: Owner, team: Contestant) -> None:
    """Hide a write-up that a team published, with a reason that it reads, and show it again."""
    page = f"/c/{SLUG}/write-ups/classification/{team.name}/"
    words = {"title": "How we tell pets apart", "body": "By their weight.", "links": ""}
    status, said = team.send(f"{page}edit/", **words, based_on="0")
    assert status == 200, said
    status, said = team.send(page, f"{page}do/publish/", version="1")
    assert status == 200, said
    owner.page.goto(page)
    owner.page.get_by_text("Hide the write-up").click()
    owner.fill({"Reason": "It names a person."})
    owner.press("Hide it")
    owner.said("It is hidden.")
    status, said = team.ask(page)
    assert "It names a person." in said
    owner.press("Show the write-up again")
    owner.said("It is shown again.")


def wait_for_baselines(site: Site) -> None:
    """Wait until each run of a baseline has ended, and check that none failed."""
    running = [("queued",), ("running",)]
    wait_for("the baselines", lambda: not {*running} & {*site.query(RUNS)}, 120)
    assert set(site.query(RUNS)) == {("finished",)}


def wait_for_studies(site: Site) -> None:
    """Wait until workers have added to all boards what they find out about them."""
    wait_for("the studies", lambda: site.query(UNSTUDIED) == [(0,)], 60)


def archive(owner: Owner, folder: Path) -> Path:
    """Have the event written as one file, and download it."""
    owner.go("archive/")
    owner.page.get_by_label("Edition").select_option(value="full")
    owner.press("Write the archive")
    link = owner.page.get_by_role("link", name=f"{SLUG}-full.zip")
    expect(link).to_be_visible(timeout=90_000)
    with owner.page.expect_download() as download:
        link.click()
    file = folder / "event.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(file) as made:
        assert json.loads(made.read("archive.json"))["edition"] == "full"
    return file


def begin_the_next_one(owner: Owner, now: datetime) -> None:
    """Make next year's challenge from this one: few fields and clicks."""
    clicks, fields = owner.clicks, owner.fields
    owner.page.goto("/console/")
    owner.follow("New challenge")
    owner.fill({
        "Short name": "autumn-cup",
        "Title": "Autumn cup",
        "Copy of": TITLE,
        "Opens (UTC)": typed(now + timedelta(days=30)),
        "Closes (UTC)": typed(now + timedelta(days=120)),
    })  # fmt: skip
    owner.press("Make the challenge")
    owner.said("is a draft that only organizers see")
    assert owner.clicks - clicks <= MOST_CLICKS_OF_A_COPY
    assert owner.fields - fields <= MOST_FIELDS_OF_A_COPY
    for _, _, title, _, _ in TASKS:
        expect(owner.page.get_by_role("main")).to_contain_text(title)


def boards_of(site: Site) -> dict[str, str]:
    """Return the boards of both tracks on both parts as a visitor downloads them."""
    found = {}
    for track in TRACKS:
        for part in ("public", "private"):
            address = f"{site.url}{BOARDS.format(track)}?part={part}"
            with urllib.request.urlopen(address, timeout=30) as reply:  # noqa: S310  (our own)
                found[f"{track} {part}"] = reply.read().decode()
    return found


def import_it(page: Page, site: Site, archive: Path) -> dict[str, str]:
    """Import an archive on another site, in the browser of its staff; return its boards."""
    page.goto("/console/")
    page.get_by_role("link", name="Import an archive").click()
    page.set_input_files("input[type=file]", archive)
    page.get_by_role("main").get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("boards equal those of the archive.")).to_be_visible(timeout=90_000)
    page.get_by_role("main").get_by_role("link", name=TITLE).click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    return boards_of(site)
