"""Permissions of the pages: every address of the pages, for every kind of reader."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Role, Task
from podium.discussions.models import Question
from podium.notices.turning_off import token_of
from podium.teams.models import MergeProposal, Team
from podium.web import urls
from podium.web.help.client import wheel_name
from podium.writeups.models import WriteUp
from tests.site import factories
from tests.site.diagnoses import make_diagnosis
from tests.site.undone import undone
from tests.site.web.conftest import PEOPLE, World

ALL = (200,) * 7
SIGNED_IN = (302,) + (200,) * 6
NOWHERE = (404,) * 7  # no team is on the board of the world's track
# name: method, then what anonymous, charlie, bob, alice, olga, viktor and sam get.
TABLE: dict[str, tuple[str, tuple[int, ...]]] = {
    "home": ("get", ALL),
    "healthz": ("get", ALL),
    "datasets": ("get", ALL),
    "metrics": ("get", ALL),
    "help": ("get", ALL),
    "guide": ("get", ALL),
    "client-wheel": ("get", ALL),
    "dataset": ("get", ALL),
    "download": ("get", ALL),
    "dataset-image": ("get", ALL),
    "dataset-figure": ("get", ALL),
    "dataset-rows": ("get", ALL),
    "dataset-play": ("get", (404,) * 7),  # of a version with rows
    "dataset-thumbnail": ("get", ALL),
    "dataset-diagnostics": ("get", ALL),
    "dataset-croissant": ("get", ALL),
    "accept-licence": ("post", (302, 302, 302, 302, 302, 302, 302)),
    "raw-file": ("get", (302, 404, 404, 404, 404, 404, 404)),
    "challenge": ("get", ALL),
    "track": ("get", ALL),
    "matrix": ("get", ALL),
    "matrix-figure": ("get", ALL),
    "headroom": ("get", ALL),
    "compare": ("get", ALL),
    "task": ("get", ALL),
    "task-starter": ("get", ALL),
    "task-board": ("get", ALL),
    "task-board-file": ("get", ALL),
    "task-bundle": ("get", ALL),
    "track-file": ("get", ALL),
    "track-bundle": ("get", NOWHERE),
    "submit": ("post", (302, 422, 422, 422, 422, 422, 422)),
    "submission": ("get", (404, 404, 200, 200, 200, 200, 404)),
    "submission-status": ("get", (404, 404, 200, 200, 200, 200, 404)),
    "submission-compare": ("get", (404, 404, 200, 200, 200, 200, 404)),
    "submission-file": ("get", (404, 404, 302, 302, 302, 302, 404)),  # it is not there any more
    "describe": ("post", (404, 404, 302, 302, 404, 404, 404)),
    "my-submissions": ("get", (302, 200, 200, 200, 200, 200, 200)),
    "compare-two": ("get", (302, 302, 302, 302, 302, 302, 302)),
    "finals": ("post", (302, 302, 302, 302, 302, 302, 302)),
    "check": ("post", (302, 422, 422, 422, 422, 422, 422)),
    "parts": ("post", (302, 422, 422, 422, 422, 422, 422)),
    "part": ("get", (302, 404, 404, 200, 404, 404, 404)),
    "validation": ("get", (404, 404, 404, 200, 404, 404, 404)),
    "validation-status": ("get", (404, 404, 404, 200, 404, 404, 404)),
    "withdraw": ("post", (404, 404, 302, 302, 404, 404, 404)),
    "restore": ("post", (404, 404, 302, 302, 404, 404, 404)),
    "select": ("post", (404, 404, 302, 302, 404, 404, 404)),
    "unselect": ("post", (404, 404, 302, 302, 404, 404, 404)),
    "mails": ("get", (404, 404, 404, 404, 404, 404, 200)),
    "gallery": ("get", (404, 404, 404, 404, 404, 404, 200)),
    "tokens": ("get", (302, 200, 200, 200, 200, 200, 200)),
    "token-make": ("post", (302, 422, 422, 422, 422, 422, 422)),
    "token-revoke": ("post", (302, 404, 404, 404, 404, 404, 404)),
    "questions": ("get", ALL),
    "question": ("get", ALL),
    "question-ask": ("post", (302, 422, 422, 422, 422, 422, 422)),
    "question-answer": ("post", (302, 422, 422, 422, 422, 422, 422)),
    "question-edit": ("post", (302, 404, 404, 422, 404, 404, 404)),
    "question-moderate": ("post", (302, 404, 404, 404, 302, 404, 404)),
    "answer-edit": ("post", (302, 404, 404, 422, 404, 404, 404)),
    "answer-moderate": ("post", (302, 404, 404, 404, 302, 404, 404)),
    "notices": ("get", SIGNED_IN),
    "notices-read": ("post", (302, 302, 302, 302, 302, 302, 302)),
    "notice": ("get", (302, 404, 404, 302, 404, 404, 404)),
    "notices-off": ("get", ALL),
    "notice-choices": ("get", SIGNED_IN),
    "finalists": ("get", ALL),
    "winners": ("get", ALL),
    "certificates": ("get", SIGNED_IN),
    "certificate": ("get", ALL),
    "certificate-file": ("get", (302, 404, 404, 200, 404, 404, 404)),
    "write-ups": ("get", ALL),
    "write-up": ("get", (404, 404, 200, 200, 200, 200, 404)),
    "write-up-edit": ("get", (302, 404, 200, 200, 404, 404, 404)),
    "write-up-act": ("post", (302, 404, 302, 302, 302, 302, 404)),
    "write-up-pdf": ("get", (404, 404, 200, 200, 200, 200, 404)),
    "my-team": ("get", (302, 200, 200, 200, 200, 200, 200)),
    "team-messages": ("get", (302, 404, 200, 200, 404, 404, 404)),
    "team": ("get", ALL),
    "team-result": ("get", (404,) * 7),  # until the reveal
    "team-badge": ("get", ALL),
    "team-table": ("get", ALL),
    "team-create": ("post", (302, 422, 422, 422, 422, 422, 422)),
    "team-invite": ("post", (302, 404, 422, 302, 404, 404, 404)),
    "team-revoke": ("post", (302, 404, 302, 302, 404, 404, 404)),
    "team-rename": ("post", (302, 404, 422, 422, 404, 404, 404)),
    "team-hand-over": ("post", (302, 404, 422, 422, 404, 404, 404)),
    "team-remove": ("post", (302, 404, 302, 302, 404, 404, 404)),
    "team-leave": ("post", (302, 404, 302, 302, 404, 404, 404)),
    "team-research": ("post", (302, 404, 422, 422, 404, 404, 404)),
    "team-propose": ("post", (302, 404, 422, 422, 404, 404, 404)),
    "merge": ("get", (302, 404, 200, 200, 404, 404, 404)),
    "merge-accept": ("post", (302, 404, 302, 302, 404, 404, 404)),
    "merge-decline": ("post", (302, 404, 302, 302, 404, 404, 404)),
    "merge-withdraw": ("post", (302, 404, 302, 302, 404, 404, 404)),
    "account": ("get", SIGNED_IN),
    "account-name": ("post", (302, 422, 422, 422, 422, 422, 422)),
    "account-zone": ("post", (302, 302, 302, 302, 302, 302, 302)),
    "account-data": ("get", SIGNED_IN),
    "account-delete": ("get", SIGNED_IN),
    "offer": ("get", (302, 200, 404, 404, 404, 404, 404)),
    "join": ("get", (302, 404, 404, 404, 404, 404, 404)),
}
_OF_WRITEUP: dict[str, list[Any]] = {"write-up-act": ["take-back"], "write-up-pdf": [1, "paper"]}
TIMES = {"opens": 1, "team_freeze": 2, "closes": 3, "reveal": 4}
DRAFT_PAGES = (
    *("challenge", "track", "task", "task-board", "submit", "my-team", "team"),
    "team-result",
    *("task-starter", "check", "parts", "my-submissions", "compare-two", "finals"),
    *("task-board-file", "task-bundle", "track-file", "track-bundle"),
    *("team-badge", "team-table"),
    *("matrix", "matrix-figure", "headroom", "compare"),
    *("questions", "question", "question-ask", "question-answer"),
    *(
        "finalists",
        "winners",
        "certificates",
        "write-ups",
        "write-up",
        "write-up-edit",
        "write-up-act",
        "write-up-pdf",
    ),
)


def _routes(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield str(pattern.name)


def address(name: str, world: World) -> str:
    """Return the address of a route, with what the world has for its parts."""
    slug, task = world.task.challenge.slug, world.task.slug
    version = world.task.dataset_version
    arguments: dict[str, list[Any]] = {
        "dataset": [version.name, version.number],
        "download": [version.name, version.number, "train.csv"],
        "dataset-image": [version.name, version.number, "p1.png"],
        "dataset-figure": [version.name, version.number, "figures/classes.svg"],
        "dataset-rows": [version.name, version.number, "train"],
        "dataset-play": [version.name, version.number],
        "dataset-thumbnail": [version.name, version.number, "p1.png"],
        "dataset-diagnostics": [version.name, version.number],
        "dataset-croissant": [version.name, version.number],
        "accept-licence": [version.name, version.number],
        "raw-file": [version.name, version.number, "raw.csv"],
        "challenge": [slug],
        "track": [slug, world.task.track.kind],
        "matrix": [slug, world.task.track.kind],
        "matrix-figure": [slug, world.task.track.kind],
        "headroom": [slug, world.task.track.kind],
        "task": [slug, task],
        "task-starter": [slug, task, "ipynb"],
        "task-board": [slug, task],
        "task-board-file": [slug, task, "csv"],
        "task-bundle": [slug, task],
        "track-file": [slug, world.task.track.kind, "json"],
        "track-bundle": [slug, world.task.track.kind],
        "submit": [slug, task],
        "submission": [world.submission.pk],
        "submission-status": [world.submission.pk],
        "submission-compare": [world.later.pk, world.submission.number],
        "submission-file": [world.submission.pk],
        "describe": [world.submission.pk],
        "check": [slug, task],
        "parts": [slug, task],
        "withdraw": [world.submission.pk],
        "restore": [world.submission.pk],
        "select": [world.submission.pk],
        "unselect": [world.submission.pk],
        "team": [slug, world.team.slug],
        "team-result": [slug, world.team.slug],
        "team-badge": [slug, world.team.slug],
        "team-table": [slug, world.team.slug, "md"],
        "team-revoke": [slug, world.invitation.pk],
        "team-remove": [slug, world.bob.pk],
        "join": ["no-such-token"],
        "token-revoke": [1],
        "guide": ["glossary"],
        "client-wheel": [wheel_name()],
        "offer": [factories.make_offer(version.name, "charlie@example.org").pk],
    }
    if name == "merge" or name.startswith("merge-"):
        arguments[name] = [slug, _proposal(world).pk]
    if name == "dataset-diagnostics":
        make_diagnosis(version)
    if name == "part":
        arguments[name] = [factories.make_partial(world.task, world.submission.team.captain).pk]
    if name in {"question", "question-answer", "question-edit", "question-moderate"}:
        arguments[name] = [slug, _question(world).pk]
    if name.startswith("answer-"):
        answer = factories.make_answer(_question(world), world.team.captain)
        arguments[name] = [slug, answer.question_id, answer.pk]
    if name.endswith("-moderate"):
        arguments[name].append("hide")
    if name in {"certificate", "certificate-file"}:
        arguments[name] = [factories.make_certificate(world.team, world.task.track).code]
    if name == "notice":
        arguments[name] = [factories.make_notice(world.team.captain, world.submission).pk]
    if name == "notices-off":
        arguments[name] = [token_of(world.bob, ["scored"])]
    if name.startswith("validation"):
        arguments[name] = [factories.make_check(world.task, world.submission.team.captain).pk]
    if name.startswith("write-up-") or name == "write-up":
        arguments[name] = [*_writeup(world).address, *_OF_WRITEUP.get(name, [])]
    own = name.startswith("account")
    plain = own or name in {
        "home",
        "healthz",
        "datasets",
        "metrics",
        "help",
        "mails",
        "gallery",
        "tokens",
        "token-make",
        "notices",
        "notices-read",
        "notice-choices",
    }
    return reverse(name, args=arguments.get(name, [] if plain else [slug]))


def _proposal(world: World) -> MergeProposal:
    """Return the proposal of another team's captain that the world's team becomes part of it."""
    other = factories.make_team(world.task.challenge, "Beta", factories.make_user("emil"))
    return MergeProposal.objects.create(surviving=other, absorbed=world.team)


def _writeup(world: World) -> WriteUp:
    """Return what the world's team has drafted, with a paper."""
    found = factories.make_writeup(world.team, world.task.track)
    paper = factories.make_attachment(found)
    found.versions.update(paper=paper)
    return found


