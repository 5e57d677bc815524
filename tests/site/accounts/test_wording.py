"""One word for one thing on all account pages."""

import pytest
from django.test import Client
from django.urls import reverse


@pytest.mark.parametrize("page", ["account_login", "account_signup", "account_reset_password"])
def test_an_address_is_called_e_mail(db: None, page: str) -> None:
    html = Client().get(reverse(page)).content.decode()
    assert ">E-mail<" in html
    assert ">Email" not in html
