"""The mails about accounts: what they say, and that their links work."""

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from podium.accounts.models import User

PASSWORD = "long enough for a test"
NAME = "Ada O'Neill & Sons"


@pytest.fixture(autouse=True)
def _uncounted() -> None:
    cache.clear()


@pytest.fixture
def ada(db: None) -> User:
    user = User.objects.create_user("ada@example.org", PASSWORD, name=NAME)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _only(mailoutbox: list[EmailMessage]) -> tuple[str, str]:
    (mail,) = mailoutbox
    text = str(mail.body)
    assert not re.search(r"&#|&amp;|{{|{%|Hello from|Thank you", text)
    assert text.endswith("Podium, 127.0.0.1:8000")  # as the setting says
    return str(mail.subject), text


def _link(text: str) -> str:
    found = re.search(r"http://127.0.0.1:8000(/\S+)", text)
    assert found
    return found[1]


def test_a_new_account_confirms_its_address(
    db: None, mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"email": "ada@example.org", "password1": PASSWORD, "name": NAME}
    client = Client()
    assert client.post("/accounts/signup/", form).headers["Location"] == "/accounts/confirm-email/"
    subject, text = _only(mailoutbox)
    assert subject == "Podium: Confirm your address"
    assert f"{NAME}, please confirm" in text
    sign_in = {"login": "ada@example.org", "password": PASSWORD}
    assert Client().post("/accounts/login/", sign_in).headers["Location"].endswith("confirm-email/")
    client.post(_link(text))
    assert EmailAddress.objects.get().verified
    assert Client().post("/accounts/login/", sign_in).headers["Location"] == "/"


def test_a_name_makes_no_link_in_a_mail_to_a_strangers_address(
    db: None, mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"email": "ada@example.org", "password1": PASSWORD, "name": "Win at evil.example"}
    Client().post("/accounts/signup/", form)
    assert "Win at evil example, please confirm" in _only(mailoutbox)[1]


def test_a_forgotten_password_is_set_anew_by_a_link(
    ada: User, mailoutbox: list[EmailMessage]
) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": ada.email})
    subject, text = _only(mailoutbox)
    assert subject == "Podium: Set a new password"
    page = client.get(_link(text), follow=True)
    new = {"password1": "another long one", "password2": "another long one"}
    mailoutbox.clear()
    assert client.post(page.request["PATH_INFO"], new).status_code == 302
    assert _only(mailoutbox)[0] == "Podium: A new password is set"
    ada.refresh_from_db()
    assert ada.check_password("another long one")
    assert "This link no longer works" in Client().get(_link(text)).content.decode()


def test_who_has_an_account_reads_so_and_the_page_tells_nobody(
    ada: User, mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"email": ada.email, "password1": PASSWORD, "name": "Eve"}
    answer = Client().post("/accounts/signup/", form)
    assert answer.headers["Location"] == "/accounts/confirm-email/"  # as for a new address
    subject, text = _only(mailoutbox)
    assert subject == "Podium: You have an account already"
    assert _link(text) == "/accounts/password/reset/"


def test_an_address_without_an_account_reads_so_and_the_page_tells_nobody(
    db: None, mailoutbox: list[EmailMessage]
) -> None:
    answer = Client().post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert answer.headers["Location"] == "/accounts/password/reset/done/"
    subject, text = _only(mailoutbox)
    assert subject == "Podium: No account has this address"
    assert _link(text) == "/accounts/signup/"


@pytest.mark.parametrize("host", ["localhost:6666", "testserver", "127.0.0.1:6666"])
def test_no_mail_takes_its_address_from_the_request(
    ada: User, mailoutbox: list[EmailMessage], settings: Settings, host: str
) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.BASE_URL = "https://podium.example/lab"
    client = Client(headers={"Host": host})
    form = {"email": "new@example.org", "password1": PASSWORD, "name": NAME}
    client.post("/accounts/signup/", form)  # confirm the address
    client.post("/accounts/signup/", {**form, "email": ada.email})  # there is an account
    for email in (ada.email, "nobody@example.org"):
        client.post("/accounts/password/reset/", {"email": email})
    texts = [str(mail.body) for mail in mailoutbox]
    assert len(texts) == 4
    for text in texts:
        assert host not in text
        assert re.findall(r"https?://[^/\s]+/\w+", text) == ["https://podium.example/lab"]
        assert text.endswith("Podium, podium.example")


def test_a_changed_password_is_told_by_mail_and_ends_other_sessions(
    ada: User, mailoutbox: list[EmailMessage], as_user: Callable[[User | None], Client]
) -> None:
    here, elsewhere = as_user(ada), as_user(ada)
    form = {"oldpassword": PASSWORD, "password1": "another long", "password2": "another long"}
    assert here.post("/accounts/password/change/", form).status_code == 302
    subject, text = _only(mailoutbox)
    assert subject == "Podium: Your password is changed"
    assert "From: 127.0.0.1" in text
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


def test_a_new_address_is_confirmed_and_each_change_is_told(
    ada: User, mailoutbox: list[EmailMessage], as_user: Callable[[User | None], Client]
) -> None:
    client = as_user(ada)
    client.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    assert _only(mailoutbox)[0] == "Podium: Confirm your address"
    assert mailoutbox[0].to == ["new@example.org"]
    client.post(_link(str(mailoutbox[0].body)))
    mailoutbox.clear()
    client.post("/accounts/email/", {"email": "new@example.org", "action_primary": ""})
    ada.refresh_from_db()
    assert ada.email == "new@example.org"
    assert "was ada@example.org and is new@example.org now" in _only(mailoutbox)[1]
    mailoutbox.clear()
    client.post("/accounts/email/", {"email": "ada@example.org", "action_remove": ""})
    assert {str(mail.subject) for mail in mailoutbox} == {"Podium: An address is removed"}
