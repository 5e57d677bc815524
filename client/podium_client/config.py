"""Where the site's address, the token and the defaults come from, and where they are stored."""

import json
import os
import re
import stat
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from podium_client import addresses
from podium_client.errors import UsageError

# The settings of `podium config set`, and what each is for.
SETTINGS = {
    "url": "the site's address",
    "challenge": "the challenge of a task named without one",
    "task": "the default task, as challenge/task",
    "path": "the folder that downloads go to",
}
TOKEN = re.compile(r"podium_[A-Za-z0-9_-]{43}")
ABOUT_TOKENS = (
    "A token is `podium_` and 43 characters. Make one on the site's page /account/tokens/ and copy"
    " all of it."
)


@dataclass(frozen=True)
class Config:
    """The settings of this run. `token` may be empty, `sources` says where each comes from."""

    url: str
    token: str = field(repr=False)
    insecure: bool
    settings: Mapping[str, str]
    sources: Mapping[str, str]
    file: Path


def config_file() -> Path:
    """Return the path of the configuration file: PODIUM_CONFIG, or the platform's default."""
    if given := os.environ.get("PODIUM_CONFIG"):
        return Path(given).expanduser()
    return _folder("XDG_CONFIG_HOME", ".config", "Library/Application Support") / "config.json"


def cache_folder() -> Path:
    """Return the cache folder: data, listings, states of uploads."""
    return _folder("XDG_CACHE_HOME", ".cache", "Library/Caches")


def _folder(variable: str, linux: str, macos: str) -> Path:
    if given := os.environ.get(variable):
        return Path(given).expanduser() / "podium"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "podium"
    return Path.home() / (macos if sys.platform == "darwin" else linux) / "podium"


def load(
    url: str = "", token: str = "", *, insecure: bool = False, file: Path | None = None
) -> Config:
    """Return the settings: the arguments, then PODIUM_URL and PODIUM_TOKEN, then the file. A stored
    token is sent only to the site that it was stored for. Errors: UsageError for an invalid file,
    address or token.
    """
    path = file or config_file()
    stored = read(path)
    layers = {
        "argument": {"url": url, "token": token},
        "environment": {
            "url": os.environ.get("PODIUM_URL", ""),
            "token": os.environ.get("PODIUM_TOKEN", "").strip(),
        },
        "file": stored,
    }
    found = {name: _first(layers, name) for name in ("token", *SETTINGS)}
    own = stored.get("url", "")
    insecure = insecure or (stored.get("insecure") == "yes" and found["url"][1] == own)
    address = found["url"][1]
    address = addresses.normal(address, insecure=insecure) if address else ""
    if found["token"][0] == "file" and address != own:
        found["token"] = ("", "")
    return Config(
        url=address,
        token=checked_token(found["token"][1]) if found["token"][1] else "",
        insecure=insecure,
        settings={name: found[name][1] for name in SETTINGS if found[name][1]},
        sources={name: source for name, (source, value) in found.items() if value},
        file=path,
    )


def _first(layers: Mapping[str, Mapping[str, str]], name: str) -> tuple[str, str]:
    """Return the first layer that has a value, and the value."""
    found = ((layer, values.get(name, "")) for layer, values in layers.items())
    return next(((layer, value) for layer, value in found if value), ("", ""))


def checked_token(token: str) -> str:
    """Return the token. Errors: UsageError, without the token, if it cannot be one."""
    if not TOKEN.fullmatch(token):
        raise UsageError(ABOUT_TOKENS, title="This is not a token.")
    return token


def read(file: Path) -> dict[str, str]:
    """Return the contents of the file; nothing if it does not exist. Errors: UsageError."""
    try:
        values: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise UsageError(
            f"{file} cannot be read: {reason}. Fix it, or delete it and log in again."
        ) from None
    if not isinstance(values, dict):
        raise UsageError(f"{file} is not a configuration. Delete it and log in again.")
    return {str(name): value for name, value in values.items() if isinstance(value, str)}


def is_open_to_others(file: Path) -> bool:
    """Return whether other accounts of this machine can read the file."""
    if os.name != "posix" or not file.exists():
        return False
    return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def write(file: Path, values: Mapping[str, str]) -> None:
    """Replace the file atomically, readable only by its owner. Errors: UsageError."""
    text = json.dumps({name: value for name, value in sorted(values.items()) if value}, indent=2)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes its files with mode 0600, so the token is never readable by others.
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as target:
                target.write(text + "\n")
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from None
