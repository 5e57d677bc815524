"""No outlet of a board depends on what it must not show before the reveal.

The same challenge is played twice: with other private scores, and with public scores that differ
by less than the noise. What workers then find row by row differs in the same way. Every address
that names the challenge, in every state that a board's address can have, must answer the same to
the byte, headers and kept bodies included.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import time_machine
from django.core.cache import caches
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from leaderboard.duels import Counts, Duel
from podium.accounts.models import User
from podium.analysis import studies
from podium.analysis.row_arrays import Arrays, Rows
from podium.catalog.models import Kind, Solution
from podium.challenges.models import Challenge, Feedback, Task
from podium.standings.actions import fix_step, on_evaluation_stored, rebuild
from podium.standings.models import Board, Comparison, Revision
from podium.standings.reveal import TIE_BREAK
from podium.submissions.models import Evaluation, Part, Score, Submission
from podium.submissions.selection import select
from podium.teams.models import Team
from podium.watch import overview
from scoring.comparison import Flips
from tests.site import factories
from tests.site.security.addresses import Values, addresses, make_values

pytestmark = pytest.mark.slow

PARTICIPANTS = ("anonymous", "charlie", "bob", "dora")
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Board states by their addresses: sorted, found, pinned; of another time; the private part;
# entries against each other, your own and others'; what a badge is of; a page that is not there.
STATES = (
    "?sort=score&q=a&pin=alpha&pin=beta",
    "?at=2026-03-01T12:03Z&since=2026-03-01T12:02Z&sort=-team",
    "?part=private&sort=-attempts",
    "?a=alpha&b=trivial&task=pairs&part=private",
    "?a=alpha&b=beta",
    "?task=steps&part=private",
    "?track=matching&page=2",
)
# The same for the API, which says so of what it does not take.
API = "/api/v1/"
API_STATES = (
    "?limit=1&offset=1&part=private",
    "?at=2026-03-01T12:03:00Z",
    "?part=public",
    "?a=alpha&b=beta",
    "?a=alpha&b=trivial&task=pairs",
)
FORMS = ("csv", "json", "parquet", "md", "html")
TOKEN = re.compile(r'(csrfmiddlewaretoken" value="|x-csrftoken": ")[^"]+')
# The ids that requests have, and those that errors name.
RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What teams submit in turn: team, task, and the public score, which no rounding step cuts through.
PLAYED = (
    *(("Trivial", "pairs", 0.203), ("Trivial", "steps", 0.203), ("Trivial", "photos", 0.3)),
    *(("AutoGluon", "pairs", 0.623), ("AutoGluon", "steps", 0.623)),
    *(("Alpha", "pairs", 0.703), ("Alpha", "steps", 0.703), ("Alpha", "photos", 0.5)),
    *(("Beta", "pairs", 0.703), ("Beta", "steps", 0.803), ("Beta", "photos", 0.6)),
    *(("Alpha", "pairs", 0.643), ("Alpha", "steps", 0.713), ("Beta", "pairs", 0.733)),
)
NUDGE = 0.001
P_NUDGE = 0.008  # which passes none of the bounds of p-values that are shown
# The test rows: half of them public.
ROWS = 1200
PARTS = {Part.PUBLIC: np.arange(ROWS // 2), Part.PRIVATE: np.arange(ROWS // 2, ROWS)}
Page = tuple[int, dict[str, str], str]
Pages = dict[tuple[str, str], Page]


@dataclass
class Event:
    """The challenge before anything is scored, its readers, and the addresses to ask."""

    submissions: list[Submission]
    tasks: list[Task]
    clients: dict[str, Client]
    urls: list[str]
    clock: time_machine.Traveller
    stored: dict[int, Arrays]  # by evaluation: what workers read of it row by row


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    monkeypatch.setattr(overview, "disk", lambda: overview.Disk(total=100, free=50, var=10))
    with time_machine.travel(BEGIN, tick=False) as moving:
        yield moving


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> dict[int, Arrays]:
    """What workers read in place of files of rows."""
    found: dict[int, Arrays] = {}
    groups, truth = np.arange(ROWS), np.zeros(ROWS, dtype=np.int32)

    def rows_of_part(solution: Solution, part: str) -> Rows:
        return Rows(groups, truth, PARTS[Part(part)], solution.sha256)

    monkeypatch.setattr(studies, "rows_of_part", rows_of_part)
    monkeypatch.setattr(studies, "stored_arrays", lambda evaluation: found[evaluation.pk])
    return found


@pytest.fixture
def challenge(db: None, clock: time_machine.Traveller) -> Challenge:
    return factories.make_challenge()


@pytest.fixture
def event(
    challenge: Challenge,
    team: Team,
    charlie: User,
    viktor: User,
    bob: User,
    as_user: Callable[[User | None], Client],
    clock: time_machine.Traveller,
    stored: dict[int, Arrays],
    settings: Settings,
) -> Event:
    """Two teams and two baselines on a rounded, a laddered and an exact task."""
    settings.API_REQUESTS_A_MINUTE = 10**6  # the clock does not move
    dora = factories.make_user("dora")
    entrants = {
        "Alpha": team,
        "Beta": factories.make_team(challenge, "Beta", dora),
        "Trivial": factories.make_team(challenge, "Trivial", baseline="trivial"),
        "AutoGluon": factories.make_team(challenge, "AutoGluon", baseline="autogluon"),
    }
    kinds = {"pairs": "matching", "steps": "matching", "photos": "classification"}
    modes = {"pairs": Feedback.ROUNDED, "steps": Feedback.LADDER, "photos": Feedback.EXACT}
    tasks = {
        slug: factories.make_task(challenge, kind, slug, feedback=modes[slug])
        for slug, kind in kinds.items()
    }
    submissions = [
        factories.make_submission(
            entrants[name], tasks[slug], received_at=BEGIN - timedelta(hours=50 - number)
        )
        for number, (name, slug, _) in enumerate(PLAYED)
    ]
    for task in tasks.values():
        rebuild(task)  # so that boards have the same ids in both worlds
    people = {"anonymous": None, "charlie": charlie, "bob": bob, "dora": dora, "viktor": viktor}
    clients = {name: as_user(user) for name, user in people.items()}
    own = submissions[5]
    urls = _urls(make_values(tasks["pairs"], team, own), list(tasks.values()))
    return Event(submissions, list(tasks.values()), clients, urls, clock, stored)


def _urls(values: dict[str, Values], tasks: list[Task]) -> list[str]:
    """Return the addresses of everything about the challenge, of each task and in each form."""
    found = {"/"}
    for route, given in values.items():
        if not {"slug", "pk", "challenge", "submission"} & given.keys():
            continue
        if route.endswith("submission-file"):  # the rows of this world have none
            continue
        choices = [{**given, "form": form} for form in FORMS] if "form" in given else [given]
        for task in tasks:
            own: Values = {"task": task.slug, "kind": task.track.kind, "track": task.track.kind}
            mine = {name: value for name, value in own.items() if name in given}
            found |= {addresses({route: {**each, **mine}})[route] for each in choices}
    return sorted(found)


@pytest.mark.parametrize("nudged", [False, True])
def test_two_worlds_that_must_look_alike_do(event: Event, nudged: bool) -> None:
    readers = PARTICIPANTS if nudged else (*PARTICIPANTS, "viktor")
    seen = []
    for other in (False, True):
        mark = transaction.savepoint()
        with time_machine.travel(BEGIN, tick=False) as clock:
            _play(event, clock, private=other and not nudged, nudge=NUDGE * (other and nudged))
            pages = {
                (name, url): page
                for name in readers
                for url, page in _pages(event.clients[name], event.urls)
            }
            seen.append((_raw(event), pages, _kept()))
        transaction.savepoint_rollback(mark)
    (raw, pages, kept), (other_raw, other_pages, other_kept) = seen
    for name, values in raw.items():
        assert values != other_raw[name], name
    assert pages.keys() == other_pages.keys()
    for key, page in pages.items():
        assert page == other_pages[key], key
    assert kept == other_kept
    _assert_looked_at(pages)


def _play(event: Event, clock: time_machine.Traveller, *, private: bool, nudge: float) -> None:
    """Score everything in turn, a minute each. `private`: with the other private scores."""
    for name in ("default", "pages"):
        caches[name].clear()
    event.stored.clear()
    caches["boards"].clear()
    for number, (submission, (_, slug, public)) in enumerate(
        zip(event.submissions, PLAYED, strict=True)
    ):
        clock.shift(timedelta(minutes=1))
        value = public if slug == "photos" else public + nudge
        order = len(PLAYED) - number if private else number
        hidden = 0.31957 + 0.01 * order
        evaluation = factories.make_evaluation(submission, public=value, private=hidden)
        _more(evaluation, value / 7, hidden / 2)
        event.stored[evaluation.pk] = _rows(number, private, value - public)
        on_evaluation_stored(evaluation)
    _compare(event, 0.1 * private, nudge)
    select(submission=Submission.objects.get(pk=event.submissions[5].pk), by=None)
    for task in event.tasks:
        fix_step(task)
    _study()
    clock.shift(timedelta(minutes=1))


def _more(evaluation: Evaluation, opis: float, hidden: float) -> None:
    """Store a public score that studies show, and the private one that breaks ties."""
    kind = Kind(evaluation.submission.task.track.kind)
    given = [(Part.PRIVATE, TIE_BREAK[kind], hidden)]
    if kind == Kind.MATCHING:
        given.append((Part.PUBLIC, "opis", opis))
    for part, metric, value in given:
        Score.objects.create(evaluation=evaluation, part=part, metric=metric, value=value, n=3)


def _rows(number: int, private: bool, nudge: float) -> Arrays:
    """Return hits and influence values of a submission row by row.

    `private`: with others on the private rows. A `nudge` stretches the influence values of the
    public rows by little, and makes one of those rows wrong that only the baselines have right.
    """
    worlds = [np.random.default_rng((number, world)) for world in (0, private)]
    share = 0.5 + 0.02 * number
    hit = np.concatenate([draw.random(ROWS // 2) < share for draw in worlds]).astype(np.int8)
    influence = np.concatenate([draw.normal(0, 0.4, ROWS // 2) for draw in worlds])
    hit[0] = not nudge or PLAYED[number][0] in {"Trivial", "AutoGluon"}
    influence[PARTS[Part.PUBLIC]] *= 1 + nudge
    return {"hit": hit, "influence": influence}


def _study() -> None:
    """Study what is shown now as workers do; older states were studied in their time."""
    for board in Board.objects.order_by("pk"):
        studies.study(board.pk)
    shown = Revision.objects.filter(number=F("board__revision"))
    assert shown.exists()
    for revision in shown:
        assert any(row.get("rank_low") for row in revision.study["rows"].values())
    Revision.objects.filter(studied_at=None).update(studied_at=timezone.now())


def _raw(event: Event) -> dict[str, list[Any]]:
    """Return what differs between two worlds, as it is stored."""
    scores = Score.objects.order_by("pk").values_list("value", flat=True)
    results = Comparison.objects.order_by("pk").values_list("result", flat=True)
    arrays = [array.tobytes() for rows in event.stored.values() for array in rows.values()]
    return {"scores": list(scores), "comparisons": list(results), "rows": arrays}


def _compare(event: Event, private: float, nudge: float) -> None:
    """Store what workers found of Alpha on the first task against a baseline and another team."""
    trivial, alpha, beta = (event.submissions[number].evaluations.get() for number in (0, 5, 8))
    for first, second in ((trivial, alpha), (alpha, beta)):
        for part, more in ((Part.PUBLIC, nudge), (Part.PRIVATE, 0.00319571 + private)):
            p_value = 0.031 + P_NUDGE * bool(nudge) if part == Part.PUBLIC else 0.041 + private
            counts = Counts(200, 60, 20 + bool(nudge), 20 + bool(private))
            flips = Flips(0.212 + more, 0.062 + more, 0.1, 0.2, 1.0)
            duel = Duel(
                metric="average_precision", n=300, grouped=False, score_a=0.812 + more,
                score_b=0.6, leads="a", difference=0.212 + more, low=0.112 + more,
                high=0.312 + more, standard_error=0.05 + more, p=p_value, test="the test",
                reason="", resampled_p=p_value / 2, resampling="the resampling", draws=9999,
                no_resampling="", counts=counts, flips_of_b=flips, flips_of_a=flips, no_flips="",
            )  # fmt: skip
            Comparison.objects.create(
                first=first,
                second=second,
                part=part,
                state="done",
                result=asdict(duel),
            )


def _pages(client: Client, urls: list[str]) -> Iterator[tuple[str, Page]]:
    for url in urls:
        mark = transaction.savepoint()
        page = _page(client.get(url))
        yield url, page
        transaction.savepoint_rollback(mark)
        if url.startswith(API) and page[0] in {200, 422}:  # others have no state to look at
            for state in API_STATES:
                yield f"{url}{state}", _page(client.get(f"{url}{state}"))
        if page[0] != 200 or "/console/" in url or url.startswith(API):
            continue
        for state in STATES:
            yield f"{url}{state}", _page(client.get(f"{url}{state}"))
        yield f"{url} in part", _page(client.get(url, headers={"HX-Request": "true"}))


def _page(answer: Any) -> Page:
    body = answer.getvalue().decode("latin-1")
    headers = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
    assert "31957" not in body
    headers.pop("X-Request-ID", None)
    if TOKEN.search(body):
        headers.pop("ETag", None)  # it covers the token, which is random
    return answer.status_code, headers, RANDOM.sub("R", TOKEN.sub(r"\1", body))


def _kept() -> list[bytes]:
    """Return what the cache of boards holds, in the order in which it was used."""
    held: dict[str, bytes] = caches["boards"]._cache  # type: ignore[attr-defined]
    assert held
    return list(held.values())


def _assert_looked_at(pages: Pages) -> None:
    """Assert that the outlets of boards gave something to look at."""
    found = {url for (_, url), page in pages.items() if page[0] == 200}
    endings = ("board/", "board.csv", "board.parquet", "bundle.zip", "badge.svg", "matrix/")
    of_api = ("/board", "/submissions", "/compare/1", "/compare?a=alpha&b=trivial&task=pairs")
    for ending in (*endings, *of_api):
        assert any(url.endswith(ending) for url in found), ending
