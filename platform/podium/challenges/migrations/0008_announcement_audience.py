"""Announcements that are for some teams only."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("challenges", "0007_samples")]

    operations = [
        migrations.AddField(
            model_name="announcement",
            name="audience",
            field=models.CharField(blank=True, max_length=200),
        ),
    ]
