"""A team's result once the final boards are public: places, what counted, prizes, AutoGluon."""

from collections.abc import Collection, Mapping

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from figures.words import number, plural
from podium.challenges.models import Challenge, Task
from podium.challenges.permissions import Permission, has_permission
from podium.notices.actions import mark_seen
from podium.notices.models import Kind
from podium.standings.finalists import final_boards
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard, visible_boards
from podium.submissions.models import Part, Submission
from podium.teams.actions import team_of
from podium.teams.models import Team
from podium.web.base.access import get_challenge
from podium.web.base.presenters import Context, crumb, reference_row
from podium.web.board import marks
from podium.web.board.verdict import compared, verdict_of
from podium.winners.actions import listed, published
from podium.winners.proposal import Placing

AGAINST = {
    "ahead": "better",
    "match": "not separable",
    "behind": "worse",
    "untested": "not tested",
}


@require_safe
def result(request: HttpRequest, slug: str, team_slug: str) -> HttpResponse:
    """Show how a team finished; there is no such page before the reveal."""
    challenge = get_challenge(request, slug)
    teams = Team.objects.filter(challenge=challenge, merged_into=None).taking_part()
    team = get_object_or_404(teams, slug=team_slug)
    if not challenge.is_revealed():
        raise Http404
    mark_seen(request.user, Q(challenge=challenge, kind=Kind.REVEALED))
    boards = final_boards(challenge)
    tasks = list(Task.objects.filter(track__challenge=challenge).select_related("challenge"))
    of_tasks = visible_boards(AnonymousUser(), tasks)
    own = team_of(request.user, challenge)
    may_open = team == own or has_permission(request.user, Permission.RUN_CHALLENGE, challenge)
    sent = _counted(team, of_tasks.values()) if may_open else {}
    prizes = _prizes(challenge, team)
    tracks = [
        {
            "track": track,
            "place": _place(board, team),
            "verdict": verdict_of(track, board),
            "prizes": prizes.get(track.pk, []),
            "tasks": [
                _task(task, of_tasks[task.pk], team, sent)
                for task in tasks
                if task.track_id == track.pk
            ],
        }
        for track, board in boards
    ]
    context = {
        "challenge": challenge,
        "crumbs": [crumb(challenge), {"label": team.name, "url": team.get_absolute_url()}],
        "team": team,
        "is_mine": team == own,
        "tracks": tracks,
        "has_winners": published(challenge) is not None,
        "shows_files": bool(sent),
    }
    return render(request, "team/result.html", context)


def _place(board: VisibleBoard, team: Team) -> Context | None:
    """Return a team's place on a final board, how sure it is, and the place before the reveal."""
    row = board.row(team.pk)
    if row is None or row.rank is None:
        return None
    tied = board.tied.get(team.pk)
    return {
        "rank": row.rank,
        "of": plural(board.team_count, "team"),
        "tied": f"{tied[0]} to {tied[1]}" if tied else "",
        "moved": marks.moved(_before(row), row.rank, "since the public board"),
        "score": number(row.score, board.shown_decimals),
        "interval": _interval(row, board.shown_decimals),
    }


def _task(task: Task, board: VisibleBoard, team: Team, sent: Mapping[int, Submission]) -> Context:
    row, baseline = board.row(team.pk), reference_row(board)
    decimals = board.shown_decimals
    if row is None or board.part != Part.PRIVATE:
        return {"task": task, "score": ""}
    return {
        "task": task,
        "score": number(row.score, decimals),
        "interval": _interval(row, decimals),
        "rank": row.rank,
        "moved": marks.moved(_before(row), row.rank, "since the public board"),
        "reference": "" if baseline is None else number(baseline.score, decimals),
        "against": AGAINST.get(compared(task, board, row), ""),
        "submission": sent.get(row.submission_id or 0),
    }


def _before(row: BoardRow) -> int | None:
    return None if row.rise is None or row.rank is None else row.rank + row.rise


def _interval(row: BoardRow, decimals: int) -> str:
    if row.low is None or row.high is None:
        return ""
    return f"{number(row.low, decimals)} to {number(row.high, decimals)}"


def _counted(team: Team, boards: Collection[VisibleBoard]) -> dict[int, Submission]:
    """Return the team's submissions that count on the final boards, by id."""
    rows = [board.row(team.pk) for board in boards if board.part == Part.PRIVATE]
    return team.submissions.in_bulk([row.submission_id for row in rows if row])


def _prizes(challenge: Challenge, team: Team) -> dict[int, list[Placing]]:
    """Return the prizes that the published list of winners gives a team, by track."""
    found = published(challenge)
    return {
        each.track.pk: [
            place for place in each.placings if place.slug == team.slug and place.prize_rank
        ]
        for each in (listed(found).tracks if found else [])
    }
