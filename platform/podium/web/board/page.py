"""The page of a board: one table for all readers, and what is the viewer's own next to it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.safestring import mark_safe

from podium.challenges.models import Challenge, Task, Track
from podium.standings.models import Revision
from podium.standings.visible import (
    VisibleBoard,
    own_team,
    shared_boards,
    visible_revision,
    with_own_rows,
)
from podium.submissions.models import Part
from podium.web.board import figures as board_figures
from podium.web.board import marks as board_marks
from podium.web.board.cache import board_key, cached_html
from podium.web.board.columns import PageColumn, columns
from podium.web.board.history import Past, pasts
from podium.web.board.own import own_places
from podium.web.board.paging import Page
from podium.web.board.state import BoardState, board_state
from podium.web.board.table import History, table_context
from podium.web.board.verdict import verdict_of

COMPARED = 2
FOLDED_BELOW = 50  # rows: those of fewer are found without a filter


@dataclass(frozen=True)
class Subject:
    """What a board is of, with the tasks of a track, and whether the viewer organizes it."""

    of: Task | Track
    tasks: list[Task]
    organizes: bool = False

    @property
    def challenge(self) -> Challenge:
        return self.of.challenge

    @cached_property
    def columns(self) -> list[PageColumn]:
        return columns(self.of, self.tasks)


def answer(
    request: HttpRequest, template: str, subject: Subject, about: dict[str, object]
) -> HttpResponse:
    """Return the page of a board with the rest of its context, or to htmx its section only."""
    htmx = getattr(request, "htmx", None)
    is_section = htmx and not htmx.history_restore_request
    context = {**about, **_context(request, subject)}
    page = render(request, "board/_board.html" if is_section else template, context)
    patch_vary_headers(page, ["HX-Request", "Cookie"])
    patch_cache_control(page, no_cache=True)
    return page


def compared(request: HttpRequest, slug: str, task: str = "") -> HttpResponse | None:
    """Return a redirect to the comparison of two ticked rows; None unless two are ticked."""
    ticked = list(dict.fromkeys(request.GET.getlist("compare")))
    if len(ticked) != COMPARED:
        return None
    query = {"a": ticked[0], "b": ticked[1], **({"task": task} if task else {})}
    return redirect(reverse("compare", args=[slug], query=query))


def _context(request: HttpRequest, subject: Subject) -> dict[str, object]:
    """Return what the page of a board shows: notes, the viewer's own place, table and figures."""
    now = timezone.now()
    offered = {column.key for column in subject.columns}
    shown = _shown(subject)
    is_revealed = shown is not None and shown.board.part == Part.PRIVATE
    state = board_state(request.GET, offered, now, is_revealed=is_revealed)
    if state.part or state.moment:
        shown = _shown(subject, state.moment, state.part or None)
    is_known = request.user.is_authenticated
    mine = own_team(request.user, subject.challenge) if is_known else None
    data = BoardData(subject, state, now, mine, is_revealed=is_revealed)
    notes = list(state.notes)
    if "compare" in request.GET:
        notes.append("Tick exactly two rows to compare them.")
    key = board_key(subject.of, shown, organizer=subject.organizes) if shown else None
    return {
        "challenge": subject.challenge,
        "is_revealed": is_revealed,
        "notes": notes,
        "own": _own(request, data),
        "verdict": cached_html(
            *(key, f"verdict {state.part} {state.moment}", lambda: board_verdict(data))
        ),
        "table": cached_html(key, f"table {state.key}", lambda: board_body(data)),
        "figures": cached_html(
            *(key, f"figures {state.part} {state.moment} {mine}", lambda: board_drawings(data))
        ),
    }


def _shown(
    subject: Subject, at: datetime | None = None, part: str | None = None
) -> Revision | None:
    return visible_revision(subject.of, organizer=subject.organizes, at=at, part=part)


def _own(request: HttpRequest, data: "BoardData") -> list[dict[str, object]]:
    """Return the viewer's place and the pinned one, if there may be any."""
    if not (request.user.is_authenticated or data.state.pin):
        return []
    of = data.subject.of
    return own_places(with_own_rows({of.pk: data.board}, data.mine, [of])[of.pk], data.state)


def board_body(data: "BoardData") -> str:
    """Return the table of a board with the notes around it: the same for all its readers."""
    board, state, page, of = data.board, data.state, data.page, data.subject.of
    table = table_context(of, board, page, state, data.subject.columns, data.history)
    challenge = data.subject.challenge
    is_old = board.at is not None
    ranked = sum(row.rank is not None for row in board.rows)
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
        "is_folded": len(board.rows) < FOLDED_BELOW,
        "is_filtered": bool(state.q or state.at or state.since),
        "since": data.history.since,
        "since_day": (state.moved_since or data.now).date().isoformat(),
        "at_day": state.moment.date().isoformat() if state.moment else "",
        "waits_for_study": ranked > 1 and not board.is_studied and not is_old,
        "has_parts": data.is_revealed and not is_old,
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


def board_verdict(data: "BoardData") -> str:
    """Return the sentence that a board opens with, and what it rests on: the same for all."""
    said = verdict_of(data.subject.of, data.board)
    return render_to_string("board/_verdict.html", {"said": said}) if said else ""


def board_drawings(data: "BoardData") -> str:
    """Return the figures of a board: the same for all members of a team, and for all others."""
    board, of, history = data.board, data.subject.of, data.history
    drawn = board_figures.figures_of(of, board, history.pasts, history.end, data.mine)
    figures = [{width: mark_safe(svg) for width, svg in each.items()} for each in drawn]  # noqa: S308
    return render_to_string("board/_board_figures.html", {"figures": figures})


class BoardData:
    """What table and figures of a state are made of, read once and only if needed."""

    def __init__(
        self,
        subject: Subject,
        state: BoardState,
        now: datetime,
        mine: int | None,
        *,
        is_revealed: bool,
    ) -> None:
        self.subject, self.state, self.now, self.mine = subject, state, now, mine
        self.is_revealed = is_revealed

    @cached_property
    def board(self) -> VisibleBoard:
        """The board as all organizers, or all other readers, see it."""
        of, part = self.subject.of, self.state.part or None
        organizer = self.subject.organizes
        return shared_boards([of], self.state.moment, part, organizer=organizer)[of.pk]

    @cached_property
    def page(self) -> Page:
        return Page(self.board, self.state, self.subject.columns)

    @cached_property
    def history(self) -> History:
        """The past of the rows shown and of those drawn; private boards begin at the reveal."""
        board = self.board
        since = self.state.moved_since or self.now
        end = min(self.state.moment or self.now, board.frozen_since or self.now)
        challenge = self.subject.challenge
        found: dict[int, Past] = {}
        if board.part == Part.PUBLIC and board.pk and board.rows:
            teams = {row.team.pk for row in self.page.rows} | {
                *board_figures.drawn_teams(board, self.mine)
            }
            found = pasts(self.subject.of, teams, until=end, since=min(since, end))
        return History(found, challenge.opens_at, end, board_marks.day(since))


def _brackets(board: VisibleBoard, page: Page) -> list[dict[str, object]]:
    """Return the first and last rows of the brackets that this page draws."""
    return [{"first": board.rows[first], "last": board.rows[last]} for first, last in page.drawn]
