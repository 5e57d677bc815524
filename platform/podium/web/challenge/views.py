"""Home and challenge pages."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from figures.words import number
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Phase, Task, Track
from podium.standings.boards import VisibleBoard, visible_board
from podium.teams.actions import team_of
from podium.web.base.access import by_phase, get_challenge, visible_challenges
from podium.web.base.presenters import (
    Context,
    challenge_facts,
    countdown_facts,
    plural,
    reference_row,
)
from podium.web.board.table import excerpt_context
from scoring import METRICS

LEADERS = 3
SHOWN_NEWS = 5
SHOWN_FAQ = 8
OVER = {Phase.REVEALED, Phase.ARCHIVED}
MOVED_TIMES = {
    "announced_at": "The announcement",
    "opens_at": "The opening",
    "team_freeze_at": "The team freeze",
    "closes_at": "The close",
    "reveal_at": "The reveal",
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show every challenge that the visitor may know of, the current ones first."""
    challenges = visible_challenges(request.user).prefetch_related("tracks__tasks")
    cards = [_card(request, challenge) for challenge in by_phase(challenges)]
    return render(
        request,
        "challenge/home.html",
        {
            "current": [card for card in cards if card["phase"] not in OVER],
            "past": [card for card in cards if card["phase"] in OVER],
        },
    )


@require_safe
def challenge(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a challenge: own place, tasks, timeline, news, prizes and rules."""
    found = get_challenge(request, slug)
    tracks = [
        _track_summary(request, track)
        for track in found.tracks.select_related("challenge").prefetch_related(
            "tasks__challenge", "tasks__dataset_version", "tasks__solution"
        )
    ]
    context = {
        "challenge": found,
        "phase": found.phase(),
        "team": team_of(request.user, found),
        "facts": _facts(found, tracks),
        "dates": _dates(found),
        "tracks": tracks,
        "news": found.announcements.all()[:SHOWN_NEWS],
        "moves": _moves(found),
        "faq": found.questions.filter(is_faq=True, hidden_at=None).order_by("asked_at", "pk")[
            :SHOWN_FAQ
        ],
    }
    return render(request, "challenge/challenge.html", context)


def _facts(found: Challenge, tracks: list[Context]) -> list[Context]:
    """Return the deadline, the viewer's place in each track, and how many take part."""
    facts = countdown_facts(found)
    for item in tracks:
        mine = item["visible"].mine
        if mine and mine.rank:
            note = f"of {plural(item['visible'].team_count, 'team')}"
            facts.append(
                {"label": f"Your place, {item['track'].title}", "value": mine.rank, "note": note}
            )
    facts.append({"label": "Teams", "value": found.teams.taking_part().count()})
    return facts


def _track_summary(request: HttpRequest, track: Track) -> dict[str, object]:
    board = visible_board(request.user, track)
    return {
        "track": track,
        "visible": board,
        "board": excerpt_context(track, board, LEADERS),
        "tasks": [_task_summary(request, task) for task in track.tasks.all()],
    }


def _task_summary(request: HttpRequest, task: Task) -> dict[str, object]:
    """Return a task with the scores one compares: mine, the best team's and the baseline's."""
    board = visible_board(request.user, task)
    best = next((row for row in board.rows if row.rank == 1), None)
    rows = {"mine": board.mine, "best": best, "reference": reference_row(board)}
    return {
        "task": task,
        "metric": METRICS[task.headline].title,
        "place": board.mine.rank if board.mine else None,
        **{name: _score(row, board) for name, row in rows.items()},
    }


def _score(row: Any, board: VisibleBoard) -> str:
    return number(row.score if row else None, board.decimals)


def _card(request: HttpRequest, found: Challenge) -> dict[str, object]:
    tracks = list(found.tracks.all())
    return {
        "challenge": found,
        "phase": found.phase(),
        "tracks": tracks,
        "team": team_of(request.user, found),
        "facts": [
            *challenge_facts(found),
            {"label": "Tracks", "value": len(tracks)},
            {"label": "Tasks", "value": sum(len(track.tasks.all()) for track in tracks)},
            {"label": "Teams", "value": found.teams.taking_part().count()},
        ],
    }


def _dates(found: Challenge) -> list[dict[str, object]]:
    now = timezone.now()
    dates = [
        ("Opens", found.opens_at, "Submissions are taken from here on."),
        ("Team freeze", found.team_freeze_at, "Teams stay as they are from here on."),
        ("Closes", found.closes_at, "The last submission must start before this time."),
        ("Reveal", found.reveal_at, "Until then nothing of the private part is shown."),
    ]
    upcoming = [at for _, at, _ in dates if at > now]
    return [
        {
            "label": label,
            "at": at,
            "text": text,
            "past": at <= now,
            "current": bool(upcoming) and at == min(upcoming),
        }
        for label, at, text in dates
    ]


def _moves(found: Challenge) -> list[dict[str, object]]:
    """Return the times that organizers have moved, newest first."""
    events = Event.objects.filter(challenge=found.slug, is_public=True, verb=Verb.MOVED_TIME)
    return [
        {
            "what": MOVED_TIMES.get(event.facts["time"], event.facts["time"]),
            "after": datetime.fromisoformat(event.facts["after"]) if event.facts["after"] else None,
            "event": event,
        }
        for event in events[:5]
    ]
