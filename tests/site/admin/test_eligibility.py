"""The admin makes nobody a competitor on rows that they may see, nor the other way round."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge
from podium.teams.models import Team

AsUser = Callable[[User | None], Client]


@pytest.fixture
def client(as_user: AsUser, sam: User) -> Client:
    return as_user(sam)


def _user_form(user: User, **changed: Any) -> dict[str, Any]:
    return {"email": user.email, "name": user.name, "is_active": "on", **changed}


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_a_competitor_is_not_made_staff(team: Team, bob: User, client: Client, right: str) -> None:
    url = reverse("admin:accounts_user_change", args=[bob.pk])
    page = client.post(url, _user_form(bob, **{right: "on"})).content.decode()
    assert "Bob is in a team of “The cup”. They must leave it first" in page
    bob.refresh_from_db()
    assert (bob.is_staff, bob.is_superuser) == (False, False)
    assert client.post(url, _user_form(bob, name="Robert")).status_code == 302
    Challenge.objects.filter(pk=team.challenge_id).update(revealed_at=timezone.now())
    assert client.post(url, _user_form(bob, **{right: "on"})).status_code == 302
