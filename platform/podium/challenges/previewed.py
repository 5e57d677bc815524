"""Which challenge a request previews: it is shown as if announced, and nothing is cached."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CHALLENGE: ContextVar[int | None] = ContextVar("previewed_challenge", default=None)


@contextmanager
def previewing(challenge: int) -> Iterator[None]:
    """Preview a challenge, given its id, within the block."""
    token = _CHALLENGE.set(challenge)
    try:
        yield
    finally:
        _CHALLENGE.reset(token)


def previewed() -> int | None:
    """Return the id of the challenge that is being previewed, or None."""
    return _CHALLENGE.get()
