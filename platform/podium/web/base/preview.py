"""Previews of a challenge's pages: the one place where a page gets another reader."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.cache import add_never_cache_headers

from podium.accounts.models import Viewer
from podium.challenges.models import Challenge, Phase, Task
from podium.challenges.previewed import previewing
from podium.submissions.models import Submission
from podium.teams.models import Team
from podium.teams.previews import Audience, Preview, viewer_of

KEY = "preview"
SAFE = {"GET", "HEAD"}
# Pages outside /c/<challenge>/ that belong to a challenge. Downloads keep the organizer's rights.
_SUBMISSION_PAGES = {"submission", "submission-status", "submission-compare"}
_VALIDATORS = ("ETag", "Last-Modified")


class Previews:
    """Shows pages of a previewed challenge to the chosen reader, and refuses all acts on them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = _preview_of(request)
        if found is None:
            return self.get_response(request)
        preview, challenge, viewer = found
        is_shown = _is_of(challenge, request)
        request.preview = _banner(preview, challenge, is_shown)  # type: ignore[attr-defined]
        if not is_shown:
            return self.get_response(request)
        if request.method not in SAFE:
            return _page(request, "refused", challenge, status=403)
        organizer, request.user = request.user, viewer
        for header in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"):
            request.META.pop(header, None)
        with ExitStack() as stack:
            stack.enter_context(previewing(challenge.pk))
            stack.enter_context(connection.execute_wrapper(_refuse_writing))
            answer = self.get_response(request)
            if answer.headers.get("Location", "").startswith(reverse(settings.LOGIN_URL)):
                answer = _page(request, "sign_in", challenge)
        request.user = organizer
        for header in _VALIDATORS:
            answer.headers.pop(header, None)
        answer.headers.pop("Cache-Control", None)
        add_never_cache_headers(answer)
        return answer


def preview_in(request: HttpRequest) -> Preview | None:
    """Return the preview that the session remembers, whether it is still allowed or not."""
    stored = request.session.get(KEY)
    return Preview(**stored) if stored else None


def _preview_of(request: HttpRequest) -> tuple[Preview, Challenge, Viewer] | None:
    """Return the session's preview; one that is not allowed any more is forgotten."""
    # Answers without a session cookie, and those of the API, ask nothing here.
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not hasattr(request, "session"):
        return None
    if request.path_info.startswith("/api/") or (preview := preview_in(request)) is None:
        return None
    challenge = Challenge.objects.filter(pk=preview.challenge).first()
    viewer = viewer_of(preview, challenge, request.user) if challenge else None
    if challenge is None or viewer is None:
        del request.session[KEY]
        return None
    return preview, challenge, viewer


def _is_of(challenge: Challenge, request: HttpRequest) -> bool:
    """Return whether the address is a page of the challenge, other than of its console."""
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return False
    if request.path_info.startswith("/c/"):
        is_console = str(match.url_name).startswith("console")
        return match.kwargs.get("slug") == challenge.slug and not is_console
    return _is_outside(challenge, match, request)


def _is_outside(challenge: Challenge, match: ResolverMatch, request: HttpRequest) -> bool:
    if request.path_info.startswith("/submissions/"):
        rows = Submission.objects.filter(pk=match.kwargs["pk"], task__challenge=challenge)
        is_page = match.url_name in _SUBMISSION_PAGES or request.method not in SAFE
        return is_page and rows.exists()
    if match.url_name == "dataset":
        version = {f"dataset_version__{key}": value for key, value in match.kwargs.items()}
        return Task.objects.filter(challenge=challenge, **version).exists()
    return False


def _banner(preview: Preview, challenge: Challenge, is_shown: bool) -> dict[str, object]:
    team = Team.objects.filter(pk=preview.team).first() if preview.team else None
    return {
        "challenge": challenge,
        "reader": f"the captain of {team}" if team else Audience(preview.audience).label,
        "is_draft": challenge.phase() == Phase.DRAFT,
        "is_shown": is_shown,
    }


def _page(
    request: HttpRequest, name: str, challenge: Challenge, status: int = 200
) -> HttpResponseBase:
    context = {"challenge": challenge}
    return render(request, f"console/preview/{name}.html", context, status=status)


def _refuse_writing(
    execute: Callable[..., Any], sql: str, params: object, many: bool, context: dict[str, Any]
) -> object:
    """Run a query that only reads: a preview writes nothing in another person's name."""
    if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
        raise PermissionDenied("Stop the preview first.")
    return execute(sql, params, many, context)
