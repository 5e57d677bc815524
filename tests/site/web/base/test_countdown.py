"""The pages of a challenge count down to what comes next."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.web.base.presenters import countdown, countdown_facts
from podium.web.base.templatetags.podium import ago, instant

AsUser = Callable[[User | None], Client]


def _plain(text: str) -> str:
    """Return a text with ~ for a space as wide as a digit, and other spaces as plain ones."""
    return text.replace("\u2007", "~").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ({"days": 3, "hours": 4, "minutes": 12, "seconds": 59}, "in 3 d ~4 h 12 min"),
        ({"days": 120, "hours": 14}, "in 120 d 14 h ~0 min"),
        ({"hours": 4, "minutes": 2, "seconds": 7}, "in 4 h ~2 min ~7 s"),
        ({"minutes": 12, "seconds": 5}, "in 12 min ~5 s"),
        ({"seconds": 5}, "in 5 s"),
        ({"seconds": 0.5}, "now"),
        ({"seconds": 0}, "now"),
        ({"days": -1, "seconds": -5}, "now"),
    ],
)
def test_how_long_it_is_keeps_its_width(left: dict[str, Any], words: str) -> None:
    now = timezone.now()
    assert _plain(countdown(now + timedelta(**left), now)) == words


@pytest.mark.parametrize(
    ("away", "words"),
    [
        ({"days": 3, "hours": 2}, "in 3 days"),
        ({"hours": 5, "minutes": 1}, "in 5 hours"),
        ({"seconds": 30}, "just now"),
        ({"seconds": -30}, "just now"),
        ({"days": -3, "hours": -2}, "3 days ago"),
    ],
)
def test_a_time_is_said_before_and_after_it(away: dict[str, Any], words: str) -> None:
    assert ago(timezone.now() + timedelta(**away)).replace("\xa0", " ") == words


def _times(challenge: Challenge, **days: float) -> Challenge:
    now = timezone.now()
    for name, count in days.items():
        setattr(challenge, f"{name}_at", now + timedelta(days=count, minutes=1))
    challenge.save()
    return challenge


@pytest.mark.parametrize(
    ("days", "facts"),
    [
        ((2, 4, 6, 8), ["Opens"]),
        ((-2, 4, 6, 8), ["Team freeze", "Closes"]),
        ((-2, 6, 6, 8), ["Closes"]),
        ((-2, -1, 6, 8), ["Closes"]),
        ((-6, -4, -2, 8), ["Reveal"]),
    ],
)
def test_what_comes_next_is_counted_down_to(
    challenge: Challenge, days: tuple[float, ...], facts: list[str]
) -> None:
    names = ("opens", "team_freeze", "closes", "reveal")
    found = countdown_facts(_times(challenge, **dict(zip(names, days, strict=True))))
    assert [fact["label"] for fact in found] == facts
    assert all(fact["is_counted"] and fact["at"] > timezone.now() for fact in found)


def test_challenge_and_task_count_down_by_the_server_s_clock(
    matching_task: Task, as_user: AsUser
) -> None:
    _times(matching_task.challenge, team_freeze=3, closes=9.5, reveal=12)
    for page in (matching_task.challenge.get_absolute_url(), matching_task.get_absolute_url()):
        html = as_user(None).get(page).content.decode()
        counted = re.findall(
            r'<span role="timer" aria-live="off" data-until="([^"]+)" data-now="([^"]+)">([^<]+)<',
            html,
        )
        assert [_plain(text) for _, _, text in counted][:2] == [
            "in 3 d ~0 h ~0 min",
            "in 9 d 12 h ~0 min",
        ]
        assert counted[0][0] == instant(matching_task.challenge.team_freeze_at)
        assert counted[0][1].startswith(f"{timezone.now():%Y-%m-%dT%H:}")
        assert "podium/countdown.js" in html


def test_pages_that_are_kept_for_many_readers_do_not_count(
    matching_task: Task, as_user: AsUser
) -> None:
    boards = as_user(None).get(matching_task.get_absolute_url() + "board/").content.decode()
    assert "data-until" not in boards
    assert "data-until" not in as_user(None).get("/").content.decode()


def test_the_timeline_tells_of_every_date_how_far_it_is(
    challenge: Challenge, as_user: AsUser
) -> None:
    _times(challenge, opens=-2.5, team_freeze=4, closes=6.5, reveal=8.5)
    html = as_user(None).get(challenge.get_absolute_url()).content.decode()
    dates = html.split('<ol class="dates">')[1].split("</ol>")[0]
    told = re.findall(r"<br>(?:<b><span[^>]*>)?([^<.]+)", _plain(dates))
    assert told == ["2 days ago", "in 4 d ~0 h ~0 min", "in 6 days", "in 1 week"]
    assert "Submissions are taken from here on" not in dates, "what is over is shown by its time"
    assert "Private scores stay hidden until then." in dates


def test_times_for_machines_are_told_to_the_second() -> None:
    at = datetime(2026, 3, 1, 12, 30, 59, 777123, tzinfo=timezone.get_fixed_timezone(60))
    assert instant(at) == "2026-03-01T11:30:59+00:00"


def test_a_reveal_that_is_due_is_not_counted_down_to(challenge: Challenge) -> None:
    found = _times(challenge, opens=-8, team_freeze=-6, closes=-4, reveal=-2)
    (fact,) = countdown_facts(found)
    assert (fact["label"], fact["value"], fact["is_counted"]) == ("Reveal", "soon", False)
    found.revealed_at = found.reveal_at
    assert countdown_facts(found) == []
