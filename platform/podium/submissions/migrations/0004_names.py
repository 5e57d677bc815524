from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("submissions", "0003_granted_attempts"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="quota",
            options={"verbose_name": "daily use", "verbose_name_plural": "daily use"},
        ),
        migrations.AlterModelOptions(
            name="unscored",
            options={
                "ordering": ["id"],
                "verbose_name": "submission not rescored",
                "verbose_name_plural": "submissions not rescored",
            },
        ),
    ]
