"""Drawn product pictures: 64 × 64 PNG, whose shape hints at the type and whose colour is true."""

import io
from collections.abc import Mapping

from PIL import Image, ImageDraw

from samples.draw import Draw
from samples.vocabulary import Colour

SIZE = 64
SCALE = 2
BACKGROUNDS = ((255, 255, 255), (248, 246, 240), (238, 242, 246), (244, 238, 232))
DARK = (54, 56, 60)

Part = tuple[str, str, tuple[float, ...]]

# Shapes in a unit square: (polygon, ellipse, line or box; main, dark or light; coordinates).
SHAPES: Mapping[str, tuple[Part, ...]] = {
    "shoe": (
        ("polygon", "main", (0.12, 0.4, 0.36, 0.36, 0.6, 0.54, 0.88, 0.62, 0.88, 0.72, 0.12, 0.72)),
        ("box", "dark", (0.1, 0.71, 0.9, 0.79)),
        ("line", "light", (0.42, 0.5, 0.56, 0.44)),
    ),
    "boot": (
        ("polygon", "main", (0.2, 0.16, 0.52, 0.16, 0.56, 0.5, 0.86, 0.6, 0.86, 0.74, 0.2, 0.74)),
        ("box", "dark", (0.18, 0.73, 0.88, 0.83)),
        ("line", "light", (0.46, 0.3, 0.56, 0.3)),
    ),
    "pack": (
        ("ellipse", "main", (0.24, 0.12, 0.76, 0.6)),
        ("box", "main", (0.24, 0.36, 0.76, 0.86)),
        ("box", "dark", (0.34, 0.56, 0.66, 0.78)),
        ("line", "dark", (0.4, 0.14, 0.6, 0.14)),
    ),
    "duffel": (
        ("ellipse", "main", (0.08, 0.4, 0.4, 0.8)),
        ("ellipse", "main", (0.6, 0.4, 0.92, 0.8)),
        ("box", "main", (0.24, 0.4, 0.76, 0.8)),
        ("line", "dark", (0.34, 0.42, 0.4, 0.22, 0.6, 0.22, 0.66, 0.42)),
    ),
    "jacket": (
        ("polygon", "main", (0.36, 0.16, 0.64, 0.16, 0.88, 0.56, 0.76, 0.62, 0.68, 0.46, 0.68, 0.86,
                             0.32, 0.86, 0.32, 0.46, 0.24, 0.62, 0.12, 0.56)),
        ("line", "light", (0.5, 0.18, 0.5, 0.86)),
    ),
    "bike": (
        ("ring", "dark", (0.06, 0.46, 0.42, 0.82)),
        ("ring", "dark", (0.58, 0.46, 0.94, 0.82)),
        ("line", "main", (0.24, 0.64, 0.4, 0.34, 0.68, 0.34, 0.5, 0.64, 0.24, 0.64)),
        ("line", "main", (0.76, 0.64, 0.66, 0.24, 0.76, 0.22)),
    ),
    "helmet": (
        ("ellipse", "main", (0.14, 0.22, 0.86, 0.86)),
        ("box", "background", (0.1, 0.58, 0.9, 0.9)),
        ("line", "dark", (0.3, 0.58, 0.46, 0.8, 0.62, 0.58)),
    ),
    "kettle": (
        ("polygon", "main", (0.3, 0.26, 0.62, 0.26, 0.72, 0.82, 0.2, 0.82)),
        ("line", "dark", (0.64, 0.3, 0.86, 0.36, 0.74, 0.7)),
        ("polygon", "main", (0.28, 0.4, 0.1, 0.32, 0.24, 0.56)),
    ),
    "jar": (
        ("polygon", "light", (0.28, 0.14, 0.72, 0.14, 0.66, 0.58, 0.34, 0.58)),
        ("box", "main", (0.28, 0.58, 0.72, 0.86)),
        ("line", "dark", (0.72, 0.2, 0.84, 0.24, 0.7, 0.46)),
    ),
    "desklamp": (
        ("box", "dark", (0.28, 0.8, 0.68, 0.86)),
        ("line", "dark", (0.44, 0.8, 0.34, 0.5, 0.58, 0.26)),
        ("polygon", "main", (0.5, 0.16, 0.88, 0.34, 0.6, 0.46)),
    ),
    "floorlamp": (
        ("box", "dark", (0.36, 0.88, 0.64, 0.92)),
        ("line", "dark", (0.5, 0.88, 0.5, 0.3)),
        ("polygon", "main", (0.38, 0.08, 0.62, 0.08, 0.72, 0.32, 0.28, 0.32)),
    ),
    "headphones": (
        ("ring", "dark", (0.18, 0.16, 0.82, 0.84)),
        ("box", "background", (0.1, 0.6, 0.9, 0.92)),
        ("ellipse", "main", (0.1, 0.44, 0.32, 0.8)),
        ("ellipse", "main", (0.68, 0.44, 0.9, 0.8)),
    ),
    "speaker": (
        ("box", "main", (0.26, 0.16, 0.74, 0.86)),
        ("ellipse", "dark", (0.34, 0.46, 0.66, 0.78)),
        ("ellipse", "light", (0.42, 0.22, 0.58, 0.38)),
    ),
    "bottle": (
        ("box", "main", (0.36, 0.3, 0.64, 0.88)),
        ("box", "dark", (0.42, 0.14, 0.58, 0.3)),
    ),
    "roll": (
        ("ellipse", "main", (0.3, 0.1, 0.7, 0.4)),
        ("polygon", "main", (0.28, 0.26, 0.72, 0.26, 0.62, 0.9, 0.38, 0.9)),
        ("ellipse", "light", (0.4, 0.18, 0.6, 0.34)),
    ),
    "carton": (
        ("polygon", "main", (0.16, 0.36, 0.5, 0.22, 0.84, 0.36, 0.84, 0.78, 0.5, 0.9, 0.16, 0.78)),
        ("line", "dark", (0.16, 0.36, 0.5, 0.5, 0.84, 0.36)),
        ("line", "dark", (0.5, 0.5, 0.5, 0.9)),
    ),
}  # fmt: skip
CARTON = (186, 150, 108)


