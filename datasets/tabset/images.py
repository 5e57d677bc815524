"""Image files of a data set: their sizes, their folder and a reproducible archive."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from tabset.errors import DatasetError

EPOCH = (1980, 1, 1, 0, 0, 0)
FOLDER = "images"


def sizes(images: Mapping[str, bytes]) -> tuple[tuple[int, int], ...]:
    """The different (width, height) in pixels, sorted; `DatasetError` names an unreadable file."""
    found = set()
    for name, content in images.items():
        try:
            with Image.open(io.BytesIO(content)) as image:
                found.add(image.size)
        except UnidentifiedImageError as error:
            raise DatasetError(f"{FOLDER}/{name} is not an image that can be read") from error
    return tuple(sorted(found))


def write(images: Mapping[str, bytes], out: Path) -> None:
    """Writes images/<file> and images.zip, stored without compression and with a fixed date."""
    folder = out / FOLDER
    folder.mkdir()
    with zipfile.ZipFile(out / "images.zip", "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(images):
            if "/" in name or "\\" in name or name.startswith("."):
                raise DatasetError(f"{name!r} cannot be the name of an image file")
            (folder / name).write_bytes(images[name])
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, images[name])
