"""Times are said in the zone that a person chose, and in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.accounts.people import choose_time_zone
from podium.accounts.zones import in_words, known, offered, zone_of
from podium.audit.models import Event
from podium.challenges.models import Challenge

AsUser = Callable[[User | None], Client]
AT = datetime(2027, 1, 31, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("", "31 January 2027, 12:05 UTC"),
        ("UTC", "31 January 2027, 12:05 UTC"),
        ("Etc/UTC", "31 January 2027, 12:05 UTC"),
        ("Europe/Berlin", "31 January 2027, 13:05 CET (12:05 UTC)"),
        ("Europe/London", "31 January 2027, 12:05 GMT (12:05 UTC)"),
        ("Asia/Kathmandu", "31 January 2027, 17:50 UTC+05:45 (12:05 UTC)"),
        ("America/Sao_Paulo", "31 January 2027, 09:05 UTC-03:00 (12:05 UTC)"),
        ("Pacific/Auckland", "1 February 2027, 01:05 NZDT (31 January 2027, 12:05 UTC)"),
        ("Atlantis/Centre", "31 January 2027, 12:05 UTC"),
    ],
)
def test_a_time_is_said_in_the_zone_and_in_utc(zone: str, words: str) -> None:
    assert in_words(AT, zone) == words
    assert in_words(AT.astimezone(zone_of("Asia/Tokyo")), zone) == words


def test_summer_time_counts() -> None:
    summer = datetime(2027, 7, 1, 12, 5, tzinfo=UTC)
    assert in_words(summer, "Europe/Berlin") == "1 July 2027, 14:05 CEST (12:05 UTC)"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "nowhere", "a\0b", "Europe"])
def test_what_is_no_zone_is_utc(name: str) -> None:
    assert zone_of(name) is UTC


def test_all_that_is_offered_is_known() -> None:
    assert set(offered()) <= known()
    assert {"Europe/Berlin", "America/New_York", "UTC"} <= set(offered())
    assert "posixrules" not in offered()


def test_a_zone_is_chosen_recorded_and_given_back(bob: User, as_user: AsUser) -> None:
    answer = as_user(bob).post("/account/zone/", {"zone": "Asia/Tokyo"}, follow=True)
    page = answer.content.decode()
    assert "Your time zone is saved. It is " in page
    assert " JST (" in page
    assert '<html lang="en" data-zone="Asia/Tokyo">' in page
    assert '<option value="Asia/Tokyo" selected>' in page
    as_user(bob).post("/account/zone/", {"zone": "Asia/Tokyo"})
    assert Event.objects.get(verb="chose time zone").facts == {}
    page = as_user(bob).post("/account/zone/", {"zone": ""}, follow=True).content.decode()
    assert "in your browser&#x27;s time zone" in page
    assert "data-zone" not in page
    bob.refresh_from_db()
    assert bob.time_zone == ""


@pytest.mark.parametrize("name", ["Mars/Base", "../UTC", "x" * 500, "europe/berlin", "a\0"])
def test_what_is_no_zone_is_refused(bob: User, as_user: AsUser, name: str) -> None:
    answer = as_user(bob).post("/account/zone/", {"zone": name})
    assert answer.status_code == 422
    assert "Choose a time zone from the list." in answer.content.decode()
    with pytest.raises(ValidationError, match="is not a time zone"):
        choose_time_zone(by=bob, name=name)
    bob.refresh_from_db()
    assert bob.time_zone == ""


def test_a_zone_that_is_not_offered_any_more_stays_chosen(bob: User, as_user: AsUser) -> None:
    choose_time_zone(by=bob, name="Etc/GMT+5")
    page = as_user(bob).get("/account/").content.decode()
    assert '<option value="Etc/GMT+5" selected>' in page
    assert as_user(bob).post("/account/zone/", {"zone": "Etc/GMT+5"}).status_code == 302


def test_a_chosen_zone_that_is_known_no_more_is_asked_for_anew(bob: User, as_user: AsUser) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Mars/Base")
    page = as_user(bob).get("/account/")
    assert page.status_code == 200
    assert "Mars/Base</option>" not in page.content.decode()
    assert as_user(bob).post("/account/zone/", {"zone": "Mars/Base"}).status_code == 422
    assert as_user(bob).post("/account/zone/", {"zone": ""}).status_code == 302


def test_pages_say_deadlines_in_it_and_everybody_else_reads_utc(
    challenge: Challenge, bob: User, charlie: User, as_user: AsUser
) -> None:
    closes = timezone.now() + timedelta(days=20)
    Challenge.objects.update(
        team_freeze_at=closes, closes_at=closes, reveal_at=closes + timedelta(days=1)
    )
    choose_time_zone(by=bob, name="Asia/Tokyo")
    mine = as_user(bob).get("/c/cup/").content.decode()
    assert f'data-zoned title="{in_words(closes)}, in ' in mine
    assert f'data-show="deadline">{in_words(closes, "Asia/Tokyo")}</time>' in mine
    for reader in (None, charlie):
        theirs = as_user(reader).get("/c/cup/").content.decode()
        assert f'data-show="deadline">{in_words(closes)}</time>' in theirs
        assert "data-zoned" not in theirs
