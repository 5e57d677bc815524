"""Refusals as RFC 9457 wants them: what went wrong, for people and for programs."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pydantic
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja.errors import HttpError, ValidationError

from podium.refusals import Refused

CONTENT_TYPE = "application/problem+json"
DOCUMENTED_AT = "/api/v1/docs#error-"
SIGN_IN = (
    "Send a token as `Authorization: Bearer podium_…`; you make one on the page /account/tokens/."
)
# Why a request was refused that never came to an operation, by status: code and what to do.
WITHOUT_OPERATION = {
    400: ("bad_request", "The request is not valid HTTP or too large. Check how it is made."),
    403: ("forbidden", "This is not open to you."),
    404: (
        "unknown_address",
        "The API has nothing at this address. /api/v1/docs lists what it has.",
    ),
    405: (
        "method",
        "This address does not take this method. The header Allow lists what it takes.",
    ),
    413: ("too_large", "The body is larger than an operation takes."),
    500: (
        "our_fault",
        "Something failed on our side. The fault is recorded. Try again in a minute; if it fails "
        "again, tell an organizer the address and the time.",
    ),
}
# The messages of pydantic that say least.
_WORDS = {
    "extra_forbidden": "There is no such field here. Check its spelling or leave it out.",
    "missing": "This is needed.",
}
_SHOWN_ERRORS = 50
# The status of a refusal by its code; all others are conflicts with the present state.
_STATUS = {"too_large": 413, "no_room": 503, "gone": 410, "rules": 403, "too_often": 429}
_OF_THE_FILE = {"bad_file", "not_a_table", "empty_file", "damaged", "no_pdf"}


class Problem(Exception):
    """A request is refused. `code` is for programs, `detail` a sentence that says what to do."""

    def __init__(self, status: int, code: str, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.more = more


class NotThere(Problem):
    """What was asked for does not exist, or not for the reader."""

    def __init__(self, request: HttpRequest, what: str = "Nothing like this") -> None:
        hint = "" if request.user.is_authenticated else f" If it is yours: {SIGN_IN}"
        super().__init__(404, "not_found", f"{what} is here, or it is not open to you.{hint}")


def answer(problem: Problem) -> HttpResponse:
    """Return a problem as it is sent."""
    body = {
        "type": f"{DOCUMENTED_AT}{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        **{name: _plain(value) for name, value in problem.more.items() if value is not None},
    }
    made = JsonResponse(body, status=problem.status, content_type=CONTENT_TYPE)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        made["WWW-Authenticate"] = 'Bearer realm="Podium"'
    if problem.status == HTTPStatus.TOO_MANY_REQUESTS and isinstance(
        at := problem.more.get("retry_at"), datetime
    ):
        made["Retry-After"] = str(max(1, math.ceil((at - timezone.now()).total_seconds())))
    return made


def instead_of(response: HttpResponseBase) -> HttpResponseBase:
    """Return an error page of the site as a problem, with the headers that tell more."""
    code, detail = WITHOUT_OPERATION.get(response.status_code, WITHOUT_OPERATION[400])
    made = answer(Problem(response.status_code, code, detail))
    if "Allow" in response:
        made["Allow"] = response["Allow"]
    return made


def on_problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return answer(error)


def on_refused(request: HttpRequest, error: Refused) -> HttpResponse:
    more: dict[str, object] = {"retry_at": error.retry_at}
    status = _STATUS.get(error.code, 409)
    if error.code in _OF_THE_FILE:
        status = 422
        more["problems"] = [{"code": error.code, "message": error.message, "rows": [], "count": 1}]
    return answer(Problem(status, error.code, error.message, **more))


def on_not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer(NotThere(request))


def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what the framework refuses: a body that its parser could not read."""
    if isinstance(error.__cause__, Problem):
        return answer(error.__cause__)
    return answer(Problem(error.status_code, "bad_request", str(error)))


def on_too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer(Problem(413, *WITHOUT_OPERATION[413]))


def on_bad_request(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer(Problem(400, *WITHOUT_OPERATION[400]))


def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer values that an operation does not take, each with where it stands."""
    return answer(_of_errors(error.errors))


def _of_errors(found: Sequence[Mapping[str, object]]) -> Problem:
    errors = [_error(each) for each in found[:_SHOWN_ERRORS]]
    first = errors[0]
    detail = f"`{first['where']}`: {first['message']}"
    if len(found) > 1:
        detail += f" And {len(found) - 1} more, see `errors`."
    return Problem(422, "invalid", detail, errors=errors)


def invalid_body(error: pydantic.ValidationError) -> Problem:
    """Return the problem of a body that an operation reads by itself."""
    found = [{**each, "loc": ("body", "given", *each["loc"])} for each in error.errors()]
    return _of_errors(found)


def invalid(where: str, message: str) -> Problem:
    """Return the problem that one value is not taken."""
    errors = [{"where": where, "message": message}]
    return Problem(422, "invalid", f"`{where}`: {message}", errors=errors)


def _error(found: Mapping[str, Any]) -> dict[str, str]:
    source, *place = found["loc"]
    if source == "body":
        place = place[1:]  # the name that the operation's own code has for the body
    message = _WORDS.get(found["type"]) or f"{found['msg']}."
    return {"where": ".".join(map(str, [source, *place])), "message": message.replace("..", ".")}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return value
