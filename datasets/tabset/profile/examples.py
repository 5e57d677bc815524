"""A few training rows of each class, and the images that a contact sheet shows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from figures import words
from tabset.images import FOLDER
from tabset.profile.model import ClassExamples, Example, Thumbnail
from tabset.profile.sample import batches
from tabset.schema import Column, ColumnType, Dataset, Kind

CLASSES = 50
PER_CLASS = 5
CELLS = 4
CHARACTERS = 140
THUMBNAILS = 24
SIDE = 96
MAX_PIXELS = 50_000_000
TELLING = (
    ColumnType.TEXT,
    ColumnType.CATEGORICAL,
    ColumnType.LIST,
    ColumnType.NUMERIC,
    ColumnType.DATETIME,
    ColumnType.BOOLEAN,
)


def examples(public: Path, dataset: Dataset) -> tuple[ClassExamples, ...]:
    """The first five training rows of each of the first 50 classes, shortened."""
    shown, images = _shown(dataset), _named(dataset, ColumnType.IMAGE)
    found: dict[str, list[Example]] = {label: [] for label in dataset.labels[:CLASSES]}
    counts = dataset.label_counts["train"]
    lacking = sum(min(PER_CLASS, counts.get(label, 0)) for label in found)
    for row in _rows(public, ["id", *shown, *images, "label"]):
        rows = found.get(row["label"])
        if rows is None or len(rows) == PER_CLASS:
            continue
        rows.append(_example(row, shown, images))
        lacking -= 1
        if not lacking:
            break
    return tuple(ClassExamples(label, tuple(rows)) for label, rows in found.items() if rows)


def sheet(public: Path, dataset: Dataset, shown: Sequence[ClassExamples]) -> tuple[Thumbnail, ...]:
    """At most 24 images of the examples, a class after the other, then their second ones."""
    chosen: dict[str, str] = {}
    for place in range(PER_CLASS):
        for group in shown:
            for image in group.rows[place].images if place < len(group.rows) else ():
                chosen.setdefault(image, group.label)
    readable = [image for image in chosen if _inside(public, image)][:THUMBNAILS]
    return tuple(
        Thumbnail(image, f"thumbnails/{place:02d}.jpg", chosen[image])
        for place, image in enumerate(readable, start=1)
    )


def draw(public: Path, thumbnail: Thumbnail, out: Path) -> bool:
    """Whether the image could be read; its copy has 96 pixels on the longer side."""
    try:
        with Image.open(public / thumbnail.image) as image:
            if image.width * image.height > MAX_PIXELS:
                return False
            image.draft("RGB", (SIDE, SIDE))
            small = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    small.thumbnail((SIDE, SIDE))
    # Transparent images are mostly drawn for a light page.
    paper = Image.new("RGBA", small.size, "white")
    paper.alpha_composite(small)
    paper.convert("RGB").save(out / thumbnail.file, "JPEG", quality=82, optimize=True)
    return True


def _shown(dataset: Dataset) -> list[str]:
    """The columns that an example shows: the most telling ones, of pairs from both sides."""
    names: list[str] = []
    matching = dataset.kind is Kind.MATCHING
    for side in ("left_", "right_") if matching else ("",):
        of_side = [column for column in dataset.columns if column.name.startswith(side)]
        names += [column.name for column in _telling(of_side)]
    return names


def _telling(columns: Sequence[Column]) -> list[Column]:
    candidates = [column for column in columns if column.type in TELLING]
    chosen = sorted(candidates, key=lambda column: TELLING.index(column.type))[:CELLS]
    return [column for column in candidates if column in chosen]


def _named(dataset: Dataset, kind: ColumnType) -> list[str]:
    return [column.name for column in dataset.columns if column.type is kind]


def _rows(public: Path, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The training rows as dictionaries, of each batch only as many per label as can be needed."""
    for batch in batches(public / "train.parquet", names):
        seen: dict[str, int] = {}
        wanted = []
        for place, label in enumerate(batch["label"].to_pylist()):
            seen[label] = seen.get(label, 0) + 1
            if seen[label] <= PER_CLASS:
                wanted.append(place)
        yield from batch.take(wanted).to_pylist()


def _example(row: dict[str, Any], shown: Sequence[str], images: Sequence[str]) -> Example:
    cells = {name: _cell(row[name]) for name in shown if row[name] is not None}
    paths = tuple(row[name] for name in images if row[name] is not None)
    return Example(words.short(row["id"], CHARACTERS), cells, paths)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return words.significant(value)
    if isinstance(value, list):
        return words.short(", ".join(value), CHARACTERS)
    return words.short(str(value), CHARACTERS)


def _inside(public: Path, image: str) -> bool:
    """Whether the path names a file of the data set's own folder of images."""
    folder = (public / FOLDER).resolve()
    path = (public / image).resolve()
    return path.parent == folder and path.is_file()
