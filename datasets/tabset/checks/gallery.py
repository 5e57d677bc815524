"""The image files of a draft: which are named by rows, and what they show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tabset import images
from tabset.draft import Draft, DraftColumn
from tabset.errors import DatasetError
from tabset.images import Picture
from tabset.plan.columns import Coded, coded
from tabset.schema import ColumnType
from tabset.stage import Stage


@dataclass(frozen=True)
class Named:
    """A column that names image files: a code per row, and the file names of the codes."""

    table: str
    column: str
    cells: Coded

    @property
    def files(self) -> tuple[str, ...]:
        """The plain file names in the folder of images."""
        return tuple(text.removeprefix(f"{images.FOLDER}/") for text in self.cells.texts)


@dataclass(frozen=True)
class Gallery:
    """What each file that is named shows, or why it cannot be used.

    `absent` are named by a row but not there, `unused` there but named by no row.
    """

    columns: tuple[Named, ...] = ()
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    unused: tuple[str, ...] = ()


def look(draft: Draft, stage: Stage, columns: Mapping[str, tuple[DraftColumn, ...]]) -> Gallery:
    """Decodes every image file that the image columns among `columns` (by table) name, once."""
    named = tuple(
        Named(table, column.name, coded(stage.tables[table], column))
        for table in draft.tables
        for column in columns[table]
        if column.type is ColumnType.IMAGE
    )
    there = _files(stage.images)
    wanted = sorted({file for each in named for file in each.files})
    pictures: dict[str, Picture] = {}
    faults: dict[str, str] = {}
    for file in wanted:
        if fault := images.name_fault(file):
            faults[file] = f"its name {fault}"
        elif file in there:
            try:
                pictures[file] = images.inspect(there[file].read_bytes())
            except (DatasetError, OSError) as error:
                faults[file] = f"it {error}"
    absent = frozenset(file for file in wanted if file not in there and file not in faults)
    return Gallery(named, pictures, faults, absent, tuple(sorted(set(there) - set(wanted))))


def _files(folder: Path) -> dict[str, Path]:
    """The regular files of the folder by name; links are never followed."""
    if not folder.is_dir():
        return {}
    return {
        path.name: path for path in folder.iterdir() if path.is_file() and not path.is_symlink()
    }
