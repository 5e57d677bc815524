"""The boards of tasks and tracks."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from leaderboard import decimals
from podium.challenges.models import Organizer, Task
from podium.pages.access import get_track, visible_challenges
from podium.pages.board_columns import score_label
from podium.pages.board_page import Subject, answer, compared
from podium.pages.presenters import challenge_facts, crumb, crumbs_to, number
from podium.standings.feedback import step_of
from scoring import METRICS


@require_safe
def task_board(request: HttpRequest, slug: str, task: str) -> HttpResponse:
    """Show the ranking of one task."""

    def subject() -> Subject:
        tasks = _tasks(request, slug).select_related("solution").defer("dataset_version__facts")
        found = _read(tasks.filter(slug=task))
        if not found:
            raise Http404
        return Subject(found[0], [], organizes=found[0].organizes)

    return compared(request, slug, task) or answer(
        request, "pages/task_board.html", {"challenge": slug, "task": task}, subject, _of_task
    )


@require_safe
def track(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Show the ranking over all tasks of a track."""

    def subject() -> Subject:
        tasks = _read(_tasks(request, slug).filter(track__kind=kind))
        if not tasks:
            return Subject(get_track(request, slug, kind), [])
        return Subject(tasks[0].track, tasks, organizes=tasks[0].organizes)

    return compared(request, slug) or answer(
        request, "pages/track.html", {"challenge": slug, "track": kind}, subject, _of_track
    )


def _tasks(request: HttpRequest, slug: str) -> QuerySet[Any]:
    """Return the tasks of a challenge that the user may see, with all that a board needs.

    `organizes` tells whether the user is an organizer of it: every role sees what they all do.
    """
    roles = Organizer.objects.filter(challenge=OuterRef("challenge"), user=request.user.pk)
    return (
        Task.objects.select_related("challenge", "track", "dataset_version")
        .filter(challenge__slug=slug, challenge__in=visible_challenges(request.user))
        .annotate(organizes=Exists(roles))
    )


def _read(tasks: QuerySet[Any]) -> list[Any]:
    """Return the tasks, which were read with their challenge once."""
    found = list(tasks)
    for task in found:
        task.track.challenge = task.challenge
    return found


def _of_task(subject: Subject) -> dict[str, Any]:
    """Return what the page of a task's board tells of the task."""
    task: Any = subject.of
    step, metric = step_of(task), METRICS[task.headline]
    better = "higher" if metric.higher_is_better else "lower"
    ranked_by = {"label": "Ranked by", "value": metric.title, "note": f"{better} is better"}
    return {
        "task": task,
        "crumbs": [*crumbs_to(task.track), crumb(task)],
        "metric": metric,
        "step": number(step, decimals(step)),
        "facts": [ranked_by, *challenge_facts(task.challenge)],
    }


def _of_track(subject: Subject) -> dict[str, Any]:
    """Return what the page of a track's board tells of the track."""
    track: Any = subject.of
    return {
        "track": track,
        "crumbs": [crumb(track.challenge)],
        "tasks": subject.tasks,
        "facts": [
            {"label": "Ranked by", "value": score_label(track)},
            {"label": "Tasks", "value": len(subject.tasks)},
            *challenge_facts(track.challenge),
        ],
    }
