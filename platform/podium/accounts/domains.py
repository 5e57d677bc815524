"""Which e-mail addresses may have an account here."""

from django.conf import settings
from django.core.exceptions import ValidationError


def is_allowed(email: str) -> bool:
    """Return whether accounts may have this address; any may where no domains are set."""
    domains: list[str] = settings.EMAIL_DOMAINS
    return not (domains and _domain(email) not in domains) and not refused_domain(email)


def refused_domain(email: str) -> str:
    """Return the refused domain to which the address belongs, or an empty text."""
    labels = _domain(email).split(".")
    above = (".".join(labels[n:]) for n in range(len(labels)))
    return next((domain for domain in above if domain in settings.REFUSED_EMAIL_DOMAINS), "")


def refuse_other(email: str) -> str:
    """Return the address. Raises ValidationError if accounts here may not have it."""
    if refused := refused_domain(email):
        raise ValidationError(
            f"Addresses at {refused} are not accepted here: anyone can get many of them. Use the "
            "address of your organization or your everyday one."
        )
    if not is_allowed(email):
        named = " or ".join(f"@{domain}" for domain in settings.EMAIL_DOMAINS)
        raise ValidationError(
            f"Accounts here need an address that ends in {named}. Use such a one."
        )
    return email


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()
