"""Which e-mail addresses may have an account here."""

from django.conf import settings
from django.core.exceptions import ValidationError


def is_allowed(email: str) -> bool:
    """Return whether accounts may have this address; any may where no domains are set."""
    domains: list[str] = settings.EMAIL_DOMAINS
    return not domains or email.rpartition("@")[2].lower() in domains


def refuse_other(email: str) -> str:
    """Return the address. Raises ValidationError if accounts here may not have it."""
    if not is_allowed(email):
        named = " or ".join(f"@{domain}" for domain in settings.EMAIL_DOMAINS)
        raise ValidationError(
            f"Accounts here need an address that ends in {named}. Use such a one."
        )
    return email
