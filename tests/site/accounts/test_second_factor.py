"""Two-step sign-in: switching it on, signing in with codes, and without the telephone."""

import time
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client

from podium.accounts.models import User
from podium.teams.deleting import delete_account
from podium.web.account.account_data import export

AsUser = Callable[[User | None], Client]
PASSWORD = "long enough for a test"
ACTIVATE = "/accounts/2fa/totp/activate/"


@pytest.fixture
def ada(db: None) -> User:
    cache.clear()  # where wrong codes and used ones are kept
    user = User.objects.create_user("ada@example.org", PASSWORD, name="Ada", is_staff=True)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _code(secret: str, *, ago: int = 0) -> str:
    """Return the code that the app shows, or showed this many half minutes ago."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 - ago))


def _start(user: User) -> Client:
    """Return a client that has given the password."""
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def _activate(user: User) -> tuple[Client, str]:
    """Return a client of a user who has just switched it on, and the app's secret."""
    client = _start(user)
    asked = client.get(ACTIVATE)
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    client.post(asked.headers["Location"], {"password": PASSWORD})
    page = client.get(ACTIVATE)
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    assert "data:image/svg+xml;base64," in page.content.decode()
    client.post(ACTIVATE, {"code": _code(secret, ago=1)})
    assert Authenticator.objects.filter(user=user, type="totp").exists()
    return client, secret


@pytest.mark.django_db(transaction=True)  # the mail goes out at the commit
def test_a_mail_tells_that_it_is_switched_on(ada: User, mailoutbox: list[EmailMessage]) -> None:
    _activate(ada)
    assert "Podium: Sign-in asks for a code now" in {str(mail.subject) for mail in mailoutbox}


def test_it_is_switched_on_by_a_right_code_alone(ada: User) -> None:
    client, _ = _activate(ada)
    assert 'class="chip success">on' in client.get("/account/").content.decode()
    bob = User.objects.create_user("bob@example.org", PASSWORD, name="Bob")
    other = _start(bob)
    other.post("/accounts/reauthenticate/", {"password": PASSWORD})
    other.get(ACTIVATE)
    assert other.post(ACTIVATE, {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.filter(user=bob).exists()


def test_a_password_alone_signs_nobody_in_then(ada: User) -> None:
    _, secret = _activate(ada)
    client = _start(ada)
    assert "_auth_user_id" not in client.session
    assert "The second step" in client.get("/accounts/2fa/authenticate/").content.decode()
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "errorlist" in wrong.content.decode()
    assert client.get("/account/").status_code == 302
    client.post("/accounts/2fa/authenticate/", {"code": _code(secret)})
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_a_code_does_not_work_twice(ada: User) -> None:
    _, secret = _activate(ada)
    code = _code(secret)
    for count, signed_in in ((1, True), (2, False)):
        client = _start(ada)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert ("_auth_user_id" in client.session) == signed_in, count


def test_a_recovery_code_signs_in_once(ada: User) -> None:
    client, _ = _activate(ada)
    client.post("/accounts/2fa/recovery-codes/generate/")
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert all(code in page for code in codes)
    download = client.get("/accounts/2fa/recovery-codes/download/").content.decode()
    assert download.split() == codes
    for signed_in in (True, False):
        away = _start(ada)
        away.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert ("_auth_user_id" in away.session) == signed_in


def test_it_is_switched_off_by_who_confirms_and_told_by_mail(
    ada: User, mailoutbox: list[EmailMessage]
) -> None:
    client, _ = _activate(ada)
    mailoutbox.clear()
    assert "stop working" in client.get("/accounts/2fa/totp/deactivate/").content.decode()
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()
    assert str(mailoutbox[0].subject) == "Podium: Sign-in asks for no code any more"
    assert "_auth_user_id" in _start(ada).session


def test_a_code_confirms_who_one_is(ada: User) -> None:
    _, secret = _activate(ada)
    client = Client()
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    asked = client.get("/account/delete/")
    assert "/reauthenticate/" in asked.headers["Location"]
    client.post("/accounts/2fa/reauthenticate/?next=/account/delete/", {"code": _code(secret)})
    assert "What happens" in client.get("/account/delete/").content.decode()


def test_the_admin_is_entered_by_the_sites_own_sign_in(ada: User) -> None:
    _activate(ada)
    client = Client()
    form = {"username": ada.email, "password": PASSWORD}
    assert client.post("/admin/login/", form).headers["Location"].startswith("/accounts/login/")
    assert "_auth_user_id" not in client.session


def test_staff_let_in_who_lost_it_and_read_no_secret(ada: User, sam: User, as_user: AsUser) -> None:
    _, secret = _activate(ada)
    row = Authenticator.objects.get(type="totp")
    client = as_user(sam)
    for page in ("", f"{row.pk}/change/"):
        answer = client.get(f"/admin/mfa/authenticator/{page}")
        assert answer.status_code == 200
        assert secret not in answer.content.decode()
    client.post(f"/admin/mfa/authenticator/{row.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.exists()
    assert "_auth_user_id" in _start(ada).session
    assert client.get("/admin/socialaccount/socialapp/").status_code == 404


def test_staff_choose_several_and_all_their_codes_go(ada: User, sam: User, as_user: AsUser) -> None:
    _activate(ada)
    row = Authenticator.objects.get(type="totp")
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    as_user(sam).post("/admin/mfa/authenticator/", chosen)
    assert not Authenticator.objects.exists()


def test_an_address_that_is_not_confirmed_is_no_obstacle_on_the_embedded_site(db: None) -> None:
    cache.clear()
    eve = User.objects.create_user("eve@example.org", PASSWORD, name="Eve")
    EmailAddress.objects.create(user=eve, email=eve.email, verified=False, primary=True)
    _activate(eve)


def test_ones_data_tells_of_it_without_its_secret_and_it_goes_with_the_account(ada: User) -> None:
    _, secret = _activate(ada)
    assert secret.encode() not in b"".join(export(ada))
    delete_account(by=ada)
    assert not Authenticator.objects.exists()
