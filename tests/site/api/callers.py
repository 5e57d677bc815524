"""Asking the API as a program does: with a token, in JSON."""

import json
from typing import Any

from django.test import Client

ROOT = "/api/v1/"
PROBLEM = "application/problem+json"


class Caller:
    """A program with a token, or without one."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.client = Client(enforce_csrf_checks=True)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return the answer; `path` is relative to the API's root, or an address of the site."""
        address = path if path.startswith("/") else ROOT + path
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent = {"Authorization": f"Bearer {self.token}", **sent}
        data, content_type = b"", "application/octet-stream"
        if body is not None:
            is_raw = isinstance(body, bytes)
            data = body if is_raw else json.dumps(body).encode()
            content_type = sent.pop("Content-Type", content_type if is_raw else "application/json")
        return self.client.generic(method, address, data, content_type=content_type, headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def send(self, path: str, form: dict[str, Any], **headers: str) -> Any:
        """Send a form, as with files."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.token}"
        return self.client.post(ROOT + path, form, headers=sent)


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Return the problem that an answer must be: of this status and code, in words."""
    assert answer.headers["Content-Type"] == PROBLEM, answer.content
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["status"], found["code"]) == (status, status, code), found
    assert found["type"] == f"/api/v1/docs#error-{code}"
    assert found["title"]
    assert len(found["detail"]) > 20
    assert found["detail"].rstrip("`").endswith((".", "?", ")"))
    return found
