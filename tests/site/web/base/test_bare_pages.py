"""Error and account pages: our words, one look, nothing that a strict CSP refuses."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.views.defaults import permission_denied, server_error

from podium.accounts.models import User


def test_an_unknown_address_is_named(client: Client, db: None) -> None:
    answer = client.get("/nowhere/at/all")
    assert answer.status_code == 404
    assert "<code>/nowhere/at/all</code>" in answer.content.decode()


def test_a_closed_page_offers_sign_in_and_the_way_back(db: None) -> None:
    request = RequestFactory().get("/secret?x=1")
    request.user = AnonymousUser()
    html = permission_denied(request, PermissionDenied()).content.decode()
    assert 'href="/accounts/login/?next=/secret%3Fx%3D1"' in html


def test_a_closed_page_names_who_is_signed_in(alice: User) -> None:
    request = RequestFactory().get("/secret")
    request.user = alice
    html = permission_denied(request, PermissionDenied()).content.decode()
    assert f"You are signed in as {alice}." in html


def test_a_failure_page_needs_no_database() -> None:
    answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()


def test_an_outdated_form_says_that_nothing_changed() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/accounts/logout/")
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("login/", "Sign in"),
        ("signup/", "Create an account"),
        ("password/reset/", "Reset the password"),
        ("password/reset/done/", "Check your inbox"),
        ("password/reset/key/0-bad/", "This link no longer works"),
        ("confirm-email/bad/", "This link no longer works"),
        ("inactive/", "This account is closed"),
    ],
)
def test_account_pages_open_to_everyone(client: Client, db: None, path: str, heading: str) -> None:
    html = client.get(f"/accounts/{path}").content.decode()
    assert f"<h1>{heading}</h1>" in html
    assert 'class="topbar"' in html


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("email/", "E-mail addresses"),
        ("logout/", "Sign out"),
        ("password/change/", "Change the password"),
        ("reauthenticate/", "Confirm that it is you"),
    ],
)
def test_account_pages_of_a_signed_in_person(
    client: Client, alice: User, path: str, heading: str
) -> None:
    alice.set_password("correct horse")
    alice.save()
    client.force_login(alice)
    html = client.get(f"/accounts/{path}").content.decode()
    assert heading in html
    assert "Sign out</button>" in html


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("login/", ["E-mail", "Password", "Remember me"]),
        ("password/change/", ["Current password", "New password", "New password (again)"]),
    ],
)
def test_labels_are_written_as_sentences(alice: User, path: str, labels: list[str]) -> None:
    client = Client()
    if path != "login/":
        alice.set_password("a long word")
        alice.save()
        client.force_login(alice)
    html = client.get(f"/accounts/{path}").content.decode()
    assert re.findall(r"<label[^>]*>([^<]+)</label>", html) == labels


def test_who_waits_for_a_mail_learns_what_else_to_do(client: Client, db: None) -> None:
    html = client.get("/accounts/confirm-email/").content.decode()
    assert "sign in\n  again a few minutes later to get another link" in html
    assert '<a href="/accounts/login/">Back to sign-in</a>' in html


def test_sign_up_keeps_what_was_typed(client: Client, db: None) -> None:
    html = client.post("/accounts/signup/", {"email": "new@", "name": "Ada"}).content.decode()
    assert 'value="Ada"' in html
    assert 'role="alert"' in html


def test_the_bar_without_navigation_shows_podium_alone(db: None) -> None:
    html = render_to_string("base.html", {"navigation": None})
    assert "Podium" in html
    assert "Console" not in html