def _question(world: World) -> Question:
    """Return what Alice asks about the world's task."""
    return factories.make_question(world.task.challenge, world.team.captain, task=world.task)


def test_the_table_lists_every_route() -> None:
    assert set(_routes(urls.urlpatterns)) == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_each_reader_gets_what_the_table_says(
    world: World, client_of: Callable[[str], Client], name: str
) -> None:
    method, expected = TABLE[name]
    place, got = address(name, world), []
    for person in PEOPLE:
        client = client_of(person)
        with undone():
            answer = getattr(client, method)(place)
            if answer.streaming:
                assert b"".join(answer.streaming_content)  # which closes the file
            got.append(answer.status_code)
    assert dict(zip(PEOPLE, got, strict=True)) == dict(zip(PEOPLE, expected, strict=True))


@pytest.mark.parametrize("name", [name for name, (method, _) in TABLE.items() if method == "post"])
def test_what_changes_something_is_not_read(
    world: World, client_of: Callable[[str], Client], name: str
) -> None:
    assert client_of("alice").get(address(name, world)).status_code == 405


@pytest.mark.parametrize("name", [name for name, (method, _) in TABLE.items() if method == "get"])
def test_pages_without_a_form_take_none(
    world: World, client_of: Callable[[str], Client], name: str
) -> None:
    if name in {"join", "healthz", "account-delete", "notices-off", "notice-choices"} | {
        "write-up-edit",
        "certificates",
        "team-messages",
        "offer",
    }:
        return
    assert client_of("sam").post(address(name, world)).status_code == 405


