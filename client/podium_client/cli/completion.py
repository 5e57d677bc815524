"""Shell completion of challenges and tasks, from a cached listing."""

import json
import time
from contextlib import suppress
from typing import Any

import httpx
import typer

from podium_client import config
from podium_client.errors import PodiumError
from podium_client.retries import Retries
from podium_client.site import Site

MINUTES = 10
# The user waits for the completion.
TIMEOUT = httpx.Timeout(2.0)


def challenges(context: typer.Context, incomplete: str) -> list[str]:
    """Return the challenges whose names begin with this."""
    return [name for name in _names("") if name.startswith(incomplete)]


def tasks(context: typer.Context, incomplete: str) -> list[str]:
    """Return the tasks whose names begin with this; before the slash, the challenges with a
    slash."""
    challenge, slash, _ = incomplete.partition("/")
    if not slash:
        return [f"{name}/" for name in _names("") if name.startswith(incomplete)]
    found = [f"{challenge}/{name}" for name in _names(challenge)]
    return [name for name in found if name.startswith(incomplete)]


def _names(challenge: str) -> list[str]:
    """Return the names of all challenges, or of the tasks of one; the cached ones if offline."""
    file = config.cache_folder() / "listing.json"
    try:
        current = config.load()
        known = _known(file)
        entry = known.get(f"{current.url} {challenge}", {})
        if time.time() - float(entry.get("at", 0)) > MINUTES * 60:
            with suppress(PodiumError):
                entry = {"at": time.time(), "names": _asked(current, challenge)}
                known[f"{current.url} {challenge}"] = entry
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(known), encoding="utf-8")
        return [str(name) for name in entry.get("names", [])]
    except (PodiumError, OSError, ValueError, TypeError, KeyError, AttributeError):
        return []  # an error message would break the command line that is being typed


def _known(file: Any) -> dict[str, Any]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _asked(current: config.Config, challenge: str) -> list[str]:
    site = Site(current.url, current.token, retries=Retries(attempts=1), timeout=TIMEOUT)
    try:
        path = f"challenges/{challenge}/tasks" if challenge else "challenges"
        return [str(each["slug"]) for each in site.listing(path)]
    finally:
        site.close()
