"""Whatever the private labels are, the whole site looks the same until the reveal.

Everything is scored twice, the second time with the private labels in another order. Then every
page that each kind of reader can reach, what every address of the site answers to a request without
content, every row of the database but the private scores, and the log must be the same to the byte.
The one exception is the page on which an owner asks for the private scores.
"""

import itertools
import random
import re
from collections.abc import Callable, Iterator
from hashlib import md5
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import mail
from django.core.cache import caches
from django.core.management.color import no_style
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from podium import files
from podium.accounts import tokens
from podium.accounts.models import Scope, User
from podium.baseline_runs.actions import baseline_team
from podium.catalog.models import Solution
from podium.challenges.models import Task
from podium.integrity import looking
from podium.notices import mailing, telling
from podium.notices.models import How, Notice
from podium.submissions.actions import submit
from podium.submissions.jobs import rescoring
from podium.submissions.jobs.scoring_runs import score
from podium.submissions.models import Evaluation, Part, RescoreState, Score, State, Submission
from podium.teams.actions import accept_rules
from podium.teams.models import Team
from podium.watch import overview
from scoring.runner import Scorer
from tests.site import factories
from tests.site.pets import CLASSES, file_with, predictions, truth
from tests.site.security.addresses import addresses, make_values
from tests.site.submissions.rescores import Batches, drain, other_public_labels

READERS = ("anonymous", "charlie", "bob", "alice", "olga", "viktor", "sam")
LINK = re.compile(r'(?:href|hx-get|src)="(/[^"#]*)')
TOKEN = re.compile(r'(csrfmiddlewaretoken" value="|x-csrftoken": ")[^"]+')
MOST_PAGES = 800
API = "/api/v1/"
METHODS = ("GET", "POST", "PATCH", "DELETE")  # pages know the first two
NOT_PAGES = ("/static/", "/accounts/", "/admin/logout", "/admin/jsi18n")
# Ids of requests, invitations of their own.
RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/join/)[\w-]{20,}")
NOWHERE = ("/none", "/submissions/99999999/", "/c/none/", "/datasets/none/1/files/solution.parquet")
# Files of the public folder, of kinds that the pets do not have, and a draft that is read.
NOTHING_THERE = {
    *("dataset-figure", "dataset-image", "dataset-thumbnail"),
    *("console-dataset-draft", "console-dataset-draft-upload", "console-dataset-draft-file"),
    "api-try",  # which leads on from a form with only the reference
    *("certificate-file", "team-result"),  # there are none before the reveal
    "dataset-play",  # only for a version of pairs whose files are on disk
}
ASKED_FOR = ("olga", "POST /c/cup/console/private/")  # she owns the challenge
Page = tuple[int, dict[str, str], str]
Pages = dict[tuple[str, str], Page]
Ways = dict[str, str]


pytestmark = pytest.mark.slow


