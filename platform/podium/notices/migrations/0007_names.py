from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0006_roles_in_data_sets"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="announced",
            options={"ordering": ["-at"], "verbose_name": "announced change"},
        ),
    ]
