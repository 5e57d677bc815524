"""Sending stored files as RFC 9110 wants it: whole or in part, and not again when nothing changed.

A file of a version never changes, so its ETag is strong and its date is that of the version.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe

from podium import files
from podium.catalog.models import DatasetVersion

CONTENT_TYPES = {
    "cff": "text/yaml; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "bib": "text/plain; charset=utf-8",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "pdf": "application/pdf",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
    "zip": "application/zip",
}
# What is shown rather than saved was made from somebody's data: it may not do anything.
INLINE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
FOR_EVERYBODY = "public, max-age=3600"
FOR_ONE = "private, no-cache"
_RANGE = re.compile(r"bytes=(\d{0,999})-(\d{0,999})", re.ASCII)
_BLOCK = 1 << 16
# An open file of bytes and how many it has. It can be read, closed, and set to a byte further on.
Opened = tuple[Any, int]


@dataclass(frozen=True)
class Stored:
    """A file in the public storage, or the private one, and how it is sent.

    `tag` names its bytes, `at` is when it came to the site, `inline` shows it in the page. What is
    private is sent only by this process.
    """

    name: str
    filename: str
    tag: str
    at: datetime
    is_for_everybody: bool
    inline: bool = False
    is_private: bool = False

    @property
    def etag(self) -> str:
        return f'"{self.tag}"'

    @property
    def content_type(self) -> str:
        suffix = self.filename.rsplit(".", 1)[-1].lower()
        return CONTENT_TYPES.get(suffix, "application/octet-stream")


def public_file(version: DatasetVersion, name: str, *, is_for_everybody: bool) -> Stored | None:
    """Return a public file of a version by its name: a table, a card, or everything as one zip."""
    hashes = {row["name"]: row["sha256"] for row in version.files}
    path = version.folder / name
    if name == version.archive.name and version.content_hash:
        path, tag = version.archive, f"{version.content_hash}-zip"
    elif name == "dataset.json" and version.content_hash:
        tag = f"{version.content_hash}-facts"
    elif name in hashes:
        tag = hashes[name]
    else:
        return None
    return stored_of(version, path, name, tag, is_for_everybody=is_for_everybody)


def stored_of(
    version: DatasetVersion,
    path: PurePosixPath,
    filename: str,
    tag: str,
    *,
    is_for_everybody: bool,
    inline: bool = False,
) -> Stored:
    """Return a file of a version at its path in the public storage."""
    return Stored(
        name=str(path),
        filename=filename,
        tag=tag,
        at=version.published_at or version.created_at,
        is_for_everybody=is_for_everybody,
        inline=inline,
    )


def is_whole(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether the answer sends a whole file, by this process or a proxy."""
    if request.method != "GET":
        return False
    if isinstance(response, HttpResponseRedirect) or "X-Accel-Redirect" in response:
        return "Range" not in request.headers
    return response.status_code == 200


def send(
    request: HttpRequest,
    stored: Stored,
    *,
    may_redirect: bool = True,
    opened: Callable[[], Opened] | None = None,
) -> HttpResponseBase:
    """Return the file, the part of it that was asked for, or that it has not changed.

    The proxy or, if it `may_redirect`, the storage sends it where the settings say so. Raises
    Http404 if it is gone. `opened` opens what is not stored as it is sent.
    """
    response: HttpResponseBase | None
    # A page shows only what belongs to this site.
    may_redirect &= not (stored.inline or stored.is_private)
    if settings.DOWNLOAD_REDIRECT and may_redirect:
        response = HttpResponseRedirect(files.public().url(stored.name))
        response["Cache-Control"] = "private, no-store"
        return response
    response = get_conditional_response(request, stored.etag, int(stored.at.timestamp()))
    if response is None and settings.X_ACCEL_PREFIX and not stored.is_private:
        response = HttpResponse()
        place = f"{settings.X_ACCEL_PREFIX.rstrip('/')}/{quote(stored.name)}"
        response["X-Accel-Redirect"] = place
    elif response is None:
        response = _from_here(request, stored, opened or (lambda: _from_storage(stored)))
    _describe(response, stored)
    return response


def _from_storage(stored: Stored) -> Opened:
    storage = files.private() if stored.is_private else files.public()
    try:
        handle = storage.open(stored.name)
        return handle, handle.size
    except FileNotFoundError as error:
        raise Http404 from error


def _from_here(
    request: HttpRequest, stored: Stored, opened: Callable[[], Opened]
) -> HttpResponseBase:
    handle, size = opened()
    if request.method == "HEAD":
        handle.close()
        response: HttpResponseBase = HttpResponse()
        response["Content-Length"] = str(size)
        return response
    part = _part(request, stored, size)
    if part is None:
        response = FileResponse(handle)
        response["Content-Length"] = str(size)
        return response
    first, last = part
    if first > last:
        handle.close()
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
        return response
    handle.seek(first)
    response = FileResponse(_Part(handle, last - first + 1), status=206)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Content-Length"] = str(last - first + 1)
    return response


def _part(request: HttpRequest, stored: Stored, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte asked for; None: everything; first > last: no such part.

    Several ranges at once, and invalid ranges, are answered with the whole file.
    """
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if match is None or not any(match.groups()) or not _still_the_same(request, stored):
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    if last and int(last) < int(first):
        return None  # not a valid range
    if int(first) >= size:
        return 1, 0
    return int(first), min(int(last), size - 1) if last else size - 1


def _still_the_same(request: HttpRequest, stored: Stored) -> bool:
    """Return whether what If-Range names is this file; without the header it is."""
    condition = request.headers.get("If-Range")
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return condition == stored.etag
    return parse_http_date_safe(condition) == int(stored.at.timestamp())


def _describe(response: HttpResponseBase, stored: Stored) -> None:
    response["ETag"] = stored.etag
    response["Last-Modified"] = http_date(stored.at.timestamp())
    response["Cache-Control"] = FOR_EVERYBODY if stored.is_for_everybody else FOR_ONE
    if response.status_code in (304, 412, 416):
        return
    response["Accept-Ranges"] = "bytes"
    response["Content-Type"] = stored.content_type
    response["X-Content-Type-Options"] = "nosniff"
    if stored.inline:
        response["Content-Security-Policy"] = INLINE_POLICY
    else:
        response["Content-Disposition"] = content_disposition_header(True, stored.filename)


class _Part:
    """A given number of bytes of an open file, from its position, for FileResponse."""

    def __init__(self, handle: IO[bytes], length: int) -> None:
        self._handle = handle
        self._left = length

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(_BLOCK):
            yield block

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        block: bytes = self._handle.read(wanted)
        self._left -= len(block)
        return block

    def close(self) -> None:
        self._handle.close()
