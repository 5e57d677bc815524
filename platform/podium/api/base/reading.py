"""Reading JSON bodies, and saying so of what is none."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from podium.api.base.problems import Problem


def json_of(request: HttpRequest) -> object:
    """Return the body's document, as RFC 8259 has it. Raises Problem."""
    if request.content_type != "application/json":
        raise Problem(
            415, "not_json", "Send the body as JSON, with `Content-Type: application/json`."
        )
    return document_of(request.body)


def document_of(text: bytes | str) -> object:
    """Return a document in JSON, as RFC 8259 has it. Raises Problem."""
    try:
        found = json.loads(text if isinstance(text, str) else text.decode(), parse_constant=_refuse)
        json.dumps(found, ensure_ascii=False).encode()  # lone surrogates are not text
    except (ValueError, RecursionError) as error:
        raise Problem(
            400, "bad_json", f"The body is not JSON in UTF-8: {str(error)[:200]}."
        ) from error
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


class Json(Parser):
    """The framework's way to read a body."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json_of(request)
