from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("baseline_runs", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="baselinerun",
            name="attempt",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Only grows: a claim holds as long as its attempt is the last one.",
            ),
        ),
        migrations.AddField(
            model_name="baselinerun",
            name="attempt_limit",
            field=models.PositiveIntegerField(default=3, help_text="Fails after this attempt."),
        ),
    ]
