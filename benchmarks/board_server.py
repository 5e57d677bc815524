"""The site's WSGI application with one more page: a constant one, as large as a board.

It passes through the same middleware. Its bytes are those of the file that BENCH_CONSTANT names,
packed by gzip as the board's are.
"""

import gzip
import os
from functools import cache
from importlib import import_module
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import path

from podium.wsgi import application

__all__ = ["application"]


@cache
def _body() -> tuple[bytes, bytes]:
    plain = Path(os.environ["BENCH_CONSTANT"]).read_bytes()
    return plain, gzip.compress(plain, compresslevel=6, mtime=0)


def constant(request: HttpRequest) -> HttpResponse:
    """Answer with the same bytes to everybody."""
    plain, packed = _body()
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(packed, headers={"Content-Encoding": "gzip"})
    return HttpResponse(plain)


# Only now: the addresses need the site that was set up with the application.
urls = import_module("podium.urls")
urls.urlpatterns.insert(0, path("bench/constant/", constant))
