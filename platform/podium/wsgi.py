"""The WSGI entry point that gunicorn loads."""

import gc
import os
from collections.abc import Iterable
from typing import BinaryIO
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from podium.starting import require_secrets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "podium.settings")

_django = get_wsgi_application()
require_secrets()


class WholeBody:
    """The body of a request that raises when its sender goes away before the end of it.

    Without it a broken connection looks like the end of the body, and the first half of a file
    would be read as the file.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def read(self, size: int) -> bytes:
        """Return at most this many bytes; Django never asks for more than are to come."""
        return self._some(self.stream.read(size), size)

    def readline(self, size: int) -> bytes:
        """Return at most this many bytes of the next line."""
        return self._some(self.stream.readline(size), size)

    def _some(self, data: bytes, size: int) -> bytes:
        if size and not data:
            raise ConnectionResetError("The request ended before its body was complete.")
        return data


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request; a body that ends too early is an error."""
    environ["wsgi.input"] = WholeBody(environ["wsgi.input"])
    return _django(environ, start_response)


def keep_loaded() -> None:
    """Take what is loaded by now out of the search for garbage, and search less often.

    It stays for good, and a page of many rows makes enough new objects to have it looked through
    again: one page in twenty would take twice as long as the others.
    """
    get_resolver().url_patterns  # noqa: B018  (which loads every view)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


keep_loaded()
