"""Image files: whether they can be used, what they show, and their bytes without metadata."""

import hashlib
import io
import struct
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from PIL import Image, ImageOps

from tabset.errors import DatasetError

EPOCH = (1980, 1, 1, 0, 0, 0)
FOLDER = "images"
SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
}
ORIENTATION = 0x0112
STRIP_PIXELS = 1 << 20
MOST_NAME_BYTES = 200
_FORBIDDEN = frozenset('<>:"/\\|?*')
_COLOURS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")


@dataclass(frozen=True)
class Limits:
    """The most that one image file may have: bytes, and pixels (width times height)."""

    bytes: int = 20_000_000
    pixels: int = 50_000_000


@dataclass(frozen=True)
class Picture:
    """What an image file shows: `pixels` is a hash of size and colours, `frames` 1 if it stands."""

    format: str
    width: int
    height: int
    frames: int
    pixels: str


def name_fault(name: str) -> str:
    """Why `name` cannot be the name of an image file, in words; empty if it can."""
    if not name or name.startswith(".") or name != name.strip():
        return "is empty, or begins with a full stop, or has blanks around it"
    if any(letter in _FORBIDDEN or not letter.isprintable() for letter in name):
        return 'has a slash, a control character or one of < > : " | ? *'
    if len(name.encode(errors="replace")) > MOST_NAME_BYTES:
        return f"is longer than {MOST_NAME_BYTES} bytes"
    return ""


def fits_suffix(name: str, kind: str) -> bool:
    """Whether the ending of a file name is one of its format (`Picture.format`)."""
    return PurePath(name).suffix.lower() in SUFFIXES[kind]


def inspect(content: bytes, limits: Limits = Limits()) -> Picture:
    """What the image shows, after all of it was decoded; `DatasetError` says why it cannot be used.

    Size in bytes and pixels is checked before anything is decoded.
    """
    if len(content) > limits.bytes:
        raise DatasetError(
            f"has {len(content) / 1e6:,.1f} MB, allowed are {limits.bytes / 1e6:,.1f} MB"
        )
    with _opened(content) as image:
        width, height = image.size
        if width * height > limits.pixels:
            raise DatasetError(
                f"has {width:,} x {height:,} pixels, allowed are {limits.pixels / 1e6:,.0f} million"
            )
        kind = _format(content)
        frames = 1 if kind == "JPEG" else int(getattr(image, "n_frames", 1))
        image.seek(0)
        return Picture(kind, width, height, frames, _pixels(image))


def clean(content: bytes) -> bytes:
    """The same image without EXIF, XMP, comments and other metadata; `DatasetError` if it is none.

    Pixels and colour profile stay as they are, byte for byte, because only the parts of the file
    that hold metadata are left out. There are two exceptions: a picture that EXIF says to turn is
    rotated and encoded again (JPEG with quality 95, the others without loss), so that every reader
    sees it upright; and TIFF, which mixes metadata and pixels, is encoded again without loss. The
    same bytes always give the same bytes.
    """
    kind = _format(content)
    if kind == "TIFF" or (kind in _OF_ORIENTATION and _orientation(content) != 1):
        return _encoded_anew(content, kind)
    return _CLEANERS[kind](content)


def _format(content: bytes) -> str:
    for kind, magic in _MAGIC:
        if content.startswith(magic) and (kind != "WEBP" or content[8:12] == b"WEBP"):
            return kind
    raise DatasetError(f"is not an image of the formats {', '.join(SUFFIXES)}")


