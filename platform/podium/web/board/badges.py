"""A team's places for its own pages elsewhere: a badge, and a small table as Markdown or HTML.

All show what an anonymous reader sees, so that caches may store them.
"""

import hashlib
from dataclasses import dataclass
from html import escape

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from figures import badge, words
from figures.words import number
from podium.access import may_see
from podium.catalog.downloads import INLINE_POLICY
from podium.challenges.models import Challenge, Task, Track
from podium.standings.visible import VisibleBoard, visible_board, visible_boards
from podium.teams.models import Team
from podium.web.board.exports import plain_text

ANYBODY = AnonymousUser()
CACHE = "public, max-age=300"
NOT_RANKED = "not ranked"
LONGEST = 80
# What Markdown may take for the beginning or the end of something.
_MARKS = frozenset("\\`*_{}[]()<>#+-.!|~&:/@$^=\"'")


@dataclass(frozen=True)
class Place:
    """A team's place on a board, in words."""

    title: str
    url: str
    place: str
    score: str


@require_safe
@xframe_options_exempt
def team_badge(request: HttpRequest, slug: str, team_slug: str) -> HttpResponseBase:
    """Give a badge of the team's place on the board that `task` or `track` names.

    Without either it is the board of the challenge's first track.
    """
    team = _team(slug, team_slug)
    subject = _subject(team.challenge, request.GET.get("task", ""), request.GET.get("track", ""))
    if subject is None:
        return plain_text(404, "Name one board of this challenge: ?task=<task> or ?track=<kind>.")
    svg = badge(subject.title, _place(team, visible_board(ANYBODY, subject)))
    return _kept(request, svg, "image/svg+xml")


@require_safe
def team_table(request: HttpRequest, slug: str, team_slug: str, form: str) -> HttpResponseBase:
    """Give the team's places on all boards of the challenge as a table in Markdown or HTML."""
    if form not in _FORMS:
        return plain_text(404, "The table comes as table.md and table.html.")
    team = _team(slug, team_slug)
    content_type, write = _FORMS[form]
    return _kept(request, write(team, places(request, team)), content_type)


def _team(slug: str, team_slug: str) -> Team:
    """Return a team of a challenge that everybody sees: badges are shown on other sites."""
    found = get_object_or_404(
        Team.objects.select_related("challenge"), challenge__slug=slug, slug=team_slug
    )
    if not may_see(ANYBODY, found.challenge):
        raise Http404
    return found


def _subject(challenge: Challenge, task: str, track: str) -> Task | Track | None:
    """Return the board that an address names, None unless it names one of the challenge."""
    if task and track:
        return None
    if task:
        return next((each for each in _tasks(challenge) if each.slug == task), None)
    tracks = list(challenge.tracks.select_related("challenge"))
    return next((each for each in tracks if track in {"", each.kind}), None)


def _tasks(challenge: Challenge) -> list[Task]:
    tasks = challenge.tasks.select_related("challenge", "solution", "dataset_version")
    return list(tasks.defer("description", "dataset_version__facts"))


def _place(team: Team, board: VisibleBoard) -> str:
    row = board.row(team.pk)
    if row is not None and row.is_baseline:
        return "baseline"
    if row is None or row.rank is None:
        return NOT_RANKED
    return f"{words.ordinal(row.rank)} of {board.team_count}"


def places(request: HttpRequest, team: Team) -> list[Place]:
    """Return the team's places as anybody sees them: on each track, followed by its tasks."""
    tasks, tracks = _tasks(team.challenge), list(team.challenge.tracks.select_related("challenge"))
    of_tasks, of_tracks = visible_boards(ANYBODY, tasks), visible_boards(ANYBODY, tracks)
    boards: list[tuple[Task | Track, VisibleBoard]] = []
    for track in tracks:
        mine = [task for task in tasks if task.track_id == track.pk]
        boards += [(track, of_tracks[track.pk]), *((task, of_tasks[task.pk]) for task in mine)]
    found = []
    for subject, board in boards:
        row = board.row(team.pk)
        found.append(
            Place(
                words.short(subject.title, LONGEST),
                request.build_absolute_uri(subject.get_absolute_url()),
                _place(team, board),
                number(row.score if row else None, board.shown_decimals),
            )
        )
    return found


def _markdown(team: Team, places: list[Place]) -> str:
    lines = [
        f"{_plain(team.name)} in {_plain(team.challenge.title)}",
        "",
        "| Leaderboard | Place | Score |",
        "| --- | --- | ---: |",
        *(f"| [{_plain(p.title)}](<{p.url}>) | {p.place} | {p.score} |" for p in places),
    ]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Return a foreign text for Markdown, in which none of it means anything."""
    line = words.short(text, LONGEST)
    return "".join(f"\\{sign}" if sign in _MARKS else sign for sign in line)


def _html(team: Team, places: list[Place]) -> str:
    caption = f"{words.short(team.name, LONGEST)} in {words.short(team.challenge.title, LONGEST)}"
    rows = [
        f'<tr><td><a href="{escape(p.url)}"><bdi>{escape(p.title)}</bdi></a></td>'
        f"<td>{p.place}</td><td>{p.score}</td></tr>"
        for p in places
    ]
    lines = [
        "<table>",
        f"<caption>{escape(caption)}</caption>",
        "<thead><tr><th>Leaderboard</th><th>Place</th><th>Score</th></tr></thead>",
        "<tbody>",
        *rows,
        "</tbody>",
        "</table>",
    ]
    return "\n".join(lines) + "\n"


_FORMS = {
    "md": ("text/markdown; charset=utf-8", _markdown),
    "html": ("text/html; charset=utf-8", _html),
}


def _kept(request: HttpRequest, body: str, content_type: str) -> HttpResponseBase:
    """Return what any site may show and any cache keep for five minutes."""
    answer = HttpResponse(body, content_type=content_type)
    answer["ETag"] = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
    answer["Cache-Control"] = CACHE
    answer["Content-Security-Policy"] = INLINE_POLICY
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["X-Content-Type-Options"] = "nosniff"
    sent = get_conditional_response(request, etag=answer["ETag"], response=answer)
    return sent or answer
