"""Rules for people who have just come."""

from django.conf import settings

from podium.accounts.models import User
from podium.accounts.networks import refuse_crowd
from podium.submissions.models import Submission


def refuse_first_upload(*, by: User, network: str) -> None:
    """Raise Refused if the person has never submitted and too many others began there today."""
    if Submission.objects.filter(submitted_by=by).exists():
        return
    refuse_crowd(
        kind="first-upload",
        reason="Too many people of your network sent their first file today.",
        network=network,
        newcomer=str(by.pk),
        limit=settings.FIRST_UPLOADS_PER_NETWORK,
    )
