"""Tasks that have boards keep the scorer version that these were made with."""

from typing import Any

from django.db import migrations


def keep_versions(apps: Any, schema: Any) -> None:
    """Give each task the scorer version of its newest evaluation."""
    evaluations = apps.get_model("submissions", "Evaluation").objects.order_by("-id")
    for task in apps.get_model("challenges", "Task").objects.all():
        newest = evaluations.filter(submission__task=task, solution=task.solution_id).first()
        if newest:
            task.scorer_version = newest.scorer_version
            task.save(update_fields=["scorer_version"])


class Migration(migrations.Migration):
    dependencies = [("submissions", "0002_rescores")]

    operations = [migrations.RunPython(keep_versions, migrations.RunPython.noop)]
