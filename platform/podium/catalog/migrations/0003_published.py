"""Publish the versions that existed before versions had a state."""

from typing import Any

from django.db import migrations
from django.db.models import F


def publish(apps: Any, schema_editor: Any) -> None:
    versions = apps.get_model("catalog", "DatasetVersion").objects
    versions.all().update(state="published", created_at=F("published_at"))


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_lifecycle")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
