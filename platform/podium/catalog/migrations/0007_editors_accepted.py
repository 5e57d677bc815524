from django.db import migrations
from django.db.models import F


def accept(apps, schema_editor):
    """Whoever edits a data set already was made an editor when they were named."""
    editors = apps.get_model("catalog", "DataEditor").objects.filter(user__isnull=False)
    editors.update(accepted_at=F("named_at"))


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_editing_offers")]

    operations = [migrations.RunPython(accept, migrations.RunPython.noop, elidable=True)]
