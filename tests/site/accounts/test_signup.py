"""The name that people give themselves."""

import pytest
from django.core.cache import cache
from django.test import Client

from podium.accounts.models import User


def _sign_up(name: str) -> str:
    cache.clear()  # where sign-ups of one address are counted
    form = {"email": "new@example.org", "password1": "long enough for a test", "name": name}
    return Client().post("/accounts/signup/", form).content.decode()


@pytest.mark.parametrize("name", ["Ada", "O’Neill-Łukasz 3rd", "علی‌رضا", "李雷"])
def test_a_name_in_any_script_is_kept(db: None, name: str) -> None:
    _sign_up(f" {name} ")
    assert User.objects.get().name == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Ada\n\nVisit http://evil.example", "an invisible character"),
        ("Ada\u2028Bob", "an invisible character"),
        ("\u202eadA", "an invisible character"),
        ("\u200b\u200d", "a letter or a digit"),
    ],
    ids=ascii,
)
def test_a_name_that_forges_text_is_refused(db: None, name: str, why: str) -> None:
    assert why in _sign_up(name)
    assert not User.objects.exists()
