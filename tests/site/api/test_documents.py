"""The OpenAPI document, the reference page made from it, and docs/api.md, whose snippets run."""

import os
import re
import shlex
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings as site
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from jsonschema import Draft202012Validator
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from podium.accounts import tokens
from podium.accounts.models import Scope, User
from podium.api.base.codes import CODES
from podium.api.document import document
from podium.challenges.models import Challenge, Task
from podium.submissions.jobs import validations
from podium.submissions.models import Submission, Validation
from podium.web import urls as pages
from scoring.runner import Scorer
from tests.site.api.callers import Caller
from tests.site.api.conftest import World
from tests.site.factories import make_team
from tests.site.pets import make_pets_task, predictions
from tests.site.sent import sent_of

TEXT = (Path(site.ROOT) / "docs" / "api.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)).split("\n")
LIMITS = (site.API_REQUESTS_A_MINUTE, site.API_UPLOADS_AN_HOUR)  # which the tests lift
URL = "http://testserver"


# The document ------------------------------------------------------------------------------------


def _operations() -> list[dict[str, Any]]:
    return [each for methods in document()["paths"].values() for each in methods.values()]


def test_the_document_is_that_of_openapi(db: None) -> None:
    answer = Caller("").get("openapi.json")
    assert answer.json() == document()
    assert answer.json()["openapi"].startswith("3.1")
    names = [each["operationId"] for each in _operations()]
    assert len(names) == len(set(names))
    assert all(each["summary"] and each["description"] for each in _operations())
    parameters = [each for operation in _operations() for each in operation["parameters"]]
    assert [each["name"] for each in parameters if not each.get("description")] == []


def test_every_shape_has_an_example_that_it_fits() -> None:
    schemas = document()["components"]["schemas"]
    for name, schema in schemas.items():
        if name.startswith("Page_"):
            continue  # a list of what has an example
        whole = {**schema, "components": {"schemas": schemas}}
        assert "examples" in schema, name
        (example,) = schema["examples"]
        assert not list(Draft202012Validator(whole).iter_errors(example)), name


def test_only_the_scopes_of_tokens_are_asked_for() -> None:
    asked = {scope for each in _operations() for scope in each["security"][0]["Bearer"]}
    assert asked == set(Scope.values)


# The reference -----------------------------------------------------------------------------------


def test_the_reference_shows_every_operation_shape_and_code(world: World) -> None:
    html = Caller("").get("docs").content.decode()
    for each in _operations():
        assert f'id="{each["operationId"]}"' in html
    for name in document()["components"]["schemas"]:
        assert f'id="shape-{name}"' in html
    for code in CODES:
        assert f'id="error-{code}"' in html
    assert "<script>" not in html
    links = set(re.findall(r'href="#([^"]+)"', html))
    assert links <= set(re.findall(r' id="([^"]+)"', html))
    assert len(re.findall(r' id="([^"]+)"', html)) == len(set(re.findall(r' id="([^"]+)"', html)))


def test_the_examples_of_the_reference_name_a_task_of_the_site(world: World) -> None:
    html = Caller("").get("docs").content.decode()
    assert f"/api/v1/challenges/cup/tasks/{world.task.slug}/board</code>" in html
    assert f"/api/v1/challenges/cup/tracks/{world.task.track.kind}/board</code>" in html
    assert "challenges/sample" not in re.sub(r'id="shapes".*', "", html, flags=re.DOTALL)


def test_the_examples_of_the_reference_name_no_task_that_the_reader_may_not_see(
    world: World,
) -> None:
    Challenge.objects.update(announced_at=None, opens_at=timezone.now() + timedelta(days=1))
    html = Caller("").get("docs").content.decode()
    assert "/challenges/cup/" not in html


def test_a_form_of_the_reference_leads_to_the_answer(world: World) -> None:
    def tried(**values: str) -> Any:
        return Caller("").client.get(reverse("api-try"), values)

    board = {"operation": "boards-task-board", "challenge": "cup", "task": world.task.slug}
    answer = tried(**board, limit="5", part="", other="x")
    assert (
        answer.headers["Location"]
        == f"/api/v1/challenges/cup/tasks/{world.task.slug}/board?limit=5"
    )
    assert Caller("").get(answer.headers["Location"]).status_code == 200
    odd = tried(operation="challenges-challenge", challenge="//evil.example/?x=")
    assert odd.headers["Location"].startswith("/api/v1/challenges/%2F%2Fevil.example")
    assert tried(operation="teams-leave", challenge="cup").status_code == 404
    assert tried().status_code == 404


def test_the_root_leads_to_the_reference(db: None) -> None:
    answer = Caller("").get("/api/v1/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/api/v1/docs")


# docs/api.md -------------------------------------------------------------------------------------


class InProcess(BaseAdapter):
    """Answers what `requests` sends by the site of this process."""

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(str(request.url))
        headers = {name: str(value) for name, value in request.headers.items()}
        kind = headers.pop("Content-Type", "application/octet-stream")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        given = Client(enforce_csrf_checks=True).generic(
            str(request.method), f"{parts.path}?{parts.query}", body, kind, headers=headers
        )
        made = requests.Response()
        made.status_code, made.url, made.request = given.status_code, str(request.url), request
        made.headers = CaseInsensitiveDict(given.headers)
        made._content = given.getvalue()
        return made

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def described(
    challenge: Challenge, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Task:
    """The task of the snippets, a token, and a file to submit."""
    task = make_pets_task(challenge, tmp_path / "pets", in_flight_limit=9)
    make_team(challenge, "Alpha", alice)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    Path("predictions.csv").write_bytes(sent_of(predictions(task, tmp_path)))
    _, text = tokens.make(user=alice, name="docs", scopes=Scope.values, days=30)
    monkeypatch.setenv("PODIUM_URL", URL)
    monkeypatch.setenv("PODIUM_TOKEN", text)
    monkeypatch.setattr(requests.Session, "get_adapter", lambda *_, **__: InProcess())
    return task


def test_the_python_of_the_docs_runs(
    described: Task, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(seconds: float) -> None:
        """Check what waits, as a worker does while the snippet sleeps."""
        for waiting in Validation.objects.filter(state="queued"):
            held = Validation.claim(waiting.pk)
            assert held
            validations.check(held, scorer)

    monkeypatch.setattr(time, "sleep", work)
    names: dict[str, Any] = {}
    for number, snippet in enumerate(PYTHON):
        exec(compile(snippet, f"docs/api.md, snippet {number}", "exec"), names)  # noqa: S102
    assert names["check"]["state"] == "valid"
    assert Submission.objects.count() == 2
    assert Path("train.csv").exists()
    names["site"].close()


def test_the_commands_of_the_docs_are_answered(described: Task) -> None:
    commands = [shlex.split(os.path.expandvars(line)) for line in SHELL if line.startswith("curl")]
    assert len(commands) == 6
    for _, *options, address in commands:
        headers = dict(each.split(": ") for each in options if each != "-H")
        answer = requests.get(address, headers=headers, timeout=10)
        assert answer.status_code == 200, (address, answer.text)


def test_the_docs_speak_of_the_limits_and_scopes_that_there_are() -> None:
    for scope in Scope.values:
        assert f"| `{scope}` |" in TEXT
    assert LIMITS == (600, 60)
    assert "600 requests a minute and 60 files an hour" in TEXT


def test_the_docs_say_of_every_page_and_operation_where_it_is() -> None:
    hosts = (Path(site.ROOT) / "docs" / "host-api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z-]+)`", TEXT.partition("## What the pages do")[2] + hosts))
    operations = {each["operationId"] for each in _operations()}
    assert operations - named == set()
    of_pages = {pattern.name for pattern in _patterns(pages) if pattern.name}
    assert of_pages - named == set()


def _patterns(found: Any) -> list[Any]:
    """Return the patterns of a list of addresses, and of those that it includes."""
    patterns = []
    for each in getattr(found, "urlpatterns", found):
        patterns += _patterns(each.url_patterns) if hasattr(each, "url_patterns") else [each]
    return patterns
