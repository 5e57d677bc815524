"""Tiny raw data, and imports of it that need no worker."""

import io
import random
from typing import Any

from podium.catalog import tasks
from podium.catalog.actions.imports import start_import
from podium.catalog.actions.raw import add_raw_file
from podium.catalog.models import Import


def pets_csv(rows: int = 300) -> bytes:
    """Return a table of pets with the columns name, weight, born and kind, of three kinds."""
    draw = random.Random(5)
    lines = ["name,weight,born,kind"]
    for number in range(rows):
        kind = draw.choice(["cat", "dog", "owl"])
        weight = {"cat": 4, "dog": 12, "owl": 1}[kind] + 3 * draw.random()
        lines.append(
            f"pet {draw.randrange(10**9)},{weight:.3f},20{draw.randrange(10, 26)}-0"
            f"{draw.randrange(1, 10)}-1{number % 10},{kind}"
        )
    return ("\n".join(lines) + "\n").encode()


OPTIONS = {
    "label": "kind",
    "licence": "CC0-1.0",
    "description": "Predict the kind of a pet.",
    "origin": "Made for tests.",
    "citation": "None.",
}


def begin(name: str = "pets", *, by: Any = None, **files: bytes) -> Import:
    """Return an import that has these raw files, each in one piece; pets.csv without any."""
    source = start_import(name=name, title="Pets", importer="table", options=OPTIONS, by=by)
    named = {key.replace("_", "."): content for key, content in files.items()}
    for file, content in (named or {"pets.csv": pets_csv()}).items():
        upload(source, file, content)
    return source


def upload(source: Import, name: str, content: bytes) -> None:
    """Store a raw file in one piece."""
    add_raw_file(source=source, name=name, size=len(content), offset=0, stream=io.BytesIO(content))


def work(source: Import) -> Import:
    """Do what is queued, as a worker would, and return the import as it stands then."""
    tasks.work_on_import(source.pk)
    return Import.objects.select_related("version").get(pk=source.pk)
