"""Boards as files: what a page shows, and the bundles from which anybody can recompute them."""

import hashlib
from collections.abc import Mapping

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from podium.analysis import bundles
from podium.boards import export as exports
from podium.catalog.downloads import CONTENT_TYPES, FOR_ONE
from podium.challenges.models import Task, Track
from podium.standings.visible import visible_board
from podium.submissions.models import Part
from podium.web.base.access import get_task, get_track
from podium.web.board.columns import columns as sorted_by
from podium.web.board.paging import ordered
from podium.web.board.state import board_state


@require_safe
def task_file(request: HttpRequest, slug: str, task: str, form: str) -> HttpResponseBase:
    """Give a task's board as CSV, JSON or Parquet: the rows of its page, in the page's order."""
    return _file(request, get_task(request, slug, task), f"{slug}-{task}", form)


@require_safe
def track_file(request: HttpRequest, slug: str, kind: str, form: str) -> HttpResponseBase:
    """Give a track's board as CSV, JSON or Parquet: the rows of its page, in the page's order."""
    return _file(request, get_track(request, slug, kind), f"{slug}-{kind}", form)


@require_safe
def task_bundle(request: HttpRequest, slug: str, task: str) -> HttpResponseBase:
    """Give what a task's board is recomputed from."""
    return _bundle(request, get_task(request, slug, task), f"{slug}-{task}")


@require_safe
def track_bundle(request: HttpRequest, slug: str, kind: str) -> HttpResponseBase:
    """Give what a track's board is recomputed from."""
    return _bundle(request, get_track(request, slug, kind), f"{slug}-{kind}")


def _file(request: HttpRequest, subject: Task | Track, name: str, form: str) -> HttpResponseBase:
    if form not in exports.FORMS:
        return plain_text(404, "Boards come as board.csv, board.json and board.parquet.")
    revealed = subject.challenge.is_revealed()
    tasks = list(subject.tasks.all()) if isinstance(subject, Track) else []
    offered = sorted_by(subject, tasks)
    keys = [column.key for column in offered]
    state = board_state(_single(request), keys, timezone.now(), is_revealed=revealed)
    if state.notes:
        return plain_text(400, "\n".join(state.notes))
    board = visible_board(request.user, subject, at=state.moment, part=state.part or None)
    rows = ordered(board.rows, state, offered)
    about = exports.about(subject, board, state.moment)
    body = exports.FORMS[form].write(exports.table(subject, board, rows), about)
    tag = f"{board.revision}-{hashlib.sha256(body).hexdigest()[:32]}"
    if unchanged := _unchanged(request, tag):
        return unchanged
    answer = HttpResponse(body, content_type=exports.FORMS[form].content_type)
    return _sent(answer, tag, f"{name}-board.{form}")


def _single(request: HttpRequest) -> Mapping[str, str]:
    return {name: str(value) for name, value in request.GET.items()}


def _bundle(request: HttpRequest, subject: Task | Track, name: str) -> HttpResponseBase:
    part = request.GET.get("part", "")
    if part not in {"", *Part.values}:
        return plain_text(400, "A board is public or private: part=public or part=private.")
    if part == Part.PRIVATE and not subject.challenge.is_revealed():
        return plain_text(400, "Nothing of the private part is shown before the reveal.")
    try:
        given = bundles.bundle(subject, part or None)
    except bundles.NoBoard as reason:
        return plain_text(404, str(reason))
    except bundles.NotYet as reason:
        answer = plain_text(503, str(reason))
        answer["Retry-After"] = str(bundles.RETRY_SECONDS)
        return answer
    if unchanged := _unchanged(request, given.tag):
        given.file.close()
        return unchanged
    file = FileResponse(given.file, content_type=CONTENT_TYPES["zip"])
    return _sent(file, given.tag, f"{name}-board.zip")


def _unchanged(request: HttpRequest, tag: str) -> HttpResponseBase | None:
    """Return the answer to a reader who has this very file already."""
    answer = get_conditional_response(request, etag=f'"{tag}"')
    if answer is not None:
        answer["ETag"], answer["Cache-Control"] = f'"{tag}"', FOR_ONE
    return answer


def _sent(answer: HttpResponseBase, tag: str, filename: str) -> HttpResponseBase:
    """Return the answer as a file to be saved."""
    answer["Content-Disposition"] = content_disposition_header(True, filename)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["ETag"], answer["Cache-Control"] = f'"{tag}"', FOR_ONE
    return answer


def plain_text(status: int, words: str) -> HttpResponse:
    """Return a plain-text answer for programs."""
    answer = HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = FOR_ONE
    return answer
