"""What a page says that waits for a scoring worker, and of the problems that one found."""

from datetime import datetime

from django.utils import timezone

from podium import workers
from podium.challenges.models import Task
from podium.files import Json

# A browser without JavaScript reloads the page this often.
RELOAD_SECONDS = 5
# How soon the page asks again, in milliseconds, by how many seconds it has waited.
POLLING = ((3, 250), (15, 1000), (60, 2000))
SLOWEST_POLLING = 5000


def waiting(since: datetime) -> dict[str, object]:
    """Return how often to ask again after waiting since then, and whether a worker is alive."""
    waited = (timezone.now() - since).total_seconds()
    alive = workers.workers_alive()
    return {
        "poll_ms": next((ms for limit, ms in POLLING if waited < limit), SLOWEST_POLLING),
        "reload_seconds": RELOAD_SECONDS,
        "workers_known": alive is not None,
        "worker_alive": any("scoring" in worker.queues for worker in alive or []),
    }


def classes_meant(problems: list[Json], task: Task) -> list[str]:
    """Return the task's classes where a problem is about one; then the page lists them once."""
    about = {"unknown_label", "unknown_column", "missing_column"}
    return task.dataset_version.classes if about & {each["code"] for each in problems} else []
