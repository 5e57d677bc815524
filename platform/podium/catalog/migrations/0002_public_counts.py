from pathlib import Path

from django.db import migrations, models

from podium import files
from podium.catalog.actions.versions import public_counts


def count(apps, schema_editor):
    """Count the classes of the solutions that are there; one whose file is gone has no counts."""
    for solution in apps.get_model("catalog", "Solution").objects.all():
        path = Path(files.local(files.private(), solution.file))
        if path.exists():
            solution.public_counts = public_counts(path)
            solution.save(update_fields=["public_counts"])


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="solution",
            name="public_counts",
            field=models.JSONField(
                default=list, help_text="The public rows of each class that occurs, ascending."
            ),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
