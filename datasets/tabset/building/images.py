"""The image files that a build copies from the draft, and their new names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import compute

from tabset import hashing, images
from tabset.draft import Draft, DraftColumn, Keep
from tabset.errors import DatasetError
from tabset.schema import ColumnType
from tabset.stage import Stage

NEW_NAME = 16  # hex digits of the content's hash


@dataclass(frozen=True)
class Pictures:
    """The images of a data set: `files` by their new names, `names` from the staged names."""

    files: Mapping[str, Path]
    names: Mapping[str, str]

    def paths(self, staged: pa.Array) -> pa.Array:
        """The paths below the public folder of staged names, missing where there is no file."""
        known = pa.array(self.names, pa.string())
        paths = [f"{images.FOLDER}/{name}" for name in self.names.values()]
        places = compute.index_in(staged, value_set=known)
        return pa.array(paths, pa.string()).take(places)


def pictures(
    draft: Draft, stage: Stage, columns: Mapping[str, Iterable[DraftColumn]], scratch: Path
) -> Pictures:
    """The images that the image columns name, without camera metadata, in `scratch`.

    With `images: new` a file is named by the hash of its content, so that two with the same content
    are one. `columns` are the feature columns of each staged table.
    """
    names: dict[str, str] = {}
    files: dict[str, Path] = {}
    for staged in sorted(_named(stage, columns)):
        source = stage.images / staged
        if Path(staged).name != staged or not source.is_file():
            continue
        content = _clean(source)
        name = staged
        if draft.images is Keep.NEW:
            name = hashing.of_bytes(content)[:NEW_NAME] + source.suffix.lower()
        names[staged] = name
        files[name] = scratch / name
        files[name].write_bytes(content)
    return Pictures(files, names)


def _clean(source: Path) -> bytes:
    try:
        return images.clean(source.read_bytes())
    except DatasetError as error:
        raise DatasetError(f"{images.FOLDER}/{source.name} {error}") from error


def _named(stage: Stage, columns: Mapping[str, Iterable[DraftColumn]]) -> set[str]:
    found: set[str] = set()
    for table, each in columns.items():
        wanted = [column.name for column in each if column.type is ColumnType.IMAGE]
        for batch in stage.tables[table].batches(wanted) if wanted else ():
            for cells in batch.columns:
                found.update(cells.unique().drop_null().to_pylist())
    return found
