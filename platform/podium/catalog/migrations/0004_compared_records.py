from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def forget(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Forget comparisons without records: the next `challenge apply` makes them again."""
    apps.get_model("catalog", "SolutionComparison").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_solution_comparisons")]

    operations = [
        migrations.AddField(
            "solutioncomparison",
            "records",
            models.PositiveIntegerField(default=0, help_text="Of both, but in no part of both."),
            preserve_default=False,
        ),
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