_MAGIC = (
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("JPEG", b"\xff\xd8\xff"),
    ("WEBP", b"RIFF"),
    ("GIF", b"GIF87a"),
    ("GIF", b"GIF89a"),
    ("BMP", b"BM"),
    ("TIFF", b"II*\x00"),
    ("TIFF", b"MM\x00*"),
)


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """An image while it is looked at; whatever Pillow raises over it becomes a `DatasetError`."""
    kind = _format(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which does no harm
        try:
            with Image.open(io.BytesIO(content), formats=[kind]) as image:
                yield image
        except DatasetError:
            raise
        except Image.DecompressionBombError as error:
            raise DatasetError("has far too many pixels") from error
        except Exception as error:  # its decoders raise anything over a broken file
            raise DatasetError(f"cannot be read as {kind}: {error}") from error


def _pixels(image: Image.Image) -> str:
    """A hash of size and colours, strip by strip, so that the picture is in memory once."""
    digest = hashlib.sha256(f"{image.size}".encode())
    rows = max(1, STRIP_PIXELS // max(image.width, 1))
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        if image.mode in _COLOURS:
            strip = strip.convert("RGBA")
        else:
            digest.update(image.mode.encode())
        digest.update(strip.tobytes())
    return digest.hexdigest()


def _orientation(content: bytes) -> int:
    """How EXIF says to turn the picture; 1 is upright."""
    with _opened(content) as image:
        found = image.getexif().get(ORIENTATION, 1)
    return found if found in range(1, 9) else 1


def _encoded_anew(content: bytes, kind: str) -> bytes:
    options = _ENCODING[kind]
    with _opened(content) as image:
        image.seek(0)
        upright = ImageOps.exif_transpose(image)
        profile = upright.info.get("icc_profile")
        bare = upright.copy()  # a plain image, without the tags of its file
        bare.info = {key: value for key, value in upright.info.items() if key == "transparency"}
        written = io.BytesIO()
        bare.save(written, kind, icc_profile=profile, **options)
    return written.getvalue()


_ENCODING: Mapping[str, Mapping[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0, "exif": b""},
    "PNG": {"exif": b""},
    "WEBP": {"lossless": True, "exact": True, "exif": b"", "xmp": b""},
    "TIFF": {"compression": "tiff_deflate"},
}
_OF_ORIENTATION = frozenset({"JPEG", "PNG", "WEBP"})


class _Bytes:
    """Reads the bytes of a file in order; `DatasetError` where they end too early."""

    def __init__(self, content: bytes, place: int = 0) -> None:
        self.content = content
        self.place = place

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        taken = self.content[self.place : self.place + count]
        if len(taken) < count:
            raise DatasetError("ends too early: the file is cut off")
        self.place += count
        return taken

    def number(self, form: str) -> int:
        """The next bytes as a number of the `struct` format."""
        found: int = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return found


# Chunks of a PNG that are about pixels, colours and animation; all others are left out.
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs hIST"
    b" acTL fcTL fdAT".split()
)


def _clean_png(content: bytes) -> bytes:
    source = _Bytes(content)
    kept = [source.take(8)]
    kind = b""
    while kind != b"IEND":
        length = source.number(">I")
        kind = source.take(4)
        chunk = struct.pack(">I", length) + kind + source.take(length + 4)
        if kind in _PNG_KEPT:
            kept.append(chunk)
    return b"".join(kept)


_JPEG_END, _JPEG_SCAN, _JPEG_COMMENT = 0xD9, 0xDA, 0xFE
_JPEG_BARE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length
_JPEG_APPLICATION = range(0xE0, 0xF0)


def _clean_jpeg(content: bytes) -> bytes:
    source = _Bytes(content)
    kept = [source.take(2)]
    while True:
        marker = _jpeg_marker(source)
        if marker == _JPEG_END:
            kept.append(b"\xff\xd9")
            return b"".join(kept)
        if marker in _JPEG_BARE:
            kept.append(bytes((0xFF, marker)))
            continue
        length = source.number(">H")
        if length < 2:
            raise DatasetError("is broken: a JPEG segment has no length")
        payload = _jpeg_payload(marker, source.take(length - 2))
        if payload is not None:
            kept += [struct.pack(">BBH", 0xFF, marker, len(payload) + 2), payload]
        if marker == _JPEG_SCAN:
            kept.append(_jpeg_scan(source))


def _jpeg_marker(source: _Bytes) -> int:
    if source.take(1) != b"\xff":
        raise DatasetError("is broken: a JPEG segment does not begin where the last one ended")
    marker = 0xFF
    while marker == 0xFF:  # a marker may be preceded by any number of fill bytes
        marker = source.take(1)[0]
    return marker


def _jpeg_payload(marker: int, payload: bytes) -> bytes | None:
    """What stays of a segment; None if it is metadata.

    APP0 holds the density (and a thumbnail, which goes), APP2 may hold the colour profile, and
    APP14 says how colours are coded.
    """
    if marker == 0xE0:
        return payload[:12] + b"\0\0" if payload.startswith(b"JFIF\0") else None
    if marker == 0xE2 and payload.startswith(b"ICC_PROFILE\0"):
        return payload
    if marker == 0xEE and payload.startswith(b"Adobe"):
        return payload
    metadata = marker in _JPEG_APPLICATION or marker == _JPEG_COMMENT
    return None if metadata else payload


def _jpeg_scan(source: _Bytes) -> bytes:
    """The coded pixels up to the next marker, which is none of the restart markers."""
    start = source.place
    while True:
        found = source.content.find(b"\xff", source.place)
        if found < 0 or found + 1 >= len(source.content):
            raise DatasetError("ends too early: the file is cut off")
        following = source.content[found + 1]
        if following == 0 or 0xD0 <= following <= 0xD7:
            source.place = found + 2
        elif following == 0xFF:
            source.place = found + 1
        else:
            source.place = found
            return source.content[start:found]


_WEBP_METADATA_FLAGS = 0x08 | 0x04
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))


