"""Home and challenge pages."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from figures.words import number, plural
from leaderboard.ranks import SLACK
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.catalog.models import Kind
from podium.challenges.definition import TIMES_IN_WORDS
from podium.challenges.entry import entry_note
from podium.challenges.models import Challenge, Phase, Task, Track
from podium.challenges.permissions import Permission, has_permission
from podium.discussions.announcements import readable
from podium.standings.feedback import step_of
from podium.standings.visible import (
    VisibleBoard,
    decimals_of,
    shared_boards,
    visible_board,
    visible_boards,
    with_own_rows,
)
from podium.submissions.models import Part
from podium.teams.actions import team_of
from podium.teams.models import Team
from podium.web.base.access import by_phase, get_challenge, visible_challenges
from podium.web.base.presenters import (
    Context,
    challenge_facts,
    countdown_facts,
    is_reference,
)
from podium.web.board.table import excerpt_context
from podium.web.board.verdict import verdict_of
from podium.web.dataset.game import first_question, is_playable
from podium.winners.actions import published
from scoring import METRICS

LEADERS = 3
SHOWN_NEWS = 5
SHOWN_CHANGES = 5
SHOWN_FAQ = 8
OVER = {Phase.REVEALED, Phase.ARCHIVED}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show every challenge that the visitor may know of, the current ones first."""
    challenges = visible_challenges(request.user).prefetch_related("tracks__tasks")
    cards = [_card(request, challenge) for challenge in by_phase(challenges)]
    current = [card for card in cards if card["phase"] not in OVER]
    past = [card for card in cards if card["phase"] in OVER]
    shown = [*current[:1], *past[:1]]
    for card in shown:
        card["races"] = _races(request, card["challenge"])
    context = {
        "current": current,
        "past": past,
        "game": _game(request, [card["challenge"] for card in shown]),
    }
    return render(request, "challenge/home.html", context)


def _game(request: HttpRequest, challenges: Sequence[Challenge]) -> Context | None:
    """Return the first question of the game, on the first pairs that the visitor may see."""
    for found in challenges:
        pairs = Task.objects.filter(challenge=found, dataset_version__kind=Kind.MATCHING)
        for task in pairs.select_related("dataset_version"):
            version = task.dataset_version
            if is_playable(version, request.user) and (asked := first_question(version)):
                return asked
    return None


