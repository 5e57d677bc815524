"""The caller: the owner of a bearer token, a signed-in reader of the documents, or anybody."""

import re

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from ninja.security.http import HttpAuthBase

from podium.accounts import tokens
from podium.accounts.models import ApiToken, Scope
from podium.api.base.problems import SIGN_IN, Problem
from podium.refusals import Refused

_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
SAFE = ("GET", "HEAD")


def identify(request: HttpRequest) -> None:
    """Set who asks on the request. Raises Problem for a token that does not work.

    A session counts only for reading, so that no other site can change anything with it.
    """
    token = _token(request)
    request.api_token = token  # type: ignore[attr-defined]
    if token is not None:
        request.user = token.user
        tokens.note_use(token)
    elif request.method not in SAFE:
        request.user = AnonymousUser()


def token_of(request: HttpRequest) -> ApiToken | None:
    """Return the token that the request came with, if any."""
    return getattr(request, "api_token", None)


def _token(request: HttpRequest) -> ApiToken | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    match = _BEARER.fullmatch(header)
    if match is None:
        raise Problem(401, "malformed_token", f"The header Authorization is wrong. {SIGN_IN}")
    try:
        return tokens.by_text(match[1])
    except Refused as refused:
        raise Problem(401, refused.code, refused.message) from refused


class Bearer(HttpAuthBase):
    """Lets an operation be used by those who may; the framework calls it and documents it.

    `scope` is what a token needs; None: any token will do. `is_public`: nobody needs a token.
    """

    openapi_scheme = "bearer"
    openapi_description = "A token from the page /account/tokens/."

    def __init__(self, scope: Scope | None, *, is_public: bool = False) -> None:
        super().__init__()
        self.scope = scope
        self.is_public = is_public

    def __call__(self, request: HttpRequest) -> object:
        """Return something true. Raises Problem."""
        token = token_of(request)
        if token is not None and self.scope and self.scope not in token.scopes:
            raise Problem(
                403,
                "scope",
                f"This token may not do that: it lacks the scope `{self.scope}`. Make one that "
                "has it on the page /account/tokens/.",
            )
        if not self.is_public and not request.user.is_authenticated:
            raise Problem(401, "sign_in", SIGN_IN)
        return True


# What operations name as their `auth`.
ANYBODY = Bearer(Scope.READ, is_public=True)
ANY_TOKEN = Bearer(None)
READ = Bearer(Scope.READ)
SUBMIT = Bearer(Scope.SUBMIT)
TEAM = Bearer(Scope.TEAM)
ORGANIZE = Bearer(Scope.ORGANIZE)
