from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import migrations, models

from podium import files


def count(apps, schema_editor):
    """Count the classes of the solutions that are there; one whose file is gone has no counts."""
    for solution in apps.get_model("catalog", "Solution").objects.all():
        path = Path(files.local(files.private(), solution.file))
        if path.exists():
            public = pq.read_table(path, columns=["label"], filters=[("usage", "=", "public")])
            counts = pc.value_counts(public["label"]).to_pylist()
            solution.public_counts = sorted(count["counts"] for count in counts)
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
