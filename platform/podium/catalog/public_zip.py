"""The zip of all public files of a version, with a manifest."""

import hashlib
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from podium import files
from podium.catalog.models import DatasetVersion
from podium.files import Json

MANIFEST = "SHA256SUMS"
# A fixed date, so that the bytes depend only on the content.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PACKED = (".parquet", ".zip")
_BLOCK = 1 << 20


def store(
    version: DatasetVersion,
    facts: Json,
    public: Path,
    tick: Callable[[], None] | None = None,
) -> None:
    """Store one zip of all public files; the single images are in images.zip already.

    Its manifest can be checked by `sha256sum --check SHA256SUMS`.
    """
    names = [name for name in facts["files"] if not name.startswith("images/")]
    with (public / "dataset.json").open("rb") as handle:
        own = hashlib.file_digest(handle, "sha256").hexdigest()
    sums = {"dataset.json": own, **{name: facts["files"][name]["sha256"] for name in names}}
    listing = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    inside = f"{version.name}-{version.number}"
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as target:
        with zipfile.ZipFile(target, "w") as made:
            for name in sums:
                _add(made, f"{inside}/{name}", public / name, tick)
            made.writestr(_entry(f"{inside}/{MANIFEST}"), listing)
        target.flush()
        files.put(files.public(), str(version.archive), Path(target.name), tick)


def _add(
    made: zipfile.ZipFile, name: str, path: Path, tick: Callable[[], None] | None = None
) -> None:
    """Copy a file into a zip, block by block."""
    entry = _entry(name)
    packed = path.suffix in _PACKED
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    entry.file_size = path.stat().st_size  # it decides on the form for large files
    with path.open("rb") as source, made.open(entry, "w") as target:
        while block := source.read(_BLOCK):
            if tick:
                tick()
            target.write(block)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o644 << 16
    return entry
