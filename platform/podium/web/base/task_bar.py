"""The tabs of a task, on each of its pages, and the way to the tasks before and after it."""

from django.http import HttpRequest
from django.urls import reverse

from podium.challenges.models import Challenge, Phase, Task


def task_bar(request: HttpRequest, challenge: Challenge) -> dict[str, object]:
    """Return the tabs of `request.task`, its neighbours, and where to submit while one can."""
    task: Task = request.task  # type: ignore[attr-defined]
    about, version = task.get_absolute_url(), task.dataset_version
    talk = reverse("questions", args=[challenge.slug])
    tabs = [
        ("Overview", about),
        ("Data", version.get_absolute_url()),
        ("Leaderboard", reverse("task-board", args=[challenge.slug, task.slug])),
        ("Questions", f"{talk}?task={task.slug}"),
    ]
    here = request.path if request.path != talk else f"{talk}?task={task.slug}"
    rows = challenge.tasks.order_by("track__position", "track_id", "position", "pk")
    listed = list(rows.only("slug", "title", "challenge_id"))
    place = next(n for n, each in enumerate(listed) if each.pk == task.pk)
    before, after = listed[:place][-1:], listed[place + 1 :][:1]
    return {
        "title": task.title,
        "tabs": [{"label": name, "url": url, "current": url == here} for name, url in tabs],
        "submit": f"{about}#submit" if challenge.phase() == Phase.OPEN else "",
        "before": _neighbour(challenge, before),
        "after": _neighbour(challenge, after),
    }


def _neighbour(challenge: Challenge, found: list[Task]) -> dict[str, str] | None:
    """Return a link to the neighbouring task, if there is one."""
    for task in found:
        url = reverse("task", args=[challenge.slug, task.slug])
        return {"title": task.title, "url": url}
    return None
