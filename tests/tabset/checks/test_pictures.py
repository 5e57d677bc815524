"""Image files: absent, unreadable, too large, misnamed, animated, doubled, unused, telling."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tabset import images
from tabset.draft import Keep, Roles, SplitMethod, SplitRule
from tabset.findings import Finding, Level
from tabset.images import Limits
from tests.tabset.checks import drafts

ROLES = Roles(id="id", label="label", split="side")
COUNT = 120
PNG = ".png"


def picture(number: int, kind: str = "PNG") -> bytes:
    """A picture that no other number has."""
    random = np.random.default_rng(number)
    buffer = io.BytesIO()
    Image.fromarray(random.integers(0, 255, (6, 6, 3), dtype=np.uint8)).save(buffer, kind)
    return buffer.getvalue()


def cells() -> dict[str, list[str | None]]:
    """Clean rows with an image each, except two; the last forty are the test."""
    order = np.random.default_rng(9).permutation(COUNT)
    named: list[str | None] = [f"p{number}.png" for number in order]
    named[3] = named[COUNT - 1] = None
    return drafts.rows(COUNT) | {"image": named, "side": ["train"] * 80 + ["test"] * 40}


def of(
    folder: Path,
    table: dict[str, list[str | None]],
    changed: dict[str, bytes | None],
    keep: Keep = Keep.KEEP,
) -> list[Finding]:
    """The findings about rows whose images are there, but for the changed ones."""
    draft = drafts.classification(
        table, roles=ROLES, split=SplitRule(SplitMethod.GIVEN), images=keep
    )
    drafts.write(folder, draft, {"rows": table})
    (folder / "images").mkdir()
    files = {name: picture(number) for number, name in enumerate(cells()["image"]) if name}
    for name, content in (files | changed).items():
        if content is not None:
            (folder / "images" / name).write_bytes(content)
    return drafts.check(folder)


def test_images_in_order_have_no_finding(tmp_path: Path) -> None:
    assert of(tmp_path, cells(), {}) == []


def test_a_path_in_the_folder_of_images_is_fine(tmp_path: Path) -> None:
    table = cells()
    table["image"] = [name and f"images/{name}" for name in table["image"]]

    assert of(tmp_path, table, {}) == []


def test_an_image_that_is_not_there_is_an_error_with_its_rows(tmp_path: Path) -> None:
    table = cells()
    name = str(table["image"][10])

    [found] = of(tmp_path, table, {name: None})

    assert (found.level, found.code) == (Level.ERROR, "absent-images")
    assert (found.column, found.rows) == ("image", (11,))
    assert name in found.message


@pytest.mark.parametrize("content", [b"", b"no image", picture(1)[:60]])
def test_an_image_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes) -> None:
    [found] = of(tmp_path, cells(), {"p5.png": content})

    assert (found.level, found.code, found.count) == (Level.ERROR, "unreadable-images", 1)
    assert "'p5.png'" in found.message


def test_an_image_above_the_limits_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images.inspect, "__defaults__", (Limits(pixels=35),))

    [found] = of(tmp_path, cells(), {})

    assert (found.code, found.count) == ("unreadable-images", COUNT - 2)


@pytest.mark.parametrize("name", ["../x.png", "a/b.png", "/etc/passwd", ".hidden.png"])
def test_a_name_that_leaves_the_folder_is_an_error(tmp_path: Path, name: str) -> None:
    table = cells()
    table["image"][10] = name

    found = of(tmp_path, table, {})

    assert drafts.only(found, "unreadable-images").level is Level.ERROR


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    table = cells()
    (tmp_path / "secret.png").write_bytes(picture(500))
    folder = tmp_path / "draft"
    name = str(table["image"][10])
    of(folder, table, {name: None})
    (folder / "images" / name).symlink_to(tmp_path / "secret.png")

    assert drafts.codes(drafts.check(folder)) == {"absent-images"}


def test_an_ending_unlike_the_content_is_a_warning(tmp_path: Path) -> None:
    [found] = of(tmp_path, cells(), {"p5.png": picture(5000, "BMP")})

    assert (found.level, found.code) == (Level.WARNING, "image-suffix")
    assert "p5.png is BMP" in found.message


def test_an_animation_is_a_warning(tmp_path: Path) -> None:
    table = cells()
    table["image"][10] = "moving.gif"
    frames = [Image.new("L", (6, 6), shade) for shade in (0, 255)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    name = str(cells()["image"][10])

    [found] = of(tmp_path, table, {"moving.gif": buffer.getvalue(), name: None})

    assert (found.level, found.code) == (Level.WARNING, "animated-images")


def test_an_image_that_no_row_names_is_told_of(tmp_path: Path) -> None:
    [found] = of(tmp_path, cells(), {"extra.png": picture(600)})

    assert (found.level, found.code, found.count) == (Level.INFO, "unused-images", 1)


@pytest.mark.parametrize(("label", "said"), [("lamp", "the same label"), ("chair", "another")])
def test_a_picture_on_both_sides_is_a_warning(tmp_path: Path, label: str, said: str) -> None:
    table = cells()
    table["label"][10], table["label"][100] = "lamp", label
    copied = str(table["image"][100])

    [found] = of(tmp_path, table, {copied: picture(10)})

    assert (found.level, found.code, found.rows) == (Level.WARNING, "duplicate-images", (101,))
    assert said in found.message


def test_a_placeholder_is_no_double(tmp_path: Path) -> None:
    table = cells()
    same = {str(name): picture(1) for name in table["image"][60:100]}

    assert not of(tmp_path, table, same)


@pytest.mark.parametrize(("keep", "level"), [(Keep.KEEP, Level.WARNING), (Keep.NEW, Level.INFO)])
def test_image_names_that_tell_the_label_are_told_of(
    tmp_path: Path, keep: Keep, level: Level
) -> None:
    table = cells()
    old = table["image"]
    table["image"] = [
        name and f"{label}_{name}" for name, label in zip(old, table["label"], strict=True)
    ]
    files: dict[str, bytes | None] = {str(name): None for name in old if name}
    files |= {str(name): picture(n) for n, name in enumerate(table["image"]) if name}

    found = of(tmp_path, table, files, keep)

    assert {(each.level, each.code) for each in found} == {(level, "telling-image-names")}
