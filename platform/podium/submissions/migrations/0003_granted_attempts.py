from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("submissions", "0002_acts_of_organizers"),
    ]

    operations = [
        migrations.AddField(
            model_name="quota",
            name="granted",
            field=models.PositiveIntegerField(
                default=0, help_text="By organizers, in addition to the task's limits."
            ),
        ),
    ]
