"""No outlet of a board depends on what it must not show before the reveal.

The same challenge is played twice: with other private scores, and with public scores that differ
by less than the noise. Every address that names the challenge, in every state that a board's
address can have, must answer the same to the byte, headers and kept bodies included.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from leaderboard.duels import Counts, Duel, Flips
from podium.accounts.models import User
from podium.challenges.models import Challenge, Feedback, Task
from podium.console import overview
from podium.pages import board_cache
from podium.standings.actions import fix_step, on_evaluation_stored, rebuild
from podium.standings.models import Comparison, Revision
from podium.standings.reveal import TIE_BREAK
from podium.submissions.models import Part, Score, Submission
from podium.submissions.selection import select
from podium.teams.models import Team
from tests.site import factories
from tests.site.security.addresses import Values, addresses, make_values

pytestmark = pytest.mark.slow

PARTICIPANTS = ("anonymous", "charlie", "bob", "dora")
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Board states by their addresses: sorted, found, pinned; of another time; the private part;
# entries against each other, one's own and others'; what a badge is of; a page that is not there.
STATES = (
    "?sort=score&q=a&pin=alpha&pin=beta",
    "?at=2026-03-01T12:03Z&since=2026-03-01T12:02Z&sort=-team",
    "?part=private&sort=-attempts",
    "?a=alpha&b=trivial&task=pairs&part=private",
    "?a=alpha&b=beta",
    "?task=steps&part=private",
    "?track=matching&page=2",
)
FORMS = ("csv", "json", "parquet", "md", "html")
TOKEN = re.compile(r'(csrfmiddlewaretoken" value="|x-csrftoken": ")[^"]+')
# The ids that requests have, and those that errors are told by.
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


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    monkeypatch.setattr(overview, "disk", lambda: overview.Disk(total=100, free=50, var=10))
    with time_machine.travel(BEGIN, tick=False) as moving:
        yield moving


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
) -> Event:
    """Two teams and two baselines on a rounded, a laddered and an exact task."""
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
    return Event(submissions, list(tasks.values()), clients, urls, clock)


def _urls(values: dict[str, Values], tasks: list[Task]) -> list[str]:
    """Return the addresses of everything about the challenge, of each task and in each form."""
    found = {"/"}
    for route, given in values.items():
        if not {"slug", "pk"} & given.keys():
            continue
        choices = [{**given, "form": form} for form in FORMS] if "form" in given else [given]
        for task in tasks:
            own: Values = {"task": task.slug, "kind": task.track.kind}
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
            raw = list(Score.objects.order_by("pk").values_list("value", flat=True))
            seen.append((raw, pages, _kept()))
        transaction.savepoint_rollback(mark)
    (raw, pages, kept), (other_raw, other_pages, other_kept) = seen
    assert raw != other_raw
    assert pages.keys() == other_pages.keys()
    for key, page in pages.items():
        assert page == other_pages[key], key
    assert kept == other_kept
    _assert_looked_at(pages)


def _play(event: Event, clock: time_machine.Traveller, *, private: bool, nudge: float) -> None:
    """Score everything in turn, a minute each. `private`: with the other private scores."""
    cache.clear()
    board_cache._bodies.clear()
    for number, (submission, (_, slug, public)) in enumerate(
        zip(event.submissions, PLAYED, strict=True)
    ):
        clock.shift(timedelta(minutes=1))
        value = public if slug == "photos" else public + nudge
        order = len(PLAYED) - number if private else number
        hidden = 0.31957 + 0.01 * order
        evaluation = factories.make_evaluation(submission, public=value, private=hidden)
        Score.objects.create(
            evaluation=evaluation,
            part=Part.PRIVATE,
            metric=TIE_BREAK[submission.task.track.kind],
            value=hidden / 2,
            n=3,
        )
        on_evaluation_stored(evaluation)
    _compare(event, 0.1 * private, nudge)
    select(submission=Submission.objects.get(pk=event.submissions[5].pk), by=None)
    for task in event.tasks:
        fix_step(task)
    Revision.objects.update(studied_at=timezone.now())
    clock.shift(timedelta(minutes=1))


def _compare(event: Event, private: float, nudge: float) -> None:
    """Store what workers found of Alpha on the first task against a baseline and another team."""
    trivial, alpha, beta = (event.submissions[number].evaluations.get() for number in (0, 5, 8))
    for first, second in ((trivial, alpha), (alpha, beta)):
        for part, more in ((Part.PUBLIC, nudge), (Part.PRIVATE, 0.00319571 + private)):
            p_value = 0.031 if part == Part.PUBLIC else 0.041 + private
            flips = Flips(0.212 + more, 0.062 + more, 0.1, 0.2, 1.0)
            duel = Duel(
                metric="average_precision", n=300, grouped=False, score_a=0.812 + more,
                score_b=0.6, leads="a", difference=0.212 + more, low=0.112 + more,
                high=0.312 + more, standard_error=0.05, p=p_value, test="the test",
                reason="", resampled_p=p_value / 2, resampling="the resampling", draws=9999,
                no_resampling="", counts=Counts(200, 60, 20, 20), flips_of_b=flips,
                flips_of_a=flips, no_flips="",
            )  # fmt: skip
            Comparison.objects.create(
                first=first,
                second=second,
                part=part,
                requested_at=timezone.now(),
                result=asdict(duel),
            )


def _pages(client: Client, urls: list[str]) -> Iterator[tuple[str, Page]]:
    for url in urls:
        mark = transaction.savepoint()
        page = _page(client.get(url))
        yield url, page
        transaction.savepoint_rollback(mark)
        if page[0] != 200 or "/console/" in url:
            continue
        for state in STATES:
            yield f"{url}{state}", _page(client.get(f"{url}{state}"))
        yield f"{url} in part", _page(client.get(url, headers={"HX-Request": "true"}))


def _page(answer: Any) -> Page:
    body = answer.getvalue().decode("latin-1")
    headers = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
    assert "31957" not in body
    headers.pop("X-Request-ID", None)
    return answer.status_code, headers, RANDOM.sub("R", TOKEN.sub(r"\1", body))


def _kept() -> dict[str, bytes]:
    """Return what the cache of boards holds, by what it is kept under."""
    held = board_cache._bodies._bodies
    return {repr(key): body.plain for key, body in held.items()}


def _assert_looked_at(pages: Pages) -> None:
    """Assert that the outlets of boards gave something to look at."""
    found = {url for (_, url), page in pages.items() if page[0] == 200}
    for ending in ("board/", "board.csv", "board.parquet", "bundle.zip", "badge.svg", "matrix/"):
        assert any(url.endswith(ending) for url in found), ending
