"""What a rehearsal plays with: the definition, public files, and solutions with shuffled labels."""

import json
import secrets
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from podium import files
from podium.catalog.models import DatasetVersion
from podium.challenges.documents import write
from podium.challenges.export import document_of
from podium.challenges.models import Challenge
from podium.refusals import Refused

# Its people and their addresses stay out of the copy, so everybody sees it and may enter.
_LEFT_OUT = ("organizers", "announcements", "entry", "visible_to")


def lay_out(challenge: Challenge, folder: Path) -> None:
    """Write everything that the play needs into an empty folder. Raises Refused without tasks."""
    tasks = list(challenge.tasks.select_related("dataset_version", "solution"))
    if not tasks:
        raise Refused("no_task", "There is nothing to rehearse. Add a track and a task first.")
    document = {k: value for k, value in document_of(challenge).items() if k not in _LEFT_OUT}
    (folder / "challenge.yaml").write_text(write({"challenge": document}), encoding="utf-8")
    versions = {task.dataset_version: task.solution for task in tasks}
    listed = []
    for version, solution in versions.items():
        place = folder / f"version-{version.pk}"
        (place / "private").mkdir(parents=True)
        _copy_public(version, place / "public")
        original = place / "original.parquet"
        files.fetch(files.private(), solution.file, original)
        shuffle(original, place / "private" / "solution.parquet")
        original.unlink()
        listed.append({"folder": place.name, "name": version.name, "number": version.number})
    (folder / "versions.json").write_text(json.dumps(listed), encoding="utf-8")


def shuffle(original: Path, target: Path) -> None:
    """Write a solution whose labels are those of other rows of the same part, drawn in secret."""
    table = pq.read_table(original)
    usage = np.asarray(table["usage"].to_pylist(), dtype=object)
    order = np.arange(table.num_rows)
    draw = np.random.default_rng(secrets.randbits(128))
    for part in sorted(set(usage)):
        rows = np.flatnonzero(usage == part)
        order[rows] = draw.permutation(rows)
    labels = table["label"].take(pa.array(order))
    at = table.schema.get_field_index("label")
    pq.write_table(table.set_column(at, table.schema.field(at), labels), target)


def _copy_public(version: DatasetVersion, target: Path) -> None:
    listed = ["dataset.json", "README.md", *version.facts.get("files", {})]
    found = files.folder_on_disk(files.public(), str(version.folder), listed, target)
    if found != target:
        shutil.copytree(found, target)