@pytest.mark.parametrize("name", DRAFT_PAGES)
@pytest.mark.parametrize("person", ["anonymous", "alice", "sam"])
def test_a_draft_is_hidden_from_all_but_its_organizers(
    world: World, client_of: Callable[[str], Client], name: str, person: str
) -> None:
    _make_draft(world.task.challenge)
    method = TABLE[name][0]
    client = client_of(person)
    answer = getattr(client, method)(address(name, world))
    # A page that needs an account asks anybody for it, whether or not the challenge exists.
    asks = {
        "my-team",
        "my-submissions",
        "compare-two",
        "finals",
        "parts",
        "question-ask",
        "question-answer",
    }
    asks |= {"write-up-edit", "write-up-act", "certificates"}
    assert answer.status_code == (302 if person == "anonymous" and name in asks else 404)
    for page in ("/", "/datasets/"):
        html = client.get(page).content.decode()
        assert world.task.challenge.title not in html
        assert world.task.title not in html


@pytest.mark.parametrize("name", ["challenge", "track", "task", "task-board", "dataset", "home"])
def test_organizers_see_their_draft(
    world: World, client_of: Callable[[str], Client], name: str
) -> None:
    _make_draft(world.task.challenge)
    assert client_of("viktor").get(address(name, world)).status_code == 200
    assert world.task.challenge.title in client_of("viktor").get("/").content.decode()


