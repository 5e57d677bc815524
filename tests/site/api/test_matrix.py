"""Permissions of the API: every operation, for every kind of person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.api.document import document
from podium.challenges.models import Role
from podium.teams.actions import accept_rules, invite
from podium.teams.models import MergeProposal
from tests.site import factories
from tests.site.api.conftest import As, Caller, World
from tests.site.undone import undone

# Charlie is in no team, Bob in one, Alice leads it; Oscar organizes another challenge, Olga this
# one; Sam is staff.
PEOPLE = ("anonymous", "charlie", "bob", "alice", "oscar", "olga", "sam")
ALL = (200,) * 7
SIGNED_IN = (401, *(200,) * 6)
CHANGE_OWN = (401, 404, 200, 200, 404, 404, 404)
OF_ORGANIZERS = (401, 404, 404, 404, 404, 200, 404)
OF_MEMBERS = (401, 404, 200, 200, 404, 404, 404)
# operation: what each of them gets.
TABLE: dict[str, tuple[int, ...]] = {
    "me-me": SIGNED_IN,
    "me-change": SIGNED_IN,
    "me-accepted": SIGNED_IN,
    "notices-notices": SIGNED_IN,
    "notices-mark-read": SIGNED_IN,
    "notices-choices": SIGNED_IN,
    "notices-choose": SIGNED_IN,
    "challenges-challenges": ALL,
    "challenges-challenge": ALL,
    "challenges-rules": SIGNED_IN,
    "tasks-tasks": ALL,
    "tasks-task": ALL,
    "files-file": ALL,
    "files-licence": SIGNED_IN,
    "teams-team": OF_MEMBERS,
    "teams-public": ALL,
    "teams-create": (401, 201, 409, 409, 201, 409, 409),
    "teams-rename": (401, 404, 409, 200, 404, 404, 404),
    "teams-invitations": (401, 404, 403, 200, 404, 404, 404),
    "teams-invite": (401, 404, 409, 201, 404, 404, 404),
    "teams-revoke": (401, 404, 409, 204, 404, 404, 404),
    "teams-hand-over": (401, 404, 409, 200, 404, 404, 404),
    "teams-remove": (401, 404, 409, 204, 404, 404, 404),
    "teams-research": (401, 404, 409, 200, 404, 404, 404),
    "teams-leave": (401, 404, 204, 409, 404, 404, 404),
    "teams-join": (401, 200, 200, 200, 200, 409, 409),
    "merging-merges": OF_MEMBERS,
    "merging-propose": (401, 404, 409, 201, 404, 404, 404),
    "merging-candidates": OF_MEMBERS,
    "merging-merge": OF_MEMBERS,
    "merging-accept": (401, 404, 409, 200, 404, 404, 404),
    "merging-decline": (401, 404, 409, 200, 404, 404, 404),
    "merging-withdraw": (401, 404, 409, 200, 404, 404, 404),
    "submitting-submissions": SIGNED_IN,
    "submitting-submit-file": (401, 201, 201, 201, 201, 409, 409),
    "submitting-validate": (401, 202, 202, 202, 202, 202, 202),
    "submitting-validation": (401, 404, 404, 200, 404, 404, 404),
    "submissions-submission": (404, 404, 200, 200, 404, 200, 404),
    "submissions-describe": CHANGE_OWN,
    "submissions-withdraw": CHANGE_OWN,
    "submissions-restore": CHANGE_OWN,
    "submissions-select": CHANGE_OWN,
    "submissions-unselect": CHANGE_OWN,
    "submissions-file": (404, 404, 200, 200, 404, 200, 404),
    "uploads-begin": (401, 201, 201, 201, 201, 201, 201),
    "uploads-upload": (401, 404, 404, 200, 404, 404, 404),
    "uploads-append": (401, 404, 404, 200, 404, 404, 404),
    "uploads-drop": (401, 404, 404, 204, 404, 404, 404),
    "boards-task-board": ALL,
    "boards-track-board": ALL,
    "comparisons-compare": ALL,
    "comparisons-with-earlier": (404, 404, 200, 200, 404, 200, 404),
    "questions-questions": ALL,
    "questions-ask": (401, *(201,) * 6),
    "questions-question": ALL,
    "questions-edit": (401, 409, 409, 200, 409, 409, 409),
    "questions-moderate": (401, 409, 409, 409, 409, 200, 409),
    "questions-answers": ALL,
    "questions-answer": (401, *(201,) * 6),
    "questions-edit-answer": (401, 409, 409, 200, 409, 409, 409),
    "writeups-writeups": ALL,
    "writeups-writeup": (404, 404, 200, 200, 404, 200, 404),
    "writeups-pdf": (404, 404, 200, 200, 404, 200, 404),
    "writeups-save": (401, 404, 201, 201, 404, 404, 404),
    "writeups-publish": (401, 404, 409, 409, 404, 409, 404),
    "writeups-take-back": (401, 404, 409, 200, 404, 409, 404),
    "writeups-hide": (401, 404, 409, 409, 404, 200, 404),
    "writeups-show": (401, 404, 409, 409, 404, 200, 404),
    "questions-moderate-answer": (401, 409, 409, 409, 409, 200, 409),
    "listing-organized": SIGNED_IN,
    "listing-status": OF_ORGANIZERS,
    "listing-submissions": OF_ORGANIZERS,
    "listing-teams": OF_ORGANIZERS,
    "listing-events": OF_ORGANIZERS,
    "changes-definition": OF_ORGANIZERS,
    "changes-organizers": OF_ORGANIZERS,
    "changes-announcements": OF_ORGANIZERS,
    "running-rescore": OF_ORGANIZERS,
    "running-list-archives": OF_ORGANIZERS,
    "running-archive-file": OF_ORGANIZERS,
    "readiness-checks": OF_ORGANIZERS,
    "readiness-plan-overruling": OF_ORGANIZERS,
    "alerts-webhook": OF_ORGANIZERS,
    "alerts-plan-webhook": (401, 404, 404, 404, 404, 409, 404),
    "cases-cases": OF_ORGANIZERS,
    "cases-case": OF_ORGANIZERS,
    "cases-plan-decision": OF_ORGANIZERS,
    "threads-threads": OF_ORGANIZERS,
    "threads-thread": OF_ORGANIZERS,
    "threads-plan-message": OF_ORGANIZERS,
    "labels-corrections": OF_ORGANIZERS,
    "labels-send": (401, 404, 404, 404, 404, 202, 404),
    "labels-plan-labels": OF_ORGANIZERS,
    "changes-plan-pause": OF_ORGANIZERS,
    "changes-plan-times": OF_ORGANIZERS,
    "changes-plan-organizers": OF_ORGANIZERS,
    "changes-plan-announcement": OF_ORGANIZERS,
    "acts-plan-submissions": OF_ORGANIZERS,
    "acts-plan-teams": OF_ORGANIZERS,
    "running-plan-rescore": OF_ORGANIZERS,
    "running-plan-baseline": OF_ORGANIZERS,
    "running-plan-reveal": OF_ORGANIZERS,
    "winning-plan-winners": (401, 404, 404, 404, 404, 200, 404),
    "running-plan-archive": (401, 404, 404, 404, 404, 409, 404),
    "changes-plan-definition": (401, 403, 403, 403, 422, 200, 422),
    "carrying-carry-out-plan": (401, *(409,) * 6),
}
CSV = b"id,score\np1,0.5\n"


@dataclass(frozen=True)
class Request:
    """How an operation is asked for: with a body, or a form."""

    method: str
    path: str
    body: Any = None
    form: dict[str, Any] | None = None
    headers: dict[str, str] | None = None


def _operations() -> Iterator[tuple[str, str, str]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method.upper(), path


@pytest.fixture
def oscar(db: None) -> User:
    user = factories.make_user("oscar")
    factories.make_organizer(factories.make_challenge("other"), user, Role.OWNER)
    return user


def requests(world: World, alice: User) -> dict[str, Request]:
    """Return a request for every operation, of things that are there."""
    challenge, task = world.task.challenge, world.task
    _, token = invite(team=world.team, by=alice)
    factories.make_team(challenge, "Trivial", baseline="trivial")
    other = factories.make_team(challenge, "Proposing", factories.make_user("proposing"))
    factories.make_team(challenge, "Willing", factories.make_user("willing"))
    proposal = MergeProposal.objects.create(surviving=other, absorbed=world.team)
    made = MergeProposal.objects.create(surviving=world.team, absorbed=other)
    question = factories.make_question(challenge, alice, task=task)
    paper = factories.make_attachment(factories.make_writeup(world.team, task.track))
    factories.make_writeup(world.team, task.track, paper=paper)
    check, upload = factories.make_check(task, alice), factories.make_partial(task, alice)
    values: dict[str, Any] = {
        "challenge": challenge.slug, "task": task.slug, "track": task.track.kind,
        "name": "train.csv", "submission": world.submission.pk, "number": 1,
        "invitation": world.invitation.pk, "user": world.bob.pk,
        "validation": check.pk, "upload": upload.pk, "proposal": proposal.pk,
        "team": world.team.slug, "version": 2, "pdf": "paper",
        "archive": factories.make_archive(challenge).pk,
        "case": factories.make_case(world.team, task).pk,
        "question": question.pk, "answer": factories.make_answer(question, alice).pk,
    }  # fmt: skip
    bodies: dict[str, Any] = {
        "challenges-rules": {"version": challenge.rules_hash},
        "teams-create": {"name": "Gamma"},
        "teams-rename": {"name": "Alpha 2"},
        "teams-invite": {},
        "teams-hand-over": {"user": world.bob.pk},
        "teams-join": {"token": token},
        "teams-research": {"answer": "yes"},
        "merging-propose": {"team": "willing"},
        "questions-ask": {"title": "May we?", "body": "Use other data?", "task": task.slug},
        "questions-edit": {"title": "May we really?"},
        "questions-moderate": {"is_faq": True},
        "questions-answer": {"body": "Yes."},
        "questions-edit-answer": {"body": "No."},
        "questions-moderate-answer": {"is_hidden": True},
        "writeups-save": {"title": "How", "body": "So.", "based_on": 2},
        "writeups-publish": {"version": 2},
        "writeups-hide": {"reason": "It names people."},
        "changes-plan-definition": {"yaml": "challenge: {slug: cup, summary: News}"},
        "readiness-plan-overruling": {"act": "overrule", "check": "rules"},
        "alerts-plan-webhook": {"act": "test"},
        "cases-plan-decision": {"decision": "warned"},
        "threads-plan-message": {"body": "Hello."},
        "labels-plan-labels": {
            "act": "discard",
            "correction": factories.make_correction(task, state="failed").pk,
        },
        "changes-plan-pause": {"sentence": "We correct its labels."},
        "changes-plan-times": {"freeze_hours": 3},
        "changes-plan-organizers": {"roles": {"new@example.org": "viewer"}},
        "changes-plan-announcement": {"title": "News", "body": "So."},
        "acts-plan-submissions": {"act": "withdraw", "submissions": [world.submission.pk]},
        "acts-plan-teams": {"act": "disqualify", "teams": [world.team.slug]},
        "running-plan-rescore": {"act": "start"},
        "running-plan-baseline": {"act": "start", "tasks": [task.slug], "method": "trivial"},
        "running-plan-reveal": {"act": "stop"},
        "winning-plan-winners": {"act": "bar", "team": world.team.slug},
        "running-plan-archive": {},
        "carrying-carry-out-plan": {"plan": "x"},
        "me-change": {"name": "Ada"},
        "notices-mark-read": {},
        "notices-choose": {"kind": "scored", "how": "off"},
        "submissions-describe": {"note": "second try"},
        "uploads-begin": {"name": "large.csv", "bytes": 9, "sha256": "e" * 64},
        "uploads-append": CSV[:9],
    }
    asked = {}
    for name, method, path in _operations():
        where = path.format(**values)
        if name == "merging-withdraw":
            where = where.replace(f"/{proposal.pk}/", f"/{made.pk}/")
        if name == "submissions-withdraw":
            where = where.replace(f"/{world.submission.pk}/", f"/{world.later.pk}/")
        if name == "comparisons-with-earlier":
            where = f"/api/v1/submissions/{world.later.pk}/compare/{world.submission.number}"
        if name == "comparisons-compare":
            where += "?a=alpha&b=trivial"
        form = {"file": ContentFile(CSV, "x.csv")} if name in FORMS else None
        headers = {"Upload-Offset": "0"} if name == "uploads-append" else None
        asked[name] = Request(method, where, bodies.get(name), form, headers)
    return asked


FORMS = ("submitting-submit-file", "submitting-validate", "labels-send")


def test_the_table_lists_every_operation() -> None:
    assert {name for name, _, _ in _operations()} == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_person_gets_what_the_table_says(
    request: pytest.FixtureRequest, world: World, alice: User, calls: As, name: str
) -> None:
    got, wanted = [], requests(world, alice)[name]
    for person in PEOPLE:
        files.private().save(world.submission.file, ContentFile(CSV))
        user = None if person == "anonymous" else request.getfixturevalue(person)
        caller = calls(user)
        with undone():
            if user:
                accept_rules(challenge=world.task.challenge, by=user)
            answer = _answer(caller, wanted)
            got.append(answer.status_code)
            assert not answer.streaming or answer.getvalue()  # which closes the file
    assert dict(zip(PEOPLE, got, strict=True)) == dict(zip(PEOPLE, TABLE[name], strict=True))


def _answer(caller: Caller, wanted: Request) -> Any:
    if wanted.form:
        wanted.form["file"].seek(0)  # another caller has read it
        return caller.send(wanted.path.removeprefix("/api/v1/"), wanted.form)
    return caller.call(wanted.method, wanted.path, wanted.body, **(wanted.headers or {}))


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_token_needs_its_scope(world: World, alice: User, calls: As, name: str) -> None:
    wanted = requests(world, alice)[name]
    described = document()["paths"]
    needed = next(
        operation["security"][0]["Bearer"]
        for methods in described.values()
        for operation in methods.values()
        if operation["operationId"] == name
    )
    for scope in {"read", "submit", "team", "organize"} - set(needed):
        caller = calls(alice, scope)
        answer = caller.call(wanted.method, wanted.path, wanted.body, **(wanted.headers or {}))
        if needed:
            assert answer.status_code == 403
            assert answer.json()["code"] == "scope"
        else:
            assert answer.status_code == 200


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_session_reads_and_changes_nothing(
    world: World, alice: User, calls: As, name: str
) -> None:
    wanted = requests(world, alice)[name]
    caller = calls(None)
    caller.client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    files.private().save(world.submission.file, ContentFile(CSV))
    answer = caller.call(wanted.method, wanted.path, wanted.body, **(wanted.headers or {}))
    expected = TABLE[name][PEOPLE.index("alice")] if wanted.method == "GET" else 401
    assert answer.getvalue()  # which closes the file
    assert answer.status_code == expected


DRAFT = sorted(
    {
        *("challenges-challenge", "tasks-tasks", "tasks-task", "files-file", "teams-team"),
        *("boards-task-board", "boards-track-board", "comparisons-compare", "teams-create"),
        *("submitting-submissions", "submitting-submit-file", "submitting-validate"),
        *("uploads-begin", "files-licence", "challenges-rules", "teams-invite"),
        *("merging-merges", "merging-propose", "merging-merge", "merging-accept"),
        *("questions-questions", "questions-question", "questions-ask", "questions-answers"),
        *("writeups-writeups", "writeups-writeup", "writeups-save", "writeups-pdf"),
    }
)


@pytest.mark.parametrize("name", DRAFT)
def test_a_draft_is_hidden_from_all_but_its_organizers(
    world: World, alice: User, sam: User, calls: As, name: str
) -> None:
    wanted = requests(world, alice)[name]
    challenge = world.task.challenge
    challenge.announced_at = None
    challenge.opens_at = timezone.now() + timedelta(days=1)
    challenge.save()
    for person in (alice, sam):
        answer = calls(person).call(wanted.method, wanted.path, wanted.body)
        assert answer.status_code == 404
        assert challenge.title not in answer.content.decode()
    assert calls(alice).get("challenges").json()["count"] == 0
    assert calls(alice).get("me").json()["teams"] == []
