"""Rules for people who have just come."""

from django.conf import settings
from django.http import HttpRequest

from podium.accounts.models import User
from podium.accounts.networks import network_of, refuse_crowd, remember
from podium.submissions.models import Submission


def welcome(*, by: User, request: HttpRequest) -> None:
    """Remember the address from which a person sends their first file.

    Raises Refused if too many others of the network began today.
    """
    if Submission.objects.filter(submitted_by=by).exists():
        return
    refuse_crowd(
        kind="first-upload",
        reason="Too many people of your network sent their first file today.",
        network=network_of(request),
        newcomer=str(by.pk),
        limit=settings.FIRST_UPLOADS_PER_NETWORK,
    )
    remember(by, request)
