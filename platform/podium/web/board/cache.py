"""Finished HTML of boards, kept by what it was made from, so that nothing kept is ever stale.

A key holds everything that the HTML depends on: a change makes another key, and what lies under
the old one is never asked for again. The memory is each process's own and bounded.
"""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection
from django.db.models import F, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers

from podium.audit.models import Event
from podium.challenges.models import Challenge, Phase
from podium.database import Together, in_utc, rows_of_frequent
from podium.standings.boards import stood_still
from podium.standings.models import Revision
from podium.submissions.models import Part

SPOKEN_SECONDS = 600  # so long may "3 hours ago" and "in 2 days" stand as they are
_ROOT = Path(__file__).resolve().parents[1]
_CODE = {".py", ".html", ".css", ".js", ".svg"}


class BoardKey(NamedTuple):
    """What the HTML of a board is made from. Nothing in it is hidden from those who see the board.

    `names` are the last changes of what stands beside rows: names of teams and methods, texts of
    tasks, and who is disqualified, which old and frozen boards say too. `spoken` changes with the
    times in words.
    `kept` is the revision of the public board, which the private one is compared with.
    """

    board: int
    part: str
    revision: int
    studied_at: datetime | None
    phase: str
    frozen_since: datetime | None
    texts: tuple[Any, ...]
    names: tuple[Any, ...]
    kept: int
    spoken: int
    state: str = ""

    @property
    def etag(self) -> str:
        """The key as a weak ETag, which changes with the code too."""
        return _etag(self)


@lru_cache(maxsize=1000)
def _etag(key: BoardKey) -> str:
    text = repr((*key, _code_version()))
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def board_key(
    challenge: str,
    *,
    task: str = "",
    track: str = "",
    part: str | None = None,
    organizer: bool = False,
    state: str = "",
) -> BoardKey | None:
    """Return the key of the board that is shown now of a task (its slug) or a track (its kind).

    As in `visible_board`, `part` counts from the reveal on, and during the freeze all but
    organizers get the state of its beginning. `state` is what else the address says of the board.
    None where nothing is shown. Costs one query, two during the freeze.
    """
    now = timezone.now()
    boards = {row["board__part"]: row for row in _current(challenge, task, track)}
    found = boards.get(Part.PUBLIC)
    if found is None:
        return None
    event = _event(tuple(found[name] for name in _TIMES))
    phase = event.phase(now)
    if phase == Phase.DRAFT and not organizer:
        return None
    revision, kept = (found["number"], found["studied_at"]), 0
    frozen_since = None if organizer else stood_still(event, now)
    if frozen_since:
        states = Revision.objects.filter(board=found["board_id"], at__lte=frozen_since)
        last = states.order_by("-at", "-number")  # along an index
        revision = last.values_list("number", "studied_at").first() or (0, None)
    if event.is_revealed() and part != Part.PUBLIC and Part.PRIVATE in boards:
        kept, found = found["number"], boards[Part.PRIVATE]
        revision = (found["number"], found["studied_at"])
    return BoardKey(
        found["board_id"],
        found["board__part"],
        *revision,
        phase,
        frozen_since,
        tuple(found[name] for name in (*_TIMES, "challenge", *(_TASK if task else _TRACK))),
        tuple(found[verb] for verb in _BESIDE_ROWS),
        kept,
        int(now.timestamp()) // SPOKEN_SECONDS,
        state,
    )


def cached_body(key: BoardKey, make: Callable[[], str]) -> str:
    """Return the HTML under this key, made now if it is new. It must be the same for all readers.

    `make` has to render the board as an anonymous reader sees it, or, where the key is that of an
    organizer, as any organizer does. The key is read before the rows, so that these may be newer,
    never older.
    """
    found = _bodies.get(key)
    if found is None:
        found = _bodies.put(key, make().encode())
    return found.plain.decode()


def is_anonymous(request: HttpRequest) -> bool:
    """Tell whether nothing in the request can make its page another one than everybody's."""
    own = {settings.SESSION_COOKIE_NAME, CookieStorage.cookie_name}
    return own.isdisjoint(request.COOKIES) and "HTTP_HX_REQUEST" not in request.META


