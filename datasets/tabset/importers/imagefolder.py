"""A folder of images per class, with or without train and test above, as torchvision reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tabset.draft import Draft, Roles
from tabset.errors import DatasetError
from tabset.importers import files, options, pictures, rows
from tabset.importers.base import Importer, Request
from tabset.stage import BATCH_ROWS

IMAGE, LABEL, SPLIT = "image", "class", "split"
SIDES = {"train": rows.TRAIN, "valid": rows.TRAIN, "val": rows.TRAIN, "test": rows.TEST}


@dataclass(frozen=True)
class Named:
    """One image file: its path below the base folder, its class, and its side if that is given."""

    below: str
    label: str
    side: str


def run(request: Request) -> Draft:
    """Stages one row for each image: its file, the folder's name as its label, and its side."""
    base = _base(request)
    found = [_named(base, path) for path in _images(base)]
    sides = {item.side for item in found}
    if "" in sides and len(sides) > 1:
        raise DatasetError(
            f"{base} has the folders {', '.join(sorted(sides - {''}))} next to folders of classes;"
            " put all classes into train and test, or none"
        )
    is_divided = rows.TEST in sides
    names = (IMAGE, LABEL, SPLIT) if is_divided else (IMAGE, LABEL)
    roles = Roles(label=LABEL, split=SPLIT if is_divided else "")
    images = pictures.gallery_of(request, base)
    return rows.stage(request, rows.Rows(names, _batches(found, names), roles, images))


def _base(request: Request) -> Path:
    if len(request.paths) != 1 or not request.paths[0].is_dir():
        raise DatasetError("give one folder that has a folder of images for each class")
    return request.paths[0]


def _images(base: Path) -> list[Path]:
    """The image files below the base folder, sorted; `DatasetError` where one has no class."""
    found = []
    for path in sorted(base.rglob("*")):
        if path.suffix.lower() in pictures.ENDINGS and path.is_file():
            files.refuse_link(path, base)
            found.append(path)
    loose = [path for path in found if not _label(base, path)]
    if loose:
        raise DatasetError(
            f"{loose[0].relative_to(base)} is not in a folder of a class ({len(loose)} such files);"
            " put each image into a folder named by its class"
        )
    if not found:
        raise DatasetError(f"{base} holds no image; images end with {', '.join(pictures.ENDINGS)}")
    return found


def _parts(base: Path, path: Path) -> tuple[str, tuple[str, ...]]:
    """The side that the first folder names, if it names one, and the folders below it."""
    folders = path.relative_to(base).parts[:-1]
    side = SIDES.get(folders[0].lower(), "") if folders else ""
    return side, folders[1:] if side else folders


def _label(base: Path, path: Path) -> str:
    return "/".join(_parts(base, path)[1])


def _named(base: Path, path: Path) -> Named:
    return Named(path.relative_to(base).as_posix(), _label(base, path), _parts(base, path)[0])


def _batches(found: list[Named], names: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(found), BATCH_ROWS):
        taken = found[start : start + BATCH_ROWS]
        columns = {
            IMAGE: [item.below for item in taken],
            LABEL: [item.label for item in taken],
            SPLIT: [item.side for item in taken],
        }
        yield pa.RecordBatch.from_arrays(
            [pa.array(columns[name], pa.string()) for name in names], list(names)
        )


IMPORTER = Importer(
    "imagefolder",
    "a folder of images for each class, with or without train and test above",
    options.COMMON,
    run,
)
