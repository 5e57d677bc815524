"""Image files next to a table: which columns name them, and their copies in the draft folder."""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
from pyarrow import compute

from tabset.draft import DraftColumn
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers import files
from tabset.importers.base import Request
from tabset.schema import ColumnType
from tabset.stage import IMAGES

ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff")
MOST_OF = 0.5  # of a column's first cells, to count as a column of images


class Sink:
    """Keeps the images that a table carries in its cells in the draft folder."""

    def __init__(self, out: Path) -> None:
        self.folder = out / IMAGES

    def put(self, name: str, content: bytes) -> None:
        """Writes one image file; `DatasetError` if the name is not a plain one."""
        if name != Path(name).name or name.startswith(".") or "\\" in name:
            raise DatasetError(f"{name!r} cannot be the name of an image file; rename it")
        self.folder.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(content)


@dataclass
class Gallery:
    """A folder of image files: `names` maps each text that may name a file to its plain name.

    A file `flags/eu/aw.png` of the folder `flags` is named by `flags/eu/aw.png`, `eu/aw.png` and,
    if no other has that name, by `aw.png`. `columns` and `used` are the columns that name files and
    the names that occur in them; they fill up while batches are watched. `asked` is false if nobody
    named the folder, so that nothing is wrong if no column names its files.
    """

    sources: Mapping[str, Path]
    names: Mapping[str, str]
    columns: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    asked: bool = True

    def watch(
        self, names: Sequence[str], batches: Iterable[pa.RecordBatch]
    ) -> Iterator[pa.RecordBatch]:
        """The batches with plain file names in every column whose cells name files.

        The first batch with file names determines these columns. Other cells of theirs become plain
        names as well, so that the checks of the draft find that there are no such files.
        """
        texts = pa.array(list(self.names), pa.string())
        plain = pa.array(list(self.names.values()), pa.string())
        found_columns: tuple[str, ...] = ()
        for batch in batches:
            if not found_columns:
                found_columns = tuple(name for name in names if _mostly(batch[name], texts))
                self.columns.update(found_columns)
            for column in found_columns:
                cells = _tidy(batch[column])
                found = plain.take(compute.index_in(cells, value_set=texts))
                self.used.update(found.unique().drop_null().to_pylist())
                cells = compute.coalesce(found, compute.replace_substring(cells, "/", "_"))
                batch = batch.set_column(batch.schema.get_field_index(column), column, cells)
            yield batch


def _tidy(cells: pa.Array) -> pa.Array:
    """File names as folders are written here: with slashes, without a leading `./`."""
    return compute.replace_substring_regex(
        compute.replace_substring(cells, "\\", "/"), r"^(\./)+", ""
    )


def _mostly(cells: pa.Array, texts: pa.Array) -> bool:
    known = compute.sum(compute.is_in(_tidy(cells), value_set=texts)).as_py() or 0
    return bool(known and known >= MOST_OF * (len(cells) - cells.null_count))


def gallery(request: Request) -> Gallery | None:
    """The image files of the folder that the option images names, or of the only one there is.

    None if there is none, or several to choose from. `DatasetError` if the named folder is not next
    to or below the given paths, or has no images.
    """
    if folder := request.options["images"]:
        return gallery_of(request, _find(request, folder))
    given = [path for path in request.paths if path.is_dir()]
    inside = [entry for path in given for entry in sorted(path.iterdir()) if entry.is_dir()]
    found = [path for path in (*given, *inside) if _holds_images_alone(path)]
    return replace(gallery_of(request, found[0]), asked=False) if len(found) == 1 else None


def _holds_images_alone(folder: Path) -> bool:
    """Whether the visible entries of a folder are image files, one at least."""
    visible = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    endings = {entry.suffix.lower() for entry in visible}
    return bool(visible) and endings <= set(ENDINGS)


def gallery_of(request: Request, base: Path) -> Gallery:
    """The image files in and below a folder; `DatasetError` if there are none."""
    sources = _sources(base)
    if not sources:
        raise DatasetError(
            f"the folder {base} holds no image; images end with {', '.join(ENDINGS)}"
        )
    request.meter.expect(sum(path.stat().st_size for path in sources.values()))
    names: dict[str, str] = {}
    ends = [path.name for path in sources.values()]
    for name, path in sources.items():
        below = path.relative_to(base).as_posix()
        names |= {below: name, f"{base.name}/{below}": name}
        if ends.count(path.name) == 1:
            names[path.name] = name
    return Gallery(sources, names)


def _find(request: Request, folder: str) -> Path:
    roots = list(dict.fromkeys(path if path.is_dir() else path.parent for path in request.paths))
    for root in roots:
        found = root / folder
        if found.is_dir() and found.resolve().is_relative_to(root.resolve()):
            return found
    raise DatasetError(
        f"there is no folder {folder!r} (option images) in"
        f" {', '.join(str(root) for root in roots)}; images must be next to or below the tables"
    )


def _sources(base: Path) -> dict[str, Path]:
    """The images below a folder by plain names: folders become part of the name."""
    found: dict[str, Path] = {}
    for path in sorted(base.rglob("*")):
        if path.name.startswith(".") or path.suffix.lower() not in ENDINGS or path.is_dir():
            continue
        files.refuse_link(path, base)
        below = path.relative_to(base)
        name = "_".join(below.parts)
        if name in found:
            raise DatasetError(f"{found[name]} and {path} get the same name; rename one")
        found[name] = path
    return found


def keep(request: Request, images: Gallery) -> None:
    """Copies the images that some row names; the others stay out, which a finding tells."""
    folder = request.out / IMAGES
    folder.mkdir(exist_ok=True)
    for name in sorted(images.used):
        source = images.sources[name]
        shutil.copyfile(source, folder / name)
        request.meter.add(source.stat().st_size, "copying images")
    if unused := sorted(set(images.sources) - images.used):
        request.tell(
            Level.INFO,
            "images-unused",
            f"{len(unused)} images are named by no row and are left out, such as {unused[0]}.",
            count=len(unused),
        )
    if not images.columns and images.asked:
        request.tell(
            Level.ERROR,
            "images-unnamed",
            "No column names the files of the image folder: give the table a column with their"
            " names, or leave out the option images.",
        )


def stage(
    request: Request,
    table: str,
    names: Sequence[str],
    batches: Iterable[pa.RecordBatch],
    images: Gallery | None,
    *,
    keep: Collection[str] = (),
) -> tuple[DraftColumn, ...]:
    """Stages a table as `Request.stage` does; columns that name images become of that type."""
    if images is None:
        columns = request.stage(table, names, batches, keep=keep)
        own = (request.out / IMAGES).is_dir()  # images that the table carried in its cells
        return tuple(column if own else _absent(request, table, column) for column in columns)
    columns = request.stage(table, names, images.watch(names, batches), keep=keep)
    return tuple(_named(column) if column.name in images.columns else column for column in columns)


def _named(column: DraftColumn) -> DraftColumn:
    evidence = "Cells name files of the image folder."
    return replace(column, type=ColumnType.IMAGE, missing_values=(), format="", evidence=evidence)


def _absent(request: Request, table: str, column: DraftColumn) -> DraftColumn:
    """The column, left out if it seems to name images that were not given."""
    if column.type is not ColumnType.IMAGE:
        return column
    request.tell(
        Level.WARNING,
        "images-absent",
        f"The cells of {column.name!r} look like names of image files, but none were given: name"
        " their folder by the option images. The column is left out.",
        table=table,
        column=column.name,
    )
    return replace(column, use=False)
