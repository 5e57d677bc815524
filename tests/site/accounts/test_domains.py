"""Which e-mail addresses may have an account."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from podium.accounts.models import User

REFUSED = "Accounts here need an address that ends in @example.org or @example.com."


@pytest.fixture(autouse=True)
def _domains(settings: Settings) -> None:
    cache.clear()  # where sign-ups of one address are counted
    settings.EMAIL_DOMAINS = ["example.org", "example.com"]


def _sign_up(email: str) -> str:
    form = {"email": email, "password1": "long enough for a test", "name": "Ada"}
    return Client().post("/accounts/signup/", form).content.decode()


@pytest.mark.parametrize("email", ["ada@example.org", "Ada@EXAMPLE.COM"])
def test_an_address_of_a_named_domain_gets_an_account(db: None, email: str) -> None:
    assert REFUSED not in _sign_up(email)
    assert User.objects.get().email == email.lower()


@pytest.mark.parametrize(
    "email", ["ada@evil.example", "ada@sub.example.org", "ada@notexample.org", "a@example.org.evil"]
)
def test_any_other_address_is_refused_with_what_to_do(db: None, email: str) -> None:
    assert REFUSED in _sign_up(email)
    assert not User.objects.exists()


def test_without_domains_every_address_is_taken(db: None, settings: Settings) -> None:
    settings.EMAIL_DOMAINS = []
    _sign_up("ada@anywhere.example")
    assert User.objects.exists()


def test_an_account_gets_no_address_of_another_domain(
    alice: User, as_user: Callable[[User | None], Client]
) -> None:
    client = as_user(alice)
    for email, is_taken in (("a@evil.example", False), ("a@example.com", True)):
        answer = client.post("/accounts/email/", {"email": email, "action_add": ""})
        assert (REFUSED in answer.content.decode()) != is_taken
        assert EmailAddress.objects.filter(email=email).exists() == is_taken


def test_who_has_an_account_of_another_domain_still_signs_in_and_resets_the_password(
    db: None, mailoutbox: list[EmailMessage]
) -> None:
    old = User.objects.create_user("old@elsewhere.example", "long enough for a test", name="Old")
    form = {"login": old.email, "password": "long enough for a test"}
    assert Client().post("/accounts/login/", form).status_code == 302
    Client().post("/accounts/password/reset/", {"email": old.email})
    assert [mail.to for mail in mailoutbox] == [[old.email]]
    assert "/accounts/password/reset/key/" in str(mailoutbox[0].body)


THROWN_AWAY = "Addresses at thrown.example are not accepted here"


@pytest.fixture
def _refused(settings: Settings) -> None:
    settings.EMAIL_DOMAINS = []
    settings.REFUSED_EMAIL_DOMAINS = frozenset({"thrown.example"})


@pytest.mark.usefixtures("_refused")
@pytest.mark.parametrize(
    "email",
    ["a@thrown.example", "a@THROWN.example", "a@mail.thrown.example", "a@x.y.thrown.example"],
)
def test_a_refused_domain_and_its_subdomains_get_no_account(db: None, email: str) -> None:
    page = _sign_up(email)
    assert THROWN_AWAY in page
    assert "Use the address of your organization" in page
    assert not User.objects.exists()


@pytest.mark.usefixtures("_refused")
@pytest.mark.parametrize("email", ["a@notthrown.example", "a@example", "thrown.example@b.example"])
def test_a_domain_that_only_looks_like_a_refused_one_is_taken(db: None, email: str) -> None:
    assert THROWN_AWAY not in _sign_up(email)


def test_a_refused_subdomain_of_a_named_domain_is_refused(db: None, settings: Settings) -> None:
    settings.EMAIL_DOMAINS = ["mail.thrown.example"]
    settings.REFUSED_EMAIL_DOMAINS = frozenset({"thrown.example"})
    assert THROWN_AWAY in _sign_up("a@mail.thrown.example")


@pytest.mark.usefixtures("_refused")
def test_an_account_gets_no_address_of_a_refused_domain(
    alice: User, as_user: Callable[[User | None], Client]
) -> None:
    form = {"email": "a@mail.thrown.example", "action_add": ""}
    assert THROWN_AWAY in as_user(alice).post("/accounts/email/", form).content.decode()
    assert not EmailAddress.objects.filter(email=form["email"]).exists()
