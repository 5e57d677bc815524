"""allauth's forms with this site's word for an e-mail address, and its rule for new ones."""

from typing import Any

from allauth.account import forms
from allauth.core import context
from allauth.socialaccount.forms import SignupForm as SocialSignupForm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BooleanField, Field

from podium.accounts.domains import refuse_other
from podium.accounts.models import ApiToken
from podium.accounts.networks import network_of, refuse_crowd
from podium.accounts.tokens import revoke_all
from podium.refusals import Refused


class _Worded:
    """Writes `E-mail` and `New password`, as every other page does."""

    fields: dict[str, Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            label = "E-mail" if name in {"login", "email"} else field.label
            field.label = str(label).capitalize() if label else None


class _Allowed:
    """Takes a new address only of the domains that may have accounts."""

    def clean_email(self) -> str:
        return refuse_other(super().clean_email())  # type: ignore[misc]


def _refuse_password() -> None:
    """Raise ValidationError where passwords are switched off."""
    if not settings.PASSWORD_SIGN_IN:
        raise ValidationError(f"Passwords are switched off here. Sign in by {settings.OIDC_NAME}.")


class LoginForm(_Worded, forms.LoginForm):
    @property
    def takes_passwords(self) -> bool:
        """Return whether the page shows this form."""
        return bool(settings.PASSWORD_SIGN_IN)

    def clean(self) -> object:
        _refuse_password()
        return super().clean()


class SignupForm(_Worded, _Allowed, forms.SignupForm):
    def clean(self) -> object:
        """Count a sign-up that is otherwise in order, also of an address with an account.

        Otherwise the limit would reveal which addresses have accounts.
        """
        cleaned: dict[str, str] = super().clean()
        if not self.errors:
            try:
                refuse_crowd(
                    kind="sign-up",
                    reason="Too many accounts were created from your network today.",
                    network=network_of(context.request),
                    newcomer=cleaned["email"],
                    limit=settings.SIGNUPS_PER_NETWORK,
                )
            except Refused as refused:
                raise ValidationError(refused.message) from refused
        return cleaned


class SingleSignOnSignupForm(_Worded, _Allowed, SocialSignupForm):
    pass


class ResetPasswordForm(_Worded, forms.ResetPasswordForm):
    def clean(self) -> object:
        _refuse_password()
        return super().clean()


class ChangePasswordForm(_Worded, forms.ChangePasswordForm):
    """Revokes the API tokens of the person, unless they want to keep them."""

    keep_tokens = BooleanField(
        required=False, help_text="Tick this only if you made all of them and they are safe."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keep_tokens"].label = "Keep my API tokens"
        if not ApiToken.objects.working().filter(user=self.user).exists():
            del self.fields["keep_tokens"]

    @transaction.atomic
    def save(self) -> None:
        super().save()
        if not self.cleaned_data.get("keep_tokens"):
            revoke_all(user=self.user, by=self.user)


class SetPasswordForm(_Worded, forms.SetPasswordForm):
    pass


class ResetPasswordKeyForm(_Worded, forms.ResetPasswordKeyForm):
    """Revokes the API tokens of the person, whose account others may have entered."""

    @transaction.atomic
    def save(self) -> None:
        super().save()
        revoke_all(user=self.user, by=self.user)


class AddEmailForm(_Worded, _Allowed, forms.AddEmailForm):
    pass
