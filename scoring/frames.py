"""Length-limited frames over pipes: a JSON object and the bytes that follow it.

A frame is two 4-byte lengths (big endian), the JSON and the bytes. A reader that meets a longer
frame than it allows stops; it never allocates what a peer merely announces.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import struct
import time
from dataclasses import dataclass
from typing import Any

_LENGTHS = struct.Struct(">II")
MAX_JSON = 1 << 25
"""Most bytes of JSON; scores by a thousand values of several slices need some."""
MOST_PAYLOAD = 1 << 31
"""Most bytes behind the JSON; what a limited process may send is far less."""
_CHUNK = 1 << 20


class BadFrame(Exception):
    """The peer ended within a frame, sent too much, or sent something other than a JSON object."""


class Closed(BadFrame):
    """The peer closed the pipe before the first byte of a frame."""


class TimedOut(Exception):
    """The frame was not complete in time."""


class Hangup(Exception):
    """The watched descriptor became readable or was closed while waiting for a frame."""


@dataclass(frozen=True)
class Frame:
    """One message and its bytes."""

    message: dict[str, Any]
    payload: bytes = b""


def widen(pipe: int) -> None:
    """Gives a pipe a buffer of a megabyte, if allowed, so that large answers need few switches."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CHUNK)


def write_frame(
    descriptor: int, message: dict[str, Any], payload: bytes = b"", seconds: float | None = None
) -> None:
    """Writes one frame; OSError if the pipe is broken, TimedOut if nobody reads it in time.

    A time limit holds for pipes that do not block.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    text = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
    for part in (_LENGTHS.pack(len(text), len(payload)) + text, payload):
        data = memoryview(part)
        while data:
            if deadline is not None and not _writable(descriptor, deadline):
                raise TimedOut
            data = data[os.write(descriptor, data) :]


def _writable(descriptor: int, deadline: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(_left(deadline)))


def _left(deadline: float | None) -> float | None:
    """The milliseconds until then, as poll takes them."""
    return None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000


def read_frame(
    descriptor: int, max_payload: int, seconds: float | None = None, watch: int | None = None
) -> Frame:
    """The next frame, or TimedOut; Hangup if `watch` becomes readable meanwhile."""
    deadline = None if seconds is None else time.monotonic() + seconds
    head = _read(descriptor, _LENGTHS.size, deadline, watch)
    json_length, payload_length = _LENGTHS.unpack(head)
    if json_length > MAX_JSON or payload_length > max_payload:
        raise BadFrame("the frame is too long")
    text = _read(descriptor, json_length, deadline, watch)
    payload = _read(descriptor, payload_length, deadline, watch)
    try:
        message = json.loads(text)
    except ValueError as error:
        raise BadFrame("the frame holds no JSON") from error
    if not isinstance(message, dict):
        raise BadFrame("the frame holds no JSON object")
    return Frame(message, payload)


def _read(descriptor: int, size: int, deadline: float | None, watch: int | None) -> bytes:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if watch is not None:
        poll.register(watch, select.POLLIN)
    parts: list[bytes] = []
    left = size
    while left:
        ready = [number for number, _ in poll.poll(_left(deadline))]
        if not ready:
            raise TimedOut
        if watch in ready:
            raise Hangup
        chunk = os.read(descriptor, min(left, _CHUNK))
        if not chunk:
            raise BadFrame("the pipe ended within a frame") if parts else Closed
        parts.append(chunk)
        left -= len(chunk)
    return b"".join(parts)
