"""The organizers' page of a task: scoring settings and rescoring."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from figures.words import number
from podium import workers
from podium.accounts.requests import SignedInRequest
from podium.challenges.models import Task, current_scorer_version
from podium.challenges.permissions import Permission, has_permission
from podium.standings import rescore_boards
from podium.standings.rescore_boards import BoardPreview, Place
from podium.submissions.jobs import rescoring
from podium.submissions.jobs.rescoring import CannotRescore
from podium.submissions.models import ACTIVE, Evaluation, Rescore, RescoreState, State
from podium.web.console.forms import PublishForm, RescoreForm
from podium.web.console.views import UNPROCESSABLE, get_challenge

RELOAD_SECONDS = 5
SHOWN_CHANGES = 100
SHOWN_UNSCORED = 50
EARLIER = 10
RAW_DECIMALS = 6
# How a state looks: the words are the state's own.
TONES = {
    RescoreState.RUNNING: "scoring",
    RescoreState.READY: "queued",
    RescoreState.PUBLISHED: "scored",
    RescoreState.CANCELLED: "outline",
}
CHANGES: Mapping[str, tuple[Callable[..., None], str]] = {
    "cancel": (rescoring.cancel, "The rescore is cancelled. What it has scored is kept."),
    "resume": (rescoring.resume, "The rescore goes on."),
}


@require_safe
@never_cache
@login_required
def task(request: SignedInRequest, slug: str, task: str) -> HttpResponse:
    """Show scoring settings and the state of a rescore; htmx asks only for the latter."""
    found = _task(request, slug, task, Permission.SEE_CONSOLE)
    if request.headers.get("HX-Request"):
        return render(request, "console/_rescoring.html", _rescoring(request, found))
    return _page(request, found)


@require_POST
@login_required
def act(request: SignedInRequest, slug: str, task: str, verb: str) -> HttpResponse:
    """Start a rescore of a task, or cancel, resume or publish one."""
    found = _task(request, slug, task, Permission.RUN_CHALLENGE)
    if verb == "start":
        return _start(request, found)
    if verb not in {*CHANGES, "publish"}:
        raise Http404
    number = request.POST.get("rescore", "")
    rescore = get_object_or_404(found.rescores, pk=number if number.isdecimal() else 0)
    if verb == "publish":
        return _publish(request, found, rescore)
    change, done = CHANGES[verb]
    try:
        change(rescore=rescore, by=request.user)
    except CannotRescore as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("console-task", slug, found.slug)


def _task(request: HttpRequest, slug: str, task: str, permission: Permission) -> Task:
    challenge = get_challenge(request, slug, permission)
    rows = challenge.tasks.select_related("track", "solution", "dataset_version", "challenge")
    return get_object_or_404(rows, slug=task)


def _start(request: SignedInRequest, found: Task) -> HttpResponse:
    form = RescoreForm(request.POST, task=found)
    if form.is_valid():
        try:
            rescoring.start(task=found, solution=form.cleaned_data["solution"], by=request.user)
        except CannotRescore as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The rescore has begun. Nobody else sees anything of it.")
            return redirect("console-task", found.challenge.slug, found.slug)
    return _page(request, found, form)


def _publish(request: SignedInRequest, found: Task, rescore: Rescore) -> HttpResponse:
    form = PublishForm(request.POST)
    if form.is_valid():
        try:
            rescore_boards.publish(rescore=rescore, why=form.cleaned_data["why"], by=request.user)
        except CannotRescore as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Published. The boards show the new scores.")
        return redirect("console-task", found.challenge.slug, found.slug)
    return _page(request, found, publishing=form)


def _page(
    request: HttpRequest,
    found: Task,
    refused: RescoreForm | None = None,
    publishing: PublishForm | None = None,
) -> HttpResponse:
    counting = Evaluation.objects.counting(found)
    current = {"solution": found.solution, "scorer_version": found.scorer_version}
    context = {
        **_rescoring(request, found),
        **({"publish_form": publishing} if publishing else {}),
        "form": refused or RescoreForm(task=found),
        "can_correct": has_permission(request.user, Permission.REVEAL, found.challenge),
        "scored": found.submissions.filter(state=State.SCORED).count(),
        "others": counting.exclude(**current).count(),
        "current_version": current_scorer_version(),
        "reload_seconds": RELOAD_SECONDS,
    }
    status = UNPROCESSABLE if refused or publishing else None
    return render(request, "console/task.html", context, status=status)


def _rescoring(request: HttpRequest, found: Task) -> dict[str, object]:
    """Return what the part shows that changes while a rescore runs."""
    rows = list(found.rescores.select_related("solution__dataset_version", "started_by")[:EARLIER])
    active = next((row for row in rows if row.state in ACTIVE), None)
    context: dict[str, object] = {
        "challenge": found.challenge,
        "task": found,
        "can_run": has_permission(request.user, Permission.RUN_CHALLENGE, found.challenge),
        "active": active,
        "publish_form": PublishForm(),
        "earlier": [_listed(row) for row in rows if row is not active],
    }
    return context | _stand(request, active) if active else context


def _stand(request: HttpRequest, active: Rescore) -> dict[str, object]:
    """Return how an active rescore stands, with its preview once nothing is left to do."""
    come = rescoring.progress(active)
    is_done = active.state == RescoreState.READY and not come.left
    alive = workers.workers_alive()
    stand = {
        "progress": come,
        "is_done": is_done,
        "tone": TONES[RescoreState(active.state)],
        "is_outdated": active.scorer_version != current_scorer_version(),
        "workers_known": alive is not None,
        "worker_alive": any("rescoring" in worker.queues for worker in alive or []),
    }
    return stand | _preview(request, active) if is_done else stand


def _preview(request: HttpRequest, active: Rescore) -> dict[str, object]:
    shown = rescore_boards.preview(active, request.user)
    return {
        "boards": [board_changes(board) for board in shown.boards],
        "unscored": shown.unscored[:SHOWN_UNSCORED],
        "unscored_count": len(shown.unscored),
    }


def board_changes(board: BoardPreview) -> dict[str, object]:
    """Return what _board_changes.html needs of a board."""
    return {
        "title": board.title,
        "rows": board.rows,
        "shows_raw": board.shows_raw,
        "count": len(board.changes),
        "changes": [
            {
                "team": change.team,
                "tone": "up" if change.rises else "down" if change.falls else "",
                "before": _place(change.before, board.decimals),
                "after": _place(change.after, board.decimals),
            }
            for change in board.changes[:SHOWN_CHANGES]
        ],
    }


def _place(place: Place | None, decimals: int) -> dict[str, object] | None:
    if place is None:
        return None
    return {
        "rank": place.rank,
        "score": number(place.score, decimals),
        "raw": number(place.raw, RAW_DECIMALS),
    }


def _listed(row: Rescore) -> dict[str, object]:
    can_resume = (
        row.state == RescoreState.CANCELLED and row.scorer_version == current_scorer_version()
    )
    return {"row": row, "tone": TONES[RescoreState(row.state)], "can_resume": can_resume}
