"""Home, challenge, track and task pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from podium.audit.models import Event
from podium.challenges.models import Challenge, Phase, Task
from podium.pages.access import get_challenge, get_task, get_track, visible_challenges
from podium.pages.datasets import file_rows
from podium.pages.forms import SubmitForm
from podium.pages.presenters import board_context, challenge_facts
from podium.standings.boards import visible_board
from podium.standings.feedback import step_of
from podium.submissions.models import Submission
from podium.submissions.quota import allowance
from podium.teams.actions import has_accepted_rules, team_of
from podium.teams.models import Team
from scoring import METRICS

EXCERPT = 8
MOVED_TIMES = {
    "announced_at": "The announcement",
    "opens_at": "The opening",
    "team_freeze_at": "The team freeze",
    "closes_at": "The close",
    "reveal_at": "The reveal",
}


def home(request: HttpRequest) -> HttpResponse:
    """Show every challenge that the visitor may know of, the current ones first."""
    challenges = list(visible_challenges(request.user).prefetch_related("tracks__tasks"))
    over = {Phase.REVEALED, Phase.ARCHIVED}
    cards = [_card(challenge) for challenge in challenges]
    return render(
        request,
        "pages/home.html",
        {
            "current": [card for card in cards if card["phase"] not in over],
            "past": [card for card in cards if card["phase"] in over],
        },
    )


def challenge(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a challenge: what it is about, its timeline, tracks and news."""
    found = get_challenge(request, slug)
    tracks = [
        {
            "track": track,
            "tasks": list(track.tasks.all()),
            "board": board_context(track, visible_board(request.user, track), limit=3),
        }
        for track in found.tracks.prefetch_related("tasks__challenge", "tasks__dataset_version")
    ]
    return render(
        request,
        "pages/challenge.html",
        {
            "challenge": found,
            "phase": found.phase(),
            "facts": [
                *challenge_facts(found),
                {"label": "Teams", "value": found.teams.filter(baseline="").count()},
                {"label": "Tasks", "value": sum(len(t["tasks"]) for t in tracks)},
            ],
            "dates": _dates(found),
            "tracks": tracks,
            "news": found.announcements.all()[:5],
            "moves": _moves(found),
        },
    )


def track(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Show the ranking over all tasks of a track."""
    found = get_track(request, slug, kind)
    board = visible_board(request.user, found)
    context = {
        "track": found,
        "challenge": found.challenge,
        "board": board_context(found, board),
        "visible": board,
        "facts": [*challenge_facts(found.challenge), *_board_facts(board)],
        "tasks": list(found.tasks.select_related("challenge")),
    }
    return render(request, "pages/track.html", context)


def task_board(request: HttpRequest, slug: str, task: str) -> HttpResponse:
    """Show the ranking of one task."""
    found = get_task(request, slug, task)
    board = visible_board(request.user, found)
    context = {
        "task": found,
        "challenge": found.challenge,
        "metric": METRICS[found.headline],
        "step": step_of(found),
        "board": board_context(found, board),
        "visible": board,
        "facts": [*challenge_facts(found.challenge), *_board_facts(board)],
    }
    return render(request, "pages/task_board.html", context)


def task(request: HttpRequest, slug: str, task: str) -> HttpResponse:
    """Show what to predict, the files, the upload form, one's submissions and the board's top."""
    found = get_task(request, slug, task)
    signed_in = request.user.is_authenticated
    ask_rules = signed_in and not has_accepted_rules(request.user, found.challenge)
    form = SubmitForm(ask_rules=ask_rules)
    return render(request, "pages/task.html", task_context(request, found, form))


def task_context(request: HttpRequest, found: Task, form: SubmitForm) -> dict[str, Any]:
    """Return what the task page shows, with a fresh or a refused upload form."""
    board = visible_board(request.user, found)
    team = team_of(request.user, found.challenge)
    left = allowance(team, found, timezone.now())
    is_open = found.challenge.phase() == Phase.OPEN
    facts = [*challenge_facts(found.challenge), *_board_facts(board)]
    if is_open:
        note = f"of {left.limit} today (UTC)"
        facts.append({"label": "Attempts left", "value": left.left, "note": note})
    return {
        "task": found,
        "challenge": found.challenge,
        "version": found.dataset_version,
        "files": file_rows(found.dataset_version),
        "metric": METRICS[found.headline],
        "metric_doc": METRICS[found.headline].forms[found.dataset_version.kind].doc,
        "step": step_of(found),
        "is_open": is_open,
        "team": team,
        "allowance": left,
        "form": form,
        "facts": facts,
        "submissions": _submissions(team, found),
        "board": board_context(found, board, limit=EXCERPT),
        "visible": board,
    }


def _submissions(team: Team | None, task: Task) -> list[Submission]:
    if team is None:
        return []
    mine = Submission.objects.filter(team=team, task=task)
    return list(mine.select_related("task__challenge", "submitted_by")[:20])


def _board_facts(board: Any) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [{"label": "Teams", "value": board.team_count}]
    if board.mine and board.mine.rank:
        note = f"of {board.team_count}"
        facts.insert(0, {"label": "Your place", "value": board.mine.rank, "note": note})
    return facts


def _card(found: Challenge) -> dict[str, Any]:
    tracks = list(found.tracks.all())
    return {
        "challenge": found,
        "phase": found.phase(),
        "tracks": tracks,
        "task_count": sum(len(track.tasks.all()) for track in tracks),
        "facts": challenge_facts(found),
    }


def _dates(found: Challenge) -> list[dict[str, Any]]:
    now = timezone.now()
    dates = [
        ("Opens", found.opens_at, "Submissions are taken from here on."),
        ("Team freeze", found.team_freeze_at, "Teams stay as they are from here on."),
        ("Closes", found.closes_at, "The last submission must start before this time."),
        ("Private scores", found.reveal_at, "The private part decides the final ranks."),
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


def _moves(found: Challenge) -> list[dict[str, Any]]:
    """Return the times that organizers have moved, newest first."""
    events = Event.objects.filter(challenge=found.slug, is_public=True, verb="moved time")
    return [
        {"what": MOVED_TIMES.get(event.facts["time"], event.facts["time"]), "event": event}
        for event in events[:5]
    ]
