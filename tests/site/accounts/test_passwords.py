"""A new password ends the ways in that others may have: sessions and API tokens."""

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from podium.accounts import tokens
from podium.accounts.models import ApiToken, User
from podium.audit.models import Event
from podium.refusals import Refused

AsUser = Callable[[User | None], Client]
OLD, NEW = "long enough for a test", "another long one"
CHANGE = "/accounts/password/change/"
FORM = {"oldpassword": OLD, "password1": NEW, "password2": NEW}


@pytest.fixture(autouse=True)
def _uncounted() -> None:
    cache.clear()


@pytest.fixture
def ada(db: None) -> User:
    user = User.objects.create_user("ada@example.org", OLD, name="Ada")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def stolen(ada: User) -> str:
    """A token that somebody else has."""
    return tokens.make(user=ada, name="stolen", scopes=["read"])[1]


def _status(token: str) -> int:
    return Client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_change_of_the_password_revokes_all_tokens(
    ada: User, stolen: str, alice: User, as_user: AsUser
) -> None:
    second = tokens.make(user=ada, name="second", scopes=["read"])[1]
    others = tokens.make(user=alice, name="hers", scopes=["read"])[1]
    assert _status(stolen) == 200
    assert as_user(ada).post(CHANGE, FORM).status_code == 302
    assert [_status(token) for token in (stolen, second, others)] == [401, 401, 200]
    with pytest.raises(Refused) as refused:
        tokens.by_text(stolen)
    assert refused.value.code == "token_revoked"
    events = Event.objects.filter(verb="revoked API token")
    assert sorted(events.values_list("subject", flat=True)) == sorted(
        f"apitoken:{token.pk}" for token in ApiToken.objects.filter(user=ada)
    )
    assert {(event.actor_id, str(event.facts)) for event in events} == {
        (ada.pk, "{'why': 'new password'}")
    }


def test_tokens_stay_if_their_owner_says_so(ada: User, stolen: str, as_user: AsUser) -> None:
    client = as_user(ada)
    page = client.get(CHANGE).content.decode()
    assert "Keep my API tokens" in page
    assert "Your other sessions end" in page
    assert client.post(CHANGE, {**FORM, "keep_tokens": "on"}).status_code == 302
    assert _status(stolen) == 200
    assert not Event.objects.filter(verb="revoked API token").exists()


def test_the_form_asks_only_those_who_have_tokens(ada: User, as_user: AsUser) -> None:
    assert "Keep my API tokens" not in as_user(ada).get(CHANGE).content.decode()
    assert as_user(ada).post(CHANGE, FORM).status_code == 302


def test_a_refused_change_revokes_nothing(ada: User, stolen: str, as_user: AsUser) -> None:
    assert as_user(ada).post(CHANGE, {**FORM, "oldpassword": "wrong"}).status_code == 200
    assert _status(stolen) == 200


def test_a_reset_ends_all_sessions_and_tokens_and_asks_nobody(
    ada: User, stolen: str, as_user: AsUser, mailoutbox: list[EmailMessage]
) -> None:
    elsewhere, client = as_user(ada), Client()
    client.post("/accounts/password/reset/", {"email": ada.email})
    link = re.search(r"http://127.0.0.1:8000(/\S+)", str(mailoutbox[0].body))
    assert link
    page = client.get(link[1], follow=True)
    assert "All sessions end, and all API tokens are revoked." in page.content.decode()
    form = {"password1": NEW, "password2": NEW, "keep_tokens": "on"}
    assert client.post(page.request["PATH_INFO"], form).status_code == 302
    assert elsewhere.get("/account/").status_code == 302
    assert _status(stolen) == 401
    assert Event.objects.get(verb="revoked API token").actor_id == ada.pk
    assert "API tokens are revoked" in str(mailoutbox[-1].body)


def test_a_password_that_staff_set_ends_them_too(
    ada: User, stolen: str, sam: User, as_user: AsUser
) -> None:
    elsewhere = as_user(ada)
    url = reverse("admin:auth_user_password_change", args=[ada.pk])
    bad = {"usable_password": "true", "password1": NEW, "password2": "differs"}
    assert as_user(sam).post(url, bad).status_code == 200
    assert _status(stolen) == 200
    assert as_user(sam).post(url, {**bad, "password2": NEW}).status_code == 302
    assert elsewhere.get("/account/").status_code == 302
    assert _status(stolen) == 401
    assert Event.objects.get(verb="revoked API token").actor_id == sam.pk


def test_the_page_of_tokens_says_so(ada: User, as_user: AsUser) -> None:
    page = as_user(ada).get(reverse("tokens")).content.decode()
    assert "A new password revokes your tokens" in page
