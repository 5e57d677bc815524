"""How sign-in behaves here: by password, by a second factor, by single sign-on."""

from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import qrcode  # type: ignore[import-untyped]
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from qrcode.image.svg import SvgPathFillImage  # type: ignore[import-untyped]

from podium.accounts.domains import is_allowed
from podium.accounts.forms import clean_person_name
from podium.files import Json


class Adapter(DefaultAccountAdapter):
    """Keeps e-mail addresses in lower case, as `User.objects.create_user` does.

    Its mails have the site's own address, however the site was asked for.
    """

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "cannot_remove_primary_email": "This is your primary e-mail address. Make another one "
        "primary first.",
        "duplicate_email": "Your account already has this e-mail address.",
        "email_password_mismatch": "The e-mail address or the password is wrong.",
        "email_taken": "An account with this e-mail address already exists. Sign in, or reset the "
        "password.",
        "max_email_addresses": "An account can have at most %d e-mail addresses.",
        "rate_limited": "Too many requests. Try again later.",
        "unknown_email": "No account has this e-mail address.",
        "unverified_primary_email": "Confirm the e-mail address before you make it primary.",
    }

    def clean_email(self, email: str) -> str:
        cleaned: object = super().clean_email(email)
        return str(cleaned).lower()

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.PASSWORD_SIGN_IN)

    def send_mail(self, template_prefix: str, email: str, context: Json) -> None:
        """Send a mail whose links begin as the setting says: senders choose the Host header."""
        links = {key: _own(url) for key, url in context.items() if key.endswith("_url")}
        site = {"name": "Podium", "domain": urlsplit(settings.BASE_URL).netloc}
        super().send_mail(template_prefix, email, {**context, **links, "current_site": site})


def _own(url: str) -> str:
    """Return the link with the address of this site instead of the one in it."""
    path = urlsplit(url)._replace(scheme="", netloc="").geturl()
    return f"{settings.BASE_URL}{path}"


class SecondFactor(DefaultMFAAdapter):
    """Draws the code to scan dark on light, in the dark colours too."""

    def build_totp_svg(self, url: str) -> str:
        written = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(written)
        return written.getvalue().decode()


class SingleSignOn(DefaultSocialAccountAdapter):
    """Takes name and address from the provider, and asks for what it does not tell."""

    def populate_user(
        self, request: HttpRequest, sociallogin: object, data: dict[str, object]
    ) -> object:
        user = super().populate_user(request, sociallogin, data)
        try:
            user.name = clean_person_name(str(data.get("name") or ""))[:80]
        except ValidationError:
            user.name = ""
        return user

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:
        return True

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Return whether no form is needed: there is a name and an allowed address."""
        user = sociallogin.user
        return bool(user.name and user.email and is_allowed(user.email))

    def get_signup_form_initial_data(self, sociallogin: Any) -> Json:
        initial: Json = super().get_signup_form_initial_data(sociallogin)
        return {**initial, "name": sociallogin.user.name}
