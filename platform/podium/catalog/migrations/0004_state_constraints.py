"""A version's state, its content and its times go together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_published")]

    operations = [
        migrations.AddConstraint(
            model_name="datasetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("content_hash", ""), ("state", "draft")),
                    models.Q(
                        models.Q(("state", "draft"), _negated=True),
                        models.Q(("content_hash", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="dataset_content_unless_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="datasetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("published_at__isnull", True),
                        ("retired_at__isnull", True),
                        ("state__in", ["draft", "checked"]),
                    ),
                    models.Q(
                        ("published_at__isnull", False),
                        ("retired_at__isnull", True),
                        ("state", "published"),
                    ),
                    models.Q(
                        ("published_at__isnull", False),
                        ("retired_at__isnull", False),
                        ("state", "retired"),
                    ),
                    _connector="OR",
                ),
                name="dataset_times_of_its_state",
            ),
        ),
    ]
