from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("teams", "0002_entered_by"),
    ]

    operations = [
        migrations.AlterField(
            model_name="team",
            name="research_use",
            field=models.CharField(
                choices=[("unsaid", "not answered"), ("yes", "yes"), ("no", "no")],
                default="unsaid",
                help_text="Whether its submissions may be kept for research.",
                max_length=10,
            ),
        ),
    ]