def _clean_webp(content: bytes) -> bytes:
    head = _Bytes(content)
    head.take(4)
    body = _Bytes(head.take(head.number("<I")))
    kept = [body.take(4)]
    while body.place < len(body.content):
        kind = body.take(4)
        length = body.number("<I")
        payload = body.take(length)
        if length % 2 and body.place < len(body.content):
            body.take(1)
        if kind == b"VP8X" and payload:
            payload = bytes((payload[0] & ~_WEBP_METADATA_FLAGS,)) + payload[1:]
        if kind in _WEBP_KEPT:
            kept.append(kind + struct.pack("<I", length) + payload + b"\0" * (length % 2))
    cleaned = b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(cleaned)) + cleaned


_GIF_EXTENSION, _GIF_IMAGE, _GIF_END = 0x21, 0x2C, 0x3B
_GIF_CONTROL = 0xF9
_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def _clean_gif(content: bytes) -> bytes:
    source = _Bytes(content)
    header = source.take(13)
    kept = [header, _gif_colours(source, header[10])]
    while True:
        kind = source.take(1)
        if kind[0] == _GIF_END:
            return b"".join([*kept, kind])
        if kind[0] == _GIF_EXTENSION:
            label = source.take(1)
            blocks = _gif_blocks(source)
            if label[0] == _GIF_CONTROL or blocks[1:12] in _GIF_LOOPS:
                kept.append(kind + label + blocks)
        elif kind[0] == _GIF_IMAGE:
            descriptor = source.take(9)
            kept += [kind, descriptor, _gif_colours(source, descriptor[8]), source.take(1)]
            kept.append(_gif_blocks(source))
        else:
            raise DatasetError("is broken: a GIF block is of no known kind")


def _gif_colours(source: _Bytes, flags: int) -> bytes:
    return source.take(3 << (flags & 7) + 1) if flags & 0x80 else b""


def _gif_blocks(source: _Bytes) -> bytes:
    start = source.place
    while size := source.take(1)[0]:
        source.take(size)
    return source.content[start : source.place]


def _clean_bmp(content: bytes) -> bytes:
    return content  # it has no place for metadata


_CLEANERS: Mapping[str, Callable[[bytes], bytes]] = {
    "PNG": _clean_png,
    "JPEG": _clean_jpeg,
    "WEBP": _clean_webp,
    "GIF": _clean_gif,
    "BMP": _clean_bmp,
}
