"""The client that the site offers: a whole wheel, always the same."""

import tomllib
import zipfile
from email.parser import Parser
from io import BytesIO

import pytest
from django.conf import settings as site
from django.test import Client
from pytest_django import Settings

from podium.web.help.client import wheel, wheel_name

PROJECT = tomllib.loads((site.CLIENT / "pyproject.toml").read_text())["project"]
ADDRESS = f"/help/client/{wheel_name()}"


def test_the_wheel_has_every_file_of_the_client() -> None:
    with zipfile.ZipFile(BytesIO(wheel())) as opened:
        inside = opened.namelist()
        text = opened.read(f"podium_client-{PROJECT['version']}.dist-info/METADATA").decode()
    sources = {
        file.relative_to(site.CLIENT).as_posix()
        for file in (site.CLIENT / "podium_client").rglob("*.py")
    }
    assert sources | {"podium_client/py.typed"} == {
        name for name in inside if not name.split("/")[0].endswith(".dist-info")
    }
    metadata = Parser().parsestr(text)
    assert metadata["Version"] == PROJECT["version"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata.get_all("Provides-Extra") == ["pandas"]


def test_equal_sources_give_equal_bytes() -> None:
    """So that all web processes send the same."""
    first = wheel()
    wheel.cache_clear()
    assert wheel() == first


@pytest.mark.django_db
def test_it_is_sent_once_to_those_who_have_it(client: Client) -> None:
    answer = client.get(ADDRESS)
    assert answer.content == wheel()
    again = client.get(ADDRESS, headers={"if-none-match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["podium_client-9.9.9-py3-none-any.whl", "pyproject.toml", "..", "%2e%2e"]
)
def test_no_other_file_is_sent(client: Client, name: str) -> None:
    assert client.get(f"/help/client/{name}").status_code == 404


@pytest.mark.django_db
def test_the_page_of_the_client_has_the_lines_to_paste(client: Client, settings: Settings) -> None:
    settings.BASE_URL = "https://podium.example.org"
    html = client.get("/help/client/").content.decode()
    assert f"pip install https://podium.example.org{ADDRESS}</code>" in html
    assert f"podium-client[pandas] @ https://podium.example.org{ADDRESS}&quot;</code>" in html
    assert "pip install https" not in client.get("/help/").content.decode()
