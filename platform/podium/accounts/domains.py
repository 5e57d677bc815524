"""Which e-mail addresses may have an account here, and lists of addresses and domains."""

from collections.abc import Collection, Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email


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


def clean_list(listed: object) -> list[str]:
    """Return addresses and domains, each once and in lower case. Raises ValidationError.

    A domain is written `@uni.example`.
    """
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise ValidationError("Write a list of addresses, and of domains as `@uni.example`.")
    return list(dict.fromkeys(_clean_entry(entry) for entry in listed))


def is_listed(email: str, listed: Collection[str]) -> bool:
    """Return whether a list has the address or its domain. Subdomains are domains of their own."""
    return email.lower() in listed or f"@{_domain(email)}" in listed


def mailbox_of(email: str) -> str:
    """Return the address without its tag: mails to `jane+2@…` arrive at `jane@…`."""
    local, _, domain = email.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _clean_entry(entry: object) -> str:
    word = str(entry).strip().lower()
    try:
        validate_email(f"anyone{word}" if word.startswith("@") else word)
    except ValidationError as error:
        raise ValidationError(
            f"“{word[:80]}” is not an e-mail address. Write a domain as `@uni.example`."
        ) from error
    return word


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()
