"""Reads figures: their elements, texts and where their marks lie."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>&amp;]]>",
    "\u202eturned\u202c \u2066around\u2069 \u200fteam",
    "control \x00\x08\x1b\x7f and \ud800 alone",
    "🦊 狐 团队 فريق",
    "endless " * 60,
    "W" * 300,
    "",
)


def parsed(figure: str) -> ElementTree.Element:
    """The figure's root; fails where it is not well-formed XML in UTF-8."""
    return ElementTree.fromstring(figure.encode("utf-8"))  # noqa: S314  # made by the test itself


def all_of(root: ElementTree.Element, tag: str) -> list[ElementTree.Element]:
    return list(root.iter(SVG + tag))


def texts(root: ElementTree.Element) -> list[str]:
    """What is drawn, in the order of drawing."""
    return ["".join(text.itertext()) for text in all_of(root, "text")]


def description(figure: str) -> str:
    return all_of(parsed(figure), "desc")[0].text or ""


def number(element: ElementTree.Element, name: str) -> float:
    return float(element.attrib[name])


def points(root: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """Every point that a mark reaches, in the coordinates of the view box."""
    groups = [group for group in root if "transform" in group.attrib]
    body, top = root, 0.0  # of a figure without a heading, nothing is moved
    if groups:
        (body,) = groups
        moved = re.fullmatch(r"translate\(0 ([\d.]+)\)", body.attrib["transform"])
        assert moved
        top = float(moved[1])
    for line in all_of(body, "line"):
        yield number(line, "x1"), number(line, "y1") + top
        yield number(line, "x2"), number(line, "y2") + top
    for circle in all_of(body, "circle"):
        x, y, radius = (number(circle, name) for name in ("cx", "cy", "r"))
        yield x - radius, y - radius + top
        yield x + radius, y + radius + top
    for rect in all_of(body, "rect"):
        x, y = number(rect, "x"), number(rect, "y") + top
        yield x, y
        yield x + number(rect, "width"), y + number(rect, "height")
    for text in all_of(body, "text"):
        yield number(text, "x"), number(text, "y") + top


def assert_inside(figure: str) -> None:
    root = parsed(figure)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    outside = [
        (x, y)
        for x, y in points(root)
        if not (-0.2 <= x <= width + 0.2 and -0.2 <= y <= height + 0.2)
    ]
    assert outside == []
