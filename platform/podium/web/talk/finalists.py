"""The finalists of a challenge: the first three of each track, with what they say of their work."""

from collections import defaultdict

from django.db.models import Count, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from figures.words import number
from podium.challenges.models import Challenge, Track
from podium.discussions.actions import closed_reason
from podium.discussions.models import Question
from podium.standings.finalists import final_boards, first_rows
from podium.standings.visible import VisibleBoard, visible_boards
from podium.teams.members import members_of
from podium.teams.models import Team
from podium.web.base.access import get_challenge
from podium.web.base.presenters import crumb
from podium.web.talk.writeups import ANYBODY, pdfs_of
from podium.writeups.models import WriteUp
from podium.writeups.reading import public

LAST_QUESTIONS = 5


@require_safe
def finalists(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the first three ranks of each track on the final boards, teams with equal ranks all."""
    challenge = get_challenge(request, slug)
    sections = [_section(request, track, board) for track, board in final_boards(challenge)]
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge)],
        "is_revealed": challenge.is_revealed(),
        "is_due": timezone.now() >= challenge.reveal_at,
        "sections": sections,
        "is_asked": not closed_reason(challenge),
    }
    return render(request, "talk/finalists.html", context)


def _section(request: HttpRequest, track: Track, board: VisibleBoard) -> dict[str, object]:
    rows = first_rows(board)
    teams = Team.objects.select_related("challenge").in_bulk([row.team.pk for row in rows])
    shown = public(track.challenge).filter(track=track, team__in=teams)
    writeups = {writeup.team_id: writeup for writeup in shown}
    methods = _methods(track, list(teams.values()))
    members = members_of(teams.values(), request.user)
    asked, questions = _questions(track.challenge, list(teams))
    return {
        "track": track,
        "rows": [
            {
                "rank": row.rank,
                "team": teams[row.team.pk],
                "members": members[row.team.pk],
                "score": number(row.score, board.shown_decimals),
                "methods": methods[row.team.pk],
                "questions": questions[row.team.pk],
                "asked": asked.get(row.team.pk, 0),
                **_words(writeups.get(row.team.pk)),
            }
            for row in rows
        ],
    }


def _questions(
    challenge: Challenge, teams: list[int]
) -> tuple[dict[int, int], dict[int, list[Question]]]:
    """Return how much each team was asked, and the last few questions of each.

    All of them have pages of their own.
    """
    asked = Question.objects.filter(team__in=teams, hidden_at=None).order_by()
    counts = dict(asked.values("team").annotate(count=Count("pk")).values_list("team", "count"))
    latest = Window(RowNumber(), partition_by="team", order_by=["-asked_at", "-pk"])
    last = asked.annotate(place=latest).filter(place__lte=LAST_QUESTIONS)
    questions: dict[int, list[Question]] = defaultdict(list)
    shown = Question.objects.filter(pk__in=[each.pk for each in last]).with_activity()
    for question in shown.order_by("-asked_at", "-pk"):
        question.challenge = challenge
        questions[question.team_id or 0].append(question)
    return counts, questions


def _methods(track: Track, teams: list[Team]) -> dict[int, list[dict[str, str]]]:
    """Return for each team what it calls the submissions that count, by task."""
    tasks = list(track.tasks.select_related("challenge"))
    boards = visible_boards(ANYBODY, tasks)
    return {
        team.pk: [
            {"task": task.title, "method": row.method}
            for task in tasks
            if (row := boards[task.pk].row(team.pk)) and row.method
        ]
        for team in teams
    }


def _words(writeup: WriteUp | None) -> dict[str, object]:
    """Return what a team has published of its system, None for nothing."""
    version = writeup.published_version if writeup else None
    pdfs = pdfs_of(writeup, version) if writeup and version else []
    return {"writeup": writeup, "version": version, "pdfs": pdfs}
