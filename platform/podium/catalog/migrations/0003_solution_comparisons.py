import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_public_counts"),
    ]

    operations = [
        migrations.CreateModel(
            name="SolutionComparison",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "usage_rows",
                    models.PositiveIntegerField(help_text="Public in one, private in the other."),
                ),
                (
                    "train_rows",
                    models.PositiveIntegerField(
                        help_text="Test rows of one in train of the other."
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.solution",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.solution",
                    ),
                ),
            ],
            options={
                "ordering": ["first", "second"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("first", "second"), name="solutions_compared_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))),
                        name="solutions_compared_in_order",
                    ),
                ],
            },
        ),
    ]
