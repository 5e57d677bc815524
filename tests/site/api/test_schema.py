"""What the API's own document allows, and what it does not, is answered as the document says."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.files.base import ContentFile
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings
from schemathesis import BaseSchema, Case
from schemathesis.config import SchemathesisConfig

from podium import files
from podium.accounts import tokens
from podium.accounts.models import Scope, User
from podium.api.document import document
from podium.teams.actions import accept_rules
from podium.teams.models import MergeProposal
from tests.site import factories
from tests.site.api.conftest import World

pytestmark = pytest.mark.slow
# No schema can say what a file must be like, or that two entries differ: what fits the schema may
# be refused with 422 or 413.
UNSAID = ["2xx", "3xx", "400", "401", "403", "404", "409", "413", "422", "429", "5xx"]
# A body that is too long is refused before it is read, whatever else is wrong with it.
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429"]
OPERATIONS = [
    {
        "include-operation-id": name,
        "checks": {"positive_data_acceptance": {"expected-statuses": UNSAID}},
    }
    for name in (
        "submitting-submit-file",
        "submitting-validate",
        "uploads-begin",
        "writeups-save",
        "changes-plan-definition",
        "changes-plan-announcement",
        "acts-plan-teams",
        "labels-send",
        "comparisons-compare",
    )
]


def _described(**generation: object) -> BaseSchema:
    """Return the document with how requests are made from it."""
    made = {"max-examples": 5, "deterministic": True, "database": "none", **generation}
    checks = {"negative_data_rejection": {"expected-statuses": REFUSED}}
    settings = {"generation": made, "checks": checks, "operations": OPERATIONS}
    config = SchemathesisConfig.from_dict(settings)
    schema = schemathesis.openapi.from_dict(document(), config=config)
    schema.app = _answered
    return schema


def _answered(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer as a server does: give the whole body, then close what was open for it."""
    answer = _site()(environ, start_response)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


@cache
def _site() -> Callable[..., Any]:
    """Return the site, made once there is a folder of static files to look at."""
    return get_wsgi_application()


ANYTHING = _described()
OF_THE_WORLD = _described(mode="positive")
quick = hypothesis_settings(suppress_health_check=list(HealthCheck), deadline=None)


@pytest.fixture
def known(world: World, alice: User) -> dict[str, object]:
    """What the parts of addresses may be, so that something is there."""
    for each in (world.submission, world.later):
        files.private().save(each.file, ContentFile(b"x" * each.size))
    accept_rules(challenge=world.task.challenge, by=alice)
    beta = factories.make_team(world.task.challenge, "Beta", factories.make_user("dora"))
    question = factories.make_question(world.task.challenge, alice, task=world.task)
    paper = factories.make_attachment(factories.make_writeup(world.team, world.task.track))
    factories.make_writeup(world.team, world.task.track, paper=paper)
    return {
        "challenge": world.task.challenge.slug,
        "task": world.task.slug,
        "track": world.task.track.kind,
        "name": "train.csv",
        "submission": world.later.pk,
        "number": world.submission.number,
        "user": world.bob.pk,
        "invitation": world.invitation.pk,
        "validation": str(factories.make_check(world.task, alice).pk),
        "upload": str(factories.make_partial(world.task, alice).pk),
        "proposal": MergeProposal.objects.create(surviving=beta, absorbed=world.team).pk,
        "question": question.pk,
        "answer": factories.make_answer(question, alice).pk,
        "team": world.team.slug,
        "version": 2,
        "pdf": "paper",
        "case": factories.make_case(world.team, world.task).pk,
        "archive": factories.make_archive(world.task.challenge).pk,
    }


@pytest.fixture
def _kept_connection() -> Iterator[None]:
    """The connection outlives each answer, as it does for Django's own test client."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def headers(
    known: dict[str, object], alice: User, settings: Settings, _kept_connection: None
) -> dict[str, str]:
    """A token of Alice's."""
    settings.ALLOWED_HOSTS = ["*"]
    _, text = tokens.make(user=alice, name="tests", scopes=Scope.values, days=30)
    return {"Authorization": f"Bearer {text}"}


@ANYTHING.parametrize()
@quick
def test_whatever_is_sent_is_answered_as_the_document_says(
    case: Case, headers: dict[str, str]
) -> None:
    case.call_and_validate(headers=headers)


@OF_THE_WORLD.parametrize()
@quick
def test_what_is_there_is_given_as_the_document_says(
    case: Case, known: dict[str, object], headers: dict[str, str]
) -> None:
    for name in case.path_parameters or {}:
        case.path_parameters[name] = known[name]
    case.call_and_validate(headers=headers)
