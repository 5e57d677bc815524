"""Publishing a built data set folder as an immutable version."""

import hashlib
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from podium import files
from podium.audit.actions import record
from podium.catalog.models import DatasetVersion, Solution


class CannotPublish(Exception):
    """A folder is not a complete data set version; the text says what is missing."""


def publish(*, public: Path, private: Path, by: Any = None) -> DatasetVersion:
    """Return the version with this content, made now if the catalogue does not have it yet.

    `public` and `private` are the two folders that `tabset` writes. Raises CannotPublish.
    """
    facts = _read_facts(public)
    if not (private / "solution.parquet").is_file():
        raise CannotPublish(f"{private} has no solution.parquet. Build the data set again.")
    known = DatasetVersion.objects.filter(name=facts["name"], content_hash=facts["content_hash"])
    if version := known.first():
        return version
    with transaction.atomic():
        version = DatasetVersion.objects.create(
            name=facts["name"],
            number=_next_number(facts["name"]),
            content_hash=facts["content_hash"],
            kind=facts["kind"],
            title=facts["title"],
            facts=facts,
        )
        files.put_folder(files.public(), str(version.folder), public)
        _put_archive(version, public)
        add_solution(version=version, file=private / "solution.parquet", by=by)
        record("published data set version", subject=version, by=by, version=str(version))
    return version


def add_solution(*, version: DatasetVersion, file: Path, by: Any = None) -> Solution:
    """Return the next solution version of a data set version, with its file in private storage."""
    usage = pc.value_counts(pq.read_table(file, columns=["usage"])["usage"]).to_pylist()
    rows = {count["values"]: count["counts"] for count in usage}
    number = version.solutions.count() + 1
    solution = Solution.objects.create(
        dataset_version=version,
        number=number,
        file=f"solutions/{version.name}/{version.number}/{number}.parquet",
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        public_rows=rows.get("public", 0),
        private_rows=rows.get("private", 0),
    )
    files.put(files.private(), solution.file, file)
    record("added solution", subject=solution, by=by, solution=str(solution))
    return solution


def _put_archive(version: DatasetVersion, public: Path) -> None:
    """Store one zip of all public files; the single images are in images.zip already."""
    names = ["dataset.json", *(row["name"] for row in version.files)]
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            for name in names:
                archive.write(public / name, f"{version.name}-{version.number}/{name}")
        target.flush()
        files.put(files.public(), str(version.archive), Path(target.name))


def _read_facts(public: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads((public / "dataset.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotPublish(f"{public / 'dataset.json'} cannot be read: {error}") from error
    missing = [name for name in facts["files"] if not (public / name).is_file()]
    if missing:
        raise CannotPublish(f"{public} lacks {', '.join(missing[:5])}. Build the data set again.")
    return facts


def _next_number(name: str) -> int:
    newest = DatasetVersion.objects.filter(name=name).aggregate(newest=Max("number"))["newest"]
    return int(newest or 0) + 1
