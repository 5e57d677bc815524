"""The page of a board: one table for all readers alike, and beside it what is the reader's own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Required, TypedDict

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.safestring import mark_safe

from podium.challenges.models import Challenge, Task, Track
from podium.standings.boards import VisibleBoard, visible_board
from podium.submissions.models import Part
from podium.web.board import figures as board_figures
from podium.web.board import marks as board_marks
from podium.web.board.cache import (
    BoardKey,
    anonymous_page,
    board_key,
    cached_body,
    is_anonymous,
)
from podium.web.board.columns import Column, columns
from podium.web.board.history import Past, pasts
from podium.web.board.own import own_places
from podium.web.board.state import BoardState, board_state
from podium.web.board.table import History, table_context
from podium.web.board.window import Page, PageWindow

# What an anonymous reader may ask for and still be given a page that is kept for all of them.
KEPT = {"sort": {"rank", "score", "team", "attempts", "improved"}, "page": {"1", "2", "3"}}
COMPARED = 2


class BoardNames(TypedDict, total=False):
    """The texts by which `board_key` finds a board."""

    challenge: Required[str]
    task: str
    track: str


@dataclass(frozen=True)
class Subject:
    """What a board is of, with the tasks of a track, and whether the reader organizes it."""

    of: Task | Track
    tasks: list[Task]
    organizes: bool = False

    @property
    def challenge(self) -> Challenge:
        return self.of.challenge

    @cached_property
    def columns(self) -> list[Column]:
        return columns(self.of, self.tasks)


def is_kept(request: HttpRequest) -> bool:
    """Tell whether the page is one of the few that are kept whole for readers without a session."""
    given = request.GET
    # The same query can be written in any number of ways, each of them an address of its own.
    is_plain = request.META.get("QUERY_STRING", "") == given.urlencode()
    return (
        is_plain
        and is_anonymous(request)
        and all(
            len(given.getlist(name)) == 1 and given[name] in KEPT.get(name, ()) for name in given
        )
    )


def answer(
    request: HttpRequest,
    template: str,
    names: BoardNames,
    subject: Callable[[], Subject],
    about: Callable[[Subject], dict[str, Any]],
) -> HttpResponse:
    """Return the page of a board, or its section alone to a page that has the rest.

    `about` is what the page tells beside the board. For a reader whose page is kept nothing but
    the key is read.
    """

    def context(of: Subject, key: BoardKey | None) -> dict[str, Any]:
        return {**about(of), **_context(request, of, key, names)}

    if is_kept(request) and (key := board_key(**names)):
        return anonymous_page(request, key, template, lambda: context(subject(), key))
    found = subject()
    key = board_key(**names, organizer=found.organizes)
    htmx: Any = getattr(request, "htmx", None)
    is_section = htmx and not htmx.history_restore_request
    page = render(request, "board/_board.html" if is_section else template, context(found, key))
    patch_vary_headers(page, ["HX-Request", "Cookie"])
    return page


def compared(request: HttpRequest, slug: str, task: str = "") -> HttpResponse | None:
    """Return the way to the comparison of two ticked rows; None where not two are ticked."""
    ticked = list(dict.fromkeys(request.GET.getlist("compare")))
    if len(ticked) != COMPARED:
        return None
    query = {"a": ticked[0], "b": ticked[1], **({"task": task} if task else {})}
    return redirect(reverse("compare", args=[slug], query=query))


def _context(
    request: HttpRequest,
    subject: Subject,
    key: BoardKey | None,
    names: BoardNames,
) -> dict[str, Any]:
    """Return what the page of a board shows: notes, the reader's own place, table and figures.

    `key` is that of the board of now: of the private one from the moment on that there is one.
    """
    now = timezone.now()
    offered = {column.key for column in subject.columns}
    is_revealed = key is not None and key.part == Part.PRIVATE
    state = board_state(request.GET, offered, now, is_revealed=is_revealed)
    if state.part:
        key = board_key(**names, part=state.part, organizer=subject.organizes)
    # Organizers are shown more while a board is a draft or stands still, and are in no team.
    viewer = request.user if subject.organizes else AnonymousUser()
    source = Source(subject, state, viewer, now, is_revealed=is_revealed)
    notes = list(state.notes)
    if "compare" in request.GET:
        notes.append("Tick exactly two rows to compare them.")
    frozen_since = key.frozen_since if key else None
    is_typed = any((state.q, state.pin, state.at, state.since))
    return {
        "challenge": subject.challenge,
        "is_revealed": is_revealed,
        "notes": notes,
        "own": own_places(_member(request, subject), subject.of, state, frozen_since),
        "table": _kept(key, f"table {state.key}", lambda: board_body(source), is_typed=is_typed),
        "figures": _kept(
            *(key, f"figures {state.part}", lambda: board_drawings(source)), is_typed=bool(state.at)
        ),
    }


def _member(request: HttpRequest, subject: Subject) -> Any:
    return AnonymousUser() if subject.organizes else request.user


def board_body(source: "Source") -> str:
    """Return the table of a board with what is said around it: the same for all its readers."""
    board, state, page, of = source.board, source.state, source.page, source.subject.of
    table = table_context(of, board, page, state, source.subject.columns, source.history)
    challenge = source.subject.challenge
    is_old = board.at is not None
    ranked = sum(row.rank is not None for row in board.order)
    context = {
        "subject": of,
        "challenge": challenge,
        "phase": challenge.phase(),
        "visible": board,
        "state": state,
        "page": page,
        "board": table,
        "is_track": isinstance(of, Track),
        "brackets": _brackets(board, page),
        "since": source.history.since,
        "since_day": (state.moved_since or source.now).date().isoformat(),
        "at_day": state.moment.date().isoformat() if state.moment else "",
        "waits_for_study": ranked > 1 and not board.is_studied and not is_old,
        "has_parts": source.is_revealed and not is_old,
        "is_private": board.part == Part.PRIVATE,
        "links": {
            "before": state.query(page=page.number - 1) if page.number > 1 else "",
            "after": state.query(page=page.number + 1) if page.number < page.pages else "",
            "now": state.query(at="") or "?",
            "all": state.query(q="") or "?",
            "public": state.query(part=Part.PUBLIC),
            "private": state.query(part="") or "?",
            "export": state.query(page=1, pin=""),
        },
    }
    return render_to_string("board/_board_table.html", context)


def board_drawings(source: "Source") -> str:
    """Return the figures of a board: the same for all its readers."""
    board, of = source.board, source.subject.of
    drawn = board_figures.figures_of(of, board, source.history.pasts, source.history.end)
    figures = [{width: mark_safe(svg) for width, svg in each.items()} for each in drawn]  # noqa: S308
    reason = board_figures.no_diagram(board) if isinstance(of, Track) else ""
    return render_to_string("board/_board_figures.html", {"figures": figures, "reason": reason})


class Source:
    """What table and figures of a state are made of, read once and only if one of them is."""

    def __init__(
        self, subject: Subject, state: BoardState, viewer: Any, now: datetime, *, is_revealed: bool
    ) -> None:
        self.subject, self.state, self.now = subject, state, now
        self.is_revealed = is_revealed
        self._viewer = viewer
        self._window = PageWindow(state, subject.columns)

    @cached_property
    def board(self) -> VisibleBoard:
        state = self.state
        return visible_board(
            self._viewer,
            self.subject.of,
            at=state.moment,
            part=state.part or None,
            window=self._window,
        )

    @cached_property
    def page(self) -> Page:
        return self._window.page(self.board)

    @cached_property
    def history(self) -> History:
        """The past of the rows shown and of those drawn; private boards begin at the reveal."""
        since = self.state.moved_since or self.now
        end = min(self.state.moment or self.now, self.board.frozen_since or self.now)
        start = self.subject.challenge.opens_at
        found: dict[int, Past] = {}
        if self.board.part == Part.PUBLIC and self.board.pk and self.board.rows:
            teams = {*self.page.teams, *board_figures.drawn_teams(self.board)}
            found = pasts(self.board.pk, teams, until=end, since=since)
        return History(found, start, end, board_marks.day(since))


def _brackets(board: VisibleBoard, page: Page) -> list[dict[str, Any]]:
    """Return the brackets that this page draws, in words: their first and last rows."""
    rows = {page.place_of[row.team.pk]: row for row in board.rows}
    return [{"first": rows[first], "last": rows[last]} for first, last in page.drawn]


def _kept(key: BoardKey | None, state: str, make: Callable[[], str], *, is_typed: bool) -> Any:
    """Return a part of the page as HTML: kept, but for what anybody may have typed."""
    html = make() if key is None or is_typed else cached_body(key._replace(state=state), make)
    return mark_safe(html)  # noqa: S308  (made by templates)
