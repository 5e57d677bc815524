"""The middle of an event: submissions, faults and cheats, and what organizers do about them."""

import csv
import io
import re
from datetime import datetime, timedelta

from playwright.sync_api import expect

from tests.live.event import data
from tests.live.event.committee import Owner, Values, typed
from tests.live.event.people import Contestant
from tests.live.event.setting_up import SLUG, TASKS, TITLE
from tools.scratch_site import Site, wait_for

RAW = {"kinds": data.pets(), "rare-kinds": data.pets(), "offers": data.offers()}
RAW["decisions"] = RAW["offers"]
LATEST = """
    SELECT max(s.id) FROM submissions_submission s
    JOIN teams_team t ON t.id = s.team_id WHERE t.name = ? AND s.state = 'scored'
"""
SCORED = "SELECT count(*) FROM submissions_submission WHERE state IN ('queued', 'scoring')"


def open_it(owner: Owner, now: datetime) -> None:
    """Announce and open the challenge: both move the phase, so the title is typed."""
    plan = owner.sheet(
        "setup/times/",
        {
            "Announced (UTC)": typed(now - timedelta(minutes=60)),
            "Opens (UTC)": typed(now - timedelta(minutes=45)),
        },
        title=TITLE,
    )
    assert "The challenge is draft now, and open after this." in plan


def twelve_teams_submit(site: Site, names: tuple[str, ...]) -> list[Contestant]:
    """Have each team send a file to each task; the later ones are better."""
    teams = [Contestant(site, SLUG, name) for name in names]
    for number, team in enumerate(teams):
        team.sign_in()
        for task in RAW:
            send(team, task, skill=0.3 + number / 25, seed=number)
    wait_until_scored(site)
    return teams


def send(team: Contestant, task: str, *, skill: float, seed: int) -> bytes:
    """Submit predictions of this skill; return the file."""
    raw = RAW[task]
    rows = team.test_rows(raw.name.removesuffix(".csv"))
    content = data.predictions(raw, rows, skill=skill, seed=seed)
    status, page = team.submit(task, content)
    assert status == 200, page
    return content


def wait_until_scored(site: Site) -> None:
    wait_for("all scores", lambda: site.query(SCORED) == [(0,)], 90)


def bad_files(site: Site, team: Contestant) -> None:
    """Send what cannot be scored: it is rejected with the reason, and costs no attempt."""
    status, page = team.submit("kinds", b"id,prediction\nnobody,unicorn\n", "bad.csv")
    assert status == 200, page
    wait_until_scored(site)


def cheat(owner: Owner, site: Site, teams: list[Contestant]) -> None:
    """Send one file as two teams: it is a case for organizers, who decide it with a note."""
    content = send(teams[4], "kinds", skill=0.7, seed=99)
    status, page = teams[5].submit("kinds", content)
    assert status == 200, page
    wait_until_scored(site)
    case = owner.page.get_by_role("link", name="Equal files")

    def is_found() -> bool:
        owner.go("integrity/")
        return bool(case.count())

    wait_for("the case", is_found, 60)
    case.click()
    expect(owner.page.get_by_role("rowheader", name="Ann05").first).to_be_visible()
    expect(owner.page.get_by_role("rowheader", name="Ann06").first).to_be_visible()
    owner.picture("case")
    owner.page.get_by_label("Warned").check()
    owner.fill({"Note": "They share a desk, and were asked to work apart."})
    owner.press("Save the decision")
    owner.said("Decided.")


def find_submissions(owner: Owner) -> None:
    """Filter the list, and take it away as CSV."""
    owner.go("submissions/?state=rejected")
    expect(owner.page.get_by_role("main")).to_contain_text("1 submission")
    with owner.page.expect_download() as download:
        owner.page.get_by_role("link", name="as CSV").click()
    assert download.value.path().read_text().count("\n") == 2


def act(owner: Owner, kind: str, row: str, name: str, values: Values) -> str:
    """Tick a row of a list, read what an act does with it, and do it; return what was read."""
    owner.go(f"{kind}/")
    owner.page.get_by_label(f"Tick {row}", exact=True).check()
    owner.page.get_by_label("With those ticked").select_option(label=name)
    owner.press("See what happens")
    plan = owner.page.get_by_role("main").inner_text()
    owner.fill(values)
    owner.press(name)
    owner.said("1 ")
    return plan


def pause_and_go_on(owner: Owner, team: Contestant) -> None:
    """Pause a task with a sentence that teams read, and let it go on."""
    sentence = "The labels are being checked."
    owner.sheet("setup/tasks/kinds/", {"Paused, because": sentence})
    status, page = team.submit("kinds", b"id,prediction\n")
    assert (status, sentence in page) == (422, True)
    owner.sheet("setup/tasks/kinds/", {"Paused, because": ""})


def extend(owner: Owner, now: datetime) -> None:
    """Move the close and what follows from it by a week."""
    later = now + timedelta(days=107)
    times = {"Closes (UTC)": typed(later), "Reveal (UTC)": typed(later + timedelta(days=2))}
    plan = owner.sheet("setup/times/", {**times})
    assert "teams are notified" in plan


