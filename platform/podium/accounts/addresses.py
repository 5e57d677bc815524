"""Whose an e-mail address is: only a confirmed one speaks for its account."""

from allauth.account.models import EmailAddress
from django.conf import settings

from podium.accounts.models import User


def person_with(email: str) -> User | None:
    """Return the person who has confirmed the address, or None.

    Without production mode, where mails go nowhere, an account's own address counts as confirmed.
    """
    confirmed = EmailAddress.objects.filter(email__iexact=email, verified=True)
    if found := confirmed.select_related("user").first():
        user: User = found.user
        return user
    if settings.PRODUCTION:
        return None
    return User.objects.filter(email=email.lower()).first()


def addresses_of(user: User) -> list[str]:
    """Return the confirmed addresses of the person, in small letters."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True)
    found = [email.lower() for email in confirmed.values_list("email", flat=True)]
    return found if settings.PRODUCTION else [*found, user.email.lower()]
