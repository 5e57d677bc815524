"""Sign-in by an OpenID Connect provider, against a real one on this machine."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from podium.accounts.models import User
from podium.teams.deleting import delete_account
from tests.site.accounts.oidc import CLIENT, SECRET, Provider, running

AsUser = Callable[[User | None], Client]
PASSWORD = "long enough for a test"
ADA = {"sub": "17", "email": "Ada@example.org", "email_verified": True, "name": "Ada Byron"}
CALLBACK = "/accounts/oidc/sso/login/callback/"


@pytest.fixture
def provider(db: None, settings: Settings) -> Iterator[Provider]:
    cache.clear()  # where failed sign-ins are counted
    with running() as found:
        settings.OIDC_URL, settings.OIDC_NAME = found.address, "Lab login"
        app = {
            "provider_id": "sso",
            "name": "Lab login",
            "client_id": CLIENT,
            "secret": SECRET,
            "settings": {"server_url": found.address},
        }
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
        }
        found.person = dict(ADA)
        yield found


def _to_provider(client: Client, process: str = "login") -> str:
    """Return where the browser is sent after the button was pressed."""
    answer = client.post(f"/accounts/oidc/sso/login/?process={process}")
    assert answer.status_code == 200, answer
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.content.decode())
    assert found
    return unescape(found[1])


def _back(address: str) -> str:
    """Return the address on this site to which the provider sends the browser back."""
    answer = requests.get(address, allow_redirects=False, timeout=5)
    assert answer.headers["Location"].startswith(f"http://testserver{CALLBACK}")
    return answer.headers["Location"].removeprefix("http://testserver")


def _sign_in(client: Client, process: str = "login") -> Any:
    return client.get(_back(_to_provider(client, process)))


def _user(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_a_new_person_gets_an_account_with_name_and_confirmed_address(provider: Provider) -> None:
    client = Client()
    assert "Sign in by Lab login" in client.get("/accounts/login/").content.decode()
    assert _sign_in(client).headers["Location"] == "/"
    user = User.objects.get()
    assert _user(client) == str(user.pk)
    assert (user.name, user.email, user.has_usable_password()) == (
        "Ada Byron",
        "ada@example.org",
        False,
    )
    assert EmailAddress.objects.get().verified
    html = client.get("/account/").content.decode()
    assert "Lab login" in html
    assert "Set one" in html


def test_the_same_person_comes_back_to_the_same_account(provider: Provider) -> None:
    _sign_in(Client())
    provider.person["email"] = "new-address@example.org"
    client = Client()
    _sign_in(client)
    assert _user(client) == str(User.objects.get().pk)


def test_a_verified_address_enters_the_account_that_has_it(provider: Provider) -> None:
    user = User.objects.create_user("ada@example.org", PASSWORD, name="Ada")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client = Client()
    _sign_in(client)
    assert _user(client) == str(user.pk)
    assert SocialAccount.objects.get().user == user
    user.refresh_from_db()
    assert user.name == "Ada"


@pytest.mark.parametrize("is_verified", [False, None])
def test_an_address_that_is_not_verified_enters_nobodys_account(
    provider: Provider, is_verified: bool | None, mailoutbox: list[EmailMessage]
) -> None:
    user = User.objects.create_user("ada@example.org", PASSWORD, name="Ada")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    provider.person["email_verified"] = is_verified
    if is_verified is None:
        del provider.person["email_verified"]
    client = Client()
    _sign_in(client)
    assert _user(client) is None
    assert not SocialAccount.objects.exists()
    assert User.objects.get() == user


@pytest.mark.parametrize("name", [None, "", "…", "a\nb"])
def test_who_comes_without_a_name_is_asked_for_it(provider: Provider, name: str | None) -> None:
    provider.person["name"] = name
    client = Client()
    assert _sign_in(client).headers["Location"] == "/accounts/3rdparty/signup/"
    page = client.get("/accounts/3rdparty/signup/").content.decode()
    assert "Create your account" in page
    form = {"email": "ada@example.org", "name": "Ada"}
    client.post("/accounts/3rdparty/signup/", form)
    assert User.objects.get().name == "Ada"
    assert _user(client)


def test_an_address_of_another_domain_gets_no_account(
    provider: Provider, settings: Settings
) -> None:
    settings.EMAIL_DOMAINS = ["lab.example"]
    client = Client()
    assert _sign_in(client).headers["Location"] == "/accounts/3rdparty/signup/"
    form = {"email": "ada@example.org", "name": "Ada"}
    answer = client.post("/accounts/3rdparty/signup/", form).content.decode()
    assert "an address that ends in @lab.example." in answer
    assert not User.objects.exists()


def test_an_address_of_a_refused_domain_gets_no_account(
    provider: Provider, settings: Settings
) -> None:
    settings.REFUSED_EMAIL_DOMAINS = frozenset({"example.org"})
    client = Client()
    assert _sign_in(client).headers["Location"] == "/accounts/3rdparty/signup/"
    form = {"email": "ada@example.org", "name": "Ada"}
    answer = client.post("/accounts/3rdparty/signup/", form).content.decode()
    assert "Addresses at example.org are not accepted here" in answer
    assert not User.objects.exists()


def test_who_changes_their_mind_there_is_not_signed_in(provider: Provider) -> None:
    client = Client()
    state = re.search(r"state=([^&]+)", _to_provider(client))
    assert state
    answer = client.get(f"{CALLBACK}?error=access_denied&state={state[1]}", follow=True)
    assert "You are not signed in" in answer.content.decode()
    assert _user(client) is None


def test_an_answer_that_nobody_asked_for_signs_nobody_in(provider: Provider) -> None:
    answered = _back(_to_provider(Client()))
    other = Client()
    assert "did not work" in other.get(answered).content.decode()
    assert _user(other) is None


def test_a_token_for_another_site_signs_nobody_in(provider: Provider) -> None:
    provider.audience = "another site"
    client = Client()
    assert "did not work" in _sign_in(client).content.decode()
    assert _user(client) is None


def test_a_code_works_once(provider: Provider) -> None:
    client = Client()
    answered = _back(_to_provider(client))
    client.get(answered)
    again = Client()
    again.cookies = client.cookies
    assert "did not work" in again.get(answered).content.decode()


def test_a_provider_that_is_away_is_said_to_be(provider: Provider, settings: Settings) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"] = {"server_url": "http://127.0.0.1:9"}
    answer = Client().post("/accounts/oidc/sso/login/?process=login")
    assert answer.status_code == 503
    assert "Nothing has changed here." in answer.content.decode()


def test_another_provider_is_not_found(provider: Provider) -> None:
    assert Client().post("/accounts/oidc/other/login/").status_code == 404


def test_a_link_elsewhere_begins_no_sign_in(provider: Provider) -> None:
    page = Client().get("/accounts/oidc/sso/login/?process=login").content.decode()
    assert "Continue" in page
    assert "http-equiv" not in page


def test_the_second_step_is_asked_for_here_too(provider: Provider) -> None:
    _sign_in(Client())
    TOTP.activate(User.objects.get(), generate_totp_secret())
    client = Client()
    assert _sign_in(client).headers["Location"] == "/accounts/2fa/authenticate/"
    assert _user(client) is None


def test_an_account_is_connected_and_disconnected_after_its_owner_confirmed(
    provider: Provider, mailoutbox: list[EmailMessage]
) -> None:
    provider.person["email"] = "work@example.org"
    user = User.objects.create_user("ada@example.org", PASSWORD, name="Ada")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert "Connect Lab login" in client.get("/accounts/3rdparty/").content.decode()
    answer = _sign_in(client, "connect")
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not SocialAccount.objects.exists()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    _sign_in(client, "connect")
    account = SocialAccount.objects.get()
    assert account.user == user
    assert "can sign in by" in str(mailoutbox[-1].body)
    client.post("/accounts/3rdparty/", {"account": account.pk})
    assert not SocialAccount.objects.exists()


def test_who_has_no_password_keeps_the_only_way_to_sign_in(provider: Provider) -> None:
    client = Client()
    _sign_in(client)
    account = SocialAccount.objects.get()
    page = client.post("/accounts/3rdparty/", {"account": account.pk}).content.decode()
    assert "no password" in page
    assert SocialAccount.objects.exists()


def test_a_deleted_account_is_not_entered_again(provider: Provider) -> None:
    _sign_in(Client())
    first = User.objects.get()
    delete_account(by=first)
    client = Client()
    _sign_in(client)
    assert _user(client) not in {None, str(first.pk)}


# Without passwords -----------------------------------------------------------------------------


@pytest.fixture
def without_passwords(provider: Provider, settings: Settings) -> User:
    settings.PASSWORD_SIGN_IN = False
    user = User.objects.create_user("ada@example.org", PASSWORD, name="Ada", is_staff=True)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def test_no_password_opens_where_they_are_switched_off(without_passwords: User) -> None:
    client = Client()
    page = client.get("/accounts/login/").content.decode()
    assert 'type="password"' not in page
    assert "Create one" not in page
    form = {"login": without_passwords.email, "password": PASSWORD}
    answer = client.post("/accounts/login/", form).content.decode()
    assert "Passwords are switched off here. Sign in by Lab login." in answer
    assert client.get("/admin/login/").headers["Location"].startswith("/accounts/login/")
    assert client.post("/admin/login/", {**form, "username": form["login"]}).status_code == 302
    assert _user(client) is None


def test_no_account_and_no_reset_by_a_password_either(
    without_passwords: User, mailoutbox: list[EmailMessage]
) -> None:
    form = {"email": "new@example.org", "password1": PASSWORD, "name": "New"}
    assert "New accounts are not open" in Client().post("/accounts/signup/", form).content.decode()
    asked = {"email": without_passwords.email}
    reset = Client().post("/accounts/password/reset/", asked).content.decode()
    assert "Passwords are switched off here." in reset
    assert not mailoutbox
    assert User.objects.count() == 1


def test_single_sign_on_goes_on_and_makes_accounts(
    without_passwords: User, provider: Provider
) -> None:
    client = Client()
    _sign_in(client)
    assert _user(client) == str(without_passwords.pk)
    provider.person = {"sub": "18", "email": "b@example.org", "email_verified": True, "name": "B"}
    _sign_in(Client())
    assert User.objects.count() == 2
