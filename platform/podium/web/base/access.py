"""Access to pages (`podium.access`), and the redirect to sign-in."""

from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from podium.access import (
    SignInNeeded,
    by_phase,
    get_challenge,
    get_dataset,
    get_edited_dataset,
    get_own_submission,
    get_submission,
    get_task,
    get_track,
    is_for_everybody,
    is_own,
    must_accept_licence,
    refuse_hidden,
    visible_challenges,
    visible_datasets,
)

__all__ = [
    "SignIn",
    "SignInNeeded",
    "by_phase",
    "get_challenge",
    "get_dataset",
    "get_edited_dataset",
    "get_own_submission",
    "get_submission",
    "get_task",
    "get_track",
    "is_for_everybody",
    "is_own",
    "must_accept_licence",
    "refuse_hidden",
    "visible_challenges",
    "visible_datasets",
]


class SignIn:
    """Answers SignInNeeded by the page to sign in, which leads back to what was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        if not isinstance(exception, SignInNeeded):
            return None
        is_read = request.method in {"GET", "HEAD"}
        return redirect_to_login(request.get_full_path() if is_read else "/")
