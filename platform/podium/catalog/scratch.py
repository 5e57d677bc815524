"""Folders on this machine: one for the step that runs, one for each draft between its steps."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from podium import programs
from podium.catalog.models import Import

_DRAFT = "draft-"


@contextmanager
def work_folder() -> Iterator[Path]:
    """Give an empty folder and remove it afterwards; first remove what nobody needs."""
    _sweep_drafts()
    with programs.scratch_folder() as folder:
        yield folder


def draft_folder(source: Import) -> Path:
    """Return where the staged tables of the import's last reading lie, if they are on this machine.

    They can be rebuilt from the raw files at any time.
    """
    return Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{_DRAFT}{source.pk}-{source.staged}"


def _sweep_drafts() -> None:
    """Remove the folders of drafts that were read again, published or discarded."""
    needed = Import.objects.filter(version__published_at=None)
    kept = {draft_folder(source).name for source in needed.only("pk", "staged")}
    # A step that runs keeps its folder under its own attempt, which is stored when it ends.
    kept |= {f"{_DRAFT}{pk}-{attempt}" for pk, attempt in needed.values_list("pk", "attempt")}
    for folder in Path(settings.FILE_UPLOAD_TEMP_DIR).glob(f"{_DRAFT}*"):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)
