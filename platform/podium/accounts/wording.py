"""allauth's forms with this site's word for an e-mail address."""

from typing import Any

from allauth.account import forms


class _Worded:
    """Writes `E-mail`, as every other page does."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"login", "email"} & set(self.fields):
            self.fields[name].label = "E-mail"


class LoginForm(_Worded, forms.LoginForm):  # type: ignore[misc]
    pass


class SignupForm(_Worded, forms.SignupForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(_Worded, forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class AddEmailForm(_Worded, forms.AddEmailForm):  # type: ignore[misc]
    pass
