"""The boards of tasks and tracks."""

from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from figures.words import number
from leaderboard import decimals
from leaderboard.friedman import FEWEST_TASKS
from podium.boards.columns import score_label
from podium.challenges.models import Organizer, Task, Track
from podium.standings.feedback import step_of
from podium.web.base.access import get_challenge, get_track, refuse_hidden
from podium.web.base.presenters import challenge_facts, crumb, crumbs_to, public_fact
from podium.web.board.page import Subject, answer, compared
from podium.winners.actions import published
from scoring import METRICS

# Texts that no board shows.
_CHALLENGE = ("summary", "description", "rules", "prizes")
_LONG = ("description", *(f"challenge__{name}" for name in _CHALLENGE))


@require_safe
def task_board(request: HttpRequest, slug: str, task: str) -> HttpResponse:
    """Show the ranking of one task."""
    if redirection := compared(request, slug, task):
        return redirection
    tasks = _tasks(request, slug).select_related("solution", "dataset_version")
    found = _read(
        request,
        tasks.annotate(test_rows=F("dataset_version__facts__rows__test"))
        .defer(*_LONG, "dataset_version__facts")
        .filter(slug=task)
        .order_by(),
    )
    if not found:
        get_challenge(request, slug)  # people who may not see it learn nothing of its tasks
        raise Http404
    request.task = found[0]  # type: ignore[attr-defined]  # for the navigation
    subject = Subject(found[0], [], organizes=found[0].organizes)
    public = public_fact(found[0], int(found[0].test_rows or 0))
    return answer(request, "board/task_board.html", subject, _of_task(found[0], public))


@require_safe
def track(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Show the ranking over all tasks of a track."""
    if redirection := compared(request, slug):
        return redirection
    tasks = _tasks(request, slug).filter(track__kind=kind).order_by("position", "pk")
    found = _read(request, tasks.annotate(rows=F("dataset_version__facts__rows")).defer(*_LONG))
    shown = found[0].track if found else get_track(request, slug, kind)
    subject = Subject(shown, found, organizes=bool(found) and found[0].organizes)
    return answer(request, "board/track.html", subject, _of_track(shown, found))


def _tasks(request: HttpRequest, slug: str) -> QuerySet[Any]:
    """Return the tasks of a challenge with all that a board needs.

    `organizes`: whether the user is an organizer of it; every role sees what they all do.
    """
    roles = Organizer.objects.filter(challenge=OuterRef("challenge"), user=request.user.pk)
    organizes = Exists(roles) if request.user.is_authenticated else Value(value=False)
    tasks = Task.objects.select_related("challenge", "track").filter(challenge__slug=slug)
    return tasks.annotate(organizes=organizes)


def _read(request: HttpRequest, tasks: QuerySet[Any]) -> list[Any]:
    """Return tasks of a challenge that the user may see, which were read with it once."""
    found = list(tasks)
    if found and not found[0].organizes:
        refuse_hidden(request.user, found[0].challenge)
    if found:
        request.challenge = found[0].challenge  # type: ignore[attr-defined]  # for the navigation
    for task in found:
        task.track.challenge = task.challenge
    return found


def _of_task(task: Task, public: dict[str, object]) -> dict[str, object]:
    """Return the task's facts for its board page."""
    step, metric = step_of(task), METRICS[task.headline]
    better = "higher" if metric.higher_is_better else "lower"
    ranked_by = {"label": "Ranked by", "value": metric.title, "note": f"{better} is better"}
    return {
        "task": task,
        "crumbs": [*crumbs_to(task.track), crumb(task)],
        "metric": metric,
        "step": number(step, decimals(step)),
        "facts": [ranked_by, public, *challenge_facts(task.challenge)],
    }


def _of_track(track: Track, tasks: list[Task]) -> dict[str, object]:
    """Return the track's facts for its board page."""
    return {
        "track": track,
        "crumbs": [crumb(track.challenge)],
        "tasks": tasks,
        "prizes": track.prizes.all(),
        "has_mean_ranks": len(tasks) >= FEWEST_TASKS,
        "has_winners": published(track.challenge) is not None,
        "facts": [
            {"label": "Ranked by", "value": score_label(track)},
            {"label": "Tasks", "value": len(tasks)},
            *challenge_facts(track.challenge),
        ],
    }
