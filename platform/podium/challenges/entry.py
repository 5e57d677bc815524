"""The rule for entering a team: single sign-on, or an address that the organizers admit.

Members of a team stay when the rule becomes stricter.
"""

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat, Lower, StrIndex, Substr
from django.utils.crypto import salted_hmac

from podium.accounts.domains import is_listed, mailbox_of
from podium.accounts.models import User
from podium.challenges.models import Challenge
from podium.refusals import Refused


def entry_note(challenge: Challenge) -> str:
    """Return what a person needs to enter a team, as a sentence; empty if only an account."""
    needs = []
    if challenge.entry_single_sign_on:
        needs.append(f"sign in by {settings.OIDC_NAME}")
    if challenge.entry_addresses:
        needs.append(f"have a confirmed e-mail address {_which(challenge)}")
    return f"To take part you must {' and '.join(needs)}." if needs else ""


def credentials(user: User, challenge: Challenge) -> list[str]:
    """Return opaque names of what lets the user in; none where everybody may enter.

    Each is for one person: an address, or else the account at the provider. Raises Refused.
    """
    if not (challenge.entry_single_sign_on or challenge.entry_addresses):
        return []
    accounts = SocialAccount.objects.filter(user=user.pk).values_list("provider", "uid")
    if challenge.entry_single_sign_on and not accounts:
        raise Refused(
            "not_admitted",
            f"{entry_note(challenge)} Under “Your account”, connect {settings.OIDC_NAME}, then "
            "try again.",
        )
    if not challenge.entry_addresses:
        return [_opaque(f"{provider} {uid}") for provider, uid in accounts]
    return [_opaque(mailbox_of(email)) for email in _admitted_addresses(user, challenge)]


def entry_refusal(user: User, challenge: Challenge) -> Refused | None:
    """Return why the user may not enter a team of the challenge, or None."""
    try:
        credentials(user, challenge)
    except Refused as refused:
        return refused
    return None


def admitting(user: User) -> Q:
    """Return the condition on challenges that the user meets their rule, as `entry_refusal` says.

    Pages ask it of all challenges in one query. In the JSON of a list each entry is in quotes.
    """
    listed = Cast(OuterRef("entry_addresses"), TextField())
    at_sign = StrIndex("email", Value("@"))
    addresses = EmailAddress.objects.filter(user=user.pk, verified=True).annotate(
        by_address=StrIndex(listed, Lower(Concat(Value('"'), "email", Value('"')))),
        by_domain=StrIndex(listed, Lower(Concat(Value('"'), Substr("email", at_sign), Value('"')))),
    )
    named = addresses.filter(Q(by_address__gt=0) | Q(by_domain__gt=0))
    connected = SocialAccount.objects.filter(user=user.pk)
    return (Q(entry_single_sign_on=False) | Exists(connected)) & (
        Q(entry_addresses=[]) | Exists(named)
    )


def _admitted_addresses(user: User, challenge: Challenge) -> list[str]:
    """Return the user's confirmed addresses on the list. Raises Refused if there is none."""
    admitted = frozenset(challenge.entry_addresses)
    addresses = EmailAddress.objects.filter(user=user.pk).order_by("-primary", "email")
    listed = [row for row in addresses if is_listed(row.email, admitted)]
    if confirmed := [row.email for row in listed if row.verified]:
        return confirmed
    if listed or is_listed(user.email, admitted):
        email = listed[0].email if listed else user.email
        raise Refused(
            "not_admitted",
            f"Confirm your address {email} first: under “Your account”, “Change the addresses”, "
            "have the mail with the link sent again. Then try again.",
        )
    raise Refused(
        "not_admitted",
        f"{entry_note(challenge)} Add such an address to your account under “Your account”, or "
        "ask the organizers to invite yours.",
    )


def _which(challenge: Challenge) -> str:
    """Say which addresses are admitted. Those of single people are not shown to others."""
    domains = [entry for entry in challenge.entry_addresses if entry.startswith("@")]
    ways = [f"at {domain[1:]}" for domain in domains]
    if len(domains) < len(challenge.entry_addresses):
        ways.append("that the organizers invited")
    return " or ".join(ways)


def _opaque(what: str) -> str:
    return salted_hmac("podium.entry", what).hexdigest()[:32]
