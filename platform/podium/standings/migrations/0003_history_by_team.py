import django.utils.timezone
from django.db import migrations, models
from django.db.models import F, Q


def start_scores(apps, schema_editor):
    """Let every row that is there already begin its score."""
    apps.get_model("standings", "Standing").objects.update(score_since=F("valid_from"))


class Migration(migrations.Migration):
    dependencies = [
        ("standings", "0002_leaderboard"),
        ("submissions", "0004_leaderboard"),
        ("teams", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="standing",
            name="standing_history",
        ),
        migrations.AddField(
            model_name="standing",
            name="score_since",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="Since when the board shows this score; its first row begins then.",
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["board", "team", "valid_from"], name="standing_history"),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["board", "rank", "valid_from"], name="standing_leaders"),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=Q(valid_from=F("score_since")),
                fields=["board", "team", "valid_from", "score"],
                name="standing_new_score",
            ),
        ),
        migrations.RunPython(start_scores, migrations.RunPython.noop),
    ]
