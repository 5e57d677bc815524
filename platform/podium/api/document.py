"""The OpenAPI document: made from the operations, with what all of them have in common."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja.operation import Operation

from podium.api.api import api
from podium.api.base import ROOT
from podium.api.base.problems import CONTENT_TYPE
from podium.api.base.readers import SAFE, Bearer
from podium.api.base.shapes import FileProblem, Problem, WrongValue
from podium.api.talk.writeup_shapes import WriteUpGiven
from podium.files import Json

_ERRORS = {
    400: "The request is not valid HTTP or JSON.",
    401: "The token does not work, or one is needed.",
    403: "The token lacks a scope, or rules or a licence are not accepted yet.",
    404: "There is no such thing, or it is not open to you.",
    409: "Refused in the current state; the code says why.",
    410: "It was deleted.",
    413: "The body or the file is too large.",
    415: "The body is of another type.",
    422: "Validation failed: a field or the file is invalid.",
    429: "Too many requests; see the header Retry-After.",
    503: "There is no room on our side.",
}
_OF_BODIES = {400, 409, 413, 415, 503}
_EXAMPLES: dict[str, object] = {
    "challenge": "sample",
    "task": "pairs",
    "track": "matching",
    "name": "train.parquet",
    "submission": 412,
    "number": 2,
    "user": 8,
    "invitation": 3,
    "proposal": 5,
    "question": 17,
    "answer": 31,
    "team": "alpha",
    "version": 3,
    "pdf": "paper",
    "a": "alpha",
    "b": "autogluon",
    "validation": "5f0c1f0e-8f3b-4f6e-9c57-1f6f8f0a2b11",
    "archive": 3,
    "case": 7,
    "upload": "0d8f7f2e-3f4e-4f2b-9c62-5d1d6e0b8f11",
}
# Of the parts of addresses.
_WORDS = {
    "challenge": "Its `slug`.",
    "task": "Its `slug`.",
    "track": "Its kind: matching or classification.",
    "name": "The name of the file, as the task lists it.",
    "submission": "Its `id`.",
    "number": "The `number` of the earlier submission.",
    "user": "The `id` of a member.",
    "invitation": "Its `id`.",
    "proposal": "Its `id`.",
    "question": "Its `id`.",
    "team": "Its `slug`.",
    "version": "Its number.",
    "pdf": "paper or slides.",
    "answer": "Its `id`.",
    "validation": "Its `id`.",
    "archive": "Its `id`.",
    "case": "Its `id`.",
    "upload": "Its `id`.",
}
_LIMITS = {
    "RateLimit-Limit": "How many requests a minute are taken.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "In how many seconds the minute ends.",
}
_CONVERTER = re.compile(r"[<{](?:\w+:)?(\w+)[>}]")


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Give the document of everything that the API offers."""
    return HttpResponse(_written(), content_type="application/json")


@cache
def _written() -> bytes:
    return json.dumps(document(), ensure_ascii=False).encode()


@cache
def document() -> Json:
    """Return the OpenAPI document."""
    # Through JSON, so that nothing in it is shared with the framework's own.
    made: Json = json.loads(json.dumps(api.get_openapi_schema(path_prefix=ROOT)))
    schemas = made["components"]["schemas"]
    for name in [each for each in schemas if each.endswith("Query")]:
        del schemas[name]  # whose fields stand among the parameters, one by one
    for shape in (Problem, WrongValue, FileProblem, WriteUpGiven):
        schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        schemas[shape.__name__] = schema
    made["components"]["headers"] = {
        name: {"description": words, "schema": {"type": "integer"}}
        for name, words in _LIMITS.items()
    }
    for path, method, operation in _operations():
        _complete(made["paths"][path][method], method, cast(Bearer, operation.auth_callbacks[0]))
    return made


@cache
def parameters_of(method: str, route: str) -> frozenset[str] | None:
    """Return the names that an operation takes in its query; None where there is no operation."""
    path = _CONVERTER.sub(r"{\1}", f"/{route}")
    operation = document()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return None
    found = operation["parameters"]
    return frozenset(each["name"] for each in found if each["in"] == "query")


def _operations() -> Iterator[tuple[str, str, Operation]]:
    """Yield every operation with its path and method, as the document names them."""
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield ROOT + _CONVERTER.sub(r"{\1}", path), method.lower(), operation


def _complete(described: Json, method: str, bearer: Bearer) -> None:
    """Add to an operation what all have: refusals, limits, who may use it, examples."""
    scopes = [str(bearer.scope)] if bearer.scope else []
    described["security"] = [{"Bearer": scopes}, *([{}] if bearer.is_public else [])]
    for parameter in described["parameters"]:
        if parameter["in"] == "path":
            parameter["description"] = _WORDS[parameter["name"]]
        if parameter["name"] in _EXAMPLES:
            parameter["example"] = _EXAMPLES[parameter["name"]]
    headers: Json = {name: {"$ref": f"#/components/headers/{name}"} for name in _LIMITS}
    if method.upper() in SAFE:
        headers = {**headers, "ETag": {"schema": {"type": "string"}}}
    for response in described["responses"].values():
        response["headers"] = headers
    is_read = method.upper() in SAFE
    for status, words in _ERRORS.items():
        if is_read and status in _OF_BODIES:
            continue
        schema = {"$ref": "#/components/schemas/Problem"}
        content = {CONTENT_TYPE: {"schema": schema}}
        described["responses"].setdefault(str(status), {"description": words, "content": content})
