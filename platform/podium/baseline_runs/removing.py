"""What is removed of trainings when a task is removed."""

from podium.challenges.models import Task


def contents(task: Task) -> list[str]:
    """Return in words what is removed with the task."""
    count = task.baseline_runs.count()
    words = "training of a baseline" if count == 1 else "trainings of baselines"
    return [f"{count} {words}"] if count else []
