"""The images of a data set, unpacked from their archive."""

import tempfile
import zipfile
from pathlib import Path

from podium_client.errors import SiteError
from podium_client.files import inside

ARCHIVE = "images.zip"
FOLDER = "images"


def unpack(archive: Path, folder: Path) -> Path:
    """Return the folder `images/` below `folder`, unpacked completely or not at all, unless it
    exists.

    Errors: SiteError for an archive with anything else in it.
    """
    target = folder / FOLDER
    if target.is_dir():
        return target
    with (
        tempfile.TemporaryDirectory(prefix=".images-", dir=folder) as scratch,
        zipfile.ZipFile(archive) as opened,
    ):
        for entry in opened.infolist():
            _refuse(entry, folder)
            opened.extract(entry, scratch)
        unpacked = Path(scratch) / FOLDER
        unpacked.mkdir(exist_ok=True)
        unpacked.rename(target)
    return target


def _refuse(entry: zipfile.ZipInfo, folder: Path) -> None:
    """Reject an entry outside of images/."""
    path = inside(folder, entry.filename.rstrip("/"))
    if folder / FOLDER not in (path, *path.parents):
        raise SiteError(f"{ARCHIVE} has an entry {entry.filename!r} outside of {FOLDER}/.")
