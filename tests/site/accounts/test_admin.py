"""People in the admin: made and changed by e-mail address."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User

AsUser = Callable[[User | None], Client]
PASSWORDS = {"password1": "corr3ct-horse", "password2": "corr3ct-horse", "usable_password": "true"}


@pytest.fixture
def client(as_user: AsUser, sam: User) -> Client:
    return as_user(sam)


def _add(client: Client, **form: str) -> str:
    url = reverse("admin:accounts_user_add")
    return client.post(url, {"name": "Dora", **PASSWORDS, **form}).content.decode()


def test_a_person_is_added_with_a_password_that_works(client: Client) -> None:
    _add(client, email="Dora@Example.org")
    dora = User.objects.get(email="dora@example.org")
    assert dora.name == "Dora"
    assert dora.check_password("corr3ct-horse")


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"email": ""}, "This field is required."),
        ({"email": "dora"}, "Enter a valid email address."),
        ({"email": "SAM@example.org"}, "already exists."),
        ({"email": "d@example.org", "name": ""}, "This field is required."),
        ({"email": "d@example.org", "password2": "other"}, "didn’t match."),
        ({"email": "d@example.org", "password1": "short", "password2": "short"}, "too short."),
    ],
)
def test_a_bad_person_is_refused(client: Client, form: dict[str, str], problem: str) -> None:
    assert problem in _add(client, **form)
    assert User.objects.count() == 1


def test_changing_a_person_keeps_the_address_in_lower_case(client: Client, alice: User) -> None:
    url = reverse("admin:accounts_user_change", args=[alice.pk])
    form = {"email": "Alice@New.example.org", "name": "Alice B", "is_active": "on"}
    assert client.post(url, form).status_code == 302
    alice.refresh_from_db()
    assert (alice.email, alice.name) == ("alice@new.example.org", "Alice B")


def test_a_password_can_be_set_anew(client: Client, alice: User) -> None:
    url = reverse("admin:auth_user_password_change", args=[alice.pk])
    assert client.post(url, PASSWORDS).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("corr3ct-horse")
