"""Getting the file of a submission back, byte for byte as it was sent."""

import structlog
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from podium.access import get_submission
from podium.submissions import originals
from podium.submissions.originals import send

log = structlog.get_logger(__name__)


@require_safe
def submission_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the file under the name that it had, to its team and the challenge's organizers."""
    found = get_submission(request, pk)
    try:
        return send(request, found)
    except originals.UploadGone as gone:
        messages.error(request, f"{gone} Its SHA-256 and its scores stay.")
    except OSError:
        log.exception("upload not read", submission=found.pk)
        messages.error(request, "We cannot read the file just now. Try again in a minute.")
    return redirect(found)
