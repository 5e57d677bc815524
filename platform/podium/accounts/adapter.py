"""How sign-in behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Keeps e-mail addresses in lower case, as `User.objects.create_user` does."""

    def clean_email(self, email: str) -> str:
        cleaned: Any = super().clean_email(email)
        return str(cleaned).lower()
