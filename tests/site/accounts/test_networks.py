"""How many accounts a network may create on one day."""

from datetime import UTC, datetime

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client, RequestFactory
from pytest_django import Settings

from podium import shared_cache
from podium.accounts.models import User
from podium.accounts.networks import network_of

REFUSED = "Too many accounts were created from your network today."
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOME, NEIGHBOUR, ELSEWHERE = "203.0.113.7", "203.0.113.200", "203.0.114.7"


@pytest.fixture(autouse=True)
def _two_a_day(db: None, settings: Settings) -> None:
    settings.SIGNUPS_PER_NETWORK = 2
    settings.ACCOUNT_RATE_LIMITS = False


def sign_up(name: str, address: str = HOME, **changes: str) -> str:
    form = {"email": f"{name}@example.org", "password1": "long enough for a test", "name": name}
    answer = Client(REMOTE_ADDR=address).post("/accounts/signup/", {**form, **changes})
    return answer.content.decode()


def test_one_network_creates_no_more_accounts_than_the_limit() -> None:
    with time_machine.travel(NOON):
        pages = [sign_up(f"n{n}", address) for n, address in enumerate([HOME, NEIGHBOUR] * 2)]
    assert [REFUSED in page for page in pages] == [False, False, True, True]
    assert "Try again after 24 November 2026, 00:00 UTC, or ask the organizers" in pages[-1]
    assert User.objects.count() == 2


def test_another_network_and_the_next_day_have_limits_of_their_own() -> None:
    with time_machine.travel(NOON) as clock:
        for n in range(3):
            sign_up(f"n{n}")
        assert REFUSED not in sign_up("elsewhere", ELSEWHERE)
        clock.move_to(datetime(2026, 11, 24, 0, 1, tzinfo=UTC))
        assert REFUSED not in sign_up("tomorrow")
    assert User.objects.count() == 4


def test_a_form_with_an_error_and_one_sent_twice_do_not_count() -> None:
    for _ in range(3):
        sign_up("short", password1="x")
        sign_up("first")
    assert REFUSED not in sign_up("second")


def test_the_limit_does_not_reveal_which_addresses_have_accounts(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    for known in ("old0", "old1"):
        user = User.objects.create_user(f"{known}@example.org", name="Old")
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        sign_up(known)
    assert REFUSED in sign_up("new")


def test_those_who_were_refused_do_not_fill_a_raised_limit(settings: Settings) -> None:
    for n in range(6):
        sign_up(f"n{n}")
    settings.SIGNUPS_PER_NETWORK = 4
    assert [REFUSED in sign_up(f"m{n}") for n in range(3)] == [False, False, True]


def test_0_is_no_limit(settings: Settings) -> None:
    settings.SIGNUPS_PER_NETWORK = 0
    assert [REFUSED in sign_up(f"n{n}") for n in range(4)] == [False] * 4


def test_without_redis_a_process_grants_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_cache._Redis, "is_away", True)
    assert [REFUSED in sign_up(f"n{n}") for n in range(2)] == [False, True]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.7", "203.0.113.255", True),
        ("203.0.113.7", "203.0.112.7", False),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::1", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("::ffff:203.0.113.7", "203.0.113.9", True),
        ("nonsense", "203.0.113.9", False),
    ],
)
def test_a_network_is_a_24_of_ipv4_or_a_48_of_ipv6(one: str, other: str, is_same: bool) -> None:
    names = {network_of(RequestFactory(REMOTE_ADDR=at).get("/")) for at in (one, other)}
    assert (len(names) == 1) == is_same


def test_behind_a_proxy_only_what_the_proxy_saw_counts(settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    at = [
        RequestFactory(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=f"{forged}, {HOME}").get("/")
        for forged in ("198.51.100.1", "192.0.2.1")
    ]
    assert network_of(at[0]) == network_of(at[1])
    assert network_of(at[0]) == network_of(RequestFactory(REMOTE_ADDR=HOME).get("/"))


def test_no_address_is_stored() -> None:
    sign_up("first")
    keys = repr(list(cache._cache))  # type: ignore[attr-defined]
    assert "crowd:sign-up" in keys
    assert "203.0" not in keys
    assert "first@" not in keys
