"""The command line client as the site offers it: a wheel that pip installs from its address."""

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import condition, require_safe


@cache
def wheel_name() -> str:
    """Return the name of the wheel; pip reads the version from it."""
    project = tomllib.loads((settings.CLIENT / "pyproject.toml").read_text())["project"]
    return f"{project['name'].replace('-', '_')}-{project['version']}-py3-none-any.whl"


@cache
def wheel() -> bytes:
    """Return the wheel, built from the client's sources; equal sources give equal bytes."""
    from hatchling.builders.wheel import WheelBuilder  # only the few who install need it

    with TemporaryDirectory() as folder:
        builder = WheelBuilder(str(settings.CLIENT))
        (made,) = builder.build(directory=folder, versions=["standard"])
        return Path(made).read_bytes()


def install_command(extra: str = "") -> str:
    """Return the line that installs the client of this site."""
    address = settings.BASE_URL + reverse("client-wheel", args=[wheel_name()])
    return (
        f'pip install "podium-client[{extra}] @ {address}"' if extra else f"pip install {address}"
    )


def _etag(request: HttpRequest, name: str) -> str | None:
    return f'"{hashlib.sha256(wheel()).hexdigest()}"' if name == wheel_name() else None


@require_safe
@condition(etag_func=_etag)
def download(request: HttpRequest, name: str) -> HttpResponse:
    """Send the wheel of the version that this site has, and no other."""
    if name != wheel_name():
        raise Http404
    return HttpResponse(wheel(), content_type="application/octet-stream")
