"""Access to pages (`podium.access`), and the redirect to sign-in."""

from collections.abc import Callable
from functools import wraps

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
    visible_challenges,
    visible_datasets,
)

__all__ = [
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
    "sends_to_sign_in",
    "visible_challenges",
    "visible_datasets",
]


def sends_to_sign_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return the view, which answers SignInNeeded by the page to sign in."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except SignInNeeded:
            return redirect_to_login(request.get_full_path())

    return wrapped
