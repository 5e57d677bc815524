"""How boards are laid out on pages of every width, measured in a real browser."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import sync_playwright

from podium.challenges.models import Task
from podium.standings.models import Board, Revision
from podium.submissions.models import Score
from podium.teams.models import Team
from tests.site import factories
from tests.site.web.base.test_look import CSS
from tests.site.web.board.boards import address, enter

pytestmark = pytest.mark.browser

WIDTHS = (320, 390, 820, 1000, 1280)
NAMES = [
    "The Extraordinarily Long-Winded Association of Outliers",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk",
    "<b>Bold & Co.</b>",
    "Keen",
]
# Chromium as root needs --no-sandbox; the others keep it from calling home.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
BEYOND = """() => {
  const edge = document.querySelector("main").getBoundingClientRect().right;
  const wide = [...document.querySelectorAll("main *")].filter(
    (e) => !e.closest("svg, .hidden-text") && e.getBoundingClientRect().right > edge + 1);
  return [document.documentElement.scrollWidth - innerWidth > 0 ? "page" : "",
    ...wide.map((e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 30)}`)]
    .filter(Boolean);
}"""
ON_EACH_OTHER = """() => {
  const found = [];
  for (const row of document.querySelectorAll(".board tbody tr")) {
    const parts = [...row.querySelectorAll(".place, .rank small, .team a, .range svg, .score")]
      .filter((e) => e.getClientRects().length);
    for (const one of parts) for (const other of parts) {
      const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (one !== other && across > 1 && down > 1)
        found.push(`${one.textContent.trim()} on ${other.textContent.trim()}`);
    }
  }
  return found;
}"""


@pytest.fixture
def pages(client: Client, matching_task: Task) -> dict[str, str]:
    """The pages of a track with three tasks, long names and all that a study finds, as HTML."""
    challenge, track = matching_task.challenge, matching_task.track
    others = [factories.make_task(challenge, "matching", name) for name in ("second", "third")]
    tasks = [matching_task, *others]
    Task.objects.filter(pk=others[0].pk).update(title="Variants of one and the same product")
    for task in tasks:
        enter(task, "Trivial", 0.2, baseline="trivial")
        enter(task, "AutoGluon", 0.6, baseline="autogluon")
        for place in range(len(NAMES)):
            enter(task, f"t{place}", 0.9 - place / 10)
    for place, name in enumerate(NAMES):
        factories.relabel(Team.objects.filter(name=f"t{place}"), name=name)
    Score.objects.update(low=0.15, high=0.95)
    for board in Board.objects.all():
        _study(board)
    kinds = [challenge.slug, track.kind]
    return {
        url: client.get(url).content.decode()
        for url in (
            *(address(track), address(matching_task)),
            *(reverse("matrix", args=kinds), reverse("headroom", args=kinds)),
            f"{reverse('compare', args=[challenge.slug])}?a=t0&b=autogluon",
        )
    }


def _study(board: Board) -> None:
    subject: Any = board.task or board.track
    rows = {
        str(team.pk): {"rank_low": 28, "rank_high": 134, "elo": 1234, "mean_rank": 2.67}
        for team in subject.challenge.teams.filter(baseline="")
    }
    last = Revision.objects.filter(board=board, number=board.revision)
    last.update(study={"rows": rows, "brackets": []}, studied_at=timezone.now())


def test_nothing_is_wider_than_the_page_and_nothing_lies_on_anything(
    pages: dict[str, str],
) -> None:
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = browser.new_page()
        for url, html in pages.items():
            page.set_content(html.replace("</head>", f"<style>{CSS}</style></head>"))
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                faults = page.evaluate(BEYOND) + page.evaluate(ON_EACH_OTHER)
                found += [f"{url} at {width}: {fault}" for fault in faults]
        browser.close()
    assert not found, "\n".join(found)