@pytest.fixture
def submissions(pets: Task, team: Team, charlie: User, tmp_path: Path) -> list[Submission]:
    """Submissions of two teams and a baseline: labels, probabilities, and a file to reject."""
    beta = factories.make_team(pets.challenge, "Beta", factories.make_user("dora"))
    trivial = baseline_team(pets.challenge, "trivial")
    lines = [f"{row['id']},0.5,0.3,0.2" for row in truth(pets)]
    chances = "\n".join((f"id,{','.join(CLASSES)}", *lines))
    uploads = [
        (team, predictions(pets, tmp_path, wrong=4, wrong_private=9)),
        (team, predictions(pets, tmp_path, wrong=7, wrong_private=3)),
        (beta, file_with(chances, tmp_path)),
        (beta, file_with("id,prediction\np120,cat\np120,dog\n", tmp_path)),
        (trivial, predictions(pets, tmp_path, wrong=20)),
    ]
    return [submit(team=entrant, task=pets, upload=upload) for entrant, upload in uploads]


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Time and disk do not change, so that pages differ only by what they show."""
    monkeypatch.setattr(overview, "disk", lambda: overview.Disk(total=100, free=50, var=10))
    with time_machine.travel(timezone.now(), tick=False):
        yield


def test_private_labels_change_nothing_that_anybody_sees(
    request: pytest.FixtureRequest,
    as_user: Callable[[User | None], Client],
    submissions: list[Submission],
    team: Team,
    scorer: Scorer,
    sent: Batches,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    still: None,
) -> None:
    people = {name: _person(request, name) for name in READERS}
    keys = {name: _key(user) for name, user in people.items()}
    task = submissions[0].task
    accept_rules(challenge=task.challenge, by=team.captain)
    ways = addresses(make_values(task, team, submissions[0]))
    seen = []
    for order in ("as they are", "another"):
        caplog.clear()
        for name in ("default", "pages"):
            caches[name].clear()  # what one order left there must not be what the other shows
        _restart_numbers()
        mark = transaction.savepoint()
        if order == "another":
            _permute_private_labels(task)
        private = _score_all(submissions, scorer)
        solution = other_public_labels(task, tmp_path, 5)
        rescored = drain(rescoring.start(task=task, solution=solution), sent, scorer)
        assert rescored.state == RescoreState.READY
        Evaluation.objects.update(seconds=0.1)  # how busy this machine was
        mails = _mails()
        rows = _rows()
        clients = {name: as_user(user) for name, user in people.items()}
        pages = _pages(clients, submissions, ways, keys)
        seen.append((private, mails, pages, rows, _stable(caplog.text)))
        transaction.savepoint_rollback(mark)
    (private, mails, pages, rows, log), others = seen
    other_private, other_mails, other_pages, other_rows, other_log = others
    assert len(mails) == 2 * 2 + 2  # two of two people, and two of one
    assert mails == other_mails
    assert private != other_private, "the second scoring must have had other labels"
    _assert_same(pages, other_pages)
    assert rows == other_rows
    assert log == other_log
    _assert_covered(pages, ways)


def _restart_numbers() -> None:
    """Number new rows from the last one that is there: PostgreSQL takes no number back."""
    statements = connection.ops.sequence_reset_sql(
        no_style(), apps.get_models(include_auto_created=True)
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _key(user: User | None) -> dict[str, str]:
    """Return the header with which a program asks for a person: forms of pages need none."""
    if user is None:
        return {}
    _, text = tokens.make(user=user, name="crawler", scopes=Scope.values, days=30)
    return {"Authorization": f"Bearer {text}"}


def _pages(
    clients: dict[str, Client],
    submissions: list[Submission],
    ways: Ways,
    keys: dict[str, dict[str, str]],
) -> Pages:
    """Return what every reader gets by following links, and by every route of the site."""
    pages: Pages = {}
    for name, client in clients.items():
        pages |= {(name, url): page for url, page in _crawl(client, submissions)}
        for method, url in itertools.product(METHODS, (*ways.values(), *NOWHERE)):
            if method not in METHODS[:2] and not url.startswith(API):
                continue
            mark = transaction.savepoint()
            sent = keys[name] if url.startswith(API) else {}
            answer = client.generic(method, url, headers=sent)
            pages[name, f"{method} {_stable(url)}"] = _page(answer, _body(answer))
            transaction.savepoint_rollback(mark)
    return pages


def _assert_covered(pages: Pages, ways: Ways) -> None:
    """Assert that every route led somebody somewhere, so that its silence was looked at."""
    reached = {
        (method, route)
        for route, url in ways.items()
        for method in (METHODS if url.startswith(API) else METHODS[:2])
        for name in READERS[1:]  # the first is sent to sign in
        if pages[name, f"{method} {_stable(url)}"][0] not in (401, 403, 404, 405)
    }
    assert ways.keys() - {route for _, route in reached} == NOTHING_THERE


def _person(request: pytest.FixtureRequest, name: str) -> User | None:
    return None if name == "anonymous" else request.getfixturevalue(name)


def _mails() -> list[str]:
    """Return what is mailed of all their notices."""
    telling.sweep()
    Notice.objects.update(mail=How.INSTANT)
    for user in User.objects.all():
        EmailAddress.objects.get_or_create(user=user, email=user.email, verified=True)
    before = len(mail.outbox)
    assert not mailing.send()
    return [f"{each.to} {each.subject} {each.body}" for each in mail.outbox[before:]]


def _permute_private_labels(task: Task) -> None:
    path = files.local(files.private(), task.solution.file)
    table = pq.read_table(path)
    labels, usage = table["label"].to_pylist(), table["usage"].to_pylist()
    places = [place for place, part in enumerate(usage) if part == "private"]
    shuffled = [labels[place] for place in places]
    random.Random(3).shuffle(shuffled)
    for place, label in zip(places, shuffled, strict=True):
        labels[place] = label
    column = table.schema.get_field_index("label")
    pq.write_table(table.set_column(column, "label", pa.array(labels, pa.string())), path)


def _score_all(submissions: list[Submission], scorer: Scorer) -> list[float | None]:
    """Score everything, look for cases, and return the private scores."""
    for submission in submissions:
        held = Submission.claim(submission.pk)
        assert held is not None
        score(held, scorer)
    states = Submission.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [State.SCORED] * 3 + [State.REJECTED, State.SCORED]
    looking.look_at(submissions[0].task)
    private = Score.objects.filter(part=Part.PRIVATE).order_by("evaluation__submission", "metric")
    return list(private.values_list("value", flat=True))


def _crawl(client: Client, submissions: list[Submission]) -> Iterator[tuple[str, Any]]:
    """Yield every address that links lead to, and those that nobody links to, with its page."""
    waiting = ["/", "/admin/", "/mails/", "/healthz", "/c/cup/console/", "/c/cup/team/"]
    for submission in submissions:
        waiting += [submission.get_absolute_url(), f"{submission.get_absolute_url()}status/"]
    known = set(waiting)
    for url in waiting:
        assert len(known) < MOST_PAGES
        answer = client.get(url, headers={"HX-Request": "true"} if url.endswith("status/") else {})
        body = _body(answer)
        yield _stable(url), _page(answer, body)
        if "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        for link in LINK.findall(body):
            address = link.replace("&amp;", "&")
            if _stable(address) not in known and _is_worth_a_look(address):
                known.add(_stable(address))  # of the admin's pages one row of each kind
                waiting.append(address)


def _is_worth_a_look(address: str) -> bool:
    return not address.startswith(NOT_PAGES)


def _body(answer: Any) -> str:
    text: str = answer.getvalue().decode(errors="replace")
    return text


def _page(answer: Any, body: str) -> Page:
    headers = _headers(answer)
    # The hash of the page as it was sent, with its token, says no more than the page itself.
    if not answer.streaming and headers.get("ETag") == f'"{md5(answer.content).hexdigest()}"':  # noqa: S324
        del headers["ETag"]
    return answer.status_code, headers, _stable(TOKEN.sub(r"\1", body))


def _stable(text: str) -> str:
    """Return the text without what differs between any two requests."""
    return RANDOM.sub("R", text)


def _headers(answer: Any) -> dict[str, str]:
    left_out = {"Set-Cookie", "Content-Length"}  # the length is that of the body, ids and all
    return {name: value for name, value in answer.headers.items() if name not in left_out}


def _rows() -> dict[str, list[dict[str, Any]]]:
    """Return every row of the site's tables but private scores, without the ids of rows."""
    rows = {}
    for model in apps.get_models():
        if not model.__module__.startswith("podium."):
            continue
        found = model._default_manager.order_by("pk")
        if model is Score:
            found = found.exclude(part=Part.PRIVATE)
        names = [field.attname for field in model._meta.concrete_fields]
        dropped = {"id", "evaluation_id", "board_id", "last_login"}
        if model is Solution:
            dropped |= {"sha256", "file"}  # it is private as a whole
        rows[model._meta.label] = list(found.values(*(n for n in names if n not in dropped)))
    for evaluation in rows[Evaluation._meta.label]:  # kept like private scores, which they hold
        evaluation["diagnostics"] = _without_private(evaluation["diagnostics"])
    return rows


def _without_private(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_private(each) for each in value if not _is_private(each)]
    return value if not isinstance(value, dict) else {k: _without_private(value[k]) for k in value}


def _is_private(value: Any) -> bool:
    return isinstance(value, dict) and value.get("part") == Part.PRIVATE


def _assert_same(pages: Pages, others: Pages) -> None:
    assert pages.keys() == others.keys()
    assert len(pages) > 100
    for key, page in pages.items():
        assert (page == others[key]) == (key != ASKED_FOR), key
