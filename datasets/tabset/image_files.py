"""The image files of a data set version on disk: the folder, and a reproducible archive."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from tabset import hashing
from tabset.errors import DatasetError
from tabset.images import EPOCH, FOLDER, name_fault
from tabset.schema import FileFact

ARCHIVE = "images.zip"
Sizes = tuple[tuple[int, int], ...]


def write(images: Mapping[str, Path | bytes], out: Path) -> tuple[dict[str, FileFact], Sizes]:
    """Writes images/<file> and images.zip, one image in memory at a time; nothing without images.

    Gives the fact of every file written by its path below `out`, and the different (width, height)
    in pixels, sorted. The archive is stored without compression and with a fixed date. Raises
    `DatasetError` for a name that leaves the folder and for a file that is not an image.
    """
    for name in images:
        if fault := name_fault(name):
            raise DatasetError(f"{name!r} cannot be the name of an image file: it {fault}")
    if not images:
        return {}, ()
    (out / FOLDER).mkdir()
    written: dict[str, FileFact] = {}
    sizes = set()
    with zipfile.ZipFile(out / ARCHIVE, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(images):
            image = images[name]
            content = image if isinstance(image, bytes) else image.read_bytes()
            path = f"{FOLDER}/{name}"
            sizes.add(_size(path, content))
            (out / path).write_bytes(content)
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
            written[path] = FileFact(hashing.of_bytes(content), len(content))
    # the archive goes back to fill in the head of each entry, so it is hashed when it is whole
    return written | {ARCHIVE: hashing.fact(out / ARCHIVE)}, tuple(sorted(sizes))


def _size(path: str, content: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
            return width, height
    except (OSError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{path} is not an image that can be read") from error
