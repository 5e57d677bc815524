from pathlib import Path

import pytest

from tabset.building import build_draft
from tabset.draft import Keep, SplitMethod
from tabset.errors import DatasetError
from tabset.schema import ColumnType
from tests.tabset.importers.raw import imported, silent, write
from tests.tabset.sources import png

CLASSES = ("NA", "007", "a cat")


def folders(tmp_path: Path, *above: str, each: int = 4) -> Path:
    names = [
        "/".join(filter(None, (side, label, f"{n}.png")))
        for side in above
        for label in CLASSES
        for n in range(each)
    ]
    return write(tmp_path, {name: png(shade) for shade, name in enumerate(names)})


def test_the_folder_of_an_image_is_its_class(tmp_path: Path) -> None:
    found = imported("imagefolder", folders(tmp_path, ""))
    rows = found.rows("rows")
    assert {row["class"] for row in rows} == set(CLASSES)
    assert len({row["image"] for row in rows}) == len(rows) == 12
    assert found.column("image").type is ColumnType.IMAGE
    assert (found.draft.roles.label, found.draft.split.method) == ("class", SplitMethod.RANDOM)


def test_train_and_test_above_the_classes_are_the_split(tmp_path: Path) -> None:
    found = imported("imagefolder", folders(tmp_path, "train", "val", "test"))
    assert [row["split"] for row in found.rows("rows")].count("test") == 12
    assert found.draft.split.method is SplitMethod.GIVEN


def test_image_names_do_not_have_to_tell_the_class(tmp_path: Path) -> None:
    raw = folders(tmp_path, "", each=12)
    found = imported("imagefolder", raw, image_names="new", order="shuffle", licence="CC0")
    assert found.draft.images is Keep.NEW
    built = build_draft(
        found.folder, tmp_path / "out", tmp_path / "private", salt="s", progress=silent
    )
    assert built.dataset.labels == tuple(sorted(CLASSES))
    names = [path.name for path in (tmp_path / "out" / "images").iterdir()]
    assert len(names) == 36
    assert not any(label in name for label in CLASSES for name in names)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.png": b"x"}, "a.png is not in a folder of a class"),
        ({"train/a.png": b"x"}, "is not in a folder of a class"),
        ({"cat/notes.txt": b"x", "dog/notes.txt": b"x"}, "holds no image"),
        ({"train/cat/a.png": b"x", "dog/a.png": b"x"}, "put all classes into train and test"),
    ],
)
def test_other_layouts_are_refused_in_words(
    tmp_path: Path, files: dict[str, bytes], told: str
) -> None:
    with pytest.raises(DatasetError, match=told):
        imported("imagefolder", write(tmp_path, files))


def test_one_folder_is_given(tmp_path: Path) -> None:
    raw = write(tmp_path, {"cat/a.png": b"x", "t.csv": "a\n1\n"})
    for paths in ([raw / "t.csv"], [raw / "cat", raw]):
        with pytest.raises(DatasetError, match="give one folder"):
            imported("imagefolder", *paths)
