"""Image files are looked at within limits, and lose their metadata but not a pixel."""

import contextlib
import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from tabset import images
from tabset.errors import DatasetError
from tabset.images import Limits

SECRET = b"Jane Doe at 52.5N"
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


def picture(mode: str = "RGB", size: tuple[int, int] = (20, 10)) -> Image.Image:
    """A picture whose every row and column differs."""
    gradient = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (gradient, gradient.rotate(180), gradient)).convert(mode)


def encoded(kind: str, image: Image.Image | None = None, **options: Any) -> bytes:
    """The picture in a format."""
    buffer = io.BytesIO()
    (image or picture()).save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int = 1) -> bytes:
    """EXIF with a secret and an orientation."""
    tags = Image.Exif()
    tags[0x010E] = SECRET.decode()
    tags[images.ORIENTATION] = orientation
    return tags.tobytes()


def with_metadata(kind: str) -> bytes:
    """The picture with the secret in every place for metadata that the format has."""
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Author", SECRET.decode())
        texts.add_itxt("Note", SECRET.decode())
        return encoded(kind, pnginfo=texts, exif=exif()) + SECRET
    if kind == "JPEG":
        return encoded(kind, exif=exif(), comment=SECRET, xmp=SECRET) + SECRET
    if kind == "WEBP":
        return encoded(kind, exif=exif(), xmp=SECRET, lossless=True)
    if kind == "GIF":
        return encoded(kind, comment=SECRET)
    if kind == "TIFF":
        return encoded(kind, tiffinfo={315: SECRET.decode()}, compression="tiff_lzw")
    return encoded(kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_image_tells_its_format_and_size(kind: str) -> None:
    found = images.inspect(encoded(kind))

    assert (found.format, found.width, found.height, found.frames) == (kind, 20, 10, 1)


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "BMP"])
def test_metadata_is_taken_out_and_every_pixel_stays(kind: str) -> None:
    raw = with_metadata(kind)

    cleaned = images.clean(raw)

    assert SECRET in raw
    assert SECRET not in cleaned
    assert images.inspect(cleaned) == images.inspect(raw)
    assert images.clean(cleaned) == cleaned


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_an_image_without_metadata_stays_byte_for_byte(kind: str) -> None:
    raw = encoded(kind)

    assert images.clean(raw) == raw


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", [3, 6])
def test_a_picture_that_exif_turns_is_turned(kind: str, orientation: int) -> None:
    cleaned = images.clean(encoded(kind, exif=exif(orientation)))

    with Image.open(io.BytesIO(cleaned)) as image:
        assert image.size == ((10, 20) if orientation == 6 else (20, 10))
        assert not image.getexif()
        corner = image.convert("L").getpixel((0, 0))
    with Image.open(io.BytesIO(encoded(kind))) as upright:
        expected = (0, 9) if orientation == 6 else (19, 9)
        assert corner == pytest.approx(upright.convert("L").getpixel(expected), abs=12)
    assert SECRET not in cleaned


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_the_colour_profile_stays(kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    cleaned = images.clean(encoded(kind, icc_profile=profile))

    with Image.open(io.BytesIO(cleaned)) as image:
        assert image.info["icc_profile"] == profile


def test_transparency_and_animation_stay() -> None:
    frames = [picture("P"), picture("P").rotate(180)]
    moving = encoded("GIF", frames[0], save_all=True, append_images=frames[1:], loop=0)
    clear = encoded("PNG", picture("P"), transparency=3)

    assert images.inspect(images.clean(moving)).frames == 2
    assert images.clean(moving) == moving
    assert images.clean(clear) == clear


def test_a_progressive_jpeg_with_many_scans_stays_whole() -> None:
    raw = encoded("JPEG", picture(size=(200, 100)), progressive=True, exif=exif())

    cleaned = images.clean(raw)

    assert SECRET not in cleaned
    assert images.inspect(cleaned).pixels == images.inspect(raw).pixels


def test_the_thumbnail_in_a_jpeg_header_goes() -> None:
    plain = encoded("JPEG")
    header = b"JFIF\0" + plain[11:18] + bytes((1, 1)) + b"\1\2\3"
    raw = b"\xff\xd8\xff\xe0" + struct.pack(">H", len(header) + 2) + header + plain[20:]

    assert images.clean(raw) == plain


def test_a_file_above_the_limit_of_bytes_is_refused() -> None:
    raw = encoded("PNG")

    with pytest.raises(DatasetError, match=r"MB, allowed are"):
        images.inspect(raw, Limits(bytes=len(raw) - 1))
    assert images.inspect(raw, Limits(bytes=len(raw)))


def test_a_picture_above_the_limit_of_pixels_is_refused_before_it_is_decoded() -> None:
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", b"not to be decoded"), (b"IEND", b""))
    )

    with pytest.raises(DatasetError, match=r"too many pixels|pixels, allowed"):
        images.inspect(bomb)
    with pytest.raises(DatasetError, match=r"20 x 10 pixels, allowed"):
        images.inspect(encoded("PNG"), Limits(pixels=199))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_file_is_refused(kind: str) -> None:
    raw = encoded(kind, picture(size=(200, 100)))

    with pytest.raises(DatasetError):
        images.inspect(raw[: len(raw) // 2])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_truncated_file_is_not_cleaned(kind: str) -> None:
    raw = encoded(kind, picture(size=(200, 100)))

    with pytest.raises(DatasetError):
        images.clean(raw[: len(raw) // 2])


def test_what_is_no_image_is_refused() -> None:
    for content in (b"", b"<svg/>", b"RIFF0000WAVE"):
        with pytest.raises(DatasetError, match="is not an image of the formats"):
            images.inspect(content)
        with pytest.raises(DatasetError, match="is not an image of the formats"):
            images.clean(content)


@given(kind=st.sampled_from(FORMATS), data=st.data())
def test_broken_files_raise_nothing_but_a_dataset_error(kind: str, data: st.DataObject) -> None:
    raw = bytearray(with_metadata(kind))
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(raw[: data.draw(st.integers(0, len(raw)))])

    for function in (images.inspect, images.clean):
        with contextlib.suppress(DatasetError):
            function(content)


@given(
    head=st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\0"]),
    rest=st.binary(max_size=200),
)
def test_random_bytes_raise_nothing_but_a_dataset_error(head: bytes, rest: bytes) -> None:
    for function in (images.inspect, images.clean):
        with contextlib.suppress(DatasetError):
            function(head + rest)


def test_the_same_picture_in_another_file_has_the_same_hash() -> None:
    assert images.inspect(encoded("PNG")).pixels == images.inspect(encoded("BMP")).pixels
    assert images.inspect(encoded("PNG")).pixels != images.inspect(encoded("JPEG")).pixels
    deep = [Image.new("I;16", (4, 4), shade) for shade in (1000, 1001)]
    assert len({images.inspect(encoded("PNG", each)).pixels for each in deep}) == 2


@pytest.mark.parametrize(
    "name", ["", ".png", "a/b.png", "a\\b.png", "..", "a\n.png", "a?.png", " a.png", "é" * 101]
)
def test_a_name_that_leaves_the_folder_or_breaks_a_system_is_refused(name: str) -> None:
    assert images.name_fault(name)


def test_usual_names_are_fine() -> None:
    assert not any(images.name_fault(name) for name in ("a.png", "3_4 Sit-Up (1).jpg", "ü.webp"))
    assert images.fits_suffix("a.JPG", "JPEG")
    assert not images.fits_suffix("a.jpg", "PNG")
