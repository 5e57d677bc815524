"""What goes wrong in the middle of an event, and how organizers put it right."""

from playwright.sync_api import expect

from tests.live.event.committee import Owner, Values
from tests.live.event.conftest import start_workers
from tests.live.event.people import Contestant
from tests.live.event.records import notified
from tests.live.event.running import act, send, wait_until_scored
from tests.live.event.setting_up import SLUG
from tools.scratch_site import Site, kill_group, wait_for

SOLUTION = """
    SELECT s.file FROM catalog_solution s
    JOIN challenges_task t ON t.solution_id = s.id WHERE t.slug = ?
"""
FAILED = "SELECT count(*) FROM submissions_submission WHERE state = 'failed'"


def retry_what_failed(owner: Owner, site: Site, team: Contestant) -> None:
    """Find that no worker is alive; score with new ones what failed because a file was missing."""
    kill_group(site.workers[-1])
    owner.go()
    expect(owner.page.get_by_role("main")).to_contain_text("No scoring worker is alive")
    ((name,),) = site.query(SOLUTION, "offers")
    solution = site.var / "files" / "private" / str(name)
    away = solution.rename(solution.with_name("away"))
    send(team, "offers", skill=0.5, seed=107)
    start_workers(site)
    wait_for("the failure", lambda: site.query(FAILED) == [(1,)], 60)
    away.rename(solution)
    owner.go()
    owner.press("Retry all failures")
    owner.press("Score again what failed")
    owner.said("1 submission")
    wait_until_scored(site)
    assert site.query(FAILED) == [(0,)]


def merge_teams_and_move_a_member(owner: Owner, site: Site) -> None:
    """Make two teams one, after reading what that means, and then move one person on."""
    reason: Values = {"Reason": "They entered twice by mistake."}
    owner.go("teams/")
    owner.page.get_by_label("Tick Ann10", exact=True).check()
    owner.page.get_by_label("With those ticked").select_option(label="Merge into another team")
    owner.press("See what happens")
    owner.fill({"Into": "Ann09"})
    owner.press("See what happens")
    expect(owner.page.get_by_role("main")).to_contain_text("cannot be undone")
    owner.fill(reason)
    owner.press("Merge into another team")
    owner.said("1 team merged into another team")
    merged = "ann10@example.org"
    wait_for("the notice of the merge", lambda: notified(site, "standing")[merged] == 1)
    moved: Values = {"Member": "Ann10 in Ann09", **reason}
    act(owner, "teams", "Ann08", "Move a member into it", moved)
    owner.page.goto(f"/c/{SLUG}/tracks/classification/")
    expect(owner.page.get_by_role("main")).not_to_contain_text("Ann10")
