"""All submissions of a team in a challenge: sort, filter, compare two, select final ones."""

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from podium.access import get_challenge
from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Challenge, Phase, Task
from podium.notices.finals import choices
from podium.refusals import Refused
from podium.standings.feedback import is_revealed
from podium.submissions import selection
from podium.submissions.models import State, Submission
from podium.teams.actions import team_of
from podium.teams.models import Team
from podium.web.base.presenters import Context, crumb
from podium.web.submission.scores import ListedScore, listed_scores

PER_PAGE = 50
_ID = re.compile("[0-9]{1,18}")  # longer ones no database knows
# What the head of a column sorts by; a minus before it turns the order round.
ORDERS = {
    "number": ("number", "-received_at"),
    "task": ("task__track__position", "task__position", "task_id", "number"),
    "method": ("method", "-received_at"),
    "state": ("state", "-received_at"),
    "received": ("received_at", "id"),
    "score": ("received_at", "id"),
}
COLUMNS = (
    ("number", "No.", ""),
    ("task", "Task", ""),
    ("method", "Method", ""),
    ("state", "State", ""),
    ("score", "Score", "num"),
    ("received", "Submitted", "num"),
    ("", "Change", ""),
)
STATES = {
    **{state.value: str(state.label).lower() for state in State},
    "final": "final",
    "withdrawn": "withdrawn",
}


@require_safe
@login_required
def my_submissions(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show what the visitor's team has sent, on one page for all tasks."""
    return _page(request, get_challenge(request, slug))


@require_POST
@login_required
def finals(request: SignedInRequest, slug: str) -> HttpResponse:
    """Make the ticked submissions of the list the final ones, and no others of the list."""
    challenge = get_challenge(request, slug)
    team = team_of(request.user, challenge)
    if team is None:
        return redirect("my-submissions", slug)
    ticked = _ids(request.POST.getlist("final"))
    try:
        count = selection.choose(
            team=team, ticked=ticked, listed=_ids(request.POST.getlist("listed")), by=request.user
        )
    except Refused as refused:
        messages.error(request, refused.message)
        return _page(request, challenge, ticked=ticked)
    saved = "Your final selection is saved." if count else "Nothing changed."
    messages.success(request, saved)
    query = request.GET.urlencode()
    address = reverse("my-submissions", args=[slug])
    return redirect(f"{address}?{query}#all" if query else f"{address}#all")


def _ids(texts: list[str]) -> set[int]:
    return {int(each) for each in texts if _ID.fullmatch(each)}


def _page(
    request: SignedInRequest, challenge: Challenge, ticked: set[int] | None = None
) -> HttpResponse:
    """Return the page; `ticked` are the finals of a form that was refused, ticked as they were."""
    team = team_of(request.user, challenge)
    tasks = list(challenge.tasks.select_related("track", "dataset_version", "solution"))
    for task in tasks:
        task.challenge = challenge
    context: dict[str, object] = {
        "challenge": challenge,
        "team": team,
        "tasks": tasks,
        "crumbs": [crumb(challenge)],
        "is_open": challenge.phase() == Phase.OPEN,
    }
    if team:
        context |= _list(request, team, tasks) | _choices(challenge, team, tasks)
        context["ticked"] = ticked
    status = 200 if ticked is None else 422
    return render(request, "submission/my_submissions.html", context, status=status)


@require_safe
@login_required
def compare_two(request: SignedInRequest, slug: str) -> HttpResponse:
    """Lead to the comparison of two of the team's submissions, or back with what is missing."""
    challenge = get_challenge(request, slug)
    picked = [each for each in request.GET.getlist("pick") if _ID.fullmatch(each)]
    team = team_of(request.user, challenge)
    mine = Submission.objects.filter(team=team, pk__in=picked[:3]) if team else ()
    two = sorted(mine, key=lambda each: each.number)
    if len(two) != 2 or two[0].task_id != two[1].task_id:
        messages.error(request, "Tick two submissions of one task to compare them.")
        return redirect("my-submissions", slug)
    return redirect("submission-compare", two[1].pk, two[0].number)


def _list(request: HttpRequest, team: Team, tasks: list[Task]) -> dict[str, object]:
    """Return the page of the list that the address asks for. What it does not know it leaves."""
    task, state = request.GET.get("task", ""), request.GET.get("state", "")
    sort = request.GET.get("sort", "")
    if sort.removeprefix("-") not in ORDERS:
        sort = "-received"
    rows = _of_state(Submission.objects.filter(team=team), state)
    if task in {each.slug for each in tasks}:
        rows = rows.filter(task__slug=task)
    order = ORDERS[sort.removeprefix("-")]
    ordered = rows.select_related("submitted_by").order_by(*order)
    if sort.startswith("-"):
        ordered = ordered.reverse()
    by_key = {each.pk: each for each in tasks}
    listed: QuerySet[Submission] | list[Submission] = ordered
    if by_score := sort.endswith("score"):
        shown = listed_scores(request.user, team, tasks)
        listed = _by_score(ordered, tasks, shown, falls=sort.startswith("-"))
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    if not by_score:
        mine = [by_key[pk] for pk in {each.task_id for each in page}]
        shown = listed_scores(request.user, team, mine)
    for each in page:
        each.task = by_key[each.task_id]
    return {
        "page_obj": page,
        "rows": [{"submission": each, "shown": shown.get(each.pk)} for each in page],
        "has_private": any(each.private for each in shown.values()),
        "sort": sort,
        "columns": _columns(sort),
        "chosen_task": task,
        "chosen_state": state,
        "states": STATES,
        "is_filtered": bool(task or state),
    }


def _columns(sort: str) -> list[dict[str, str]]:
    """Return the heads of the table, each with the order that a click on it gives."""
    columns = []
    for name, label, kind in COLUMNS:
        column = {"label": label, "class": kind}
        if name:
            is_first = name == sort.removeprefix("-")
            falls = sort.startswith("-")
            column["to"] = name if is_first and falls else f"-{name}"
            if is_first:
                column["direction"] = "descending" if falls else "ascending"
        columns.append(column)
    return columns


def _of_state(rows: QuerySet[Submission], state: str) -> QuerySet[Submission]:
    if state == "final":
        return rows.filter(selected_at__isnull=False)
    if state == "withdrawn":
        return rows.filter(withdrawn_at__isnull=False)
    return rows.filter(state=state) if state in State.values else rows


def _by_score(
    rows: QuerySet[Submission], tasks: list[Task], shown: dict[int, ListedScore], *, falls: bool
) -> list[Submission]:
    """Return the rows task by task, each by what is displayed; those without a score come last."""
    order = {task.pk: place for place, task in enumerate(tasks)}

    def key(each: Submission) -> tuple[int, bool, float]:
        score = shown.get(each.pk)
        value = None if score is None else score.value
        return order[each.task_id], value is None, (value or 0.0) * (-1 if falls else 1)

    return sorted(rows, key=key)


def _choices(challenge: Challenge, team: Team, tasks: list[Task]) -> Context:
    """Return for each task what the team chose as final, and what counts if it chooses nothing."""
    found = choices(team, tasks)
    scored = {choice.task.pk for choice in found}
    return {
        "may_choose": challenge.takes_choices(),
        "is_over": any(is_revealed(task) for task in tasks),
        "choices": found,
        "without": [task for task in tasks if task.pk not in scored],
    }
