"""The tabs of a task, on each of its pages, and the way to the tasks before and after it."""

from django.http import HttpRequest
from django.urls import reverse

from podium.challenges.models import Challenge, Phase, Task


def task_bar(request: HttpRequest, challenge: Challenge, shown: Task) -> dict[str, object]:
    """Return the tabs of a task of the challenge, its neighbours, and where to submit if one can.

    It reads all that it shows in one query, so that a view needs no more of its task than it did.
    """
    version = ("dataset_version__name", "dataset_version__number")
    rows = challenge.tasks.select_related("dataset_version")
    tasks = list(rows.only("slug", "title", "challenge_id", *version))
    place = [task.pk for task in tasks].index(shown.pk)
    task = tasks[place]
    about, questions = task.get_absolute_url(), reverse("questions", args=[challenge.slug])
    tabs = {
        "Overview": about,
        "Data": f"{task.dataset_version.get_absolute_url()}?task={challenge.slug}/{task.slug}",
        "Leaderboard": reverse("task-board", args=[challenge.slug, task.slug]),
        "Questions": f"{questions}?task={task.slug}",
    }
    return {
        "title": task.title,
        "tabs": [
            {"label": label, "url": url, "current": request.path == url.partition("?")[0]}
            for label, url in tabs.items()
        ],
        "submit": f"{about}#submit" if challenge.phase() == Phase.OPEN else "",
        "before": next(iter(tasks[:place][::-1]), None),
        "after": next(iter(tasks[place + 1 :]), None),
    }
