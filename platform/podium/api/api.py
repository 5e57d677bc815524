"""The REST API as one object: its operations, and what answers their refusals."""

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation

from podium.access import SignInNeeded
from podium.api import boards, challenges, me, merging, tasks, teams
from podium.api.base import files, problems
from podium.api.base.problems import SIGN_IN, Problem
from podium.api.base.reading import Json
from podium.api.host import (
    acts,
    alerts,
    carrying,
    cases,
    changes,
    labels,
    listing,
    readiness,
    running,
    threads,
    winning,
)
from podium.api.submission import comparisons, submissions, submitting, uploads
from podium.api.talk import notices, questions, writeups
from podium.refusals import Refused


class Api(NinjaAPI):
    """Names its operations by the resource and what is done."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        view = operation.view_func
        return f"{view.__module__.rsplit('.', 1)[-1]}-{view.__name__}".replace("_", "-")


api = Api(
    title="Podium",
    version="1",
    description=(
        "Everything that participants and organizers can do on the pages, for programs. Times are "
        "ISO 8601 in UTC. Errors are `application/problem+json` (RFC 9457) with a `code`."
    ),
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
    parser=Json(),
)
RESOURCES = (
    me, challenges, tasks, files, teams, merging, submitting,
    submissions, uploads, boards, comparisons, questions, notices, writeups,
    listing, changes, readiness, alerts, acts, cases, threads, running, labels, winning, carrying,
)  # fmt: skip
for each in RESOURCES:
    api.add_router("", each.router)


def _on_sign_in(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.answer(Problem(401, "sign_in", SIGN_IN))


HANDLERS: dict[type[Exception], Callable[..., HttpResponse]] = {
    Problem: problems.on_problem,
    Http404: problems.on_not_found,
    SignInNeeded: _on_sign_in,
    HttpError: problems.on_http_error,
    ValidationError: problems.on_invalid,
    RequestDataTooBig: problems.on_too_large,
    SuspiciousOperation: problems.on_bad_request,
    UnreadablePostError: problems.on_bad_request,
    Refused: problems.on_refused,
}
for kind, handler in HANDLERS.items():
    api.add_exception_handler(kind, handler)