def test_a_data_set_of_a_draft_is_hidden_too(
    world: World, client_of: Callable[[str], Client]
) -> None:
    _make_draft(world.task.challenge)
    for name in ("dataset", "download", "dataset-image", "dataset-figure"):
        assert client_of("charlie").get(address(name, world)).status_code == 404
    assert client_of("charlie").post(address("accept-licence", world)).status_code == 404


def test_a_submission_of_another_team_does_not_exist(
    world: World, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    factories.make_team(world.task.challenge, "Beta", charlie)
    assert as_user(charlie).get(address("submission", world)).status_code == 404
    assert as_user(charlie).post(address("withdraw", world)).status_code == 404


def test_an_organizer_of_another_challenge_is_nobody_here(
    world: World, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    other = factories.make_challenge("other")
    factories.make_organizer(other, charlie, Role.OWNER)
    assert as_user(charlie).get(address("submission", world)).status_code == 404


def test_a_team_or_task_of_another_challenge_is_not_found_here(
    world: World, client_of: Callable[[str], Client], matching_task: Task, team: Team
) -> None:
    other = factories.make_challenge("other")
    client = client_of("anonymous")
    assert client.get(reverse("task", args=[other.slug, matching_task.slug])).status_code == 404
    assert client.get(reverse("team", args=[other.slug, team.slug])).status_code == 404


def test_an_upload_without_an_account_leads_back_to_the_task(
    world: World, client_of: Callable[[str], Client]
) -> None:
    answer = client_of("anonymous").post(address("submit", world))
    assert answer.headers["Location"] == f"/accounts/login/?next={address('task', world)}"


def test_open_challenges_come_first(db: None, as_user: Callable[[User | None], Client]) -> None:
    now = timezone.now()
    soon = {f"{name}_at": now + timedelta(days=day) for name, day in TIMES.items()}
    past = {f"{name}_at": now - timedelta(days=9 - day) for name, day in TIMES.items()}
    factories.make_challenge("soon", **soon)
    factories.make_challenge("past", **past)
    factories.make_challenge("running")
    html = as_user(None).get("/").content.decode()
    places = [html.index(f">The {slug}</a></h2>") for slug in ("running", "soon", "past")]
    assert places == sorted(places)
    assert 'class="challenge">The running' in html


def test_an_empty_site_says_what_will_appear(
    db: None, as_user: Callable[[User | None], Client]
) -> None:
    assert "No challenge is running" in as_user(None).get("/").content.decode()
    assert "No data sets yet" in as_user(None).get("/datasets/").content.decode()


def _make_draft(challenge: Challenge) -> None:
    now = timezone.now()
    challenge.announced_at = None
    challenge.opens_at = now + timedelta(days=1)
    challenge.save()