@require_safe
def challenge(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a challenge: own place, tasks, timeline, news, prizes and rules."""
    found = get_challenge(request, slug)
    team = team_of(request.user, found)
    organizer = has_permission(request.user, Permission.SEE_DRAFT, found)
    tasks = Task.objects.select_related("challenge", "dataset_version", "solution")
    listed = found.tracks.select_related("challenge")
    listed = listed.prefetch_related(Prefetch("tasks", tasks), "prizes")
    tracks = list(listed)
    shared = shared_boards(tracks, organizer=organizer)
    boards = with_own_rows(shared, team.pk if team else None, tracks)
    summaries = [_track_summary(request, track, boards[track.pk]) for track in tracks]
    context = {
        "challenge": found,
        "phase": found.phase(),
        "team": team,
        "action": _action(found, team),
        "entry_note": entry_note(found),
        "facts": _facts(found, summaries),
        "dates": _dates(found),
        "tracks": summaries,
        "has_prizes": any(item["prizes"] for item in summaries),
        "has_winners": published(found) is not None,
        "news": readable(request.user).filter(challenge=found)[:SHOWN_NEWS],
        "changes": _changes(found, tracks),
        "faq": found.questions.filter(is_faq=True, hidden_at=None).order_by("asked_at", "pk")[
            :SHOWN_FAQ
        ],
    }
    return render(request, "challenge/challenge.html", context)


def _action(found: Challenge, team: Team | None) -> dict[str, str] | None:
    """Return what the viewer most likely wants to open now, if there is such a thing."""
    if team is None or not found.is_revealed():
        return None
    url = reverse("team-result", args=[found.slug, team.slug])
    return {"label": "Your result", "url": url}


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


def _track_summary(request: HttpRequest, track: Track, board: VisibleBoard) -> Context:
    return {
        "track": track,
        "visible": board,
        "prizes": list(track.prizes.all()),
        "verdict": verdict_of(track, board),
        "board": excerpt_context(track, board, LEADERS),
        "tasks": [_task_summary(request, task, board) for task in track.tasks.all()],
    }


def _task_summary(request: HttpRequest, task: Task, of_track: VisibleBoard) -> dict[str, object]:
    """Return a task with the scores one compares: mine, the best team's and the baseline's.

    The track's board has the displayed scores of the tasks that it counts; only for another task
    its own board is read.
    """
    found = [(row, row.cell(task.slug)["score"]) for row in of_track.rows]
    is_private = of_track.part == Part.PRIVATE
    decimals = of_track.shown_decimals if is_private else decimals_of(step_of(task))
    if all(score is None for _, score in found):
        board = visible_board(request.user, task)
        found, decimals = [(row, row.score) for row in board.rows], board.shown_decimals
    scored = [(row, score) for row, score in found if score is not None]
    sign = 1 if METRICS[task.headline].higher_is_better else -1
    teams = [sign * score for row, score in scored if not row.is_baseline]
    mine = next((score for row, score in scored if row.is_mine), None)
    reference = next((score for row, score in scored if is_reference(row)), None)
    return {
        "task": task,
        "metric": METRICS[task.headline].title,
        "place": None if mine is None else 1 + sum(s > sign * mine + SLACK for s in teams),
        "mine": number(mine, decimals),
        "best": number(sign * max(teams) if teams else None, decimals),
        "reference": number(reference, decimals),
    }


def _races(request: HttpRequest, found: Challenge) -> list[Context]:
    """Return the leaders of each track in which a team has a rank."""
    tracks = list(found.tracks.select_related("challenge"))
    boards = visible_boards(request.user, tracks)
    return [
        {
            "track": track,
            "verdict": verdict_of(track, boards[track.pk]),
            "board": excerpt_context(track, boards[track.pk], LEADERS),
        }
        for track in tracks
        if boards[track.pk].rows
    ]


def _card(request: HttpRequest, found: Challenge) -> Context:
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
        ("Team freeze", found.team_freeze_at, "Team changes lock."),
        ("Closes", found.closes_at, "The last submission must start before this time."),
        ("Reveal", found.reveal_at, "Private scores stay hidden until then."),
    ]
    if found.freeze_hours:
        frozen = "Leaderboards stop changing until the reveal; you still see your own scores."
        dates.append(("Leaderboard freeze", found.frozen_since(), frozen))
        dates.sort(key=lambda date: date[1])
    past = {label for label, at, _ in dates if at <= now}
    if not found.is_revealed():
        past.discard("Reveal")
    upcoming = [at for label, at, _ in dates if label not in past]
    return [
        {
            "label": label,
            "at": at,
            "text": text,
            "past": label in past,
            "current": bool(upcoming) and at == min(upcoming),
        }
        for label, at, text in dates
    ]


def _changes(found: Challenge, tracks: list[Track]) -> list[Context]:
    """Return the times that organizers have moved and the tasks scored again, newest first."""
    moved = Q(is_public=True, verb=Verb.MOVED_TIME)
    tasks = {task.slug: task for track in tracks for task in track.tasks.all()}
    # A draft's task may have been rescored and then removed.
    rescored = Q(verb=Verb.PUBLISHED_RESCORE, facts__task__in=list(tasks))
    events = Event.objects.filter(moved | rescored, challenge=found.slug)
    return [_change(event, tasks) for event in events[:SHOWN_CHANGES]]


def _change(event: Event, tasks: dict[str, Task]) -> Context:
    facts = event.facts
    if event.verb == Verb.PUBLISHED_RESCORE:  # of its facts only these are for everybody
        return {"event": event, "task": tasks[facts["task"]], "why": facts.get("why", "")}
    after = datetime.fromisoformat(facts["after"]) if facts["after"] else None
    what = TIMES_IN_WORDS.get(facts["time"], facts["time"])
    return {"event": event, "what": what, "after": after}
