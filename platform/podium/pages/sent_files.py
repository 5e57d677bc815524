"""Getting the file of a submission back, byte for byte as it was sent."""

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from podium.access import get_submission
from podium.submissions import kept

log = structlog.get_logger(__name__)


@never_cache
@require_safe
def submission_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the file under the name that it had, to its team and the challenge's organizers."""
    found = get_submission(request, pk)
    try:
        blocks = kept.original(found)
    except kept.UploadGone as gone:
        messages.error(request, f"{gone} Its SHA-256 and its scores stay.")
        return redirect(found)
    except OSError:
        log.exception("upload not read", submission=found.pk)
        messages.error(request, "We cannot read the file just now. Try again in a minute.")
        return redirect(found)
    answer: HttpResponseBase = StreamingHttpResponse(blocks)
    if request.method == "HEAD":
        next(blocks, None)  # which begins it, so that closing it closes the file
        answer.close()
        answer = HttpResponse()
    answer["Content-Type"] = "application/octet-stream"
    answer["Content-Length"] = str(found.size)
    answer["Content-Disposition"] = content_disposition_header(True, found.original_name)
    return answer
