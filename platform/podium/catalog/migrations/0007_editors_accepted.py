from django.db import migrations
from django.db.models import F


def accept(apps, schema_editor):
    """Take the time when present editors were named as the time when they accepted."""
    editors = apps.get_model("catalog", "DataEditor").objects.filter(user__isnull=False)
    editors.update(accepted_at=F("named_at"))


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_editing_offers")]

    operations = [migrations.RunPython(accept, migrations.RunPython.noop, elidable=True)]
