"""allauth's forms with this site's word for an e-mail address, and its rule for new ones."""

from typing import Any

from allauth.account import forms

from podium.accounts.domains import refuse_other


class _Worded:
    """Writes `E-mail`, as every other page does."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"login", "email"} & set(self.fields):
            self.fields[name].label = "E-mail"


class _Allowed:
    """Takes a new address only of the domains that may have accounts."""

    def clean_email(self) -> str:
        return refuse_other(super().clean_email())  # type: ignore[misc]


class LoginForm(_Worded, forms.LoginForm):  # type: ignore[misc]
    pass


class SignupForm(_Worded, _Allowed, forms.SignupForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(_Worded, forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class AddEmailForm(_Worded, _Allowed, forms.AddEmailForm):  # type: ignore[misc]
    pass
