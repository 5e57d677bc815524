"""Which raw files were given, and which of them is which by its name."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tabset.errors import DatasetError
from tabset.readers import SUFFIXES

PACKED = (".gz", ".zst", ".bz2")


def is_table(path: Path) -> bool:
    """Whether the name of a file is that of a raw table."""
    return _unpacked(path.name).endswith(SUFFIXES) and not path.name.startswith(".")


def stem(path: Path) -> str:
    """The name of a raw file in lower case without its endings: `train` for `Train.csv.gz`."""
    name = _unpacked(path.name)
    return name.rsplit(".", 1)[0] if name.endswith(SUFFIXES) else name


def _unpacked(name: str) -> str:
    lower = name.lower()
    return lower.rsplit(".", 1)[0] if lower.endswith(PACKED) else lower


def given(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The paths; of a folder with nothing but one folder, as archives often are, that one.

    `DatasetError` if there are none, or one does not exist.
    """
    if not paths:
        raise DatasetError("no raw file is given; name at least one file or folder")
    for path in paths:
        if not path.exists():
            raise DatasetError(f"{path} does not exist")
    return tuple(_descended(path) for path in paths)


def _descended(path: Path) -> Path:
    inside = _visible(path) if path.is_dir() else []
    return _descended(inside[0]) if len(inside) == 1 and inside[0].is_dir() else path


def listed(paths: Sequence[Path]) -> list[Path]:
    """The given files, and those that lie directly in the given folders, sorted by name."""
    found: list[Path] = []
    for path in paths:
        found += _inside(path) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def _inside(folder: Path) -> list[Path]:
    inside = _visible(folder)
    for entry in inside:
        refuse_link(entry, folder)
    return [entry for entry in inside if entry.is_file()]


def refuse_link(entry: Path, folder: Path) -> None:
    """`DatasetError` if an entry of a folder is a link that leads out of it."""
    if entry.is_symlink() and not entry.resolve().is_relative_to(folder.resolve()):
        raise DatasetError(f"{entry} is a link out of its folder; put the file itself there")


def _visible(folder: Path) -> list[Path]:
    return sorted(
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and entry.name != "__MACOSX"
    )


def tables(paths: Sequence[Path]) -> list[Path]:
    """The raw tables among the given files and folders; `DatasetError` if there is none.

    A file given directly counts as a table, with any name.
    """
    named = {path for path in paths if path.is_file()}
    found = [path for path in listed(paths) if path in named or is_table(path)]
    if not found:
        endings = ", ".join(SUFFIXES)
        raise DatasetError(f"{_joined(paths)} holds no table; tables end with {endings}")
    return found


def one(paths: Iterable[Path], what: str) -> Path:
    """The only path; `DatasetError` if there are none or several, saying `what` is wanted."""
    found = list(paths)
    if not found:
        raise DatasetError(f"there is no {what}")
    if len(found) > 1:
        raise DatasetError(f"there are several for {what}: {_joined(found)}; name the one to read")
    return found[0]


def by_stem(paths: Iterable[Path], stems: Sequence[str]) -> Path | None:
    """The one path whose stem is among `stems`; None without any, `DatasetError` for several."""
    found = [path for path in paths if stem(path) in stems]
    return one(found, f"the file {stems[0]}") if found else None


def _joined(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths)