def anonymous_page(
    request: HttpRequest, key: BoardKey, template: str, context: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """Return a whole page to a reader without a session (see `is_anonymous`).

    It carries no CSRF token, of which a reader without a session has no use on a board: one kept
    here would be that of whoever came first. The caller caches none but addresses it knows in full.
    """
    whole = key._replace(state=f"page {request.get_full_path()}")
    etag = whole.etag
    if answer := get_conditional_response(request, etag=etag):
        return _described(answer, etag)
    found = _bodies.get(whole)
    if found is None:
        html = render_to_string(template, {**context(), "csrf_token": ""}, request)
        found = _bodies.put(whole, html.encode())
    if "gzip" not in request.META.get("HTTP_ACCEPT_ENCODING", ""):
        return _described(HttpResponse(found.plain), etag)
    packed = HttpResponse(found.packed, headers={"Content-Encoding": "gzip"})
    return _described(packed, etag)


def _described(answer: HttpResponse, etag: str) -> HttpResponse:
    """Return the answer with what browsers need to ask again cheaply and never show it stale."""
    answer["ETag"] = etag
    answer["Cache-Control"] = "no-cache"
    patch_vary_headers(answer, ["Cookie", "Accept-Encoding", "HX-Request"])
    return answer


def _current(challenge: str, task: str, track: str) -> list[dict[str, Any]]:
    """Return the last revision of each of the subject's boards, with what is written beside it."""
    question = _question(challenge, task, track)
    if connection.in_atomic_block:  # which may see what others do not yet
        rows = rows_of_frequent(*question)
    else:
        rows = _together.ask(question, lambda: rows_of_frequent(*question))
    return [_named(row, _TASK if task else _TRACK) for row in rows]


@lru_cache(maxsize=1000)
def _named(row: tuple[Any, ...], texts: tuple[str, ...]) -> dict[str, Any]:
    """Return what an answer says by names. It stays the same as long as the board does."""
    names = (*_STATE, *_TIMES, "challenge", *texts, *_BESIDE_ROWS)
    return dict(zip(names, map(in_utc, row), strict=True))


@lru_cache(maxsize=1000)
def _event(times: tuple[Any, ...]) -> Challenge:
    """Return a challenge of these times, which tells its phase."""
    return Challenge(**dict(zip(_TIMES, times, strict=True)))


@lru_cache(maxsize=1000)
def _question(challenge: str, task: str, track: str) -> tuple[str, tuple[Any, ...]]:
    """Return the query as SQL: to put it together takes ten times as long as to answer it."""
    subject, texts = ("board__task", _TASK) if task else ("board__track", _TRACK)
    own = {f"{subject}__slug": task} if task else {f"{subject}__kind": track}
    last = Event.objects.order_by("-pk").values("pk")
    beside: list[Any] = [
        *(f"{subject}__challenge__{name}" for name in (*_TIMES, "title")),
        *(f"{subject}__{name}" for name in texts),
        *(Subquery(last.filter(verb=verb)[:1]) for verb in _BESIDE_ROWS),
    ]
    current = Revision.objects.filter(number=F("board__revision"), **own)
    found = current.filter(**{f"{subject}__challenge__slug": challenge}).order_by()
    return found.values_list(*_STATE, *beside).query.sql_with_params()


@cache
def _code_version() -> str:
    """Return a hash of all that pages are made by."""
    digest = hashlib.sha256()
    for path in sorted(_ROOT.rglob("*")):
        if path.suffix in _CODE:
            digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class _Body:
    """HTML as it is and, from the first reader that takes it so, packed by gzip."""

    plain: bytes

    @cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.plain, compresslevel=6, mtime=0)


class _Bodies:
    """The bodies last asked for, up to so many bytes in all."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._bodies: OrderedDict[BoardKey, _Body] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: BoardKey) -> _Body | None:
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
            return self._bodies.get(key)

    def put(self, key: BoardKey, plain: bytes) -> _Body:
        """Keep a body, and let go of those that were not asked for the longest."""
        body = _Body(plain)
        with self._lock:
            if key not in self._bodies:
                self._bodies[key] = body
                self._held += len(plain)
            while self._held > self._most:
                self._held -= len(self._bodies.popitem(last=False)[1].plain)
        return body

    def clear(self) -> None:
        with self._lock:
            self._bodies.clear()
            self._held = 0


_TIMES = (
    *("announced_at", "opens_at", "team_freeze_at", "closes_at", "reveal_at", "archived_at"),
    "freeze_hours",
)
_BESIDE_ROWS = (
    *("renamed team", "disqualified team", "reinstated team", "removed submissions"),
    *("renamed method", "changed challenge"),
)
_STATE = ("board_id", "board__part", "number", "studied_at")
_TASK = ("title", "description", "headline", "feedback", "step", "ceiling")
_TRACK = ("title", "description", "aggregate")
_together = Together()
_bodies = _Bodies(settings.BOARD_CACHE_BYTES)