def disqualify_and_undo(owner: Owner) -> None:
    """Disqualify a team, see which ranks that moves, and take it back."""
    plan = act(owner, "teams", "Ann12", "Disqualify", {"Reason": "Two accounts of one person."})
    assert "Boards" in plan
    owner.page.goto(f"/c/{SLUG}/tracks/classification/")
    expect(owner.page.get_by_role("main")).not_to_contain_text("Ann12")
    act(owner, "teams", "Ann12", "Reinstate", {"Reason": "They explained it."})
    owner.page.goto(f"/c/{SLUG}/tracks/classification/")
    expect(owner.page.get_by_role("main")).to_contain_text("Ann12")


def help_teams(owner: Owner) -> None:
    """Grant attempts to a team."""
    reason: Values = {"Reason": "Our server refused uploads at noon."}
    granted: Values = {"Task": "Offers", "Attempts": "2", **reason}
    act(owner, "teams", "Ann03", "Grant attempts for today", granted)


def run_baselines(owner: Owner) -> None:
    """Run a method on one task with two seeds, after reading what that queues."""
    owner.go("baselines/")
    for _, slug, title, _, _ in TASKS:
        box = owner.page.get_by_role("checkbox", name=title, exact=True)
        box.set_checked(slug == "kinds")
    values: Values = {"Baseline": "Linear (LQF head)", "Seeds": "1, 2"}
    owner.fill({"Time limit of a run, in seconds": "20", **values})
    owner.press("See what happens")
    assert "2 runs of at most 20 s" in owner.shown("#plan")
    owner.press("Queue 2 runs")
    owner.said("queued")


def withdraw_and_undo(owner: Owner, site: Site) -> None:
    """Look at a submission, withdraw it for its team, and put it back."""
    ((pk,),) = site.query(LATEST, "Ann02")
    owner.go(f"submissions/{pk}/")
    expect(owner.page.get_by_role("main")).to_contain_text("SHA-256")
    reason: Values = {"Reason": "The team asked us to."}
    act(owner, "submissions", str(pk), "Withdraw from the boards", reason)
    act(owner, "submissions", str(pk), "Put back on the boards", reason)


def answer(owner: Owner, team: Contestant) -> None:
    """Answer a question that a team asked in public."""
    page, title = f"/c/{SLUG}/questions/", "May we use other data?"
    status, said = team.send(page, f"{page}ask/", title=title, body="Such as a dictionary.")
    assert status == 200, said
    owner.page.goto(page)
    owner.follow(title)
    owner.fill({"Text": "Yes, if everybody can get it."})
    owner.press("Answer")
    expect(owner.page.get_by_text("Yes, if everybody can get it.").first).to_be_visible()


def look_at_the_overview(owner: Owner) -> None:
    """Read that all teams are active and that workers are alive."""
    owner.go()
    expect(owner.page.get_by_role("main")).to_contain_text("12 submitted this week")
    expect(owner.page.get_by_role("heading", name="Workers")).to_be_visible()


def announce(owner: Owner) -> None:
    """Announce something to all after reading it as they will, and something to some teams."""
    owner.sheet("announcements/new/", {"Title": "Half time", "Text": "**Six weeks** are left."})
    unchosen = "teams with a score and without a final selection"
    plan = owner.sheet(
        "announcements/new/",
        {"Title": "Choose", "Text": "Choose what counts.", "Teams": unchosen, "Track": "Matching"},
    )
    assert "12 teams" in plan


def talk(owner: Owner, team: Contestant) -> None:
    """Answer a private message of a team."""
    status, page = team.write("May we use a dictionary?")
    assert status == 200, page
    owner.go(f"teams/{team.name}/messages/")
    expect(owner.page.get_by_text("May we use a dictionary?")).to_be_visible()
    owner.fill({"Message": "You may."})
    owner.press("Send message")


def correct_labels(owner: Owner, team: Contestant) -> None:
    """Correct five labels of a task, read what that changes, and score everything again."""
    labels = RAW["kinds"].labels
    ids = [row["id"] for row in csv.DictReader(io.StringIO(team.test_rows("pets")))]
    rows = [f"{each},{'owl' if labels[each] != 'owl' else 'cat'}" for each in ids[:5]]
    rows += [f"{each},{labels[each]}" for each in ids[5:]]
    content = "\n".join(["id,label", *rows, ""]).encode()
    owner.go("tasks/kinds/labels/")
    file = {"name": "corrected.csv", "mimeType": "text/csv", "buffer": content}
    owner.page.set_input_files("input[type=file]", files=[file])  # type: ignore[list-item]
    owner.press("Compare")
    expect(owner.page.get_by_text(re.compile(r"5 of [\d,]+ labels change"))).to_be_visible()
    owner.go("tasks/kinds/labels/")
    owner.fill({"Reason": "Two people looked at the photos again."})
    owner.press("Add this solution")
    owner.said("solution")
    _rescore(owner, "Five labels were wrong.")


def _rescore(owner: Owner, note: str) -> None:
    """Score a task again by its newest solution, read what changes, and publish that."""
    owner.go("tasks/kinds/")
    owner.fill({"Solution": "pets 1 solution 2"})
    owner.press("Start")
    publish = owner.page.get_by_role("button", name="Publish", exact=True)
    expect(publish).to_be_visible(timeout=90_000)
    owner.fill({"Note to the teams": note, "Publish these changes to all boards now": True})
    owner.picture("rescore")
    publish.click()
    owner.said("Published.")
    owner.page.goto(f"/c/{SLUG}/")
    expect(owner.page.get_by_role("main")).to_contain_text(note)
