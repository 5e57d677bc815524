"""Mails to the owners before the first private boards appear: without one, the boards wait."""

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone

from podium.accounts.zones import in_words
from podium.challenges.models import REVEAL_NOTICE, Challenge
from podium.challenges.reveals import owners_of, to_tell, told
from podium.notices.mailing import address_of
from podium.subjects import without_links

log = structlog.get_logger(__name__)


def tell_owners() -> None:
    """Mail the owners of every challenge that is revealed soon and has not been mailed of it.

    One owner who could be mailed is enough. If none could, the next run tries again, and the
    console says that the boards wait.
    """
    for challenge in to_tell():
        addresses = [address for user in owners_of(challenge) if (address := address_of(user))]
        if mailed := sum(_send(challenge, address) for address in addresses):
            told(challenge=challenge, mailed=mailed)


def _send(challenge: Challenge, address: str) -> bool:
    """Return whether the mail server took the mail to one owner."""
    at = in_words(max(challenge.reveal_due_at, timezone.now() + REVEAL_NOTICE))
    console = f"{settings.BASE_URL}{reverse('console', args=[challenge.slug])}"
    message = EmailMessage(
        subject=f"Podium: {without_links(challenge.title)} reveals its private boards at {at}",
        body=f"""\
The private boards of {challenge.title} appear to everybody at {at}.
Nobody can undo that. If it is too early, stop it here, and move the reveal:
{console}#reveal

You get this mail because you are an owner of this challenge. There is no way to turn it off:
unless an owner was mailed, the private boards wait.
""",
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except OSError as error:  # SMTP's errors are OSErrors
        log.warning("owner not mailed", challenge=challenge.slug, reason=type(error).__name__)
        return False
    return True
