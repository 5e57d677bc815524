"""A committee runs a whole event in the console: no shell, no page of the admin, no superuser."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from tests.live.browser.pages import sign_in, visitor
from tests.live.event import closing, data, mending, records, running, setting_up
from tests.live.event.committee import Owner
from tests.live.event.people import Contestant
from tests.live.event.world import TEAMS
from tools.scratch_site import Site

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.slow]

MOST_FIELDS = 40


def test_a_committee_runs_an_event_from_the_first_idea_to_the_archive(
    browser: Browser, site: Site, second_site: Site, tmp_path: Path
) -> None:
    with visitor(browser, site.url) as page:
        addresses: list[str] = []
        page.on("framenavigated", lambda frame: addresses.append(frame.url))
        sign_in(page, "Olga")
        owner = Owner(page)
        _set_up(owner, site)
        teams = _run(owner, site)
        archive = _close_and_keep(owner, site, teams[11], tmp_path)
        assert not [address for address in addresses if "/admin/" in address]
    with visitor(browser, second_site.url) as page:
        sign_in(page, "Sam")
        boards = closing.import_it(page, second_site, archive)
    assert boards == closing.boards_of(site)


def _set_up(owner: Owner, site: Site) -> None:
    setting_up.import_data(owner, data.pets(), "table", {"Id": "id"})
    setting_up.import_data(owner, data.offers(), "magellan", {"Id": "pair_id"})
    setting_up.share_editing(owner, Contestant(site, setting_up.SLUG, "oscar"))
    before = owner.fields
    setting_up.make_the_challenge(owner, timezone.now())
    assert owner.fields - before <= MOST_FIELDS
    setting_up.offer_prizes(owner)
    setting_up.name_organizers(owner)
    setting_up.admit_people(owner)
    setting_up.rehearse(owner)
    setting_up.look_as_a_visitor(owner)
    setting_up.look_whether_it_is_ready(owner)
    setting_up.read_the_rehearsal(owner)


def _run(owner: Owner, site: Site) -> list[Contestant]:
    running.open_it(owner, timezone.now())
    teams = running.twelve_teams_submit(site, TEAMS)
    running.bad_files(site, teams[0])
    running.run_baselines(owner)
    running.look_at_the_overview(owner)
    running.find_submissions(owner)
    running.cheat(owner, site, teams)
    running.announce(owner)
    running.talk(owner, teams[2])
    running.answer(owner, teams[3])
    running.pause_and_go_on(owner, teams[0])
    running.correct_labels(owner, teams[0])
    running.extend(owner, timezone.now())
    running.help_teams(owner)
    mending.retry_what_failed(owner, site, teams[6])
    mending.merge_teams_and_move_a_member(owner, site)
    running.withdraw_and_undo(owner, site)
    running.disqualify_and_undo(owner)
    records.each_person_has_one_notice_of_each_act(site)
    return teams


def _close_and_keep(owner: Owner, site: Site, best: Contestant, folder: Path) -> Path:
    closing.wait_for_baselines(site)
    closing.freeze(owner, timezone.now())
    closing.close_and_reveal(owner, timezone.now())
    closing.wait_for_studies(site)
    closing.publish_winners(owner)
    closing.offer_certificates(best)
    closing.hide_a_writeup_and_show_it(owner, best)
    closing.keep_consent(owner)
    archive = closing.archive(owner, folder)
    closing.begin_the_next_one(owner, timezone.now())
    records.each_act_has_its_event(site)
    return archive
