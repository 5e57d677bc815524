"""Which of the reference methods this site can run."""

from django.conf import settings

from baselines.method import Method
from baselines.registry import METHODS

# A method that starts from an earlier one runs that one again on parts of the rows.
AGAIN = 4


def default_seconds(method: str) -> int:
    """Return the time limit of a run of the method unless another is chosen."""
    seconds: int = settings.BASELINE_SECONDS
    if METHODS[method].needs_reference:
        return min(AGAIN * seconds, settings.MOST_BASELINE_SECONDS)
    return seconds


def offered() -> dict[str, Method]:
    """Return the methods that may be started here, by name."""
    return {name: method for name, method in METHODS.items() if not lacking(method)}


def lacking(method: Method) -> str:
    """Return what this site lacks to run a method, in a sentence; empty where it lacks nothing."""
    if method.needs_backbones and not (settings.TEXT_BACKBONE or settings.IMAGE_BACKBONE):
        return (
            f"{method.title} starts from pretrained networks: set PODIUM_TEXT_BACKBONE or "
            "PODIUM_IMAGE_BACKBONE (see docs/running.md)."
        )
    return ""