def thumbnail(draw: Draw, shape: str, colour: Colour) -> bytes:
    """A PNG of the shape in the colour, with jitter in place, size, shade and side.

    One picture in seven shows only the carton that the product comes in.
    """
    if draw.chance(0.14):
        shape, main = "carton", CARTON
    else:
        shade = draw.between(0.85, 1.15)
        red, green, blue = (min(int(value * shade), 255) for value in colour.rgb)
        main = (red, green, blue)
    background = draw.pick(BACKGROUNDS)
    paints = {"main": main, "dark": DARK, "light": (214, 218, 222), "background": background}
    image = Image.new("RGB", (SIZE * SCALE, SIZE * SCALE), background)
    pen = ImageDraw.Draw(image)
    place = _placement(draw)
    for kind, paint, coordinates in SHAPES[shape]:
        _stroke(pen, kind, paints[paint], _placed(coordinates, place))
    return encode(
        image.resize((SIZE, SIZE), Image.Resampling.BILINEAR).quantize(
            24, Image.Quantize.FASTOCTREE
        )
    )


def encode(image: Image.Image) -> bytes:
    """The image as the bytes of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


Placement = tuple[float, float, float, bool]


def _placement(draw: Draw) -> Placement:
    side = SIZE * SCALE * draw.between(0.78, 1.0)
    room = SIZE * SCALE - side
    return side, room * draw.between(0, 1), room * draw.between(0, 1), draw.chance(0.3)


def _placed(coordinates: tuple[float, ...], place: Placement) -> list[tuple[float, float]]:
    side, left, top, mirrored = place
    points = list(zip(coordinates[::2], coordinates[1::2], strict=True))
    if mirrored:
        points = [(1 - x, y) for x, y in points]
    return [(left + x * side, top + y * side) for x, y in points]


def _stroke(
    pen: ImageDraw.ImageDraw,
    kind: str,
    paint: tuple[int, int, int],
    points: list[tuple[float, float]],
) -> None:
    if kind == "polygon":
        pen.polygon(points, fill=paint)
    elif kind == "line":
        pen.line(points, fill=paint, width=3 * SCALE)
    else:
        (first_x, first_y), (second_x, second_y) = points
        corners = (min(first_x, second_x), first_y, max(first_x, second_x), second_y)
        if kind == "box":
            pen.rectangle(corners, fill=paint)
        elif kind == "ring":
            pen.ellipse(corners, outline=paint, width=3 * SCALE)
        else:
            pen.ellipse(corners, fill=paint)
